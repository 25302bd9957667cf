// x.shape, x.grad, x.grad_fn, …

#include "bindings/autograd.h"
#include "bindings/tensor_type.h"
#include "graph/cuts.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "graph/provenance.h"
#include "graph/symbolic.h"
#include "tensor/body.h"
#include "topograd/autograd.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

Tensor tensor_of(PyObject* self) { return as_tensor(self); }
const detail::TensorBody& body_of(PyObject* self) {
  return *reinterpret_cast<PyTensor*>(self)->body;
}

PyObject* get_shape(PyObject* self, void*) { return wrap_size(body_of(self).sizes); }
PyObject* get_dtype(PyObject* self, void*) { return wrap_dtype(body_of(self).dtype); }
PyObject* get_ndim(PyObject* self, void*) { return PyLong_FromLong(body_of(self).sizes.size()); }
PyObject* get_itemsize(PyObject* self, void*) {
  return PyLong_FromSize_t(size_of(body_of(self).dtype));
}
PyObject* get_nbytes(PyObject* self, void*) {
  return PyLong_FromSize_t(size_of(body_of(self).dtype) *
                           static_cast<std::size_t>(body_of(self).count));
}
PyObject* get_version(PyObject* self, void*) {
  return PyLong_FromUnsignedLong(tensor_of(self).version());
}
PyObject* get_false(PyObject*, void*) { Py_RETURN_FALSE; }
PyObject* get_output_number(PyObject* self, void*) {
  return PyLong_FromUnsignedLong(body_of(self).output);
}

PyObject* get_device(PyObject*, void*) {
  // Made once: there is one device until the CUDA plug-in is loaded.
  static PyObject* cpu = nullptr;
  if (cpu == nullptr)
    cpu = guarded<PyObject*>(nullptr, [] {
      return py::module_::import("topograd._C").attr("device")("cpu").release().ptr();
    });
  return Py_XNewRef(cpu);
}

PyObject* get_requires_grad(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    // A view of a tensor that was changed in place may have become part of the graph.
    edge_of(tensor_of(self));
    return PyBool_FromLong(body_of(self).node ? 1 : 0);
  });
}
int set_requires_grad(PyObject* self, PyObject* value, void*) {
  return guarded<int>(-1, [&] {
    expect<TypeError>(value != nullptr && PyBool_Check(value),
                      "requires_grad: expects True or False");
    const AwaitedSite here;
    tensor_of(self).requires_grad_(value == Py_True);
    return 0;
  });
}

PyObject* get_is_leaf(PyObject* self, void*) {
  return PyBool_FromLong(tensor_of(self).is_leaf() ? 1 : 0);
}

PyObject* get_grad(PyObject* self, void*) {
  const auto& rare = body_of(self).rare;
  return guarded<PyObject*>(nullptr, [&] { return wrap(rare ? rare->grad : Tensor()); });
}
int set_grad(PyObject* self, PyObject* value, void*) {
  return guarded<int>(-1, [&] {
    if (value == nullptr || value == Py_None) {
      if (!body_of(self).rare || !body_of(self).rare->grad.defined()) return 0;
      const AwaitedSite here;
      note_cleared(tensor_of(self));
      tensor_of(self).set_grad(Tensor());
      return 0;
    }
    expect<TypeError>(is_tensor(value), "grad: expects a tensor or None, got {}",
                      Py_TYPE(value)->tp_name);
    const Tensor gradient = as_tensor(value), x = tensor_of(self);
    expect<ShapeError>(gradient.shape() == x.shape(),
                       "grad: shape {} does not fit a tensor of shape {}", gradient.shape(),
                       x.shape());
    expect<TypeError>(gradient.dtype() == x.dtype(),
                      "grad: dtype {} does not fit a tensor of dtype {}", gradient.dtype(),
                      x.dtype());
    expect(!gradient.same_as(x), "grad: a tensor can not be its own gradient");
    x.set_grad(gradient);
    return 0;
  });
}

PyObject* get_grad_fn(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Tensor x = tensor_of(self);
    const Edge edge = edge_of(x);
    if (!edge.node || edge.node->is_leaf()) Py_RETURN_NONE;
    return wrap_node(edge.node);
  });
}

PyObject* get_retains_grad(PyObject* self, void*) {
  const auto& rare = body_of(self).rare;
  return PyBool_FromLong(rare && rare->retains_grad ? 1 : 0);
}

PyObject* get_name(PyObject* self, void*) {
  const std::string name = tensor_of(self).name();
  if (name.empty()) Py_RETURN_NONE;
  return PyUnicode_FromStringAndSize(name.data(), static_cast<Py_ssize_t>(name.size()));
}
int set_name(PyObject* self, PyObject* value, void*) {
  return guarded<int>(-1, [&] {
    if (value == nullptr || value == Py_None) {
      tensor_of(self).set_name("");
      return 0;
    }
    expect<TypeError>(PyUnicode_Check(value), "name: expects a string or None, got {}",
                      Py_TYPE(value)->tp_name);
    tensor_of(self).set_name(py::handle(value).cast<std::string>());
    return 0;
  });
}

