#pragma once

#include "graph/node.h"

namespace topograd {

/// All nodes below the roots, oldest first. A node is always younger than the nodes that made its
/// inputs, so this is a topological order: the one in which the calls were made.
std::vector<Node*> nodes_in_order(const Tensors& roots);

}  // namespace topograd
