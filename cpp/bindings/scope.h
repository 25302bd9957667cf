#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "topograd/counted.h"

namespace topograd::python {

/// The chain of modules that are running in this thread, innermost first; null outside of all.
Ref<Counted> current_scope();
/// "net.block.2.fc": the names under which each module holds the next; the outermost one by its
/// class.
std::string describe_scope(const Counted* scope);
/// The modules themselves, outermost first; None for those that are gone.
pybind11::list modules_of_scope(const Counted* scope);

}  // namespace topograd::python
