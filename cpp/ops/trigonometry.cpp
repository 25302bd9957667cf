// Trigonometric and hyperbolic functions and their inverses.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

constinit const Unary sin{{
    .signature = "sin(Tensor input)",
    .doc = R"(Sine of every element.

input: (*), in radians; integers give float32. Returns the same shape. Infinities give
NaN.

>>> tg.sin(tg.tensor([0.0, np.pi / 6, np.pi / 2]))
tensor([0.0000, 0.5000, 1.0000])
)",
    .forward = float_unary<"sin">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return cos(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"sin.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary cos{{
    .signature = "cos(Tensor input)",
    .doc = R"(Cosine of every element.

input: (*), in radians; integers give float32. Returns the same shape. Infinities give
NaN.

>>> tg.cos(tg.tensor([0.0, np.pi / 3, np.pi]))
tensor([ 1.0000,  0.5000, -1.0000])
)",
    .forward = float_unary<"cos">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return -sin(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"cos.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary tan{{
    .signature = "tan(Tensor input)",
    .doc = R"(Tangent of every element.

input: (*), in radians; integers give float32. Returns the same shape. Infinities give
NaN.

>>> tg.tan(tg.tensor([0.0, np.pi / 4]))
tensor([0., 1.])
)",
    .forward = float_unary<"tan">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return square(c.output()) + 1; }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"tan.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary asin{{
    .signature = "asin(Tensor input)",
    .doc = R"(Inverse sine of every element.

input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
/ 2]. Numbers outside [-1, 1] give NaN. The gradient is inf at -1 and 1.

>>> tg.asin(tg.tensor([0.0, 0.5, 1.0, 2.0]))
tensor([0.0000, 0.5236, 1.5708,    nan])
)",
    .forward = float_unary<"asin">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return rsqrt(1 - square(x)); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary acos{{
    .signature = "acos(Tensor input)",
    .doc = R"(Inverse cosine of every element.

input: (*); integers give float32. Returns the same shape, in radians in [0, pi].
Numbers outside [-1, 1] give NaN. The gradient is -inf at -1 and 1.

>>> tg.acos(tg.tensor([1.0, 0.5, -1.0, 2.0]))
tensor([0.0000, 1.0472, 3.1416,    nan])
)",
    .forward = float_unary<"acos">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return -rsqrt(1 - square(x)); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

constinit const Unary atan{{
    .signature = "atan(Tensor input)",
    .doc = R"(Inverse tangent of every element.

input: (*); integers give float32. Returns the same shape, in radians in [-pi / 2, pi
/ 2]. atan2 gives the angle in all four quadrants.

>>> tg.atan(tg.tensor([0.0, 1.0, -float("inf")]))
tensor([ 0.0000,  0.7854, -1.5708])
)",
    .forward = float_unary<"atan">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return reciprocal(1 + square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary sinh{{
    .signature = "sinh(Tensor input)",
    .doc = R"(Hyperbolic sine of every element: (exp(x) - exp(-x)) / 2.

input: (*); integers give float32. Returns the same shape. Overflow gives inf or -inf.

>>> tg.sinh(tg.tensor([0.0, 1.0, -1.0]))
tensor([ 0.0000,  1.1752, -1.1752])
)",
    .forward = float_unary<"sinh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return cosh(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary cosh{{
    .signature = "cosh(Tensor input)",
    .doc = R"(Hyperbolic cosine of every element: (exp(x) + exp(-x)) / 2.

input: (*); integers give float32. Returns the same shape. Overflow gives inf.

>>> tg.cosh(tg.tensor([0.0, 1.0, -1.0]))
tensor([1.0000, 1.5431, 1.5431])
)",
    .forward = float_unary<"cosh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return sinh(x); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary tanh{{
    .signature = "tanh(Tensor input)",
    .doc = R"(Hyperbolic tangent of every element: (exp(x) - exp(-x)) / (exp(x) + exp(-x)).

input: (*); integers give float32. Returns the same shape, in [-1, 1].

>>> tg.tanh(tg.tensor([0.0, 1.0, -100.0]))
tensor([ 0.0000,  0.7616, -1.0000])
)",
    .forward = float_unary<"tanh">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return 1 - square(c.output()); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"tanh.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary asinh{{
    .signature = "asinh(Tensor input)",
    .doc = R"(Inverse hyperbolic sine of every element: log(x + sqrt(x * x + 1)).

input: (*); integers give float32. Returns the same shape. Infinities stay as they
are.

>>> tg.asinh(tg.tensor([0.0, 1.0, -1.0]))
tensor([ 0.0000,  0.8814, -0.8814])
)",
    .forward = float_unary<"asinh">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return rsqrt(square(x) + 1); }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary acosh{{
    .signature = "acosh(Tensor input)",
    .doc = R"(Inverse hyperbolic cosine of every element: log(x + sqrt(x * x - 1)).

input: (*); integers give float32. Returns the same shape. Numbers below 1 give NaN.
The gradient is inf at 1.

>>> tg.acosh(tg.tensor([1.0, 2.0, 0.5]))
tensor([0.0000, 1.3170,    nan])
)",
    .forward = float_unary<"acosh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      // In two factors, because sqrt(z * z - 1) has the other sign left of the imaginary axis.
      if (is_complex(x.dtype())) return rsqrt(x - 1) * rsqrt(x + 1);
      return rsqrt(square(x) - 1);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(1.5, 3); },
}};

constinit const Unary atanh{{
    .signature = "atanh(Tensor input)",
    .doc = R"(Inverse hyperbolic tangent of every element: log((1 + x) / (1 - x)) / 2.

input: (*); integers give float32. Returns the same shape. -1 and 1 give -inf and inf,
numbers beyond them NaN.

>>> tg.atanh(tg.tensor([0.0, 0.5, 1.0, 2.0]))
tensor([0.0000, 0.5493,    inf,    nan])
)",
    .forward = float_unary<"atanh">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return reciprocal(1 - square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(-0.9, 0.9); },
}};

Family trigonometry_family() {
  return {&sin, &cos, &tan, &asin, &acos, &atan, &sinh, &cosh, &tanh, &asinh, &acosh, &atanh};
}

}  // namespace topograd
