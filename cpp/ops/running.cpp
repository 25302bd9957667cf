// Differences, integrals and running sums in log space.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

// ---------------------------------------------------------------- logcumsumexp

/// exp(from - to) where from <= to; 0 from -inf on, also where both are that.
Tensor decay(const Tensor& from, const Tensor& to) {
  return where(eq(from, -INFINITY), 0, exp(from - to));
}

constexpr auto logcumsumexp_vjp = [](const Call& c, const Tensor& g, const Tensor& x,
                                     std::int64_t dim) -> Tensor {
  // Σ g[i] exp(x[j] - y[i]) over i >= j, as a recurrence whose factors never exceed 1.
  const int d = wrap_dim(dim, x.rank(), "logcumsumexp");
  const Tensor& y = c.output();
  const Tensor factors = conjugated(decay(y, shifted(y, d, false, INFINITY)));
  return strong_mul(linear_recurrence(g, factors, d, true), conjugated(decay(x, y)));
};
constexpr auto logcumsumexp_jvp = [](const Call& c, const Tensors& t, const Tensor& x,
                                     std::int64_t dim) -> Tensor {
  const int d = wrap_dim(dim, x.rank(), "logcumsumexp");
  const Tensor& y = c.output();
  const Tensor factors = decay(shifted(y, d, true, -INFINITY), y);
  return linear_recurrence(strong_mul(t[0], decay(x, y)), factors, d, false);
};

// ---------------------------------------------------------------- integrals

/// The distances between neighbours along dim of y; undefined where they are all the same.
Tensor widths(const Tensor& x, const Tensor& y, int dim, std::string_view op) {
  // Unsigned numbers have no negative differences.
  Tensor places = is_differentiable(x.dtype()) ? x : cast(x, DType::int64);
  if (x.rank() == 1) {
    expect<ShapeError>(x.shape()[0] == y.shape()[dim],
                       "{}: x must have one place for each sample: x is {}, y is {}", op, x.shape(),
                       y.shape());
    Dims shape = Dims::filled(y.rank(), 1);
    shape[dim] = x.shape()[0];
    places = reshape(places, shape);
  } else if (x.rank() < y.rank()) {
    Dims shape = Dims::filled(y.rank(), 1);
    for (int i = 0; i < x.rank(); ++i) shape[y.rank() - x.rank() + i] = x.shape()[i];
    places = reshape(places, shape);
  }
  const int d = dim + places.rank() - y.rank();
  const index n = places.shape()[d];
  if (n == 0) return places;
  return narrow(places, d, 1, n - 1) - narrow(places, d, 0, n - 1);
}

void check_integrand(const Tensor& y, const Tensor& x, const std::optional<Scalar>& dx,
                     std::string_view op) {
  expect<DTypeError>(y.dtype() != DType::boolean, "{}: expects numbers, got y of bool", op);
  expect<DTypeError>(!x.defined() || x.dtype() != DType::boolean,
                     "{}: expects numbers, got x of bool", op);
  expect<TypeError>(!x.defined() || !dx, "{}: expects x or dx, got both", op);
}

/// Sums of small integers do not fit into their dtype.
Tensor roomy(const Tensor& y) { return is_differentiable(y.dtype()) ? y : cast(y, DType::int64); }

Tensor sums_of_neighbours(const Tensor& y, int dim) {
  const index n = y.shape()[dim];
  return narrow(y, dim, 1, n - 1) + narrow(y, dim, 0, n - 1);
}

int dim_of_samples(const Tensor& y, std::int64_t dim, std::string_view op) {
  expect<IndexError>(y.rank() > 0, "{}: expects y with a dim, got a 0-d tensor", op);
  return wrap_dim(dim, y.rank(), op);
}

