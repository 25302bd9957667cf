// Where in the Python program a call was made.

#include <unordered_set>

#include "bindings/python.h"
#include "bindings/scope.h"
#include "graph/provenance.h"

namespace topograd::python {
namespace {

/// Code objects that nodes point to are never freed, so that a node can be released without the interpreter's lock.
/// A program has few; one that makes them without end is not followed past this many.
constexpr std::size_t most_code_objects = 100000;

bool pin(PyObject* code) {
  static PyObject* recent[256];
  PyObject*& slot = recent[(reinterpret_cast<std::uintptr_t>(code) >> 6) & 255];
  if (slot == code) return true;
  static auto* pinned = new std::unordered_set<PyObject*>;
  if (pinned->count(code) == 0) {
    if (pinned->size() >= most_code_objects) return false;
    pinned->insert(Py_NewRef(code));
  }
  slot = code;
  return true;
}

void capture(Site& site) {
  site.code = nullptr;
  site.instruction = -1;
  site.scope = current_scope();
  PyFrameObject* frame = PyEval_GetFrame();
  if (frame == nullptr) return;
  auto* code = reinterpret_cast<PyObject*>(PyFrame_GetCode(frame));
  if (pin(code)) {
    site.code = code;
#if PY_VERSION_HEX >= 0x030b0000
    site.instruction = PyFrame_GetLasti(frame);
#else
    // Before 3.11 the frame tells its line; negative numbers are lines.
    site.instruction = -PyFrame_GetLineNumber(frame);
#endif
  }
  Py_DECREF(code);
}

std::string describe_site(const void* code, int instruction) {
  const py::gil_scoped_acquire lock;
  const auto object = py::reinterpret_borrow<py::object>(
      static_cast<PyObject*>(const_cast<void*>(code)));
  const int line = instruction < -1 ? -instruction
                                    : PyCode_Addr2Line(reinterpret_cast<PyCodeObject*>(object.ptr()), instruction);
  return object.attr("co_filename").cast<std::string>() + ":" + std::to_string(line) + " in " +
         object.attr("co_name").cast<std::string>();
}

}  // namespace

void register_provenance(py::module_&) {
  site_reader.capture = capture;
  site_reader.describe = describe_site;
  site_reader.describe_scope = describe_scope;
}

}  // namespace topograd::python
