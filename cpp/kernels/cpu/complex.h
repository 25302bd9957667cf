#pragma once

// Complex numbers for the loops: pairs of float or double, laid out as std::complex is. (Not
// std::complex itself: see the hazard note in prelude.h.)

#include "kernels/cpu/activations.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

template <Real T>
struct Complex {
  using Part = T;
  T re, im;
  Complex() = default;
  constexpr Complex(T real, T imaginary) : re(real), im(imaginary) {}
  constexpr explicit Complex(double real) : re(static_cast<T>(real)), im(0) {}
};

template <class T>
inline Complex<T> operator+(Complex<T> a, Complex<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
inline Complex<T> operator-(Complex<T> a, Complex<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
inline Complex<T> operator-(Complex<T> a) {
  return {-a.re, -a.im};
}
template <class T>
inline Complex<T> operator*(Complex<T> a, Complex<T> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
inline Complex<T> operator*(Complex<T> a, T b) {
  return {a.re * b, a.im * b};
}
/// Scaled by the greater part of the divisor, so that squares neither overflow nor vanish.
template <class T>
inline Complex<T> operator/(Complex<T> a, Complex<T> b) {
  const bool tall = abs(b.im) > abs(b.re);
  const T great = tall ? b.im : b.re;
  const T small = tall ? b.re : b.im;
  const T ratio = great == 0 ? T(0) : small / great;
  const T divisor = great + small * ratio;
  const T re = tall ? a.re * ratio + a.im : a.re + a.im * ratio;
  const T im = tall ? a.im * ratio - a.re : a.im - a.re * ratio;
  return {re / divisor, im / divisor};
}
template <class T>
inline Complex<T>& operator+=(Complex<T>& a, Complex<T> b) {
  a = a + b;
  return a;
}
template <class T>
inline bool operator==(Complex<T> a, Complex<T> b) {
  return (a.re == b.re) & (a.im == b.im) ? true : false;
}
template <class T>
inline bool operator!=(Complex<T> a, Complex<T> b) {
  return !(a == b);
}
template <class T>
inline bool is_zero(Complex<T> z) {
  return (z.re == 0) & (z.im == 0) ? true : false;
}
/// i z.
template <class T>
inline Complex<T> turned(Complex<T> z) {
  return {-z.im, z.re};
}
template <class T>
inline Complex<T> turned_back(Complex<T> z) {
  return {z.im, -z.re};
}

template <class T>
inline Complex<T> exp(Complex<T> z) {
  const T size = exp(z.re);
  // On the real axis, and where exp is 0, an infinite or NaN other factor must not count.
  if (z.im == 0) return {size, z.im};
  if (size == 0) return {T(0), T(0)};
  return {size * cos_any(z.im), size * sin_any(z.im)};
}
template <class T>
inline Complex<T> log(Complex<T> z) {
  const T angle = atan2(z.im, z.re);
  const T great = at_least(abs(z.re), abs(z.im));
  const T small = at_most(abs(z.re), abs(z.im));
  // Near the unit circle the logarithm of |z| is small: found without forming |z|.
  if (great > T(0.5) && great < T(1.5))
    return {log1p((great - 1) * (great + 1) + small * small) * T(0.5), angle};
  return {log(hypot(z.re, z.im)), angle};
}
template <class T>
inline Complex<T> sqrt(Complex<T> z) {
  const T size = hypot(z.re, z.im);
  if (size == 0) return {T(0), z.im};
  // The part that does not cancel, from |z| + |re|; halved before the sum, which could overflow.
  const T part = sqrt(size * T(0.5) + abs(z.re) * T(0.5));
  const T other = z.im / (part * 2);
  if (z.re >= 0) return {part, other};
  return {abs(other), copysign(part, z.im)};
}
template <class T>
inline Complex<T> sin(Complex<T> z) {
  return {sin_any(z.re) * cosh(z.im), cos_any(z.re) * sinh(z.im)};
}
template <class T>
inline Complex<T> cos(Complex<T> z) {
  return {cos_any(z.re) * cosh(z.im), -(sin_any(z.re) * sinh(z.im))};
}
template <class T>
inline Complex<T> sinh(Complex<T> z) {
  return turned_back(sin(turned(z)));
}
template <class T>
inline Complex<T> cosh(Complex<T> z) {
  return cos(turned(z));
}
/// (sinh 2x + i sin 2y) / (cosh 2x + cos 2y), in a form that stays finite.
template <class T>
inline Complex<T> tanh(Complex<T> z) {
  const T t = tanh(z.re);
  const T sine = sin_any(z.im), cosine = cos_any(z.im);
  const T grown = sinh(at_most(at_least(z.re, T(-40)), T(40)));
  const T divisor = cosine * cosine + grown * grown;
  return {t * (1 + grown * grown) / divisor, sine * cosine / divisor};
}
template <class T>
inline Complex<T> tan(Complex<T> z) {
  return turned_back(tanh(turned(z)));
}
template <class T>
inline Complex<T> pow(Complex<T> base, Complex<T> exponent) {
  if (is_zero(exponent)) return {T(1), T(0)};
  if (is_zero(base)) return {T(0), T(0)};
  return exp(log(base) * exponent);
}
template <class T>
inline Complex<T> sgn(Complex<T> z) {
  const T size = hypot(z.re, z.im);
  return size == 0 ? Complex<T>(T(0), T(0)) : Complex<T>(z.re / size, z.im / size);
}

/// A row whose loops for complex numbers join the real ones of the same name.
template <int inputs, int parameters = 0, unsigned boolean_inputs = 0, class F>
constexpr Elementwise complex_row(const char* name, F) {
  using Single = KernelOf<F, Complex<float>, inputs, parameters, boolean_inputs>;
  using Double = KernelOf<F, Complex<double>, inputs, parameters, boolean_inputs>;
  return {name,
          inputs,
          boolean_inputs,
          Single::boolean_output,
          {nullptr, nullptr, nullptr, &Single::run, &Double::run}};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
