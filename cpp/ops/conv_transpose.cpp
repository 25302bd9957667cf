// Transposed convolution over one to three spatial dims, and convolution of sequences (T, B, C).

#include "ops/convolution.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// The settings of a transposed convolution, a number for every dim, checked.
struct Transposed {
  Dims stride, padding, output_padding, dilation;

  Transposed(const Dims& given_stride, const Dims& given_padding, const Dims& given_output_padding,
             const Dims& given_dilation, int spatial, const char* op)
      : stride(spread_to(given_stride, spatial, "stride", op)),
        padding(spread_to(given_padding, spatial, "padding", op)),
        output_padding(spread_to(given_output_padding, spatial, "output_padding", op)),
        dilation(spread_to(given_dilation, spatial, "dilation", op)) {
    constexpr index limit = index{1} << 30;
    for (int d = 0; d < spatial; ++d) {
      expect<ValueError>(stride[d] > 0 && dilation[d] > 0 && padding[d] >= 0 && stride[d] < limit &&
                             dilation[d] < limit && padding[d] < limit,
                         "{}: stride and dilation must be positive and padding not negative, got "
                         "{}, {}, {}",
                         op, stride, dilation, padding);
      expect<ValueError>(
          output_padding[d] >= 0 && output_padding[d] < std::max(stride[d], dilation[d]),
          "{}: output_padding must be smaller than stride or dilation, got output_padding {}, "
          "stride {}, dilation {}",
          op, output_padding, stride, dilation);
    }
  }

  /// Whether elements are added that no window of a convolution over the result would reach.
  bool reaches_beyond() const {
    for (int d = 0; d < stride.size(); ++d)
      if (output_padding[d] >= stride[d]) return true;
    return false;
  }

  /// Shape of the result for a batch x, cut by the padding or whole.
  Dims size(const Tensor& x, const Tensor& weight, index channels, bool cut, const char* op) const {
    Dims size{x.shape()[0], channels};
    for (int d = 0; d < stride.size(); ++d) {
      const index in = x.shape()[2 + d], kernel = weight.shape()[2 + d];
      constexpr index most = index{1} << 31;
      expect<ShapeError>(in > 0 && in < most && kernel > 0 && kernel < most,
                         "{}: expects an input and a kernel without empty dims, got {} and {}", op,
                         x.shape(), weight.shape());
      const index whole = (in - 1) * stride[d] + dilation[d] * (kernel - 1) + 1;
      size.push_back(cut ? whole - 2 * padding[d] + output_padding[d] : whole);
      expect<ShapeError>(
          size[2 + d] > 0,
          "{}: nothing is left of the result: input {}, weight {}, stride {}, padding {}", op,
          x.shape(), weight.shape(), stride, padding);
    }
    return size;
  }

  /// What `pad` has to do to the whole result.
  Dims cuts() const {
    Dims amounts;
    for (int d = stride.size() - 1; d >= 0; --d) {
      amounts.push_back(-padding[d]);
      amounts.push_back(output_padding[d] - padding[d]);
    }
    return amounts;
  }
};

/// F.conv_transpose1d and so on: the gradient of a convolution with respect to its input.
Tensor transposed_of_rank(const Tensor& x, const Tensor& weight, const Tensor& bias,
                          const Dims& stride, const Dims& padding, const Dims& output_padding,
                          index groups, const Dims& dilation, int spatial, const char* op) {
  const Transposed settings(stride, padding, output_padding, dilation, spatial, op);
  return convolved(
      x, weight, bias, spatial, op,
      [&](const Tensor& batch, const Tensor& kernel, const Tensor& shift) -> Tensor {
        index channels;
        expect<ShapeError>(kernel.rank() == spatial + 2,
                           "{}: expects a weight with {} dims, got {}", op, spatial + 2,
                           kernel.shape());
        expect<ValueError>(groups > 0, "{}: groups must be positive, got {}", op, groups);
        expect<ShapeError>(batch.shape()[1] == kernel.shape()[0] &&
                               kernel.shape()[0] % groups == 0 &&
                               !__builtin_mul_overflow(kernel.shape()[1], groups, &channels),
                           "{}: channels do not fit: input {}, weight {}, groups {}", op, x.shape(),
                           kernel.shape(), groups);
        if (!settings.reaches_beyond())
          return convolution_input(batch, kernel, shift,
                                   settings.size(batch, kernel, channels, true, op),
                                   settings.stride, settings.padding, settings.dilation, groups);
        settings.size(batch, kernel, channels, true, op);  // checks
        const Tensor whole = convolution_input(batch, kernel, Tensor(),
                                               settings.size(batch, kernel, channels, false, op),
                                               settings.stride, Dims{0}, settings.dilation, groups);
        const Tensor out = pad(whole, settings.cuts(), "constant", std::nullopt);
        return shift.defined() ? out + reshape(shift, per_channel(out.rank())) : out;
      });
}

std::vector<Sample> transposed_samples(int spatial) {
  Dims input{2, 4}, weight{4, 3}, unbatched{3}, dense_weight{3, 2};
  for (int d = 0; d < spatial; ++d) {
    input.push_back(3 - d % 2);
    weight.push_back(2 + d % 2);
    unbatched.push_back(3);
    dense_weight.push_back(2);
  }
  return {{sample(input), sample(weight), sample({6}), Dims{2}, Dims{1}, Dims{1}, 2, Dims{1}},
          {sample(unbatched), sample(dense_weight), Arg(), Dims{1}, Dims{0}, Dims{0}, 1, Dims{2}},
          {sample(unbatched), sample(dense_weight), sample({2}), Dims{1}, Dims{1}, Dims{1}, 1,
           Dims{2}}};
}

}  // namespace

