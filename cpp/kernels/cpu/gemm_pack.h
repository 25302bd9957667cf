#pragma once

// Packing: strided matrices of any element type into the dense panels that the register tile walks.

#include <cstring>
#include <type_traits>

#include "kernels/cpu/gemm_kernel.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// The two half types as stored bits; conversions here because those of dtype.h could become weak
// symbols.
struct BrainHalf {
  std::uint16_t bits;
};
struct Half {
  std::uint16_t bits;
};

inline float float_of_bits(std::uint32_t word) {
  float value;
  std::memcpy(&value, &word, sizeof value);
  return value;
}
inline std::uint32_t bits_of_float(float value) {
  std::uint32_t word;
  std::memcpy(&word, &value, sizeof word);
  return word;
}

/// Rounds to nearest even; a NaN stays one, where rounding could carry its mantissa into infinity.
inline BrainHalf narrow_to(BrainHalf, float value) {
  const std::uint32_t word = bits_of_float(value);
  const std::uint32_t rounded = (word + 0x7fffu + ((word >> 16) & 1u)) >> 16;
  const bool nan = (word & 0x7fffffffu) > 0x7f800000u;
  return {static_cast<std::uint16_t>(nan ? (word >> 16) | 0x40u : rounded)};
}
inline Half narrow_to(Half, float value) {
  const std::uint32_t word = bits_of_float(value);
  const std::uint32_t magnitude = word & 0x7fffffffu;
  const std::uint32_t normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // Below 2^-14: adding 0.5 aligns the mantissa so that the float adder does the rounding.
  const std::uint32_t subnormal = bits_of_float(float_of_bits(magnitude) + 0.5f) - 0x3f000000u;
  std::uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  return {static_cast<std::uint16_t>(half | ((word >> 16) & 0x8000u))};
}
template <class T, class E>
inline T narrow_to(T, E value) {
  return static_cast<T>(value);
}

/// The accumulator type's value of a stored element. Integers are sign- or zero-extended and wrap.
template <class E, class T>
inline E widen(T value) {
  return static_cast<E>(value);
}
template <class E>
inline E widen(BrainHalf value) {
  return float_of_bits(static_cast<std::uint32_t>(value.bits) << 16);
}
template <class E>
inline E widen(Half value) {
  const std::uint32_t magnitude = value.bits & 0x7fffu;
  // Scaling by 2^112 rebiases normals and turns subnormals into normals, both exactly.
  const std::uint32_t finite =
      bits_of_float(float_of_bits(magnitude << 13) * float_of_bits(0x77800000u));
  const std::uint32_t word = magnitude >= 0x7c00u ? (magnitude << 13) | 0x7f800000u : finite;
  return float_of_bits(word | ((value.bits & 0x8000u) << 16));
}

