// Images looked at along a grid of points.

#include "ops/grid.h"
#include "kernels/images.h"
#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

kernels::GridShape grid_shape(const Tensor& x, const Tensor& grid, const GridOptions& o) {
  const int dims = x.rank() - 2;
  kernels::GridShape s{};
  s.batch = x.shape()[0];
  s.channels = x.shape()[1];
  s.points = grid.shape()[1];
  s.dims = dims;
  for (int d = 0; d < 3; ++d) s.in[d] = d < dims ? x.shape()[x.rank() - 1 - d] : 1;
  s.how = o.mode == "bilinear"  ? kernels::GridMode::linear
          : o.mode == "nearest" ? kernels::GridMode::nearest
                                : kernels::GridMode::cubic;
  s.outside = o.padding == "zeros"    ? kernels::Outside::zeros
              : o.padding == "border" ? kernels::Outside::border
                                      : kernels::Outside::reflection;
  s.align_corners = o.align;
  return s;
}

/// Throws unless the points (N, P, dims) fit the images.
void check_grid(const Tensor& x, const Tensor& grid, const GridOptions& o) {
  expect_floating(x.dtype(), "grid_sample");
  expect<DTypeError>(x.dtype() == grid.dtype(),
                     "grid_sample: input and grid must have one dtype, got {} and {}", x.dtype(),
                     grid.dtype());
  const int dims = x.rank() - 2;
  expect<ShapeError>((dims == 2 || dims == 3) && grid.rank() == 3 &&
                         grid.shape()[0] == x.shape()[0] && grid.shape()[2] == dims,
                     "grid_sample: points {} do not fit images {}", grid.shape(), x.shape());
  expect<ValueError>(o.mode == "bilinear" || o.mode == "nearest" || o.mode == "bicubic",
                     "grid_sample: mode must be bilinear, nearest or bicubic, got '{}'", o.mode);
  expect<ValueError>(o.padding == "zeros" || o.padding == "border" || o.padding == "reflection",
                     "grid_sample: padding_mode must be zeros, border or reflection, got '{}'",
                     o.padding);
  expect<ValueError>(o.mode != "bicubic" || dims == 2,
                     "grid_sample: bicubic is for 4-dimensional inputs, got {}", x.shape());
  for (int d = 2; d < x.rank(); ++d)
    expect<ShapeError>(x.shape()[d] > 0 && x.shape()[d] < (index{1} << 24),
                       "grid_sample: images {} have no pixels, or too many in one dim", x.shape());
  expect<ShapeError>(count_of(Dims(x.shape().begin() + 2, x.shape().end())) < 0x7fffffff,
                     "grid_sample: images {} have too many pixels", x.shape());
}

Tensors grid_fused(const Call& c, const Tensor& g, const Tensor& x, const Tensor& grid,
                   const GridOptions& o) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = dense(converted(g, type)), points = dense(converted(grid, type));
  // The gradient of the images does not read them.
  const Tensor images = c.wants(1) ? dense(converted(x, type)) : Tensor();
  const Tensor dx = c.wants(0) ? Tensor::zeros(x.shape(), type) : Tensor();
  const Tensor dgrid = c.wants(1) ? Tensor::empty(grid.shape(), type) : Tensor();
  const auto address = [](const Tensor& t) { return t.defined() ? t.address() : nullptr; };
  if (g.count() > 0)
    kernels::images().grid_sample[real_index(type)].backward(
        grid_shape(x, grid, o), gradient.address(), address(images), points.address(), address(dx),
        address(dgrid));
  else if (dgrid.defined())
    fill.into(dgrid, 0);
  const auto back = [](const Tensor& t, DType to) { return t.defined() ? converted(t, to) : t; };
  return {back(dx, x.dtype()), back(dgrid, grid.dtype())};
}

/// The batch's own corners and centers, (1, P, dims + 1) with a 1 at the end: x, y(, z), 1.
Tensor base_points(const Dims& spatial, bool align, DType dtype) {
  const int dims = spatial.size();
  const index count = count_of(spatial);
  Tensor points = Tensor::empty({1, count, dims + 1}, DType::float64);
  double* out = points.data<double>();
  for (index p = 0; p < count; ++p) {
    index rest = p;
    for (int d = 0; d < dims; ++d) {
      const index n = spatial[dims - 1 - d], i = rest % n;
      rest /= n;
      const double size = static_cast<double>(n);
      const double at = 2 * static_cast<double>(i);
      *out++ = align ? (n > 1 ? at / (size - 1) - 1 : 0) : (at + 1) / size - 1;
    }
    *out++ = 1;
  }
  return converted(points, dtype);
}

