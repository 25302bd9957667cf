#include "kernels/cpu/grid_taps.h"
#include "kernels/cpu/images.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Pixels that are worth handing to another thread.
constexpr index grain_work = 1 << 14;

index pixels_of(const GridShape& shape) {
  return shape.in[0] * shape.in[1] * (shape.dims == 3 ? shape.in[2] : 1);
}

/// f(batch, first point, number of points) for blocks; threads share them.
template <class F>
void each_block(const GridShape& shape, index work, F f) {
  const index blocks = ceil_div(shape.points, block_of_points);
  const index grain = greatest<index>(1, grain_work / greatest<index>(1, work * block_of_points));
  parallel(shape.batch * blocks, grain, [&](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const index first = item % blocks * block_of_points;
      f(item / blocks, first, least(block_of_points, shape.points - first));
    }
  });
}

/// The mixture for point p of the plane at `from`.
template <class T, int taps, int dims>
TOPOGRAD_INLINE T mixed(const BlockTaps<T, taps, dims>& block, const T* from, index p) {
  T total = 0;
  for (int t = 0; t < BlockTaps<T, taps, dims>::pixels; ++t)
    total += block.weight[t][p] * load_alone(from, block.offset[t][p]);
  return total;
}
/// The same where a pixel of weight 0 may be infinite or NaN.
template <class T, int taps, int dims>
T mixed_with_care(const BlockTaps<T, taps, dims>& block, const T* from, index p) {
  T total = 0;
  for (int t = 0; t < BlockTaps<T, taps, dims>::pixels; ++t) {
    const T w = block.weight[t][p];
    if (w != 0) total += w * from[block.offset[t][p]];
  }
  return total;
}

template <class T, int taps, int dims>
void sample(const GridShape& shape, const T* x, const T* grid, T* y) {
  using Taps = BlockTaps<T, taps, dims>;
  const index plane = pixels_of(shape);
  each_block(shape, shape.channels * Taps::pixels, [&](index b, index first, index count) {
    Taps block;
    block.locate(shape, grid + (b * shape.points + first) * dims, count);
    for (index c = b * shape.channels; c < (b + 1) * shape.channels; ++c) {
      const T* from = x + c * plane;
      T* to = y + c * shape.points + first;
      for (index p = 0; p < count; ++p) {
        if constexpr (taps == 1) {
          const T value = load_alone(from, block.offset[0][p]);
          to[p] = block.weight[0][p] != 0 ? value : T{0};
        } else {
          const T total = mixed(block, from, p);
          to[p] = total == total ? total : mixed_with_care(block, from, p);
        }
      }
    }
  });
}

template <class T, int taps, int dims>
void grid_gradient(const GridShape& shape, const T* g, const T* x, const T* grid, T* dgrid) {
  using Taps = BlockTaps<T, taps, dims>;
  const index plane = pixels_of(shape);
  if (taps == 1) {  // the nearest pixel is the same nearby
    for (index i = 0; i < shape.batch * shape.points * dims; ++i) dgrid[i] = 0;
    return;
  }
  each_block(shape, shape.channels * Taps::pixels * 2, [&](index b, index first, index count) {
    Taps block;
    block.locate(shape, grid + (b * shape.points + first) * dims, count);
    // How much of the gradient meets each pixel.
    alignas(64) T met[Taps::pixels][block_of_points];
    for (index p = 0; p < count; ++p) {
      index offset[Taps::pixels];
      T sums[Taps::pixels] = {};
      for (int t = 0; t < Taps::pixels; ++t) offset[t] = block.offset[t][p];
      const T* slope = g + b * shape.channels * shape.points + first + p;
      const T* from = x + b * shape.channels * plane;
      for (index c = 0; c < shape.channels; ++c, slope += shape.points, from += plane)
        for (int t = 0; t < Taps::pixels; ++t) sums[t] += *slope * load_alone(from, offset[t]);
      for (int t = 0; t < Taps::pixels; ++t) met[t][p] = sums[t];
    }
    T total[dims][block_of_points] = {};
    for (int t = 0; t < Taps::pixels; ++t) {
      for (int d = 0; d < dims; ++d) {
        T slope[block_of_points];
        block.slopes(t, d, count, slope);
        for (index p = 0; p < count; ++p)
          total[d][p] += slope[p] != 0 ? slope[p] * met[t][p] : T{0};
      }
    }
    T* out = dgrid + (b * shape.points + first) * dims;
    for (int d = 0; d < dims; ++d)
      for (index p = 0; p < count; ++p) out[p * dims + d] = total[d][p];
  });
}

