#include "graph/node.h"

#include <atomic>
#include <mutex>
#include <new>
#include <utility>

#include "base/allocator.h"
#include "base/fork.h"
#include "base/live_count.h"
#include "base/thread_storage.h"
#include "graph/history.h"
#include "graph/mode.h"
#include "graph/refusals.h"
#include "graph/segment.h"
#include "tensor/body.h"

namespace topograd {
namespace {

constexpr index small_constant = 1024;

std::atomic<std::uint64_t> next_sequence{1};
std::atomic<std::uint64_t> next_hook{1};

std::mutex& watch_lock() { return fork_safe_lock(ForkRank::watchers); }

/// A watched tensor is about to die: nodes must not find it any more.
bool forget(detail::TensorBody& body) noexcept {
  std::lock_guard lock(watch_lock());
  if (body.owners() > 1) {  // a watcher took it up while the last owner was letting go
    body.drop();
    return false;
  }
  body.die();
  if (body.node) {
    auto& watches = static_cast<Node*>(body.node.get())->extra().watches;
    std::erase_if(watches, [&](const Node::Watch& w) { return w.body == &body; });
  }
  body.watched = false;
  return true;
}

[[maybe_unused]] const bool registered = (detail::forget_watched = forget, true);

}  // namespace

std::uint64_t next_node_number() { return next_sequence.load(std::memory_order_relaxed); }

Edge edge_of(const Tensor& x) {
  refresh_view(x);
  return {Ref<Node>(node_of(x)), x.body()->output};
}

// ---------------------------------------------------------------- making

Node* Node::allocate(int args, int slots, int outputs) {
  const std::size_t bytes = sizeof(Node) + sizeof(Arg) * args + sizeof(Edge) * slots +
                            sizeof(Tensor) * outputs + sizeof(std::uint32_t) * (slots + outputs);
  char* block = static_cast<char*>(topograd::allocate(bytes));
  auto* node = new (block) Node;
  count_live(Live::node, 1);
  node->block_bytes_ = static_cast<std::uint32_t>(bytes);
  node->arg_count_ = static_cast<std::uint16_t>(args);
  node->slot_count_ = static_cast<std::uint32_t>(slots);
  node->output_count_ = static_cast<std::uint32_t>(outputs);
  block += sizeof(Node);
  node->args_ = reinterpret_cast<Arg*>(block);
  block += sizeof(Arg) * args;
  node->edges_ = reinterpret_cast<Edge*>(block);
  block += sizeof(Edge) * slots;
  node->outputs_ = reinterpret_cast<Tensor*>(block);
  block += sizeof(Tensor) * outputs;
  node->versions_ = reinterpret_cast<std::uint32_t*>(block);
  for (int i = 0; i < args; ++i) new (node->args_ + i) Arg;
  for (int i = 0; i < slots; ++i) new (node->edges_ + i) Edge;
  for (int i = 0; i < outputs; ++i) new (node->outputs_ + i) Tensor;
  for (int i = 0; i < slots + outputs; ++i) node->versions_[i] = no_version;
  node->sequence_ = next_sequence.fetch_add(1, std::memory_order_relaxed);
  return node;
}

/// A leaf keeps its elements, so that a graph still knows them when the tensor itself is gone.
Tensor Node::value_of_leaf(const Tensor& x) { return without_node(x); }

Ref<Node> Node::make_leaf(const Tensor& x) {
  Ref<Node> node(allocate(0, 0, 1));
  node->outputs_[0] = value_of_leaf(x);
  if (!x.name().empty()) node->extra().label = x.name();
  const Site& site = current_site();
  node->code_ = site.code;
  node->instruction_ = site.instruction;
  return node;
}

Tensor Node::kept(const Tensor& x, int slot, bool keep, const Tensor* result) {
  if (!x.defined()) return x;
  if (node_of(x) == nullptr) {
    if (keep) {
      see_changes(x);
      versions_[slot] = x.version();
    }
    return without_node(x);
  }
  edges_[slot] = topograd::edge_of(x);
  if (keep) {
    versions_[slot] = x.version();
    return without_node(x);
  }
  // A hollow stand-in is shared where one exists already: with the result, or with what made x.
  if (result != nullptr && result->hollow() && result->shape() == x.shape() &&
      result->dtype() == x.dtype())
    return *result;
  Tensor owner;
  const Tensor& made = edges_[slot].node->output(static_cast<int>(edges_[slot].output), owner);
  if (made.hollow() && made.shape() == x.shape() && made.dtype() == x.dtype()) return made;
  return hollow_like(x);
}

void Node::keep_args(const Arg* args, const Tensor* result, bool* keeps_data) {
  int slot = 0;
  for (int i = 0; i < arg_count_; ++i) {
    const ArgKind kind = op_->forward.kinds[i];
    if (kind == ArgKind::tensor) {
      args_[i] = Arg(kept(args[i].tensor(), slot, keeps_data[slot], result));
      ++slot;
    } else if (kind == ArgKind::tensors) {
      // Indices are data that the rules read, whatever else the op saves.
      const bool indices =
          signature_of(*op_).parameters[static_cast<std::size_t>(i)].type.starts_with("Tensor?[");
      Tensors list;
      for (const Tensor& x : args[i].tensors()) {
        const bool read = indices && x.defined() && !is_differentiable(x.dtype());
        list.push_back(kept(x, slot, keeps_data[slot] || read, result));
        ++slot;
      }
      args_[i] = Arg(std::move(list));
    } else {
      args_[i] = args[i];
    }
  }
}

namespace {

constexpr unsigned saves_any_output = saves_output | saves_later_outputs;

}  // namespace

unsigned read_by_gradients(const OpRecord& op, const Arg* args, int arg_count) {
  unsigned told = 0;
  for (const Saves one : op.reads) told |= one;
  if (told == 0) return saves_inputs | saves_output;
  unsigned read = saves_output & ~told;
  each_slot(op, args, arg_count, [&](int slot, const Tensor& x) {
    if (x.defined() && x.requires_grad()) read |= op.reads[static_cast<std::size_t>(slot)];
  });
  return read;
}

Ref<Node> Node::make(const OpRecord& op, const Arg* args, int arg_count, Results& results) {
  int slots = 0, tracked = 0, first_tracked = -1;
  each_slot(op, args, arg_count, [&](int slot, const Tensor& x) {
    ++slots;
    if (x.defined() && x.requires_grad()) {
      ++tracked;
      first_tracked = slot;
    }
  });
  Ref<Node> node(allocate(arg_count, slots, results.count()));
  node->op_ = &op;
  const unsigned read = read_by_gradients(op, args, arg_count);
  for (int k = 0; k < results.count(); ++k) {
    const Tensor& result = results.at(k);
    if (!result.defined()) continue;
    if ((op.saves & (k == 0 ? read & saves_output : saves_any_output)) != 0) {
      node->outputs_[k] = without_node(result);
      node->versions_[slots + k] = result.version();
    } else {
      node->outputs_[k] = hollow_like(result);
    }
  }
  bool keeps_small[16];
  std::unique_ptr<bool[]> keeps_large;
  bool* keeps = keeps_small;
  if (slots > 16) {
    keeps_large = std::make_unique<bool[]>(static_cast<std::size_t>(slots));
    keeps = keeps_large.get();
  }
  for (int slot = 0; slot < slots; ++slot) {
    const unsigned bit = slot < 7 ? 2u << slot : static_cast<unsigned>(saves_inputs);
    keeps[slot] = (op.saves & read & bit) != 0;
    if ((op.saves & saves_for_others) != 0 && tracked == 1 && slot == first_tracked)
      keeps[slot] = false;
  }
  node->keep_args(args, results.count() > 0 ? &node->outputs_[0] : nullptr, keeps);
  const Site& site = current_site();
  node->code_ = site.code;
  node->instruction_ = site.instruction;
  node->scope_ = site.scope;
  for (int slot = 0; slot < slots; ++slot) {
    Node* input = node->edges_[slot].node.get();
    Extra* extra = input != nullptr && input->is_leaf() ? input->extra_if_any() : nullptr;
    if (extra == nullptr) continue;
    Uses& uses = extra->uses;
    uses.sequence.store(node->sequence_, std::memory_order_relaxed);
    uses.code.store(site.code, std::memory_order_relaxed);
    uses.instruction.store(site.instruction, std::memory_order_relaxed);
  }
  if (mode.run != nullptr) SegmentRun::enroll(node);
  return node;
}

// ---------------------------------------------------------------- letting go

Node::~Node() {
  const std::unique_ptr<Extra> extra(extra_if_any());
  if (extra && extra->link) {
    std::lock_guard lock(watch_lock());
    extra->link->node = nullptr;
  }
  for (int i = 0; i < arg_count_; ++i) args_[i].~Arg();
  for (std::uint32_t i = 0; i < slot_count_; ++i) edges_[i].~Edge();
  for (std::uint32_t i = 0; i < output_count_; ++i) outputs_[i].~Tensor();
  count_live(Live::node, -1);
}

void Node::destroy() noexcept {
  // A chain is released in a loop: nodes that die while one is being destroyed wait in a list.
  static thread_local constinit bool destroying TOPOGRAD_STATIC_TLS = false;
  static thread_local constinit Node* doomed TOPOGRAD_STATIC_TLS = nullptr;
  next_doomed_ = doomed;
  doomed = this;
  if (destroying) return;
  destroying = true;
  while (doomed != nullptr) {
    Node* node = doomed;
    doomed = node->next_doomed_;
    const std::size_t bytes = node->block_bytes_;
    node->~Node();
    topograd::release(node, bytes);
  }
  destroying = false;
}

Node::Visit::Visit(Node& node) : node_(&node) {
  std::int32_t visits = node.visits_.load(std::memory_order_relaxed);
  do {
    if (visits < 0) {
      node_ = nullptr;
      return;
    }
  } while (!node.visits_.compare_exchange_weak(visits, visits + 1, std::memory_order_acquire));
  if (!node.absent_.load(std::memory_order_acquire)) return;
  try {
    node.fetch_values();
  } catch (...) {
    node.visits_.fetch_sub(1, std::memory_order_release);
    throw;
  }
}

Node::Visit::~Visit() {
  if (node_ != nullptr) node_->visits_.fetch_sub(1, std::memory_order_release);
}

void Node::Visit::release(std::uint32_t pass) {
  std::int32_t alone = 1;
  if (!node_->visits_.compare_exchange_strong(alone, releasing, std::memory_order_acq_rel)) return;
  Node& node = *std::exchange(node_, nullptr);
  node.release_saved();
  node.visits_.store(-1 - static_cast<std::int32_t>(pass), std::memory_order_release);
}

const Tensor& Node::output(int k, Tensor& owner) const {
  if (is_leaf() || (op_->saves & saves_any_output) == 0) return outputs_[k];
  while (output_lock_.test_and_set(std::memory_order_acquire)) {
  }
  owner = outputs_[k];
  output_lock_.clear(std::memory_order_release);
  return owner;
}

void Node::release_saved() {
  // Small constants stay, so that a graph of scalars can still be replayed after its backward pass.
  const auto hollowed = [&](const Tensor& x, int slot) {
    if (!x.defined() || x.hollow()) return x;
    const Edge& edge = edges_[slot];
    if (!edge.node) return x.count() <= small_constant ? x : hollow_like(x);
    // What made x knows its shape already; a leaf keeps its elements in any case.
    Tensor owner;
    const Tensor& made = edge.node->output(static_cast<int>(edge.output), owner);
    return made.hollow() || edge.node->is_leaf() ? made : hollow_like(x);
  };
  int slot = 0;
  for (int i = 0; i < arg_count_; ++i) {
    const ArgKind kind = op_->forward.kinds[i];
    if (kind == ArgKind::tensor) {
      if (!args_[i].none()) args_[i] = Arg(hollowed(args_[i].tensor(), slot));
      ++slot;
    } else if (kind == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : args_[i].tensors()) list.push_back(hollowed(x, slot++));
      args_[i] = Arg(std::move(list));
    } else if (kind == ArgKind::object) {
      args_[i] = Arg();
    }
  }
  for (std::uint32_t k = 0; k < output_count_; ++k) {
    if (!outputs_[k].defined() || outputs_[k].hollow()) continue;
    Tensor hollow = hollow_like(outputs_[k]);
    while (output_lock_.test_and_set(std::memory_order_acquire)) {
    }
    std::swap(outputs_[k], hollow);
    output_lock_.clear(std::memory_order_release);
  }
}

