#include "kernels/cpu/recurrent.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// A step forward is one product with all gates' weights and one pass over the units of each row.
// What the pass makes of the gates is kept for the backward pass, which walks the steps from the
// last to the first: one pass gives the gradients of the gates, one product hands them back. The
// passes over a row stand apart, since each of the loops around them comes twice: for the calling
// thread and for others.

/// The weight (gates, width) as the matrix that a step forward multiplies states with.
template <class T>
StepMatrix<T> forward_matrix(const RecurrentShape& shape, const T* weight, index gates) {
  return {weight, shape.width, gates, 1, shape.width, shape.count > 2, scratch_matrix};
}
/// The weight as the matrix that a step back multiplies gradients of gates with.
template <class T>
StepMatrix<T> backward_matrix(const RecurrentShape& shape, const T* weight, index gates) {
  return {weight, gates, shape.width, shape.width, 1, shape.count > 2, scratch_matrix};
}

/// f(part) for the steps of a block that have rows, from the first on.
template <class F>
void each_step(const RecurrentShape& shape, index begin, index end, F f) {
  for (index s = 0; s < shape.count; ++s) {
    const Part part = part_of(shape.steps[s], begin, end);
    if (part.rows > 0) f(part);
  }
}
template <class F>
void each_step_back(const RecurrentShape& shape, index begin, index end, F f) {
  for (index s = shape.count - 1; s >= 0; --s) {
    const Part part = part_of(shape.steps[s], begin, end);
    if (part.rows > 0) f(part);
  }
}

// ------------------------------------------------------------------ tanh or relu

template <class T, bool relu>
[[gnu::noinline]] void rnn_row(const T* gates, T* out, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T x = gates[j] + out[j];
    out[j] = relu ? (x > T{0} ? x : x * T{0}) : tanh(x);
  }
}

template <class T, bool relu>
[[gnu::noinline]] void rnn_row_back(const T* g, const T* come, const T* out, T* gates, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T total = g[j] + come[j], y = out[j];
    gates[j] = relu ? (y > T{0} ? total : T{0}) : total * (T{1} - y * y);
  }
}

template <class T>
void rnn_forward(const RecurrentShape& shape, bool relu, const T* gates, const T* h0,
                 const T* weight, T* out) {
  const index n = shape.hidden;
  const auto row = relu ? &rnn_row<T, true> : &rnn_row<T, false>;
  const auto matrix = forward_matrix(shape, weight, n);
  const States<const T> states{h0, out, n};
  each_block(shape, n * n, [&](index begin, index end) {
    each_step(shape, begin, end, [&](const Part& part) {
      T* rows = out + part.first * n;
      multiply_before(matrix, states, part, rows, n, static_cast<const T*>(nullptr));
      each_row(part, n, [&](index i) { row(gates + (part.first + i) * n, rows + i * n, n); });
    });
  });
}

template <class T>
void rnn_backward(const RecurrentShape& shape, bool relu, const T* g, const T* out, const T* weight,
                  T* gates_gradient, T* h0_gradient) {
  const index n = shape.hidden;
  const auto row = relu ? &rnn_row_back<T, true> : &rnn_row_back<T, false>;
  const auto matrix = backward_matrix(shape, weight, n);
  each_block(shape, n * n, [&](index begin, index end) {
    HandedBack<T> back(scratch_rows, begin, end, n, h0_gradient);
    each_step_back(shape, begin, end, [&](const Part& part) {
      T* gates = gates_gradient + part.first * n;
      each_row(part, n, [&](index i) {
        const index at = (part.first + i) * n;
        row(g + at, back.come(i), out + at, gates + i * n, n);
      });
      back.give_product(part, matrix, gates, n, false);
      back.next(part);
    });
  });
}

// ------------------------------------------------------------------ long short-term memory

/// kept holds the product at first, then i f g o and tanh(cell).
template <class T>
[[gnu::noinline]] void lstm_row(const T* gates, const T* cell_before, T* kept, T* cell, T* hidden,
                                index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T in = sigmoid(gates[j] + kept[j]);
    const T forget = sigmoid(gates[n + j] + kept[n + j]);
    const T update = tanh(gates[2 * n + j] + kept[2 * n + j]);
    const T out = sigmoid(gates[3 * n + j] + kept[3 * n + j]);
    const T c = forget * cell_before[j] + in * update;
    const T bounded = tanh(c);
    kept[j] = in;
    kept[n + j] = forget;
    kept[2 * n + j] = update;
    kept[3 * n + j] = out;
    kept[4 * n + j] = bounded;
    cell[j] = c;
    hidden[j] = out * bounded;
  }
}

