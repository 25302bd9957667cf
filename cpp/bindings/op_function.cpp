// A Python function, or a method of Tensor, for every record of the registry: one type, one fast
// call, driven by the record.

#include <map>

#include "bindings/arguments.h"
#include "bindings/op_function.h"
#include "graph/mode.h"
#include "graph/provenance.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

struct OpFunction {
  PyObject_HEAD vectorcallfunc call;
  std::vector<const OpRecord*>* variants;
  bool in_place;
  /// Of a loss, whose parameter `reduction` had two flags for ancestors: where by position the
  /// first of them stood. -1 for other ops.
  Py_ssize_t flags_at;
  std::string* called;  ///< the name, as errors tell it
  PyObject* name;
  PyObject* doc;
};
PyTypeObject* function_type = nullptr;
PyTypeObject* method_type = nullptr;

/// Above this many elements another Python thread may run meanwhile.
constexpr index long_work = 32768;

index work_of(const Arg* args, std::size_t count) {
  index elements = 0;
  for (std::size_t i = 0; i < count; ++i)
    if (args[i].kind() == ArgKind::tensor) elements += args[i].tensor().count();
  return elements;
}

/// Whether the result is the first argument's memory, however large: nothing takes time.
bool only_looks(const OpRecord& op, const Arg* args, std::size_t count) {
  if (op.traits & is_view) return true;
  return (op.traits & is_input_if_dense) && count > 0 && args[0].kind() == ArgKind::tensor &&
         args[0].tensor().contiguous();
}

template <class F>
auto run(const OpRecord& op, const Arg* args, std::size_t count, F&& f) {
  if (work_of(args, count) < long_work || only_looks(op, args, count)) return f();
  current_site();  // needs the interpreter's lock
  const Unlocked released;
  return f();
}

PyObject* invoke_parsed(const OpRecord& op, bool in_place, const Arg* args, std::size_t count,
                        PyObject* self) {
  const AwaitedSite here;
  const int n = static_cast<int>(count);
  if (in_place) {
    run(op, args, count, [&] { return invoke_in_place(op, args, n); });
    return Py_NewRef(self);
  }
  return wrap_results(op, run(op, args, count, [&] { return invoke(op, args, n); }));
}

/// The tensors of `out=`: one, or a sequence with one for each result.
Tensors targets_from(PyObject* out, const std::string& name) {
  if (is_tensor(out)) return {as_tensor(out)};
  expect<TypeError>(PyTuple_Check(out) || PyList_Check(out),
                    "{}: out must be a tensor, or a tuple of them, got {}", name,
                    Py_TYPE(out)->tp_name);
  Tensors targets;
  for (const py::handle item : py::reinterpret_borrow<py::sequence>(out)) {
    expect<TypeError>(is_tensor(item.ptr()), "{}: out holds {}, which is no tensor", name,
                      Py_TYPE(item.ptr())->tp_name);
    targets.push_back(as_tensor(item.ptr()));
  }
  return targets;
}

/// Where a name stands among the keywords, or -1.
Py_ssize_t position_of(const char* name, PyObject* names) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); ++i)
    if (PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(names, i), name) == 0) return i;
  return -1;
}

/// The call without its keyword at `position`.
struct WithoutKeyword {
  std::vector<PyObject*> args;
  py::tuple names;
  WithoutKeyword(PyObject* const* given, Py_ssize_t count, PyObject* all, Py_ssize_t position)
      : args(given, given + count + PyTuple_GET_SIZE(all)), names(PyTuple_GET_SIZE(all) - 1) {
    args.erase(args.begin() + count + position);
    for (Py_ssize_t i = 0, to = 0; i < PyTuple_GET_SIZE(all); ++i)
      if (i != position)
        names[static_cast<std::size_t>(to++)] = py::handle(PyTuple_GET_ITEM(all, i));
  }
};

