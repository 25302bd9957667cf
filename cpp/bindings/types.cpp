// tg.dtype, tg.Size, tg.device and numbers.

#include <cstring>

#include "bindings/python.h"

namespace topograd::python {
namespace {

struct PyDType {
  PyObject_HEAD DType dtype;
};
PyTypeObject* dtype_type = nullptr;
PyTypeObject* size_type = nullptr;
PyObject* dtypes[dtype_count];
DType current_default = DType::float32;

PyObject* dtype_repr(PyObject* self) {
  return PyUnicode_FromFormat("topograd.%s", std::string(name_of(as_dtype(self))).c_str());
}
PyObject* dtype_reduce(PyObject* self, PyObject*) {
  return PyUnicode_FromString(std::string(name_of(as_dtype(self))).c_str());
}
PyObject* dtype_floating(PyObject* self, void*) {
  return PyBool_FromLong(is_floating(as_dtype(self)));
}
PyObject* dtype_complex(PyObject* self, void*) {
  return PyBool_FromLong(is_complex(as_dtype(self)));
}
PyObject* dtype_signed(PyObject* self, void*) {
  const DType dtype = as_dtype(self);
  return PyBool_FromLong(dtype != DType::uint8 && dtype != DType::boolean);
}
PyObject* dtype_itemsize(PyObject* self, void*) {
  return PyLong_FromSize_t(size_of(as_dtype(self)));
}

PyObject* size_repr(PyObject* self) {
  const auto list = py::reinterpret_steal<py::object>(PySequence_List(self));
  return PyUnicode_FromFormat("topograd.Size(%R)", list.ptr());
}
PyObject* size_numel(PyObject* self, PyObject*) {
  // Whole numbers of any length: a Size need not be that of a tensor.
  PyObject* count = PyLong_FromLong(1);
  for (Py_ssize_t i = 0; count != nullptr && i < PyTuple_GET_SIZE(self); ++i) {
    PyObject* product = PyNumber_Multiply(count, PyTuple_GET_ITEM(self, i));
    Py_DECREF(count);
    count = product;
  }
  return count;
}
/// Sizes are integers; what only looks like one (a NumPy integer) becomes one.
PyObject* size_new(PyTypeObject* type, PyObject* args, PyObject* keywords) {
  PyObject* made = PyTuple_Type.tp_new(type, args, keywords);
  for (Py_ssize_t i = 0; made != nullptr && i < PyTuple_GET_SIZE(made); ++i) {
    PyObject* item = PyTuple_GET_ITEM(made, i);
    if (PyLong_CheckExact(item)) continue;
    PyObject* whole = PyIndex_Check(item) != 0 ? PyNumber_Index(item) : nullptr;
    if (whole != nullptr && !PyLong_CheckExact(whole)) Py_SETREF(whole, PyNumber_Long(whole));
    if (whole == nullptr) {
      PyErr_Format(PyExc_TypeError, "Size: expects integers, item %zd is %s", i,
                   Py_TYPE(item)->tp_name);
      Py_CLEAR(made);
      break;
    }
    PyTuple_SET_ITEM(made, i, whole);
    Py_DECREF(item);
  }
  return made;
}
PyObject* size_subscript(PyObject* self, PyObject* key) {
  PyObject* item = PyTuple_Type.tp_as_mapping->mp_subscript(self, key);
  if (item == nullptr || !PySlice_Check(key)) return item;
  PyObject* part = PyObject_CallOneArg(reinterpret_cast<PyObject*>(size_type), item);
  Py_DECREF(item);
  return part;
}

void make_dtype_type(py::module_& m) {
  static PyMethodDef methods[] = {{"__reduce__", dtype_reduce, METH_NOARGS, nullptr}, {}};
  static PyGetSetDef attributes[] = {
      {"is_floating_point", dtype_floating, nullptr, "Whether it is a floating point dtype.",
       nullptr},
      {"is_complex", dtype_complex, nullptr, "Whether it is a complex dtype.", nullptr},
      {"is_signed", dtype_signed, nullptr, "Whether it holds negative numbers.", nullptr},
      {"itemsize", dtype_itemsize, nullptr, "Bytes of an element.", nullptr},
      {}};
  static PyType_Slot slots[] = {{Py_tp_repr, reinterpret_cast<void*>(dtype_repr)},
                                {Py_tp_methods, methods},
                                {Py_tp_getset, attributes},
                                {Py_tp_doc, const_cast<char*>("The type of a tensor's elements.")},
                                {0, nullptr}};
  static PyType_Spec spec = {"topograd.dtype", sizeof(PyDType), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
  dtype_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (dtype_type == nullptr) throw_python();
  m.attr("dtype") = py::handle(reinterpret_cast<PyObject*>(dtype_type));
  for (int i = 0; i < dtype_count; ++i) {
    auto* object = PyObject_New(PyDType, dtype_type);
    object->dtype = static_cast<DType>(i);
    dtypes[i] = reinterpret_cast<PyObject*>(object);
    m.attr(std::string(name_of(object->dtype)).c_str()) = py::handle(dtypes[i]);
  }
  const std::pair<const char*, DType> aliases[] = {
      {"float", DType::float32},    {"double", DType::float64},    {"half", DType::float16},
      {"short", DType::int16},      {"int", DType::int32},         {"long", DType::int64},
      {"cfloat", DType::complex64}, {"cdouble", DType::complex128}};
  for (const auto& [name, dtype] : aliases) m.attr(name) = py::handle(wrap_dtype(dtype));
}

void make_size_type(py::module_& m) {
  static PyMethodDef methods[] = {
      {"numel", size_numel, METH_NOARGS, "Number of elements: the product of the sizes."}, {}};
  static PyType_Slot slots[] = {
      {Py_tp_new, reinterpret_cast<void*>(size_new)},
      {Py_tp_repr, reinterpret_cast<void*>(size_repr)},
      {Py_mp_subscript, reinterpret_cast<void*>(size_subscript)},
      {Py_tp_methods, methods},
      {Py_tp_doc, const_cast<char*>("The shape of a tensor: a tuple of its sizes.")},
      {0, nullptr}};
  static PyType_Spec spec = {"topograd.Size", 0, 0, Py_TPFLAGS_DEFAULT, slots};
  const py::tuple bases = py::make_tuple(py::handle(reinterpret_cast<PyObject*>(&PyTuple_Type)));
  size_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpecWithBases(&spec, bases.ptr()));
  if (size_type == nullptr) throw_python();
  m.attr("Size") = py::handle(reinterpret_cast<PyObject*>(size_type));
}

/// tg.device("cpu"): what PyTorch programs pass around.
struct DeviceName {
  std::string type;
  std::optional<int> index;

