// Pooling over one to three spatial dims.

#include "graph/history.h"
#include "ops/registry.h"
#include "ops/window.h"

namespace topograd {

Dims spread_to(const Dims& given, int spatial, const char* what, std::string_view op) {
  if (given.size() == spatial) return given;
  expect<ShapeError>(given.size() == 1, "{}: {} must be one number or {} numbers, got {}", op, what,
                     spatial, given);
  return Dims::filled(spatial, given[0]);
}

Window window(const Dims& input, const Dims& kernel, const Dims& stride, const Dims& padding,
              const Dims& dilation, bool ceil_mode, std::string_view op) {
  const int spatial = input.size() - 2;
  Window w;
  w.in = Dims(input.begin() + 2, input.end());
  w.kernel = spread_to(kernel, spatial, "kernel_size", op);
  w.stride = spread_to(stride, spatial, "stride", op);
  const bool both_ends = padding.size() == 2 * spatial;
  w.padding = both_ends ? Dims(padding.begin(), padding.begin() + spatial)
                        : spread_to(padding, spatial, "padding", op);
  const Dims behind = both_ends ? Dims(padding.begin() + spatial, padding.end()) : w.padding;
  w.dilation = spread_to(dilation, spatial, "dilation", op);
  constexpr index limit = index{1} << 30;
  for (int d = 0; d < spatial; ++d) {
    expect<ValueError>(w.kernel[d] > 0 && w.stride[d] > 0 && w.dilation[d] > 0 &&
                           w.padding[d] >= 0 && behind[d] >= 0 && w.kernel[d] < limit &&
                           w.stride[d] < limit && w.dilation[d] < limit && w.padding[d] < limit &&
                           behind[d] < limit,
                       "{}: kernel_size, stride and dilation must be positive and padding not "
                       "negative, got {}, {}, "
                       "{}, {}",
                       op, w.kernel, w.stride, w.dilation, padding);
    const index reach = w.in[d] + w.padding[d] + behind[d] - w.dilation[d] * (w.kernel[d] - 1) - 1;
    expect<ShapeError>(reach >= 0,
                       "{}: the window (kernel_size {}, dilation {}) is larger than the padded "
                       "input {} (padding {})",
                       op, w.kernel, w.dilation, input, padding);
    index size = reach / w.stride[d] + 1;
    if (ceil_mode && reach % w.stride[d] != 0 && size * w.stride[d] < w.in[d] + w.padding[d])
      ++size;
    w.out.push_back(size);
  }
  return w;
}

namespace {

Window pool_window(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                   const Dims& dilation, bool ceil_mode, std::string_view op) {
  expect<ShapeError>(x.rank() >= 3 && x.rank() <= 5, "{}: expects an input (N, C, …), got shape {}",
                     op, x.shape());
  expect<ShapeError>(padding.size() == 1 || padding.size() == x.rank() - 2,
                     "{}: padding must be one number or {} numbers, got {}", op, x.rank() - 2,
                     padding);
  Window w =
      window(x.shape(), kernel, stride.empty() ? kernel : stride, padding, dilation, ceil_mode, op);
  for (int d = 0; d < w.in.size(); ++d)
    expect<ValueError>(2 * w.padding[d] <= w.kernel[d],
                       "{}: padding {} must be at most half of kernel_size {}", op, w.padding,
                       w.kernel);
  return w;
}

kernels::PoolShape pool_shape(const Tensor& x, const Window& w) {
  kernels::PoolShape s{};
  s.planes = x.shape()[0] * x.shape()[1];
  w.fill(s);
  return s;
}

Dims or_empty(const OptionalDims& dims) { return dims ? *dims : Dims(); }

bool recorded(const Tensor& x) {
  refresh_view(x);
  return mode.recording && x.requires_grad();
}

/// The greatest elements of windows and, where asked for, their positions, which cost as much
/// again.
Tensor maxima(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
              const Dims& dilation, bool ceil_mode, Tensor* at) {
  const Window w = pool_window(x, kernel, stride, padding, dilation, ceil_mode, "max_pool");
  const DType type = window_type(x, "max_pool");
  const Tensor input = dense(converted(x, type));
  const Tensor out = Tensor::empty(with_spatial_dims(x.shape(), w.out), type);
  if (at != nullptr) *at = Tensor::empty(out.shape(), DType::int64);
  if (out.count() > 0)
    kernel_table().pooling[real_index(type)].max_forward(
        pool_shape(x, w), input.address(), out.address(),
        at != nullptr ? at->data<std::int64_t>() : nullptr);
  if (at != nullptr) *at = laid_out_like(*at, {&x});
  return laid_out_like(converted(out, x.dtype()), {&x});
}

}  // namespace

DType window_type(const Tensor& x, std::string_view op) {
  expect_numbers(x.dtype(), op);
  expect_real(x.dtype(), op);
  if (is_floating(x.dtype())) return compute_dtype(x.dtype());
  if (x.dtype() == DType::int64) {
    constexpr index exact = index{1} << 53;
    const Tensor large = logical_or(gt(x, Tensor(Scalar(exact))), lt(x, Tensor(Scalar(-exact))));
    expect<ValueError>(
        any(large).item().integer() == 0,
        "{}: integers are exact up to 2 ** 53 in magnitude, the input has larger ones", op);
  }
  return DType::float64;
}

Tensor whole_means(const Tensor& means) {
  const Tensor nearest = round(means);
  return where(lt(abs(means - nearest), 1e-6), nearest, trunc(means));
}

Tensor max_pool_values(const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
                       const Dims& dilation, bool ceil_mode) {
  if (recorded(x)) return max_pool(x, kernel, stride, padding, dilation, ceil_mode)[0];
  return maxima(x, kernel, stride, padding, dilation, ceil_mode, nullptr);
}

Tensor spread_to_positions(const Tensor& g, const Tensor& at, const Tensor& x) {
  const Tensor zeros = Tensor::zeros(flat_planes(x).shape(), x.dtype());
  return reshape(scatter_add(zeros, 2, flat_planes(at), flat_planes(g)), x.shape());
}

Tensor spread_to_positions_fused(const Tensor& g, const Tensor& at, const Tensor& x) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = dense(converted(g, type)), positions = dense(at);
  Tensor out = Tensor::empty(x.shape(), type);
  const auto flat = [](const Dims& shape, index(&sizes)[3]) {
    sizes[0] = sizes[1] = 1;
    sizes[2] = count_of(spatial_dims(shape));
  };
  kernels::PoolShape s{};
  s.planes = x.shape()[0] * x.shape()[1];
  flat(x.shape(), s.in);
  flat(g.shape(), s.out);
  if (out.count() > 0)
    kernel_table().pooling[real_index(type)].max_backward(
        s, gradient.address(), positions.data<std::int64_t>(), out.address());
  return laid_out_like(converted(out, x.dtype()), {&at});
}

