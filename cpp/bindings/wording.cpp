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

std::string given(const py::tuple& args, const py::dict& keywords, std::size_t first) {
  std::vector<PyObject*> all;
  for (std::size_t i = first; i < args.size(); ++i) all.push_back(args[i].ptr());
  const auto count = static_cast<Py_ssize_t>(all.size());
  py::list names;
  for (const auto& [key, value] : keywords) {
    names.append(key);
    all.push_back(value.ptr());
  }
  return describe_arguments(all.data(), count, py::tuple(names).ptr());
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
  const auto call = [inner, called, parameters = told.parameters, method](
                        const py::args& args, const py::kwargs& keywords) -> py::object {
    try {
      return inner(*args, **keywords);
    } catch (const py::error_already_set& error) {
      if (!is_misfit(error)) throw;
      fail<TypeError>("{}: expects {}, got {}", called, parameters,
                      given(args, keywords, method ? 1 : 0));
    }
  };
  const std::string doc = name + (method ? with_self(told.parameters) : told.parameters) +
                          "\n--\n\n" + text_of_binding(inner);
  py::options plain;
  plain.disable_function_signatures();
  if (method)
    py::setattr(owner, name.c_str(),
                py::cpp_function(call, py::name(name.c_str()), py::is_method(owner), doc.c_str()));
  else
    py::setattr(owner, name.c_str(),
                py::cpp_function(call, py::name(name.c_str()), py::scope(m), doc.c_str()));
}

}  // namespace

void retell_bindings(py::module_& m) {
  for (const Told& told : functions) retell(m, told);
}

}  // namespace topograd::python
