// Splitting at places, turning, mirroring, and views by strides.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

Family partition_family() { return {}; }

}  // namespace topograd
