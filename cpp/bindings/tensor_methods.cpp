// The methods of Tensor that are not ops of the registry.

#include "base/generator.h"
#include "bindings/arguments.h"
#include "bindings/tensor_type.h"
#include "graph/cuts.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "graph/provenance.h"
#include "graph/symbolic.h"
#include "tensor/body.h"
#include "tensor/memory_order.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

using Args = PyObject* const*;

template <class F>
PyObject* safely(F&& f) {
  return guarded<PyObject*>(nullptr, std::forward<F>(f));
}

/// The one argument that a method takes, by position or by name; null where it is not given.
PyObject* only_argument(const char* method, const char* parameter, Args args, Py_ssize_t count,
                        PyObject* names) {
  const Py_ssize_t keywords = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  expect<TypeError>(count + keywords <= 1, "{}: takes at most one argument, '{}', got {}", method,
                    parameter, count + keywords);
  if (keywords == 1)
    expect<TypeError>(PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, 0), parameter) == 0,
                      "{}: takes the argument '{}' and no other", method, parameter);
  return count + keywords == 0 ? nullptr : args[0];
}

/// What PyTorch's conversions take and has no meaning here.
void expect_no_argument(const char* method, Py_ssize_t count, PyObject* names) {
  expect<TypeError>(count == 0, "{}: takes no argument, got {}", method, count);
  if (names == nullptr) return;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i) {
    PyObject* name = PyTuple_GET_ITEM(names, i);
    bool known = false;
    for (const char* ignored : {"memory_format", "device", "non_blocking"})
      known = known || PyUnicode_CompareWithASCIIString(name, ignored) == 0;
    expect<TypeError>(known, "{}: has no such argument", method);
  }
}

index integer(PyObject* object, const char* method) {
  expect<TypeError>(PyIndex_Check(object) != 0, "{}: dim must be an integer, got {}", method,
                    Py_TYPE(object)->tp_name);
  const Py_ssize_t value = PyNumber_AsSsize_t(object, PyExc_IndexError);
  if (value == -1 && PyErr_Occurred() != nullptr) throw_python();
  return value;
}

PyObject* size(PyObject* self, Args args, Py_ssize_t count, PyObject* names) {
  return safely([&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    PyObject* dim = only_argument("size", "dim", args, count, names);
    if (dim == nullptr || dim == Py_None) return wrap_size(x.shape());
    return PyLong_FromLongLong(x.size(integer(dim, "size")));
  });
}

PyObject* stride(PyObject* self, Args args, Py_ssize_t count, PyObject* names) {
  return safely([&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    PyObject* dim = only_argument("stride", "dim", args, count, names);
    if (dim != nullptr && dim != Py_None) {
      expect<IndexError>(x.rank() > 0, "stride: a 0-d tensor has no dims");
      return PyLong_FromLongLong(x.strides()[wrap_dim(integer(dim, "stride"), x.rank(), "stride")]);
    }
    PyObject* tuple = PyTuple_New(x.rank());
    for (int d = 0; d < x.rank(); ++d)
      PyTuple_SET_ITEM(tuple, d, PyLong_FromLongLong(x.strides()[d]));
    return tuple;
  });
}

