#pragma once

// What the files of reductions share.

#include "ops/family.h"

namespace topograd {

/// g, given in the reduced shape, seen with the shape of x again.
inline Tensor spread(const Tensor& g, const Tensor& x, const OptionalDims& dims, bool keepdim,
                     std::string_view op) {
  const ReducedDims reduced = reduced_dims(x, dims, keepdim, op);
  return expand(keepdim || g.rank() == x.rank() ? g : reshape(g, reduced.kept_shape), x.shape());
}

template <Text name>
Tensor reduce(const Tensor& x, const OptionalDims& dims, bool keepdim, DType result,
              double param = 0) {
  return run_reduction(reduction_kernel<name>(), name.value, x,
                       reduced_dims(x, dims, keepdim, name.value), x.dtype(), result, param);
}

/// A running reduction along dim, computed in the wider type of result; no history.
template <Text name>
Tensor run_scan(const Tensor& x, std::int64_t dim, DType result, std::string_view op) {
  const int d = wrap_dim(dim, x.rank(), op);
  const Axis axis = axis_of(x.shape(), d);
  const Tensor source = dense(converted(x, compute_dtype(result)));
  Tensor out = Tensor::empty(x.shape(), compute_dtype(result));
  const auto kernel = scan_kernel<name>().scan[static_cast<int>(compute_of(result))];
  expect<DTypeError>(kernel != nullptr, "{}: does not exist for dtype {}", op, result);
  if (x.count() > 0) kernel(source.address(), out.address(), axis.outer, axis.n, axis.inner);
  return converted(out, result);
}

inline OptionalDims one_dim(const OptionalInt& dim) {
  if (!dim) return std::nullopt;
  return Dims{*dim};
}

inline index size_along(const Tensor& x, int dim) { return x.rank() == 0 ? 1 : x.shape()[dim]; }

/// Moved by one along dim: what stood before each place, or after it; `edge` at the end that is
/// left open.
inline Tensor shifted(const Tensor& x, int dim, bool before, double edge) {
  const index n = size_along(x, dim);
  if (n == 0) return x;
  if (x.rank() == 0) return Tensor::full({}, Scalar(edge), x.dtype());
  Dims one = x.shape();
  one[dim] = 1;
  const Tensor open = Tensor::full(one, Scalar(edge), x.dtype());
  if (before) return cat({open, narrow(x, dim, 0, n - 1)}, dim);
  return cat({narrow(x, dim, 1, n - 1), open}, dim);
}

/// What rank_positions does about NaN.
inline constexpr auto nan_is_greatest = static_cast<std::int64_t>(kernels::NanRule::greatest);
inline constexpr auto nan_wins = static_cast<std::int64_t>(kernels::NanRule::wins);
inline constexpr auto nan_is_skipped = static_cast<std::int64_t>(kernels::NanRule::skipped);

/// x with dim brought to the end, so that a row lies behind each place of the other dims.
inline Tensor as_rows(const Tensor& x, std::int64_t dim, std::string_view op) {
  expect_real(x, op);
  const int d = wrap_dim(dim, x.rank(), op);
  const Tensor rows = x.rank() == 0 ? reshape(x, Dims{1}) : movedim(x, Dims{d}, Dims{-1});
  const index n = rows.shape()[rows.rank() - 1];
  expect<IndexError>(n > 0, "{}: dim {} of shape {} has no elements", op, d, x.shape());
  return rows;
}
inline index row_length(const Tensor& rows) { return rows.shape()[rows.rank() - 1]; }

/// Samples (input, dim, keepdim).
inline std::vector<Sample> dims_samples() {
  return {{sample({2, 3}), Arg(), false},
          {sample({2, 3, 4}), Dims{1}, true},
          {sample({2, 3, 4}), Dims{0, -1}, false},
          {sample({}), Arg(), false}};
}

}  // namespace topograd
