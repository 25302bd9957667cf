// Activation functions.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr double sqrt_half = 0.70710678118654752;
constexpr double inverse_sqrt_two_pi = 0.39894228040143268;
constexpr double sqrt_two_over_pi = 0.79788456080286536;
constexpr double gelu_cubic = 0.044715;

bool tanh_form(const std::string& approximate) {
  expect<ValueError>(approximate == "none" || approximate == "tanh",
                     "gelu: approximate must be 'none' or 'tanh', got '{}'", approximate);
  return approximate == "tanh";
}

Tensor gelu_slope(const Tensor& x, bool by_tanh) {
  if (!by_tanh) return 0.5 * erfc(-sqrt_half * x) + inverse_sqrt_two_pi * x * exp(-0.5 * square(x));
  const Tensor inner = tanh(sqrt_two_over_pi * (x + gelu_cubic * x * square(x)));
  return 0.5 * (1 + inner) +
         0.5 * sqrt_two_over_pi * x * (1 - square(inner)) * (1 + 3 * gelu_cubic * square(x));
}

/// What softsign makes of a change v of x; the transposed map is the same.
Tensor softsign_change(const Tensor& v, const Tensor& x) {
  const Tensor size = abs(x), slope = reciprocal(1 + size);
  if (!is_complex(x.dtype())) return chained(v, square(slope));
  // |x| grows by the part of v along x.
  const Tensor along = x * real(conj(x) * v) / where(eq(size, 0), 1, size);
  return v * slope - along * square(slope);
}

}  // namespace

constinit const Unary relu{{
    .signature = "relu(Tensor input)",
    .doc = R"(Rectified linear unit: max(x, 0).

input: (*), any dtype but bool. Returns the same shape and dtype. NaN stays NaN. The
gradient at 0 is 0. Raises DTypeError for bool tensors.

>>> tg.relu(tg.tensor([-1.0, 0.0, 2.0]))
tensor([0., 0., 2.])
)",
    .forward = number_unary<"relu">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return logical_not(le(c.output(), 0));  // true for NaN
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"relu.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary relu6{{
    .signature = "relu6(Tensor input)",
    .doc = R"(Rectified linear unit with a ceiling: min(max(x, 0), 6).

input: (*), any dtype but bool. Returns the same shape and dtype. NaN stays NaN. The
gradient is 1 strictly between 0 and 6, else 0. Raises DTypeError for bool tensors. Source: Howard and others, 2017.

>>> F.relu6(tg.tensor([-1.0, 2.0, 9.0]))
tensor([0., 2., 6.])
)",
    .forward = [](const Tensor& input) { return hardtanh(input, 0.0, 6.0); },
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, std::string)> gelu{{
    .signature = "gelu(Tensor input, *, str approximate='none')",
    .doc = R"(Gaussian error linear unit: x * Phi(x), Phi the standard normal distribution function.

input: (*), floating point. Returns the same shape and dtype. approximate: 'none'
(default), or 'tanh' for 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))).
-inf gives 0, its limit, where PyTorch gives NaN. Raises ValueError for another
approximate, DTypeError for integers. Source: Hendrycks and Gimpel, 2016.

>>> F.gelu(tg.tensor([-1.0, 0.0, 1.0]))
tensor([-0.1587,  0.0000,  0.8413])
>>> F.gelu(tg.tensor([-1.0, 0.0, 1.0]), approximate="tanh")
tensor([-0.1588,  0.0000,  0.8412])
)",
    .forward =
        [](Target target, const Tensor& input, const std::string& approximate) {
          expect_floating(input.dtype(), "gelu");
          return tanh_form(approximate) ? unary<"gelu_tanh">(target, input)
                                        : unary<"gelu">(target, input);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const std::string& approximate) -> Tensor {
          return gelu_slope(x, tanh_form(approximate));
        }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x,
                    const std::string& approximate) -> Tensor {
      return tanh_form(approximate) ? fused<"gelu_tanh.backward">(nullptr, g, x)
                                    : fused<"gelu.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), "none"}, {sample({4}), "tanh"}};
    },
}};

