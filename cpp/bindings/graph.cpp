// tg.graph: the recorded computation as Python sees it.

#include "topograd/graph.h"

#include "autograd/program.h"
#include "bindings/python.h"
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
