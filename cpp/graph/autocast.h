#pragma once

#include "topograd/op.h"

namespace topograd {

/// A call while mode.autocast is set: products get their floating tensors in that dtype, ops that
/// need the precision get float32, others get what they are given. The conversions are recorded, so
/// that gradients arrive in the dtype of what was converted. Inside a product, and inside any op
/// that is not written in other ops, nothing is converted again.
Results invoke_autocast(const OpRecord& op, const Arg* args, int count);

}  // namespace topograd
