#include "base/allocator.h"

#include <atomic>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <vector>

#include "base/fork.h"
#include "base/thread_storage.h"
#include "topograd/counted.h"
#include "topograd/error.h"

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace topograd {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool caching = false;  // the sanitizers must see every allocation
#else
constexpr bool caching = true;
#endif

constexpr std::size_t alignment = 64;
constexpr std::size_t small_limit = 64 * 1024;
constexpr std::size_t huge_page = 2 * 1024 * 1024;
// Four classes per power of two, from 64 bytes; at most a fifth of a block is unused.
constexpr int classes_per_doubling = 4;
constexpr int class_count = 4 * 48;

int class_of(std::size_t bytes) {
  if (bytes <= alignment) return 0;
  const int exponent = std::bit_width(bytes - 1) - 1;  // 2^exponent < bytes <= 2^(exponent+1)
  const std::size_t step = std::size_t{1} << (exponent - 2);
  const auto quarter = static_cast<int>((bytes - 1 - (std::size_t{1} << exponent)) / step);
  return (exponent - 6) * classes_per_doubling + quarter + 1;
}

std::size_t class_bytes(int which) {
  if (which == 0) return alignment;
  const int exponent = (which - 1) / classes_per_doubling + 6;
  const int quarter = (which - 1) % classes_per_doubling + 1;
  const std::size_t bytes =
      (std::size_t{1} << exponent) + (std::size_t{1} << (exponent - 2)) * quarter;
  return (bytes + alignment - 1) / alignment * alignment;
}

void* from_system(std::size_t bytes) noexcept {
  const std::size_t align = bytes >= 2 * huge_page ? huge_page : alignment;
  void* block = std::aligned_alloc(align, (bytes + align - 1) / align * align);
#if defined(__linux__)
  if (block != nullptr && align == huge_page) madvise(block, bytes, MADV_HUGEPAGE);
#endif
  return block;
}

// ---------------------------------------------------------------- large blocks: one cache for the
// process

class SharedCache {
 public:
  void* take(int which) {
    const auto bytes = static_cast<std::int64_t>(class_bytes(which));
    std::lock_guard lock(mutex());
    in_use_ += bytes;
    if (in_use_ > peak_) peak_ = in_use_;
    auto& list = blocks_[which];
    if (list.empty()) return nullptr;
    void* block = list.back();
    list.pop_back();
    cached_ -= bytes;
    return block;
  }
  void took_nothing(int which) {
    std::lock_guard lock(mutex());
    in_use_ -= static_cast<std::int64_t>(class_bytes(which));
  }
  void give(int which, void* block) noexcept {
    const auto bytes = static_cast<std::int64_t>(class_bytes(which));
    {
      std::lock_guard lock(mutex());
      in_use_ -= bytes;
      // Keep as much as half of what was ever needed at once, and half a gigabyte in any case.
      const std::int64_t keep = peak_ / 2 > minimum_kept ? peak_ / 2 : minimum_kept;
      if (caching && cached_ + bytes <= keep) {
        blocks_[which].push_back(block);
        cached_ += bytes;
        return;
      }
    }
    std::free(block);
  }
  void trim() {
    std::lock_guard lock(mutex());
    for (auto& list : blocks_) {
      for (void* block : list) std::free(block);
      list.clear();
      list.shrink_to_fit();
    }
    cached_ = 0;
  }
  AllocatorStatistics statistics() {
    std::lock_guard lock(mutex());
    return {in_use_, peak_, cached_};
  }
  void reset_peak() {
    std::lock_guard lock(mutex());
    peak_ = in_use_;
  }

 private:
  static constexpr std::int64_t minimum_kept = std::int64_t{512} << 20;
  static std::mutex& mutex() { return fork_safe_lock(ForkRank::memory); }
  std::vector<void*> blocks_[class_count];
  std::int64_t in_use_ = 0, peak_ = 0, cached_ = 0;
};

// Never destroyed: tensors that live in static objects are released after main.
SharedCache& shared_cache() {
  static auto* cache = new SharedCache;
  return *cache;
}

// ---------------------------------------------------------------- small blocks: lists of each
// thread

struct FreeBlock {
  FreeBlock* next;
};
constexpr int small_classes = 4 * 10 + 1;
constexpr std::size_t kept_per_class = 256 * 1024;

struct ThreadLists {
  FreeBlock* first[small_classes] = {};
  std::uint32_t count[small_classes] = {};

  ~ThreadLists();
};
thread_local constinit ThreadLists* thread_lists TOPOGRAD_STATIC_TLS = nullptr;
thread_local constinit bool thread_ended TOPOGRAD_STATIC_TLS = false;

ThreadLists::~ThreadLists() {
  thread_lists = nullptr;
  thread_ended = true;
  for (FreeBlock* block : first)
    while (block != nullptr) {
      FreeBlock* next = block->next;
      std::free(block);
      block = next;
    }
}

ThreadLists* make_thread_lists() {
  if (thread_ended) return nullptr;
  static thread_local ThreadLists lists;
  return thread_lists = &lists;
}

[[noreturn]] void out_of_memory(std::size_t bytes) {
  fail<OutOfMemory>("allocate: could not get {} bytes from the system", bytes);
}

}  // namespace

void* allocate(std::size_t bytes) {
  const int which = class_of(bytes);
  if (bytes <= small_limit) {
    ThreadLists* lists = thread_lists;
    if (lists != nullptr) {
      if (FreeBlock* block = lists->first[which]) {
        lists->first[which] = block->next;
        --lists->count[which];
        return block;
      }
    }
    void* block = from_system(class_bytes(which));
    if (block == nullptr) out_of_memory(bytes);
    return block;
  }
  expect<OutOfMemory>(bytes < (std::size_t{1} << 52),
                      "allocate: could not get {} bytes from the system", bytes);
  void* block = shared_cache().take(which);
  if (block == nullptr) block = from_system(class_bytes(which));
  if (block == nullptr) {
    shared_cache().trim();
    block = from_system(class_bytes(which));
  }
  if (block == nullptr) {
    shared_cache().took_nothing(which);
    out_of_memory(bytes);
  }
  return block;
}

void release(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  const int which = class_of(bytes);
  if (bytes > small_limit) return shared_cache().give(which, block);
  ThreadLists* lists =
      caching ? (thread_lists != nullptr ? thread_lists : make_thread_lists()) : nullptr;
  if (lists == nullptr || lists->count[which] * class_bytes(which) >= kept_per_class + 4096) {
    std::free(block);
    return;
  }
  auto* freed = static_cast<FreeBlock*>(block);
  freed->next = lists->first[which];
  lists->first[which] = freed;
  ++lists->count[which];
}

void* Counted::operator new(std::size_t bytes) { return allocate(bytes); }
void Counted::operator delete(void* block, std::size_t bytes) { release(block, bytes); }

AllocatorStatistics allocator_statistics() { return shared_cache().statistics(); }
void reset_peak() { shared_cache().reset_peak(); }
void trim() { shared_cache().trim(); }

}  // namespace topograd
