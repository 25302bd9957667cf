// Functions that draw random numbers while training: dropouts, randomized rectifiers, soft samples.

#include "base/generator.h"
#include "ops/draw.h"
#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// Minus the limit of selu for very negative numbers, which is what alpha dropout drops to.
constexpr double alpha = 1.0507009873554805 * 1.6732632423543772;

void check_probability(double p, std::string_view op) {
  expect<ValueError>(p >= 0 && p <= 1, "{}: p must be in [0, 1], got {}", op, p);
}

Tensor finished(const Tensor& x, const Tensor& y, bool inplace) {
  return inplace ? copy.into(x, y, false) : y;
}

/// One number for each channel of (N, C, …), as dropout makes them of ones.
Tensor channel_mask(const Tensor& x, double p) {
  Dims shape = Dims::filled(x.rank(), 1);
  shape[0] = x.shape()[0];
  shape[1] = x.shape()[1];
  return dropout(Tensor::ones(shape, x.dtype()), p, true, false);
}

/// (C, …) as a batch of one where it has not the `dims` of a batch; 0 takes every x for a batch.
Tensor batched(const Tensor& x, int dims) {
  return dims != 0 && x.rank() < dims ? unsqueeze(x, 0) : x;
}

Tensor drop_channels(const Tensor& x, double p, bool training, bool inplace, int fewest, int most,
                     int dims, std::string_view op) {
  check_probability(p, op);
  expect<DTypeError>(is_floating(x.dtype()), "{}: expects a floating point input, got {}", op,
                     x.dtype());
  expect<ShapeError>(x.rank() >= fewest && x.rank() <= most,
                     "{}: expects {} to {} dims, got shape {}", op, fewest, most, x.shape());
  if (!training || p == 0) return x;
  const Tensor input = batched(x, dims);
  const Tensor y = input * channel_mask(input, p);
  return finished(x, y.rank() == x.rank() ? y : squeeze(y, Dims{0}), inplace);
}

/// x -> scale x + shift keeps mean and variance where some of x have become -alpha.
struct AlphaScale {
  double scale, shift;
  explicit AlphaScale(double p)
      : scale(1 / std::sqrt((1 - p) * (1 + p * alpha * alpha))), shift(scale * alpha * p) {}
};

constexpr const char* alpha_text =
    R"(Dropout that keeps mean 0 and variance 1: elements become -1.7581, the limit of selu.

input: (*), floating point. p: the probability of each (default 0.5); 0 gives input itself, 1 zeros.
Everything is then scaled and shifted. training=False (default) gives input itself. inplace=True
writes over input. The mask takes no memory: the backward pass draws it again.
Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Klambauer and others, 2017.

>>> F.alpha_dropout(tg.ones(2), training=False)
tensor([1., 1.])
>>> y = F.alpha_dropout(tg.zeros(1000), p=0.5, training=True)
>>> sorted({round(value, 4) for value in y.tolist()})
[-0.7792, 0.7792]
)";

}  // namespace

constinit const Op<Tensor(Tensor, double, bool, bool)> dropout1d{{
    .signature = "dropout1d(Tensor input, float p=0.5, bool training=True, bool inplace=False)",
    .doc = R"(Whole channels set to 0 with probability p, the others divided by 1 - p.

input: (N, C, L) or (C, L), floating point. p: default 0.5. training=False gives input itself.
inplace=True writes over input. Raises ValueError unless 0 <= p <= 1, ShapeError for another number of dims, DTypeError for integers. Source: Tompson
and others, 2015.

>>> F.dropout1d(tg.ones(1, 2, 3), training=False).sum()
tensor(6.)
)",
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          return drop_channels(x, p, training, inplace, 2, 3, 3, "dropout1d");
        },
    .traits = is_functional | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 2}), 0.5, true, false}}; },
}};

constinit const Op<Tensor(Tensor, double, bool, bool)> dropout2d{{
    .signature = "dropout2d(Tensor input, float p=0.5, bool training=True, bool inplace=False)",
    .doc = R"(Whole channels set to 0 with probability p, the others divided by 1 - p.

input: (N, C, H, W), or (N, C, L) and (N, C) as in PyTorch; floating point. p: default 0.5.
training=False gives input itself. inplace=True writes over input. Raises ValueError unless 0 <= p <= 1, ShapeError for another number of dims,
DTypeError for integers. Source: Tompson and others, 2015.

>>> F.dropout2d(tg.ones(1, 2, 3, 3), training=False).sum()
tensor(18.)
)",
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          return drop_channels(x, p, training, inplace, 2, 4, 0, "dropout2d");
        },
    .traits = is_functional | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 2, 2}), 0.5, true, false}}; },
}};

