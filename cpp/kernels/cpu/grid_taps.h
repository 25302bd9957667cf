#pragma once

// Where the points of a grid fall on an image: for each point the pixels that it mixes, with their
// weights and the slopes of these in the grid's coordinates. Blocks of points are worked out side
// by side.

#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/images.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index block_of_points = 64;

/// A position on an image, and its slope in the grid's coordinate.
template <class T>
struct Position {
  T at, slope;
};

template <class T>
TOPOGRAD_INLINE Position<T> clipped(Position<T> p, T last) {
  const bool inside = (p.at > 0) & (p.at < last);
  const T low = p.at > 0 ? p.at : T{0};
  return {low < last ? low : last, inside ? p.slope : T{0}};
}

/// Mirrored at the ends [low, low + span] until it is between them.
template <class T>
TOPOGRAD_INLINE Position<T> reflected(Position<T> p, T low, T span) {
  const T offset = p.at - low;
  const T distance = offset < 0 ? -offset : offset;
  const T width = span > 0 ? span : T{1};
  const T flips = floor(distance / width);
  const T rest = distance - flips * width;
  const bool even = flips - 2 * floor(flips / 2) == 0;
  const T sign = (offset < 0) == even ? T{-1} : T{1};
  const T at = (even ? rest : width - rest) + low;
  return {span > 0 ? at : T{0}, span > 0 ? p.slope * sign : T{0}};
}

template <Outside outside, class T>
TOPOGRAD_INLINE Position<T> brought_inside(Position<T> p, index n, bool align) {
  const T last = static_cast<T>(n - 1);
  if constexpr (outside == Outside::border) return clipped(p, last);
  if constexpr (outside == Outside::reflection)
    return clipped(reflected(p, align ? T{0} : T{-0.5}, align ? last : static_cast<T>(n)), last);
  return p;
}

/// Weights and slopes of the taps at floor(position) and next to it, for the fraction t.
template <class T>
TOPOGRAD_INLINE void weigh(T, T (&weight)[1], T (&slope)[1]) {
  weight[0] = 1;
  slope[0] = 0;
}
template <class T>
TOPOGRAD_INLINE void weigh(T t, T (&weight)[2], T (&slope)[2]) {
  weight[0] = 1 - t;
  weight[1] = t;
  slope[0] = -1;
  slope[1] = 1;
}
/// Cubic convolution with a = -0.75 (Keys, 1981).
template <class T>
TOPOGRAD_INLINE void weigh(T t, T (&weight)[4], T (&slope)[4]) {
  constexpr T a = -0.75;
  const auto near = [](T u) { return ((a + 2) * u - (a + 3)) * u * u + 1; };
  const auto far = [](T u) { return ((a * u - 5 * a) * u + 8 * a) * u - 4 * a; };
  const auto near_slope = [](T u) { return (3 * (a + 2) * u - 2 * (a + 3)) * u; };
  const auto far_slope = [](T u) { return (3 * a * u - 10 * a) * u + 8 * a; };
  weight[0] = far(t + 1);
  weight[1] = near(t);
  weight[2] = near(1 - t);
  weight[3] = far(2 - t);
  slope[0] = far_slope(t + 1);
  slope[1] = near_slope(t);
  slope[2] = -near_slope(1 - t);
  slope[3] = -far_slope(2 - t);
}

/// One dim of a block of points: tap k of point p is pixel at[k][p].
template <class T, int taps>
struct AxisTaps {
  alignas(64) std::int32_t at[taps][block_of_points];
  alignas(64) T weight[taps][block_of_points];
  alignas(64) T slope[taps][block_of_points];

  void locate(const GridShape& shape, int d, const T* grid, index count) {
    switch (shape.outside) {
      case Outside::zeros: return locate_as<Outside::zeros>(shape, d, grid, count);
      case Outside::border: return locate_as<Outside::border>(shape, d, grid, count);
      case Outside::reflection: return locate_as<Outside::reflection>(shape, d, grid, count);
    }
  }

 private:
  template <Outside outside>
  void locate_as(const GridShape& shape, int d, const T* grid, index count) {
    const index n = shape.in[d];
    const T last = static_cast<T>(n - 1), size = static_cast<T>(n);
    const bool align = shape.align_corners;
    const T step = align ? last / 2 : size / 2;
    for (index p = 0; p < count; ++p) {
      const T given = grid[p * shape.dims + d];
      const T v = given == given ? given : T{-1};
      Position<T> position{align ? (v + 1) * step : (v + 1) * step - T{0.5}, step};
      if (taps != 4) position = brought_inside<outside>(position, n, align);
      // Far outside, and not finite: as far as an integer can tell.
      const T limit = taps == 4 && outside == Outside::reflection ? T{0x1p30} : size + 4;
      const T low = position.at > -limit ? position.at : -limit;
      const T x = low < limit ? low : limit;
      const T base = taps == 1 ? round(x) : floor(x);
      T weights[taps];
      T slopes[taps];
      weigh(x - base, weights, slopes);
      for (int k = 0; k < taps; ++k) {
        T pixel = base + static_cast<T>(taps == 4 ? k - 1 : k);
        if (taps == 4) pixel = round(brought_inside<outside>(Position<T>{pixel, 0}, n, align).at);
        const bool inside = (pixel >= 0) & (pixel <= last);
        at[k][p] = static_cast<std::int32_t>(inside ? pixel : T{0});
        weight[k][p] = inside ? weights[k] : T{0};
        slope[k][p] = inside ? slopes[k] * position.slope : T{0};
      }
    }
  }
};

constexpr int power(int base, int exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

/// All pixels that a block of points mixes.
template <class T, int taps, int dims>
struct BlockTaps {
  static constexpr int pixels = power(taps, dims);
  alignas(64) std::int32_t offset[pixels][block_of_points];
  alignas(64) T weight[pixels][block_of_points];
  AxisTaps<T, taps> axis[dims];

  void locate(const GridShape& shape, const T* grid, index count) {
    for (int d = 0; d < dims; ++d) axis[d].locate(shape, d, grid, count);
    for (int t = 0; t < pixels; ++t) {
      int tap[dims];
      for (int d = 0; d < dims; ++d) tap[d] = t / power(taps, d) % taps;
      for (index p = 0; p < count; ++p) {
        std::int32_t at = 0;
        T product = 1;
        for (int d = dims - 1; d >= 0; --d) {
          at = at * static_cast<std::int32_t>(shape.in[d]) + axis[d].at[tap[d]][p];
          product *= axis[d].weight[tap[d]][p];
        }
        offset[t][p] = at;
        weight[t][p] = product;
      }
    }
  }
  /// out[p] = d weight[t][p] / d grid[p][d]
  void slopes(int t, int d, index count, T* out) const {
    const T* factor[dims];
    for (int e = 0; e < dims; ++e) {
      const int tap = t / power(taps, e) % taps;
      factor[e] = e == d ? axis[e].slope[tap] : axis[e].weight[tap];
    }
    for (index p = 0; p < count; ++p) {
      T product = factor[0][p];
      for (int e = 1; e < dims; ++e) product *= factor[e][p];
      out[p] = product;
    }
  }
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
