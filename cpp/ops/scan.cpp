// Running sums and products, moments, norms, sorting.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// The products of what stands before each element, 1 at the first.
Tensor products_before(const Tensor& y, int dim) { return shifted(y, dim, true, 1); }

/// The gradient of x[j] is x[0] … x[j - 1] times the sum over i >= j of g[i] x[j + 1] … x[i]: a
/// running product and a recurrence, without a division, so that zeros do no harm.
Tensor cumprod_vjp(const Tensor& y, const Tensor& g, const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim(dim, x.rank(), "cumprod");
  const Tensor factors = conjugated(shifted(cast(x, y.dtype()), d, false, 0));
  return strong_mul(linear_recurrence(g, factors, d, true), conjugated(products_before(y, d)));
}

Tensor cumprod_jvp(const Tensor& y, const Tensor& t, const Tensor& x, std::int64_t dim) {
  const int d = wrap_dim(dim, x.rank(), "cumprod");
  return linear_recurrence(strong_mul(t, products_before(y, d)), cast(x, y.dtype()), d, false);
}

DType running(const Tensor& x, const OptionalType& dtype) {
  return dtype.value_or(is_differentiable(x.dtype()) ? x.dtype() : DType::int64);
}

/// Σ over dims of (x - mean)², with what it takes to differentiate it.
struct Moments {
  Tensor centered;
  double divisor;
};
Moments moments(const Tensor& x, const OptionalDims& dims, const Scalar& correction) {
  const ReducedDims reduced = reduced_dims(x, dims, true, "var");
  return {x - mean(x, dims, true, {}),
          std::max(0.0, static_cast<double>(reduced.count) - correction.real())};
}

/// 1 / (divisor * deviation), 0 with all its derivatives where the deviation is 0.
Tensor deviation_slope(const Tensor& deviation, double divisor) {
  const Tensor constant = eq(deviation, 0);
  return where(constant, 0, reciprocal(Tensor(divisor) * where(constant, 1, deviation)));
}

Tensor restore(const Tensor& g, const Tensor& x, const OptionalDims& dims, bool keepdim) {
  return keepdim ? g : reshape(g, reduced_dims(x, dims, true, "var").shape);
}

Tensor variance(const Tensor& x, const OptionalDims& dims, const Scalar& correction, bool keepdim,
                std::string_view op) {
  expect<DTypeError>(is_differentiable(x.dtype()),
                     "{}: expects a floating point or complex input, got {}", op, x.dtype());
  if (is_complex(x.dtype())) {
    const auto of_part = [&](index which) {
      return variance(select(real_view(x), index{-1}, which), dims, correction, keepdim, op);
    };
    return of_part(0) + of_part(1);
  }
  return run_reduction(reduction_kernel<"var">(), op, x, reduced_dims(x, dims, keepdim, op),
                       x.dtype(), x.dtype(), correction.real());
}

/// What moving by t changes half of the sum of squares by: the real part of conj(centered) t.
Tensor along(const Tensor& t, const Tensor& centered, const OptionalDims& dims, bool keepdim) {
  const Tensor total = sum(chained(t, conjugated(centered)), dims, keepdim, {});
  return is_complex(total.dtype()) ? real(total) : total;
}

std::vector<Sample> moment_samples() {
  return {{sample({2, 3}), Arg(), 1, false},
          {sample({2, 3, 4}), Dims{1}, 0, true},
          {sample({4, 3}), Dims{0}, 1, false}};
}

Tensor norm_weight(const Tensor& x, const Tensor& n, double order) {
  if (order == 2) return x / n;
  if (order == 1) return sign(x);
  if (order == 0) return Tensor::zeros(x.shape(), x.dtype());
  if (std::isinf(order)) {
    const Tensor reached = cast(eq(abs(x), n), x.dtype());
    return sign(x) * reached;
  }
  const Tensor slope = sign(x) * pow(abs(x) / n, Tensor(order - 1));
  // Infinite at 0, where PyTorch takes 0 too.
  return order < 1 ? where(eq(x, 0), 0, slope) : slope;
}

