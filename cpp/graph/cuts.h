#pragma once

#include <cstdint>
#include <string>

#include "graph/provenance.h"
#include "topograd/op.h"

namespace topograd {

// Where values left the graph. A tensor that was made from a tracked one, and is not tracked
// itself, has the number of a note in its body, and so has all that is computed from it. The notes
// are in a ring: they own nothing, and the oldest are forgotten.

enum class CutKind : std::uint8_t {
  detach,         ///< x.detach(), detach_()
  data,           ///< x.data
  copied,         ///< tensor(x), Tensor(x)
  no_grad,        ///< computed in no_grad() or inference_mode(); the place is where that began
  no_derivative,  ///< an op that has none: argmax, a comparison
  integers,       ///< a result whose dtype has no gradients
  frozen,         ///< requires_grad_(False)
  taken_out,      ///< a number or an array was taken out, of which a tensor was made
};

struct Cut {
  CutKind kind = CutKind::detach;
  int instruction = -1;
  const void* code = nullptr;
  const OpRecord* op = nullptr;  ///< for no_derivative and integers
  std::uint64_t sequence = 0;    ///< nodes with smaller numbers were there already
};

/// How many notes are kept.
constexpr std::uint32_t most_cuts = 1u << 14;
/// Its number is never 0.
TOPOGRAD_API std::uint32_t note_cut(CutKind kind, const Site& site, const OpRecord* op = nullptr);
/// False where it was forgotten.
TOPOGRAD_API bool find_cut(std::uint32_t number, Cut& cut);
/// Not less than the number of the youngest; threads may have left some before it free.
TOPOGRAD_API std::uint32_t newest_cut();

/// ".detach()" or "argmax, which has no derivative".
TOPOGRAD_API std::string maker_of(const Cut& cut);

/// The same elements outside the graph, with a note.
TOPOGRAD_API Tensor cut_off(const Tensor& x, CutKind kind);

/// The arguments' cut for the results of a call that is not recorded: its number, or 0.
std::uint32_t cut_among(const Arg* args, int count);
/// Notes that results of a recorded call are not tracked: their dtype or the op has no gradients.
void note_untracked(const OpRecord& op, Results& results);

/// The calling thread takes the values of x out of the graph: a number, or an array over x's
/// memory, which is let go of later (end_exit).
TOPOGRAD_API void note_exit(const Tensor& x, bool array = false);
TOPOGRAD_API void end_exit(const void* memory);
/// x was made of numbers, or (array) over the memory of an array: gives it a note where those are
/// the ones that were taken out last.
TOPOGRAD_API void note_return(const Tensor& x, bool array = false);
/// Where values were taken out last in this thread: "train.py:30 in step", or "".
TOPOGRAD_API std::string last_exit();

/// " at model.py:41 in f, by x.detach(): …", with what to do about it; "" for 0.
TOPOGRAD_API std::string describe_cut(std::uint32_t number);

}  // namespace topograd
