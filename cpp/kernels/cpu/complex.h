#pragma once

// Complex numbers for the loops: pairs of float or double, laid out as std::complex is. (Not
// std::complex itself: see the hazard note in prelude.h.) Without branches, as in math.h, wherever
// the real functions are; complex_functions.h has the rest.

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
  template <Real From>
  constexpr explicit Complex(Complex<From> z)
      : re(static_cast<T>(z.re)), im(static_cast<T>(z.im)) {}
};

template <class T>
TOPOGRAD_INLINE Complex<T> operator+(Complex<T> a, Complex<T> b) {
  return {a.re + b.re, a.im + b.im};
}
template <class T>
TOPOGRAD_INLINE Complex<T> operator-(Complex<T> a, Complex<T> b) {
  return {a.re - b.re, a.im - b.im};
}
template <class T>
TOPOGRAD_INLINE Complex<T> operator-(Complex<T> a) {
  return {-a.re, -a.im};
}
template <class T>
TOPOGRAD_INLINE Complex<T> operator*(Complex<T> a, Complex<T> b) {
  return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
TOPOGRAD_INLINE Complex<T> operator*(Complex<T> a, T b) {
  return {a.re * b, a.im * b};
}
/// Scaled by the greater part of the divisor, so that squares neither overflow nor vanish, and
/// halved where a sum could overflow.
template <class T>
TOPOGRAD_INLINE Complex<T> operator/(Complex<T> a, Complex<T> b) {
  const bool tall = abs(b.im) > abs(b.re);
  const T great = tall ? b.im : b.re;
  const T small = tall ? b.re : b.im;
  const T ratio = great == 0 ? T(0) : small / great;
  const T scale = abs(great) > 1 ? T(0.5) : T(1);
  const T divisor = great * scale + small * scale * ratio;
  const T re = tall ? a.re * ratio + a.im : a.re + a.im * ratio;
  const T im = tall ? a.im * ratio - a.re : a.im - a.re * ratio;
  return {re * scale / divisor, im * scale / divisor};
}
template <class T>
TOPOGRAD_INLINE Complex<T>& operator+=(Complex<T>& a, Complex<T> b) {
  a = a + b;
  return a;
}
template <class T>
TOPOGRAD_INLINE bool operator==(Complex<T> a, Complex<T> b) {
  return (a.re == b.re) & (a.im == b.im) ? true : false;
}
template <class T>
TOPOGRAD_INLINE bool operator!=(Complex<T> a, Complex<T> b) {
  return !(a == b);
}
template <class T>
TOPOGRAD_INLINE bool is_zero(Complex<T> z) {
  return (z.re == 0) & (z.im == 0) ? true : false;
}
template <class T>
TOPOGRAD_INLINE bool is_finite(Complex<T> z) {
  const T none = z.re * 0 + z.im * 0;  // NaN where a part is not finite
  return none == 0;
}
/// Where |z| neither overflows nor loses digits.
template <class T>
TOPOGRAD_INLINE bool is_moderate(Complex<T> z) {
  const T great = at_least(abs(z.re), abs(z.im));
  const bool large = great >= 4 * Format<T>::smallest_normal;
  const bool small = great <= 1 / Format<T>::smallest_normal;
  return is_finite(z) & ((large & small) | (great == 0)) ? true : false;
}
/// i z.
template <class T>
TOPOGRAD_INLINE Complex<T> turned(Complex<T> z) {
  return {-z.im, z.re};
}
template <class T>
TOPOGRAD_INLINE Complex<T> turned_back(Complex<T> z) {
  return {z.im, -z.re};
}

/// |z|, by the ratio of the parts, which neither overflows nor vanishes.
template <class T>
TOPOGRAD_INLINE T abs(Complex<T> z) {
  const T a = abs(z.re), b = abs(z.im);
  const T great = b > a ? b : a, small = b > a ? a : b;
  const T ratio = great == small ? T(1) : small / great;
  const T size = great == 0 ? T(0) : great * sqrt(T(1) + ratio * ratio);
  const bool infinite = (a == Format<T>::infinity) | (b == Format<T>::infinity);
  return infinite ? Format<T>::infinity : is_nan(a) | is_nan(b) ? a + b : size;
}
/// In double, where no square of a float overflows or vanishes.
TOPOGRAD_INLINE float abs(Complex<float> z) { return hypot(z.re, z.im); }

/// As the C library's atan2, without branches. |t| <= tan(pi / 8) after taking pi / 4 away; the
/// polynomial is (atan(t) / t - 1) / t^2.
TOPOGRAD_INLINE double arctangent2(double y, double x) {
  constexpr double pi = 3.14159265358979323846, pi_low = 1.2246467991473531772e-16;
  const double a = abs(y), b = abs(x);
  const double low = a < b ? a : b, high = a < b ? b : a;
  const bool alike = low == high;  // infinities included
  const bool wide = (low > high * 0.41421356237309504880) | (alike & (high != 0));
  const double scale = high > 1 ? 0.5 : 1;  // low + high could overflow
  const double above = alike ? 0 : low * scale - high * scale;
  const double t = (wide ? above : low) / (wide        ? low * scale + high * scale
                                           : high == 0 ? 1
                                                       : high);
  const double t2 = t * t;
  const double series =
      polynomial(t2, -0.33333333333333330127, 0.19999999999995479198, -0.1428571428465789355,
                 0.11111111014561013587, -0.090909045498846105405, 0.076921825351166403435,
                 -0.066645022156713535001, 0.058580687568608063517, -0.050850304928076915424,
                 0.039219552532467378918, -0.019162068915809668713);
  const double near = t + (t * t2 * series + (wide ? pi_low / 4 : 0));
  const double eighth = wide ? pi / 4 + near : near;
  const double quarter = a > b ? pi / 2 - (eighth - pi_low / 2) : eighth;
  const double angle = sign_bit(x) ? pi - (quarter - pi_low) : quarter;
  return is_nan(x) | is_nan(y) ? x + y : copysign(angle, y);
}
TOPOGRAD_INLINE float arctangent2(float y, float x) { return atan2(y, x); }
template <class T>
TOPOGRAD_INLINE T angle(Complex<T> z) {
  return arctangent2(z.im, z.re);
}

/// z / |z|, 0 at 0, NaN for what is not finite. In double no square of a float overflows or
/// vanishes; doubles are scaled by the greater part first.
TOPOGRAD_INLINE Complex<double> sgn_scaled(double re, double im, double scale) {
  const double a = re / scale, b = im / scale;
  const double size = sqrt(a * a + b * b);
  return {a / size, b / size};
}
template <class T>
TOPOGRAD_INLINE Complex<T> sgn(Complex<T> z) {
  const T great = at_least(abs(z.re), abs(z.im));
  const T nan = Format<T>::nan;
  const Complex<T> direction(sgn_scaled(z.re, z.im, sizeof(T) == 8 ? great : 1));
  const T other = is_zero(z) ? T(0) : nan;
  const bool usual = is_finite(z) & (great != 0);
  return {usual ? direction.re : other, usual ? direction.im : other};
}

template <class T>
TOPOGRAD_INLINE Complex<T> log(Complex<T> z) {
  const T great = at_least(abs(z.re), abs(z.im));
  const T small = at_most(abs(z.re), abs(z.im));
  // Near the unit circle the logarithm of |z| is small: found without forming |z|.
  const bool near = (great > T(0.5)) & (great < T(1.5));
  const T close = near ? (great - 1) * (great + 1) + small * small : T(0);
  return {near ? log1p(close) * T(0.5) : log(abs(z)), angle(z)};
}
template <class T>
TOPOGRAD_INLINE Complex<T> sqrt(Complex<T> z) {
  const T size = abs(z);
  // The part that does not cancel, from |z| + |re|; halved before the sum, which could overflow.
  const T part = sqrt(size * T(0.5) + abs(z.re) * T(0.5));
  const T other = size == 0 ? z.im : z.im / (part * 2);
  const bool right = z.re >= 0;
  return {right ? part : abs(other), right ? other : copysign(part, z.im)};
}

// Hazard "near angles": these hold where the angle, which is the imaginary or the real part, is
// is_near (trigonometry.h) and everything is finite.
template <class T>
TOPOGRAD_INLINE Complex<T> exp_near(Complex<T> z) {
  const T size = exp(z.re);
  return {size * cos_near(z.im), size * sin_near(z.im)};
}
template <class T>
TOPOGRAD_INLINE Complex<T> sin_near(Complex<T> z) {
  return {sin_near(z.re) * cosh(z.im), cos_near(z.re) * sinh(z.im)};
}
template <class T>
TOPOGRAD_INLINE Complex<T> cos_near(Complex<T> z) {
  return {cos_near(z.re) * cosh(z.im), -(sin_near(z.re) * sinh(z.im))};
}
/// (sinh 2x + i sin 2y) / (cosh 2x + cos 2y), in a form that stays finite.
template <class T>
TOPOGRAD_INLINE Complex<T> tanh_near(Complex<T> z) {
  const T sine = sin_near(z.im), cosine = cos_near(z.im);
  const T grown = sinh(at_most(at_least(z.re, T(-40)), T(40)));
  const T divisor = cosine * cosine + grown * grown;
  return {tanh(z.re) * (1 + grown * grown) / divisor, sine * cosine / divisor};
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
          {nullptr, nullptr, nullptr, &Single::run, &Double::run},
          Single::field};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
