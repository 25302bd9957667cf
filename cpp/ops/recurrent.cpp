// Recurrent networks and cells, with PyTorch's names and arguments.

#include "ops/recurrent_network.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensors states(const Tensor& h) { return {h}; }
const Tensors& states(const Tensors& hx) { return hx; }

/// Sequences of one length. Hx: Tensor, or Tensors for lstm.
template <Unit unit, Text name, class Hx>
constexpr auto padded = [](const Tensor& input, const Hx& hx, const Tensors& params, bool biases,
                           std::int64_t layers, double dropout, bool train, bool bidirectional,
                           bool batch_first) {
  expect<ValueError>(dropout >= 0 && dropout <= 1, "{}: dropout must be in [0, 1], got {}",
                     name.value, dropout);
  const bool turned = batch_first && input.rank() == 3;
  const Network net{name.value, unit, biases, layers, train ? dropout : 0, bidirectional};
  Tensors result =
      run_network(net, {turned ? transpose(input, 0, 1) : input, {}}, states(hx), params);
  if (turned) result[0] = transpose(result[0], 0, 1);
  return result;
};

/// Packed sequences.
template <Unit unit, Text name, class Hx>
constexpr auto packed = [](const Tensor& data, const Tensor& batch_sizes, const Hx& hx,
                           const Tensors& params, bool biases, std::int64_t layers, double dropout,
                           bool train, bool bidirectional) {
  expect<ValueError>(dropout >= 0 && dropout <= 1, "{}: dropout must be in [0, 1], got {}",
                     name.value, dropout);
  expect<TypeError>(batch_sizes.dtype() == DType::int64 && batch_sizes.rank() == 1,
                    "{}: batch_sizes must be int64 numbers in one dim, got {} of shape {}",
                    name.value, batch_sizes.dtype(), batch_sizes.shape());
  expect<ValueError>(batch_sizes.count() > 0, "{}: expects a sequence of at least one step",
                     name.value);
  const Network net{name.value, unit, biases, layers, train ? dropout : 0, bidirectional};
  return run_network(net, {data, Dims(batch_sizes.to_vector<std::int64_t>())}, states(hx), params);
};

template <Unit unit, Text name>
constexpr auto cell = [](const Tensor& input, const Tensor& hx, const Tensor& w_ih,
                         const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh) {
  return run_cell(name.value, unit, input, hx, Tensor(), {w_ih, w_hh, b_ih, b_hh, Tensor()})[0];
};

// ---------------------------------------------------------------- samples

/// The weights of `layers` layers with biases, of 3 features and 2 units.
Tensors sample_weights(index gates, index layers, bool bidirectional, index width = 2) {
  Tensors weights;
  const index directions = bidirectional ? 2 : 1;
  for (index k = 0; k < layers * directions; ++k) {
    const index features = k < directions ? 3 : width * directions;
    for (const Dims& shape :
         {Dims{gates * 2, features}, Dims{gates * 2, width}, Dims{gates * 2}, Dims{gates * 2}})
      weights.push_back(sample(shape));
    if (width != 2) weights.push_back(sample({width, 2}));
  }
  return weights;
}
Tensors without_biases(const Tensors& weights) { return {weights[0], weights[1]}; }

std::vector<Sample> padded_samples(index gates) {
  return {{sample({3, 2, 3}), sample({1, 2, 2}), sample_weights(gates, 1, false), true, 1, 0.0,
           false, false, false},
          {sample({2, 3, 3}), sample({4, 2, 2}), sample_weights(gates, 2, true), true, 2, 0.0, true,
           true, true}};
}
std::vector<Sample> packed_samples(index gates) {
  const Tensor sizes = Tensor::of(std::vector<std::int64_t>{3, 2});
  return {{sample({5, 3}), sizes, sample({2, 3, 2}), sample_weights(gates, 1, true), true, 1, 0.0,
           false, true},
          {sample({5, 3}), sizes, sample({1, 3, 2}),
           without_biases(sample_weights(gates, 1, false)), false, 1, 0.0, false, false}};
}
std::vector<Sample> cell_samples(index gates) {
  return {{sample({2, 3}), sample({2, 2}), sample({gates * 2, 3}), sample({gates * 2, 2}),
           sample({gates * 2}), sample({gates * 2})},
          {sample({2, 3}), sample({2, 2}), sample({gates * 2, 3}), sample({gates * 2, 2}), Arg(),
           Arg()}};
}

