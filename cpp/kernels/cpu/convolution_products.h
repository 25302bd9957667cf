#pragma once

// The gradient of the weight where few elements of the image meet each element of the cotangent:
// products of lines with lines, without transposing anything.

#include "kernels/cpu/convolution_weight.h"
#include "kernels/cpu/gemm_vector.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Channels and offsets whose products are summed together.
inline constexpr int product_rows = tile_rows == 12 ? 4 : 2;
inline constexpr int product_taps = tile_rows == 12 ? 6 : 5;
/// All offsets of a kernel of 3 × 3 with one channel.
inline constexpr int depthwise_taps = 9;

/// gradient[r * depth + t] += Σ over images, lines and positions x of cotangent[r][x] *
/// source[offsets[t] + x]. Lines have at least a vector of positions.
template <class E, int rows, int taps>
void product_tile(const WeightGradient<E>& call, const E* source, const index* offsets,
                  const E* cotangent, index cotangent_image, E* gradient) {
  using V = FullVector<E>;
  constexpr index lanes = overrun<E>;
  const index width = call.out[2], whole = width / lanes * lanes;
  const RowRest<E> rest(whole, width);
  V sum[rows][taps] = {};
  const auto add_line = [&](const E* left, const E* right_line) {
    for (index x = 0; x < whole; x += lanes) {
      V right[rows];
#pragma GCC unroll 4
      for (int r = 0; r < rows; ++r) {
        right[r] = load_bits<V>(right_line + r * call.positions() + x);
      }
#pragma GCC unroll 9
      for (int t = 0; t < taps; ++t) {
        const V value = load_bits<V>(left + offsets[t] + x);
#pragma GCC unroll 4
        for (int r = 0; r < rows; ++r) sum[r][t] += value * right[r];
      }
    }
    if (whole == width) return;
    V right[rows];
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) right[r] = rest.load(right_line + r * call.positions());
#pragma GCC unroll 9
    for (int t = 0; t < taps; ++t) {
      const V value = rest.load(left + offsets[t]);
#pragma GCC unroll 4
      for (int r = 0; r < rows; ++r) sum[r][t] += value * right[r];
    }
  };
  for (index image = 0; image < call.images; ++image) {
    const E* right_line = cotangent + image * cotangent_image;
    for (index z = 0; z < call.out[0]; ++z) {
      const E* left = source + image * call.image_stride + z * call.step[0];
      for (index y = 0; y < call.out[1]; ++y, left += call.step[1], right_line += width) {
        add_line(left, right_line);
      }
    }
  }
  for (int r = 0; r < rows; ++r) {
    for (int t = 0; t < taps; ++t) gradient[r * call.depth + t] += sum_of_lanes<E>(sum[r][t]);
  }
}

template <class E>
using ProductTile = void (*)(const WeightGradient<E>&, const E*, const index*, const E*, index, E*);

template <class E, int rows>
ProductTile<E> product_tile_of(index taps) {
  switch (taps) {
    case 1: return &product_tile<E, rows, 1>;
    case 2: return &product_tile<E, rows, 2>;
    case 3: return &product_tile<E, rows, 3>;
    case 4: return &product_tile<E, rows, 4>;
    case 5: return &product_tile<E, rows, 5>;
  }
  if constexpr (rows == 1) {
    if (taps == depthwise_taps) return &product_tile<E, rows, depthwise_taps>;
  }
  return &product_tile<E, rows, product_taps>;
}

/// Whether lines are long enough, and elements of the image few enough and near each other: each
/// is read anew for a few channels.
template <class E>
bool worth_products(const ConvShape& shape) {
  constexpr index lanes = overrun<E>, most_depth = 160;
  const index width = shape.out[2], whole = ceil_div(width, lanes) * lanes;
  if (width < lanes) return false;
  if (shape.in_per_group == 1 && shape.out_per_group <= 2) return true;
  return shape.kernel[2] >= 3 && 7 * whole <= 8 * width &&
         shape.in_per_group * product_of(shape.kernel) <= most_depth;
}

/// Some channels of one group by all offsets.
template <class E>
void add_products_of(const WeightGradient<E>& call, index group, index channel, index rows,
                     const E* cotangents) {
  const index channels = call.groups * call.rows;
  const E* source = call.source + group * call.source_channels * call.layout.channel;
  const E* g = cotangents + (group * call.rows + channel) * call.positions();
  E* gradient = call.gradient + (group * call.rows + channel) * call.depth;
  const bool depthwise = rows == 1 && call.depth == depthwise_taps;
  const index tiles = depthwise ? 1 : ceil_div(call.depth, product_taps);
  for (index i = 0; i < tiles; ++i) {
    const index first = call.depth * i / tiles, taps = call.depth * (i + 1) / tiles - first;
    const auto tile = rows == product_rows ? product_tile_of<E, product_rows>(taps)
                      : rows == 2          ? product_tile_of<E, 2>(taps)
                                           : product_tile_of<E, 1>(taps);
    tile(call, source, call.offsets + first, g, channels * call.positions(), gradient + first);
  }
}

/// add_weight_gradient by products of lines: threads take channels; each adds up all positions of
/// the chunk in order.
template <class E>
void add_products(const WeightGradient<E>& call, const E* cotangents) {
  const index blocks = ceil_div(call.rows, product_rows);
  const index work = work_of(product_rows, call.images * call.positions(), call.depth);
  parallel(call.groups * blocks, grain_work / 2 / (work + 1) + 1, [&](index block, index end) {
    for (; block < end; ++block) {
      const index group = block / blocks;
      index channel = block % blocks * product_rows;
      const index last = least<index>(call.rows, channel + product_rows);
      while (channel < last) {
        const index left = last - channel;
        const index rows = left >= product_rows ? product_rows : left >= 2 ? 2 : 1;
        add_products_of(call, group, channel, rows, cotangents);
        channel += rows;
      }
    }
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
