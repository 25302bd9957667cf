#include <new>

#include "base/allocator.h"
#include "topograd/tensor.h"

namespace topograd {

// The header stands in front of its data in one block, so that a small result costs one allocation
// for both.
static constexpr std::size_t header_bytes = (sizeof(Storage) + 63) / 64 * 64;

Ref<Storage> Storage::allocate(std::size_t bytes) {
  void* block = topograd::allocate(header_bytes + bytes);
  auto* storage = new (block) Storage;
  storage->data_ = static_cast<char*>(block) + header_bytes;
  storage->bytes_ = bytes;
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