PyObject* dim(PyObject* self, PyObject*) { return PyLong_FromLong(as_tensor(self).rank()); }
PyObject* numel(PyObject* self, PyObject*) { return PyLong_FromLongLong(as_tensor(self).count()); }
PyObject* storage_offset(PyObject* self, PyObject*) {
  return PyLong_FromLongLong(as_tensor(self).body()->offset);
}
PyObject* element_size(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(size_of(as_tensor(self).dtype()));
}
PyObject* data_ptr(PyObject* self, PyObject*) {
  return safely([&] { return PyLong_FromVoidPtr(as_tensor(self).address()); });
}
PyObject* is_contiguous(PyObject* self, Args args, Py_ssize_t count, PyObject* names) {
  return safely([&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    PyObject* given = only_argument("is_contiguous", "memory_format", args, count, names);
    if (given == nullptr || given == Py_None) return PyBool_FromLong(x.contiguous() ? 1 : 0);
    const char* name = PyUnicode_Check(given) ? PyUnicode_AsUTF8(given) : nullptr;
    expect<TypeError>(name != nullptr, "is_contiguous: memory_format must be one, got {}",
                      Py_TYPE(given)->tp_name);
    const std::string format = name;
    // As in PyTorch, where "preserve" asks for row-major order and other numbers of dims are no.
    if (format == "preserve_format") return PyBool_FromLong(x.contiguous() ? 1 : 0);
    const int rank = format == "channels_last" ? 4 : format == "channels_last_3d" ? 5 : x.rank();
    const bool fits =
        x.rank() == rank && has_strides(x, strides_of_format(x, format, "is_contiguous"));
    return PyBool_FromLong(fits ? 1 : 0);
  });
}
PyObject* is_floating_point(PyObject* self, PyObject*) {
  return PyBool_FromLong(is_floating(as_tensor(self).dtype()) ? 1 : 0);
}
PyObject* is_complex_dtype(PyObject* self, PyObject*) {
  return PyBool_FromLong(is_complex(as_tensor(self).dtype()) ? 1 : 0);
}
/// Conjugates are computed, never put off.
PyObject* never(PyObject*, PyObject*) { Py_RETURN_FALSE; }
PyObject* to_complex(PyObject* self, PyObject*) {
  return safely([&] { return to_python(Scalar(as_tensor(self).item().complex())); });
}
PyObject* item(PyObject* self, PyObject*) {
  return safely([&] {
    const Tensor x = as_tensor(self);
    const AwaitedSite here;
    if (x.count() == 1) note_exit(x);
    return to_python(x.item());
  });
}

PyObject* nested(const Tensor& x, int dim, index offset) {
  if (dim == x.rank()) {
    const Tensor one = restrided(x, {}, {}, offset);
    return to_python(one.item());
  }
  const index n = x.shape()[dim];
  PyObject* list = PyList_New(n);
  if (list == nullptr) throw_python();
  for (index i = 0; i < n; ++i)
    PyList_SET_ITEM(list, i, nested(x, dim + 1, offset + i * x.strides()[dim]));
  return list;
}
PyObject* tolist(PyObject* self, PyObject*) {
  return safely([&] {
    const Tensor x = as_tensor(self);
    refuse_reading(x);
    const AwaitedSite here;
    note_exit(x);
    return nested(x, 0, x.body()->offset);
  });
}

PyObject* detach(PyObject* self, PyObject*) {
  return safely([&] {
    const Tensor x = as_tensor(self);
    refuse_detach(x);
    const AwaitedSite here;
    return wrap(mode.everything ? view(x, x.shape()) : cut_off(x, CutKind::detach));
  });
}
PyObject* detach_in_place(PyObject* self, PyObject*) {
  return safely([&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    expect(!(x.body()->rare && x.body()->rare->base.defined()),
           "detach_: not possible on a view; use detach()");
    refuse_detach(x);
    if (mode.everything) return Py_NewRef(self);
    if (!x.requires_grad()) return Py_NewRef(self);
    const AwaitedSite here;
    if (x.body()->watched) node_of(x)->unwatch(*x.body());
    x.body()->node = nullptr;
    x.body()->cut = note_cut(CutKind::detach, current_site());
    return Py_NewRef(self);
  });
}
PyObject* requires_grad_(PyObject* self, Args args, Py_ssize_t count, PyObject* names) {
  return safely([&]() -> PyObject* {
    PyObject* wanted = only_argument("requires_grad_", "requires_grad", args, count, names);
    expect<TypeError>(wanted == nullptr || PyBool_Check(wanted),
                      "requires_grad_: expects True or False");
    const AwaitedSite here;
    as_tensor(self).requires_grad_(wanted != Py_False);
    return Py_NewRef(self);
  });
}