/// A call of a loss with PyTorch's deprecated flags size_average and reduce, as it is meant now.
struct WithoutFlags {
  std::vector<PyObject*> args;
  py::object reduction;
  py::tuple names;
  WithoutFlags(PyObject* const* given, Py_ssize_t count, PyObject* all)
      : args(given, given + count) {
    py::dict flags;
    py::list kept;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(all); ++i) {
      const auto name = py::reinterpret_borrow<py::str>(PyTuple_GET_ITEM(all, i));
      const bool flag = name.equal(py::str("size_average")) || name.equal(py::str("reduce"));
      if (flag || name.equal(py::str("reduction"))) {
        flags[name] = py::handle(given[count + i]);
      } else {
        kept.append(name);
        args.push_back(given[count + i]);
      }
    }
    reduction =
        py::module_::import("topograd.nn.loss").attr("reduction_of_flags")(**py::kwargs(flags));
    kept.append("reduction");
    args.push_back(reduction.ptr());
    names = py::tuple(kept);
  }
};

bool has_flags(const OpFunction& function, PyObject* names) {
  return function.flags_at >= 0 && names != nullptr &&
         (position_of("size_average", names) >= 0 || position_of("reduce", names) >= 0);
}

/// A loss called with the flags by position, as in mse_loss(x, y, False): the first stands where
/// our reduction is or where only keywords follow, and is a bool or None.
bool flags_by_position(const OpFunction& function, PyObject* const* args, Py_ssize_t count) {
  const Py_ssize_t at = function.flags_at;
  return at >= 0 && count > at && (args[at] == Py_None || PyBool_Check(args[at]));
}

/// Such a call with keywords from the first flag on. The old order of the parameters: size_average,
/// what stands before reduction, reduce, reduction, the rest.
struct FlagsNamed {
  std::vector<PyObject*> args;
  py::list names;
  FlagsNamed(const OpFunction& function, PyObject* const* given, Py_ssize_t count, PyObject* all)
      : args(given, given + count) {
    std::vector<std::string> order;
    for (const Parameter& p : signature_of(*function.variants->front()).parameters) {
      if (static_cast<Py_ssize_t>(order.size()) == function.flags_at)
        order.push_back("size_average");
      if (p.name == "reduction") order.push_back("reduce");
      order.push_back(p.name);
    }
    expect<TypeError>(count <= static_cast<Py_ssize_t>(order.size()),
                      "{}: takes at most {} positional arguments, got {}", *function.called,
                      order.size(), count);
    for (Py_ssize_t i = function.flags_at; i < count; ++i)
      names.append(py::str(order[static_cast<std::size_t>(i)]));
    if (all == nullptr) return;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(all); ++i) {
      const py::handle name(PyTuple_GET_ITEM(all, i));
      expect<TypeError>(!names.contains(name), "{}: got two values for argument '{}'",
                        *function.called, name.cast<std::string>());
      names.append(name);
      args.push_back(given[count + i]);
    }
  }
};

PyObject* vectorcall(PyObject* self, PyObject* const* args, std::size_t flags, PyObject* names) {
  auto* function = reinterpret_cast<OpFunction*>(self);
  const Py_ssize_t count = PyVectorcall_NARGS(flags);
  if (names != nullptr && Py_TYPE(self) == function_type && takes_out(*function->variants->front()))
      [[unlikely]] {
    if (const Py_ssize_t at = position_of("out", names); at >= 0)
      return guarded<PyObject*>(nullptr, [&] {
        const auto out = py::reinterpret_borrow<py::object>(args[count + at]);
        const WithoutKeyword rest(args, count, names, at);
        if (out.is_none())
          return call_op(*function->called, *function->variants, false, rest.args.data(), count,
                         rest.names.ptr());
        return call_with_out(*function->called, *function->variants, rest.args.data(), count,
                             rest.names.ptr(), out.ptr());
      });
  }
  if (flags_by_position(*function, args, count)) [[unlikely]]
    return guarded<PyObject*>(nullptr, [&] {
      const FlagsNamed named(*function, args, count, names);
      const WithoutFlags call(named.args.data(), function->flags_at, py::tuple(named.names).ptr());
      return call_op(*function->called, *function->variants, false, call.args.data(),
                     function->flags_at, call.names.ptr());
    });
  if (has_flags(*function, names)) [[unlikely]]
    return guarded<PyObject*>(nullptr, [&] {
      const WithoutFlags call(args, count, names);
      return call_op(*function->called, *function->variants, false, call.args.data(), count,
                     call.names.ptr());
    });
  return call_op(*function->called, *function->variants, function->in_place, args, count, names);
}

