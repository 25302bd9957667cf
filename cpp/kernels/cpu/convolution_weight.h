#pragma once

// gradient[channel, q] += Σ_position cotangent[channel, position] * image[base(position) +
// offset[q]]. The cotangent is transposed once, to vectors of channels; the image is read in place,
// element by element.

#include "kernels/cpu/convolution_layout.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Rows (offsets) of a register tile: each needs a pointer of its own, but for three neighbours, as
/// in a kernel of that width, which share one.
inline constexpr int pointer_rows = tile_rows < 8 ? tile_rows : 8;
inline constexpr int shared_taps = 3;
inline constexpr int shared_rows = tile_rows / shared_taps * shared_taps;

/// Positions whose transposed cotangents stay in the second-level cache, and the rows they may be
/// cut into.
inline constexpr index most_positions = 2048;
inline constexpr index most_runs = 256;
inline constexpr index longest_run = 1024;

/// Positions that touch in the image.
struct Run {
  index base, length;
};

template <class E>
struct WeightGradient {
  index groups, rows, depth;  ///< gradient is (groups, rows, depth), dense
  index source_channels;      ///< of a group
  index images;               ///< in the chunk
  index image_stride;
  Layout layout;
  index step[2];
  index out[3];
  const index* offsets;
  index taps;           ///< shared_taps where offsets are neighbours by threes, else 1
  const E* source;      ///< images in the layout
  const E* transposed;  ///< cotangents (group, panel, image, position, tile_columns)
  E* gradient;

  index tile_offsets() const { return taps == 1 ? pointer_rows : shared_rows; }
  index positions() const { return product_of(out); }
  index pieces() const { return ceil_div(out[2], longest_run); }  ///< of an output row
  index runs() const { return images * out[0] * out[1] * pieces(); }
  Run run(index i) const {
    const index piece = i % pieces(), row = i / pieces();
    const index y = row % out[1], z = row / out[1] % out[0], image = row / out[1] / out[0];
    return {image * image_stride + z * step[0] + y * step[1] + piece * longest_run,
            least(longest_run, out[2] - piece * longest_run)};
  }
};

/// sum[i][channel] over the runs, for pointers * taps offsets, `taps` of them neighbours, and one
/// vector or two of channels. offsets: those of the pointers.
template <class E, int bytes, int vectors, int pointers, int taps>
void gradient_tile(const E* source, const index* offsets, const Run* runs, index count,
                   const E* cotangent, E* out) {
  using V = typename VectorOf<E, bytes>::type;
  constexpr index lanes = bytes / static_cast<index>(sizeof(E));
  constexpr int rows = pointers * taps;
  V sum[rows][vectors];
#pragma GCC unroll 12
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) sum[i][j] = V{};
  }
  for (index r = 0; r < count; ++r) {
    const E* in[pointers];
#pragma GCC unroll 8
    for (int i = 0; i < pointers; ++i) in[i] = source + offsets[i] + runs[r].base;
    for (index x = 0; x < runs[r].length; ++x) {
      V right[vectors];
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) right[j] = load_bits<V>(cotangent + j * lanes);
#pragma GCC unroll 12
      for (int i = 0; i < rows; ++i) {
        const V left = in[i / taps][x + i % taps] - V{};
#pragma GCC unroll 2
        for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
      }
      cotangent += vectors * lanes;
    }
  }
  std::memcpy(out, sum, sizeof sum);
}

template <class E>
using GradientTile = void (*)(const E*, const index*, const Run*, index, const E*, E*);

template <class E, int pointers, int taps>
GradientTile<E> gradient_tile_of(index width) {
  constexpr index full = tile_columns<E>;
  constexpr int bytes = vector_bytes;
  if constexpr (bytes >= 32) {
    if (width == full / 4) return &gradient_tile<E, bytes / 2, 1, pointers, taps>;
  }
  if constexpr (bytes >= 64) {
    if (width == full / 8) return &gradient_tile<E, bytes / 4, 1, pointers, taps>;
  }
  if (width == full / 2) return &gradient_tile<E, bytes, 1, pointers, taps>;
  return &gradient_tile<E, bytes, 2, pointers, taps>;
}

/// Whether offsets are neighbours by threes.
inline bool shares_pointers(const ConvShape& shape) {
  return shape.kernel[2] == shared_taps && shape.stride[2] == 1 && shape.dilation[2] == 1;
}

/// Adds what some runs contribute to columns [first, last) of one panel of channels.
template <class E>
void add_runs(const WeightGradient<E>& call, index group, index panel, const Run* runs, index count,
              const E* cotangent, index first, index last) {
  const index channel = panel * tile_columns<E>;
  const index channels = least(tile_columns<E>, call.rows - channel);
  const index width = tile_width<E>(channels);
  const E* source = call.source + group * call.source_channels * call.layout.channel;
  E* gradient = call.gradient + (group * call.rows + channel) * call.depth;
  const index taps = call.taps, most = call.tile_offsets();
  alignas(64) E sum[tile_rows * tile_columns<E>];
  for (index q = first; q < last; q += most) {
    const index rows = least(most, last - q);
    index offsets[pointer_rows];
    // A tile without enough rows repeats the last ones.
    for (index i = 0; i < most / taps; ++i) {
      offsets[i] = call.offsets[q + least(i * taps, rows - taps)];
    }
    const auto tile = taps > 1 ? gradient_tile_of<E, shared_rows / shared_taps, shared_taps>(width)
                               : (rows > 4 ? gradient_tile_of<E, pointer_rows, 1>(width)
                                           : gradient_tile_of<E, 4, 1>(width));
    tile(source, offsets, runs, count, cotangent, sum);
    for (index c = 0; c < channels; ++c) {
      for (index i = 0; i < rows; ++i) gradient[c * call.depth + q + i] += sum[i * width + c];
    }
  }
}

