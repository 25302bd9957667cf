#pragma once

// Scalar functions without branches, tables or calls, so that any loop over them vectorises (with
// -fno-math-errno and -fno-trapping-math). Each is written once for float and double; only the
// fitted polynomials differ. Right at NaN, infinities, -0 and subnormals. At most 2 ULP in both
// types (2.2 where the processor has no FMA) unless the function says otherwise. The polynomials
// were fitted for this file: Chebyshev in 100-digit arithmetic, the quotients by least squares.
//
// Hazard "clamps that keep NaN": `x > high ? high : x` lets a NaN through, `x < high ? x : high`
// does not.

#include <math.h>

#include <cstdint>

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

// A function that the compiler leaves out of line stops the loop around it from being vectorised.
#if defined(__GNUC__)
#define TOPOGRAD_INLINE [[gnu::always_inline]] inline
#else
#define TOPOGRAD_INLINE inline
#endif

// ------------------------------------------------------------------ floating-point formats

template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23;
  static constexpr Bits bias = 127;
  static constexpr float smallest_normal = 0x1p-126f;
  static constexpr float infinity = __builtin_inff();
  static constexpr float nan = __builtin_nanf("");
  /// Adding this rounds to an integer and leaves that integer in the low bits of the sum.
  static constexpr float shifter = 0x1.8p23f;
  /// ln 2 = ln2_high + ln2_low; n * ln2_high is exact for every exponent n. The same for log10(2).
  static constexpr float ln2_high = 0x1.62e4p-1f, ln2_low = 1.42860682e-6f;
  static constexpr float log10_2_high = 0x1.344p-2f, log10_2_low = 4.60503898e-6f;
  /// What rounding to T takes from 1 / ln 2 and 1 / ln 10.
  static constexpr float log2_e_low = 1.92596299e-8f, log10_e_low = -1.01030501e-8f;
  /// exp overflows above exp_high and is 0 below exp_low (expm1 is -1 below expm1_low).
  static constexpr float exp_high = 89.0f, exp_low = -104.0f, expm1_low = -20.0f;
  /// The results of exp are normal numbers for |x| <= exp_normal, those of exp2 for exp2_normal.
  static constexpr float exp_normal = 87.0f, exp2_normal = 125.5f;
  /// pi in four parts; n times each of the first three is exact for the n that occur.
  static constexpr float pi[4] = {0x1.92p1f, 0x1.fb4p-11f, 0x1.444p-23f, 0x1.68c234p-38f};
  /// |x| up to which sin_near and cos_near hold.
  static constexpr float near_limit = 256.0f;
  /// Keeps 12 bits of the mantissa, so that a square is exact.
  static constexpr Bits half_mask = 0xfffff000u;
  static constexpr float gaussian_limit = 14.5f;  ///< exp(-x^2 / 2) is 0 above
  static constexpr Bits gaussian_lift = 63;
  static constexpr float gaussian_unlift = 0x1p-63f;
  static constexpr float erf_small = 0.95f;
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr Bits bias = 1023;
  static constexpr double smallest_normal = 0x1p-1022;
  static constexpr double infinity = __builtin_inf();
  static constexpr double nan = __builtin_nan("");
  static constexpr double shifter = 0x1.8p52;
  static constexpr double ln2_high = 0x1.62e42fefa4p-1, ln2_low = -1.7239444525614834773e-13;
  static constexpr double log10_2_high = 0x1.34413509f8p-2;
  static constexpr double log10_2_low = -8.5323443170571065302e-14;
  static constexpr double log2_e_low = 2.035527374093103205e-17;
  static constexpr double log10_e_low = 1.0983196502167651099e-17;
  static constexpr double exp_high = 710.0, exp_low = -746.0, expm1_low = -45.0;
  static constexpr double exp_normal = 708.0, exp2_normal = 1021.5;
  static constexpr double pi[4] = {0x1.921fb544p1, 0x1.0b4611a6p-33, 0x1.3198a2ep-68,
                                   0x1.b839a252049c1p-103};
  static constexpr double near_limit = 1e6;
  static constexpr Bits half_mask = 0xfffffffff8000000u;
  static constexpr double gaussian_limit = 38.7;
  static constexpr Bits gaussian_lift = 511;
  static constexpr double gaussian_unlift = 0x1p-511;
  static constexpr double erf_small = 1.0;
};

