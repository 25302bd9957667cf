// Greatest and least elements, and where they are.

#include "base/pool.h"
#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

void refuse_empty(const Tensor& x, const OptionalDims& dims, std::string_view op) {
  const ReducedDims reduced = reduced_dims(x, dims, false, op);
  if (reduced.count > 0 || count_of(reduced.shape) == 0) return;
  expect<IndexError>(!dims || dims->empty(), "{}: dim {} of shape {} has no elements", op,
                     dims ? *dims : Dims(), x.shape());
  fail<ShapeError>("{}: expects elements, got shape {}", op, x.shape());
}

template <Text name>
inline constexpr auto extreme = [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
  refuse_empty(x, dims, name.value);
  return reduce<name>(x, dims, keepdim, x.dtype());
};

/// The gradient of an extremum is shared equally among the elements that reach it; among NaN, where
/// it is NaN.
Tensor extreme_share(const Tensor& result, const Tensor& x, const OptionalDims& dims,
                     bool keepdim) {
  const Tensor extremum = spread(result, x, dims, keepdim, "amax");
  Tensor reached = eq(x, extremum);
  if (any(isnan(result), {}, false).item().integer() != 0)
    reached = logical_or(reached, logical_and(isnan(x), isnan(extremum)));
  reached = cast(reached, x.dtype());
  return reached / sum(reached, dims, true, {});
}

Tensor extreme_gradient(const Tensor& result, const Tensor& g, const Tensor& x,
                        const OptionalDims& dims, bool keepdim) {
  const Tensor share = extreme_share(result, x, dims, keepdim);
  return strong_mul(spread(g, x, dims, keepdim, "amax"), share);
}

Tensor extreme_tangent(const Tensor& result, const Tensor& t, const Tensor& x,
                       const OptionalDims& dims, bool keepdim) {
  const Tensor share = extreme_share(result, x, dims, keepdim);
  return sum(strong_mul(t, share), dims, keepdim, {});
}

constexpr auto extreme_vjp = [](const Call& c, const Tensor& g, const Tensor& x,
                                const OptionalDims& dims, bool keepdim) -> Tensor {
  return extreme_gradient(c.output(), g, x, dims, keepdim);
};
constexpr auto extreme_jvp = [](const Call& c, const Tensors& t, const Tensor& x,
                                const OptionalDims& dims, bool keepdim) -> Tensor {
  return extreme_tangent(c.output(), t[0], x, dims, keepdim);
};

/// Both extremes of all elements, in one pass.
Tensors both_extremes(const Tensor& x) {
  if (x.dtype() != compute_dtype(x.dtype()))
    return {reduce<"amin">(x, {}, false, x.dtype()), reduce<"amax">(x, {}, false, x.dtype())};
  const Tensor row = dense(x);
  Tensor least = Tensor::empty({}, x.dtype()), greatest = Tensor::empty({}, x.dtype());
  kernel_table().sorting[ordered_index(x.dtype())].both_extremes(
      row.address(), row.count(), least.address(), greatest.address());
  return {least, greatest};
}

template <Text name, Text arg>
inline constexpr auto extreme_with_index = [](const Tensor& x, std::int64_t dim, bool keepdim) {
  refuse_empty(x, Dims{dim}, name.value);
  const Tensor at = reduce<arg>(x, Dims{dim}, true, DType::int64);
  const int d = wrap_dim(dim, x.rank(), name.value);
  const Tensor values = x.rank() == 0 ? x : gather(x, d, at);
  const ReducedDims reduced = reduced_dims(x, Dims{dim}, keepdim, name.value);
  return Tensors{dense_copy(reshape(values, reduced.shape)), reshape(at, reduced.shape)};
};

constexpr auto picked_vjp = [](const Call& c, const Tensors& g, const Tensor& x, std::int64_t dim,
                               bool keepdim) -> Tensor {
  const int d = wrap_dim(dim, x.rank(), "max");
  if (x.rank() == 0) return g[0];
  const Tensor at = keepdim ? c.output(1) : unsqueeze(c.output(1), d);
  const Tensor value = keepdim ? g[0] : unsqueeze(g[0], d);
  return scatter_add(Tensor::zeros(x.shape(), x.dtype()), d, at, value);
};
constexpr auto picked_jvp = [](const Call& c, const Tensors& t, const Tensor& x, std::int64_t dim,
                               bool keepdim) -> Tensors {
  const int d = wrap_dim(dim, x.rank(), "max");
  if (x.rank() == 0) return {t[0], Tensor()};
  const Tensor picked = gather(t[0], d, keepdim ? c.output(1) : unsqueeze(c.output(1), d));
  return {keepdim ? picked : squeeze(picked, Dims{d}), Tensor()};
};

