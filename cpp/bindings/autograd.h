#pragma once

#include "bindings/python.h"
#include "graph/node.h"

namespace topograd::python {

/// A recorded call as Python sees it.
PyObject* wrap_node(const Ref<Node>& node);
/// `x.data = value`: x looks at other elements from now on.
void replace_data(const Tensor& x, const Tensor& value);

}  // namespace topograd::python