template <Text name>
inline constexpr auto integral =
    [](const Tensor& y, const Tensor& x, const std::optional<Scalar>& dx, std::int64_t dim) {
      const int d = dim_of_samples(y, dim, name.value);
      check_integrand(y, x, dx, name.value);
      const index n = y.shape()[d];
      if (n == 0) {
        Dims shape = y.shape();
        shape.erase(d);
        return Tensor::zeros(shape, y.dtype());
      }
      const Tensor samples = roomy(y);
      if (x.defined()) {
        const Tensor areas = sums_of_neighbours(samples, d) * widths(x, y, d, name.value);
        return sum(areas, Dims{d + areas.rank() - y.rank()}, false, {}) * 0.5;
      }
      const Tensor ends = select(samples, d, 0) + select(samples, d, n - 1);
      return (sum(samples, Dims{d}, false, {}) - ends * 0.5) * Tensor(dx.value_or(1.0));
    };

std::vector<Sample> integral_samples() {
  const Tensor places = Tensor::of<double>({0.0, 0.5, 2.0, 2.25});
  return {{sample({4}), Arg(), Arg(), -1},
          {sample({2, 4}), places, Arg(), 1},
          {sample({4, 2}), Arg(), 0.5, 0},
          {sample({3, 4}), cumsum(sample_in({3, 4}, 0.2, 1), 1, {}), Arg(), -1}};
}

// ---------------------------------------------------------------- slopes

/// Slopes of equally spaced samples.
Tensor even_slopes(const Tensor& x, double spacing, int dim, bool second_order) {
  const index n = x.shape()[dim];
  const auto at = [&](index i) { return narrow(x, dim, i < 0 ? n + i : i, 1); };
  const Tensor twice(2 * spacing);
  Tensors parts;
  parts.push_back(second_order ? (4 * at(1) - 3 * at(0) - at(2)) / twice
                               : (at(1) - at(0)) / Tensor(spacing));
  if (n > 2) parts.push_back((narrow(x, dim, 2, n - 2) - narrow(x, dim, 0, n - 2)) / twice);
  parts.push_back(second_order ? (3 * at(-1) - 4 * at(-2) + at(-3)) / twice
                               : (at(-1) - at(-2)) / Tensor(spacing));
  return cat(parts, dim);
}

/// Slopes at the middle (0), the first (-1) or the last (1) of three samples with distances h and
/// k: those of the parabola through them.
Tensor parabola_slope(const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& h,
                      const Tensor& k, int where) {
  const Tensor first = (b - a) / h;
  const Tensor second = (c - b) / k;
  const Tensor bend = (second - first) / (h + k);
  if (where < 0) return first - bend * h;
  if (where > 0) return second + bend * k;
  return (first * k + second * h) / (h + k);
}

