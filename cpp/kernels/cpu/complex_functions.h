#pragma once

// Functions of complex numbers for any argument: right near branch cuts, at infinities and NaN
// (C99, annex G). Where the formulas of complex.h do not hold, the C library's are used.

#include "kernels/cpu/complex.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace library {

__extension__ typedef __complex__ float Single;
__extension__ typedef __complex__ double Double;

template <class C, class T>
inline C to_library(Complex<T> z) {
  C value;
  __real__ value = z.re;
  __imag__ value = z.im;
  return value;
}
template <class T, class C>
inline Complex<T> from_library(C value) {
  return {__real__ value, __imag__ value};
}

#define TOPOGRAD_OF_LIBRARY(name)                                                    \
  inline Complex<float> name(Complex<float> z) {                                     \
    return from_library<float, Single>(__builtin_c##name##f(to_library<Single>(z))); \
  }                                                                                  \
  inline Complex<double> name(Complex<double> z) {                                   \
    return from_library<double, Double>(__builtin_c##name(to_library<Double>(z)));   \
  }
TOPOGRAD_OF_LIBRARY(exp)
TOPOGRAD_OF_LIBRARY(log)
TOPOGRAD_OF_LIBRARY(sqrt)
TOPOGRAD_OF_LIBRARY(sin)
TOPOGRAD_OF_LIBRARY(cos)
TOPOGRAD_OF_LIBRARY(tan)
TOPOGRAD_OF_LIBRARY(sinh)
TOPOGRAD_OF_LIBRARY(cosh)
TOPOGRAD_OF_LIBRARY(tanh)
TOPOGRAD_OF_LIBRARY(asin)
TOPOGRAD_OF_LIBRARY(acos)
TOPOGRAD_OF_LIBRARY(atan)
TOPOGRAD_OF_LIBRARY(asinh)
TOPOGRAD_OF_LIBRARY(acosh)
TOPOGRAD_OF_LIBRARY(atanh)
#undef TOPOGRAD_OF_LIBRARY

}  // namespace library

// The inverse functions of floats, by Kahan's formulas, in double: squares of floats neither
// overflow nor vanish there, and what cancels leaves enough digits. Source: Kahan, 1987.
namespace for_float {

/// conj(a) b and a b, each of which is needed in one part only.
TOPOGRAD_INLINE double turned_part(Complex<double> a, Complex<double> b) {
  return a.re * b.im - a.im * b.re;
}
TOPOGRAD_INLINE Complex<double> root(double re, double im) { return sqrt(Complex<double>(re, im)); }

TOPOGRAD_INLINE Complex<double> asin(double x, double y) {
  const Complex<double> below = root(1 - x, -y), above = root(1 + x, y);
  return {atan2(x, below.re * above.re - below.im * above.im), asinh(turned_part(below, above))};
}
TOPOGRAD_INLINE Complex<double> acos(double x, double y) {
  const Complex<double> below = root(1 - x, -y), above = root(1 + x, y);
  return {2 * atan2(below.re, above.re), asinh(turned_part(above, below))};
}
TOPOGRAD_INLINE Complex<double> acosh(double x, double y) {
  const Complex<double> below = root(x - 1, y), above = root(x + 1, y);
  return {asinh(below.re * above.re + below.im * above.im), 2 * atan2(below.im, above.re)};
}
TOPOGRAD_INLINE Complex<double> atanh(double x, double y) {
  const double a = abs(x);  // the logarithm of a number below 1 would lose digits
  const double distance = (1 - a) * (1 - a) + y * y;
  return {copysign(0.25 * log1p(4 * a / distance), x),
          0.5 * atan2(2 * y, (1 - a) * (1 + a) - y * y)};
}

}  // namespace for_float

/// Beyond, exp and its kin overflow or vanish.
template <class T>
TOPOGRAD_INLINE bool has_exponential(T x) {
  return abs(x) < T(sizeof(T) == 8 ? 700 : 85);
}
constexpr auto near_imaginary = [](auto z) {
  return has_exponential(z.re) & is_near(z.im) & is_finite(z) ? true : false;
};
constexpr auto near_real = [](auto z) {
  return has_exponential(z.im) & is_near(z.re) & is_finite(z) ? true : false;
};
constexpr auto moderate = [](auto z) { return is_moderate(z); };
constexpr auto finite_float = [](auto z) { return sizeof(z.re) == 4 && is_finite(z); };
#define TOPOGRAD_INVERSE(name)                                                               \
  constexpr auto inverse_##name =                                                            \
      guarded([](auto z) { return decltype(z)(for_float::name(z.re, z.im)); }, finite_float, \
              [](auto z) { return library::name(z); });
#define TOPOGRAD_TURNED_INVERSE(name, other)                                 \
  constexpr auto inverse_##name = guarded(                                   \
      [](auto z) {                                                           \
        const auto turn = turned(z);                                         \
        return turned_back(decltype(z)(for_float::other(turn.re, turn.im))); \
      },                                                                     \
      finite_float, [](auto z) { return library::name(z); });
