#include <new>

#include "base/allocator.h"
#include "tensor/storage_watch.h"
#include "topograd/tensor.h"

namespace topograd {

// The header stands in front of its data in one block, so that a small result costs one allocation
// for both.
static constexpr std::size_t header_bytes = (sizeof(Storage) + 63) / 64 * 64;

std::atomic<StorageWatch*> storage_watch{nullptr};

namespace {

/// What a storage that was seen to be born takes along.
struct Seen {
  Ref<StorageWatch> watch;
  std::int64_t number;
  std::size_t bytes;
};

void tell_of_death(void* context) {
  auto* seen = static_cast<Seen*>(context);
  seen->watch->died(seen->number, seen->bytes);
  delete seen;
}

[[gnu::noinline]] void* tell_of_birth(StorageWatch* watch, std::size_t bytes) {
  return new Seen{Ref<StorageWatch>(watch), watch->born(bytes), bytes};
}

}  // namespace

Ref<Storage> Storage::allocate(std::size_t bytes) {
  void* block = topograd::allocate(header_bytes + bytes);
  auto* storage = new (block) Storage;
  storage->data_ = static_cast<char*>(block) + header_bytes;
  storage->bytes_ = bytes;
  if (auto* watch = storage_watch.load(std::memory_order_relaxed); watch != nullptr) [[unlikely]] {
    storage->context_ = tell_of_birth(watch, bytes);
    storage->release_ = tell_of_death;
  }
  return Ref<Storage>(storage);
}

Ref<Storage> Storage::wrap(void* data, std::size_t bytes, Release release, void* context,
                           bool writable) {
  auto* storage = new (topograd::allocate(header_bytes)) Storage;
  storage->data_ = data;
  storage->bytes_ = bytes;
  storage->release_ = release;
  storage->context_ = context;
  storage->writable_ = writable;
  return Ref<Storage>(storage);
}

void Storage::destroy() noexcept {
  const bool own = data_ == reinterpret_cast<char*>(this) + header_bytes;
  const std::size_t total = header_bytes + (own ? bytes_ : 0);
  if (release_ != nullptr) release_(context_);
  this->~Storage();
  topograd::release(this, total);
}

}  // namespace topograd
