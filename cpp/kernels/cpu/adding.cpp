#include "kernels/cpu/complex.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// Threads own disjoint parts of the destination: a strip of columns, or a range of rows where there
// are too few columns. Each walks all indices in order, so every destination adds its contributions
// in that order.

constexpr index strip_width = 64;
/// Additions below which a piece of work is not worth handing to another thread.
constexpr index grain_work = 1 << 14;

/// The cut of [outer] problems that add rows of `width` elements at `picks` indices.
struct Cut {
  index strips, ranges, grain;
  Cut(index outer, index picks, index width) {
    strips = ceil_div(width, strip_width);
    const index work = picks * least(width, strip_width);
    // Every range walks all the indices: two for each thread would cost more than they balance.
    const bool few = outer * strips < num_threads() && work >= 2 * grain_work;
    ranges = few ? ceil_div(num_threads(), outer * strips) : 1;
    grain = greatest<index>(1, grain_work * ranges / greatest<index>(work, 1));
  }
};

/// One piece of such a cut.
struct Part {
  index problem, column_begin, column_end, row_begin, row_end;
  Part(const Cut& cut, index item, index width, index rows) {
    const index range = item % cut.ranges;
    const index strip = item / cut.ranges % cut.strips;
    problem = item / cut.ranges / cut.strips;
    column_begin = strip * strip_width;
    column_end = least(column_begin + strip_width, width);
    row_begin = rows * range / cut.ranges;
    row_end = rows * (range + 1) / cut.ranges;
  }
  bool owns(index row) const { return row >= row_begin && row < row_end; }
};

/// to[at[p] * stride + j] += from[p * stride + j] for one part, whose first column `from` and `to`
/// point at.
template <class T>
void add_part(const T* from, const std::int64_t* at, T* to, index picks, index stride,
              const Part& part) {
  const index width = part.column_end - part.column_begin;
  if (stride == 1) {
    for (index p = 0; p < picks; ++p)
      if (part.owns(at[p])) to[at[p]] += from[p];
    return;
  }
  for (index p = 0; p < picks; ++p) {
    if (!part.owns(at[p])) continue;
    const T* row = from + p * stride;
    T* sum = to + at[p] * stride;
    for (index j = 0; j < width; ++j) sum[j] += row[j];
  }
}

template <class T>
void index_add(const void* in_memory, const std::int64_t* indices, void* out_memory, index outer,
               index n, index picks, index inner) {
  if (outer == 0 || inner == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(outer, picks, inner);
  parallel(outer * cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, inner, n);
      add_part(in + part.problem * picks * inner + part.column_begin, indices,
               out + part.problem * n * inner + part.column_begin, picks, inner, part);
    }
  });
}

template <class T>
void scatter_add(const void* in_memory, const std::int64_t* indices, void* out_memory, index outer,
                 index n, index picks, index inner) {
  if (outer == 0 || inner == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(outer, picks, inner);
  parallel(outer * cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, inner, n);
      const T* from = in + part.problem * picks * inner;
      const std::int64_t* at = indices + part.problem * picks * inner;
      T* to = out + part.problem * n * inner;
      if (inner == 1) {
        add_part(from, at, to, picks, inner, part);
        continue;
      }
      for (index p = 0; p < picks; ++p, from += inner, at += inner)
        for (index j = part.column_begin; j < part.column_end; ++j)
          if (part.owns(at[j])) to[at[j] * inner + j] += from[j];
    }
  });
}

// Two rows are the same or disjoint, so the first element tells the owner.
template <class T>
void add_rows(const void* in_memory, const std::int64_t* offsets, void* out_memory, index count,
              index row, index total) {
  if (row == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(1, count, row);
  parallel(cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, row, total);
      const T* from = in + part.column_begin;
      for (index i = 0; i < count; ++i, from += row) {
        if (!part.owns(offsets[i])) continue;
        T* sum = out + offsets[i] + part.column_begin;
        const index width = part.column_end - part.column_begin;
        for (index j = 0; j < width; ++j) sum[j] += from[j];
      }
    }
  });
}

template <class T>
constexpr Adding adding_of = {index_add<T>, scatter_add<T>, add_rows<T>};

}  // namespace

void fill_adding(Adding (&adding)[compute_count]) {
  adding[static_cast<int>(Compute::f32)] = adding_of<float>;
  adding[static_cast<int>(Compute::f64)] = adding_of<double>;
  adding[static_cast<int>(Compute::i64)] = adding_of<std::uint64_t>;  // wraps around
  adding[static_cast<int>(Compute::c64)] = adding_of<Complex<float>>;
  adding[static_cast<int>(Compute::c128)] = adding_of<Complex<double>>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
