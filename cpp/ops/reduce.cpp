// Reductions.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

DType summed(DType dtype) { return is_differentiable(dtype) ? dtype : DType::int64; }

/// For each element the product of the other ones along dim, without division: before times after.
Tensor product_of_others(const Tensor& x, const OptionalInt& dim) {
  if (x.rank() == 0) return Tensor::ones({}, x.dtype());
  if (!dim) return reshape(product_of_others(reshape(x, Dims{-1}), 0), x.shape());
  const int d = wrap_dim(*dim, x.rank(), "prod");
  Dims edge = x.shape();
  edge[d] = 1;
  const index n = x.shape()[d];
  if (n < 2) return Tensor::ones(x.shape(), x.dtype());
  const Tensor one = Tensor::ones(edge, x.dtype());
  const Tensor before = cumprod(cat({one, narrow(x, d, 0, n - 1)}, d), d, {});
  const Tensor after =
      flip(cumprod(cat({one, flip(narrow(x, d, 1, n - 1), Dims{d})}, d), d, {}), Dims{d});
  return before * after;
}

/// The same without a history.
Tensor scanned_product_of_others(const Tensor& x, const OptionalInt& dim) {
  if (!dim) return reshape(scanned_product_of_others(reshape(x, Dims{-1}), 0), x.shape());
  const int d = wrap_dim(*dim, x.rank(), "prod");
  const Tensor until = run_scan<"cumprod">(x, d, x.dtype(), "prod");
  const Tensor from = run_scan<"cumprod.reverse">(x, d, x.dtype(), "prod");
  return shifted(until, d, true, 1) * shifted(from, d, false, 1);
}

/// Whether the products can be divided by their elements: none is 0 or so small or great that it
/// has lost digits.
bool divisible(const Tensor& products) {
  if (products.dtype() != compute_dtype(products.dtype())) return false;
  const double smallest = products.dtype() == DType::float64 ? 0x1p-1000 : 0x1p-120;
  const Tensor size = abs(products);
  return all(logical_and(gt(size, smallest), isfinite(products)), {}, false).item().integer() != 0;
}

/// The greatest real part is taken out first.
Tensor complex_logsumexp(const Tensor& x, const OptionalDims& dims, bool keepdim) {
  const ReducedDims reduced = reduced_dims(x, dims, keepdim, "logsumexp");
  if (reduced.count == 0) return Tensor::full(reduced.shape, Scalar(-HUGE_VAL), x.dtype());
  const Tensor greatest = amax(select(real_view(x), index{-1}, index{0}), dims, true);
  const Tensor shift = where(isfinite(greatest), greatest, 0);
  const Tensor total = log(sum(exp(x - shift), dims, true, {})) + shift;
  return reshape(total, reduced.shape);
}

std::vector<Sample> typed_dims_samples() {
  auto list = dims_samples();
  for (auto& one : list) one.push_back(Arg());
  return list;
}

template <Text name>
inline constexpr auto truth = [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
  const bool of_each = dims && dims->empty();
  const Tensor read = is_complex(x.dtype()) ? ne(x, 0) : x;
  const Tensor found = of_each ? ne(x, 0) : reduce<name>(read, dims, keepdim, DType::boolean);
  return x.dtype() == DType::uint8 ? converted(found, DType::uint8) : found;
};

}  // namespace