template <class T>
concept Real = requires { typename Format<T>::Bits; };

template <class To, class From>
TOPOGRAD_INLINE To bit_cast(From from) {
  static_assert(sizeof(To) == sizeof(From));
  return __builtin_bit_cast(To, from);
}
template <Real T>
TOPOGRAD_INLINE auto bits(T x) {
  return bit_cast<typename Format<T>::Bits>(x);
}

/// c0 + c1 x + c2 x^2 + … by Horner's rule.
template <class T>
TOPOGRAD_INLINE T polynomial(T, T c) {
  return c;
}
template <class T, class... Rest>
TOPOGRAD_INLINE T polynomial(T x, T c, Rest... rest) {
  return c + x * polynomial(x, rest...);
}

// ------------------------------------------------------------------ single operations

TOPOGRAD_INLINE float abs(float x) { return __builtin_fabsf(x); }
TOPOGRAD_INLINE double abs(double x) { return __builtin_fabs(x); }
TOPOGRAD_INLINE float copysign(float x, float sign) { return __builtin_copysignf(x, sign); }
TOPOGRAD_INLINE double copysign(double x, double sign) { return __builtin_copysign(x, sign); }
TOPOGRAD_INLINE float sqrt(float x) { return __builtin_sqrtf(x); }
TOPOGRAD_INLINE double sqrt(double x) { return __builtin_sqrt(x); }
TOPOGRAD_INLINE float floor(float x) { return __builtin_floorf(x); }
TOPOGRAD_INLINE double floor(double x) { return __builtin_floor(x); }
TOPOGRAD_INLINE float ceil(float x) { return __builtin_ceilf(x); }
TOPOGRAD_INLINE double ceil(double x) { return __builtin_ceil(x); }
TOPOGRAD_INLINE float trunc(float x) { return __builtin_truncf(x); }
TOPOGRAD_INLINE double trunc(double x) { return __builtin_trunc(x); }
/// To the nearest integer, halves to the even one.
TOPOGRAD_INLINE float round(float x) { return __builtin_rintf(x); }
TOPOGRAD_INLINE double round(double x) { return __builtin_rint(x); }

// Integers wrap around.
TOPOGRAD_INLINE std::int64_t add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
TOPOGRAD_INLINE std::int64_t subtract(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
TOPOGRAD_INLINE std::int64_t multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}
template <Real T>
TOPOGRAD_INLINE T add(T a, T b) {
  return a + b;
}
template <Real T>
TOPOGRAD_INLINE T subtract(T a, T b) {
  return a - b;
}
template <Real T>
TOPOGRAD_INLINE T multiply(T a, T b) {
  return a * b;
}
TOPOGRAD_INLINE float negative(float x) { return -x; }
TOPOGRAD_INLINE double negative(double x) { return -x; }
TOPOGRAD_INLINE std::int64_t negative(std::int64_t x) { return subtract(0, x); }
TOPOGRAD_INLINE std::int64_t abs(std::int64_t x) { return x < 0 ? negative(x) : x; }
TOPOGRAD_INLINE std::int64_t floor(std::int64_t x) { return x; }
TOPOGRAD_INLINE std::int64_t ceil(std::int64_t x) { return x; }
TOPOGRAD_INLINE std::int64_t trunc(std::int64_t x) { return x; }
TOPOGRAD_INLINE std::int64_t round(std::int64_t x) { return x; }

template <class T>
TOPOGRAD_INLINE bool is_nan(T x) {
  return x != x;
}
template <Real T>
TOPOGRAD_INLINE bool sign_bit(T x) {
  return bits(x) >> (sizeof(T) * 8 - 1);
}
TOPOGRAD_INLINE bool sign_bit(std::int64_t x) { return x < 0; }
template <Real T>
TOPOGRAD_INLINE bool is_infinite(T x) {
  return abs(x) == Format<T>::infinity;
}
TOPOGRAD_INLINE bool is_infinite(std::int64_t) { return false; }
/// a where it is the greater or NaN, and the other way round: NaN propagates.
template <class T>
TOPOGRAD_INLINE T maximum(T a, T b) {
  return (a > b) | is_nan(a) ? a : b;
}
template <class T>
TOPOGRAD_INLINE T minimum(T a, T b) {
  return (a < b) | is_nan(a) ? a : b;
}
/// x limited to [-∞, high] and so on; a NaN stays.
template <class T>
TOPOGRAD_INLINE T at_most(T x, T high) {
  return x > high ? high : x;
}
template <class T>
TOPOGRAD_INLINE T at_least(T x, T low) {
  return x < low ? low : x;
}

