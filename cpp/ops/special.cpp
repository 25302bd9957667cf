// Gamma functions, the inverse error function, Bessel functions, sinc, logit, angles, and what
// classifies numbers.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

/// The n-th derivative of digamma, n >= 1.
Tensor polygamma_values(Target target, const Tensor& x, std::int64_t n) {
  const DType dtype = floating(x.dtype());
  check_castable(target, dtype, "polygamma");
  if (n == 1) return pointwise<"trigamma">(target, dtype, dtype, nullptr, x);
  const double order = static_cast<double>(n);
  // Factorials and powers of higher orders would overflow before the result does.
  if (n > 20) return pointwise<"polygamma_high">(target, dtype, dtype, &order, x);
  const bool positive = x.count() > 0 && amin(x, {}, false).item().real() > 0;
  return positive ? pointwise<"polygamma_positive">(target, dtype, dtype, &order, x)
                  : pointwise<"polygamma">(target, dtype, dtype, &order, x);
}

}  // namespace

constinit const Unary deg2rad{{
    .signature = "deg2rad(Tensor input)",
    .doc = R"(Angles in degrees as radians: x * pi / 180.

input: (*); integers give float32. Returns the same shape.

>>> tg.deg2rad(tg.tensor([180.0, -90.0]))
tensor([ 3.1416, -1.5708])
)",
    .forward =
        [](const Tensor& x) {
          expect_real(x.dtype(), "deg2rad");
          return x * Tensor(0.017453292519943295769);
        },
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary rad2deg{{
    .signature = "rad2deg(Tensor input)",
    .doc = R"(Angles in radians as degrees: x * 180 / pi.

input: (*); integers give float32. Returns the same shape.

>>> tg.rad2deg(tg.tensor([1.0, -0.5]))
tensor([ 57.2958, -28.6479])
)",
    .forward =
        [](const Tensor& x) {
          expect_real(x.dtype(), "rad2deg");
          return x * Tensor(57.295779513082320877);
        },
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary lgamma{{
    .signature = "lgamma(Tensor input)",
    .doc = R"(Logarithm of the absolute value of the gamma function.

input: (*); integers give float32. Returns the same shape. 0, the negative integers, inf and -inf
give inf. The gradient is digamma(input).

>>> tg.lgamma(tg.tensor([1.0, 5.0, 0.5, -1.0]))
tensor([0.0000, 3.1781, 0.5724,    inf])
)",
    .forward = float_unary<"lgamma">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return digamma(x); }},
    .saves = saves_in0,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 6}, 0.1, 9)}, {sample_in({4}, -2.9, -2.1)}, {sample_in({}, 1, 2)}};
    },
}};

constinit const Unary digamma{{
    .signature = "digamma(Tensor input)",
    .doc = R"(Derivative of the logarithm of the gamma function.

input: (*); integers give float32. Returns the same shape. 0 gives -inf, -0. gives inf, the other
poles, at the negative integers, give NaN: the limits from both sides differ.

>>> tg.digamma(tg.tensor([1.0, 0.5, 2.0]))
tensor([-0.5772, -1.9635,  0.4228])
)",
    .forward = float_unary<"digamma">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return polygamma_of(x, 1); }},
    .saves = saves_in0,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 6}, 0.3, 9)}, {sample_in({4}, -2.8, -2.2)}, {sample_in({}, 1, 2)}};
    },
}};

