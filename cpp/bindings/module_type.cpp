// The base of nn.Module: a call that remembers which module is running.

#include "bindings/python.h"
#include "bindings/scope.h"
#include "graph/watch.h"

namespace topograd::python {
namespace {

/// A module that is running, inside another one. Holds the module weakly, so that no node keeps a
/// model alive.
struct Scope final : Counted {
  Ref<Scope> outer;
  Ref<Kept> module;
};

thread_local Ref<Scope> running;

struct PyModule {
  PyObject_HEAD PyObject* dict;
  PyObject* weak;
  bool hooked;
  Scope* scope;  // of the last call: a module is mostly called from the same place
};
PyTypeObject* module_type = nullptr;
bool all_hooked = false;  // whether there are hooks for every module
PyObject* forward_name = nullptr;
PyObject* hooked_name = nullptr;

Scope* scope_of(PyModule* module) {
  if (module->scope != nullptr && module->scope->outer == running) return module->scope;
  auto* scope = new Scope;
  scope->retain();
  scope->outer = running;
  PyObject* weak = PyWeakref_NewRef(reinterpret_cast<PyObject*>(module), nullptr);
  if (weak == nullptr) {
    PyErr_Clear();
  } else {
    scope->module = Ref<Kept>(new Kept(weak, false));
    Py_DECREF(weak);
  }
  if (module->scope != nullptr) module->scope->drop();
  module->scope = scope;
  return scope;
}

/// Gives the pending exception a note of the module that raised it; outside of the way of calls
/// that go well. What fails here is not told: the exception itself matters more.
[[gnu::cold, gnu::noinline]] void add_note(PyObject* self, PyObject* args, PyObject* keywords) {
  PyObject *type = nullptr, *value = nullptr, *trace = nullptr;
  PyErr_Fetch(&type, &value, &trace);
  PyErr_NormalizeException(&type, &value, &trace);
  if (value != nullptr && trace != nullptr) PyException_SetTraceback(value, trace);
  if (value != nullptr && PyObject_IsInstance(value, PyExc_Exception) == 1) {
    PyObject* notes = PyImport_ImportModule("topograd.nn.notes");
    PyObject* done = notes == nullptr
                         ? nullptr
                         : PyObject_CallMethod(notes, "add_note", "OOOO", value, self, args,
                                               keywords == nullptr ? Py_None : keywords);
    Py_XDECREF(done);
    Py_XDECREF(notes);
  }
  PyErr_Clear();
  PyErr_Restore(type, value, trace);
}

PyObject* call_forward(PyObject* method, PyObject* args, PyObject* keywords) {
  if (mode.watched == 0) [[likely]]
    return PyObject_Call(method, args, keywords);
  return guarded<PyObject*>(nullptr, [&] {
    const Watching watching({.kind = CallWatch::Kind::module, .scope = running.get()});
    return PyObject_Call(method, args, keywords);
  });
}

PyObject* call(PyObject* self, PyObject* args, PyObject* keywords) {
  auto* module = reinterpret_cast<PyModule*>(self);
  const Ref<Scope> before = running;
  running = Ref<Scope>(scope_of(module));
  PyObject* result = nullptr;
  PyObject* method =
      PyObject_GetAttr(self, module->hooked || all_hooked ? hooked_name : forward_name);
  if (method != nullptr) {
    result = call_forward(method, args, keywords);
    Py_DECREF(method);
  }
  if (result == nullptr) [[unlikely]]
    add_note(self, args, keywords);
  running = before;
  return result;
}

int traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(reinterpret_cast<PyModule*>(self)->dict);
  return 0;
}
int clear(PyObject* self) {
  Py_CLEAR(reinterpret_cast<PyModule*>(self)->dict);
  return 0;
}
void dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  auto* module = reinterpret_cast<PyModule*>(self);
  if (module->weak != nullptr) PyObject_ClearWeakRefs(self);
  Py_CLEAR(module->dict);
  if (module->scope != nullptr) module->scope->drop();
  type->tp_free(self);
  Py_DECREF(type);
}

PyMemberDef members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(PyModule, dict), READONLY, nullptr},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(PyModule, weak), READONLY, nullptr},
    {"_hooked", T_BOOL, offsetof(PyModule, hooked), 0, "Whether calls go through the hooks."},
    {}};
PyGetSetDef attributes[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, nullptr, nullptr}, {}};
PyType_Slot slots[] = {{Py_tp_getset, attributes},
                       {Py_tp_call, reinterpret_cast<void*>(call)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(dealloc)},
                       {Py_tp_members, members},
                       {Py_tp_doc, const_cast<char*>("The base of nn.Module.")},
                       {0, nullptr}};
PyType_Spec spec = {"topograd._C.Module", sizeof(PyModule), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

py::object module_of(const Scope& scope) {
  if (!scope.module) return py::none();
  return py::reinterpret_borrow<py::object>(PyWeakref_GetObject(scope.module->object));
}

/// The name under which `outer` holds `inner`, "?" if it does not.
std::string name_in(const py::object& outer, const py::object& inner) {
  if (outer.is_none() || !py::hasattr(outer, "named_modules")) return "?";
  for (const auto& pair : outer.attr("named_modules")()) {
    const auto entry = pair.cast<py::tuple>();
    if (py::object(entry[1]).is(inner)) return entry[0].cast<std::string>();
  }
  return "?";
}

}  // namespace

Ref<Counted> current_scope() { return Ref<Counted>(running.get()); }

std::string describe_scope(const Counted* counted) {
  const py::gil_scoped_acquire lock;
  std::string text;
  const auto* scope = static_cast<const Scope*>(counted);
  while (scope != nullptr) {
    const py::object module = module_of(*scope);
    const std::string name =
        !scope->outer
            ? module.is_none() ? "?" : py::type::of(module).attr("__name__").cast<std::string>()
            : name_in(module_of(*scope->outer), module);
    text = text.empty() ? name : name + "." + text;
    scope = scope->outer.get();
  }
  return text;
}

py::list modules_of_scope(const Counted* counted) {
  py::list modules;
  for (const auto* scope = static_cast<const Scope*>(counted); scope != nullptr;
       scope = scope->outer.get())
    modules.insert(0, module_of(*scope));
  return modules;
}

void register_module(py::module_& m) {
  forward_name = PyUnicode_InternFromString("forward");
  hooked_name = PyUnicode_InternFromString("_call_with_hooks");
  module_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (module_type == nullptr) throw_python();
  m.attr("Module") = py::handle(reinterpret_cast<PyObject*>(module_type));
  m.def(
      "set_all_hooked", [](bool wanted) { all_hooked = wanted; },
      "Whether the calls of all modules go through the hooks.");
  m.def(
      "module_path", [] { return running ? describe_scope(running.get()) : std::string(); },
      "The path of the nn.Module that is running: 'Net.block.2.fc'; '' outside of all.");
}

}  // namespace topograd::python
