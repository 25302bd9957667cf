#include "kernels/cpu/images.h"
#include "kernels/cpu/movement.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// The position of the source that `at` shows, -1 for the fill.
index shown_by(const PadDim& dim, index at) {
  if (at >= dim.whole_begin && at < dim.whole_end) return at - dim.whole_begin + dim.first;
  if (dim.edges == nullptr) return -1;
  return dim.edges[at < dim.whole_begin ? at : dim.whole_begin + at - dim.whole_end];
}

/// Walks over the rows of the result, which go along the last dim, and tells which row of the
/// source each shows.
class RowWalk {
 public:
  RowWalk(const PadShape& shape, index row) : shape_(shape) {
    if (shape.rank < 2) return;
    at_ = row % along().out;
    outer_ = row / along().out;
    find_base();
  }
  /// -1 for the fill.
  index source() const {
    if (shape_.rank < 2) return 0;
    const index at = base_ < 0 ? -1 : shown_by(along(), at_);
    return at < 0 ? -1 : base_ + at;
  }
  void next() {
    if (shape_.rank < 2 || ++at_ < along().out) return;
    at_ = 0;
    ++outer_;
    find_base();
  }

 private:
  const PadDim& along() const { return shape_.dim[shape_.rank - 2]; }
  void find_base() {
    base_ = 0;
    index rest = outer_;
    index step = along().in;
    for (int d = shape_.rank - 3; d >= 0; --d) {
      const PadDim& dim = shape_.dim[d];
      const index at = shown_by(dim, rest % dim.out);
      if (at < 0) {
        base_ = -1;
        return;
      }
      rest /= dim.out;
      base_ += at * step;
      step *= dim.in;
    }
  }

  const PadShape& shape_;
  index at_ = 0, outer_ = 0, base_ = 0;
};

template <class T>
void fill_row(T* out, index count, T value) {
  for (index i = 0; i < count; ++i) out[i] = value;
}

/// Positions [begin, end) of a row of the result, which are edges.
template <class T>
void pad_edge(const PadDim& dim, index inner, const T* in, T fill, T* out, index begin, index end) {
  if (dim.edges == nullptr) return fill_row(out + begin * inner, (end - begin) * inner, fill);
  for (index o = begin; o < end; ++o) {
    const T* from = in + shown_by(dim, o) * inner;
    if (inner == 1) {
      out[o] = *from;
    } else {
      copy_dense_row(from, out + o * inner, inner);
    }
  }
}

/// Positions [begin, end) of a row of the result.
template <class T>
void pad_part(const PadDim& dim, index inner, const T* in, T fill, T* out, index begin, index end) {
  const index whole_begin = least(end, greatest(begin, dim.whole_begin));
  const index whole_end = greatest(whole_begin, least(end, dim.whole_end));
  pad_edge(dim, inner, in, fill, out, begin, whole_begin);
  copy_dense_row(in + (whole_begin - dim.whole_begin + dim.first) * inner,
                 out + whole_begin * inner, (whole_end - whole_begin) * inner);
  pad_edge(dim, inner, in, fill, out, whole_end, end);
}

/// Elements of a row that one thread takes.
constexpr index part_elements = 1 << 15;

void pad(const PadShape& shape, const void* in_memory, const void* fill_memory, void* out_memory,
         index element_size) {
  by_size(element_size, [&]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    const T fill = *static_cast<const T*>(fill_memory);
    const PadDim& last = shape.dim[shape.rank - 1];
    const index inner = shape.inner;
    index rows = 1;
    for (int d = 0; d < shape.rank - 1; ++d) rows *= shape.dim[d].out;
    const index part = least(last.out, ceil_div(part_elements, inner));
    const index parts = ceil_div(last.out, part);
    parallel(rows * parts, grain_of<T>(part * inner), [&](index begin, index end) {
      RowWalk place(shape, begin / parts);
      index first = begin % parts * part;
      T* to = out + begin / parts * last.out * inner;
      for (index item = begin; item < end; ++item) {
        const index stop = least(last.out, first + part);
        const index source = place.source();
        if (source < 0) {
          fill_row(to + first * inner, (stop - first) * inner, fill);
        } else {
          pad_part(last, inner, in + source * last.in * inner, fill, to, first, stop);
        }
        first = stop;
        if (stop < last.out) continue;
        first = 0;
        to += last.out * inner;
        place.next();
      }
    });
  });
}

/// Adds a row of the gradient of the result to the row of the source that it shows.
template <class T>
void add_row(const PadDim& dim, index inner, const T* g, T* x) {
  const T* whole = g + dim.whole_begin * inner;
  T* to = x + dim.first * inner;
  for (index i = 0; i < (dim.whole_end - dim.whole_begin) * inner; ++i) to[i] += whole[i];
  const auto add_edge = [&](index begin, index end) {
    for (index o = begin; o < end; ++o) {
      T* sum = x + shown_by(dim, o) * inner;
      for (index j = 0; j < inner; ++j) sum[j] += g[o * inner + j];
    }
  };
  add_edge(0, dim.whole_begin);
  add_edge(dim.whole_end, dim.out);
}

/// The rows of the result that show one row of the source, in order.
struct ShowingRows {
  const PadShape& shape;
  index first[most_padded_dims];
  index end[most_padded_dims];
  index now[most_padded_dims];

  ShowingRows(const PadShape& given, index row) : shape(given) {
    for (int d = shape.rank - 2; d >= 0; --d) {
      const index at = row % shape.dim[d].in;
      row /= shape.dim[d].in;
      first[d] = now[d] = shape.dim[d].shown_begin[at];
      end[d] = shape.dim[d].shown_begin[at + 1];
    }
  }
  bool any() const {
    for (int d = 0; d < shape.rank - 1; ++d)
      if (first[d] == end[d]) return false;
    return true;
  }
  index row() const {
    index at = 0;
    for (int d = 0; d < shape.rank - 1; ++d)
      at = at * shape.dim[d].out + shape.dim[d].shown[now[d]];
    return at;
  }
  bool next() {
    for (int d = shape.rank - 2; d >= 0; --d) {
      if (++now[d] < end[d]) return true;
      now[d] = first[d];
    }
    return false;
  }
};

// Threads own rows of the source.
template <class T>
void transpose(const PadShape& shape, const void* gradient, void* source) {
  const T* g = static_cast<const T*>(gradient);
  T* x = static_cast<T*>(source);
  const PadDim& last = shape.dim[shape.rank - 1];
  index rows = 1;
  for (int d = 0; d < shape.rank - 1; ++d) rows *= shape.dim[d].in;
  const index in_width = last.in * shape.inner;
  const index out_width = last.out * shape.inner;
  parallel(rows, grain_of<T>(out_width), [&](index begin, index end) {
    for (index row = begin; row < end; ++row) {
      T* to = x + row * in_width;
      fill_row(to, in_width, T{0});
      ShowingRows showing(shape, row);
      if (!showing.any()) continue;
      do {
        add_row(last, shape.inner, g + showing.row() * out_width, to);
      } while (showing.next());
    }
  });
}

}  // namespace

void fill_padding(Padding& padding) { padding = {pad, {transpose<float>, transpose<double>}}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
