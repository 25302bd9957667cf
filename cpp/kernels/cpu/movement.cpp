#include "kernels/cpu/movement.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// ------------------------------------------------------------------ transposed blocks

/// out[c * out_row + r] = in[r * in_row + c].
template <class T>
struct Transpose {
  using Lane = std::conditional_t<sizeof(T) == 16, std::uint64_t, T>;
  typedef Lane Vector __attribute__((vector_size(16)));
  static constexpr int lanes = 16 / static_cast<int>(sizeof(T));
  /// Two cache lines of either side: processors fetch lines in pairs.
  static constexpr int tile = static_cast<int>(line_bytes / sizeof(T));

  static Vector interleave_low(Vector a, Vector b) {
    if constexpr (lanes == 1) return a;
    if constexpr (lanes == 2) return __builtin_shufflevector(a, b, 0, 2);
    if constexpr (lanes == 4) return __builtin_shufflevector(a, b, 0, 4, 1, 5);
    if constexpr (lanes == 8) return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
    if constexpr (lanes == 16)
      return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  }
  static Vector interleave_high(Vector a, Vector b) {
    if constexpr (lanes == 1) return b;
    if constexpr (lanes == 2) return __builtin_shufflevector(a, b, 1, 3);
    if constexpr (lanes == 4) return __builtin_shufflevector(a, b, 2, 6, 3, 7);
    if constexpr (lanes == 8) return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
    if constexpr (lanes == 16)
      return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                     31);
  }

  /// lanes x lanes elements: log2(lanes) perfect shuffles of the rows transpose them.
  static void small(const T* in, index in_row, T* out, index out_row) {
    Vector rows[lanes];
    Vector mixed[lanes];
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) __builtin_memcpy(&rows[r], in + r * in_row, 16);
#pragma GCC unroll 4
    for (int round = 1; round < lanes; round *= 2) {
#pragma GCC unroll 8
      for (int r = 0; r < lanes / 2; ++r) {
        mixed[2 * r] = interleave_low(rows[r], rows[r + lanes / 2]);
        mixed[2 * r + 1] = interleave_high(rows[r], rows[r + lanes / 2]);
      }
#pragma GCC unroll 16
      for (int r = 0; r < lanes; ++r) rows[r] = mixed[r];
    }
#pragma GCC unroll 16
    for (int r = 0; r < lanes; ++r) __builtin_memcpy(out + r * out_row, &rows[r], 16);
  }

  /// tile x tile elements through a local copy: whole cache lines move on both sides, so that rows
  /// a power of two apart, which share a cache set, do not push each other out.
  static void full(const T* in, index in_row, T* out, index out_row) {
    alignas(64) T local[tile * tile];
    for (int r = 0; r < tile; r += lanes)
      for (int c = 0; c < tile; c += lanes)
        small(in + r * in_row + c, in_row, local + c * tile + r, tile);
    for (int c = 0; c < tile; ++c) __builtin_memcpy(out + c * out_row, local + c * tile, 128);
  }

  /// rows x columns elements, at most tile x tile.
  static void edge(const T* in, index in_row, T* out, index out_row, index rows, index columns) {
    const index whole_rows = rows / lanes * lanes;
    const index whole_columns = columns / lanes * lanes;
    for (index r = 0; r < whole_rows; r += lanes)
      for (index c = 0; c < whole_columns; c += lanes)
        small(in + r * in_row + c, in_row, out + c * out_row + r, out_row);
    for (index c = 0; c < columns; ++c)
      for (index r = c < whole_columns ? whole_rows : 0; r < rows; ++r)
        out[c * out_row + r] = in[r * in_row + c];
  }
};

// ------------------------------------------------------------------ strided copies

/// One dim of a copy with the strides of both sides.
struct Dim {
  index size, in, out;
};

constexpr int rank_limit = 32;

/// The dims of a copy, innermost of the dense side first.
struct Dims {
  int rank = 0;
  Dim dim[rank_limit];
};

