#include "kernels/cpu/images.h"
#include "kernels/cpu/loops.h"

// A picture is resampled along its columns and along its rows in one go: what lies between the two
// is a few rows that stay in the cache.

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Multiplications that are worth handing to another thread.
constexpr index grain_work = 1 << 15;

/// y[j] = sum over k of weight[k * step] * rows[k][j] for rows that lie `width` apart.
template <class T>
void mix_rows(const T* rows, const T* weight, index step, index taps, T* y, index width) {
  index used = 0;
  const T* row[2] = {};
  T factor[2] = {};
  // Up to two rows at a time; those of weight 0 are left out.
  bool fresh = true;
  const auto flush = [&] {
    const T *a = row[0], *b = row[1];
    const T p = factor[0], q = factor[1];
    if (used == 2 && fresh) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) y[j] = p * a[j] + q * b[j];
    } else if (used == 2) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) y[j] += p * a[j] + q * b[j];
    } else if (used == 1 && fresh && p == 1) {
      __builtin_memcpy(y, a, static_cast<std::size_t>(width) * sizeof(T));
    } else if (used == 1 && fresh) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) y[j] = p * a[j];
    } else if (used == 1) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) y[j] += p * a[j];
    } else if (fresh) {
      for (index j = 0; j < width; ++j) y[j] = 0;
    }
    fresh = false;
    used = 0;
  };
  for (index k = 0; k < taps; ++k) {
    const T w = weight[k * step];
    if (w == 0) continue;
    row[used] = rows + k * width;
    factor[used++] = w;
    if (used == 2) flush();
  }
  if (used > 0 || fresh) flush();
}

/// Two taps, the usual case, for rows that lie in_width and dim.out apart. Only where an element of
/// weight 0 is not finite there is more to do.
template <int rows, class T>
void resample_pairs(const ResampleDim& dim, const T* x, index in_width, T* y) {
  const T* first = static_cast<const T*>(dim.weight);
  const T* second = first + dim.out;
  for (index o = 0; o < dim.out; ++o) {
    const T* from = alone(x + dim.start[o]);
    const T p = first[o];
    const T q = second[o];
    for (int r = 0; r < rows; ++r, from += in_width) {
      const T total = p * from[0] + q * from[1];
      y[r * dim.out + o] =
          total == total ? total : (p != 0 ? p * from[0] : T{0}) + (q != 0 ? q * from[1] : T{0});
    }
  }
}

/// Places of a row are single elements: they are computed side by side.
template <class T>
void resample_elements(const ResampleDim& dim, const T* x, T* y) {
  if (dim.taps == 2) return resample_pairs<1>(dim, x, 0, y);
  const T* weight = static_cast<const T*>(dim.weight);
  constexpr index tile = 64;
  for (index first = 0; first < dim.out; first += tile) {
    const index count = least(tile, dim.out - first);
    const std::int32_t* start = dim.start + first;
    T total[tile] = {};
    for (index k = 0; k < dim.taps; ++k) {
      const T* w = weight + k * dim.out + first;
      T value[tile];
      for (index o = 0; o < count; ++o) value[o] = load_alone(x + k, start[o]);
      for (index o = 0; o < count; ++o) total[o] += w[o] != 0 ? w[o] * value[o] : T{0};
    }
    __builtin_memcpy(y + first, total, static_cast<std::size_t>(count) * sizeof(T));
  }
}

/// One row of [columns.in][inner] to [columns.out][inner].
template <class T>
void resample_row(const ResampleShape& shape, const T* x, T* y) {
  const ResampleDim& dim = shape.columns;
  if (shape.inner == 1) return resample_elements(dim, x, y);
  const T* weight = static_cast<const T*>(dim.weight);
  for (index o = 0; o < dim.out; ++o)
    mix_rows(x + dim.start[o] * shape.inner, weight + o, dim.out, dim.taps, y + o * shape.inner,
             shape.inner);
}

/// Rows [begin, end) of the result of one plane.
template <class T>
void resample_block(const ResampleShape& shape, const T* x, T* y, index begin, index end) {
  const ResampleDim &rows = shape.rows, &columns = shape.columns;
  const index in_width = columns.in * shape.inner, out_width = columns.out * shape.inner;
  const T* weight = static_cast<const T*>(rows.weight);
  if (rows.identity) {
    index o = begin;
    if (shape.inner == 1 && columns.taps == 2)
      for (; o + 4 <= end; o += 4)
        resample_pairs<4>(columns, x + o * in_width, in_width, y + o * out_width);
    for (; o < end; ++o) resample_row(shape, x + o * in_width, y + o * out_width);
    return;
  }
  if (columns.identity) {
    for (index o = begin; o < end; ++o)
      mix_rows(x + rows.start[o] * in_width, weight + o, rows.out, rows.taps, y + o * out_width,
               in_width);
    return;
  }
  if (rows.out < rows.in) {  // fewer rows first, then along them
    T* mixed = scratch<T>(1, in_width);
    for (index o = begin; o < end; ++o) {
      mix_rows(x + rows.start[o] * in_width, weight + o, rows.out, rows.taps, mixed, in_width);
      resample_row(shape, mixed, y + o * out_width);
    }
    return;
  }
  const index first = rows.start[begin];
  T* wide = scratch<T>(1, (rows.start[end - 1] + rows.taps - first) * out_width);
  index ready = first;
  for (index o = begin; o < end; ++o) {
    for (ready = greatest<index>(ready, rows.start[o]); ready < rows.start[o] + rows.taps; ++ready)
      resample_row(shape, x + ready * in_width, wide + (ready - first) * out_width);
    mix_rows(wide + (rows.start[o] - first) * out_width, weight + o, rows.out, rows.taps,
             y + o * out_width, out_width);
  }
}

template <class T>
void resample(const ResampleShape& shape, const void* input, void* output) {
  const T* x = static_cast<const T*>(input);
  T* y = static_cast<T*>(output);
  const ResampleDim &rows = shape.rows, &columns = shape.columns;
  const index width = columns.out * shape.inner;
  const index in_plane = rows.in * columns.in * shape.inner;
  // Where a block ends, rows between the passes are made twice: blocks are not small.
  const index work = width * (rows.taps + columns.taps);
  const index block = least(rows.out, greatest<index>(16, grain_work / greatest<index>(work, 1)));
  const index blocks = ceil_div(rows.out, block);
  parallel(shape.planes * blocks, greatest<index>(1, grain_work / greatest<index>(work * block, 1)),
           [&](index begin, index end) {
             for (index item = begin; item < end; ++item) {
               const index plane = item / blocks, first = item % blocks * block;
               resample_block(shape, x + plane * in_plane, y + plane * rows.out * width, first,
                              least(rows.out, first + block));
             }
           });
}

}  // namespace

void fill_resample(Resample (&resample_of)[2]) {
  resample_of[0] = resample<float>;
  resample_of[1] = resample<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
