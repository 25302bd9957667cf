#include "kernels/cpu/images.h"
#include "kernels/cpu/movement.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Where one element of all windows lies along one dim: window o looks at start + o * stride, which
/// is inside for o in [begin, end).
struct Tap {
  index start, begin, end;
  Tap(const ColumnShape& shape, int d, index at) {
    start = at * shape.dilation[d] - shape.padding[d];
    begin = start >= 0 ? 0 : least(shape.out[d], ceil_div(-start, shape.stride[d]));
    const index room = shape.in[d] - start;
    end = room <= 0 ? begin : greatest(begin, least(shape.out[d], ceil_div(room, shape.stride[d])));
  }
};

/// f(row of the columns, row of the image or -1) for one element of the windows of a plane.
template <class F>
void each_row(const ColumnShape& shape, index element, F f) {
  const Tap depth(shape, 0, element / (shape.kernel[1] * shape.kernel[2]));
  const Tap height(shape, 1, element / shape.kernel[2] % shape.kernel[1]);
  for (index z = 0; z < shape.out[0]; ++z) {
    const bool deep = z >= depth.begin && z < depth.end;
    const index slice = (depth.start + z * shape.stride[0]) * shape.in[1];
    for (index y = 0; y < shape.out[1]; ++y) {
      const bool inside = deep && y >= height.begin && y < height.end;
      f(z * shape.out[1] + y, inside ? slice + height.start + y * shape.stride[1] : index{-1});
    }
  }
}

index volume(const index (&sizes)[3]) { return sizes[0] * sizes[1] * sizes[2]; }

void from_image(const ColumnShape& shape, const void* image_memory, void* column_memory,
                index element_size) {
  by_size(element_size, [&]<class T>(T) {
    const T* image = static_cast<const T*>(image_memory);
    T* columns = static_cast<T*>(column_memory);
    const index window = volume(shape.kernel);
    const index out = volume(shape.out);
    const index width = shape.out[2];
    const index stride = shape.stride[2];
    parallel(shape.planes * window, grain_of<T>(out), [&](index begin, index end) {
      for (index item = begin; item < end; ++item) {
        const T* plane = image + item / window * volume(shape.in);
        T* to = columns + item * out;
        const index element = item % window;
        const Tap tap(shape, 2, element % shape.kernel[2]);
        each_row(shape, element, [&](index row, index from) {
          T* line = to + row * width;
          const index first = from < 0 ? width : tap.begin;
          const index last = from < 0 ? width : tap.end;
          for (index i = 0; i < first; ++i) line[i] = T{};
          if (last > first)
            load_row(plane + from * shape.in[2] + tap.start + first * stride, stride, line + first,
                     last - first);
          for (index i = last; i < width; ++i) line[i] = T{};
        });
      }
    });
  });
}

/// Threads own planes.
template <class T>
void to_image(const ColumnShape& shape, const void* column_memory, void* image_memory) {
  const T* columns = static_cast<const T*>(column_memory);
  T* image = static_cast<T*>(image_memory);
  const index window = volume(shape.kernel);
  const index out = volume(shape.out);
  const index in = volume(shape.in);
  const index stride = shape.stride[2];
  parallel(shape.planes, grain_of<T>(window * out), [&](index begin, index end) {
    for (index p = begin; p < end; ++p) {
      T* plane = image + p * in;
      for (index i = 0; i < in; ++i) plane[i] = 0;
      for (index element = 0; element < window; ++element) {
        const T* from = columns + (p * window + element) * out;
        const Tap tap(shape, 2, element % shape.kernel[2]);
        each_row(shape, element, [&](index row, index to) {
          if (to < 0) return;
          const T* line = from + row * shape.out[2];
          T* sum = plane + to * shape.in[2] + tap.start;
          if (stride == 1) {
            for (index i = tap.begin; i < tap.end; ++i) sum[i] += line[i];
          } else {
            for (index i = tap.begin; i < tap.end; ++i) sum[i * stride] += line[i];
          }
        });
      }
    }
  });
}

}  // namespace

void fill_columns(Columns& columns) { columns = {from_image, {to_image<float>, to_image<double>}}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