/// Drops dims of size 1 and merges dims that both sides walk as one; null strides are those of a
/// dense array. Gives the number of elements.
index coalesce(const index* sizes, const index* in_strides, const index* out_strides, int rank,
               Dims& dims) {
  index count = 1;
  for (int d = rank - 1; d >= 0; --d) {
    const index size = sizes[d];
    const Dim next{size, in_strides != nullptr ? in_strides[d] : count,
                   out_strides != nullptr ? out_strides[d] : count};
    count *= size;
    if (size == 1) continue;
    if (dims.rank > 0) {
      Dim& last = dims.dim[dims.rank - 1];
      if (next.in == last.in * last.size && next.out == last.out * last.size) {
        last.size *= size;
        continue;
      }
    }
    dims.dim[dims.rank++] = next;
  }
  return count;
}

/// Walks some dims in order, carrying the offsets of both sides.
class Walk {
 public:
  Walk(const Dim* dims, int rank) : dims_(dims), rank_(rank) {}
  void seek(index item) {
    in = out = 0;
    for (int d = 0; d < rank_; ++d) {
      position_[d] = item % dims_[d].size;
      item /= dims_[d].size;
      in += position_[d] * dims_[d].in;
      out += position_[d] * dims_[d].out;
    }
  }
  void next() {
    for (int d = 0; d < rank_; ++d) {
      in += dims_[d].in;
      out += dims_[d].out;
      if (++position_[d] < dims_[d].size) return;
      in -= dims_[d].size * dims_[d].in;
      out -= dims_[d].size * dims_[d].out;
      position_[d] = 0;
    }
  }

  index in = 0;
  index out = 0;

 private:
  const Dim* dims_;
  int rank_;
  index position_[rank_limit];
};

template <int width, class T>
void copy_narrow_rows(const T* in, index in_step, T* out, index out_step, index rows) {
  for (index r = 0; r < rows; ++r)
    __builtin_memcpy(out + r * out_step, in + r * in_step, width * sizeof(T));
}

/// Rows of a few elements that lie side by side, whose loop is in the compiler's hands. False where
/// the rows are others.
template <class T>
bool copied_narrow(const T* in, T* out, const Dims& dims) {
  const Dim row = dims.dim[0], down = dims.dim[1];
  if (dims.rank != 2 || row.in != 1 || row.out != 1 || row.size > 4) return false;
  parallel(down.size, grain_of<T>(row.size), [=](index begin, index end) {
    const T* from = in + begin * down.in;
    T* to = out + begin * down.out;
    switch (row.size) {
      case 2: return copy_narrow_rows<2>(from, down.in, to, down.out, end - begin);
      case 3: return copy_narrow_rows<3>(from, down.in, to, down.out, end - begin);
      default: return copy_narrow_rows<4>(from, down.in, to, down.out, end - begin);
    }
  });
  return true;
}

template <class T>
void copy_rows(const T* in, T* out, const Dims& dims, index count) {
  if (copied_narrow(in, out, dims)) return;
  const Dim row = dims.dim[0];
  const index rows = count / row.size;
  parallel(rows, grain_of<T>(row.size), [&](index begin, index end) {
    Walk walk(dims.dim + 1, dims.rank - 1);
    walk.seek(begin);
    for (index i = begin; i < end; ++i, walk.next())
      move_row(in + walk.in, row.in, out + walk.out, row.out, row.size);
  });
}

/// A plane of a copy: `row` runs along `out`'s short steps, `column` along `in`'s.
struct Plane {
  Dim row, column;
};

/// At most a block of a plane, tile by tile; in and out point at its corner.
template <class T>
void copy_block(const T* in, T* out, const Plane& plane, index rows, index columns) {
  constexpr index tile = Transpose<T>::tile;
  const bool unit = plane.row.out == 1 && plane.column.in == 1;
  for (index c = 0; c < columns; c += tile) {
    const index width = least(tile, columns - c);
    for (index r = 0; r < rows; r += tile) {
      const index height = least(tile, rows - r);
      const T* from = in + r * plane.row.in + c * plane.column.in;
      T* to = out + r * plane.row.out + c * plane.column.out;
      if (unit && height == tile && width == tile) {
        Transpose<T>::full(from, plane.row.in, to, plane.column.out);
      } else if (unit) {
        Transpose<T>::edge(from, plane.row.in, to, plane.column.out, height, width);
      } else {
        for (index k = 0; k < width; ++k)
          for (index i = 0; i < height; ++i)
            to[k * plane.column.out + i * plane.row.out] =
                from[k * plane.column.in + i * plane.row.in];
      }
    }
  }
}

