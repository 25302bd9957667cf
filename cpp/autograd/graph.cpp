#include "topograd/graph.h"

#include <sstream>
#include <utility>

#include "autograd/order.h"
#include "graph/cuts.h"
#include "graph/mode.h"
#include "tensor/body.h"
#include "topograd/autograd.h"

namespace topograd {
namespace {

const Node& as_node(const Counted* node) { return *static_cast<const Node*>(node); }

/// Numbers written in the program are shown with the call, not as vertices of their own.
bool is_vertex(const Tensor& x) { return x.defined() && !x.body()->wrapped_number; }

std::string arguments_of(const Node& node) {
  std::ostringstream text;
  const auto& parameters = signature_of(*node.op()).parameters;
  bool first = true;
  for (int i = 0; i < node.arg_count(); ++i) {
    const Arg& arg = node.args()[i];
    const ArgKind kind = node.op()->forward.kinds[i];
    const bool number = kind == ArgKind::tensor && !arg.none() && !is_vertex(arg.tensor());
    if (kind == ArgKind::tensors || (kind == ArgKind::tensor && !number)) continue;
    if (arg.none() || kind == ArgKind::object) continue;
    text << (first ? "" : ", ") << parameters[static_cast<std::size_t>(i)].name << '=';
    if (number && !arg.tensor().hollow())
      text << arg.tensor().item();
    else
      text << arg;
    first = false;
  }
  return text.str();
}

}  // namespace

Graph::Graph(const Tensors& outputs) : roots_(outputs) {
  expect<ValueError>(!outputs.empty(), "graph: expects at least one tensor");
  for (const Tensor& x : outputs)
    if (!x.defined() || !x.requires_grad())
      fail("graph: nothing was recorded for a tensor of shape {}: it does not require grad{}",
           x.defined() ? x.shape() : Dims(), x.defined() ? describe_cut(x.body()->cut) : "");
  for (Node* node : nodes_in_order(outputs)) add_node(node);
  for (const Tensor& x : outputs) {
    const int at = vertex_of_node(edge_of(x).node.get());
    Vertex& vertex = vertices_[static_cast<std::size_t>(at)];
    vertex.is_output = true;
    if (!x.name().empty()) vertex.name = x.name();
    if (!x.hollow()) vertex.values[x.body()->output] = x.detach();
    outputs_.push_back(at);
  }
  current_roots_ = roots_;
  current_nodes_ = by_node_;
}

int Graph::vertex_of_node(const Counted* node) const {
  const auto found = by_node_.find(node);
  return found == by_node_.end() ? -1 : found->second;
}

int Graph::add_constant(const Tensor& x) {
  const auto [found, fresh] = constants_.emplace(x.body(), static_cast<int>(vertices_.size()));
  if (!fresh) return found->second;
  Vertex vertex;
  vertex.op = "constant";
  vertex.name = x.name();
  vertex.shape = x.shape();
  vertex.dtype = x.dtype();
  vertex.values = {x.hollow() ? Tensor() : x};
  vertex.gradients.resize(1);
  vertices_.push_back(std::move(vertex));
  return found->second;
}

void Graph::add_node(const Counted* object) {
  const Node& node = as_node(object);
  Vertex vertex;
  vertex.node = Ref<Counted>(const_cast<Counted*>(object));
  vertex.op = node.op_name();
  if (const auto* extra = node.extra_if_any()) vertex.name = extra->label;
  vertex.where = node.where();
  vertex.module = node.module_path();
  vertex.values.resize(static_cast<std::size_t>(node.output_count()));
  vertex.gradients.resize(static_cast<std::size_t>(node.output_count()));
  vertex.shape = node.output(0).shape();
  vertex.dtype = node.output(0).dtype();
  if (node.is_leaf()) {
    vertex.values[0] = node.output(0).hollow() ? Tensor() : node.output(0);
  } else {
    vertex.arguments = arguments_of(node);
    each_slot(*node.op(), node.args(), node.arg_count(), [&](int slot, const Tensor& x) {
      if (node.edges()[slot].node)
        vertex.inputs.push_back(vertex_of_node(node.edges()[slot].node.get()));
      else if (is_vertex(x))
        vertex.inputs.push_back(add_constant(x));
    });
  }
  by_node_[object] = static_cast<int>(vertices_.size());
  vertices_.push_back(std::move(vertex));
}

std::vector<int> Graph::inputs() const {
  std::vector<int> found;
  for (std::size_t i = 0; i < vertices_.size(); ++i)
    if (!vertices_[i].node || as_node(vertices_[i].node.get()).is_leaf())
      found.push_back(static_cast<int>(i));
  return found;
}

int Graph::find(const Tensor& x) const {
  if (x.requires_grad()) return vertex_of_node(edge_of(x).node.get());
  if (x.body()->saved) {
    const auto found = constants_.find(x.body()->saved.get());
    if (found != constants_.end()) return found->second;
  }
  return -1;
}

int Graph::find(const std::string& name) const {
  int found = -1;
  std::string known;
  for (std::size_t i = 0; i < vertices_.size(); ++i) {
    if (!vertices_[i].name.empty()) known += (known.empty() ? "" : ", ") + vertices_[i].name;
    if (vertices_[i].name != name) continue;
    expect<ValueError>(found < 0,
                       "graph: more than one node is named '{}'; give the tensor instead", name);
    found = static_cast<int>(i);
  }
  expect<ValueError>(found >= 0, "graph: no node is named '{}'; there are: {}", name, known);
  return found;
}

namespace {

/// A handle on output `output` of a recorded node, for asking for its gradient.
Tensor handle_of(const Counted* node, std::uint32_t output) {
  Tensor x = shallow_copy(as_node(node).output(static_cast<int>(output)));
  x.body()->node = Ref<Counted>(const_cast<Counted*>(node));
  x.body()->output = output;
  return x;
}

Tensor handle_with_value(const Counted* node, std::uint32_t output, const Tensor& value) {
  Tensor x = shallow_copy(value);
  x.body()->node = Ref<Counted>(const_cast<Counted*>(node));
  x.body()->output = output;
  return x;
}

}  // namespace

Tensor Graph::tensor(int at, int output) const {
  expect<IndexError>(at >= 0 && static_cast<std::size_t>(at) < vertices_.size(),
                     "graph: no node {}", at);
  const Vertex& vertex = vertices_[static_cast<std::size_t>(at)];
  if (!vertex.node) return vertex.values[0];
  expect<IndexError>(output >= 0 && output < as_node(vertex.node.get()).output_count(),
                     "graph: {} has no output {}", vertex.op, output);
  return handle_of(vertex.node.get(), static_cast<std::uint32_t>(output));
}

/// Runs the call of a vertex on the current values. `tracked` holds, per vertex, the value with its
/// place in the new recording.
void Graph::compute(int at, Tensors& tracked) {
  Vertex& vertex = vertices_[static_cast<std::size_t>(at)];
  const Node& node = as_node(vertex.node.get());
  std::vector<Arg> args(node.args(), node.args() + node.arg_count());
  std::size_t next = 0;
  int slot = 0;
  const auto value = [&](const Tensor& x) -> Tensor {
    const Edge& edge = node.edges()[slot++];
    if (!edge.node && !is_vertex(x)) return x;
    const int from = vertex.inputs[next++];
    const Vertex& input = vertices_[static_cast<std::size_t>(from)];
    const Tensor& known = input.values[edge.node ? edge.output : 0];
    expect(known.defined(),
           "graph: the value of input '{}' ({} of shape {}) of {} is not known any more; give it",
           input.name, input.op, input.shape, vertex.op);
    const Tensor& placed = tracked[static_cast<std::size_t>(from)];
    if (!placed.defined()) return known;
    return edge.node && edge.output != placed.body()->output
               ? handle_with_value(placed.body()->node.get(), edge.output, known)
               : placed;
  };
  for (int i = 0; i < node.arg_count(); ++i) {
    const ArgKind kind = node.op()->forward.kinds[i];
    if (kind == ArgKind::tensor) {
      args[static_cast<std::size_t>(i)] = Arg(value(node.args()[i].tensor()));
    } else if (kind == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : node.args()[i].tensors()) list.push_back(value(x));
      args[static_cast<std::size_t>(i)] = Arg(std::move(list));
    }
  }
  Results results = invoke(*node.op(), args.data(), static_cast<int>(args.size()));
  for (int k = 0; k < results.count() && k < static_cast<int>(vertex.values.size()); ++k) {
    const Tensor& result = results.at(k);
    vertex.values[static_cast<std::size_t>(k)] = result.defined() ? result.detach() : result;
    if (result.defined() && result.requires_grad() &&
        !tracked[static_cast<std::size_t>(at)].defined()) {
      tracked[static_cast<std::size_t>(at)] = result;
      current_nodes_[result.body()->node.get()] = at;
    }
  }
}