Tensor uneven_slopes(const Tensor& x, const Tensor& places, int dim, bool second_order) {
  const index n = x.shape()[dim];
  Dims shape = Dims::filled(x.rank(), 1);
  shape[dim] = n - 1;
  const Tensor steps = reshape(narrow(places, 0, 1, n - 1) - narrow(places, 0, 0, n - 1), shape);
  const auto at = [&](index i) { return narrow(x, dim, i < 0 ? n + i : i, 1); };
  const auto step = [&](index i) { return narrow(steps, dim, i < 0 ? n - 1 + i : i, 1); };
  Tensors parts;
  parts.push_back(second_order ? parabola_slope(at(0), at(1), at(2), step(0), step(1), -1)
                               : (at(1) - at(0)) / step(0));
  if (n > 2)
    parts.push_back(parabola_slope(narrow(x, dim, 0, n - 2), narrow(x, dim, 1, n - 2),
                                   narrow(x, dim, 2, n - 2), narrow(steps, dim, 0, n - 2),
                                   narrow(steps, dim, 1, n - 2), 0));
  parts.push_back(second_order ? parabola_slope(at(-3), at(-2), at(-1), step(-2), step(-1), 1)
                               : (at(-1) - at(-2)) / step(-1));
  return cat(parts, dim);
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t)> logcumsumexp{{
    .signature = "logcumsumexp(Tensor input, int dim)",
    .doc = R"(Logarithm of the running sum of exponentials: y[i] = log(exp(x[0]) + … + exp(x[i])).

input: (*); integers give float32. dim: the dim to run along. Returns the same shape.
Neither overflows nor vanishes: sums are kept relative to the running maximum. The
gradient at -inf is 0. Imaginary parts of complex results may leave (-pi, pi], as in
PyTorch.

>>> tg.logcumsumexp(tg.tensor([1000.0, 1000.0, 1000.0]), dim=0)
tensor([1000.0000, 1000.6932, 1001.0986])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim) {
          const DType result = floating(x.dtype());
          const Axis axis = axis_of(x.shape(), wrap_dim(dim, x.rank(), "logcumsumexp"));
          const Tensor source = dense(converted(x, compute_dtype(result)));
          Tensor out = Tensor::empty(x.shape(), compute_dtype(result));
          const auto kernel =
              scan_kernel<"logcumsumexp">().scan[static_cast<int>(compute_of(result))];
          if (x.count() > 0)
            kernel(source.address(), out.address(), axis.outer, axis.n, axis.inner);
          return converted(out, result);
        },
    .derivative = General{.vjp = {logcumsumexp_vjp}, .jvp = {logcumsumexp_jvp}},
    .saves = saves_in0 | saves_output,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1}, {sample({2, 4, 2}), -2}, {sample({5}), 0}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, bool)> linear_recurrence{{
    .signature = "linear_recurrence(Tensor input, Tensor factors, int dim, bool reverse)",
    .doc = R"(y[i] = input[i] + factors[i] * y[i - 1] along dim; from the end in reverse.

input and factors have one shape. The gradients of running products and sums are of this
form: linear in the length, without a division, closed under differentiation. A y of 0
wins over an infinite or NaN factor.)",
    .forward =
        [](const Tensor& x, const Tensor& factors, std::int64_t dim, bool reverse) {
          expect<ShapeError>(x.shape() == factors.shape(),
                             "linear_recurrence: the shapes differ: {}, {}", x.shape(),
                             factors.shape());
          const DType result = floating(result_type({&x, &factors}));
          const DType dtype = compute_dtype(result);
          const Axis axis = axis_of(x.shape(), wrap_dim(dim, x.rank(), "linear_recurrence"));
          const Tensor source = dense(converted(x, dtype));
          const Tensor scale = dense(converted(factors, dtype));
          Tensor out = Tensor::empty(x.shape(), dtype);
          kernel_table().recurrence[static_cast<int>(compute_of(dtype))](
              source.address(), scale.address(), out.address(), axis.outer, axis.n, axis.inner,
              reverse);
          return converted(out, result);
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x, const Tensor& factors,
                           std::int64_t dim, bool reverse) -> Tensors {
                  const int d = wrap_dim(dim, x.rank(), "linear_recurrence");
                  const Tensor back = conjugated(shifted(factors, d, reverse, 0));
                  const Tensor h = linear_recurrence(g, back, d, !reverse);
                  Tensors gradients(2);
                  if (c.wants(0)) gradients[0] = h;
                  if (c.wants(1))
                    gradients[1] = strong_mul(h, conjugated(shifted(c.output(), d, !reverse, 0)));
                  return gradients;
                }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const Tensor& factors,
                           std::int64_t dim, bool reverse) -> Tensor {
                  const int d = wrap_dim(dim, x.rank(), "linear_recurrence");
                  Tensor change = t[0];
                  if (t[1].defined()) {
                    const Tensor part = strong_mul(t[1], shifted(c.output(), d, !reverse, 0));
                    change = change.defined() ? change + part : part;
                  }
                  return linear_recurrence(change, factors, d, reverse);
                }}},
    .saves = saves_in1 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), 1, false},
              {sample({4, 2}), sample({4, 2}), 0, true}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, Tensor, Tensor)> diff{{
    .signature = "diff(Tensor input, int n=1, int dim=-1, Tensor? prepend=None, "
                 "Tensor? append=None)",
    .doc = R"(Differences of neighbours along a dim: y[i] = x[i + 1] - x[i], n times.

input: one dim or more. n: how often (default 1); 0 gives a copy. dim: by default the
last; it gets shorter by n. prepend, append: what to join to input first, of as many
dims. Of bools: whether neighbours differ. Raises ShapeError for a 0-d input,
ValueError for a negative n.

>>> tg.diff(tg.tensor([1, 4, 9, 16]))
tensor([3, 5, 7])
>>> tg.diff(tg.tensor([1, 4, 9]), n=2, prepend=tg.tensor([0]))
tensor([2, 2])
)",
    .forward =
        [](const Tensor& x, std::int64_t n, std::int64_t dim, const Tensor& prepend,
           const Tensor& append) {
          expect<ShapeError>(x.rank() > 0, "diff: expects one dim or more, got a 0-d tensor");
          expect<ValueError>(n >= 0, "diff: n must not be negative, got {}", n);
          const int d = wrap_dim(dim, x.rank(), "diff");
          Tensors parts;
          for (const Tensor* part : {&prepend, &x, &append}) {
            if (!part->defined()) continue;
            bool fits = part->rank() == x.rank();
            for (int i = 0; fits && i < x.rank(); ++i)
              fits = i == d || part->shape()[i] == x.shape()[i];
            expect<ShapeError>(fits, "diff: {} can not be joined to {} along dim {}", part->shape(),
                               x.shape(), d);
            parts.push_back(*part);
          }
          if (n == 0) return clone(x);
          Tensor y = parts.size() == 1 ? x : cat(parts, d);
          for (std::int64_t i = 0; i < n && y.shape()[d] > 0; ++i) {
            const index rest = y.shape()[d] - 1;
            const Tensor after = narrow(y, d, 1, rest);
            const Tensor before = narrow(y, d, 0, rest);
            y = y.dtype() == DType::boolean ? logical_xor(after, before) : after - before;
          }
          return apart_from(x, y);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({5}), 1, -1, Arg(), Arg()},
              {sample({4, 3}), 2, 0, Arg(), Arg()},
              {sample({2, 3}), 1, 1, sample({2, 1}), sample({2, 2})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::optional<Scalar>, std::int64_t)> trapezoid{{
    .signature = "trapezoid(Tensor y, Tensor? x=None, *, Scalar? dx=None, int dim=-1)",
    .doc = R"(The integral of samples along a dim by the trapezoidal rule.

y: (..., n, ...), the samples; integers give float32. x: where they are, (n,) or of a
shape that broadcasts with y. dx: their distance, where there is no x (default 1). dim:
by default the last; it goes. Fewer than two samples give 0. Raises ShapeError where x
does not fit, TypeError for bools and for both x and dx.

>>> tg.trapezoid(tg.tensor([1.0, 5.0, 10.0]))
tensor(10.5000)
>>> tg.trapezoid(tg.tensor([1.0, 5.0, 10.0]), tg.tensor([0.0, 1.0, 3.0]))
tensor(18.)
)",
    .forward = integral<"trapezoid">,
    .traits = function_only,
    .samples = integral_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, std::optional<Scalar>, std::int64_t)> trapz{{
    .signature = "trapz(Tensor y, Tensor? x=None, *, Scalar? dx=None, int dim=-1)",
    .doc = R"(The integral of samples along a dim by the trapezoidal rule: trapezoid.

y: (..., n, ...), the samples. x: where they are. dx: their distance, where there is no x
(default 1). dim: by default the last; it goes.

>>> tg.trapz(tg.tensor([1.0, 5.0, 10.0]), dx=2.0)
tensor(21.)
)",
    .forward = integral<"trapz">,
    .traits = function_only,
    .samples = integral_samples,
}};

