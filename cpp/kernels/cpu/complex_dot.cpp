// Inner products of complex vectors.

#include "kernels/cpu/complex.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index lanes = 32;
constexpr index leaf = 2048;    ///< numbers whose products are summed in their own precision
constexpr index piece = 16384;  ///< numbers per partial sum, whatever the number of threads
constexpr index grain_pieces = 2;

/// With the sign of a's imaginary parts: 1, or -1 for the conjugate numbers.
template <class T>
Complex<double> dot_leaf(const Complex<T>* a, const Complex<T>* b, index count, T sign) {
  T re[lanes] = {}, im[lanes] = {};
  index i = 0;
  for (; i + lanes <= count; i += lanes) {
    TOPOGRAD_INDEPENDENT
    for (index j = 0; j < lanes; ++j) {
      const Complex<T> x = a[i + j], y = b[i + j];
      re[j] += x.re * y.re - sign * x.im * y.im;
      im[j] += x.re * y.im + sign * x.im * y.re;
    }
  }
  Complex<double> total(0.0);
  for (index j = 0; j < lanes; ++j) total += Complex<double>(re[j], im[j]);
  for (; i < count; ++i)
    total += Complex<double>(Complex<T>(a[i].re, sign * a[i].im)) * Complex<double>(b[i]);
  return total;
}

template <class T>
void dot(const void* a_memory, const void* b_memory, index count, bool conjugate, void* out) {
  const auto* a = static_cast<const Complex<T>*>(a_memory);
  const auto* b = static_cast<const Complex<T>*>(b_memory);
  const T sign = conjugate ? T(-1) : T(1);
  const index pieces = ceil_div(count, piece);
  auto* partial = scratch<Complex<double>>(6, greatest(pieces, index{1}));
  parallel(pieces, grain_pieces, [=](index begin, index end) {
    for (index p = begin; p < end; ++p) {
      Complex<double> total(0.0);
      const index last = least(count, (p + 1) * piece);
      for (index i = p * piece; i < last; i += leaf)
        total += dot_leaf(a + i, b + i, least(leaf, last - i), sign);
      partial[p] = total;
    }
  });
  Complex<double> total(0.0);
  for (index p = 0; p < pieces; ++p) total += partial[p];
  *static_cast<Complex<T>*>(out) = Complex<T>(total);
}

}  // namespace

void fill_complex_dot(ComplexDot (&table)[2]) {
  table[0] = dot<float>;
  table[1] = dot<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
