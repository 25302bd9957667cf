#pragma once

#include <optional>

#include "topograd/arg.h"

namespace topograd {

/// A shape in which one size may be -1, worked out for `count` elements. Throws ShapeError.
Dims filled_in(const Dims& size, index count, std::string_view op);
Dims filled_in(const Dims& size, const Tensor& x, std::string_view op);
/// The memory of x in another layout; the offset counts from the first element of x.
Tensor restride(const Tensor& x, Dims sizes, Dims strides, index offset = 0);
/// Strides that show x in another shape without a copy, if there are any.
std::optional<Dims> view_strides(const Tensor& x, const Dims& shape);
/// x[…] for integers, slices, None and Ellipsis; no history.
Tensor apply_basic(const Tensor& x, const Indices& indices);
/// Strides of unfold() on a dense tensor.
Dims window_strides(const Dims& shape, index dimension, index size, index step);

}  // namespace topograd
