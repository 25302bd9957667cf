#pragma once

// What the kernels of recurrent layers share: the matrix that every step multiplies with, and the
// walk over the steps, block by block of the batch.

#include "kernels/cpu/activations.h"
#include "kernels/cpu/gemm_pack.h"
#include "kernels/cpu/loops.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Slots of scratch_memory. The packed matrices belong to the calling thread, the rest to the one
/// that runs a block.
constexpr int scratch_matrix = 0, scratch_second_matrix = 1, scratch_rows = 2,
              scratch_cell_rows = 3, scratch_unprojected = 4;

/// c = a · matrix (+ c) (+ bias), where the matrix (depth, columns) is the same at every step. It
/// is packed once if there are several steps.
template <class T>
class StepMatrix {
 public:
  [[gnu::noinline]] StepMatrix(const T* matrix, index depth, index columns, index row, index column,
                               bool several, int slot)
      : matrix_(matrix), depth_(depth), columns_(columns), row_(row), column_(column) {
    if (!several) return;
    const index panels = ceil_div(columns, width_);
    T* packed = scratch<T>(slot, panels * width_ * depth + 1);
    parallel(panels, grain_work / 8 / (width_ * depth + 1) + 1, [&](index q, index end) {
      for (; q < end; ++q) {
        const index count = least(width_, columns - q * width_);
        pack_panel<T, T>(matrix + q * width_ * column, column, row, count, depth,
                         packed + q * width_ * depth, tile_width<T>(count));
      }
    });
    packed_ = packed;
  }

  [[gnu::noinline]] void multiply(const T* a, index a_row, index rows, T* c, index c_row,
                                  bool accumulate, const T* bias) const {
    if (rows == 0) return;
    if (packed_ == nullptr) return multiply_once(a, a_row, rows, c, c_row, accumulate, bias);
    // Threads share a step only where the batch is one block, and the step is long.
    const index panels = ceil_div(columns_, width_);
    const index work = work_of(rows, width_, depth_) + 1;
    parallel(panels, 4 * grain_work / work + 1, [&](index q, index end) {
      if (rows == 1) q = multiply_row(a, q, end, c, accumulate, bias);
      for (; q < end; ++q) {
        Tile<T> tile{};
        tile.depth = depth_;
        tile.a = a;
        tile.a_row = a_row;
        tile.a_col = 1;
        const index count = least(width_, columns_ - q * width_);
        tile.b = packed_ + q * width_ * depth_;
        tile.b_row = tile_width<T>(count);
        tile.c = c + q * width_;
        tile.c_row = c_row;
        tile.accumulate = accumulate;
        tile.bias = bias == nullptr ? nullptr : bias + q * width_;
        multiply_panel(tile, rows, count, false);
      }
    });
  }

 private:
  static constexpr index width_ = tile_columns<T>;

  /// One row by as many full panels as come in fours, which a tile of one row would make wait for
  /// each other; the same sums in the same order. Returns the first panel that is left.
  [[gnu::noinline]] index multiply_row(const T* a, index q, index end, T* c, bool accumulate,
                                       const T* bias) const {
    constexpr int vectors = 8;
    constexpr index lanes = width_ / 2;
    using V = typename VectorOf<T, vector_bytes>::type;
    using Memory = typename VectorOf<T, vector_bytes>::memory;
    for (; q + 4 <= end && (q + 4) * width_ <= columns_; q += 4) {
      const T* b[4];
      for (int p = 0; p < 4; ++p) b[p] = packed_ + (q + p) * width_ * depth_;
      V total[vectors];
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) total[v] = V{};
      for (index k = 0; k < depth_; ++k) {
        const V left = a[k] - V{};
#pragma GCC unroll 8
        for (int v = 0; v < vectors; ++v)
          total[v] +=
              left * *reinterpret_cast<const Memory*>(b[v / 2] + k * width_ + v % 2 * lanes);
      }
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) {
        const index column = q * width_ + v * lanes;
        Memory* out = reinterpret_cast<Memory*>(c + column);
        V value = total[v];
        if (accumulate) value += *out;
        if (bias != nullptr) value += *reinterpret_cast<const Memory*>(bias + column);
        *out = value;
      }
    }
    return q;
  }

  void multiply_once(const T* a, index a_row, index rows, T* c, index c_row, bool accumulate,
                     const T* bias) const {
    Gemm call;
    call.batch = 1;
    call.m = rows;
    call.n = columns_;
    call.k = depth_;
    call.a = a;
    call.a_row = a_row;
    call.b = matrix_;
    call.b_row = row_;
    call.b_col = column_;
    call.c = c;
    call.c_row = c_row;
    call.accumulate = accumulate;
    call.bias = bias;
    if constexpr (sizeof(T) == 4)
      gemm_float32(call, nullptr);
    else
      gemm_float64(call, nullptr);
  }

  const T* matrix_;
  index depth_, columns_, row_, column_;
  const T* packed_ = nullptr;
};

