#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// Windows along the width are computed side by side, one tap of all of them after the other, in
// loops that vectorize. Rows that reach into the padding are first copied beside, together with it.

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

// ------------------------------------------------------------------ maximum

template <class T>
constexpr T lowest = -static_cast<T>(__builtin_inf());

/// The running maximum of a tile of windows, and its position in the plane less j * stride for
/// window j.
template <class T, class Position>
struct Maxima {
  alignas(64) T value[tile];
  alignas(64) Position position[tile];
};

/// `columns` and `position` are those of the first tap of window 0.
template <int taps, int fixed_stride, class T, class Position>
void take_greater(const PoolShape& shape, const T* columns, Position position, index count,
                  Maxima<T, Position>& maxima) {
  const index stride = fixed_stride != 0 ? fixed_stride : shape.stride[2];
  const index dilation = shape.dilation[2];
  for (index j = 0; j < rounded(count); ++j) {
    T value = maxima.value[j];
    Position best = maxima.position[j];
    for (int t = 0; t < taps; ++t) {
      const T x = columns[j * stride + t * dilation];
      const bool take = (x > value) | (x != x);
      value = take ? x : value;
      best = take ? static_cast<Position>(position + t * dilation) : best;
    }
    maxima.value[j] = value;
    maxima.position[j] = best;
  }
}

/// -inf at the first tap on the input, which stands if all taps are -inf. `row` is the offset of
/// the first input row.
template <class T, class Position>
void start_maxima(const PoolShape& shape, index row, index first, index count,
                  Maxima<T, Position>& maxima) {
  const index stride = shape.stride[2];
  const index left = first * stride - shape.padding[2];
  for (index j = 0; j < rounded(count); ++j) {
    maxima.value[j] = lowest<T>;
    maxima.position[j] = static_cast<Position>(row + left);
  }
  const auto correct = [&](index j) {
    const Taps width = taps_of(shape, 2, first + j);
    const index column = least(width.start + width.begin * shape.dilation[2], shape.in[2] - 1);
    maxima.position[j] = static_cast<Position>(row + column - j * stride);
  };
  for (index j = 0; j < count && left + j * stride < 0; ++j) correct(j);
  for (index j = count; j > 0 && left + (j - 1) * stride >= shape.in[2]; --j) correct(j - 1);
}

template <class T, class Position>
void max_row(const PoolShape& shape, const Row& row, Line<T>& line, const T* in, T* out,
             std::int64_t* indices) {
  const index total = (shape.planes - row.plane) * in_plane(shape);
  const index stride = shape.stride[2];
  for (index first = 0; first < shape.out[2]; first += tile) {
    const index count = least(tile, shape.out[2] - first);
    const index left = first * stride - shape.padding[2];
    Maxima<T, Position> maxima;
    start_maxima(shape, row.first_input_row(shape), first, count, maxima);
    row.each_input_row(shape, [&](index offset) {
      const T* columns = line.columns(in, total, offset, left, count, lowest<T>);
      each_tap(shape, [&]<int taps, int fixed_stride>(index k) {
        const index step = k * shape.dilation[2];
        take_greater<taps, fixed_stride>(
            shape, columns + step, static_cast<Position>(offset + left + step), count, maxima);
      });
    });
    for (index j = 0; j < count; ++j) out[first + j] = maxima.value[j];
    for (index j = 0; j < count; ++j)
      indices[first + j] = maxima.position[j] + static_cast<Position>(j * stride);
  }
}

template <class T, class Position>
void max_rows(const PoolShape& shape, const T* input, T* output, std::int64_t* indices) {
  const index width = shape.out[2];
  const index rows = shape.planes * shape.out[0] * shape.out[1];
  parallel(rows, grain_of(width * window_size(shape)), [=, &shape](index begin, index end) {
    Line<T> line(shape);
    Row row(shape, begin);
    for (index item = begin; item < end; ++item, row.next(shape)) {
      max_row<T, Position>(shape, row, line, input + row.plane * in_plane(shape),
                           output + item * width, indices + item * width);
    }
  });
}

template <class T>
void max_forward(const PoolShape& shape, const void* input, void* output, std::int64_t* indices) {
  if (out_plane(shape) == 0) return;
  const T* in = static_cast<const T*>(input);
  T* out = static_cast<T*>(output);
  // Positions as wide as the elements move in the same vector lanes. They may lie outside by a
  // window.
  if (sizeof(T) == 4 && in_plane(shape) < index{1} << 30)
    max_rows<T, std::int32_t>(shape, in, out, indices);
  else
    max_rows<T, std::int64_t>(shape, in, out, indices);
}

