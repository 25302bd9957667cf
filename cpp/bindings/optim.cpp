// The optimizers' steps.

#include "topograd/optim.h"

#include "bindings/python.h"

namespace pybind11::detail {
template <>
struct type_caster<topograd::OptimizerState> : constructed_caster<topograd::OptimizerState> {};
}  // namespace pybind11::detail

namespace topograd::python {

void register_optim(py::module_& m) {
  py::class_<OptimizerState>(
      m, "OptimizerState",
      "The state of an optimizer over a list of parameters; a step is one call.")
      .def(py::init<Tensors>(), py::arg("parameters"))
      .def(
          "sgd",
          [](OptimizerState& self, double lr, double momentum, double dampening,
             double weight_decay, bool nesterov, bool maximize) {
            self.step(
                OptimizerState::Sgd{lr, momentum, dampening, weight_decay, nesterov, maximize});
          },
          py::arg("lr"), py::arg("momentum"), py::arg("dampening"), py::arg("weight_decay"),
          py::arg("nesterov"), py::arg("maximize"))
      .def(
          "adam",
          [](OptimizerState& self, double lr, double beta1, double beta2, double eps,
             double weight_decay, bool amsgrad, bool maximize, bool decoupled) {
            self.step(OptimizerState::Adam{lr, beta1, beta2, eps, weight_decay, amsgrad, maximize,
                                           decoupled});
          },
          py::arg("lr"), py::arg("beta1"), py::arg("beta2"), py::arg("eps"),
          py::arg("weight_decay"), py::arg("amsgrad"), py::arg("maximize"), py::arg("decoupled"))
      .def("zero_grad", &OptimizerState::zero_grad, py::arg("set_to_none") = true)
      .def("get",
           [](const OptimizerState& self, std::size_t i) {
             expect<IndexError>(i < self.parameters().size(), "optimizer: no parameter {}", i);
             return self.get(i);
           })
      .def("set", &OptimizerState::set)
      .def("clear", &OptimizerState::clear);
  m.def("total_norm", &total_norm, py::arg("tensors"), py::arg("norm_type"));
  m.def(
      "scale_",
      [](const Tensors& tensors, const py::object& factor) {
        Scalar number = 0;
        if (is_tensor(factor.ptr()))
          scale_in_place(tensors, as_tensor(factor.ptr()));
        else if (to_scalar(factor.ptr(), number))
          scale_in_place(tensors, Tensor(number));
        else
          fail<TypeError>("scale_: factor must be a number or a tensor");
      },
      py::arg("tensors"), py::arg("factor"));
}

}  // namespace topograd::python