template <class T>
void lstm_forward(const RecurrentShape& shape, const T* gates, const T* h0, const T* c0,
                  const T* weight, const T* projection, T* out, T* cells, T* kept) {
  const index n = shape.hidden, width = shape.width;
  const auto matrix = forward_matrix(shape, weight, 4 * n);
  const StepMatrix<T> project(projection, n, width, 1, n, projection != nullptr && shape.count > 2,
                              scratch_second_matrix);
  const States<const T> states{h0, out, width}, cell_states{c0, cells, n};
  each_block(shape, 4 * n * width, [&](index begin, index end) {
    T* unprojected =
        projection == nullptr ? nullptr : scratch<T>(scratch_unprojected, (end - begin) * n);
    each_step(shape, begin, end, [&](const Part& part) {
      T* rows = kept + part.first * 5 * n;
      multiply_before(matrix, states, part, rows, 5 * n, static_cast<const T*>(nullptr));
      T* hidden = projection == nullptr ? out + part.first * n : unprojected;
      each_row(part, 10 * n, [&](index i) {
        const index at = part.first + i;
        lstm_row(gates + at * 4 * n, cell_states.before(part, i), rows + i * 5 * n, cells + at * n,
                 hidden + i * n, n);
      });
      if (projection != nullptr)
        project.multiply(hidden, n, part.rows, out + part.first * width, width, false, nullptr);
    });
  });
}

/// cell_given: from the output of cells; cell_come: handed back, as is what goes to cell_give.
template <class T>
[[gnu::noinline]] void lstm_row_back(const T* hidden_given, const T* hidden_come,
                                     const T* cell_given, const T* cell_come, const T* cell_before,
                                     const T* kept, T* gates, T* cell_give, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T in = kept[j], forget = kept[n + j], update = kept[2 * n + j], out = kept[3 * n + j];
    const T bounded = kept[4 * n + j];
    const T hidden = hidden_given[j] + hidden_come[j];
    const T cell = cell_given[j] + cell_come[j] + hidden * out * (T{1} - bounded * bounded);
    gates[j] = cell * update * (in * (T{1} - in));
    gates[n + j] = cell * cell_before[j] * (forget * (T{1} - forget));
    gates[2 * n + j] = cell * in * (T{1} - update * update);
    gates[3 * n + j] = hidden * bounded * (out * (T{1} - out));
    cell_give[j] = cell * forget;
  }
}

template <class T>
[[gnu::noinline]] void add_rows_of(const T* a, const T* b, T* out, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) out[j] = a[j] + b[j];
}

template <class T>
void lstm_backward(const RecurrentShape& shape, const LstmBackward& call) {
  const index n = shape.hidden, width = shape.width;
  const auto in = [](const void* pointer) { return static_cast<const T*>(pointer); };
  const auto to = [](void* pointer) { return static_cast<T*>(pointer); };
  const bool projected = call.projection != nullptr;
  const auto matrix = backward_matrix(shape, in(call.weight), 4 * n);
  const StepMatrix<T> unproject(in(call.projection), width, n, n, 1, projected && shape.count > 2,
                                scratch_second_matrix);
  const States<const T> cell_states{in(call.c0), in(call.cells), n};
  each_block(shape, 4 * n * width, [&](index begin, index end) {
    HandedBack<T> back(scratch_rows, begin, end, width, to(call.h0_gradient));
    HandedBack<T> cell_back(scratch_cell_rows, begin, end, n, to(call.c0_gradient));
    // Of the hidden rows before projection; one row of zeros behind them.
    T* hidden = scratch<T>(scratch_unprojected, (projected ? end - begin : 0) * n + n);
    T* zeros = hidden + (projected ? end - begin : 0) * n;
    fill_zero(zeros, n);
    each_step_back(shape, begin, end, [&](const Part& part) {
      if (projected) {
        T* total = to(call.out_total) + part.first * width;
        each_row(part, width, [&](index i) {
          add_rows_of(in(call.g) + (part.first + i) * width, back.come(i), total + i * width,
                      width);
        });
        unproject.multiply(total, width, part.rows, hidden, n, false, nullptr);
      }
      T* gates = to(call.gates_gradient) + part.first * 4 * n;
      each_row(part, 4 * n, [&](index i) {
        const index at = part.first + i;
        lstm_row_back(projected ? hidden + i * n : in(call.g) + at * n,
                      projected ? zeros : back.come(i),
                      call.cells_gradient == nullptr ? zeros : in(call.cells_gradient) + at * n,
                      cell_back.come(i), cell_states.before(part, i), in(call.kept) + at * 5 * n,
                      gates + i * 4 * n, cell_back.give(part, i), n);
      });
      back.give_product(part, matrix, gates, 4 * n, false);
      back.next(part);
      cell_back.next(part);
    });
  });
}

// ------------------------------------------------------------------ gated recurrent unit

/// kept holds the product (with the bias) at first, then r, z, the product of n, and n.
template <class T>
[[gnu::noinline]] void gru_row(const T* gates, const T* before, T* kept, T* out, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T reset = sigmoid(gates[j] + kept[j]);
    const T update = sigmoid(gates[n + j] + kept[n + j]);
    const T fresh = tanh(gates[2 * n + j] + reset * kept[2 * n + j]);
    kept[j] = reset;
    kept[n + j] = update;
    kept[3 * n + j] = fresh;
    out[j] = fresh + update * (before[j] - fresh);
  }
}