constinit const Unary silu{{
    .signature = "silu(Tensor input)",
    .doc = R"(Sigmoid linear unit, or swish: x * sigmoid(x).

input: (*), floating point or complex. Returns the same shape and dtype. -inf gives 0,
its limit. Raises DTypeError for integers. Source: Elfwing and others, 2017.

>>> F.silu(tg.tensor([-1.0, 0.0, 1.0]))
tensor([-0.2689,  0.0000,  0.7311])
)",
    .forward =
        [](Target target, const Tensor& input) {
          expect<DTypeError>(is_differentiable(input.dtype()),
                             "silu: expects a floating point or complex input, got {}",
                             input.dtype());
          return unary<"silu">(target, input);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      const Tensor s = sigmoid(x);
      return s * (1 + x * (1 - s));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"silu.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Unary mish{{
    .signature = "mish(Tensor input)",
    .doc = R"(Mish: x * tanh(softplus(x)).

input: (*), floating point. Returns the same shape and dtype. -inf gives 0, its limit.
Raises DTypeError for integers. Source: Misra, 2019.

>>> F.mish(tg.tensor([-1.0, 0.0, 1.0]))
tensor([-0.3034,  0.0000,  0.8651])
)",
    .forward = floating_unary<"mish">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      const Tensor inner = tanh(softplus(x, 1.0, 20.0));
      return inner + x * sigmoid(x) * (1 - square(inner));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"mish.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Unary logsigmoid{{
    .signature = "logsigmoid(Tensor input)",
    .doc = R"(Logarithm of the logistic function: log(sigmoid(x)) = -log(1 + exp(-x)).

input: (*), floating point. Returns the same shape and dtype. It does not overflow: for
large negative x the result is x. Raises DTypeError for integers.

>>> F.logsigmoid(tg.tensor([0.0, 2.0, -50.0]))
tensor([ -0.6931,  -0.1269, -50.0000])
)",
    .forward = floating_unary<"logsigmoid">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return sigmoid(-x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"logsigmoid.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Unary hardsigmoid{{
    .signature = "hardsigmoid(Tensor input)",
    .doc = R"(Piecewise linear sigmoid: min(max(x / 6 + 0.5, 0), 1).

input: (*), floating point. Returns the same shape and dtype. The gradient is 1 / 6
strictly between -3 and 3, else 0. Raises DTypeError for integers.

>>> F.hardsigmoid(tg.tensor([-4.0, 0.0, 1.5, 4.0]))
tensor([0.0000, 0.5000, 0.7500, 1.0000])
)",
    .forward = floating_unary<"hardsigmoid">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return cast(logical_and(gt(x, -3), lt(x, 3)), x.dtype()) / 6;
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"hardsigmoid.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Unary hardswish{{
    .signature = "hardswish(Tensor input)",
    .doc = R"(Piecewise swish: x * min(max(x + 3, 0), 6) / 6.

input: (*), floating point. Returns the same shape and dtype. -inf gives 0, its limit.
The gradient is x / 3 + 0.5 strictly between -3 and 3, else 0 below and 1 above. Raises
DTypeError for integers. Source: Howard and others, 2019.

>>> F.hardswish(tg.tensor([-4.0, -1.0, 1.0, 4.0]))
tensor([-0.0000, -0.3333,  0.6667,  4.0000])
)",
    .forward = floating_unary<"hardswish">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return where(le(x, -3), 0, where(lt(x, 3), x / 3 + 0.5, 1));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"hardswish.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Unary softsign{{
    .signature = "softsign(Tensor input)",
    .doc = R"(Softsign: x / (1 + |x|).

input: (*); integers give float32. Returns the same shape, in [-1, 1], complex numbers
in the unit circle. Infinities give -1 and 1, the limits. The gradient is 1 / (1 + |x|)**2. Raises DTypeError for bool
tensors.

>>> F.softsign(tg.tensor([-1.0, 0.0, 3.0]))
tensor([-0.5000,  0.0000,  0.7500])
)",
    .forward =
        [](Target target, const Tensor& input) {
          expect_numbers(input.dtype(), "softsign");
          return float_unary<"softsign">(target, input);
        },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
                            return softsign_change(g, x);
                          }},
                          .jvp = {[](const Call&, const Tensors& t, const Tensor& x) -> Tensor {
                            return softsign_change(t[0], x);
                          }}},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"softsign.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, double, double)> softplus{{
    .signature = "softplus(Tensor input, float beta=1.0, float threshold=20.0)",
    .doc = R"(Smooth rectifier: log(1 + exp(beta * x)) / beta.

input: (*), floating point. Returns the same shape and dtype. beta: sharpness (default
1); the larger, the closer to relu. threshold: where beta * x exceeds it (default 20)
the result is x itself and the gradient 1, else the gradient is sigmoid(beta * x).
Raises DTypeError for integers.

>>> F.softplus(tg.tensor([-1.0, 0.0, 30.0]))
tensor([ 0.3133,  0.6931, 30.0000])
>>> F.softplus(tg.tensor([-1.0, 0.0, 30.0]), beta=2.0)
tensor([ 0.0635,  0.3466, 30.0000])
)",
    .forward =
        [](Target target, const Tensor& input, double beta, double threshold) {
          expect_floating(input.dtype(), "softplus");
          const double params[] = {beta, threshold};
          return pointwise<"softplus">(target, input.dtype(), input.dtype(), params, input);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, double beta, double threshold) -> Tensor {
          return where(gt(beta * x, threshold), 1, sigmoid(beta * x));
        }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double beta,
                    double threshold) -> Tensor {
      const double params[] = {beta, threshold};
      return fused<"softplus.backward">(params, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1.0, 20.0}, {sample({4}), 2.0, 1.0}};
    },
}};