  static bool is_number(PyObject* object) { return PyLong_Check(object) && !PyBool_Check(object); }
  static DeviceName parse(const py::object& given, std::optional<int> index) {
    if (py::isinstance<DeviceName>(given)) return given.cast<DeviceName>();
    expect<DeviceError>(!is_number(given.ptr()),
                        "device: {} is a number, and there are no numbered "
                        "devices: this topograd computes on the CPU",
                        std::string(py::str(given)));
    expect<TypeError>(py::isinstance<py::str>(given),
                      "device: expects a name such as 'cpu', got {}",
                      Py_TYPE(given.ptr())->tp_name);
    auto text = given.cast<std::string>();
    if (const auto colon = text.find(':'); colon != std::string::npos) {
      const std::string number = text.substr(colon + 1);
      expect(!number.empty() && number.size() < 4 &&
                 number.find_first_not_of("0123456789") == std::string::npos,
             "device: '{}' is not a device name", text);
      index = std::stoi(number);
      text.resize(colon);
    }
    constexpr std::string_view known =
        " cpu cuda ipu xpu mkldnn opengl opencl ideep hip ve fpga maia xla lazy vulkan mps meta "
        "hpu "
        "mtia privateuseone ";
    expect(text.find(' ') == text.npos && known.find(" " + text + " ") != known.npos,
           "device: expected 'cpu', 'cuda' or another device that PyTorch has, got '{}'", text);
    return {text, index};
  }
  std::string text() const { return index ? type + ":" + std::to_string(*index) : type; }
  bool operator==(const DeviceName&) const = default;
};

void expect_available(const DeviceName& name) {
  expect<DeviceError>(
      name.type == "cpu",
      "device '{}' is not available: topograd was built without CUDA, or the plug-in found none",
      name.text());
}

}  // namespace

bool is_dtype(PyObject* object) { return Py_TYPE(object) == dtype_type; }
DType as_dtype(PyObject* object) { return reinterpret_cast<PyDType*>(object)->dtype; }
PyObject* wrap_dtype(DType dtype) { return Py_NewRef(dtypes[static_cast<int>(dtype)]); }
DType default_dtype() { return current_default; }

bool to_device(PyObject* object, Device& device) {
  if (PyUnicode_Check(object) == 0 && !py::isinstance<DeviceName>(object) &&
      !DeviceName::is_number(object))
    return false;
  const DeviceName name =
      DeviceName::parse(py::reinterpret_borrow<py::object>(object), std::nullopt);
  expect_available(name);
  device = Device();
  return true;
}

bool is_size(PyObject* object) { return Py_TYPE(object) == size_type; }

PyObject* wrap_size(const Dims& shape) {
  PyObject* tuple = size_type->tp_alloc(size_type, shape.size());
  if (tuple == nullptr) return nullptr;
  for (int d = 0; d < shape.size(); ++d) PyTuple_SET_ITEM(tuple, d, PyLong_FromLongLong(shape[d]));
  return tuple;
}

PyObject* to_python(const Scalar& scalar) {
  if (scalar.kind() == DType::boolean) return PyBool_FromLong(static_cast<long>(scalar.integer()));
  if (scalar.is_complex())
    return PyComplex_FromDoubles(scalar.complex().real(), scalar.complex().imag());
  return scalar.is_real() ? PyFloat_FromDouble(scalar.real())
                          : PyLong_FromLongLong(scalar.integer());
}

bool to_scalar(PyObject* object, Scalar& scalar) {
  if (PyFloat_Check(object)) {
    scalar = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (PyBool_Check(object)) {
    scalar = object == Py_True;
    return true;
  }
  if (PyLong_Check(object)) {
    int overflow = 0;
    const long long value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow != 0) {
      const double real = PyLong_AsDouble(object);
      if (real == -1 && PyErr_Occurred() != nullptr) throw_python();
      fail<ValueError>("number: {} does not fit into 64 bits", real);
    }
    scalar = static_cast<std::int64_t>(value);
    return true;
  }
  if (PyComplex_Check(object)) {
    scalar = std::complex<double>(PyComplex_RealAsDouble(object), PyComplex_ImagAsDouble(object));
    return true;
  }
  if (is_tensor(object) || PyUnicode_Check(object) || PySequence_Check(object)) return false;
  // NumPy's scalars, fractions and the like.
  if (PyIndex_Check(object) != 0) {
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(object));
    if (!number) throw_python();
    return to_scalar(number.ptr(), scalar);
  }
  auto* number = Py_TYPE(object)->tp_as_number;
  if (number == nullptr || number->nb_float == nullptr) return false;
  const double value = PyFloat_AsDouble(object);
  if (value == -1 && PyErr_Occurred() != nullptr) throw_python();
  // numpy.bool_ has a float as well, and stays a boolean.
  if (std::strcmp(Py_TYPE(object)->tp_name, "numpy.bool_") == 0 ||
      std::strcmp(Py_TYPE(object)->tp_name, "numpy.bool") == 0)
    scalar = value != 0;
  else
    scalar = value;
  return true;
}

