// Arithmetic of two tensors that broadcast against each other.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

/// What a factor's cotangent is multiplied with: a mask selects, but is a number by strict_ieee().
Tensor factor(const Tensor& x) {
  return mode.strict_ieee && is_boolean(x.dtype()) ? cast(x, DType::uint8) : x;
}

/// g times the conjugate of alpha.
Tensor scaled(const Tensor& g, const Scalar& alpha) {
  if (alpha.is_complex()) return mul(g, Tensor(std::conj(alpha.complex())));
  return alpha.real() == 1 ? g : mul(g, Tensor(alpha));
}

/// a + alpha * b.
Tensor add_scaled(Target target, const Tensor& a, const Tensor& b, const Scalar& alpha, bool minus,
                  std::string_view op) {
  const DType dtype = result_type({&a, &b});
  expect<DTypeError>(!minus || !(is_boolean(a.dtype()) || is_boolean(b.dtype())),
                     "{}: subtraction with a bool tensor is not defined; use logical_xor or ^ for "
                     "two of them, logical_not or ~ for 1 - x",
                     op);
  if (alpha.is_complex()) {
    expect<DTypeError>(is_complex(dtype), "{}: alpha {} is complex, the tensors are {}", op, alpha,
                       dtype);
    return add_scaled(target, a, b * Tensor(alpha), 1, minus, op);
  }
  expect<DTypeError>(!alpha.is_real() || is_differentiable(dtype),
                     "{}: alpha must be an integer for tensors of dtype {}, got {}", op, dtype,
                     alpha);
  check_castable(target, dtype, op);
  if (alpha.real() == 1)
    return minus ? pointwise<"sub">(target, dtype, dtype, nullptr, a, b)
                 : pointwise<"add">(target, dtype, dtype, nullptr, a, b);
  const double factor = minus ? -alpha.real() : alpha.real();
  return pointwise<"add_scaled">(target, dtype, dtype, &factor, a, b);
}

void refuse_zero_divisor(const Tensor& a, const Tensor& b, std::string_view op) {
  expect<ValueError>(any(eq(b, 0)).item().integer() == 0 || a.count() == 0 || b.count() == 0,
                     "{}: integer division by zero, the divisor of shape {} contains 0", op,
                     b.shape());
}

template <Text name>
inline constexpr auto checked_division = [](Target target, const Tensor& a, const Tensor& b) {
  const DType dtype = result_type({&a, &b});
  expect_numbers(dtype, name.value);
  if (!is_floating(dtype)) refuse_zero_divisor(a, b, name.value);
  return binary<name>(target, a, b);
};

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Scalar)> add{{
    .signature = "add(Tensor input, Tensor other, *, Scalar alpha=1)",
    .doc = R"(Sum, element by element: input + alpha * other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype (for bools, or). alpha: factor of other (default 1). Raises DTypeError for a
fractional alpha when both are integers.

>>> tg.add(tg.tensor([1.0, 2.0]), 10)
tensor([11., 12.])
>>> tg.add(tg.tensor([[1], [2]]), tg.tensor([10, 20]), alpha=2)
tensor([[21, 41],
        [22, 42]])
)",
    .forward = [](Target target, const Tensor& a, const Tensor& b,
                  Scalar alpha) { return add_scaled(target, a, b, alpha, false, "add"); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            Scalar) -> Tensor { return g; },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            Scalar alpha) -> Tensor { return scaled(g, alpha); }},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), 1}, {sample({2, 1}), sample({3}), -2.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Scalar)> sub{{
    .signature = "sub(Tensor input, Tensor other, *, Scalar alpha=1)",
    .doc = R"(Difference, element by element: input - alpha * other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. Unsigned integers wrap around. alpha: factor of other (default 1). Raises
DTypeError when one of them is bool (use logical_xor or logical_not), and for a fractional alpha when both
are integers.

>>> tg.sub(tg.tensor([1.0, 2.0]), tg.tensor([0.5, 4.0]))
tensor([ 0.5000, -2.0000])
>>> tg.sub(tg.tensor([1.0, 2.0]), tg.tensor([0.5, 4.0]), alpha=2)
tensor([ 0., -6.])
)",
    .forward = [](Target target, const Tensor& a, const Tensor& b,
                  Scalar alpha) { return add_scaled(target, a, b, alpha, true, "sub"); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            Scalar) -> Tensor { return g; },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                            Scalar alpha) -> Tensor { return neg(scaled(g, alpha)); }},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), 1}, {sample({2, 1}), sample({3}), 0.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Scalar)> rsub{{
    .signature = "rsub(Tensor input, Tensor other, *, Scalar alpha=1)",
    .doc = R"(Difference the other way round: other - alpha * input.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. alpha: factor of input (default 1). Raises DTypeError where sub does.

>>> tg.rsub(tg.tensor([1.0, 2.0]), 10)
tensor([9., 8.])
)",
    .forward = [](const Tensor& a, const Tensor& b, Scalar alpha) { return sub(b, a, alpha); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3}), 2}}; },
}};

