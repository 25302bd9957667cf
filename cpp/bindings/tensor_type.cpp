// The Tensor type: life, number slots, indexing. Its methods are the registry's and those of
// tensor_methods.cpp.

#include <map>
#include <vector>

#include "bindings/op_function.h"
#include "bindings/tensor_type.h"
#include "graph/cuts.h"
#include "graph/node.h"
#include "graph/provenance.h"
#include "ops/indexing.h"
#include "tensor/body.h"
#include "topograd/ops.h"

namespace topograd::python {

PyTypeObject* tensor_type = nullptr;

namespace {

// ---------------------------------------------------------------- life

void dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  auto* object = reinterpret_cast<PyTensor*>(self);
  if (object->weak != nullptr) PyObject_ClearWeakRefs(self);
  Py_CLEAR(object->dict);
  if (auto* body = object->body) {
    if (body->wrapper == self) body->wrapper = nullptr;
    body->drop();
  }
  type->tp_free(self);
  Py_DECREF(type);
}

/// Visits the Python objects that only this tensor's graph keeps alive: what it owns alone, and so
/// on down.
/// What is kept, if it has that many owners; null if it has others, who may reach it too.
[[gnu::noinline]] PyObject* object_owned_by(std::uint32_t owners, Counted* kept) {
  return kept->owners() == owners ? object_of(kept) : nullptr;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  auto* object = reinterpret_cast<PyTensor*>(self);
  Py_VISIT(object->dict);
  auto* body = object->body;
  if (Kept::alive.load() == 0 || body == nullptr || body->owners() != 1 || !body->node) return 0;
  std::vector<Node*> stack;
  const auto push = [&](Counted* node) {
    if (node != nullptr && node->owners() == 1) stack.push_back(static_cast<Node*>(node));
  };
  push(body->node.get());
  std::map<Counted*, std::uint32_t> segments;  // and how many of their owners were met
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    if (const auto* extra = node->extra_if_any()) {
      if (extra->segment) ++segments[extra->segment.get()];
      for (const auto& one : extra->tensor_hooks)
        if (PyObject* kept = object_owned_by(1, one.hook.get())) Py_VISIT(kept);
      for (const auto& one : extra->after_hooks)
        if (PyObject* kept = object_owned_by(1, one.hook.get())) Py_VISIT(kept);
    }
    for (int i = 0; i < node->arg_count(); ++i)
      if (node->args()[i].kind() == ArgKind::object) {
        const Object kept = node->args()[i].object();
        // By the argument and this handle.
        if (PyObject* inner = object_owned_by(2, kept.get())) Py_VISIT(inner);
      }
    for (int slot = 0; slot < node->slot_count(); ++slot) push(node->edges()[slot].node.get());
  }
  for (const auto& [segment, owners] : segments)
    if (PyObject* inner = object_of_segment(segment, owners)) Py_VISIT(inner);
  return 0;
}

int clear(PyObject* self) {
  auto* object = reinterpret_cast<PyTensor*>(self);
  Py_CLEAR(object->dict);
  if (object->body != nullptr && object->body->owners() == 1) {
    if (object->body->watched) node_of(as_tensor(self))->unwatch(*object->body);
    const Ref<Counted> dropped = std::move(object->body->node);
  }
  return 0;
}

/// An integer, NumPy's included; not an array with one element.
bool is_integer(PyObject* object) {
  if (PyLong_Check(object)) return PyBool_Check(object) == 0;
  return PyIndex_Check(object) != 0 && !is_tensor(object) && PySequence_Check(object) == 0;
}

