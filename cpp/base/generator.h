#pragma once

#include <cstdint>
#include <mutex>

#include "topograd/counted.h"

namespace topograd {

/// A stream of random numbers: a seed and how many counters of it are used up. Every call that
/// draws takes a range of counters, so the numbers depend on the order of calls alone, never on the
/// number of threads.
class TOPOGRAD_API Generator final : public Counted {
 public:
  struct State {
    std::uint64_t seed = 67280421310721u;
    std::uint64_t offset = 0;
  };

  /// The one that ops use when none is given.
  static Generator& global();

  /// Takes the counters for `count` numbers.
  State take(std::int64_t count) {
    std::lock_guard guard(lock_);
    const State before = state_;
    state_.offset += (static_cast<std::uint64_t>(count) + 1) / 2;
    return before;
  }
  State state() const {
    std::lock_guard guard(lock_);
    return state_;
  }
  void set(State state) {
    std::lock_guard guard(lock_);
    state_ = state;
  }

 private:
  mutable std::mutex lock_;
  State state_;
};

}  // namespace topograd
