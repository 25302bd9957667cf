// Elementwise functions of one tensor.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

constinit const Unary neg{{
    .signature = "neg(Tensor input)",
    .doc = R"(Negation: -x.)",
    .forward =
        [](Target target, const Tensor& input) {
          expect<TypeError>(!is_boolean(input.dtype()),
                            "neg: not defined for bool, use logical_not");
          return unary<"neg">(target, input);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor { return neg(g); }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary positive{{
    .signature = "positive(Tensor input)",
    .doc = R"(The input itself: +x.)",
    .forward = [](Target target, const Tensor& input) { return unary<"positive">(target, input); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor { return g; }},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary abs{{
    .signature = "abs(Tensor input)",
    .doc = R"(Absolute value: |x|. The gradient at 0 is 0.)",
    .forward = unary<"abs">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return sign(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"abs.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary sign{{
    .signature = "sign(Tensor input)",
    .doc = R"(Sign: -1, 0 or 1. The gradient is 0 everywhere.)",
    .forward = unary<"sign">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary square{{
    .signature = "square(Tensor input)",
    .doc = R"(Square: x * x.)",
    .forward = unary<"square">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 2 * x; }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"square.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary reciprocal{{
    .signature = "reciprocal(Tensor input)",
    .doc = R"(Reciprocal: 1 / x.)",
    .forward = float_unary<"reciprocal">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return -(c.output() * c.output());
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"reciprocal.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary sqrt{{
    .signature = "sqrt(Tensor input)",
    .doc = R"(Square root. NaN for negative x.)",
    .forward = float_unary<"sqrt">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return 0.5 / c.output(); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"sqrt.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary rsqrt{{
    .signature = "rsqrt(Tensor input)",
    .doc = R"(Reciprocal of the square root: 1 / sqrt(x).)",
    .forward = float_unary<"rsqrt">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor& x) -> Tensor { return -0.5 * c.output() / x; }},
    .saves = saves_output | saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary exp{{
    .signature = "exp(Tensor input)",
    .doc = R"(Exponential of every element: e ** x.)",
    .forward = float_unary<"exp">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor { return c.output(); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"exp.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary exp2{{
    .signature = "exp2(Tensor input)",
    .doc = R"(Power of two: 2 ** x.)",
    .forward = float_unary<"exp2">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return 0.6931471805599453 * c.output();
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary expm1{{
    .signature = "expm1(Tensor input)",
    .doc = R"(exp(x) - 1, accurate near 0.)",
    .forward = float_unary<"expm1">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return c.output() + 1; }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"expm1.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary log{{
    .signature = "log(Tensor input)",
    .doc = R"(Natural logarithm. -inf at 0, NaN below.)",
    .forward = float_unary<"log">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return reciprocal(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log2{{
    .signature = "log2(Tensor input)",
    .doc = R"(Logarithm to base 2.)",
    .forward = float_unary<"log2">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 1.4426950408889634 / x; }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log2.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log10{{
    .signature = "log10(Tensor input)",
    .doc = R"(Logarithm to base 10.)",
    .forward = float_unary<"log10">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 0.4342944819032518 / x; }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log1p{{
    .signature = "log1p(Tensor input)",
    .doc = R"(log(1 + x), accurate near 0.)",
    .forward = float_unary<"log1p">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return reciprocal(x + 1); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log1p.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary sin{{
    .signature = "sin(Tensor input)",
    .doc = R"(Sine of x in radians.)",
    .forward = float_unary<"sin">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return cos(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"sin.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary cos{{
    .signature = "cos(Tensor input)",
    .doc = R"(Cosine of x in radians.)",
    .forward = float_unary<"cos">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return -sin(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"cos.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary tan{{
    .signature = "tan(Tensor input)",
    .doc = R"(Tangent of x in radians.)",
    .forward = float_unary<"tan">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return square(c.output()) + 1; }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"tan.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary asin{{
    .signature = "asin(Tensor input)",
    .doc = R"(Inverse sine, in radians. NaN outside [-1, 1].)",
    .forward = float_unary<"asin">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return rsqrt(1 - square(x)); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary acos{{
    .signature = "acos(Tensor input)",
    .doc = R"(Inverse cosine, in radians. NaN outside [-1, 1].)",
    .forward = float_unary<"acos">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return -rsqrt(1 - square(x)); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary atan{{
    .signature = "atan(Tensor input)",
    .doc = R"(Inverse tangent, in radians.)",
    .forward = float_unary<"atan">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return reciprocal(1 + square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary sinh{{
    .signature = "sinh(Tensor input)",
    .doc = R"(Hyperbolic sine.)",
    .forward = float_unary<"sinh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return cosh(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary cosh{{
    .signature = "cosh(Tensor input)",
    .doc = R"(Hyperbolic cosine.)",
    .forward = float_unary<"cosh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return sinh(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary tanh{{
    .signature = "tanh(Tensor input)",
    .doc = R"(Hyperbolic tangent.)",
    .forward = float_unary<"tanh">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return 1 - square(c.output()); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"tanh.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary asinh{{
    .signature = "asinh(Tensor input)",
    .doc = R"(Inverse hyperbolic sine.)",
    .forward = float_unary<"asinh">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return rsqrt(square(x) + 1); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary acosh{{
    .signature = "acosh(Tensor input)",
    .doc = R"(Inverse hyperbolic cosine. NaN below 1.)",
    .forward = float_unary<"acosh">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return rsqrt(square(x) - 1); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(1.5, 3); },
}};

constinit const Unary atanh{{
    .signature = "atanh(Tensor input)",
    .doc = R"(Inverse hyperbolic tangent. NaN outside [-1, 1].)",
    .forward = float_unary<"atanh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return reciprocal(1 - square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary sigmoid{{
    .signature = "sigmoid(Tensor input)",
    .doc = R"(Logistic function: 1 / (1 + exp(-x)).)",
    .forward = float_unary<"sigmoid">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return c.output() * (1 - c.output());
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"sigmoid.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary erf{{
    .signature = "erf(Tensor input)",
    .doc = R"(Error function: 2 / sqrt(pi) * integral of exp(-t**2) from 0 to x.)",
    .forward = float_unary<"erf">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return 1.1283791670955126 * exp(-square(x));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"erf.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary erfc{{
    .signature = "erfc(Tensor input)",
    .doc = R"(Complementary error function: 1 - erf(x), accurate for large x.)",
    .forward = float_unary<"erfc">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return -1.1283791670955126 * exp(-square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary floor{{
    .signature = "floor(Tensor input)",
    .doc = R"(Greatest integer not above x. The gradient is 0.)",
    .forward = unary<"floor">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary ceil{{
    .signature = "ceil(Tensor input)",
    .doc = R"(Least integer not below x. The gradient is 0.)",
    .forward = unary<"ceil">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary round{{
    .signature = "round(Tensor input)",
    .doc = R"(Nearest integer, halves to the even one. The gradient is 0.)",
    .forward = unary<"round">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary trunc{{
    .signature = "trunc(Tensor input)",
    .doc = R"(Integer part, towards zero. The gradient is 0.)",
    .forward = unary<"trunc">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary frac{{
    .signature = "frac(Tensor input)",
    .doc = R"(Fractional part: x - trunc(x).)",
    .forward = unary<"frac">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::ones({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary isnan{{
    .signature = "isnan(Tensor input)",
    .doc = R"(Whether each element is NaN. Returns a bool tensor.)",
    .forward = predicate<"isnan">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isinf{{
    .signature = "isinf(Tensor input)",
    .doc = R"(Whether each element is +inf or -inf. Returns a bool tensor.)",
    .forward = predicate<"isinf">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isfinite{{
    .signature = "isfinite(Tensor input)",
    .doc = R"(Whether each element is neither infinite nor NaN. Returns a bool tensor.)",
    .forward = predicate<"isfinite">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary signbit{{
    .signature = "signbit(Tensor input)",
    .doc = R"(Whether the sign bit of each element is set. Returns a bool tensor.)",
    .forward = predicate<"signbit">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t)> round_decimals{{
    .signature = "round.decimals(Tensor input, *, int decimals)",
    .doc =
        R"(Rounded to a number of decimals (negative: to tens, hundreds, …), halves to the even digit.)",
    .forward =
        [](const Tensor& x, std::int64_t decimals) {
          expect<ValueError>(decimals >= -300 && decimals <= 300,
                             "round: decimals {} is out of range", decimals);
          const Tensor scale(std::pow(10.0, static_cast<double>(std::abs(decimals))));
          return decimals >= 0 ? round(x * scale) / scale : round(x / scale) * scale;
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 2}, {100 * sample({3}), -1}};
    },
}};

Family unary_family() {
  return {&neg,   &positive, &abs,   &sign,     &square, &reciprocal,     &sqrt,
          &rsqrt, &exp,      &exp2,  &expm1,    &log,    &log2,           &log10,
          &log1p, &sin,      &cos,   &tan,      &asin,   &acos,           &atan,
          &sinh,  &cosh,     &tanh,  &asinh,    &acosh,  &atanh,          &sigmoid,
          &erf,   &erfc,     &floor, &ceil,     &round,  &round_decimals, &trunc,
          &frac,  &isnan,    &isinf, &isfinite, &signbit};
}

}  // namespace topograd
