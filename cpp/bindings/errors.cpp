#include <chrono>
#include <new>
#include <thread>

#include "bindings/python.h"

namespace topograd::python {

PyObject* shape_error = nullptr;
PyObject* dtype_error = nullptr;
PyObject* device_error = nullptr;
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
  } catch (const DTypeError& e) {
    PyErr_SetString(dtype_error, e.what());
  } catch (const DeviceError& e) {
    PyErr_SetString(device_error, e.what());
  } catch (const NotSupported& e) {
    PyErr_SetString(PyExc_NotImplementedError, e.what());
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

namespace {

PyObject* make_error(py::module_& m, const std::string& name, const char* doc, PyObject* meaning,
                     PyObject* in_pytorch) {
  const py::tuple bases = py::make_tuple(py::handle(meaning), py::handle(in_pytorch));
  PyObject* type =
      PyErr_NewExceptionWithDoc(("topograd." + name).c_str(), doc, bases.ptr(), nullptr);
  if (type == nullptr) throw_python();
  m.attr(name.c_str()) = py::handle(type);
  return type;
}

}  // namespace

void register_errors(py::module_& m) {
  main_thread = std::this_thread::get_id();
  py::module_::import("atexit").attr("register")(py::cpp_function(close_the_door));
  // Both: programs written for PyTorch catch RuntimeError, of which NotImplementedError is one; by
  // meaning they are a ValueError and a TypeError.
  shape_error = make_error(m, "ShapeError", "Sizes or shapes that do not fit together.",
                           PyExc_ValueError, PyExc_RuntimeError);
  dtype_error = make_error(m, "DTypeError",
                           "A dtype that an op is not defined for, or dtypes that do not go "
                           "together.",
                           PyExc_TypeError, PyExc_NotImplementedError);
  // PyTorch fails an assertion where it was built without CUDA, and raises RuntimeError where there
  // is no card.
  device_error = make_error(m, "DeviceError", "A device that is not there.", PyExc_RuntimeError,
                            PyExc_AssertionError);
  py::register_exception_translator([](std::exception_ptr p) {
    try {
      if (p) std::rethrow_exception(p);
    } catch (const Error&) {
      set_exception();
    }
  });
}

}  // namespace topograd::python