PyObject* make_new(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    Device device;
    PyObject* place = keywords == nullptr ? nullptr : PyDict_GetItemString(keywords, "device");
    expect<TypeError>(
        keywords == nullptr || PyDict_GET_SIZE(keywords) == (place == nullptr ? 0 : 1),
        "Tensor: takes no keyword argument but device; use tensor(data, dtype=…)");
    if (place != nullptr && place != Py_None)
      expect<TypeError>(to_device(place, device), "Tensor: expects a device such as 'cpu', got {}",
                        Py_TYPE(place)->tp_name);
    const Py_ssize_t count = PyTuple_GET_SIZE(args);
    if (count == 0) return wrap_as(type, Tensor::empty({0}, default_dtype()));
    PyObject* first = PyTuple_GET_ITEM(args, 0);
    if (is_size(first) && count == 1) {
      if (PyTuple_GET_SIZE(first) == 0) return wrap_as(type, Tensor::zeros({}, default_dtype()));
      return make_new(type, first, keywords);
    }
    if (is_integer(first) || PyBool_Check(first)) {
      Dims shape;
      for (Py_ssize_t i = 0; i < count; ++i) {
        PyObject* size = PyTuple_GET_ITEM(args, i);
        expect<TypeError>(is_integer(size),
                          "Tensor: sizes must be integers, got {}; for data use tensor(data)",
                          Py_TYPE(size)->tp_name);
        const Py_ssize_t value = PyNumber_AsSsize_t(size, PyExc_OverflowError);
        if (value == -1 && PyErr_Occurred() != nullptr) throw_python();
        shape.push_back(value);
      }
      return wrap_as(type, Tensor::zeros(shape, default_dtype()));
    }
    expect<TypeError>(count == 1, "Tensor: expects data or sizes");
    if (is_tensor(first)) {
      const AwaitedSite here;
      return wrap_as(type, cut_off(as_tensor(first), CutKind::copied));
    }
    return wrap_as(type, tensor_from(first, default_dtype()));
  });
}

// ---------------------------------------------------------------- numbers

#define TOPOGRAD_BINARY_SLOT(NAME, OP) \
  PyObject* slot_##NAME(PyObject* a, PyObject* b) { return call_binary(OP, a, b, false); }
#define TOPOGRAD_IN_PLACE_SLOT(NAME, OP) \
  PyObject* slot_##NAME(PyObject* a, PyObject* b) { return call_binary(OP, a, b, true); }
#define TOPOGRAD_UNARY_SLOT(NAME, OP) \
  PyObject* slot_##NAME(PyObject* x) { return call_unary(OP, x); }
TOPOGRAD_BINARY_SLOT(add, topograd::add)
TOPOGRAD_BINARY_SLOT(subtract, topograd::sub)
TOPOGRAD_BINARY_SLOT(multiply, topograd::mul)
TOPOGRAD_BINARY_SLOT(true_divide, topograd::true_div)
TOPOGRAD_BINARY_SLOT(floor_divide, topograd::floor_div)
TOPOGRAD_BINARY_SLOT(remainder, topograd::remainder)
TOPOGRAD_BINARY_SLOT(matrix_multiply, topograd::matmul)
TOPOGRAD_BINARY_SLOT(and, topograd::bitwise_and)
TOPOGRAD_BINARY_SLOT(or, topograd::bitwise_or)
TOPOGRAD_BINARY_SLOT(xor, topograd::bitwise_xor)
TOPOGRAD_BINARY_SLOT(lshift, topograd::bitwise_left_shift)
TOPOGRAD_BINARY_SLOT(rshift, topograd::bitwise_right_shift)
TOPOGRAD_IN_PLACE_SLOT(inplace_add, topograd::add)
TOPOGRAD_IN_PLACE_SLOT(inplace_subtract, topograd::sub)
TOPOGRAD_IN_PLACE_SLOT(inplace_multiply, topograd::mul)
TOPOGRAD_IN_PLACE_SLOT(inplace_true_divide, topograd::true_div)
TOPOGRAD_IN_PLACE_SLOT(inplace_floor_divide, topograd::floor_div)
TOPOGRAD_IN_PLACE_SLOT(inplace_remainder, topograd::remainder)
TOPOGRAD_IN_PLACE_SLOT(inplace_and, topograd::bitwise_and)
TOPOGRAD_IN_PLACE_SLOT(inplace_or, topograd::bitwise_or)
TOPOGRAD_IN_PLACE_SLOT(inplace_xor, topograd::bitwise_xor)
TOPOGRAD_UNARY_SLOT(negative, topograd::neg)
TOPOGRAD_UNARY_SLOT(positive, topograd::positive)
TOPOGRAD_UNARY_SLOT(absolute, topograd::abs)
TOPOGRAD_UNARY_SLOT(invert, topograd::bitwise_not)

