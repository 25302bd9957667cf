#include "bindings/factory.h"

#include "bindings/arguments.h"
#include "graph/history.h"
#include "graph/mode.h"
#include "graph/provenance.h"
#include "graph/watch.h"
#include "tensor/body.h"
#include "tensor/memory_order.h"

namespace topograd::python {
namespace {

/// The last parameters of every factory. Those of type "any" are what PyTorch takes and has no
/// meaning here.
constexpr const char* options_text =
    "dtype? dtype=None, device? device=None, bool requires_grad=False, any? layout=None, "
    "bool pin_memory=False, str? memory_format=None";
constexpr ArgKind option_kinds[] = {ArgKind::dtype,  ArgKind::device,  ArgKind::boolean,
                                    ArgKind::object, ArgKind::boolean, ArgKind::text};
constexpr int option_count = static_cast<int>(std::size(option_kinds));

/// Those that start from sizes and numbers also write into a tensor that is given.
bool takes_out(const Form& form) {
  for (int i = 0; i < form.parameters; ++i)
    if (form.kinds[i] == ArgKind::tensor ||
        std::string_view(form.signature).find("any ") != std::string_view::npos)
      return false;
  return true;
}

struct Factory {
  std::string name, doc;
  std::vector<Signature> signatures;
  std::vector<Form> forms;
  PyMethodDef definition;
};

Signature complete(const Form& form) {
  const std::string start(form.signature);
  std::vector<ArgKind> kinds(form.kinds, form.kinds + form.parameters);
  kinds.insert(kinds.end(), std::begin(option_kinds), std::end(option_kinds));
  if (takes_out(form)) kinds.push_back(ArgKind::tensor);
  const std::string text =
      start + ", " + options_text + (takes_out(form) ? ", Tensor? out=None)" : ")");
  return parse_signature(text.c_str(), kinds.data(), static_cast<int>(kinds.size()));
}

/// Python reads a signature from the first line, up to the dashes, and keeps it out of the text.
std::string documentation(const std::vector<Signature>& signatures, const char* doc) {
  const Signature& first = signatures.front();
  const std::string told =
      signatures.size() == 1 ? signature_text(first, false) : "(*args, **kwargs)";
  std::string text = first.function + told + "\n--\n\n";
  for (const Signature& s : signatures) text += s.function + signature_text(s, false) + "\n";
  return text + "\n" + doc;
}

/// A new tensor has the order of dims in memory that was asked for, or that of the tensor it is
/// made like.
Tensor laid_out(const Form& form, const Arg* args, const Tensor& out, const Arg& format) {
  const bool like = form.parameters > 0 && form.kinds[0] == ArgKind::tensor;
  if (!like && format.none()) return out;
  const Tensor& x = like ? args[0].tensor() : out;
  if (format.none() && x.contiguous()) return out;
  const std::string name = format.none() ? "preserve_format" : format.text();
  return restrided(out, out.shape(), strides_of_format(x, name, "memory_format"), 0);
}

Tensor make(const Form& form, const std::string& name, const Arg* args, PyObject* first) {
  const Arg* rest = args + form.parameters;
  Options options{.dtype = std::nullopt, .requires_grad = rest[2].boolean(), .first = first};
  if (!rest[0].none()) options.dtype = rest[0].dtype();
  if (takes_out(form) && !rest[option_count].none()) {
    const Tensor target = rest[option_count].tensor();
    expect<DTypeError>(options.dtype.value_or(target.dtype()) == target.dtype(),
                       "{}: dtype is {}, but out has dtype {}", name,
                       options.dtype.value_or(target.dtype()), target.dtype());
    options.dtype = target.dtype();
    const AwaitedSite here;
    write_out(name.c_str(), form.make(args, options), target);
    return target;
  }
  Tensor out = laid_out(form, args, form.make(args, options), rest[5]);
  out.body()->inference = mode.inference;
  if (options.requires_grad) {
    const AwaitedSite here;
    out.requires_grad_();
  }
  return out;
}

[[gnu::noinline]] Tensor make_watched(const Form& form, const std::string& name, const Arg* args,
                                      PyObject* first) {
  const AwaitedSite here;
  Watching watching({.kind = CallWatch::Kind::creation, .text = name.c_str()});
  const Tensor made = make(form, name, args, first);
  watching.done(&made, 1);
  return made;
}

PyObject* call(PyObject* self, PyObject* const* args, Py_ssize_t count, PyObject* names) {
  return guarded<PyObject*>(nullptr, [&] {
    const auto& factory = *static_cast<const Factory*>(PyCapsule_GetPointer(self, nullptr));
    return named(factory.name, [&]() -> PyObject* {
      std::string why;
      for (std::size_t i = 0; i < factory.forms.size(); ++i) {
        ArgList parsed(factory.signatures[i].parameters.size());
        std::string problem;
        if (parse(factory.signatures[i], args, count, names, parsed.data(), &problem))
          return wrap((mode.watched == 0 ? make : make_watched)(
              factory.forms[i], factory.name, parsed.data(),
              count > 0 || names != nullptr ? args[0] : nullptr));
        why += (why.empty() ? "" : "; or ") + std::move(problem);
      }
      fail<TypeError>("{}: {}", factory.name, why);
    });
  });
}

}  // namespace

void define_factory(py::module_& m, const char* doc, std::initializer_list<Form> forms) {
  // As long as the process: Python's function objects point into it.
  auto* factory =
      new Factory{.name = {}, .doc = {}, .signatures = {}, .forms = forms, .definition = {}};
  for (const Form& form : forms) factory->signatures.push_back(complete(form));
  factory->name = factory->signatures.front().function;
  factory->doc = documentation(factory->signatures, doc);
  factory->definition = {factory->name.c_str(),
                         reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(call)),
                         METH_FASTCALL | METH_KEYWORDS, factory->doc.c_str()};
  const auto self = py::reinterpret_steal<py::object>(PyCapsule_New(factory, nullptr, nullptr));
  const py::str module("topograd");
  const auto function = py::reinterpret_steal<py::object>(
      PyCFunction_NewEx(&factory->definition, self.ptr(), module.ptr()));
  if (!self || !function) throw_python();
  m.attr(factory->name.c_str()) = function;
}

}  // namespace topograd::python
