// Elementwise functions of one tensor: sign, powers, exponentials, logarithms, error function.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

constinit const Unary neg{{
    .signature = "neg(Tensor input)",
    .doc = R"(Negation of every element: -x.

input: (*), any dtype but bool. Returns the same shape and dtype. Unsigned integers
wrap around, and the least signed integer is its own negation. Raises DTypeError for
bool tensors: use logical_not.

>>> tg.neg(tg.tensor([-1.0, 0.0, 2.0]))
tensor([ 1., -0., -2.])
>>> -tg.tensor([3, -5])
tensor([-3,  5])
)",
    .forward =
        [](Target target, const Tensor& input) {
          expect<DTypeError>(!is_boolean(input.dtype()),
                             "neg: not defined for bool, use logical_not");
          return unary<"neg">(target, input);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&) -> Tensor { return neg(g); }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary positive{{
    .signature = "positive(Tensor input)",
    .doc = R"(The elements unchanged: +x.

input: (*), any dtype but bool. Returns input itself, no copy. Raises DTypeError for bool tensors.

>>> +tg.tensor([-1.0, 2.0])
tensor([-1.,  2.])
)",
    .forward =
        [](const Tensor& x) {
          expect_numbers(x.dtype(), "positive");
          return x;
        },
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary abs{{
    .signature = "abs(Tensor input)",
    .doc = R"(Absolute value of every element: |x|.

input: (*), any dtype but bool. Returns the same shape and dtype; complex numbers give
their real sizes sqrt(re**2 + im**2). NaN stays NaN; the least signed integer, which
has no positive counterpart, stays as it is. The gradient at 0 is 0. Raises DTypeError
for bool tensors.

>>> tg.abs(tg.tensor([-1.5, 0.0, 2.0]))
tensor([1.5000, 0.0000, 2.0000])
)",
    .forward =
        [](Target target, const Tensor& x) {
          if (!is_complex(x.dtype())) return number_unary<"abs">(target, x);
          expect<DTypeError>(target.tensor == nullptr || !is_complex(target.tensor->dtype()),
                             "abs_: the sizes of complex numbers are real; use abs()");
          return pointwise<"abs">(target, x.dtype(), real_of(x.dtype()), nullptr, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return is_complex(x.dtype()) ? conj(sgn(x)) : sign(x);
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"abs.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary sign{{
    .signature = "sign(Tensor input)",
    .doc = R"(Sign of every element: -1 below 0, 0 at 0, 1 above.

input: (*). Returns the same shape and dtype. The sign of NaN is 0. The gradient is 0
everywhere.

>>> tg.sign(tg.tensor([-2.5, 0.0, 7.0]))
tensor([-1.,  0.,  1.])
)",
    .forward = unary<"sign">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = unary_samples,
}};

constinit const Unary square{{
    .signature = "square(Tensor input)",
    .doc = R"(Square of every element: x * x.

input: (*). Returns the same shape and dtype, int64 for bools; integers that overflow wrap around.

>>> tg.square(tg.tensor([-3.0, 0.5]))
tensor([9.0000, 0.2500])
)",
    .forward =
        [](Target target, const Tensor& x) {
          const DType dtype = is_boolean(x.dtype()) ? DType::int64 : x.dtype();
          check_castable(target, dtype, "square");
          return pointwise<"square">(target, dtype, dtype, nullptr, x);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 2 * x; }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"square.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary reciprocal{{
    .signature = "reciprocal(Tensor input)",
    .doc = R"(Reciprocal of every element: 1 / x.

input: (*); integers give float32. Returns the same shape. 0 gives inf, -0. gives
-inf.

>>> tg.reciprocal(tg.tensor([2.0, -4.0, 0.0]))
tensor([ 0.5000, -0.2500,     inf])
)",
    .forward = float_unary<"reciprocal">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return -(c.output() * c.output());
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"reciprocal.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary sqrt{{
    .signature = "sqrt(Tensor input)",
    .doc = R"(Square root of every element.

input: (*); integers give float32. Returns the same shape. Negative numbers give NaN.
The gradient, 0.5 / sqrt(x), is inf at 0.

>>> tg.sqrt(tg.tensor([4.0, 2.0, -1.0]))
tensor([2.0000, 1.4142,    nan])
)",
    .forward = float_unary<"sqrt">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return 0.5 / c.output(); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"sqrt.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary rsqrt{{
    .signature = "rsqrt(Tensor input)",
    .doc = R"(Reciprocal of the square root of every element: 1 / sqrt(x).

input: (*); integers give float32. Returns the same shape. 0 gives inf, negative
numbers give NaN.

>>> tg.rsqrt(tg.tensor([4.0, 0.25, 0.0]))
tensor([0.5000, 2.0000,    inf])
)",
    .forward = float_unary<"rsqrt">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return -0.5 * c.output() * square(c.output());
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"rsqrt.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary exp{{
    .signature = "exp(Tensor input)",
    .doc = R"(Exponential of every element: e ** x.

input: (*); integers give float32. Returns the same shape. Overflow gives inf: above
about 88.7 in float32, 709.8 in float64.

