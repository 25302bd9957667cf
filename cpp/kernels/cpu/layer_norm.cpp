#include "kernels/cpu/moments.h"
#include "kernels/cpu/operations.h"
#include "kernels/cpu/rows.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// ------------------------------------------------------------------ forward

/// y = (x * rstd + offset) * weight + bias, with x already taken relative to the center.
template <bool weighted, bool biased, class T>
void normalize_row(const T* x, const T* weight, const T* bias, T* y, index n, T center, T rstd,
                   T offset) {
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) {
    T value = (x[i] - center) * rstd + offset;
    if constexpr (weighted) value *= weight[i];
    if constexpr (biased) value += bias[i];
    y[i] = value;
  }
}

template <bool weighted, bool biased, class T>
void layer_norm_rows(const T* x, const T* weight, const T* bias, T* y, T* mean, T* rstd, index rows,
                     index n, double eps) {
  parallel(rows, ceil_div(parallel_grain, n), [=](index begin, index end) {
    for (index row = begin; row < end; ++row) {
      const auto moments = row_moments(x + row * n, n);
      const double scale = 1 / sqrt(moments.squares / static_cast<double>(n) + eps);
      mean[row] = static_cast<T>(moments.mean);
      rstd[row] = static_cast<T>(scale);
      // What the rounded mean misses matters where it is far greater than the deviations.
      const double missed = moments.mean - mean[row];
      normalize_row<weighted, biased>(x + row * n, weight, bias, y + row * n, n, mean[row],
                                      rstd[row], static_cast<T>(-missed * scale));
    }
  });
}

template <class T>
void layer_norm(const void* input, const void* weight, const void* bias, void* output, void* mean,
                void* rstd, index rows, index n, double eps) {
  const auto run = [=](auto function) {
    function(static_cast<const T*>(input), static_cast<const T*>(weight),
             static_cast<const T*>(bias), static_cast<T*>(output), static_cast<T*>(mean),
             static_cast<T*>(rstd), rows, n, eps);
  };
  if (n == 0) return;
  if (weight != nullptr && bias != nullptr) {
    run(layer_norm_rows<true, true, T>);
  } else if (weight != nullptr) {
    run(layer_norm_rows<true, false, T>);
  } else if (bias != nullptr) {
    run(layer_norm_rows<false, true, T>);
  } else {
    run(layer_norm_rows<false, false, T>);
  }
}

// ------------------------------------------------------------------ backward

/// dx = rstd * (h - mean(h) - z * mean(h * z)) with h = g * weight and z the normalized x.
template <bool weighted, class T>
void input_gradient_row(const T* g, const T* x, const T* weight, T* dx, index n, T mean, T rstd) {
  const auto sums = sum_pairs<T>(0, n, [=](index i) {
    const T h = weighted ? g[i] * weight[i] : g[i];
    return Pair<T>{h, h * ((x[i] - mean) * rstd)};
  });
  const T mean_h = static_cast<T>(sums.first / static_cast<double>(n));
  const T mean_hz = static_cast<T>(sums.second / static_cast<double>(n));
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) {
    const T h = weighted ? g[i] * weight[i] : g[i];
    dx[i] = rstd * (h - mean_h - (x[i] - mean) * rstd * mean_hz);
  }
}

template <class T>
struct LayerNormGradients {
  const T* g;
  const T* x;
  const T* weight;
  const T* mean;
  const T* rstd;
  T* dx;
  index n;

  void input_row(index row) const {
    (weight != nullptr ? input_gradient_row<true, T>
                       : input_gradient_row<false, T>)(g + row * n, x + row * n, weight,
                                                       dx + row * n, n, mean[row], rstd[row]);
  }
  /// Adds one row's columns [first, first + width) to the gradients of weight and bias.
  void parameter_row(index row, index first, index width, T* dweight, T* dbias) const {
    const T* row_g = g + row * n + first;
    const T* row_x = x + row * n + first;
    const T center = mean[row];
    const T scale = rstd[row];
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < width; ++i) {
      dweight[i] += row_g[i] * ((row_x[i] - center) * scale);
      dbias[i] += row_g[i];
    }
  }
};

