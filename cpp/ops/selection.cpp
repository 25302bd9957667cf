// Medians, quantiles, modes and running extremes: what picks elements by their order.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

// ---------------------------------------------------------------- one element per row

/// (..., 1) as the result of a reduction of x over dim.
Tensor as_reduced(const Tensor& picked, const Tensor& x, std::int64_t dim, bool keepdim) {
  if (x.rank() == 0) return reshape(picked, {});
  return keepdim ? movedim(picked, Dims{-1}, Dims{dim}) : squeeze(picked, Dims{-1});
}

/// The elements at positions (..., 1) of the rows, and the positions.
Tensors picked(const Tensor& rows, const Tensor& at, const Tensor& x, std::int64_t dim,
               bool keepdim) {
  return {as_reduced(gather(rows, -1, at), x, dim, keepdim), as_reduced(at, x, dim, keepdim)};
}

Tensor whole(index number) { return Tensor::full({1}, Scalar(number), DType::int64); }

template <bool skip_nan>
Tensor median_positions(const Tensor& rows) {
  const index middle = (row_length(rows) - 1) / 2;
  return rank_positions(rows, whole(middle), skip_nan ? nan_is_skipped : nan_wins);
}

// ---------------------------------------------------------------- the median of all

/// What PyTorch's conversion makes of NaN: the least int32 or int64, 0 of the narrower ones, True.
Tensor nan_as_integer(DType dtype) {
  if (is_boolean(dtype)) return Tensor::full({}, Scalar(true), dtype);
  if (dtype == DType::int64)
    return Tensor::full({}, Scalar(std::numeric_limits<std::int64_t>::min()), dtype);
  if (dtype == DType::int32)
    return Tensor::full({}, Scalar(std::int64_t{std::numeric_limits<std::int32_t>::min()}), dtype);
  return Tensor::full({}, Scalar(0), dtype);
}

template <bool skip_nan, Text name>
inline constexpr auto median_of_all = [](const Tensor& x) {
  expect_real(x.dtype(), name.value);
  if (x.count() == 0) {
    if (!is_floating(x.dtype())) return nan_as_integer(x.dtype());
    return Tensor::full({}, Scalar(NAN), x.dtype());
  }
  // One element is copied: no tensors of ranks and places in between.
  const index n = x.count();
  const Tensor source = dense(x);
  const Tensor read = converted(source, compute_dtype(x.dtype()));
  const std::int64_t rank = (n - 1) / 2;
  std::int64_t at = 0;
  kernel_table().sorting[ordered_index(x.dtype())].select(
      read.address(), &rank, 0, 1, skip_nan ? kernels::NanRule::skipped : kernels::NanRule::wins,
      &at, 1, n);
  return dense_copy(restrided(source, {}, {}, source.body()->offset + at));
};

/// The gradient is shared equally among the elements that have the picked value.
Tensor share_of_value(const Tensor& value, const Tensor& x) {
  const Tensor reached = cast(where(isnan(value), isnan(x), eq(x, value)), x.dtype());
  return reached / sum(reached);
}
constexpr auto shared_vjp = [](const Call& c, const Tensor& g, const Tensor& x) -> Tensor {
  return strong_mul(g, share_of_value(c.output(), x));
};
constexpr auto shared_jvp = [](const Call& c, const Tensors& t, const Tensor& x) -> Tensor {
  return sum(strong_mul(t[0], share_of_value(c.output(), x)));
};

std::vector<Sample> whole_samples() { return {{sample({2, 3})}, {sample({4})}, {sample({})}}; }
std::vector<Sample> picked_samples() {
  return {{sample({2, 3}), 1, false}, {sample({2, 4, 3}), -2, true}, {sample({3}), 0, false}};
}

// ---------------------------------------------------------------- running extremes

