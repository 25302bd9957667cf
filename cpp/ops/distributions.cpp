// Ops that draw from distributions beyond the uniform and the normal one.

#include "base/generator.h"
#include "ops/draw.h"
#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits filling = is_method | has_in_place | in_place_only | is_random;

void expect_floating(const Tensor& x, std::string_view op, std::string_view name) {
  expect<DTypeError>(is_floating(x.dtype()), "{}: {} must be floating point, got {}", op, name,
                     x.dtype());
}

bool holds_everywhere(const Tensor& condition) {
  return all(condition, {}, false).item().integer() != 0;
}

Tensor written(Target target, const Tensor& x, const Tensor& values) {
  if (target.tensor == nullptr) return converted(values, x.dtype());
  copy_elements(values, *target.tensor);
  return *target.tensor;
}

/// The samplers' numbers of each element come from a counter of its own.
Generator::State take_counters(index count, const Object& generator) {
  return generator_or_global(generator).take(2 * count);
}

// ---------------------------------------------------------------- the slope of gamma numbers

// The slope is s = -(dF/da) / f, with the probability F of a smaller number, its density f and
// the shape a.

/// ds/dx = digamma(a) - log x - s ((a - 1) / x - 1).
Tensor slope_change_with_value(const Tensor& slope, const Tensor& shapes, const Tensor& values) {
  const Tensor s = cast(slope, DType::float64), a = cast(shapes, DType::float64),
               x = cast(values, DType::float64);
  return digamma(a) - log(x) - s * ((a - 1) / x - 1);
}

/// ds/da, of which there is no closed form.
Tensor slope_change_with_shape(const Tensor& shapes, const Tensor& values) {
  const Tensor a = cast(shapes, DType::float64), x = cast(values, DType::float64);
  constexpr double step = 1e-3;
  const auto change = [&](double steps) {
    return standard_gamma_slope(a * (1 + steps * step), x) -
           standard_gamma_slope(a * (1 - steps * step), x);
  };
  return (8 * change(1) - change(2)) / (12 * step * a);
}

Tensor in_output_dtype(const Call& c, const Tensor& partial) {
  return cast(partial, c.output().dtype());
}

}  // namespace

