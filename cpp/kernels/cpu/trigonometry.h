#pragma once

// Circular, inverse and hyperbolic functions and powers, in the manner of math.h. Where a float
// function is seldom hot it is a formula in double, rounded once. Its double form is then the C
// library's, which does not vectorise: tan asin acos atan atan2 sinh cosh asinh acosh atanh hypot.

#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

// ------------------------------------------------------------------ sine and cosine

// Hazard "large angles": sin_near and cos_near hold for |x| <= Format<T>::near_limit. Loops test a
// tile of inputs first and turn to sin_wide (double arithmetic), then to sin_any (C library), for
// larger ones: see Guarded in loops.h.
template <Real T>
TOPOGRAD_INLINE bool is_near(T x) {
  return abs(x) <= Format<T>::near_limit || !(abs(x) < Format<T>::infinity);
}
template <Real T>
TOPOGRAD_INLINE bool is_wide(T x) {
  return is_near(static_cast<double>(x));
}

/// sin(r) / r - 1 as a function of r^2, for |r| <= pi / 2. The first term stands apart because it
/// rounds less so.
TOPOGRAD_INLINE float sin_series(float r2) {
  return r2 * -0.1666666596f +
         r2 * r2 * polynomial(r2, 0.008333241864f, -0.0001982270293f, 2.634638004e-6f);
}
TOPOGRAD_INLINE double sin_series(double r2) {
  return r2 * -0.16666666666666666633 +
         r2 * r2 *
             polynomial(r2, 0.0083333333333333157466, -0.00019841269841254884666,
                        2.7557319219139176176e-6, -2.5052107613933993823e-8,
                        1.6058977114025027032e-10, -7.6439639643418692258e-13,
                        2.7313658477694191721e-15);
}
/// sin(x - n pi), negated where `parity` is odd.
template <Real T>
TOPOGRAD_INLINE T sin_reduced(T x, T n, typename Format<T>::Bits parity) {
  using F = Format<T>;
  constexpr int sign_place = sizeof(T) * 8 - 1;
  const T r = (((x - n * F::pi[0]) - n * F::pi[1]) - n * F::pi[2]) - n * F::pi[3];
  const T r2 = r * r;
  const T y = r + r * sin_series(r2);
  return bit_cast<T>(bits(y) ^ (parity << sign_place));
}
template <Real T>
TOPOGRAD_INLINE T sin_near(T x) {
  using F = Format<T>;
  constexpr int sign_place = sizeof(T) * 8 - 1;
  // On |x|, because the reduction would lose the sign of -0.
  const T shifted = abs(x) * T(0.318309886183790672) + F::shifter;
  const T y = sin_reduced(abs(x), shifted - F::shifter, bits(shifted));
  return bit_cast<T>(bits(y) ^ (bits(x) >> sign_place << sign_place));
}
template <Real T>
TOPOGRAD_INLINE T cos_near(T x) {
  using F = Format<T>;
  // cos(x) = -sin(x - (n + 1/2) pi) (-1)^n
  const T shifted = (abs(x) * T(0.318309886183790672) - T(0.5)) + F::shifter;
  return sin_reduced(abs(x), (shifted - F::shifter) + T(0.5), bits(shifted) + 1);
}
TOPOGRAD_INLINE double tan_near(double x) { return sin_near(x) / cos_near(x); }
/// Of r = |x| - n pi / 2, or -1 over it where n is odd. r_low is what rounding took from r.
TOPOGRAD_INLINE float tan_near(float x) {
  using F = Format<float>;
  constexpr int sign_place = 31;
  const float shifted = abs(x) * 0.636619772367581343f + F::shifter;
  const float n = shifted - F::shifter;
  const float exact = (abs(x) - n * (F::pi[0] / 2)) - n * (F::pi[1] / 2);
  const float rest = n * (F::pi[2] / 2);
  const float high = exact - rest;
  const float r = high - n * (F::pi[3] / 2);
  const float r_low = ((exact - high) - rest) + ((high - r) - n * (F::pi[3] / 2));
  const float z = r * r;
  const float series = polynomial(z, 0.3333335169f, 0.1333260241f, 0.05406624048f, 0.0212518967f,
                                  0.01090939721f, 1.420252973e-6f, 0.004417588286f);
  const float t = r + (r * (z * series) + (r_low + r_low * z));
  const bool odd = (bits(shifted) & 1) != 0;
  const float above = odd ? -1.0f : t;
  const float below = odd ? t : 1.0f;
  return bit_cast<float>(bits(above / below) ^ (bits(x) >> sign_place << sign_place));
}

