#pragma once

// From the untyped call to the right variant: vectors, blocked products, batches, and types that
// accumulate in a wider one.

#include "kernels/cpu/gemm_driver.h"
#include "kernels/cpu/gemm_vector.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Very few rows by a transposed matrix: both lie along the depth, so that elements of c are dot
/// products.
template <class E, class T>
bool worth_dots(const Product<E, T>& product) {
  return product.b_row == 1 && product.b_col != 1 && product.m <= 8 && product.k >= 128;
}

template <class E, class T>
void multiply_dots(const Product<E, T>& product) {
  const E* a = product.a;
  index a_row = product.a_row;
  if (product.a_col != 1) {
    E* dense = scratch<E>(scratch_a_panels, product.m * product.k);
    for (index i = 0; i < product.m; ++i) {
      for (index p = 0; p < product.k; ++p) {
        dense[i * product.k + p] = a[i * product.a_row + p * product.a_col];
      }
    }
    a = dense;
    a_row = product.k;
  }
  const index work = product.m * product.k;
  parallel(product.n, grain_work / 4 / work + 1, [&](index j, index end) {
    while (j < end) {
      const index columns = end - j >= 4 ? 4 : 1;
      const auto run = columns == 4 ? &dot_columns<E, 4> : &dot_columns<E, 1>;
      E block[8 * 4];
      run(a, product.m, a_row, product.b + j * product.b_col, product.b_col, product.k, block, 4);
      for (index i = 0; i < product.m; ++i) {
        for (index l = 0; l < columns; ++l) {
          E value = block[i * 4 + l];
          E& out = product.c[i * product.c_row + j + l];
          if (product.accumulate) value += out;
          if (product.row_bias != nullptr) value += product.row_bias[i];
          if (product.bias != nullptr) value += product.bias[i * product.bias_row + j + l];
          out = value;
        }
      }
      j += columns;
    }
  });
}

/// Few rows by a transposed matrix, as in a linear layer: cᵀ = bᵀ · aᵀ reads b in place, where a ·
/// b would have to pack all of it for little use. aᵀ is packed instead, and cᵀ is turned round in
/// scratch.
template <class E, class T>
bool worth_swapping(const Product<E, T>& product) {
  return product.b_row == 1 && product.b_col != 1 && product.m <= tile_columns<E> &&
         product.n > product.m && product.k > 2 * product.m;
}

template <class E, class T>
void multiply_swapped(const Product<E, T>& product) {
  constexpr index most_rows = 4096, piece = 64;
  for (index begin = 0; begin < product.n; begin += most_rows) {
    const index rows = least(most_rows, product.n - begin);
    E* turned = scratch<E>(scratch_accumulators, rows * product.m);
    BlockedProduct<E, T>({rows, product.m, product.k, product.b + begin * product.b_col,
                          product.b_col, product.b_row, product.a, product.a_col, product.a_row,
                          turned, product.m, false, nullptr, nullptr})
        .run();
    const index pieces = ceil_div(rows, piece);
    parallel(pieces, grain_work / 8 / (piece * product.m) + 1, [&](index q, index end) {
      alignas(64) E block[tile_columns<E> * piece];
      for (; q < end; ++q) {
        const index count = least(piece, rows - q * piece), column = begin + q * piece;
        transpose_panel(turned + q * piece * product.m, product.m, count, product.m, block, piece);
        for (index i = 0; i < product.m; ++i) {
          E* out = product.c + i * product.c_row + column;
          for (index l = 0; l < count; ++l) {
            E value = block[i * piece + l];
            if (product.accumulate) value += out[l];
            if (product.row_bias != nullptr) value += product.row_bias[i];
            if (product.bias != nullptr) value += product.bias[i * product.bias_row + column + l];
            out[l] = value;
          }
        }
      }
    });
  }
}

