// Reductions.

#include <limits>

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

DType summed(DType dtype) { return is_floating(dtype) ? dtype : DType::int64; }

/// g, given in the reduced shape, seen with the shape of x again.
Tensor spread(const Tensor& g, const Tensor& x, const OptionalDims& dims, bool keepdim,
              std::string_view op) {
  const ReducedDims reduced = reduced_dims(x, dims, keepdim, op);
  return expand(keepdim || g.rank() == x.rank() ? g : reshape(g, reduced.kept_shape), x.shape());
}

template <Text name>
Tensor reduce(const Tensor& x, const OptionalDims& dims, bool keepdim, DType result,
              double param = 0) {
  return run_reduction(reduction_kernel<name>(), name.value, x,
                       reduced_dims(x, dims, keepdim, name.value), x.dtype(), result, param);
}

OptionalDims one_dim(const OptionalInt& dim) {
  if (!dim) return std::nullopt;
  return Dims{*dim};
}

void refuse_empty(const Tensor& x, const OptionalDims& dims, std::string_view op) {
  const ReducedDims reduced = reduced_dims(x, dims, false, op);
  expect<ShapeError>(reduced.count > 0 || count_of(reduced.shape) == 0,
                     "{}: no identity for zero elements: the reduced dims of shape {} are empty",
                     op, x.shape());
}

template <Text name>
inline constexpr auto extreme = [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
  refuse_empty(x, dims, name.value);
  return reduce<name>(x, dims, keepdim, x.dtype());
};

/// The gradient of an extremum is shared equally among the elements that reach it.
Tensor extreme_gradient(const Call& c, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                        bool keepdim) {
  const Tensor reached = cast(eq(x, spread(c.output(), x, dims, keepdim, "amax")), x.dtype());
  const Tensor share = reached / sum(reached, dims, true, {});
  return strong_mul(spread(g, x, dims, keepdim, "amax"), share);
}

Tensor extreme_tangent(const Call& c, const Tensor& t, const Tensor& x, const OptionalDims& dims,
                       bool keepdim) {
  const Tensor reached = cast(eq(x, spread(c.output(), x, dims, keepdim, "amax")), x.dtype());
  const Tensor share = reached / sum(reached, dims, true, {});
  return sum(strong_mul(t, share), dims, keepdim, {});
}

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

std::vector<Sample> dims_samples() {
  return {{sample({2, 3}), Arg(), false},
          {sample({2, 3, 4}), Dims{1}, true},
          {sample({2, 3, 4}), Dims{0, -1}, false},
          {sample({}), Arg(), false}};
}
std::vector<Sample> typed_dims_samples() {
  auto list = dims_samples();
  for (auto& one : list) one.push_back(Arg());
  return list;
}

constexpr auto extreme_vjp = [](const Call& c, const Tensor& g, const Tensor& x,
                                const OptionalDims& dims, bool keepdim) -> Tensor {
  return extreme_gradient(c, g, x, dims, keepdim);
};
constexpr auto extreme_jvp = [](const Call& c, const Tensors& t, const Tensor& x,
                                const OptionalDims& dims, bool keepdim) -> Tensor {
  return extreme_tangent(c, t[0], x, dims, keepdim);
};

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
inline constexpr auto truth = [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
  const Tensor found = reduce<name>(x, dims, keepdim, DType::boolean);
  return x.dtype() == DType::uint8 ? converted(found, DType::uint8) : found;
};
template <Text name>
inline constexpr auto position = [](const Tensor& x, const OptionalInt& dim, bool keepdim) {
  refuse_empty(x, one_dim(dim), name.value);
  return reduce<name>(x, one_dim(dim), keepdim, DType::int64);
};

}  // namespace

