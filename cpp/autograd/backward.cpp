#include <algorithm>
#include <memory>
#include <mutex>
#include <queue>

#include "autograd/node_table.h"
#include "autograd/order.h"
#include "autograd/program.h"
#include "autograd/rules.h"
#include "base/fork.h"
#include "graph/mode.h"
#include "graph/passes.h"
#include "graph/refusals.h"
#include "graph/watch.h"
#include "tensor/body.h"
#include "topograd/autograd.h"
#include "topograd/ops.h"

namespace topograd {

NoGrad::NoGrad() : before_(mode.recording) { mode.recording = false; }
NoGrad::~NoGrad() { mode.recording = before_; }
bool recording() { return mode.recording; }
void set_recording(bool wanted) { mode.recording = wanted; }

namespace {

/// Nobody else can see the memory of x, so that it may be added to in place.
bool ours_alone(const Tensor& x) {
  return x.body()->owners() == 1 && x.body()->storage && x.body()->storage->owners() == 1 &&
         x.contiguous() && !x.requires_grad() && x.body()->storage->writable();
}

void add_to(Tensor& sum, Tensor&& part, bool recorded) {
  if (!sum.defined()) {
    sum = std::move(part);
  } else if (!recorded && ours_alone(sum) && sum.dtype() == part.dtype()) {
    add.into(sum, part, 1);
  } else {
    sum = add(sum, part, 1);
  }
}

/// Adds a gradient to .grad of a tensor.
void deposit(const Tensor& x, const Tensor& gradient, bool create_graph, std::uint32_t pass) {
  // Threads may share a parameter: no gradient must be lost between reading .grad and adding to it.
  const std::lock_guard guard(fork_safe_lock(ForkRank::gradients));
  if (Node* node = node_of(x); node != nullptr && node->extra_if_any() != nullptr)
    node->extra().uses.received.store(pass, std::memory_order_relaxed);
  const Tensor before = x.grad();
  if (!before.defined()) {
    if (create_graph) return x.set_grad(gradient);
    const Tensor plain = gradient.requires_grad() ? gradient.detach() : gradient;
    // The memory may be shared with another gradient: a sum passes one to all its inputs.
    const bool alone = plain.body()->storage->owners() == 1 && plain.contiguous() &&
                       !gradient.requires_grad() && plain.body()->storage->writable();
    return x.set_grad(alone ? plain : dense_copy(plain));
  }
  if (create_graph || before.requires_grad()) return x.set_grad(add(before, gradient, 1));
  add.into(before, gradient, 1);
}

/// The rules write sizes into the graph, as numbers of which some can't be found again.
void refuse_open_sizes(const Tensors& roots) {
  for (const Node* node : nodes_in_order(roots)) {
    if (!node->is_leaf() || !node->symbolic()) continue;
    const Tensor& leaf = node->output(0);
    expect<NotSupported>(!has_open_size(leaf.shape()),
                         "gradients: placeholder '{}' leaves a size open, and the derivatives "
                         "depend on it: build the graph with the size as a number",
                         node->extra_if_any() != nullptr ? node->extra_if_any()->label : "");
  }
}

struct Pending {
  Tensors gradients;  // per output
};

class Backward {
 public:
  explicit Backward(const BackwardOptions& options) : options_(options) {}

  /// After start(): the pass has its number from now on.
  void note(bool chosen) {
    number_ = note_pass(current_site(), chosen, roots_.empty() ? Ref<Node>() : roots_[0]);
  }

  void start(const Tensors& roots, const Tensors& gradients) {
    for (std::size_t i = 0; i < roots.size(); ++i) {
      const Tensor& root = roots[i];
      if (!root.defined() || !root.requires_grad()) refuse_untracked("backward", "tensor", i, root);
      expect<NotSupported>(
          options_.create_graph || !root.hollow(),
          "backward: a tensor of shape {} follows from a placeholder and has no values; "
          "graph.gradients(y, [x]) gives the graph of the derivatives",
          root.shape());
      if (root.hollow()) refuse_open_sizes(roots);
      Tensor seed = i < gradients.size() ? gradients[i] : Tensor();
      if (!seed.defined()) {
        expect<ShapeError>(
            root.count() == 1,
            "backward: a gradient must be given for a tensor with more than one element, shape {}",
            root.shape());
        expect(
            !is_complex(root.dtype()),
            "backward: a gradient must be given for a complex tensor; its real part, its imaginary "
            "part or its size would be a loss");
        seed = Tensor::ones(root.shape(), root.dtype());
      }
      expect<ShapeError>(seed.shape() == root.shape(),
                         "backward: the gradient has shape {}, the tensor {}", seed.shape(),
                         root.shape());
      if (seed.dtype() != root.dtype()) seed = cast(seed, root.dtype());
      const Edge edge = edge_of(root);
      send(edge.node.get(), edge.output, std::move(seed));
      roots_.push_back(edge.node);
    }
  }