std::vector<Sample> point_samples() {
  const Tensor images = sample({2, 2, 4, 5}), volumes = sample({1, 2, 3, 4, 2});
  const Tensor points = sample_in({2, 5, 2}, -1.3, 1.3), wide = sample_in({2, 4, 2}, -0.9, 0.9);
  return {{images, points, "bilinear", "zeros", false},
          {images, points, "bilinear", "reflection", true},
          {images, wide, "bicubic", "border", false},
          {volumes, sample_in({1, 4, 3}, -1.2, 1.2), "bilinear", "border", true},
          {images, points, "nearest", "zeros", false}};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, std::string, std::string, std::optional<bool>)>
    grid_sample{{
        .signature =
            "grid_sample(Tensor input, Tensor grid, str mode='bilinear', str padding_mode='zeros', "
            "bool? align_corners=None)",
        .doc = R"(Images looked at along a grid of points.

input: (N, C, H, W) with grid (N, h, w, 2), or (N, C, D, H, W) with grid (N, d, h, w, 3), of the
same dtype. Returns (N, C, h, w) or (N, C, d, h, w). The last dim of grid is (x, y) or (x, y, z), -1
to 1 from one end of the image to the other; NaN counts as -1. mode: 'bilinear', 'nearest' (of
halves the even pixel) or 'bicubic' (a = -0.75, for images). padding_mode: what is outside, 'zeros',
'border' (the edge) or 'reflection'. align_corners: whether -1 and 1 are the centers of the corner
pixels; None (default) and False: their outer edges.
The gradients are the same for any number of threads; that of grid is 0 for 'nearest', and where
'border' or 'reflection' holds a point at the edge. A pixel of weight 0 has no influence.
Raises ShapeError where the shapes do not fit, ValueError for another mode, DTypeError for integers.
Source: Jaderberg and others, 2015.

>>> x = tg.tensor([[[[1.0, 3.0]]]])
>>> F.grid_sample(x, tg.tensor([[[[0.0, 0.0], [1.0, 0.0]]]]), align_corners=True)
tensor([[[[2., 3.]]]])
)",
        .forward =
            [](const Tensor& x, const Tensor& grid, const std::string& mode,
               const std::string& padding, const std::optional<bool>& align) {
              const int dims = x.rank() - 2;
              expect<ShapeError>((dims == 2 || dims == 3) && grid.rank() == x.rank() &&
                                     grid.shape()[0] == x.shape()[0] && grid.shape().back() == dims,
                                 "grid_sample: a grid {} does not fit an input {}: expects (N, C, "
                                 "H, W) and (N, h, w, 2), or (N, C, D, H, W) and (N, d, h, w, 3)",
                                 grid.shape(), x.shape());
              const Dims spatial(grid.shape().begin() + 1, grid.shape().end() - 1);
              const Tensor points = reshape(grid, Dims{grid.shape()[0], count_of(spatial), dims});
              Dims shape{x.shape()[0], x.shape()[1]};
              for (index n : spatial) shape.push_back(n);
              return in_format_of(
                  reshape(sample_points(x, points, mode, padding, align.value_or(false)), shape),
                  x);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {
              {sample({2, 2, 3, 4}), sample_in({2, 2, 3, 2}, -1.2, 1.2), "bilinear", "zeros",
               Arg()},
              {sample({1, 2, 3, 4}), sample_in({1, 2, 2, 2}, -1.8, 1.8), "bilinear", "reflection",
               false},
              {sample({1, 1, 3, 4}), sample_in({1, 3, 2, 2}, -1.4, 1.4), "bicubic", "zeros", true},
              {sample({1, 2, 3, 2, 4}), sample_in({1, 2, 1, 2, 3}, -1.2, 1.2), "bilinear", "border",
               true},
              {sample({1, 2, 3, 4}), sample_in({1, 2, 2, 2}, -1.2, 1.2), "nearest", "border",
               false}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, std::string, std::string, bool)> sample_points{{
    .signature = "sample_points(Tensor input, Tensor grid, str mode, str padding_mode, bool "
                 "align_corners)",
    .doc = R"(grid_sample at points (N, P, dims), giving (N, C, P).)",
    .forward =
        [](const Tensor& x, const Tensor& grid, const std::string& mode, const std::string& padding,
           bool align) {
          const GridOptions options{mode, padding, align};
          check_grid(x, grid, options);
          const DType type = compute_dtype(x.dtype());
          const Tensor images = dense(converted(x, type)), points = dense(converted(grid, type));
          const Tensor out = Tensor::empty({x.shape()[0], x.shape()[1], grid.shape()[1]}, type);
          if (out.count() > 0)
            kernels::images().grid_sample[real_index(type)].forward(
                grid_shape(x, grid, options), images.address(), points.address(), out.address());
          return converted(out, x.dtype());
        },
    .derivative =
        General{
            .vjp = {[](const Call&, const Tensors& g, const Tensor& x, const Tensor& grid,
                       const std::string& mode, const std::string& padding, bool align) -> Tensor {
                      return grid_image_gradient(g[0], x.shape(), grid, {mode, padding, align});
                    },
                    [](const Call&, const Tensors& g, const Tensor& x, const Tensor& grid,
                       const std::string& mode, const std::string& padding, bool align) -> Tensor {
                      return grid_point_gradient(g[0], x, grid, {mode, padding, align});
                    }},
            .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& grid,
                       const std::string& mode, const std::string& padding, bool align) -> Tensor {
              Tensor out;
              if (t[0].defined()) out = sample_points(t[0], grid, mode, padding, align);
              if (!t[1].defined()) return out;
              const Tensor moved = grid_point_change(t[1], x, grid, {mode, padding, align});
              return out.defined() ? out + moved : moved;
            }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& grid,
                    const std::string& mode, const std::string& padding, bool align) -> Tensors {
      return grid_fused(c, g[0], x, grid, {mode, padding, align});
    }},
    .saves = saves_in0 | saves_in1,
    .reads = {saves_in1, saves_in0 | saves_in1},
    .traits = is_hidden,
    .samples = point_samples,
}};

