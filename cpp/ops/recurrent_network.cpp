// Layers of recurrent_steps.cpp, one upon the other: of each the products with the input at once
// for all steps, then the steps.

#include "ops/recurrent_network.h"

namespace topograd {
namespace {

struct States {
  Tensor out, cells;
};

/// One direction of one layer over all steps.
States run_layer(Unit unit, const Input& x, const Tensor& h, const Tensor& c, const CellWeights& w,
                 bool reverse) {
  // Only the gated recurrent unit keeps the two biases apart.
  const bool apart = unit == Unit::gru || !w.input_bias.defined() || !w.state_bias.defined();
  const Tensor bias = apart ? w.input_bias : w.input_bias + w.state_bias;
  const Tensor gates = linear(x.rows, w.input, bias);
  if (unit == Unit::lstm) {
    const Tensors r = recurrent_lstm(gates, h, c, w.state, w.projection, x.batch_sizes, reverse);
    return {r[0], r[1]};
  }
  if (unit == Unit::gru)
    return {recurrent_gru(gates, h, w.state, w.state_bias, x.batch_sizes, reverse)[0], Tensor()};
  return {recurrent_rnn(gates, h, w.state, x.batch_sizes, reverse, unit == Unit::relu), Tensor()};
}

/// The state of each sequence after its last step, or after its first where `reverse`.
Tensor final_state(const Tensor& rows, const Dims& batch_sizes, bool reverse) {
  if (batch_sizes.empty()) return select(rows, 0, reverse ? 0 : rows.shape()[0] - 1);
  if (reverse) return narrow(rows, 0, 0, batch_sizes[0]);
  std::vector<index> last(static_cast<std::size_t>(batch_sizes[0]));
  index first = 0;
  for (const index size : batch_sizes) {
    for (index i = 0; i < size; ++i) last[static_cast<std::size_t>(i)] = first + i;
    first += size;
  }
  return index_select(rows, 0, Tensor::of(last));
}

void check_network(const Network& net, const Input& x, const Tensors& hx, const Tensors& params,
                   index per_direction) {
  const char* op = net.op;
  const int rank = x.batch_sizes.empty() ? 3 : 2;
  expect<ShapeError>(x.rows.rank() == rank, "{}: expects an input of {} dims, got shape {}", op,
                     rank, x.rows.shape());
  const auto given = static_cast<index>(params.size());
  expect<ValueError>(net.layers > 0 && net.layers <= given,  // the products below stay small
                     "{}: num_layers must be positive and have weights, got {} for {} weights", op,
                     net.layers, given);
  const index cells = net.layers * net.directions();
  expect<ValueError>(given == cells * per_direction,
                     "{}: expects {} weights for each of {} layers and directions, got {}", op,
                     per_direction, cells, given);
  for (const Tensor& w : params) expect<ValueError>(w.defined(), "{}: a weight is None", op);
  for (const Tensor& state : hx)
    expect<ShapeError>(state.defined() && state.rank() == 3 && state.shape()[0] == cells,
                       "{}: expects initial states of shape ({}, batch, width), got {}", op, cells,
                       state.defined() ? state.shape() : Dims());
  const index features = x.rows.shape().back();
  expect<ShapeError>(params[0].rank() == 2 && params[0].shape()[1] == features,
                     "{}: an input of shape {} does not fit weights of shape {}", op,
                     x.rows.shape(), params[0].shape());
}

}  // namespace

Tensors run_network(const Network& net, Input x, const Tensors& hx, const Tensors& params) {
  const bool cells = net.unit == Unit::lstm;
  expect<ValueError>(hx.size() == (cells ? 2U : 1U), "{}: expects {} initial states, got {}",
                     net.op, cells ? 2 : 1, hx.size());
  const bool projected = cells && hx[0].defined() && hx[1].defined() && hx[0].rank() == 3 &&
                         hx[1].rank() == 3 && hx[0].shape()[2] != hx[1].shape()[2];
  const index per_direction = 2 + (net.biases ? 2 : 0) + (projected ? 1 : 0);
  check_network(net, x, hx, params, per_direction);
  auto param = params.begin();
  Tensors finals, final_cells;
  for (index layer = 0; layer < net.layers; ++layer) {
    Tensors outs;
    for (index direction = 0; direction < net.directions(); ++direction) {
      CellWeights w;
      w.input = *param++;
      w.state = *param++;
      if (net.biases) {
        w.input_bias = *param++;
        w.state_bias = *param++;
      }
      if (projected) w.projection = *param++;
      const index at = layer * net.directions() + direction;
      const bool reverse = direction == 1;
      const States states = run_layer(net.unit, x, select(hx[0], 0, at),
                                      cells ? select(hx[1], 0, at) : Tensor(), w, reverse);
      finals.push_back(final_state(states.out, x.batch_sizes, reverse));
      if (cells) final_cells.push_back(final_state(states.cells, x.batch_sizes, reverse));
      outs.push_back(states.out);
    }
    x.rows = net.bidirectional ? cat(outs, -1) : outs[0];
    if (net.dropout > 0 && layer + 1 < net.layers)
      x.rows = dropout(x.rows, net.dropout, true, false);
  }
  Tensors result{x.rows, stack(finals, 0)};
  if (cells) result.push_back(stack(final_cells, 0));
  return result;
}

Tensors run_cell(const char* op, Unit unit, const Tensor& input, const Tensor& h, const Tensor& c,
                 const CellWeights& w) {
  expect<ShapeError>(input.rank() == 2 && h.rank() == 2 && h.shape()[0] == input.shape()[0],
                     "{}: expects an input (batch, features) and a state (batch, hidden), got {} "
                     "and {}",
                     op, input.shape(), h.shape());
  expect<ShapeError>(w.input.rank() == 2 && w.input.shape()[1] == input.shape()[1],
                     "{}: an input of shape {} does not fit weights of shape {}", op, input.shape(),
                     w.input.shape());
  expect<ValueError>(w.input_bias.defined() == w.state_bias.defined(),
                     "{}: expects both biases or none", op);
  const States states = run_layer(unit, {input, {}}, h, c, w, false);
  Tensors result{states.out};
  if (states.cells.defined()) result.push_back(states.cells);
  return result;
}

}  // namespace topograd