/// Threads own channels, and each takes the points in order.
template <class T, int taps, int dims>
void input_gradient(const GridShape& shape, const T* g, const T* grid, T* dx) {
  using Taps = BlockTaps<T, taps, dims>;
  const index plane = pixels_of(shape);
  // The points are located again for each strip of channels: no more of those than needed.
  const index wanted = ceil_div(num_threads(), greatest<index>(1, shape.batch));
  const index strips = least(shape.channels, greatest<index>(1, wanted));
  const index work = shape.points * Taps::pixels * ceil_div(shape.channels, strips);
  parallel(shape.batch * strips, greatest<index>(1, grain_work / greatest<index>(1, work)),
           [&](index begin, index end) {
             for (index item = begin; item < end; ++item) {
               const index b = item / strips, strip = item % strips;
               const index low = shape.channels * strip / strips;
               const index high = shape.channels * (strip + 1) / strips;
               Taps block;
               for (index first = 0; first < shape.points; first += block_of_points) {
                 const index count = least(block_of_points, shape.points - first);
                 block.locate(shape, grid + (b * shape.points + first) * dims, count);
                 for (index c = b * shape.channels + low; c < b * shape.channels + high; ++c) {
                   const T* slope = g + c * shape.points + first;
                   T* to = dx + c * plane;
                   for (int t = 0; t < Taps::pixels; ++t) {
                     T part[block_of_points];
                     for (index p = 0; p < count; ++p) {
                       const T w = block.weight[t][p];
                       part[p] = w != 0 ? w * slope[p] : T{0};
                     }
                     for (index p = 0; p < count; ++p) to[block.offset[t][p]] += part[p];
                   }
                 }
               }
             }
           });
}

/// f.operator()<taps, dims>()
template <class F>
void by_kind(const GridShape& shape, F f) {
  if (shape.how == GridMode::cubic) return f.template operator()<4, 2>();
  if (shape.how == GridMode::linear && shape.dims == 2) return f.template operator()<2, 2>();
  if (shape.how == GridMode::linear) return f.template operator()<2, 3>();
  if (shape.dims == 2) return f.template operator()<1, 2>();
  f.template operator()<1, 3>();
}

template <class T>
void forward(const GridShape& shape, const void* x, const void* grid, void* y) {
  by_kind(shape, [&]<int taps, int dims>() {
    sample<T, taps, dims>(shape, static_cast<const T*>(x), static_cast<const T*>(grid),
                          static_cast<T*>(y));
  });
}

template <class T>
void backward(const GridShape& shape, const void* g, const void* x, const void* grid, void* dx,
              void* dgrid) {
  by_kind(shape, [&]<int taps, int dims>() {
    if (dx != nullptr)
      input_gradient<T, taps, dims>(shape, static_cast<const T*>(g), static_cast<const T*>(grid),
                                    static_cast<T*>(dx));
    if (dgrid != nullptr)
      grid_gradient<T, taps, dims>(shape, static_cast<const T*>(g), static_cast<const T*>(x),
                                   static_cast<const T*>(grid), static_cast<T*>(dgrid));
  });
}

}  // namespace

void fill_grid_sample(GridSample (&grid_sample)[2]) {
  grid_sample[0] = {forward<float>, backward<float>};
  grid_sample[1] = {forward<double>, backward<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