constinit const Op<Tensor(Tensor, Dims, std::optional<bool>)> affine_grid{{
    .signature = "affine_grid(Tensor theta, int[] size, bool? align_corners=None)",
    .doc = R"(The points of grid_sample that an affine map makes of the pixels of an image.

theta: (N, 2, 3) with size (N, C, H, W), or (N, 3, 4) with size (N, C, D, H, W), floating point.
Returns (N, H, W, 2) or (N, D, H, W, 3): point = theta[n] @ (x, y, 1), where x and y go from -1 to 1
over the pixels' centers. align_corners: as in grid_sample (None and False: -1 and 1 are the outer
edges of the corner pixels). Raises ShapeError where theta and size do not fit.

>>> F.affine_grid(tg.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2))
tensor([[[[0., 0.],
          [1., 0.]]]])
)",
    .forward =
        [](const Tensor& theta, const Dims& size, const std::optional<bool>& align) {
          expect_floating(theta.dtype(), "affine_grid");
          const int dims = size.size() - 2;
          expect<ShapeError>(
              (dims == 2 || dims == 3) && theta.shape() == Dims({size[0], dims, dims + 1}),
              "affine_grid: theta {} does not fit size {}: expects (N, 2, 3) and "
              "(N, C, H, W), or (N, 3, 4) and (N, C, D, H, W)",
              theta.shape(), size);
          for (index n : size)
            expect<ShapeError>(n > 0, "affine_grid: sizes must be positive, got {}", size);
          const Dims spatial(size.begin() + 2, size.end());
          const Tensor base = base_points(spatial, align.value_or(false), theta.dtype());
          Dims shape{size[0]};
          for (index n : spatial) shape.push_back(n);
          shape.push_back(dims);
          return reshape(matmul(base, transpose(theta, 1, 2)), shape);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 3}), Dims{2, 1, 3, 4}, Arg()},
              {sample({1, 3, 4}), Dims{1, 2, 2, 3, 1}, true}};
    },
}};

Family grid_family() { return {&grid_sample, &sample_points, &affine_grid}; }

}  // namespace topograd
