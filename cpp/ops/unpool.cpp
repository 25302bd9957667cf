// Power-average pooling, and the partial inverse of maximum pooling.

#include "ops/registry.h"
#include "ops/window.h"

namespace topograd {
namespace {

/// Elements of a window.
index window_count(const Dims& kernel) {
  index count = 1;
  for (index size : kernel) count *= size;
  return count;
}

Tensor power_mean(const Tensor& x, double order, const Dims& kernel_size,
                  const OptionalDims& stride, bool ceil_mode, int spatial, std::string_view op) {
  expect<ValueError>(order != 0 && !std::isnan(order), "{}: norm_type must not be 0 or NaN, got {}",
                     op, order);
  expect_real(x.dtype(), op);
  const Tensor numbers = is_floating(x.dtype()) ? x : cast(x, DType::float32);
  return with_batch(numbers, spatial, op, [&](const Tensor& batch) {
    const Dims kernel = spread_to(kernel_size, spatial, "kernel_size", op);
    const Dims steps = stride && !stride->empty() ? *stride : kernel;
    if (std::isinf(order) && order > 0)
      return max_pool_values(abs(batch), kernel, steps, Dims{0}, Dims{1}, ceil_mode);
    // A window that reaches over the end counts as a whole one with the mean of what it has.
    const Tensor powers = order == 1 ? batch : order == 2 ? square(batch) : pow(batch, order);
    Tensor sums = average_pool(powers, kernel, steps, Dims{0}, ceil_mode, true, ceil_mode ? 0 : 1);
    if (ceil_mode) sums = sums * static_cast<double>(window_count(kernel));
    if (order == 1) return sums;
    // The root has no slope at 0: nothing comes through there.
    const Tensor zero = eq(sums, 0);
    const Tensor roots = pow(where(zero, 1, sums), 1 / order);
    return where(zero, order > 0 ? 0.0 : INFINITY, roots);
  });
}

/// The spatial dims of what was pooled: those given, or the least that give windows of `kernel`.
Dims unpooled_size(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                   const OptionalDims& given, std::string_view op) {
  const int spatial = kernel.size();
  Dims size;
  constexpr index limit = index{1} << 30;
  for (int d = 0; d < spatial; ++d) {
    const index in = x.shape()[2 + d];
    expect<ValueError>(kernel[d] > 0 && stride[d] > 0 && padding[d] >= 0 && kernel[d] < limit &&
                           stride[d] < limit && padding[d] < limit && in < limit,
                       "{}: kernel_size and stride must be positive and padding not negative, got "
                       "{}, {}, {}",
                       op, kernel, stride, padding);
    size.push_back((in - 1) * stride[d] - 2 * padding[d] + kernel[d]);
  }
  if (!given) {
    for (int d = 0; d < spatial; ++d)
      expect<ShapeError>(size[d] >= 0,
                         "{}: nothing is left of the result: input {}, kernel_size {}, stride {}, "
                         "padding {}",
                         op, x.shape(), kernel, stride, padding);
    return size;
  }
  expect<ValueError>(given->size() >= spatial && given->size() <= spatial + 2,
                     "{}: output_size must have {} to {} numbers, got {}", op, spatial, spatial + 2,
                     *given);
  const Dims wanted(given->end() - spatial, given->end());
  for (int d = 0; d < spatial; ++d)
    expect<ValueError>(
        wanted[d] > size[d] - stride[d] && wanted[d] < size[d] + stride[d] && wanted[d] >= 0,
        "{}: output_size {} must be less than a stride {} from {}", op, *given, stride, size);
  return wanted;
}

Tensor unpooled(const Tensor& x, const Tensor& indices, const Dims& kernel_size,
                const OptionalDims& stride, const Dims& padding, const OptionalDims& output_size,
                int spatial, std::string_view op) {
  expect<ShapeError>(x.shape() == indices.shape(),
                     "{}: expects an index for each element, got input {} and indices {}", op,
                     x.shape(), indices.shape());
  expect_numbers(x.dtype(), op);
  const Dims kernel = spread_to(kernel_size, spatial, "kernel_size", op);
  const Dims steps =
      stride && !stride->empty() ? spread_to(*stride, spatial, "stride", op) : kernel;
  const Dims edges = spread_to(padding, spatial, "padding", op);
  return with_batch(x, spatial, op, [&](const Tensor& batch) -> Tensor {
    const Tensor at = x.rank() == spatial + 2 ? indices : unsqueeze(indices, 0);
    const Dims shape = with_spatial_dims(
        batch.shape(), unpooled_size(batch, kernel, steps, edges, output_size, op));
    const index positions = count_of(spatial_dims(shape));
    const Tensor zeros = Tensor::zeros(Dims{shape[0], shape[1], positions}, x.dtype());
    return in_format_of(reshape(scatter(zeros, 2, flat_planes(at), flat_planes(batch)), shape),
                        batch);
  });
}

std::vector<Sample> power_samples(int spatial) {
  Dims input{2, 2}, single{2};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(5);
    single.push_back(4);
  }
  const auto each = [&](index value) { return Dims::filled(spatial, value); };
  return {{sample_in(input, 0.5, 2.0), 3.0, each(2), Arg(), false},
          {sample(single), 2.0, each(3), each(2), true},
          {sample(input), 1.0, each(2), each(1), false}};
}

/// Positions in planes of `count` elements, each `step` from the last; of equal ones the last would
/// win.
Tensor sample_positions(const Dims& shape, index count, index step) {
  const Tensor at = Tensor::empty(shape, DType::int64);
  for (index i = 0; i < at.count(); ++i) at.data<std::int64_t>()[i] = i % count * step;
  return at;
}

std::vector<Sample> unpool_samples(int spatial) {
  Dims batch{2, 2}, single{2};
  for (int d = 0; d < spatial; ++d) {
    batch.push_back(2);
    single.push_back(2);
  }
  const index plane = index{1} << spatial;
  const auto each = [&](index value) { return Dims::filled(spatial, value); };
  return {{sample(batch), sample_positions(batch, plane, 1), each(2), Arg(), each(0), Arg()},
          {sample(single), sample_positions(single, plane, 1), each(3), each(2), each(1), Arg()},
          {sample(batch), sample_positions(batch, plane, 2), each(2), Arg(), each(0), each(5)}};
}

}  // namespace

