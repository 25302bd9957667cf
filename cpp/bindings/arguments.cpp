// From Python's arguments to those of an op, driven by the op's signature.

#include "bindings/arguments.h"

#include <algorithm>
#include <cstring>

namespace topograd::python {
namespace {

/// NumPy's names for PyTorch's parameters, which PyTorch takes as well.
constexpr std::pair<const char*, const char*> aliases[] = {{"axis", "dim"}, {"keepdims", "keepdim"},
                                                           {"x", "input"},  {"a", "input"},
                                                           {"x1", "input"}, {"x2", "other"}};

bool to_integer(PyObject* object, std::int64_t& value) {
  if (PyLong_CheckExact(object) == 0) {
    if (PyFloat_Check(object) || PyIndex_Check(object) == 0) return false;
    // The usual tensor among the arguments of another form: without an exception of Python's.
    if (is_tensor(object) && as_tensor(object).count() != 1) return false;
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(object));
    if (!number) {
      PyErr_Clear();
      return false;
    }
    return to_integer(number.ptr(), value);
  }
  int overflow = 0;
  value = PyLong_AsLongLongAndOverflow(object, &overflow);
  expect<ValueError>(overflow == 0, "integer argument does not fit into 64 bits");
  return true;
}

bool is_list(PyObject* object) { return PyTuple_Check(object) || PyList_Check(object); }

/// Calls f on every item, holding it: f may run Python code that changes the list.
template <class F>
bool each_item(PyObject* list, F&& f) {
  for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(list); ++i) {
    const auto item = py::reinterpret_borrow<py::object>(PySequence_Fast_GET_ITEM(list, i));
    if (!f(item.ptr())) return false;
  }
  return true;
}

bool to_dims(PyObject* object, Dims& dims) {
  std::int64_t value;
  if (is_list(object))
    return each_item(object, [&](PyObject* item) {
      if (!to_integer(item, value)) return false;
      dims.push_back(value);
      return true;
    });
  if (!to_integer(object, value)) return false;
  dims.push_back(value);
  return true;
}

bool to_tensors(PyObject* object, bool takes_none, Tensors& list) {
  if (!is_list(object)) return false;
  return each_item(object, [&](PyObject* item) {
    if (!is_tensor(item) && !(takes_none && item == Py_None)) return false;
    list.push_back(item == Py_None ? Tensor() : as_tensor(item));
    return true;
  });
}

bool to_tensor(PyObject* object, Arg& arg) {
  if (is_tensor(object)) {
    arg = borrow_tensor(object);
    return true;
  }
  Scalar number = 0;
  if (!to_scalar(object, number)) return false;
  arg = Arg(Tensor(number));
  return true;
}

bool to_real(PyObject* object, const Parameter& p, Arg& arg) {
  Scalar number = 0;
  if (is_tensor(object)) {
    const Tensor x = as_tensor(object);
    if (x.rank() != 0) return false;
    number = x.item();
  } else if (!to_scalar(object, number)) {
    return false;
  }
  if (!p.number && number.is_complex()) return false;
  arg = p.number ? Arg(number) : Arg(number.real());
  return true;
}