void Node::check_versions() const {
  const auto moved = [](const Tensor& x, std::uint32_t saved) {
    return saved != no_version && x.defined() && !x.hollow() && x.version() != saved;
  };
  int slot = 0;
  for (int i = 0; i < arg_count_; ++i) {
    const ArgKind kind = op_->forward.kinds[i];
    if (kind == ArgKind::tensor) {
      const Tensor& x = args_[i].tensor();
      if (moved(x, versions_[slot]))
        refuse_version(*this, x, versions_[slot],
                       "its argument '" + signature_of(*op_).parameters[i].name + "'");
      ++slot;
    } else if (kind == ArgKind::tensors) {
      for (const Tensor& x : args_[i].tensors()) {
        if (moved(x, versions_[slot]))
          refuse_version(*this, x, versions_[slot], "a listed argument");
        ++slot;
      }
    }
  }
  for (std::uint32_t k = 0; k < output_count_; ++k)
    if (moved(outputs_[k], versions_[slot_count_ + k]))
      refuse_version(*this, outputs_[k], versions_[slot_count_ + k], "its result");
}

// ---------------------------------------------------------------- asking

Node::Extra& Node::make_extra() {
  auto made = std::make_unique<Extra>();
  Extra* found = nullptr;
  if (extra_.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel))
    found = made.release();
  return *found;
}

