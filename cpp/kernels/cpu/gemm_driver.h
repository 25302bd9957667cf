#pragma once

// The blocked matrix product over one pair of matrices, threaded over rows and columns, never over
// the depth.

#include "kernels/cpu/gemm_pack.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// One product with typed operands: T as stored, E as accumulated and written.
template <class E, class T>
struct Product {
  index m, n, k;
  const T* a;
  index a_row, a_col;
  const T* b;
  index b_row, b_col;
  E* c;
  index c_row;
  bool accumulate;
  const E* bias;
  const E* row_bias;
  index bias_row = 0;  ///< from row to row of the bias
};

// A panel of b (block_depth deep) stays in the first-level cache, a block of a in the second, a
// block of b in the third.
template <class E>
inline constexpr index block_depth = sizeof(E) == 4 ? 384 : 256;
template <class E>
inline constexpr index block_rows = (sizeof(E) == 4 ? 192 : 144) / tile_rows * tile_rows;
inline constexpr index block_columns = 2048;

/// How one product is cut, from its whole shape and strides alone.
struct Plan {
  bool pack_a, pack_b;
  index depth;  ///< of one pass over c
};

template <class E, class T>
Plan plan_of(const Product<E, T>& product) {
  constexpr bool same = std::is_same_v<E, T>;
  Plan plan;
  const bool small = work_of(product.m, product.n, product.k) <= 160 * 160 * 160;
  plan.pack_b = !same || product.b_col != 1 || !(small || product.m <= 3 * tile_rows);
  // Rows are read in place, unless a multiple of a page apart: they would crowd into one set of the
  // first-level cache.
  constexpr index page = 4096 / static_cast<index>(sizeof(E));
  const bool rows = product.a_col == 1 && product.a_row % page != 0;
  plan.pack_a = !same || (!small && !rows && product.n > 2 * tile_columns<E>);
  const index passes = greatest<index>(1, ceil_div(product.k, block_depth<E>));
  plan.depth = ceil_div(product.k, passes);
  return plan;
}

template <class E, class T>
class BlockedProduct {
 public:
  explicit BlockedProduct(const Product<E, T>& product)
      : product_(product), plan_(plan_of(product)) {}

  void run() {
    for (index j = 0; j < product_.n; j += block_columns) {
      columns_begin_ = j;
      columns_ = least(block_columns, product_.n - j);
      index p = 0;
      do {  // once even without depth: c is written
        depth_begin_ = p;
        depth_ = least(plan_.depth, product_.k - p);
        pack_columns();
        multiply();
        p += plan_.depth;
      } while (p < product_.k);
    }
  }

 private:
  static constexpr index width_ = tile_columns<E>;

  bool in_place(index columns) const { return !plan_.pack_b && tile_width<E>(columns) == columns; }

  void pack_columns() {
    const index panels = ceil_div(columns_, width_);
    const index last = columns_ - (panels - 1) * width_;
    const index first = plan_.pack_b ? 0 : panels - 1;
    if (!plan_.pack_b && in_place(last)) return;
    packed_ = scratch<E>(scratch_b_panels, panels * width_ * depth_);
    parallel(panels - first, greatest<index>(1, grain_work / 8 / (width_ * depth_ + 1)),
             [&](index begin, index end) {
               for (index q = first + begin; q < first + end; ++q) {
                 const index columns = least(width_, columns_ - q * width_);
                 const T* from = product_.b + depth_begin_ * product_.b_row +
                                 (columns_begin_ + q * width_) * product_.b_col;
                 pack_panel<E, T>(from, product_.b_col, product_.b_row, columns, depth_,
                                  packed_ + q * width_ * depth_, tile_width<E>(columns));
               }
             });
  }

  /// How many blocks of rows: enough for the threads, as many for each, and none above block_rows.
  index row_blocks(index pieces, index threads) const {
    constexpr index least_tiles = 4, most_tiles = block_rows<E> / tile_rows;
    const index tiles = ceil_div(product_.m, tile_rows);
    index blocks = least(pieces, greatest<index>(1, tiles / least_tiles));
    if (blocks > threads) blocks -= blocks % threads;
    const index needed = ceil_div(tiles, most_tiles);
    return blocks >= needed ? blocks : least(tiles, ceil_div(needed, threads) * threads);
  }

  void multiply() {
    const index threads = num_threads();
    const index panels = ceil_div(columns_, width_);
    const index total = work_of(product_.m, columns_, depth_ + 1);
    const index pieces = threads == 1 ? 1 : least(4 * threads, total / grain_work + 1);
    const index blocks = row_blocks(pieces, threads);
    const index tiles = ceil_div(product_.m, tile_rows);
    // Blocks differ by one tile of rows; the higher ones come first, so that no thread begins one
    // at the end.
    const auto row_of = [&](index block) {
      return least(product_.m, tile_rows * (tiles / blocks * block + least(block, tiles % blocks)));
    };
    const index column_blocks = least(panels, greatest<index>(1, pieces / blocks));
    const index tasks = blocks * column_blocks;
    const index grain = greatest<index>(1, grain_work * tasks / (total + 1));
    parallel(tasks, grain, [&](index begin, index end) {
      for (index task = begin; task < end; ++task) {
        const index block = task / column_blocks, part = task % column_blocks;
        const index row = row_of(block);
        multiply_block(row, row_of(block + 1) - row, panels * part / column_blocks,
                       panels * (part + 1) / column_blocks);
      }
    });
  }

  void multiply_block(index row, index rows, index first_panel, index last_panel) {
    Tile<E> tile;
    tile.depth = depth_;
    tile.c_row = product_.c_row;
    tile.accumulate = product_.accumulate || depth_begin_ > 0;
    const bool first = depth_begin_ == 0;
    tile.bias_row = product_.bias_row;
    tile.row_bias = first && product_.row_bias != nullptr ? product_.row_bias + row : nullptr;
    const T* a = product_.a + row * product_.a_row + depth_begin_ * product_.a_col;
    if (plan_.pack_a) {
      E* packed = scratch<E>(scratch_a_panels, rows * depth_);
      pack_rows<E, T>(a, product_.a_row, product_.a_col, rows, depth_, packed);
      tile.a = packed;
    } else if constexpr (std::is_same_v<E, T>) {
      tile.a = a;
      tile.a_row = product_.a_row;
      tile.a_col = product_.a_col;
    }
    for (index q = first_panel; q < last_panel; ++q) {
      const index columns = least(width_, columns_ - q * width_);
      const index column = columns_begin_ + q * width_;
      tile.c = product_.c + row * product_.c_row + column;
      tile.bias = first && product_.bias != nullptr
                      ? product_.bias + row * product_.bias_row + column
                      : nullptr;
      tile.b = packed_ + q * width_ * depth_;
      tile.b_row = tile_width<E>(columns);
      if constexpr (std::is_same_v<E, T>) {
        if (in_place(columns)) {
          tile.b = product_.b + depth_begin_ * product_.b_row + column;
          tile.b_row = product_.b_row;
        }
      }
      multiply_panel(tile, rows, columns, plan_.pack_a);
    }
  }

  const Product<E, T> product_;
  const Plan plan_;
  index columns_begin_ = 0, columns_ = 0, depth_begin_ = 0, depth_ = 0;
  E* packed_ = nullptr;
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
