#pragma once

// Products with a vector: memory-bound, so each element of the matrix is read once, in the order it
// lies in memory.

#include "kernels/cpu/gemm_pack.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// y[i] = Σ_p matrix[i, p] * x[p] (+ y[i]) (+ bias[i]) (+ offset), all strided.
template <class E, class T>
struct VectorProduct {
  index count, depth;
  const T* matrix;
  index row, col;
  const T* x;
  index x_step;
  E* y;
  index y_step;
  bool accumulate;
  const E* bias;    ///< null, or one value per i
  const E* offset;  ///< null, or one value for all

  void write(index i, E sum) const {
    E& out = y[i * y_step];
    if (accumulate) sum += out;
    if (bias != nullptr) sum += bias[i];
    if (offset != nullptr) sum += *offset;
    out = sum;
  }
};

template <class E>
using FullVector = typename VectorOf<E, vector_bytes>::type;

template <class E, class T>
inline FullVector<E> load_widened(const T* from) {
  constexpr int lanes = vector_bytes / sizeof(E);
  FullVector<E> value;
  if constexpr (std::is_same_v<E, T>) {
    std::memcpy(&value, from, sizeof value);
  } else {
    E elements[lanes];
    for (int l = 0; l < lanes; ++l) elements[l] = widen<E>(from[l]);
    std::memcpy(&value, elements, sizeof value);
  }
  return value;
}

/// The lanes of a vector added up pairwise.
template <class E>
inline E sum_of_lanes(const FullVector<E>& vector) {
  constexpr int lanes = vector_bytes / sizeof(E);
  E part[lanes];
  std::memcpy(part, &vector, sizeof part);
#pragma GCC unroll 4
  for (int width = lanes / 2; width > 0; width /= 2) {
    for (int l = 0; l < width; ++l) part[l] += part[l + width];
  }
  return part[0];
}

/// What is left of rows of `depth` elements when `done` of them are: less than a vector. It is
/// loaded as the last whole vector of the row, with zeros for what is done.
template <class E>
struct RowRest {
  static constexpr index lanes = vector_bytes / static_cast<index>(sizeof(E));
  index start;
  decltype(FullVector<E>{} < FullVector<E>{}) counts;

  RowRest(index done, index depth) : start(depth - lanes) {
    E place[lanes];
    for (index l = 0; l < lanes; ++l) place[l] = static_cast<E>(l);
    counts = load_widened<E>(place) >= FullVector<E>{} + static_cast<E>(done - start);
  }
  template <class T>
  FullVector<E> load(const T* row) const {
    return counts ? load_widened<E>(row + start) : FullVector<E>{};
  }
};

/// Dot products of `rows` contiguous matrix rows with a dense x. The sums of a row do not depend on
/// its neighbours.
template <class E, class T, int rows>
void dot_rows(const VectorProduct<E, T>& product, const E* x, index first) {
  constexpr index lanes = vector_bytes / static_cast<index>(sizeof(E));
  const T* matrix = product.matrix + first * product.row;
  FullVector<E> sum[rows][2] = {};
  index p = 0;
  for (; p + 2 * lanes <= product.depth; p += 2 * lanes) {
    const FullVector<E> x0 = load_widened<E>(x + p), x1 = load_widened<E>(x + p + lanes);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      sum[r][0] += load_widened<E>(matrix + r * product.row + p) * x0;
      sum[r][1] += load_widened<E>(matrix + r * product.row + p + lanes) * x1;
    }
  }
  if (p + lanes <= product.depth) {
    const FullVector<E> x0 = load_widened<E>(x + p);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) sum[r][0] += load_widened<E>(matrix + r * product.row + p) * x0;
    p += lanes;
  }
  if (p < product.depth && product.depth >= lanes) {
    const RowRest<E> rest(p, product.depth);
    const FullVector<E> x1 = rest.load(x);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) sum[r][1] += rest.load(matrix + r * product.row) * x1;
    p = product.depth;
  }
  for (int r = 0; r < rows; ++r) {
    E total = sum_of_lanes<E>(sum[r][0] + sum[r][1]);
    for (index q = p; q < product.depth; ++q) total += widen<E>(matrix[r * product.row + q]) * x[q];
    product.write(first + r, total);
  }
}