Tensors Graph::forward(const std::map<int, Tensor>& replacements) {
  for (const auto& [at, value] : replacements) {
    Vertex& vertex = vertices_[static_cast<std::size_t>(at)];
    expect<ShapeError>(value.shape() == vertex.shape, "graph: '{}' has shape {}, the new value {}",
                       vertex.name.empty() ? vertex.op : vertex.name, vertex.shape, value.shape());
    const Tensor plain = value.detach();
    vertex.values[0] = plain.dtype() == vertex.dtype ? plain : converted(plain, vertex.dtype);
  }
  const Recording recording(true);
  const Autocasting pause(0);  // what was converted, the graph converts again
  Tensors tracked(vertices_.size());
  // The nodes of this recording go with it, if it is not finished.
  auto before = std::exchange(current_nodes_, {});
  try {
    return recorded_again(replacements, tracked);
  } catch (...) {
    current_nodes_ = std::move(before);
    throw;
  }
}

Tensors Graph::recorded_again(const std::map<int, Tensor>& replacements, Tensors& tracked) {
  for (std::size_t i = 0; i < vertices_.size(); ++i) {
    Vertex& vertex = vertices_[i];
    if (!vertex.node) continue;
    if (!as_node(vertex.node.get()).is_leaf() && replacements.count(static_cast<int>(i)) == 0) {
      compute(static_cast<int>(i), tracked);
    } else if (vertex.values[0].defined()) {
      // Leaves, and inner vertices that are given, start the new recording.
      tracked[i] = vertex.values[0].detach().requires_grad_();
      current_nodes_[tracked[i].body()->node.get()] = static_cast<int>(i);
    }
  }
  Tensors results, roots;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    const auto at = static_cast<std::size_t>(outputs_[i]);
    expect<ValueError>(tracked[at].defined(),
                       "graph: '{}' of shape {} is a placeholder without a value; give it one with "
                       "graph.run",
                       vertices_[at].name, vertices_[at].shape);
    const std::uint32_t output = roots_[i].body()->output;
    results.push_back(vertices_[at].values[output]);
    roots.push_back(
        tracked[at].body()->output == output
            ? tracked[at]
            : handle_with_value(tracked[at].body()->node.get(), output, results.back()));
  }
  current_roots_ = std::move(roots);
  return results;
}