template <class T>
void max_backward(const PoolShape& shape, const void* output_gradient, const std::int64_t* indices,
                  void* input_gradient) {
  const index in_count = in_plane(shape);
  const index out_count = out_plane(shape);
  parallel(shape.planes, grain_of(in_count + out_count), [=](index begin, index end) {
    T* dx = static_cast<T*>(input_gradient);
    const T* g = static_cast<const T*>(output_gradient);
    for (index plane = begin; plane < end; ++plane) {
      T* to = dx + plane * in_count;
      for (index i = 0; i < in_count; ++i) to[i] = T{0};
      const T* from = g + plane * out_count;
      const std::int64_t* at = indices + plane * out_count;
      for (index i = 0; i < out_count; ++i) to[at[i]] += from[i];
    }
  });
}

// ------------------------------------------------------------------ average

/// What a window's sum is divided by: the taps that count over depth and height times those along
/// the width.
struct Division {
  bool count_include_pad;
  index divisor;

  index taps_of_row(const PoolShape& shape, const Row& row) const {
    if (divisor != 0) return divisor;
    if (!count_include_pad) return greatest<index>(row.depth.count() * row.height.count(), 1);
    return padded_taps(shape, 0, row.z) * padded_taps(shape, 1, row.y);
  }
  template <class T>
  const T* taps_along(const PoolShape& shape) const {
    T* counts = scratch<T>(3, shape.out[2]);
    for (index x = 0; x < shape.out[2]; ++x) {
      const index taps =
          count_include_pad ? padded_taps(shape, 2, x) : taps_of(shape, 2, x).count();
      counts[x] = static_cast<T>(divisor != 0 ? 1 : greatest<index>(taps, 1));
    }
    return counts;
  }
};

template <int taps, int fixed_stride, class T>
void add_taps(const PoolShape& shape, const T* columns, index count, T* sum) {
  const index stride = fixed_stride != 0 ? fixed_stride : shape.stride[2];
  const index dilation = shape.dilation[2];
  for (index j = 0; j < rounded(count); ++j) {
    T total = sum[j];
    for (int t = 0; t < taps; ++t) total += columns[j * stride + t * dilation];
    sum[j] = total;
  }
}

/// A sum is divided by taps_of_row * taps_along[its window].
template <class T>
void average_row(const PoolShape& shape, const Row& row, Line<T>& line, const T* in, T taps_of_row,
                 const T* taps_along, T* out) {
  const index total = (shape.planes - row.plane) * in_plane(shape);
  for (index first = 0; first < shape.out[2]; first += tile) {
    const index count = least(tile, shape.out[2] - first);
    const index left = first * shape.stride[2] - shape.padding[2];
    alignas(64) T sum[tile];
    for (index j = 0; j < rounded(count); ++j) sum[j] = T{0};
    row.each_input_row(shape, [&](index offset) {
      const T* columns = line.columns(in, total, offset, left, count, T{0});
      each_tap(shape, [&]<int taps, int fixed_stride>(index k) {
        add_taps<taps, fixed_stride>(shape, columns + k * shape.dilation[2], count, sum);
      });
    });
    for (index j = 0; j < count; ++j)
      out[first + j] = sum[j] / (taps_of_row * taps_along[first + j]);
  }
}

template <class T>
void average_forward(const PoolShape& shape, const void* input, void* output,
                     bool count_include_pad, index divisor) {
  if (out_plane(shape) == 0) return;
  const Division division{count_include_pad, divisor};
  const index width = shape.out[2];
  const index rows = shape.planes * shape.out[0] * shape.out[1];
  parallel(rows, grain_of(width * window_size(shape)), [=, &shape](index begin, index end) {
    Line<T> line(shape);
    const T* taps_along = division.taps_along<T>(shape);
    Row row(shape, begin);
    for (index item = begin; item < end; ++item, row.next(shape)) {
      average_row(shape, row, line, static_cast<const T*>(input) + row.plane * in_plane(shape),
                  static_cast<T>(division.taps_of_row(shape, row)), taps_along,
                  static_cast<T*>(output) + item * width);
    }
  });
}

