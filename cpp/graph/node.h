#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "graph/provenance.h"
#include "topograd/op.h"

namespace topograd {

class Node;
class Segment;

/// Output `output` of `node`: where a gradient goes.
struct Edge {
  Ref<Node> node;
  std::uint32_t output = 0;
};

/// Called with the gradient of one output of a node; returns a replacement or an undefined tensor.
class TOPOGRAD_API Hook : public Counted {
 public:
  virtual Tensor run(const Tensor& gradient) = 0;
};
/// Called after a node's rule with the gradients of its inputs and outputs; may replace the former.
class TOPOGRAD_API NodeHook : public Counted {
 public:
  virtual void run(Tensors& input_gradients, const Tensors& output_gradients) = 0;
};

/// A weak pointer to a node, for who may take a hook away later. Guarded by watch_lock().
struct NodeLink final : Counted {
  Node* node = nullptr;
};
/// Takes the hook away if the node is still there.
TOPOGRAD_API void remove_hook(NodeLink& link, std::uint64_t id);

/// A recorded call: the op, its arguments, and the nodes that made them. A node owns its inputs and
/// what it saved; a tensor owns its node; nothing points the other way, so no cycle can form. A
/// leaf's node has no op.
class TOPOGRAD_API Node final : public Counted {
 public:
  struct TensorHook {
    std::uint64_t id;
    std::uint32_t output;
    Ref<Hook> hook;
  };
  struct AfterHook {
    std::uint64_t id;
    Ref<NodeHook> hook;
  };
  /// A tensor that wants the gradient of an output kept: weak, guarded by watch_lock().
  struct Watch {
    std::uint32_t output;
    detail::TensorBody* body;
  };
  /// What only some nodes have.
  struct Extra {
    std::string label;
    std::vector<TensorHook> tensor_hooks;
    std::vector<AfterHook> after_hooks;
    std::vector<Watch> watches;
    Ref<NodeLink> link;
    Ref<Counted> segment;  ///< a Segment, while the values are left to it
    std::uint32_t place = 0;
  };

  static Ref<Node> make_leaf(const Tensor& x);
  /// Slots of args that are tracked get their edges; untracked ones are kept whole, the others as
  /// the op's .saves says.
  static Ref<Node> make(const OpRecord& op, const Arg* args, int arg_count, Results& results);

  bool is_leaf() const { return op_ == nullptr; }
  const OpRecord* op() const { return op_; }
  /// "add", "leaf", or the name of a user's Function.
  const std::string& op_name() const;
  std::uint64_t sequence() const { return sequence_; }

  int arg_count() const { return arg_count_; }
  const Arg* args() const { return args_; }
  int slot_count() const { return slot_count_; }
  const Edge* edges() const { return edges_; }
  int output_count() const { return output_count_; }
  /// Shape and dtype of an output, with its data when it was saved.
  const Tensor& output(int k) const { return outputs_[k]; }
  /// The same for who is not in a Visit: `owner` keeps it while another thread's pass lets go of
  /// it.
  const Tensor& output(int k, Tensor& owner) const;
  Edge edge_of(std::uint32_t output) { return {Ref<Node>(this), output}; }

  /// The leaf's tensor was given other data.
  void set_leaf_shape(const Tensor& x) { outputs_[0] = value_of_leaf(x); }

  bool released() const { return visits_.load(std::memory_order_acquire) < 0; }
  /// Reads what was saved: passes of several threads may, and who leaves last lets go of it. Not
  /// entered where it has been let go of.
  class Visit {
   public:
    explicit Visit(Node& node);
    ~Visit();
    Visit(const Visit&) = delete;
    Visit& operator=(const Visit&) = delete;
    bool entered() const { return node_ != nullptr; }
    /// Ends it and lets go of what was saved, edges and shapes excepted.
    void release(const Site& by);

   private:
    Node* node_;
  };
  /// A call of a static graph, or its placeholder: recorded without values (symbolic.h).
  bool symbolic() const { return symbolic_; }
  void make_symbolic() { symbolic_ = true; }

