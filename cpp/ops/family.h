#pragma once

// What the files of this folder share: forward lambdas for elementwise families, samples, small
// helpers.

#include <algorithm>
#include <cmath>

#include "graph/mode.h"
#include "kernels/kernels.h"
#include "tensor/body.h"
#include "tensor/memory_order.h"
#include "tensor/pointwise.h"
#include "tensor/reduce.h"
#include "topograd/ops.h"

namespace topograd {

/// A string as a template argument, so that a kernel is looked up by the op's name once.
template <std::size_t N>
struct Text {
  char value[N];
  constexpr Text(const char (&text)[N]) { std::copy_n(text, N, value); }
};

template <Text name>
const kernels::Elementwise& elementwise_kernel() {
  static const kernels::Elementwise& row = kernels::elementwise(name.value);
  return row;
}
template <Text name>
const kernels::Reduction& reduction_kernel() {
  static const kernels::Reduction& row = kernels::reduction(name.value);
  return row;
}
template <Text name>
const kernels::Scan& scan_kernel() {
  static const kernels::Scan& row = kernels::scan(name.value);
  return row;
}

inline const kernels::Table& kernel_table() { return kernels::active(); }
/// Index into the table's [2] arrays, which hold kernels of real numbers.
inline int real_index(DType dtype) {
  expect<DTypeError>(dtype == DType::float32 || dtype == DType::float64, "not defined for {}",
                     dtype);
  return dtype == DType::float64 ? 1 : 0;
}
/// Index into the table's [compute_count] arrays of kernels that compare: complex numbers have
/// none.
inline int ordered_index(DType dtype) {
  expect<DTypeError>(!is_complex(dtype), "order: not defined for {}", dtype);
  return static_cast<int>(compute_of(dtype));
}

/// dtype itself when it has fractions, real or complex; float32 for integers.
inline DType floating(DType dtype) { return is_differentiable(dtype) ? dtype : DType::float32; }
/// x, or its complex conjugate: what reverse mode multiplies with.
inline Tensor conjugated(const Tensor& x) { return is_complex(x.dtype()) ? conj(x) : x; }

template <Text name, class... X>
Tensor pointwise(Target target, DType common, DType result, const double* params, const X&... x) {
  const Tensor* inputs[] = {&x...};
  return run_pointwise({.kernel = elementwise_kernel<name>(),
                        .op = name.value,
                        .inputs = inputs,
                        .count = sizeof...(X),
                        .common = common,
                        .result = result,
                        .params = params},
                       target.tensor);
}

/// Refuses to write a result of a higher category into a target ("add_: float32 does not fit into
/// int64").
inline void check_castable(Target target, DType result, std::string_view op) {
  if (target.tensor == nullptr) return;
  const DType to = target.tensor->dtype();
  expect(!is_higher(result, to),
         "{}_: the result has dtype {}, which can not be written into the output of dtype {}", op,
         result, to);
}

/// For functions of numbers: bool tensors are refused, as in PyTorch.
inline void expect_numbers(DType dtype, std::string_view op) {
  expect<DTypeError>(!is_boolean(dtype),
                     "{}: not defined for bool tensors; convert them first, "
                     "for instance with .to(topograd.int64)",
                     op);
}
inline void expect_real(DType dtype, std::string_view op) {
  expect<DTypeError>(!is_complex(dtype), "{}: not defined for complex tensors, got {}", op, dtype);
}
/// x may be undefined.
inline void expect_real(const Tensor& x, std::string_view op) {
  if (x.defined()) expect_real(x.dtype(), op);
}
inline void expect_floating(DType dtype, std::string_view op) {
  expect<DTypeError>(is_floating(dtype), "{}: expects a floating point input, got {}", op, dtype);
}

/// y for an op whose result is always memory of its own, also where nothing had to be done.
inline Tensor apart_from(const Tensor& x, Tensor y) {
  return y.body()->storage == x.body()->storage ? clone(y) : y;
}

/// y with its channels innermost where x keeps them so: for ops written in others.
inline Tensor in_format_of(const Tensor& y, const Tensor& x) {
  const char* format = channels_format(x);
  return format != nullptr && y.rank() == x.rank() ? contiguous(y, format) : y;
}

/// y = f(x), dtype kept.
template <Text name>
inline constexpr auto unary = [](Target target, const Tensor& input) {
  return pointwise<name>(target, input.dtype(), input.dtype(), nullptr, input);
};
/// y = f(x), dtype kept, not for bool.
template <Text name>
inline constexpr auto number_unary = [](Target target, const Tensor& input) {
  expect_numbers(input.dtype(), name.value);
  return unary<name>(target, input);
};
/// y = f(x), for floating point dtypes only.
template <Text name>
inline constexpr auto floating_unary = [](Target target, const Tensor& input) {
  expect_floating(input.dtype(), name.value);
  return unary<name>(target, input);
};
/// y = f(x), integers become float32.
template <Text name>
inline constexpr auto float_unary = [](Target target, const Tensor& input) {
  const DType dtype = floating(input.dtype());
  check_castable(target, dtype, name.value);
  return pointwise<name>(target, dtype, dtype, nullptr, input);
};
template <Text name>
inline constexpr auto predicate = [](Target target, const Tensor& input) {
  return pointwise<name>(target, input.dtype(), DType::boolean, nullptr, input);
};
template <Text name>
inline constexpr auto binary = [](Target target, const Tensor& input, const Tensor& other) {
  const DType dtype = result_type({&input, &other});
  check_castable(target, dtype, name.value);
  return pointwise<name>(target, dtype, dtype, nullptr, input, other);
};
template <Text name>
inline constexpr auto float_binary = [](Target target, const Tensor& input, const Tensor& other) {
  const DType dtype = floating(result_type({&input, &other}));
  check_castable(target, dtype, name.value);
  return pointwise<name>(target, dtype, dtype, nullptr, input, other);
};
template <Text name>
inline constexpr auto comparison = [](Target target, const Tensor& input, const Tensor& other) {
  return pointwise<name>(target, result_type({&input, &other}), DType::boolean, nullptr, input,
                         other);
};

/// A fused backward row of one input: (g, saved) -> gradient, in g's dtype.
template <Text name, class... X>
Tensor fused(const double* params, const Tensor& g, const X&... saved) {
  return pointwise<name>({}, g.dtype(), g.dtype(), params, g, saved...);
}

/// The chain rule's product of a cotangent or tangent with a partial derivative: an exact zero
/// wins, unless strict_ieee() is on. A boolean partial selects: elsewhere nothing comes through in
/// either mode.
inline Tensor chained(const Tensor& g, const Tensor& partial) {
  if (is_boolean(partial.dtype())) return where(partial, g, 0);
  return mode.strict_ieee ? mul(g, partial) : strong_mul(g, partial);
}

/// Sums g over the dims that broadcasting added, so that it has `shape`.
inline Tensor sum_to(const Tensor& g, const Dims& shape) {
  return g.shape() == shape ? g : sum_to_shape(g, shape);
}

// ---------------------------------------------------------------- samples for the generic tests

/// The samples of an op, always the same.
TOPOGRAD_API std::vector<Sample> samples_of(const OpRecord& op);

/// Standard normal float64 values from a fixed sequence.
Tensor sample(const Dims& shape);
/// The same in [low, high).
Tensor sample_in(const Dims& shape, double low, double high);
/// Integers in [0, n).
Tensor sample_integers(const Dims& shape, index n);
Tensor sample_booleans(const Dims& shape);

std::vector<Sample> unary_samples();
std::vector<Sample> unary_samples_in(double low, double high);
std::vector<Sample> binary_samples();
std::vector<Sample> positive_binary_samples();

using Family = std::vector<const OpRecord*>;

}  // namespace topograd
