#pragma once

// Convolutions read a copy of the image in which padding is there as zeros and columns a stride
// apart are neighbours. In it every kernel tap is a constant offset, so that a row of output
// positions is a plain contiguous load.

#include "kernels/cpu/gemm_kernel.h"
#include "kernels/cpu/gemm_pack.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Slots of scratch_memory; those of the matrix product are others.
inline constexpr int scratch_images = 0;
inline constexpr int scratch_weights = 1;
inline constexpr int scratch_offsets = 2;
inline constexpr int scratch_panel = 3;
inline constexpr int scratch_staging = 4;
inline constexpr int scratch_phases =
    scratch_accumulators;  // of a product, which does not run then

/// Bytes of image copies made before they are used.
inline constexpr index chunk_bytes = index{1} << 19;

/// Elements that a vector may read or write behind the end of a row; buffers have this much room.
template <class E>
inline constexpr index overrun = vector_bytes / static_cast<index>(sizeof(E));

inline index product_of(const index (&sizes)[3]) { return sizes[0] * sizes[1] * sizes[2]; }

/// Where the elements of one channel lie.
struct Layout {
  index low[3];   ///< zeros in front
  index size[3];  ///< with the zeros in front and behind
  index phases;   ///< column x lies in phase x % phases at x / phases
  index phase, row, plane, channel;

  index place(index z, index y, index x) const {
    return z * plane + y * row + x % phases * phase + x / phases;
  }
};

inline Layout layout_of(const index (&low)[3], const index (&size)[3], index phases) {
  Layout layout;
  for (int d = 0; d < 3; ++d) {
    layout.low[d] = low[d];
    layout.size[d] = size[d];
  }
  layout.phases = phases;
  layout.phase = ceil_div(size[2], phases);
  layout.row = phases * layout.phase;
  layout.plane = size[1] * layout.row;
  layout.channel = size[0] * layout.plane;
  return layout;
}

/// Copies a row in whole vectors where it can: a call of memcpy would cost more than a short row
/// itself.
template <class E>
void copy_row(const E* from, index count, E* to) {
  constexpr index lanes = vector_bytes / static_cast<index>(sizeof(E));
  if (count < lanes) {
    for (index x = 0; x < count; ++x) to[x] = from[x];
    return;
  }
  for (index x = 0; x < count; x += lanes) {
    const index at = least(x, count - lanes);  // the last vector overlaps
    std::memcpy(to + at, from + at, lanes * sizeof(E));
  }
}

/// A row of the image into its padded row.
template <class E>
void pad_row(const E* from, index count, const Layout& layout, E* to) {
  if (layout.phases == 1) {
    const index low = least(layout.low[2], layout.size[2]);
    for (index x = 0; x < low; ++x) to[x] = E{0};
    copy_row(from, count, to + low);
    for (index x = low + count; x < layout.size[2]; ++x) to[x] = E{0};
    return;
  }
  std::memset(to, 0, static_cast<std::size_t>(layout.row) * sizeof(E));
  if (count == 0) return;
  for (index phase = 0; phase < layout.phases; ++phase) {
    // The first padded column of this phase that is not padding.
    const index first = ceil_div(greatest<index>(0, layout.low[2] - phase), layout.phases);
    const index column = first * layout.phases + phase - layout.low[2];
    E* row = to + phase * layout.phase + first;
    for (index x = column; x < count; x += layout.phases) *row++ = from[x];
  }
}

/// One channel of an image into its layout; what lies behind the layout's size is left out.
template <class E>
void copy_channel(const E* in, const index (&extent)[3], const Layout& layout, E* out) {
  const index width = greatest<index>(0, least(extent[2], layout.size[2] - layout.low[2]));
  for (index z = 0; z < layout.size[0]; ++z) {
    for (index y = 0; y < layout.size[1]; ++y) {
      const index at_z = z - layout.low[0], at_y = y - layout.low[1];
      const bool inside = at_z >= 0 && at_z < extent[0] && at_y >= 0 && at_y < extent[1];
      E* to = out + z * layout.plane + y * layout.row;
      if (inside) {
        pad_row(in + (at_z * extent[1] + at_y) * extent[2], width, layout, to);
      } else {
        std::memset(to, 0, static_cast<std::size_t>(layout.row) * sizeof(E));
      }
    }
  }
}

/// `channels` successive channels, threaded.
template <class E>
void copy_channels(const E* in, const index (&extent)[3], const Layout& layout, index channels,
                   E* out) {
  parallel(channels, (1 << 14) / (layout.channel + 1) + 1, [&](index begin, index end) {
    for (index c = begin; c < end; ++c) {
      copy_channel(in + c * product_of(extent), extent, layout, out + c * layout.channel);
    }
  });
}

/// Images copied at a time, by the elements of one copy.
template <class E>
index images_per_chunk(index batch, index elements) {
  const index bytes = elements * static_cast<index>(sizeof(E));
  return least(batch, greatest<index>(1, chunk_bytes / (bytes + 1)));
}

/// Whether one image is small enough for scratch of every thread.
template <class E>
bool fits_thread(index elements) {
  return elements * static_cast<index>(sizeof(E)) <= 4 * chunk_bytes;
}

/// What a convolution reads of its input: stride, padding and dilation are all in the layout and
/// the offsets.
inline Layout input_layout(const ConvShape& shape) {
  index size[3];
  for (int d = 0; d < 3; ++d) {
    size[d] = (shape.out[d] - 1) * shape.stride[d] + (shape.kernel[d] - 1) * shape.dilation[d] + 1;
  }
  return layout_of(shape.padding, size, shape.stride[2]);
}

/// offsets[(channel, tap)] of a group's channels in the input layout.
inline void input_offsets(const ConvShape& shape, const Layout& layout, index* offsets) {
  for (index c = 0; c < shape.in_per_group; ++c) {
    for (index z = 0; z < shape.kernel[0]; ++z) {
      for (index y = 0; y < shape.kernel[1]; ++y) {
        for (index x = 0; x < shape.kernel[2]; ++x) {
          *offsets++ =
              c * layout.channel +
              layout.place(z * shape.dilation[0], y * shape.dilation[1], x * shape.dilation[2]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
