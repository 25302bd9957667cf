#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "topograd/tensor.h"

namespace topograd {

/// The dims of a result of this shape from the slowest in memory to the fastest. The first input
/// that tells two dims apart decides, and row-major order where none does; inputs broadcast.
/// PyTorch's rule.
TOPOGRAD_API Dims memory_order(const Tensor* const* inputs, int count, const Dims& shape);
TOPOGRAD_API Dims memory_order(const Tensor& x);
/// Whether the order is 0, 1, 2, …
TOPOGRAD_API bool is_row_major(const Dims& order);
/// Strides of a dense layout of this shape in that order.
TOPOGRAD_API Dims strides_in_order(const Dims& shape, const Dims& order);

/// x with its dims in that order, aligned to the last dims where it has fewer; no history.
TOPOGRAD_API Tensor in_order(const Tensor& x, const Dims& order);

/// Whether the elements fill a piece of memory without gaps and overlaps, in any order of dims.
TOPOGRAD_API bool fills_memory(const Tensor& x);

/// Strides of a new tensor with the shape of x, for "preserve_format" (the order of x),
/// "contiguous_format", "channels_last" or "channels_last_3d". Throws ValueError for another name,
/// ShapeError when the number of dims does not fit.
TOPOGRAD_API Dims strides_of_format(const Tensor& x, const std::string& format,
                                    std::string_view op);
/// "channels_last" for 4 dims or "channels_last_3d" for 5 where x keeps its channels innermost,
/// else null. Strides that fit row-major order as well (one channel, one pixel) are told apart by
/// PyTorch's rule.
TOPOGRAD_API const char* channels_format(const Tensor& x);
/// A new result, dense and row-major, brought to the format that any of these inputs has.
TOPOGRAD_API Tensor laid_out_like(const Tensor& result,
                                  std::initializer_list<const Tensor*> inputs);
/// Whether x has strides as good as these: sizes of 1 do not count.
TOPOGRAD_API bool has_strides(const Tensor& x, const Dims& strides);
/// A copy of x, converted to dtype, with those strides, which must be dense. No history.
TOPOGRAD_API Tensor copy_with_strides(const Tensor& x, DType dtype, const Dims& strides);

}  // namespace topograd
