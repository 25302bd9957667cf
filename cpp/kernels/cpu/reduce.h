#pragma once

// Folding arrays with an associative operation, in an order that depends on the shape alone: many
// lanes inside a leaf, leaves in pairs, huge arrays in chunks that threads share. Pairwise order
// also keeps rounding errors at O(log n).
//
// An operation `Op` has the types In, Acc, Out and the functions identity(), lift(In) -> Acc,
// combine(Acc, Acc) -> Acc and finish(Acc) -> Out; Op::Combined folds accumulators in the same way.
//
// Hazard "local symbols": everything is in an unnamed namespace, so that no instantiation becomes a
// weak symbol (see prelude.h). Uses scratch slots 6 and 7.

#include "kernels/cpu/prelude.h"

/// For the loop that follows: its iterations touch different elements, also where arrays are the
/// same memory.
#if defined(__clang__)
#define TOPOGRAD_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define TOPOGRAD_INDEPENDENT _Pragma("GCC ivdep")
#else
#define TOPOGRAD_INDEPENDENT
#endif

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index row_leaf = 4096;         ///< elements folded by lanes before pairing starts
constexpr index column_leaf = 64;        ///< rows folded one after the other before pairing starts
constexpr index column_tile = 1024;      ///< columns folded together
constexpr index chunk_elements = 32768;  ///< threads share one reduction from here on
constexpr index most_chunks = 64;
constexpr index parallel_grain = 32768;  ///< elements that are worth handing to another thread

template <class Acc>
constexpr index lane_count = 256 / static_cast<index>(sizeof(Acc));

/// The largest `leaf` times a power of two below n: both parts of a pair are cut at the same places
/// whatever the array is part of.
inline index pair_split(index n, index leaf) {
  index half = leaf;
  while (2 * half < n) half *= 2;
  return half;
}

inline index power_of_two_above(index n) {
  index power = 1;
  while (power < n) power *= 2;
  return power;
}

/// f(slice) for each of `outer` slices: threads share the slices where there are enough of them,
/// otherwise f shares its own work.
template <class F>
inline void over_slices(index outer, index slice_elements, F f) {
  if (slice_elements >= chunk_elements && outer < 4 * num_threads()) {
    for (index slice = 0; slice < outer; ++slice) f(slice);
    return;
  }
  const index grain = ceil_div(parallel_grain, greatest(slice_elements, index{1}));
  parallel(outer, grain, [&](index begin, index end) {
    for (index slice = begin; slice < end; ++slice) f(slice);
  });
}

// ------------------------------------------------------------------ one row

template <class Op, index count>
inline typename Op::Acc fold_lanes(typename Op::Acc* lanes) {
  if constexpr (count == 1) {
    return lanes[0];
  } else {
    for (index j = 0; j < count / 2; ++j) lanes[j] = Op::combine(lanes[j], lanes[j + count / 2]);
    return fold_lanes<Op, count / 2>(lanes);
  }
}

/// n is a positive multiple of `count`.
template <class Op, index count>
inline typename Op::Acc reduce_lanes(const typename Op::In* x, index n) {
  typename Op::Acc lanes[count];
  for (index j = 0; j < count; ++j) lanes[j] = Op::lift(x[j]);
  for (index i = count; i < n; i += count)
    for (index j = 0; j < count; ++j) lanes[j] = Op::combine(lanes[j], Op::lift(x[i + j]));
  return fold_lanes<Op, count>(lanes);
}

/// Folds the first multiple of `count` elements into `total`, from `least_size` elements on.
/// Returns how many that were.
template <class Op, index count>
inline index reduce_front(const typename Op::In* x, index n, index least_size,
                          typename Op::Acc& total) {
  if (n < least_size) return 0;
  const index size = n - n % count;
  total = Op::combine(total, reduce_lanes<Op, count>(x, size));
  return size;
}

// Out of line: it is used in many places and large.
template <class Op>
[[gnu::noinline]] typename Op::Acc reduce_leaf(const typename Op::In* x, index n) {
  constexpr index lanes = lane_count<typename Op::Acc>;
  auto total = Op::identity();
  index i = reduce_front<Op, lanes>(x, n, 4 * lanes, total);
  i += reduce_front<Op, lanes / 4>(x + i, n - i, lanes / 4, total);
  i += reduce_front<Op, 4>(x + i, n - i, 4, total);
  for (; i < n; ++i) total = Op::combine(total, Op::lift(x[i]));
  return total;
}

template <class Op>
typename Op::Acc reduce_row(const typename Op::In* x, index n) {
  if (n <= row_leaf) return reduce_leaf<Op>(x, n);
  const index half = pair_split(n, row_leaf);
  const auto first = reduce_row<Op>(x, half);
  return Op::combine(first, reduce_row<Op>(x + half, n - half));
}

// ------------------------------------------------------------------ the columns of a matrix