PyObject* slot_power(PyObject* a, PyObject* b, PyObject* modulus) {
  if (modulus != Py_None) Py_RETURN_NOTIMPLEMENTED;
  return call_binary(topograd::pow, a, b, false);
}
PyObject* slot_inplace_power(PyObject* a, PyObject* b, PyObject*) {
  return call_binary(topograd::pow, a, b, true);
}

PyObject* compare(PyObject* a, PyObject* b, int op) {
  static const OpRecord* const records[] = {&topograd::lt, &topograd::le, &topograd::eq,
                                            &topograd::ne, &topograd::gt, &topograd::ge};
  static_assert(Py_LT == 0 && Py_LE == 1 && Py_EQ == 2 && Py_NE == 3 && Py_GT == 4 && Py_GE == 5);
  return call_binary(*records[op], a, b, false);
}

Scalar item_of(PyObject* self) { return as_tensor(self).item(); }

int truth(PyObject* self) {
  return guarded<int>(-1, [&] {
    const Tensor x = as_tensor(self);
    expect<ShapeError>(x.count() == 1,
                       "bool: a tensor of shape {} has no single truth value; use any() or all()",
                       x.shape());
    const Scalar value = x.item();
    if (value.is_complex()) return value.complex() != 0.0;
    return value.is_real() ? value.real() != 0 : value.integer() != 0;
  });
}
/// The only element as a real number.
Scalar real_item_of(PyObject* self, std::string_view what) {
  const Scalar value = item_of(self);
  expect(!value.is_complex() || value.complex().imag() == 0,
         "{}: the complex number {} has an imaginary part", what, value);
  return value.is_complex() ? Scalar(value.real()) : value;
}
PyObject* to_float(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&] {
    const double value = real_item_of(self, "float").real();
    const AwaitedSite here;
    note_exit(as_tensor(self));
    return PyFloat_FromDouble(value);
  });
}
PyObject* to_int(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Scalar value = real_item_of(self, "int");
    return value.is_real() ? PyLong_FromDouble(value.real()) : PyLong_FromLongLong(value.integer());
  });
}
PyObject* to_index(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    expect<TypeError>(!is_differentiable(x.dtype()) && x.count() == 1,
                      "index: only a single integer can be used as an index, got {} of shape {}",
                      x.dtype(), x.shape());
    return PyLong_FromLongLong(x.item().integer());
  });
}

// ---------------------------------------------------------------- containers

Py_ssize_t length(PyObject* self) {
  return guarded<Py_ssize_t>(-1, [&]() -> Py_ssize_t {
    const Tensor x = as_tensor(self);
    expect<TypeError>(x.rank() > 0, "len: a 0-d tensor has no length");
    return x.shape()[0];
  });
}

PyObject* subscript(PyObject* self, PyObject* key) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    return wrap(get_item(as_tensor(self), indices_from(key)));
  });
}

PyObject* item_at(PyObject* self, Py_ssize_t at) {
  return guarded<PyObject*>(nullptr, [&] {
    const AwaitedSite here;
    return wrap(select(as_tensor(self), index{0}, static_cast<index>(at)));
  });
}

int assign(PyObject* self, PyObject* key, PyObject* value) {
  return guarded<int>(-1, [&] {
    expect<TypeError>(value != nullptr, "index: elements of a tensor can not be deleted");
    const AwaitedSite here;
    const Tensor x = as_tensor(self);
    Scalar number = 0;
    const Tensor source = is_tensor(value)           ? as_tensor(value)
                          : to_scalar(value, number) ? Tensor(number)
                                                     : tensor_from(value, std::nullopt);
    expect<TypeError>(!number.is_complex() || is_complex(x.dtype()),
                      "index: the complex number {} does not fit into {}", number, x.dtype());
    set_item(x, indices_from(key), source);
    return 0;
  });
}

int contains(PyObject* self, PyObject* element) {
  return guarded<int>(-1, [&] {
    Scalar number = 0;
    const Tensor wanted = is_tensor(element) ? as_tensor(element) : Tensor();
    expect<TypeError>(wanted.defined() || to_scalar(element, number),
                      "in: expects a number or a tensor, got {}", Py_TYPE(element)->tp_name);
    return any(eq(as_tensor(self), wanted.defined() ? wanted : Tensor(number))).item().integer() !=
                   0
               ? 1
               : 0;
  });
}