template <class E, class T>
void multiply_accumulators(const Product<E, T>& product) {
  if (product.n == 1 && (product.m > 1 || product.a_col == 1)) {
    multiply_vector(VectorProduct<E, T>{
        product.m, product.k, product.a, product.a_row, product.a_col, product.b, product.b_row,
        product.c, product.c_row, product.accumulate, product.row_bias, product.bias});
  } else if (product.m == 1) {
    multiply_vector(VectorProduct<E, T>{product.n, product.k, product.b, product.b_col,
                                        product.b_row, product.a, product.a_col, product.c, 1,
                                        product.accumulate, product.bias, product.row_bias});
  } else {
    if constexpr (std::is_same_v<E, T>) {
      if (worth_dots(product)) return multiply_dots(product);
      if (worth_swapping(product)) return multiply_swapped(product);
    }
    BlockedProduct<E, T>(product).run();
  }
}

/// c is stored narrower than it is accumulated: block by block through scratch, so that it is
/// rounded once.
template <class E, class T>
void multiply_narrow(const Product<E, T>& whole, T* c, const T* bias) {
  constexpr index most = index{1} << 19;
  const index columns = least(whole.n, block_columns);
  const index rows = least(whole.m, most / columns);
  for (index i = 0; i < whole.m; i += rows) {
    for (index j = 0; j < whole.n; j += columns) {
      Product<E, T> block = whole;
      block.m = least(rows, whole.m - i);
      block.n = least(columns, whole.n - j);
      block.a += i * whole.a_row;
      block.b += j * whole.b_col;
      block.c = scratch<E>(scratch_accumulators, block.m * block.n);
      block.c_row = block.n;
      block.accumulate = false;
      multiply_accumulators(block);
      parallel(block.m, grain_work / 8 / block.n + 1, [&](index begin, index end) {
        for (index r = begin; r < end; ++r) {
          const E* sum = block.c + r * block.n;
          T* out = c + (i + r) * whole.c_row + j;
          for (index l = 0; l < block.n; ++l) {
            E value = sum[l];
            if (whole.accumulate) value += widen<E>(out[l]);
            if (bias != nullptr) value += widen<E>(bias[(i + r) * whole.bias_row + j + l]);
            out[l] = narrow_to(T{}, value);
          }
        }
      });
    }
  }
}

template <class E, class T>
void multiply_item(const Gemm& call, const E* row_bias, index item) {
  Product<E, T> product;
  product.m = call.m;
  product.n = call.n;
  product.k = call.k;
  product.a = static_cast<const T*>(call.a) + item * call.a_batch;
  product.a_row = call.a_row;
  product.a_col = call.a_col;
  product.b = static_cast<const T*>(call.b) + item * call.b_batch;
  product.b_row = call.b_row;
  product.b_col = call.b_col;
  product.c_row = call.c_row;
  product.accumulate = call.accumulate;
  product.bias_row = call.bias_row;
  T* const c = static_cast<T*>(call.c) + item * call.c_batch;
  const T* const bias = static_cast<const T*>(call.bias);
  if constexpr (std::is_same_v<E, T>) {
    product.c = c;
    product.bias = bias;
    product.row_bias = row_bias;
    multiply_accumulators(product);
  } else {
    product.c = nullptr;
    product.bias = product.row_bias = nullptr;
    multiply_narrow(product, c, bias);
  }
}

/// T: the stored type, E: the one that accumulates. row_bias (see gemm_kernel.h) only where they
/// are the same.
template <class E, class T>
void multiply(const Gemm& given, const E* row_bias = nullptr) {
  Gemm call = given;
  if (call.batch <= 0 || call.m <= 0 || call.n <= 0) return;
  const bool one_matrix = call.b_batch == 0 && call.a_batch == call.m * call.a_row &&
                          call.c_batch == call.m * call.c_row;
  if (call.batch > 1 && one_matrix && row_bias == nullptr) {
    call.m *= call.batch;
    call.batch = 1;
  }
  const index work = work_of(call.m, call.n, call.k + 1);
  // Few large products are threaded inside, one after the other; a nested parallel runs serially.
  if (call.batch == 1 || (call.batch < 2 * num_threads() && work > 8 * grain_work)) {
    for (index item = 0; item < call.batch; ++item) multiply_item<E, T>(call, row_bias, item);
    return;
  }
  parallel(call.batch, grain_work / work + 1, [&](index begin, index end) {
    for (index item = begin; item < end; ++item) multiply_item<E, T>(call, row_bias, item);
  });
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
