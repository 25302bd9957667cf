#pragma once

// A graph as something to run: its calls in order, with what goes where and what is let go of when.

#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "graph/node.h"
#include "topograd/graph.h"

namespace topograd {

/// The sizes that a placeholder leaves open stand in its shape as one of these primes; in sizes and
/// numbers that were made of them they are found again as factors.
inline constexpr index open_sizes[] = {509, 521, 523, 541};
/// What each of them is in a run; -1: not known.
struct OpenSizes {
  index actual[std::size(open_sizes)] = {-1, -1, -1, -1};
  bool any = false;

  /// n with each open size replaced by the actual one.
  index scaled(index n) const;
  Dims scaled(const Dims& dims) const;
  /// Learns what they are from the shape of a value for a placeholder. False where it does not fit.
  bool fit(const Dims& placeholder, const Dims& given);
};
bool has_open_size(const Dims& dims);

struct Program {
  /// Argument `arg` (item `item` of a list) is value number `value`.
  struct Use {
    int arg, item;
    std::size_t value;
  };
  struct Step {
    const Node* node = nullptr;  ///< null: a constant
    std::size_t first = 0;       ///< its first value
    std::vector<Arg> args;
    std::vector<Use> uses;
    std::vector<std::size_t> last_uses;  ///< values that nobody needs after this
    int seed = -1;                       ///< argument "seed", with "offset" behind it
    bool sized = false;                  ///< an argument has an open size
  };
  std::vector<Step> steps;
  std::size_t value_count = 0;
  std::vector<std::size_t> results;
  std::map<std::string, int> names;  ///< of leaves and constants; -1: more than one
  bool open = false;

  Program(const Graph& graph, const Tensors& roots);
};

}  // namespace topograd