bool to_argument(PyObject* object, const Parameter& p, Arg& arg) {
  if (object == Py_None && p.optional) {
    arg = Arg();
    return true;
  }
  switch (p.kind) {
    case ArgKind::tensor: return to_tensor(object, arg);
    case ArgKind::tensors: {
      Tensors list;
      if (!to_tensors(object, p.type.starts_with("Tensor?"), list)) return false;
      arg = Arg(std::move(list));
      return true;
    }
    case ArgKind::integer: {
      std::int64_t value;
      if (!to_integer(object, value)) return false;
      arg = Arg(value);
      return true;
    }
    case ArgKind::real: return to_real(object, p, arg);
    case ArgKind::boolean: {
      if (PyBool_Check(object)) {
        arg = Arg(object == Py_True);
        return true;
      }
      std::int64_t value;
      if (!to_integer(object, value)) return false;
      arg = Arg(value != 0);
      return true;
    }
    case ArgKind::dims: {
      Dims dims;
      if (!to_dims(object, dims)) return false;
      arg = Arg(std::move(dims));
      return true;
    }
    case ArgKind::reals: {
      std::vector<double> values;
      const auto take = [&](PyObject* item) {
        Scalar number = 0;
        if (!to_scalar(item, number) || number.is_complex()) return false;
        values.push_back(number.real());
        return true;
      };
      if (!(is_list(object) ? each_item(object, take) : take(object))) return false;
      arg = Arg(std::move(values));
      return true;
    }
    case ArgKind::complex: return false;  // only a value of a Scalar, no type of its own
    case ArgKind::dtype:
      if (!is_dtype(object)) return false;
      arg = Arg(as_dtype(object));
      return true;
    case ArgKind::device: {
      Device device;
      if (!to_device(object, device)) return false;
      arg = Arg(device);
      return true;
    }
    case ArgKind::text: {
      if (!PyUnicode_Check(object)) return false;
      Py_ssize_t length;
      const char* text = PyUnicode_AsUTF8AndSize(object, &length);
      if (text == nullptr) throw_python();
      arg = Arg(std::string(text, static_cast<std::size_t>(length)));
      return true;
    }
    case ArgKind::indices: arg = Arg(indices_from(object)); return true;
    case ArgKind::object: {
      if (p.type.starts_with("any")) {  // not looked at
        arg = Arg();
        return true;
      }
      // The only objects of the world outside that ops take are random generators.
      if (!py::isinstance<Generator>(object)) return false;
      arg = Arg(Object(py::cast<Generator*>(py::handle(object))));
      return true;
    }
    case ArgKind::none: break;
  }
  return false;
}

}  // namespace

bool convert(PyObject* object, const Signature& signature, std::size_t parameter, Arg& arg) {
  const Parameter& p = signature.parameters[parameter];
  try {
    return to_argument(object, p, arg);
  } catch (py::error_already_set& e) {
    PyObject* kind = e.type().ptr();
    // A UnicodeEncodeError is more than a text, and a ValueError.
    if (kind == PyExc_UnicodeEncodeError) kind = PyExc_ValueError;
    if (kind != PyExc_OverflowError && kind != PyExc_TypeError && kind != PyExc_ValueError &&
        kind != PyExc_IndexError)
      throw;
    const std::string text = format("{}: argument '{}': {}", signature.function, p.name,
                                    py::str(e.value()).cast<std::string>());
    py::raise_from(e, kind, text.c_str());
    throw py::error_already_set();
  }
}

int find_parameter(const Signature& signature, PyObject* name) {
  const auto& parameters = signature.parameters;
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (PyUnicode_CompareWithASCIIString(name, parameters[i].name.c_str()) == 0)
      return static_cast<int>(i);
  for (const auto& [alias, meant] : aliases)
    if (PyUnicode_CompareWithASCIIString(name, alias) == 0)
      for (std::size_t i = 0; i < parameters.size(); ++i)
        if (parameters[i].name == meant) return static_cast<int>(i);
  return -1;
}

namespace {

/// A name given as a keyword; it may hold characters that UTF-8 has not.
std::string text_of(PyObject* name) {
  const char* text = PyUnicode_AsUTF8(name);
  if (text == nullptr) PyErr_Clear();
  return text == nullptr ? "?" : text;
}

std::string type_of(PyObject* object) {
  if (is_tensor(object)) return format("Tensor{}", as_tensor(object).shape());
  return Py_TYPE(object)->tp_name;
}

std::string parameter_names(const Signature& signature) {
  std::string names;
  for (const Parameter& p : signature.parameters) names += (names.empty() ? "" : ", ") + p.name;
  return names;
}

/// The rest of the positional arguments as one list: x.view(2, 3), einsum("i,i", a, b).
bool take_rest(const Parameter& p, PyObject* const* args, Py_ssize_t count, Arg& arg) {
  if (p.kind == ArgKind::dims) {
    Dims dims;
    for (Py_ssize_t i = 0; i < count; ++i) {
      std::int64_t value;
      if (!to_integer(args[i], value)) return false;
      dims.push_back(value);
    }
    arg = Arg(std::move(dims));
    return true;
  }
  Tensors list;
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (!is_tensor(args[i])) return false;
    list.push_back(as_tensor(args[i]));
  }
  arg = Arg(std::move(list));
  return true;
}

}  // namespace

