#include "base/generator.h"

#include <mutex>

#include "base/fork.h"

namespace topograd {
namespace {

thread_local Ref<Generator> thread_generator;

std::lock_guard<std::mutex> locked() {
  return std::lock_guard(fork_safe_lock(ForkRank::generators));
}

}  // namespace

Generator& Generator::shared() {
  static auto* generator = [] {
    auto* made = new Generator;
    made->retain();
    return made;
  }();
  return *generator;
}

Generator& Generator::global() { return thread_generator ? *thread_generator : shared(); }

void Generator::give_thread(const Ref<Generator>& own) { thread_generator = own; }

Generator::State Generator::take(std::int64_t count) {
  const auto guard = locked();
  const State before = state_;
  state_.offset += (static_cast<std::uint64_t>(count) + 1) / 2;
  return before;
}

Generator::State Generator::state() const {
  const auto guard = locked();
  return state_;
}

void Generator::set(State state) {
  const auto guard = locked();
  state_ = state;
}

}  // namespace topograd
