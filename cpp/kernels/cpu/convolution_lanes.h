#pragma once

// The correlation of convolution_correlate.h for a number of rows that fills one or two vectors:
// output channels are the lanes, and every element of the image is multiplied where it lies. With
// so few rows, packing a panel of positions would cost a good part of the products themselves. The
// depth is in the order (row of the kernel, channel, tap in the row), so that rows which lie in the
// padding can be left out.

#include "kernels/cpu/convolution_correlate.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Positions of one line that are summed together.
inline constexpr index most_lane_positions = tile_rows == 12 ? 12 : 6;
/// Shorter lines have too few sums to hide the latency of adding.
inline constexpr index shortest_lane_line = 5;

/// Lanes for `rows` output channels; 0 where another way is better.
template <class E>
index lane_width(index rows, index line) {
  constexpr index lanes = overrun<E>;
  if (rows <= most_direct_rows || line < shortest_lane_line) return 0;
  if (2 * rows <= lanes || rows > 2 * lanes) return 0;
  return rows <= lanes ? lanes : 2 * lanes;
}

/// The order of the depth: how many taps of a channel share a row of the image.
struct LaneOrder {
  index channels, taps, row_taps;

  /// Finds the rows among the first channel's offsets; row_at gets (z, y) of each.
  LaneOrder(const Layout& layout, const index* offsets, index depth, index source_channels,
            index* row_at)
      : channels(source_channels), taps(depth / greatest<index>(1, source_channels)), row_taps(0) {
    index rows = 0;
    for (index t = 0; t < taps; ++t) {
      const index z = offsets[t] / layout.plane, y = offsets[t] % layout.plane / layout.row;
      if (rows > 0 && row_at[2 * rows - 2] == z && row_at[2 * rows - 1] == y) continue;
      row_at[2 * rows] = z;
      row_at[2 * rows + 1] = y;
      ++rows;
    }
    row_taps = rows == 0 ? 0 : taps / rows;
  }
  index rows() const { return row_taps == 0 ? 0 : taps / row_taps; }
  /// Where the i-th of the depth is in the order (channel, tap).
  index source(index i) const {
    const index row = i / (channels * row_taps), channel = i / row_taps % channels;
    return channel * taps + row * row_taps + i % row_taps;
  }
};

/// (rows, depth) of each group as (depth, lanes) in the order of the lanes, with zeros behind the
/// rows. room: for one group.
template <class E>
void spread_weights(const E* weight, index groups, index rows, const LaneOrder& order, index lanes,
                    E* room, E* out) {
  const index depth = order.channels * order.taps;
  for (index group = 0; group < groups; ++group, out += depth * lanes) {
    pack_panel<E, E>(weight + group * rows * depth, depth, 1, rows, depth, room, lanes);
    for (index i = 0; i < depth; ++i)
      copy_row(room + order.source(i) * lanes, lanes, out + i * lanes);
  }
}

/// Offsets in the order (channel, tap) to the order of the lanes.
inline void order_offsets(const LaneOrder& order, const index* offsets, index* out) {
  for (index i = 0; i < order.channels * order.taps; ++i) out[i] = offsets[order.source(i)];
}

/// f(begin, end) for the parts of the depth [first, last) that meet rows of the image, from a line
/// of the output.
template <class E, class F>
void each_met(const Correlation<E>& call, index line, index first, index last, F f) {
  const index z = line / call.out[1] * (call.step[0] / call.layout.plane) - call.layout.low[0];
  const index y = line % call.out[1] * (call.step[1] / call.layout.row) - call.layout.low[1];
  const index length = call.tap_rows == 0 ? 1 : call.depth / call.tap_rows;
  index begin = first, end = first;
  for (index row = first / length; row < call.tap_rows && row * length < last; ++row) {
    const index at_z = z + call.row_at[2 * row], at_y = y + call.row_at[2 * row + 1];
    if (at_z < 0 || at_z >= call.extent[0] || at_y < 0 || at_y >= call.extent[1]) continue;
    const index from = greatest(first, row * length);
    if (from != end) {
      if (begin < end) f(begin, end);
      begin = from;
    }
    end = least(last, (row + 1) * length);
  }
  if (begin < end) f(begin, end);
}