template <Real T>
TOPOGRAD_INLINE T sin_wide(T x) {
  return static_cast<T>(sin_near(static_cast<double>(x)));
}
template <Real T>
TOPOGRAD_INLINE T cos_wide(T x) {
  return static_cast<T>(cos_near(static_cast<double>(x)));
}
template <Real T>
TOPOGRAD_INLINE T sin_any(T x) {
  return static_cast<T>(::sin(static_cast<double>(x)));
}
template <Real T>
TOPOGRAD_INLINE T cos_any(T x) {
  return static_cast<T>(::cos(static_cast<double>(x)));
}
TOPOGRAD_INLINE float tan_wide(float x) {
  return static_cast<float>(tan_near(static_cast<double>(x)));
}
TOPOGRAD_INLINE double tan_wide(double x) { return ::tan(x); }
template <Real T>
TOPOGRAD_INLINE T tan_any(T x) {
  return static_cast<T>(::tan(static_cast<double>(x)));
}

// ------------------------------------------------------------------ formulas in double that are
// good to float

namespace for_float {

constexpr double half_pi = 1.57079632679489661923;
constexpr double log2_e = 1.442695040888963407;

/// 2^x for |x| <= 1000, to 1e-10.
TOPOGRAD_INLINE double exp2_near(double x) {
  using F = Format<double>;
  const double shifted = x + F::shifter;
  const double r = x - (shifted - F::shifter);
  return polynomial(r, 1.0, 0.69314718055994531, 0.24022650695910071, 0.055504108664821580,
                    0.0096181291076284772, 0.0013333558146428443, 0.00015403530393381610,
                    0.000015252733804059840, 1.3215486790144309e-6) *
         power_of_two<double>(bits(shifted));
}
/// The same, which saturates beyond any float.
TOPOGRAD_INLINE double exp2(double x) { return exp2_near(at_least(at_most(x, 1000.0), -1000.0)); }
/// log(1 + f) for 1 + f in [2/3, 4/3], to 1e-10
TOPOGRAD_INLINE double log_near_one(double f) {
  const double s = f / (2.0 + f);
  const double z = s * s;
  return s * polynomial(z, 2.0, 2.0 / 3, 2.0 / 5, 2.0 / 7, 2.0 / 9, 2.0 / 11, 2.0 / 13);
}

/// |x| <= 1
TOPOGRAD_INLINE double atan_small(double x) {
  const double z = x * x;
  return x + x * z *
                 polynomial(z, -0.333333332933011735, 0.199999902759472717, -0.142853179639073033,
                            0.111047067886442191, -0.090367423420707812, 0.0741749696430051053,
                            -0.0576071608312811733, 0.0383274459830648437, -0.0192610813227658827,
                            0.00620725453378005039, -0.000936299471949601501);
}
TOPOGRAD_INLINE double atan(double x) {
  const double a = abs(x);
  const double y = atan_small(a > 1.0 ? 1.0 / a : a);
  return copysign(a > 1.0 ? half_pi - y : y, x);
}
/// |x| <= 1/2
TOPOGRAD_INLINE double asin_small(double x) {
  const double z = x * x;
  return x + x * z *
                 polynomial(z, 0.166666666667386324, 0.0749999995342971186, 0.0446429064745849635,
                            0.0303799452100249331, 0.0224124177266954332, 0.0169026838863935747,
                            0.0168640902739601198, 0.00106750631503631179, 0.0283467452318333293);
}
TOPOGRAD_INLINE double asin(double x) {
  const double a = abs(x);
  const double y = asin_small(a > 0.5 ? sqrt(0.5 - 0.5 * a) : a);
  return copysign(a > 0.5 ? half_pi - 2.0 * y : y, x);
}
TOPOGRAD_INLINE double acos(double x) {
  const double a = abs(x);
  const double y = asin_small(a > 0.5 ? sqrt(0.5 - 0.5 * a) : a);
  const double near_zero = half_pi - copysign(y, x);
  const double near_one = x < 0.0 ? 2 * half_pi - 2.0 * y : 2.0 * y;
  return a > 0.5 ? near_one : near_zero;
}
TOPOGRAD_INLINE double sinh(double x) {
  const double a = abs(x);
  const double z = a * a;
  const double small = a + a * z * polynomial(z, 1.0 / 6, 1.0 / 120, 1.0 / 5040, 1.0 / 362880);
  const double e = exp2(a * log2_e);
  return copysign(a < 0.5 ? small : 0.5 * (e - 1.0 / e), x);
}
TOPOGRAD_INLINE double cosh(double x) {
  const double e = exp2(abs(x) * log2_e);
  return 0.5 * (e + 1.0 / e);
}
TOPOGRAD_INLINE double asinh(double x) {
  const double a = abs(x);
  // a^2 / (1 + sqrt(a^2 + 1)) without infinity / infinity
  const double root = sqrt(a * a + 1.0);
  return copysign(log1p(a + (root - 1.0 < 1.0 ? a * a / (1.0 + root) : root - 1.0)), x);
}
TOPOGRAD_INLINE double acosh(double x) {
  const double t = x - 1.0;
  return x < 1.0 ? Format<double>::nan : log1p(t + sqrt(t * (t + 2.0)));
}
TOPOGRAD_INLINE double hypot(double x, double y) {
  constexpr double infinity = Format<double>::infinity;
  const double length = sqrt(x * x + y * y);
  return abs(x) == infinity || abs(y) == infinity ? infinity : length;
}
/// x^y for x >= 0 and no NaN.
TOPOGRAD_INLINE double power(double x, double y) {
  constexpr double infinity = Format<double>::infinity;
  const auto [f, k, exponent] = reduce_log(x);
  double logarithm = k + log_near_one(f) * log2_e;
  logarithm = x == 0.0 ? -infinity : (x < infinity ? logarithm : x);
  return exp2(y * logarithm);
}

}  // namespace for_float

