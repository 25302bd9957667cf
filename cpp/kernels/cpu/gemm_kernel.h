#pragma once

// The register tile of the matrix product: up to tile_rows rows by two vectors of columns stay in
// registers while the depth is walked once. Each element of c is one chain of multiply-adds in the
// order of the depth, whatever tile it falls into, so that neither tiling nor threads change a bit
// of the result.

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

#if defined(__AVX512F__)
inline constexpr int vector_bytes = 64;
inline constexpr int tile_rows = 12;
#elif defined(__AVX__)
inline constexpr int vector_bytes = 32;
inline constexpr int tile_rows = 6;
#elif defined(__aarch64__)
inline constexpr int vector_bytes = 16;
inline constexpr int tile_rows = 8;
#else
inline constexpr int vector_bytes = 16;
inline constexpr int tile_rows = 6;
#endif

/// Slots of scratch_memory used by the matrix product; who keeps scratch across a product uses
/// others.
inline constexpr int scratch_accumulators = 5;
inline constexpr int scratch_b_panels = 6;
inline constexpr int scratch_a_panels = 7;

/// Multiply-adds below which a piece of work is not worth handing to another thread.
inline constexpr index grain_work = 1 << 17;

/// Multiply-adds of a product; kept within range, since with strides of 0 nothing bounds the sizes.
static inline index work_of(index m, index n, index k) {
  constexpr double most = 1e15;
  return static_cast<index>(
      least(most, static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k)));
}

template <class E, int bytes>
struct VectorOf {
  typedef E type __attribute__((vector_size(bytes)));
  // Loads and stores through this type may be unaligned and may alias the scalars.
  typedef E memory __attribute__((vector_size(bytes), aligned(alignof(E)), may_alias));
};

/// Columns of a full tile.
template <class E>
inline constexpr index tile_columns = 2 * vector_bytes / static_cast<index>(sizeof(E));

/// The narrowest tile that holds `columns` (at most tile_columns): 2 vectors, 1, a half or a
/// quarter of one.
template <class E>
static inline index tile_width(index columns) {
  constexpr index narrowest = 16 / static_cast<index>(sizeof(E));
  index width = tile_columns<E>;
  while (width / 2 >= narrowest && columns <= width / 2) width /= 2;
  return width;
}

/// c (rows, columns) = a · b (+ c) (+ bias) (+ row_bias).
template <class E>
struct Tile {
  index depth;
  const E* a;
  index a_row, a_col;
  const E* b;  ///< (depth, tile width), rows contiguous
  index b_row;
  E* c;
  index c_row;
  bool accumulate;
  const E* bias;       ///< null, or one value per column
  const E* row_bias;   ///< null, or one value per row
  index bias_row = 0;  ///< from row to row of the bias; 0 where one serves all
};

/// One panel of `columns` columns (b has tile_width(columns) of them, the rest is not used) by any
/// number of rows. packed_a: a is made by pack_rows (gemm_pack.h), its strides in the tile are
/// ignored.
void multiply_panel(const Tile<float>& tile, index rows, index columns, bool packed_a);
void multiply_panel(const Tile<double>& tile, index rows, index columns, bool packed_a);
void multiply_panel(const Tile<std::uint32_t>& tile, index rows, index columns, bool packed_a);
void multiply_panel(const Tile<std::uint64_t>& tile, index rows, index columns, bool packed_a);

/// The products of the table. row_bias, when not null, has m elements; each is added to a row of
/// every c.
void gemm_float32(const Gemm& call, const float* row_bias);
void gemm_float64(const Gemm& call, const double* row_bias);
void gemm_bfloat16(const Gemm& call);
void gemm_float16(const Gemm& call);

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
