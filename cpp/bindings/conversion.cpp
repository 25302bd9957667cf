// Python data as tensors, and what stands between the brackets of x[...].

#include <string_view>

#include "bindings/python.h"
#include "graph/cuts.h"
#include "graph/mode.h"
#include "tensor/body.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

/// Whether data tells of its memory as an array does, rather than being walked as a sequence.
bool is_array_like(PyObject* data) {
  if (PyList_Check(data) || PyTuple_Check(data) || PyUnicode_Check(data)) return false;
  return PyObject_CheckBuffer(data) != 0 || PyObject_HasAttrString(data, "__array__") != 0 ||
         PyObject_HasAttrString(data, "__array_interface__") != 0;
}

/// Walks nested sequences once for the shape and the widest kind of number, then once for the
/// elements. Every item is held while it is looked at: converting it may run code that changes the
/// lists.
class Nested {
 public:
  explicit Nested(PyObject* data) { measure(data, 0); }
  /// A tensor among the data that has a history, or had one; undefined where there is none.
  const Tensor& with_history() const { return with_history_; }

  Tensor build(PyObject* data, std::optional<DType> dtype) {
    DType chosen = DType::boolean;
    if (!dtype && array_type_) return build(data, *array_type_);
    if (dtype)
      chosen = *dtype;
    else if (tensors_)
      chosen = tensor_type_;
    else if (complexes_)
      chosen = complex_of(default_dtype());
    else if (count_ == 0 || reals_)
      chosen = default_dtype();
    else if (integers_)
      chosen = DType::int64;
    expect<TypeError>(!complexes_ || is_complex(chosen),
                      "tensor: complex numbers do not fit into {}", chosen);
    const DType work = complexes_                               ? DType::complex128
                       : is_floating(chosen) || reals_          ? DType::float64
                       : chosen == DType::boolean && !integers_ ? DType::boolean
                                                                : DType::int64;
    Tensor out = Tensor::empty(shape_, work);
    chosen_ = chosen;
    index at = 0;
    fill(data, 0, out, at);
    expect<ValueError>(at == out.count(), "tensor: the data changed while it was read");
    return converted_freely(out, chosen);
  }

 private:
  static bool is_sequence(PyObject* object) {
    return PyList_Check(object) || PyTuple_Check(object) ||
           (PySequence_Check(object) && !PyUnicode_Check(object) && !PyBytes_Check(object) &&
            !is_tensor(object) && PySequence_Size(object) >= 0 && clear_error());
  }
  static bool clear_error() {
    PyErr_Clear();
    return true;
  }

  void note(const Scalar& number) {
    ++count_;
    reals_ = reals_ || number.is_real();
    complexes_ = complexes_ || number.is_complex();
    integers_ = integers_ || number.kind() == DType::int64;
  }

  void measure(PyObject* data, int depth) {
    expect<ValueError>(depth <= max_rank, "tensor: the data is nested more than {} deep", max_rank);
    Scalar number = 0;
    if (is_tensor(data)) {
      const Tensor x = as_tensor(data);
      expect<ValueError>(x.count() == 1,
                         "tensor: a tensor inside a list must have one element, got shape {}",
                         x.shape());
      tensor_type_ = tensors_ ? promote(tensor_type_, x.dtype()) : x.dtype();
      tensors_ = true;
      if (!with_history_.defined() && (x.requires_grad() || x.body()->cut != 0)) with_history_ = x;
      note(x.item());
      return reached(depth);
    }
    if (to_scalar(data, number)) {
      note(number);
      return reached(depth);
    }
    PyErr_Clear();
    // A list of arrays has the arrays' dtype.
    if (is_array_like(data) && PyObject_HasAttrString(data, "__array_interface__")) {
      const DType dtype = tensor_from(data, std::nullopt).dtype();
      array_type_ = array_type_ ? promote(*array_type_, dtype) : dtype;
    }
    expect<TypeError>(is_sequence(data), "tensor: can not make numbers of {}",
                      Py_TYPE(data)->tp_name);
    const Py_ssize_t length = PySequence_Size(data);
    if (length < 0) throw_python();
    if (static_cast<int>(sizes_.size()) == depth && !leaf_depth_) sizes_.push_back(length);
    expect<ShapeError>(depth < static_cast<int>(sizes_.size()) &&
                           sizes_[static_cast<std::size_t>(depth)] == length,
                       "tensor: lists of different lengths at depth {}", depth);
    expect<ShapeError>(length < Py_ssize_t{1} << 40,
                       "tensor: {} items are more than memory can hold", length);
    for (Py_ssize_t i = 0; i < length; ++i) {
      if (i % 4096 == 4095 && PyErr_CheckSignals() != 0) throw_python();
      const auto item = py::reinterpret_steal<py::object>(PySequence_GetItem(data, i));
      if (!item) throw_python();
      measure(item.ptr(), depth + 1);
    }
    if (depth == 0) {
      shape_ = Dims();
      for (index size : sizes_) shape_.push_back(size);
      count_of(shape_);
    }
  }

