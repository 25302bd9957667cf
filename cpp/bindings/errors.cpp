#include <chrono>
#include <new>
#include <thread>

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

namespace {

std::atomic<bool> going_down{false};
std::atomic<int> coming_back{0};
std::thread::id main_thread;

/// Runs before the interpreter goes down: lets those in who are at the door, and nobody after them.
void close_the_door() {
  going_down = true;
  for (int i = 0; i < 200 && coming_back.load() > 0; ++i) {
    PyThreadState* state = PyEval_SaveThread();
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    PyEval_RestoreThread(state);
  }
}

}  // namespace

Unlocked::Unlocked() : state_(PyEval_SaveThread()) {}
Unlocked::~Unlocked() {
  ++coming_back;
  if (going_down.load() && std::this_thread::get_id() != main_thread) {
    --coming_back;
    while (true) std::this_thread::sleep_for(std::chrono::hours(1));
  }
  PyEval_RestoreThread(state_);
  --coming_back;
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
  main_thread = std::this_thread::get_id();
  py::module_::import("atexit").attr("register")(py::cpp_function(close_the_door));
  // Both: programs written for PyTorch catch RuntimeError, by meaning it is a ValueError.
  const py::tuple bases =
      py::make_tuple(py::handle(PyExc_ValueError), py::handle(PyExc_RuntimeError));
  shape_error = PyErr_NewExceptionWithDoc(
      "topograd.ShapeError", "Sizes or shapes that do not fit together.", bases.ptr(), nullptr);
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
