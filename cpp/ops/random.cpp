// Ops that draw random numbers. None is differentiable.

#include "base/generator.h"
#include "ops/draw.h"
#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

Generator& generator_or_global(const Object& given) {
  return given ? *static_cast<Generator*>(given.get()) : Generator::global();
}

namespace {

/// Numbers of the parts' dtype, in pairs.
template <class Draw>
Tensor draw_pairs(const Dims& shape, DType dtype, Generator& generator, Draw draw) {
  const Tensor pairs = draw(Dims{count_of(shape), 2}, real_of(dtype), generator);
  return reshape(complex_view(pairs), shape);
}

}  // namespace

Tensor draw_uniform(const Dims& shape, DType dtype, Generator& generator) {
  if (is_complex(dtype)) return draw_pairs(shape, dtype, generator, draw_uniform);
  const DType type = compute_dtype(floating(dtype));
  Tensor out = Tensor::empty(shape, type);
  const auto state = generator.take(out.count());
  const auto& random = kernel_table().random;
  if (type == DType::float32)
    random.uniform_f32(out.data<float>(), out.count(), state.seed, state.offset);
  else
    random.uniform_f64(out.data<double>(), out.count(), state.seed, state.offset);
  return converted(out, dtype);
}

Tensor draw_normal(const Dims& shape, DType dtype, Generator& generator) {
  // The variance, which is 1, is that of both parts together.
  if (is_complex(dtype))
    return draw_pairs(shape, dtype, generator, draw_normal) * Tensor(0.70710678118654752440);
  const DType type = compute_dtype(floating(dtype));
  Tensor out = Tensor::empty(shape, type);
  const auto state = generator.take(out.count());
  const auto& random = kernel_table().random;
  if (type == DType::float32)
    random.normal_f32(out.data<float>(), out.count(), state.seed, state.offset);
  else
    random.normal_f64(out.data<double>(), out.count(), state.seed, state.offset);
  return converted(out, dtype);
}

Tensor draw_integers(const Dims& shape, index low, index high, DType dtype, Generator& generator) {
  expect_real(dtype, "randint");
  expect<ValueError>(low < high, "randint: expects low < high, got [{}, {})", low, high);
  Tensor out = Tensor::empty(shape, DType::int64);
  const auto state = generator.take(out.count());
  kernel_table().random.integers(out.data<std::int64_t>(), out.count(), low, high, state.seed,
                                 state.offset);
  return converted(out, dtype);
}

Tensor draw_permutation(index n, DType dtype, Generator& generator) {
  expect<ValueError>(n >= 0, "randperm: n must not be negative, got {}", n);
  // Sorting random keys is a uniform permutation; 53-bit keys do not collide in practice, and ties
  // are stable.
  const Tensor keys = draw_uniform({n}, DType::float64, generator);
  return converted(argsort(keys, 0, false, true), dtype);
}