>>> tg.exp(tg.tensor([0.0, 1.0, -float("inf")]))
tensor([1.0000, 2.7183, 0.0000])
)",
    .forward = float_unary<"exp">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor { return c.output(); }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"exp.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary exp2{{
    .signature = "exp2(Tensor input)",
    .doc = R"(Power of two of every element: 2 ** x.

input: (*); integers give float32. Returns the same shape. Overflow gives inf.

>>> tg.exp2(tg.tensor([-1.0, 0.0, 3.0]))
tensor([0.5000, 1.0000, 8.0000])
)",
    .forward = float_unary<"exp2">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return 0.6931471805599453 * c.output();
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary expm1{{
    .signature = "expm1(Tensor input)",
    .doc = R"(Exponential of every element, less one: exp(x) - 1, accurate near 0.

input: (*); integers give float32. Returns the same shape.

>>> tg.expm1(tg.tensor([1e-10, 1.0]))
tensor([1.0000e-10, 1.7183e+00])
>>> tg.exp(tg.tensor(1e-10)) - 1
tensor(0.)
)",
    .forward = float_unary<"expm1">,
    .derivative =
        Elementwise{[](const Call& c, const Tensor&) -> Tensor { return c.output() + 1; }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"expm1.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary log{{
    .signature = "log(Tensor input)",
    .doc = R"(Natural logarithm of every element.

input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
numbers give NaN.

>>> tg.log(tg.tensor([1.0, 2.718281828, 0.0, -1.0]))
tensor([0., 1., -inf, nan])
)",
    .forward = float_unary<"log">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor { return reciprocal(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log2{{
    .signature = "log2(Tensor input)",
    .doc = R"(Logarithm of every element to base 2.

input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
numbers give NaN.

>>> tg.log2(tg.tensor([8.0, 0.5]))
tensor([ 3., -1.])
)",
    .forward = float_unary<"log2">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 1.4426950408889634 / x; }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log2.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log10{{
    .signature = "log10(Tensor input)",
    .doc = R"(Logarithm of every element to base 10.

input: (*); integers give float32. Returns the same shape. 0 gives -inf, negative
numbers give NaN.

>>> tg.log10(tg.tensor([1000.0, 0.01]))
tensor([ 3., -2.])
)",
    .forward = float_unary<"log10">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return 0.4342944819032518 / x; }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary log1p{{
    .signature = "log1p(Tensor input)",
    .doc = R"(Logarithm of one plus every element: log(1 + x), accurate near 0.

input: (*); integers give float32. Returns the same shape. -1 gives -inf, less gives
NaN.

>>> tg.log1p(tg.tensor([1e-10, 1.0, -1.0]))
tensor([1.0000e-10, 6.9315e-01,       -inf])
>>> tg.log(1 + tg.tensor(1e-10))
tensor(0.)
)",
    .forward = float_unary<"log1p">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& x) -> Tensor { return reciprocal(x + 1); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"log1p.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = [] { return unary_samples_in(0.5, 3); },
}};

constinit const Unary sigmoid{{
    .signature = "sigmoid(Tensor input)",
    .doc = R"(Logistic function of every element: 1 / (1 + exp(-x)).

input: (*); integers give float32. Returns the same shape, in [0, 1]. It does not
overflow for any x.

>>> tg.sigmoid(tg.tensor([0.0, 2.0, -2.0, -1000.0]))
tensor([0.5000, 0.8808, 0.1192, 0.0000])
)",
    .forward = float_unary<"sigmoid">,
    .derivative = Elementwise{[](const Call& c, const Tensor&) -> Tensor {
      return c.output() * (1 - c.output());
    }},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&) -> Tensor {
      return fused<"sigmoid.backward">(nullptr, g, c.output());
    }},
    .saves = saves_output,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary erf{{
    .signature = "erf(Tensor input)",
    .doc = R"(Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.

input: (*); integers give float32. Returns the same shape, in [-1, 1].

>>> tg.erf(tg.tensor([0.0, 0.5, -1.0]))
tensor([ 0.0000,  0.5205, -0.8427])
)",
    .forward = float_unary<"erf">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return 1.1283791670955126 * exp(-square(x));
    }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x) -> Tensor {
      return fused<"erf.backward">(nullptr, g, x);
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary erfc{{
    .signature = "erfc(Tensor input)",
    .doc = R"(Complementary error function of every element: 1 - erf(x), accurate for large x.

input: (*); integers give float32. Returns the same shape, in [0, 2].

>>> tg.erfc(tg.tensor([0.0, 0.5, 5.0]))
tensor([1.0000e+00, 4.7950e-01, 1.5375e-12])
>>> 1 - tg.erf(tg.tensor(5.0))
tensor(0.)
)",
    .forward = float_unary<"erfc">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return -1.1283791670955126 * exp(-square(x));
    }},
    .saves = saves_in0,
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

Family unary_family() {
  return {&neg,  &positive, &abs, &sign, &square, &reciprocal, &sqrt,    &rsqrt, &exp,
          &exp2, &expm1,    &log, &log2, &log10,  &log1p,      &sigmoid, &erf,   &erfc};
}

}  // namespace topograd