// ------------------------------------------------------------------ exponentials

/// x = n ln 2 + r with |r| <= ln(2) / 2; the low bits of `power` hold n.
template <Real T>
struct ExpReduced {
  T r, r_low;  ///< r_low: what rounding took from r
  typename Format<T>::Bits power;
};
template <Real T>
TOPOGRAD_INLINE ExpReduced<T> reduce_exp(T x) {
  using F = Format<T>;
  const T shifted = x * T(1.442695040888963407) + F::shifter;
  const T n = shifted - F::shifter;
  const T high = x - n * F::ln2_high, low = n * F::ln2_low;
  const T r = high - low;
  return {r, (high - r) - low, bits(shifted)};
}
/// (exp(r) - 1 - r) / r^2
TOPOGRAD_INLINE float exp_tail(float r) {
  return polynomial(r, 0.5f, 0.166665767f, 0.0416665542f, 0.00836323288f, 0.00139262508f);
}
TOPOGRAD_INLINE double exp_tail(double r) {
  return polynomial(r, 0.500000000000000103, 0.166666666666666675, 0.0416666666666238205,
                    0.0083333333333300382, 0.00138888889173670806, 0.00019841269863171556,
                    0.0000248015210578682052, 2.75572682769056962e-6, 2.76202015910315488e-7,
                    2.5100472505694996e-8);
}
TOPOGRAD_INLINE float exp_reduced(float r) { return 1.0f + r * (1.0f + r * exp_tail(r)); }
TOPOGRAD_INLINE double exp_reduced(double r) { return r + r * r * exp_tail(r) + 1.0; }
/// 2^r for |r| <= 1/2
TOPOGRAD_INLINE float exp2_reduced(float r) {
  return polynomial(r, 1.0f, 0.6931472033f, 0.240226479f, 0.05550332065f, 0.00961843663f,
                    0.001339892015f, 0.0001535368024f);
}
TOPOGRAD_INLINE double exp2_reduced(double r) { return exp_reduced(r * 0.693147180559945309); }
/// y * 2^n, n in the low bits of power, |n| <= 1100 (200 for float). In two steps, so that results
/// may overflow to infinity or become subnormal.
template <Real T>
TOPOGRAD_INLINE T scale_by_power(T y, typename Format<T>::Bits power) {
  using F = Format<T>;
  using Bits = typename F::Bits;
  // A multiple of the word's exponent range keeps n positive, so that the shift need not be
  // arithmetic.
  constexpr Bits offset = Bits{1} << (sizeof(T) * 8 - F::mantissa);
  const Bits n = power - (bits(F::shifter) - 2 * offset);
  const Bits half = n >> 1;
  // Products, because adding to the exponent's bits would lose a NaN.
  const T first = y * bit_cast<T>((n - half + F::bias) << F::mantissa);
  return first * bit_cast<T>((half + F::bias) << F::mantissa);
}
/// The same for -1100 <= n <= 0 (-180 for float), a little faster.
template <Real T>
TOPOGRAD_INLINE T scale_down_by_power(T y, typename Format<T>::Bits power) {
  using F = Format<T>;
  constexpr typename F::Bits lift = F::bias / 2;
  const T lifted = y * bit_cast<T>((power + (F::bias + lift)) << F::mantissa);
  return lifted * bit_cast<T>((F::bias - lift) << F::mantissa);
}
/// The same where y is and the product is a normal number.
template <Real T>
TOPOGRAD_INLINE T scale_normal_by_power(T y, typename Format<T>::Bits power) {
  return bit_cast<T>(bits(y) + (power << Format<T>::mantissa));
}
/// 2^n for exponents of normal numbers.
template <Real T>
TOPOGRAD_INLINE T power_of_two(typename Format<T>::Bits power) {
  return bit_cast<T>((power + Format<T>::bias) << Format<T>::mantissa);
}

