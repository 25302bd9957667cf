#pragma once

#include "topograd/tensor.h"

namespace topograd::detail {

/// Set by the graph: gives `copy`, the elements of x in another layout or dtype, a history where
/// everything is recorded. Called for an x with a node only.
TOPOGRAD_API extern void (*carry_history)(const Tensor& x, const Tensor& copy);

}  // namespace topograd::detail