Py_hash_t hash(PyObject* self) {
  return static_cast<Py_hash_t>(reinterpret_cast<std::uintptr_t>(self) >> 4);
}

PyObject* iterate(PyObject* self) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Tensor x = as_tensor(self);
    expect<TypeError>(x.rank() > 0, "iter: a 0-d tensor can not be iterated over");
    const AwaitedSite here;
    const Tensors parts = unbind(x, index{0});
    py::tuple list(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) list[i] = parts[i];
    return PyObject_GetIter(list.ptr());
  });
}

PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(PyTensor, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(PyTensor, weak), READONLY, nullptr},
    {}};

#define TOPOGRAD_SLOT(SLOT, FUNCTION) {SLOT, reinterpret_cast<void*>(FUNCTION)}
PyType_Slot slots[] = {
    TOPOGRAD_SLOT(Py_tp_new, make_new),
    TOPOGRAD_SLOT(Py_tp_dealloc, dealloc),
    TOPOGRAD_SLOT(Py_tp_traverse, traverse),
    TOPOGRAD_SLOT(Py_tp_clear, clear),
    TOPOGRAD_SLOT(Py_tp_hash, hash),
    TOPOGRAD_SLOT(Py_tp_iter, iterate),
    TOPOGRAD_SLOT(Py_tp_richcompare, compare),
    TOPOGRAD_SLOT(Py_tp_repr, tensor_repr),
    TOPOGRAD_SLOT(Py_tp_members, members),
    TOPOGRAD_SLOT(Py_tp_methods, tensor_methods()),
    TOPOGRAD_SLOT(Py_tp_getset, tensor_attributes()),
    TOPOGRAD_SLOT(Py_bf_getbuffer, tensor_get_buffer),
    TOPOGRAD_SLOT(Py_bf_releasebuffer, tensor_release_buffer),
    {Py_tp_doc, const_cast<char*>(
                    "An n-dimensional array of one dtype, and a place in the computation graph.\n\n"
                    "Made by tensor(), zeros(), … and by operations on tensors.")},
    TOPOGRAD_SLOT(Py_nb_add, slot_add),
    TOPOGRAD_SLOT(Py_nb_subtract, slot_subtract),
    TOPOGRAD_SLOT(Py_nb_multiply, slot_multiply),
    TOPOGRAD_SLOT(Py_nb_true_divide, slot_true_divide),
    TOPOGRAD_SLOT(Py_nb_floor_divide, slot_floor_divide),
    TOPOGRAD_SLOT(Py_nb_remainder, slot_remainder),
    TOPOGRAD_SLOT(Py_nb_matrix_multiply, slot_matrix_multiply),
    TOPOGRAD_SLOT(Py_nb_power, slot_power),
    TOPOGRAD_SLOT(Py_nb_and, slot_and),
    TOPOGRAD_SLOT(Py_nb_or, slot_or),
    TOPOGRAD_SLOT(Py_nb_xor, slot_xor),
    TOPOGRAD_SLOT(Py_nb_lshift, slot_lshift),
    TOPOGRAD_SLOT(Py_nb_rshift, slot_rshift),
    TOPOGRAD_SLOT(Py_nb_inplace_add, slot_inplace_add),
    TOPOGRAD_SLOT(Py_nb_inplace_subtract, slot_inplace_subtract),
    TOPOGRAD_SLOT(Py_nb_inplace_multiply, slot_inplace_multiply),
    TOPOGRAD_SLOT(Py_nb_inplace_true_divide, slot_inplace_true_divide),
    TOPOGRAD_SLOT(Py_nb_inplace_floor_divide, slot_inplace_floor_divide),
    TOPOGRAD_SLOT(Py_nb_inplace_remainder, slot_inplace_remainder),
    TOPOGRAD_SLOT(Py_nb_inplace_power, slot_inplace_power),
    TOPOGRAD_SLOT(Py_nb_inplace_and, slot_inplace_and),
    TOPOGRAD_SLOT(Py_nb_inplace_or, slot_inplace_or),
    TOPOGRAD_SLOT(Py_nb_inplace_xor, slot_inplace_xor),
    TOPOGRAD_SLOT(Py_nb_negative, slot_negative),
    TOPOGRAD_SLOT(Py_nb_positive, slot_positive),
    TOPOGRAD_SLOT(Py_nb_absolute, slot_absolute),
    TOPOGRAD_SLOT(Py_nb_invert, slot_invert),
    TOPOGRAD_SLOT(Py_nb_bool, truth),
    TOPOGRAD_SLOT(Py_nb_float, to_float),
    TOPOGRAD_SLOT(Py_nb_int, to_int),
    TOPOGRAD_SLOT(Py_nb_index, to_index),
    TOPOGRAD_SLOT(Py_mp_length, length),
    TOPOGRAD_SLOT(Py_mp_subscript, subscript),
    TOPOGRAD_SLOT(Py_mp_ass_subscript, assign),
    TOPOGRAD_SLOT(Py_sq_length, length),
    TOPOGRAD_SLOT(Py_sq_item, item_at),
    TOPOGRAD_SLOT(Py_sq_contains, contains),
    {0, nullptr}};