/// sums[i] += Σ_q image[i + offsets[q]] * weights[q], vectors of channels, for `count` positions i.
template <class E, int vectors, int count>
void lane_tile(const E* image, const index* offsets, const E* weights, index depth, E* sums) {
  using V = typename VectorOf<E, vector_bytes>::type;
  constexpr index lanes = overrun<E>;
  V sum[count][vectors];
#pragma GCC unroll 12
  for (int i = 0; i < count; ++i) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) sum[i][j] = load_bits<V>(sums + (i * vectors + j) * lanes);
  }
  for (index q = 0; q < depth; ++q) {
    const E* in = image + offsets[q];
    V right[vectors];
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) right[j] = load_bits<V>(weights + j * lanes);
    weights += vectors * lanes;
#pragma GCC unroll 12
    for (int i = 0; i < count; ++i) {
      const V left = in[i] - V{};
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
    }
  }
  std::memcpy(sums, sum, sizeof sum);
}

template <class E>
using LaneTile = void (*)(const E*, const index*, const E*, index, E*);

template <class E, int vectors>
LaneTile<E> lane_tile_of(index count) {
  switch (count) {
    case 2: return &lane_tile<E, vectors, 2>;
    case 4: return &lane_tile<E, vectors, 4>;
    case 6: return &lane_tile<E, vectors, 6>;
  }
  if constexpr (most_lane_positions == 12) {
    if (count == 8) return &lane_tile<E, vectors, 8>;
    if (count == 10) return &lane_tile<E, vectors, 10>;
  }
  return &lane_tile<E, vectors, most_lane_positions>;
}

/// How a line is cut into tiles: `count` positions in each, an even number, the last one up to one
/// position too many.
struct LaneCut {
  index line, count;

  explicit LaneCut(index length) : line(length) {
    const index tiles = ceil_div(length, most_lane_positions);
    count = ceil_div(ceil_div(length, tiles), 2) * 2;
  }
  index whole() const { return ceil_div(line, 2) * 2; }  ///< positions that are summed
};

/// Lines [first, last) of one group of one image.
template <class E>
void correlate_lane_lines(const Correlation<E>& call, const E* image, index group, E* target,
                          index first, index last) {
  const index width = call.lanes, line = call.out[2];
  const LaneCut cut(line);
  const index line_sums = cut.whole() * width;
  E* const sums = scratch<E>(scratch_staging, (last - first) * line_sums);
  alignas(64) E bias[2 * overrun<E>] = {};
  for (index r = 0; r < call.rows && call.bias != nullptr; ++r) {
    bias[r] = call.bias[group * call.rows + r];
  }
  const auto tile = width == overrun<E> ? &lane_tile_of<E, 1> : &lane_tile_of<E, 2>;
  // Sums begin with the bias.
  for (index i = 0; i < (last - first) * cut.whole(); ++i) {
    for (index r = 0; r < width; ++r) sums[i * width + r] = bias[r];
  }
  for (index p = 0; p < call.depth; p += call.pass) {
    for (index l = first; l < last; ++l) {
      const E* in = image + call.base(l * line);
      each_met(call, l, p, least(call.depth, p + call.pass), [&](index begin, index end) {
        const E* weights = call.weights + (group * call.depth + begin) * width;
        for (index x = 0; x < line; x += cut.count) {
          E* to = sums + (l - first) * line_sums + x * width;
          tile(least(cut.count, cut.whole() - x))(in + x, call.offsets + begin, weights,
                                                  end - begin, to);
        }
      });
    }
  }
  for (index l = first; l < last; ++l) {
    const E* from = sums + (l - first) * line_sums;
    E* to = target + call.place(l * line);
    if (call.target_step[2] == 1) {
      transpose_panel(from, width, line, call.rows, to, call.target_channel);
      continue;
    }
    for (index r = 0; r < call.rows; ++r) {
      E* row = to + r * call.target_channel;
      for (index x = 0; x < line; ++x) row[x * call.target_step[2]] = from[x * width + r];
    }
  }
}

/// correlate_packed for a number of rows that fills the lanes.
template <class E>
void correlate_lanes(const Correlation<E>& call, const E* images, index first, index count) {
  constexpr index block_positions = 64;
  const index lines = call.out[0] * call.out[1];
  const index work = call.rows * call.out[2] * (call.depth + 1);
  const index most = greatest<index>(1, block_positions / call.out[2]);
  parallel(count * call.groups * lines, grain_work / 2 / work + 1, [&](index i, index end) {
    while (i < end) {
      const index channels = i / lines, line = i % lines;  // channels: (image, group)
      const index last = least(least(lines, line + most), line + end - i);
      correlate_lane_lines(
          call, images + channels * call.source_channels * call.layout.channel,
          channels % call.groups,
          call.target + (first * call.groups + channels) * call.rows * call.target_channel, line,
          last);
      i += last - line;
    }
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
