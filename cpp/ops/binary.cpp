// Elementwise functions of two tensors that broadcast against each other.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

Tensor scaled(const Tensor& g, const Scalar& alpha) {
  return alpha.real() == 1 ? g : mul(g, Tensor(alpha));
}

/// a + alpha * b.
Tensor add_scaled(Target target, const Tensor& a, const Tensor& b, const Scalar& alpha, bool minus,
                  std::string_view op) {
  const DType dtype = result_type({&a, &b});
  expect<TypeError>(!minus || !(is_boolean(a.dtype()) && is_boolean(b.dtype())),
                    "{}: subtraction of bool tensors is not defined, use logical_xor or ^", op);
  expect<TypeError>(!alpha.is_real() || is_floating(dtype),
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
  if (is_floating(result_type({&a, &b}))) return;
  expect<ValueError>(any(eq(b, 0)).item().integer() == 0 || a.count() == 0 || b.count() == 0,
                     "{}: integer division by zero, the divisor of shape {} contains 0", op,
                     b.shape());
}

template <Text name>
inline constexpr auto checked_division = [](Target target, const Tensor& a, const Tensor& b) {
  refuse_zero_divisor(a, b, name.value);
  return binary<name>(target, a, b);
};

Tensor larger_share(const Tensor& a, const Tensor& b) {
  return cast(gt(a, b), a.dtype()) + 0.5 * cast(eq(a, b), a.dtype());
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Scalar)> add{{
    .signature = "add(Tensor input, Tensor other, *, Scalar alpha=1)",
    .doc = R"(Sum, element by element: input + alpha * other.)",
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
    .doc =
        R"(Difference, element by element: input - alpha * other. Raises TypeError for bool tensors.)",
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
    .doc = R"(Difference the other way round: other - alpha * input.)",
    .forward = [](const Tensor& a, const Tensor& b, Scalar alpha) { return sub(b, a, alpha); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3}), 2}}; },
}};

constinit const Binary mul{{
    .signature = "mul(Tensor input, Tensor other)",
    .doc = R"(Product, element by element: input * other.)",
    .forward = binary<"mul">,
    .derivative =
        Elementwise{[](const Call&, const Tensor&, const Tensor& b) -> Tensor { return b; },
                    [](const Call&, const Tensor& a, const Tensor&) -> Tensor { return a; }},
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
    .doc =
        R"(Quotient, element by element: input / other. Integers give float32; x / 0 is inf or NaN.)",
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
        [](const Call& c, const Tensor&, const Tensor& b) -> Tensor { return -(c.output() / b); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor&, const Tensor& b) -> Tensor {
                   return strong_mul(g, reciprocal(cast(b, g.dtype())));
                 },
                 [](const Call& c, const Tensor& g, const Tensor&, const Tensor& b) -> Tensor {
                   return fused<"div.backward_other">(nullptr, g, b, c.output());
                 }},
    .saves = saves_output | saves_in1,
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, std::optional<std::string>)> div{{
    .signature = "div(Tensor input, Tensor other, *, str? rounding_mode=None)",
    .doc = R"(Quotient, element by element: input / other.

rounding_mode: None (true division), 'floor' or 'trunc'. Raises ValueError for another rounding_mode, and for
integers divided by 0 with rounding.)",
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
    .doc =
        R"(Quotient rounded down: floor(input / other). The gradient is 0. Raises ValueError for integers divided by 0.)",
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

Raises ValueError for integers divided by 0; floats give NaN there.)",
    .forward = checked_division<"remainder">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor&) -> Tensor {
          return Tensor::ones({}, a.dtype());
        },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return -floor(a / b); }},
    .saves = saves_inputs,
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary fmod{{
    .signature = "fmod(Tensor input, Tensor other)",
    .doc = R"(Remainder with the sign of the dividend: input - trunc(input / other) * other.

Raises ValueError for integers divided by 0; floats give NaN there.)",
    .forward = checked_division<"fmod">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor&) -> Tensor {
          return Tensor::ones({}, a.dtype());
        },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return -trunc(a / b); }},
    .saves = saves_inputs,
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary pow{{
    .signature = "pow(Tensor input, Tensor exponent)",
    .doc = R"(Power: input ** exponent. Either may be a number.

Negative bases with fractional exponents give NaN. Raises ValueError for integers to negative powers.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& e) {
          const DType dtype = result_type({&x, &e});
          check_castable(target, dtype, "pow");
          if (e.body()->wrapped_number && is_floating(dtype)) {
            const double power = e.item().real();
            if (power == 2) return pointwise<"square">(target, dtype, dtype, nullptr, x);
            if (power == 0.5) return pointwise<"sqrt">(target, dtype, dtype, nullptr, x);
          }
          if (!is_floating(dtype))
            expect<ValueError>(
                any(lt(e, 0)).item().integer() == 0,
                "pow: integers to negative integer powers are not allowed (dtype {}); "
                "use floats",
                dtype);
          return pointwise<"pow">(target, dtype, dtype, nullptr, x, e);
        },
    .derivative = Elementwise{[](const Call& c, const Tensor& x, const Tensor& e) -> Tensor {
                                // e = 0 gives 0 also where x ** -1 is infinite.
                                const Tensor wide = cast(x, c.output().dtype());
                                return where(eq(e, 0), 0, e * pow(wide, e - 1));
                              },
                              [](const Call& c, const Tensor& x, const Tensor& e) -> Tensor {
                                // 0 ** e is constant in e for e >= 0, although log(0) is not
                                // finite.
                                return where(logical_and(eq(x, 0), ge(e, 0)), 0,
                                             c.output() * log(cast(x, c.output().dtype())));
                              }},
    .saves = saves_inputs | saves_output,
    .traits = both,
    .samples = positive_binary_samples,
}};