/// Those of lstm have a second initial state, and a projection.
std::vector<Sample> lstm_padded_samples() {
  return {{sample({3, 2, 3}), Tensors{sample({1, 2, 2}), sample({1, 2, 2})},
           sample_weights(4, 1, false), true, 1, 0.0, false, false, false},
          {sample({2, 2, 3}), Tensors{sample({4, 2, 1}), sample({4, 2, 2})},
           sample_weights(4, 2, true, 1), true, 2, 0.0, true, true, true}};
}
std::vector<Sample> lstm_packed_samples() {
  return {{sample({5, 3}), Tensor::of(std::vector<std::int64_t>{3, 2}),
           Tensors{sample({2, 3, 1}), sample({2, 3, 2})}, sample_weights(4, 1, true, 1), true, 1,
           0.0, false, true}};
}
std::vector<Sample> lstm_cell_samples() {
  return {{sample({2, 3}), Tensors{sample({2, 2}), sample({2, 2})}, sample({8, 3}), sample({8, 2}),
           sample({8}), sample({8})}};
}

}  // namespace

constinit const Op<Tensors(Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool, bool)>
    rnn_tanh{{
        .signature = "rnn_tanh(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
                     "num_layers, float dropout, bool train, bool bidirectional, bool "
                     "batch_first) -> Tensor[]",
        .doc = R"(A recurrent network of units tanh(w_ih x + b_ih + w_hh h + b_hh).

input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D * num_layers, N, H), D =
2 where bidirectional, else 1. params: for every layer and direction w_ih (H, features), w_hh (H,
H), with has_biases b_ih and b_hh (H); a layer's features are the outputs of all directions of the
one before. dropout: probability, between layers, where train. Returns (output, h_n): output (L,
N, D * H), the last layer's states at every step, and the states after the last step, shaped as
hx.
Raises ShapeError or ValueError for what does not fit.

>>> x, ones = tg.ones(1, 1, 1), tg.ones(1, 1)
>>> tg.rnn_tanh(x, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False, False)[0]
tensor([[[0.7616]]])
)",
        .forward = padded<Unit::tanh, "rnn_tanh", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return padded_samples(1); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool)>
    rnn_tanh_data{{
        .signature = "rnn_tanh.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] "
                     "params, bool has_biases, int num_layers, float dropout, bool train, "
                     "bool bidirectional) -> Tensor[]",
        .doc =
            R"(rnn_tanh of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each step, not
increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what is
returned: as for rnn_tanh; output has the rows of data.

>>> x, ones, sizes = tg.ones(1, 1), tg.ones(1, 1), tg.tensor([1])
>>> tg.rnn_tanh(x, sizes, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False)[0]
tensor([[0.7616]])
)",
        .forward = packed<Unit::tanh, "rnn_tanh", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return packed_samples(1); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool, bool)>
    rnn_relu{{
        .signature = "rnn_relu(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
                     "num_layers, float dropout, bool train, bool bidirectional, bool "
                     "batch_first) -> Tensor[]",
        .doc = R"(A recurrent network of units relu(w_ih x + b_ih + w_hh h + b_hh).

input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D * num_layers, N, H), D =
2 where bidirectional, else 1. params: for every layer and direction w_ih (H, features), w_hh (H,
H), with has_biases b_ih and b_hh (H); a layer's features are the outputs of all directions of the
one before. dropout: probability, between layers, where train. Returns (output, h_n): output (L,
N, D * H), the last layer's states at every step, and the states after the last step, shaped as
hx.
Raises ShapeError or ValueError for what does not fit.

>>> x, ones = tg.ones(1, 1, 1), tg.ones(1, 1)
>>> tg.rnn_relu(x, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False, False)[0]
tensor([[[1.]]])
)",
        .forward = padded<Unit::relu, "rnn_relu", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return padded_samples(1); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool)>
    rnn_relu_data{{
        .signature = "rnn_relu.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] "
                     "params, bool has_biases, int num_layers, float dropout, bool train, "
                     "bool bidirectional) -> Tensor[]",
        .doc =
            R"(rnn_relu of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each step, not
increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what is
returned: as for rnn_relu; output has the rows of data.

>>> x, ones, sizes = tg.ones(1, 1), tg.ones(1, 1), tg.tensor([1])
>>> tg.rnn_relu(x, sizes, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False)[0]
tensor([[1.]])
)",
        .forward = packed<Unit::relu, "rnn_relu", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return packed_samples(1); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool, bool)>
    gru{{
        .signature = "gru(Tensor input, Tensor hx, Tensor[] params, bool has_biases, int "
                     "num_layers, float dropout, bool train, bool bidirectional, bool "
                     "batch_first) -> Tensor[]",
        .doc =
            R"(A network of gated recurrent units.

Gates in the order r, z, n: r and z are sigmoid(w_ih x + b_ih + w_hh h + b_hh), n is
tanh(w_ih x + b_ih + r (w_hh h + b_hh)), and h becomes (1 - z) n + z h.

input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D * num_layers, N, H), D =
2 where bidirectional, else 1. params: for every layer and direction w_ih (3 H, features), w_hh (3
H, H), with has_biases b_ih and b_hh (3 H); a layer's features are the outputs of all directions
of the one before. dropout: probability, between layers, where train. Returns (output, h_n):
output (L, N, D * H), the last layer's states at every step, and the states after the last step,
shaped as hx.
Raises ShapeError or ValueError for what does not fit. Source: Cho and others, 2014.

>>> x, ones = tg.ones(1, 1, 1), tg.ones(3, 1)
>>> tg.gru(x, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False, False)[0]
tensor([[[0.2048]]])
)",
        .forward = padded<Unit::gru, "gru", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return padded_samples(3); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool)>
    gru_data{{
        .signature = "gru.data(Tensor data, Tensor batch_sizes, Tensor hx, Tensor[] params, "
                     "bool has_biases, int num_layers, float dropout, bool train, bool "
                     "bidirectional) -> Tensor[]",
        .doc = R"(gru of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each step, not
increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what is
returned: as for gru; output has the rows of data.

>>> x, ones, sizes = tg.ones(1, 1), tg.ones(3, 1), tg.tensor([1])
>>> tg.gru(x, sizes, tg.zeros(1, 1, 1), [ones, ones], False, 1, 0.0, False, False)[0]
tensor([[0.2048]])
)",
        .forward = packed<Unit::gru, "gru", Tensor>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return packed_samples(3); },
    }};

