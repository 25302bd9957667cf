// Memory shared with NumPy and others: the buffer protocol and DLPack.

#include <cstring>
#include <memory>
#include <type_traits>

#include "bindings/dlpack.h"
#include "bindings/tensor_type.h"
#include "graph/cuts.h"
#include "graph/node.h"
#include "graph/symbolic.h"
#include "ops/indexing.h"
#include "tensor/body.h"

namespace topograd::python {
namespace {

/// struct-module format characters of the dtypes; bfloat16 has none.
const char* format_of(DType dtype) {
  constexpr const char* formats[dtype_count] = {"f", "d", "e", nullptr, "b",  "B",
                                                "h", "i", "q", "?",     "Zf", "Zd"};
  return formats[static_cast<int>(dtype)];
}

DType dtype_of_format(const char* format, Py_ssize_t item_bytes) {
  std::string text = format == nullptr ? "B" : format;
  if (!text.empty() && (text[0] == '@' || text[0] == '=' || text[0] == '<' || text[0] == '|'))
    text.erase(0, 1);
  if (text == "Zf") return DType::complex64;
  if (text == "Zd") return DType::complex128;
  expect<TypeError>(
      text.size() == 1,
      "from_numpy: elements of format '{}' are not supported (big-endian or structured?)",
      format == nullptr ? "" : format);
  switch (text[0]) {
    case '?': return DType::boolean;
    case 'e': return DType::float16;
    case 'f': return DType::float32;
    case 'd': return DType::float64;
    case 'B': return DType::uint8;
    case 'b':
    case 'h':
    case 'i':
    case 'l':
    case 'q':
    case 'n':
      if (item_bytes == 1) return DType::int8;
      if (item_bytes == 2) return DType::int16;
      if (item_bytes == 4) return DType::int32;
      if (item_bytes == 8) return DType::int64;
      break;
    default: break;
  }
  fail<TypeError>("from_numpy: elements of format '{}' are not supported; convert the array first",
                  text);
}

void release_buffer(void* context) {
  auto* view = static_cast<Py_buffer*>(context);
  if (Py_IsInitialized() != 0) {
    const auto state = PyGILState_Ensure();
    PyBuffer_Release(view);
    PyGILState_Release(state);
  }
  delete view;
}

/// A tensor over the memory of an object with the buffer protocol, which stays locked while the
/// tensor lives.
Tensor from_buffer(const py::object& source) {
  auto view = std::make_unique<Py_buffer>();
  // Without PyBUF_WRITABLE read-only memory comes too; such a tensor refuses to be written.
  if (PyObject_GetBuffer(source.ptr(), view.get(), PyBUF_STRIDES | PyBUF_FORMAT) != 0)
    throw_python();
  const auto give_back = [&](auto&&... message) {
    PyBuffer_Release(view.get());
    fail<ValueError>(message...);
  };
  DType dtype;
  try {
    dtype = dtype_of_format(view->format, view->itemsize);
  } catch (...) {
    PyBuffer_Release(view.get());
    throw;
  }
  const auto bytes = static_cast<Py_ssize_t>(size_of(dtype));
  Dims sizes, strides;
  index high = 0;
  bool empty = false;
  if (view->ndim > max_rank) give_back("from_numpy: more than {} dims", max_rank);
  for (int d = 0; d < view->ndim; ++d) {
    const Py_ssize_t stride = view->strides != nullptr ? view->strides[d] : bytes;
    if (stride % bytes != 0)
      give_back("from_numpy: strides are no multiple of the element size; copy the array first");
    if (stride < 0)
      give_back(
          "from_numpy: negative strides are not supported; copy the array first (array.copy())");
    sizes.push_back(view->shape[d]);
    strides.push_back(stride / bytes);
    if (view->shape[d] > 0) high += (view->shape[d] - 1) * (stride / bytes);
    empty = empty || view->shape[d] == 0;
  }
  if (reinterpret_cast<std::uintptr_t>(view->buf) % static_cast<std::uintptr_t>(bytes) != 0)
    give_back("from_numpy: the array is not aligned; copy it first");
  void* data = view->buf;
  const bool writable = view->readonly == 0;
  const auto reach = static_cast<std::size_t>(empty ? 0 : (high + 1) * bytes);
  const Ref<Storage> storage = Storage::wrap(data, reach, release_buffer, view.release(), writable);
  const Tensor made = make_view(storage, sizes, strides, 0, dtype);
  if (!empty) note_return(made, true);
  return made;
}

struct Shape {
  std::vector<Py_ssize_t> sizes, strides;
  Ref<Storage> storage;
};

// ---------------------------------------------------------------- DLPack

/// A tensor lent out: it lives until the consumer calls the deleter.
template <class Managed>
struct Exported {
  Managed managed{};
  Tensor tensor;
  std::vector<std::int64_t> sizes, strides;
};

template <class Managed>
constexpr bool versioned = std::is_same_v<Managed, DLManagedTensorVersioned>;
/// The name of a capsule that nobody has used yet, and of one that somebody has.
template <class Managed>
constexpr const char* fresh_name = versioned<Managed> ? "dltensor_versioned" : "dltensor";
template <class Managed>
constexpr const char* used_name = versioned<Managed> ? "used_dltensor_versioned" : "used_dltensor";

constexpr std::pair<DType, DLDataType> dlpack_types[] = {
    {DType::float32, {kDLFloat, 32, 1}},     {DType::float64, {kDLFloat, 64, 1}},
    {DType::float16, {kDLFloat, 16, 1}},     {DType::bfloat16, {kDLBfloat, 16, 1}},
    {DType::int8, {kDLInt, 8, 1}},           {DType::uint8, {kDLUInt, 8, 1}},
    {DType::int16, {kDLInt, 16, 1}},         {DType::int32, {kDLInt, 32, 1}},
    {DType::int64, {kDLInt, 64, 1}},         {DType::boolean, {kDLBool, 8, 1}},
    {DType::complex64, {kDLComplex, 64, 1}}, {DType::complex128, {kDLComplex, 128, 1}}};

template <class Managed>
void capsule_destroyed(PyObject* capsule) {
  constexpr const char* name = fresh_name<Managed>;
  if (PyCapsule_IsValid(capsule, name) == 0) return;  // somebody took it over
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, name));
  if (managed != nullptr && managed->deleter != nullptr) managed->deleter(managed);
}

