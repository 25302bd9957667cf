#include <algorithm>
#include <cstddef>
#include <new>

#include "topograd/error.h"

namespace topograd {

void* scratch_memory(int slot, std::size_t bytes);  // kernels/cpu/prelude.h

namespace {

constexpr int slot_count = 8;
constexpr std::align_val_t alignment{64};
/// Untouched pages cost nothing, so a slot starts large enough that most never grow.
constexpr std::size_t smallest = std::size_t{1} << 18;

struct Slot {
  void* memory = nullptr;
  std::size_t bytes = 0;

  void release() {
    ::operator delete(memory, alignment);
    memory = nullptr;
    bytes = 0;
  }
  void grow(std::size_t wanted) {
    const std::size_t next = std::max({wanted, bytes + bytes / 2, smallest});
    release();
    memory = ::operator new(next, alignment, std::nothrow);
    expect<OutOfMemory>(memory != nullptr, "scratch memory: cannot allocate {} bytes", next);
    bytes = next;
  }
};

struct Slots {
  Slot slots[slot_count];
  ~Slots() {
    for (Slot& slot : slots) slot.release();
  }
};

thread_local Slots slots_of_thread;

}  // namespace

/// Throws OutOfMemory. A caller of a kernel gets that exception when the kernel asked before it
/// went parallel; inside parallel_for it ends the process with this message. Kernels therefore need
/// bounded scratch, a few megabytes at most.
void* scratch_memory(int slot, std::size_t bytes) {
  Slot& chosen = slots_of_thread.slots[slot];
  if (chosen.bytes < bytes) chosen.grow(bytes);
  return chosen.memory;
}

}  // namespace topograd