Tensor taken_at_positions(const Tensor& t, const Tensor& at) {
  return reshape(gather(flat_planes(t), 2, flat_planes(at)), at.shape());
}

namespace {

std::vector<Sample> max_samples(int spatial) {
  Dims input{2, 2}, single{2};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(5);
    single.push_back(4);
  }
  return {{sample(input), Dims{2}, Arg(), Dims{0}, Dims{1}, false},
          {sample(single), Dims{3}, Dims{1}, Dims{1}, Dims{1}, true}};
}
std::vector<Sample> average_samples(int spatial) {
  Dims input{2, 2}, single{2};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(5);
    single.push_back(4);
  }
  return {{sample(input), Dims{2}, Arg(), Dims{0}, false, true, Arg()},
          {sample(single), Dims{3}, Dims{2}, Dims{1}, true, false, Arg()},
          {sample(input), Dims{3}, Dims{1}, Dims{1}, false, true, 5}};
}

}  // namespace

#define TOPOGRAD_POOL(N, SPACE, SIZES, EXAMPLE, INDICES_EXAMPLE, AVERAGE_EXAMPLE)                  \
  constinit const Op<Tensor(Tensor, Dims, OptionalDims, Dims, Dims, bool)> max_pool##N##d{{        \
      .signature =                                                                                 \
          "max_pool" #N                                                                            \
          "d(Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, int[] "         \
          "dilation=1, bool ceil_mode=False)",                                                     \
      .doc = "Greatest element of every window over " SPACE ".\n\n"                                \
             "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool.\n"                   \
             "Only the sizes change, to\n"                                                         \
             "floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride) + 1.\n"      \
             "kernel_size, stride (default kernel_size), padding (0; counts as -inf, at most\n"    \
             "half of kernel_size) and dilation (distance of a window's elements, 1): a number\n"  \
             "or one per dim. ceil_mode=True rounds up instead, where a window begins before\n"    \
             "the padding at the end. NaN counts as the greatest. The gradient goes to the\n"      \
             "first of equal elements. Raises ShapeError when a window is larger than the\n"       \
             "input, ValueError for a number out of range, DTypeError for bools.\n\n" EXAMPLE,     \
      .forward =                                                                                   \
          [](const Tensor& x, const Dims& kernel, const OptionalDims& stride, const Dims& padding, \
             const Dims& dilation, bool ceil_mode) {                                               \
            return with_batch(x, N, "max_pool" #N "d", [&](const Tensor& batch) {                  \
              return max_pool_values(batch, kernel, or_empty(stride), padding, dilation,           \
                                     ceil_mode);                                                   \
            });                                                                                    \
          },                                                                                       \
      .traits = is_functional,                                                                     \
      .samples = [] { return max_samples(N); },                                                    \
  }};                                                                                              \
  constinit const Op<Tensors(Tensor, Dims, OptionalDims, Dims, Dims, bool)>                        \
      max_pool##N##d_with_indices{{                                                                \
          .signature =                                                                             \
              "max_pool" #N                                                                        \
              "d_with_indices(Tensor input, int[] kernel_size, int[]? stride=None, int[] "         \
              "padding=0, int[] dilation=1, bool ceil_mode=False) -> (Tensor values, Tensor "      \
              "indices)",                                                                          \
          .doc = "max_pool" #N "d and the position of every greatest element.\n\n"                 \
                 "Returns (values, indices): indices, int64, count through the " SIZES "\n"        \
                 "of one channel of input in row-major order, without the padding. kernel_size,\n" \
                 "stride, padding, dilation and ceil_mode are those of max_pool" #N                \
                 "d.\n\n" INDICES_EXAMPLE,                                                         \
          .forward =                                                                               \
              [](const Tensor& x, const Dims& kernel, const OptionalDims& stride,                  \
                 const Dims& padding, const Dims& dilation, bool ceil_mode) {                      \
                return with_batch(x, N, "max_pool" #N "d", [&](const Tensor& batch) {              \
                  return max_pool(batch, kernel, or_empty(stride), padding, dilation, ceil_mode);  \
                });                                                                                \
              },                                                                                   \
          .traits = is_functional,                                                                 \
          .samples = [] { return max_samples(N); },                                                \
      }};                                                                                          \
  constinit const Op<Tensor(Tensor, Dims, OptionalDims, Dims, bool, bool, OptionalInt)>            \
      avg_pool##N##d{{                                                                             \
          .signature =                                                                             \
              "avg_pool" #N                                                                        \
              "d(Tensor input, int[] kernel_size, int[]? stride=None, int[] padding=0, bool "      \
              "ceil_mode=False, bool count_include_pad=True, int? divisor_override=None)",         \
          .doc =                                                                                   \
              "Mean of every window over " SPACE ".\n\n"                                           \
              "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool.\n"                  \
              "Only the sizes change, to\n"                                                        \
              "floor((size + 2 * padding - kernel_size) / stride) + 1.\n"                          \
              "kernel_size, stride (default kernel_size) and padding (zeros at both ends, 0; at\n" \
              "most half of kernel_size): a number or one per dim. ceil_mode=True rounds up\n"     \
              "instead, where a window begins before the padding at the end.\n"                    \
              "count_include_pad=False leaves the padding out of the number of elements to\n"      \
              "divide by; divisor_override (not 0) replaces that number.\n"                        \
              "Raises ShapeError when a window is larger than the input, ValueError for a\n"       \
              "number out of range, DTypeError for bools.\n\n" AVERAGE_EXAMPLE,                    \
          .forward =                                                                               \
              [](const Tensor& x, const Dims& kernel, const OptionalDims& stride,                  \
                 const Dims& padding, bool ceil_mode, bool include, const OptionalInt& divisor) {  \
                expect<ValueError>(!divisor || *divisor != 0,                                      \
                                   "avg_pool" #N "d: divisor_override must not be 0");             \
                return with_batch(x, N, "avg_pool" #N "d", [&](const Tensor& batch) {              \
                  return average_pool(batch, kernel, or_empty(stride), padding, ceil_mode,         \
                                      include, divisor.value_or(0));                               \
                });                                                                                \
              },                                                                                   \
          .traits = is_functional,                                                                 \
          .samples = [] { return average_samples(N); },                                            \
      }};