constinit const Op<Tensor(Tensor, double, bool, bool)> dropout3d{{
    .signature = "dropout3d(Tensor input, float p=0.5, bool training=True, bool inplace=False)",
    .doc = R"(Whole channels set to 0 with probability p, the others divided by 1 - p.

input: (N, C, D, H, W) or (C, D, H, W), as in PyTorch also fewer dims; floating point. p: default 0.5. training=False gives input
itself. inplace=True writes over input. Raises ValueError unless 0 <= p <= 1, ShapeError for another number of dims, DTypeError for integers.
Source: Tompson and others, 2015.

>>> F.dropout3d(tg.ones(1, 2, 3, 3, 3), training=False).sum()
tensor(54.)
)",
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          return drop_channels(x, p, training, inplace, 2, 5, 5, "dropout3d");
        },
    .traits = is_functional | is_random,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 2, 1, 2}), 0.5, true, false}};
    },
}};

constinit const Op<Tensor(Tensor, double, bool, bool)> alpha_dropout{{
    .signature =
        "alpha_dropout(Tensor input, float p=0.5, bool training=False, bool inplace=False)",
    .doc = alpha_text,
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          check_probability(p, "alpha_dropout");
          expect_floating(x.dtype(), "alpha_dropout");
          if (!training || p == 0) return x;
          if (p == 1) return finished(x, Tensor::zeros(x.shape(), x.dtype()), inplace);
          const auto state = Generator::global().take(x.count());
          return finished(x,
                          alpha_dropout_seeded(x, p, static_cast<index>(state.seed),
                                               static_cast<index>(state.offset)),
                          inplace);
        },
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({4, 3}), 0.5, true, false}}; },
}};

constinit const Op<Tensor(Tensor, double, std::int64_t, std::int64_t)> alpha_dropout_seeded{{
    .signature = "alpha_dropout_seeded(Tensor input, float p, int seed, int offset)",
    .doc = R"(alpha_dropout with a given random state, for 0 < p < 1.)",
    .forward =
        [](const Tensor& x, double p, std::int64_t seed, std::int64_t offset) {
          const DType type = compute_dtype(x.dtype());
          const Tensor input = dense(converted(x, type));
          const Tensor out = Tensor::empty(x.shape(), type);
          const AlphaScale to(p);
          kernel_table().random.alpha_dropout[real_index(type)](
              input.address(), out.address(), x.count(), p, to.scale, to.shift,
              to.shift - to.scale * alpha, static_cast<std::uint64_t>(seed),
              static_cast<std::uint64_t>(offset));
          return converted(out, x.dtype());
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor&, double p, std::int64_t seed,
                           std::int64_t offset) -> Tensor {
                  return dropout_seeded(g, p, seed, offset) * ((1 - p) * AlphaScale(p).scale);
                }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor&, double p,
                           std::int64_t seed, std::int64_t offset) -> Tensor {
                  return dropout_seeded(t[0], p, seed, offset) * ((1 - p) * AlphaScale(p).scale);
                }}},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({4, 3}), 0.5, 7, 3}}; },
}};

constinit const Op<Tensor(Tensor, double, bool, bool)> feature_alpha_dropout{{
    .signature = "feature_alpha_dropout(Tensor input, float p=0.5, bool training=False, bool "
                 "inplace=False)",
    .doc = R"(alpha_dropout of whole channels: those of (N, C, …).

input: floating point with at least 2 dims. p: the probability of each channel (default 0.5); 0
gives input itself, 1 zeros. training=False (default) gives input itself. inplace=True writes over
input. Raises ValueError unless 0 <= p <= 1, ShapeError for fewer dims, DTypeError for integers.

>>> F.feature_alpha_dropout(tg.ones(1, 2, 3), training=False).sum()
tensor(6.)
)",
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          check_probability(p, "feature_alpha_dropout");
          expect_floating(x.dtype(), "feature_alpha_dropout");
          if (!training || p == 0) return x;
          expect<ShapeError>(x.rank() >= 2,
                             "feature_alpha_dropout: expects at least 2 dims, got shape {}",
                             x.shape());
          if (p == 1) return finished(x, Tensor::zeros(x.shape(), x.dtype()), inplace);
          const AlphaScale to(p);
          const Tensor kept = ne(channel_mask(x, p), 0);
          return finished(x, where(kept, x * to.scale + to.shift, to.shift - to.scale * alpha),
                          inplace);
        },
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({4, 3, 2}), 0.5, true, false}}; },
}};