constexpr index dot_piece = 32768;  ///< elements of a long row that are added up by themselves

/// Rows in pieces that threads share, cut by the length alone; the sums of pieces are added in
/// pairs.
template <class E, class T>
void long_dot_form(const VectorProduct<E, T>& product, const E* x) {
  constexpr index together = 4;  ///< rows
  constexpr index line = 64;     ///< elements; pieces are of about one length and begin at a line
  const index wanted = ceil_div(product.depth, dot_piece);
  const index length = ceil_div(product.depth, wanted * line) * line;
  const index pieces = ceil_div(product.depth, length);
  E* partial = scratch<E>(scratch_b_panels, product.count * pieces);
  parallel(ceil_div(product.count, together) * pieces, 1, [&](index item, index end) {
    for (; item < end; ++item) {
      const index piece = item % pieces, start = piece * length;
      const VectorProduct<E, T> part{.count = product.count,
                                     .depth = least(length, product.depth - start),
                                     .matrix = product.matrix + start,
                                     .row = product.row,
                                     .col = 1,
                                     .x = nullptr,
                                     .x_step = 1,
                                     .y = partial + piece,
                                     .y_step = pieces,
                                     .accumulate = false,
                                     .bias = nullptr,
                                     .offset = nullptr};
      index i = item / pieces * together;
      if (i + together <= product.count)
        dot_rows<E, T, together>(part, x + start, i);
      else
        for (; i < product.count; ++i) dot_rows<E, T, 1>(part, x + start, i);
    }
  });
  for (index i = 0; i < product.count; ++i) {
    E* sums = partial + i * pieces;
    for (index width = 1; width < pieces; width *= 2)
      for (index p = 0; p + width < pieces; p += 2 * width) sums[p] += sums[p + width];
    product.write(i, sums[0]);
  }
}

template <class E, class T>
void dot_form(const VectorProduct<E, T>& product) {
  const E* x = nullptr;
  if constexpr (std::is_same_v<E, T>) x = product.x_step == 1 ? product.x : nullptr;
  if (x == nullptr) {
    E* dense = scratch<E>(scratch_a_panels, product.depth);
    for (index p = 0; p < product.depth; ++p) dense[p] = widen<E>(product.x[p * product.x_step]);
    x = dense;
  }
  if (product.depth >= 2 * dot_piece) return long_dot_form(product, x);
  parallel(product.count, grain_work / 2 / (product.depth + 1) + 1, [&](index i, index end) {
    for (; i + 4 <= end; i += 4) dot_rows<E, T, 4>(product, x, i);
    for (; i < end; ++i) dot_rows<E, T, 1>(product, x, i);
  });
}

/// sum[l] += Σ_r x[r] * rows[r][l], added in the order of r.
template <class E, class T, int count>
void add_scaled_rows(const T* const* rows, const E* x, E* __restrict sum, index length) {
  const T* in[count];
  E scale[count];
  for (int r = 0; r < count; ++r) {
    in[r] = rows[r];
    scale[r] = x[r];
  }
  for (index l = 0; l < length; ++l) {
    E value = sum[l];
#pragma GCC unroll 4
    for (int r = 0; r < count; ++r) value += scale[r] * widen<E>(in[r][l]);
    sum[l] = value;
  }
}

