// Quantiles.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

enum class Between { linear, lower, higher, midpoint, nearest };

Between between_of(const std::string& name, std::string_view op) {
  constexpr std::string_view names[] = {"linear", "lower", "higher", "midpoint", "nearest"};
  for (int i = 0; i < 5; ++i)
    if (name == names[i]) return static_cast<Between>(i);
  throw ValueError(
      format("{}: interpolation must be one of 'linear', 'lower', 'higher', "
             "'midpoint' or 'nearest', got '{}'",
             op, name));
}

void check_levels(const Tensor& x, const Tensor& q, std::string_view op) {
  expect<DTypeError>(is_floating(x.dtype()), "{}: expects a floating point input, got {}", op,
                     x.dtype());
  expect<DTypeError>(is_floating(q.dtype()) || q.body()->wrapped_number,
                     "{}: expects q of floating point, got {}", op, q.dtype());
  expect<ShapeError>(q.rank() <= 1, "{}: q must be a number or have one dim, got shape {}", op,
                     q.shape());
  expect<ShapeError>(x.count() > 0, "{}: expects elements, got shape {}", op, x.shape());
  for (const double level : q.to_vector<double>())
    expect<ValueError>(level >= 0 && level <= 1, "{}: q must be in [0, 1], got {}", op, level);
}

/// The ranks of the levels among the elements of each row, (levels) or (..., levels): with a
/// fraction where they lie between two elements.
Tensor ranks_of(const Tensor& rows, const Tensor& q, bool skip_nan) {
  const index n = row_length(rows);
  // Single precision where it counts the elements exactly, as PyTorch does everywhere.
  const bool wide = rows.dtype() == DType::float64 || n > index{1} << 24;
  const DType dtype = wide ? DType::float64 : DType::float32;
  const Tensor levels = cast(reshape(q, Dims{-1}), dtype);
  if (!skip_nan) return levels * Tensor(static_cast<double>(n - 1));
  const Tensor numbers = sum(logical_not(isnan(rows)), Dims{-1}, true, {});
  return levels * cast(clamp_min(numbers - 1, 0), dtype);
}

/// The elements of whole ranks. A few are selected, for many the rows are sorted.
Tensor elements_of_rank(const Tensor& rows, const Tensor& ranks, bool skip_nan) {
  constexpr index few = 8;
  const Tensor whole_ranks = cast(ranks, DType::int64);
  const index levels = whole_ranks.shape()[whole_ranks.rank() - 1];
  if (levels <= few)
    return gather(rows, -1,
                  rank_positions(rows, whole_ranks, skip_nan ? nan_is_greatest : nan_wins));
  const Tensors sorted = sort(rows, -1, false, true);
  Dims shape = rows.shape();
  shape[shape.size() - 1] = levels;
  Tensor at = whole_ranks;
  if (!skip_nan) {
    const index last = row_length(rows) - 1;
    at = where(isnan(narrow(sorted[0], -1, last, 1)), Tensor(Scalar(last)), at);
  }
  return gather(sorted[0], -1, expand(at, shape));
}

Tensor quantiles(const Tensor& rows, const Tensor& q, Between between, bool skip_nan) {
  const Tensor ranks = ranks_of(rows, q, skip_nan);
  const auto elements = [&](const Tensor& r) { return elements_of_rank(rows, r, skip_nan); };
  if (between == Between::nearest) return elements(round(ranks));
  if (between == Between::higher) return elements(ceil(ranks));
  const Tensor below = floor(ranks);
  if (between == Between::lower) return elements(below);
  const Tensor above = ceil(ranks);
  const index levels = q.count();
  const Tensor both = elements(cat({below, above}, -1));
  const Tensor first = narrow(both, -1, 0, levels);
  const Tensor weight = between == Between::midpoint ? Tensor::full({}, Scalar(0.5), rows.dtype())
                                                     : cast(ranks - below, rows.dtype());
  // A rank that is whole needs no neighbour: inf stays inf.
  return where(eq(below, above), first, lerp(first, narrow(both, -1, levels, levels), weight));
}