constinit const Op<Tensor(Tensor, double, double, Object)> cauchy_fill{{
    .signature =
        "cauchy(Tensor input, float median=0.0, float sigma=1.0, *, object? generator=None)",
    .doc = R"(Cauchy numbers written over input; public as cauchy_.

The density is sigma / (pi * (sigma**2 + (x - median)**2)). median: default 0. sigma: the scale,
default 1; raises ValueError unless positive. generator: a Generator, default the global one.
Raises TypeError for integers.

>>> x = tg.empty(1001).cauchy_(median=5)
>>> bool((x.sort().values[500] - 5).abs() < 0.5)
True
)",
    .forward =
        [](Target target, const Tensor& x, double median, double sigma, const Object& generator) {
          expect_floating(x, "cauchy_", "input");
          expect<ValueError>(sigma > 0, "cauchy_: sigma must be positive, got {}", sigma);
          const Tensor u = draw_uniform(x.shape(), DType::float64, generator_or_global(generator));
          // The angle is inside of (0, pi), so that the cotangent is finite.
          const Tensor angle = (u + 0x1p-54) * 3.14159265358979323846;
          return written(target, x, cos(angle) / sin(angle) * sigma + median);
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.0, 1.0, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, double, double, Object)> log_normal_fill{{
    .signature =
        "log_normal(Tensor input, float mean=1.0, float std=2.0, *, object? generator=None)",
    .doc = R"(Numbers whose logarithm is normal, written over input; public as log_normal_.

mean, std: of the logarithm, default 1 and 2; raises ValueError unless std is positive. generator:
a Generator, default the global one. Raises TypeError for integers.

>>> bool((tg.empty(100).log_normal_(mean=0, std=0.5) > 0).all())
True
)",
    .forward =
        [](Target target, const Tensor& x, double mean, double deviation, const Object& generator) {
          expect_floating(x, "log_normal_", "input");
          expect<ValueError>(deviation > 0, "log_normal_: std must be positive, got {}", deviation);
          const Tensor z =
              draw_normal(x.shape(), compute_dtype(x.dtype()), generator_or_global(generator));
          return written(target, x, exp(z * deviation + mean));
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.0, 1.0, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, double, Object)> geometric_fill{{
    .signature = "geometric(Tensor input, float p, *, object? generator=None)",
    .doc =
        R"(The number of trials until the first success, written over input; public as geometric_.

k = 1, 2, … has probability (1 - p)**(k - 1) * p. p: in (0, 1], else ValueError; 1 gives 1 (an error
in PyTorch). generator: a Generator, default the global one. Raises TypeError for bool.

>>> tg.empty(3).geometric_(1)
tensor([1., 1., 1.])
)",
    .forward =
        [](Target target, const Tensor& x, double p, const Object& generator) {
          expect_numbers(x.dtype(), "geometric_");
          expect_real(x, "geometric_");
          expect<ValueError>(p > 0 && p <= 1, "geometric_: p must be in (0, 1], got {}", p);
          const Tensor u = draw_uniform(x.shape(), DType::float64, generator_or_global(generator));
          return written(target, x, floor(log1p(-u) / std::log1p(-p)) + 1);
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.5, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, Object)> poisson{{
    .signature = "poisson(Tensor input, object? generator=None)",
    .doc = R"(Poisson numbers with the rates that input gives.

input: rates (*), floating point. Returns whole numbers in its shape and dtype; the gradient is 0.
generator: a Generator, default the global one. Raises ValueError for rates that are negative, NaN
or infinite, TypeError for integers. Source: Hörmann, 1993.

>>> tg.poisson(tg.tensor([0.0, 0.0]))
tensor([0., 0.])
>>> bool((tg.poisson(tg.full((1000,), 20.0)).mean() - 20).abs() < 2)
True
)",
    .forward =
        [](const Tensor& rates, const Object& generator) {
          expect_floating(rates, "poisson", "input");
          expect<ValueError>(holds_everywhere(logical_and(ge(rates, 0), isfinite(rates))),
                             "poisson: rates must be finite and not negative");
          const Tensor wide = dense(converted(rates, DType::float64));
          const Tensor out = Tensor::empty(rates.shape(), DType::float64);
          const auto state = take_counters(out.count(), generator);
          kernel_table().sampling.poisson(wide.data<double>(), out.data<double>(), out.count(),
                                          state.seed, state.offset);
          return converted(out, rates.dtype());
        },
    .derivative = NotDifferentiable{},
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample_in({2, 3}, 0, 30), Arg()}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, Object)> binomial{{
    .signature = "binomial(Tensor count, Tensor prob, object? generator=None)",
    .doc = R"(Numbers of successes in `count` trials of probability `prob` each.

count: not negative; a fraction is dropped. prob: in [0, 1]. Both floating point of one dtype; they
broadcast. Returns whole numbers in their dtype; the gradient is 0. generator: a Generator, default
the global one. Raises ValueError for other values (PyTorch counts them as the nearest ones) and for
integers, DTypeError for two dtypes. Source: Hörmann, 1993.

>>> tg.binomial(tg.tensor([5.0, 8.0]), tg.tensor([0.0, 1.0]))
tensor([0., 8.])
)",
    .forward =
        [](const Tensor& count, const Tensor& prob, const Object& generator) {
          for (const auto& [name, x] : {std::pair{"count", &count}, std::pair{"prob", &prob}})
            expect<ValueError>(is_floating(x->dtype()),
                               "binomial: {} must be floating point, got {}", name, x->dtype());
          expect<DTypeError>(count.dtype() == prob.dtype(),
                             "binomial: dtypes differ: count is {}, prob is {}", count.dtype(),
                             prob.dtype());
          expect<ValueError>(holds_everywhere(logical_and(ge(count, 0), isfinite(count))),
                             "binomial: count must be finite and not negative");
          expect<ValueError>(holds_everywhere(logical_and(ge(prob, 0), le(prob, 1))),
                             "binomial: prob must lie in [0, 1]");
          const Dims shape = broadcast_shapes(count.shape(), prob.shape(), "binomial");
          const auto wide = [&](const Tensor& x) {
            return dense(converted(expand(x, shape), DType::float64));
          };
          const Tensor trials = floor(wide(count)), p = wide(prob);
          const Tensor out = Tensor::empty(shape, DType::float64);
          const auto state = take_counters(out.count(), generator);
          kernel_table().sampling.binomial(trials.data<double>(), p.data<double>(),
                                           out.data<double>(), out.count(), state.seed,
                                           state.offset);
          return converted(out, count.dtype());
        },
    .derivative = NotDifferentiable{},
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> {
      return {{cast(sample_integers({2, 3}, 40), DType::float64), sample_in({2, 3}, 0, 1), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Object)> standard_gamma{{
    .signature = "standard_gamma(Tensor input, object? generator=None)",
    .doc =
        R"(Gamma numbers of scale 1 with the shapes that input gives, for tg.distributions.

The derivative holds the probability of a smaller number: implicit reparametrisation. Sources:
Marsaglia and Tsang, 2000; Figurnov, Mohamed and Mnih, 2018.)",
    .forward =
        [](const Tensor& shapes, const Object& generator) {
          expect_floating(shapes, "standard_gamma", "input");
          expect<ValueError>(holds_everywhere(logical_and(gt(shapes, 0), isfinite(shapes))),
                             "standard_gamma: shapes must be finite and positive");
          const Tensor wide = dense(converted(shapes, DType::float64));
          const Tensor out = Tensor::empty(shapes.shape(), DType::float64);
          const auto state = take_counters(out.count(), generator);
          kernel_table().sampling.gamma(wide.data<double>(), out.data<double>(), out.count(),
                                        state.seed, state.offset);
          // Small shapes give numbers below what the dtype holds; 0 would have no logarithm.
          const double least = shapes.dtype() == DType::float64   ? 0x1p-1022
                               : shapes.dtype() == DType::float16 ? 0x1p-14
                                                                  : 0x1p-126;
          return converted(clamp_min(out, least), shapes.dtype());
        },
    .derivative = Elementwise{[](const Call& c, const Tensor& shapes, const Object&) -> Tensor {
      return standard_gamma_slope(shapes, c.output());
    }},
    .saves = saves_in0 | saves_output,
    .traits = is_hidden | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample_in({2, 3}, 0.5, 5), Arg()}}; },
}};

constinit const Binary standard_gamma_slope{{
    .signature = "standard_gamma_slope(Tensor input, Tensor value)",
    .doc = R"(The derivative of gamma numbers with respect to their shapes, at the same probability.

Its own derivative with respect to the number has a closed form; that with respect to the shape, in
which the incomplete gamma function has none, is a difference of fourth order, good to ten digits.)",
    .forward =
        [](const Tensor& shapes, const Tensor& values) {
          const Dims shape = broadcast_shapes(shapes.shape(), values.shape(), "standard_gamma");
          const DType dtype = floating(result_type({&shapes, &values}));
          const auto wide = [&](const Tensor& x) {
            return dense(converted(expand(x, shape), DType::float64));
          };
          const Tensor a = wide(shapes), x = wide(values);
          const Tensor out = Tensor::empty(shape, DType::float64);
          kernel_table().sampling.gamma_slope(a.data<double>(), x.data<double>(),
                                              out.data<double>(), out.count());
          return converted(out, dtype);
        },
    .derivative = Elementwise{[](const Call& c, const Tensor& shapes, const Tensor& values) {
                                return in_output_dtype(c, slope_change_with_shape(shapes, values));
                              },
                              [](const Call& c, const Tensor& shapes, const Tensor& values) {
                                return in_output_dtype(
                                    c, slope_change_with_value(c.output(), shapes, values));
                              }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 0.5, 5), sample_in({3}, 0.5, 5)}};
    },
}};

Family distributions_family() {
  return {&cauchy_fill, &log_normal_fill, &geometric_fill,      &poisson,
          &binomial,    &standard_gamma,  &standard_gamma_slope};
}

}  // namespace topograd
