// More activation functions: shrinkage, thresholds, self-normalizing and gated units.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

// Self-normalizing networks (Klambauer and others, 2017): the fixed point has mean 0, variance 1.
constexpr double selu_alpha = 1.6732632423543772;
constexpr double selu_scale = 1.0507009873554805;

/// Of x * scale above 0 and alpha * scale * (exp(x * input_scale) - 1) below. As for elu, the slope
/// from the left at 0 is a constant.
Tensor elu_slope(const Tensor& x, double alpha, double scale, double input_scale) {
  const DType dtype = x.dtype();
  const Tensor left = Tensor::full({}, alpha * scale * input_scale, dtype);
  const Tensor right = Tensor::full({}, scale, dtype);
  return where(lt(x, 0), left * exp(clamp_max(x, 0) * input_scale), where(eq(x, 0), left, right));
}

/// The two halves of x along a dim.
std::pair<Tensor, Tensor> halves(const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim(dim, x.rank(), "glu");
  expect<ShapeError>(x.rank() > 0 && x.shape()[d] % 2 == 0,
                     "glu: the size along dim {} must be even, input is {}", dim, x.shape());
  const index half = x.shape()[d] / 2;
  return {narrow(x, d, 0, half), narrow(x, d, half, half)};
}

}  // namespace

constinit const Op<Tensor(Tensor, double)> hardshrink{{
    .signature = "hardshrink(Tensor input, float lambd=0.5)",
    .doc = R"(Small values set to 0: x where |x| > lambd, else 0.

input: (*), floating point. Returns the same shape and dtype. lambd: default 0.5. NaN stays NaN. The
gradient is 1 where x is kept, else 0. Raises DTypeError for integers.

>>> tg.hardshrink(tg.tensor([-1.0, 0.3, 2.0]))
tensor([-1.,  0.,  2.])
)",
    .forward =
        [](Target target, const Tensor& x, double lambd) {
          expect_floating(x.dtype(), "hardshrink");
          return pointwise<"hardshrink">(target, x.dtype(), x.dtype(), &lambd, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double lambd) -> Tensor {
      return logical_not(logical_and(ge(x, -lambd), le(x, lambd)));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double lambd) -> Tensor {
      return fused<"shrink.backward">(&lambd, g, x);
    }},
    .saves = saves_in0,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.5}}; },
}};

constinit const Op<Tensor(Tensor, double)> softshrink{{
    .signature = "softshrink(Tensor input, float lambd=0.5)",
    .doc = R"(All values moved towards 0: x - lambd above lambd, x + lambd below -lambd, else 0.

input: (*), floating point. Returns the same shape and dtype. lambd: 0 or more, default 0.5. NaN
stays NaN. The gradient is 1 outside of [-lambd, lambd], else 0. Raises ValueError for a negative
lambd, DTypeError for integers.

>>> F.softshrink(tg.tensor([-1.0, 0.3, 2.0]))
tensor([-0.5000,  0.0000,  1.5000])
)",
    .forward =
        [](Target target, const Tensor& x, double lambd) {
          expect_floating(x.dtype(), "softshrink");
          expect<ValueError>(lambd >= 0, "softshrink: lambd must not be negative, got {}", lambd);
          return pointwise<"softshrink">(target, x.dtype(), x.dtype(), &lambd, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double lambd) -> Tensor {
      return logical_not(logical_and(ge(x, -lambd), le(x, lambd)));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double lambd) -> Tensor {
      return fused<"shrink.backward">(&lambd, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.5}}; },
}};

constinit const Op<Tensor(Tensor, double, double)> threshold{{
    .signature = "threshold(Tensor input, float threshold, float value)",
    .doc = R"(Small values replaced: x where x > threshold, else value.

input: (*), any dtype but bool. Returns the same shape and dtype; fractions of value are cut off for
integers. NaN stays NaN. The gradient is 1 where x is kept, else 0. Raises DTypeError for bool
tensors.

>>> tg.threshold(tg.tensor([0.5, 2.0]), 1.0, -1.0)
tensor([-1.,  2.])
)",
    .forward =
        [](Target target, const Tensor& x, double limit, double value) {
          expect_numbers(x.dtype(), "threshold");
          expect_real(x.dtype(), "threshold");
          // An integer is above 0.5 where it is above 0.
          const double params[] = {is_floating(x.dtype()) ? limit : std::floor(limit), value};
          return pointwise<"threshold">(target, x.dtype(), x.dtype(), params, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double limit, double) -> Tensor {
      return logical_not(le(x, limit));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double limit, double) -> Tensor {
      return fused<"threshold.backward">(&limit, g, x);
    }},
    .saves = saves_in0,
    .traits = has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.1, -2.0}}; },
}};

constinit const Op<Tensor(Tensor, double)> celu{{
    .signature = "celu(Tensor input, float alpha=1.0)",
    .doc = R"(Continuously differentiable ELU: max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).

input: (*), floating point. Returns the same shape and dtype. alpha: default 1. The gradient is 1 at
0. Raises ValueError if alpha is 0, DTypeError for integers. Source: Barron, 2017.

>>> tg.celu(tg.tensor([-100.0, -1.0, 2.0]), alpha=2.0)
tensor([-2.0000, -0.7869,  2.0000])
)",
    .forward =
        [](Target target, const Tensor& x, double alpha) {
          expect_floating(x.dtype(), "celu");
          expect<ValueError>(alpha != 0, "celu: alpha must not be 0, got {}", alpha);
          const double params[] = {alpha, 1, 1 / alpha};
          return pointwise<"elu">(target, x.dtype(), x.dtype(), params, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double alpha) -> Tensor {
      return elu_slope(x, alpha, 1, 1 / alpha);
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double alpha) -> Tensor {
      const double params[] = {alpha, 1, 1 / alpha};
      // The kernel takes exponentials of negative numbers only.
      return alpha > 0 ? fused<"elu.backward">(params, g, x)
                       : chained(g, elu_slope(x, alpha, 1, 1 / alpha));
    }},
    .saves = saves_in0,
    .traits = has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1.5}, {sample({2, 3}), -1.5}};
    },
}};

