// Pooling over windows that differ in size or place: adaptive and fractional. Uses scratch slots 0
// and 1.

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

constexpr index grain_work = 1 << 15;

/// The windows of one row of outputs.
struct BoxRow {
  const PoolBoxes& boxes;
  index plane, z, y;

  BoxRow(const PoolBoxes& all, index row)
      : boxes(all),
        plane(row / (all.out[0] * all.out[1])),
        z(row / all.out[1] % all.out[0]),
        y(row % all.out[1]) {}

  index first(int d, index o) const { return bound(boxes.begin[d], d, o); }
  index last(int d, index o) const { return bound(boxes.end[d], d, o); }
  index rows_of_window() const { return (last(0, z) - first(0, z)) * (last(1, y) - first(1, y)); }
  /// Offset of the first input row within the plane.
  index first_row() const { return (first(0, z) * boxes.in[1] + first(1, y)) * boxes.in[2]; }
  /// f(offset of an input row within the plane), in order.
  template <class F>
  void each_row(F f) const {
    for (index i = first(0, z); i < last(0, z); ++i)
      for (index j = first(1, y); j < last(1, y); ++j) f((i * boxes.in[1] + j) * boxes.in[2]);
  }

 private:
  index bound(const index* bounds, int d, index o) const {
    return bounds[(boxes.per_plane ? plane * boxes.out[d] : 0) + o];
  }
};

index plane_of(const index (&sizes)[3]) { return sizes[0] * sizes[1] * sizes[2]; }
/// Rows of outputs worth handing to another thread.
index grain_of(const PoolBoxes& boxes) {
  const index rows = greatest<index>(1, boxes.out[0] * boxes.out[1]);
  return grain_work / (plane_of(boxes.in) / rows + boxes.out[2] + 1) + 1;
}

/// Down the rows, where columns lie side by side: the greatest element of each column and the
/// offset of its row; a later NaN replaces an earlier one.
template <class T, class Offset>
void greatest_of_columns(const BoxRow& row, const T* in, T* value, Offset* offset) {
  const index width = row.boxes.in[2];
  const Offset start = static_cast<Offset>(row.first_row());
  for (index x = 0; x < width; ++x) {
    value[x] = in[row.first_row() + x];
    offset[x] = start;
  }
  row.each_row([&](index at) {
    const T* from = in + at;
    const Offset here = static_cast<Offset>(at);
    for (index x = 0; x < width; ++x) {
      const bool take = (from[x] > value[x]) | (from[x] != from[x]);
      value[x] = take ? from[x] : value[x];
      offset[x] = take ? here : offset[x];
    }
  });
}

/// Elements that are compared or added side by side.
constexpr index lanes = 16;

/// Whether x at `here` comes before best at `at`: of equal elements the first in row-major order
/// does, of NaN the last.
template <class T, class Offset>
bool comes_first(T x, Offset here, T best, Offset at) {
  const bool nan = x != x;
  return (nan & ((best == best) | (here > at))) | (x > best) | ((x == best) & (here < at));
}

/// Where in the plane the greatest element of the columns [first, last) is; offset: those of rows.
template <class T, class Offset>
Offset greatest_of_window(const T* value, const Offset* offset, index first, index last) {
  T best = value[first];
  Offset at = static_cast<Offset>(offset[first] + first);
  const auto take = [&](T x, Offset here) {
    const bool better = comes_first(x, here, best, at);
    best = better ? x : best;
    at = better ? here : at;
  };
  if (last - first < 2 * lanes) {
    for (index x = first + 1; x < last; ++x) take(value[x], static_cast<Offset>(offset[x] + x));
    return at;
  }
  T side_best[lanes];
  Offset side_at[lanes];
  for (index l = 0; l < lanes; ++l) {
    side_best[l] = value[first + l];
    side_at[l] = static_cast<Offset>(offset[first + l] + first + l);
  }
  for (index x = first + lanes; x < last; x += lanes) {
    const index begin = least(x, last - lanes);  // the last ones overlap
    for (index l = 0; l < lanes; ++l) {
      const T other = value[begin + l];
      const Offset here = static_cast<Offset>(offset[begin + l] + static_cast<Offset>(begin + l));
      const bool better = comes_first(other, here, side_best[l], side_at[l]);
      side_best[l] = better ? other : side_best[l];
      side_at[l] = better ? here : side_at[l];
    }
  }
  for (index half = lanes / 2; half > 0; half /= 2) {
    for (index l = 0; l < half; ++l) {
      const T other = side_best[l + half];
      const Offset here = side_at[l + half];
      const bool better = comes_first(other, here, side_best[l], side_at[l]);
      side_best[l] = better ? other : side_best[l];
      side_at[l] = better ? here : side_at[l];
    }
  }
  return side_at[0];
}

