#pragma once

#include "topograd/op.h"

namespace topograd {

/// x[indices], every form: integers, slices, None, Ellipsis, boolean masks, integer tensors, mixed.
TOPOGRAD_API Tensor get_item(const Tensor& x, const Indices& indices);
/// x[indices] = value, in place and recorded.
TOPOGRAD_API void set_item(const Tensor& x, const Indices& indices, const Tensor& value);

}  // namespace topograd