  /// Only what leads to these edges is computed; their gradients are kept, not added to .grad of
  /// leaves.
  void capture(const std::vector<Edge>& edges, const Tensors& roots) {
    capturing_ = true;
    captured_.resize(edges.size());
    for (std::size_t i = 0; i < edges.size(); ++i)
      if (edges[i].node) wanted_edges_.at(edges[i].node.get()).push_back({edges[i].output, i});
    for (Node* node : nodes_in_order(roots)) {
      bool needed = wanted_edges_.find(node) != nullptr;
      for (int slot = 0; slot < node->slot_count() && !needed; ++slot) {
        Node* input = node->edges()[slot].node.get();
        needed = input != nullptr && needed_.find(input) != nullptr;
      }
      if (needed) needed_.at(node) = 1;
    }
  }

  void run() {
    const Recording guard(options_.create_graph);
    while (!ready_.empty()) {
      Node* node = ready_.top().second;
      ready_.pop();
      // Only the entry is kept, without its gradients: memory falls as the pass goes on.
      Tensors gradients = std::move(pending_.find(node)->gradients);
      finish(*node, gradients);
      if (node->is_leaf() || (capturing_ && needed_.find(node) == nullptr)) continue;
      pass_on(*node, gradients);
    }
  }

  Tensors& captured() { return captured_; }

 private:
  struct Wanted {
    std::uint32_t output;
    std::size_t position;
  };

  void send(Node* node, std::uint32_t output, Tensor&& gradient) {
    bool fresh;
    Pending& pending = pending_.at(node, &fresh);
    if (fresh) {
      pending.gradients.resize(static_cast<std::size_t>(node->output_count()));
      // Younger nodes first: a node is younger than what made its inputs, so all its consumers are
      // done by then.
      ready_.emplace(node->sequence(), node);
    }
    add_to(pending.gradients[output], std::move(gradient), options_.create_graph);
  }

  /// All contributions are in: hooks, .grad, captured gradients.
  void finish(Node& node, Tensors& gradients) {
    if (const auto* extra = node.extra_if_any()) {
      if (!extra->tensor_hooks.empty()) {
        const auto hooks = extra->tensor_hooks;  // a hook may add or remove hooks
        for (const auto& one : hooks) {
          Tensor& gradient = gradients[one.output];
          if (!gradient.defined()) continue;
          Tensor replaced = one.hook->run(gradient);
          if (!replaced.defined()) continue;
          expect<ShapeError>(replaced.shape() == gradient.shape(),
                             "{}: a gradient hook returned shape {} for a gradient of shape {}",
                             node.op_name(), replaced.shape(), gradient.shape());
          expect<TypeError>(replaced.dtype() == gradient.dtype(),
                            "{}: a gradient hook returned dtype {} for a gradient of dtype {}",
                            node.op_name(), replaced.dtype(), gradient.dtype());
          gradient = std::move(replaced);
        }
      }
      if (!capturing_ || !node.is_leaf())
        for (std::size_t k = 0; k < gradients.size(); ++k)
          if (gradients[k].defined() && !extra->watches.empty())
            deposit_all(node, static_cast<int>(k), gradients);
    }
    if (options_.observer != nullptr) options_.observer->total(&node, gradients);
    if (!capturing_) return;
    if (const auto* wanted = wanted_edges_.find(&node))
      for (const Wanted& one : *wanted)
        if (gradients[one.output].defined()) captured_[one.position] = gradients[one.output];
  }

  void deposit_all(Node& node, int k, const Tensors& gradients) {
    Tensors kept = node.watchers(static_cast<std::uint32_t>(k));
    for (const Tensor& x : kept)
      deposit(x, gradients[static_cast<std::size_t>(k)], options_.create_graph, number_);
    // A leaf's hooks run when its gradient is complete.
    if (!node.is_leaf() || node.extra_if_any()->after_hooks.empty()) return;
    const auto hooks = node.extra_if_any()->after_hooks;
    for (const auto& one : hooks) one.hook->run(kept, gradients);
  }

  /// A rule in Python is part of the program, and its ops are watched like those.
  static bool is_users(const OpRecord& op) {
    return op.forward.parameters == 2 && op.forward.kinds[1] == ArgKind::object;
  }

  static Tensors watched_vjp(Node& node, const Tensors& gradients, const bool* wanted) {
    Watching watching({.kind = CallWatch::Kind::backward, .node = &node, .incoming = &gradients});
    Tensors result;
    {
      const Unwatched inside(!is_users(*node.op()));
      result = apply_vjp(node, gradients, wanted);
    }
    watching.done(result.data(), static_cast<int>(result.size()));
    return result;
  }

