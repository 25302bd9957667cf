// Files.

#include <algorithm>
#include <cstring>

#include "bindings/python.h"
#include "io/file.h"
#include "io/mapping.h"
#include "io/safetensors.h"

namespace topograd::python {
namespace {

/// The path of the file that was last lost, for the exception.
char lost_path[4096];

int raise_lost(void*) {
  PyErr_Format(PyExc_OSError,
               "load: '%s' became shorter while tensors were mapped from it; what it lost reads as "
               "NaN",
               lost_path);
  return -1;
}

/// In the signal handler: the main thread raises the exception at its next opportunity.
void tell_lost(const char* path) noexcept {
  std::strncpy(lost_path, path, sizeof lost_path - 1);
  Py_AddPendingCall(raise_lost, nullptr);
}

/// The bytes of an object that has them side by side.
class Bytes {
 public:
  explicit Bytes(const py::handle& source) {
    if (PyObject_GetBuffer(source.ptr(), &view_, PyBUF_C_CONTIGUOUS) != 0) throw_python();
  }
  Bytes(const Bytes&) = delete;
  Bytes& operator=(const Bytes&) = delete;
  ~Bytes() { PyBuffer_Release(&view_); }
  const void* data() const { return view_.buf; }
  std::size_t size() const { return static_cast<std::size_t>(view_.len); }

 private:
  Py_buffer view_;
};

}  // namespace

/// A FileWriter that may be left before its end, which removes what was written.
class Writer {
 public:
  explicit Writer(const std::string& path) {
    const Unlocked released;
    writer_.emplace(path, "save");
  }
  void write(const py::object& source) {
    expect(writer_.has_value(), "write: the file is closed");
    const Bytes bytes(source);
    const Unlocked released;
    writer_->write(bytes.data(), bytes.size());
  }
  void finish() {
    expect(writer_.has_value(), "finish: the file is closed");
    const Unlocked released;
    writer_->finish();
    writer_.reset();
  }
  void abandon() { writer_.reset(); }

 private:
  std::optional<FileWriter> writer_;
};

namespace {

py::tuple plan(const std::map<std::string, Tensor>& tensors,
               const std::map<std::string, std::string>& metadata) {
  const SafetensorsFile content{tensors, metadata};
  const SafetensorsPlan made = plan_safetensors(content);
  py::list names;
  for (const auto* entry : made.order) names.append(entry->first);
  const std::uint64_t length = made.header.size();
  std::string start(sizeof length, '\0');
  std::memcpy(start.data(), &length, sizeof length);
  return py::make_tuple(py::bytes(start + made.header), names);
}

py::tuple read_header(const py::object& source, std::int64_t data_bytes) {
  const Bytes bytes(source);
  const SafetensorsHeader header =
      read_safetensors_header({static_cast<const char*>(bytes.data()), bytes.size()}, data_bytes);
  py::list entries;
  for (const SafetensorsEntry& one : header.entries)
    entries.append(py::make_tuple(one.name, py::cast(one.dtype), py::cast(one.shape), one.begin));
  return py::make_tuple(entries, header.metadata);
}

py::bytes mapped_bytes(const MappedFile& file, std::int64_t begin, std::int64_t count) {
  expect<ValueError>(begin >= 0 && begin <= file.size() && count >= 0,
                     "read: byte {} of a file of {} bytes", begin, file.size());
  count = std::min(count, file.size() - begin);
  return {file.data() + begin, static_cast<std::size_t>(count)};
}

}  // namespace
}  // namespace topograd::python

namespace pybind11::detail {
template <>
struct type_caster<topograd::python::Writer> : constructed_caster<topograd::python::Writer> {};
template <>
struct type_caster<topograd::MappedFile> : constructed_caster<topograd::MappedFile> {};
}  // namespace pybind11::detail

namespace topograd::python {

void register_io(py::module_& m) {
  file_was_lost = tell_lost;
  m.def("plan_safetensors", plan, py::arg("tensors"), py::arg("metadata"));
  m.def("read_safetensors_header", read_header, py::arg("text"), py::arg("data_bytes"));
  m.def("check_booleans", check_booleans, py::arg("name"), py::arg("tensor"));
  py::class_<Writer>(m, "FileWriter",
                     "A file that appears whole under its name with finish(), or not at all.")
      .def(py::init<const std::string&>(), py::arg("path"))
      .def("write", &Writer::write, py::arg("data"))
      .def("finish", &Writer::finish)
      .def("abandon", &Writer::abandon);
  py::class_<MappedFile, Ref<MappedFile>>(m, "MappedFile", "A file in memory.")
      .def(py::init([](const std::string& path) { return MappedFile::open(path, "load"); }),
           py::arg("path"))
      .def_property_readonly("size", &MappedFile::size)
      .def_property_readonly("lost", &MappedFile::lost)
      .def("read", mapped_bytes, py::arg("begin"), py::arg("count"))
      .def("tensor", &MappedFile::tensor, py::arg("begin"), py::arg("shape"), py::arg("dtype"));
}

}  // namespace topograd::python
