#pragma once

// What both passes of attention share. Scores are made one block of queries by one block of keys at
// a time and never stored whole; what is multiplied is packed for the matrix product's register
// tile. Logarithms and exponentials are to base 2, so that no multiple of ln 2 has to be split off.

#include "kernels/cpu/gemm_pack.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

void attention_backward(const AttentionShape&, const AttentionForward&, const AttentionGradients&,
                        float);
void attention_backward(const AttentionShape&, const AttentionForward&, const AttentionGradients&,
                        double);

namespace {

constexpr index query_block = 128;
constexpr index key_block = 128;
/// What a score costs besides the products, in multiply-adds.
constexpr index extra_work = 32;

template <class T>
constexpr index lanes = vector_bytes / static_cast<index>(sizeof(T));
/// From row to row of a block of scores: no power of two, which would crowd a column into few sets
/// of the cache.
template <class T>
constexpr index score_row = key_block + lanes<T>;
template <class T>
constexpr index score_count = query_block * score_row<T>;
template <class T>
constexpr T infinity = Format<T>::infinity;
template <class T>
constexpr T log2_e = T(1.442695040888963407);
template <class T>
constexpr T ln_2 = T(0.693147180559945309);

/// `count` rounded up to whole vectors.
template <class T>
index whole_vectors(index count) {
  return ceil_div(count, lanes<T>) * lanes<T>;
}

// ------------------------------------------------------------------ rows of a block

template <class T>
using Vector = typename VectorOf<T, vector_bytes>::type;

template <class T>
Vector<T> load(const T* from) {
  Vector<T> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

/// Combines the elements of a vector, halving it.
template <class T, class F>
T fold(Vector<T> value, F combine) {
  T part[lanes<T>];
  __builtin_memcpy(part, &value, sizeof part);
#pragma GCC unroll 8
  for (index half = lanes<T> / 2; half > 0; half /= 2)
    for (index l = 0; l < half; ++l) part[l] = combine(part[l], part[l + half]);
  return part[0];
}

/// Combines all elements of a row; count is a multiple of a vector, and not 0.
template <class T, class V, class F>
T fold_row(const T* row, index count, V combine_vectors, F combine) {
  Vector<T> even = load(row), odd = even;
  index j = lanes<T>;
  if (j < count) {
    odd = load(row + j);
    for (j += lanes<T>; j + lanes<T> < count; j += 2 * lanes<T>) {
      even = combine_vectors(even, load(row + j));
      odd = combine_vectors(odd, load(row + j + lanes<T>));
    }
    if (j < count) even = combine_vectors(even, load(row + j));
    even = combine_vectors(even, odd);
  }
  return fold<T>(even, combine);
}
template <class T>
T row_sum(const T* row, index count) {
  return fold_row<T>(
      row, count, [](Vector<T> a, Vector<T> b) { return a + b; }, [](T a, T b) { return a + b; });
}
template <class T>
T row_max(const T* row, index count) {
  return fold_row<T>(
      row, count, [](Vector<T> a, Vector<T> b) { return a > b ? a : b; },
      [](T a, T b) { return a > b ? a : b; });
}

/// 2^x for x <= 0 (or a little above); 0 where that would be subnormal.
template <Real T>
TOPOGRAD_INLINE T exp2_negative(T x) {
  using F = Format<T>;
  // The exponent's bits of 2^-bias are 0.
  const T limited = at_least(x, -static_cast<T>(F::bias));
  const T shifted = limited + F::shifter;
  const T power = bit_cast<T>((bits(shifted) + F::bias) << F::mantissa);
  return exp_reduced((limited - (shifted - F::shifter)) * ln_2<T>) * power;
}

template <class T>
void fill(T* out, index begin, index end, T value) {
  for (index j = begin; j < end; ++j) out[j] = value;
}

template <class T>
void copy_scaled(const T* in, T* out, index count, T factor) {
  for (index i = 0; i < count; ++i) out[i] = in[i] * factor;
}

// ------------------------------------------------------------------ the problem

/// The typed problem; heads are counted over the batch.
template <class T>
struct Problem {
  const AttentionShape& shape;
  const AttentionForward& call;

  /// Of a query head.
  T* rows(const HeadRows& all, index head) const { return rows(all, head, shape.heads); }
  T* key_rows(const HeadRows& all, index head) const { return rows(all, head, shape.key_heads); }
  index key_head(index head) const {
    const index group = shape.heads / shape.key_heads;
    return head / shape.heads * shape.key_heads + head % shape.heads / group;
  }
  /// Queries times this give scores to base 2.
  T query_factor() const { return static_cast<T>(shape.scale * log2_e<double>); }

 private:
  static T* rows(const HeadRows& all, index head, index heads) {
    return static_cast<T*>(all.data) + head / heads * all.batch + head % heads * all.head;
  }
};

/// A block of scores: `queries` rows from `query` and `keys` columns from `key`.
struct Block {
  index head, query, queries, key, keys;
  bool causal;

  /// Whether some of its queries do not see some of its keys.
  bool cut() const { return causal && query + 1 < key + keys; }
  /// Columns that row i sees.
  index seen(index i) const {
    return causal ? greatest<index>(0, least(keys, query + i + 1 - key)) : keys;
  }
  /// The first row that sees column j.
  index first_row(index j) const {
    return causal ? greatest<index>(0, least(queries, key + j - query)) : 0;
  }
};

// ------------------------------------------------------------------ products of blocks

/// A right operand (depth, columns) as panels of tile_columns.
template <class T>
struct Panels {
  T* data;
  index depth, columns;

  static index size(index depth, index columns) {
    return depth * ceil_div(columns, tile_columns<T>) * tile_columns<T>;
  }
  T* panel(index j) const { return data + j * depth; }
  index width(index j) const { return least(tile_columns<T>, columns - j); }
};

/// Rows as they are: (count, width).
template <class T>
Panels<T> pack_rows_as_depth(const T* rows, index row, index count, index width, T* to) {
  const Panels<T> panels = {to, count, width};
  for (index j = 0; j < width; j += tile_columns<T>)
    pack_panel<T, T>(rows + j, 1, row, panels.width(j), count, panels.panel(j),
                     tile_width<T>(panels.width(j)));
  return panels;
}
/// Their transpose: (width, count).
template <class T>
Panels<T> pack_rows_as_columns(const T* rows, index row, index count, index width, T* to) {
  const Panels<T> panels = {to, width, count};
  for (index j = 0; j < count; j += tile_columns<T>)
    pack_panel<T, T>(rows + j * row, row, 1, panels.width(j), width, panels.panel(j),
                     tile_width<T>(panels.width(j)));
  return panels;
}

/// A left operand or a result with strides.
template <class T>
struct Strided {
  T* data;
  index row, col = 1;
};

/// Rows [first, first + rows) of c = a · b (+ c) in the columns of the panel at j, of the depths
/// [begin, end).
template <class T>
void multiply_part(const Strided<T>& a, const Panels<T>& b, const Strided<T>& c, bool accumulate,
                   index j, index first, index rows, index begin, index end) {
  const index width = b.width(j);
  Tile<T> tile{};
  tile.b_row = tile_width<T>(width);
  tile.depth = greatest<index>(0, end - begin);
  tile.a = a.data + first * a.row + begin * a.col;
  tile.a_row = a.row;
  tile.a_col = a.col;
  tile.b = b.panel(j) + begin * tile.b_row;
  tile.c = c.data + first * c.row + j;
  tile.c_row = c.row;
  tile.accumulate = accumulate;
  multiply_panel(tile, rows, width, false);
}

/// The rows of c (queries, keys) = a · b that see something of a panel of keys.
template <class T>
void multiply_seen(const Block& block, const Strided<T>& a, const Panels<T>& b,
                   const Strided<T>& c) {
  for (index j = 0; j < block.keys; j += tile_columns<T>) {
    const index first = block.first_row(j);
    multiply_part(a, b, c, false, j, first, block.queries - first, 0, b.depth);
  }
}

/// c (queries, …) = p · b (+ c) for p (queries, keys) that is zero where a query sees no key.
template <class T>
void multiply_by_keys(const Block& block, const Strided<T>& p, const Panels<T>& b,
                      const Strided<T>& c, bool accumulate) {
  const index step = block.cut() ? tile_rows : block.queries;
  for (index j = 0; j < b.columns; j += tile_columns<T>)
    for (index i = 0; i < block.queries; i += step) {
      const index rows = least(step, block.queries - i);
      multiply_part(p, b, c, accumulate, j, i, rows, 0, block.seen(i + rows - 1));
    }
}

/// c (keys, …) += pᵀ · b for the same p.
template <class T>
void multiply_by_queries(const Block& block, const Strided<T>& p, const Panels<T>& b,
                         const Strided<T>& c) {
  const index step = block.cut() ? tile_rows : block.keys;
  const Strided<T> transposed = {p.data, p.col, p.row};
  for (index j = 0; j < b.columns; j += tile_columns<T>)
    for (index i = 0; i < block.keys; i += step)
      multiply_part(transposed, b, c, true, j, i, least(step, block.keys - i), block.first_row(i),
                    block.queries);
}

// ------------------------------------------------------------------ scores

/// x log2(e), which stays finite where x is.
template <class T>
TOPOGRAD_INLINE T to_base_2(T x) {
  constexpr T lowest = sizeof(T) == 4 ? T(-0x1.fffffep127) : T(-0x1.fffffffffffffp1023);
  const T scaled = x * log2_e<T>;
  return scaled < lowest && x >= lowest ? lowest : scaled;
}

/// Adds what the bias says of a block, to base 2.
template <class T>
void add_bias(const Problem<T>& problem, const Block& block, T* scores) {
  const index* stride = problem.shape.bias_stride;
  const T* bias = static_cast<const T*>(problem.call.bias) +
                  block.head / problem.shape.heads * stride[0] +
                  block.head % problem.shape.heads * stride[1] + block.query * stride[2] +
                  block.key * stride[3];
  const index step = stride[3];
  for (index i = 0; i < block.queries; ++i, bias += stride[2], scores += score_row<T>) {
    if (step == 1)
      for (index j = 0; j < block.keys; ++j) scores[j] += to_base_2(bias[j]);
    else
      for (index j = 0; j < block.keys; ++j) scores[j] += to_base_2(bias[j * step]);
  }
}

/// query · key + bias; each row that sees something is -inf from there up to a whole vector.
template <class T>
void make_scores(const Problem<T>& problem, const Block& block, const Strided<T>& queries,
                 const Panels<T>& keys, T* scores) {
  multiply_seen(block, queries, keys, {scores, score_row<T>});
  if (problem.call.bias != nullptr) add_bias(problem, block, scores);
  for (index i = 0; i < block.queries; ++i) {
    const index seen = block.seen(i);
    fill(scores + i * score_row<T>, seen, whole_vectors<T>(seen), -infinity<T>);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
