#include "kernels/cpu/pooling_joined.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

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

/// columns[i] = the greatest element of a column of the input rows, -inf outside of them.
template <class T>
void greatest_of_rows(const PoolShape& shape, const Row& row, const T* in, index left, index needed,
                      T* columns) {
  const index begin = least(greatest<index>(-left, 0), needed);
  const index end = greatest(begin, least(shape.in[2] - left, needed));
  for (index i = 0; i < needed; ++i) columns[i] = lowest<T>;
  row.each_input_row(shape, [&](index offset) {
    const T* from = in + offset + left;
    for (index i = begin; i < end; ++i) {
      columns[i] = (from[i] > columns[i]) | (from[i] != from[i]) ? from[i] : columns[i];
    }
  });
}

/// value[j] = the greatest element of the window of columns from j * stride on.
template <class T>
void greatest_of_columns(const PoolShape& shape, const T* columns, index count, T* value) {
  each_tap(shape, [&]<int taps, int fixed_stride>(index k) {
    const index step = fixed_stride != 0 ? fixed_stride : shape.stride[2];
    const T* from = columns + k * shape.dilation[2];
    const auto greatest_of = [&](index j, T best) {
      for (int t = 0; t < taps; ++t) {
        const T x = from[j * step + t * shape.dilation[2]];
        best = (x > best) | (x != x) ? x : best;
      }
      return best;
    };
    if (k == 0) {
      for (index j = 0; j < rounded(count); ++j) value[j] = greatest_of(j, from[j * step]);
    } else {
      for (index j = 0; j < rounded(count); ++j) value[j] = greatest_of(j, value[j]);
    }
  });
}

/// The same for exactly `count` windows.
template <class T>
void greatest_of_exactly(const PoolShape& shape, const T* columns, index count, T* out) {
  if (count == rounded(count)) return greatest_of_columns(shape, columns, count, out);
  alignas(64) T value[tile];
  greatest_of_columns(shape, columns, count, value);
  for (index j = 0; j < count; ++j) out[j] = value[j];
}

/// The values alone: down the rows first, where neighbours lie side by side, then along the row.
template <class T>
void max_row_values(const PoolShape& shape, const Row& row, Line<T>& line, const T* in, T* out) {
  const index stride = shape.stride[2], extent = (shape.kernel[2] - 1) * shape.dilation[2] + 1;
  const index total = (shape.planes - row.plane) * in_plane(shape);
  const bool single = row.depth.count() == 1 && row.height.count() == 1;
  for (index first = 0; first < shape.out[2]; first += tile) {
    const index count = least(tile, shape.out[2] - first);
    const index left = first * stride - shape.padding[2];
    const T* columns = line.room();
    if (single) {
      columns = line.columns(in, total, row.first_input_row(shape), left, count, lowest<T>);
    } else {
      const index needed = (rounded(count) - 1) * stride + extent;
      greatest_of_rows(shape, row, in, left, needed, line.room());
    }
    greatest_of_exactly(shape, columns, count, out + first);
  }
}

/// Rows of windows side by side, as one row.
template <class T, class Position>
void max_joined(const PoolShape& shape, const JoinedRows<T>& rows, T* out, std::int64_t* indices) {
  const index width = shape.out[2], count = rows.count() * width;
  Maxima<T, Position> maxima;
  for (index j = 0; j < rounded(count); ++j) {
    maxima.value[j] = lowest<T>;
    maxima.position[j] = 0;
  }
  rows.each_row_of_window([&](index offset) {
    const T* columns = rows.columns(offset);
    each_tap(shape, [&]<int taps, int fixed_stride>(index k) {
      take_greater<taps, fixed_stride>(shape, columns + k, static_cast<Position>(offset + k), count,
                                       maxima);
    });
  });
  for (index j = 0; j < count; ++j) out[j] = maxima.value[j];
  for (index r = 0, j = 0; r < rows.count(); ++r) {
    for (index x = 0; x < width; ++x, ++j)
      indices[j] = rows.origin(r) + x * shape.stride[2] + maxima.position[j];
  }
}

/// f(row, item, count) for pieces of `together` rows of outputs, threaded.
template <class F>
void each_rows(const PoolShape& shape, index together, F f) {
  const index rows = shape.planes * shape.out[0] * shape.out[1];
  const index work = shape.out[2] * window_size(shape) * together;
  parallel(ceil_div(rows, together), grain_of(work), [&](index begin, index end) {
    f(Row(shape, begin * together), begin * together, least(end * together, rows));
  });
}

template <class T>
void max_values(const PoolShape& shape, const T* input, T* output) {
  const index width = shape.out[2], together = rows_together(shape);
  each_rows(shape, together, [&](Row row, index item, index end) {
    if (together == 1) {
      Line<T> line(shape);
      for (; item < end; ++item, row.next(shape))
        max_row_values(shape, row, line, input + row.plane * in_plane(shape),
                       output + item * width);
      return;
    }
    JoinedRows<T> rows(shape, input);
    for (; item < end; item += together) {
      rows.take(row, least(together, end - item));
      greatest_of_exactly(shape, rows.greatest_columns(), rows.count() * width,
                          output + item * width);
    }
  });
}

template <class T, class Position>
void max_rows(const PoolShape& shape, const T* input, T* output, std::int64_t* indices) {
  const index width = shape.out[2], together = rows_together(shape);
  each_rows(shape, together, [&](Row row, index item, index end) {
    if (together == 1) {
      Line<T> line(shape);
      for (; item < end; ++item, row.next(shape))
        max_row<T, Position>(shape, row, line, input + row.plane * in_plane(shape),
                             output + item * width, indices + item * width);
      return;
    }
    JoinedRows<T> rows(shape, input);
    for (; item < end; item += together) {
      rows.take(row, least(together, end - item));
      max_joined<T, Position>(shape, rows, output + item * width, indices + item * width);
    }
  });
}

template <class T>
void max_forward(const PoolShape& shape, const void* input, void* output, std::int64_t* indices) {
  if (out_plane(shape) == 0) return;
  const T* in = static_cast<const T*>(input);
  T* out = static_cast<T*>(output);
  if (indices == nullptr) return max_values(shape, in, out);
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