constinit const Op<Tensor(std::int64_t, Tensor)> polygamma{{
    .signature = "polygamma(int n, Tensor input)",
    .doc = R"(The n-th derivative of digamma, which is the (n + 1)-th of the logarithm of gamma.

n: the order, any integer from 0 on; 0 is digamma. input: (*); integers give float32. Returns the
same shape. From order 1 on the poles, at 0 and the negative integers, give inf for odd n and -inf
for even n. Raises ValueError for negative n. Also as the method input.polygamma(n).

>>> tg.polygamma(1, tg.tensor([1.0, 0.5]))
tensor([1.6449, 4.9348])
>>> tg.tensor([1.0]).polygamma(2)
tensor([-2.4041])
)",
    .forward = [](std::int64_t n, const Tensor& x) { return polygamma_of(x, n); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{0, sample_in({4}, 0.5, 4)},
              {2, sample_in({4}, 0.5, 4)},
              {3, sample_in({4}, -1.8, -1.2)}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> polygamma_of{{
    .signature = "polygamma.of(Tensor input, int n)",
    .doc = R"(The n-th derivative of digamma, as a method: input.polygamma(n).

input: (*); integers give float32. n: the order, any integer from 0 on, else ValueError.

>>> tg.tensor([1.0, 0.5]).polygamma(1)
tensor([1.6449, 4.9348])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t n) {
          expect<ValueError>(n >= 0, "polygamma: n must not be negative, got {}", n);
          return n == 0 ? float_unary<"digamma">(target, x) : polygamma_values(target, x, n);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, std::int64_t n) -> Tensor {
      return polygamma_of(x, n + 1);
    }},
    .saves = saves_in0,
    .traits = method_only | is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({4}, 0.5, 4), 0},
              {sample_in({2, 3}, 0.5, 14), 1},
              {sample_in({4}, -1.8, -1.2), 2},
              {sample_in({3}, 9, 10), 25}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> mvlgamma{{
    .signature = "mvlgamma(Tensor input, int p)",
    .doc = R"(Logarithm of the multivariate gamma function of dimension p.

The sum of lgamma(input - j / 2) for j = 0 … p - 1, and p (p - 1) / 4 * log(pi). input: (*);
integers give float32; the density of a Wishart distribution needs elements above (p - 1) / 2.
Returns the same shape. p: from 1, which is lgamma, to 10000, else ValueError.

>>> tg.mvlgamma(tg.tensor([3.0, 4.0]), p=3)
tensor([2.6949, 5.4030])
)",
    .forward =
        [](const Tensor& x, std::int64_t p) {
          expect_numbers(x.dtype(), "mvlgamma");
          expect_real(x.dtype(), "mvlgamma");
          expect<ValueError>(p >= 1 && p <= 10000, "mvlgamma: p must be in [1, 10000], got {}", p);
          const Tensor wide = is_floating(x.dtype()) ? x : cast(x, DType::float32);
          Tensor sum = lgamma(wide);
          for (std::int64_t j = 1; j < p; ++j)
            sum = sum + lgamma(wide - 0.5 * static_cast<double>(j));
          const double dims = static_cast<double>(p);
          return p == 1 ? sum : sum + 0.25 * dims * (dims - 1) * 1.14472988584940017414;
        },
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 1.5, 4), 3}, {sample_in({3}, 0.5, 4), 1}};
    },
}};

constinit const Unary erfinv{{
    .signature = "erfinv(Tensor input)",
    .doc = R"(Inverse of the error function: the y with erf(y) = x.

input: (*) in [-1, 1]; integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
numbers beyond give NaN.

>>> tg.erfinv(tg.tensor([0.0, 0.5, -0.9, 1.0]))
tensor([ 0.0000,  0.4769, -1.1631,     inf])
)",
    .forward = float_unary<"erfinv">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return 0.88622692545275801365 * exp(square(c.output()));
    }},
    .saves = saves_output,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 6}, -0.95, 0.95)}, {sample_in({}, -0.5, 0.5)}};
    },
}};

constinit const Unary sinc{{
    .signature = "sinc(Tensor input)",
    .doc = R"(Normalised cardinal sine: sin(pi * x) / (pi * x), 1 at 0.

input: (*); integers give float32. Returns the same shape. Exactly 0 at the other integers. Right
near 0 also in its derivatives of every order.

>>> tg.sinc(tg.tensor([0.0, 0.5, 1.0, 1.5]))
tensor([ 1.0000,  0.6366,  0.0000, -0.2122])
)",
    .forward = float_unary<"sinc">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return sinc_slope(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 6})}, {Tensor::zeros({2}, DType::float64)}, {1e-3 * sample({3})}};
    },
}};