/// The matrix is contiguous along i: its columns, scaled, are added up in a short vector that stays
/// in cache.
template <class E, class T>
void axpy_form(const VectorProduct<E, T>& product) {
  constexpr index piece = 1024;
  parallel(product.count, greatest<index>(64, grain_work / 2 / (product.depth + 1)),
           [&](index begin, index end) {
             alignas(64) E sum[piece];
             for (index i = begin; i < end; i += piece) {
               const index count = least(piece, end - i);
               const T* in = product.matrix + i;
               for (index l = 0; l < count; ++l) sum[l] = E{0};
               index p = 0;
               for (; p + 4 <= product.depth; p += 4) {
                 const T* rows[4];
                 E x[4];
                 for (int r = 0; r < 4; ++r) {
                   rows[r] = in + (p + r) * product.col;
                   x[r] = widen<E>(product.x[(p + r) * product.x_step]);
                 }
                 add_scaled_rows<E, T, 4>(rows, x, sum, count);
               }
               for (; p < product.depth; ++p) {
                 const T* row = in + p * product.col;
                 const E x = widen<E>(product.x[p * product.x_step]);
                 add_scaled_rows<E, T, 1>(&row, &x, sum, count);
               }
               for (index l = 0; l < count; ++l) product.write(i + l, sum[l]);
             }
           });
}

template <class E, class T>
void strided_form(const VectorProduct<E, T>& product) {
  parallel(product.count, grain_work / 8 / (product.depth + 1) + 1, [&](index begin, index end) {
    for (index i = begin; i < end; ++i) {
      E sum = E{0};
      for (index p = 0; p < product.depth; ++p) {
        sum += widen<E>(product.matrix[i * product.row + p * product.col]) *
               widen<E>(product.x[p * product.x_step]);
      }
      product.write(i, sum);
    }
  });
}

template <class E, class T>
void multiply_vector(const VectorProduct<E, T>& product) {
  if (product.col == 1) return dot_form(product);
  if (product.row == 1) return axpy_form(product);
  strided_form(product);
}

/// c[i, j] = a_i · b_j for `rows` contiguous rows of a and `columns` contiguous columns of b.
template <class E, int rows, int columns>
void dot_tile(const E* a, index a_row, const E* b, index b_col, index depth, E* out,
              index out_row) {
  constexpr index lanes = vector_bytes / static_cast<index>(sizeof(E));
  FullVector<E> sum[rows][columns] = {};
  index p = 0;
  for (; p + lanes <= depth; p += lanes) {
    FullVector<E> left[rows];
#pragma GCC unroll 4
    for (int i = 0; i < rows; ++i) left[i] = load_widened<E>(a + i * a_row + p);
#pragma GCC unroll 4
    for (int j = 0; j < columns; ++j) {
      const FullVector<E> right = load_widened<E>(b + j * b_col + p);
#pragma GCC unroll 4
      for (int i = 0; i < rows; ++i) sum[i][j] += left[i] * right;
    }
  }
  if (p < depth && depth >= lanes) {
    const RowRest<E> rest(p, depth);
    FullVector<E> left[rows];
#pragma GCC unroll 4
    for (int i = 0; i < rows; ++i) left[i] = rest.load(a + i * a_row);
#pragma GCC unroll 4
    for (int j = 0; j < columns; ++j) {
      const FullVector<E> right = rest.load(b + j * b_col);
#pragma GCC unroll 4
      for (int i = 0; i < rows; ++i) sum[i][j] += left[i] * right;
    }
    p = depth;
  }
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < columns; ++j) {
      E total = sum_of_lanes<E>(sum[i][j]);
      for (index q = p; q < depth; ++q) total += a[i * a_row + q] * b[j * b_col + q];
      out[i * out_row + j] = total;
    }
  }
}

template <class E, int columns>
void dot_columns(const E* a, index rows, index a_row, const E* b, index b_col, index depth, E* out,
                 index out_row) {
  index i = 0;
  for (; i + 4 <= rows; i += 4) {
    dot_tile<E, 4, columns>(a + i * a_row, a_row, b, b_col, depth, out + i * out_row, out_row);
  }
  for (; i < rows; ++i) {
    dot_tile<E, 1, columns>(a + i * a_row, a_row, b, b_col, depth, out + i * out_row, out_row);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