typedef std::uint32_t Word4 __attribute__((vector_size(16)));
typedef std::uint64_t Word2 __attribute__((vector_size(16)));

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define TOPOGRAD_SHUFFLE4(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#endif
#endif
#ifndef TOPOGRAD_SHUFFLE4
#define TOPOGRAD_SHUFFLE4(x, y, ...) __builtin_shuffle(x, y, decltype(x){__VA_ARGS__})
#endif

template <class V>
inline V load_bits(const void* from) {
  V value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// A square block of 16-byte rows, transposed: out[p * width + l] = in[l * stride + p].
inline void transpose_block(const std::uint32_t* in, index stride, std::uint32_t* out,
                            index width) {
  const Word4 r0 = load_bits<Word4>(in), r1 = load_bits<Word4>(in + stride);
  const Word4 r2 = load_bits<Word4>(in + 2 * stride), r3 = load_bits<Word4>(in + 3 * stride);
  const Word4 low01 = TOPOGRAD_SHUFFLE4(r0, r1, 0, 4, 1, 5);
  const Word4 high01 = TOPOGRAD_SHUFFLE4(r0, r1, 2, 6, 3, 7);
  const Word4 low23 = TOPOGRAD_SHUFFLE4(r2, r3, 0, 4, 1, 5);
  const Word4 high23 = TOPOGRAD_SHUFFLE4(r2, r3, 2, 6, 3, 7);
  const Word4 columns[4] = {
      TOPOGRAD_SHUFFLE4(low01, low23, 0, 1, 4, 5), TOPOGRAD_SHUFFLE4(low01, low23, 2, 3, 6, 7),
      TOPOGRAD_SHUFFLE4(high01, high23, 0, 1, 4, 5), TOPOGRAD_SHUFFLE4(high01, high23, 2, 3, 6, 7)};
  for (int p = 0; p < 4; ++p) std::memcpy(out + p * width, &columns[p], 16);
}
inline void transpose_block(const std::uint64_t* in, index stride, std::uint64_t* out,
                            index width) {
  const Word2 r0 = load_bits<Word2>(in), r1 = load_bits<Word2>(in + stride);
  const Word2 columns[2] = {TOPOGRAD_SHUFFLE4(r0, r1, 0, 2), TOPOGRAD_SHUFFLE4(r0, r1, 1, 3)};
  for (int p = 0; p < 2; ++p) std::memcpy(out + p * width, &columns[p], 16);
}

/// out[p * width + l] = in[l * stride + p] for l in [0, lanes), p in [0, depth).
template <class E>
void transpose_panel(const E* in, index stride, index lanes, index depth, E* out, index width) {
  constexpr index side = 16 / static_cast<index>(sizeof(E));
  constexpr index line = 64 / static_cast<index>(sizeof(E));
  using Word = std::conditional_t<sizeof(E) == 4, std::uint32_t, std::uint64_t>;
  const index whole_lanes = lanes - lanes % side, whole_depth = depth - depth % side;
  // A cache line of every row at a time, so that both sides are walked once.
  for (index begin = 0; begin < whole_depth; begin += line) {
    const index end = least(begin + line, whole_depth);
    for (index l = 0; l < whole_lanes; l += side) {
      for (index p = begin; p < end; p += side) {
        transpose_block(reinterpret_cast<const Word*>(in + l * stride + p), stride,
                        reinterpret_cast<Word*>(out + p * width + l), width);
      }
    }
  }
  for (index p = whole_depth; p < depth; ++p) {
    for (index l = 0; l < whole_lanes; ++l) out[p * width + l] = in[l * stride + p];
  }
  for (index l = whole_lanes; l < lanes; ++l) {
    for (index p = 0; p < depth; ++p) out[p * width + l] = in[l * stride + p];
  }
}

/// Rows of `lanes` elements, half <= lanes <= 2 * half, each moved as two overlapping halves of
/// fixed size.
template <int half, class E>
void copy_rows(const E* in, index stride, index lanes, index depth, E* out, index width) {
  for (index p = 0; p < depth; ++p) {
    // Zeros first: what they cover of the row is overwritten.
    if (lanes < width) std::memset(out + width - half, 0, half * sizeof(E));
    std::memcpy(out, in, half * sizeof(E));
    std::memcpy(out + lanes - half, in + lanes - half, half * sizeof(E));
    in += stride;
    out += width;
  }
}

/// out[p * width + l] = in[p * stride + l] for l in [0, lanes), 0 for l in [lanes, width); width <=
/// 2 * lanes.
template <class E>
void copy_panel(const E* in, index stride, index lanes, index depth, E* out, index width) {
  if (lanes >= 16) return copy_rows<16>(in, stride, lanes, depth, out, width);
  if (lanes >= 8) return copy_rows<8>(in, stride, lanes, depth, out, width);
  if (lanes >= 4) return copy_rows<4>(in, stride, lanes, depth, out, width);
  if (lanes >= 2) return copy_rows<2>(in, stride, lanes, depth, out, width);
  copy_rows<1>(in, stride, lanes, depth, out, width);
}

/// out[p * width + l] = in[l * lane_stride + p * depth_stride] for l in [0, lanes), 0 for l in
/// [lanes, width).
template <class E, class T>
void pack_panel(const T* in, index lane_stride, index depth_stride, index lanes, index depth,
                E* out, index width) {
  if constexpr (std::is_same_v<E, T>) {
    if (lane_stride == 1 && 2 * lanes >= width) {
      return copy_panel(in, depth_stride, lanes, depth, out, width);
    }
  }
  if (lanes < width) {
    for (index p = 0; p < depth; ++p) {
      for (index l = lanes; l < width; ++l) out[p * width + l] = E{0};
    }
  }
  if constexpr (std::is_same_v<E, T>) {
    if (depth_stride == 1) return transpose_panel(in, lane_stride, lanes, depth, out, width);
  } else if (depth_stride == 1) {
    // Widened row by row, where it vectorizes, then transposed.
    constexpr index piece = 64;
    alignas(64) E rows[tile_columns<E> * piece];
    for (index p = 0; p < depth; p += piece) {
      const index count = least(piece, depth - p);
      for (index l = 0; l < lanes; ++l) {
        for (index q = 0; q < count; ++q)
          rows[l * piece + q] = widen<E>(in[l * lane_stride + p + q]);
      }
      transpose_panel(rows, piece, lanes, count, out + p * width, width);
    }
    return;
  }
  if (lane_stride == 1 && lanes == tile_columns<E>) {
    for (index p = 0; p < depth; ++p) {
      for (index l = 0; l < tile_columns<E>; ++l) {
        out[p * width + l] = widen<E>(in[p * depth_stride + l]);
      }
    }
    return;
  }
  for (index p = 0; p < depth; ++p) {
    for (index l = 0; l < lanes; ++l) {
      out[p * width + l] = widen<E>(in[l * lane_stride + p * depth_stride]);
    }
  }
}

/// `panels` panels of tile_rows rows of a matrix whose columns are dense: whole cache lines of a
/// column are read at once.
template <int panels, class E>
void pack_side_by_side(const E* a, index a_col, index depth, E* out) {
  for (index p = 0; p < depth; ++p) {
    for (int q = 0; q < panels; ++q) {
      std::memcpy(out + (q * depth + p) * tile_rows, a + p * a_col + q * tile_rows,
                  tile_rows * sizeof(E));
    }
  }
}

/// Rows [0, rows) of a strided (rows, depth) matrix as panels of tile_rows rows, the last as high
/// as it is.
template <class E, class T>
void pack_rows(const T* a, index a_row, index a_col, index rows, index depth, E* out) {
  index i = 0;
  if constexpr (std::is_same_v<E, T>) {
    constexpr int together = 4;
    for (; a_row == 1 && i + together * tile_rows <= rows; i += together * tile_rows)
      pack_side_by_side<together>(a + i, a_col, depth, out + i * depth);
  }
  for (; i < rows; i += tile_rows) {
    const index height = least<index>(tile_rows, rows - i);
    pack_panel<E, T>(a + i * a_row, a_row, a_col, height, depth, out + i * depth, height);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