/// PyTorch's name of the conversion to each dtype, in the order of DType.
constexpr const char* conversions[dtype_count] = {"float", "double", "half", "bfloat16", "char",
                                                  "byte",  "short",  "int",  "long",     "bool"};

template <DType dtype>
PyObject* cast_to(PyObject* self, Args, Py_ssize_t count, PyObject* names) {
  return safely([&]() -> PyObject* {
    expect_no_argument(conversions[static_cast<int>(dtype)], count, names);
    const Tensor x = as_tensor(self);
    if (x.dtype() == dtype) return Py_NewRef(self);
    const AwaitedSite here;
    return wrap(cast(x, dtype));
  });
}

/// x.cpu(), x.cuda-free programs' no-ops.
PyObject* itself(PyObject* self, Args, Py_ssize_t count, PyObject* names) {
  return safely([&] {
    expect_no_argument("cpu", count, names);
    return Py_NewRef(self);
  });
}
PyObject* is_inference(PyObject* self, PyObject*) {
  return PyBool_FromLong(as_tensor(self).body()->inference ? 1 : 0);
}

PyObject* live_copy(PyObject* self, PyObject*) {
  return safely([&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    PyObject* copy = wrap_as(Py_TYPE(self), dense_copy(x));
    if (x.requires_grad() && x.is_leaf()) as_tensor(copy).requires_grad_();
    return copy;
  });
}

/// For subclasses: an object of that class on the same elements, outside the graph.
PyObject* make_subclass(PyObject*, PyObject* args) {
  return safely([&]() -> PyObject* {
    PyObject *type = nullptr, *data = nullptr;
    int requires_grad = 0;
    if (PyArg_ParseTuple(args, "OO|p", &type, &data, &requires_grad) == 0) throw_python();
    expect<TypeError>(
        PyType_Check(type) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(type), tensor_type),
        "_make_subclass: expects a subclass of Tensor");
    expect<TypeError>(is_tensor(data), "_make_subclass: expects a tensor, got {}",
                      Py_TYPE(data)->tp_name);
    const AwaitedSite here;
    Tensor x = as_tensor(data).detach();
    if (requires_grad != 0) x.requires_grad_();
    return wrap_as(reinterpret_cast<PyTypeObject*>(type), x);
  });
}

PyObject* sizeof_tensor(PyObject* self, PyObject*) {
  return PyLong_FromSize_t(sizeof(PyTensor) + sizeof(detail::TensorBody) +
                           static_cast<std::size_t>(as_tensor(self).count()) *
                               size_of(as_tensor(self).dtype()));
}

template <class F>
PyCFunction fast(F f) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(f));
}
constexpr int keywords = METH_FASTCALL | METH_KEYWORDS;

