// A recurrent layer in one direction over whole sequences, given the products of the input with its
// weights: one kernel forward, one back (see recurrent_rules.cpp for what is kept between them).

#include "ops/recurrent_walk.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Saves saves_in4 = static_cast<Saves>(32);

kernels::RecurrentShape shape_of(const Sequence& sequence, index hidden, index width) {
  return {.steps = sequence.steps.data(),
          .count = static_cast<index>(sequence.steps.size()),
          .total_rows = sequence.rows,
          .batch = sequence.batch,
          .hidden = hidden,
          .width = width};
}

const kernels::Recurrent& kernel_of(DType type) {
  return kernel_table().recurrent[real_index(type)];
}

/// x, dense and of the type that is computed in; undefined stays so.
Tensor plain(const Tensor& x, DType type) { return x.defined() ? dense(converted(x, type)) : x; }
void* address_or_null(const Tensor& x) { return x.defined() ? x.address() : nullptr; }

/// shape with another last size.
Dims with_last(Dims shape, index size) {
  shape[shape.size() - 1] = size;
  return shape;
}

/// Checks gates (…, count * hidden), weight (count * hidden, width) and state (batch, width).
void check_gates(const Tensor& gates, const Tensor& state, const Tensor& weight, index count,
                 std::string_view op) {
  expect_floating(gates.dtype(), op);
  for (const Tensor* x : {&state, &weight})
    expect<DTypeError>(x->dtype() == gates.dtype(), "{}: expects one dtype, got {} and {}", op,
                       gates.dtype(), x->dtype());
  expect<ShapeError>(gates.rank() >= 1 && weight.rank() == 2 &&
                         weight.shape()[0] == gates.shape().back() &&
                         weight.shape()[0] % count == 0,
                     "{}: gates of shape {} and recurrent weight {} do not fit: expected (…, {} * "
                     "hidden) and ({} * hidden, width)",
                     op, gates.shape(), weight.shape(), count, count);
  expect<ShapeError>(state.rank() == 2 && state.shape()[1] == weight.shape()[1],
                     "{}: the initial state has shape {}, expected (batch, {})", op, state.shape(),
                     weight.shape()[1]);
}

/// Checks a tensor that may be undefined.
void check_shape(const Tensor& x, const Dims& shape, const Tensor& like, const char* what,
                 std::string_view op) {
  if (!x.defined()) return;
  expect<ShapeError>(x.shape() == shape, "{}: {} has shape {}, expected {}", op, what, x.shape(),
                     shape);
  expect<DTypeError>(x.dtype() == like.dtype(), "{}: expects one dtype, got {} and {}", op,
                     like.dtype(), x.dtype());
}

Tensors rnn_fused(const Call& c, const Tensor& g, const Tensor& gates, const Tensor& state,
                  const Tensor& weight, const Dims& sizes, bool reverse, bool relu) {
  const Sequence sequence = sequence_of(gates, state, sizes, reverse, "recurrent_rnn");
  const DType type = compute_dtype(gates.dtype());
  const index n = weight.shape()[0];
  const Tensor given = plain(g, type), out = plain(c.output(), type);
  const Tensor gradient = Tensor::empty({sequence.rows, n}, type);
  const Tensor initial = Tensor::empty(state.shape(), type);
  kernel_of(type).rnn_backward(shape_of(sequence, n, n), relu, given.address(), out.address(),
                               plain(weight, type).address(), gradient.address(),
                               initial.address());
  Tensors result{reshape(gradient, gates.shape()), initial, Tensor()};
  if (c.wants(2))
    result[2] = weight_gradient(gradient, states_before(sequence, plain(state, type), flat(out)));
  return result;
}

