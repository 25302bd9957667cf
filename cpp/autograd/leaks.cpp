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
constexpr std::size_t most_lines = 64;

/// A loss of the past: what backward was called on, and the innermost number that it was made of by
/// scaling and the like, which is what a program keeps where it calls (loss / 8).backward().
struct Past {
  Ref<NodeLink> root, loss;
};

/// What is known of the passes that were called from one line of a program.
struct Line {
  const void* code = nullptr;
  int instruction = -1;
  std::uint64_t before = 0;  // the number of the next node when the last pass began
  bool told = false;
  std::vector<Past> losses;
};

/// When there are too many lines, those that came first are forgotten.
Line& line_of(const Site& site) {
  static auto* const lines = new std::vector<Line>;
  static std::size_t oldest = 0;
  for (Line& line : *lines)
    if (line.code == site.code && line.instruction == site.instruction) return line;
  if (lines->size() < most_lines) {
    lines->push_back({site.code, site.instruction, 0, false, {}});
    return lines->back();
  }
  Line& line = (*lines)[oldest++ % most_lines];
  line = {site.code, site.instruction, 0, false, {}};
  return line;
}

/// The tensor argument of a call that has one, if it is a number that was computed.
Node* only_number(const Node& node) {
  const Edge* found = nullptr;
  for (int slot = 0; slot < node.slot_count(); ++slot) {
    if (!node.edges()[slot].node) continue;
    if (found != nullptr) return nullptr;
    found = &node.edges()[slot];
  }
  if (found == nullptr || found->node->is_leaf()) return nullptr;
  Tensor owner;
  const Tensor& value = found->node->output(static_cast<int>(found->output), owner);
  return value.defined() && value.count() == 1 ? found->node.get() : nullptr;
}

Node& innermost_number(Node& root) {
  constexpr int far = 8;
  Node* node = &root;
  for (int i = 0; i < far; ++i) {
    Node* inner = only_number(*node);
    if (inner == nullptr) break;
    node = inner;
  }
  return *node;
}

}  // namespace

std::vector<Ref<Node>> note_loss(const Site& site, const Ref<Node>& root) {
  // What may have one of the last handles on a node is let go of after the lock.
  std::vector<Ref<Node>> alive;
  Ref<Node> last;
  Node& loss = innermost_number(*root);
  const std::lock_guard guard(fork_safe_lock(ForkRank::passes));
  Line& line = line_of(site);
  const std::uint64_t before = std::exchange(line.before, next_node_number());
  if (line.told || site.code == nullptr) return {};
  if (loss.sequence() < before) line.losses.clear();
  // As a rule the last loss is gone by now.
  if (!line.losses.empty()) {
    last = node_if_alive(*line.losses.back().loss);
    if (!last) line.losses.clear();
  }
  line.losses.push_back({root->link(), loss.link()});
  if (line.losses.size() < enough) return {};
  std::vector<Past> kept;
  for (Past& one : line.losses) {
    Ref<Node> node = node_if_alive(*one.root);
    if (!node) node = node_if_alive(*one.loss);
    if (!node) continue;
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
