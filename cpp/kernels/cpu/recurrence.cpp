#include "kernels/cpu/complex.h"
#include "kernels/cpu/reduce.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index tile_columns = 256;  ///< columns that run side by side

template <class T>
struct Running {
  using Type = double;
};
template <class T>
struct Running<Complex<T>> {
  using Type = Complex<double>;
};

/// A running value of 0 wins over an infinite or NaN factor, as an exact 0 does in every gradient.
inline double next(double x, double factor, double before) {
  const double carried = before == 0 ? 0 : factor * before;
  return x + carried;
}
inline Complex<double> next(Complex<double> x, Complex<double> factor, Complex<double> before) {
  return is_zero(before) ? x : x + factor * before;
}

template <class T>
void row(const T* x, const T* factor, T* y, index n, index step) {
  using Wide = typename Running<T>::Type;
  Wide value(0.0);
  for (index i = 0; i < n; ++i, x += step, factor += step, y += step) {
    value = next(Wide(*x), Wide(*factor), value);
    *y = static_cast<T>(value);
  }
}

template <class T>
void columns(const T* x, const T* factor, T* y, index n, index step, index width) {
  using Wide = typename Running<T>::Type;
  Wide value[tile_columns];
  for (index j = 0; j < width; ++j) value[j] = Wide(0.0);
  for (index i = 0; i < n; ++i, x += step, factor += step, y += step) {
    for (index j = 0; j < width; ++j) {
      value[j] = next(Wide(x[j]), Wide(factor[j]), value[j]);
      y[j] = static_cast<T>(value[j]);
    }
  }
}

template <class T>
void recurrence(const void* x_memory, const void* factor_memory, void* y_memory, index outer,
                index n, index inner, bool reverse) {
  if (outer == 0 || n == 0 || inner == 0) return;
  const T* x = static_cast<const T*>(x_memory);
  const T* factor = static_cast<const T*>(factor_memory);
  T* y = static_cast<T*>(y_memory);
  const index step = reverse ? -inner : inner;
  const index tiles = ceil_div(inner, tile_columns);
  const index grain = ceil_div(parallel_grain, n * least(inner, tile_columns));
  parallel(outer * tiles, grain, [=](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index column = task % tiles * tile_columns;
      const index first = task / tiles * n * inner + column + (reverse ? (n - 1) * inner : 0);
      if (inner == 1)
        row(x + first, factor + first, y + first, n, step);
      else
        columns(x + first, factor + first, y + first, n, step, least(tile_columns, inner - column));
    }
  });
}

}  // namespace

void fill_recurrence(Recurrence (&rows)[compute_count]) {
  rows[static_cast<int>(Compute::f32)] = recurrence<float>;
  rows[static_cast<int>(Compute::f64)] = recurrence<double>;
  rows[static_cast<int>(Compute::c64)] = recurrence<Complex<float>>;
  rows[static_cast<int>(Compute::c128)] = recurrence<Complex<double>>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