  void reached(int depth) {
    expect<ShapeError>(!leaf_depth_ || *leaf_depth_ == depth,
                       "tensor: numbers at different depths {} and {}", leaf_depth_.value_or(0),
                       depth);
    expect<ShapeError>(static_cast<int>(sizes_.size()) == depth,
                       "tensor: numbers and lists at the same depth {}", depth);
    leaf_depth_ = depth;
  }

  void fill(PyObject* data, int depth, const Tensor& out, index& at) {
    if (depth == shape_.size()) {
      Scalar number = 0;
      if (is_tensor(data))
        number = as_tensor(data).item();
      else
        expect<TypeError>(to_scalar(data, number), "tensor: the data changed while it was read");
      expect<ValueError>(at < out.count(), "tensor: the data changed while it was read");
      if (out.dtype() == DType::complex128)
        out.data<std::complex<double>>()[at++] = number.complex();
      else if (out.dtype() == DType::float64)
        out.data<double>()[at++] = fitting(number, chosen_, "tensor").real();
      else if (out.dtype() == DType::int64)
        out.data<std::int64_t>()[at++] = fitting(number, chosen_, "tensor").integer();
      else
        out.data<bool>()[at++] = number.integer() != 0;
      return;
    }
    const index length = shape_[depth];
    for (index i = 0; i < length; ++i) {
      const auto item = py::reinterpret_steal<py::object>(PySequence_GetItem(data, i));
      if (!item) throw_python();
      fill(item.ptr(), depth + 1, out, at);
    }
  }

  std::vector<index> sizes_;
  std::optional<int> leaf_depth_;
  Dims shape_;
  index count_ = 0;
  bool complexes_ = false, reals_ = false, integers_ = false, tensors_ = false;
  DType tensor_type_ = DType::boolean;
  DType chosen_ = DType::boolean;
  Tensor with_history_;
  std::optional<DType> array_type_;
};

/// The most common data in one pass: a list of nothing but Python floats. Undefined for other data.
template <class T>
Tensor from_floats(PyObject* list) {
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(list);
  PyObject** items = PySequence_Fast_ITEMS(list);
  for (Py_ssize_t i = 0; i < count; ++i)
    if (PyFloat_CheckExact(items[i]) == 0) return {};
  const Tensor out = Tensor::empty({count}, dtype_of<T>);
  T* values = out.data<T>();
  for (Py_ssize_t i = 0; i < count; ++i) values[i] = static_cast<T>(PyFloat_AS_DOUBLE(items[i]));
  return out;
}

}  // namespace

Tensor tensor_from(PyObject* data, std::optional<DType> dtype) {
  if (is_tensor(data)) {
    const AwaitedSite here;
    const Tensor x = cut_off(as_tensor(data), CutKind::copied);
    const Tensor copy = dense_copy(dtype ? converted_freely(x, *dtype) : x);
    copy.body()->cut = x.body()->cut;
    return copy;
  }
  // Arrays come with their memory; nested lists are walked.
  if (is_array_like(data)) {
    const Tensor view = py::module_::import("topograd._interop")
                            .attr("from_array")(py::handle(data))
                            .cast<Tensor>();
    const Tensor copy = dense_copy(dtype ? converted_freely(view, *dtype) : view);
    copy.body()->cut = view.body()->cut;
    return copy;
  }
  if (PyList_CheckExact(data) || PyTuple_CheckExact(data)) {
    const DType wanted = dtype.value_or(default_dtype());
    Tensor flat;
    if (wanted == DType::float32) flat = from_floats<float>(data);
    if (wanted == DType::float64) flat = from_floats<double>(data);
    if (flat.defined()) {
      note_return(flat);
      return flat;
    }
  }
  try {
    Nested nested(data);
    const Tensor made = nested.build(data, dtype);
    if (nested.with_history().defined()) {
      const AwaitedSite here;
      made.body()->cut = cut_off(nested.with_history(), CutKind::copied).body()->cut;
    } else {
      note_return(made);
    }
    return made;
  } catch (const ValueError& e) {
    if (std::string_view(e.what()).starts_with("tensor")) throw;
    fail<ValueError>("tensor: {}", e.what());
  }
}