Tensors lstm_fused(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                   const Tensor& cell, const Tensor& weight, const Tensor& projection,
                   const Dims& sizes, bool reverse) {
  if (g[2].defined())  // what the kernel keeps was differentiated: second order
    return lstm_vjp(c, g, gates, state, cell, weight, projection, sizes, reverse);
  const Sequence sequence = sequence_of(gates, state, sizes, reverse, "recurrent_lstm");
  const DType type = compute_dtype(gates.dtype());
  const index n = cell.shape()[1], width = weight.shape()[1], rows = sequence.rows;
  const Tensor given = plain(or_zeros(g[0], c.output(0).shape(), type), type);
  const Tensor given_cells = plain(g[1], type), cells = plain(c.output(1), type);
  const Tensor c0 = plain(cell, type), w = plain(weight, type), project = plain(projection, type);
  const Tensor& kept = c.output(2);
  const Tensor gradient = Tensor::empty({rows, 4 * n}, type);
  const Tensor h0_gradient = Tensor::empty(state.shape(), type);
  const Tensor c0_gradient = Tensor::empty(cell.shape(), type);
  const Tensor total = project.defined() ? Tensor::empty({rows, width}, type) : Tensor();
  kernel_of(type).lstm_backward(shape_of(sequence, n, width),
                                {.g = given.address(),
                                 .cells_gradient = address_or_null(given_cells),
                                 .c0 = c0.address(),
                                 .weight = w.address(),
                                 .projection = address_or_null(project),
                                 .cells = cells.address(),
                                 .kept = kept.address(),
                                 .gates_gradient = gradient.address(),
                                 .h0_gradient = h0_gradient.address(),
                                 .c0_gradient = c0_gradient.address(),
                                 .out_total = address_or_null(total)});
  Tensors result{reshape(gradient, gates.shape()), h0_gradient, c0_gradient, Tensor(), Tensor()};
  if (c.wants(3)) {
    const Tensor out = flat(plain(c.output(0), type));
    result[3] = weight_gradient(gradient, states_before(sequence, plain(state, type), out));
  }
  if (project.defined() && c.wants(4)) {
    const Tensor flat_kept = flat(kept);
    result[4] = weight_gradient(total, part(flat_kept, 3, n) * part(flat_kept, 4, n));
  }
  return result;
}