template <Text name>
inline constexpr auto position = [](const Tensor& x, const OptionalInt& dim, bool keepdim) {
  if (dim)
    refuse_empty(x, one_dim(dim), name.value);
  else
    expect<IndexError>(x.count() > 0, "{}: expects elements, got shape {}", name.value, x.shape());
  return reduce<name>(x, one_dim(dim), keepdim, DType::int64);
};

}  // namespace

constinit const Op<Tensor(Tensor, OptionalDims, bool)> amax{{
    .signature = "amax(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Greatest element over the given dims, or over all; NaN wins.

input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
with size 1 (default False). Returns the dtype of input. Equal greatest elements share
the gradient equally. Raises ShapeError for no elements, IndexError for none
along dim.

>>> tg.amax(tg.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
tensor([5., 7.])
)",
    .forward = extreme<"amax">,
    .derivative = General{.vjp = {extreme_vjp}, .jvp = {extreme_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> amin{{
    .signature = "amin(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Least element over the given dims, or over all; NaN wins.

input: (*). dim: a dim or several; None (default) or () for all. keepdim: keep them
with size 1 (default False). Returns the dtype of input. Equal least elements share
the gradient equally. Raises ShapeError for no elements, IndexError for none
along dim.

>>> tg.amin(tg.tensor([[1.0, 5.0], [7.0, 2.0]]), dim=1)
tensor([1., 2.])
)",
    .forward = extreme<"amin">,
    .derivative = General{.vjp = {extreme_vjp}, .jvp = {extreme_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

constinit const Op<Tensors(Tensor, OptionalInt, bool)> aminmax{{
    .signature =
        "aminmax(Tensor input, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)",
    .doc = R"(Least and greatest elements along a dim, or of all; NaN wins.

input: (*). dim: None (default) for all. keepdim: keep the dim with size 1 (default
False). Returns (min, max) of the dtype of input. Equal extreme elements share the
gradient equally. Raises ShapeError for no elements, IndexError for none
along dim.

>>> least, greatest = tg.aminmax(tg.tensor([[1, 5], [7, 2]]), dim=1)
>>> least
tensor([1, 2])
>>> greatest
tensor([5, 7])
)",
    .forward =
        [](const Tensor& x, const OptionalInt& dim, bool keepdim) {
          const ReducedDims reduced = reduced_dims(x, one_dim(dim), keepdim, "aminmax");
          refuse_empty(x, one_dim(dim), "aminmax");
          if (!dim)
            expect<ShapeError>(reduced.count > 0, "aminmax: expects elements, got shape {}",
                               x.shape());
          if (dim) return Tensors{amin(x, one_dim(dim), keepdim), amax(x, one_dim(dim), keepdim)};
          const Tensors both = both_extremes(x);
          return Tensors{reshape(both[0], reduced.shape), reshape(both[1], reduced.shape)};
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim) -> Tensor {
                            Tensor total;
                            for (int k = 0; k < 2; ++k) {
                              const Tensor& own = g[static_cast<std::size_t>(k)];
                              if (!own.defined()) continue;
                              const Tensor part =
                                  extreme_gradient(c.output(k), own, x, one_dim(dim), keepdim);
                              total = total.defined() ? total + part : part;
                            }
                            return total;
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim) -> Tensors {
                            return {extreme_tangent(c.output(0), t[0], x, one_dim(dim), keepdim),
                                    extreme_tangent(c.output(1), t[0], x, one_dim(dim), keepdim)};
                          }}},
    .saves = saves_in0 | saves_output,
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), false}, {sample({2, 3}), 1, true}, {sample({}), 0, false}};
    },
}};

constinit const Unary max{{
    .signature = "max(Tensor input)",
    .doc = R"(Greatest element of all; NaN wins.

input: (*). Returns a 0-d tensor of the same dtype. Equal greatest elements share the
gradient equally. Raises ShapeError for no elements.

>>> tg.max(tg.tensor([[1, 5], [7, 2]]))
tensor(7)
)",
    .forward = [](const Tensor& x) { return amax(x, {}, false); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({})}}; },
}};

