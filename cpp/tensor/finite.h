#pragma once

#include "topograd/tensor.h"

namespace topograd {

/// Whether no element is NaN or infinite; true for integers. One pass at the speed of memory.
TOPOGRAD_API bool all_finite(const Tensor& x);

/// What is not finite in a tensor.
struct NotFinite {
  index nan = 0;
  index positive = 0;  ///< +inf
  index negative = 0;  ///< -inf
};
/// A complex number counts once: as NaN where a part is NaN, else by the sign of an infinite part.
TOPOGRAD_API NotFinite not_finite(const Tensor& x);

}  // namespace topograd