namespace {

/// The random values written over x.
void expect_floating(const Tensor& x, std::string_view op) {
  expect<DTypeError>(is_floating(x.dtype()), "{}: expects a floating point tensor, got {}", op,
                     x.dtype());
}

void expect_differentiable(const Tensor& x, std::string_view op) {
  expect<DTypeError>(is_differentiable(x.dtype()),
                     "{}: expects a floating point or complex tensor, got {}", op, x.dtype());
}

/// random_() draws below this: what the dtype holds exactly.
index integer_limit(DType dtype) {
  switch (dtype) {
    case DType::boolean: return 2;
    case DType::float64: return index{1} << 53;
    case DType::float32: return index{1} << 24;
    case DType::float16: return index{1} << 11;
    case DType::bfloat16: return index{1} << 8;
    case DType::uint8: return 256;
    case DType::int64: return std::numeric_limits<index>::max();
    default: return index{1} << (8 * size_of(dtype) - 1);
  }
}

Tensor written(Target target, const Tensor& x, const Tensor& values) {
  if (target.tensor == nullptr) return converted(values, x.dtype());
  copy_elements(values, *target.tensor);
  return *target.tensor;
}

/// Where uniform numbers of the shape of x lie below the probabilities p.
Tensor drawn_below(const Tensor& x, const Tensor& p, const Object& generator, std::string_view op) {
  expect_real(x.dtype(), op);
  expect_real(p.dtype(), op);
  expect<ValueError>(all(logical_and(ge(p, 0), le(p, 1)), {}, false).item().integer() != 0,
                     "{}: p must be in [0, 1]", op);
  const Tensor wide = expand(p, x.shape());
  return lt(draw_uniform(x.shape(), DType::float32, generator_or_global(generator)), wide);
}

constexpr Traits filling = is_method | has_in_place | in_place_only | is_random;

Tensor pick_rows(const Tensor& weights, index samples, bool replacement, Generator& generator) {
  const index rows = weights.rank() == 1 ? 1 : weights.shape()[0], classes = weights.shape().back();
  const Tensor table = reshape(weights, Dims{rows, classes});
  if (!replacement) {
    // The largest of log(u) / w are a weighted sample without replacement (Efraimidis and Spirakis,
    // 2006).
    const Tensor keys =
        where(gt(table, 0), log(1 - draw_uniform(table.shape(), DType::float64, generator)) / table,
              -HUGE_VAL);
    return topk(keys, samples, 1, true, true)[1];
  }
  const Tensor running = dense(cumsum(table, 1, {}));
  const Tensor draws = draw_uniform({rows, samples}, DType::float64, generator);
  Tensor out = Tensor::empty({rows, samples}, DType::int64);
  const double* sums = running.data<double>();
  const double* u = draws.data<double>();
  const Tensor plain = dense(table);
  const double* w = plain.data<double>();
  for (index r = 0; r < rows; ++r)
    for (index s = 0; s < samples; ++s) {
      const double* first = sums + r * classes;
      index at =
          std::upper_bound(first, first + classes, u[r * samples + s] * first[classes - 1]) - first;
      at = std::min(at, classes - 1);
      while (at > 0 && w[r * classes + at] == 0)
        --at;  // rounding must not pick an impossible class
      out.data<std::int64_t>()[r * samples + s] = at;
    }
  return out;
}

}  // namespace