constinit const Binary mul{{
    .signature = "mul(Tensor input, Tensor other)",
    .doc = R"(Product, element by element: input * other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype (for bools, and). Integers that overflow wrap around.

>>> tg.mul(tg.tensor([1.0, -2.0]), 3)
tensor([ 3., -6.])
>>> tg.mul(tg.tensor([[1], [2]]), tg.tensor([10, 20]))
tensor([[10, 20],
        [20, 40]])
)",
    .forward = binary<"mul">,
    .derivative = Elementwise{
        [](const Call&, const Tensor&, const Tensor& b) -> Tensor { return factor(b); },
        [](const Call&, const Tensor& a, const Tensor&) -> Tensor { return factor(a); }},
    .saves = saves_inputs | saves_for_others,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Binary strong_mul{{
    .signature = "strong_mul(Tensor input, Tensor other)",
    .doc = R"(Product in which an exact 0 of either wins over an infinite or NaN other one.

The engine multiplies cotangents and tangents with partial derivatives by it.)",
    .forward = float_binary<"strong_mul">,
    .derivative =
        Elementwise{[](const Call&, const Tensor&, const Tensor& b) -> Tensor { return b; },
                    [](const Call&, const Tensor& a, const Tensor&) -> Tensor { return a; }},
    .saves = saves_inputs | saves_for_others,
    .traits = is_hidden,
    .samples = binary_samples,
}};

