// Rounding, and predicates of a number.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

constinit const Unary floor{{
    .signature = "floor(Tensor input)",
    .doc = R"(Greatest integer not above every element.

input: (*). Returns the same shape and dtype: floats stay floats, integers are
unchanged. The gradient is 0. Raises DTypeError for bool tensors.

>>> tg.floor(tg.tensor([-1.5, 0.7, 2.0]))
tensor([-2.,  0.,  2.])
)",
    .forward = number_unary<"floor">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary ceil{{
    .signature = "ceil(Tensor input)",
    .doc = R"(Least integer not below every element.

input: (*). Returns the same shape and dtype: floats stay floats, integers are
unchanged. The gradient is 0. Raises DTypeError for bool tensors.

>>> tg.ceil(tg.tensor([-1.5, 0.2, 2.0]))
tensor([-1.,  1.,  2.])
)",
    .forward = number_unary<"ceil">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary round{{
    .signature = "round(Tensor input)",
    .doc = R"(Nearest integer to every element; halves go to the even one.

input: (*). Returns the same shape and dtype: floats stay floats, integers are
unchanged. The gradient is 0. Raises DTypeError for bool tensors.

>>> tg.round(tg.tensor([0.5, 1.5, 2.5, -1.2]))
tensor([ 0.,  2.,  2., -1.])
)",
    .forward = number_unary<"round">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t)> round_decimals{{
    .signature = "round.decimals(Tensor input, *, int decimals)",
    .doc = R"(Nearest multiple of 10 ** -decimals to every element; halves go to the even digit.

input: (*), of a floating point dtype. Returns the same shape and dtype. decimals:
digits after the decimal point, in [-300, 300]; -1 rounds to tens, -2 to hundreds.
Computed as round(x * 10**decimals) / 10**decimals, in float32 for the half precisions:
where the product overflows the result is inf. The gradient is 0. Raises ValueError for
decimals out of range, DTypeError for integer and bool tensors.

>>> tg.round(tg.tensor([3.14159, 2.71828]), decimals=2)
tensor([3.1400, 2.7200])
>>> tg.round(tg.tensor([1234.0, 1250.0]), decimals=-2)
tensor([1200., 1200.])
)",
    .forward =
        [](Target target, const Tensor& input, std::int64_t decimals) {
          const DType dtype = input.dtype();
          expect_floating(dtype, "round");
          expect<ValueError>(decimals >= -300 && decimals <= 300,
                             "round: decimals {} is out of range", decimals);
          const double scale = std::pow(10.0, static_cast<double>(std::abs(decimals)));
          if (decimals < 0) return pointwise<"round_tens">(target, dtype, dtype, &scale, input);
          return pointwise<"round_decimals">(target, dtype, dtype, &scale, input);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, std::int64_t) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 2}, {100 * sample({3}), -1}};
    },
}};

constinit const Unary trunc{{
    .signature = "trunc(Tensor input)",
    .doc = R"(Integer part of every element: rounded towards zero.

input: (*). Returns the same shape and dtype: floats stay floats, integers are
unchanged. The gradient is 0. Raises DTypeError for bool tensors.

>>> tg.trunc(tg.tensor([-1.5, 0.7, 2.0]))
tensor([-1.,  0.,  2.])
)",
    .forward = number_unary<"trunc">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::zeros({}, x.dtype());
    }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary frac{{
    .signature = "frac(Tensor input)",
    .doc = R"(Fractional part of every element, with its sign: x - trunc(x).

input: (*), of a floating point dtype. Returns the same shape and dtype. Infinities
give NaN. The gradient is 1. Raises DTypeError for integer and bool tensors.

>>> tg.frac(tg.tensor([-1.5, 2.25]))
tensor([-0.5000,  0.2500])
)",
    .forward = floating_unary<"frac">,
    .derivative = Elementwise{[](const Call&, const Tensor& x) -> Tensor {
      return Tensor::ones({}, x.dtype());
    }},
    .traits = is_method | has_in_place_function,
    .samples = unary_samples,
}};

constinit const Unary isnan{{
    .signature = "isnan(Tensor input)",
    .doc = R"(Whether each element is NaN.

input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.

>>> tg.isnan(tg.tensor([1.0, float("nan"), float("inf")]))
tensor([False,  True, False])
)",
    .forward = predicate<"isnan">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isinf{{
    .signature = "isinf(Tensor input)",
    .doc = R"(Whether each element is inf or -inf.

input: (*), any dtype; integers never are. Returns a bool tensor of the same shape.

>>> tg.isinf(tg.tensor([1.0, float("nan"), -float("inf")]))
tensor([False, False,  True])
)",
    .forward = predicate<"isinf">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary isfinite{{
    .signature = "isfinite(Tensor input)",
    .doc = R"(Whether each element is neither infinite nor NaN.

input: (*), any dtype; integers always are. Returns a bool tensor of the same shape.

>>> tg.isfinite(tg.tensor([1.0, float("nan"), float("inf")]))
tensor([ True, False, False])
)",
    .forward = predicate<"isfinite">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

constinit const Unary signbit{{
    .signature = "signbit(Tensor input)",
    .doc = R"(Whether the sign bit of each element is set.

input: (*), any dtype. Returns a bool tensor of the same shape: True for negative
numbers, for -0., and for a NaN whose sign bit is set.

>>> tg.signbit(tg.tensor([-2.0, -0.0, 0.0, 1.0]))
tensor([ True,  True, False, False])
)",
    .forward = predicate<"signbit">,
    .derivative = NotDifferentiable{},
    .traits = is_method,
    .samples = unary_samples,
}};

Family rounding_family() {
  return {&floor, &ceil,  &round, &round_decimals, &trunc,
          &frac,  &isnan, &isinf, &isfinite,       &signbit};
}

}  // namespace topograd