constinit const Op<Tensors(Tensor, Tensors, Tensors, bool, std::int64_t, double, bool, bool, bool)>
    lstm{{
        .signature = "lstm(Tensor input, Tensor[] hx, Tensor[] params, bool has_biases, int "
                     "num_layers, float dropout, bool train, bool bidirectional, bool "
                     "batch_first) -> Tensor[]",
        .doc =
            R"(A network of long short-term memory.

Gates in the order i, f, g, o of w_ih x + b_ih + w_hh h + b_hh, sigmoids but for g, a tanh; c
becomes f c + i g, and h becomes o tanh(c), times w_hr.T if there is one.

input: (L, N, features), or (N, L, features) with batch_first. hx: h_0 (D * num_layers, N, P) and
c_0 (D * num_layers, N, H), D = 2 where bidirectional, else 1. params: for every layer and
direction w_ih (4 H, features), w_hh (4 H, P), with has_biases b_ih and b_hh (4 H) and, where P is
not H, w_hr (P, H); a layer's features are the outputs of all directions of the one before.
dropout: probability, between layers, where train. Returns (output, h_n, c_n): output (L, N, D *
P), the last layer's states at every step, and the states after the last step, shaped as hx.
Raises ShapeError or ValueError for what does not fit. Source: Hochreiter and Schmidhuber, 1997.

>>> x, ones = tg.ones(1, 1, 1), tg.ones(4, 1)
>>> hx = [tg.zeros(1, 1, 1), tg.zeros(1, 1, 1)]
>>> tg.lstm(x, hx, [ones, ones], False, 1, 0.0, False, False, False)[0]
tensor([[[0.3696]]])
)",
        .forward = padded<Unit::lstm, "lstm", Tensors>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return lstm_padded_samples(); },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensors, Tensors, bool, std::int64_t, double, bool,
                           bool)>
    lstm_data{{
        .signature = "lstm.data(Tensor data, Tensor batch_sizes, Tensor[] hx, Tensor[] "
                     "params, bool has_biases, int num_layers, float dropout, bool train, "
                     "bool bidirectional) -> Tensor[]",
        .doc = R"(lstm of packed sequences (see nn.utils.rnn): data (rows, features), step by step.

data: (sum of batch_sizes, features). batch_sizes: int64, how many sequences have each step, not
increasing. hx, params, has_biases, num_layers, dropout, train, bidirectional and what is
returned: as for lstm; output has the rows of data.

>>> x, ones, sizes = tg.ones(1, 1), tg.ones(4, 1), tg.tensor([1])
>>> hx = [tg.zeros(1, 1, 1), tg.zeros(1, 1, 1)]
>>> tg.lstm(x, sizes, hx, [ones, ones], False, 1, 0.0, False, False)[0]
tensor([[0.3696]])
)",
        .forward = packed<Unit::lstm, "lstm", Tensors>,
        .traits = function_only | is_random,
        .samples = []() -> std::vector<Sample> { return lstm_packed_samples(); },
    }};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)> rnn_tanh_cell{{
    .signature = "rnn_tanh_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, "
                 "Tensor? b_ih=None, Tensor? b_hh=None)",
    .doc = R"(One step of rnn_tanh.

input: (N, features). hx: (N, H). w_ih: (H, features), w_hh: (H, H), b_ih and
b_hh: (H) or both None (default). Returns h after the step. Raises ShapeError or ValueError
for what does not fit.

>>> tg.rnn_tanh_cell(tg.ones(1, 1), tg.zeros(1, 1), tg.ones(1, 1), tg.ones(1, 1))
tensor([[0.7616]])
)",
    .forward = cell<Unit::tanh, "rnn_tanh_cell">,
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return cell_samples(1); },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)> rnn_relu_cell{{
    .signature = "rnn_relu_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, "
                 "Tensor? b_ih=None, Tensor? b_hh=None)",
    .doc = R"(One step of rnn_relu.

input: (N, features). hx: (N, H). w_ih: (H, features), w_hh: (H, H), b_ih and
b_hh: (H) or both None (default). Returns h after the step. Raises ShapeError or ValueError
for what does not fit.

>>> tg.rnn_relu_cell(tg.ones(1, 1), tg.zeros(1, 1), tg.ones(1, 1), tg.ones(1, 1))
tensor([[1.]])
)",
    .forward = cell<Unit::relu, "rnn_relu_cell">,
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return cell_samples(1); },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)> gru_cell{{
    .signature = "gru_cell(Tensor input, Tensor hx, Tensor w_ih, Tensor w_hh, Tensor? "
                 "b_ih=None, Tensor? b_hh=None)",
    .doc = R"(One step of gru.

input: (N, features). hx: (N, H). w_ih: (3 H, features), w_hh: (3 H, H), b_ih and
b_hh: (3 H) or both None (default). Returns h after the step. Raises ShapeError or ValueError
for what does not fit.

>>> tg.gru_cell(tg.ones(1, 1), tg.zeros(1, 1), tg.ones(3, 1), tg.ones(3, 1))
tensor([[0.2048]])
)",
    .forward = cell<Unit::gru, "gru_cell">,
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return cell_samples(3); },
}};

