#include "graph/cuts.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "tensor/body.h"

namespace topograd {

bool Tensor::is_leaf() const { return !body_->node || node_of(*this)->is_leaf(); }

Tensor& Tensor::requires_grad_(bool wanted) {
  if (wanted == requires_grad()) return *this;
  expect(is_leaf(),
         "requires_grad_: only leaf tensors can change; this one was made by {}. Use detach()",
         is_leaf() ? "" : node_of(*this)->op_name());
  if (!wanted) {
    expect<NotSupported>(
        !hollow(), "requires_grad_: '{}' is a placeholder, which its graph always follows", name());
    if (body_->watched) node_of(*this)->unwatch(*body_);
    body_->node = nullptr;
    body_->cut = note_cut(CutKind::frozen, current_site());
    return *this;
  }
  expect(!body_->inference || mode.inference,
         "requires_grad_: a tensor of shape {} was made in inference_mode; clone it outside",
         shape());
  expect(is_differentiable(dtype()),
         "requires_grad_: only floating point and complex tensors can require gradients, got {}",
         dtype());
  body_->unseen = false;
  const Ref<Node> node = Node::make_leaf(*this);
  body_->node = Ref<Counted>(node.get());
  body_->output = 0;
  node->watch(0, *body_);
  return *this;
}

void note_cleared(const Tensor& x) {
  Node* node = node_of(x);
  if (node == nullptr || node->extra_if_any() == nullptr) return;
  Node::Uses& uses = node->extra().uses;
  const Site& site = current_site();
  uses.cleared.store(site.code, std::memory_order_relaxed);
  uses.cleared_instruction.store(site.instruction, std::memory_order_relaxed);
  uses.cleared_after.store(uses.received.load(std::memory_order_relaxed),
                           std::memory_order_relaxed);
}

void Tensor::set_name(std::string name) const {
  body_->saved = nullptr;  // the stand-in that nodes keep carries the name
  if (body_->node) static_cast<Node*>(body_->node.get())->extra().label = name;
  detail::rare(*body_).name = std::move(name);
}

}  // namespace topograd