const std::string& Node::op_name() const {
  static const std::string leaf = "leaf";
  return op_ == nullptr ? leaf : topograd::name_of(*op_);
}

std::string Node::where() const {
  if (code_ == nullptr || site_reader.describe == nullptr) return "";
  return site_reader.describe(code_, instruction_);
}

std::string Node::module_path() const {
  if (!scope_ || site_reader.describe_scope == nullptr) return "";
  return site_reader.describe_scope(scope_.get());
}

std::uint64_t Node::add_tensor_hook(std::uint32_t output, Ref<Hook> hook) {
  const std::uint64_t id = next_hook.fetch_add(1);
  extra().tensor_hooks.push_back({id, output, std::move(hook)});
  return id;
}

std::uint64_t Node::add_after_hook(Ref<NodeHook> hook) {
  const std::uint64_t id = next_hook.fetch_add(1);
  extra().after_hooks.push_back({id, std::move(hook)});
  return id;
}

Ref<NodeLink> Node::link() {
  std::lock_guard lock(watch_lock());
  if (!extra().link) {
    extra().link = Ref<NodeLink>(new NodeLink);
    extra().link->node = this;
  }
  return extra().link;
}

Ref<Node> node_if_alive(const NodeLink& link) {
  std::lock_guard lock(watch_lock());
  if (link.node == nullptr || !link.node->retain_if_alive()) return {};
  return Ref<Node>::adopt(link.node);
}

