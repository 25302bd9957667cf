// Elementwise functions of three tensors: selection, limits, fused products.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits both = is_method | has_in_place;

Tensor as_mask(const Tensor& condition, const Tensor& like) {
  return cast(condition, like.dtype());
}

void expect_boolean(const Tensor& mask, std::string_view op) {
  expect<TypeError>(is_boolean(mask.dtype()), "{}: expects a bool mask, got {} of shape {}", op,
                    mask.dtype(), mask.shape());
}

/// ±inf in the category of x, for a limit that is not there.
Tensor no_limit(const Tensor& x, bool upper) {
  if (is_floating(x.dtype())) return upper ? Tensor(HUGE_VAL) : Tensor(-HUGE_VAL);
  return Tensor(Scalar(upper ? std::numeric_limits<std::int64_t>::max()
                             : std::numeric_limits<std::int64_t>::min()));
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor)> where{{
    .signature = "where(Tensor condition, Tensor input, Tensor other)",
    .doc =
        R"(input where condition holds, else other. All three broadcast. condition must be bool.)",
    .forward =
        [](const Tensor& condition, const Tensor& a, const Tensor& b) {
          expect_boolean(condition, "where");
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
    .doc =
        R"(value (0-d tensor or number) where mask holds, else input. mask must be bool and broadcasts.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& mask, const Tensor& value) {
          expect_boolean(mask, "masked_fill");
          expect<ShapeError>(value.rank() == 0,
                             "masked_fill: value must be a number or 0-d, got shape {}",
                             value.shape());
          expect<TypeError>(
              is_floating(x.dtype()) || !is_floating(value.dtype()),
              "masked_fill: a value of dtype {} does not fit into an input of dtype {}",
              value.dtype(), x.dtype());
          return pointwise<"where">(target, x.dtype(), x.dtype(), nullptr, mask, value, x);
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
    .doc = R"(Linear interpolation: input + weight * (end - input).)",
    .forward =
        [](Target target, const Tensor& a, const Tensor& b, const Tensor& weight) {
          const DType dtype = floating(result_type({&a, &b}));
          return pointwise<"lerp">(target, dtype, dtype, nullptr, a, b, weight);
        },
    .derivative = Elementwise{[](const Call&, const Tensor&, const Tensor&,
                                 const Tensor& w) -> Tensor { return 1 - w; },
                              [](const Call&, const Tensor&, const Tensor&,
                                 const Tensor& w) -> Tensor { return w; },
                              [](const Call&, const Tensor& a, const Tensor& b,
                                 const Tensor&) -> Tensor { return b - a; }},
    .saves = saves_inputs,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample({2, 1})},
              {sample({3}), sample({3}), sample({})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar)> addcmul{{
    .signature = "addcmul(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    .doc = R"(input + value * tensor1 * tensor2.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& a, const Tensor& b, Scalar value) {
          const DType dtype = result_type({&x, &a, &b});
          const double factor = value.real();
          check_castable(target, dtype, "addcmul");
          return pointwise<"addcmul">(target, dtype, dtype, &factor, x, a, b);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor&, const Tensor&,
                                 Scalar) -> Tensor { return Tensor::ones({}, x.dtype()); },
                              [](const Call&, const Tensor&, const Tensor&, const Tensor& b,
                                 Scalar value) -> Tensor { return b * Tensor(value); },
                              [](const Call&, const Tensor&, const Tensor& a, const Tensor&,
                                 Scalar value) -> Tensor { return a * Tensor(value); }},
    .saves = saves_in1 | saves_in2,
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample({2, 1}), 0.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar)> addcdiv{{
    .signature = "addcdiv(Tensor input, Tensor tensor1, Tensor tensor2, *, Scalar value=1)",
    .doc = R"(input + value * tensor1 / tensor2.)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& a, const Tensor& b, Scalar value) {
          const DType dtype = floating(result_type({&x, &a, &b}));
          const double factor = value.real();
          check_castable(target, dtype, "addcdiv");
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
    .traits = both,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), sample_in({2, 1}, 0.5, 2), 0.5}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> clamp{{
    .signature = "clamp(Tensor input, Tensor? min=None, Tensor? max=None)",
    .doc =
        R"(input limited to [min, max]; either limit may be None. NaN stays NaN; max wins where min > max.

The gradient is 1 where min <= input <= max, else 0. Raises ValueError when both limits are None.)",
    .forward =
        [](const Tensor& x, const Tensor& low, const Tensor& high) {
          expect<ValueError>(low.defined() || high.defined(),
                             "clamp: at least one of min and max must be given");
          return clamp_between(x, low.defined() ? low : no_limit(x, false),
                               high.defined() ? high : no_limit(x, true));
        },
    .traits = both,
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
              return as_mask(logical_and(ge(x, low), le(x, high)), x);
            },
            [](const Call&, const Tensor& x, const Tensor& low, const Tensor& high) -> Tensor {
              return as_mask(logical_and(lt(x, low), le(low, high)), x);
            },
            [](const Call&, const Tensor& x, const Tensor& low, const Tensor& high) -> Tensor {
              return as_mask(logical_or(gt(x, high), gt(low, high)), x);
            }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({3}, -1, 0), sample_in({2, 1}, 0, 1)}};
    },
}};

constinit const Binary clamp_min{{
    .signature = "clamp_min(Tensor input, Tensor min)",
    .doc = R"(input, but at least min.)",
    .forward = [](const Tensor& x, const Tensor& low) { return clamp(x, low, Tensor()); },
    .traits = both,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Tensor(0.1)}}; },
}};

constinit const Binary clamp_max{{
    .signature = "clamp_max(Tensor input, Tensor max)",
    .doc = R"(input, but at most max.)",
    .forward = [](const Tensor& x, const Tensor& high) { return clamp(x, Tensor(), high); },
    .traits = both,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Tensor(0.1)}}; },
}};

Family ternary_family() {
  return {&where, &masked_fill,   &lerp,      &addcmul,  &addcdiv,
          &clamp, &clamp_between, &clamp_min, &clamp_max};
}

}  // namespace topograd