constinit const Op<Tensor(Tensor, Dims)> sum_to_shape{{
    .signature = "sum_to_shape(Tensor input, int[] size)",
    .doc =
        R"(The sum over the dims that broadcasting `size` to the shape of input would add or stretch.)",
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
    .doc = R"(Sum over the given dims, or over all. Integers and bools are summed in int64.

Blocked pairwise summation: the error grows with the logarithm of the count, and the result does not depend on
the number of threads. No elements give 0.)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(summed(x.dtype()));
          const Tensor read = dtype && is_floating(*dtype) ? converted(x, result) : x;
          return reduce<"sum">(read, dims, keepdim, result);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                            bool keepdim,
                            OptionalType) -> Tensor { return spread(g, x, dims, keepdim, "sum"); }},
    .samples = typed_dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> mean{{
    .signature = "mean(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None)",
    .doc =
        R"(Mean over the given dims, or over all: sum / count. Expects a floating point dtype. No elements give NaN.)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(x.dtype());
          expect<TypeError>(is_floating(result),
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
    .doc =
        R"(Product over one dim, or over all. Integers are multiplied in int64. No elements give 1.

The gradient is right where elements are 0: each element's is the product of the others.)",
    .forward =
        [](const Tensor& x, const OptionalInt& dim, bool keepdim, OptionalType dtype) {
          const DType result = dtype.value_or(summed(x.dtype()));
          return reduce<"prod">(converted(x, result), one_dim(dim), keepdim, result);
        },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim, OptionalType) -> Tensor {
                            return strong_mul(spread(g, x, one_dim(dim), keepdim, "prod"),
                                              product_of_others(x, dim));
                          }},
                          .jvp = {[](const Call&, const Tensors& t, const Tensor& x,
                                     const OptionalInt& dim, bool keepdim, OptionalType) -> Tensor {
                            return sum(strong_mul(t[0], product_of_others(x, dim)), one_dim(dim),
                                       keepdim, {});
                          }}},
    .saves = saves_in0,
    .samples = []() -> std::vector<Sample> {
      Tensor with_zero = sample({2, 3});
      with_zero.data<double>()[1] = 0;
      return {{sample({2, 3}), Arg(), false, Arg()},
              {with_zero, 1, true, Arg()},
              {sample({3, 2}), -2, false, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> amax{{
    .signature = "amax(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc =
        R"(Greatest element over the given dims, or over all; NaN wins. Equal ones share the gradient.)",
    .forward = extreme<"amax">,
    .derivative = General{.vjp = {extreme_vjp}, .jvp = {extreme_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> amin{{
    .signature = "amin(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc =
        R"(Least element over the given dims, or over all; NaN wins. Equal ones share the gradient.)",
    .forward = extreme<"amin">,
    .derivative = General{.vjp = {extreme_vjp}, .jvp = {extreme_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

constinit const Unary max{{
    .signature = "max(Tensor input)",
    .doc = R"(Greatest element of all; NaN wins.)",
    .forward = [](const Tensor& x) { return amax(x, {}, false); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({})}}; },
}};

constinit const Unary min{{
    .signature = "min(Tensor input)",
    .doc = R"(Least element of all; NaN wins.)",
    .forward = [](const Tensor& x) { return amin(x, {}, false); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({})}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> max_dim{{
    .signature =
        "max.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc =
        R"(Greatest element along dim and where it is (the first of equal ones). The gradient goes to that one.)",
    .forward = extreme_with_index<"amax", "argmax">,
    .derivative = General{.vjp = {picked_vjp}, .jvp = {picked_jvp}},
    .saves = saves_output,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, false}, {sample({2, 3, 2}), -2, true}};
    },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool)> min_dim{{
    .signature =
        "min.dim(Tensor input, int dim, bool keepdim=False) -> (Tensor values, Tensor indices)",
    .doc =
        R"(Least element along dim and where it is (the first of equal ones). The gradient goes to that one.)",
    .forward = extreme_with_index<"amin", "argmin">,
    .derivative = General{.vjp = {picked_vjp}, .jvp = {picked_jvp}},
    .saves = saves_output,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, false}, {sample({2, 3, 2}), -2, true}};
    },
}};

constinit const Binary max_other{{
    .signature = "max.other(Tensor input, Tensor other)",
    .doc = R"(The greater of two, element by element: maximum.)",
    .forward = [](const Tensor& a, const Tensor& b) { return maximum(a, b); },
    .samples = binary_samples,
}};

constinit const Binary min_other{{
    .signature = "min.other(Tensor input, Tensor other)",
    .doc = R"(The lesser of two, element by element: minimum.)",
    .forward = [](const Tensor& a, const Tensor& b) { return minimum(a, b); },
    .samples = binary_samples,
}};

constinit const Op<Tensor(Tensor, OptionalInt, bool)> argmax{{
    .signature = "argmax(Tensor input, int? dim=None, bool keepdim=False)",
    .doc =
        R"(Index of the greatest element along dim, or in the flattened input; the first of equal ones.)",
    .forward = position<"argmax">,
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), false}, {sample({2, 3}), 1, true}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalInt, bool)> argmin{{
    .signature = "argmin(Tensor input, int? dim=None, bool keepdim=False)",
    .doc =
        R"(Index of the least element along dim, or in the flattened input; the first of equal ones.)",
    .forward = position<"argmin">,
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Arg(), false}, {sample({2, 3}), 1, true}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> any{{
    .signature = "any(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Whether some element is not zero, over the given dims or over all.)",
    .forward = truth<"any">,
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> all{{
    .signature = "all(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Whether every element is not zero, over the given dims or over all.)",
    .forward = truth<"all">,
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> count_nonzero{{
    .signature = "count_nonzero(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(Number of elements that are not zero, over the given dims or over all.)",
    .forward = [](const Tensor& x, const OptionalDims& dims,
                  bool keepdim) { return sum(ne(x, 0), dims, keepdim, {}); },
    .derivative = NotDifferentiable{},
    .samples = dims_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, bool)> logsumexp{{
    .signature = "logsumexp(Tensor input, int[]? dim=None, bool keepdim=False)",
    .doc = R"(log(sum(exp(input))) over the given dims, without overflow. All -inf give -inf.)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, bool keepdim) {
          const DType dtype = floating(x.dtype());
          return reduce<"logsumexp">(converted(x, dtype), dims, keepdim, dtype);
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x,
                           const OptionalDims& dims, bool keepdim) -> Tensor {
                  return strong_mul(spread(g, x, dims, keepdim, "logsumexp"),
                                    exp(x - spread(c.output(), x, dims, keepdim, "logsumexp")));
                }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                           const OptionalDims& dims, bool keepdim) -> Tensor {
                  return sum(
                      strong_mul(t[0], exp(x - spread(c.output(), x, dims, keepdim, "logsumexp"))),
                      dims, keepdim, {});
                }}},
    .saves = saves_in0 | saves_output,
    .samples = dims_samples,
}};

Family reduce_family() {
  return {&sum_to_shape, &sum,    &mean,    &prod,    &amax,          &amin,
          &max,          &min,    &max_dim, &min_dim, &max_other,     &min_other,
          &argmax,       &argmin, &any,     &all,     &count_nonzero, &logsumexp};
}

}  // namespace topograd