constexpr index widest_fused_row = 16384;

/// Each block of rows is read once for everything. dx may be null.
template <class T>
void fused_backward(const LayerNormGradients<T>& gradients, T* dweight, T* dbias, index rows) {
  const index n = gradients.n;
  const index block = rows_per_block(rows, n);
  const index blocks = ceil_div(rows, block);
  T* partial_weight = scratch<T>(5, 2 * blocks * n);
  T* partial_bias = partial_weight + blocks * n;
  parallel(blocks, ceil_div(parallel_grain, block * n), [=](index begin, index end) {
    for (index part = begin; part < end; ++part) {
      for (index i = 0; i < n; ++i) partial_weight[part * n + i] = partial_bias[part * n + i] = 0;
      for (index row = part * block; row < least(rows, (part + 1) * block); ++row) {
        if (gradients.dx != nullptr) gradients.input_row(row);
        gradients.parameter_row(row, 0, n, partial_weight + part * n, partial_bias + part * n);
      }
    }
  });
  if (dweight != nullptr) reduce_slice<Sum<T>>(partial_weight, dweight, blocks, n);
  if (dbias != nullptr) reduce_slice<Sum<T>>(partial_bias, dbias, blocks, n);
}

/// Wide rows: threads share the columns.
template <class T>
void parameter_gradients(const LayerNormGradients<T>& gradients, T* dweight, T* dbias, index rows) {
  const index n = gradients.n;
  const index tiles = ceil_div(n, column_tile);
  parallel(tiles, ceil_div(parallel_grain, greatest(rows, index{1}) * column_tile),
           [=](index begin, index end) {
             for (index first = begin * column_tile; first < least(n, end * column_tile);
                  first += column_tile) {
               const index width = least(column_tile, n - first);
               T sums[2][column_tile] = {};
               for (index row = 0; row < rows; ++row)
                 gradients.parameter_row(row, first, width, sums[0], sums[1]);
               for (index i = 0; i < width; ++i) {
                 if (dweight != nullptr) dweight[first + i] = sums[0][i];
                 if (dbias != nullptr) dbias[first + i] = sums[1][i];
               }
             }
           });
}

template <class T>
void layer_norm_backward(const void* gradient, const void* input, const void* weight,
                         const void* mean, const void* rstd, void* input_gradient,
                         void* weight_gradient, void* bias_gradient, index rows, index n) {
  const LayerNormGradients<T> gradients{static_cast<const T*>(gradient),
                                        static_cast<const T*>(input),
                                        static_cast<const T*>(weight),
                                        static_cast<const T*>(mean),
                                        static_cast<const T*>(rstd),
                                        static_cast<T*>(input_gradient),
                                        n};
  T* dweight = static_cast<T*>(weight_gradient);
  T* dbias = static_cast<T*>(bias_gradient);
  if (n == 0) return;
  const bool parameters = dweight != nullptr || dbias != nullptr;
  if (parameters && n <= widest_fused_row && rows > 0)
    return fused_backward(gradients, dweight, dbias, rows);
  if (gradients.dx != nullptr) {
    parallel(rows, ceil_div(parallel_grain, n), [=](index begin, index end) {
      for (index row = begin; row < end; ++row) gradients.input_row(row);
    });
  }
  if (parameters) parameter_gradients(gradients, dweight, dbias, rows);
}

template <class T>
void fill(Rows& rows) {
  rows.layer_norm = layer_norm<T>;
  rows.layer_norm_backward = layer_norm_backward<T>;
}

}  // namespace

void fill_layer_norm(Rows (&rows)[2]) {
  fill<float>(rows[0]);
  fill<double>(rows[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
