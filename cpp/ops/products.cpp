// Products of vectors and matrices beside matmul: cross, inner, kron, vdot, sums of products,
// distances.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

Family products_family() { return {}; }

}  // namespace topograd