Tensor weight_of(const Call& c, const Tensor& x, double order, const OptionalDims& dims,
                 bool keepdim) {
  const Tensor n = restore(c.output(), x, dims, keepdim);
  Tensor weight = where(eq(n, 0), 0, norm_weight(x, n, order));
  if (std::isinf(order)) {
    const Tensor reached = cast(eq(abs(x), n), x.dtype());
    weight = weight / sum(reached, dims, true, {});
  }
  return weight;
}

Tensor sorted_positions(const Tensor& g, const Tensor& positions, std::int64_t dim,
                        const Tensor& x) {
  if (x.rank() == 0) return g;
  return scatter_add(Tensor::zeros(x.shape(), x.dtype()), dim, positions, g);
}

constexpr auto placed_vjp = [](const Call& c, const Tensors& g, const Tensor& x, std::int64_t dim,
                               bool, bool) -> Tensor {
  return sorted_positions(g[0], c.output(1), wrap_dim(dim, x.rank(), "sort"), x);
};

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t, OptionalType)> cumsum{{
    .signature = "cumsum(Tensor input, int dim, *, dtype? dtype=None)",
    .doc = R"(Running sum along a dim: y[i] = x[0] + … + x[i].

input: (*). dim: the dim to run along. dtype: converted to first, by default that of
input, int64 for integers and bools. Returns the same shape.

>>> tg.cumsum(tg.tensor([[1, 2, 3], [4, 5, 6]]), dim=1)
tensor([[ 1,  3,  6],
        [ 4,  9, 15]])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, OptionalType dtype) {
          return run_scan<"cumsum">(x, dim, running(x, dtype), "cumsum");
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            OptionalType) -> Tensor { return cumsum_reversed(g, dim); }},
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, Arg()}, {sample({2, 3, 2}), -2, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> cumsum_reversed{{
    .signature = "cumsum_reversed(Tensor input, int dim)",
    .doc = R"(Running sum along dim from the end: y[i] = x[i] + … + x[n - 1].)",
    .forward =
        [](const Tensor& x, std::int64_t dim) {
          return run_scan<"cumsum.reverse">(x, dim, running(x, {}), "cumsum");
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&,
                            std::int64_t dim) -> Tensor { return cumsum(g, dim, {}); }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 1}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, OptionalType)> cumprod{{
    .signature = "cumprod(Tensor input, int dim, *, dtype? dtype=None)",
    .doc = R"(Running product along a dim: y[i] = x[0] * … * x[i].

input: (*). dim: the dim to run along. dtype: converted to first, by default that of
input, int64 for integers and bools. Returns the same shape. The gradient is right for
any number of zeros.

>>> tg.cumprod(tg.tensor([1, 2, 3, 4]), dim=0)
tensor([ 1,  2,  6, 24])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, OptionalType dtype) {
          return run_scan<"cumprod">(x, dim, running(x, dtype), "cumprod");
        },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensor& g, const Tensor& x, std::int64_t dim,
                       OptionalType) -> Tensor { return cumprod_vjp(c.output(), g, x, dim); }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, std::int64_t dim,
                       OptionalType) -> Tensor { return cumprod_jvp(c.output(), t[0], x, dim); }}},
    .saves = saves_in0 | saves_output,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      Tensor with_zero = sample({2, 3});
      with_zero.data<double>()[1] = 0;
      return {{sample({2, 3}), 1, Arg()}, {with_zero, 1, Arg()}, {sample({3, 2}), 0, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, OptionalDims, Scalar, bool)> var{{
    .signature = "var(Tensor input, int[]? dim=None, *, Scalar correction=1, bool keepdim=False)",
    .doc = R"(Variance over the given dims, or over all: sum((x - mean)**2) / (n - correction).

input: (*), floating point, or complex, whose variance is that of the real and of the
imaginary parts together. dim: a dim or several; None (default) or () for all.
correction: 1 (default) for the unbiased estimate, 0 for the mean square deviation.
keepdim: keep the dims with size 1 (default False). Accurate also when the mean is far
greater than the deviation. n <= correction gives inf, or NaN for deviations of 0.
Raises DTypeError for integers. Source: Chan, Golub and LeVeque, 1983.

>>> tg.var(tg.tensor([1.0, 2.0, 3.0, 4.0]))
tensor(1.6667)
>>> tg.var(tg.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1, correction=0)
tensor([1., 0.])
)",
    .forward = [](const Tensor& x, const OptionalDims& dims, const Scalar& correction,
                  bool keepdim) { return variance(x, dims, correction, keepdim, "var"); },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                           const Scalar& correction, bool keepdim) -> Tensor {
                  const Moments m = moments(x, dims, correction);
                  return chained(restore(g, x, dims, keepdim), Tensor(2 / m.divisor) * m.centered);
                }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const OptionalDims& dims,
                           const Scalar& correction, bool keepdim) -> Tensor {
                  const Moments m = moments(x, dims, correction);
                  return Tensor(2 / m.divisor) * along(t[0], m.centered, dims, keepdim);
                }}},
    .saves = saves_in0,
    .samples = moment_samples,
}};