/// The rows of a step that a block of the batch takes part in.
struct Part {
  index first, rows;   ///< in the sequence
  index before, kept;  ///< row i < kept goes on from row before + i of the sequence
  index place;         ///< the others from row place + i of the initial state
};

inline Part part_of(const RecurrentStep& step, index begin, index end) {
  const auto within = [&](index count) { return greatest<index>(0, least(count, end) - begin); };
  return {step.first + begin, within(step.rows), step.before + begin, within(step.kept), begin};
}

/// Where the state before a part's row i lies; also where the gradient with respect to it goes, in
/// the backward pass.
template <class T>
struct States {
  T* initial;
  T* rows;  ///< of the sequence
  index width;

  T* before(const Part& part, index i) const {
    return i < part.kept ? rows + (part.before + i) * width : initial + (part.place + i) * width;
  }
};

/// c = the states before the part's rows · matrix.
template <class T>
void multiply_before(const StepMatrix<T>& matrix, const States<const T>& states, const Part& part,
                     T* c, index c_row, const T* bias) {
  matrix.multiply(states.before(part, 0), states.width, part.kept, c, c_row, false, bias);
  if (part.kept < part.rows)
    matrix.multiply(states.initial + (part.place + part.kept) * states.width, states.width,
                    part.rows - part.kept, c + part.kept * c_row, c_row, false, bias);
}

/// run(begin, end) for blocks of the batch, each over the whole sequence: threads then never wait
/// for each other. Rows do not mix, so that the result does not depend on the blocks. Where the
/// matrix is too large for a thread's cache there is one block, and threads share each step.
template <class F>
void each_block(const RecurrentShape& shape, index matrix_elements, F run) {
  constexpr index cached = 1 << 18;  // elements of the matrix
  const index threads = num_threads();
  index blocks = 1;
  if (threads > 1 && matrix_elements <= cached) {
    const index rows = shape.total_rows;
    blocks = least(least(threads, shape.batch / 4), work_of(rows, matrix_elements, 1) / grain_work);
    blocks = greatest<index>(1, blocks);
  }
  parallel(blocks, 1, [&](index b, index end) {
    for (; b < end; ++b) run(shape.batch * b / blocks, shape.batch * (b + 1) / blocks);
  });
}

/// f(i) for the rows of a part. Threads take part where the batch is one block and rows are long.
template <class F>
void each_row(const Part& part, index elements, F f) {
  constexpr index grain = 1 << 14;
  parallel(part.rows, grain / (elements + 1) + 1, [&](index i, index end) {
    for (; i < end; ++i) f(i);
  });
}

template <class T>
void fill_zero(T* out, index count) {
  for (index i = 0; i < count; ++i) out[i] = T{0};
}

/// The gradient of a state that the step after it hands back to a block's rows.
template <class T>
class HandedBack {
 public:
  HandedBack(int slot, index begin, index end, index width, T* initial)
      : states_{initial, scratch<T>(slot, (end - begin) * width + width), width},
        zeros_(states_.rows + (end - begin) * width) {
    fill_zero(zeros_, width);
  }
  /// What has come back for row i of a part.
  const T* come(index i) const { return i < come_ ? states_.rows + i * states_.width : zeros_; }
  /// Where row i of a part is to hand back to: its predecessor, or the initial state.
  T* give(const Part& part, index i) const {
    return i < part.kept ? states_.rows + i * states_.width
                         : states_.initial + (part.place + i) * states_.width;
  }
  /// Hands back gradient · matrix, and what was given before if `accumulate`.
  void give_product(const Part& part, const StepMatrix<T>& matrix, const T* gradient,
                    index gradient_row, bool accumulate) {
    matrix.multiply(gradient, gradient_row, part.kept, states_.rows, states_.width, accumulate,
                    nullptr);
    if (part.kept < part.rows)
      matrix.multiply(gradient + part.kept * gradient_row, gradient_row, part.rows - part.kept,
                      give(part, part.kept), states_.width, accumulate, nullptr);
  }
  void next(const Part& part) { come_ = part.kept; }

 private:
  index come_ = 0;
  States<T> states_;
  T* zeros_;
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