PyObject* get_data(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const Tensor x = tensor_of(self);
    refuse_detach(x);
    const AwaitedSite here;
    if (mode.everything) return wrap(view(x, x.shape()));
    const Tensor data = cut_off(x, CutKind::data);
    data.body()->unseen = true;
    return wrap(data);
  });
}
int set_data(PyObject* self, PyObject* value, void*) {
  return guarded<int>(-1, [&] {
    expect<TypeError>(value != nullptr && is_tensor(value), "data: expects a tensor");
    replace_data(tensor_of(self), as_tensor(value));
    return 0;
  });
}

PyObject* get_transposed(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    const Tensor x = tensor_of(self);
    if (x.rank() <= 2) return wrap(t(x));
    Dims order;
    for (int d = x.rank() - 1; d >= 0; --d) order.push_back(d);
    return wrap(permute(x, order));
  });
}
PyObject* get_matrix_transposed(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    return wrap(matrix_transpose(tensor_of(self)));
  });
}
PyObject* get_adjoint(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    return wrap(adjoint(tensor_of(self)));
  });
}
PyObject* get_adjoint_matrix(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    const Tensor x = tensor_of(self);
    expect<ShapeError>(x.rank() == 2 || x.rank() == 0, "H: expects a matrix, got shape {}",
                       x.shape());
    return wrap(x.rank() == 0 ? conj(x) : adjoint(x));
  });
}

PyObject* get_real(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    const Tensor x = tensor_of(self);
    return is_complex(x.dtype()) ? wrap(topograd::real(x)) : Py_NewRef(self);
  });
}
PyObject* get_imag(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    return wrap(topograd::imag(tensor_of(self)));
  });
}

PyGetSetDef attributes[] = {
    {"real", get_real, nullptr, "The real parts, a view; a real tensor itself.", nullptr},
    {"imag", get_imag, nullptr, "The imaginary parts of a complex tensor, a view.", nullptr},
    {"shape", get_shape, nullptr, "The sizes, as topograd.Size.", nullptr},
    {"dtype", get_dtype, nullptr, "The type of the elements.", nullptr},
    {"device", get_device, nullptr, "Where the elements are.", nullptr},
    {"ndim", get_ndim, nullptr, "Number of dims.", nullptr},
    {"itemsize", get_itemsize, nullptr, "Bytes of one element.", nullptr},
    {"nbytes", get_nbytes, nullptr, "Bytes of all elements.", nullptr},
    {"requires_grad", get_requires_grad, set_requires_grad, "Whether gradients flow to it.",
     nullptr},
    {"is_leaf", get_is_leaf, nullptr, "Whether no recorded op made it.", nullptr},
    {"grad", get_grad, set_grad, "The gradient that backward() left, or None.", nullptr},
    {"grad_fn", get_grad_fn, nullptr, "The recorded call that made it, or None.", nullptr},
    {"retains_grad", get_retains_grad, nullptr, "Whether retain_grad() was called.", nullptr},
    {"name", get_name, set_name, "A name for pictures and tables, or None.", nullptr},
    {"data", get_data, set_data, "The same elements outside the graph.", nullptr},
    {"T", get_transposed, nullptr, "All dims in reverse order.", nullptr},
    {"mT", get_matrix_transposed, nullptr, "The last two dims swapped.", nullptr},
    {"mH", get_adjoint, nullptr, "The last two dims swapped, complex numbers conjugated.", nullptr},
    {"H", get_adjoint_matrix, nullptr,
     "A matrix with its two dims swapped, complex numbers conjugated.", nullptr},
    {"is_cuda", get_false, nullptr, "Whether it is on a CUDA device.", nullptr},
    {"is_sparse", get_false, nullptr, "Whether it is sparse.", nullptr},
    {"is_quantized", get_false, nullptr, "Whether it is quantized.", nullptr},
    {"output_nr", get_output_number, nullptr, "Which output of grad_fn it is.", nullptr},
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr},
    {"_version", get_version, nullptr, "How often its memory was changed in place.", nullptr},
    {}};

}  // namespace

void replace_data(const Tensor& x, const Tensor& value) {
  auto& body = *x.body();
  const auto& from = *value.body();
  expect<TypeError>(!value.hollow(),
                    "data: the tensor of shape {} follows from a placeholder and has no values",
                    from.sizes);
  expect<TypeError>(!body.node || is_differentiable(from.dtype),
                    "data: a tensor that requires grad needs floating point data, got {}",
                    from.dtype);
  // A gradient of another shape or dtype belongs to the data that goes.
  if (body.rare && body.rare->grad.defined() &&
      (body.rare->grad.shape() != from.sizes || body.rare->grad.dtype() != from.dtype))
    body.rare->grad = Tensor();
  body.storage = from.storage;
  body.sizes = from.sizes;
  body.strides = from.strides;
  body.offset = from.offset;
  body.count = from.count;
  body.contiguous = from.contiguous;
  body.dtype = from.dtype;
  body.saved = nullptr;
  if (body.node && static_cast<Node*>(body.node.get())->is_leaf())
    static_cast<Node*>(body.node.get())->set_leaf_shape(x);
}

PyGetSetDef* tensor_attributes() { return attributes; }

}  // namespace topograd::python