template <class T>
void gru_forward(const RecurrentShape& shape, const T* gates, const T* h0, const T* weight,
                 const T* bias, T* out, T* kept) {
  const index n = shape.hidden;
  const auto matrix = forward_matrix(shape, weight, 3 * n);
  const States<const T> states{h0, out, n};
  each_block(shape, 3 * n * n, [&](index begin, index end) {
    each_step(shape, begin, end, [&](const Part& part) {
      T* rows = kept + part.first * 4 * n;
      multiply_before(matrix, states, part, rows, 4 * n, bias);
      each_row(part, 8 * n, [&](index i) {
        const index at = part.first + i;
        gru_row(gates + at * 3 * n, states.before(part, i), rows + i * 4 * n, out + at * n, n);
      });
    });
  });
}

/// gates: gradients of what comes from the input; product: of what comes from the state before.
template <class T>
[[gnu::noinline]] void gru_row_back(const T* g, const T* come, const T* before, const T* kept,
                                    T* gates, T* product, T* give, index n) {
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < n; ++j) {
    const T reset = kept[j], update = kept[n + j], inner = kept[2 * n + j], fresh = kept[3 * n + j];
    const T total = g[j] + come[j];
    const T new_slope = total * (T{1} - update) * (T{1} - fresh * fresh);
    const T reset_slope = new_slope * inner * (reset * (T{1} - reset));
    const T update_slope = total * (before[j] - fresh) * (update * (T{1} - update));
    gates[j] = reset_slope;
    gates[n + j] = update_slope;
    gates[2 * n + j] = new_slope;
    product[j] = reset_slope;
    product[n + j] = update_slope;
    product[2 * n + j] = new_slope * reset;
    give[j] = total * update;
  }
}

template <class T>
void gru_backward(const RecurrentShape& shape, const T* g, const T* h0, const T* weight,
                  const T* out, const T* kept, T* gates_gradient, T* product_gradient,
                  T* h0_gradient) {
  const index n = shape.hidden;
  const auto matrix = backward_matrix(shape, weight, 3 * n);
  const States<const T> states{h0, out, n};
  each_block(shape, 3 * n * n, [&](index begin, index end) {
    HandedBack<T> back(scratch_rows, begin, end, n, h0_gradient);
    each_step_back(shape, begin, end, [&](const Part& part) {
      T* product = product_gradient + part.first * 3 * n;
      each_row(part, 4 * n, [&](index i) {
        const index at = part.first + i;
        gru_row_back(g + at * n, back.come(i), states.before(part, i), kept + at * 4 * n,
                     gates_gradient + at * 3 * n, product + i * 3 * n, back.give(part, i), n);
      });
      back.give_product(part, matrix, product, 3 * n, true);
      back.next(part);
    });
  });
}

// ------------------------------------------------------------------ the table

template <class T>
Recurrent recurrent_of() {
  Recurrent table;
  table.rnn = [](const RecurrentShape& shape, bool relu, const void* gates, const void* h0,
                 const void* weight, void* out) {
    rnn_forward(shape, relu, static_cast<const T*>(gates), static_cast<const T*>(h0),
                static_cast<const T*>(weight), static_cast<T*>(out));
  };
  table.rnn_backward = [](const RecurrentShape& shape, bool relu, const void* g, const void* out,
                          const void* weight, void* gates_gradient, void* h0_gradient) {
    rnn_backward(shape, relu, static_cast<const T*>(g), static_cast<const T*>(out),
                 static_cast<const T*>(weight), static_cast<T*>(gates_gradient),
                 static_cast<T*>(h0_gradient));
  };
  table.lstm = [](const RecurrentShape& shape, const void* gates, const void* h0, const void* c0,
                  const void* weight, const void* projection, void* out, void* cells, void* kept) {
    lstm_forward(shape, static_cast<const T*>(gates), static_cast<const T*>(h0),
                 static_cast<const T*>(c0), static_cast<const T*>(weight),
                 static_cast<const T*>(projection), static_cast<T*>(out), static_cast<T*>(cells),
                 static_cast<T*>(kept));
  };
  table.lstm_backward = &lstm_backward<T>;
  table.gru = [](const RecurrentShape& shape, const void* gates, const void* h0, const void* weight,
                 const void* bias, void* out, void* kept) {
    gru_forward(shape, static_cast<const T*>(gates), static_cast<const T*>(h0),
                static_cast<const T*>(weight), static_cast<const T*>(bias), static_cast<T*>(out),
                static_cast<T*>(kept));
  };
  table.gru_backward = [](const RecurrentShape& shape, const void* g, const void* h0,
                          const void* weight, const void* out, const void* kept,
                          void* gates_gradient, void* product_gradient, void* h0_gradient) {
    gru_backward(shape, static_cast<const T*>(g), static_cast<const T*>(h0),
                 static_cast<const T*>(weight), static_cast<const T*>(out),
                 static_cast<const T*>(kept), static_cast<T*>(gates_gradient),
                 static_cast<T*>(product_gradient), static_cast<T*>(h0_gradient));
  };
  return table;
}

}  // namespace

void fill_recurrent(Recurrent (&recurrent)[2]) {
  recurrent[0] = recurrent_of<float>();
  recurrent[1] = recurrent_of<double>();
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
