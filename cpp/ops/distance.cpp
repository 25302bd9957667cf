// Distances between all pairs of rows: cdist, pdist.

#include <cstring>

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// The sizes before the last `dropped` dims.
Dims leading(const Dims& shape, int dropped) { return Dims(shape.begin(), shape.end() - dropped); }

void check_rows(const Tensor& x1, const Tensor& x2, double p) {
  expect<DTypeError>(is_floating(x1.dtype()) && is_floating(x2.dtype()),
                     "cdist: expects floating point tensors, got {} and {}", x1.dtype(),
                     x2.dtype());
  expect<DTypeError>(x1.dtype() == x2.dtype(), "cdist: dtypes differ: {} and {}", x1.dtype(),
                     x2.dtype());
  expect<ShapeError>(x1.rank() >= 2 && x2.rank() >= 2,
                     "cdist: expects at least 2 dims, got shapes {} and {}", x1.shape(),
                     x2.shape());
  expect<ShapeError>(x1.shape().back() == x2.shape().back(),
                     "cdist: widths differ: x1 is {}, x2 is {}", x1.shape(), x2.shape());
  expect<ValueError>(p >= 0, "cdist: p must not be negative, got {}", p);
}

/// x (…, rows, width) with its leading dims broadcast, dense, in the compute dtype.
Tensor spread(const Tensor& x, const Dims& batch, DType dtype) {
  Dims shape = batch;
  shape.push_back(x.shape().at(-2));
  shape.push_back(x.shape().at(-1));
  return dense(converted(x.shape() == shape ? x : expand(x, shape), dtype));
}

struct Distance {
  DType dtype;
  Dims batch;
  Tensor x1, x2;
  kernels::DistanceShape shape;
};
Distance prepared(const Tensor& x1, const Tensor& x2, double order) {
  check_rows(x1, x2, order);
  Distance d;
  d.dtype = compute_dtype(x1.dtype());
  d.batch = broadcast_shapes(leading(x1.shape(), 2), leading(x2.shape(), 2), "cdist");
  d.x1 = spread(x1, d.batch, d.dtype);
  d.x2 = spread(x2, d.batch, d.dtype);
  d.shape = {count_of(d.batch), x1.shape().at(-2), x2.shape().at(-2), x1.shape().at(-1), order};
  return d;
}

const kernels::Distances& distance_kernels(DType dtype) {
  return kernel_table().distances[real_index(dtype)];
}

/// Distances of order 2 from a matrix product. A common shift changes no distance, but makes
/// cancellation rare.
Tensor by_products(const Distance& d) {
  const Tensor center = mean(d.x2, Dims{-2}, true, {});
  const Tensor a = dense(d.x1 - center), b = dense(d.x2 - center);
  const Tensor out = matmul(a, transpose(b, -2, -1));
  const Tensor square1 = dense(sum(square(a), Dims{-1}, false, {}));
  const Tensor square2 = dense(sum(square(b), Dims{-1}, false, {}));
  distance_kernels(d.dtype).from_products(d.shape, d.x1.address(), d.x2.address(),
                                          square1.address(), square2.address(), out.address());
  return out;
}

/// The gradient of x1, which is that of x2 with the two exchanged.
Tensor distance_gradient(const Tensor& g, const Tensor& distance, const Tensor& x1,
                         const Tensor& x2, double order) {
  const Distance d = prepared(x1, x2, order);
  const Tensor out = Tensor::empty(d.x1.shape(), d.dtype);
  const Tensor weights = dense(converted(g, d.dtype));
  // Rounded to a half type, the distance of order inf would equal none of the differences.
  Tensor lengths = dense(distance);
  if (distance.dtype() != d.dtype) {
    lengths = Tensor::empty(distance.shape(), d.dtype);
    distance_kernels(d.dtype).direct(d.shape, d.x1.address(), d.x2.address(), lengths.address());
  }
  distance_kernels(d.dtype).gradient(d.shape, weights.address(), lengths.address(), d.x1.address(),
                                     d.x2.address(), out.address());
  return converted(sum_to(out, x1.shape()), x1.dtype());
}

/// The derivative of every distance with respect to every difference x1[i] - x2[j]: (…, rows,
/// others, width).
Tensor distance_slopes(const Tensor& distance, const Tensor& x1, const Tensor& x2, double order) {
  const Tensor difference = unsqueeze(x1, -2) - unsqueeze(x2, -3);
  const Tensor length = unsqueeze(distance, -1);
  const Tensor apart = gt(length, 0);
  if (order == 0) return difference * 0;
  if (order == 1) return sign(difference);
  if (order == 2) return where(apart, difference / where(apart, length, 1), 0);
  if (std::isinf(order)) return where(eq(abs(difference), length), sign(difference), 0);
  const Tensor inside = logical_and(apart, ne(difference, 0));
  const Tensor ratio = where(inside, abs(difference) / where(apart, length, 1), 1);
  return where(inside, sign(difference) * pow(ratio, order - 1), 0);
}

