// Other elementwise functions of two tensors that broadcast against each other.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

Tensor larger_share(const Tensor& a, const Tensor& b) {
  return cast(gt(a, b), a.dtype()) + 0.5 * cast(eq(a, b), a.dtype());
}

}  // namespace

constinit const Binary maximum{{
    .signature = "maximum(Tensor input, Tensor other)",
    .doc = R"(The greater of two, element by element; NaN wins.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. At ties each gets half of the gradient. fmax ignores NaN.

>>> tg.maximum(tg.tensor([1.0, 5.0, float("nan")]), tg.tensor([2.0, 3.0, 4.0]))
tensor([2., 5., nan])
)",
    .forward = binary<"maximum">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(a, b); },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(b, a); }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary minimum{{
    .signature = "minimum(Tensor input, Tensor other)",
    .doc = R"(The lesser of two, element by element; NaN wins.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. At ties each gets half of the gradient. fmin ignores NaN.

>>> tg.minimum(tg.tensor([1.0, 5.0, float("nan")]), tg.tensor([2.0, 3.0, 4.0]))
tensor([1., 3., nan])
)",
    .forward = binary<"minimum">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(b, a); },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return larger_share(a, b); }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary fmax{{
    .signature = "fmax(Tensor input, Tensor other)",
    .doc = R"(The greater of two, element by element; a NaN loses against a number.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. Two NaN give NaN. At ties input gets the gradient.

>>> tg.fmax(tg.tensor([1.0, 5.0, float("nan")]), tg.tensor([2.0, 3.0, 4.0]))
tensor([2., 5., 4.])
)",
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
    .doc = R"(The lesser of two, element by element; a NaN loses against a number.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype. Two NaN give NaN. At ties input gets the gradient.

>>> tg.fmin(tg.tensor([1.0, 5.0, float("nan")]), tg.tensor([2.0, 3.0, 4.0]))
tensor([1., 3., 4.])
)",
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
    .doc = R"(Angle of the point (x, y) = (other, input) in all four quadrants.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers, in radians in [-pi, pi]. The signs of zeros count: y =
-0. with x < 0 gives -pi. The gradient at the origin is 0.

>>> tg.atan2(tg.tensor([1.0, 1.0, -1.0]), tg.tensor([1.0, -1.0, -1.0]))
tensor([ 0.7854,  2.3562, -2.3562])
)",
    .forward = float_binary<"atan2">,
    .derivative = Elementwise{[](const Call&, const Tensor& y, const Tensor& x) -> Tensor {
                                const Tensor squares = square(x) + square(y);
                                return where(eq(squares, 0), 0, x / squares);
                              },
                              [](const Call&, const Tensor& y, const Tensor& x) -> Tensor {
                                const Tensor squares = square(x) + square(y);
                                return where(eq(squares, 0), 0, -y / squares);
                              }},
    .saves = saves_inputs,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Binary hypot{{
    .signature = "hypot(Tensor input, Tensor other)",
    .doc = R"(Length of the hypotenuse: sqrt(input**2 + other**2), without overflow.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers. The gradient at the origin is NaN.

>>> tg.hypot(tg.tensor([3.0, 3e30]), tg.tensor([4.0, 4e30]))
tensor([5.0000e+00, 5.0000e+30])
)",
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
    .doc = R"(Magnitude of input with the sign of other.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers. -0. counts as negative. The gradient for input is 1 or
-1, 0 where input is 0; for other it is 0.

>>> tg.copysign(tg.tensor([1.0, -2.0, 3.0]), tg.tensor([-1.0, 5.0, -0.0]))
tensor([-1.,  2., -3.])
)",
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
    .doc = R"(Logarithm of a sum of exponentials, log(exp(input) + exp(other)), without overflow.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers. Two -inf give -inf. logsumexp does the same along dims.

>>> tg.logaddexp(tg.tensor([1000.0, 990.0]), tg.tensor([1000.0, 990.0]))
tensor([1000.6932,  990.6932])
)",
    .forward = float_binary<"logaddexp">,
    .derivative = Elementwise{
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return sigmoid(a - b); },
        [](const Call&, const Tensor& a, const Tensor& b) -> Tensor { return sigmoid(b - a); }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary xlogy{{
    .signature = "xlogy(Tensor input, Tensor other)",
    .doc = R"(Product with a logarithm: input * log(other), 0 where input is 0.

input, other: tensors or numbers that broadcast; the result has their common shape and
dtype, float32 for integers. 0 wins over the infinite or undefined log of other <= 0,
but not over NaN. The gradient for input is log(other), 0 where input is 0 and other
<= 0; that for other is input / other, 0 where both are 0.

>>> tg.xlogy(tg.tensor([0.0, 1.0, 2.0]), tg.tensor([0.0, 0.0, 3.0]))
tensor([0.0000,   -inf, 2.1972])
)",
    .forward = float_binary<"xlogy">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return where(logical_and(eq(a, 0), le(b, 0)), 0, log(b));
                              },
                              [](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                if (mode.strict_ieee) return a / b;
                                // xlogy(0, b) is 0 for every b, also next to b = 0.
                                return where(logical_and(eq(a, 0), eq(b, 0)), 0, a / b);
                              }},
    .saves = saves_inputs,
    .traits = is_method | has_in_place_function,
    .samples = positive_binary_samples,
}};

Family binary_family() {
  return {&maximum, &minimum, &fmax, &fmin, &atan2, &hypot, &copysign, &logaddexp, &xlogy};
}

}  // namespace topograd
