#pragma once

#include <cstdint>

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

  /// The one that ops use when none is given: the calling thread's own, if it was given one, else
  /// that of the process.
  static Generator& global();
  /// That of the process.
  static Generator& shared();
  /// Gives the calling thread a generator of its own; null takes it away again.
  static void give_thread(const Ref<Generator>& own);

  /// Takes the counters for `count` numbers.
  State take(std::int64_t count);
  State state() const;
  void set(State state);

 private:
  State state_;  // behind a lock that all generators share
};

}  // namespace topograd
