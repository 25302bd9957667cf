// Momentum, orthogonalised: for the weight matrices of hidden layers. Source: Jordan et al., 2024.

#include <algorithm>
#include <cmath>

#include "kernels/kernels.h"
#include "optim/rule.h"
#include "topograd/ops.h"

namespace topograd {
namespace {

constexpr kernels::OptimizerSetting settings[] = {
    {"lr", 1e-3},
    {"weight_decay", 0.1},
    {"momentum", 0.95},
    {"nesterov", 1},
    {"ns_coefficients[0]", 3.4445},
    {"ns_coefficients[1]", -4.775},
    {"ns_coefficients[2]", 2.0315},
    {"eps", 1e-7},
    {"ns_steps", 5},
    {"adjust_lr_fn", 0},  // 0: "original", 1: "match_rms_adamw"
};
enum Place { lr, weight_decay, momentum, nesterov, first_coefficient, eps = 7, ns_steps, adjust };
constexpr kernels::OptimizerEntry arrays[] = {{"momentum_buffer"}};

/// a · b where that is symmetric: what lies below the diagonal is not computed, but for parts of
/// blocks, it is copied from above.
template <class T>
void symmetric_product(const Tensor& a, const Tensor& b, const Tensor& c) {
  const index m = a.size(0);
  T* const values = c.data<T>();
  const index rows = std::max<index>(64, (m + 3) / 4);
  for (index row = 0; row < m; row += rows) {
    kernels::Gemm call;
    call.m = std::min(rows, m - row);
    call.n = m - row;
    call.k = a.size(1);
    call.a = a.data<T>() + row * a.strides()[0];
    call.a_row = a.strides()[0];
    call.a_col = a.strides()[1];
    call.b = b.data<T>() + row * b.strides()[1];
    call.b_row = b.strides()[0];
    call.b_col = b.strides()[1];
    call.c = values + row * m + row;
    call.c_row = m;
    kernels::active().gemm[static_cast<int>(c.dtype())](call);
  }
  constexpr index tile = 16;  // both copies of a tile stay in the nearest cache
  for (index top = 0; top < m; top += tile)
    for (index left = 0; left <= top; left += tile)
      for (index i = top; i < std::min(top + tile, m); ++i)
        for (index j = left; j < std::min(left + tile, i); ++j)
          values[i * m + j] = values[j * m + i];
}
Tensor symmetric_product(const Tensor& a, const Tensor& b) {
  const Tensor c = Tensor::empty({a.size(0), a.size(0)}, a.dtype());
  (a.dtype() == DType::float64 ? symmetric_product<double> : symmetric_product<float>)(a, b, c);
  return c;
}

/// Steps of x <- (a + b x xᵀ + c (x xᵀ)²) x. All their factors are polynomials of the first x xᵀ,
/// symmetric matrices that commute, so that the long side of x is met only twice.
Tensor several_steps(const Tensor& x, const double* c, int steps) {
  const Tensor identity = diag(Tensor::ones({x.size(0)}, x.dtype()), 0);
  Tensor gram = symmetric_product(x, matrix_transpose(x)), product;
  for (int step = 0; step < steps; ++step) {
    const Tensor factor = mul(symmetric_product(gram, gram), c[2]);
    add.into(factor, gram, c[1]);
    add.into(factor, identity, c[0]);
    product = step == 0 ? factor : symmetric_product(factor, product);
    if (step + 1 < steps) gram = symmetric_product(factor, symmetric_product(factor, gram));
  }
  return mm(product, x);
}

/// The orthogonal matrix nearest to x, roughly, by Newton-Schulz steps.
Tensor orthogonalized(Tensor x, const double* set) {
  // Rounding errors of the powers of x xᵀ grow from step to step: after some it is made anew.
  constexpr int together = 5;
  const bool tall = x.size(0) > x.size(1);
  if (tall) x = matrix_transpose(x);
  const double norm = vector_norm(x, 2.0, std::nullopt, false).item<double>();
  x = mul(x, 1 / std::max(norm, set[eps]));
  for (int left = static_cast<int>(set[ns_steps]); left > 0; left -= together)
    x = several_steps(x, set + first_coefficient, std::min(left, together));
  return tall ? matrix_transpose(x) : x;
}

double rate(const double* set, const Dims& shape) {
  const double rows = static_cast<double>(shape[0]), columns = static_cast<double>(shape[1]);
  const double factor = set[adjust] == 0 ? std::sqrt(std::max(1.0, rows / columns))
                                         : 0.2 * std::sqrt(std::max(rows, columns));
  return set[lr] * factor;
}

void apply(const RuleCall& call) {
  const double* set = call.settings;
  expect<ValueError>(set[ns_steps] >= 0 && set[ns_steps] < 100,
                     "muon: ns_steps must be in [0, 100), got {}", set[ns_steps]);
  if (call.parameter.count() == 0) return;
  const Tensor& buffer = call.arrays[0];
  lerp.into(buffer, call.gradient, 1 - set[momentum]);
  const Tensor update =
      orthogonalized(set[nesterov] != 0 ? lerp(call.gradient, buffer, set[momentum]) : buffer, set);
  mul.into(call.parameter, 1 - set[lr] * set[weight_decay]);
  sub.into(call.parameter, update, rate(set, call.parameter.shape()));
}

std::optional<Dims> shape(std::string_view, const Dims& parameter) {
  expect<ShapeError>(parameter.size() == 2, "muon: parameters must be matrices, got shape {}",
                     parameter);
  return parameter;
}

}  // namespace

const UpdateRule muon_rule{{.name = "muon",
                            .settings = settings,
                            .setting_count = length(settings),
                            .arrays = arrays,
                            .array_count = length(arrays),
                            .counts = false},
                           apply,
                           shape};

}  // namespace topograd