constinit const Op<Tensor(Tensor, Object)> bernoulli{{
    .signature = "bernoulli(Tensor input, *, object? generator=None)",
    .doc =
        R"(1 with the probability that each element of input gives, else 0.

input: probabilities (*), floating point. Returns its shape and dtype; not differentiable.
generator: a Generator, default the global one that manual_seed sets.
Raises ValueError for an element outside of [0, 1] or NaN, TypeError for integers.

>>> tg.bernoulli(tg.tensor([0.0, 1.0]))
tensor([0., 1.])
)",
    .forward =
        [](const Tensor& p, const Object& generator) {
          expect<DTypeError>(is_floating(p.dtype()),
                             "bernoulli: expects floating point probabilities, got {}", p.dtype());
          expect<ValueError>(all(logical_and(ge(p, 0), le(p, 1)), {}, false).item().integer() != 0,
                             "bernoulli: probabilities must lie in [0, 1]");
          const Tensor u =
              draw_uniform(p.shape(), compute_dtype(p.dtype()), generator_or_global(generator));
          return converted(lt(u, p), p.dtype());
        },
    .derivative = NotDifferentiable{},
    .traits = is_method | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample_in({2, 3}, 0, 1), Arg()}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, bool, Object)> multinomial{{
    .signature = "multinomial(Tensor input, int num_samples, bool replacement=False, *, object? "
                 "generator=None)",
    .doc =
        R"(Class indices drawn in proportion to the weights in the last dim of input.

input: weights (C,) or (rows, C) that need not add up to 1. Returns int64 (num_samples,) or
(rows, num_samples). replacement=False (default) draws every class at most once: the largest of
log(u) / w for uniform u. generator: a Generator, default the global one.
Raises ValueError for weights that are negative, not finite or all 0, and without replacement for
more samples than a row has classes of positive weight. Source: Efraimidis and Spirakis, 2006.

>>> tg.multinomial(tg.tensor([0.0, 3.0, 0.0]), 4, replacement=True)
tensor([1, 1, 1, 1])
>>> tg.multinomial(tg.tensor([1.0, 0.0, 5.0]), 2).sort().values
tensor([0, 2])
)",
    .forward =
        [](const Tensor& weights, std::int64_t samples, bool replacement, const Object& generator) {
          expect<ShapeError>(
              (weights.rank() == 1 || weights.rank() == 2) && weights.shape().back() > 0,
              "multinomial: expects weights (C,) or (rows, C), got shape {}", weights.shape());
          expect<ValueError>(samples > 0, "multinomial: num_samples must be positive, got {}",
                             samples);
          expect_real(weights.dtype(), "multinomial");
          const Tensor w = converted(weights, DType::float64);
          const bool valid =
              all(logical_and(ge(w, 0), isfinite(w)), {}, false).item().integer() != 0;
          expect<ValueError>(valid, "multinomial: weights must be finite and not negative");
          const index possible =
              w.count() == 0 ? 0
                             : amin(sum(gt(w, 0), Dims{-1}, false, {}), {}, false).item<index>();
          expect<ValueError>(possible > 0 || w.count() == 0,
                             "multinomial: a row of weights is all zero");
          expect<ValueError>(replacement || samples <= possible || w.count() == 0,
                             "multinomial: {} samples without replacement from {} possible classes",
                             samples, possible);
          const Tensor picks = pick_rows(w, samples, replacement, generator_or_global(generator));
          return weights.rank() == 1 ? reshape(picks, Dims{samples}) : picks;
        },
    .derivative = NotDifferentiable{},
    .traits = is_method | is_random | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 0.1, 1), 2, false, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Object)> normal{{
    .signature = "normal(Tensor mean, Tensor std, *, object? generator=None)",
    .doc = R"(Normal numbers with the given means and standard deviations: mean + std * z.

mean, std: tensors that broadcast together; the dtype is the common one. mean may be complex: each
part then deviates by std / sqrt(2). generator: a Generator,
default the global one. Not differentiable: write mean + std * randn_like(mean) for that.
Raises ValueError for a negative std.

>>> tg.normal(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0]))
tensor([1., 2.])
>>> tg.normal(tg.zeros(2, 1), tg.ones(3)).shape
topograd.Size([2, 3])
)",
    .forward =
        [](const Tensor& mean, const Tensor& deviation, const Object& generator) {
          expect<DTypeError>(!is_complex(deviation.dtype()),
                             "normal: std must be real, got {}; of a complex mean it is that of "
                             "both parts together",
                             deviation.dtype());
          expect<ValueError>(all(ge(deviation, 0), {}, false).item().integer() != 0,
                             "normal: std must not be negative");
          const Dims shape = broadcast_shapes(mean.shape(), deviation.shape(), "normal");
          const DType dtype = floating(result_type({&mean, &deviation}));
          return mean + deviation * draw_normal(shape, dtype, generator_or_global(generator));
        },
    .derivative = NotDifferentiable{},
    .traits = function_only | is_random,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({3}, 0.5, 1), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, double, double, Object)> uniform_fill{{
    .signature = "uniform(Tensor input, float from=0.0, float to=1.0, *, object? generator=None)",
    .doc = R"(Uniform numbers in [from, to), written over input; public as uniform_.

from, to: default 0 and 1; from = to gives that number; of complex numbers both parts are drawn.
generator: a Generator, default the global one. Raises ValueError unless from <= to and both are
finite.

>>> x = tg.empty(1000).uniform_(2, 3)
>>> bool(((x >= 2) & (x < 3)).all())
True
)",
    .forward =
        [](Target target, const Tensor& x, double low, double high, const Object& generator) {
          expect_differentiable(x, "uniform_");
          expect<ValueError>(low <= high && std::isfinite(high - low),
                             "uniform_: expects finite from <= to, got {}, {}", low, high);
          const Tensor u = draw_uniform(x.shape(), compute_dtype(floating(x.dtype())),
                                        generator_or_global(generator));
          if (low == 0 && high == 1) return written(target, x, u);
          const Tensor from = is_complex(x.dtype()) ? Tensor(std::complex<double>(low, low)) : low;
          return written(target, x, u * (high - low) + from);
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.0, 1.0, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, double, double, Object)> normal_fill{{
    .signature =
        "normal.fill(Tensor input, float mean=0.0, float std=1.0, *, object? generator=None)",
    .doc =
        R"(Normal numbers of the given mean and std, written over input; public as normal_.

mean: default 0. std: the standard deviation, default 1; raises ValueError for a negative one.
generator: a Generator, default the global one.

>>> tg.empty(2).normal_(mean=5, std=0)
tensor([5., 5.])
)",
    .forward =
        [](Target target, const Tensor& x, double mean, double deviation, const Object& generator) {
          expect_differentiable(x, "normal_");
          expect<ValueError>(deviation >= 0, "normal_: std must not be negative, got {}",
                             deviation);
          const Tensor z = draw_normal(x.shape(), compute_dtype(floating(x.dtype())),
                                       generator_or_global(generator));
          return written(target, x, mean == 0 && deviation == 1 ? z : z * deviation + mean);
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.0, 1.0, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, double, Object)> bernoulli_fill{{
    .signature = "bernoulli.fill(Tensor input, float p=0.5, *, object? generator=None)",
    .doc = R"(1 with probability p, else 0, written over input; public as bernoulli_.

p: in [0, 1], default 0.5, else ValueError. generator: a Generator, default the global one.

>>> tg.empty(3).bernoulli_(1)
tensor([1., 1., 1.])
)",
    .forward =
        [](Target target, const Tensor& x, double p, const Object& generator) {
          return written(target, x, drawn_below(x, Tensor(p), generator, "bernoulli_"));
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.5, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, double, Object)> bernoulli_of{{
    .signature = "bernoulli.p(Tensor input, float p, *, object? generator=None)",
    .doc =
        R"(1 with probability p, else 0, in the shape and dtype of input, whose values do not count.

p: in [0, 1], else ValueError. generator: a Generator, default the global one.

>>> tg.bernoulli(tg.zeros(3), 1.0)
tensor([1., 1., 1.])
)",
    .forward =
        [](const Tensor& x, double p, const Object& generator) {
          return converted(drawn_below(x, Tensor(p), generator, "bernoulli"), x.dtype());
        },
    .derivative = NotDifferentiable{},
    .traits = is_method | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0.5, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, Object)> bernoulli_fill_each{{
    .signature = "bernoulli.each(Tensor input, Tensor p, *, object? generator=None)",
    .doc = R"(1 with the probabilities p, else 0, written over input; public as bernoulli_.

p: in [0, 1], else ValueError; broadcasts to the shape of input. generator: a Generator, default the
global one.

>>> tg.empty(2).bernoulli_(tg.tensor([0.0, 1.0]))
tensor([0., 1.])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& p, const Object& generator) {
          return written(target, x, drawn_below(x, p, generator, "bernoulli_"));
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({3}, 0, 1), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, double, Object)> exponential_fill{{
    .signature = "exponential(Tensor input, float lambd=1.0, *, object? generator=None)",
    .doc =
        R"(Exponential numbers written over input; public as exponential_.

The density is lambd * exp(-lambd * x). lambd: the rate, 1 / mean, default 1; raises ValueError
unless positive. generator: a Generator, default the global one.

>>> bool((tg.empty(1000).exponential_(lambd=2) >= 0).all())
True
)",
    .forward =
        [](Target target, const Tensor& x, double rate, const Object& generator) {
          expect_floating(x, "exponential_");
          expect<ValueError>(rate > 0, "exponential_: lambd must be positive, got {}", rate);
          const Tensor u = draw_uniform(x.shape(), compute_dtype(floating(x.dtype())),
                                        generator_or_global(generator));
          return written(target, x, log1p(-u) / -rate);
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 1.0, Arg()}}; },
}};

constinit const Op<Tensor(Tensor, OptionalInt, OptionalInt, Object)> random_fill{{
    .signature = "random(Tensor input, int? from=None, int? to=None, *, object? generator=None)",
    .doc =
        R"(Uniform integers in [from, to), written over input of any dtype; public as random_.

random_(n) draws from [0, n), random_() from 0 to what the dtype holds
exactly, 2**24 for float32 and 2**63 - 1 for int64. generator: a Generator,
default the global one. Raises ValueError for an empty range.

>>> tg.empty(3).random_(4, 5)
tensor([4., 4., 4.])
)",
    .forward =
        [](Target target, const Tensor& x, const OptionalInt& from, const OptionalInt& to,
           const Object& generator) {
          expect_real(x.dtype(), "random_");
          const index limit = integer_limit(x.dtype());
          index low = 0, high = limit;
          if (from && to)
            low = *from, high = *to;
          else if (from)
            high = *from;
          const index least = x.dtype() == DType::uint8 || is_boolean(x.dtype()) ? 0 : -limit;
          expect<ValueError>(low >= least && high <= limit,
                             "random_: [{}, {}) does not fit into {}", low, high, x.dtype());
          return written(
              target, x,
              draw_integers(x.shape(), low, high, DType::int64, generator_or_global(generator)));
        },
    .derivative = NotDifferentiable{},
    .traits = filling,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 0, 5, Arg()}}; },
}};

Family random_family() {
  return {&bernoulli,        &multinomial,    &normal,       &uniform_fill,
          &normal_fill,      &bernoulli_fill, &bernoulli_of, &bernoulli_fill_each,
          &exponential_fill, &random_fill};
}

}  // namespace topograd
