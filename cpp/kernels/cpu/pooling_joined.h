#pragma once

// Maxima of windows that lie side by side, all of them inside: rows of outputs, which may be short,
// are then taken together as one. Uses scratch slot 0.

#include "kernels/cpu/pooling_windows.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Rows of outputs that are taken together; 1 where they can not be.
index rows_together(const PoolShape& shape) {
  for (int d = 0; d < 3; ++d) {
    const index reach =
        (shape.out[d] - 1) * shape.stride[d] + (shape.kernel[d] - 1) * shape.dilation[d] + 1;
    if (shape.padding[d] != 0 || reach > shape.in[d]) return 1;
  }
  constexpr index longest_stride = 16;  // what is kept of the input grows with it
  if (shape.kernel[2] > 1 && shape.dilation[2] != 1) return 1;
  if (shape.stride[2] > longest_stride) return 1;
  if (shape.kernel[2] > shape.stride[2] || shape.out[2] * shape.stride[2] != shape.in[2]) return 1;
  return greatest<index>(1, tile / shape.out[2]);
}

/// The rows of inputs under some rows of outputs.
template <class T>
class JoinedRows {
 public:
  JoinedRows(const PoolShape& shape, const T* input)
      : shape_(shape),
        input_(input),
        end_(input + shape.planes * in_plane(shape)),
        columns_(scratch<T>(0, shape.stride[2] * tile + 2 * lanes)) {}

  /// Takes up `count` rows of outputs from `row` on, which moves behind them.
  void take(Row& row, index count) {
    count_ = count;
    for (index r = 0; r < count; ++r, row.next(shape_)) {
      origin_[r] = row.first_input_row(shape_);
      first_[r] = input_ + row.plane * in_plane(shape_) + origin_[r];
    }
  }
  index count() const { return count_; }
  /// Where the first window of a row lies in its plane.
  index origin(index r) const { return origin_[r]; }

  /// f(offset from the first row of a window) for each of its rows.
  template <class F>
  void each_row_of_window(F f) const {
    for (index i = 0; i < shape_.kernel[0]; ++i) {
      for (index j = 0; j < shape_.kernel[1]; ++j) {
        f((i * shape_.dilation[0] * shape_.in[1] + j * shape_.dilation[1]) * shape_.in[2]);
      }
    }
  }

  /// That row of every window, one after the other.
  const T* columns(index offset) const {
    for (index r = 0; r < count_; ++r) {
      const T* from = first_[r] + offset;
      T* to = columns_ + r * shape_.in[2];
      const index length = readable(from);
      for (index x = 0; x < length; ++x) to[x] = from[x];
    }
    return columns_;
  }

  /// The greatest elements over the rows of every window.
  const T* greatest_columns() const {
    for (index r = 0; r < count_; ++r) {
      T* to = columns_ + r * shape_.in[2];
      bool first = true;
      each_row_of_window([&](index offset) {
        const T* from = first_[r] + offset;
        const index length = readable(from);
        if (first) {
          for (index x = 0; x < length; ++x) to[x] = from[x];
        } else {
          for (index x = 0; x < length; ++x) {
            to[x] = (from[x] > to[x]) | (from[x] != from[x]) ? from[x] : to[x];
          }
        }
        first = false;
      });
    }
    return columns_;
  }

 private:
  /// Whole vectors where they are there: what is too much is overwritten by the next row.
  index readable(const T* from) const {
    const index whole = rounded(shape_.in[2]);
    return end_ - from >= whole ? whole : shape_.in[2];
  }

  const PoolShape& shape_;
  const T* const input_;
  const T* const end_;
  T* const columns_;
  index count_ = 0;
  index origin_[tile];
  const T* first_[tile];
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