Tensors gru_fused(const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                  const Tensor& weight, const Tensor& bias, const Dims& sizes, bool reverse) {
  if (g[1].defined()) return gru_vjp(c, g, gates, state, weight, bias, sizes, reverse);
  const Sequence sequence = sequence_of(gates, state, sizes, reverse, "recurrent_gru");
  const DType type = compute_dtype(gates.dtype());
  const index n = state.shape()[1];
  const Tensor given = plain(g[0], type), out = plain(c.output(0), type), h0 = plain(state, type);
  const Tensor gradient = Tensor::empty({sequence.rows, 3 * n}, type);
  const Tensor product = Tensor::empty({sequence.rows, 3 * n}, type);
  const Tensor initial = Tensor::empty(state.shape(), type);
  kernel_of(type).gru_backward(shape_of(sequence, n, n), given.address(), h0.address(),
                               plain(weight, type).address(), out.address(), c.output(1).address(),
                               gradient.address(), product.address(), initial.address());
  Tensors result{reshape(gradient, gates.shape()), initial, Tensor(), Tensor()};
  if (c.wants(2)) result[2] = weight_gradient(product, states_before(sequence, h0, flat(out)));
  if (bias.defined() && c.wants(3)) result[3] = sum(product, Dims{0}, false, {});
  return result;
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, bool, bool)> recurrent_rnn{{
    .signature = "recurrent_rnn(Tensor gates, Tensor state, Tensor weight, int[] batch_sizes, "
                 "bool reverse, bool relu)",
    .doc = R"(The states of a layer: state = tanh or relu(gates + state @ weight.T) at every step.

gates: (steps, batch, n), or packed (rows, n) with batch_sizes, or one step (batch, n). state:
(batch, n), weight: (n, n). reverse: from the last step to the first. Returns the shape of gates.)",
    .forward =
        [](const Tensor& gates, const Tensor& state, const Tensor& weight, const Dims& sizes,
           bool reverse, bool relu) {
          constexpr const char* op = "recurrent_rnn";
          check_gates(gates, state, weight, 1, op);
          const index n = weight.shape()[0];
          check_shape(weight, Dims{n, n}, gates, "the recurrent weight", op);
          const Sequence sequence = sequence_of(gates, state, sizes, reverse, op);
          const DType type = compute_dtype(gates.dtype());
          Tensor out = Tensor::empty(gates.shape(), type);
          if (out.count() > 0)
            kernel_of(type).rnn(shape_of(sequence, n, n), relu, plain(gates, type).address(),
                                plain(state, type).address(), plain(weight, type).address(),
                                out.address());
          return converted(out, gates.dtype());
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& gates,
                                     const Tensor& state, const Tensor& weight, const Dims& sizes,
                                     bool reverse, bool relu) -> Tensors {
                            return rnn_vjp(c, g, gates, state, weight, sizes, reverse, relu);
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& gates,
                                     const Tensor& state, const Tensor& weight, const Dims& sizes,
                                     bool reverse, bool relu) -> Tensor {
                            return rnn_jvp(c, t, gates, state, weight, sizes, reverse, relu);
                          }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor& gates, const Tensor& state,
                    const Tensor& weight, const Dims& sizes, bool reverse, bool relu) -> Tensors {
      return rnn_fused(c, g, gates, state, weight, sizes, reverse, relu);
    }},
    .saves = saves_in1 | saves_in2 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 2, 3}), sample({2, 3}), sample({3, 3}), Dims{}, false, false},
              {sample({3, 2, 3}), sample({2, 3}), sample({3, 3}), Dims{}, true, true},
              {sample({6, 2}), sample({3, 2}), sample({2, 2}), Dims{3, 2, 1}, false, false},
              {sample({6, 2}), sample({3, 2}), sample({2, 2}), Dims{3, 2, 1}, true, false},
              {sample({2, 3}), sample({2, 3}), sample({3, 3}), Dims{}, false, false}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensor, Tensor, Dims, bool)> recurrent_lstm{{
    .signature = "recurrent_lstm(Tensor gates, Tensor state, Tensor cell, Tensor weight, Tensor? "
                 "projection, int[] batch_sizes, bool reverse)"
                 " -> (Tensor result, Tensor cells, Tensor kept)",
    .doc = R"(The states and cells of a layer of long short-term memory at every step.

gates: (steps, batch, 4 n), or packed (rows, 4 n) with batch_sizes, or one step (batch, 4 n).
state: (batch, w), cell: (batch, n), weight: (4 n, w), projection: (w, n), or None for w = n.
reverse: from the last step to the first. Returns result (…, w), cells (…, n) and, for the backward
pass, i, f, g, o and tanh(cells) in (…, 5 n).)",
    .forward =
        [](const Tensor& gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
           const Tensor& projection, const Dims& sizes, bool reverse) {
          constexpr const char* op = "recurrent_lstm";
          check_gates(gates, state, weight, 4, op);
          const index n = weight.shape()[0] / 4;
          const index width = projection.defined() ? weight.shape()[1] : n;
          check_shape(weight, Dims{4 * n, width}, gates, "the recurrent weight", op);
          check_shape(projection, Dims{width, n}, gates, "the projection", op);
          check_shape(cell, Dims{state.shape()[0], n}, gates, "the initial cell", op);
          const Sequence sequence = sequence_of(gates, state, sizes, reverse, op);
          const DType type = compute_dtype(gates.dtype());
          const auto result = [&](index last) {
            return Tensor::empty(with_last(gates.shape(), last), type);
          };
          const Tensor out = result(width), cells = result(n), kept = result(5 * n);
          const Tensor project = plain(projection, type);
          if (out.count() > 0)
            kernel_of(type).lstm(shape_of(sequence, n, width), plain(gates, type).address(),
                                 plain(state, type).address(), plain(cell, type).address(),
                                 plain(weight, type).address(), address_or_null(project),
                                 out.address(), cells.address(), kept.address());
          return Tensors{converted(out, gates.dtype()), converted(cells, gates.dtype()), kept};
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& gates,
                           const Tensor& state, const Tensor& cell, const Tensor& weight,
                           const Tensor& projection, const Dims& sizes, bool reverse) -> Tensors {
                  return lstm_vjp(c, g, gates, state, cell, weight, projection, sizes, reverse);
                }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& gates,
                           const Tensor& state, const Tensor& cell, const Tensor& weight,
                           const Tensor& projection, const Dims& sizes, bool reverse) -> Tensors {
                  return lstm_jvp(c, t, gates, state, cell, weight, projection, sizes, reverse);
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                    const Tensor& cell, const Tensor& weight, const Tensor& projection,
                    const Dims& sizes, bool reverse) -> Tensors {
      return lstm_fused(c, g, gates, state, cell, weight, projection, sizes, reverse);
    }},
    .saves = saves_in1 | saves_in2 | saves_in3 | saves_in4 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample({3, 2, 8}), sample({2, 2}), sample({2, 2}), sample({8, 2}), Arg(), Dims{}, false},
          {sample({3, 2, 8}), sample({2, 1}), sample({2, 2}), sample({8, 1}), sample({1, 2}),
           Dims{}, true},
          {sample({6, 4}), sample({3, 1}), sample({3, 1}), sample({4, 1}), Arg(), Dims{3, 2, 1},
           false},
          {sample({6, 8}), sample({3, 1}), sample({3, 2}), sample({8, 1}), sample({1, 2}),
           Dims{3, 2, 1}, true},
          {sample({2, 8}), sample({2, 2}), sample({2, 2}), sample({8, 2}), Arg(), Dims{}, false}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensor, Dims, bool)> recurrent_gru{{
    .signature = "recurrent_gru(Tensor gates, Tensor state, Tensor weight, Tensor? bias, int[] "
                 "batch_sizes, bool reverse) -> (Tensor result, Tensor kept)",
    .doc = R"(The states of a layer of gated recurrent units at every step.

gates: (steps, batch, 3 n), or packed (rows, 3 n) with batch_sizes, or one step (batch, 3 n).
state: (batch, n), weight: (3 n, n), bias, added to state @ weight.T: (3 n,) or None. reverse: from
the last step to the first. Returns result (…, n) and, for the backward pass, r, z, what r
multiplies, and n in (…, 4 n).)",
    .forward =
        [](const Tensor& gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
           const Dims& sizes, bool reverse) {
          constexpr const char* op = "recurrent_gru";
          check_gates(gates, state, weight, 3, op);
          const index n = weight.shape()[0] / 3;
          check_shape(weight, Dims{3 * n, n}, gates, "the recurrent weight", op);
          check_shape(bias, Dims{3 * n}, gates, "the bias", op);
          const Sequence sequence = sequence_of(gates, state, sizes, reverse, op);
          const DType type = compute_dtype(gates.dtype());
          const auto result = [&](index last) {
            return Tensor::empty(with_last(gates.shape(), last), type);
          };
          const Tensor out = result(n), kept = result(4 * n), shift = plain(bias, type);
          if (out.count() > 0)
            kernel_of(type).gru(shape_of(sequence, n, n), plain(gates, type).address(),
                                plain(state, type).address(), plain(weight, type).address(),
                                address_or_null(shift), out.address(), kept.address());
          return Tensors{converted(out, gates.dtype()), kept};
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& gates,
                                     const Tensor& state, const Tensor& weight, const Tensor& bias,
                                     const Dims& sizes, bool reverse) -> Tensors {
                            return gru_vjp(c, g, gates, state, weight, bias, sizes, reverse);
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& gates,
                                     const Tensor& state, const Tensor& weight, const Tensor& bias,
                                     const Dims& sizes, bool reverse) -> Tensors {
                            return gru_jvp(c, t, gates, state, weight, bias, sizes, reverse);
                          }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& gates, const Tensor& state,
                    const Tensor& weight, const Tensor& bias, const Dims& sizes,
                    bool reverse) -> Tensors {
      return gru_fused(c, g, gates, state, weight, bias, sizes, reverse);
    }},
    .saves = saves_in1 | saves_in2 | saves_in3 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 2, 6}), sample({2, 2}), sample({6, 2}), sample({6}), Dims{}, false},
              {sample({3, 2, 6}), sample({2, 2}), sample({6, 2}), Arg(), Dims{}, true},
              {sample({6, 3}), sample({3, 1}), sample({3, 1}), sample({3}), Dims{3, 2, 1}, false},
              {sample({6, 3}), sample({3, 1}), sample({3, 1}), sample({3}), Dims{3, 2, 1}, true},
              {sample({2, 6}), sample({2, 2}), sample({6, 2}), sample({6}), Dims{}, false}};
    },
}};

Family recurrent_steps_family() { return {&recurrent_rnn, &recurrent_lstm, &recurrent_gru}; }

}  // namespace topograd
