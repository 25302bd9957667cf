#pragma once

#include <vector>

#include "graph/node.h"

namespace topograd {

/// Tells a training loop that keeps its losses, and with each its graph: `total += loss`,
/// `losses.append(loss)`. Called once for a backward pass from `site` that lets go of the graph,
/// with the node of what it is called on. When the losses of the last 20 passes from one line are
/// all alive, each recorded after the pass before it, they come back, oldest first; for a line at
/// most once. Losses that were all there before the first pass (a list that is worked off) do not
/// count.
TOPOGRAD_API std::vector<Ref<Node>> note_loss(const Site& site, const Ref<Node>& root);

/// Bytes that are kept by the nodes from these on: themselves, and values that are no leaf's.
TOPOGRAD_API std::size_t bytes_of_graph(const std::vector<Ref<Node>>& from);

}  // namespace topograd
