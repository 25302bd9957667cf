#pragma once

#include <initializer_list>

#include "bindings/python.h"

namespace topograd::python {

/// What all functions that make tensors take.
struct Options {
  std::optional<DType> dtype;
  bool requires_grad = false;
  PyObject* first;  ///< the first argument as it came
};

/// One way to call a factory: the start of its signature, up to the options that all have, and a
/// lambda (const Options&, parameters…) -> Tensor.
struct Form {
  const char* signature;
  const ArgKind* kinds;
  int parameters;
  Tensor (*make)(const Arg* args, const Options& options);

  template <class F>
  Form(const char* text, F) : signature(text) {
    using Unpack = topograd::detail::Unpack<F, 1>;
    kinds = Unpack::kinds.data();
    parameters = static_cast<int>(Unpack::kinds.size());
    make = [](const Arg* args, const Options& options) { return Unpack::call(F{}, args, options); };
  }
};

/// Adds the function to the module: a builtin with fast calls.
void define_factory(py::module_& m, const char* doc, std::initializer_list<Form> forms);

}  // namespace topograd::python
