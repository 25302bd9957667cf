// Files.

#include "topograd/io.h"

#include "bindings/python.h"

namespace topograd::python {

void register_io(py::module_& m) {
  m.def(
      "save_safetensors",
      [](const std::string& path, const std::map<std::string, Tensor>& tensors,
         const std::map<std::string, std::string>& metadata) {
        const Unlocked released;
        save_safetensors(path, {tensors, metadata});
      },
      py::arg("path"), py::arg("tensors"), py::arg("metadata") = py::dict());
  m.def(
      "load_safetensors",
      [](const std::string& path) {
        SafetensorsFile file;
        {
          const Unlocked released;
          file = load_safetensors(path);
        }
        return py::make_tuple(py::cast(file.tensors), py::cast(file.metadata));
      },
      py::arg("path"));
}

}  // namespace topograd::python
