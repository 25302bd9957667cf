#pragma once

#include <cstddef>
#include <cstdint>

#include "topograd/export.h"

namespace topograd {

/// 64-byte aligned memory from a cache. Blocks up to 64 KiB come from lists of the calling thread
/// (no lock), larger ones from a shared cache: fresh pages from the system cost as much as the
/// arithmetic on them. Throws OutOfMemory.
TOPOGRAD_API void* allocate(std::size_t bytes);
/// `bytes` must be what allocate() was given. Any thread may release.
TOPOGRAD_API void release(void* block, std::size_t bytes) noexcept;

struct AllocatorStatistics {
  std::int64_t in_use;  ///< bytes of large blocks handed out
  std::int64_t peak;    ///< greatest in_use since the start or reset_peak()
  std::int64_t cached;  ///< bytes of large blocks kept for reuse
};
TOPOGRAD_API AllocatorStatistics allocator_statistics();
TOPOGRAD_API void reset_peak();
/// Gives the shared cache back to the system.
TOPOGRAD_API void trim();

}  // namespace topograd