PyObject* describe_get(PyObject* self, PyObject* object, PyObject*) {
  return object == nullptr || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

PyObject* get_doc(PyObject* self, void*) {
  return Py_NewRef(reinterpret_cast<OpFunction*>(self)->doc);
}
PyObject* get_name(PyObject* self, void*) {
  return Py_NewRef(reinterpret_cast<OpFunction*>(self)->name);
}
PyObject* get_module(PyObject*, void*) { return PyUnicode_FromString("topograd"); }
/// Made in Python, when somebody asks.
PyObject* get_signature_object(PyObject* self, void*) {
  return guarded<PyObject*>(nullptr, [&] {
    auto* function = reinterpret_cast<OpFunction*>(self);
    py::list forms;
    for (const OpRecord* op : *function->variants) forms.append(name_of(*op));
    const bool method = Py_TYPE(self) == method_type;
    const bool out = !method && !function->in_place && takes_out(*function->variants->front());
    return py::module_::import("topograd._signatures")
        .attr("signature")(forms, py::bool_(method), py::bool_(out))
        .release()
        .ptr();
  });
}
PyObject* get_signature(PyObject* self, void*) {
  auto* function = reinterpret_cast<OpFunction*>(self);
  if (function->variants->size() > 1) Py_RETURN_NONE;  // no single signature tells the truth
  const Signature& s = signature_of(*function->variants->front());
  const bool method = Py_TYPE(self) == method_type;
  const bool out = !method && !function->in_place && takes_out(*function->variants->front());
  return PyUnicode_FromString(signature_text(s, method, out).c_str());
}
PyObject* function_repr(PyObject* self) {
  return PyUnicode_FromFormat("<op %U>", reinterpret_cast<OpFunction*>(self)->name);
}
PyObject* function_reduce(PyObject* self, PyObject*) {
  return Py_NewRef(reinterpret_cast<OpFunction*>(self)->name);
}
void function_dealloc(PyObject* self) {
  auto* function = reinterpret_cast<OpFunction*>(self);
  delete function->variants;
  delete function->called;
  Py_XDECREF(function->name);
  Py_XDECREF(function->doc);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

PyTypeObject* make_type(const char* name, bool method) {
  static PyMemberDef members[] = {
      {"__vectorcalloffset__", T_PYSSIZET, offsetof(OpFunction, call), READONLY, nullptr}, {}};
  static PyGetSetDef attributes[] = {
      {"__doc__", get_doc, nullptr, nullptr, nullptr},
      {"__name__", get_name, nullptr, nullptr, nullptr},
      {"__qualname__", get_name, nullptr, nullptr, nullptr},
      {"__module__", get_module, nullptr, nullptr, nullptr},
      {"__text_signature__", get_signature, nullptr, nullptr, nullptr},
      {"__signature__", get_signature_object, nullptr, nullptr, nullptr},
      {}};
  static PyMethodDef methods[] = {{"__reduce__", function_reduce, METH_NOARGS, nullptr}, {}};
  PyType_Slot slots[] = {{Py_tp_call, reinterpret_cast<void*>(PyVectorcall_Call)},
                         {Py_tp_repr, reinterpret_cast<void*>(function_repr)},
                         {Py_tp_dealloc, reinterpret_cast<void*>(function_dealloc)},
                         {Py_tp_members, members},
                         {Py_tp_getset, attributes},
                         {Py_tp_methods, methods},
                         {method ? Py_tp_descr_get : 0, reinterpret_cast<void*>(describe_get)},
                         {0, nullptr}};
  unsigned flags =
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_DISALLOW_INSTANTIATION;
  if (method) flags |= Py_TPFLAGS_METHOD_DESCRIPTOR;
  PyType_Spec spec = {name, sizeof(OpFunction), 0, flags, slots};
  auto* type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  if (type == nullptr) throw_python();
  return type;
}

std::string documentation(const std::vector<const OpRecord*>& variants, bool in_place,
                          bool method) {
  std::string text;
  for (const OpRecord* op : variants) {
    const Signature& s = signature_of(*op);
    if (!text.empty()) text += "\n\n";
    const bool out = !method && !in_place && takes_out(*op);
    text += s.function + (in_place ? "_" : "") + signature_text(s, method, out) + "\n\n" + op->doc;
  }
  if (in_place) text += "\n\nIn place: the result is written over self, which is returned.";
  return text;
}

Py_ssize_t flags_place(const OpRecord& op) {
  if ((op.traits & is_functional) == 0) return -1;
  Py_ssize_t head = -1, position = 0;
  for (const Parameter& p : signature_of(op).parameters) {
    if (head < 0 && (p.keyword_only || p.name == "reduction")) head = position;
    if (p.name == "reduction") return head;
    ++position;
  }
  return -1;
}

}  // namespace

PyObject* make_op_function(std::vector<const OpRecord*> variants, bool in_place, bool method) {
  PyTypeObject* type = method ? method_type : function_type;
  auto* function = PyObject_New(OpFunction, type);
  if (function == nullptr) throw_python();
  const std::string name = signature_of(*variants.front()).function + (in_place ? "_" : "");
  function->call = vectorcall;
  function->doc = PyUnicode_FromString(documentation(variants, in_place, method).c_str());
  function->variants = new std::vector<const OpRecord*>(std::move(variants));
  function->in_place = in_place;
  function->flags_at = flags_place(*function->variants->front());
  function->called = new std::string(name);
  function->name = PyUnicode_InternFromString(name.c_str());
  return reinterpret_cast<PyObject*>(function);
}

namespace {

/// Parses the arguments for the first variant that they fit and calls run(op, parsed arguments).
template <class F>
PyObject* with_variant(const std::string& name, const std::vector<const OpRecord*>& variants,
                       PyObject* const* args, Py_ssize_t count, PyObject* names, F&& run) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    return named(name, [&]() -> PyObject* {
      std::string why;
      for (const OpRecord* op : variants) {
        const Signature& signature = signature_of(*op);
        ArgList parsed(signature.parameters.size());
        if (parse(signature, args, count, names, parsed.data(),
                  variants.size() == 1 ? &why : nullptr))
          return run(*op, parsed.data(), signature.parameters.size());
      }
      if (variants.size() == 1) fail<TypeError>("{}: {}", name, why);
      std::string forms;
      for (const OpRecord* op : variants)
        forms += std::string(forms.empty() ? "" : "; ") + op->signature;
      fail<TypeError>("{}: the arguments {} fit no form of it: {}", name,
                      describe_arguments(args, count, names), forms);
    });
  });
}

}  // namespace

