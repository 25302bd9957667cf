#pragma once

// The correlation of convolution_correlate.h for up to most_direct_rows rows, depthwise ones among
// them: positions are the lanes, and the image is read where it lies.

#include "kernels/cpu/convolution_correlate.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// `vectors` vectors of an output line, in `rows` channels. room: elements from out on that may be
/// written, those of later lines included.
template <class E, int rows, int lines, int vectors>
void correlate_vectors(const E* image, index image_line, const index* offsets, const E* weight,
                       index depth, const E* bias, E* out, index out_row, index out_line,
                       index room) {
  using V = typename VectorOf<E, vector_bytes>::type;
  constexpr index lanes = overrun<E>;
  constexpr int count_of_sums = lines * vectors;
  V sum[rows][count_of_sums];
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < count_of_sums; ++j) sum[r][j] = V{};
  }
  for (index p = 0; p < depth; ++p) {
    V right[count_of_sums];
#pragma GCC unroll 4
    for (int j = 0; j < count_of_sums; ++j) {
      right[j] = load_bits<V>(image + j / vectors * image_line + offsets[p] + j % vectors * lanes);
    }
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      const V left = weight[p * rows + r] - V{};
#pragma GCC unroll 4
      for (int j = 0; j < count_of_sums; ++j) sum[r][j] += left * right[j];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (int j = 0; j < count_of_sums; ++j) {
      if (bias != nullptr) sum[r][j] += bias[r] - V{};
      const index place = j / vectors * out_line + j % vectors * lanes;
      E* to = out + r * out_row + place;
      const index count = least(lanes, room - place);
      if (count == lanes) {
        std::memcpy(to, &sum[r][j], sizeof(V));
      } else {
        for (index l = 0; l < count; ++l) to[l] = sum[r][j][l];
      }
    }
  }
}

/// Lines of a 3 × 3 kernel on one channel that share what they read.
inline constexpr int threes_lines = 4;

/// The distance between the rows of such a kernel, one line of the image up or down; else 0.
template <class E>
index step_of_threes(const Correlation<E>& call) {
  if (call.depth != 9) return 0;
  const index* at = call.offsets;
  const index down = at[3] - at[0];
  if (down != call.step[1] && down != -call.step[1]) return 0;
  for (int q = 0; q < 6; ++q) {
    if (at[q + 3] - at[q] != down) return 0;
  }
  return down;
}

/// `vectors` vectors of threes_lines output lines. Each line of the image is read once, for all
/// output lines that need it; every sum is added up in the order of the depth. sign: that of the
/// distance between the rows of the kernel.
template <class E, int vectors, int sign>
void correlate_threes_vectors(const E* image, index image_line, const index* offsets,
                              const E* weight, const E* bias, E* out, index out_line, index room) {
  using V = typename VectorOf<E, vector_bytes>::type;
  constexpr index lanes = overrun<E>;
  V sum[threes_lines][vectors], left[9];
#pragma GCC unroll 9
  for (int q = 0; q < 9; ++q) left[q] = weight[q] - V{};
#pragma GCC unroll 4
  for (int r = 0; r < threes_lines; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) sum[r][j] = V{};
  }
#pragma GCC unroll 6
  for (int s = 0; s < threes_lines + 2; ++s) {
    const int line = sign > 0 ? s : threes_lines - 1 - s;
    const E* in = image + line * image_line;
#pragma GCC unroll 3
    for (int tap = 0; tap < 3; ++tap) {
#pragma GCC unroll 2
      for (int j = 0; j < vectors; ++j) {
        const V right = load_bits<V>(in + offsets[tap] + j * lanes);
#pragma GCC unroll 4
        for (int r = 0; r < threes_lines; ++r) {
          const int row = sign * (line - r);
          if (row >= 0 && row < 3) sum[r][j] += left[row * 3 + tap] * right;
        }
      }
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < threes_lines; ++r) {
#pragma GCC unroll 2
    for (int j = 0; j < vectors; ++j) {
      if (bias != nullptr) sum[r][j] += *bias - V{};
      const index place = r * out_line + j * lanes;
      const index count = least(lanes, room - place);
      if (count == lanes) {
        std::memcpy(out + place, &sum[r][j], sizeof(V));
      } else {
        for (index l = 0; l < count; ++l) out[place + l] = sum[r][j][l];
      }
    }
  }
}

/// threes_lines output lines: one or two vectors that may reach into the next line, which is
/// written later, or vectors inside of the line, the last ones overlapping.
template <class E>
void correlate_threes(const Correlation<E>& call, index down, const E* in, const E* weight,
                      const E* bias, E* out, index room) {
  constexpr index lanes = overrun<E>;
  const index width = call.out[2];
  const auto two =
      down > 0 ? &correlate_threes_vectors<E, 2, 1> : &correlate_threes_vectors<E, 2, -1>;
  const auto one =
      down > 0 ? &correlate_threes_vectors<E, 1, 1> : &correlate_threes_vectors<E, 1, -1>;
  const auto run = width > lanes ? two : one;
  if (width <= 2 * lanes) {
    return run(in, call.step[1], call.offsets, weight, bias, out, width, room);
  }
  for (index x = 0; x < width; x += 2 * lanes) {
    const index at = least(x, width - 2 * lanes);
    run(in + at, call.step[1], call.offsets, weight, bias, out + at, width, room - at);
  }
}

