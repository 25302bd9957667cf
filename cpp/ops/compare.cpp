// Comparisons, logic and bits. None is differentiable.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

/// And, or, xor of booleans, byte by byte; `name` for the rest.
template <Text name, Text of_booleans>
inline constexpr auto logic = [](Target target, const Tensor& a, const Tensor& b) {
  if (is_boolean(a.dtype()) && is_boolean(b.dtype()))
    return pointwise<of_booleans>(target, DType::boolean, DType::boolean, nullptr, a, b);
  return comparison<name>(target, a, b);
};

constexpr auto negation = [](Target target, const Tensor& x) {
  if (!is_boolean(x.dtype())) return predicate<"logical_not">(target, x);
  return pointwise<"not_of_booleans">(target, DType::boolean, DType::boolean, nullptr, x);
};

template <Text name>
inline constexpr auto bits = [](Target target, const Tensor& a, const Tensor& b) {
  const DType dtype = result_type({&a, &b});
  expect<DTypeError>(!is_floating(dtype), "{}: expects integer or bool tensors, got {} and {}",
                     name.value, a.dtype(), b.dtype());
  check_castable(target, dtype, name.value);
  return pointwise<name>(target, dtype, dtype, nullptr, a, b);
};

/// On booleans what logic does, byte by byte.
template <Text name, Text of_booleans>
inline constexpr auto bits_or_booleans = [](Target target, const Tensor& a, const Tensor& b) {
  if (is_boolean(a.dtype()) && is_boolean(b.dtype())) {
    check_castable(target, DType::boolean, name.value);
    return pointwise<of_booleans>(target, DType::boolean, DType::boolean, nullptr, a, b);
  }
  return bits<name>(target, a, b);
};

template <Text name>
inline constexpr auto shift = [](Target target, const Tensor& a, const Tensor& b) {
  expect<DTypeError>(!(is_boolean(a.dtype()) && is_boolean(b.dtype())),
                     "{}: not defined for bool tensors", name.value);
  return bits<name>(target, a, b);
};

std::vector<Sample> shift_samples() {
  return {{sample_integers({2, 3}, 9), sample_integers({3}, 4)}};
}

std::vector<Sample> integer_samples() {
  return {{sample_integers({2, 3}, 4), sample_integers({3}, 4)},
          {sample_booleans({2, 3}), sample_booleans({2, 1})}};
}

}  // namespace

#define TOPOGRAD_COMPARISON(NAME, FORWARD, DOC)          \
  constinit const Binary NAME{{                          \
      .signature = #NAME "(Tensor input, Tensor other)", \
      .doc = DOC,                                        \
      .forward = FORWARD,                                \
      .derivative = NotDifferentiable{},                 \
      .traits = both,                                    \
      .samples = binary_samples,                         \
  }};