constinit const Op<Tensors(Tensor, Tensors, Tensor, Tensor, Tensor, Tensor)> lstm_cell{{
    .signature = "lstm_cell(Tensor input, Tensor[] hx, Tensor w_ih, Tensor w_hh, Tensor? "
                 "b_ih=None, Tensor? b_hh=None) -> Tensor[]",
    .doc = R"(One step of lstm.

input: (N, features). hx: [h, c], each (N, H). w_ih: (4 H, features), w_hh: (4 H, H), b_ih and
b_hh: (4 H) or both None (default). Returns (h, c) after the step. Raises ShapeError or ValueError
for what does not fit.

>>> tg.lstm_cell(tg.ones(1, 1), [tg.zeros(1, 1), tg.zeros(1, 1)], tg.ones(4, 1), tg.ones(4, 1))
(tensor([[0.3696]]), tensor([[0.5568]]))
)",
    .forward =
        [](const Tensor& input, const Tensors& hx, const Tensor& w_ih, const Tensor& w_hh,
           const Tensor& b_ih, const Tensor& b_hh) {
          expect<ValueError>(hx.size() == 2 && hx[0].defined() && hx[1].defined(),
                             "lstm_cell: expects hx to be [h, c], got {} tensors", hx.size());
          return run_cell("lstm_cell", Unit::lstm, input, hx[0], hx[1],
                          {w_ih, w_hh, b_ih, b_hh, Tensor()});
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return lstm_cell_samples(); },
}};

Family recurrent_family() {
  return {&rnn_tanh, &rnn_tanh_data, &rnn_relu,      &rnn_relu_data, &gru,      &gru_data,
          &lstm,     &lstm_data,     &rnn_tanh_cell, &rnn_relu_cell, &gru_cell, &lstm_cell};
}

}  // namespace topograd
