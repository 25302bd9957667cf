// tg.graph: the recorded computation as Python sees it.

#include "topograd/graph.h"

#include "bindings/python.h"
#include "graph/provenance.h"

namespace pybind11::detail {
template <>
struct type_caster<topograd::Graph> : constructed_caster<topograd::Graph> {};
}  // namespace pybind11::detail

namespace topograd::python {

void register_graph(py::module_& m) {
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
      .def("forward",
           [](Graph& self, const std::map<int, Tensor>& replacements) {
             return self.forward(replacements);
           })
      .def("backward", [](Graph& self, const std::vector<std::optional<Tensor>>& given) {
        Tensors seeds;
        for (const auto& seed : given) seeds.push_back(seed.value_or(Tensor()));
        self.backward(seeds);
      });
}

}  // namespace topograd::python
