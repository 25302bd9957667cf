// Channels into pixels and back, and channels in another order.

#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

/// The sizes in front of the last three dims, then these.
Dims with_last(const Tensor& x, int kept, std::initializer_list<index> last) {
  Dims shape(x.shape().begin(), x.shape().begin() + kept);
  for (index n : last) shape.push_back(n);
  return shape;
}

/// x seen as (…, sizes), its last dims in another order, joined to (…, joined).
Tensor rearranged(const Tensor& x, std::initializer_list<index> sizes,
                  std::initializer_list<int> order, std::initializer_list<index> joined) {
  const int kept = x.rank() - 3;
  Dims dims;
  for (int d = 0; d < kept; ++d) dims.push_back(d);
  for (int d : order) dims.push_back(kept + d);
  const Tensor apart = permute(reshape(x, with_last(x, kept, sizes)), dims);
  return in_format_of(reshape(apart, with_last(x, kept, joined)), x);
}

Tensor shuffled(const Tensor& x, std::int64_t groups) {
  expect<ShapeError>(x.rank() >= 3, "channel_shuffle: expects (*, C, H, W), got shape {}",
                     x.shape());
  const index channels = x.shape()[1];
  expect<ValueError>(groups > 0 && channels % groups == 0,
                     "channel_shuffle: {} groups must divide the {} channels of shape {}", groups,
                     channels, x.shape());
  Dims apart{x.shape()[0], groups, channels / groups};
  for (int d = 2; d < x.rank(); ++d) apart.push_back(x.shape()[d]);
  return apart_from(x, in_format_of(reshape(transpose(reshape(x, apart), 1, 2), x.shape()), x));
}

std::vector<Sample> channel_samples() {
  return {{sample({2, 6, 2, 3}), 3}, {sample({1, 4, 3}), 2}};
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t)> pixel_shuffle{{
    .signature = "pixel_shuffle(Tensor input, int upscale_factor)",
    .doc = R"(Channels turned into pixels: (*, C * r * r, H, W) to (*, C, H * r, W * r).

out[..., c, h * r + i, w * r + j] = input[..., c * r * r + i * r + j, h, w] with
r = upscale_factor. Any dtype; channels_last stays. Raises ShapeError for fewer than three dims or
channels that r * r does not divide, ValueError for r < 1. Source: Shi and others, 2016.

>>> tg.pixel_shuffle(tg.arange(4.0).view(4, 1, 1), 2)
tensor([[[0., 1.],
         [2., 3.]]])
)",
    .forward =
        [](const Tensor& x, std::int64_t r) {
          expect<ShapeError>(x.rank() >= 3, "pixel_shuffle: expects (*, C, H, W), got shape {}",
                             x.shape());
          expect<ValueError>(r > 0 && r < (index{1} << 30),
                             "pixel_shuffle: upscale_factor must be positive, got {}", r);
          const index c = x.shape().at(-3), h = x.shape().at(-2), w = x.shape().at(-1);
          expect<ShapeError>(c % (r * r) == 0,
                             "pixel_shuffle: {} channels of shape {} are no multiple of {} squared",
                             c, x.shape(), r);
          const index n = c / (r * r);
          return apart_from(x, rearranged(x, {n, r, r, h, w}, {0, 3, 1, 4, 2}, {n, h * r, w * r}));
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 8, 2, 3}), 2}, {sample({9, 1, 2}), 3}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> pixel_unshuffle{{
    .signature = "pixel_unshuffle(Tensor input, int downscale_factor)",
    .doc = R"(Pixels turned into channels: (*, C, H * r, W * r) to (*, C * r * r, H, W).

The inverse of pixel_shuffle, with r = downscale_factor. input: any dtype; channels_last stays.
Raises ShapeError for fewer than three dims or sizes that r does not divide, ValueError for r < 1.

>>> tg.pixel_unshuffle(tg.arange(4.0).view(1, 2, 2), 2).flatten()
tensor([0., 1., 2., 3.])
)",
    .forward =
        [](const Tensor& x, std::int64_t r) {
          expect<ShapeError>(x.rank() >= 3, "pixel_unshuffle: expects (*, C, H, W), got shape {}",
                             x.shape());
          expect<ValueError>(r > 0 && r < (index{1} << 30),
                             "pixel_unshuffle: downscale_factor must be positive, got {}", r);
          const index n = x.shape().at(-3), h = x.shape().at(-2), w = x.shape().at(-1);
          expect<ShapeError>(h % r == 0 && w % r == 0,
                             "pixel_unshuffle: {} does not divide the last sizes of shape {}", r,
                             x.shape());
          return apart_from(x, rearranged(x, {n, h / r, r, w / r, r}, {0, 2, 4, 1, 3},
                                          {n * r * r, h / r, w / r}));
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 4, 6}), 2}, {sample({1, 3, 3}), 3}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> channel_shuffle{{
    .signature = "channel_shuffle(Tensor input, int groups)",
    .doc = R"(Channels dealt out anew: those of each group in turn, one from every group.

out[:, i * groups + g] = input[:, g * (C / groups) + i]. input: (N, C, *), at least three dims, any
dtype; channels_last stays. Raises ValueError if groups does not divide C, ShapeError for fewer
dims. Source: Zhang and others, 2018.

>>> tg.channel_shuffle(tg.arange(4.0).view(1, 4, 1, 1), 2).flatten()
tensor([0., 2., 1., 3.])
)",
    .forward = [](const Tensor& x, std::int64_t groups) { return shuffled(x, groups); },
    .traits = function_only,
    .samples = channel_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t)> native_channel_shuffle{{
    .signature = "native_channel_shuffle(Tensor input, int groups)",
    .doc = R"(channel_shuffle(input, groups), under another name of PyTorch's.

>>> tg.native_channel_shuffle(tg.arange(4.0).view(1, 4, 1, 1), 2).flatten()
tensor([0., 2., 1., 3.])
)",
    .forward = [](const Tensor& x, std::int64_t groups) { return shuffled(x, groups); },
    .traits = function_only,
    .samples = channel_samples,
}};

Family shuffling_family() {
  return {&pixel_shuffle, &pixel_unshuffle, &channel_shuffle, &native_channel_shuffle};
}

}  // namespace topograd