/// dims.dim[across] is the dim that the strided side walks in the shortest steps; it is not dim 0.
template <class T>
void copy_transposed(const T* in, T* out, Dims& dims, int across, index count, bool to_dense) {
  const Dim inner = dims.dim[0];
  const Dim other = dims.dim[across];
  const Plane plane = to_dense ? Plane{inner, other} : Plane{other, inner};
  for (int d = across; d + 1 < dims.rank; ++d) dims.dim[d] = dims.dim[d + 1];
  const index planes = count / (inner.size * other.size);

  // A square block visits each page of memory on either side once, and there are few enough of them
  // for the TLB.
  const index block = 8 * Transpose<T>::tile;
  const index down = ceil_div(plane.row.size, block);
  const index blocks = down * ceil_div(plane.column.size, block);
  const index block_size = least(plane.row.size, block) * least(plane.column.size, block);
  parallel(planes * blocks, grain_of<T>(block_size), [&](index begin, index end) {
    Walk walk(dims.dim + 1, dims.rank - 2);
    walk.seek(begin / blocks);
    index b = begin % blocks;
    for (index item = begin; item < end; ++item) {
      const index r = b % down * block;
      const index c = b / down * block;
      copy_block(in + walk.in + r * plane.row.in + c * plane.column.in,
                 out + walk.out + r * plane.row.out + c * plane.column.out, plane,
                 least(block, plane.row.size - r), least(block, plane.column.size - c));
      if (++b == blocks) {
        b = 0;
        walk.next();
      }
    }
  });
}

/// The dim that the strided side walks in shorter steps than dim 0, or 0 where there is none.
int dim_across(const Dims& dims, bool to_dense) {
  const auto step = [&](int d) {
    const index stride = to_dense ? dims.dim[d].in : dims.dim[d].out;
    return stride < 0 ? -stride : stride;
  };
  if (step(0) <= 1) return 0;
  int best = 0;
  for (int d = 1; d < dims.rank; ++d)
    if (step(d) != 0 && step(d) < step(best)) best = d;
  return best;
}

template <class T>
void copy_strided(const T* in, T* out, const index* sizes, const index* strides, int rank,
                  bool to_dense) {
  Dims dims;
  const index count =
      coalesce(sizes, to_dense ? strides : nullptr, to_dense ? nullptr : strides, rank, dims);
  if (count == 0) return;
  if (dims.rank == 0) {
    *out = *in;
    return;
  }
  if (dims.rank == 1) {
    const Dim row = dims.dim[0];
    parallel(row.size, grain_of<T>(1), [&](index begin, index end) {
      move_row(in + begin * row.in, row.in, out + begin * row.out, row.out, end - begin);
    });
    return;
  }
  const int across = dim_across(dims, to_dense);
  if (across == 0)
    copy_rows(in, out, dims, count);
  else
    copy_transposed(in, out, dims, across, count, to_dense);
}

void load_strided(const void* in, index step, void* out, index count, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    load_row(static_cast<const T*>(in), step, static_cast<T*>(out), count);
  });
}

void store_strided(const void* in, void* out, index step, index count, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    store_row(static_cast<const T*>(in), static_cast<T*>(out), step, count);
  });
}

void copy_to_dense(const void* in, const index* sizes, const index* strides, int rank, void* out,
                   index element_size) {
  by_size(element_size, [=]<class T>(T) {
    copy_strided(static_cast<const T*>(in), static_cast<T*>(out), sizes, strides, rank, true);
  });
}

void copy_from_dense(const void* in, void* out, const index* sizes, const index* strides, int rank,
                     index element_size) {
  by_size(element_size, [=]<class T>(T) {
    copy_strided(static_cast<const T*>(in), static_cast<T*>(out), sizes, strides, rank, false);
  });
}