PyObject* call_op(const std::string& name, const std::vector<const OpRecord*>& variants,
                  bool in_place, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  return with_variant(
      name, variants, args, count, names,
      [&](const OpRecord& op, const Arg* parsed, std::size_t parameters) -> PyObject* {
        if (in_place)
          expect<TypeError>(count > 0 && is_tensor(args[0]), "{}: expects a tensor to change",
                            name);
        return invoke_parsed(op, in_place, parsed, parameters, count > 0 ? args[0] : nullptr);
      });
}

PyObject* call_with_out(const std::string& name, const std::vector<const OpRecord*>& variants,
                        PyObject* const* args, Py_ssize_t count, PyObject* names, PyObject* out) {
  return with_variant(
      name, variants, args, count, names,
      [&](const OpRecord& op, const Arg* parsed, std::size_t parameters) -> PyObject* {
        const AwaitedSite here;
        const Tensors targets = targets_from(out, name);
        run(op, parsed, parameters, [&] {
          invoke_out(op, parsed, static_cast<int>(parameters), targets);
          return 0;
        });
        if (targets.size() == 1 && is_tensor(out)) return Py_NewRef(out);
        Results results;
        results.several = true;
        results.many = targets;
        return wrap_results(op, std::move(results));
      });
}

PyObject* call_binary(const OpRecord& op, PyObject* a, PyObject* b, bool in_place) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Signature& signature = signature_of(op);
    return named(signature.function, [&]() -> PyObject* {
      Arg args[4];
      const std::size_t count = signature.parameters.size();
      for (int i = 0; i < 2; ++i)
        if (!convert(i == 0 ? a : b, signature, static_cast<std::size_t>(i), args[i])) {
          PyObject* operand = i == 0 ? a : b;
          if (PyObject_HasAttrString(operand, "__array_interface__") == 0) Py_RETURN_NOTIMPLEMENTED;
          args[i] = Arg(tensor_from(operand, std::nullopt));
        }
      for (std::size_t i = 2; i < count; ++i) args[i] = signature.parameters[i].fallback;
      return invoke_parsed(op, in_place, args, count, a);
    });
  });
}