TOPOGRAD_INVERSE(asin)
TOPOGRAD_INVERSE(acos)
TOPOGRAD_INVERSE(acosh)
TOPOGRAD_INVERSE(atanh)
TOPOGRAD_TURNED_INVERSE(asinh, asin)
TOPOGRAD_TURNED_INVERSE(atan, atanh)
#undef TOPOGRAD_INVERSE
#undef TOPOGRAD_TURNED_INVERSE

constexpr auto exponential = guarded([](auto z) { return exp_near(z); }, near_imaginary,
                                     [](auto z) { return library::exp(z); });
constexpr auto logarithm =
    guarded([](auto z) { return log(z); }, moderate, [](auto z) { return library::log(z); });
constexpr auto square_root =
    guarded([](auto z) { return sqrt(z); }, moderate, [](auto z) { return library::sqrt(z); });
constexpr auto sine =
    guarded([](auto z) { return sin_near(z); }, near_real, [](auto z) { return library::sin(z); });
constexpr auto cosine =
    guarded([](auto z) { return cos_near(z); }, near_real, [](auto z) { return library::cos(z); });
constexpr auto tangent = guarded([](auto z) { return turned_back(tanh_near(turned(z))); },
                                 near_real, [](auto z) { return library::tan(z); });
constexpr auto hyperbolic_sine = guarded([](auto z) { return turned_back(sin_near(turned(z))); },
                                         near_imaginary, [](auto z) { return library::sinh(z); });
constexpr auto hyperbolic_cosine = guarded([](auto z) { return cos_near(turned(z)); },
                                           near_imaginary, [](auto z) { return library::cosh(z); });
constexpr auto hyperbolic_tangent = guarded([](auto z) { return tanh_near(z); }, near_imaginary,
                                            [](auto z) { return library::tanh(z); });

template <class T>
inline Complex<T> exp(Complex<T> z) {
  return near_imaginary(z) ? exp_near(z) : library::exp(z);
}

/// 2^z without the rounding of z log(2), which would count |z|-fold.
template <class T>
inline Complex<T> exp2(Complex<T> z) {
  const T turn = z.im * T(0.693147180559945309);
  if (!near_imaginary(z)) return library::exp(Complex<T>(z.re * T(0.693147180559945309), turn));
  const T size = exp2(z.re);
  return {size * cos_near(turn), size * sin_near(turn)};
}
/// exp(z) - 1, accurate near 0.
template <class T>
inline Complex<T> expm1(Complex<T> z) {
  if (!near_imaginary(z)) return library::exp(z) - Complex<T>(1.0);
  const T half = sin_near(z.im * T(0.5));
  return {expm1(z.re) * cos_near(z.im) - 2 * half * half, exp(z.re) * sin_near(z.im)};
}
/// log(1 + z), accurate near 0.
template <class T>
inline Complex<T> log1p(Complex<T> z) {
  const Complex<T> shifted(z.re + 1, z.im);
  if (!is_moderate(shifted)) return library::log(shifted);
  // |1 + z|^2 - 1
  const T excess = z.re * (2 + z.re) + z.im * z.im;
  const bool close = (excess > T(-0.5)) & (excess < T(1));
  return {close ? log1p(excess) * T(0.5) : log(abs(shifted)), angle(shifted)};
}
/// Without overflow on either side.
template <class T>
inline Complex<T> sigmoid(Complex<T> z) {
  const Complex<T> one(1.0);
  if (z.re >= 0) return one / (one + exp(-z));
  const Complex<T> power = exp(z);
  return power / (one + power);
}
/// log(exp(a) + exp(b)): what stands outside of the logarithm is the number of the greater real
/// part, as in PyTorch, so that the imaginary part may leave (-pi, pi].
template <class T>
inline Complex<T> logaddexp(Complex<T> a, Complex<T> b) {
  if (is_nan(a.re) | is_nan(a.im) | is_nan(b.re) | is_nan(b.im))
    return {Format<T>::nan, Format<T>::nan};
  const Complex<T> great = a.re < b.re ? b : a, small = a.re < b.re ? a : b;
  if (great.re == small.re && is_infinite(great.re))
    return great.re < 0 ? small : library::log(library::exp(small) + library::exp(great));
  return log1p(exp(small - great)) + great;
}

