// Whole numbers and representations of numbers: gcd, lcm, ldexp, nextafter, heaviside, powers in
// float64.

#include <limits>

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

void expect_integers(const Tensor& a, const Tensor& b, std::string_view op) {
  const DType dtype = result_type({&a, &b});
  expect<DTypeError>(is_integer(dtype), "{}: expects integers, got {} and {}", op, a.dtype(),
                     b.dtype());
}

double largest(DType dtype) {
  switch (dtype) {
    case DType::float64: return std::numeric_limits<double>::max();
    case DType::float16: return 65504;
    case DType::bfloat16: return 0x1.fep127;
    default: return std::numeric_limits<float>::max();
  }
}

std::vector<Sample> integer_samples() {
  return {{sample_integers({2, 3}, 50), sample_integers({3}, 50)},
          {sample_integers({2, 1}, 9) - 4, sample_integers({4}, 9) - 4}};
}

}  // namespace

constinit const Binary gcd{{
    .signature = "gcd(Tensor input, Tensor other)",
    .doc = R"(Greatest common divisor of two integers, element by element.

input, other: integer tensors or numbers that broadcast; the result has their common shape and
dtype and is not negative; gcd(0, 0) is 0. The least number of a dtype, which has no positive
counterpart, may come out as itself. Raises TypeError for floating point and bool.

>>> tg.gcd(tg.tensor([12, -18, 0]), tg.tensor([18, 27, 5]))
tensor([6, 9, 5])
)",
    .forward =
        [](Target target, const Tensor& a, const Tensor& b) {
          expect_integers(a, b, "gcd");
          return binary<"gcd">(target, a, b);
        },
    .derivative = NotDifferentiable{},
    .traits = is_method | has_in_place_function,
    .samples = integer_samples,
}};

constinit const Binary lcm{{
    .signature = "lcm(Tensor input, Tensor other)",
    .doc = R"(Least common multiple of two integers, element by element.

input, other: integer tensors or numbers that broadcast; the result has their common shape and
dtype and is not negative; 0 where one of them is 0. Results that overflow wrap around. Raises
TypeError for floating point and bool.

>>> tg.lcm(tg.tensor([4, -6, 0]), tg.tensor([6, 10, 5]))
tensor([12, 30,  0])
)",
    .forward =
        [](Target target, const Tensor& a, const Tensor& b) {
          expect_integers(a, b, "lcm");
          return binary<"lcm">(target, a, b);
        },
    .derivative = NotDifferentiable{},
    .traits = is_method | has_in_place_function,
    .samples = integer_samples,
}};

constinit const Binary heaviside{{
    .signature = "heaviside(Tensor input, Tensor values)",
    .doc = R"(Step function: 0 below 0, `values` at 0, 1 above.

input: (*). values: a tensor of the same dtype that broadcasts with input. NaN gives 0. The
gradient of input is 0, that of values 1 where input is 0. Raises RuntimeError when the dtypes
differ.

>>> tg.heaviside(tg.tensor([-1.5, 0.0, 2.0]), tg.tensor([0.5]))
tensor([0.0000, 0.5000, 1.0000])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& values) {
          expect<NotSupported>(x.dtype() == values.dtype(),
                               "heaviside: dtypes differ: input is {}, values is {}", x.dtype(),
                               values.dtype());
          return pointwise<"heaviside">(target, x.dtype(), x.dtype(), nullptr, x, values);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor&) -> Tensor {
                                return Tensor::zeros({}, x.dtype());
                              },
                              [](const Call&, const Tensor& x, const Tensor&) -> Tensor {
                                return cast(eq(x, 0), x.dtype());
                              }},
    .saves = saves_in0,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3})}, {round(sample({8})), sample({1})}};
    },
}};

constinit const Binary ldexp{{
    .signature = "ldexp(Tensor input, Tensor other)",
    .doc = R"(Product with a power of two: input * 2**other.

input, other: tensors or numbers that broadcast; the result has their common shape and dtype,
where integers count as float32. other may be fractional. The power itself may overflow or vanish
as long as the result does not.

>>> tg.ldexp(tg.tensor([1.0, -3.0]), tg.tensor([3, 1]))
tensor([ 8., -6.])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& exponent) {
          const DType dtype = floating(result_type({&x, &exponent}));
          check_castable(target, dtype, "ldexp");
          // A broadcast exponent is raised once for each of its elements.
          if (exponent.count() < x.count() / 2 && is_floating(dtype) &&
              compute_dtype(dtype) == dtype)
            return pointwise<"ldexp_by_power">(target, dtype, dtype, nullptr, x, exponent,
                                               exp2(converted(exponent, dtype)));
          return pointwise<"ldexp">(target, dtype, dtype, nullptr, x, exponent);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& exponent) -> Tensor {
                                return ldexp(Tensor::ones({}, x.dtype()), exponent);
                              },
                              [](const Call& c, const Tensor&, const Tensor&) -> Tensor {
                                return 0.69314718055994530942 * c.output();
                              }},
    .saves = saves_in1 | saves_output,
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3})}, {sample({2, 3}), sample_integers({3}, 5)}};
    },
}};

