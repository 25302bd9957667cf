#pragma once

// out[r, position] = Σ_q weight[r, q] * image[base(position) + offset[q]] (+ bias[r]): the forward
// convolution and, one for each phase of the stride, the gradient of its input.

#include "kernels/cpu/convolution_layout.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class E>
struct Correlation {
  index batch, groups;
  index rows, depth;      ///< of a group
  index pass;             ///< depth of one pass over the output
  index source_channels;  ///< of a group
  Layout layout;
  index step[2];    ///< elements of the layout between neighbours in z and in y; in x they touch
  index out[3];     ///< positions
  index lanes;      ///< 0, or the width of a row of weights for correlate_lanes
  index extent[3];  ///< of the image without padding
  index tap_rows;   ///< with lanes: the rows of the image that a position meets per channel
  const index* row_at;  ///< (z, y) of each of them in the layout, from the first position
  const index* offsets;
  /// Of each group (rows, depth), each pass packed by pack_rows; with lanes (depth, lanes).
  const E* weights;
  const E* bias;
  E* target;  ///< the first position of the first channel
  index target_channel, target_step[3];

  index positions() const { return product_of(out); }
  bool dense() const {
    return target_step[2] == 1 && target_step[1] == out[2] && target_step[0] == out[1] * out[2];
  }
  index base(index position) const {
    const index row = position / out[2];
    return row / out[1] * step[0] + row % out[1] * step[1] + position % out[2];
  }
  index place(index position) const {
    const index row = position / out[2];
    return row / out[1] * target_step[0] + row % out[1] * target_step[1] +
           position % out[2] * target_step[2];
  }
};

/// With so few rows a packed panel would hardly be used again: correlate_direct reads the image
/// itself.
inline constexpr index most_direct_rows = 4;

template <class E>
index pass_depth(index rows, index depth) {
  if (rows <= most_direct_rows) return greatest<index>(1, depth);
  constexpr index most = sizeof(E) == 4 ? 384 : 256;
  return greatest<index>(1, ceil_div(depth, greatest<index>(1, ceil_div(depth, most))));
}

/// A run of positions in one row of the output.
struct Segment {
  index lane, base, length;
};

template <class E>
int segments_of(const Correlation<E>& call, index first, index columns, Segment* segments) {
  int count = 0;
  for (index lane = 0; lane < columns; ++count) {
    const index length = least(call.out[2] - (first + lane) % call.out[2], columns - lane);
    segments[count] = {lane, call.base(first + lane), length};
    lane += length;
  }
  return count;
}

/// The columns of the implicit matrix (depth, positions) of some segments, as a panel. Whole
/// vectors are moved: what is too much of a segment is overwritten by the next one, of a row by the
/// next row.
template <class E>
void pack_positions(const E* image, const index* offsets, index depth, const Segment* segments,
                    int count, E* out, index width) {
  constexpr index lanes = overrun<E>;
  if (count == 1 && segments[0].length == tile_columns<E>) {
    for (index p = 0; p < depth; ++p) {
      const E* in = image + offsets[p] + segments[0].base;
      std::memcpy(out + p * tile_columns<E>, in, tile_columns<E> * sizeof(E));
    }
    return;
  }
  for (index p = 0; p < depth; ++p) {
    for (int s = 0; s < count; ++s) {
      const E* in = image + offsets[p] + segments[s].base;
      E* to = out + p * width + segments[s].lane;
      for (index l = 0; l < segments[s].length; l += lanes) {
        std::memcpy(to + l, in + l, lanes * sizeof(E));
      }
    }
  }
}

/// Some rows and panels of one group of one image.
template <class E>
class CorrelationBlock {
 public:
  CorrelationBlock(const Correlation<E>& call, const E* image, index group, E* target)
      : call_(call), image_(image), group_(group), target_(target) {}

  void run(index row, index rows, index first, index last) {
    const bool dense = call_.dense();
    E* staging = dense ? nullptr : scratch<E>(scratch_staging, rows * (last - first));
    E* panel = scratch<E>(scratch_panel, tile_columns<E> * call_.pass + overrun<E>);
    Tile<E> tile;
    tile.bias = nullptr;
    tile.a_row = tile.a_col = 0;
    index p = 0;
    do {
      tile.depth = least(call_.pass, call_.depth - p);
      tile.accumulate = p > 0;
      tile.row_bias =
          p == 0 && call_.bias != nullptr ? call_.bias + group_ * call_.rows + row : nullptr;
      tile.a = call_.weights + call_.rows * (group_ * call_.depth + p) + row * tile.depth;
      for (index j = first; j < last; j += tile_columns<E>) {
        const index columns = least(tile_columns<E>, last - j);
        tile.b_row = tile_width<E>(columns);
        Segment segments[tile_columns<E>];
        const int count = segments_of(call_, j, columns, segments);
        pack_positions(image_, call_.offsets + p, tile.depth, segments, count, panel, tile.b_row);
        tile.b = panel;
        tile.c = dense ? target_ + row * call_.target_channel + j : staging + j - first;
        tile.c_row = dense ? call_.target_channel : last - first;
        multiply_panel(tile, rows, columns, true);
      }
      p += tile.depth;
    } while (p < call_.depth);
    if (!dense) scatter(staging, row, rows, first, last);
  }

 private:
  void scatter(const E* staging, index row, index rows, index first, index last) {
    for (index j = first; j < last; ++j) {
      E* to = target_ + row * call_.target_channel + call_.place(j);
      for (index r = 0; r < rows; ++r) {
        to[r * call_.target_channel] = staging[r * (last - first) + j - first];
      }
    }
  }

  const Correlation<E>& call_;
  const E* const image_;
  const index group_;
  E* const target_;
};

/// Images [0, count) at `images` (copies in the layout) to the targets from image `first` on.
template <class E>
void correlate_packed(const Correlation<E>& call, const E* images, index first, index count) {
  constexpr index block = 8 * tile_columns<E>;
  const index threads = num_threads();
  const index blocks = ceil_div(call.positions(), block);
  const index items = count * call.groups * blocks;
  // Too few blocks for the threads: rows are cut too, although each part packs the image again.
  index parts = items >= 2 * threads ? 1 : ceil_div(2 * threads, items);
  parts = greatest<index>(1, least(parts, call.rows / (4 * tile_rows)));
  const index part_rows = ceil_div(ceil_div(call.rows, parts), tile_rows) * tile_rows;
  parts = ceil_div(call.rows, part_rows);
  const index work = part_rows * least(block, call.positions()) * (call.depth + 1);
  parallel(items * parts, grain_work / work + 1, [&](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index row = task % parts * part_rows;
      const index position = task / parts % blocks * block;
      const index channels = task / parts / blocks;  // (image, group)
      CorrelationBlock<E> part(
          call, images + channels * call.source_channels * call.layout.channel,
          channels % call.groups,
          call.target + (first * call.groups + channels) * call.rows * call.target_channel);
      part.run(row, least(part_rows, call.rows - row), position,
               least(position + block, call.positions()));
    }
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