/// base * base * … by squaring, for whole exponents of a few bits.
template <class T>
inline Complex<T> whole_power(Complex<T> base, int exponent) {
  int rest = exponent < 0 ? -exponent : exponent;
  Complex<T> square = base, power(1.0);
  bool started = false;
  for (; rest != 0; rest >>= 1, square = square * square) {
    if ((rest & 1) == 0) continue;
    power = started ? power * square : square;
    started = true;
  }
  return exponent < 0 ? Complex<T>(1.0) / power : power;
}
template <class T>
inline Complex<T> pow(Complex<T> base, Complex<T> exponent) {
  constexpr T greatest_whole = 16;
  if (exponent.im == 0 && abs(exponent.re) <= greatest_whole && trunc(exponent.re) == exponent.re)
    return whole_power(base, static_cast<int>(exponent.re));
  if (is_zero(base)) {
    if (exponent.re > 0) return {T(0), T(0)};
    const bool real = (exponent.im == 0) & (exponent.re < 0);
    return {real ? Format<T>::infinity : Format<T>::nan, Format<T>::nan};
  }
  const Complex<T> power = is_moderate(base) ? log(base) : library::log(base);
  return exp(power * exponent);
}

/// sin(pi x), exactly 0 at the integers.
template <class T>
inline T sin_pi(T x) {
  const T n = round(x);
  const T sine = sin_near((x - n) * T(3.14159265358979323846));
  return n - 2 * floor(n * T(0.5)) != 0 ? -sine : sine;
}
template <class T>
inline T cos_pi(T x) {
  const T n = round(x);
  const T cosine = cos_near((x - n) * T(3.14159265358979323846));
  return n - 2 * floor(n * T(0.5)) != 0 ? -cosine : cosine;
}
/// sin(pi z) / (pi z)
template <class T>
inline Complex<T> sinc(Complex<T> z) {
  if (is_zero(z)) return Complex<T>(1.0);
  const T turn = z.im * T(3.14159265358979323846);
  const T at_whole = sin_pi(z.re);  // whose 0 wins over an infinite cosh
  const Complex<T> sine(at_whole == 0 ? at_whole : at_whole * cosh(turn),
                        cos_pi(z.re) * sinh(turn));
  return sine / (z * T(3.14159265358979323846));
}
/// Its derivative, (cos(pi z) - sinc(z)) / z.
template <class T>
inline Complex<T> sinc_slope(Complex<T> z) {
  const T pi = T(3.14159265358979323846);
  const Complex<T> angle = z * pi;
  if (abs(angle) < T(0.5)) {
    const Complex<T> step = angle * angle, one(1.0);
    Complex<T> series = one;
    for (const T divisor : {T(238), T(180), T(130), T(88), T(54), T(28), T(10)})
      series = one - step * series * (1 / divisor);
    return angle * (-pi / 3) * series;
  }
  const Complex<T> cosine(cos_pi(z.re) * cosh(angle.im), -(sin_pi(z.re) * sinh(angle.im)));
  return (cosine - sinc(z)) / z;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