PyMethodDef* method_table() {
  static PyMethodDef methods[] = {
      {"size", fast(size), keywords,
       "size($self, dim=None)\n--\n\nThe shape, or the size of one dim."},
      {"stride", fast(stride), keywords,
       "stride($self, dim=None)\n--\n\nSteps in memory, in elements."},
      {"dim", dim, METH_NOARGS, "dim($self)\n--\n\nNumber of dims."},
      {"ndimension", dim, METH_NOARGS, "ndimension($self)\n--\n\nNumber of dims."},
      {"numel", numel, METH_NOARGS, "numel($self)\n--\n\nNumber of elements."},
      {"nelement", numel, METH_NOARGS, "nelement($self)\n--\n\nNumber of elements."},
      {"storage_offset", storage_offset, METH_NOARGS,
       "storage_offset($self)\n--\n\nOffset of the first element."},
      {"element_size", element_size, METH_NOARGS,
       "element_size($self)\n--\n\nBytes of one element."},
      {"data_ptr", data_ptr, METH_NOARGS, "data_ptr($self)\n--\n\nAddress of the first element."},
      {"is_contiguous", fast(is_contiguous), keywords,
       "is_contiguous($self, memory_format=None)\n--\n\nWhether the memory is row-major without "
       "gaps, or has "
       "the "
       "order of dims asked for."},
      {"is_floating_point", is_floating_point, METH_NOARGS,
       "is_floating_point($self)\n--\n\nWhether the dtype is."},
      {"is_complex", is_complex_dtype, METH_NOARGS,
       "is_complex($self)\n--\n\nWhether the dtype is."},
      {"is_conj", never, METH_NOARGS,
       "is_conj($self)\n--\n\nWhether a conjugation is still to be done: never."},
      {"__complex__", to_complex, METH_NOARGS, "The only element as a complex number."},
      {"cfloat", fast(cast_to<DType::complex64>), keywords,
       "cfloat($self)\n--\n\nConverted to complex64."},
      {"cdouble", fast(cast_to<DType::complex128>), keywords,
       "cdouble($self)\n--\n\nConverted to complex128."},
      {"is_inference", is_inference, METH_NOARGS,
       "is_inference($self)\n--\n\nWhether it was made in inference_mode."},
      {"item", item, METH_NOARGS,
       "item($self)\n--\n\nThe only element as a number. Raises ShapeError unless there is one."},
      {"tolist", tolist, METH_NOARGS,
       "tolist($self)\n--\n\nThe elements as nested lists of numbers."},
      {"detach", detach, METH_NOARGS, "detach($self)\n--\n\nThe same elements outside the graph."},
      {"detach_", detach_in_place, METH_NOARGS,
       "detach_($self)\n--\n\nTakes this tensor out of the graph."},
      {"requires_grad_", fast(requires_grad_), keywords,
       "requires_grad_($self, requires_grad=True)\n--\n\nMakes this a leaf whose gradient is kept, "
       "or takes "
       "that back."},
      {"float", fast(cast_to<DType::float32>), keywords,
       "float($self)\n--\n\nConverted to float32."},
      {"double", fast(cast_to<DType::float64>), keywords,
       "double($self)\n--\n\nConverted to float64."},
      {"half", fast(cast_to<DType::float16>), keywords, "half($self)\n--\n\nConverted to float16."},
      {"bfloat16", fast(cast_to<DType::bfloat16>), keywords,
       "bfloat16($self)\n--\n\nConverted to bfloat16."},
      {"char", fast(cast_to<DType::int8>), keywords, "char($self)\n--\n\nConverted to int8."},
      {"byte", fast(cast_to<DType::uint8>), keywords, "byte($self)\n--\n\nConverted to uint8."},
      {"short", fast(cast_to<DType::int16>), keywords, "short($self)\n--\n\nConverted to int16."},
      {"int", fast(cast_to<DType::int32>), keywords, "int($self)\n--\n\nConverted to int32."},
      {"long", fast(cast_to<DType::int64>), keywords, "long($self)\n--\n\nConverted to int64."},
      {"bool", fast(cast_to<DType::boolean>), keywords, "bool($self)\n--\n\nConverted to bool."},
      {"cpu", fast(itself), keywords, "cpu($self)\n--\n\nThe tensor on the CPU: itself."},
      {"pin_memory", fast(itself), keywords,
       "pin_memory($self)\n--\n\nItself: there is nothing to pin on the CPU."},
      {"_copy", live_copy, METH_NOARGS, "_copy()\n\nA copy of the same class, for copy.deepcopy."},
      {"_make_subclass", make_subclass, METH_VARARGS | METH_STATIC,
       "_make_subclass(cls, data, requires_grad=False)\n\nAn object of a subclass on the same "
       "elements."},
      {"__sizeof__", sizeof_tensor, METH_NOARGS, nullptr},
      {}};
  return methods;
}

}  // namespace

PyMethodDef* tensor_methods() { return method_table(); }

PyObject* tensor_repr(PyObject* self) {
  return safely([&] {
    // Formatting is Python: it is never on the hot path.
    static PyObject* format_tensor =
        py::object(py::module_::import("topograd._format").attr("tensor_repr")).release().ptr();
    PyObject* text = PyObject_CallOneArg(format_tensor, self);
    if (text == nullptr) throw_python();
    return text;
  });
}

}  // namespace topograd::python
