#pragma once

// gradient[channel, q] += Σ_position cotangent[channel, position] * image[base(position) +
// offset[q]]. The cotangent is transposed once, to vectors of channels; the image is read in place,
// element by element.

#include "kernels/cpu/convolution_layout.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Rows (offsets) of a register tile: each needs a pointer of its own.
inline constexpr int gradient_rows = tile_rows < 8 ? tile_rows : 8;

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
  const E* source;      ///< images in the layout
  const E* transposed;  ///< cotangents (group, panel, image, position, tile_columns)
  E* gradient;

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

/// sum[i][channel] over the runs, for `rows` offsets and one vector or two of channels.
template <class E, int bytes, int vectors, int rows>
void gradient_tile(const E* source, const index* offsets, const Run* runs, index count,
                   const E* cotangent, E* out) {
  using V = typename VectorOf<E, bytes>::type;
  constexpr index lanes = bytes / static_cast<index>(sizeof(E));
  V sum[rows][vectors];
#pragma GCC unroll 8
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) sum[i][j] = V{};
  }
  for (index r = 0; r < count; ++r) {
    const E* in[rows];
#pragma GCC unroll 8
    for (int i = 0; i < rows; ++i) in[i] = source + offsets[i] + runs[r].base;
    for (index x = 0; x < runs[r].length; ++x) {
      V right[vectors];
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) right[j] = load_bits<V>(cotangent + j * lanes);
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
        const V left = in[i][x] - V{};
#pragma GCC unroll 2
        for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
      }
      cotangent += vectors * lanes;
    }
  }
  std::memcpy(out, sum, sizeof sum);
}

template <class E, int rows>
void gradient_tile_of(index width, const E* source, const index* offsets, const Run* runs,
                      index count, const E* cotangent, E* out) {
  constexpr index full = tile_columns<E>;
  constexpr int bytes = vector_bytes;
  auto tile = &gradient_tile<E, bytes, 2, rows>;
  if (width == full / 2) tile = &gradient_tile<E, bytes, 1, rows>;
  if constexpr (bytes >= 32) {
    if (width == full / 4) tile = &gradient_tile<E, bytes / 2, 1, rows>;
  }
  if constexpr (bytes >= 64) {
    if (width == full / 8) tile = &gradient_tile<E, bytes / 4, 1, rows>;
  }
  tile(source, offsets, runs, count, cotangent, out);
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
  alignas(64) E sum[gradient_rows * tile_columns<E>];
  for (index q = first; q < last; q += gradient_rows) {
    const index rows = least<index>(gradient_rows, last - q);
    index offsets[gradient_rows];
    // A tile without enough rows repeats the last one.
    for (index i = 0; i < gradient_rows; ++i) offsets[i] = call.offsets[q + least(i, rows - 1)];
    const auto tile = rows > 4 ? &gradient_tile_of<E, gradient_rows> : &gradient_tile_of<E, 4>;
    tile(width, source, offsets, runs, count, cotangent, sum);
    for (index c = 0; c < channels; ++c) {
      for (index i = 0; i < rows; ++i) gradient[c * call.depth + q + i] += sum[i * width + c];
    }
  }
}

/// Threads take columns of the gradient; each adds up all positions of the chunk in order.
template <class E>
void add_weight_gradient(const WeightGradient<E>& call) {
  const index panels = ceil_div(call.rows, tile_columns<E>);
  const index tiles = ceil_div(call.depth, gradient_rows);
  const index total = call.images * call.positions();
  const index work = gradient_rows * tile_columns<E> * (total + 1);
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
        add_runs(call, item / panels, item % panels, runs, count, cotangent, first * gradient_rows,
                 least(call.depth, last * gradient_rows));
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
