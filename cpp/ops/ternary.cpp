// Elementwise functions of three tensors: selection, limits, fused products.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

/// Whether the factor is complex, which it may only be for complex numbers.
bool complex_factor(const Scalar& value, DType dtype, std::string_view op) {
  expect<DTypeError>(!value.is_complex() || is_complex(dtype),
                     "{}: value {} is complex, the tensors are {}", op, value, dtype);
  return value.is_complex();
}

void expect_boolean(const Tensor& mask, std::string_view op) {
  expect<DTypeError>(is_boolean(mask.dtype()), "{}: expects a bool mask, got {} of shape {}", op,
                     mask.dtype(), mask.shape());
}

/// The bound of the category of a dtype, for a limit that is not there.
Tensor no_limit(DType dtype, bool upper) {
  if (is_boolean(dtype)) return Tensor(Scalar(upper));
  if (is_floating(dtype)) return upper ? Tensor(HUGE_VAL) : Tensor(-HUGE_VAL);
  return Tensor(Scalar(upper ? std::numeric_limits<std::int64_t>::max()
                             : std::numeric_limits<std::int64_t>::min()));
}

/// The one integer of a limit, or nothing.
std::optional<index> whole_limit(const Tensor& limit) {
  if (!limit.defined() || limit.rank() > 0 || !is_integer(limit.dtype())) return std::nullopt;
  return limit.item().integer();
}