namespace {

/// Bytes as an index are a mask, as in PyTorch: programs from before there was bool have them.
Tensor mask_of_bytes(const Tensor& x) {
  if (PyErr_WarnEx(PyExc_UserWarning,
                   "index: a uint8 tensor as an index is taken for a mask, which is deprecated; "
                   "convert it with .bool(), or with .long() if it holds positions",
                   1) != 0)
    throw_python();
  return converted(x, DType::boolean);
}

}  // namespace

Indices indices_from(PyObject* key) {
  Indices indices;
  const auto add = [&](PyObject* item) {
    if (item == Py_None) {
      indices.push_back({.kind = IndexItem::Kind::newaxis});
    } else if (item == Py_Ellipsis) {
      indices.push_back({.kind = IndexItem::Kind::ellipsis});
    } else if (PyBool_Check(item)) {
      indices.push_back({.kind = IndexItem::Kind::tensor,
                         .tensor = Tensor::full({}, item == Py_True, DType::boolean)});
    } else if (PySlice_Check(item)) {
      auto* slice = reinterpret_cast<PySliceObject*>(item);
      IndexItem one{.kind = IndexItem::Kind::slice};
      const auto bound = [](PyObject* value) -> std::optional<index> {
        if (value == Py_None) return std::nullopt;
        const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value));
        if (!number) throw_python();
        // Bounds beyond 64 bits mean the end, as in Python.
        const Py_ssize_t clipped = PyNumber_AsSsize_t(number.ptr(), nullptr);
        if (clipped == -1 && PyErr_Occurred() != nullptr) throw_python();
        return clipped;
      };
      one.from = bound(slice->start);
      one.to = bound(slice->stop);
      one.step = bound(slice->step).value_or(1);
      indices.push_back(one);
    } else if (is_tensor(item)) {
      const Tensor x = as_tensor(item);
      // What is followed must not become a number.
      const bool followed = mode.everything && x.requires_grad();
      if (x.dtype() == DType::uint8)
        indices.push_back({.kind = IndexItem::Kind::tensor, .tensor = mask_of_bytes(x)});
      else if (x.rank() == 0 && is_integer(x.dtype()) && !followed)
        indices.push_back({.kind = IndexItem::Kind::integer, .start = x.item().integer()});
      else if (is_boolean(x.dtype()) || is_integer(x.dtype()))
        indices.push_back({.kind = IndexItem::Kind::tensor, .tensor = x});
      else
        fail<IndexError>("index: tensors used as indices must be int64 or bool, got {} of shape {}",
                         x.dtype(), x.shape());
    } else if (PyIndex_Check(item) != 0 && PySequence_Check(item) == 0) {
      const Py_ssize_t at = PyNumber_AsSsize_t(item, PyExc_IndexError);
      if (at == -1 && PyErr_Occurred() != nullptr) throw_python();
      indices.push_back({.kind = IndexItem::Kind::integer, .start = at});
    } else if ((PySequence_Check(item) != 0 && !PyUnicode_Check(item)) ||
               PyObject_HasAttrString(item, "__array__")) {
      Tensor x = tensor_from(item, std::nullopt);
      if (x.count() == 0 && is_floating(x.dtype())) x = converted(x, DType::int64);
      if (x.rank() == 0 && is_integer(x.dtype())) {
        indices.push_back({.kind = IndexItem::Kind::integer, .start = x.item().integer()});
        return;
      }
      expect<IndexError>(!is_differentiable(x.dtype()), "index: a list of {} can not be an index",
                         x.dtype());
      indices.push_back({.kind = IndexItem::Kind::tensor, .tensor = x});
    } else {
      fail<IndexError>(
          "index: expects integers, slices, None, Ellipsis, bool, lists or tensors, got {}",
          Py_TYPE(item)->tp_name);
    }
  };
  if (PyTuple_Check(key))
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(key); ++i) add(PyTuple_GET_ITEM(key, i));
  else
    add(key);
  return indices;
}

}  // namespace topograd::python