bool wants_products(const Tensor& x1, const Tensor& x2, double order,
                    const std::optional<std::string>& mode) {
  const std::string chosen = mode.value_or("use_mm_for_euclid_dist_if_necessary");
  const bool always = chosen == "use_mm_for_euclid_dist";
  const bool sometimes = chosen == "use_mm_for_euclid_dist_if_necessary";
  expect<ValueError>(always || sometimes || chosen == "donot_use_mm_for_euclid_dist",
                     "cdist: {} is not a valid value for compute_mode", chosen);
  // The product pays where its three passes over the result are less than the work saved.
  const bool large = x1.shape().at(-2) > 25 && x2.shape().at(-2) > 25 && x1.shape().at(-1) > 24;
  return order == 2 && (always || (sometimes && large));
}

/// The places of the pairs i < j in a matrix of n rows, row by row.
Tensor upper_places(index n) {
  const Tensor places = Tensor::empty({n * (n - 1) / 2}, DType::int64);
  auto* out = places.data<std::int64_t>();
  for (index i = 0; i < n; ++i)
    for (index j = i + 1; j < n; ++j) *out++ = i * n + j;
  return places;
}

/// The distances of pairs i < j as a symmetric matrix.
Tensor as_matrix(const Tensor& pairs, index n) {
  const Tensor flat = scatter(Tensor::zeros({n * n}, pairs.dtype()), 0, upper_places(n), pairs);
  const Tensor upper = reshape(flat, Dims{n, n});
  return upper + transpose(upper, 0, 1);
}
Tensor as_pairs(const Tensor& matrix) {
  const index n = matrix.shape()[0];
  return index_select(reshape(matrix, Dims{n * n}), 0, upper_places(n));
}

/// Some rows against all from the first of them on: few pairs come twice, and the kernel has rows
/// enough to be quick.
void pairs_by_blocks(const Tensor& rows, double p, const Tensor& out) {
  constexpr index block = 16;
  const index n = rows.shape()[0], width = rows.shape()[1];
  const Tensor part = Tensor::empty({std::min(block, n), n}, rows.dtype());
  const auto at = [&](const Tensor& data, index element) {
    return static_cast<char*>(data.address()) + element * size_of(rows.dtype());
  };
  index done = 0;
  for (index first = 0; first + 1 < n; first += block) {
    const index count = std::min(block, n - first), others = n - first;
    const char* const from = at(rows, first * width);
    distance_kernels(rows.dtype()).direct({1, count, others, width, p}, from, from, part.address());
    for (index i = 0; i < count; done += others - 1 - i++)
      std::memcpy(at(out, done), at(part, i * others + i + 1),
                  static_cast<std::size_t>((others - 1 - i) * size_of(rows.dtype())));
  }
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, double, std::optional<std::string>)> cdist{{
    .signature = "cdist(Tensor x1, Tensor x2, float p=2.0, str? compute_mode="
                 "'use_mm_for_euclid_dist_if_necessary')",
    .doc =
        R"(Distances between all pairs of rows: out[i, j] = |x1[i] - x2[j]| in the norm of order p.

x1: (…, n, width), x2: (…, m, width) of one floating point dtype; leading dims broadcast. Returns
(…, n, m). p: 0 or more, default 2; 0 counts differences, inf is the greatest one.
compute_mode: whether p = 2 goes through a matrix product: 'use_mm_for_euclid_dist_if_necessary'
(default, for large ones), 'use_mm_for_euclid_dist', 'donot_use_mm_for_euclid_dist'; None is the
default. Pairs so near that the product would cancel are computed directly.
The gradient at distance 0 is 0. Raises ShapeError when the widths differ, ValueError for negative
p and unknown modes.

>>> tg.cdist(tg.tensor([[0.0, 0.0], [3.0, 4.0]]), tg.tensor([[0.0, 0.0], [0.0, 4.0]]))
tensor([[0., 4.],
        [5., 3.]])
>>> tg.cdist(tg.zeros(1, 2), tg.ones(3, 2), p=1)
tensor([[2., 2., 2.]])
)",
    .forward =
        [](const Tensor& x1, const Tensor& x2, double p, const std::optional<std::string>& mode) {
          check_rows(x1, x2, p);
          return distances(x1, x2, p, wants_products(x1, x2, p, mode));
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      const std::string mode = "use_mm_for_euclid_dist_if_necessary";
      return {{sample({3, 4}), sample({2, 4}), 2.0, mode},
              {sample({2, 3, 4}), sample({2, 4}), 1.0, mode},
              {sample({2, 1, 3, 2}), sample({3, 2, 2}), 3.0, mode},
              {sample({3, 4}), sample({2, 4}), HUGE_VAL, mode},
              {sample({3, 4}), sample({2, 4}), 0.0, mode},
              {sample({3, 4}), sample({2, 4}), 2.0, Arg(std::string("use_mm_for_euclid_dist"))}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, double, bool)> distances{{
    .signature = "distances(Tensor x1, Tensor x2, float p, bool by_products)",
    .doc = R"(cdist of checked arguments.)",
    .forward =
        [](const Tensor& x1, const Tensor& x2, double p, bool with_products) {
          check_rows(x1, x2, p);
          const Distance d = prepared(x1, x2, p);
          if (with_products && d.shape.others > 0) return converted(by_products(d), x1.dtype());
          Dims shape = d.batch;
          shape.push_back(d.shape.rows);
          shape.push_back(d.shape.others);
          const Tensor out = Tensor::empty(shape, d.dtype);
          distance_kernels(d.dtype).direct(d.shape, d.x1.address(), d.x2.address(), out.address());
          return converted(out, x1.dtype());
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x1, const Tensor& x2,
                           double p, bool) -> Tensor {
                          const Tensor slopes = distance_slopes(c.output(), x1, x2, p);
                          return sum_to(sum(unsqueeze(g, -1) * slopes, Dims{-2}, false, {}),
                                        x1.shape());
                        },
                        [](const Call& c, const Tensor& g, const Tensor& x1, const Tensor& x2,
                           double p, bool) -> Tensor {
                          const Tensor slopes = distance_slopes(c.output(), x1, x2, p);
                          return sum_to(-sum(unsqueeze(g, -1) * slopes, Dims{-3}, false, {}),
                                        x2.shape());
                        }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x1, const Tensor& x2,
                           double p, bool) -> Tensor {
                  const Tensor slopes = distance_slopes(c.output(), x1, x2, p);
                  const Tensor first = t[0].defined() ? unsqueeze(t[0], -2) : Tensor(0);
                  const Tensor second = t[1].defined() ? unsqueeze(t[1], -3) : Tensor(0);
                  return sum(slopes * (first - second), Dims{-1}, false, {});
                }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor& x1, const Tensor& x2, double p,
                    bool) -> Tensor { return distance_gradient(g, c.output(), x1, x2, p); },
                 [](const Call& c, const Tensor& g, const Tensor& x1, const Tensor& x2, double p,
                    bool) -> Tensor {
                   return distance_gradient(transpose(g, -2, -1), transpose(c.output(), -2, -1), x2,
                                            x1, p);
                 }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), sample({2, 4}), 2.0, false},
              {sample({2, 3, 4}), sample({2, 4}), 2.0, true},
              {sample({2, 1, 3, 2}), sample({3, 2, 2}), 3.5, false}};
    },
}};

