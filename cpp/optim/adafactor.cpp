// Adam without momentum whose squares of a matrix are kept as a row and a column. Source: Shazeer
// and Stern, 2018.

#include <algorithm>
#include <cmath>
#include <limits>

#include "optim/rule.h"
#include "topograd/ops.h"

namespace topograd {
namespace {

constexpr kernels::OptimizerSetting settings[] = {
    {"lr", 1e-2},
    {"beta2_decay", -0.8},
    {"eps[0]", std::numeric_limits<double>::quiet_NaN()},  // the smallest of the dtype
    {"eps[1]", 1e-3},
    {"d", 1},
    {"weight_decay", 0},
    {"maximize", 0},
};
enum Place { lr, beta2_decay, eps1, eps2, d, weight_decay, maximize };
constexpr kernels::OptimizerEntry arrays[] = {{"row_var"}, {"col_var"}, {"variance"}};
enum Array { row_var, col_var, variance };

double norm(const Tensor& x) { return vector_norm(x, 2.0, std::nullopt, false).item<double>(); }

/// One more than 1 is rounded to, from 1 on.
double precision(DType dtype) {
  switch (dtype) {
    case DType::float64: return 0x1p-52;
    case DType::float16: return 0x1p-10;
    case DType::bfloat16: return 0x1p-7;
    default: return 0x1p-23;
  }
}

/// The mean of squares along one dim becomes a part of the average.
void average_squares(const Tensor& average, const Tensor& g, index dim, double share) {
  const Tensor norms = vector_norm(g, 2.0, Dims{dim}, true);
  lerp.into(average, div(square(norms), static_cast<double>(g.size(dim)), std::nullopt), share);
}

/// The estimate of the mean square of each element, in a new tensor.
Tensor estimate(const RuleCall& call, double smallest) {
  const Tensor& g = call.gradient;
  const double share = std::pow(call.step, call.settings[beta2_decay]);
  if (g.rank() < 2) {
    lerp.into(call.arrays[variance], square(g), share);
    return clamp_min(call.arrays[variance], smallest * smallest);
  }
  const Tensor &row = call.arrays[row_var], &column = call.arrays[col_var];
  average_squares(row, g, -1, share);
  average_squares(column, g, -2, share);
  const Tensor total = clamp_min(mean(row, Dims{-2}, true, std::nullopt), smallest);
  return clamp_min(mul(div(row, total, std::nullopt), column), smallest * smallest);
}

void apply(const RuleCall& call) {
  const double* set = call.settings;
  if (call.parameter.count() == 0) return;
  const double smallest = std::isnan(set[eps1]) ? precision(call.dtype) : set[eps1];
  const double root = std::sqrt(static_cast<double>(call.parameter.count()));
  const double rate = std::max(set[eps2], norm(call.parameter) / root) *
                      std::min(set[lr], 1 / std::sqrt(call.step));
  if (set[weight_decay] != 0) mul.into(call.parameter, 1 - set[lr] * set[weight_decay]);
  const Tensor update = mul(rsqrt(estimate(call, smallest)), call.gradient);
  const double excess = std::max(1.0, norm(update) / (root * set[d]));
  const double sign = set[maximize] != 0 ? -1 : 1;
  sub.into(call.parameter, update, sign * rate / excess);
}

std::optional<Dims> shape(std::string_view array, const Dims& parameter) {
  const int rank = static_cast<int>(parameter.size());
  if ((array == "variance") != (rank < 2)) return std::nullopt;
  Dims reduced = parameter;
  if (array == "row_var") reduced[rank - 1] = 1;
  if (array == "col_var") reduced[rank - 2] = 1;
  return reduced;
}

}  // namespace

const UpdateRule adafactor_rule{{.name = "adafactor",
                                 .settings = settings,
                                 .setting_count = length(settings),
                                 .arrays = arrays,
                                 .array_count = length(arrays),
                                 .counts = true},
                                apply,
                                shape};

}  // namespace topograd
