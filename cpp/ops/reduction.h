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

inline OptionalDims one_dim(const OptionalInt& dim) {
  if (!dim) return std::nullopt;
  return Dims{*dim};
}

/// Samples (input, dim, keepdim).
inline std::vector<Sample> dims_samples() {
  return {{sample({2, 3}), Arg(), false},
          {sample({2, 3, 4}), Dims{1}, true},
          {sample({2, 3, 4}), Dims{0, -1}, false},
          {sample({}), Arg(), false}};
}

}  // namespace topograd
