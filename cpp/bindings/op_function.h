#pragma once

#include "bindings/python.h"

namespace topograd::python {

/// A callable for the variants of one name.
PyObject* make_op_function(std::vector<const OpRecord*> variants, bool in_place, bool method);
/// The call of a function with `out=`, whose tensors are returned.
PyObject* call_with_out(const std::string& name, const std::vector<const OpRecord*>& variants,
                        PyObject* const* args, Py_ssize_t count, PyObject* names, PyObject* out);
/// The number slots: `a + b`; NotImplemented when an operand is neither tensor nor number.
PyObject* call_binary(const OpRecord& op, PyObject* a, PyObject* b, bool in_place);
PyObject* call_unary(const OpRecord& op, PyObject* x);

}  // namespace topograd::python
