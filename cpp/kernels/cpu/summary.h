#pragma once

// Folding columns into summaries of two doubles each (mean and squares, maximum and sum of
// exponentials), which need their elements in blocks, not one by one as the operations of reduce.h
// do. The order depends on the shape alone.
//
// A summary `S` has the type In, the widest tile of columns it takes at once, and
//   row(x, n, out), columns(x, stride, rows, width, out): summaries of one row, of columns;
//   merge(a, count_a, b, count_b, width): a becomes the summary of both, of count_a and count_b
//   elements.
// Uses scratch slots 6 and 7.

#include "kernels/cpu/reduce.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

struct Summaries {
  double* first;
  double* second;
  Summaries operator+(index columns) const { return {first + columns, second + columns}; }
};

template <class S>
void summarize_narrow_columns(const typename S::In* x, index rows, index width, Summaries out) {
  const index together = rows_side_by_side(rows, width);
  if (together == 1) {
    S::columns(x, width, rows, width, out);
    return;
  }
  double memory[4][widest_side_by_side];
  const Summaries wide{memory[0], memory[1]};
  const Summaries rest{memory[2], memory[3]};
  const index wide_rows = rows / together;
  const index wide_width = together * width;
  for (index first = 0; first < wide_width; first += S::tile)
    S::columns(x + first, wide_width, wide_rows, least(S::tile, wide_width - first), wide + first);
  index count = wide_rows;
  for (index half = together / 2; half > 0; half /= 2, count *= 2)
    S::merge(wide, count, wide + half * width, count, half * width);
  if (count < rows) {
    S::columns(x + count * width, width, rows - count, width, rest);
    S::merge(wide, count, rest, rows - count, width);
  }
  for (index j = 0; j < width; ++j) {
    out.first[j] = wide.first[j];
    out.second[j] = wide.second[j];
  }
}

/// Columns [first, first + width) of x [rows][inner].
template <class S>
inline void summarize_tile(const typename S::In* x, index rows, index inner, index first,
                           index width, Summaries out) {
  if (inner == 1) {
    S::row(x, rows, out);
  } else if (width == inner) {
    summarize_narrow_columns<S>(x, rows, inner, out);
  } else {
    S::columns(x + first, inner, rows, width, out);
  }
}

/// The summaries of the columns of x [rows][inner]; rows > 0.
template <class S>
void summarize(const typename S::In* x, index rows, index inner, Summaries out) {
  const index tiles = ceil_div(inner, S::tile);
  const index chunk = chunk_rows(rows, inner, S::tile);
  const index chunks = ceil_div(rows, chunk);
  double* memory = chunks == 1 ? nullptr : scratch<double>(6, 2 * chunks * inner);
  const index grain = ceil_div(parallel_grain, chunk * least(greatest(inner, index{1}), S::tile));
  parallel(chunks * tiles, grain, [=](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index part = task / tiles;
      const index first = task % tiles * S::tile;
      const Summaries partial{memory + 2 * part * inner, memory + (2 * part + 1) * inner};
      summarize_tile<S>(x + part * chunk * inner, least(chunk, rows - part * chunk), inner, first,
                        least(S::tile, inner - first), (chunks == 1 ? out : partial) + first);
    }
  });
  if (chunks == 1) return;
  for (index j = 0; j < inner; ++j) {
    out.first[j] = memory[j];
    out.second[j] = memory[inner + j];
  }
  for (index part = 1; part < chunks; ++part) {
    const Summaries partial{memory + 2 * part * inner, memory + (2 * part + 1) * inner};
    S::merge(out, part * chunk, partial, least(chunk, rows - part * chunk), inner);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