constinit const Binary logaddexp2{{
    .signature = "logaddexp2(Tensor input, Tensor other)",
    .doc =
        R"(Binary logarithm of a sum of powers of two, log2(2**input + 2**other), without overflow.

input, other: tensors or numbers that broadcast; the result has their common shape and dtype,
float32 for integers. Two -inf give -inf.

>>> tg.logaddexp2(tg.tensor([1000.0, 1.0]), tg.tensor([1000.0, 2.0]))
tensor([1001.0000,    2.5850])
)",
    .forward = float_binary<"logaddexp2">,
    .derivative = Elementwise{[](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return sigmoid(0.69314718055994530942 * (a - b));
                              },
                              [](const Call&, const Tensor& a, const Tensor& b) -> Tensor {
                                return sigmoid(0.69314718055994530942 * (b - a));
                              }},
    .saves = saves_inputs,
    .samples = binary_samples,
}};

constinit const Binary nextafter{{
    .signature = "nextafter(Tensor input, Tensor other)",
    .doc = R"(The next number that the dtype holds after input, towards other.

input, other: floating point tensors that broadcast; the result has their common shape and dtype,
half types included. Where both are equal the result is other; NaN gives NaN. The
gradient of input is 1, 0 where both are equal; that of other is 0. Raises TypeError for integers.

>>> tg.nextafter(tg.tensor([1.0, 0.0]), tg.tensor([2.0, -1.0])) == tg.tensor([1 + 2**-23, -(2**-149)])
tensor([True, True])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& to) {
          const DType dtype = result_type({&x, &to});
          expect<DTypeError>(is_floating(dtype), "nextafter: expects floating point, got {} and {}",
                             x.dtype(), to.dtype());
          check_castable(target, dtype, "nextafter");
          const double half = dtype == DType::float16 ? 1 : 0;
          return compute_dtype(dtype) == dtype
                     ? pointwise<"nextafter">(target, dtype, dtype, nullptr, x, to)
                     : pointwise<"nextafter_half">(target, dtype, dtype, &half, x, to);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& to) -> Tensor {
                                return cast(ne(x, to), x.dtype());
                              },
                              [](const Call&, const Tensor&, const Tensor& to) -> Tensor {
                                return Tensor::zeros({}, to.dtype());
                              }},
    .saves = saves_inputs,
    .traits = both,
    .samples = binary_samples,
}};

constinit const Op<Tensor(Tensor, std::optional<double>, std::optional<double>,
                          std::optional<double>)>
    nan_to_num{{
        .signature = "nan_to_num(Tensor input, float? nan=0.0, float? posinf=None, float? "
                     "neginf=None)",
        .doc = R"(NaN and infinities replaced by finite numbers.

input: (*), any dtype. Returns a new tensor of the same shape and dtype; integers stay as they are,
both parts of complex numbers are replaced alike.
nan: for NaN, default 0. posinf, neginf: for inf and -inf; None (default) for the greatest and
least finite number of the dtype. The gradient is 0 where something was replaced.

>>> tg.nan_to_num(tg.tensor([float("nan"), float("inf"), 1.0]), posinf=9.0)
tensor([0., 9., 1.])
)",
        .forward =
            [](Target target, const Tensor& x, const std::optional<double>& nan,
               const std::optional<double>& above, const std::optional<double>& below) {
              if (!is_differentiable(x.dtype())) return unary<"positive">(target, x);
              const double limit = largest(real_of(x.dtype()));
              const double parameters[] = {nan.value_or(0), above.value_or(limit),
                                           below.value_or(-limit)};
              if (!is_complex(x.dtype()))
                return pointwise<"nan_to_num">(target, x.dtype(), x.dtype(), parameters, x);
              const DType part = real_of(x.dtype());
              const Tensor pairs =
                  pointwise<"nan_to_num">({}, part, part, parameters, real_view(x));
              if (target.tensor == nullptr) return complex_view(dense(pairs));
              copy_elements(complex_view(dense(pairs)), *target.tensor);
              return *target.tensor;
            },
        .derivative =
            Elementwise{[](const Call&, const Tensor& x, const std::optional<double>&,
                           const std::optional<double>&, const std::optional<double>&) -> Tensor {
              return cast(isfinite(x), x.dtype());
            }},
        .saves = saves_in0,
        .traits = is_method | has_in_place_function,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 3}), 0.0, Arg(), Arg()}, {sample({3}), 1.0, 2.0, 3.0}};
        },
    }};

constinit const Binary float_power{{
    .signature = "float_power(Tensor input, Tensor exponent)",
    .doc = R"(Power in float64, of complex numbers in complex128: input ** exponent.

input, exponent: tensors or numbers that broadcast, converted first; so is the result. A negative
base with a fractional exponent gives NaN. The in-place form needs a tensor of the result's dtype.

>>> tg.float_power(tg.tensor([2, 3]), 0.5)
tensor([1.4142, 1.7321], dtype=topograd.float64)
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& exponent) {
          const DType dtype =
              is_complex(result_type({&x, &exponent})) ? DType::complex128 : DType::float64;
          const Tensor y = pow(cast(x, dtype), cast(exponent, dtype));
          if (target.tensor == nullptr) return y;
          expect<DTypeError>(target.tensor->dtype() == dtype,
                             "float_power_: expects a {} tensor, got {}", dtype,
                             target.tensor->dtype());
          expect<ShapeError>(target.tensor->shape() == y.shape(),
                             "float_power_: the result has shape {}, the tensor {}", y.shape(),
                             target.tensor->shape());
          copy_elements(y, *target.tensor);
          return *target.tensor;
        },
    .traits = both,
    .samples = positive_binary_samples,
}};

Family numbers_family() {
  return {&gcd, &lcm, &heaviside, &ldexp, &logaddexp2, &nextafter, &nan_to_num, &float_power};
}

}  // namespace topograd
