// Pooling into a wanted number of windows: adaptive, and fractional with random places.

#include "ops/registry.h"
#include "ops/window.h"

namespace topograd {
namespace {

/// The bounds of windows along three dims, the missing ones in front.
struct Boxes {
  std::vector<index> begin[3], end[3];
  kernels::PoolBoxes shape{};

  /// out windows per dim of a batch x; per plane where they are drawn for each.
  Boxes(const Tensor& x, const Dims& out, bool per_plane) {
    const int missing = 3 - out.size();
    shape.planes = x.shape()[0] * x.shape()[1];
    shape.per_plane = per_plane;
    for (int d = 0; d < 3; ++d) {
      shape.in[d] = d < missing ? 1 : x.shape()[2 + d - missing];
      shape.out[d] = d < missing ? 1 : out[d - missing];
      const index lists = per_plane ? shape.planes : 1;
      begin[d].assign(static_cast<std::size_t>(lists * shape.out[d]), 0);
      end[d].assign(static_cast<std::size_t>(lists * shape.out[d]), 1);
      shape.begin[d] = begin[d].data();
      shape.end[d] = end[d].data();
    }
  }
};

/// Window o of n along a dim covers [floor(o * size / n), ceil((o + 1) * size / n)).
Boxes adaptive_boxes(const Tensor& x, const Dims& out) {
  Boxes boxes(x, out, false);
  for (int d = 0; d < 3; ++d) {
    const index size = boxes.shape.in[d], n = boxes.shape.out[d];
    for (index o = 0; o < n; ++o) {
      boxes.begin[d][static_cast<std::size_t>(o)] = o * size / n;
      boxes.end[d][static_cast<std::size_t>(o)] = ((o + 1) * size + n - 1) / n;
    }
  }
  return boxes;
}

/// output_size for every dim of a batch x, checked.
Dims adaptive_size(const Tensor& x, const Dims& given, int spatial, std::string_view op) {
  expect<ShapeError>(x.rank() == spatial + 2 && spatial >= 1 && spatial <= 3,
                     "{}: expects an input (N, C, …) with 1 to 3 spatial dims, got shape {}", op,
                     x.shape());
  const Dims size = spread_to(given, spatial, "output_size", op);
  for (int d = 0; d < spatial; ++d) {
    expect<ValueError>(size[d] >= 0 && size[d] < index{1} << 30,
                       "{}: output_size must not be negative, got {}", op, given);
    expect<ShapeError>(x.shape()[2 + d] > 0 && x.shape()[2 + d] < index{1} << 31,
                       "{}: expects an input without empty dims, got shape {}", op, x.shape());
  }
  return size;
}

/// The size of the windows where all of them are of one size, side by side, and small, as in
/// pooling with a stride; else nothing.
Dims equal_windows(const Tensor& x, const Dims& out) {
  Dims kernel;
  for (int d = 0; d < out.size(); ++d) {
    const index size = x.shape()[2 + d];
    if (out[d] == 0 || size % out[d] != 0) return {};
    kernel.push_back(size / out[d]);
  }
  constexpr index widest = 4;
  if (kernel.back() > widest) return {};
  return kernel;
}

Tensor adaptive_mean(const Tensor& x, const Dims& output_size, int spatial, std::string_view op) {
  const Dims out = adaptive_size(x, output_size, spatial, op);
  if (is_floating(x.dtype()) && count_of(out) == 1) {
    Dims dims;
    for (int d = 0; d < spatial; ++d) dims.push_back(2 + d);
    return in_format_of(mean(x, dims, true, {}), x);
  }
  const Dims kernel = equal_windows(x, out);
  if (kernel.empty()) return adaptive_average_pool(x, out);
  return average_pool(x, kernel, kernel, Dims{0}, false, true, 0);
}

Tensors adaptive_maxima(const Tensor& x, const Dims& output_size, int spatial,
                        std::string_view op) {
  const Dims out = adaptive_size(x, output_size, spatial, op);
  const Dims kernel = equal_windows(x, out);
  if (kernel.empty()) return adaptive_max_pool(x, out);
  return max_pool(x, kernel, kernel, Dims{0}, Dims{1}, false);
}

Tensor adaptive_max_values(const Tensor& x, const Dims& output_size, int spatial,
                           std::string_view op) {
  const Dims out = adaptive_size(x, output_size, spatial, op);
  const Dims kernel = equal_windows(x, out);
  if (kernel.empty()) return adaptive_max_pool(x, out)[0];
  return max_pool_values(x, kernel, kernel, Dims{0}, Dims{1}, false);
}

/// Greatest elements of boxes, and their positions.
Tensors maxima_of(const Boxes& boxes, const Tensor& x, const Dims& out, std::string_view op) {
  const DType type = window_type(x, op);
  const Tensor input = dense(converted(x, type));
  const Tensor values = Tensor::empty(with_spatial_dims(x.shape(), out), type);
  const Tensor at = Tensor::empty(values.shape(), DType::int64);
  if (values.count() > 0)
    kernel_table().box_pooling[real_index(type)].max_boxes(
        boxes.shape, input.address(), values.address(), at.data<std::int64_t>());
  return {laid_out_like(converted(values, x.dtype()), {&x}), laid_out_like(at, {&x})};
}

/// First element of each of n windows of `size` elements along a dim of `in`, u in [0, 1) being
/// the shift of the pseudo-random sequence that Graham's paper describes; computed in T.
template <class T>
void fractional_places(index in, index size, index n, T u, index* begin) {
  const T step = n > 1 ? static_cast<T>(in - size) / static_cast<T>(n - 1) : T{0};
  const auto whole = [&](T place) -> index {
    return place > 0 ? static_cast<index>(std::min(place, static_cast<T>(2 * in))) : 0;
  };
  for (index o = 0; o + 1 < n; ++o) {
    const index place = whole((static_cast<T>(o) + u) * step) - whole(u * step);
    begin[o] = std::clamp<index>(place, 0, in - size);
  }
  begin[n - 1] = in - size;
}

/// samples: (N, C, dims) numbers; those of a plane are for its dims in order, but for two dims in
/// reverse, as in PyTorch.
template <class T>
void draw_places(const Tensor& samples, const Dims& kernel, Boxes& boxes) {
  const int spatial = kernel.size(), missing = 3 - spatial;
  const T* u = samples.data<T>();
  for (index plane = 0; plane < boxes.shape.planes; ++plane, u += spatial) {
    for (int d = 0; d < spatial; ++d) {
      const int dim = missing + d;
      const index n = boxes.shape.out[dim];
      index* begin = boxes.begin[dim].data() + plane * n;
      fractional_places(boxes.shape.in[dim], kernel[d], n, u[spatial == 2 ? 1 - d : d], begin);
      for (index o = 0; o < n; ++o)
        boxes.end[dim][static_cast<std::size_t>(plane * n + o)] = begin[o] + kernel[d];
    }
  }
}

Boxes fractional_boxes(const Tensor& x, const Tensor& samples, const Dims& kernel,
                       const Dims& out) {
  constexpr auto op = "fractional_max_pool";
  const int spatial = x.rank() - 2;
  expect<ShapeError>(
      (spatial == 2 || spatial == 3) && kernel.size() == spatial && out.size() == spatial,
      "{}: expects an input (N, C, …) with 2 or 3 spatial dims, and as many numbers "
      "as kernel_size and output_size, got shape {}, {} and {}",
      op, x.shape(), kernel, out);
  expect<ShapeError>(samples.shape() == Dims{x.shape()[0], x.shape()[1], index{spatial}},
                     "{}: expects random samples of shape (N, C, {}), got {} for an input {}", op,
                     spatial, samples.shape(), x.shape());
  expect<DTypeError>(is_floating(samples.dtype()), "{}: expects floating point samples, got {}", op,
                     samples.dtype());
  for (int d = 0; d < spatial; ++d) {
    const index in = x.shape()[2 + d];
    expect<ValueError>(kernel[d] > 0 && out[d] > 0,
                       "{}: kernel_size and output_size must be positive, got {} and {}", op,
                       kernel, out);
    expect<ShapeError>(in < index{1} << 31 && kernel[d] <= in && out[d] <= in - kernel[d] + 1,
                       "{}: {} windows of {} elements do not fit into an input {}", op, out, kernel,
                       x.shape());
  }
  Boxes boxes(x, out, true);
  if (samples.dtype() == DType::float64)
    draw_places<double>(dense(samples), kernel, boxes);
  else
    draw_places<float>(dense(converted(samples, DType::float32)), kernel, boxes);
  return boxes;
}

std::vector<Sample> adaptive_samples(int spatial) {
  Dims input{2, 2}, single{2};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(5 - d % 2);
    single.push_back(4);
  }
  return {{sample(input), Dims::filled(spatial, 3)},
          {sample(single), Dims::filled(spatial, 2)},
          {sample(input), Dims::filled(spatial, 1)}};
}

}  // namespace