template <class Managed>
py::object lend(const Tensor& x, bool copied) {
  auto exported = std::make_unique<Exported<Managed>>();
  exported->tensor = x.detach();
  exported->sizes = x.shape().to_vector();
  exported->strides = x.strides().to_vector();
  auto& t = exported->managed.dl_tensor;
  t.data = x.address();
  t.device = {kDLCPU, 0};
  t.ndim = x.rank();
  for (const auto& [dtype, code] : dlpack_types)
    if (dtype == x.dtype()) t.dtype = code;
  t.shape = exported->sizes.data();
  t.strides = exported->strides.data();
  t.byte_offset = 0;
  exported->managed.manager_ctx = exported.get();
  exported->managed.deleter = [](Managed* self) {
    delete static_cast<Exported<Managed>*>(self->manager_ctx);
  };
  if constexpr (versioned<Managed>) {
    exported->managed.version = {1, 0};
    exported->managed.flags = (x.body()->storage->writable() ? 0 : DLPACK_FLAG_BITMASK_READ_ONLY) |
                              (copied ? DLPACK_FLAG_BITMASK_IS_COPIED : 0);
  }
  PyObject* capsule =
      PyCapsule_New(&exported->managed, fresh_name<Managed>, capsule_destroyed<Managed>);
  if (capsule == nullptr) throw_python();
  (void)exported.release();
  return py::reinterpret_steal<py::object>(capsule);
}

/// with_version: a capsule of DLPack 1, which can say that the memory is read-only.
py::object to_dlpack(const Tensor& x, bool with_version, bool copied) {
  expect<TypeError>(!x.requires_grad(),
                    "__dlpack__: a tensor of shape {} requires grad; use detach()", x.shape());
  if (with_version) return lend<DLManagedTensorVersioned>(x, copied);
  if (!x.body()->storage->writable()) {
    PyErr_SetString(PyExc_BufferError,
                    "__dlpack__: the tensor looks at read-only memory, which a consumer that does "
                    "not speak version 1 of DLPack would write to; clone it first");
    throw_python();
  }
  return lend<DLManagedTensor>(x, copied);
}

template <class Managed>
void release_managed(void* context) {
  auto* managed = static_cast<Managed*>(context);
  if (managed->deleter == nullptr || Py_IsInitialized() == 0) return;
  const auto state = PyGILState_Ensure();
  managed->deleter(managed);
  PyGILState_Release(state);
}

DType dtype_from(const DLDataType& type) {
  for (const auto& [known, code] : dlpack_types)
    if (code.code == type.code && code.bits == type.bits && type.lanes == 1) return known;
  fail<TypeError>("from_dlpack: element type (code {}, {} bits, {} lanes) is not supported",
                  static_cast<int>(type.code), static_cast<int>(type.bits), type.lanes);
}

/// How many elements of memory the described array reaches over.
index reach_of(const Dims& sizes, const Dims& strides) {
  index last = 0;
  for (int d = 0; d < sizes.size(); ++d) {
    index reach;
    expect<ValueError>(strides[d] >= 0 || sizes[d] <= 1,
                       "from_dlpack: negative strides are not supported; copy the array first");
    expect<ValueError>(!__builtin_mul_overflow(std::max<index>(sizes[d] - 1, 0),
                                               std::max<index>(strides[d], 0), &reach) &&
                           !__builtin_add_overflow(last, reach, &last) && last < (index{1} << 55),
                       "from_dlpack: strides {} of shape {} reach too far", strides, sizes);
  }
  for (const index size : sizes)
    if (size == 0) return 0;
  return last + 1;
}