constinit const Unary sinc_slope{{
    .signature = "sinc_slope(Tensor input)",
    .doc = R"(The derivative of sinc.)",
    .forward = float_unary<"sinc_slope">,
    .derivative = Elementwise{[](const Call& c, const Tensor& x) -> Tensor {
      // x f'' + 2 f' + pi^2 x f = 0
      constexpr double square_of_pi = 9.8696044010893586188;
      const Tensor slope = -(square_of_pi * sinc(x) + 2 * c.output() / x);
      return where(eq(x, 0), -square_of_pi / 3, slope);
    }},
    .saves = saves_in0 | saves_output,
    .traits = is_hidden,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, std::optional<double>)> logit{{
    .signature = "logit(Tensor input, float? eps=None)",
    .doc = R"(Inverse of sigmoid: log(x / (1 - x)).

input: (*) in [0, 1]; integers give float32. Returns the same shape. 0 and 1 give -inf and inf,
numbers outside NaN. eps: limits input to [eps, 1 - eps] first; None (default) for no limit. The
gradient is 0 where the limits hold, without them NaN outside of [0, 1].

>>> tg.logit(tg.tensor([0.5, 0.9, 0.0]))
tensor([0.0000, 2.1972,   -inf])
>>> tg.logit(tg.tensor([0.0, 1.0]), eps=0.1)
tensor([-2.1972,  2.1972])
)",
    .forward =
        [](Target target, const Tensor& x, const std::optional<double>& eps) {
          const DType dtype = floating(x.dtype());
          check_castable(target, dtype, "logit");
          if (!eps) return pointwise<"logit">(target, dtype, dtype, nullptr, x);
          return pointwise<"logit_limited">(target, dtype, dtype, &*eps, x);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const std::optional<double>& eps) -> Tensor {
          const bool limited = eps && *eps >= 0;
          const double low = limited ? *eps : 0;
          const Tensor inside = logical_and(ge(x, low), le(x, 1 - low));
          return where(inside, reciprocal(x * (1 - x)), limited ? 0.0 : std::nan(""));
        }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x,
                    const std::optional<double>& eps) -> Tensor {
      const double margin = eps.value_or(-1);
      return fused<"logit.backward">(&margin, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 0.05, 0.95), Arg()},
              {sample_in({2, 3}, 0.3, 0.7), 0.2},
              {sample_in({4}, 0.05, 0.15), 0.2}};
    },
}};

constinit const Unary i0{{
    .signature = "i0(Tensor input)",
    .doc = R"(Modified Bessel function of the first kind of order 0.

input: (*); integers give float32. Returns the same shape, at least 1; infinities give inf.

>>> tg.i0(tg.tensor([0.0, 1.0, -3.0]))
tensor([1.0000, 1.2661, 4.8808])
)",
    .forward = float_unary<"i0">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return bessel_i1(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3})}, {sample_in({4}, 6, 12)}, {Tensor::zeros({1}, DType::float64)}};
    },
}};

constinit const Unary bessel_i1{{
    .signature = "bessel_i1(Tensor input)",
    .doc = R"(Modified Bessel function of the first kind of order 1, the derivative of i0.)",
    .forward = float_unary<"i1">,
    .derivative = Elementwise{[](const Call& c, const Tensor& x) -> Tensor {
      return where(eq(x, 0), 0.5, i0(x) - c.output() / x);
    }},
    .saves = saves_in0 | saves_output,
    .traits = is_hidden,
    .samples = unary_samples,
}};

constinit const Unary isposinf{{
    .signature = "isposinf(Tensor input)",
    .doc = R"(Whether each element is inf.

input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.

>>> tg.isposinf(tg.tensor([1.0, float("inf"), -float("inf")]))
tensor([False,  True, False])
)",
    .forward = predicate<"isposinf">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isneginf{{
    .signature = "isneginf(Tensor input)",
    .doc = R"(Whether each element is -inf.

input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.

>>> tg.isneginf(tg.tensor([1.0, float("inf"), -float("inf")]))
tensor([False, False,  True])
)",
    .forward = predicate<"isneginf">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isreal{{
    .signature = "isreal(Tensor input)",
    .doc = R"(Whether each element is a real number: always, there are no complex dtypes.

input: (*), any dtype; NaN and infinities count. Returns a bool tensor of the same shape.

>>> tg.isreal(tg.tensor([1.0, float("nan")]))
tensor([True, True])
)",
    .forward =
        [](const Tensor& x) {
          return is_complex(x.dtype()) ? eq(imag(x), 0) : Tensor::ones(x.shape(), DType::boolean);
        },
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

Family special_family() {
  return {&deg2rad, &rad2deg,    &lgamma, &digamma, &polygamma, &polygamma_of, &mvlgamma, &erfinv,
          &sinc,    &sinc_slope, &logit,  &i0,      &bessel_i1, &isposinf,     &isneginf, &isreal};
}

}  // namespace topograd