constinit const Op<Tensor(Tensor, Dims)> sum_to_shape{{
    .signature = "sum_to_shape(Tensor input, int[] size)",
    .doc = R"(Sum over the dims that broadcasting size to the input's shape adds or stretches.)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          Dims dims;
          const int added = x.rank() - size.size();
          expect<ShapeError>(added >= 0, "sum_to_size: {} does not broadcast to {}", size,
                             x.shape());
          for (int d = 0; d < x.rank(); ++d)
            if (d < added || (size[d - added] == 1 && x.shape()[d] != 1))
              dims.push_back(d);
            else
              expect<ShapeError>(size[d - added] == x.shape()[d],
                                 "sum_to_size: {} does not broadcast to {}", size, x.shape());
          Tensor out = dims.empty() ? x : reduce<"sum">(x, dims, true, x.dtype());
          return make_view(out.body()->storage, size, contiguous_strides(size), out.body()->offset,
                           out.dtype());
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&) -> Tensor {
      return expand(g, x.shape());
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{3}}, {sample({4, 2, 3}), Dims{2, 1}}, {sample({2}), Dims{}}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> sum{{
    .signature = "sum(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc = R"(Sum over the given dims, or over all.

input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
with size 1 (default False). dtype: of the result, by default that of input, int64 for
integers and bools. No elements give 0. Blocked pairwise summation: the error grows
with the logarithm of the count, and the result does not depend on the number of
threads. Raises IndexError for a dim out of range, ValueError for one that is named
twice. Source: Higham, 1993.

>>> x = tg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
>>> tg.sum(x)
tensor(21.)
>>> tg.sum(x, dim=1, keepdim=True)
tensor([[ 6.],
        [15.]])
>>> tg.sum(x > 2, 0)
tensor([1, 1, 2])
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(summed(x.dtype()));
          // Converted first where a fraction comes in or goes: the fractions of 1.7 and 2.7 must
          // not add up.
          const bool first = dtype && (is_differentiable(*dtype) || is_differentiable(x.dtype()));
          const Tensor read = first ? converted(x, result) : x;
          return reduce<"sum">(read, dims, keepdim, result);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                            bool keepdim,
                            OptionalType) -> Tensor { return spread(g, x, dims, keepdim, "sum"); }},
    .samples = typed_dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> mean{{
    .signature = "mean(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc = R"(Mean over the given dims, or over all: sum / count.

input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
with size 1 (default False). dtype: floating point, converted to first (default: that
of input). No elements give NaN. Raises DTypeError for integers without a dtype.

>>> tg.mean(tg.tensor([[1.0, 2.0], [3.0, 5.0]]), 0)
tensor([2.0000, 3.5000])
>>> tg.mean(tg.tensor([1, 2]), dtype=tg.float64)
tensor(1.5000, dtype=topograd.float64)
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(x.dtype());
          expect<DTypeError>(is_differentiable(result),
                             "mean: expects a floating point input or dtype=, got {}", x.dtype());
          const ReducedDims reduced = reduced_dims(x, dims, keepdim, "mean");
          const Tensor total = reduce<"sum">(converted(x, result), dims, keepdim, result);
          return true_div(total, Tensor(static_cast<double>(reduced.count)));
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                            bool keepdim, OptionalType) -> Tensor {
      const auto count = static_cast<double>(reduced_dims(x, dims, keepdim, "mean").count);
      return spread(g / Tensor(count), x, dims, keepdim, "mean");
    }},
    .samples = typed_dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalInt, bool, OptionalType)> prod{{
    .signature = "prod(Tensor input, int? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc = R"(Product over one dim, or over all.

input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
False). dtype: converted to first, by default that of input, int64 for integers and
bools. No elements give 1. The gradient of an element is the product of the others, also
where there are zeros.

>>> tg.prod(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1)
tensor([  6, 120])
>>> x = tg.tensor([2.0, 0.0, 3.0], requires_grad=True)
>>> x.prod().backward()
>>> x.grad
tensor([0., 6., 0.])
)",
    .forward =
        [](const Tensor& x, const OptionalInt& dim, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(summed(x.dtype()));
          return reduce<"prod">(converted(x, result), one_dim(dim), keepdim, result);
        },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim, OptionalType) -> Tensor {
                            return strong_mul(spread(g, x, one_dim(dim), keepdim, "prod"),
                                              conjugated(product_of_others(x, dim)));
                          }},
                          .jvp = {[](const Call&, const Tensors& t, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim, OptionalType) -> Tensor {
                            return sum(strong_mul(t[0], product_of_others(x, dim)), one_dim(dim),
                                       keepdim, {});
                          }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor& x, const OptionalInt& dim,
                    bool keepdim, OptionalType) -> Tensor {
      if (divisible(c.output()))
        return spread(strong_mul(g, c.output()), x, one_dim(dim), keepdim, "prod") / x;
      return strong_mul(spread(g, x, one_dim(dim), keepdim, "prod"),
                        conjugated(scanned_product_of_others(x, dim)));
    }},
    .saves = saves_in0 | saves_output,
    .samples = []() -> std::vector<Sample> {
      Tensor with_zero = sample({2, 3});
      with_zero.data<double>()[1] = 0;
      return {{sample({2, 3}), Arg(), false, Arg()},
              {with_zero, 1, true, Arg()},
              {sample({3, 2}), -2, false, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> any{{
    .signature = "any(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Whether some element is not zero, over the given dims or over all.

input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default) for
all, () for none: each element alone. keepdim: keep them with size 1 (default False).
Returns bool, uint8 for uint8. No elements give False.

>>> x = tg.tensor([[0, 1], [0, 0]])
>>> tg.any(x)
tensor(True)
>>> tg.any(x, dim=1)
tensor([ True, False])
)",
    .forward = truth<"any">,
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> all{{
    .signature = "all(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Whether every element is not zero, over the given dims or over all.

input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default) for
all, () for none: each element alone. keepdim: keep them with size 1 (default False).
Returns bool, uint8 for uint8. No elements give True.

>>> x = tg.tensor([[0, 1], [2, 3]])
>>> tg.all(x)
tensor(False)
>>> tg.all(x, dim=1)
tensor([False,  True])
)",
    .forward = truth<"all">,
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> count_nonzero{{
    .signature = "count_nonzero(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Number of elements that are not zero, over the given dims or over all.

input: (*), any dtype; NaN counts as not zero. dim: a dim or several; None (default)
or () for all. keepdim: keep them with size 1 (default False). Returns int64.

>>> x = tg.tensor([[0.0, 1.5], [2.0, 3.0]])
>>> tg.count_nonzero(x)
tensor(3)
>>> tg.count_nonzero(x, dim=0)
tensor([1, 2])
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
          const Tensor read = is_complex(x.dtype()) ? ne(x, 0) : x;
          return reduce<"count_nonzero">(read, dims, keepdim, DType::int64);
        },
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> logsumexp{{
    .signature = "logsumexp(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Logarithm of the sum of exponentials over the given dims: log(sum(exp(x))).

input: (*); integers give float32. dim: a dim or several; None (default) or () for
all. keepdim: keep them with size 1 (default False). The greatest element (of complex
numbers the greatest real part) is taken out first: no overflow. All -inf, or no elements, give -inf. The gradient is softmax(x);
NaN where the result is infinite. Raises IndexError for a dim out of range, ValueError
for one that is named twice. Source: Blanchard, Higham and Higham, 2021.

>>> tg.logsumexp(tg.tensor([1000.0, 1000.0]), dim=0)
tensor(1000.6932)
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
          if (is_complex(x.dtype())) return complex_logsumexp(x, dims, keepdim);
          const DType dtype = floating(x.dtype());
          return reduce<"logsumexp">(converted(x, dtype), dims, keepdim, dtype);
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x,
                           const OptionalDims& dims, bool keepdim) -> Tensor {
                  return chained(
                      spread(g, x, dims, keepdim, "logsumexp"),
                      conjugated(exp(x - spread(c.output(), x, dims, keepdim, "logsumexp"))));
                }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                           const OptionalDims& dims, bool keepdim) -> Tensor {
                  return sum(
                      chained(t[0], exp(x - spread(c.output(), x, dims, keepdim, "logsumexp"))),
                      dims, keepdim, {});
                }}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

Family reduce_family() {
  return {&sum_to_shape, &sum, &mean, &prod, &any, &all, &count_nonzero, &logsumexp};
}

}  // namespace topograd