constinit const Op<Tensor(Tensor, double, double)> hardtanh{{
    .signature = "hardtanh(Tensor input, float min_val=-1.0, float max_val=1.0)",
    .doc = R"(Every element limited to [min_val, max_val]: min(max(x, min_val), max_val).

input: (*), any dtype but bool. Returns the same shape and dtype. min_val, max_val: the
limits (default -1 and 1); max_val wins where they cross; fractions are cut off for
integers. NaN stays NaN. The gradient is 1 strictly between the limits, else 0, and 1
for NaN. Raises DTypeError for bool tensors, ValueError for negative limits on unsigned
integers.

>>> F.hardtanh(tg.tensor([-2.0, 0.5, 2.0]))
tensor([-1.0000,  0.5000,  1.0000])
>>> F.hardtanh(tg.tensor([-2.0, 0.5, 2.0]), 0.0, 6.0)
tensor([0.0000, 0.5000, 2.0000])
)",
    .forward =
        [](Target target, const Tensor& input, double low, double high) {
          if (!is_floating(input.dtype())) {
            expect_numbers(input.dtype(), "hardtanh");
            expect<ValueError>(input.dtype() != DType::uint8 || (low > -1 && high > -1),
                               "hardtanh: the limits {} and {} must not be negative for uint8", low,
                               high);
            return pointwise<"clamp">(target, input.dtype(), input.dtype(), nullptr, input,
                                      Tensor(low), Tensor(high));
          }
          const double params[] = {low, high};
          return pointwise<"hardtanh">(target, input.dtype(), input.dtype(), params, input);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double low, double high) -> Tensor {
      return logical_not(logical_or(le(x, low), ge(x, high)));
    }},
    .fused =
        Vjp{[](const Call&, const Tensor& g, const Tensor& x, double low, double high) -> Tensor {
          const double params[] = {low, high};
          return fused<"hardtanh.backward">(params, g, x);
        }},
    .saves = saves_in0,
    .traits = is_functional | has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), -0.5, 0.7}}; },
}};

constinit const Op<Tensor(Tensor, double)> leaky_relu{{
    .signature = "leaky_relu(Tensor input, float negative_slope=0.01)",
    .doc = R"(Leaky rectified linear unit: x where x > 0, else negative_slope * x.

input: (*), of a floating point dtype. Returns the same shape and dtype.
negative_slope: slope below 0 and gradient at 0 (default 0.01). Raises DTypeError for
integer tensors.

>>> F.leaky_relu(tg.tensor([-2.0, 0.0, 3.0]), 0.1)
tensor([-0.2000,  0.0000,  3.0000])
)",
    .forward =
        [](Target target, const Tensor& input, double slope) {
          expect_floating(input.dtype(), "leaky_relu");
          return pointwise<"leaky_relu">(target, input.dtype(), input.dtype(), &slope, input);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double slope) -> Tensor {
      return where(gt(x, 0), Tensor::ones({}, x.dtype()), Tensor::full({}, slope, x.dtype()));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double slope) -> Tensor {
      return fused<"leaky_relu.backward">(&slope, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional | has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.1}}; },
}};

constinit const Op<Tensor(Tensor, double)> elu{{
    .signature = "elu(Tensor input, float alpha=1.0)",
    .doc = R"(Exponential linear unit: x where x > 0, else alpha * (exp(x) - 1).

input: (*), floating point. Returns the same shape and dtype. alpha: minus the limit
for very negative x, and the gradient at 0 (default 1). Raises DTypeError for integers.
Source: Clevert and others, 2015.

>>> F.elu(tg.tensor([-100.0, -1.0, 2.0]))
tensor([-1.0000, -0.6321,  2.0000])
>>> F.elu(tg.tensor([-100.0, -1.0, 2.0]), alpha=0.5)
tensor([-0.5000, -0.3161,  2.0000])
)",
    .forward =
        [](Target target, const Tensor& input, double alpha) {
          expect_floating(input.dtype(), "elu");
          const double params[] = {alpha, 1, 1};
          return pointwise<"elu">(target, input.dtype(), input.dtype(), params, input);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, double alpha) -> Tensor {
      // The slope from the left at 0, as a constant: the second derivative there is that from the
      // right, as in PyTorch.
      return where(lt(x, 0), alpha * exp(x), where(eq(x, 0), Tensor(alpha), 1));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, double alpha) -> Tensor {
      const double params[] = {alpha, 1, 1};
      return fused<"elu.backward">(params, g, x);
    }},
    .saves = saves_in0,
    .traits = is_functional | has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 1.5}}; },
}};

Family activation_family() {
  return {&relu,      &relu6,    &gelu,     &silu,     &mish,       &logsigmoid, &hardsigmoid,
          &hardswish, &softsign, &softplus, &hardtanh, &leaky_relu, &elu};
}

}  // namespace topograd