constinit const Op<Tensor(Tensor, Tensor, std::optional<Scalar>, std::int64_t)>
    cumulative_trapezoid{{
        .signature =
            "cumulative_trapezoid(Tensor y, Tensor? x=None, *, Scalar? dx=None, int dim=-1)",
        .doc = R"(The running integral of samples along a dim by the trapezoidal rule.

y: (..., n, ...), the samples; integers give float32. x: where they are, (n,) or of a
shape that broadcasts with y. dx: their distance, where there is no x (default 1). dim:
by default the last; it gets size n - 1. Raises ShapeError where x does not fit,
TypeError for bools and for both x and dx.

>>> tg.cumulative_trapezoid(tg.tensor([1.0, 5.0, 10.0]))
tensor([ 3.0000, 10.5000])
)",
        .forward =
            [](const Tensor& y, const Tensor& x, const std::optional<Scalar>& dx,
               std::int64_t dim) {
              const int d = dim_of_samples(y, dim, "cumulative_trapezoid");
              check_integrand(y, x, dx, "cumulative_trapezoid");
              if (y.shape()[d] == 0) return Tensor::zeros(y.shape(), floating(y.dtype()));
              const Tensor sums = sums_of_neighbours(roomy(y), d);
              if (!x.defined()) return cumsum(sums, d, {}) * (Tensor(dx.value_or(1.0)) * 0.5);
              const Tensor areas = sums * widths(x, y, d, "cumulative_trapezoid");
              return cumsum(areas, d + areas.rank() - y.rank(), {}) * 0.5;
            },
        .traits = function_only,
        .samples = integral_samples,
    }};

