// Covariance, distances, sums and means that skip NaN.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

std::vector<Sample> typed_samples() {
  auto list = dims_samples();
  for (auto& one : list) one.push_back(Arg());
  return list;
}

Tensor observation_weights(const Tensor& weights, const Tensor& x, bool integers,
                           std::string_view name) {
  const index n = x.shape()[1];
  expect<ShapeError>(weights.rank() <= 1 && weights.count() == n,
                     "cov: {} must have one number for each of {} observations, got shape {}", name,
                     n, weights.shape());
  if (integers)
    expect<DTypeError>(is_integer(weights.dtype()), "cov: {} must be integers, got {}", name,
                       weights.dtype());
  else
    expect<DTypeError>(is_floating(weights.dtype()), "cov: {} must be floating point, got {}", name,
                       weights.dtype());
  expect<ValueError>(any(lt(weights, 0)).item().integer() == 0, "cov: {} must not be negative",
                     name);
  return reshape(weights, Dims{-1});
}

struct Weights {
  Tensor product;  ///< undefined: all are 1
  Tensor reliability;
};

/// The numbers themselves, or how great they are where they are complex: what norms are made of.
Tensor sizes(const Tensor& x) { return is_complex(x.dtype()) ? abs(x) : x; }

/// What the sum of products is divided by; at least 0.
Tensor degrees_of_freedom(const Tensor& x, const Weights& w, double correction) {
  if (!w.product.defined())
    return Tensor(std::max(0.0, static_cast<double>(x.shape()[1]) - correction));
  const DType part = real_of(x.dtype());
  const Tensor total = sum(w.product);
  const bool reliable = w.reliability.defined() && correction != 0;
  const Tensor lost =
      reliable ? Tensor(correction) * sum(w.product * w.reliability) / total : Tensor(correction);
  return clamp_min(cast(total, part) - cast(lost, part), 0);
}

}  // namespace

constinit const Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> nansum{{
    .signature = "nansum(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc = R"(Sum over the given dims, or over all, in which NaN counts as 0.

input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
with size 1 (default False). dtype: of the result, by default that of input, int64 for
integers and bools. No elements give 0. NaN elements get the gradient 0.

>>> tg.nansum(tg.tensor([1.0, float("nan"), 3.0]))
tensor(4.)
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          expect_real(x.dtype(), "nansum");
          if (!is_floating(x.dtype())) return sum(x, dims, keepdim, dtype);
          const DType result = dtype.value_or(x.dtype());
          return reduce<"nansum">(converted(x, result), dims, keepdim, result);
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                           bool keepdim, OptionalType) -> Tensor {
                  return masked_fill(spread(g, x, dims, keepdim, "nansum"), isnan(x), 0);
                }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const OptionalDims& dims,
                           bool keepdim, OptionalType dtype) -> Tensor {
                  return sum(masked_fill(t[0], isnan(x), 0), dims, keepdim, dtype);
                }}},
    .saves = saves_in0,
    .samples = typed_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> nanmean{{
    .signature = "nanmean(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc = R"(Mean over the given dims, or over all, of the elements that are not NaN.

input: (*), floating point. dim: a dim or several; None (default) or () for all.
keepdim: keep them with size 1 (default False). dtype: of the result, by default that of
input. NaN alone, or no elements, give NaN. Raises TypeError for integers.

>>> tg.nanmean(tg.tensor([[1.0, float("nan")], [3.0, 5.0]]), 1)
tensor([1., 4.])
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          expect<DTypeError>(is_floating(x.dtype()),
                             "nanmean: expects a floating point input, got {}", x.dtype());
          const Tensor numbers = sum(logical_not(isnan(x)), dims, keepdim, {});
          return nansum(x, dims, keepdim, dtype) / numbers;
        },
    .samples = typed_samples,
}};