constinit const Op<Tensor(Tensor, double)> pdist{{
    .signature = "pdist(Tensor input, float p=2.0)",
    .doc = R"(Distances between all pairs of rows i < j, in the norm of order p.

input: (n, width), floating point. p: 0 or more, default 2; 0 counts differences, inf is the
greatest one. Returns (n (n - 1) / 2): the pairs (0, 1), (0, 2), …, (n - 2, n - 1). The gradient at
distance 0 is 0. Raises ShapeError for another number of dims, ValueError for a negative p,
DTypeError for integers. cdist gives the whole matrix.

>>> F.pdist(tg.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 4.0]]))
tensor([5., 4., 3.])
)",
    .forward =
        [](const Tensor& x, double p) {
          expect<ShapeError>(x.rank() == 2, "pdist: expects (n, width), got shape {}", x.shape());
          expect_floating(x.dtype(), "pdist");
          expect<ValueError>(p >= 0, "pdist: p must not be negative, got {}", p);
          return row_pairs(x, p);
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), 2.0}, {sample({3, 2}), 1.0}, {sample({3, 4}), HUGE_VAL}};
    },
}};

constinit const Op<Tensor(Tensor, double)> row_pairs{{
    .signature = "row_pairs(Tensor input, float p)",
    .doc = R"(pdist of checked arguments.)",
    .forward =
        [](const Tensor& x, double p) {
          expect<ShapeError>(x.rank() == 2, "pdist: expects (n, width), got shape {}", x.shape());
          check_rows(x, x, p);
          const DType type = compute_dtype(x.dtype());
          const Tensor rows = dense(converted(x, type));
          const index n = x.shape()[0], width = x.shape()[1];
          const Tensor out = Tensor::empty({n * (n - 1) / 2}, type);
          if (width >= 16) {
            distance_kernels(type).pairs(rows.address(), n, width, p, out.address());
          } else {
            pairs_by_blocks(rows, p, out);
          }
          return converted(out, x.dtype());
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensor& g, const Tensor& x, double p) -> Tensor {
                  const index n = x.shape()[0];
                  const Tensor slopes = distance_slopes(as_matrix(c.output(), n), x, x, p);
                  return sum(unsqueeze(as_matrix(g, n), -1) * slopes, Dims{-2}, false, {});
                }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, double p) -> Tensor {
                  const Tensor slopes =
                      distance_slopes(as_matrix(c.output(), x.shape()[0]), x, x, p);
                  const Tensor apart = unsqueeze(t[0], -2) - unsqueeze(t[0], -3);
                  return as_pairs(sum(slopes * apart, Dims{-1}, false, {}));
                }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor& x, double p) -> Tensor {
      const index n = x.shape()[0];
      return distance_gradient(as_matrix(g, n), as_matrix(c.output(), n), x, x, p);
    }},
    .saves = saves_in0 | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), 2.0}, {sample({3, 4}), 3.0}};
    },
}};

Family distance_family() { return {&cdist, &distances, &pdist, &row_pairs}; }

}  // namespace topograd
