// Windows of an image as columns, and back.

#include "kernels/images.h"
#include "ops/registry.h"
#include "ops/window.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

/// The windows of a batch of images (N, C, H, W).
struct Fold {
  kernels::ColumnShape shape;
  index window, places;  ///< elements of a window, and how many windows there are
};

Fold fold_of(const Dims& image, const Dims& kernel, const Dims& dilation, const Dims& padding,
             const Dims& stride, std::string_view op) {
  const Window sizes = window(image, kernel, stride, padding, dilation, false, op);
  Fold w{};
  w.shape.planes = image[0] * image[1];
  sizes.fill(w.shape);
  w.window = count_of(sizes.kernel);
  w.places = count_of(sizes.out);
  return w;
}

/// Images from columns (N, C * window, L).
Tensor image_from(const Tensor& columns, const Dims& image, const Fold& w) {
  if (is_complex(columns.dtype())) {
    const Tensor parts = real_view(dense(columns));
    const auto part = [&](index i) {
      Dims strides = parts.strides();
      strides.erase(3);
      return restrided(parts, columns.shape(), strides, parts.body()->offset + i);
    };
    return complex(image_from(part(0), image, w), image_from(part(1), image, w));
  }
  // Booleans add up to whether any is true.
  const bool any = is_boolean(columns.dtype());
  expect<DTypeError>(any || is_floating(columns.dtype()),
                     "fold: expects floating point numbers or booleans, got {}", columns.dtype());
  const DType type = any ? DType::float32 : compute_dtype(columns.dtype());
  const Tensor from = dense(converted(columns, type));
  const Tensor out = Tensor::empty(image, type);
  if (out.count() > 0)
    kernels::images().columns.to_image[real_index(type)](w.shape, from.address(), out.address());
  return converted(out, columns.dtype());
}