void copy_rows_between(const void* in, const index* in_strides, void* out, const index* out_strides,
                       const index* sizes, int rank, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    Dims dims;
    const index count = coalesce(sizes, in_strides, out_strides, rank, dims);
    const T* from = static_cast<const T*>(in);
    T* to = static_cast<T*>(out);
    if (count > 0 && dims.rank == 0) *to = *from;
    if (count == 0 || dims.rank == 0) return;
    if (dims.rank == 1)
      parallel(count, grain_of<T>(1), [=](index begin, index end) {
        copy_dense_row(from + begin, to + begin, end - begin);
      });
    else
      copy_rows(from, to, dims, count);
  });
}

// ------------------------------------------------------------------ short rows

/// `rows` rows of `width` elements into dense memory with room for spread_bytes more.
template <class T>
void load_plane(const T* in, index row_step, index step, T* out, index rows, index width) {
  if (step == 0) {
    // Whole vectors: what is too much of one is overwritten by the next row.
    constexpr index lanes = spread_bytes / static_cast<index>(sizeof(T));
    for (index r = 0; r < rows; ++r, out += width) {
      T vector[lanes];
      for (index i = 0; i < lanes; ++i) vector[i] = in[r * row_step];
      for (index c = 0; c < width; c += lanes) __builtin_memcpy(out + c, vector, sizeof vector);
    }
  } else if (step == 1) {
    for (index r = 0; r < rows; ++r) copy_dense_row(in + r * row_step, out + r * width, width);
  } else {
    for (index c = 0; c < width; ++c)
      for (index r = 0; r < rows; ++r) out[r * width + c] = in[r * row_step + c * step];
  }
}

template <class T>
void store_plane(const T* in, T* out, index row_step, index step, index rows, index width) {
  if (step == 1) {
    for (index r = 0; r < rows; ++r) copy_dense_row(in + r * width, out + r * row_step, width);
  } else {
    for (index c = 0; c < width; ++c)
      for (index r = 0; r < rows; ++r) out[r * row_step + c * step] = in[r * width + c];
  }
}

/// f(offset, row_step, rows) for pieces of rows that follow each other along the last dim but one,
/// from row `first` on.
template <class F>
void over_planes(const index* sizes, const index* strides, int rank, index first, index rows, F f) {
  index position[rank_limit] = {};
  index offset = 0;
  for (int d = rank - 2; d >= 0; --d) {
    position[d] = first % sizes[d];
    first /= sizes[d];
    offset += position[d] * strides[d];
  }
  const index size = rank < 2 ? 1 : sizes[rank - 2];
  const index row_step = rank < 2 ? 0 : strides[rank - 2];
  while (rows > 0) {
    const index here = rank < 2 ? 0 : position[rank - 2];
    const index piece = least(rows, size - here);
    f(offset, row_step, piece);
    rows -= piece;
    offset -= here * row_step;
    if (rank >= 2) position[rank - 2] = 0;
    for (int d = rank - 3; d >= 0; --d) {
      offset += strides[d];
      if (++position[d] < sizes[d]) break;
      offset -= sizes[d] * strides[d];
      position[d] = 0;
    }
  }
}

void load_rows(const void* in_memory, const index* sizes, const index* strides, int rank,
               index first, index rows, void* out_memory, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    const index width = sizes[rank - 1];
    over_planes(sizes, strides, rank, first, rows, [&](index offset, index row_step, index piece) {
      load_plane(in + offset, row_step, strides[rank - 1], out, piece, width);
      out += piece * width;
    });
  });
}

void store_rows(const void* in_memory, void* out_memory, const index* sizes, const index* strides,
                int rank, index first, index rows, index element_size) {
  by_size(element_size, [=]<class T>(T) {
    const T* in = static_cast<const T*>(in_memory);
    T* out = static_cast<T*>(out_memory);
    const index width = sizes[rank - 1];
    over_planes(sizes, strides, rank, first, rows, [&](index offset, index row_step, index piece) {
      store_plane(in, out + offset, row_step, strides[rank - 1], piece, width);
      in += piece * width;
    });
  });
}

}  // namespace

void fill_movement(Movement& movement) {
  movement.load_strided = load_strided;
  movement.store_strided = store_strided;
  movement.load_rows = load_rows;
  movement.store_rows = store_rows;
  movement.copy_to_dense = copy_to_dense;
  movement.copy_from_dense = copy_from_dense;
  movement.copy_rows_between = copy_rows_between;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
