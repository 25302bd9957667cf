#pragma once

#include <atomic>
#include <cstddef>

#include "topograd/counted.h"

namespace topograd {

/// Told of every storage that is allocated, in any thread, and of the end of those.
class TOPOGRAD_API StorageWatch : public Counted {
 public:
  /// The number is handed to died().
  virtual std::int64_t born(std::size_t bytes) noexcept = 0;
  virtual void died(std::int64_t number, std::size_t bytes) noexcept = 0;
};

/// The one that watches, or null. Tensors that it saw keep it.
TOPOGRAD_API extern std::atomic<StorageWatch*> storage_watch;

}  // namespace topograd
