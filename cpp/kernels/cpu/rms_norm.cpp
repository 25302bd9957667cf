#include "kernels/cpu/images.h"
#include "kernels/cpu/operations.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class T>
void forward(const void* input, const void* weights, void* output, void* scales, index rows,
             index n, double eps) {
  const T* weight = static_cast<const T*>(weights);
  parallel(rows, ceil_div(parallel_grain, greatest<index>(n, 1)), [=](index begin, index end) {
    for (index row = begin; row < end; ++row) {
      const T* x = static_cast<const T*>(input) + row * n;
      T* y = static_cast<T*>(output) + row * n;
      const double squares = sum_of<T>(0, n, [x](index i) { return x[i] * x[i]; });
      const T scale = static_cast<T>(1 / sqrt(squares / static_cast<double>(n) + eps));
      static_cast<T*>(scales)[row] = scale;
      if (weight == nullptr) {
        TOPOGRAD_INDEPENDENT
        for (index i = 0; i < n; ++i) y[i] = x[i] * scale;
      } else {
        TOPOGRAD_INDEPENDENT
        for (index i = 0; i < n; ++i) y[i] = x[i] * scale * weight[i];
      }
    }
  });
}

/// dx = rstd * (h - z * mean(h * z)) with h = g * weight and z = x * rstd; dweight += g * z.
template <class T>
void gradient_row(const T* g, const T* x, const T* weight, T scale, T* dx, T* dweight, index n) {
  if (dx != nullptr) {
    const double total = sum_of<T>(0, n, [=](index i) {
      const T h = weight != nullptr ? g[i] * weight[i] : g[i];
      return h * (x[i] * scale);
    });
    const T mean = static_cast<T>(total / static_cast<double>(n));
    if (weight != nullptr) {
      TOPOGRAD_INDEPENDENT
      for (index i = 0; i < n; ++i) dx[i] = scale * (g[i] * weight[i] - x[i] * scale * mean);
    } else {
      TOPOGRAD_INDEPENDENT
      for (index i = 0; i < n; ++i) dx[i] = scale * (g[i] - x[i] * scale * mean);
    }
  }
  if (dweight != nullptr) {
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < n; ++i) dweight[i] += g[i] * (x[i] * scale);
  }
}

/// Blocks of rows are read once for both gradients; their parts of dweight are summed at the end.
template <class T>
void backward(const void* gradient, const void* input, const void* weights, const void* scales,
              void* input_gradient, void* weight_gradient, index rows, index n) {
  if (n == 0) return;
  const index block = rows_per_block(greatest<index>(rows, 1), n);
  const index blocks = ceil_div(rows, block);
  T* parts = weight_gradient == nullptr ? nullptr : scratch<T>(5, blocks * n);
  parallel(blocks, ceil_div(parallel_grain, block * n), [=](index begin, index end) {
    for (index part = begin; part < end; ++part) {
      T* sums = parts == nullptr ? nullptr : parts + part * n;
      for (index i = 0; sums != nullptr && i < n; ++i) sums[i] = 0;
      for (index row = part * block; row < least(rows, (part + 1) * block); ++row) {
        T* dx = static_cast<T*>(input_gradient);
        gradient_row(static_cast<const T*>(gradient) + row * n,
                     static_cast<const T*>(input) + row * n, static_cast<const T*>(weights),
                     static_cast<const T*>(scales)[row], dx == nullptr ? dx : dx + row * n, sums,
                     n);
      }
    }
  });
  if (parts == nullptr) return;
  T* dweight = static_cast<T*>(weight_gradient);
  if (blocks == 0) {
    for (index i = 0; i < n; ++i) dweight[i] = 0;
  } else {
    reduce_slice<Sum<T>>(parts, dweight, blocks, n);
  }
}

}  // namespace

void fill_rms_norm(RmsNorm (&rms_norm)[2]) {
  rms_norm[0] = {forward<float>, backward<float>};
  rms_norm[1] = {forward<double>, backward<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
