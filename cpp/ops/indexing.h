#pragma once

#include "topograd/op.h"

namespace topograd {

/// x[indices], every form: integers, slices, None, Ellipsis, boolean masks, integer tensors, mixed.
TOPOGRAD_API Tensor get_item(const Tensor& x, const Indices& indices);
/// x[indices] = value, in place and recorded.
TOPOGRAD_API void set_item(const Tensor& x, const Indices& indices, const Tensor& value);
/// The given rows of tensors that are read as one, joined along their first dim: for two tensors of
/// 3 and 4 rows, row 5 is row 2 of the second. A copy without history.
TOPOGRAD_API Tensor joined_rows(const Tensors& parts, const Tensor& rows);

}  // namespace topograd