#define TOPOGRAD_ADAPTIVE(N, SPACE, SIZES, MEAN_EXAMPLE, MAX_EXAMPLE, INDICES_EXAMPLE)             \
  constinit const Op<Tensor(Tensor, Dims)> adaptive_avg_pool##N##d{{                               \
      .signature = "adaptive_avg_pool" #N "d(Tensor input, int[] output_size)",                    \
      .doc = "Mean of each of output_size nearly equal windows over " SPACE ".\n\n"                \
             "Window i of n covers [floor(i * size / n), ceil((i + 1) * size / n)).\n"             \
             "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool. output_size: a\n"    \
             "number or one per dim. Only the sizes change, to output_size. Raises ShapeError\n"   \
             "for an input with empty dims, ValueError for a negative size.\n\n" MEAN_EXAMPLE,     \
      .forward =                                                                                   \
          [](const Tensor& x, const Dims& size) {                                                  \
            return with_batch(x, N, "adaptive_avg_pool" #N "d", [&](const Tensor& batch) {         \
              return adaptive_mean(batch, size, N, "adaptive_avg_pool" #N "d");                    \
            });                                                                                    \
          },                                                                                       \
      .traits = is_functional,                                                                     \
      .samples = [] { return adaptive_samples(N); },                                               \
  }};                                                                                              \
  constinit const Op<Tensor(Tensor, Dims)> adaptive_max_pool##N##d{{                               \
      .signature = "adaptive_max_pool" #N "d(Tensor input, int[] output_size)",                    \
      .doc = "Greatest element of each of output_size nearly equal windows over " SPACE ".\n\n"    \
             "Window i of n covers [floor(i * size / n), ceil((i + 1) * size / n)).\n"             \
             "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool. output_size: a\n"    \
             "number or one per dim. Only the sizes change, to output_size. NaN counts as the\n"   \
             "greatest. The gradient goes to the first of equal elements. Raises ShapeError for\n" \
             "an input with empty dims, ValueError for a negative size.\n\n" MAX_EXAMPLE,          \
      .forward =                                                                                   \
          [](const Tensor& x, const Dims& size) {                                                  \
            return with_batch(x, N, "adaptive_max_pool" #N "d", [&](const Tensor& batch) {         \
              return adaptive_max_values(batch, size, N, "adaptive_max_pool" #N "d");              \
            });                                                                                    \
          },                                                                                       \
      .traits = is_functional,                                                                     \
      .samples = [] { return adaptive_samples(N); },                                               \
  }};                                                                                              \
  constinit const Op<Tensors(Tensor, Dims)> adaptive_max_pool##N##d_with_indices{{                 \
      .signature = "adaptive_max_pool" #N "d_with_indices(Tensor input, int[] output_size) -> "    \
                   "(Tensor values, Tensor indices)",                                              \
      .doc = "adaptive_max_pool" #N "d and the position of every greatest element.\n\n"            \
             "Returns (values, indices): indices, int64, count through the " SIZES "\n"            \
             "of one channel of input in row-major order. output_size is that of\n"                \
             "adaptive_max_pool" #N "d.\n\n" INDICES_EXAMPLE,                                      \
      .forward =                                                                                   \
          [](const Tensor& x, const Dims& size) {                                                  \
            return with_batch(                                                                     \
                x, N, "adaptive_max_pool" #N "d_with_indices", [&](const Tensor& batch) {          \
                  return adaptive_maxima(batch, size, N, "adaptive_max_pool" #N "d_with_indices"); \
                });                                                                                \
          },                                                                                       \
      .traits = is_functional,                                                                     \
      .samples = [] { return adaptive_samples(N); },                                               \
  }};
