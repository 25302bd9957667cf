#include "autograd/leaks.h"

#include <mutex>
#include <unordered_set>
#include <utility>

#include "autograd/node_table.h"
#include "base/fork.h"
#include "tensor/body.h"

namespace topograd {
namespace {

constexpr std::size_t enough = 20;
constexpr std::size_t line_count = 64;

/// What is known of the passes that were called from one line of a program.
struct Line {
  const void* code = nullptr;
  int instruction = -1;
  std::uint64_t before = 0;  // the number of the next node when the last pass began
  bool told = false;
  std::vector<Ref<NodeLink>> losses;
};

Line& line_of(const Site& site) {
  static auto* const lines = new Line[line_count];
  const auto hash = (reinterpret_cast<std::uintptr_t>(site.code) >> 4) * 31 +
                    static_cast<std::uintptr_t>(site.instruction);
  Line& line = lines[hash * 0x9e3779b97f4a7c15u >> 58];
  if (line.code != site.code || line.instruction != site.instruction)
    line = {site.code, site.instruction, 0, false, {}};
  return line;
}

}  // namespace

std::vector<Ref<Node>> note_loss(const Site& site, const Ref<Node>& loss) {
  // What may have one of the last handles on a node is let go of after the lock.
  std::vector<Ref<Node>> alive;
  Ref<Node> last;
  const std::lock_guard guard(fork_safe_lock(ForkRank::passes));
  Line& line = line_of(site);
  const std::uint64_t before = std::exchange(line.before, next_node_number());
  if (line.told || site.code == nullptr) return {};
  if (loss->sequence() < before) line.losses.clear();
  // As a rule the last loss is gone by now.
  if (!line.losses.empty()) {
    last = node_if_alive(*line.losses.back());
    if (!last) line.losses.clear();
  }
  line.losses.push_back(loss->link());
  if (line.losses.size() < enough) return {};
  std::vector<Ref<NodeLink>> kept;
  for (Ref<NodeLink>& one : line.losses)
    if (Ref<Node> node = node_if_alive(*one)) {
      alive.push_back(std::move(node));
      kept.push_back(std::move(one));
    }
  line.losses = std::move(kept);
  if (line.losses.size() < enough) return {};
  line.told = true;
  line.losses.clear();
  return alive;
}

std::size_t bytes_of_graph(const std::vector<Ref<Node>>& from) {
  NodeTable<char> seen;
  std::vector<Node*> stack;
  std::unordered_set<const void*> counted;
  std::size_t bytes = 0;
  const auto visit = [&](Node* node) {
    bool fresh = false;
    seen.at(node, &fresh);
    if (!fresh) return;
    if (!node->is_leaf()) stack.push_back(node);
    // What a leaf holds is there without the graph.
    else if (!node->output(0).hollow())
      counted.insert(node->output(0).body()->storage.get());
  };
  const auto add = [&](const Tensor& x) {
    if (!x.defined() || !counted.insert(x.body()).second) return;
    bytes += sizeof(detail::TensorBody);
    const Ref<Storage>& storage = x.body()->storage;
    if (storage && counted.insert(storage.get()).second) bytes += storage->bytes();
  };
  std::vector<Node*> calls;
  for (const Ref<Node>& node : from) visit(node.get());
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    calls.push_back(node);
    for (int slot = 0; slot < node->slot_count(); ++slot)
      if (Node* input = node->edges()[slot].node.get()) visit(input);
  }
  for (Node* node : calls) {
    bytes += node->block_bytes();
    const Node::Visit reading(*node);
    each_slot(*node->op(), node->args(), node->arg_count(), [&](int, const Tensor& x) { add(x); });
    for (int k = 0; k < node->output_count(); ++k) {
      Tensor owner;
      add(node->output(k, owner));
    }
  }
  return bytes;
}

}  // namespace topograd