/// Threads take columns of the gradient; each adds up all positions of the chunk in order.
template <class E>
void add_weight_gradient(const WeightGradient<E>& call) {
  const index panels = ceil_div(call.rows, tile_columns<E>);
  const index tiles = ceil_div(call.depth, call.tile_offsets());
  const index total = call.images * call.positions();
  const index work = call.tile_offsets() * tile_columns<E> * (total + 1);
  parallel(call.groups * panels * tiles, grain_work / work + 1, [&](index begin, index end) {
    while (begin < end) {
      const index item = begin / tiles, first = begin % tiles;  // item: (group, panel)
      const index last = least(tiles, first + end - begin);
      const index width =
          tile_width<E>(least(tile_columns<E>, call.rows - item % panels * tile_columns<E>));
      const E* cotangent = call.transposed + item * total * tile_columns<E>;
      for (index next = 0; next < call.runs();) {
        Run runs[most_runs];
        index count = 0, positions = 0;
        while (count < most_runs && positions < most_positions && next < call.runs()) {
          runs[count] = call.run(next++);
          positions += runs[count++].length;
        }
        add_runs(call, item / panels, item % panels, runs, count, cotangent,
                 first * call.tile_offsets(), least(call.depth, last * call.tile_offsets()));
        cotangent += positions * width;
      }
      begin += last - first;
    }
  });
}

/// Cotangents of a chunk (image, group, row, position) to `out` (see WeightGradient::transposed);
/// threaded.
template <class E>
void transpose_cotangents(const WeightGradient<E>& call, const E* cotangents, E* out) {
  const index panels = ceil_div(call.rows, tile_columns<E>);
  const index positions = call.positions();
  parallel(
      call.groups * panels * call.images, (1 << 12) / (positions + 1) + 1, [&](index i, index end) {
        for (; i < end; ++i) {
          const index image = i % call.images, item = i / call.images;
          const index group = item / panels, channel = item % panels * tile_columns<E>;
          const index channels = least(tile_columns<E>, call.rows - channel);
          const index width = tile_width<E>(channels);
          const E* in =
              cotangents + ((image * call.groups + group) * call.rows + channel) * positions;
          E* to =
              out + item * call.images * positions * tile_columns<E> + image * positions * width;
          pack_panel<E, E>(in, positions, 1, channels, positions, to, width);
        }
      });
}

/// Σ of products of lines of `width` elements of b with lines of a at several offsets: whole
/// vectors, then small ones, then elements, so that nothing outside is read.
template <class E, int taps>
class LineProducts {
 public:
  void add(const E* a, const index* offsets, const E* b, index width) {
    index i = 0;
    for (; i + lanes_ <= width; i += lanes_) {
      const V right = load_bits<V>(b + i);
#pragma GCC unroll 9
      for (int t = 0; t < taps; ++t) wide_[t] += load_bits<V>(a + offsets[t] + i) * right;
    }
    for (; i + few_ <= width; i += few_) {
      const Small right = load_bits<Small>(b + i);
#pragma GCC unroll 9
      for (int t = 0; t < taps; ++t) small_[t] += load_bits<Small>(a + offsets[t] + i) * right;
    }
    for (; i < width; ++i) {
      for (int t = 0; t < taps; ++t) rest_[t] += a[offsets[t] + i] * b[i];
    }
  }
  E total(int t) const {
    E sum = rest_[t];
    for (index l = 0; l < few_; ++l) sum += small_[t][l];
    for (index l = 0; l < lanes_; ++l) sum += wide_[t][l];
    return sum;
  }

 private:
  using V = typename VectorOf<E, vector_bytes>::type;
  using Small = typename VectorOf<E, 16>::type;
  static constexpr index lanes_ = overrun<E>, few_ = 16 / static_cast<index>(sizeof(E));
  V wide_[taps] = {};
  Small small_[taps] = {};
  E rest_[taps] = {};
};

/// `taps` taps, from `tap` on, of one channel of one image.
template <class E, int taps>
void add_taps(const WeightGradient<E>& call, const E* source, const E* g, index tap, E* gradient) {
  const index width = call.out[2];
  LineProducts<E, taps> products;
  for (index z = 0; z < call.out[0]; ++z) {
    for (index y = 0; y < call.out[1]; ++y) {
      products.add(source + z * call.step[0] + y * call.step[1], call.offsets + tap, g, width);
      g += width;
    }
  }
  for (int t = 0; t < taps; ++t) gradient[tap + t] += products.total(t);
}

/// The same for one input channel per group, without transposing: threads take output channels.
template <class E>
void add_depthwise_gradient(const WeightGradient<E>& call, const E* cotangents) {
  const index channels = call.groups * call.rows;
  const index work = call.images * call.positions() * call.depth + 1;
  parallel(channels, grain_work / 8 / work + 1, [&](index channel, index end) {
    for (; channel < end; ++channel) {
      const E* source = call.source + channel / call.rows * call.layout.channel;
      for (index image = 0; image < call.images; ++image, source += call.image_stride) {
        const E* g = cotangents + (image * channels + channel) * call.positions();
        E* gradient = call.gradient + channel * call.depth;
        index tap = 0;
        for (; tap + 9 <= call.depth; tap += 9) add_taps<E, 9>(call, source, g, tap, gradient);
        for (; tap + 3 <= call.depth; tap += 3) add_taps<E, 3>(call, source, g, tap, gradient);
        for (; tap < call.depth; ++tap) add_taps<E, 1>(call, source, g, tap, gradient);
      }
    }
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