template <bool greatest, Text name>
inline constexpr auto running_extreme = [](const Tensor& x, std::int64_t dim) {
  expect_real(x.dtype(), name.value);
  const Axis axis = axis_of(x.shape(), wrap_dim(dim, x.rank(), name.value));
  const Tensor source = dense(converted(x, compute_dtype(x.dtype())));
  Tensor values = Tensor::empty(x.shape(), source.dtype());
  Tensor indices = Tensor::empty(x.shape(), DType::int64);
  if (x.count() > 0)
    kernel_table().sorting[ordered_index(x.dtype())].running_extreme(
        source.address(), values.address(), indices.data<std::int64_t>(), axis.outer, axis.n,
        axis.inner, greatest);
  return Tensors{converted(values, x.dtype()), indices};
};

constexpr auto running_vjp = [](const Call& c, const Tensors& g, const Tensor& x,
                                std::int64_t dim) -> Tensor {
  if (x.rank() == 0) return g[0];
  return scatter_add(Tensor::zeros(x.shape(), x.dtype()), dim, c.output(1), g[0]);
};
constexpr auto running_jvp = [](const Call& c, const Tensors& t, const Tensor& x,
                                std::int64_t dim) -> Tensors {
  if (x.rank() == 0) return {t[0], Tensor()};
  return {gather(t[0], dim, c.output(1)), Tensor()};
};
std::vector<Sample> running_samples() {
  return {{sample({2, 3}), 1}, {sample({4, 3}), 0}, {sample({2, 3, 2}), -2}};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, std::int64_t)> rank_positions{{
    .signature = "rank_positions(Tensor input, Tensor ranks, int nan)",
    .doc = R"(Where the elements of the given ranks are in the last dim of input.

input (..., n), ranks (picks) or (..., picks), integers from 0 for the least. nan: 0 for
NaN as the greatest; 1: a row with NaN gives its first one for every rank; 2: the rank of
a row with NaN is that of the lower median of its other elements.)",
    .forward =
        [](const Tensor& x, const Tensor& ranks, std::int64_t nan) {
          expect_real(x, "rank_positions");
          expect<ShapeError>(
              x.rank() > 0 && ranks.rank() > 0 && (ranks.rank() == 1 || ranks.rank() == x.rank()),
              "rank_positions: ranks {} do not fit the shape {}", ranks.shape(), x.shape());
          expect<ValueError>(nan >= 0 && nan <= 2, "rank_positions: no rule {} for NaN", nan);
          Dims shape = x.shape();
          const index n = shape[x.rank() - 1];
          const index picks = ranks.shape()[ranks.rank() - 1];
          shape[x.rank() - 1] = picks;
          expect<ShapeError>(ranks.rank() == 1 || ranks.shape() == shape,
                             "rank_positions: ranks {} do not fit the shape {}", ranks.shape(),
                             x.shape());
          Tensor at = Tensor::empty(shape, DType::int64);
          if (at.count() == 0) return at;
          const Tensor places = dense(converted(ranks, DType::int64));
          const std::int64_t* first = places.data<std::int64_t>();
          const bool fits = std::all_of(first, first + places.count(),
                                        [n](std::int64_t rank) { return rank >= 0 && rank < n; });
          expect<IndexError>(fits, "rank_positions: ranks must be in [0, {})", n);
          const Tensor source = dense(converted(x, compute_dtype(x.dtype())));
          kernel_table().sorting[ordered_index(x.dtype())].select(
              source.address(), first, ranks.rank() == 1 ? 0 : picks, picks,
              static_cast<kernels::NanRule>(nan), at.data<std::int64_t>(), x.count() / n, n);
          return at;
        },
    .derivative = NotDifferentiable{},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor::of<std::int64_t>({0, 2}), 1}};
    },
}};