constinit const Binary true_div{{
    .signature = "true_divide(Tensor input, Tensor other)",
    .doc = R"(Quotient, element by element: input / other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers. x / 0 is inf or -inf, 0 / 0 is NaN.

>>> tg.true_divide(tg.tensor([1, 3, 1]), tg.tensor([2, 2, 0]))
tensor([0.5000, 1.5000,    inf])
)",
    .forward =
        [](Target target, const Tensor& a, const Tensor& b) {
          const DType dtype = floating(result_type({&a, &b}));
          check_castable(target, dtype, "div");
          return pointwise<"div">(target, dtype, dtype, nullptr, a, b);
        },
    .derivative = Elementwise{
        [](const Call& c, const Tensor&, const Tensor& b) -> Tensor {
          return reciprocal(cast(b, c.output().dtype()));
        },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
          return -(true_div(true_div(a, b), b));
        }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor&, const Tensor& b) -> Tensor {
                   return strong_mul(g, reciprocal(cast(b, g.dtype())));
                 },
                 [](const Call&, const Tensor& g, const Tensor& a, const Tensor& b) -> Tensor {
                   return fused<"div.backward_other">(nullptr, g, a, b);
                 }},
    // The quotient itself is not read, so that it may be changed in place, as by a relu.
    .saves = saves_inputs,
    .reads = {saves_in1, saves_in0 | saves_in1},
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, std::optional<std::string>)> div{{
    .signature = "div(Tensor input, Tensor other, *, str? rounding_mode=None)",
    .doc = R"(Quotient, element by element: input / other, rounded on demand.

input, other: tensors or numbers that broadcast. rounding_mode: None (default) for
true_divide, where integers give float32; 'floor' to round down, as floor_divide,
'trunc' to round towards zero: both keep integers and have gradient 0. Raises
ValueError for another rounding_mode and for rounded integers divided by 0.

>>> tg.div(tg.tensor([-7, 7]), 2)
tensor([-3.5000,  3.5000])
>>> tg.div(tg.tensor([-7, 7]), 2, rounding_mode="floor")
tensor([-4,  3])
>>> tg.div(tg.tensor([-7, 7]), 2, rounding_mode="trunc")
tensor([-3,  3])
)",
    .forward =
        [](const Tensor& a, const Tensor& b, std::optional<std::string> mode) {
          if (!mode) return true_div(a, b);
          if (*mode == "floor") return floor_div(a, b);
          expect<ValueError>(*mode == "trunc",
                             "div: rounding_mode must be None, 'trunc' or 'floor', got '{}'",
                             *mode);
          return trunc_div(a, b);
        },
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 1, 2), sample_in({3}, 1, 2), Arg()},
              {sample_in({2, 3}, 5, 9), sample_in({3}, 1, 2), "floor"},
              {sample_in({2, 3}, 5, 9), sample_in({3}, 1, 2), "trunc"}};
    },
}};

constinit const Binary floor_div{{
    .signature = "floor_divide(Tensor input, Tensor other)",
    .doc = R"(Quotient rounded down, element by element: floor(input / other).

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype: integers stay integers. The gradient is 0. Floats divided by 0 give inf or NaN.
Raises ValueError for integers divided by 0.

>>> tg.floor_divide(tg.tensor([-7, 7]), 2)
tensor([-4,  3])
>>> tg.floor_divide(tg.tensor([-7.0, 7.0]), 2)
tensor([-4.,  3.])
)",
    .forward = checked_division<"floor_divide">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor&) -> Tensor {
                                return Tensor::zeros({}, floating(a.dtype()));
                              },
                              [](const Call&, const Tensor&, const Tensor& b) -> Tensor {
                                return Tensor::zeros({}, floating(b.dtype()));
                              }},
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary trunc_div{{
    .signature = "trunc_divide(Tensor input, Tensor other)",
    .doc = R"(Quotient rounded towards zero. Raises ValueError for integers divided by 0.)",
    .forward = checked_division<"trunc_divide">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor&) -> Tensor {
                                return Tensor::zeros({}, floating(a.dtype()));
                              },
                              [](const Call&, const Tensor&, const Tensor& b) -> Tensor {
                                return Tensor::zeros({}, floating(b.dtype()));
                              }},
    .traits = is_hidden,
    .samples = positive_binary_samples,
}};

