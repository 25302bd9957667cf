#pragma once

// Recurrent networks of several layers, and single cells.

#include "ops/recurrent_walk.h"

namespace topograd {

enum class Unit : std::uint8_t { tanh, relu, lstm, gru };

struct Network {
  const char* op;
  Unit unit;
  bool biases;
  index layers;
  double dropout;  ///< between layers
  bool bidirectional;

  index directions() const { return bidirectional ? 2 : 1; }
};

/// Those of one direction of one layer; biases and projection may be undefined.
struct CellWeights {
  Tensor input, state, input_bias, state_bias, projection;
};

/// Rows: (steps, batch, features), or packed with the number of sequences of every step.
struct Input {
  Tensor rows;
  Dims batch_sizes;
};

/// (out, final states, final cells if there are such). hx: the initial states and, for lstm, cells,
/// (layers * directions, batch, width) each. params: per layer and direction the weights of input
/// and state, their biases if there are such, and the projection where widths differ.
Tensors run_network(const Network& net, Input x, const Tensors& hx, const Tensors& params);

/// One step: the state and, for lstm, the cell.
Tensors run_cell(const char* op, Unit unit, const Tensor& input, const Tensor& h, const Tensor& c,
                 const CellWeights& weights);

}  // namespace topograd
