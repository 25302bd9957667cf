#include "autograd/order.h"

#include <algorithm>

#include "autograd/node_table.h"
#include "topograd/autograd.h"

namespace topograd {

std::vector<Node*> nodes_in_order(const Tensors& roots) {
  NodeTable<char> seen;
  std::vector<Node*> stack;
  const auto visit = [&](Node* node) {
    bool fresh;
    seen.at(node, &fresh);
    if (fresh) stack.push_back(node);
  };
  for (const Tensor& root : roots)
    if (root.defined() && node_of(root) != nullptr) visit(edge_of(root).node.get());
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    for (int slot = 0; slot < node->slot_count(); ++slot)
      if (Node* input = node->edges()[slot].node.get()) visit(input);
  }
  std::vector<Node*> order;
  order.reserve(seen.entries().size());
  for (const auto& entry : seen.entries()) order.push_back(entry.node);
  std::sort(order.begin(), order.end(),
            [](Node* a, Node* b) { return a->sequence() < b->sequence(); });
  return order;
}

bool depends_on_others(const Tensors& outputs, const Tensors& inputs) {
  NodeTable<char> seen;
  bool fresh;
  for (const Tensor& input : inputs)
    if (node_of(input) != nullptr) seen.at(edge_of(input).node.get());
  std::vector<Node*> stack;
  for (const Tensor& output : outputs) {
    if (node_of(output) == nullptr) continue;
    Node* node = edge_of(output).node.get();
    seen.at(node, &fresh);
    if (fresh) stack.push_back(node);
  }
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    if (node->is_leaf()) return true;
    for (int slot = 0; slot < node->slot_count(); ++slot) {
      Node* input = node->edges()[slot].node.get();
      if (input == nullptr) continue;
      seen.at(input, &fresh);
      if (fresh) stack.push_back(input);
    }
  }
  return false;
}

}  // namespace topograd
