#pragma once

#include <vector>

#include "graph/node.h"

namespace topograd {

// The errors of a backward pass, with the lines that led to them. Only the way to an error is slow.

/// "mul at model.py:12 in forward, in Net.block:  y = x * x"
TOPOGRAD_API std::string describe(const Node& node);
/// ", changed by add_ at model.py:14 in forward:  x += 1" and, in a line of its own, what to write
/// instead: what is known of the last change in place of x.
TOPOGRAD_API std::string describe_change(const Tensor& x);

/// x, which `node` saved as `what` at that version, was changed in place.
[[noreturn]] void refuse_version(const Node& node, const Tensor& x, std::uint32_t saved,
                                 const std::string& what);
/// A pass that began at `roots` came to `node`, whose values an earlier pass has let go of.
[[noreturn]] TOPOGRAD_API void refuse_second_pass(const Node& node,
                                                  const std::vector<Ref<Node>>& roots);
/// `op` was called on tensor number i of what it calls `role`, which is not tracked.
[[noreturn]] TOPOGRAD_API void refuse_untracked(std::string_view op, std::string_view role,
                                                std::size_t i, const Tensor& x);

}  // namespace topograd