template <bool skip_nan, Text name>
inline constexpr auto quantile_along = [](const Tensor& x, const Tensor& q, const OptionalInt& dim,
                                          bool keepdim, const std::string& interpolation) {
  check_levels(x, q, name.value);
  const Between between = between_of(interpolation, name.value);
  const Tensor rows = dim ? as_rows(x, *dim, name.value) : reshape(x, Dims{-1});
  const Tensor result = quantiles(rows, q, between, skip_nan);
  const ReducedDims reduced = reduced_dims(x, one_dim(dim), keepdim, name.value);
  Dims shape = reduced.shape;
  if (q.rank() == 1) shape.insert(0, q.shape()[0]);
  return reshape(movedim(result, Dims{-1}, Dims{0}), shape);
};

std::vector<Sample> quantile_samples() {
  const Tensor levels = Tensor::of<double>({0.13, 0.61, 0.87});
  const Tensor many = Tensor::of<double>({0.05, 0.3, 0.45, 0.55, 0.7, 0.95});
  const Tensor one = Tensor::of<double>({0.4}, {});
  return {{sample({7}), one, Arg(), false, "linear"},
          {sample({3, 4}), levels, 1, true, "linear"},
          {sample({5, 2}), many, 0, false, "linear"},
          {sample({3, 4}), levels, -1, false, "lower"},
          {sample({3, 4}), levels, -1, false, "higher"},
          {sample({3, 4}), levels, 0, false, "midpoint"},
          {sample({3, 4}), levels, Arg(), true, "nearest"}};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, OptionalInt, bool, std::string)> quantile{{
    .signature = "quantile(Tensor input, Tensor q, int? dim=None, bool keepdim=False, *, "
                 "str interpolation='linear')",
    .doc = R"(The elements below which the fractions q of a dim, or of all elements, lie.

input: (*), floating point, of any size. q: a number in [0, 1], or a vector of them,
which becomes the first dim of the result. dim: None (default) for all elements.
keepdim: keep the dim with size 1 (default False). interpolation: what to take where
the rank q * (n - 1) lies between two elements: 'linear' (default), 'lower', 'higher',
'midpoint' or 'nearest' (of halves the even one). A row with NaN gives NaN. Gradients go
to the picked elements and to q. Up to four levels take time linear in n. Raises
ShapeError for no elements, ValueError for another q or interpolation.

>>> x = tg.tensor([[4.0, 1.0, 3.0], [2.0, 8.0, 6.0]])
>>> tg.quantile(x, 0.5, dim=1)
tensor([3., 6.])
>>> tg.quantile(x, tg.tensor([0.25, 0.75]), dim=1)
tensor([[2.0000, 4.0000],
        [3.5000, 7.0000]])
)",
    .forward = quantile_along<false, "quantile">,
    .samples = quantile_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, OptionalInt, bool, std::string)> nanquantile{{
    .signature = "nanquantile(Tensor input, Tensor q, int? dim=None, bool keepdim=False, *, "
                 "str interpolation='linear')",
    .doc = R"(Quantiles of the elements that are not NaN; arguments as in quantile.

input: (*), floating point. q: a number in [0, 1], or a vector of them, which becomes
the first dim of the result. dim: None (default) for all elements. keepdim: keep the
dim with size 1 (default False). interpolation: 'linear' (default), 'lower', 'higher',
'midpoint' or 'nearest'. A row of NaN alone gives NaN. Raises ShapeError for no
elements, ValueError for another q or interpolation.

>>> tg.nanquantile(tg.tensor([4.0, float("nan"), 1.0, 3.0]), 0.5)
tensor(3.)
)",
    .forward = quantile_along<true, "nanquantile">,
    .samples = quantile_samples,
}};

Family quantile_family() { return {&quantile, &nanquantile}; }

}  // namespace topograd
