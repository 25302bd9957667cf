#pragma once

#include "graph/node.h"

namespace topograd {

/// What the rules of a node read: its arguments and outputs, attached to the graph again when the
/// rules are recorded.
class RuleInput {
 public:
  RuleInput(const Node& node, const bool* wanted);
  const Call& call() const { return call_; }

 private:
  std::vector<Arg> args_;
  Tensors outputs_;
  Call call_;
};

/// One gradient, checked against the input it belongs to, and summed to its shape where the op
/// broadcast.
Tensor checked(const Node& node, int slot, Tensor gradient);
/// Gradients of the inputs of a node, one per slot, from those of its outputs. Checked: shape,
/// dtype, count.
Tensors apply_vjp(const Node& node, const Tensors& gradients, const bool* wanted);
/// Tangents of the outputs from those of the inputs.
Tensors apply_jvp(const Node& node, const Tensors& tangents);

}  // namespace topograd
