#include "graph/passes.h"

#include <mutex>
#include <utility>

#include "base/fork.h"

namespace topograd {
namespace {

constexpr std::uint32_t most = 256;
constexpr std::uint32_t last_number = (1u << 30) - 1;

struct Passes {
  Pass of[most];
  std::uint32_t newest = 0;
};
/// Never destroyed: threads may still run while static objects go.
Passes& passes() {
  static auto* const made = new Passes;
  return *made;
}
std::mutex& lock() { return fork_safe_lock(ForkRank::passes); }

}  // namespace

std::uint32_t note_pass(const Site& site, bool chosen, const Ref<Node>& root) {
  Pass pass{0, site.instruction, site.code, next_node_number(), chosen, {}};
  if (root) pass.root = root->link();
  const std::lock_guard guard(lock());
  Passes& all = passes();
  all.newest = all.newest == last_number ? 1 : all.newest + 1;
  pass.number = all.newest;
  std::swap(all.of[all.newest % most], pass);
  return all.newest;
}

bool find_pass(std::uint32_t number, Pass& pass) {
  const std::lock_guard guard(lock());
  const Pass& found = passes().of[number % most];
  if (number == 0 || found.number != number) return false;
  pass = found;
  return true;
}

std::uint32_t newest_pass() {
  const std::lock_guard guard(lock());
  return passes().newest;
}

std::string describe_pass(std::uint32_t number) {
  Pass pass;
  return find_pass(number, pass) ? describe({pass.code, pass.instruction, {}}) : "";
}

}  // namespace topograd
