#pragma once

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// Threads own disjoint parts of the destination: a strip of columns, or a range of rows where there
// are too few columns. Each walks all indices in order, so every destination takes its
// contributions in that order.

constexpr index strip_width = 64;
/// Additions below which a piece of work is not worth handing to another thread.
constexpr index grain_work = 1 << 14;

/// The cut of [outer] problems that add rows of `width` elements at `picks` indices.
struct Cut {
  index strips, ranges, grain;
  Cut(index outer, index picks, index width) {
    strips = ceil_div(width, strip_width);
    const index work = picks * least(width, strip_width);
    // Every range walks all the indices: two for each thread would cost more than they balance. In
    // narrow rows it costs more to find out whose an index is than to do the work, unless many
    // threads share it.
    const bool few = outer * strips < num_threads() && work >= 2 * grain_work &&
                     (width >= 8 || num_threads() >= 6 * outer);
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

}  // namespace

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
