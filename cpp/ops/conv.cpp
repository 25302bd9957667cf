// Convolution over one to three spatial dims.

#include "ops/convolution.h"
#include "ops/registry.h"

namespace topograd {
namespace {

kernels::ConvShape conv_shape(const Dims& input, const Dims& weight, const Dims& stride,
                              const Dims& padding, const Dims& dilation, index groups) {
  const int spatial = input.size() - 2;
  expect<ShapeError>(
      spatial >= 1 && spatial <= 3 && weight.size() == input.size(),
      "conv: input {} and weight {} do not fit: expected (N, C, …) and (out, C / groups, …) with "
      "1 to 3 spatial dims",
      input, weight);
  expect<ValueError>(groups > 0, "conv: groups must be positive, got {}", groups);
  index channels;
  expect<ShapeError>(!__builtin_mul_overflow(weight[1], groups, &channels) &&
                         input[1] == channels && weight[0] % groups == 0,
                     "conv: channels do not fit: input {}, weight {}, groups {}", input, weight,
                     groups);
  const Window w = window(input, Dims(weight.begin() + 2, weight.end()), stride, padding, dilation,
                          false, "conv");
  kernels::ConvShape s{};
  s.batch = input[0];
  s.groups = groups;
  s.in_per_group = weight[1];
  s.out_per_group = weight[0] / groups;
  w.fill(s);
  return s;
}

Dims output_size(const kernels::ConvShape& s, int spatial) {
  Dims size{s.batch, s.groups * s.out_per_group};
  for (int d = 3 - spatial; d < 3; ++d) size.push_back(s.out[d]);
  return size;
}

void check_bias(const Tensor& bias, index channels, const Dims& weight) {
  expect<ShapeError>(!bias.defined() || bias.shape() == Dims{channels},
                     "conv: bias of shape {} does not fit weight {}",
                     bias.defined() ? bias.shape() : Dims(), weight);
}

/// The gradient of a bias: plane by plane first, where elements lie side by side.
Tensor sum_of_channels(const Tensor& g) {
  Dims spatial;
  for (int d = 2; d < g.rank(); ++d) spatial.push_back(d);
  return sum(sum(g, spatial, false, {}), Dims{0}, false, {});
}

/// The tangent of product(x, w) + bias, product being linear in each.
template <class F>
Tensor affine_tangent(const Tensors& t, const Dims& shape, const Tensor& x, const Tensor& w,
                      F product) {
  Tensor out;
  const auto include = [&](const Tensor& part) { out = out.defined() ? out + part : part; };
  if (t[0].defined()) include(product(t[0], w));
  if (t[1].defined()) include(product(x, t[1]));
  if (t[2].defined()) include(expand(reshape(t[2], per_channel(shape.size())), shape));
  return out;
}

/// What the gradients of a convolution are made from: g of the shape of its result, and a tensor of
/// the same dtype.
void check_gradient(const Tensor& g, const Tensor& other, const kernels::ConvShape& s,
                    int spatial) {
  expect<ShapeError>(g.shape() == output_size(s, spatial),
                     "conv: a gradient of shape {} does not fit a result of shape {}", g.shape(),
                     output_size(s, spatial));
  expect<DTypeError>(g.dtype() == other.dtype(), "conv: dtypes differ: {} and {}", g.dtype(),
                     other.dtype());
}

/// F.conv1d and so on, with padding as `convolution` takes it.
Tensor conv_of_rank(const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,
                    const Dims& padding, const Dims& dilation, index groups, int spatial,
                    const char* op) {
  return convolved(x, weight, bias, spatial, op,
                   [&](const Tensor& batch, const Tensor& kernel, const Tensor& shift) {
                     return convolution(batch, kernel, shift, stride, padding, dilation, groups);
                   });
}

/// The same with a number for both ends of a dim.
Tensor conv_padded(const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,
                   const Dims& padding, const Dims& dilation, index groups, int spatial,
                   const char* op) {
  expect<ShapeError>(padding.size() == 1 || padding.size() == spatial,
                     "{}: padding must be one number or {} numbers, got {}", op, spatial, padding);
  return conv_of_rank(x, weight, bias, stride, padding, dilation, groups, spatial, op);
}

/// Padding by name: none, or what keeps the size.
Tensor conv_padded_by_name(const Tensor& x, const Tensor& weight, const Tensor& bias,
                           const Dims& stride, const std::string& padding, const Dims& dilation,
                           index groups, int spatial, const char* op) {
  if (padding == "valid")
    return conv_of_rank(x, weight, bias, stride, Dims{0}, dilation, groups, spatial, op);
  expect<ValueError>(padding == "same", "{}: padding must be numbers, 'valid' or 'same', got '{}'",
                     op, padding);
  expect<ShapeError>(weight.rank() == spatial + 2, "{}: expects a weight with {} dims, got {}", op,
                     spatial + 2, weight.shape());
  const Dims steps = spread_to(stride, spatial, "stride", op),
             wide = spread_to(dilation, spatial, "dilation", op);
  Dims ends = Dims::filled(2 * spatial, 0);
  for (int d = 0; d < spatial; ++d) {
    expect<ValueError>(steps[d] == 1, "{}: padding 'same' needs stride 1, got {}", op, stride);
    index total;
    expect<ValueError>(!__builtin_mul_overflow(wide[d], weight.shape()[2 + d] - 1, &total),
                       "{}: dilation {} is out of range", op, dilation);
    ends[d] = total / 2;
    ends[spatial + d] = total - total / 2;
  }
  return conv_of_rank(x, weight, bias, stride, ends, dilation, groups, spatial, op);
}

std::vector<Sample> conv_samples(int spatial) {
  Dims input{2, 4}, weight{6, 2}, unbatched{3};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(5 - d);
    weight.push_back(2);
    unbatched.push_back(4);
  }
  Dims dense_weight = weight;
  dense_weight[1] = 3;
  return {{sample(input), sample(weight), sample({6}), Dims{2}, Dims{1}, Dims{1}, 2},
          {sample(unbatched), sample(dense_weight), Arg(), Dims{1}, Dims{0}, Dims{2}, 1}};
}

std::vector<Sample> named_padding_samples(int spatial) {
  std::vector<Sample> list = conv_samples(spatial);
  list[0][3] = Dims{1};
  list[0][4] = "same";
  list[1][4] = "valid";
  return list;
}

}  // namespace

