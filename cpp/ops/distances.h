#pragma once

// How cdist is computed and differentiated.

#include "ops/family.h"

namespace topograd {

inline void check_same_dtype(const Tensor& a, const Tensor& b, std::string_view op) {
  expect<NotSupported>(a.dtype() == b.dtype(), "{}: dtypes differ: {} and {}", op, a.dtype(),
                       b.dtype());
}
/// The sizes before the last `dropped` dims.
inline Dims leading(const Dims& shape, int dropped) {
  return Dims(shape.begin(), shape.end() - dropped);
}

/// x (…, rows, width) with its leading dims broadcast, dense, in the compute dtype.
inline Tensor spread(const Tensor& x, const Dims& batch, DType dtype) {
  Dims shape = batch;
  shape.push_back(x.shape().at(-2));
  shape.push_back(x.shape().at(-1));
  return dense(converted(x.shape() == shape ? x : expand(x, shape), dtype));
}

inline void check_distance(const Tensor& x1, const Tensor& x2, double order) {
  expect<TypeError>(is_floating(x1.dtype()) && is_floating(x2.dtype()),
                    "cdist: expects floating point tensors, got {} and {}", x1.dtype(), x2.dtype());
  check_same_dtype(x1, x2, "cdist");
  expect<ShapeError>(x1.rank() >= 2 && x2.rank() >= 2,
                     "cdist: expects at least 2 dims, got shapes {} and {}", x1.shape(),
                     x2.shape());
  expect<ShapeError>(x1.shape().back() == x2.shape().back(),
                     "cdist: widths differ: x1 is {}, x2 is {}", x1.shape(), x2.shape());
  expect<ValueError>(order >= 0, "cdist: p must not be negative, got {}", order);
}

struct Distance {
  DType dtype;
  Dims batch;
  Tensor x1, x2;
  kernels::DistanceShape shape;
};
inline Distance prepared(const Tensor& x1, const Tensor& x2, double order) {
  check_distance(x1, x2, order);
  Distance d;
  d.dtype = compute_dtype(x1.dtype());
  d.batch = broadcast_shapes(leading(x1.shape(), 2), leading(x2.shape(), 2), "cdist");
  d.x1 = spread(x1, d.batch, d.dtype);
  d.x2 = spread(x2, d.batch, d.dtype);
  d.shape = {count_of(d.batch), x1.shape().at(-2), x2.shape().at(-2), x1.shape().at(-1), order};
  return d;
}

inline const kernels::Distances& distance_kernels(DType dtype) {
  return kernel_table().distances[real_index(dtype)];
}

/// Distances of order 2 from a matrix product. A common shift changes no distance, but makes
/// cancellation rare.
inline Tensor by_products(const Distance& d) {
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
inline Tensor distance_gradient(const Tensor& g, const Tensor& distance, const Tensor& x1,
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
inline Tensor distance_slopes(const Tensor& distance, const Tensor& x1, const Tensor& x2,
                              double order) {
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

inline bool wants_products(const Tensor& x1, const Tensor& x2, double order,
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

}  // namespace topograd