constinit const Op<Tensors(Tensor, OptionalDims, Scalar, bool)> std_mean{{
    .signature =
        "std_mean(Tensor input, int[]? dim=None, *, Scalar correction=1, bool keepdim=False)"
        " -> (Tensor std, Tensor mean)",
    .doc = R"(Standard deviation and mean over the given dims, or over all.

input: (*), floating point. dim: a dim or several; None (default) or () for all.
correction: n - correction is the divisor of the variance (default 1). keepdim: keep
the dims with size 1 (default False). Returns (std, mean). Raises TypeError for
integers.

>>> std, mean = tg.std_mean(tg.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1, correction=0)
>>> std
tensor([1., 0.])
>>> mean
tensor([2., 5.])
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, const Scalar& correction, bool keepdim) {
          return Tensors{std_(x, dims, correction, keepdim), mean(x, dims, keepdim, {})};
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), 1, false}, {sample({2, 3, 4}), Dims{1}, 0, true}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> cov{{
    .signature = "cov(Tensor input, *, int correction=1, Tensor? fweights=None, "
                 "Tensor? aweights=None)",
    .doc = R"(Covariance of the rows of a matrix, whose columns are observations.

input: (variables, n), or (n,) for one variable; integers are taken as float32. The
rows of complex numbers meet the conjugate ones.
correction: n - correction is the divisor (default 1). fweights: (n,), integers: how
often each observation was made. aweights: (n,), floating point: how much each one
counts; they take part in the dtype. Returns (variables, variables), 0-d for one variable; inf or NaN where there are
not more observations than correction. Raises ShapeError for other shapes, ValueError
for negative weights.

>>> tg.cov(tg.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]))
tensor([[ 1.0000, -0.5000],
        [-0.5000,  1.0000]])
)",
    .forward =
        [](const Tensor& input, std::int64_t correction, const Tensor& frequencies,
           const Tensor& reliabilities) {
          expect<ShapeError>(input.rank() <= 2, "cov: expects at most two dims, got shape {}",
                             input.shape());
          expect<DTypeError>(input.dtype() != DType::boolean, "cov: expects numbers, got bool");
          const DType common =
              reliabilities.defined() ? result_type({&input, &reliabilities}) : input.dtype();
          const Tensor given = cast(input, floating(common));
          const Tensor x = given.rank() == 2 ? given : reshape(given, Dims{1, given.count()});
          Weights w;
          if (frequencies.defined())
            w.product = observation_weights(frequencies, x, true, "fweights");
          if (reliabilities.defined()) {
            w.reliability = observation_weights(reliabilities, x, false, "aweights");
            w.product = w.product.defined() ? w.product * w.reliability : w.reliability;
          }
          const bool weighted = w.product.defined();
          if (weighted)
            expect<ValueError>(x.count() == 0 || sum(w.product).item().real() != 0,
                               "cov: the weights add up to 0");
          const Tensor load = weighted ? cast(w.product, x.dtype()) : Tensor();
          const Tensor average =
              weighted ? sum(x * load, Dims{1}, true, {}) / sum(load) : mean(x, Dims{1}, true, {});
          const Tensor centered = x - average;
          const Tensor products =
              mm(weighted ? centered * load : centered, conjugated(t(centered)));
          const Tensor result =
              products / degrees_of_freedom(x, w, static_cast<double>(correction));
          return x.shape()[0] == 1 ? reshape(result, {}) : result;
        },
    .samples = []() -> std::vector<Sample> {
      const Tensor counts = Tensor::of<std::int64_t>({1, 2, 1, 3});
      return {{sample({3, 4}), 1, Arg(), Arg()},
              {sample({5}), 0, Arg(), Arg()},
              {sample({2, 4}), 1, counts, sample_in({4}, 0.5, 1.5)}};
    },
}};

