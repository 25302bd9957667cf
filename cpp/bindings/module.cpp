#include "base/pool.h"
#include "bindings/python.h"

namespace topograd::python {
namespace {

newfunc make_instance = nullptr;

/// The common base of pybind11's classes ends the process when it is called itself, which pickling
/// by an old protocol does.
PyObject* make_derived_instance(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  if (reinterpret_cast<PyObject*>(type) == py::detail::get_internals().instance_base) {
    PyErr_Format(PyExc_TypeError, "%s: objects of this class can not be made", type->tp_name);
    return nullptr;
  }
  return make_instance(type, args, keywords);
}

void guard_common_base() {
  auto* base = reinterpret_cast<PyTypeObject*>(py::detail::get_internals().instance_base);
  if (base->tp_new == make_derived_instance) return;
  make_instance = base->tp_new;
  base->tp_new = make_derived_instance;
}

}  // namespace
}  // namespace topograd::python

PYBIND11_MODULE(_C, m) {
  using namespace topograd::python;
  guard_common_base();
  topograd::num_threads();  // a TOPOGRAD_NUM_THREADS that is none is told at once
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
  register_why(m);
  register_module(m);
  register_segment(m);
  register_watch(m);
  register_optim(m);
  register_io(m);
  register_runtime(m);
  retell_bindings(m);
}
