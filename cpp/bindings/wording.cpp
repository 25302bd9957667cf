// Functions that pybind11 binds, with errors and signatures in the words of the ops.

#include "bindings/arguments.h"

namespace topograd::python {
namespace {

/// A public function of the module, or a method of one of its classes ("Generator.manual_seed").
struct Told {
  const char* place;
  const char* parameters;  ///< without self
};
constexpr Told functions[] = {
    {"get_default_dtype", "()"},
    {"set_default_dtype", "(d)"},
    {"get_num_threads", "()"},
    {"set_num_threads", "(count)"},
    {"is_grad_enabled", "()"},
    {"is_inference_mode_enabled", "()"},
    {"device.__init__", "(type, index=None)"},
    {"Generator.__init__", "(device='cpu')"},
    {"Generator.manual_seed", "(seed)"},
    {"Generator.initial_seed", "()"},
    {"Generator.get_state", "()"},
    {"Generator.set_state", "(new_state)"},
    {"Tensor.backward", "(gradient=None, retain_graph=None, create_graph=False, inputs=None)"},
    {"Tensor.register_hook", "(hook)"},
    {"Tensor.register_post_accumulate_grad_hook", "(hook)"},
    {"Tensor.retain_grad", "()"},
    {"Node.name", "()"},
    {"Node.register_hook", "(hook)"},
    {"RemovableHandle.remove", "()"},
};

std::string with_self(const char* parameters) {
  const std::string rest = parameters + 1;
  return rest == ")" ? "(self)" : "(self, " + rest;
}

/// What pybind11 says when no argument list fits; other errors are the function's own.
bool is_misfit(const py::error_already_set& error) {
  const std::string text = py::str(error.value());
  return error.matches(PyExc_TypeError) &&
         (text.find("incompatible function arguments") != text.npos ||
          text.find("incompatible constructor arguments") != text.npos);
}

/// A function that calls another one and puts its errors into words.
struct Wrapped {
  std::string name, called, doc;
  const char* parameters;
  bool method;
  PyObject* inner;
  PyMethodDef definition;
};

PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  const auto& function = *static_cast<const Wrapped*>(PyCapsule_GetPointer(self, nullptr));
  PyObject* result =
      PyObject_Vectorcall(function.inner, args, static_cast<std::size_t>(count), names);
  if (result != nullptr) return result;
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    py::error_already_set error;
    if (!is_misfit(error)) throw error;
    const Py_ssize_t first = function.method && count > 0 ? 1 : 0;
    fail<TypeError>("{}: expects {}, got {}", function.called, function.parameters,
                    describe_arguments(args + first, count - first, names));
  });
}

/// The text of a binding without the signature that pybind11 puts in front.
std::string text_of_binding(const py::object& inner) {
  const py::object doc = inner.attr("__doc__");
  if (doc.is_none()) return "";
  const auto text = doc.cast<std::string>();
  const auto start = text.find("\n\n");
  return start == std::string::npos ? "" : text.substr(start + 2);
}

void retell(const py::module_& m, const Told& told) {
  const std::string place = told.place;
  const auto dot = place.find('.');
  const bool method = dot != std::string::npos;
  const std::string owner_name = method ? place.substr(0, dot) : "";
  const std::string name = method ? place.substr(dot + 1) : place;
  py::object owner = m;
  if (method) owner = m.attr(owner_name.c_str());
  const auto inner = py::object(owner.attr(name.c_str()));
  const std::string called = name == "__init__" ? owner_name : name;
  const std::string signature = method ? with_self(told.parameters) : told.parameters;
  // As long as the process: Python's function objects point into it.
  auto* function = new Wrapped{.name = name,
                               .called = called,
                               .doc = name + signature + "\n--\n\n" + text_of_binding(inner),
                               .parameters = told.parameters,
                               .method = method,
                               .inner = inner.inc_ref().ptr(),
                               .definition = {}};
  function->definition = {function->name.c_str(),
                          reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(call)),
                          METH_FASTCALL | METH_KEYWORDS, function->doc.c_str()};
  const auto self = py::reinterpret_steal<py::object>(PyCapsule_New(function, nullptr, nullptr));
  const py::str module("topograd");
  auto told_function = py::reinterpret_steal<py::object>(
      PyCFunction_NewEx(&function->definition, self.ptr(), module.ptr()));
  if (told_function && method)
    told_function = py::reinterpret_steal<py::object>(PyInstanceMethod_New(told_function.ptr()));
  if (!told_function) throw_python();
  py::setattr(owner, name.c_str(), told_function);
}

}  // namespace

void retell_bindings(py::module_& m) {
  for (const Told& told : functions) retell(m, told);
}

}  // namespace topograd::python
