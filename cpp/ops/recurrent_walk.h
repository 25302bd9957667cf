#pragma once

// How the rules of recurrent layers walk over the steps of a sequence, written in ops.

#include <vector>

#include "ops/family.h"

namespace topograd {

/// The steps of a layer's sequences in the order in which they are taken.
struct Sequence {
  std::vector<kernels::RecurrentStep> steps;
  index rows = 0, batch = 0;
  bool reverse = false;

  /// Whether all sequences are equally long.
  bool even() const { return rows == batch * static_cast<index>(steps.size()); }
};

/// batch_sizes: how many sequences have a step t, for packed rows (sum of batch_sizes, gates).
/// Empty: gates are (steps, batch, gates), or (batch, gates), one step. state: (batch, width).
Sequence sequence_of(const Tensor& gates, const Tensor& state, const Dims& batch_sizes,
                     bool reverse, std::string_view op);

/// x of (steps, batch, n) as rows; undefined stays so.
Tensor flat(const Tensor& x);
/// The rows of one step.
Tensor rows_of(const Tensor& x, const kernels::RecurrentStep& step);
/// The state before every row: of the initial one or of `rows`.
Tensor states_before(const Sequence& sequence, const Tensor& initial, const Tensor& rows);

/// A quantity that every step hands to the one that comes before it: gradients, walking back.
class Backward {
 public:
  /// `given` with what has come from the step after.
  Tensor arriving(const kernels::RecurrentStep& step, const Tensor& given) const;
  void hand(const kernels::RecurrentStep& step, const Tensor& to_before);
  /// What was handed to the initial state.
  Tensor initial() const;

 private:
  Tensor come_;
  Tensors initial_;  // from the last rows of the batch to the first
};

/// A quantity that every step takes from the one before it: tangents.
class Onward {
 public:
  /// initial: undefined for zeros of (batch, width).
  Onward(const Tensor& initial, index batch, index width, DType dtype);
  Tensor before(const kernels::RecurrentStep& step) const;
  void set(Tensor rows) { last_ = std::move(rows); }

 private:
  Tensor initial_, last_;
};

/// What the steps gave, one after the other, as rows of the sequence.
Tensor joined(const Sequence& sequence, Tensors parts, bool backward);

/// `block`-th of the blocks of n columns.
inline Tensor part(const Tensor& x, index block, index n) { return narrow(x, 1, block * n, n); }
/// gradientᵀ · states, the gradient of a weight over all steps at once.
inline Tensor weight_gradient(const Tensor& gradient, const Tensor& states) {
  return matmul(matrix_transpose(gradient), states);
}

inline Tensor or_zeros(const Tensor& g, const Dims& shape, DType dtype) {
  return g.defined() ? g : Tensor::zeros(shape, dtype);
}

// ------------------------------------------------------------------ recurrent_rules.cpp

Tensors rnn_vjp(const Call& c, const Tensor& g, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Dims& sizes, bool reverse, bool relu);
Tensor rnn_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
               const Tensor& weight, const Dims& sizes, bool reverse, bool relu);
Tensors lstm_vjp(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                 const Tensor& cell, const Tensor& weight, const Tensor& projection,
                 const Dims& sizes, bool reverse);
Tensors lstm_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
                 const Tensor& cell, const Tensor& weight, const Tensor& projection,
                 const Dims& sizes, bool reverse);
Tensors gru_vjp(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Tensor& bias, const Dims& sizes, bool reverse);
Tensors gru_jvp(const Call& c, const Tensors& t, const Tensor& gates, const Tensor& state,
                const Tensor& weight, const Tensor& bias, const Dims& sizes, bool reverse);

}  // namespace topograd