void register_types(py::module_& m) {
  make_dtype_type(m);
  make_size_type(m);
  m.def("get_default_dtype", [] { return current_default; });
  m.def(
      "set_default_dtype",
      [](const py::object& given) {
        expect<TypeError>(is_dtype(given.ptr()), "set_default_dtype: expects a dtype, got {}",
                          Py_TYPE(given.ptr())->tp_name);
        const DType dtype = as_dtype(given.ptr());
        expect<TypeError>(is_floating(dtype),
                          "set_default_dtype: expects a floating point dtype, got {}", dtype);
        current_default = dtype;
      },
      py::arg("d"));
  py::class_<DeviceName>(m, "device", "Where a tensor's elements are: device('cpu').")
      .def(py::init(&DeviceName::parse), py::arg("type"), py::arg("index") = std::nullopt)
      .def_readonly("type", &DeviceName::type)
      .def_readonly("index", &DeviceName::index)
      .def("__eq__",
           [](const DeviceName& a, const py::object& b) {
             return py::isinstance<DeviceName>(b) && a == b.cast<DeviceName>();
           })
      .def("__hash__", [](const DeviceName& a) { return std::hash<std::string>()(a.text()); })
      .def("__str__", &DeviceName::text)
      .def("__enter__",
           [](const py::object& self) {
             expect_available(self.cast<DeviceName>());
             return self;
           })
      .def("__exit__", [](const DeviceName&, const py::args&) {})
      .def("__repr__",
           [](const DeviceName& a) {
             return "device(type='" + a.type + "'" +
                    (a.index ? ", index=" + std::to_string(*a.index) : "") + ")";
           })
      .def("__reduce__", [](const py::object& self) {
        return py::make_tuple(py::type::of(self), py::make_tuple(py::str(self)));
      });
}

}  // namespace topograd::python