#define TOPOGRAD_IN_DOUBLE(name)                                        \
  TOPOGRAD_INLINE float name(float x) {                                 \
    return static_cast<float>(for_float::name(static_cast<double>(x))); \
  }                                                                     \
  TOPOGRAD_INLINE double name(double x) { return ::name(x); }
#define TOPOGRAD_IN_DOUBLE_2(name)                                                              \
  TOPOGRAD_INLINE float name(float x, float y) {                                                \
    return static_cast<float>(for_float::name(static_cast<double>(x), static_cast<double>(y))); \
  }                                                                                             \
  TOPOGRAD_INLINE double name(double x, double y) { return ::name(x, y); }

TOPOGRAD_IN_DOUBLE(asin)
TOPOGRAD_IN_DOUBLE(acos)
TOPOGRAD_IN_DOUBLE(atan)
TOPOGRAD_IN_DOUBLE(sinh)
TOPOGRAD_IN_DOUBLE(cosh)
TOPOGRAD_IN_DOUBLE(asinh)
TOPOGRAD_IN_DOUBLE(acosh)
TOPOGRAD_IN_DOUBLE_2(hypot)

#undef TOPOGRAD_IN_DOUBLE
#undef TOPOGRAD_IN_DOUBLE_2

/// |x| <= 1
TOPOGRAD_INLINE float atan_small(float x) {
  const float z = x * x;
  return x +
         x * (z * polynomial(z, -0.333331483f, 0.1999368742f, -0.1421043627f, 0.1066371433f,
                             -0.07547490437f, 0.04315701887f, -0.01633444511f, 0.002912334956f));
}
TOPOGRAD_INLINE float atan2(float y, float x) {
  // Half of pi and pi, each in two parts, of which the second one keeps the difference exact.
  constexpr float half_pi = 1.57079637f, half_pi_low = -4.37113883e-8f;
  const float a = abs(y), b = abs(x);
  const float low = a < b ? a : b, high = a < b ? b : a;
  const float ratio = low == high ? (low == 0.0f ? 0.0f : 1.0f) : low / high;
  float angle = atan_small(ratio);
  angle = a > b ? (half_pi - angle) + half_pi_low : angle;
  angle = sign_bit(x) ? (2 * half_pi - angle) + 2 * half_pi_low : angle;
  return is_nan(x) || is_nan(y) ? x + y : copysign(angle, y);
}
TOPOGRAD_INLINE double atan2(double y, double x) { return ::atan2(y, x); }

/// |x| <= 88
TOPOGRAD_INLINE float sinh_near(float x) {
  const float t = expm1(abs(x));
  return copysign(0.5f * (t + t / (t + 1.0f)), x);
}
TOPOGRAD_INLINE double sinh_near(double x) { return sinh(x); }
TOPOGRAD_INLINE float atanh(float x) {
  const float a = abs(x);
  return copysign(0.5f * log1p(2.0f * a / (1.0f - a)), x);
}
TOPOGRAD_INLINE double atanh(double x) { return ::atanh(x); }

// ------------------------------------------------------------------ powers

