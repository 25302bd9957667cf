// Counts of numbers and histograms.

#include "ops/reduction.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// As many numbers of equal distance from low to high, from both ends inwards.
template <class T>
Tensor edges_between(double low, double high, index bins) {
  Tensor edges = Tensor::empty({bins + 1}, dtype_of<T>);
  T* const edge = edges.data<T>();
  const T first = static_cast<T>(low);
  const T last = static_cast<T>(high);
  const T step = (last - first) / static_cast<T>(bins);
  for (index i = 0; i <= bins; ++i)
    edge[i] = i < (bins + 1) / 2 ? first + step * static_cast<T>(i)
                                 : last - step * static_cast<T>(bins - i);
  return edges;
}

/// The range asked for, or that of the elements; never empty.
struct Bounds {
  double low, high;
};
Bounds bounds_of(const Tensor& x, Bounds asked, bool given, std::string_view op) {
  if (!given && x.count() > 0)
    asked = {amin(x, {}, false).item().real(), amax(x, {}, false).item().real()};
  expect<ValueError>(std::isfinite(asked.low) && std::isfinite(asked.high),
                     "{}: the range [{}, {}] is not finite", op, asked.low, asked.high);
  return asked;
}
Bounds widened(Bounds bounds, double by) {
  if (bounds.low != bounds.high) return bounds;
  return {bounds.low - by, bounds.high + by};
}

void check_bins(index bins, std::string_view op) {
  expect<ValueError>(bins > 0, "{}: bins must be positive, got {}", op, bins);
  expect<ValueError>(bins < index{1} << 40, "{}: too many bins: {}", op, bins);
}

/// The sums of the weights of each number, each in the order of the numbers.
Tensor summed_by_number(const Tensor& numbers, const Tensor& weights, std::int64_t size) {
  const DType dtype = weights.dtype() == DType::float32 ? DType::float32 : DType::float64;
  const Tensor loads = dense(converted(weights, dtype));
  Tensor totals = Tensor::zeros({size}, DType::float64);
  kernel_table().counting.weighted_bincount[real_index(dtype)](
      numbers.data<std::int64_t>(), loads.address(), numbers.count(), totals.data<double>(), size);
  return converted(totals, dtype);
}

enum class Search { bisect = 0, calculate = 1, calculate_and_look = 2 };

/// Counts, or sums of weights, in float64 or int64.
Tensor counted(const Tensor& x, const Tensor& edges, const Tensor& weights, Search search) {
  const index bins = edges.count() - 1;
  const bool weighted = weights.defined();
  const Tensor places = dense(edges);
  const Tensor source = dense(converted(x, edges.dtype()));
  const Tensor loads = weighted ? dense(converted(weights, edges.dtype())) : Tensor();
  Tensor totals = Tensor::zeros({bins + 1}, weighted ? DType::float64 : DType::int64);
  kernel_table().counting.histogram[real_index(edges.dtype())](
      source.address(), weighted ? loads.address() : nullptr, x.count(), places.address(), bins,
      static_cast<int>(search), weighted ? nullptr : totals.data<std::int64_t>(),
      weighted ? totals.data<double>() : nullptr);
  return narrow(totals, 0, 0, bins);
}

void check_histogram(const Tensor& x, const Tensor& weights) {
  expect<DTypeError>(is_floating(x.dtype()), "histogram: expects a floating point input, got {}",
                     x.dtype());
  if (!weights.defined()) return;
  expect<ShapeError>(weights.shape() == x.shape(),
                     "histogram: the weight has shape {}, the input {}", weights.shape(),
                     x.shape());
  expect<DTypeError>(weights.dtype() == x.dtype(),
                     "histogram: the weight has dtype {}, the input {}", weights.dtype(),
                     x.dtype());
}