template <class T, class Offset>
void max_rows(const PoolBoxes& boxes, const T* input, T* output, std::int64_t* indices) {
  const index width = boxes.out[2];
  parallel(boxes.planes * boxes.out[0] * boxes.out[1], grain_of(boxes), [&](index i, index end) {
    T* value = scratch<T>(0, boxes.in[2]);
    Offset* offset = scratch<Offset>(1, boxes.in[2]);
    for (; i < end; ++i) {
      const BoxRow row(boxes, i);
      const T* in = input + row.plane * plane_of(boxes.in);
      greatest_of_columns(row, in, value, offset);
      for (index x = 0; x < width; ++x) {
        const index at = greatest_of_window(value, offset, row.first(2, x), row.last(2, x));
        output[i * width + x] = in[at];
        indices[i * width + x] = at;
      }
    }
  });
}

template <class T>
void max_boxes(const PoolBoxes& boxes, const void* input, void* output, std::int64_t* indices) {
  const T* in = static_cast<const T*>(input);
  T* out = static_cast<T*>(output);
  // Offsets as wide as the elements move in the same vector lanes.
  if (sizeof(T) == 4 && plane_of(boxes.in) < index{1} << 31)
    max_rows<T, std::int32_t>(boxes, in, out, indices);
  else
    max_rows<T, std::int64_t>(boxes, in, out, indices);
}

template <class T>
T sum_of(const T* x, index count) {
  T side[lanes] = {};
  index i = 0;
  for (; i + lanes <= count; i += lanes)
    for (index l = 0; l < lanes; ++l) side[l] += x[i + l];
  T total{0};
  if (i > 0)
    for (index l = 0; l < lanes; ++l) total += side[l];
  for (; i < count; ++i) total += x[i];
  return total;
}

template <class T>
void average_boxes(const PoolBoxes& boxes, const void* input, void* output) {
  const index width = boxes.out[2];
  parallel(boxes.planes * boxes.out[0] * boxes.out[1], grain_of(boxes), [&](index i, index end) {
    T* const sums = scratch<T>(0, boxes.in[2]);
    for (; i < end; ++i) {
      const BoxRow row(boxes, i);
      const T* in = static_cast<const T*>(input) + row.plane * plane_of(boxes.in);
      const index rows = row.rows_of_window();
      const T* columns = in + row.first_row();
      if (rows > 1) {
        for (index x = 0; x < boxes.in[2]; ++x) sums[x] = T{0};
        row.each_row([&](index at) {
          for (index x = 0; x < boxes.in[2]; ++x) sums[x] += in[at + x];
        });
        columns = sums;
      }
      T* out = static_cast<T*>(output) + i * width;
      for (index x = 0; x < width; ++x) {
        const index first = row.first(2, x), count = row.last(2, x) - first;
        out[x] = sum_of(columns + first, count) / static_cast<T>(rows * count);
      }
    }
  });
}

/// Every element of the gradient, divided by the size of its window, is added all over it.
template <class T>
void average_boxes_backward(const PoolBoxes& boxes, const void* output_gradient,
                            void* input_gradient) {
  const index in_count = plane_of(boxes.in), rows = boxes.out[0] * boxes.out[1];
  const index work = in_count + plane_of(boxes.out);
  parallel(boxes.planes, grain_work / (work + 1) + 1, [&](index plane, index end) {
    T* share = scratch<T>(0, boxes.in[2]);
    for (; plane < end; ++plane) {
      T* dx = static_cast<T*>(input_gradient) + plane * in_count;
      for (index l = 0; l < in_count; ++l) dx[l] = T{0};
      for (index i = plane * rows; i < (plane + 1) * rows; ++i) {
        const BoxRow row(boxes, i);
        const T* g = static_cast<const T*>(output_gradient) + i * boxes.out[2];
        for (index x = 0; x < boxes.in[2]; ++x) share[x] = T{0};
        for (index x = 0; x < boxes.out[2]; ++x) {
          const index first = row.first(2, x), last = row.last(2, x);
          const T part = g[x] / static_cast<T>(row.rows_of_window() * (last - first));
          for (index l = first; l < last; ++l) share[l] += part;
        }
        row.each_row([&](index at) {
          for (index x = 0; x < boxes.in[2]; ++x) dx[at + x] += share[x];
        });
      }
    }
  });
}

template <class T>
constexpr BoxPooling pooling_of = {max_boxes<T>, average_boxes<T>, average_boxes_backward<T>};

}  // namespace

void fill_box_pooling(BoxPooling (&pooling)[2]) {
  pooling[0] = pooling_of<float>;
  pooling[1] = pooling_of<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