/// A limit that the dtype can not hold must not become an element: -1 would be 255 in uint8.
void check_limits(const Tensor& low, const Tensor& high, DType dtype) {
  const auto check = [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      using Limits = std::numeric_limits<T>;
      const auto least = whole_limit(low), greatest = whole_limit(high);
      expect<ValueError>(!greatest || *greatest >= index{Limits::lowest()},
                         "clamp: max {} is less than any {}", greatest.value_or(0), dtype);
      const bool lowered = greatest && *greatest <= index{Limits::max()};
      expect<ValueError>(!least || lowered || *least <= index{Limits::max()},
                         "clamp: min {} is greater than any {}", least.value_or(0), dtype);
    }
  };
  dispatch(dtype, check);
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor)> where{{
    .signature = "where(Tensor condition, Tensor input, Tensor other)",
    .doc = R"(Elements of input where condition holds, of other elsewhere.

condition: bool tensor, or uint8 where anything but 0 holds. input, other: tensors or numbers. All three broadcast; the
result has their common shape and the common dtype of input and other. The gradient
goes to the element that was taken. Raises DTypeError for another condition.

>>> tg.where(tg.tensor([True, False, True]), tg.tensor([1.0, 2.0, 3.0]), 0.0)
tensor([1., 0., 3.])
)",
    .forward =
        [](const Tensor& condition, const Tensor& a, const Tensor& b) {
          // Bytes as PyTorch still takes them; anything else is a mistake.
          if (condition.dtype() != DType::uint8) expect_boolean(condition, "where");
          const DType dtype = result_type({&a, &b});
          return pointwise<"where">({}, dtype, dtype, nullptr, condition, a, b);
        },
    .derivative = Linear{[](const Call&, const Tensor&, const Tensor&, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor& condition, const Tensor&,
                            const Tensor&) -> Tensor { return where(condition, g, 0); },
                         [](const Call&, const Tensor& g, const Tensor& condition, const Tensor&,
                            const Tensor&) -> Tensor { return where(condition, 0, g); }},
    .saves = saves_in0,
    .samples = []() -> std::vector<Sample> {
      return {{sample_booleans({2, 3}), sample({2, 3}), sample({2, 3})},
              {sample_booleans({2, 1}), sample({3}), sample({})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> masked_fill{{
    .signature = "masked_fill(Tensor input, Tensor mask, Tensor value)",
    .doc = R"(input with value wherever mask holds.

input, mask: tensors that broadcast, mask bool. value: a number or a 0-d tensor,
converted to the dtype of input. Returns the common shape and the dtype of input. The
gradient is 0 under the mask; that of value is the sum there. Raises DTypeError for a
mask that is not bool, ShapeError for a value that is not 0-d, ValueError for one that
the dtype can not hold.

>>> scores = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
>>> tg.masked_fill(scores, tg.tensor([[False, True], [False, False]]), -float("inf"))
tensor([[1., -inf],
        [3., 4.]])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& mask, const Tensor& value) {
          expect_boolean(mask, "masked_fill");
          expect<ShapeError>(value.rank() == 0,
                             "masked_fill: value must be a number or 0-d, got shape {}",
                             value.shape());
          fitting(value.item(), x.dtype(), "masked_fill");
          const Tensor same = converted(value, x.dtype());
          return pointwise<"where">(target, x.dtype(), x.dtype(), nullptr, mask, same, x);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor& mask,
                            const Tensor&) -> Tensor { return where(mask, 0, g); },
                         [](const Call&, const Tensor&, const Tensor&, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor& mask,
                            const Tensor&) -> Tensor { return where(mask, g, 0); }},
    .saves = saves_in1,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_booleans({2, 3}), sample({})},
              {sample({2, 3}), sample_booleans({3}), sample({})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> lerp{{
    .signature = "lerp(Tensor input, Tensor end, Tensor weight)",
    .doc = R"(Linear interpolation: input + weight * (end - input).

input, end, weight: tensors or numbers that broadcast; the result has their common
shape and the common dtype of input and end. weight 0 gives input, 1 gives end; others
extrapolate. A complex weight gives a complex result. Raises DTypeError for integers.

>>> tg.lerp(tg.tensor([0.0, 10.0]), tg.tensor([100.0, 20.0]), 0.25)
tensor([25.0000, 12.5000])
)",
    .forward =
        [](Target target, const Tensor& a, const Tensor& b, const Tensor& weight) {
          DType dtype = result_type({&a, &b});
          expect<DTypeError>(is_differentiable(dtype),
                             "lerp: expects floating point or complex inputs, got {}", dtype);
          if (is_complex(weight.dtype())) dtype = complex_of(dtype);
          check_castable(target, dtype, "lerp");
          return pointwise<"lerp">(target, dtype, dtype, nullptr, a, b, weight);
        },
    .derivative = Elementwise{[](const Call&, const Tensor&, const Tensor&,
                                 const Tensor& w) -> Tensor { return 1 - w; },
                              [](const Call&, const Tensor&, const Tensor&,
                                 const Tensor& w) -> Tensor { return w; },
                              [](const Call&, const Tensor& a, const Tensor& b,
                                 const Tensor&) -> Tensor { return b - a; }},
    .saves = saves_inputs,
    .reads = {saves_in2, saves_in2, saves_in0 | saves_in1},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample({2, 1})},
              {sample({3}), sample({3}), sample({})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar)> addcmul{{
    .signature = "addcmul(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    .doc = R"(Sum of a tensor and a scaled product: input + value * tensor1 * tensor2.

input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
common shape and dtype. value: a number (default 1). Raises DTypeError for bool tensors.

>>> tg.addcmul(tg.ones(2), tg.tensor([2.0, 3.0]), tg.tensor([4.0, 5.0]), value=0.5)
tensor([5.0000, 8.5000])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& a, const Tensor& b, Scalar value) {
          const DType dtype = result_type({&x, &a, &b});
          const double factor = value.real();
          expect_numbers(dtype, "addcmul");
          check_castable(target, dtype, "addcmul");
          if (complex_factor(value, dtype, "addcmul")) {
            const double one = 1;
            return pointwise<"addcmul">(target, dtype, dtype, &one, x, a * Tensor(value), b);
          }
          return pointwise<"addcmul">(target, dtype, dtype, &factor, x, a, b);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor&, const Tensor&,
                                 Scalar) -> Tensor { return Tensor::ones({}, x.dtype()); },
                              [](const Call&, const Tensor&, const Tensor&, const Tensor& b,
                                 Scalar value) -> Tensor { return b * Tensor(value); },
                              [](const Call&, const Tensor&, const Tensor& a, const Tensor&,
                                 Scalar value) -> Tensor { return a * Tensor(value); }},
    .saves = saves_in1 | saves_in2,
    .reads = {saves_nothing, saves_in2, saves_in1},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample({2, 1}), 0.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar)> addcdiv{{
    .signature = "addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    .doc = R"(Sum of a tensor and a scaled quotient: input + value * tensor1 / tensor2.

input, tensor1, tensor2: tensors or numbers that broadcast; the result has their
common shape and dtype, float32 for integers. value: a number (default 1).

>>> tg.addcdiv(tg.ones(2), tg.tensor([6.0, 3.0]), tg.tensor([2.0, 4.0]), value=2)
tensor([7.0000, 2.5000])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& a, const Tensor& b, Scalar value) {
          const DType dtype = floating(result_type({&x, &a, &b}));
          const double factor = value.real();
          check_castable(target, dtype, "addcdiv");
          if (complex_factor(value, dtype, "addcdiv")) {
            const double one = 1;
            return pointwise<"addcdiv">(target, dtype, dtype, &one, x, a * Tensor(value), b);
          }
          return pointwise<"addcdiv">(target, dtype, dtype, &factor, x, a, b);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const Tensor&, const Tensor&,
                       Scalar) -> Tensor { return Tensor::ones({}, x.dtype()); },
                    [](const Call&, const Tensor&, const Tensor&, const Tensor& b,
                       Scalar value) -> Tensor { return Tensor(value) / b; },
                    [](const Call&, const Tensor&, const Tensor& a, const Tensor& b,
                       Scalar value) -> Tensor { return -(Tensor(value) * a) / square(b); }},
    .saves = saves_in1 | saves_in2,
    .reads = {saves_nothing, saves_in2, saves_in1 | saves_in2},
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample_in({2, 1}, 0.5, 2), 0.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> clamp{{
    .signature = "clamp(Tensor input, Tensor? min=None, Tensor? max=None)",
    .doc = R"(Every element limited to [min, max].

input: (*). min, max: numbers, or tensors that broadcast with input; None (default)
for no limit. The result has the common shape and dtype. NaN stays NaN; max wins where
min > max. The gradient is 1 where min <= input <= max; elsewhere it is 0 and goes to
the limit. Raises ValueError when both limits are None, and for a number that would become
an element but does not fit into the dtype (max=-1 of uint8; PyTorch wraps it around). One
that limits nothing may lie outside of the dtype.

>>> tg.clamp(tg.tensor([-2.0, 0.5, 2.0]), -1, 1)
tensor([-1.0000,  0.5000,  1.0000])
>>> tg.clamp(tg.tensor([-2.0, 0.5, 2.0]), min=tg.tensor([0.0, 1.0, 1.0]))
tensor([0., 1., 2.])
)",
    .forward =
        [](const Tensor& x, const Tensor& low, const Tensor& high) {
          expect<ValueError>(low.defined() || high.defined(),
                             "clamp: at least one of min and max must be given");
          const DType dtype = result_type({&x, low.defined() ? &low : &high});
          if (is_integer(x.dtype())) {
            const DType result =
                low.defined() && high.defined() ? result_type({&x, &low, &high}) : dtype;
            check_limits(low, high, result);
          }
          return clamp_between(x, low.defined() ? low : no_limit(dtype, false),
                               high.defined() ? high : no_limit(dtype, true));
        },
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor(-0.5), Tensor(0.7)},
              {sample({2, 3}), Arg(), sample({3})},
              {sample({2, 3}), Tensor(0.1), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> clamp_between{{
    .signature = "clamp_between(Tensor input, Tensor min, Tensor max)",
    .doc = R"(clamp with both limits.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& low, const Tensor& high) {
          const DType dtype = result_type({&x, &low, &high});
          check_castable(target, dtype, "clamp");
          return pointwise<"clamp">(target, dtype, dtype, nullptr, x, low, high);
        },
    .derivative =
        Elementwise{
            [](const Call&, const Tensor& x, const Tensor& low, const Tensor& high) -> Tensor {
              return logical_and(ge(x, low), le(x, high));
            },
            [](const Call&, const Tensor& x, const Tensor& low, const Tensor& high) -> Tensor {
              return logical_and(lt(x, low), le(low, high));
            },
            [](const Call&, const Tensor& x, const Tensor& low, const Tensor& high) -> Tensor {
              return logical_or(gt(x, high), gt(low, high));
            }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({3}, -1, 0), sample_in({2, 1}, 0, 1)}};
    },
}};

constinit const Binary clamp_min{{
    .signature = "clamp_min(Tensor input, Tensor min)",
    .doc = R"(Every element, but at least min: max(input, min).

input: (*). min: a number, or a tensor that broadcasts with input. The result has the
common shape and dtype. NaN stays NaN. The gradient at input = min goes to input.

>>> tg.clamp_min(tg.tensor([-2.0, 0.5, 2.0]), 0)
tensor([0.0000, 0.5000, 2.0000])
)",
    .forward = [](const Tensor& x, const Tensor& low) { return clamp(x, low, Tensor()); },
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Tensor(0.1)}}; },
}};

constinit const Binary clamp_max{{
    .signature = "clamp_max(Tensor input, Tensor max)",
    .doc = R"(Every element, but at most max: min(input, max).

input: (*). max: a number, or a tensor that broadcasts with input. The result has the
common shape and dtype. NaN stays NaN. The gradient at input = max goes to input.

>>> tg.clamp_max(tg.tensor([-2.0, 0.5, 2.0]), 0)
tensor([-2.,  0.,  0.])
)",
    .forward = [](const Tensor& x, const Tensor& high) { return clamp(x, Tensor(), high); },
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Tensor(0.1)}}; },
}};

Family ternary_family() {
  return {&where, &masked_fill,   &lerp,      &addcmul,  &addcdiv,
          &clamp, &clamp_between, &clamp_min, &clamp_max};
}

}  // namespace topograd
