#pragma once

#include "bindings/python.h"

namespace topograd::python {

// The parts of the Tensor type that other files define.
PyMethodDef* tensor_methods();                                      // tensor_methods.cpp
PyGetSetDef* tensor_attributes();                                   // tensor_attributes.cpp
PyObject* tensor_repr(PyObject* self);                              // format.cpp
int tensor_get_buffer(PyObject* self, Py_buffer* view, int flags);  // interop.cpp
void tensor_release_buffer(PyObject* self, Py_buffer* view);

/// The Python object inside a hook or a saved context, or null.
PyObject* object_of(Counted* kept);
/// The same of a Segment of which `owners` owners are known; null if it has others.
PyObject* object_of_segment(Counted* segment, std::uint32_t owners);  // autograd.cpp

}  // namespace topograd::python