#define TOPOGRAD_CONV(N, SPACE, SIZES, EXAMPLE, NAMED_EXAMPLE)                                    \
  constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, std::int64_t)> conv##N##d{{ \
      .signature =                                                                                \
          "conv" #N "d(Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, int[] "    \
          "padding=0, int[] dilation=1, int groups=1)",                                           \
      .doc = "Convolution (cross-correlation) over " SPACE ".\n\n"                                \
             "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool. weight:\n"          \
             "(K, C / groups, *kernel), bias: (K,), default None; of the same dtype.\n"           \
             "Returns (N, K, *) or (K, *) with the sizes\n"                                       \
             "floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1.\n"          \
             "stride (default 1), padding (zeros at both ends, 0) and dilation (distance of\n"    \
             "the kernel's elements, 1): a number or one per dim; padding also by name, see\n"    \
             "below. groups (1): the channels are divided into so many groups, each with\n"       \
             "K / groups kernels of its own.\n"                                                   \
             "Raises ShapeError when channels or sizes do not fit, ValueError for a number out\n" \
             "of range, RuntimeError for different or bool dtypes. Sums of integers are exact\n"  \
             "up to 2 ** 53.\n\n" EXAMPLE,                                                        \
      .forward =                                                                                  \
          [](const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,       \
             const Dims& padding, const Dims& dilation, std::int64_t groups) {                    \
            return conv_padded(x, weight, bias, stride, padding, dilation, groups, N,             \
                               "conv" #N "d");                                                    \
          },                                                                                      \
      .traits = is_functional,                                                                    \
      .samples = [] { return conv_samples(N); },                                                  \
  }};                                                                                             \
  constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, std::string, Dims, std::int64_t)>       \
      conv##N##d_named{{                                                                          \
          .signature =                                                                            \
              "conv" #N                                                                           \
              "d.padding(Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, str "    \
              "padding='valid', int[] dilation=1, int groups=1)",                                 \
          .doc = "Convolution over " SPACE " with padding by name.\n\n"                           \
                 "padding: 'valid' (default here) adds nothing; 'same' adds zeros so that the\n"  \
                 "sizes stay, of an odd number one more at the end, and needs stride 1, else\n"   \
                 "ValueError. input, weight, bias, stride, dilation and groups are those of\n"    \
                 "conv" #N "d with numbers.\n\n" NAMED_EXAMPLE,                                   \
          .forward =                                                                              \
              [](const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,   \
                 const std::string& padding, const Dims& dilation, std::int64_t groups) {         \
                return conv_padded_by_name(x, weight, bias, stride, padding, dilation, groups, N, \
                                           "conv" #N "d");                                        \
              },                                                                                  \
          .traits = is_functional,                                                                \
          .samples = [] { return named_padding_samples(N); },                                     \
      }};
