#pragma once

#include "ops/family.h"

namespace topograd {

/// A number for every spatial dim, from one number or one per dim. Throws ShapeError.
Dims spread_to(const Dims& given, int spatial, const char* what, std::string_view op);

/// Sizes of a sliding window over the spatial dims of an input (N, C, …), checked.
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

}  // namespace topograd
