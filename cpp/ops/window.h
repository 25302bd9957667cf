#pragma once

#include "ops/family.h"

namespace topograd {

/// A number for every spatial dim, from one number or one per dim. Throws ShapeError.
Dims spread_to(const Dims& given, int spatial, const char* what, std::string_view op);

/// Sizes of a sliding window over the spatial dims of an input (N, C, …), checked. padding may have
/// twice as many numbers as there are dims: those before each dim, and then those after each.
struct Window {
  Dims in, kernel, stride, padding, dilation, out;

  /// Into a kernels' shape of three dims, the missing ones in front.
  template <class Shape>
  void fill(Shape& shape) const {
    const int missing = 3 - in.size();
    for (int d = 0; d < 3; ++d) {
      const bool there = d >= missing;
      const int s = d - missing;
      shape.in[d] = there ? in[s] : 1;
      shape.kernel[d] = there ? kernel[s] : 1;
      shape.stride[d] = there ? stride[s] : 1;
      shape.padding[d] = there ? padding[s] : 0;
      shape.dilation[d] = there ? dilation[s] : 1;
      shape.out[d] = there ? out[s] : 1;
    }
  }
};
Window window(const Dims& input, const Dims& kernel, const Dims& stride, const Dims& padding,
              const Dims& dilation, bool ceil_mode, std::string_view op);

/// The dims of a tensor (N, C, …) that windows move over.
inline Dims spatial_dims(const Dims& shape) { return Dims(shape.begin() + 2, shape.end()); }
/// (N, C) of a tensor with other spatial dims behind.
inline Dims with_spatial_dims(const Dims& shape, const Dims& spatial) {
  Dims size{shape[0], shape[1]};
  for (index d : spatial) size.push_back(d);
  return size;
}
/// (N, C, …) with one dim for all positions of a plane.
inline Tensor flat_planes(const Tensor& x) { return flatten(x, 2, -1); }

/// Calls run with a batch: a batch dim is added where the input has none, and taken away again.
template <class F>
auto with_batch(const Tensor& x, int spatial, std::string_view op, F run) {
  expect<ShapeError>(x.rank() == spatial + 1 || x.rank() == spatial + 2,
                     "{}: expects an input with {} or {} dims, got shape {}", op, spatial + 1,
                     spatial + 2, x.shape());
  if (x.rank() == spatial + 2) return run(x);
  auto result = run(unsqueeze(x, 0));
  if constexpr (std::is_same_v<decltype(result), Tensor>)
    return squeeze(result, Dims{0});
  else {
    for (Tensor& part : result) part = squeeze(part, Dims{0});
    return result;
  }
}

/// What windows of x are computed in: integers as float64, which holds them up to 2 ** 53.
DType window_type(const Tensor& x, std::string_view op);
/// Means of integers without their fractions; a whole mean may have come out a rounding error off.
Tensor whole_means(const Tensor& means);

/// Greatest elements of windows of a batch: their values alone cost half of what max_pool takes,
/// which finds the positions too.
Tensor max_pool_values(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                       const Dims& dilation, bool ceil_mode);

// The derivative of choosing elements of a batch x at positions `at` within their planes.

/// Zeros of x's shape with g added at the positions; written in ops, or in one pass.
Tensor spread_to_positions(const Tensor& g, const Tensor& at, const Tensor& x);
Tensor spread_to_positions_fused(const Tensor& g, const Tensor& at, const Tensor& x);
/// The elements of t at the positions.
Tensor taken_at_positions(const Tensor& t, const Tensor& at);

}  // namespace topograd