PyType_Spec spec = {"topograd.Tensor", sizeof(PyTensor), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

std::vector<PyTypeObject*> named_tuples;

/// A named tuple type for ops with named results: topograd.return_types.max.
PyTypeObject* result_type_of(const OpRecord& op) {
  static std::vector<std::pair<const OpRecord*, PyTypeObject*>> made;
  for (const auto& [known, type] : made)
    if (known == &op) return type;
  const Signature& s = signature_of(op);
  // The descriptions must outlive the type, which lives for ever.
  auto* fields = new PyStructSequence_Field[s.result_names.size() + 1]();
  for (std::size_t i = 0; i < s.result_names.size(); ++i)
    fields[i].name = s.result_names[i].c_str();
  auto* name = new std::string("topograd.return_types." + s.function);
  PyStructSequence_Desc description = {name->c_str(), nullptr, fields,
                                       static_cast<int>(s.result_names.size())};
  PyTypeObject* type = PyStructSequence_NewType(&description);
  if (type == nullptr) throw_python();
  made.emplace_back(&op, type);
  return type;
}

}  // namespace

PyObject* wrap(Tensor x) {
  if (!x.defined()) Py_RETURN_NONE;
  auto* body = x.body();
  if (body->wrapper != nullptr) return Py_NewRef(static_cast<PyObject*>(body->wrapper));
  return wrap_as(tensor_type, std::move(x));
}

PyObject* wrap_as(PyTypeObject* type, Tensor x) {
  // A number written in a program is weak in promotion only until it is a tensor somebody holds.
  if (x.body()->wrapped_number && x.dtype() == DType::float64) x = cast(x, DType::float32);
  PyObject* object = type->tp_alloc(type, 0);
  if (object == nullptr) throw_python();
  auto* body = x.leave().leave();
  reinterpret_cast<PyTensor*>(object)->body = body;
  body->wrapper = object;
  body->wrapped_number = false;
  return object;
}

PyObject* wrap_results(const OpRecord& op, Results results) {
  if (!results.several) return wrap(std::move(results.one));
  const Signature& s = signature_of(op);
  const auto count = static_cast<Py_ssize_t>(results.many.size());
  const bool named = !s.result_names.empty();
  PyObject* list = named ? PyStructSequence_New(result_type_of(op)) : PyTuple_New(count);
  if (list == nullptr) throw_python();
  for (Py_ssize_t i = 0; i < count; ++i) {
    PyObject* item = wrap(std::move(results.many[static_cast<std::size_t>(i)]));
    if (named)
      PyStructSequence_SET_ITEM(list, i, item);
    else
      PyTuple_SET_ITEM(list, i, item);
  }
  return list;
}

void register_tensor(py::module_& m) {
  tensor_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (tensor_type == nullptr) throw_python();
  m.attr("Tensor") = py::handle(reinterpret_cast<PyObject*>(tensor_type));
  py::handle(reinterpret_cast<PyObject*>(tensor_type)).attr("__array_priority__") = 1000;
}

}  // namespace topograd::python
