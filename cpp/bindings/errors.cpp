#include <new>

#include "bindings/python.h"

namespace topograd::python {

PyObject* shape_error = nullptr;
std::atomic<std::int64_t> Kept::alive{0};

Kept::~Kept() {
  if (reaches_) --alive;
  // After the interpreter's end nothing can be released, and nothing needs to be.
  if (Py_IsInitialized() == 0) return;
  const auto state = PyGILState_Ensure();
  Py_DECREF(object);
  PyGILState_Release(state);
}

void set_exception() noexcept {
  try {
    throw;
  } catch (py::error_already_set& e) {
    e.restore();
  } catch (const ShapeError& e) {
    PyErr_SetString(shape_error, e.what());
  } catch (const ValueError& e) {
    PyErr_SetString(PyExc_ValueError, e.what());
  } catch (const TypeError& e) {
    PyErr_SetString(PyExc_TypeError, e.what());
  } catch (const IndexError& e) {
    PyErr_SetString(PyExc_IndexError, e.what());
  } catch (const OutOfMemory& e) {
    PyErr_SetString(PyExc_MemoryError, e.what());
  } catch (const std::bad_alloc& e) {
    PyErr_SetString(PyExc_MemoryError, e.what());
  } catch (const std::exception& e) {
    PyErr_SetString(PyExc_RuntimeError, e.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "topograd: unknown error");
  }
}

void register_errors(py::module_& m) {
  // Both: programs written for PyTorch catch RuntimeError, by meaning it is a ValueError.
  const py::tuple bases = py::make_tuple(py::handle(PyExc_ValueError), py::handle(PyExc_RuntimeError));
  shape_error = PyErr_NewExceptionWithDoc("topograd.ShapeError", "Sizes or shapes that do not fit together.",
                                          bases.ptr(), nullptr);
  if (shape_error == nullptr) throw_python();
  m.attr("ShapeError") = py::handle(shape_error);
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const Error&) {
      set_exception();
    }
  });
}

}  // namespace topograd::python