/// out[j] folds x[r * stride + j] over the rows; spare holds column_tile accumulators per level of
/// pairs.
template <class Op>
[[gnu::noinline]] void reduce_columns(const typename Op::In* x, index stride, index rows,
                                      index width, typename Op::Acc* out, typename Op::Acc* spare) {
  if (rows > column_leaf) {
    const index half = pair_split(rows, column_leaf);
    reduce_columns<Op>(x, stride, half, width, out, spare);
    reduce_columns<Op>(x + half * stride, stride, rows - half, width, spare, spare + column_tile);
    for (index j = 0; j < width; ++j) out[j] = Op::combine(out[j], spare[j]);
    return;
  }
  for (index j = 0; j < width; ++j) out[j] = Op::identity();
  index r = 0;
  for (; r + 4 <= rows; r += 4) {
    const auto* x0 = x + r * stride;
    const auto* x1 = x0 + stride;
    const auto* x2 = x1 + stride;
    const auto* x3 = x2 + stride;
    TOPOGRAD_INDEPENDENT
    for (index j = 0; j < width; ++j) {
      const auto low = Op::combine(Op::lift(x0[j]), Op::lift(x1[j]));
      const auto high = Op::combine(Op::lift(x2[j]), Op::lift(x3[j]));
      out[j] = Op::combine(out[j], Op::combine(low, high));
    }
  }
  for (; r < rows; ++r)
    for (index j = 0; j < width; ++j) out[j] = Op::combine(out[j], Op::lift(x[r * stride + j]));
}

/// Few columns would leave lanes empty: so many rows side by side make one wide row. 1 where there
/// is no need.
inline index rows_side_by_side(index rows, index width) {
  constexpr index wide_enough = 128;
  const index together = power_of_two_above(ceil_div(wide_enough, width));
  return width >= wide_enough / 2 || rows < 2 * together ? 1 : together;
}
constexpr index widest_side_by_side = 512;

template <class Op>
void reduce_narrow_columns(const typename Op::In* x, index rows, index width, typename Op::Acc* out,
                           typename Op::Acc* spare) {
  const index together = rows_side_by_side(rows, width);
  if (together == 1) {
    reduce_columns<Op>(x, width, rows, width, out, spare);
    return;
  }
  typename Op::Acc wide[widest_side_by_side];
  const index wide_rows = rows / together;
  reduce_columns<Op>(x, together * width, wide_rows, together * width, wide, spare);
  for (index half = together / 2; half > 0; half /= 2)
    for (index j = 0; j < half * width; ++j) wide[j] = Op::combine(wide[j], wide[j + half * width]);
  const index done = wide_rows * together;
  reduce_columns<Op>(x + done * width, width, rows - done, width, out, spare);
  for (index j = 0; j < width; ++j) out[j] = Op::combine(wide[j], out[j]);
}

/// The accumulators of columns [first, first + width) of x [rows][inner].
template <class Op>
[[gnu::noinline]] void reduce_tile(const typename Op::In* x, index rows, index inner, index first,
                                   index width, typename Op::Acc* out) {
  if (inner == 1) {
    *out = reduce_row<Op>(x, rows);
    return;
  }
  // One level per doubling of the rows beyond a leaf.
  auto* spare = scratch<typename Op::Acc>(7, column_tile * 48);
  if (width == inner) {
    reduce_narrow_columns<Op>(x, rows, inner, out, spare);
  } else {
    reduce_columns<Op>(x + first, inner, rows, width, out, spare);
  }
}

// ------------------------------------------------------------------ a whole [reduced][inner]

/// Rows per chunk when threads share the fold of x [reduced][inner], cut in tiles of columns as
/// well; `reduced` when they do not.
inline index chunk_rows(index reduced, index inner, index tile) {
  const index tiles = ceil_div(inner, tile);
  const index columns = least(inner, tile);
  if (reduced * columns < 2 * chunk_elements || 2 * tiles > most_chunks) return reduced;
  const index smallest = ceil_div(reduced, most_chunks / tiles);
  return least(reduced, power_of_two_above(greatest(chunk_elements / columns, smallest)));
}

/// Tiles of columns only, no chunks of rows.
template <class Op>
void reduce_tiles(const typename Op::In* x, typename Op::Out* out, index reduced, index inner) {
  const index tiles = ceil_div(inner, column_tile);
  const index grain = ceil_div(parallel_grain, greatest(reduced * column_tile, index{1}));
  parallel(tiles, grain, [=](index begin, index end) {
    for (index tile = begin; tile < end; ++tile) {
      const index first = tile * column_tile;
      const index width = least(column_tile, inner - first);
      typename Op::Acc folded[column_tile];
      reduce_tile<Op>(x, reduced, inner, first, width, folded);
      for (index j = 0; j < width; ++j) out[first + j] = Op::finish(folded[j]);
    }
  });
}

/// out[inner] = the fold of x [reduced][inner] over its rows.
template <class Op>
void reduce_slice(const typename Op::In* x, typename Op::Out* out, index reduced, index inner) {
  using Acc = typename Op::Acc;
  const index rows = chunk_rows(reduced, inner, column_tile);
  if (rows >= reduced) {
    reduce_tiles<Op>(x, out, reduced, inner);
    return;
  }
  const index tiles = ceil_div(inner, column_tile);
  const index chunks = ceil_div(reduced, rows);
  Acc* partial = scratch<Acc>(6, chunks * inner);
  parallel(chunks * tiles, 1, [=](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index chunk = task / tiles;
      const index first = task % tiles * column_tile;
      reduce_tile<Op>(x + chunk * rows * inner, least(rows, reduced - chunk * rows), inner, first,
                      least(column_tile, inner - first), partial + chunk * inner + first);
    }
  });
  reduce_tiles<typename Op::Combined>(partial, out, chunks, inner);
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