constinit const Binary maximum{{
    .signature = "maximum(Tensor input, Tensor other)",
    .doc =
        R"(The greater of two, element by element; NaN wins. At ties each gets half of the gradient.)",
    .forward = binary<"maximum">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(a, b); },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(b, a); }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary minimum{{
    .signature = "minimum(Tensor input, Tensor other)",
    .doc =
        R"(The lesser of two, element by element; NaN wins. At ties each gets half of the gradient.)",
    .forward = binary<"minimum">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(b, a); },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(a, b); }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary fmax{{
    .signature = "fmax(Tensor input, Tensor other)",
    .doc = R"(The greater of two, element by element; a NaN loses against a number.)",
    .forward = binary<"fmax">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return cast(logical_or(ge(a, b), isnan(b)), a.dtype());
                              },
                              [](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return cast(logical_not(logical_or(ge(a, b), isnan(b))), a.dtype());
                              }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary fmin{{
    .signature = "fmin(Tensor input, Tensor other)",
    .doc = R"(The lesser of two, element by element; a NaN loses against a number.)",
    .forward = binary<"fmin">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return cast(logical_or(le(a, b), isnan(b)), a.dtype());
                              },
                              [](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return cast(logical_not(logical_or(le(a, b), isnan(b))), a.dtype());
                              }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary atan2{{
    .signature = "atan2(Tensor input, Tensor other)",
    .doc = R"(Angle of the point (other, input), in radians in [-pi, pi].)",
    .forward = float_binary<"atan2">,
    .derivative = Elementwise{[](const Call&, const Tensor& y, const Tensor& x) -> Tensor {
                                return x / (square(x) + square(y));
                              },
                              [](const Call&, const Tensor& y, const Tensor& x) -> Tensor {
                                return -y / (square(x) + square(y));
                              }},
    .saves = saves_inputs,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Binary hypot{{
    .signature = "hypot(Tensor input, Tensor other)",
    .doc = R"(Length of the hypotenuse: sqrt(input**2 + other**2), without overflow.)",
    .forward = float_binary<"hypot">,
    .derivative = Elementwise{
        [](const Call& c, const Tensor& a, const Tensor&) -> Tensor { return a / c.output(); },
        [](const Call& c, const Tensor&, const Tensor& b) -> Tensor { return b / c.output(); }},
    .saves = saves_inputs | saves_output,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Binary copysign{{
    .signature = "copysign(Tensor input, Tensor other)",
    .doc = R"(Magnitude of input with the sign of other.)",
    .forward = float_binary<"copysign">,
    .derivative = Elementwise{[](const Call& c, const Tensor& a, const Tensor&) -> Tensor {
                                return sign(a) * sign(c.output());
                              },
                              [](const Call&, const Tensor&, const Tensor& b) -> Tensor {
                                return Tensor::zeros({}, b.dtype());
                              }},
    .saves = saves_in0 | saves_output,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Binary logaddexp{{
    .signature = "logaddexp(Tensor input, Tensor other)",
    .doc = R"(log(exp(input) + exp(other)), without overflow.)",
    .forward = float_binary<"logaddexp">,
    .derivative = Elementwise{
        [](const Call& c, const Tensor& a, const Tensor&) -> Tensor { return exp(a - c.output()); },
        [](const Call& c, const Tensor&, const Tensor& b) -> Tensor {
          return exp(b - c.output());
        }},
    .saves = saves_inputs | saves_output,
    .samples = binary_samples,
}};

constinit const Binary xlogy{{
    .signature = "xlogy(Tensor input, Tensor other)",
    .doc = R"(input * log(other), 0 where input is 0.)",
    .forward = float_binary<"xlogy">,
    .derivative =
        Elementwise{[](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                      return where(logical_and(eq(a, 0), le(b, 0)), 0, log(b));
                    },
                    [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return a / b; }},
    .saves = saves_inputs,
    .traits = both,
    .samples = positive_binary_samples,
}};

Family binary_family() {
  return {&add,       &sub,       &rsub,      &mul,   &strong_mul, &true_div,  &div,
          &floor_div, &trunc_div, &remainder, &fmod,  &pow,        &maximum,   &minimum,
          &fmax,      &fmin,      &atan2,     &hypot, &copysign,   &logaddexp, &xlogy};
}

}  // namespace topograd