  void pass_on(Node& node, const Tensors& gradients) {
    Node::Visit visit(node);
    if (!visit.entered()) refuse_second_pass(node, roots_);
    node.check_versions();
    const int slots = node.slot_count();
    bool few[16];
    std::unique_ptr<bool[]> many;
    bool* wanted = few;
    if (slots > 16) {
      many = std::make_unique<bool[]>(static_cast<std::size_t>(slots));
      wanted = many.get();
    }
    bool any = false;
    for (int slot = 0; slot < slots; ++slot) {
      Node* input = node.edges()[slot].node.get();
      wanted[slot] = input != nullptr && (!capturing_ || needed_.find(input) != nullptr);
      any = any || wanted[slot];
    }
    if (!any) return;
    Tensors result = mode.watched == 0 ? apply_vjp(node, gradients, wanted)
                                       : watched_vjp(node, gradients, wanted);
    if (const auto* extra = node.extra_if_any(); extra != nullptr && !extra->after_hooks.empty()) {
      const auto hooks = extra->after_hooks;
      for (const auto& one : hooks) one.hook->run(result, gradients);
      for (int slot = 0; slot < slots; ++slot) {
        Tensor& gradient = result[static_cast<std::size_t>(slot)];
        if (wanted[slot] && gradient.defined()) gradient = checked(node, slot, std::move(gradient));
      }
    }
    if (!options_.retain_graph) visit.release(number_);
    for (int slot = 0; slot < slots; ++slot) {
      Tensor& gradient = result[static_cast<std::size_t>(slot)];
      if (!wanted[slot] || !gradient.defined()) continue;
      const Edge& edge = node.edges()[slot];
      if (options_.observer != nullptr)
        options_.observer->contribution(&node, slot, edge.node.get(), static_cast<int>(edge.output),
                                        gradient);
      send(edge.node.get(), edge.output, std::move(gradient));
    }
  }

  const BackwardOptions& options_;
  std::uint32_t number_ = 0;
  std::vector<Ref<Node>> roots_;  // the graph stays alive while it is walked
  NodeTable<Pending> pending_;
  std::priority_queue<std::pair<std::uint64_t, Node*>> ready_;
  bool capturing_ = false;
  NodeTable<std::vector<Wanted>> wanted_edges_;
  NodeTable<char> needed_;
  Tensors captured_;
};

[[noreturn]] void refuse_jvp(const Node& node) {
  const std::string at = describe_pass(node.released_by());
  fail("{}: jvp through it, but what it saved was released by {}\n  recorded by {}", node.op_name(),
       at.empty() ? "a backward pass" : "the backward at " + at, describe(node));
}

std::vector<Edge> edges_of(const Tensors& inputs) {
  std::vector<Edge> edges;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !inputs[i].requires_grad())
      refuse_untracked("grad", "input", i, inputs[i]);
    edges.push_back(edge_of(inputs[i]));
  }
  return edges;
}

}  // namespace

void backward(const Tensor& loss) { backward(Tensors{loss}, {}); }

void backward(const Tensors& roots, const Tensors& root_gradients, const BackwardOptions& options,
              const Tensors& inputs) {
  const WatchedBlock block("backward");
  if (inputs.empty()) {
    Backward pass(options);
    pass.start(roots, root_gradients);
    pass.note(false);
    pass.run();
    return;
  }
  const Tensors found = gradients(roots, root_gradients, inputs, options);
  const std::uint32_t number = newest_pass();
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (found[i].defined()) deposit(inputs[i], found[i], options.create_graph, number);
}

Tensors gradients(const Tensors& roots, const Tensors& root_gradients, const Tensors& inputs,
                  const BackwardOptions& options) {
  const WatchedBlock block("gradients");
  Backward pass(options);
  pass.capture(edges_of(inputs), roots);
  pass.start(roots, root_gradients);
  pass.note(true);
  pass.run();
  return std::move(pass.captured());
}

Tensors tangents(const Tensors& outputs, const Tensors& inputs, const Tensors& input_tangents,
                 bool create_graph) {
  const Recording guard(create_graph);
  const Unwatched inside;
  NodeTable<Tensors> known;
  const std::vector<Edge> edges = edges_of(inputs);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    expect<ShapeError>(input_tangents[i].shape() == inputs[i].shape(),
                       "jvp: the tangent of input {} has shape {}, the input {}", i,
                       input_tangents[i].shape(), inputs[i].shape());
    Tensors& own = known.at(edges[i].node.get());
    own.resize(static_cast<std::size_t>(edges[i].node->output_count()));
    own[edges[i].output] = input_tangents[i];
  }
  for (Node* node : nodes_in_order(outputs)) {
    if (node->is_leaf() || known.find(node) != nullptr) continue;
    Tensors t(static_cast<std::size_t>(node->slot_count()));
    bool any = false;
    for (int slot = 0; slot < node->slot_count(); ++slot) {
      const Edge& edge = node->edges()[slot];
      if (!edge.node) continue;
      if (const Tensors* from = known.find(edge.node.get()))
        t[static_cast<std::size_t>(slot)] = (*from)[edge.output];
      any = any || t[static_cast<std::size_t>(slot)].defined();
    }
    if (!any) continue;
    const Node::Visit visit(*node);
    if (!visit.entered()) refuse_jvp(*node);
    node->check_versions();
    Tensors result = apply_jvp(*node, t);
    result.resize(static_cast<std::size_t>(node->output_count()));
    known.at(node) = std::move(result);
  }
  Tensors result;
  for (const Tensor& output : outputs) {
    Tensor tangent;
    if (output.defined() && output.requires_grad()) {
      const Edge edge = edge_of(output);
      if (const Tensors* found = known.find(edge.node.get())) tangent = (*found)[edge.output];
    }
    result.push_back(std::move(tangent));
  }
  return result;
}

}  // namespace topograd