TOPOGRAD_POOL(1, "one spatial dim", "L",
              R"(>>> F.max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 5.0]]), 2)
tensor([[3., 5.]])
>>> F.max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 5.0]]), 2, stride=1)
tensor([[3., 3., 5.]])
)",
              R"(>>> F.max_pool1d_with_indices(tg.tensor([[1.0, 3.0, 2.0, 5.0]]), 2).indices
tensor([[1, 3]])
)",
              R"(>>> F.avg_pool1d(tg.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
tensor([[2., 4.]])
>>> F.avg_pool1d(tg.tensor([[1.0, 3.0]]), 2, padding=1, count_include_pad=False)
tensor([[1., 3.]])
)")
TOPOGRAD_POOL(2, "two spatial dims", "H, W",
              R"(>>> F.max_pool2d(tg.arange(16.0).view(1, 4, 4), 2)
tensor([[[ 5.,  7.],
         [13., 15.]]])
)",
              R"(>>> F.max_pool2d_with_indices(tg.tensor([[[1.0, 3.0], [7.0, 2.0]]]), 2).indices
tensor([[[2]]])
)",
              R"(>>> F.avg_pool2d(tg.arange(16.0).view(1, 4, 4), 2)
tensor([[[ 2.5000,  4.5000],
         [10.5000, 12.5000]]])
)")
TOPOGRAD_POOL(3, "three spatial dims", "D, H, W",
              R"(>>> F.max_pool3d(tg.zeros(1, 3, 5, 6, 7), 2).shape
topograd.Size([1, 3, 2, 3, 3])
>>> F.max_pool3d(tg.zeros(1, 3, 5, 6, 7), 2, ceil_mode=True).shape
topograd.Size([1, 3, 3, 3, 4])
)",
              R"(>>> F.max_pool3d_with_indices(tg.arange(8.0).view(1, 2, 2, 2), 2).indices