std::string told_as(const std::string& function, std::string_view message) {
  if (message.starts_with(function + ": ")) return std::string(message);
  const auto colon = message.find(": ");
  const bool named =
      colon != std::string_view::npos &&
      std::all_of(
          message.begin(), message.begin() + static_cast<std::ptrdiff_t>(colon),
          [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  return function + ": " + std::string(named ? message.substr(colon + 2) : message);
}

std::string describe_arguments(PyObject* const* args, Py_ssize_t count, PyObject* names) {
  std::string text = "(";
  const Py_ssize_t keywords = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t i = 0; i < count + keywords; ++i) {
    if (i > 0) text += ", ";
    if (i >= count) text += text_of(PyTuple_GET_ITEM(names, i - count)) + "=";
    text += type_of(args[i]);
  }
  return text + ")";
}

std::string signature_text(const Signature& s, bool as_method, bool with_out) {
  std::string text = "(";
  bool star = false;
  for (std::size_t i = 0; i < s.parameters.size(); ++i) {
    const Parameter& p = s.parameters[i];
    if (i > 0) text += ", ";
    if (p.keyword_only && !star) {
      star = true;
      text += "*, ";
    }
    if (p.variadic) {
      text += "*" + p.name;
      star = true;
      continue;
    }
    text += as_method && i == 0 ? "self" : p.name;
    if (p.has_default) text += "=" + p.default_text;
  }
  if (with_out) text += star ? ", out=None" : ", *, out=None";
  return text + ")";
}

/// Why an object does not fit a parameter.
static std::string mismatch(const Parameter& p, PyObject* object) {
  return format("argument '{}' must be {}, got {}", p.name, p.type, type_of(object));
}

bool parse(const Signature& signature, PyObject* const* args, Py_ssize_t count, PyObject* names,
           Arg* out, std::string* why) {
  const auto refuse = [why](auto message) {
    if (why != nullptr) *why = message();
    return false;
  };
  const auto& parameters = signature.parameters;
  const auto total = static_cast<Py_ssize_t>(parameters.size());
  bool filled[most_parameters] = {};
  Py_ssize_t position = 0;
  for (Py_ssize_t i = 0; i < total && position < count; ++i) {
    const Parameter& p = parameters[static_cast<std::size_t>(i)];
    if (p.keyword_only) break;
    const bool single = !p.variadic || (count - position == 1 && is_list(args[position]));
    if (single) {
      if (!convert(args[position], signature, static_cast<std::size_t>(i), out[i]))
        return refuse([&] { return mismatch(p, args[position]); });
      ++position;
    } else {
      if (!take_rest(p, args + position, count - position, out[i]))
        return refuse([&] { return format("argument '{}' must be {}", p.name, p.type); });
      position = count;
    }
    filled[i] = true;
  }
  if (position < count)
    return refuse(
        [&] { return format("takes at most {} positional arguments, got {}", position, count); });
  const Py_ssize_t keywords = names == nullptr ? 0 : PyTuple_GET_SIZE(names);
  for (Py_ssize_t k = 0; k < keywords; ++k) {
    PyObject* name = PyTuple_GET_ITEM(names, k);
    const int at = find_parameter(signature, name);
    if (at < 0)
      return refuse([&] {
        return format("has no argument '{}'; it takes {}", text_of(name),
                      parameter_names(signature));
      });
    if (filled[at])
      return refuse([&] {
        return format("got argument '{}' twice", parameters[static_cast<std::size_t>(at)].name);
      });
    const Parameter& p = parameters[static_cast<std::size_t>(at)];
    if (!convert(args[count + k], signature, static_cast<std::size_t>(at), out[at]))
      return refuse([&] { return mismatch(p, args[count + k]); });
    filled[at] = true;
  }
  for (Py_ssize_t i = 0; i < total; ++i) {
    if (filled[i]) continue;
    const Parameter& p = parameters[static_cast<std::size_t>(i)];
    if (p.has_default)
      out[i] = p.fallback;
    else if (p.variadic)
      out[i] = p.kind == ArgKind::dims ? Arg(Dims()) : Arg(Tensors());
    else
      return refuse([&] { return format("argument '{}' is missing", p.name); });
  }
  return true;
}

}  // namespace topograd::python