constinit const Unary min{{
    .signature = "min(Tensor input)",
    .doc = R"(Least element of all; NaN wins.

input: (*). Returns a 0-d tensor of the same dtype. Equal least elements share the
gradient equally. Raises ShapeError for no elements.

>>> tg.min(tg.tensor([[1, 5], [7, 2]]))
tensor(1)
)",
    .forward = [](const Tensor& x) { return amin(x, {}, false); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({})}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> max_dim{{
    .signature =
        "max.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc = R"(Greatest elements along a dim and where they are; NaN wins.

input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
Returns (values, indices), indices int64. Of equal elements the first is taken, and
the gradient goes to it alone. Raises IndexError for no elements.

>>> values, indices = tg.max(tg.tensor([[1, 5, 5], [7, 2, 3]]), dim=1)
>>> values
tensor([5, 7])
>>> indices
tensor([1, 0])
)",
    .forward = extreme_with_index<"amax", "argmax">,
    .derivative = General{.vjp = {picked_vjp}, .jvp = {picked_jvp}},
    .saves = saves_later_outputs,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, false}, {sample({2, 3, 2}), -2, true}};
    },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> min_dim{{
    .signature =
        "min.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc = R"(Least elements along a dim and where they are; NaN wins.

input: (*). dim: the dim that goes. keepdim: keep it with size 1 (default False).
Returns (values, indices), indices int64. Of equal elements the first is taken, and
the gradient goes to it alone. Raises IndexError for no elements.

>>> values, indices = tg.min(tg.tensor([[1, 5, 5], [7, 2, 3]]), dim=1)
>>> values
tensor([1, 2])
>>> indices
tensor([0, 1])
)",
    .forward = extreme_with_index<"amin", "argmin">,
    .derivative = General{.vjp = {picked_vjp}, .jvp = {picked_jvp}},
    .saves = saves_later_outputs,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, false}, {sample({2, 3, 2}), -2, true}};
    },
}};

constinit const Binary max_other{{
    .signature = "max.other(Tensor input, Tensor other)",
    .doc = R"(The greater of two, element by element: maximum(input, other).

input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
the gradient.

>>> tg.max(tg.tensor([1.0, 5.0]), tg.tensor([3.0, 2.0]))
tensor([3., 5.])
)",
    .forward = [](const Tensor& a, const Tensor& b) { return maximum(a, b); },
    .samples = binary_samples,
}};

constinit const Binary min_other{{
    .signature = "min.other(Tensor input, Tensor other)",
    .doc = R"(The lesser of two, element by element: minimum(input, other).

input, other: tensors or numbers that broadcast. NaN wins; at ties each gets half of
the gradient.

>>> tg.min(tg.tensor([1.0, 5.0]), tg.tensor([3.0, 2.0]))
tensor([1., 2.])
)",
    .forward = [](const Tensor& a, const Tensor& b) { return minimum(a, b); },
    .samples = binary_samples,
}};

constinit const Op<Tensor(Tensor, OptionalInt, bool)> argmax{{
    .signature = "argmax(Tensor input, int? dim=None, bool keepdim=False)",
    .doc = R"(Index of the greatest element along a dim, or in the flattened input; NaN wins.

input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
size 1 (default False). Returns int64; of equal elements the first one's. Raises
IndexError for no elements.

>>> x = tg.tensor([[1, 5, 5], [7, 2, 3]])
>>> tg.argmax(x)
tensor(3)
>>> tg.argmax(x, dim=1)
tensor([1, 0])
)",
    .forward = position<"argmax">,
    .derivative = NotDifferentiable{},
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), false}, {sample({2, 3}), 1, true}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalInt, bool)> argmin{{
    .signature = "argmin(Tensor input, int? dim=None, bool keepdim=False)",
    .doc = R"(Index of the least element along a dim, or in the flattened input; NaN wins.

input: (*). dim: None (default) for the flattened input. keepdim: keep the dim with
size 1 (default False). Returns int64; of equal elements the first one's. Raises
IndexError for no elements.

>>> x = tg.tensor([[1, 5, 5], [7, 2, 3]])
>>> tg.argmin(x)
tensor(0)
>>> tg.argmin(x, dim=1)
tensor([0, 1])
)",
    .forward = position<"argmin">,
    .derivative = NotDifferentiable{},
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), false}, {sample({2, 3}), 1, true}};
    },
}};

Family extremes_family() {
  return {&amax,    &amin,      &aminmax,   &max,    &min,   &max_dim,
          &min_dim, &max_other, &min_other, &argmax, &argmin};
}

}  // namespace topograd