TOPOGRAD_ADAPTIVE(1, "one spatial dim", "L",
                  R"(>>> F.adaptive_avg_pool1d(tg.tensor([[1.0, 3.0, 2.0, 6.0]]), 2)
tensor([[2., 4.]])
)",
                  R"(>>> F.adaptive_max_pool1d(tg.tensor([[1.0, 3.0, 2.0, 6.0]]), 3)
tensor([[3., 3., 6.]])
)",
                  R"(>>> F.adaptive_max_pool1d_with_indices(tg.tensor([[1.0, 3.0, 2.0]]), 2).indices
tensor([[1, 1]])
)")
TOPOGRAD_ADAPTIVE(2, "two spatial dims", "H, W",
                  R"(>>> F.adaptive_avg_pool2d(tg.ones(1, 2, 5, 7), (3, 2)).shape
topograd.Size([1, 2, 3, 2])
)",
                  R"(>>> F.adaptive_max_pool2d(tg.arange(6.0).view(1, 2, 3), 1)
tensor([[[5.]]])
)",
                  R"(>>> F.adaptive_max_pool2d_with_indices(tg.arange(6.0).view(1, 2, 3), 1).indices
tensor([[[5]]])
)")
TOPOGRAD_ADAPTIVE(
    3, "three spatial dims", "D, H, W",
    R"(>>> F.adaptive_avg_pool3d(tg.ones(1, 2, 5, 7, 3), 2).shape
topograd.Size([1, 2, 2, 2, 2])
)",
    R"(>>> F.adaptive_max_pool3d(tg.ones(1, 2, 5, 7, 3), (3, 2, 1)).shape