/// The histogram in the dtype of x; as a density its integral is 1.
Tensors finished(const Tensor& totals, const Tensor& edges, DType dtype, bool density) {
  const Tensor shown = converted(edges, dtype);
  if (!density) return {converted(totals, dtype), shown};
  const Tensor exact = converted(edges, DType::float64);
  const index bins = totals.count();
  const Tensor widths = narrow(exact, 0, 1, bins) - narrow(exact, 0, 0, bins);
  const Tensor counts = converted(totals, DType::float64);
  return {converted(counts / sum(counts) / widths, dtype), shown};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, std::int64_t)> bincount{{
    .signature = "bincount(Tensor input, Tensor? weights=None, int minlength=0)",
    .doc = R"(How often each number from 0 to the greatest occurs, or the sum of its weights.

input: (n,), integers from 0 on. weights: (n,); they are added up in float64, and give
float32 if they are that. minlength: the result has at least so many elements (default
0). Returns int64 without weights. The gradient goes to the weights. Raises ValueError
for negative numbers.

>>> tg.bincount(tg.tensor([1, 3, 1]))
tensor([0, 2, 0, 1])
>>> tg.bincount(tg.tensor([1, 0, 1]), weights=tg.tensor([0.5, 1.0, 2.0]))
tensor([1.0000, 2.5000])
)",
    .forward =
        [](const Tensor& x, const Tensor& weights, std::int64_t least_size) {
          expect<DTypeError>(is_integer(x.dtype()), "bincount: expects integers, got {}",
                             x.dtype());
          expect<ShapeError>(x.rank() == 1, "bincount: expects one dim, got shape {}", x.shape());
          expect<ValueError>(least_size >= 0, "bincount: minlength must not be negative, got {}",
                             least_size);
          if (weights.defined())
            expect<ShapeError>(weights.shape() == x.shape(),
                               "bincount: the weights have shape {}, the input {}", weights.shape(),
                               x.shape());
          if (x.count() == 0) return Tensor::zeros({least_size}, DType::int64);
          const Tensors ends = aminmax(x, {}, false);
          const std::int64_t least = ends[0].item().integer();
          const std::int64_t greatest = ends[1].item().integer();
          expect<ValueError>(least >= 0, "bincount: expects numbers from 0 on, got {}", least);
          expect<ValueError>(greatest < std::int64_t{1} << 40,
                             "bincount: {} is too great: there is an element for each number",
                             greatest);
          const std::int64_t size = std::max(least_size, greatest + 1);
          const Tensor numbers = dense(converted(x, DType::int64));
          if (weights.defined()) return summed_by_number(numbers, weights, size);
          Tensor counts = Tensor::zeros({size}, DType::int64);
          kernel_table().counting.bincount(numbers.data<std::int64_t>(), x.count(),
                                           counts.data<std::int64_t>(), size);
          return counts;
        },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x,
                                     const Tensor& weights, std::int64_t) -> Tensors {
                            if (!weights.defined()) return {Tensor(), Tensor()};
                            return {Tensor(), cast(index_select(g, 0, x), weights.dtype())};
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor& x,
                                     const Tensor&, std::int64_t) -> Tensor {
                            return bincount(x, cast(t[1], c.output().dtype()), c.output().count());
                          }}},
    .saves = saves_in0,
    .samples = []() -> std::vector<Sample> {
      const Tensor numbers = Tensor::of<std::int64_t>({1, 3, 1, 0, 3, 3});
      return {{numbers, Arg(), 0}, {numbers, sample({6}), 5}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, double, double)> histc{{
    .signature = "histc(Tensor input, int bins=100, float min=0, float max=0)",
    .doc = R"(How many elements are in each of equal bins between min and max.

input: (*), floating point. bins: their number (default 100). min, max: the range; where
they are equal (default 0), that of the elements, and from 1 below to 1 above where
those are equal too. The last bin includes max; elements outside, and NaN, are not
counted. Returns (bins,) in the dtype of input; the counts are exact before they are
rounded to it. Raises ValueError for bins below 1, max below min, and infinities.

>>> tg.histc(tg.tensor([1.0, 2.0, 1.0]), bins=4, min=0, max=3)
tensor([0., 2., 1., 0.])
)",
    .forward =
        [](const Tensor& x, std::int64_t bins, double low, double high) {
          expect<DTypeError>(is_floating(x.dtype()),
                             "histc: expects a floating point input, got {}", x.dtype());
          check_bins(bins, "histc");
          const Bounds bounds = widened(bounds_of(x, {low, high}, low != high, "histc"), 1);
          expect<ValueError>(bounds.low < bounds.high,
                             "histc: max must be greater than min, got min={}, max={}", low, high);
          const Tensor edges = x.dtype() == DType::float64
                                   ? edges_between<double>(bounds.low, bounds.high, bins)
                                   : edges_between<float>(bounds.low, bounds.high, bins);
          return converted(counted(x, edges, {}, Search::calculate), x.dtype());
        },
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      return {{sample({20}), 5, 0.0, 0.0}, {sample({4, 5}), 3, -1.0, 0.75}};
    },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::optional<std::vector<double>>, Tensor, bool)>
    histogram{{
        .signature = "histogram(Tensor input, int bins=100, *, float[]? range=None, "
                     "Tensor? weight=None, bool density=False)"
                     " -> (Tensor hist, Tensor bin_edges)",
        .doc = R"(How many elements are in each of equal bins, and the edges of the bins.

input: (*), floating point. bins: their number (default 100). range: (min, max), by
default that of the elements. weight: of the shape of input, added up instead of ones.
density: divided by the total and the width of the bin, so that the integral is 1
(default False). The last bin includes its right edge; elements outside, and NaN, are
not counted. Returns (hist, bin_edges) of bins and bins + 1 elements in the dtype of
input, without gradients. Raises ValueError for bins below 1 and a bad range.

>>> hist, edges = tg.histogram(tg.tensor([1.0, 2.0, 1.0]), 4, range=(0.0, 3.0))
>>> hist
tensor([0., 2., 1., 0.])
>>> edges
tensor([0.0000, 0.7500, 1.5000, 2.2500, 3.0000])
)",
        .forward =
            [](const Tensor& x, std::int64_t bins, const std::optional<std::vector<double>>& range,
               const Tensor& weight, bool density) {
              check_histogram(x, weight);
              check_bins(bins, "histogram");
              Bounds bounds{0, 1};
              if (range) {
                expect<ValueError>(range->size() == 2,
                                   "histogram: range must be two numbers, got {}", range->size());
                bounds = {(*range)[0], (*range)[1]};
                expect<ValueError>(!(bounds.low > bounds.high),
                                   "histogram: range must not fall, got ({}, {})", bounds.low,
                                   bounds.high);
              }
              bounds = widened(bounds_of(x, bounds, range.has_value(), "histogram"), 0.5);
              const Tensor edges = x.dtype() == DType::float64
                                       ? edges_between<double>(bounds.low, bounds.high, bins)
                                       : edges_between<float>(bounds.low, bounds.high, bins);
              const Tensor totals = counted(x, edges, weight, Search::calculate_and_look);
              return finished(totals, edges, x.dtype(), density);
            },
        .derivative = NotDifferentiable{},
        .samples = []() -> std::vector<Sample> {
          return {{sample({20}), 5, Arg(), Arg(), false},
                  {sample({4, 5}), 3, std::vector<double>{-1.0, 0.75}, sample({4, 5}), true}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, bool)> histogram_edges{{
    .signature = "histogram.edges(Tensor input, Tensor bins, *, Tensor? weight=None, "
                 "bool density=False) -> (Tensor hist, Tensor bin_edges)",
    .doc = R"(How many elements are between each two neighbours of the given edges.

input: (*), floating point. bins: the edges in ascending order, (n + 1,), of the same
dtype. weight: of the shape of input, added up instead of ones. density: divided by the
total and the width of the bin (default False). The last bin includes its right edge.
Returns (hist, bin_edges), hist (n,). Raises ShapeError for fewer than two edges.

>>> tg.histogram(tg.tensor([1.0, 2.0, 1.0]), tg.tensor([0.0, 2.0, 3.0])).hist
tensor([2., 1.])
)",
    .forward =
        [](const Tensor& x, const Tensor& edges, const Tensor& weight, bool density) {
          check_histogram(x, weight);
          expect<DTypeError>(edges.dtype() == x.dtype(),
                             "histogram: the edges have dtype {}, the input {}", edges.dtype(),
                             x.dtype());
          expect<ShapeError>(edges.rank() == 1 && edges.count() >= 2,
                             "histogram: bins must be a number or a vector of two or more edges, "
                             "got shape {}",
                             edges.shape());
          const Tensor own = dense_copy(converted(edges, compute_dtype(x.dtype())));
          return finished(counted(x, own, weight, Search::bisect), own, x.dtype(), density);
        },
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      const Tensor edges = Tensor::of<double>({-1.0, -0.25, 0.0, 1.5});
      return {{sample({20}), edges, Arg(), false}, {sample({4, 5}), edges, sample({4, 5}), true}};
    },
}};

Family histogram_family() { return {&bincount, &histc, &histogram, &histogram_edges}; }

}  // namespace topograd
