// What tg.why and the warning of a leak read from the graph.

#include <map>

#include "autograd/leaks.h"
#include "autograd/node_table.h"
#include "bindings/autograd.h"
#include "bindings/python.h"
#include "graph/cuts.h"
#include "graph/passes.h"
#include "graph/refusals.h"
#include "tensor/body.h"

namespace topograd::python {
namespace {

const char* name_of_kind(CutKind kind) {
  switch (kind) {
    case CutKind::detach: return "detach";
    case CutKind::data: return "data";
    case CutKind::copied: return "copied";
    case CutKind::no_grad: return "no_grad";
    case CutKind::no_derivative: return "no_derivative";
    case CutKind::integers: return "integers";
    case CutKind::frozen: return "frozen";
    case CutKind::taken_out: return "taken_out";
  }
  return "";
}

py::object place(const void* code, int instruction) {
  const Site site{code, instruction, {}};
  return py::make_tuple(describe(site), source_of(site));
}

py::object cut_by_number(std::uint32_t number) {
  Cut cut;
  if (!find_cut(number, cut)) return py::none();
  py::dict d;
  d["number"] = number;
  d["kind"] = name_of_kind(cut.kind);
  d["by"] = maker_of(cut);
  d["place"] = place(cut.code, cut.instruction);
  d["sequence"] = cut.sequence;
  return d;
}

py::object pass_by_number(std::uint32_t number) {
  Pass pass;
  if (!find_pass(number, pass)) return py::none();
  py::dict d;
  d["number"] = number;
  d["place"] = place(pass.code, pass.instruction);
  d["before"] = pass.before;
  d["chosen"] = pass.chosen;
  const Ref<Node> root = pass.root ? node_if_alive(*pass.root) : Ref<Node>();
  d["root"] = root ? py::reinterpret_steal<py::object>(wrap_node(root)) : py::object(py::none());
  return d;
}

/// What became of a tensor that gradients flow to: the last recorded call that took it, the last
/// pass that added to its gradient, where that was taken away or changed in place.
py::dict uses_of(const Tensor& x) {
  py::dict d;
  const Edge edge = edge_of(x);
  if (edge.node && edge.node->extra_if_any() != nullptr) {
    const Node::Uses& uses = edge.node->extra_if_any()->uses;
    d["sequence"] = uses.sequence.load();
    d["used"] = place(uses.code.load(), uses.instruction.load());
    const std::uint32_t received = uses.received.load();
    d["received"] = received;
    d["received_from"] = pass_by_number(received);
    d["was_cleared"] = received != 0 && uses.cleared_after.load() == received;
    d["cleared"] = place(uses.cleared.load(), uses.cleared_instruction.load());
  }
  const Tensor grad = x.grad();
  if (grad.defined()) {
    const Change& change = grad.body()->storage->last_change();
    d["changed"] = py::make_tuple(change.by == nullptr ? "" : change.by,
                                  place(change.code, change.instruction));
  }
  return d;
}

/// The nodes below `roots` by their distance from them.
class Levels {
 public:
  explicit Levels(const std::vector<Ref<Node>>& roots) {
    for (const Ref<Node>& root : roots) visit(root.get(), 0);
    for (std::size_t i = 0; i < order_.size(); ++i) {
      const int next = *distance_.find(order_[i]) + 1;
      for (int slot = 0; slot < order_[i]->slot_count(); ++slot)
        if (Node* input = order_[i]->edges()[slot].node.get()) visit(input, next);
    }
  }
  const std::vector<Node*>& order() const { return order_; }
  int distance(const Node* node) {
    const int* found = distance_.find(node);
    return found == nullptr ? -1 : *found;
  }

