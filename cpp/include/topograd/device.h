#pragma once

#include <cstdint>
#include <iosfwd>

#include "topograd/export.h"

namespace topograd {

/// Where a tensor's elements are. The CPU is always there; CUDA comes from the optional plug-in.
struct Device {
  enum class Kind : std::uint8_t { cpu, cuda };
  Kind kind = Kind::cpu;
  std::int8_t number = 0;
  bool operator==(const Device&) const = default;
};
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, const Device& device);

}  // namespace topograd