/// What the columns of an input row receive from a tile of windows. Sums are kept in `stride`
/// phases, so that one tap of neighbouring windows is a dense vector.
template <class T>
class Received {
 public:
  explicit Received(const PoolShape& shape)
      : stride_(shape.stride[2]),
        dilation_(shape.dilation[2]),
        margin_((shape.kernel[2] - 1) * dilation_ / stride_),
        phase_length_(tile + rounded(margin_)),
        columns_(scratch<T>(0, stride_ * phase_length_)),
        phases_(stride_ == 1 ? columns_ : scratch<T>(1, stride_ * phase_length_)) {}

  index length(index count) const { return stride_ * phase(count); }
  void clear(index count) {
    for (index p = 0; p < stride_; ++p)
      for (index i = 0; i < phase(count); ++i) phases_[p * phase_length_ + i] = T{0};
  }
  /// Tap k of each window.
  void add(index k, const T* share, index count) {
    const index column = k * dilation_;
    T* sums = phases_ + column % stride_ * phase_length_ + column / stride_;
    for (index j = 0; j < rounded(count); ++j) sums[j] += share[j];
  }
  const T* columns(index count) {
    if (stride_ == 2)
      join<2>(count);
    else if (stride_ != 1)
      join<0>(count);
    return columns_;
  }

 private:
  index phase(index count) const { return rounded(count) + margin_; }
  template <int fixed_stride>
  void join(index count) {
    const index stride = fixed_stride != 0 ? fixed_stride : stride_;
    for (index i = 0; i < phase(count); ++i)
      for (index p = 0; p < stride; ++p) columns_[i * stride + p] = phases_[p * phase_length_ + i];
  }

  const index stride_, dilation_;
  const index margin_;  ///< columns of a phase beyond one for each window
  const index phase_length_;
  T* const columns_;
  T* const phases_;
};

/// Adds the gradient g of one output row to the plane dx. Every input row under the windows gets
/// the same.
template <class T>
void spread_row(const PoolShape& shape, const Row& row, Received<T>& received, const T* g,
                T taps_of_row, const T* taps_along, T* dx) {
  for (index first = 0; first < shape.out[2]; first += tile) {
    const index count = least(tile, shape.out[2] - first);
    const index left = first * shape.stride[2] - shape.padding[2];
    alignas(64) T share[tile];
    for (index j = 0; j < count; ++j)
      share[j] = g[first + j] / (taps_of_row * taps_along[first + j]);
    for (index j = count; j < rounded(count); ++j) share[j] = T{0};
    received.clear(count);
    for (index k = 0; k < shape.kernel[2]; ++k) received.add(k, share, count);
    const T* columns = received.columns(count);
    const index begin = greatest<index>(left, 0);
    const index end = least(left + received.length(count), shape.in[2]);
    row.each_input_row(shape, [&](index offset) {
      for (index x = begin; x < end; ++x) dx[offset + x] += columns[x - left];
    });
  }
}

template <class T>
void average_backward(const PoolShape& shape, const void* output_gradient, void* input_gradient,
                      bool count_include_pad, index divisor) {
  const Division division{count_include_pad, divisor};
  const index in_count = in_plane(shape);
  const index rows = shape.out[0] * shape.out[1];
  const index work = in_count + out_plane(shape) * window_size(shape);
  parallel(shape.planes, grain_of(work), [=, &shape](index begin, index end) {
    Received<T> received(shape);
    const T* taps_along = division.taps_along<T>(shape);
    for (index plane = begin; plane < end; ++plane) {
      T* dx = static_cast<T*>(input_gradient) + plane * in_count;
      for (index i = 0; i < in_count; ++i) dx[i] = T{0};
      if (rows == 0) continue;
      Row row(shape, plane * rows);
      for (index item = plane * rows; item < (plane + 1) * rows; ++item, row.next(shape)) {
        spread_row(shape, row, received,
                   static_cast<const T*>(output_gradient) + item * shape.out[2],
                   static_cast<T>(division.taps_of_row(shape, row)), taps_along, dx);
      }
    }
  });
}

template <class T>
constexpr Pooling pooling_of = {max_forward<T>, max_backward<T>, average_forward<T>,
                                average_backward<T>};

}  // namespace

void fill_pooling(Pooling (&pooling)[2]) {
  pooling[0] = pooling_of<float>;
  pooling[1] = pooling_of<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
