#pragma once

// What fused backward rows share: the chain rule with strong zeros.

#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Strong zeros: 0 where g is 0, even where the partial derivative is infinite or NaN.
template <Real T>
inline T strong(T g, T result) {
  return g == 0 ? T(0) : result;
}
/// The chain rule with strong zeros.
template <Real T>
inline T chain(T g, T partial) {
  return strong(g, g * partial);
}
/// g where the function has slope 1, else 0.
template <Real T>
inline T pass(T g, bool passes) {
  return passes ? g : T(0);
}
template <Real T>
inline T sign(T x) {
  return T((x > 0) - (x < 0));
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