template <Real T>
TOPOGRAD_INLINE T exp(T x) {
  using F = Format<T>;
  const auto [r, r_low, power] = reduce_exp(at_least(at_most(x, F::exp_high), F::exp_low));
  return scale_by_power(exp_reduced(r), power);
}
/// The same for |x| <= exp_normal.
template <Real T>
TOPOGRAD_INLINE T exp_normal(T x) {
  const auto [r, r_low, power] = reduce_exp(x);
  return scale_normal_by_power(exp_reduced(r), power);
}
/// exp(x) for x <= 0.
template <Real T>
TOPOGRAD_INLINE T exp_negative(T x) {
  const auto [r, r_low, power] = reduce_exp(at_least(x, Format<T>::exp_low));
  return scale_down_by_power(exp_reduced(r), power);
}
template <Real T>
TOPOGRAD_INLINE T exp2(T x) {
  using F = Format<T>;
  const T limited = at_least(at_most(x, F::exp_high * T(1.5)), F::exp_low * T(1.5));
  const T shifted = limited + F::shifter;
  return scale_by_power(exp2_reduced(limited - (shifted - F::shifter)), bits(shifted));
}
/// The same for |x| <= exp2_normal.
template <Real T>
TOPOGRAD_INLINE T exp2_normal(T x) {
  const T shifted = x + Format<T>::shifter;
  return scale_normal_by_power(exp2_reduced(x - (shifted - Format<T>::shifter)), bits(shifted));
}
template <Real T>
TOPOGRAD_INLINE T expm1(T x) {
  using F = Format<T>;
  const auto [r, r_low, power] = reduce_exp(at_least(at_most(x, F::exp_high), F::expm1_low));
  const T small = r + (r * r * exp_tail(r) + r_low);
  // Half of the result, because 2^n itself overflows before the result does.
  const T half = power_of_two<T>(power - 1);
  const T y = T(2) * (half * small + (half - T(0.5)));
  return copysign(power == bits(F::shifter) ? small : y, x);
}
/// 2^gaussian_lift exp(-c x^2) for 0 <= x <= gaussian_limit and c a power of two; lifted so that
/// the tail is no subnormal number yet. A NaN may be lost. The square is taken in two parts: its
/// rounding error alone would cost hundreds of ULP in the tail.
template <Real T>
TOPOGRAD_INLINE T lifted_gaussian(T x, T c) {
  using F = Format<T>;
  const T high = bit_cast<T>(bits(x) & F::half_mask);
  const T low = x - high;
  const auto [r, r_low, power] = reduce_exp(-c * high * high);
  const T y = exp_reduced(r - low * (c * T(2) * high + c * low));
  return bit_cast<T>(bits(y) + ((power + F::gaussian_lift) << F::mantissa));
}

// ------------------------------------------------------------------ logarithms