constinit const Unary selu{{
    .signature = "selu(Tensor input)",
    .doc = R"(Scaled ELU: scale * elu(x, alpha), with constants that keep mean 0 and variance 1.

input: (*), floating point. Returns the same shape and dtype. alpha is 1.6733, scale 1.0507. Raises
DTypeError for integers. Source: Klambauer and others, 2017.

>>> tg.selu(tg.tensor([-100.0, 0.0, 2.0]))
tensor([-1.7581,  0.0000,  2.1014])
)",
    .forward =
        [](Target target, const Tensor& x) {
          expect_floating(x.dtype(), "selu");
          const double params[] = {selu_alpha, selu_scale, 1};
          return pointwise<"elu">(target, x.dtype(), x.dtype(), params, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return elu_slope(x, selu_alpha, selu_scale, 1);
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      const double params[] = {selu_alpha, selu_scale, 1};
      return fused<"elu.backward">(params, g, x);
    }},
    .saves = saves_in0,
    .traits = has_in_place_function,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, Tensor)> leaky{{
    .signature = "leaky(Tensor input, Tensor slope)",
    .doc = R"(x where x > 0, else slope * x: prelu and rrelu of checked arguments.)",
    .forward =
        [](const Tensor& x, const Tensor& slope) {
          const DType dtype = result_type({&x, &slope});
          return pointwise<"leaky">({}, dtype, dtype, nullptr, x, slope);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& slope) -> Tensor {
                                return where(gt(x, 0), 1.0, slope);
                              },
                              [](const Call&, const Tensor& x, const Tensor&) -> Tensor {
                                return where(gt(x, 0), 0.0, x);
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& slope) -> Tensor {
                   return fused<"leaky.backward">(nullptr, g, x, slope);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor&) -> Tensor {
                   return fused<"leaky.backward_slope">(nullptr, g, x);
                 }},
    .saves = saves_inputs,
    .reads = {saves_inputs, saves_in0},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3})}}; },
}};

constinit const Op<Tensor(Tensor, Tensor)> prelu{{
    .signature = "prelu(Tensor input, Tensor weight)",
    .doc = R"(Parametric ReLU: max(x, 0) + weight * min(x, 0).

input: (*), floating point. weight: one number for all, () or (1), or (C) for each channel: dim 1 of
input. Returns the shape of input. Raises ShapeError for another weight, DTypeError for integers.
Source: He and others, 2015.

>>> tg.prelu(tg.tensor([[-2.0, -2.0], [2.0, 2.0]]), tg.tensor([0.5, 0.25]))
tensor([[-1.0000, -0.5000],
        [ 2.0000,  2.0000]])
)",
    .forward =
        [](const Tensor& x, const Tensor& weight) {
          expect_floating(x.dtype(), "prelu");
          expect<DTypeError>(weight.dtype() == x.dtype(),
                             "prelu: dtypes differ: input is {}, "
                             "weight is {}",
                             x.dtype(), weight.dtype());
          const index channels = x.rank() > 1 ? x.shape()[1] : 1;
          const bool single = weight.count() == 1 && weight.rank() < 2;
          expect<ShapeError>(single || weight.shape() == Dims{channels},
                             "prelu: expects 1 or {} weights, weight is {}, input is {}", channels,
                             weight.shape(), x.shape());
          if (single) return leaky(x, weight.rank() == 0 ? weight : reshape(weight, Dims{}));
          Dims shape = Dims::filled(x.rank(), 1);
          shape[1] = channels;
          return leaky(x, reshape(weight, shape));
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3})}, {sample({2, 3, 2}), sample({1})}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> glu{{
    .signature = "glu(Tensor input, int dim=-1)",
    .doc = R"(Gated linear unit: a * sigmoid(b), where a and b are the halves of x along a dim.

input: floating point. dim: default the last; the result has half its size. Raises ShapeError where
that is odd, DTypeError for integers. Source: Dauphin and others, 2016.

>>> F.glu(tg.tensor([2.0, 3.0, 0.0, 100.0]))
tensor([1., 3.])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim) {
          expect_floating(x.dtype(), "glu");
          const auto [a, b] = halves(x, dim);
          return pointwise<"gated">({}, x.dtype(), x.dtype(), nullptr, a, b);
        },
    .derivative =
        General{
            .vjp = {[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim) -> Tensor {
              const auto [a, b] = halves(x, dim);
              const Tensor s = sigmoid(b);
              return cat({g * s, g * a * s * (1 - s)}, dim);
            }},
            .jvp = {[](const Call&, const Tensors& t, const Tensor& x, std::int64_t dim) -> Tensor {
              const auto [a, b] = halves(x, dim);
              const auto [da, db] = halves(t[0], dim);
              const Tensor s = sigmoid(b);
              return da * s + db * a * s * (1 - s);
            }}},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim) -> Tensor {
      const auto [a, b] = halves(x, dim);
      return cat({fused<"gated">(nullptr, g, b), fused<"gated.backward">(nullptr, g, a, b)}, dim);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 4}), -1}, {sample({4, 3}), 0}}; },
}};

Family rectifier_family() {
  return {&hardshrink, &softshrink, &threshold, &celu, &selu, &leaky, &prelu, &glu};
}

}  // namespace topograd