topograd.Size([1, 2, 3, 2, 1])
)",
    R"(>>> F.adaptive_max_pool3d_with_indices(tg.arange(8.0).view(1, 2, 2, 2), 1).indices
tensor([[[[7]]]])
)")
#undef TOPOGRAD_ADAPTIVE

constinit const Op<Tensor(Tensor, Dims)> adaptive_average_pool{{
    .signature = "adaptive_average_pool(Tensor input, int[] output_size)",
    .doc = R"(Means of output_size nearly equal windows of a batch.)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const Dims out = adaptive_size(x, size, x.rank() - 2, "adaptive_avg_pool");
          const DType type = window_type(x, "adaptive_avg_pool");
          const Tensor input = dense(converted(x, type));
          const Tensor means = Tensor::empty(with_spatial_dims(x.shape(), out), type);
          if (means.count() > 0)
            kernel_table().box_pooling[real_index(type)].average_boxes(
                adaptive_boxes(x, out).shape, input.address(), means.address());
          return laid_out_like(
              converted(is_floating(x.dtype()) ? means : whole_means(means), x.dtype()), {&x});
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&) -> Tensor {
      return adaptive_average_pool_transpose(g, spatial_dims(x.shape()));
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 5, 4}), Dims{3, 3}}, {sample({1, 2, 4}), Dims{6}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> adaptive_average_pool_transpose{{
    .signature = "adaptive_average_pool_transpose(Tensor input, int[] size)",
    .doc = R"(The transpose of adaptive_average_pool: each element spread evenly over its window.)",
    .forward =
        [](const Tensor& g, const Dims& size) {
          expect<ShapeError>(g.rank() >= 3 && g.rank() <= 5 && size.size() == g.rank() - 2,
                             "adaptive_avg_pool: a gradient of shape {} does not fit sizes {}",
                             g.shape(), size);
          const DType type = compute_dtype(g.dtype());
          const Tensor gradient = dense(converted(g, type));
          const Tensor out = Tensor::empty(with_spatial_dims(g.shape(), size), type);
          const Dims windows =
              adaptive_size(out, spatial_dims(g.shape()), size.size(), "adaptive_avg_pool");
          if (out.count() > 0)
            kernel_table().box_pooling[real_index(type)].average_boxes_backward(
                adaptive_boxes(out, windows).shape, gradient.address(), out.address());
          return laid_out_like(converted(out, g.dtype()), {&g});
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&) -> Tensor {
      return adaptive_average_pool(g, spatial_dims(x.shape()));
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 2, 3, 3}), Dims{5, 4}}}; },
}};

