#pragma once

// What the kernels of recurrent layers offer (see kernels.h).

#include <cstdint>

namespace topograd::kernels {

using index = std::int64_t;

/// One time step of sequences whose rows lie step by step, longer sequences first. Row i < kept
/// goes on from row before + i, the others from the same row of the initial state.
struct RecurrentStep {
  index first, rows, before, kept;
};
/// The steps in the order in which they are taken. Every row of the initial states begins once.
struct RecurrentShape {
  const RecurrentStep* steps;
  index count;
  index total_rows;
  index batch;   ///< rows of the initial states
  index hidden;  ///< units
  index width;   ///< of what a step hands to the next: hidden, or that of the projection
};
/// Rows of the sequence, unless it is c0, a weight or an initial state's gradient.
struct LstmBackward {
  const void* g;               ///< of out
  const void* cells_gradient;  ///< may be null
  const void *c0, *weight, *projection, *cells, *kept;
  void *gates_gradient, *h0_gradient, *c0_gradient;
  void* out_total;  ///< with a projection: gradient of out, that from later steps included
};
/// gates are the products with the input, (rows, gates * hidden) in PyTorch's order of gates;
/// weight (gates * hidden, width). The gradients of gates are those of the weights too, by one
/// product with the states before. Results do not depend on the number of threads.
struct Recurrent {
  /// out = tanh or relu(gates + state · weightᵀ).
  void (*rnn)(const RecurrentShape&, bool relu, const void* gates, const void* h0,
              const void* weight, void* out);
  void (*rnn_backward)(const RecurrentShape&, bool relu, const void* g, const void* out,
                       const void* weight, void* gates_gradient, void* h0_gradient);
  /// kept (rows, 5 * hidden): i, f, g, o and tanh(cell). projection: null, or (width, hidden).
  void (*lstm)(const RecurrentShape&, const void* gates, const void* h0, const void* c0,
               const void* weight, const void* projection, void* out, void* cells, void* kept);
  void (*lstm_backward)(const RecurrentShape&, const LstmBackward&);
  /// kept (rows, 4 * hidden): r, z, what r multiplies, n. bias: null, or added to the product.
  void (*gru)(const RecurrentShape&, const void* gates, const void* h0, const void* weight,
              const void* bias, void* out, void* kept);
  /// product_gradient: as gates_gradient, of state · weightᵀ.
  void (*gru_backward)(const RecurrentShape&, const void* g, const void* h0, const void* weight,
                       const void* out, const void* kept, void* gates_gradient,
                       void* product_gradient, void* h0_gradient);
};

}  // namespace topograd::kernels