/// Output lines [first, last) of the `rows` channels of one group. Lines are written in order, so
/// that a vector may reach into the next one.
template <class E, int rows>
void correlate_lines(const Correlation<E>& call, const E* image, index group, E* target,
                     index first, index last) {
  constexpr index lanes = overrun<E>;
  constexpr int most = rows <= 2 ? 4 : 2;  // vectors, for the registers there are
  const index width = call.out[2];
  const bool dense = call.dense();
  E* staging = dense ? nullptr : scratch<E>(scratch_staging, rows * width);
  const E* weight = call.weights + group * rows * call.depth;
  const E* bias = call.bias == nullptr ? nullptr : call.bias + group * rows;
  const index down = rows == 1 && dense ? step_of_threes(call) : 0;
  // A line of one or two vectors has too few sums to hide the latency of adding: several at once.
  const int together = rows > 2 || !dense || width > 2 * lanes ? 1 : width > lanes ? 2 : 4;
  index next = first;
  for (index line = first; line < last; line = next) {
    const E* in = image + call.base(line * width);
    E* out = dense ? target + line * width : staging;
    const index room = dense ? (last - line) * width : width;
    next = line + 1;
    if (down != 0 && line + threes_lines <= last &&
        line % call.out[1] + threes_lines <= call.out[1]) {
      correlate_threes(call, down, in, weight, bias, out, room);
      next = line + threes_lines;
      continue;
    }
    if (together > 1 && line + together <= last && line % call.out[1] + together <= call.out[1]) {
      const auto run =
          together == 2 ? &correlate_vectors<E, rows, 2, 2> : &correlate_vectors<E, rows, 4, 1>;
      run(in, call.step[1], call.offsets, weight, call.depth, bias, out, call.target_channel, width,
          room);
      next = line + together;
      continue;
    }
    for (index x = 0; x < width;) {
      const int vectors = width - x > 2 * lanes ? most : width - x > lanes ? 2 : 1;
      const auto run = vectors == most ? &correlate_vectors<E, rows, 1, most>
                       : vectors == 2  ? &correlate_vectors<E, rows, 1, 2>
                                       : &correlate_vectors<E, rows, 1, 1>;
      run(in + x, 0, call.offsets, weight, call.depth, bias, out + x,
          dense ? call.target_channel : width, 0, room - x);
      x += vectors * lanes;
    }
    if (dense) continue;
    E* to = target + call.place(line * width);
    for (int r = 0; r < rows; ++r) {
      for (index x = 0; x < width; ++x) {
        to[r * call.target_channel + x * call.target_step[2]] = staging[r * width + x];
      }
    }
  }
}

template <class E>
using DirectLines = void (*)(const Correlation<E>&, const E*, index, E*, index, index);

template <class E>
DirectLines<E> direct_lines_of(index rows) {
  return rows == 1   ? &correlate_lines<E, 1>
         : rows == 2 ? &correlate_lines<E, 2>
         : rows == 3 ? &correlate_lines<E, 3>
                     : &correlate_lines<E, 4>;
}

/// correlate_packed for up to most_direct_rows rows.
template <class E>
void correlate_direct(const Correlation<E>& call, const E* images, index first, index count) {
  const index lines = call.out[0] * call.out[1];
  const index work = call.rows * call.out[2] * (call.depth + 1);
  const auto run = direct_lines_of<E>(call.rows);
  parallel(count * call.groups * lines, grain_work / 4 / work + 1, [&](index i, index end) {
    while (i < end) {
      const index channels = i / lines, line = i % lines;  // channels: (image, group)
      const index last = least(lines, line + end - i);
      run(call, images + channels * call.source_channels * call.layout.channel,
          channels % call.groups,
          call.target + (first * call.groups + channels) * call.rows * call.target_channel, line,
          last);
      i += last - line;
    }
  });
}

/// Whether the image of one group fits into the first-level cache.
template <class E>
bool has_small_groups(const Correlation<E>& call) {
  constexpr index most_bytes = 1 << 14;
  const index elements = call.source_channels * call.layout.channel;
  return call.rows <= most_direct_rows && call.groups > 1 &&
         elements * static_cast<index>(sizeof(E)) <= most_bytes;
}

/// Images [begin, end): each group is copied and read at once by all of `count` correlations.
template <class E>
void correlate_groups(const Correlation<E>* calls, index count, const E* source,
                      const index (&extent)[3], index begin, index end) {
  const Correlation<E>& any = calls[0];
  const auto run = direct_lines_of<E>(any.rows);
  const index elements = any.source_channels * any.layout.channel;
  const index work = elements + any.rows * any.positions() * (any.depth + 1);
  parallel((end - begin) * any.groups, grain_work / 4 / work + 1, [&](index item, index last) {
    E* const copy = scratch<E>(scratch_images, elements + 4 * overrun<E>);
    for (; item < last; ++item) {
      const index channels = begin * any.groups + item;  // (image, group)
      for (index c = 0; c < any.source_channels; ++c) {
        copy_channel(source + (channels * any.source_channels + c) * product_of(extent), extent,
                     any.layout, copy + c * any.layout.channel);
      }
      for (index i = 0; i < count; ++i) {
        run(calls[i], copy, channels % any.groups,
            calls[i].target + channels * any.rows * calls[i].target_channel, 0,
            calls[i].out[0] * calls[i].out[1]);
      }
    }
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
