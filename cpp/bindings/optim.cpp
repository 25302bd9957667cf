// The optimizers' steps.

#include "topograd/optim.h"

#include "bindings/python.h"
#include "graph/provenance.h"
#include "graph/watch.h"

namespace topograd::python {
namespace {

/// An optimizer, and where its settings stand in a parameter group of Python.
class BoundOptimizer {
 public:
  BoundOptimizer(Tensors parameters, const std::string& rule)
      : state(std::move(parameters), rule), block_("optimizer.step " + rule) {
    for (const OptimizerState::Setting& setting : state.settings()) {
      const std::string_view name = setting.name;
      const auto bracket = name.find('[');
      const std::string key(name.substr(0, bracket));
      places_.push_back({name,
                         py::reinterpret_steal<py::str>(PyUnicode_InternFromString(key.c_str())),
                         bracket == std::string_view::npos ? -1 : name[bracket + 1] - '0'});
    }
    values_.resize(places_.size());
  }

  void step(const py::dict& group) {
    std::vector<double> values = std::move(values_);  // a setting may be an object that calls step
    values.resize(places_.size());
    for (std::size_t s = 0; s < places_.size(); ++s) values[s] = number(places_[s], group.ptr());
    const AwaitedSite here;
    const WatchedBlock block(block_.c_str());
    state.step_with(values);
    values_ = std::move(values);
  }

  OptimizerState state;

 private:
  struct Place {
    std::string_view name;
    py::str key;
    Py_ssize_t part;  ///< -1: the whole value
  };

  static double number(const Place& place, PyObject* group) {
    PyObject* found = PyDict_GetItemWithError(group, place.key.ptr());
    if (found == nullptr) {
      if (PyErr_Occurred() != nullptr) throw_python();
      throw py::key_error(
          format("optimizer: the parameter group has no '{}'", std::string(place.key)));
    }
    auto value = py::reinterpret_borrow<py::object>(found);
    if (place.part >= 0) {
      value = py::reinterpret_steal<py::object>(PySequence_GetItem(found, place.part));
      if (!value) refuse(place, found);
    }
    const double result = PyFloat_AsDouble(value.ptr());
    if (result == -1.0 && PyErr_Occurred() != nullptr) refuse(place, value.ptr());
    return result;
  }
  [[noreturn]] static void refuse(const Place& place, PyObject* value) {
    PyErr_Clear();
    fail<TypeError>("optimizer: setting '{}' must be a number, got {}", place.name,
                    Py_TYPE(value)->tp_name);
  }

  std::string block_;  ///< what a profile calls a step
  std::vector<Place> places_;
  std::vector<double> values_;
};

py::dict settings_of(const BoundOptimizer& self) {
  py::dict settings;
  for (const OptimizerState::Setting& one : self.state.settings())
    settings[py::str(one.name.data(), one.name.size())] = one.value;
  return settings;
}

py::dict needs_of(const BoundOptimizer& self) {
  py::dict needs;
  for (const OptimizerState::Entry& one : self.state.entries())
    needs[py::str(one.name.data(), one.name.size())] = py::str(one.needs.data(), one.needs.size());
  return needs;
}

OptimizerState::Values entries_of(const BoundOptimizer& self, std::size_t i) {
  expect<IndexError>(i < self.state.parameters().size(), "optimizer: no parameter {}", i);
  return self.state.get(i);
}

void scale(const Tensors& tensors, const py::object& factor) {
  const AwaitedSite here;
  Scalar number = 0;
  if (is_tensor(factor.ptr()))
    scale_in_place(tensors, as_tensor(factor.ptr()));
  else if (to_scalar(factor.ptr(), number))
    scale_in_place(tensors, Tensor(number));
  else
    fail<TypeError>("scale_: factor must be a number or a tensor");
}

}  // namespace
}  // namespace topograd::python

namespace pybind11::detail {
template <>
struct type_caster<topograd::python::BoundOptimizer>
    : constructed_caster<topograd::python::BoundOptimizer> {};
}  // namespace pybind11::detail

namespace topograd::python {

void register_optim(py::module_& m) {
  py::class_<BoundOptimizer>(
      m, "OptimizerState",
      "The state of an optimizer over a list of parameters; a step is one call.")
      .def(py::init<Tensors, const std::string&>(), py::arg("parameters"), py::arg("rule"))
      .def("step", &BoundOptimizer::step, py::arg("settings"))
      .def("settings", &settings_of)
      .def("entries", &needs_of)
      .def(
          "zero_grad",
          [](BoundOptimizer& self, bool set_to_none) {
            const AwaitedSite here;
            self.state.zero_grad(set_to_none);
          },
          py::arg("set_to_none") = true)
      .def("get", &entries_of)
      .def("set", [](BoundOptimizer& self, std::size_t i,
                     OptimizerState::Values values) { self.state.set(i, std::move(values)); })
      .def("shape_of", [](const BoundOptimizer& self, std::size_t i,
                          const std::string& name) { return self.state.shape_of(i, name); })
      .def("clear", [](BoundOptimizer& self) { self.state.clear(); });
  m.def("update_rules", &update_rules);
  m.def("total_norm", &total_norm, py::arg("tensors"), py::arg("norm_type"));
  m.def("scale_", &scale, py::arg("tensors"), py::arg("factor"));
  m.def(
      "clip_",
      [](const Tensors& tensors, double limit) {
        const AwaitedSite here;
        clip_in_place(tensors, limit);
      },
      py::arg("tensors"), py::arg("limit"));
  m.def(
      "lerp_",
      [](const Tensors& averages, const Tensors& values, double weight) {
        const AwaitedSite here;
        lerp_in_place(averages, values, weight);
      },
      py::arg("averages"), py::arg("values"), py::arg("weight"));
  m.def("lbfgs_direction", &lbfgs_direction, py::arg("gradient"), py::arg("steps"),
        py::arg("changes"), py::arg("inverse_curvatures"), py::arg("scale"));
}

}  // namespace topograd::python