constinit const Unary corrcoef{{
    .signature = "corrcoef(Tensor input)",
    .doc = R"(Pearson's correlation of the rows of a matrix, whose columns are observations.

input: (variables, n), or (n,) for one variable; integers are taken as float32. Returns
(variables, variables) in [-1, 1], 0-d for one variable; NaN for a variable that does
not vary. Of complex numbers both parts lie in [-1, 1]. Raises ShapeError for other shapes.

>>> tg.corrcoef(tg.tensor([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]))
tensor([[ 1.0000, -0.5000],
        [-0.5000,  1.0000]])
)",
    .forward =
        [](const Tensor& input) {
          expect<ShapeError>(input.rank() <= 2, "corrcoef: expects at most two dims, got shape {}",
                             input.shape());
          expect<DTypeError>(input.dtype() != DType::boolean,
                             "corrcoef: expects numbers, got bool");
          const Tensor c = cov(input, 1, {}, {});
          if (c.rank() == 0) return c / c;
          const Tensor deviation = sqrt(real(diagonal(c, 0, 0, 1)));
          const Tensor scaled = c / unsqueeze(deviation, 1) / deviation;
          if (!is_complex(c.dtype())) return clamp_between(scaled, -1, 1);
          return complex(clamp_between(real(scaled), -1, 1), clamp_between(imag(scaled), -1, 1));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({3, 5})}, {sample({4})}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, double)> dist{{
    .signature = "dist(Tensor input, Tensor other, float p=2)",
    .doc = R"(The p-norm of a difference: (sum |input - other|**p)**(1 / p).

input, other: floating point or complex, broadcast. p: any order, inf for the greatest difference,
0 for the count of different elements (default 2). Returns a 0-d tensor. The gradient is
0 where nothing differs. Raises TypeError for integers.

>>> tg.dist(tg.tensor([1.0, 2.0]), tg.tensor([4.0, 6.0]))
tensor(5.)
)",
    .forward =
        [](const Tensor& a, const Tensor& b, double p) {
          const Tensor difference = a - b;
          expect<DTypeError>(is_differentiable(difference.dtype()),
                             "dist: expects floating point or complex inputs, got {} and {}",
                             a.dtype(), b.dtype());
          return vector_norm(sizes(difference), p, {}, false);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), 2.0}, {sample({4}), sample({4}), 3.0}};
    },
}};

constinit const Op<Tensor(Tensor, double, std::int64_t, double)> renorm{{
    .signature = "renorm(Tensor input, float p, int dim, float maxnorm)",
    .doc = R"(Scales each slice along dim whose p-norm is above maxnorm down to that norm.

input: two or more dims, floating point or complex. p: the order of the norm over all other dims,
above 0. dim: along which the slices lie. maxnorm: from 0 on. Returns the shape and
dtype of input. A slice is multiplied by maxnorm / (norm + 1e-7). Raises ShapeError for
fewer dims, ValueError for another p or maxnorm.

>>> tg.renorm(tg.tensor([[3.0, 4.0], [0.3, 0.4]]), p=2, dim=0, maxnorm=1.0)
tensor([[0.6000, 0.8000],
        [0.3000, 0.4000]])
)",
    .forward =
        [](const Tensor& x, double p, std::int64_t dim, double maxnorm) {
          expect<DTypeError>(is_differentiable(x.dtype()),
                             "renorm: expects a floating point or complex input, got {}",
                             x.dtype());
          expect<ShapeError>(x.rank() >= 2, "renorm: expects two or more dims, got shape {}",
                             x.shape());
          expect<ValueError>(p > 0, "renorm: p must be positive, got {}", p);
          expect<ValueError>(maxnorm >= 0, "renorm: maxnorm must not be negative, got {}", maxnorm);
          const int d = wrap_dim(dim, x.rank(), "renorm");
          Dims others;
          for (int i = 0; i < x.rank(); ++i)
            if (i != d) others.push_back(i);
          const Tensor exact = cast(x, compute_dtype(x.dtype()));
          const Tensor length = vector_norm(sizes(exact), p, others, true);
          const Tensor scale = where(gt(length, maxnorm), Tensor(maxnorm) / (length + 1e-7), 1);
          return cast(exact * scale, x.dtype());
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 2.0, 0, 1.5}, {sample({2, 3, 2}), 1.0, -1, 2.0}};
    },
}};

Family statistics_family() {
  return {&nansum, &nanmean, &std_mean, &cov, &corrcoef, &dist, &renorm};
}

}  // namespace topograd