PyObject* call_unary(const OpRecord& op, PyObject* x) {
  return guarded<PyObject*>(nullptr, [&]() -> PyObject* {
    const Arg arg = borrow_tensor(x);
    return invoke_parsed(op, false, &arg, 1, x);
  });
}

void register_ops(py::module_& m) {
  function_type = make_type("topograd.OpFunction", false);
  method_type = make_type("topograd.OpMethod", true);
  std::map<std::string, std::vector<const OpRecord*>> functions, methods, in_place;
  std::map<std::string, bool> functional;
  for (const OpRecord* op : all_ops()) {
    const std::string& name = signature_of(*op).function;
    if ((op->traits & is_hidden) != 0) continue;
    if ((op->traits & (method_only | in_place_only)) == 0) {
      functions[name].push_back(op);
      functional[name] = (op->traits & is_functional) != 0;
    }
    if ((op->traits & is_method) != 0 && (op->traits & in_place_only) == 0)
      methods[name].push_back(op);
    if ((op->traits & has_in_place) != 0) in_place[name].push_back(op);
  }
  py::dict public_functions, nn_functions;
  for (auto& [name, variants] : in_place)
    if ((variants.front()->traits & has_in_place_function) == has_in_place_function)
      (functional[name] ? nn_functions : public_functions)[(name + "_").c_str()] =
          py::reinterpret_steal<py::object>(make_op_function(variants, true, false));
  for (auto& [name, variants] : functions)
    (functional[name] ? nn_functions : public_functions)[name.c_str()] =
        py::reinterpret_steal<py::object>(make_op_function(variants, false, false));
  const py::handle tensor(reinterpret_cast<PyObject*>(tensor_type));
  for (auto& [name, variants] : methods)
    if (!py::hasattr(tensor, name.c_str()))
      tensor.attr(name.c_str()) =
          py::reinterpret_steal<py::object>(make_op_function(variants, false, true));
  for (auto& [name, variants] : in_place)
    tensor.attr((name + "_").c_str()) =
        py::reinterpret_steal<py::object>(make_op_function(variants, true, true));
  m.attr("functions") = public_functions;
  m.attr("nn_functions") = nn_functions;
}

}  // namespace topograd::python
