#pragma once

#include <mutex>

namespace topograd {

/// A lock that a child of fork() finds open. At a fork the locks are taken one after the other, in
/// the order of their ranks, which is the order in which code that needs two takes them; so what
/// they guard is whole in the child, whatever other threads were doing.
enum class ForkRank : int {
  gradients,
  passes,
  watchers,
  signatures,
  statistics,
  generators,
  memory,
  profile
};
/// Made once, never destroyed: it is still needed while static objects go.
std::mutex& fork_safe_lock(ForkRank rank);

}  // namespace topograd