/// Adds and takes away a batch dim where the input has none.
template <class F>
Tensor batched(const Tensor& x, int rank, std::string_view op, F run) {
  expect<ShapeError>(x.rank() == rank || x.rank() == rank - 1,
                     "{}: expects an input with {} or {} dims, got shape {}", op, rank - 1, rank,
                     x.shape());
  return x.rank() == rank ? run(x) : squeeze(run(unsqueeze(x, 0)), Dims{0});
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, Dims)> unfold_image{{
    .signature = "unfold.image(Tensor input, int[] kernel_size, int[] dilation=1, int[] padding=0, "
                 "int[] stride=1)",
    .doc = R"(All windows of images as the columns of a matrix.

input: (N, C, H, W) or (C, H, W), any dtype. Returns (N, C * kh * kw, L): column l is the l-th
window in row-major order, its elements by channel and then row by row. L = the product of
floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1 over both dims.
kernel_size, dilation, padding (zeros) and stride: a number or a pair. fold is the transpose.
Raises ShapeError for another number of dims or windows larger than the image, ValueError for
numbers out of range.

>>> F.unfold(tg.arange(6.0).view(1, 2, 3), 2)
tensor([[0., 1.],
        [1., 2.],
        [3., 4.],
        [4., 5.]])
)",
    .forward =
        [](const Tensor& x, const Dims& kernel, const Dims& dilation, const Dims& padding,
           const Dims& stride) {
          return batched(x, 4, "unfold", [&](const Tensor& images) {
            return windows_as_columns(images, kernel, dilation, padding, stride);
          });
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 4, 3}), Dims{2, 2}, Dims{1, 1}, Dims{0, 0}, Dims{1, 1}},
              {sample({1, 5, 4}), Dims{2, 3}, Dims{2, 1}, Dims{1, 2}, Dims{2, 1}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, Dims)> windows_as_columns{{
    .signature = "windows_as_columns(Tensor input, int[] kernel_size, int[] dilation, int[] "
                 "padding, int[] stride)",
    .doc = R"(unfold of a batch of images.)",
    .forward =
        [](const Tensor& x, const Dims& kernel, const Dims& dilation, const Dims& padding,
           const Dims& stride) {
          expect<ShapeError>(x.rank() == 4, "unfold: expects (N, C, H, W), got {}", x.shape());
          const Fold w = fold_of(x.shape(), kernel, dilation, padding, stride, "unfold");
          const Tensor image = dense(x);
          const Tensor out =
              Tensor::empty({x.shape()[0], x.shape()[1] * w.window, w.places}, x.dtype());
          if (out.count() > 0)
            kernels::images().columns.from_image(w.shape, image.address(), out.address(),
                                                 size_of(x.dtype()));
          return out;
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims& kernel,
                  const Dims& dilation, const Dims& padding, const Dims& stride) -> Tensor {
          return columns_as_windows(g, x.shape(), kernel, dilation, padding, stride);
        }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 4, 3}), Dims{2}, Dims{1}, Dims{1, 0}, Dims{2}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, Dims, Dims)> fold{{
    .signature = "fold(Tensor input, int[] output_size, int[] kernel_size, int[] dilation=1, "
                 "int[] padding=0, int[] stride=1)",
    .doc = R"(Images from the columns of all their windows; overlapping ones add up.

input: (N, C * kh * kw, L) or (C * kh * kw, L), no integers, as unfold gives them. Returns
(N, C, *output_size). output_size, kernel_size, dilation, padding and stride: a number or a pair.
fold(unfold(x)) is x times the number of windows over each pixel.
Raises ShapeError where the sizes do not fit, DTypeError for integers.

>>> F.fold(tg.ones(1, 4, 2), (2, 3), 2)
tensor([[[[1., 2., 1.],
          [1., 2., 1.]]]])
)",
    .forward =
        [](const Tensor& x, const Dims& size, const Dims& kernel, const Dims& dilation,
           const Dims& padding, const Dims& stride) {
          return batched(x, 3, "fold", [&](const Tensor& columns) {
            const Dims window = spread_to(kernel, 2, "kernel_size", "fold");
            const index elements = count_of(window);
            expect<ShapeError>(elements > 0 && columns.shape()[1] % elements == 0,
                               "fold: {} rows of input {} are no multiple of the {} elements of a "
                               "window {}",
                               columns.shape()[1], x.shape(), elements, window);
            const Dims sizes = spread_to(size, 2, "output_size", "fold");
            return columns_as_windows(
                columns,
                Dims{columns.shape()[0], columns.shape()[1] / elements, sizes[0], sizes[1]}, kernel,
                dilation, padding, stride);
          });
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 8, 6}), Dims{4, 3}, Dims{2, 2}, Dims{1, 1}, Dims{0, 0}, Dims{1, 1}},
              {sample({6, 18}), Dims{5, 4}, Dims{2, 3}, Dims{2, 1}, Dims{1, 2}, Dims{2, 1}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, Dims, Dims)> columns_as_windows{{
    .signature = "columns_as_windows(Tensor input, int[] size, int[] kernel_size, int[] dilation, "
                 "int[] padding, int[] stride)",
    .doc = R"(fold of a batch into images of `size` (N, C, H, W).)",
    .forward =
        [](const Tensor& x, const Dims& size, const Dims& kernel, const Dims& dilation,
           const Dims& padding, const Dims& stride) {
          expect<ShapeError>(size.size() == 4 && size[2] > 0 && size[3] > 0,
                             "fold: no sizes of images: {}", size);
          count_of(size);
          const Fold w = fold_of(size, kernel, dilation, padding, stride, "fold");
          expect<ShapeError>(x.shape() == Dims({size[0], size[1] * w.window, w.places}),
                             "fold: images {} have columns {}, the input has shape {}", size,
                             Dims({size[0], size[1] * w.window, w.places}), x.shape());
          return image_from(x, size, w);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&, const Dims&, const Dims& kernel,
                  const Dims& dilation, const Dims& padding, const Dims& stride) -> Tensor {
          return windows_as_columns(g, kernel, dilation, padding, stride);
        }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 8, 6}), Dims{2, 2, 4, 3}, Dims{2}, Dims{1}, Dims{1, 0}, Dims{2, 1}}};
    },
}};

Family folding_family() { return {&unfold_image, &windows_as_columns, &fold, &columns_as_windows}; }

}  // namespace topograd