constinit const Op<Tensor(Tensor, double, double, bool, bool)> rrelu{{
    .signature = "rrelu(Tensor input, float lower=0.125, float upper=0.3333333333333333, bool "
                 "training=False, bool inplace=False)",
    .doc = R"(Randomized leaky ReLU: x where x > 0, else a * x.

input: (*), floating point. training: a is drawn for each element, uniform in [lower, upper);
otherwise (default) it is (lower + upper) / 2. inplace=True writes over input. Defaults: 1 / 8 and
1 / 3. Raises ValueError unless lower <= upper, DTypeError for integers. Source: Xu and others, 2015.

>>> F.rrelu(tg.tensor([-8.0, 2.0]), 0.25, 0.75)
tensor([-4.,  2.])
)",
    .forward =
        [](const Tensor& x, double lower, double upper, bool training, bool inplace) {
          expect_floating(x.dtype(), "rrelu");
          expect<ValueError>(lower <= upper, "rrelu: lower must not be above upper, got {} and {}",
                             lower, upper);
          if (!training) return finished(x, leaky_relu(x, (lower + upper) / 2), inplace);
          const Tensor slopes =
              draw_uniform(x.shape(), x.dtype(), Generator::global()) * (upper - lower) + lower;
          return finished(x, leaky(x, slopes), inplace);
        },
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 0.1, 0.3, false, false}, {sample({2, 3}), 0.1, 0.3, true, false}};
    },
}};

constinit const Op<Tensor(Tensor, double, bool, double, std::int64_t)> gumbel_softmax{{
    .signature = "gumbel_softmax(Tensor logits, float tau=1.0, bool hard=False, float eps=1e-10, "
                 "int dim=-1)",
    .doc = R"(Samples of classes that have a gradient: softmax((logits + noise) / tau) along a dim.

logits: (*), floating point, logarithms of probabilities up to a constant. The noise is drawn from
the Gumbel distribution, so that the greatest element is a sample of a class. tau: positive, default
1; the smaller, the nearer to one class. hard: gives exactly 0 and 1, with the gradient of the soft
sample. eps: has no effect, as in PyTorch. dim: default the last. Raises ValueError unless tau > 0,
IndexError for a dim that is not there, DTypeError for integers. Source: Jang and others, 2017.

>>> sample = F.gumbel_softmax(tg.zeros(5, 3), hard=True)
>>> sample.sum(1)
tensor([1., 1., 1., 1., 1.])
)",
    .forward =
        [](const Tensor& logits, double tau, bool hard, double, std::int64_t dim) {
          expect_floating(logits.dtype(), "gumbel_softmax");
          expect<ValueError>(tau > 0, "gumbel_softmax: tau must be positive, got {}", tau);
          const int along = wrap_dim(dim, logits.rank(), "gumbel_softmax");
          // 1 - u is in (0, 1], so that the exponential numbers are above 0 unless it is 1.
          const DType type = compute_dtype(logits.dtype());
          const Tensor u = draw_uniform(logits.shape(), type, Generator::global());
          const Tensor exponential = clamp_min(neg(log1p(neg(u))), 1e-30);
          const Tensor noise = cast(neg(log(exponential)), logits.dtype());
          const Tensor soft = softmax_along((logits + noise) / tau, along);
          if (!hard) return soft;
          const Tensor chosen = argmax(soft.detach(), along, true);
          const Tensor one = scatter_value(Tensor::zeros(logits.shape(), logits.dtype()), along,
                                           chosen, Tensor(1.0));
          return one + (soft - soft.detach());
        },
    .traits = is_functional | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.7, false, 1e-10, -1}}; },
}};

Family noise_family() {
  return {&dropout1d,
          &dropout2d,
          &dropout3d,
          &alpha_dropout,
          &alpha_dropout_seeded,
          &feature_alpha_dropout,
          &rrelu,
          &gumbel_softmax};
}

}  // namespace topograd
