#pragma once

#include <bit>
#include <vector>

#include "graph/node.h"

namespace topograd {

/// A map from nodes to values, open addressing. Values live in one vector, in the order of their
/// nodes' arrival.
template <class Value>
class NodeTable {
 public:
  struct Entry {
    Node* node;
    Value value;
  };

  NodeTable() : slots_(64, empty) {}

  /// The value of a node, made when it is not there; `fresh` tells.
  Value& at(Node* node, bool* fresh = nullptr) {
    std::size_t slot = place(node);
    if (slots_[slot] == empty) {
      if (fresh != nullptr) *fresh = true;
      if ((entries_.size() + 1) * 2 > slots_.size()) {
        grow();
        slot = place(node);
      }
      slots_[slot] = static_cast<std::uint32_t>(entries_.size());
      entries_.push_back({node, Value()});
    } else if (fresh != nullptr) {
      *fresh = false;
    }
    return entries_[slots_[slot]].value;
  }
  Value* find(const Node* node) {
    const std::size_t slot = place(node);
    return slots_[slot] == empty ? nullptr : &entries_[slots_[slot]].value;
  }
  std::vector<Entry>& entries() { return entries_; }

 private:
  static constexpr std::uint32_t empty = 0xffffffffu;

  std::size_t place(const Node* node) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t slot = (reinterpret_cast<std::size_t>(node) >> 6) * 0x9e3779b97f4a7c15u >>
                       (64 - std::countr_zero(slots_.size()));
    while (slots_[slot] != empty && entries_[slots_[slot]].node != node) slot = (slot + 1) & mask;
    return slot;
  }
  void grow() {
    slots_.assign(slots_.size() * 2, empty);
    for (std::size_t i = 0; i < entries_.size(); ++i)
      slots_[place(entries_[i].node)] = static_cast<std::uint32_t>(i);
  }

  std::vector<std::uint32_t> slots_;
  std::vector<Entry> entries_;
};

}  // namespace topograd
