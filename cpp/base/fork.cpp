#include "base/fork.h"

#include <chrono>
#include <new>
#include <thread>
#include <utility>

#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif

namespace topograd {
namespace {

constexpr int rank_count = static_cast<int>(ForkRank::profile) + 1;

struct Locks {
  std::mutex of[rank_count];
  bool held[rank_count] = {};
};
alignas(Locks) char memory[sizeof(Locks)];

Locks& locks();

/// Waits for a second at most: a thread that needs the interpreter's lock, which the forking thread
/// holds, can not let go.
void before_fork() {
  for (int rank = 0; rank < rank_count; ++rank) {
    for (int tries = 0; tries < 1000 && !locks().held[rank]; ++tries) {
      locks().held[rank] = locks().of[rank].try_lock();
      if (!locks().held[rank]) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}
void after_fork_in_parent() {
  for (int rank = rank_count - 1; rank >= 0; --rank)
    if (std::exchange(locks().held[rank], false)) locks().of[rank].unlock();
}
void after_fork_in_child() { new (memory) Locks; }

Locks& locks() {
  static Locks* const made = [] {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
#endif
    return new (memory) Locks;
  }();
  return *made;
}

}  // namespace

std::mutex& fork_safe_lock(ForkRank rank) { return locks().of[static_cast<int>(rank)]; }

}  // namespace topograd
