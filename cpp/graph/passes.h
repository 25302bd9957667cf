#pragma once

#include <cstdint>

#include "graph/node.h"

namespace topograd {

// The last backward passes, for errors and for who asks why a gradient is missing. They are kept in
// a ring and own nothing.

struct Pass {
  std::uint32_t number = 0;
  int instruction = -1;
  const void* code = nullptr;
  std::uint64_t before = 0;  ///< nodes with smaller numbers were there when it began
  bool chosen = false;       ///< for some inputs only: backward(inputs=…), grad()
  Ref<NodeLink> root;        ///< of the first tensor it was called on
};

/// A pass begins. Numbers count from 1 up to what fits into 30 bits, and then from 1 again.
TOPOGRAD_API std::uint32_t note_pass(const Site& site, bool chosen, const Ref<Node>& root);
/// False where it was forgotten.
TOPOGRAD_API bool find_pass(std::uint32_t number, Pass& pass);
/// 0 before the first.
TOPOGRAD_API std::uint32_t newest_pass();
/// "train.py:30 in step", or "".
TOPOGRAD_API std::string describe_pass(std::uint32_t number);

}  // namespace topograd