#if defined(__FMA__) || defined(__aarch64__)
/// high + low is the number, low at most half a unit in the last place of high. Each product whose
/// rounding error is taken is a variable of its own, so that no compiler fuses it with a sum.
struct DoubleDouble {
  double high, low;
};
/// log2(x / 2^lift) to 2^-63, for x normal and positive.
TOPOGRAD_INLINE DoubleDouble log2_twice(double x, double lift) {
  const auto reduced = reduce_log(x);
  const double f = reduced.f, k = reduced.k - lift;
  // s = f / (2 + f); log(1 + f) = 2 s (1 + z / 3 + z^2 / 5 + …) with z = s^2 <= 1 / 25
  const double below = 2.0 + f, below_low = f - (below - 2.0);
  const double inverse = 1.0 / below;
  const double s = f * inverse;
  const double s_low = (__builtin_fma(-s, below, f) - s * below_low) * inverse;
  const double z = s * s;
  const double z_low = __builtin_fma(s, s, -z) + 2.0 * s * s_low;
  constexpr double third = 0.33333333333333331, third_low = 1.850371707708594e-17;
  const double lead = z * third;
  const double lead_low = __builtin_fma(z, third, -lead) + (z * third_low + z_low * third);
  const double rest =
      z * z *
      polynomial(z, 0.2, 0.142857142857142432, 0.111111111111393482, 0.0909090908369563619,
                 0.0769230861413090662, 0.0666660062692384462, 0.0588512274949240284,
                 0.0519589506640086743, 0.0562849521550664933);
  const double series = lead + rest;
  const double series_low = ((lead - series) + rest) + lead_low;
  const double more = s * series;
  const double more_low = __builtin_fma(s, series, -more) + (s * series_low + s_low * series);
  const double half = s + more;  // of log(1 + f)
  const double half_low = ((s - half) + more) + (more_low + s_low);
  constexpr double factor = 2.8853900817779268, factor_low = 4.0710547481862066e-17;  // 2 / ln 2
  const double part = half * factor;
  const double part_low =
      __builtin_fma(half, factor, -part) + (half * factor_low + half_low * factor);
  const double sum = k + part;
  return {sum, ((k - sum) + part) + part_low};
}
/// 2^(high + low)
TOPOGRAD_INLINE double exp2_twice(double high, double low) {
  using F = Format<double>;
  const double limited = at_least(at_most(high, 1100.0), -1100.0);
  const double shifted = limited + F::shifter;
  const double r = (limited - (shifted - F::shifter)) + (limited == high ? low : 0.0);
  constexpr double ln2 = 0.6931471805599453, ln2_low = 2.3190468138462996e-17;
  const double t = r * ln2;
  const double t_low = __builtin_fma(r, ln2, -t) + r * ln2_low;
  return scale_by_power(1.0 + (t + (t * t * exp_tail(t) + t_low)), bits(shifted));
}
/// x^y for x >= 0 and no NaN.
TOPOGRAD_INLINE double power(double x, double y) {
  constexpr double infinity = Format<double>::infinity;
  const bool subnormal = x < Format<double>::smallest_normal;
  DoubleDouble logarithm = log2_twice(subnormal ? x * 0x1p54 : x, subnormal ? 54.0 : 0.0);
  logarithm.high = x == 0.0 ? -infinity : (x < infinity ? logarithm.high : x);
  const double high = y * logarithm.high;
  const double low = __builtin_fma(y, logarithm.high, -high) + y * logarithm.low;
  return exp2_twice(high, low);
}
#else
TOPOGRAD_INLINE double power(double x, double y) { return ::pow(x, y); }
#endif
TOPOGRAD_INLINE float power(float x, float y) {
  return static_cast<float>(for_float::power(static_cast<double>(x), static_cast<double>(y)));
}
/// What every pair of arguments gives, from `power`.
template <Real T>
TOPOGRAD_INLINE T pow(T x, T y) {
  const T a = abs(x);
  const T magnitude = a == T(1) ? T(1) : power(a, y);
  const bool whole = trunc(y) == y;
  const bool odd = whole & (floor(T(0.5) * y) != T(0.5) * y);
  T result = sign_bit(x) & odd ? -magnitude : magnitude;
  result = (x < T(0)) & (a < Format<T>::infinity) & !whole ? Format<T>::nan : result;
  result = is_nan(x) | is_nan(y) ? x + y : result;
  return (y == T(0)) | (x == T(1)) ? T(1) : result;
}
/// By squaring, modulo 2^64. Negative exponents, which the op refuses, give the whole part of the
/// power.
TOPOGRAD_INLINE std::int64_t pow(std::int64_t base, std::int64_t exponent) {
  if (exponent < 0) return base == 1 ? 1 : base == -1 ? (exponent % 2 != 0 ? -1 : 1) : 0;
  std::int64_t result = 1;
  for (; exponent != 0; exponent >>= 1) {
    if (exponent & 1) result = multiply(result, base);
    base = multiply(base, base);
  }
  return result;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