constinit const Op<Tensor(Tensor, OptionalDims, Scalar, bool)> std_{{
    .signature = "std(Tensor input, int[]? dim=None, *, Scalar correction=1, bool keepdim=False)",
    .doc = R"(Standard deviation over the given dims, or over all: sqrt(var(input)).

input: (*), floating point or complex. dim: a dim or several; None (default) or () for
all. correction: n - correction is the divisor (default 1). keepdim: keep the dims with
size 1 (default False). n <= correction gives inf, or NaN for deviations of 0. The
gradient is 0 where the deviation is 0. Raises DTypeError for integers.

>>> tg.std(tg.tensor([[1.0, 3.0], [5.0, 5.0]]), dim=1)
tensor([1.4142, 0.0000])
>>> tg.std(tg.tensor([1.0, 3.0]), correction=0)
tensor(1.)
)",
    .forward = [](const Tensor& x, const OptionalDims& dims, const Scalar& correction,
                  bool keepdim) { return sqrt(variance(x, dims, correction, keepdim, "std")); },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensor& g, const Tensor& x, const OptionalDims& dims,
                       const Scalar& correction, bool keepdim) -> Tensor {
              const Moments m = moments(x, dims, correction);
              const Tensor deviation = restore(c.output(), x, dims, keepdim);
              const Tensor slope = deviation_slope(deviation, m.divisor);
              return chained(chained(restore(g, x, dims, keepdim), slope), m.centered);
            }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const OptionalDims& dims,
                       const Scalar& correction, bool keepdim) -> Tensor {
              const Moments m = moments(x, dims, correction);
              const Tensor slope = deviation_slope(c.output(), m.divisor);
              return chained(along(t[0], m.centered, dims, keepdim), slope);
            }}},
    .saves = saves_in0 | saves_output,
    .samples = moment_samples,
}};

constinit const Op<Tensors(Tensor, OptionalDims, Scalar, bool)> var_mean{{
    .signature =
        "var_mean(Tensor input, int[]? dim=None, *, Scalar correction=1, bool keepdim=False)"
        " -> (Tensor var, Tensor mean)",
    .doc = R"(Variance and mean over the given dims, or over all.

input: (*), floating point or complex. dim: a dim or several; None (default) or () for
all. correction: n - correction is the divisor of the variance (default 1). keepdim: keep
the dims with size 1 (default False). Returns (var, mean). Raises DTypeError for
integers.

>>> var, mean = tg.var_mean(tg.tensor([[1.0, 3.0], [5.0, 9.0]]), dim=1)
>>> var
tensor([2., 8.])
>>> mean
tensor([2., 7.])
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims, const Scalar& correction, bool keepdim) {
          return Tensors{var(x, dims, correction, keepdim), mean(x, dims, keepdim, {})};
        },
    .traits = function_only,
    .samples = moment_samples,
}};

