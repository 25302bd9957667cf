#include "base/live_count.h"

#include <atomic>
#include <mutex>
#include <vector>

#include "base/fork.h"
#include "base/thread_storage.h"

namespace topograd {
namespace {

/// Written by one thread, read by any.
struct Counts {
  std::atomic<std::int64_t> of[2] = {0, 0};
};

struct Threads {
  std::vector<Counts*> running;
  Counts ended;
};
// Never destroyed: tensors that live in static objects are released after main.
Threads& threads() {
  static auto* all = new Threads;
  return *all;
}

struct OwnCounts : Counts {
  OwnCounts();
  ~OwnCounts();
};

thread_local constinit Counts* own TOPOGRAD_STATIC_TLS = nullptr;
/// This thread is ending: `own` is what all such threads count in.
thread_local constinit bool shared TOPOGRAD_STATIC_TLS = false;

OwnCounts::OwnCounts() {
  std::lock_guard lock(fork_safe_lock(ForkRank::statistics));
  threads().running.push_back(this);
  own = this;
}
OwnCounts::~OwnCounts() {
  std::lock_guard lock(fork_safe_lock(ForkRank::statistics));
  std::erase(threads().running, this);
  for (int kind = 0; kind < 2; ++kind)
    threads().ended.of[kind].fetch_add(of[kind].load(std::memory_order_relaxed));
  own = &threads().ended;
  shared = true;
}

[[gnu::noinline]] void start_counting() { static thread_local OwnCounts counts; }

}  // namespace

void count_live(Live kind, std::int64_t change) noexcept {
  if (own == nullptr) start_counting();
  auto& number = own->of[static_cast<int>(kind)];
  if (shared) [[unlikely]]
    number.fetch_add(change, std::memory_order_relaxed);
  else
    number.store(number.load(std::memory_order_relaxed) + change, std::memory_order_relaxed);
}

std::int64_t live(Live kind) {
  std::lock_guard lock(fork_safe_lock(ForkRank::statistics));
  std::int64_t sum = threads().ended.of[static_cast<int>(kind)].load();
  for (const Counts* counts : threads().running)
    sum += counts->of[static_cast<int>(kind)].load(std::memory_order_relaxed);
  return sum;
}

}  // namespace topograd