void Graph::backward(const Tensors& seeds) {
  struct Keeper final : BackwardObserver {
    Graph& graph;
    int order = 0;
    explicit Keeper(Graph& g) : graph(g) {}
    Vertex* vertex_of(const Counted* node) {
      const auto found = graph.current_nodes_.find(node);
      return found == graph.current_nodes_.end()
                 ? nullptr
                 : &graph.vertices_[static_cast<std::size_t>(found->second)];
    }
    void contribution(const Counted* consumer, int, const Counted* producer, int,
                      const Tensor& gradient) override {
      if (Vertex* vertex = vertex_of(producer))
        vertex->contributions.push_back({graph.current_nodes_.at(consumer), gradient});
    }
    void total(const Counted* node, const Tensors& gradients) override {
      Vertex* vertex = vertex_of(node);
      if (vertex == nullptr) return;
      vertex->gradients = gradients;
      vertex->backward_index = order++;
    }
  } keeper(*this);
  for (Vertex& vertex : vertices_) {
    vertex.contributions.clear();
    vertex.backward_index = -1;
    for (Tensor& gradient : vertex.gradients) gradient = Tensor();
  }
  // Asking for the leaves' gradients keeps .grad as it is.
  Tensors leaves;
  for (const auto& [node, at] : current_nodes_)
    if (as_node(node).is_leaf()) leaves.push_back(handle_of(node, 0));
  gradients(current_roots_, seeds, leaves,
            {.retain_graph = true, .create_graph = false, .observer = &keeper});
}

}  // namespace topograd