constinit const Unary trace{{
    .signature = "trace(Tensor input)",
    .doc = R"(The sum of the diagonal of a matrix.

input: (m, n). Returns a 0-d tensor of the same dtype, int64 for integers. Raises
ShapeError for another number of dims.

>>> tg.trace(tg.tensor([[1, 2], [3, 4]]))
tensor(5)
)",
    .forward =
        [](const Tensor& x) {
          expect<ShapeError>(x.rank() == 2, "trace: expects a matrix, got shape {}", x.shape());
          return sum(diagonal(x, 0, 0, 1));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({3, 3})}, {sample({2, 4})}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, double, std::int64_t, std::int64_t)> gradient_along{{
    .signature = "gradient_along(Tensor input, Tensor? coordinates, float spacing, int dim, "
                 "int edge_order)",
    .doc = R"(Slopes along one dim of samples at coordinates (n,), or of equal spacing.)",
    .forward =
        [](const Tensor& input, const Tensor& coordinates, double spacing, std::int64_t dim,
           std::int64_t edge_order) {
          const Tensor x = cast(input, floating(input.dtype()));
          const int d = wrap_dim(dim, x.rank(), "gradient");
          expect<ValueError>(edge_order == 1 || edge_order == 2,
                             "gradient: edge_order must be 1 or 2, got {}", edge_order);
          const index n = size_along(x, d);
          expect<ShapeError>(x.rank() > 0 && n > edge_order,
                             "gradient: dim {} of shape {} needs more than edge_order={} elements",
                             d, x.shape(), edge_order);
          if (!coordinates.defined()) return even_slopes(x, spacing, d, edge_order == 2);
          expect<ShapeError>(
              coordinates.rank() == 1 && coordinates.shape()[0] == n,
              "gradient: expects {} coordinates for dim {} of shape {}, got shape {}", n, d,
              x.shape(), coordinates.shape());
          return uneven_slopes(x, coordinates, d, edge_order == 2);
        },
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      const Tensor places = Tensor::of<double>({0.0, 0.5, 2.0, 2.25});
      return {{sample({4, 2}), Arg(), 0.5, 0, 1}, {sample({2, 4}), places, 1.0, 1, 2}};
    },
}};

Family running_family() {
  return {&logcumsumexp, &linear_recurrence,    &diff,  &trapezoid,
          &trapz,        &cumulative_trapezoid, &trace, &gradient_along};
}

}  // namespace topograd
