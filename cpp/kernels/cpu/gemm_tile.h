#pragma once

// The body of multiply_panel (gemm_kernel.h), instantiated once per element type.

#include "kernels/cpu/gemm_kernel.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// One register tile. packed: a is (depth, rows) and b (depth, width), both dense, which gives the
/// loop fixed offsets.
template <class E, int bytes, int rows, int vectors, bool packed>
void multiply_tile(const Tile<E>& tile) {
  using V = typename VectorOf<E, bytes>::type;
  using Memory = typename VectorOf<E, bytes>::memory;
  constexpr index lanes = bytes / static_cast<index>(sizeof(E));
  const index a_row = packed ? 1 : tile.a_row;
  const index a_col = packed ? rows : tile.a_col;
  const index b_row = packed ? vectors * lanes : tile.b_row;
  const E* a = tile.a;
  const E* b = tile.b;
  if constexpr (packed) {
    for (int i = 0; i < rows; ++i) {
      for (int j = 0; j < vectors; ++j) __builtin_prefetch(tile.c + i * tile.c_row + j * lanes, 1);
    }
  }
  V sum[rows][vectors];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) sum[i][j] = V{};
  }
  for (index p = 0; p < tile.depth; ++p) {
    V right[vectors];
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) right[j] = *reinterpret_cast<const Memory*>(b + j * lanes);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const V left = a[i * a_row] - V{};
#pragma GCC unroll 4
      for (int j = 0; j < vectors; ++j) sum[i][j] += left * right[j];
    }
    a += a_col;
    b += b_row;
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
    for (int j = 0; j < vectors; ++j) {
      Memory* out = reinterpret_cast<Memory*>(tile.c + i * tile.c_row + j * lanes);
      V value = sum[i][j];
      if (tile.accumulate) value += *out;
      if (tile.row_bias != nullptr) value += tile.row_bias[i] - V{};
      if (tile.bias != nullptr)
        value += *reinterpret_cast<const Memory*>(tile.bias + i * tile.bias_row + j * lanes);
      *out = value;
    }
  }
}

/// A tile of which only `columns` columns exist: computed whole beside c, then the existing part is
/// merged.
template <class E, int bytes, int rows, int vectors>
void multiply_partial_tile(const Tile<E>& tile, index columns) {
  constexpr index width = vectors * bytes / static_cast<index>(sizeof(E));
  alignas(64) E whole[rows * width];
  Tile<E> beside = tile;
  beside.c = whole;
  beside.c_row = width;
  beside.accumulate = false;
  beside.bias = nullptr;
  beside.row_bias = nullptr;
  multiply_tile<E, bytes, rows, vectors, false>(beside);
  for (index i = 0; i < rows; ++i) {
    for (index j = 0; j < columns; ++j) {
      E& out = tile.c[i * tile.c_row + j];
      E value = whole[i * width + j];
      if (tile.accumulate) value += out;
      if (tile.row_bias != nullptr) value += tile.row_bias[i];
      if (tile.bias != nullptr) value += tile.bias[i * tile.bias_row + j];
      out = value;
    }
  }
}

template <class E>
void move_down(Tile<E>& tile, index a_distance, index rows) {
  tile.a += a_distance;
  tile.c += rows * tile.c_row;
  if (tile.row_bias != nullptr) tile.row_bias += rows;
  if (tile.bias != nullptr) tile.bias += rows * tile.bias_row;
}

/// Rows of one column panel, from `tile` on; moves `tile` past them. `rows` is the height of the
/// tile to use.
template <class E, int bytes, int vectors, int rows>
void multiply_step(Tile<E>& tile, index& left, index columns) {
  constexpr index width = vectors * bytes / static_cast<index>(sizeof(E));
  while (left >= rows) {
    if (columns == width) {
      multiply_tile<E, bytes, rows, vectors, false>(tile);
    } else {
      multiply_partial_tile<E, bytes, rows, vectors>(tile, columns);
    }
    move_down(tile, rows * tile.a_row, rows);
    left -= rows;
  }
}

template <class E, int bytes, int vectors>
void multiply_rows(Tile<E> tile, index rows, index columns, bool packed_a) {
  constexpr index width = vectors * bytes / static_cast<index>(sizeof(E));
  if (packed_a) {
    tile.a_row = 1;
    tile.a_col = tile_rows;
    const bool fixed = columns == width && tile.b_row == width;
    for (; rows >= tile_rows; rows -= tile_rows) {
      if (fixed) {
        multiply_tile<E, bytes, tile_rows, vectors, true>(tile);
      } else if (columns == width) {
        multiply_tile<E, bytes, tile_rows, vectors, false>(tile);
      } else {
        multiply_partial_tile<E, bytes, tile_rows, vectors>(tile, columns);
      }
      move_down(tile, tile_rows * tile.depth, tile_rows);
    }
    tile.a_col = rows;  // the last panel of a is packed as high as it is
  }
  multiply_step<E, bytes, vectors, tile_rows>(tile, rows, columns);
  if constexpr (tile_rows > 8) multiply_step<E, bytes, vectors, 8>(tile, rows, columns);
  multiply_step<E, bytes, vectors, 4>(tile, rows, columns);
  multiply_step<E, bytes, vectors, 3>(tile, rows, columns);
  multiply_step<E, bytes, vectors, 2>(tile, rows, columns);
  multiply_step<E, bytes, vectors, 1>(tile, rows, columns);
}

/// See multiply_panel.
template <class E>
void multiply_panel_of(const Tile<E>& tile, index rows, index columns, bool packed_a) {
  constexpr index lanes = vector_bytes / static_cast<index>(sizeof(E));
  const index width = tile_width<E>(columns);
  if (width == 2 * lanes) return multiply_rows<E, vector_bytes, 2>(tile, rows, columns, packed_a);
  if (width == lanes) return multiply_rows<E, vector_bytes, 1>(tile, rows, columns, packed_a);
  if constexpr (vector_bytes >= 32) {
    if (width == lanes / 2) {
      return multiply_rows<E, vector_bytes / 2, 1>(tile, rows, columns, packed_a);
    }
  }
  if constexpr (vector_bytes >= 64) {
    return multiply_rows<E, vector_bytes / 4, 1>(tile, rows, columns, packed_a);
  }
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
