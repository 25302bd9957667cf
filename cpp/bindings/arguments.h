#pragma once

#include "base/generator.h"
#include "bindings/python.h"

namespace topograd::python {

/// One Python object as an argument of the given parameter; false when it does not fit.
bool convert(PyObject* object, const Parameter& parameter, Arg& arg);
/// The parameter of this name or NumPy alias, or -1.
int find_parameter(const Signature& signature, PyObject* name);
/// Fills `out` (one per parameter); returns why the arguments do not fit, or "".
std::string parse(const Signature& signature, PyObject* const* args, Py_ssize_t count,
                  PyObject* names, Arg* out);
/// "(Tensor(2, 3), str)", for messages.
std::string describe_arguments(PyObject* const* args, Py_ssize_t count, PyObject* names);

}  // namespace topograd::python
