#pragma once

#include <optional>

#include "kernels/kernels.h"
#include "topograd/tensor.h"

namespace topograd {

/// Which dims a reduction removes: the given ones brought into range (each once), or all.
struct ReducedDims {
  bool reduced[max_rank] = {};
  int rank = 0;
  index count = 1;  ///< elements that are reduced into one
  Dims shape;       ///< of the result
  Dims kept_shape;  ///< of the result with keepdim
};
ReducedDims reduced_dims(const Tensor& x, const std::optional<Dims>& dims, bool keepdim,
                         std::string_view op);

/// Runs a reduction over x read as `common`; the result has the row's output type, or `result`
/// where that is the compute type.
Tensor run_reduction(const kernels::Reduction& row, std::string_view op, const Tensor& x,
                     const ReducedDims& dims, DType common, DType result, double param = 0);

/// x as [outer][n][inner] along dim, dense.
struct Axis {
  index outer = 1, n = 1, inner = 1;
};
Axis axis_of(const Dims& shape, int dim);

/// The dtype that the kernels hold `dtype` in: itself for float32 and float64, float32 for halves,
/// itself for complex ones, int64 otherwise.
DType compute_dtype(DType dtype);
kernels::Compute compute_of(DType dtype);

}  // namespace topograd
