#pragma once

// Where the windows of a pooling layer lie. Uses scratch slot 0.
//
// Windows along the width are computed side by side, one tap of all of them after the other, in
// loops that vectorize. Rows that reach into the padding are first copied beside, together with it.

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// ------------------------------------------------------------------ geometry

/// The taps of one window along one dim that fall on the input: positions start + k * dilation for
/// k in [begin, end).
struct Taps {
  index start, begin, end;
  index count() const { return greatest<index>(end - begin, 0); }
};

/// Steps of `dilation` that cover a distance. Divides only where it must: this runs for every row.
index steps(index distance, index dilation) {
  if (distance <= 0) return 0;
  return dilation == 1 ? distance : ceil_div(distance, dilation);
}

Taps taps_of(const PoolShape& shape, int d, index out) {
  const index start = out * shape.stride[d] - shape.padding[d];
  return {start, steps(-start, shape.dilation[d]),
          least(shape.kernel[d], steps(shape.in[d] - start, shape.dilation[d]))};
}

/// Taps that fall on the input or on its padding.
index padded_taps(const PoolShape& shape, int d, index out) {
  const index start = out * shape.stride[d] - shape.padding[d];
  return least(shape.kernel[d], steps(shape.in[d] + shape.padding[d] - start, shape.dilation[d]));
}

index in_plane(const PoolShape& shape) { return shape.in[0] * shape.in[1] * shape.in[2]; }
index out_plane(const PoolShape& shape) { return shape.out[0] * shape.out[1] * shape.out[2]; }
index window_size(const PoolShape& shape) {
  return shape.kernel[0] * shape.kernel[1] * shape.kernel[2];
}

/// One row of outputs, at depth z and height y of a plane, and the input rows that its windows
/// touch.
struct Row {
  index plane, z, y;
  Taps depth, height;

  Row(const PoolShape& shape, index item)
      : plane(item / (shape.out[0] * shape.out[1])),
        z(item / shape.out[1] % shape.out[0]),
        y(item % shape.out[1]),
        depth(taps_of(shape, 0, z)),
        height(taps_of(shape, 1, y)) {}
  /// The row after this one.
  void next(const PoolShape& shape) {
    if (++y == shape.out[1]) {
      y = 0;
      if (++z == shape.out[0]) {
        z = 0;
        ++plane;
      }
      depth = taps_of(shape, 0, z);
    }
    height = taps_of(shape, 1, y);
  }

  /// The offset of the first input row; of some row where the windows touch none.
  index first_input_row(const PoolShape& shape) const {
    const index at_depth = least(depth.start + depth.begin * shape.dilation[0], shape.in[0] - 1);
    const index at_height = least(height.start + height.begin * shape.dilation[1], shape.in[1] - 1);
    return (at_depth * shape.in[1] + at_height) * shape.in[2];
  }

  /// f(offset of an input row within its plane), in order.
  template <class F>
  void each_input_row(const PoolShape& shape, F f) const {
    for (index i = depth.begin; i < depth.end; ++i) {
      for (index j = height.begin; j < height.end; ++j) {
        const index at_depth = depth.start + i * shape.dilation[0];
        const index at_height = height.start + j * shape.dilation[1];
        f((at_depth * shape.in[1] + at_height) * shape.in[2]);
      }
    }
  }
};

/// Work below which rows or planes are not worth handing to another thread, in taps.
constexpr index grain_work = 1 << 15;
index grain_of(index taps) { return greatest<index>(1, grain_work / greatest<index>(taps, 1)); }

/// Outputs of a row that are computed together; loops run over a multiple of `lanes`, past the end
/// of short rows.
constexpr index tile = 128;
constexpr index lanes = 16;
index rounded(index count) { return ceil_div(count, lanes) * lanes; }

// ------------------------------------------------------------------ lines

/// The columns that the windows of a tile need from one input row.
template <class T>
class Line {
 public:
  explicit Line(const PoolShape& shape)
      : width_(shape.in[2]),
        stride_(shape.stride[2]),
        extent_((shape.kernel[2] - 1) * shape.dilation[2] + 1),
        columns_(scratch<T>(0, stride_ * tile + extent_)) {}

  /// For as many columns as a tile needs.
  T* room() { return columns_; }

  /// The columns from `left`, which may be negative, on, of the row at in + row; columns that do
  /// not exist are `outside`. `total` is the number of elements at in.
  const T* columns(const T* in, index total, index row, index left, index count, T outside) {
    const index needed = (rounded(count) - 1) * stride_ + extent_;
    const index start = row + left;
    // Where no window sticks out, what is read beyond the last one is not used, and only has to be
    // there.
    if (left >= 0 && left + (count - 1) * stride_ + extent_ <= width_ && start + needed <= total)
      return in + start;
    const index begin = least(greatest<index>(-left, 0), needed);
    const index end = greatest(begin, least(width_ - left, needed));
    for (index i = 0; i < begin; ++i) columns_[i] = outside;
    __builtin_memcpy(columns_ + begin, in + start + begin,
                     static_cast<std::size_t>(end - begin) * sizeof(T));
    for (index i = end; i < needed; ++i) columns_[i] = outside;
    return columns_;
  }

 private:
  const index width_, stride_;
  const index extent_;  ///< columns of a window
  T* const columns_;
};

/// Covers the taps of a window, up to three at a time: calls f.operator()<taps, stride>(k), where
/// stride is 0 if it is not one of those worth a loop of their own.
template <int stride, class F>
void each_tap(index kernel, F f) {
  index k = 0;
  for (; k + 3 <= kernel; k += 3) f.template operator()<3, stride>(k);
  if (kernel - k == 2) f.template operator()<2, stride>(k);
  if (kernel - k == 1) f.template operator()<1, stride>(k);
}
template <class F>
void each_tap(const PoolShape& shape, F f) {
  switch (shape.stride[2]) {
    case 1: return each_tap<1>(shape.kernel[2], f);
    case 2: return each_tap<2>(shape.kernel[2], f);
    case 3: return each_tap<3>(shape.kernel[2], f);
    default: return each_tap<0>(shape.kernel[2], f);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