TOPOGRAD_COMPARISON(eq, comparison<"eq">, R"(Whether input == other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. NaN equals nothing, itself included.
equal compares whole tensors.

>>> tg.eq(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([False,  True, False])
)")
TOPOGRAD_COMPARISON(ne, comparison<"ne">, R"(Whether input != other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. NaN differs from everything, itself
included.

>>> tg.ne(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([ True, False,  True])
)")
TOPOGRAD_COMPARISON(lt, comparison<"lt">, R"(Whether input < other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. False where either is NaN.

>>> tg.lt(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([ True, False, False])
)")
TOPOGRAD_COMPARISON(le, comparison<"le">, R"(Whether input <= other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. False where either is NaN.

>>> tg.le(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([ True,  True, False])
)")
TOPOGRAD_COMPARISON(gt, comparison<"gt">, R"(Whether input > other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. False where either is NaN.

>>> tg.gt(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([False, False,  True])
)")
TOPOGRAD_COMPARISON(ge, comparison<"ge">, R"(Whether input >= other, element by element.

input, other: tensors or numbers that broadcast; compared in their common dtype.
Returns a bool tensor of their common shape. False where either is NaN.

>>> tg.ge(tg.tensor([1.0, 2.0, 3.0]), 2)
tensor([False,  True,  True])
)")
TOPOGRAD_COMPARISON(logical_and, (logic<"logical_and", "and_of_booleans">),
                    R"(Whether both elements are not zero.

input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
Returns a bool tensor of their common shape.

>>> tg.logical_and(tg.tensor([True, True, False]), tg.tensor([1.0, 0.0, 0.0]))
tensor([ True, False, False])
)")
TOPOGRAD_COMPARISON(logical_or, (logic<"logical_or", "or_of_booleans">),
                    R"(Whether at least one of both elements is not zero.

input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
Returns a bool tensor of their common shape.

>>> tg.logical_or(tg.tensor([True, True, False]), tg.tensor([1.0, 0.0, 0.0]))
tensor([ True,  True, False])
)")
TOPOGRAD_COMPARISON(logical_xor, (logic<"logical_xor", "xor_of_booleans">),
                    R"(Whether exactly one of both elements is not zero.

input, other: tensors or numbers that broadcast, any dtype; NaN counts as not zero.
Returns a bool tensor of their common shape.

>>> tg.logical_xor(tg.tensor([True, True, False]), tg.tensor([1.0, 0.0, 0.0]))
tensor([False,  True, False])
)")
#undef TOPOGRAD_COMPARISON

#define TOPOGRAD_BITS(NAME, KERNEL, OF_BOOLEANS, DOC)    \
  constinit const Binary NAME{{                          \
      .signature = #NAME "(Tensor input, Tensor other)", \
      .doc = DOC,                                        \
      .forward = bits_or_booleans<KERNEL, OF_BOOLEANS>,  \
      .derivative = NotDifferentiable{},                 \
      .traits = both,                                    \
      .samples = integer_samples,                        \
  }};
TOPOGRAD_BITS(bitwise_and, "bitwise_and", "and_of_booleans",
              R"(The bits that are set in both elements.

input, other: integer or bool tensors or numbers that broadcast; the result has their
common shape and dtype. Raises DTypeError for floating point tensors.

>>> tg.bitwise_and(tg.tensor([12, -1]), 10)
tensor([ 8, 10])
)")
TOPOGRAD_BITS(bitwise_or, "bitwise_or", "or_of_booleans",
              R"(The bits that are set in at least one of both elements.

input, other: integer or bool tensors or numbers that broadcast; the result has their
common shape and dtype. Raises DTypeError for floating point tensors.

>>> tg.bitwise_or(tg.tensor([12, -1]), 10)
tensor([14, -1])
)")
TOPOGRAD_BITS(bitwise_xor, "bitwise_xor", "xor_of_booleans",
              R"(The bits that are set in exactly one of both elements.

input, other: integer or bool tensors or numbers that broadcast; the result has their
common shape and dtype. Raises DTypeError for floating point tensors.

>>> tg.bitwise_xor(tg.tensor([12, -1]), 10)
tensor([  6, -11])
)")
#undef TOPOGRAD_BITS

#define TOPOGRAD_SHIFT(NAME, KERNEL, DOC)                \
  constinit const Binary NAME{{                          \
      .signature = #NAME "(Tensor input, Tensor other)", \
      .doc = DOC,                                        \
      .forward = shift<KERNEL>,                          \
      .derivative = NotDifferentiable{},                 \
      .traits = both,                                    \
      .samples = shift_samples,                          \
  }};
TOPOGRAD_SHIFT(bitwise_left_shift, "left_shift",
               R"(The bits of input shifted to the left: input * 2**other.

input, other: integer tensors or numbers that broadcast; the result has their common
shape and dtype. Bits shifted out are lost; a shift by less than 0, or by the number
of bits or more, gives 0. Raises DTypeError for floating point and bool tensors.

>>> tg.bitwise_left_shift(tg.tensor([1, 3, -1]), tg.tensor([4, 1, 1]))
tensor([16,  6, -2])
)")
TOPOGRAD_SHIFT(bitwise_right_shift, "right_shift",
               R"(The bits of input shifted to the right: floor(input / 2**other).

input, other: integer tensors or numbers that broadcast; the result has their common
shape and dtype. A shift by less than 0, or by the number of bits or more, gives 0, or
-1 for negative input. Raises DTypeError for floating point and bool tensors.

>>> tg.bitwise_right_shift(tg.tensor([48, -7]), tg.tensor([4, 1]))
tensor([ 3, -4])
)")
#undef TOPOGRAD_SHIFT

constinit const Unary logical_not{{
    .signature = "logical_not(Tensor input)",
    .doc = R"(Whether each element is zero.

input: (*), any dtype; NaN counts as not zero. Returns a bool tensor of the same
shape.

>>> tg.logical_not(tg.tensor([0.0, 1.0, -2.0]))
tensor([ True, False, False])
)",
    .forward = negation,
    .derivative = NotDifferentiable{},
    .traits = both,
    .samples = []() -> std::vector<Sample> { return {{sample_booleans({2, 3})}}; },
}};

constinit const Unary bitwise_not{{
    .signature = "bitwise_not(Tensor input)",
    .doc = R"(All bits of every element turned over: -x - 1; logical not for bool.

input: (*), integer or bool. Returns the same shape and dtype. Raises DTypeError for
floating point tensors.

>>> tg.bitwise_not(tg.tensor([0, 5, -1]))
tensor([-1, -6,  0])
>>> ~tg.tensor([True, False])
tensor([False,  True])
)",
    .forward =
        [](Target target, const Tensor& input) {
          expect<DTypeError>(!is_floating(input.dtype()),
                             "bitwise_not: expects an integer or bool tensor, got {}",
                             input.dtype());
          return is_boolean(input.dtype()) ? negation(target, input)
                                           : unary<"bitwise_not">(target, input);
        },
    .derivative = NotDifferentiable{},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample_integers({2, 3}, 9)}, {sample_booleans({2, 3})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, double, double, bool)> isclose{{
    .signature = "isclose(Tensor input, Tensor other, float rtol=1e-05, float atol=1e-08, "
                 "bool equal_nan=False)",
    .doc = R"(Whether |input - other| <= atol + rtol * |other|, element by element.

input, other: tensors or numbers that broadcast. Returns a bool tensor of their common
shape. rtol, atol: relative and absolute tolerance (default 1e-5 and 1e-8). Equal
infinities are close. equal_nan: whether two NaN are (default False).

>>> tg.isclose(tg.tensor([1.0, 100.0]), tg.tensor([1.000001, 101.0]))
tensor([ True, False])
>>> tg.isclose(tg.tensor([1.0, 100.0]), tg.tensor([1.000001, 101.0]), rtol=0.01)
tensor([True, True])
)",
    .forward =
        [](const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
          expect<ValueError>(rtol >= 0 && atol >= 0,
                             "isclose: rtol and atol must not be negative, got {} and {}", rtol,
                             atol);
          // Differences of unsigned numbers would wrap around, those of bools do not exist.
          const DType dtype = result_type({&a, &b});
          const bool widen = dtype == DType::uint8 || is_boolean(dtype);
          const DType read = widen ? DType::int16 : dtype;
          const Tensor x = cast(a, read), y = cast(b, read);
          Tensor near = logical_or(
              eq(x, y), logical_and(le(abs(sub(x, y)), atol + rtol * abs(y)), isfinite(y)));
          if (equal_nan) near = logical_or(near, logical_and(isnan(a), isnan(b)));
          return near;
        },
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), 1e-5, 1e-8, false}};
    },
}};

Family compare_family() {
  return {&eq,
          &ne,
          &lt,
          &le,
          &gt,
          &ge,
          &logical_and,
          &logical_or,
          &logical_xor,
          &bitwise_and,
          &bitwise_or,
          &bitwise_xor,
          &bitwise_left_shift,
          &bitwise_right_shift,
          &logical_not,
          &bitwise_not,
          &isclose};
}

}  // namespace topograd
