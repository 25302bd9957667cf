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
/// The node, while it is there.
TOPOGRAD_API Ref<Node> node_if_alive(const NodeLink& link);
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
  /// What became of a leaf. Threads may share it, and who reads it only explains: each number is
  /// whole, and they may be of two calls.
  struct Uses {
    std::atomic<std::uint64_t> sequence{0};  ///< of the last recorded call that took it
    std::atomic<const void*> code{nullptr};  ///< where that was
    std::atomic<int> instruction{-1};
    std::atomic<std::uint32_t> received{0};     ///< the last pass that added to its gradient
    std::atomic<const void*> cleared{nullptr};  ///< where its gradient was taken away
    std::atomic<int> cleared_instruction{-1};
    std::atomic<std::uint32_t> cleared_after{0};  ///< what `received` was then
  };
  /// What only some nodes have.
  struct Extra {
    Uses uses;
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

  /// What a node keeps to tell where it was recorded: code, instruction, modules.
  static constexpr std::size_t provenance_bytes =
      sizeof(const void*) + sizeof(int) + sizeof(Ref<Counted>);
  /// The node with its arguments, edges and outputs.
  std::size_t block_bytes() const { return block_bytes_; }

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
    void release(std::uint32_t pass);

   private:
    Node* node_;
  };
  /// A call of a static graph, or its placeholder: recorded without values (symbolic.h).
  bool symbolic() const { return symbolic_; }
  void make_symbolic() { symbolic_ = true; }

  /// Keeps nothing; node number `place` of a second run of the segment will have the values.
  void leave_values_to(Segment& segment, std::uint32_t place);
  /// The backward pass that released this (passes.h), or 0.
  std::uint32_t released_by() const {
    const std::int32_t visits = visits_.load(std::memory_order_acquire);
    return visits < 0 && visits != releasing ? static_cast<std::uint32_t>(-(visits + 1)) : 0;
  }

  /// Throws when a value that the rules read was changed in place after it was saved.
  void check_versions() const;

  const void* code() const { return code_; }
  int instruction() const { return instruction_; }
  const Ref<Counted>& scope() const { return scope_; }
  /// "file.py:12 in f", or "" where it is not known.
  std::string where() const;
  std::string module_path() const;

  Extra& extra() {
    Extra* found = extra_.load(std::memory_order_acquire);
    return found != nullptr ? *found : make_extra();
  }
  Extra* extra_if_any() { return extra_.load(std::memory_order_acquire); }
  const Extra* extra_if_any() const { return extra_.load(std::memory_order_acquire); }
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
  Extra& make_extra();
  static Tensor value_of_leaf(const Tensor& x);
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
  static constexpr std::int32_t releasing = INT32_MIN;
  /// How many passes read what was saved; `releasing`, or -1 - the number of the pass that released
  /// it, where none may any more.
  std::atomic<std::int32_t> visits_{0};
  std::uint32_t slot_count_ = 0;
  std::uint32_t output_count_ = 0;
  std::uint32_t block_bytes_ = 0;
  int instruction_ = -1;
  const void* code_ = nullptr;
  Ref<Counted> scope_;
  Arg* args_ = nullptr;
  Edge* edges_ = nullptr;
  Tensor* outputs_ = nullptr;
  std::uint32_t* versions_ =
      nullptr;  // per slot, then per output; no_version where nothing is read
  std::atomic<Extra*> extra_{nullptr};  // owned; a pass of another thread may look at it meanwhile
  Node* next_doomed_ = nullptr;         ///< while it waits in destroy()
};

/// The number that the next node will have.
TOPOGRAD_API std::uint64_t next_node_number();

constexpr std::uint32_t no_version = 0xffffffffu;

/// The node that made x, or its leaf; null when x is not tracked.
inline Node* node_of(const Tensor& x) { return static_cast<Node*>(x.body()->node.get()); }
/// The same as an owner, brought up to date first when x is a view whose base was changed in place
/// (history.h).
TOPOGRAD_API Edge edge_of(const Tensor& x);

/// The call that is running takes away the gradient of x.
TOPOGRAD_API void note_cleared(const Tensor& x);

/// What the gradients of the tracked slots read, as bits of Saves. The output is among them unless
/// the record tells which slots read it.
unsigned read_by_gradients(const OpRecord& op, const Arg* args, int arg_count);

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
