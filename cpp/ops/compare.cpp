// Comparisons, logic and bits. None is differentiable.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

template <Text name>
inline constexpr auto bits = [](Target target, const Tensor& a, const Tensor& b) {
  const DType dtype = result_type({&a, &b});
  expect<TypeError>(!is_floating(dtype), "{}: expects integer or bool tensors, got {} and {}",
                    name.value, a.dtype(), b.dtype());
  check_castable(target, dtype, name.value);
  return pointwise<name>(target, dtype, dtype, nullptr, a, b);
};

template <Text name>
inline constexpr auto shift = [](Target target, const Tensor& a, const Tensor& b) {
  expect<TypeError>(!(is_boolean(a.dtype()) && is_boolean(b.dtype())),
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

#define TOPOGRAD_COMPARISON(NAME, DOC)                   \
  constinit const Binary NAME{{                          \
      .signature = #NAME "(Tensor input, Tensor other)", \
      .doc = DOC,                                        \
      .forward = comparison<#NAME>,                      \
      .derivative = NotDifferentiable{},                 \
      .traits = both,                                    \
      .samples = binary_samples,                         \
  }};
TOPOGRAD_COMPARISON(eq, "Whether input == other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(ne, "Whether input != other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(lt, "Whether input < other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(le, "Whether input <= other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(gt, "Whether input > other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(ge, "Whether input >= other, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(logical_and,
                    "Whether both are not zero, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(logical_or,
                    "Whether at least one is not zero, element by element. Returns a bool tensor.")
TOPOGRAD_COMPARISON(logical_xor,
                    "Whether exactly one is not zero, element by element. Returns a bool tensor.")
#undef TOPOGRAD_COMPARISON

#define TOPOGRAD_BITS(NAME, KERNEL, DOC)                          \
  constinit const Binary NAME{{                                   \
      .signature = #NAME "(Tensor input, Tensor other)",          \
      .doc = DOC " Raises TypeError for floating point tensors.", \
      .forward = bits<KERNEL>,                                    \
      .derivative = NotDifferentiable{},                          \
      .traits = both,                                             \
      .samples = integer_samples,                                 \
  }};
TOPOGRAD_BITS(bitwise_and, "bitwise_and", "Bits set in both.")
TOPOGRAD_BITS(bitwise_or, "bitwise_or", "Bits set in at least one.")
TOPOGRAD_BITS(bitwise_xor, "bitwise_xor", "Bits set in exactly one.")
#undef TOPOGRAD_BITS

#define TOPOGRAD_SHIFT(NAME, KERNEL, DOC)                                  \
  constinit const Binary NAME{{                                            \
      .signature = #NAME "(Tensor input, Tensor other)",                   \
      .doc = DOC " Raises TypeError for floating point and bool tensors.", \
      .forward = shift<KERNEL>,                                            \
      .derivative = NotDifferentiable{},                                   \
      .traits = both,                                                      \
      .samples = shift_samples,                                            \
  }};
TOPOGRAD_SHIFT(bitwise_left_shift, "left_shift", "input * 2 ** other, on the bits.")
TOPOGRAD_SHIFT(bitwise_right_shift, "right_shift", "floor(input / 2 ** other), on the bits.")
#undef TOPOGRAD_SHIFT

constinit const Unary logical_not{{
    .signature = "logical_not(Tensor input)",
    .doc = R"(Whether each element is zero. Returns a bool tensor.)",
    .forward = predicate<"logical_not">,
    .derivative = NotDifferentiable{},
    .traits = both,
    .samples = []() -> std::vector<Sample> { return {{sample_booleans({2, 3})}}; },
}};

constinit const Unary bitwise_not{{
    .signature = "bitwise_not(Tensor input)",
    .doc =
        R"(All bits turned over; for bool, logical not. Raises TypeError for floating point tensors.)",
    .forward =
        [](Target target, const Tensor& input) {
          expect<TypeError>(!is_floating(input.dtype()),
                            "bitwise_not: expects an integer or bool tensor, got {}",
                            input.dtype());
          return is_boolean(input.dtype()) ? predicate<"logical_not">(target, input)
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
    .doc = R"(Whether |input - other| <= atol + rtol * |other|, element by element.)",
    .forward =
        [](const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
          Tensor near = logical_or(
              eq(a, b), logical_and(le(abs(sub(a, b)), atol + rtol * abs(b)), isfinite(b)));
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