  /// Keeps nothing; node number `place` of a second run of the segment will have the values.
  void leave_values_to(Segment& segment, std::uint32_t place);
  /// Where the backward pass that released this was called.
  std::string released_at() const;

  /// Throws when a value that the rules read was changed in place after it was saved.
  void check_versions() const;

  const void* code() const { return code_; }
  int instruction() const { return instruction_; }
  const Ref<Counted>& scope() const { return scope_; }
  /// "file.py:12 in f", or "" where it is not known.
  std::string where() const;
  std::string module_path() const;

  Extra& extra() {
    if (!extra_) extra_ = std::make_unique<Extra>();
    return *extra_;
  }
  const Extra* extra_if_any() const { return extra_.get(); }
  std::uint64_t add_tensor_hook(std::uint32_t output, Ref<Hook> hook);
  std::uint64_t add_after_hook(Ref<NodeHook> hook);
  void remove_hook(std::uint64_t id);
  Ref<NodeLink> link();
  void watch(std::uint32_t output, detail::TensorBody& body);
  void unwatch(detail::TensorBody& body);
  /// Tensors that want the gradient of `output`, as owners.
  Tensors watchers(std::uint32_t output) const;

 private:
  Node() = default;
  ~Node() override;
  void destroy() noexcept override;
  static Node* allocate(int args, int slots, int outputs);
  static Tensor value_of_leaf(const Tensor& x);
  [[noreturn]] void refuse_version(const Tensor& x, std::uint32_t saved,
                                   const std::string& what) const;
  void release_saved();
  /// Brings back what was left to a segment.
  void fetch_values();
  void take_values(Node* fresh);
  void keep_args(const Arg* args, const Tensor* result, bool* keeps_data);
  Tensor kept(const Tensor& x, int slot, bool keep, const Tensor* result);

  const OpRecord* op_ = nullptr;
  std::uint64_t sequence_ = 0;
  std::uint16_t arg_count_ = 0;
  mutable std::atomic_flag output_lock_;
  std::atomic<bool> absent_{false};  // whether the values are left to a segment
  bool symbolic_ = false;
  /// How many passes read what was saved; `releasing` and `gone` where none may any more.
  std::atomic<std::int32_t> visits_{0};
  std::uint32_t slot_count_ = 0;
  std::uint32_t output_count_ = 0;
  std::uint32_t block_bytes_ = 0;
  int instruction_ = -1;
  int released_instruction_ = -1;
  const void* code_ = nullptr;
  const void* released_code_ = nullptr;
  Ref<Counted> scope_;
  Arg* args_ = nullptr;
  Edge* edges_ = nullptr;
  Tensor* outputs_ = nullptr;
  std::uint32_t* versions_ =
      nullptr;  // per slot, then per output; no_version where nothing is read
  std::unique_ptr<Extra> extra_;
  Node* next_doomed_ = nullptr;  ///< while it waits in destroy()
};

constexpr std::uint32_t no_version = 0xffffffffu;

/// The node that made x, or its leaf; null when x is not tracked.
inline Node* node_of(const Tensor& x) { return static_cast<Node*>(x.body()->node.get()); }
/// The same as an owner, brought up to date first when x is a view whose base was changed in place
/// (history.h).
TOPOGRAD_API Edge edge_of(const Tensor& x);

/// Calls f(slot, tensor) for every tensor among the arguments, lists flattened; absent tensors
/// count as a slot.
template <class F>
void each_slot(const OpRecord& op, const Arg* args, int count, F&& f) {
  int slot = 0;
  for (int i = 0; i < count; ++i) {
    const ArgKind kind = op.forward.kinds[i];
    if (kind == ArgKind::tensor)
      f(slot++, args[i].tensor());
    else if (kind == ArgKind::tensors)
      for (const Tensor& x : args[i].tensors()) f(slot++, x);
  }
}

}  // namespace topograd
