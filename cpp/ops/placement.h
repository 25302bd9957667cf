#pragma once

#include "topograd/tensor.h"

namespace topograd {

/// Throws unless `at` holds integers in [-0, n): DTypeError, IndexError.
void check_positions(const Tensor& at, index n, std::string_view op);
/// Boolean masks turned into the integer indices they stand for.
Tensors integer_indices(const Tensor& x, const Tensors& indices);
/// x[indices]; undefined entries keep their dim. No history.
Tensor read_at(const Tensor& x, const Tensors& indices);
/// values written or added at indices, over target or over a copy of x. No history.
Tensor write_at(struct Target target, const Tensor& x, const Tensors& indices, const Tensor& values,
                bool accumulate);
/// (count, rank) int64.
Tensor positions_of_nonzero(const Tensor& x);
/// g, which fills the front of a larger shape, with zeros behind; a 0-d shape takes the sum.
Tensor spread_over(const Tensor& g, const Dims& shape);

}  // namespace topograd