constinit const Binary remainder{{
    .signature = "remainder(Tensor input, Tensor other)",
    .doc = R"(Remainder with the sign of the divisor: input - floor(input / other) * other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. Python's %; fmod takes the sign of the dividend. Gradients: 1 for input,
-floor(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
integers divided by 0.

>>> tg.remainder(tg.tensor([-7, 7]), 3)
tensor([2, 1])
>>> tg.remainder(tg.tensor([7.5, 7.5]), tg.tensor([2.0, -2.0]))
tensor([ 1.5000, -0.5000])
)",
    .forward = checked_division<"remainder">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor&) -> Tensor {
          return Tensor::ones({}, a.dtype());
        },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return -floor_div(a, b); }},
    .saves = saves_inputs,
    .reads = {saves_nothing, saves_inputs},
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary fmod{{
    .signature = "fmod(Tensor input, Tensor other)",
    .doc = R"(Remainder with the sign of the dividend: input - trunc(input / other) * other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. C's fmod; remainder takes the sign of the divisor. Gradients: 1 for input,
-trunc(input / other) for other. Floats divided by 0 give NaN. Raises ValueError for
integers divided by 0.

>>> tg.fmod(tg.tensor([-7, 7]), 3)
tensor([-1,  1])
>>> tg.fmod(tg.tensor([7.5, -7.5]), 2)
tensor([ 1.5000, -1.5000])
)",
    .forward = checked_division<"fmod">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor&) -> Tensor {
          return Tensor::ones({}, a.dtype());
        },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return -trunc(a / b); }},
    .saves = saves_inputs,
    .reads = {saves_nothing, saves_inputs},
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary pow{{
    .signature = "pow(Tensor input, Tensor exponent)",
    .doc = R"(Power, element by element: input ** exponent.

input, exponent: tensors or numbers that broadcast; the result has their common shape
and dtype. x ** 0 is 1, also for 0 and NaN. Negative bases with fractional exponents
give NaN. Integers to negative powers give the integer part: 1 and -1 keep their
magnitude, all others (0 too) give 0. Where input is 0 and exponent at least 0, the
gradient for exponent is 0. Raises ValueError for integers to the power of a negative
number that is written out (a tensor of exponents is not looked through), DTypeError
for two bools.

>>> tg.pow(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([1., 4., 9.])
>>> tg.pow(2, tg.tensor([-1.0, 0.5]))
tensor([0.5000, 1.4142])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& e) {
          const DType dtype = result_type({&x, &e});
          check_castable(target, dtype, "pow");
          if (e.body()->wrapped_number && is_differentiable(dtype) && !is_complex(e.dtype())) {
            const double power = e.item().real();
            if (power == 2) return pointwise<"square">(target, dtype, dtype, nullptr, x);
            if (power == 0.5) return pointwise<"sqrt">(target, dtype, dtype, nullptr, x);
            if (is_complex(dtype)) {
              if (power == 3) return pointwise<"cube">(target, dtype, dtype, nullptr, x);
              if (power == -1) return pointwise<"reciprocal">(target, dtype, dtype, nullptr, x);
              if (power == -2) return pointwise<"inverse_square">(target, dtype, dtype, nullptr, x);
            }
          }
          if (!e.body()->wrapped_number) expect_numbers(dtype, "pow");
          expect<ValueError>(
              is_differentiable(dtype) || !e.body()->wrapped_number || e.item().integer() >= 0,
              "pow: integers to negative integer powers are not allowed (dtype {}); "
              "use floats",
              dtype);
          return pointwise<"pow">(target, dtype, dtype, nullptr, x, e);
        },
    .derivative =
        Elementwise{[](const Call& c, const Tensor& x, const Tensor& e) -> Tensor {
                      // e = 0 gives 0 also where x ** -1 is infinite.
                      const Tensor wide = cast(x, c.output().dtype());
                      return where(eq(e, 0), 0, e * pow(wide, e - 1));
                    },
                    [](const Call& c, const Tensor& x, const Tensor& e) -> Tensor {
                      // 0 ** e is constant in e for e >= 0, although log(0) is not
                      // finite.
                      const Tensor constant =
                          is_complex(e.dtype()) ? eq(x, 0) : logical_and(eq(x, 0), ge(e, 0));
                      return where(constant, 0, c.output() * log(cast(x, c.output().dtype())));
                    }},
    .saves = saves_inputs | saves_output,
    .reads = {saves_inputs, saves_inputs | saves_output},
    .traits = both,
    .samples = positive_binary_samples,
}};

Family arithmetic_family() {
  return {&add, &sub,       &rsub,      &mul,       &strong_mul, &true_div,
          &div, &floor_div, &trunc_div, &remainder, &fmod,       &pow};
}

}  // namespace topograd
