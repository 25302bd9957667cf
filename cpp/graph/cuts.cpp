#include "graph/cuts.h"

#include <array>
#include <atomic>

#include "base/thread_storage.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "tensor/body.h"

namespace topograd {
namespace {

/// Written by one thread; who reads it while another overwrites it finds another number.
struct Entry {
  std::atomic<std::uint32_t> number{0};
  std::atomic<std::uint32_t> instruction{0};
  std::atomic<const void*> code{nullptr};
  std::atomic<const OpRecord*> op{nullptr};
  std::atomic<std::uint64_t> sequence_and_kind{0};
};
Entry entries[most_cuts];
std::atomic<std::uint32_t> newest{0};

constexpr int kind_bits = 4;
constexpr auto relaxed = std::memory_order_relaxed;

/// A thread takes numbers in blocks: it needs no locked instruction for each.
std::uint32_t next_number() {
  constexpr std::uint32_t block = 16;
  static thread_local constinit std::uint32_t next TOPOGRAD_STATIC_TLS = 0;
  if (next % block == 0) next = newest.fetch_add(block, relaxed);
  if (++next == 0) next = 1;  // after 2^32 notes
  return next;
}

}  // namespace

std::uint32_t note_cut(CutKind kind, const Site& site, const OpRecord* op) {
  const std::uint32_t number = next_number();
  Entry& entry = entries[number % most_cuts];
  entry.number.store(0, std::memory_order_release);
  entry.instruction.store(static_cast<std::uint32_t>(site.instruction), relaxed);
  entry.code.store(site.code, relaxed);
  entry.op.store(op, relaxed);
  entry.sequence_and_kind.store(next_node_number() << kind_bits | static_cast<unsigned>(kind),
                                relaxed);
  entry.number.store(number, std::memory_order_release);
  return number;
}

bool find_cut(std::uint32_t number, Cut& cut) {
  const Entry& entry = entries[number % most_cuts];
  if (number == 0 || entry.number.load(std::memory_order_acquire) != number) return false;
  cut.instruction = static_cast<int>(entry.instruction.load(relaxed));
  cut.code = entry.code.load(relaxed);
  cut.op = entry.op.load(relaxed);
  const std::uint64_t both = entry.sequence_and_kind.load(relaxed);
  cut.sequence = both >> kind_bits;
  cut.kind = static_cast<CutKind>(both & ((1u << kind_bits) - 1));
  std::atomic_thread_fence(std::memory_order_acquire);
  return entry.number.load(relaxed) == number;
}

std::uint32_t newest_cut() { return newest.load(relaxed); }

Tensor cut_off(const Tensor& x, CutKind kind) {
  Tensor result = x.detach();
  if (x.requires_grad()) result.body()->cut = note_cut(kind, current_site());
  return result;
}

std::uint32_t cut_among(const Arg* args, int count) {
  std::uint32_t found = 0;
  const auto look = [&](const detail::TensorBody& body) {
    // Where it is tracked, the call is not recorded: that is the cut, unless nobody asked for it.
    if (found == 0) found = body.node ? mode.cut : body.cut;
  };
  for (int i = 0; i < count; ++i) {
    if (args[i].kind() == ArgKind::tensor) {
      look(*args[i].tensor().body());
    } else if (args[i].kind() == ArgKind::tensors) {
      for (const Tensor& x : args[i].tensors())
        if (x.defined()) look(*x.body());
    }
  }
  return found;
}

void note_untracked(const OpRecord& op, Results& results) {
  std::uint32_t number = 0;
  for (int k = 0; k < results.count(); ++k) {
    const Tensor& result = results.at(k);
    if (!result.defined() || result.body()->node) continue;
    if (number == 0) {
      const bool cast = !std::holds_alternative<NotDifferentiable>(op.derivative) && k == 0;
      number = note_cut(cast ? CutKind::integers : CutKind::no_derivative, current_site(), &op);
    }
    result.body()->cut = number;
  }
}

namespace {

/// What a thread took out of the graph last.
struct Exit {
  const void* code = nullptr;
  int instruction = -1;
  const void* memory = nullptr;  ///< while an array looks at it
  double number = 0;             ///< 0: none
};
thread_local constinit Exit exit_of_thread;

}  // namespace

void note_exit(const Tensor& x, bool array) {
  if (!x.body()->node && x.body()->cut == 0) return;
  const Site& site = current_site();
  const bool number = x.count() == 1 && !array && !is_complex(x.dtype());
  exit_of_thread = {site.code, site.instruction, array ? x.address() : nullptr,
                    number ? x.item().real() : 0};
}

void end_exit(const void* memory) {
  if (exit_of_thread.memory == memory) exit_of_thread.memory = nullptr;
}

void note_return(const Tensor& x, bool array) {
  const Exit& out = exit_of_thread;
  if (x.body()->node || (array ? out.memory == nullptr : out.number == 0)) return;
  // 1 is a number that programs write themselves, as 0 is.
  const bool same = array ? x.address() == out.memory
                          : x.count() == 1 && is_floating(x.dtype()) && out.number != 1 &&
                                x.item().real() == out.number;
  if (same) x.body()->cut = note_cut(CutKind::taken_out, {out.code, out.instruction, {}});
}

std::string last_exit() { return describe({exit_of_thread.code, exit_of_thread.instruction, {}}); }

namespace {

struct Told {
  const char* by;
  const char* advice;
};

Told told(const Cut& cut) {
  switch (cut.kind) {
    case CutKind::detach: return {".detach()", "leave .detach() away there"};
    case CutKind::data: return {".data", "use the tensor itself instead of .data"};
    case CutKind::copied:
      return {"tensor(x), which copies the values only",
              "use x.clone(), or stack([x, y]) for several"};
    case CutKind::no_grad: return {"no_grad()", "compute it outside of no_grad()"};
    case CutKind::frozen:
      return {"requires_grad_(False)", "call requires_grad_() before it is used"};
    case CutKind::taken_out:
      return {"taking its values out (item, tolist, numpy) and making a new tensor of them",
              "stay with tensors: numbers and arrays have no history"};
    case CutKind::integers: return {nullptr, "integers have no gradients: keep it floating point"};
    case CutKind::no_derivative: break;
  }
  return {nullptr, "use an op that has a derivative, such as softmax or a soft threshold"};
}

}  // namespace

std::string maker_of(const Cut& cut) {
  if (cut.op == nullptr) return told(cut).by;
  // Hidden ops are parts of others: the user has not written their names.
  const std::string name =
      (cut.op->traits & is_hidden) != 0 ? "an op" : signature_of(*cut.op).function;
  return name + (cut.kind == CutKind::integers ? ", whose result has no gradients"
                                               : ", which has no derivative");
}

std::string describe_cut(std::uint32_t number) {
  if (number == 0) return "";
  Cut cut;
  if (!find_cut(number, cut)) return ": its history was cut off, too long ago to tell where";
  const Site site{cut.code, cut.instruction, {}};
  const std::string at = describe(site), source = source_of(site);
  return format(": its history was cut off{}{} by {}{}\n  fix: {}", at.empty() ? "" : " at ", at,
                maker_of(cut), source.empty() ? "" : ":  " + source, told(cut).advice);
}

}  // namespace topograd