tensor([[[[7]]]])
)",
              R"(>>> F.avg_pool3d(tg.arange(8.0).view(1, 2, 2, 2), 2)
tensor([[[[3.5000]]]])
)")
#undef TOPOGRAD_POOL

constinit const Op<Tensors(Tensor, Dims, Dims, Dims, Dims, bool)> max_pool{{
    .signature = "max_pool(Tensor input, int[] kernel_size, int[] stride, int[] padding, int[] "
                 "dilation, bool "
                 "ceil_mode) -> (Tensor values, Tensor indices)",
    .doc = R"(Maxima of windows of a batch, and where in its plane each stands.)",
    .forward =
        [](const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
           const Dims& dilation, bool ceil_mode) {
          Tensor at;
          const Tensor out = maxima(x, kernel, stride, padding, dilation, ceil_mode, &at);
          return Tensors{out, at};
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& x, const Dims&,
                                     const Dims&, const Dims&, const Dims&, bool) -> Tensor {
                            return spread_to_positions(g[0], c.output(1), x);
                          }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor&, const Dims&,
                                     const Dims&, const Dims&, const Dims&, bool) -> Tensors {
                            return {taken_at_positions(t[0], c.output(1)), Tensor()};
                          }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Dims&, const Dims&,
                    const Dims&, const Dims&,
                    bool) -> Tensor { return spread_to_positions_fused(g[0], c.output(1), x); }},
    .saves = saves_later_outputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 5, 4}), Dims{2, 3}, Dims{2, 1}, Dims{1, 1}, Dims{1, 1}, true}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, bool, bool, std::int64_t)> average_pool{{
    .signature = "average_pool(Tensor input, int[] kernel_size, int[] stride, int[] padding, bool "
                 "ceil_mode, bool "
                 "count_include_pad, int divisor)",
    .doc = R"(Means of windows of a batch; divisor 0 is the size of the window.)",
    .forward =
        [](const Tensor& x, const Dims& kernel, const Dims& stride, const Dims& padding,
           bool ceil_mode, bool include, std::int64_t divisor) {
          const Window w = pool_window(x, kernel, stride, padding, Dims{1}, ceil_mode, "avg_pool");
          const DType type = window_type(x, "avg_pool");
          const Tensor input = dense(converted(x, type));
          Tensor out = Tensor::empty(with_spatial_dims(x.shape(), w.out), type);
          if (out.count() > 0)
            kernel_table().pooling[real_index(type)].average_forward(
                pool_shape(x, w), input.address(), out.address(), include, divisor);
          return laid_out_like(
              converted(is_floating(x.dtype()) ? out : whole_means(out), x.dtype()), {&x});
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims& kernel,
                            const Dims& stride, const Dims& padding, bool ceil_mode, bool include,
                            std::int64_t divisor) -> Tensor {
      return average_pool_transpose(g, x.shape(), kernel, stride, padding, ceil_mode, include,
                                    divisor);
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 5, 4}), Dims{2, 3}, Dims{2, 1}, Dims{1, 1}, true, false, 0}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, Dims, Dims, bool, bool, std::int64_t)>
    average_pool_transpose{{
        .signature = "average_pool_transpose(Tensor input, int[] size, int[] kernel_size, int[] "
                     "stride, int[] padding, "
                     "bool ceil_mode, bool count_include_pad, int divisor)",
        .doc = R"(The transpose of average_pool: each element spread evenly over its window.)",
        .forward =
            [](const Tensor& g, const Dims& size, const Dims& kernel, const Dims& stride,
               const Dims& padding, bool ceil_mode, bool include, std::int64_t divisor) {
              const DType type = compute_dtype(g.dtype());
              const Tensor gradient = dense(converted(g, type));
              Tensor out = Tensor::zeros(size, type);
              const Window w =
                  pool_window(out, kernel, stride, padding, Dims{1}, ceil_mode, "avg_pool");
              if (gradient.count() > 0)
                kernel_table().pooling[real_index(type)].average_backward(
                    pool_shape(out, w), gradient.address(), out.address(), include, divisor);
              return laid_out_like(converted(out, g.dtype()), {&g});
            },
        .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Dims&,
                                const Dims& kernel, const Dims& stride, const Dims& padding,
                                bool ceil_mode, bool include, std::int64_t divisor) -> Tensor {
          return average_pool(g, kernel, stride, padding, ceil_mode, include, divisor);
        }},
        .traits = is_hidden,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 2, 3, 4}), Dims{2, 2, 5, 4}, Dims{2, 3}, Dims{2, 1}, Dims{1, 1},
                   false, true, 0}};
        },
    }};

Family pool_family() {
  return {&max_pool1d,
          &max_pool2d,
          &max_pool3d,
          &max_pool1d_with_indices,
          &max_pool2d_with_indices,
          &max_pool3d_with_indices,
          &avg_pool1d,
          &avg_pool2d,
          &avg_pool3d,
          &max_pool,
          &average_pool,
          &average_pool_transpose};
}

}  // namespace topograd
