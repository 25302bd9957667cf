#include "ops/recurrent_walk.h"

namespace topograd {
namespace {

using kernels::RecurrentStep;

/// batch_sizes of gates, checked.
Dims sizes_of(const Tensor& gates, index batch, const Dims& batch_sizes, std::string_view op) {
  if (!batch_sizes.empty()) {
    index rows = 0, last = batch;
    for (const index size : batch_sizes) {
      expect<ValueError>(size > 0 && size <= last && rows <= gates.shape()[0],
                         "{}: batch_sizes must be positive, not increase, and begin with the batch "
                         "size {}, got {}",
                         op, batch, batch_sizes);
      rows += size;
      last = size;
    }
    expect<ShapeError>(gates.rank() == 2 && rows == gates.shape()[0] && batch_sizes[0] == batch,
                       "{}: batch_sizes {} do not fit packed rows of shape {} and a batch of {}",
                       op, batch_sizes, gates.shape(), batch);
    return batch_sizes;
  }
  const index in_batch = gates.shape().at(-2);
  expect<ShapeError>(in_batch == batch,
                     "{}: the batch of the input is {}, that of the initial state {}", op, in_batch,
                     batch);
  const index steps = gates.rank() == 3 ? gates.shape()[0] : 1;
  expect<ShapeError>(steps > 0, "{}: expects a sequence of at least one step, got shape {}", op,
                     gates.shape());
  return Dims::filled(static_cast<int>(steps), batch);
}

}  // namespace

Sequence sequence_of(const Tensor& gates, const Tensor& state, const Dims& batch_sizes,
                     bool reverse, std::string_view op) {
  expect<ShapeError>(gates.rank() == 2 || gates.rank() == 3,
                     "{}: expects (steps, batch, features) or (batch, features), got shape {}", op,
                     gates.shape());
  expect<ShapeError>(state.rank() == 2,
                     "{}: expects an initial state of shape (batch, width), got {}", op,
                     state.shape());
  Sequence sequence;
  sequence.batch = state.shape()[0];
  sequence.reverse = reverse;
  const Dims sizes = sizes_of(gates, sequence.batch, batch_sizes, op);
  const int count = sizes.size();
  sequence.steps.resize(static_cast<std::size_t>(count));
  const auto at = [&](int t) -> RecurrentStep& {
    return sequence.steps[static_cast<std::size_t>(reverse ? count - 1 - t : t)];
  };
  for (int t = 0; t < count; ++t) {
    at(t) = {.first = sequence.rows, .rows = sizes[t], .before = 0, .kept = 0};
    sequence.rows += sizes[t];
  }
  for (std::size_t s = 1; s < sequence.steps.size(); ++s) {
    RecurrentStep& step = sequence.steps[s];
    step.before = sequence.steps[s - 1].first;
    step.kept = std::min(step.rows, sequence.steps[s - 1].rows);
  }
  return sequence;
}

Tensor flat(const Tensor& x) { return x.defined() && x.rank() == 3 ? flatten(x, 0, 1) : x; }

Tensor rows_of(const Tensor& x, const RecurrentStep& step) {
  return narrow(x, 0, step.first, step.rows);
}

Tensor states_before(const Sequence& sequence, const Tensor& initial, const Tensor& rows) {
  const index moved = sequence.rows - sequence.batch;
  if (moved == 0) return initial;
  if (sequence.even())
    return sequence.reverse ? cat({narrow(rows, 0, sequence.batch, moved), initial}, 0)
                            : cat({initial, narrow(rows, 0, 0, moved)}, 0);
  std::vector<index> sources(static_cast<std::size_t>(sequence.rows));
  for (const RecurrentStep& step : sequence.steps)
    for (index i = 0; i < step.rows; ++i)
      sources[static_cast<std::size_t>(step.first + i)] =
          i < step.kept ? sequence.batch + step.before + i : i;
  return index_select(cat({initial, rows}, 0), 0, Tensor::of(sources));
}

Tensor Backward::arriving(const RecurrentStep& step, const Tensor& given) const {
  if (!come_.defined()) return given;
  const index missing = step.rows - come_.shape()[0];
  if (missing == 0) return given + come_;
  return given + cat({come_, Tensor::zeros({missing, come_.shape()[1]}, come_.dtype())}, 0);
}

void Backward::hand(const RecurrentStep& step, const Tensor& to_before) {
  if (step.kept < step.rows)
    initial_.push_back(narrow(to_before, 0, step.kept, step.rows - step.kept));
  come_ = narrow(to_before, 0, 0, step.kept);
}

Tensor Backward::initial() const {
  // A batch of nothing hands nothing over.
  return initial_.empty() ? come_ : cat(Tensors(initial_.rbegin(), initial_.rend()), 0);
}

Onward::Onward(const Tensor& initial, index batch, index width, DType dtype)
    : initial_(initial.defined() ? cast(initial, dtype) : Tensor::zeros({batch, width}, dtype)) {}

Tensor Onward::before(const RecurrentStep& step) const {
  if (step.kept == 0) return narrow(initial_, 0, 0, step.rows);
  const Tensor last = narrow(last_, 0, 0, step.kept);
  if (step.kept == step.rows) return last;
  return cat({last, narrow(initial_, 0, step.kept, step.rows - step.kept)}, 0);
}

Tensor joined(const Sequence& sequence, Tensors parts, bool backward) {
  if (backward != sequence.reverse) std::reverse(parts.begin(), parts.end());
  return cat(parts, 0);
}

}  // namespace topograd