constinit const Op<Tensor(Tensor, double, OptionalDims, bool)> vector_norm{{
    .signature = "vector_norm(Tensor input, float ord=2.0, int[]? dim=None, bool keepdim=False)",
    .doc =
        R"((sum |x|**ord)**(1 / ord) over the given dims, or over all.

ord inf: max |x|, -inf: min |x|, 0: count of non-zeros.

Neither overflows nor vanishes at extreme values. The gradient at 0 is 0.)",
    .forward =
        [](const Tensor& x, double order, const OptionalDims& dims, bool keepdim) {
          expect<DTypeError>(is_floating(x.dtype()), "norm: expects a floating point input, got {}",
                             x.dtype());
          const ReducedDims reduced = reduced_dims(x, dims, keepdim, "norm");
          const auto run = [&](const kernels::Reduction& row) {
            return run_reduction(row, "norm", x, reduced, x.dtype(), x.dtype());
          };
          if (order == 2) return run(reduction_kernel<"norm2">());
          if (order == 1) return run(reduction_kernel<"norm1">());
          if (order == 0) return run(reduction_kernel<"norm0">());
          if (std::isinf(order) && order > 0) return run(reduction_kernel<"norm_inf">());
          if (std::isinf(order)) return amin(abs(x), dims, keepdim);
          const Tensor greatest = reduced.count == 0 ? Tensor(1.0) : amax(abs(x), dims, true);
          const Tensor scale = where(logical_or(eq(greatest, 0), isinf(greatest)), 1, greatest);
          const Tensor total = sum(pow(abs(x) / scale, Tensor(order)), dims, true, {});
          return reshape(scale * pow(total, Tensor(1 / order)), reduced.shape);
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x, double order,
                                     const OptionalDims& dims, bool keepdim) -> Tensor {
                            return strong_mul(restore(g, x, dims, keepdim),
                                              weight_of(c, x, order, dims, keepdim));
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, double order,
                                     const OptionalDims& dims, bool keepdim) -> Tensor {
                            return sum(strong_mul(t[0], weight_of(c, x, order, dims, keepdim)),
                                       dims, keepdim, {});
                          }}},
    .saves = saves_in0 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 2.0, Arg(), false},
              {sample({2, 3}), 1.0, Dims{1}, true},
              {sample({2, 3}), HUGE_VAL, Dims{0}, false},
              {sample({2, 3}), 3.0, Dims{1}, false}};
    },
}};

