#pragma once

// What the files of this folder share. This is the only floor that knows Python.

#include <pybind11/pybind11.h>
#include <structmember.h>

#include <atomic>
#include <optional>
#include <string>
#include <vector>

#include <pybind11/stl.h>

#include "base/generator.h"
#include "topograd/op.h"

namespace topograd::python {

namespace py = pybind11;

/// The Python object of a tensor. It owns the body; the body knows it by a borrowed pointer, so
/// that `x.grad is x.grad`.
struct PyTensor {
  PyObject_HEAD detail::TensorBody* body;
  PyObject* dict;
  PyObject* weak;
};

extern PyTypeObject* tensor_type;

inline bool is_tensor(PyObject* object) {
  return Py_TYPE(object) == tensor_type || PyType_IsSubtype(Py_TYPE(object), tensor_type) != 0;
}
inline Tensor as_tensor(PyObject* object) {
  return Tensor(Ref<detail::TensorBody>(reinterpret_cast<PyTensor*>(object)->body));
}
inline Arg borrow_tensor(PyObject* object) {
  Arg arg;
  auto* body = reinterpret_cast<PyTensor*>(object)->body;
  Tensor borrowed{Ref<detail::TensorBody>::adopt(body)};
  arg = Arg::borrow(borrowed);
  borrowed.leave().leave();
  return arg;
}
/// A new reference; None for an undefined tensor.
PyObject* wrap(Tensor x);
/// A new object of a subclass on the value of x.
PyObject* wrap_as(PyTypeObject* type, Tensor x);
/// One tensor, a list, or a named tuple.
PyObject* wrap_results(const OpRecord& op, Results results);

/// Sets the Python exception that stands for the C++ one being handled.
void set_exception() noexcept;
extern PyObject* shape_error;
extern PyObject* dtype_error;
extern PyObject* argument_error;
extern PyObject* device_error;

/// Runs f and turns exceptions into Python's; returns `failed` then.
template <class R, class F>
R guarded(R failed, F&& f) noexcept {
  try {
    return f();
  } catch (...) {
    set_exception();
    return failed;
  }
}

/// Gives up the interpreter's lock for a while. A thread that wants it back while the interpreter
/// is going down waits for ever: Python would end it by unwinding, which C++ frames do not survive.
class Unlocked {
 public:
  Unlocked();
  ~Unlocked();
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  PyThreadState* state_;
};

/// The pending Python exception, as a C++ one.
[[noreturn]] inline void throw_python() { throw py::error_already_set(); }

/// A PyObject kept by the graph (a hook, a context). Released with the interpreter's lock.
class Kept : public Counted {
 public:
  /// `reaches`: the object can hold tensors, so that cycles through it are possible.
  explicit Kept(PyObject* object, bool reaches = true)
      : object(Py_NewRef(object)), reaches_(reaches) {
    if (reaches_) ++alive;
  }
  ~Kept() override;
  PyObject* object;
  /// Number alive: without any, the garbage collector need not look into graphs.
  static std::atomic<std::int64_t> alive;

 private:
  bool reaches_;
};

// dtypes, devices, shapes
PyObject* wrap_dtype(DType dtype);
bool is_dtype(PyObject* object);
DType as_dtype(PyObject* object);
PyObject* wrap_size(const Dims& shape);
DType default_dtype();
/// A device or its name; false (no exception) for other objects. Throws for a name that is none, or
/// a device that is not there.
bool to_device(PyObject* object, Device& device);
/// Whether it is a tg.Size.
bool is_size(PyObject* object);

/// A number as a Scalar; false (no exception) when the object is none.
bool to_scalar(PyObject* object, Scalar& scalar);
/// Data of any kind — numbers, nested sequences, arrays, tensors — as a new tensor.
Tensor tensor_from(PyObject* data, std::optional<DType> dtype);
PyObject* to_python(const Scalar& scalar);
/// An argument of a call as Python writes it.
py::object from_arg(const Arg& arg);
/// What stands between the brackets of x[...].
Indices indices_from(PyObject* key);

/// Calls an op with Python arguments; errors tell `name`.
PyObject* call_op(const std::string& name, const std::vector<const OpRecord*>& variants,
                  bool in_place, PyObject* const* args, Py_ssize_t count, PyObject* names);

/// The last: errors and signatures of pybind11's functions in the words of the ops.
void retell_bindings(py::module_& m);
void register_errors(py::module_& m);
void register_types(py::module_& m);
void register_tensor(py::module_& m);
void register_ops(py::module_& m);
void register_creation(py::module_& m);
void register_interop(py::module_& m);
void register_autograd(py::module_& m);
void register_graph(py::module_& m);
void register_module(py::module_& m);
void register_segment(py::module_& m);
void register_watch(py::module_& m);
void register_optim(py::module_& m);
void register_io(py::module_& m);
void register_runtime(py::module_& m);
void register_provenance(py::module_& m);
void register_why(py::module_& m);
void register_random(py::module_& m);

}  // namespace topograd::python

PYBIND11_DECLARE_HOLDER_TYPE(T, topograd::Ref<T>, true)

namespace pybind11::detail {

/// `Class.__new__(Class)` makes an object without a value, on which no method may run.
template <class T>
struct constructed_caster : type_caster_base<T> {
  bool load(handle source, bool convert) {
    if (!isinstance<T>(source)) return false;
    const auto* object = reinterpret_cast<const instance*>(source.ptr());
    if (object->simple_layout && object->simple_value_holder[0] == nullptr) return false;
    return type_caster_base<T>::load(source, convert);
  }
};

/// Everything that is not on the hot path is plain pybind11 through these.
template <>
struct type_caster<topograd::Tensor> {
  PYBIND11_TYPE_CASTER(topograd::Tensor, const_name("Tensor"));
  bool load(handle source, bool) {
    if (!topograd::python::is_tensor(source.ptr())) return false;
    value = topograd::python::as_tensor(source.ptr());
    return true;
  }
  static handle cast(topograd::Tensor x, return_value_policy, handle) {
    return topograd::python::wrap(std::move(x));
  }
};

template <>
struct type_caster<topograd::Generator> : constructed_caster<topograd::Generator> {};

template <>
struct type_caster<topograd::DType> {
  PYBIND11_TYPE_CASTER(topograd::DType, const_name("dtype"));
  bool load(handle source, bool) {
    if (!topograd::python::is_dtype(source.ptr())) return false;
    value = topograd::python::as_dtype(source.ptr());
    return true;
  }
  static handle cast(topograd::DType dtype, return_value_policy, handle) {
    return topograd::python::wrap_dtype(dtype);
  }
};

template <>
struct type_caster<topograd::Dims> {
  PYBIND11_TYPE_CASTER(topograd::Dims, const_name("Size"));
  bool load(handle source, bool) {
    if (isinstance<int_>(source)) {
      value = topograd::Dims{source.cast<topograd::index>()};
      return true;
    }
    if (!isinstance<sequence>(source) || isinstance<str>(source)) return false;
    for (handle item : reinterpret_borrow<sequence>(source)) {
      if (PyIndex_Check(item.ptr()) == 0) return false;
      const auto number = reinterpret_steal<object>(PyNumber_Index(item.ptr()));
      if (!number) throw error_already_set();
      value.push_back(number.cast<topograd::index>());
    }
    return true;
  }
  static handle cast(const topograd::Dims& dims, return_value_policy, handle) {
    return topograd::python::wrap_size(dims);
  }
};

}  // namespace pybind11::detail