TOPOGRAD_CONV(
    1, "one spatial dim", "L",
    R"(>>> F.conv1d(tg.tensor([[1.0, 2.0, 4.0]]), tg.tensor([[[1.0, -1.0]]]))
tensor([[-1., -2.]])
)",
    R"(>>> F.conv1d(tg.tensor([[1.0, 2.0, 4.0]]), tg.tensor([[[1.0, 1.0]]]), padding="same")
tensor([[3., 6., 4.]])
)")
TOPOGRAD_CONV(2, "two spatial dims", "H, W",
              R"(>>> x, weight = tg.zeros(1, 3, 8, 8), tg.zeros(16, 3, 3, 3)
>>> F.conv2d(x, weight, stride=2, padding=1).shape
topograd.Size([1, 16, 4, 4])
)",
              R"(>>> F.conv2d(tg.zeros(1, 3, 8, 8), tg.zeros(16, 3, 3, 3), padding="same").shape
topograd.Size([1, 16, 8, 8])
)")
TOPOGRAD_CONV(3, "three spatial dims", "D, H, W",
              R"(>>> F.conv3d(tg.zeros(1, 2, 4, 4, 4), tg.zeros(6, 1, 2, 2, 2), groups=2).shape
topograd.Size([1, 6, 3, 3, 3])
)",
              R"(>>> F.conv3d(tg.zeros(2, 4, 4, 4), tg.zeros(6, 2, 3, 3, 3), padding="same").shape
topograd.Size([6, 4, 4, 4])
)")
#undef TOPOGRAD_CONV

constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, std::int64_t)> convolution{{
    .signature =
        "convolution(Tensor input, Tensor weight, Tensor? bias, int[] stride, int[] padding, int[] "
        "dilation, int groups)",
    .doc =
        R"(Convolution of a batch over as many dims as the weight has.

padding: for each dim at both ends, or, with twice as many numbers, before each dim and then after
each.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,
           const Dims& padding, const Dims& dilation, std::int64_t groups) {
          const auto s = conv_shape(x.shape(), weight.shape(), stride, padding, dilation, groups);
          check_bias(bias, weight.shape()[0], weight.shape());
          const DType type = compute_dtype(x.dtype());
          expect<DTypeError>(is_floating(x.dtype()), "conv: expects a floating point input, got {}",
                             x.dtype());
          const Tensor input = dense(converted(x, type)), kernel = dense(converted(weight, type));
          const Tensor shift = bias.defined() ? dense(converted(bias, type)) : bias;
          Tensor out = Tensor::empty(output_size(s, x.rank() - 2), type);
          if (out.count() > 0)
            kernel_table().convolution[real_index(type)].forward(
                s, input.address(), kernel.address(), bias.defined() ? shift.address() : nullptr,
                out.address());
          return laid_out_like(converted(out, x.dtype()), {&x, &weight});
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x, const Tensor& w,
                           const Tensor&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution_input(g, w, Tensor(), x.shape(), stride, padding,
                                                   dilation, groups);
                        },
                        [](const Call&, const Tensor& g, const Tensor& x, const Tensor& w,
                           const Tensor&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution_weight(g, x, w.shape(), stride, padding, dilation,
                                                    groups);
                        },
                        [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                           const Tensor&, const Dims&, const Dims&, const Dims&,
                           std::int64_t) -> Tensor { return sum_of_channels(g); }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const Tensor& w,
                           const Tensor&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                  return affine_tangent(
                      t, c.output().shape(), x, w, [&](const Tensor& a, const Tensor& b) {
                        return convolution(a, b, Tensor(), stride, padding, dilation, groups);
                      });
                }}},
    .saves = saves_in0 | saves_in1,
    .reads = {saves_in1, saves_in0, saves_nothing},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4, 5, 4}), sample({6, 2, 3, 2}), sample({6}), Dims{2, 1}, Dims{1, 0},
               Dims{1, 2}, 2},
              {sample({2, 3, 6}), sample({2, 3, 2}), Arg(), Dims{1}, Dims{1}, Dims{1}, 1},
              {sample({2, 3, 5, 4}), sample({2, 3, 2, 3}), sample({2}), Dims{1}, Dims{0, 1, 1, 2},
               Dims{1}, 1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, Dims, std::int64_t)>
    convolution_input{{
        .signature = "convolution_input(Tensor input, Tensor weight, Tensor? bias, int[] "
                     "input_size, int[] stride, int[] padding, int[] dilation, int groups)",
        .doc = R"(The gradient of a convolution with respect to its input, plus a bias per channel.

That is a transposed convolution. input: the gradient of the result.)",
        .forward =
            [](const Tensor& g, const Tensor& weight, const Tensor& bias, const Dims& size,
               const Dims& stride, const Dims& padding, const Dims& dilation, std::int64_t groups) {
              const auto s = conv_shape(size, weight.shape(), stride, padding, dilation, groups);
              check_gradient(g, weight, s, size.size() - 2);
              check_bias(bias, size[1], weight.shape());
              const DType type = compute_dtype(g.dtype());
              const Tensor gradient = dense(converted(g, type)),
                           kernel = dense(converted(weight, type));
              const Tensor shift = bias.defined() ? dense(converted(bias, type)) : bias;
              Tensor out = Tensor::empty(size, type);
              if (out.count() > 0)
                kernel_table().convolution[real_index(type)].input_gradient(
                    s, gradient.address(), kernel.address(),
                    bias.defined() ? shift.address() : nullptr, out.address());
              return laid_out_like(converted(out, g.dtype()), {&g, &weight});
            },
        .derivative =
            General{
                .vjp = {[](const Call&, const Tensor& g, const Tensor&, const Tensor& w,
                           const Tensor&, const Dims&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution(g, w, Tensor(), stride, padding, dilation, groups);
                        },
                        [](const Call&, const Tensor& g, const Tensor& x, const Tensor& w,
                           const Tensor&, const Dims&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution_weight(x, g, w.shape(), stride, padding, dilation,
                                                    groups);
                        },
                        [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                           const Tensor&, const Dims&, const Dims&, const Dims&, const Dims&,
                           std::int64_t) -> Tensor { return sum_of_channels(g); }},
                .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const Tensor& w,
                           const Tensor&, const Dims& size, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                  return affine_tangent(t, c.output().shape(), x, w,
                                        [&](const Tensor& a, const Tensor& b) {
                                          return convolution_input(a, b, Tensor(), size, stride,
                                                                   padding, dilation, groups);
                                        });
                }}},
        .saves = saves_in0 | saves_in1,
        .reads = {saves_in1, saves_in0, saves_nothing},
        .traits = is_hidden,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 6, 3, 2}), sample({6, 2, 3, 2}), sample({4}), Dims{2, 4, 5, 4},
                   Dims{2, 1}, Dims{1, 0}, Dims{1, 2}, 2},
                  {sample({2, 6, 4}), sample({6, 2, 2}), Arg(), Dims{2, 2, 4}, Dims{1}, Dims{0, 1},
                   Dims{1}, 1}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, Dims, Dims, Dims, Dims, std::int64_t)> convolution_weight{
    {
        .signature =
            "convolution_weight(Tensor input, Tensor other, int[] weight_size, int[] stride, "
            "int[] padding, "
            "int[] dilation, int groups)",
        .doc =
            R"(The gradient of a convolution with respect to its weight, from that of its result.)",
        .forward =
            [](const Tensor& g, const Tensor& x, const Dims& size, const Dims& stride,
               const Dims& padding, const Dims& dilation, std::int64_t groups) {
              const auto s = conv_shape(x.shape(), size, stride, padding, dilation, groups);
              check_gradient(g, x, s, x.rank() - 2);
              const DType type = compute_dtype(g.dtype());
              const Tensor gradient = dense(converted(g, type)), input = dense(converted(x, type));
              Tensor out = Tensor::empty(size, type);
              if (out.count() > 0)
                kernel_table().convolution[real_index(type)].weight_gradient(
                    s, gradient.address(), input.address(), out.address());
              return laid_out_like(converted(out, g.dtype()), {&g, &x});
            },
        .derivative =
            Multilinear{[](const Call&, const Tensor& g, const Tensor&, const Tensor& x,
                           const Dims&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution(x, g, Tensor(), stride, padding, dilation, groups);
                        },
                        [](const Call&, const Tensor& g, const Tensor& gradient, const Tensor& x,
                           const Dims&, const Dims& stride, const Dims& padding,
                           const Dims& dilation, std::int64_t groups) -> Tensor {
                          return convolution_input(gradient, g, Tensor(), x.shape(), stride,
                                                   padding, dilation, groups);
                        }},
        .saves = saves_inputs,
        .traits = is_hidden,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 6, 3, 2}), sample({2, 4, 5, 4}), Dims{6, 2, 3, 2}, Dims{2, 1},
                   Dims{1, 0}, Dims{1, 2}, 2}};
        },
    }};

Family conv_family() {
  return {&conv1d,
          &conv2d,
          &conv3d,
          &conv1d_named,
          &conv2d_named,
          &conv3d_named,
          &convolution,
          &convolution_input,
          &convolution_weight};
}

}  // namespace topograd
