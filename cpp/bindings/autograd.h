#pragma once

#include "bindings/python.h"
#include "graph/node.h"

namespace topograd::python {

/// A recorded call as Python sees it.
PyObject* wrap_node(const Ref<Node>& node);
/// The node of such an object. Throws TypeError for another.
Ref<Node> node_of_handle(const py::object& handle);
/// Warns that the losses of past backward calls from `site` are all kept.
void warn_of_leak(const Site& site, const std::vector<Ref<Node>>& losses);
/// `x.data = value`: x looks at other elements from now on.
void replace_data(const Tensor& x, const Tensor& value);

}  // namespace topograd::python