#define TOPOGRAD_CONV_TRANSPOSE(N, SPACE, SIZES, EXAMPLE)                                          \
  constinit const Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, std::int64_t, Dims)>         \
      conv_transpose##N##d{{                                                                       \
          .signature = "conv_transpose" #N                                                         \
                       "d(Tensor input, Tensor weight, Tensor? bias=None, int[] stride=1, int[] "  \
                       "padding=0, int[] output_padding=0, int groups=1, int[] dilation=1)",       \
          .doc =                                                                                   \
              "Transposed convolution over " SPACE ": the gradient of conv" #N "d.\n\n"            \
              "Every element of input is multiplied with the kernel, and the products are\n"       \
              "added where the kernel lies, stride apart.\n"                                       \
              "input: (N, C, " SIZES ") or (C, " SIZES "), any dtype but bool. weight:\n"          \
              "(C, K / groups, *kernel), bias: (K,), default None; of the same dtype.\n"           \
              "Returns (N, K, *) or (K, *) with the sizes\n"                                       \
              "(size - 1) * stride - 2 * padding + dilation * (kernel - 1) + output_padding + "    \
              "1.\n"                                                                               \
              "stride (default 1), padding (what is cut off at both ends, 0), output_padding\n"    \
              "(what is added at one end; smaller than stride or dilation, 0) and dilation (1):\n" \
              "a number or one per dim. groups (1): the channels are divided into so many\n"       \
              "groups, each with kernels of its own.\n"                                            \
              "Raises ShapeError when channels or sizes do not fit, ValueError for a number out\n" \
              "of range, RuntimeError for different or bool dtypes. Sums of integers are exact\n"  \
              "up to 2 ** 53.\n\n" EXAMPLE,                                                        \
          .forward =                                                                               \
              [](const Tensor& x, const Tensor& weight, const Tensor& bias, const Dims& stride,    \
                 const Dims& padding, const Dims& output_padding, std::int64_t groups,             \
                 const Dims& dilation) {                                                           \
                return transposed_of_rank(x, weight, bias, stride, padding, output_padding,        \
                                          groups, dilation, N, "conv_transpose" #N "d");           \
              },                                                                                   \
          .traits = is_functional,                                                                 \
          .samples = [] { return transposed_samples(N); },                                         \
      }};
TOPOGRAD_CONV_TRANSPOSE(
    1, "one spatial dim", "L",
    R"(>>> F.conv_transpose1d(tg.tensor([[1.0, 2.0]]), tg.tensor([[[1.0, 10.0]]]))
tensor([[ 1., 12., 20.]])
>>> F.conv_transpose1d(tg.tensor([[1.0, 2.0]]), tg.tensor([[[1.0, 10.0]]]), stride=2)
tensor([[ 1., 10.,  2., 20.]])
)")
TOPOGRAD_CONV_TRANSPOSE(2, "two spatial dims", "H, W",
                        R"(>>> x, weight = tg.zeros(1, 16, 4, 4), tg.zeros(16, 3, 3, 3)
>>> F.conv_transpose2d(x, weight, stride=2, padding=1, output_padding=1).shape
topograd.Size([1, 3, 8, 8])
)")
TOPOGRAD_CONV_TRANSPOSE(3, "three spatial dims", "D, H, W",
                        R"(>>> x, weight = tg.zeros(1, 4, 2, 2, 2), tg.zeros(4, 3, 3, 3, 3)
>>> F.conv_transpose3d(x, weight, groups=2).shape
topograd.Size([1, 6, 4, 4, 4])
)")
#undef TOPOGRAD_CONV_TRANSPOSE

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::int64_t)> conv_tbc{{
    .signature = "conv_tbc(Tensor input, Tensor weight, Tensor bias, int pad=0)",
    .doc = R"(Convolution of sequences whose first dim is time.

input: (T, B, C), any dtype but bool. weight: (kernel, C, K), bias: (K,), of the same
dtype. pad: zeros at both ends, default 0. Returns (T + 2 * pad - kernel + 1, B, K).
Raises ShapeError when channels or sizes do not fit.

>>> F.conv_tbc(tg.zeros(7, 2, 3), tg.zeros(3, 3, 5), tg.zeros(5), 1).shape
topograd.Size([7, 2, 5])
)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t amount) {
          expect<ShapeError>(x.rank() == 3 && weight.rank() == 3 && bias.rank() == 1,
                             "conv_tbc: expects input (T, B, C), weight (kernel, C, K) and bias "
                             "(K,), got {}, {} and {}",
                             x.shape(), weight.shape(), bias.shape());
          const Tensor out = conv1d(permute(x, Dims{1, 2, 0}), permute(weight, Dims{2, 1, 0}), bias,
                                    Dims{1}, Dims{amount}, Dims{1}, 1);
          return permute(out, Dims{2, 0, 1});
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({5, 2, 3}), sample({2, 3, 4}), sample({4}), 1},
              {sample({4, 1, 2}), sample({3, 2, 2}), sample({2}), 0}};
    },
}};

Family conv_transpose_family() {
  return {&conv_transpose1d, &conv_transpose2d, &conv_transpose3d, &conv_tbc};
}

}  // namespace topograd