constinit const Op<Tensors(Tensor, std::int64_t, bool, bool)> sort{{
    .signature = "sort(Tensor input, int dim=-1, bool descending=False, bool stable=True)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(The elements sorted along a dim, with the positions they came from.

input: (*). dim: by default the last. descending: greatest first (default False).
stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
Returns (values, indices) of the shape of input, indices int64. The gradient goes back
to where the elements came from.

>>> values, indices = tg.sort(tg.tensor([3.0, 1.0, 2.0]))
>>> values
tensor([1., 2., 3.])
>>> indices
tensor([1, 2, 0])
>>> tg.sort(tg.tensor([3.0, 1.0, 2.0]), descending=True).values
tensor([3., 2., 1.])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, bool descending, bool) {
          const Axis axis = axis_of(x.shape(), wrap_dim(dim, x.rank(), "sort"));
          const Tensor source = dense(converted(x, compute_dtype(x.dtype())));
          Tensor values = Tensor::empty(x.shape(), source.dtype());
          Tensor indices = Tensor::empty(x.shape(), DType::int64);
          kernel_table().sorting[ordered_index(x.dtype())].sort(
              source.address(), values.address(), indices.data<std::int64_t>(), axis.outer, axis.n,
              axis.inner, descending);
          return Tensors{laid_out_like(converted(values, x.dtype()), {&x}),
                         laid_out_like(indices, {&x})};
        },
    .derivative = General{.vjp = {placed_vjp},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                                     std::int64_t dim, bool, bool) -> Tensors {
                            if (x.rank() == 0) return {t[0], Tensor()};
                            return {gather(t[0], wrap_dim(dim, x.rank(), "sort"), c.output(1)),
                                    Tensor()};
                          }}},
    .saves = saves_later_outputs,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), -1, false, true}, {sample({3, 2}), 0, true, true}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, bool, bool)> argsort{{
    .signature = "argsort(Tensor input, int dim=-1, bool descending=False, bool stable=True)",
    .doc = R"(The positions that sort the input along a dim.

input: (*). dim: by default the last. descending: greatest first (default False).
stable: equal elements keep their order, whatever is passed. NaN counts as greatest.
Returns int64 of the shape of input.

>>> tg.argsort(tg.tensor([3.0, 1.0, 2.0]))
tensor([1, 2, 0])
>>> tg.argsort(tg.tensor([[3, 1], [2, 4]]), dim=0, descending=True)
tensor([[0, 1],
        [1, 0]])
)",
    .forward = [](const Tensor& x, std::int64_t dim, bool descending,
                  bool stable) { return sort(x, dim, descending, stable)[1]; },
    .derivative = NotDifferentiable{},
    .traits = is_method | exact_out,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), -1, false, true}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, bool)> first_of_order{{
    .signature = "first_of_order(Tensor input, int k, bool descending)",
    .doc = R"(Where the first k elements of each row of input (..., n) in sorted order are.)",
    .forward =
        [](const Tensor& x, std::int64_t k, bool descending) {
          expect<ShapeError>(x.rank() > 0, "first_of_order: expects rows, got a 0-d tensor");
          Dims shape = x.shape();
          const index n = shape[x.rank() - 1];
          expect<ValueError>(k >= 0 && k <= n, "first_of_order: k must be in [0, {}], got {}", n,
                             k);
          shape[x.rank() - 1] = k;
          Tensor at = Tensor::empty(shape, DType::int64);
          if (x.count() > 0) expect_real(x.dtype(), "topk");
          if (at.count() == 0) return at;
          const Tensor source = dense(converted(x, compute_dtype(x.dtype())));
          kernel_table().sorting[static_cast<int>(compute_of(x.dtype()))].first_of_order(
              source.address(), at.data<std::int64_t>(), x.count() / n, n, k, descending);
          return at;
        },
    .derivative = NotDifferentiable{},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 5}), 2, true}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t, bool, bool)> topk{{
    .signature = "topk(Tensor input, int k, int dim=-1, bool largest=True, bool sorted=True)"
                 " -> (Tensor values, Tensor indices)",
    .doc = R"(The k greatest or least elements along a dim and their positions.

input: (*). dim: by default the last; it gets size k. largest: True (default) for the
greatest, False for the least. sorted: they come in order, whatever is passed. NaN
counts as greatest. Returns (values, indices), indices int64; of equal elements the
first are taken. Raises ValueError for k below 0 or above the size of dim.

>>> values, indices = tg.topk(tg.tensor([3.0, 1.0, 4.0, 1.0, 5.0]), 2)
>>> values
tensor([5., 4.])
>>> indices
tensor([4, 2])
>>> tg.topk(tg.tensor([3.0, 1.0, 4.0]), 1, largest=False).values
tensor([1.])
)",
    .forward =
        [](const Tensor& x, std::int64_t k, std::int64_t dim, bool largest, bool) {
          const int d = wrap_dim(dim, x.rank(), "topk");
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          expect<ValueError>(k >= 0 && k <= n,
                             "topk: k must be in [0, {}] for dim {} of shape {}, got {}", n, d,
                             x.shape(), k);
          if (x.rank() == 0) return sort(x, d, largest, true);
          const Tensor at =
              movedim(first_of_order(movedim(x, Dims{d}, Dims{-1}), k, largest), Dims{-1}, Dims{d});
          const Tensor places = dense(at);
          return Tensors{gather(x, d, places), places};
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 5}), 2, -1, true, true}, {sample({4, 2}), 1, 0, false, true}};
    },
}};

Family scan_family() {
  return {&cumsum, &cumsum_reversed, &cumprod,        &var, &std_, &var_mean, &vector_norm,
          &sort,   &argsort,         &first_of_order, &topk};
}

}  // namespace topograd
