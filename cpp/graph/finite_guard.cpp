#include "graph/finite_guard.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "graph/node.h"
#include "tensor/finite.h"

namespace topograd {
namespace {

bool is_infinite(const NotFinite& found) { return found.positive + found.negative > 0; }

bool is_parameter(const Tensor& x) { return x.requires_grad() && x.is_leaf(); }

/// What numbers and tensors among the arguments are not finite.
struct Given {
  bool infinity = false;            ///< anywhere
  bool infinite_parameter = false;  ///< in a leaf that requires grad
  bool nan = false;                 ///< in a tensor
  bool nan_number = false;          ///< written in the call
};

void look_at_number(double value, Given& given) {
  given.infinity = given.infinity || std::isinf(value);
  given.nan_number = given.nan_number || std::isnan(value);
}

void look_at_tensor(const Tensor& x, Given& given) {
  if (!x.defined() || x.hollow()) return;
  const NotFinite found = not_finite(x);
  given.nan = given.nan || found.nan > 0;
  if (x.body()->wrapped_number && found.nan > 0) given.nan_number = true;
  if (!is_infinite(found)) return;
  given.infinity = true;
  given.infinite_parameter = given.infinite_parameter || is_parameter(x);
}

/// The target of a call in place holds its result by now; it was looked at before.
Given look_at(const CallWatch::Event& event, bool target_was_spoiled) {
  Given given;
  const bool in_place = event.kind == CallWatch::Kind::in_place;
  given.infinity = given.nan = in_place && target_was_spoiled;
  for (int i = in_place ? 1 : 0; i < event.arg_count; ++i) {
    const Arg& arg = event.args[i];
    switch (arg.kind()) {
      case ArgKind::tensor: look_at_tensor(arg.tensor(), given); break;
      case ArgKind::tensors:
        for (const Tensor& x : arg.tensors()) look_at_tensor(x, given);
        break;
      case ArgKind::real: look_at_number(arg.real(), given); break;
      case ArgKind::reals:
        for (double value : arg.boxed<std::vector<double>>()) look_at_number(value, given);
        break;
      default: break;
    }
  }
  return given;
}

/// Whether the op makes no number that is not among its arguments.
bool moves_numbers(const OpRecord& op) {
  constexpr std::string_view families[] = {"cast",    "index",    "joining",   "layout",
                                           "padding", "placing",  "partition", "shape",
                                           "slicing", "stacking", "strided",   "shuffling"};
  const std::string_view family = family_of(op), name = name_of(op);
  return name == "where" || name == "masked_fill" ||
         std::find(std::begin(families), std::end(families), family) != std::end(families);
}

bool is_argument(const CallWatch::Event& event, const Tensor& x) {
  for (int i = 0; i < event.arg_count; ++i)
    if (event.args[i].kind() == ArgKind::tensor && event.args[i].tensor().same_as(x)) return true;
  return false;
}

/// Whether nothing is computed, or only by ops inside, which are looked at themselves.
bool computes_nothing(const CallWatch::Event& event) {
  if (event.op == nullptr || (event.op->traits & is_view) != 0) return true;
  return event.kind == CallWatch::Kind::call &&
         std::holds_alternative<Composite>(event.op->derivative);
}

}  // namespace

std::int64_t FiniteGuard::begin(const Event& event) {
  return event.kind == Kind::in_place && options_.forward && !all_finite(event.args[0].tensor());
}

void FiniteGuard::end(std::int64_t number, const Event& event, const Tensor* results, int count) {
  if (results == nullptr) return;
  if (event.kind == Kind::backward) {
    if (options_.backward) check_rule(event, results, count);
  } else if (options_.forward && !computes_nothing(event)) {
    check_call(event, number != 0, results, count);
  }
}

void FiniteGuard::check_call(const Event& event, bool target_was_spoiled, const Tensor* results,
                             int count) {
  for (int k = 0; k < count && k < event.op->differentiable_outputs; ++k) {
    if (all_finite(results[k])) continue;
    if (event.kind == Kind::call && is_argument(event, results[k])) continue;
    const bool nan = not_finite(results[k]).nan > 0;
    if (!nan && !options_.infinities) continue;
    const Given given = look_at(event, target_was_spoiled);
    const bool meant = nan ? given.nan_number || (given.nan && moves_numbers(*event.op))
                           : given.infinity && !given.infinite_parameter;
    if (!meant) report(event, results, count, k);
  }
}

void FiniteGuard::check_rule(const Event& event, const Tensor* results, int count) {
  for (int k = 0; k < count; ++k) {
    if (all_finite(results[k])) continue;
    if (options_.infinities || not_finite(results[k]).nan > 0) report(event, results, count, k);
  }
}

}  // namespace topograd
