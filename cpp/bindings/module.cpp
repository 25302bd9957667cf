#include "bindings/python.h"

PYBIND11_MODULE(_C, m) {
  using namespace topograd::python;
  m.doc() = "The core of topograd.";
  register_errors(m);
  register_types(m);
  register_tensor(m);
  register_provenance(m);
  register_random(m);
  register_ops(m);
  register_creation(m);
  register_interop(m);
  register_autograd(m);
  register_graph(m);
  register_module(m);
  register_optim(m);
  register_io(m);
  register_runtime(m);
}