constinit const Op<Tensors(Tensor, Dims)> adaptive_max_pool{{
    .signature =
        "adaptive_max_pool(Tensor input, int[] output_size) -> (Tensor values, Tensor indices)",
    .doc = R"(Maxima of nearly equal windows of a batch, and where in its plane each stands.)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const Dims out = adaptive_size(x, size, x.rank() - 2, "adaptive_max_pool");
          return maxima_of(adaptive_boxes(x, out), x, out, "adaptive_max_pool");
        },
    .derivative =
        General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& x, const Dims&)
                            -> Tensor { return spread_to_positions(g[0], c.output(1), x); }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor&, const Dims&) -> Tensors {
                  return {taken_at_positions(t[0], c.output(1)), Tensor()};
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Dims&) -> Tensor {
      return spread_to_positions_fused(g[0], c.output(1), x);
    }},
    .saves = saves_later_outputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 5, 4}), Dims{3, 3}}, {sample({1, 2, 4}), Dims{6}}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, Dims, Dims)> fractional_max_pool{{
    .signature = "fractional_max_pool(Tensor input, Tensor samples, int[] kernel_size, int[] "
                 "output_size) -> (Tensor values, Tensor indices)",
    .doc = R"(Maxima of windows at pseudo-random places of a batch, and where each stands.

samples: (N, C, dims), numbers in [0, 1) that decide the places.)",
    .forward =
        [](const Tensor& x, const Tensor& samples, const Dims& kernel, const Dims& out) {
          return maxima_of(fractional_boxes(x, samples, kernel, out), x, out,
                           "fractional_max_pool");
        },
    .derivative = General{.vjp = {[](const Call& c, const Tensors& g, const Tensor& x,
                                     const Tensor&, const Dims&, const Dims&) -> Tensor {
                                    return spread_to_positions(g[0], c.output(1), x);
                                  },
                                  [](const Call&, const Tensors&, const Tensor&, const Tensor&,
                                     const Dims&, const Dims&) -> Tensor { return {}; }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor&, const Tensor&,
                                     const Dims&, const Dims&) -> Tensors {
                            if (!t[0].defined()) return {Tensor(), Tensor()};
                            return {taken_at_positions(t[0], c.output(1)), Tensor()};
                          }}},
    .fused =
        Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor&, const Dims&,
               const Dims&) -> Tensor { return spread_to_positions_fused(g[0], c.output(1), x); },
            [](const Call&, const Tensors&, const Tensor&, const Tensor&, const Dims&,
               const Dims&) -> Tensor { return {}; }},
    .saves = saves_later_outputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 6, 5}), sample_in({2, 2, 2}, 0.05, 0.95), Dims{2, 2}, Dims{3, 2}},
              {sample({1, 2, 4, 5, 6}), sample_in({1, 2, 3}, 0.05, 0.95), Dims{2, 1, 2},
               Dims{2, 3, 4}}};
    },
}};

Family adaptive_family() {
  return {&adaptive_avg_pool1d,
          &adaptive_avg_pool2d,
          &adaptive_avg_pool3d,
          &adaptive_max_pool1d,
          &adaptive_max_pool2d,
          &adaptive_max_pool3d,
          &adaptive_max_pool1d_with_indices,
          &adaptive_max_pool2d_with_indices,
          &adaptive_max_pool3d_with_indices,
          &adaptive_average_pool,
          &adaptive_average_pool_transpose,
          &adaptive_max_pool,
          &fractional_max_pool};
}

}  // namespace topograd