/// Takes over what `managed` lends; it is given back in any case, also when it is refused.
template <class Managed>
Tensor take_over(Managed* managed) {
  Ref<Storage> storage;
  try {
    bool writable = true;
    if constexpr (versioned<Managed>) {
      expect<ValueError>(managed->version.major == 1,
                         "from_dlpack: version {}.{} of DLPack is not known; expects version 1",
                         managed->version.major, managed->version.minor);
      writable = (managed->flags & DLPACK_FLAG_BITMASK_READ_ONLY) == 0;
    }
    const DLTensor& t = managed->dl_tensor;
    expect<ValueError>(t.device.device_type == kDLCPU, "from_dlpack: device type {} is not the CPU",
                       static_cast<int>(t.device.device_type));
    expect<ValueError>(t.ndim >= 0 && t.ndim <= max_rank && (t.ndim == 0 || t.shape != nullptr),
                       "from_dlpack: {} dims", t.ndim);
    const DType dtype = dtype_from(t.dtype);
    const Dims sizes(t.shape, t.shape + t.ndim);
    for (const index size : sizes)
      expect<ValueError>(size >= 0, "from_dlpack: sizes must not be negative, got {}", sizes);
    const index count = count_of(sizes);
    const Dims strides =
        t.strides == nullptr ? contiguous_strides(sizes) : Dims(t.strides, t.strides + t.ndim);
    const index reach = reach_of(sizes, strides);
    expect<ValueError>(t.data != nullptr || count == 0, "from_dlpack: no memory for shape {}",
                       sizes);
    char* data = t.data == nullptr ? nullptr : static_cast<char*>(t.data) + t.byte_offset;
    expect<ValueError>(reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) == 0,
                       "from_dlpack: the memory is not aligned; copy the array first");
    storage = Storage::wrap(data, static_cast<std::size_t>(reach) * size_of(dtype),
                            release_managed<Managed>, managed, writable);
    return make_view(storage, sizes, strides, 0, dtype);
  } catch (...) {
    if (!storage) release_managed<Managed>(managed);
    throw;
  }
}

template <class Managed>
Tensor from_capsule(PyObject* capsule) {
  auto* managed = static_cast<Managed*>(PyCapsule_GetPointer(capsule, fresh_name<Managed>));
  if (managed == nullptr || PyCapsule_SetName(capsule, used_name<Managed>) != 0) throw_python();
  return take_over(managed);
}

Tensor from_dlpack_capsule(const py::object& capsule) {
  if (PyCapsule_IsValid(capsule.ptr(), fresh_name<DLManagedTensorVersioned>) != 0)
    return from_capsule<DLManagedTensorVersioned>(capsule.ptr());
  expect<TypeError>(PyCapsule_IsValid(capsule.ptr(), fresh_name<DLManagedTensor>) != 0,
                    "from_dlpack: expects a 'dltensor' capsule that nobody has used yet");
  return from_capsule<DLManagedTensor>(capsule.ptr());
}

}  // namespace

int tensor_get_buffer(PyObject* self, Py_buffer* view, int flags) {
  view->obj = nullptr;
  return guarded<int>(-1, [&] {
    const Tensor x = as_tensor(self);
    refuse_reading(x);
    expect(!x.requires_grad(),
           "numpy: a tensor of shape {} that requires grad can not be seen as an array; use "
           "tensor.detach().numpy()",
           x.shape());
    const char* format = format_of(x.dtype());
    expect<TypeError>(format != nullptr,
                      "numpy: there is no NumPy dtype for {}; convert with .float() first",
                      x.dtype());
    expect<ValueError>((flags & PyBUF_WRITABLE) == 0 || x.body()->storage->writable(),
                       "buffer: the tensor looks at read-only memory");
    expect<ValueError>((flags & PyBUF_STRIDES) == PyBUF_STRIDES || x.contiguous(),
                       "buffer: the tensor is not contiguous");
    auto* shape = new Shape;
    const auto bytes = static_cast<Py_ssize_t>(size_of(x.dtype()));
    for (int d = 0; d < x.rank(); ++d) {
      shape->sizes.push_back(x.shape()[d]);
      shape->strides.push_back(x.strides()[d] * bytes);
    }
    shape->storage = x.body()->storage;
    const AwaitedSite here;
    note_exit(x, true);
    view->obj = Py_NewRef(self);
    view->buf = x.address();
    view->len = x.count() * bytes;
    view->readonly = x.body()->storage->writable() ? 0 : 1;
    view->itemsize = bytes;
    view->format = (flags & PyBUF_FORMAT) != 0 ? const_cast<char*>(format) : nullptr;
    view->ndim = x.rank();
    view->shape = shape->sizes.data();
    view->strides = shape->strides.data();
    view->suboffsets = nullptr;
    view->internal = shape;
    return 0;
  });
}

void tensor_release_buffer(PyObject*, Py_buffer* view) {
  end_exit(view->buf);
  delete static_cast<Shape*>(view->internal);
}

void register_interop(py::module_& m) {
  m.def("from_buffer", from_buffer);
  m.def("to_dlpack", to_dlpack, py::arg("x"), py::arg("with_version"), py::arg("copied"));
  m.def("from_dlpack_capsule", from_dlpack_capsule);
  m.def("joined_rows", &joined_rows, py::arg("parts"), py::arg("rows"),
        py::call_guard<py::gil_scoped_release>());
}

}  // namespace topograd::python
