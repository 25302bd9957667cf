// tg.graph: the recorded computation as Python sees it.

#include "topograd/graph.h"

#include "autograd/program.h"
#include "bindings/python.h"
#include "bindings/scope.h"
#include "graph/node.h"
#include "graph/provenance.h"
#include "graph/symbolic.h"
#include "tensor/body.h"

namespace pybind11::detail {
template <>
struct type_caster<topograd::Graph> : constructed_caster<topograd::Graph> {};
}  // namespace pybind11::detail

namespace topograd::python {
namespace {

/// The arguments of the call of vertex i by name. A tensor is (vertex, output number); a number
/// written in the program is that number.
py::dict call_of(const Graph& graph, std::size_t i) {
  py::dict result;
  const auto& vertex = graph.vertices().at(i);
  if (!vertex.node || static_cast<const Node&>(*vertex.node).is_leaf()) return result;
  Node& node = const_cast<Node&>(static_cast<const Node&>(*vertex.node));
  const Node::Visit visit(node);
  std::size_t next = 0;
  int slot = 0;
  const auto told = [&](const Tensor& x) -> py::object {
    const Edge& edge = node.edges()[slot++];
    if (edge.node) return py::make_tuple(vertex.inputs[next++], edge.output);
    if (!x.defined()) return py::none();
    if (x.body()->wrapped_number)
      return x.hollow() ? py::object(py::none())
                        : py::reinterpret_steal<py::object>(to_python(x.item()));
    return py::make_tuple(vertex.inputs[next++], 0);
  };
  const auto& parameters = signature_of(*node.op()).parameters;
  for (int k = 0; k < node.arg_count(); ++k) {
    const Arg& arg = node.args()[k];
    const py::str name(parameters[static_cast<std::size_t>(k)].name);
    if (node.op()->forward.kinds[k] == ArgKind::tensor) {
      result[name] = told(arg.tensor());
    } else if (node.op()->forward.kinds[k] == ArgKind::tensors) {
      py::list list;
      for (const Tensor& x : arg.tensors()) list.append(told(x));
      result[name] = list;
    } else {
      result[name] = from_arg(arg);
    }
  }
  return result;
}

/// The values that vertex i keeps for the backward pass: (what, shape, dtype, number of the
/// storage, its bytes, vertex that it is the value of or -1).
py::list saved_by(const Graph& graph, std::size_t i) {
  py::list list;
  const auto& vertex = graph.vertices().at(i);
  if (!vertex.node || static_cast<const Node&>(*vertex.node).is_leaf()) return list;
  Node& node = const_cast<Node&>(static_cast<const Node&>(*vertex.node));
  // A visit would compute again what a checkpoint has let go of.
  if (const auto* extra = node.extra_if_any(); extra != nullptr && extra->segment) return list;
  const Node::Visit visit(node);
  if (!visit.entered()) return list;
  const auto add = [&](const std::string& what, const Tensor& x, int source) {
    if (!x.defined() || x.hollow() || x.body()->wrapped_number) return;
    list.append(py::make_tuple(what, x.shape(), x.dtype(),
                               reinterpret_cast<std::uintptr_t>(x.body()->storage.get()),
                               x.body()->storage->bytes(), source));
  };
  std::size_t next = 0;
  int slot = 0;
  const auto& parameters = signature_of(*node.op()).parameters;
  const auto argument = [&](const std::string& name, const Tensor& x) {
    const bool shown = node.edges()[slot++].node || (x.defined() && !x.body()->wrapped_number);
    add(name, x, shown ? vertex.inputs[next++] : -1);
  };
  for (int k = 0; k < node.arg_count(); ++k) {
    const Arg& arg = node.args()[k];
    const std::string& name = parameters[static_cast<std::size_t>(k)].name;
    if (node.op()->forward.kinds[k] == ArgKind::tensor)
      argument(name, arg.tensor());
    else if (node.op()->forward.kinds[k] == ArgKind::tensors)
      for (const Tensor& x : arg.tensors()) argument(name, x);
  }
  for (int k = 0; k < node.output_count(); ++k)
    add("result" + (k == 0 ? std::string() : " " + std::to_string(k)), node.output(k),
        static_cast<int>(i));
  return list;
}

/// Shape and dtype of every output of vertex i.
py::list outputs_of(const Graph& graph, std::size_t i) {
  py::list list;
  const auto& vertex = graph.vertices().at(i);
  if (!vertex.node) {
    list.append(py::make_tuple(vertex.shape, vertex.dtype));
    return list;
  }
  const auto& node = static_cast<const Node&>(*vertex.node);
  for (int k = 0; k < node.output_count(); ++k) {
    Tensor owner;
    const Tensor& x = node.output(k, owner);
    list.append(x.defined() ? py::object(py::make_tuple(x.shape(), x.dtype()))
                            : py::object(py::none()));
  }
  return list;
}

/// The code object and the offset in it where vertex i was called; None where that is not known.
py::object site_of(const Graph& graph, std::size_t i) {
  const auto& vertex = graph.vertices().at(i);
  if (!vertex.node) return py::none();
  const auto& node = static_cast<const Node&>(*vertex.node);
  if (node.code() == nullptr) return py::none();
  return py::make_tuple(
      py::reinterpret_borrow<py::object>(static_cast<PyObject*>(const_cast<void*>(node.code()))),
      node.instruction());
}

}  // namespace

void register_graph(py::module_& m) {
  m.def("placeholder", [](const std::string& name, const Dims& shape, DType dtype) {
    const AwaitedSite here;
    return make_placeholder(name, shape, dtype);
  });
  m.def("is_symbolic", [](const Tensor& x) { return is_symbolic(x); });
  m.attr("open_sizes") = py::make_tuple(open_sizes[0], open_sizes[1], open_sizes[2], open_sizes[3]);
  py::class_<Graph>(m, "Graph", "The recorded computation behind some tensors.")
      .def(py::init<Tensors>(), py::arg("outputs"))
      .def("__len__", [](const Graph& self) { return self.vertices().size(); })
      .def("inputs", &Graph::inputs)
      .def("outputs", [](const Graph& self) { return self.outputs(); })
      .def("find", py::overload_cast<const Tensor&>(&Graph::find, py::const_))
      .def("find", py::overload_cast<const std::string&>(&Graph::find, py::const_))
      .def("vertex",
           [](const Graph& self, std::size_t i) {
             expect<IndexError>(i < self.vertices().size(), "graph: no node {}", i);
             const auto& v = self.vertices()[i];
             py::dict d;
             d["op"] = v.op;
             d["name"] = v.name;
             d["arguments"] = v.arguments;
             d["where"] = v.where;
             d["module"] = v.module;
             d["inputs"] = v.inputs;
             d["values"] = v.values;
             d["gradients"] = v.gradients;
             py::list contributions;
             for (const auto& c : v.contributions)
               contributions.append(py::make_tuple(c.consumer, c.gradient));
             d["contributions"] = contributions;
             d["backward_index"] = v.backward_index;
             d["is_output"] = v.is_output;
             d["shape"] = v.shape;
             d["dtype"] = v.dtype;
             return d;
           })
      .def("place", [](const Graph& self,
                       const Tensor& x) { return py::make_tuple(self.find(x), x.body()->output); })
      .def("call", call_of)
      .def("saved", saved_by)
      .def("modules",
           [](const Graph& self, std::size_t i) {
             const auto& vertex = self.vertices().at(i);
             return vertex.node
                        ? modules_of_scope(static_cast<const Node&>(*vertex.node).scope().get())
                        : py::list();
           })
      .def("site", site_of)
      .def("results", outputs_of)
      .def("forward",
           [](Graph& self, const std::map<int, Tensor>& replacements) {
             return self.forward(replacements);
           })
      .def("run", [](Graph& self, const std::map<int, Tensor>& given) { return self.run(given); })
      .def("input", &Graph::input)
      .def("tensors", [](const Graph& self) { return self.tensors(); })
      .def("tensor", &Graph::tensor, py::arg("at"), py::arg("output") = 0)
      .def("save", &Graph::save)
      .def_static("load", &Graph::load)
      .def("backward", [](Graph& self, const std::vector<std::optional<Tensor>>& given) {
        Tensors seeds;
        for (const auto& seed : given) seeds.push_back(seed.value_or(Tensor()));
        self.backward(seeds);
      });
}

}  // namespace topograd::python