void remove_hook(NodeLink& link, std::uint64_t id) {
  if (const Ref<Node> node = node_if_alive(link)) node->remove_hook(id);
}

void Node::remove_hook(std::uint64_t id) {
  Extra* extra = extra_if_any();
  if (extra == nullptr) return;
  std::erase_if(extra->tensor_hooks, [&](const TensorHook& h) { return h.id == id; });
  std::erase_if(extra->after_hooks, [&](const AfterHook& h) { return h.id == id; });
}

void Node::watch(std::uint32_t output, detail::TensorBody& body) {
  std::lock_guard lock(watch_lock());
  for (const Watch& w : extra().watches)
    if (w.body == &body) return;
  extra().watches.push_back({output, &body});
  body.watched = true;
}

void Node::unwatch(detail::TensorBody& body) {
  std::lock_guard lock(watch_lock());
  std::erase_if(extra().watches, [&](const Watch& w) { return w.body == &body; });
  body.watched = false;
}

Tensors Node::watchers(std::uint32_t output) const {
  Tensors found;
  const Extra* extra = extra_if_any();
  if (extra == nullptr) return found;
  std::lock_guard lock(watch_lock());
  for (const Watch& w : extra->watches)
    if (w.output == output && w.body->retain_if_alive())
      found.emplace_back(Ref<detail::TensorBody>::adopt(w.body));
  return found;
}

}  // namespace topograd