/// log(1 + f) - f for 1 + f in [2/3, 4/3].
TOPOGRAD_INLINE float log_tail(float f) {
  const float series =
      polynomial(f, -0.5f, 0.333333202f, -0.249999879f, 0.200037803f, -0.166701407f, 0.141183099f,
                 -0.123461902f, 0.13425749f, -0.121255807f);
  return f * f * series;
}
TOPOGRAD_INLINE double log_tail(double f) {
  // From 2 artanh(s) = log(1 + f).
  const double s = f / (2.0 + f);
  const double s2 = s * s;
  const double half_square = 0.5 * f * f;
  const double series = polynomial(
      s2, 0.666666666666666642, 0.40000000000007941, 0.285714285672759346, 0.222222230483515881,
      0.181817376263029372, 0.153888678056137166, 0.132097082420594633, 0.136090302628584987);
  return s * (half_square + s2 * series) - half_square;
}
template <Real T>
TOPOGRAD_INLINE T log_near_one(T f) {
  return f + log_tail(f);
}
/// k from k in the exponent's place.
TOPOGRAD_INLINE float exponent_value(std::uint32_t exponent) {
  return static_cast<float>(static_cast<std::int32_t>(exponent)) * 0x1p-23f;
}
TOPOGRAD_INLINE double exponent_value(std::uint64_t exponent) {
  // By the bits of 2^52 + (k + 1024), because conversions of 64-bit integers need AVX-512.
  const std::uint64_t shifted = ((exponent >> 52) + 1024) & 0xfff;
  return bit_cast<double>(shifted | bits(0x1p52)) - (0x1p52 + 1024.0);
}
/// x = 2^k (1 + f) with 1 + f in [2/3, 4/3), for x normal and positive. `exponent` is k in the
/// exponent's place.
template <Real T>
struct LogReduced {
  T f, k;
  typename Format<T>::Bits exponent;
};
template <Real T>
TOPOGRAD_INLINE LogReduced<T> reduce_log(T x) {
  using F = Format<T>;
  using Bits = typename F::Bits;
  constexpr Bits mantissa_mask = (Bits{1} << F::mantissa) - 1;
  const Bits exponent = (bits(x) - bits(T(0.6666666666666666))) & ~mantissa_mask;
  return {bit_cast<T>(bits(x) - exponent) - T(1), exponent_value(exponent), exponent};
}
/// The values at 0, infinity, NaN and negative numbers.
template <Real T>
TOPOGRAD_INLINE T log_specials(T y, T x) {
  using F = Format<T>;
  y = x > T(0) ? y : (x == T(0) ? -F::infinity : F::nan);
  return x < F::infinity ? y : x;
}
/// log(x) / log(b), where high + low = log(2) / log(b) and factor + factor_low = 1 / log(b).
template <Real T>
TOPOGRAD_INLINE T log_scaled(T x, T high, T low, T factor, T factor_low) {
  using F = Format<T>;
  const bool subnormal = x < F::smallest_normal;
  constexpr T lift = T(Format<float>::Bits{1} << 25);
  const auto reduced = reduce_log(subnormal ? x * (lift * lift * T(4)) : x);
  const T k = reduced.k - (subnormal ? T(52) : T(0));
  const T f = reduced.f;
  // f is exact and carries most of the result; the rest is small and may round.
  const T rest = (k * low + f * factor_low) + log_tail(f) * factor;
  return log_specials(k * high + (f * factor + rest), x);
}
template <Real T>
TOPOGRAD_INLINE T log(T x) {
  return log_scaled(x, Format<T>::ln2_high, Format<T>::ln2_low, T(1), T(0));
}
template <Real T>
TOPOGRAD_INLINE T log2(T x) {
  return log_scaled(x, T(1), T(0), T(1.442695040888963407), Format<T>::log2_e_low);
}
template <Real T>
TOPOGRAD_INLINE T log10(T x) {
  using F = Format<T>;
  return log_scaled(x, F::log10_2_high, F::log10_2_low, T(0.434294481903251828), F::log10_e_low);
}
template <Real T>
TOPOGRAD_INLINE T log1p(T x) {
  using F = Format<T>;
  const T u = T(1) + x;
  const T rest = (T(1) - (u - (u - T(1)))) + (x - (u - T(1)));  // 1 + x = u + rest exactly
  const auto [f, k, exponent] = reduce_log(u);
  // Beyond 2^60 the rest is nothing and 2^-k may not exist.
  const T correction = rest * bit_cast<T>(bits(T(1)) - exponent);
  const T y = log_near_one(f + (u < T(0x1p60) ? correction : T(0)));
  return copysign(log_specials(k * F::ln2_high + (k * F::ln2_low + y), u), x);
}
/// log(1 + x) for x in [0, 1].
template <Real T>
TOPOGRAD_INLINE T log1p_unit(T x) {
  const T u = T(1) + x;
  const T rest = x - (u - T(1));
  const bool halve = u > T(1.3333333333333333);
  const T y = log_near_one(halve ? (T(0.5) * u - T(1)) + T(0.5) * rest : x);
  return halve ? y + T(0.693147180559945309) : y;
}
/// log(1 + exp(x)) without overflow.
template <Real T>
TOPOGRAD_INLINE T log1p_exp(T x) {
  return (x < T(0) ? T(0) : x) + log1p_unit(exp_negative(-abs(x)));
}
template <Real T>
TOPOGRAD_INLINE T logaddexp(T a, T b) {
  const T difference = a == b ? T(0) : a - b;  // equal infinities included
  return (a < b ? b : a) + log1p_unit(exp_negative(-abs(difference)));
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
