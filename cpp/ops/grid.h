#pragma once

#include <string>

#include "topograd/tensor.h"

namespace topograd {

/// How sample_points looks at images.
struct GridOptions {
  std::string mode, padding;
  bool align;
};

// The rules of sample_points, written in ops. x (N, C, …), points (N, P, dims), g (N, C, P).

/// The gradient of images of this shape.
Tensor grid_image_gradient(const Tensor& g, const Dims& shape, const Tensor& points,
                           const GridOptions& options);
Tensor grid_point_gradient(const Tensor& g, const Tensor& x, const Tensor& points,
                           const GridOptions& options);
/// How the result changes where the points move by t.
Tensor grid_point_change(const Tensor& t, const Tensor& x, const Tensor& points,
                         const GridOptions& options);

}  // namespace topograd