 private:
  void visit(Node* node, int distance) {
    bool fresh = false;
    int& place = distance_.at(node, &fresh);
    if (!fresh) return;
    place = distance;
    order_.push_back(node);
  }
  NodeTable<int> distance_;
  std::vector<Node*> order_;
};

std::vector<Ref<Node>> nodes_of(const Tensors& tensors) {
  std::vector<Ref<Node>> nodes;
  for (const Tensor& x : tensors)
    if (Edge edge = edge_of(x); edge.node) nodes.push_back(std::move(edge.node));
  return nodes;
}

/// (distance of x from the roots or -1, the cuts among what their graph was computed from: each
/// with its distance, the nearest first, and the call that took the value).
py::tuple look_below(const std::vector<Ref<Node>>& roots, const Tensor& x) {
  Levels levels(roots);
  py::list cuts;
  std::map<std::uint32_t, bool> told;
  const auto tell = [&](const Tensor& value, Node* node) {
    if (!value.defined() || value.body()->cut == 0 || told[value.body()->cut]) return;
    told[value.body()->cut] = true;
    py::object cut = cut_by_number(value.body()->cut);
    if (cut.is_none()) return;
    cut["distance"] = levels.distance(node);
    cut["taken_by"] = describe(*node);
    cuts.append(cut);
  };
  for (Node* node : levels.order()) {
    if (node->is_leaf()) {
      tell(node->output(0), node);
      continue;
    }
    const Node::Visit reading(*node);
    each_slot(*node->op(), node->args(), node->arg_count(), [&](int slot, const Tensor& value) {
      if (!node->edges()[slot].node) tell(value, node);
    });
  }
  const Edge edge = edge_of(x);
  return py::make_tuple(edge.node ? levels.distance(edge.node.get()) : -1, cuts);
}

/// Who keeps the graph of a loss: (numbers of the tensors that were made by its node, a call that
/// took its result and is kept by one of the others, or "", and its file and line).
py::tuple holders(const Ref<Node>& loss, const Tensors& tensors) {
  py::list own;
  std::vector<Ref<Node>> others;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Node* node = node_of(tensors[i]);
    if (node == loss.get())
      own.append(i);
    else if (node != nullptr && node->sequence() > loss->sequence())
      others.emplace_back(node);
  }
  Levels levels(others);
  for (Node* node : levels.order())
    for (int slot = 0; slot < node->slot_count(); ++slot)
      if (node->edges()[slot].node == loss)
        return py::make_tuple(own, node->op_name(), place(node->code(), node->instruction()));
  return py::make_tuple(own, "", py::make_tuple("", ""));
}

}  // namespace

void warn_of_leak(const Site& site, const std::vector<Ref<Node>>& losses) {
  py::list handles;
  for (const Ref<Node>& loss : losses)
    handles.append(py::reinterpret_steal<py::object>(wrap_node(loss)));
  py::module_::import("topograd._leaks")
      .attr("warn")(describe(site), handles, bytes_of_graph(losses));
}

void register_why(py::module_& m) {
  m.def("describe_change", describe_change);
  m.def("cut_of", [](const Tensor& x) { return cut_by_number(x.body()->cut); });
  m.def("cut_by_number", cut_by_number);
  m.def("newest_cut", newest_cut);
  m.def("pass_by_number", pass_by_number);
  m.def("newest_pass", [] { return pass_by_number(newest_pass()); });
  m.def("uses_of", uses_of);
  m.def("look_below", [](const py::object& roots, const Tensor& x) {
    return look_below(py::isinstance<py::list>(roots)
                          ? nodes_of(roots.cast<Tensors>())
                          : std::vector<Ref<Node>>{node_of_handle(roots)},
                      x);
  });
  m.def("holders", [](const py::object& loss, const Tensors& tensors) {
    return holders(node_of_handle(loss), tensors);
  });
  m.def(
      "set_provenance",
      [](bool wanted) {
        static const auto capture = site_reader.capture;
        site_reader.capture = wanted ? capture : nullptr;
      },
      "Off: new nodes do not note where they were recorded. For measuring what that costs.");
  m.attr("MOST_CUTS") = most_cuts;
  m.attr("NODE_BYTES") = py::make_tuple(sizeof(Node), Node::provenance_bytes);
}

}  // namespace topograd::python