constinit const Unary mode_positions{{
    .signature = "mode_positions(Tensor input)",
    .doc = R"(The last place of the most frequent element in each row of input (..., n).)",
    .forward =
        [](const Tensor& x) {
          expect_real(x.dtype(), "mode_positions");
          expect<ShapeError>(x.rank() > 0, "mode_positions: expects rows, got a 0-d tensor");
          const index n = x.shape()[x.rank() - 1];
          Dims shape = x.shape();
          shape[x.rank() - 1] = 1;
          expect<ShapeError>(n > 0, "mode_positions: the rows of shape {} are empty", x.shape());
          Tensor at = Tensor::empty(shape, DType::int64);
          if (at.count() == 0) return at;
          const Tensors sorted = sort(converted(x, compute_dtype(x.dtype())), -1, false, true);
          kernel_table().sorting[ordered_index(x.dtype())].mode(
              sorted[0].address(), sorted[1].data<std::int64_t>(), at.data<std::int64_t>(),
              at.count(), n);
          return at;
        },
    .derivative = NotDifferentiable{},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}}; },
}};

constinit const Unary median{{
    .signature = "median(Tensor input)",
    .doc = R"(The median of all elements; of two middle ones the lower.

input: (*). Returns a 0-d tensor of the same dtype. NaN wins; no elements give NaN. The
elements that have the picked value share the gradient equally. Takes time linear in
their number. No integers give what PyTorch makes of NaN: 0, the least of int32 and int64.
For the mean of two middle elements use quantile(input, 0.5).

>>> tg.median(tg.tensor([3.0, 1.0, 2.0, 10.0]))
tensor(2.)
)",
    .forward = median_of_all<false, "median">,
    .derivative = General{.vjp = {shared_vjp}, .jvp = {shared_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = whole_samples,
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> median_dim{{
    .signature = "median.dim(Tensor input, int dim, bool keepdim=False)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(Medians along a dim and where they are; of two middle elements the lower.

input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
Returns (values, indices), indices int64: of equal elements the first, to which the
gradient goes alone. NaN wins: the first of the row. Raises IndexError for
no elements.

>>> values, indices = tg.median(tg.tensor([[3, 1, 2], [4, 9, 9]]), dim=1)
>>> values
tensor([2, 9])
>>> indices
tensor([2, 1])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, bool keepdim) {
          const Tensor rows = as_rows(x, dim, "median");
          return picked(rows, median_positions<false>(rows), x, dim, keepdim);
        },
    .samples = picked_samples,
}};

constinit const Unary nanmedian{{
    .signature = "nanmedian(Tensor input)",
    .doc = R"(The median of all elements that are not NaN; of two middle ones the lower.

input: (*). Returns a 0-d tensor of the same dtype; only NaN, or nothing, gives NaN. The
elements that have the picked value share the gradient equally. No integers give what
PyTorch makes of NaN: 0, the least of int32 and int64.

>>> tg.nanmedian(tg.tensor([3.0, float("nan"), 2.0, 10.0]))
tensor(3.)
)",
    .forward = median_of_all<true, "nanmedian">,
    .derivative = General{.vjp = {shared_vjp}, .jvp = {shared_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = whole_samples,
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> nanmedian_dim{{
    .signature = "nanmedian.dim(Tensor input, int dim, bool keepdim=False)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(Medians along a dim of the elements that are not NaN, and where they are.

input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
Returns (values, indices), indices int64: of equal elements the first, to which the
gradient goes alone. A row of NaN gives NaN. Raises IndexError for no
elements.

>>> values, indices = tg.nanmedian(tg.tensor([[3.0, float("nan"), 2.0]]), dim=1)
>>> values
tensor([2.])
>>> indices
tensor([2])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, bool keepdim) {
          const Tensor rows = as_rows(x, dim, "nanmedian");
          return picked(rows, median_positions<true>(rows), x, dim, keepdim);
        },
    .samples = picked_samples,
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t, bool)> kthvalue{{
    .signature = "kthvalue(Tensor input, int k, int dim=-1, bool keepdim=False)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(The k-th least elements along a dim, from k=1 for the least, and where they are.

input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
(default False). Returns (values, indices), indices int64: of equal elements the first.
NaN counts as greatest. Takes time linear in the size of dim. Raises ValueError for k
below 1 or above that size.

>>> values, indices = tg.kthvalue(tg.tensor([5.0, 1.0, 4.0, 2.0]), 2)
>>> values
tensor(2.)
>>> indices
tensor(3)
)",
    .forward =
        [](const Tensor& x, std::int64_t k, std::int64_t dim, bool keepdim) {
          const Tensor rows = as_rows(x, dim, "kthvalue");
          expect<ValueError>(k >= 1 && k <= row_length(rows),
                             "kthvalue: k must be in [1, {}] for dim {} of shape {}, got {}",
                             row_length(rows), dim, x.shape(), k);
          const Tensor at = rank_positions(rows, whole(k - 1), nan_is_greatest);
          return picked(rows, at, x, dim, keepdim);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({5}), 2, -1, false}, {sample({3, 4, 2}), 4, 1, true}};
    },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> mode_{{
    .signature = "mode(Tensor input, int dim=-1, bool keepdim=False)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(The most frequent elements along a dim and where they are.

input: (*). dim: the dim that goes (default the last). keepdim: keep it with size 1
(default False). Of equally frequent elements the least is taken; all NaN count as one
element, the greatest. Returns (values, indices), indices int64: the last place of the
element, to which the gradient goes. Raises IndexError for no elements.

>>> values, indices = tg.mode(tg.tensor([[3, 1, 1, 2], [4, 4, 0, 0]]))
>>> values
tensor([1, 0])
>>> indices
tensor([2, 3])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, bool keepdim) {
          const Tensor rows = as_rows(x, dim, "mode");
          return picked(rows, mode_positions(rows), x, dim, keepdim);
        },
    .samples = picked_samples,
}};

constinit const Unary msort{{
    .signature = "msort(Tensor input)",
    .doc = R"(The elements sorted along the first dim: sort(input, dim=0)[0].

input: (*). NaN counts as greatest. The gradient goes back to where the elements came
from.

>>> tg.msort(tg.tensor([[3, 1], [2, 4]]))
tensor([[2, 1],
        [3, 4]])
)",
    .forward = [](const Tensor& x) { return sort(x, 0, false, true)[0]; },
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> { return {{sample({3, 2})}, {sample({4})}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t)> cummax{{
    .signature = "cummax(Tensor input, int dim) -> (Tensor values, Tensor indices)",
    .doc = R"(Running maximum along a dim and where it is: y[i] = max(x[0], …, x[i]).

input: (*). dim: the dim to run along. Returns (values, indices) of the shape of input,
indices int64: of equal elements the last, to which the gradient goes alone. From the
first NaN on all are NaN.

>>> values, indices = tg.cummax(tg.tensor([1.0, 3.0, 2.0, 3.0]), dim=0)
>>> values
tensor([1., 3., 3., 3.])
>>> indices
tensor([0, 1, 1, 3])
)",
    .forward = running_extreme<true, "cummax">,
    .derivative = General{.vjp = {running_vjp}, .jvp = {running_jvp}},
    .saves = saves_later_outputs,
    .samples = running_samples,
}};

constinit const Op<Tensors(Tensor, std::int64_t)> cummin{{
    .signature = "cummin(Tensor input, int dim) -> (Tensor values, Tensor indices)",
    .doc = R"(Running minimum along a dim and where it is: y[i] = min(x[0], …, x[i]).

input: (*). dim: the dim to run along. Returns (values, indices) of the shape of input,
indices int64: of equal elements the last, to which the gradient goes alone. From the
first NaN on all are NaN.

>>> values, indices = tg.cummin(tg.tensor([3.0, 1.0, 2.0, 1.0]), dim=0)
>>> values
tensor([3., 1., 1., 1.])
>>> indices
tensor([0, 1, 1, 3])
)",
    .forward = running_extreme<false, "cummin">,
    .derivative = General{.vjp = {running_vjp}, .jvp = {running_jvp}},
    .saves = saves_later_outputs,
    .samples = running_samples,
}};

Family selection_family() {
  return {&rank_positions, &mode_positions, &median, &median_dim, &nanmedian, &nanmedian_dim,
          &kthvalue,       &mode_,          &msort,  &cummax,     &cummin};
}

}  // namespace topograd
