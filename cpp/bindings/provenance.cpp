// Where in the Python program a call was made.

#include <string_view>
#include <unordered_set>

#include "bindings/python.h"
#include "bindings/scope.h"
#include "graph/provenance.h"

namespace topograd::python {
namespace {

/// Code objects that nodes point to are never freed, so that a node can be released without the
/// interpreter's lock. A program has few; one that makes them without end is not followed past this
/// many.
constexpr std::size_t most_code_objects = 100000;

/// What is known of a code object: whether it is pinned, and whether it is the user's rather than
/// this package's.
struct Known {
  PyObject* code = nullptr;
  bool pinned = false;
  bool foreign = false;
};

std::string& package_folder() {
  static auto* folder = new std::string;
  return *folder;
}

Known look_at(PyObject* code) {
  static auto* pinned = new std::unordered_set<PyObject*>;
  Known known{code, true, true};
  if (pinned->count(code) == 0) {
    known.pinned = pinned->size() < most_code_objects;
    if (known.pinned) pinned->insert(Py_NewRef(code));
  }
  const char* file = PyUnicode_AsUTF8(reinterpret_cast<PyCodeObject*>(code)->co_filename);
  if (file == nullptr) {
    PyErr_Clear();
    return known;
  }
  const std::string& folder = package_folder();
  const std::string_view path(file);
  // Examples and the demo are programs that happen to ship with the package.
  known.foreign = folder.empty() || !path.starts_with(folder) ||
                  path.substr(folder.size()).starts_with("examples") ||
                  path.substr(folder.size()).starts_with("demo");
  return known;
}

const Known& known_of(PyObject* code) {
  static Known recent[256];
  Known& slot = recent[(reinterpret_cast<std::uintptr_t>(code) >> 6) & 255];
  if (slot.code != code || !slot.pinned) slot = look_at(code);
  return slot;
}

/// Notes the innermost frame of the user's own program; frames of this package are stepped over.
void capture(Site& site) {
  site.code = nullptr;
  site.instruction = -1;
  site.scope = current_scope();
  auto* frame =
      reinterpret_cast<PyFrameObject*>(Py_XNewRef(reinterpret_cast<PyObject*>(PyEval_GetFrame())));
  while (frame != nullptr) {
    auto* code = reinterpret_cast<PyObject*>(PyFrame_GetCode(frame));
    const Known& known = known_of(code);
    Py_DECREF(code);
    PyFrameObject* outer = known.foreign ? nullptr : PyFrame_GetBack(frame);
    if (outer == nullptr) {
      if (known.pinned) {
        site.code = code;
#if PY_VERSION_HEX >= 0x030b0000
        site.instruction = PyFrame_GetLasti(frame);
#else
        // Before 3.11 the frame tells its line; numbers below -1 are lines.
        site.instruction = -PyFrame_GetLineNumber(frame) - 1;
#endif
      }
      Py_DECREF(frame);
      return;
    }
    Py_DECREF(frame);
    frame = outer;
  }
}

std::string describe_site(const void* code, int instruction) {
  const py::gil_scoped_acquire lock;
  const auto object =
      py::reinterpret_borrow<py::object>(static_cast<PyObject*>(const_cast<void*>(code)));
  const int line =
      instruction < -1
          ? -instruction - 1
          : PyCode_Addr2Line(reinterpret_cast<PyCodeObject*>(object.ptr()), instruction);
  return object.attr("co_filename").cast<std::string>() + ":" + std::to_string(line) + " in " +
         object.attr("co_name").cast<std::string>();
}

/// What topograd._source tells of a place. It dresses an error: where it fails, the error is told
/// without it.
template <class... Args>
std::string ask_source(const char* function, const void* code, int instruction,
                       const Args&... args) {
  const py::gil_scoped_acquire lock;
  try {
    const py::handle object(static_cast<PyObject*>(const_cast<void*>(code)));
    return py::module_::import("topograd._source")
        .attr(function)(object, instruction, args...)
        .template cast<std::string>();
  } catch (const py::error_already_set&) {
    return "";
  }
}

std::string source(const void* code, int instruction) {
  return ask_source("line", code, instruction);
}
std::string advise(const void* code, int instruction, const std::string& op) {
  return ask_source("advice", code, instruction, op);
}

}  // namespace

void register_provenance(py::module_& m) {
  const auto file = m.attr("__file__").cast<std::string>();
  package_folder() = file.substr(0, file.rfind('/') + 1);
  site_reader.capture = capture;
  site_reader.describe = describe_site;
  site_reader.describe_scope = describe_scope;
  site_reader.source = source;
  site_reader.advise = advise;
}

}  // namespace topograd::python