#define TOPOGRAD_UNPOOL(N, SPACE, SIZES, POWER_EXAMPLE, UNPOOL_EXAMPLE)                           \
  constinit const Op<Tensor(Tensor, double, Dims, OptionalDims, bool)> lp_pool##N##d{{            \
      .signature =                                                                                \
          "lp_pool" #N "d(Tensor input, float norm_type, int[] kernel_size, int[]? stride=None, " \
          "bool ceil_mode=False)",                                                                \
      .doc =                                                                                      \
          "Power average of every window over " SPACE ": (sum of x ** p) ** (1 / p).\n\n"         \
          "input: (N, C, " SIZES ") or (C, " SIZES                                                \
          "), integers give float32. norm_type: p, not 0;\n"                                      \
          "1 gives sums, infinity the greatest magnitude. kernel_size, stride (default\n"         \
          "kernel_size) and ceil_mode are those of avg_pool" #N "d; a window that ceil_mode\n"    \
          "lets reach over the end is scaled up to a whole one. Powers are those of the\n"        \
          "elements themselves, not of their magnitudes, so that a sum may be negative and its\n" \
          "root NaN. The gradient is 0 where a sum is 0. Raises ShapeError when a window is\n"    \
          "larger than the input, ValueError for p = 0.\n\n" POWER_EXAMPLE,                       \
      .forward =                                                                                  \
          [](const Tensor& x, double order, const Dims& kernel, const OptionalDims& stride,       \
             bool ceil_mode) {                                                                    \
            return power_mean(x, order, kernel, stride, ceil_mode, N, "lp_pool" #N "d");          \
          },                                                                                      \
      .traits = is_functional,                                                                    \
      .samples = [] { return power_samples(N); },                                                 \
  }};                                                                                             \
  constinit const Op<Tensor(Tensor, Tensor, Dims, OptionalDims, Dims, OptionalDims)>              \
      max_unpool##N##d{{                                                                          \
          .signature = "max_unpool" #N                                                            \
                       "d(Tensor input, Tensor indices, int[] kernel_size, int[]? stride=None, "  \
                       "int[] padding=0, int[]? output_size=None)",                               \
          .doc =                                                                                  \
              "Partial inverse of max_pool" #N "d: puts the maxima back, zeros elsewhere.\n\n"    \
              "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool. indices: the\n"    \
              "second result of max_pool" #N "d_with_indices, of the same shape; of equal ones\n" \
              "the last wins. kernel_size, stride (default kernel_size) and padding: those of\n"  \
              "the pooling. output_size: what was pooled, as several sizes give the same\n"       \
              "result; its last dims, or its whole shape; default the sizes\n"                    \
              "(size - 1) * stride - 2 * padding + kernel_size. Raises IndexError for an index\n" \
              "outside of the result, ShapeError when shapes differ, ValueError for an\n"         \
              "output_size that no such pooling can have had.\n\n" UNPOOL_EXAMPLE,                \
          .forward =                                                                              \
              [](const Tensor& x, const Tensor& indices, const Dims& kernel,                      \
                 const OptionalDims& stride, const Dims& padding, const OptionalDims& size) {     \
                return unpooled(x, indices, kernel, stride, padding, size, N,                     \
                                "max_unpool" #N "d");                                             \
              },                                                                                  \
          .traits = is_functional,                                                                \
          .samples = [] { return unpool_samples(N); },                                            \
      }};
TOPOGRAD_UNPOOL(1, "one spatial dim", "L",
                R"(>>> F.lp_pool1d(tg.tensor([[3.0, 4.0, 0.0, 2.0]]), 2, 2)
tensor([[5., 2.]])
)",
                R"(>>> F.max_unpool1d(tg.tensor([[3.0, 5.0]]), tg.tensor([[1, 2]]), 2)
tensor([[0., 3., 5., 0.]])
)")
TOPOGRAD_UNPOOL(2, "two spatial dims", "H, W",
                R"(>>> F.lp_pool2d(tg.ones(1, 4, 4), 2, 2)
tensor([[[2., 2.],
         [2., 2.]]])
)",
                R"(>>> F.max_unpool2d(tg.tensor([[[7.0]]]), tg.tensor([[[2]]]), 2)
tensor([[[0., 0.],
         [7., 0.]]])
)")
TOPOGRAD_UNPOOL(3, "three spatial dims", "D, H, W",
                R"(>>> F.lp_pool3d(tg.ones(1, 2, 2, 2), 3, 2)
tensor([[[[2.]]]])
)",
                R"(>>> F.max_unpool3d(tg.ones(1, 1, 1, 1), tg.tensor([[[[7]]]]), 2).sum()
tensor(1.)
)")
#undef TOPOGRAD_UNPOOL

Family unpool_family() {
  return {&lp_pool1d, &lp_pool2d, &lp_pool3d, &max_unpool1d, &max_unpool2d, &max_unpool3d};
}

}  // namespace topograd
