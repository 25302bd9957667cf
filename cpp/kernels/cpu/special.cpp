// Rows of the gamma functions, the inverse error function, Bessel functions, whole numbers and
// representations of numbers. A new op is a scalar function (special.h, or one here) and a row.

#include "kernels/cpu/special.h"

#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

using std::int64_t;
using std::uint64_t;

#define TOPOGRAD_SPECIAL(name)                                       \
  [](auto x) {                                                       \
    using T = decltype(x);                                           \
    return static_cast<T>(special::name<T>(static_cast<double>(x))); \
  }

constexpr auto not_negative = [](auto x) { return !(x < 0); };
constexpr auto above_zero = [](auto x) { return !(x <= 0); };
constexpr auto log_gamma =
    guarded(TOPOGRAD_SPECIAL(lgamma_positive), not_negative, TOPOGRAD_SPECIAL(lgamma_any));
constexpr auto psi =
    guarded(TOPOGRAD_SPECIAL(digamma_positive), above_zero, TOPOGRAD_SPECIAL(digamma_any));

constexpr auto trigamma =
    guarded(TOPOGRAD_SPECIAL(trigamma_positive), above_zero, TOPOGRAD_SPECIAL(trigamma_any));

// ------------------------------------------------------------------ whole numbers

inline uint64_t magnitude(int64_t x) {
  return x < 0 ? uint64_t{0} - static_cast<uint64_t>(x) : static_cast<uint64_t>(x);
}
/// Stein's algorithm: no division.
inline uint64_t greatest_divisor(uint64_t a, uint64_t b) {
  if (a == 0 || b == 0) return a | b;
  const int common = __builtin_ctzll(a | b);
  a >>= __builtin_ctzll(a);
  b >>= __builtin_ctzll(b);
  while (a != b) {
    const uint64_t difference = a - b;
    const int shift = __builtin_ctzll(difference);  // the same for b - a
    const bool less = a < b;
    b = less ? a : b;
    a = (less ? uint64_t{0} - difference : difference) >> shift;
  }
  return a << common;
}
inline int64_t gcd(int64_t a, int64_t b) {
  return static_cast<int64_t>(greatest_divisor(magnitude(a), magnitude(b)));
}
inline int64_t lcm(int64_t a, int64_t b) {
  const uint64_t divisor = greatest_divisor(magnitude(a), magnitude(b));
  if (divisor == 0) return 0;
  return abs(static_cast<int64_t>(magnitude(a) / divisor * magnitude(b)));
}

// ------------------------------------------------------------------ representations

template <Real T>
inline T logaddexp2(T a, T b) {
  const T difference = a == b ? T(0) : a - b;  // equal infinities included
  return (a < b ? b : a) + log1p_unit(exp2(-abs(difference))) * T(1.442695040888963407);
}
/// 2^n for whole n in the range of exponents of normal numbers.
template <Real T>
inline T whole_power_of_two(T n) {
  return power_of_two<T>(bits(n + Format<T>::shifter) - bits(Format<T>::shifter));
}
/// x 2^e in steps, so that 2^e alone may overflow; in two where x is normal and so is the result.
template <Real T>
inline T scaled_by_exponent(T x, T e) {
  constexpr T step = T(Format<T>::bias - 1);
  constexpr T limit = T(3) * step;
  const auto stepped = [](T n) { return at_least(at_most(n, step), -step); };
  const T limited = at_least(at_most(e, limit), -limit);
  const T whole = floor(limited);
  const T first = stepped(floor(T(0.5) * whole));
  const T second = stepped(whole - first);
  const T y = x * whole_power_of_two(first) * exp2(limited - whole) * whole_power_of_two(second) *
              whole_power_of_two(whole - first - second);
  // 0 times infinity, and infinity times 0, are NaN.
  return is_infinite(e) ? x * (e > 0 ? e : T(0)) : y;
}
template <Real T>
inline T next_after(T x, T to) {
  using Bits = typename Format<T>::Bits;
  constexpr Bits sign = Bits{1} << (sizeof(T) * 8 - 1);
  const Bits inward = (x < to) == (x > 0) ? Bits{1} : ~Bits{0};
  const T step = bit_cast<T>(bits(x) + inward);
  const T y = x == 0 ? bit_cast<T>((bits(to) & sign) | Bits{1}) : step;
  return is_nan(x) | is_nan(to) ? x + to : (x == to ? to : y);
}
/// For bfloat16 and float16, which are computed as float: one bit of theirs is many of these.
template <Real T>
inline T next_half_after(T x, T to, T is_float16) {
  using Bits = typename Format<T>::Bits;
  constexpr Bits sign = Bits{1} << (sizeof(T) * 8 - 1);
  const bool half = is_float16 != 0;
  const Bits step = half ? Bits{0x2000} : Bits{0x10000};
  const bool outward = ((x < to) == (x > 0)) | (x == 0);
  const T a = half ? at_most(abs(x), T(65536)) : abs(x);
  const T stepped = bit_cast<T>(outward ? bits(a) + step : bits(a) - step);
  const T fixed = outward ? a + T(0x1p-24) : a - T(0x1p-24);  // subnormal float16
  const bool subnormal = half & (outward ? a < T(0x1p-14) : a <= T(0x1p-14));
  const T size = subnormal ? fixed : stepped;
  const T y = bit_cast<T>(bits(size) | (bits(x == 0 ? to : x) & sign));
  return is_nan(x) | is_nan(to) ? x + to : (x == to ? to : y);
}

constexpr Elementwise rows[] = {
    floating<1>("lgamma", log_gamma),
    floating<1>("digamma", psi),
    floating<1>("trigamma", trigamma),
    floating<1, 1>("polygamma_positive",
                   [](auto x, auto n) {
                     const double y = special::polygamma_few(x, n);
                     return static_cast<decltype(x)>(n != 2 * round(n / 2) ? y : -y);
                   }),
    floating<1, 1>("polygamma",
                   [](auto x, auto n) {
                     const auto positive = [=](double q) { return special::polygamma_few(q, n); };
                     return static_cast<decltype(x)>(special::polygamma_any(x, n, positive));
                   }),
    floating<1, 1>("polygamma_high",
                   [](auto x, auto n) {
                     const auto positive = [=](double q) { return special::polygamma_many(q, n); };
                     return static_cast<decltype(x)>(special::polygamma_any(x, n, positive));
                   }),
    floating<1>("erfinv", [](auto x) { return special::erfinv(x); }),
    floating<1>("i0", TOPOGRAD_SPECIAL(i0_any)),
    floating<1>("i1", TOPOGRAD_SPECIAL(i1_any)),
    floating<1>("sinc", [](auto x) { return static_cast<decltype(x)>(special::sinc(x)); }),
    floating<1>("sinc_slope",
                [](auto x) { return static_cast<decltype(x)>(special::sinc_slope(x)); }),
    floating<1>("logit", guarded([](auto x) { return logit_inside(x); },
                                 [](auto x) {
                                   return (x >= Format<decltype(x)>::smallest_normal) & (x < 1);
                                 },
                                 [](auto x) { return logit(x, decltype(x)(-1)); })),
    floating<1, 1>("logit_limited", [](auto x, auto margin) { return logit(x, margin); }),
    numeric<1>("isposinf", [](auto x) { return is_infinite(x) & (x > 0) ? true : false; }),
    numeric<1>("isneginf", [](auto x) { return is_infinite(x) & (x < 0) ? true : false; }),
    floating<1, 3>("nan_to_num",
                   [](auto x, auto nan, auto above, auto below) {
                     constexpr auto infinity = Format<decltype(x)>::infinity;
                     const auto low = x == -infinity ? below : x;
                     const auto number = x == infinity ? above : low;
                     return is_nan(x) ? nan : number;
                   }),

    integral<2>("gcd", [](auto a, auto b) { return gcd(a, b); }),
    integral<2>("lcm", [](auto a, auto b) { return lcm(a, b); }),
    numeric<2>("heaviside",
               [](auto x, auto at_zero) {
                 using T = decltype(x);
                 return x == 0 ? at_zero : (x > 0 ? T(1) : T(0));
               }),
    floating<2>("ldexp",
                guarded([](auto x, auto e) { return x * exp2(e); },
                        [](auto, auto e) { return abs(e) < Format<decltype(e)>::bias - 2; },
                        [](auto x, auto e) { return scaled_by_exponent(x, e); })),
    // The power is 2^e of a broadcast e: nothing, infinity and subnormals are computed again.
    floating<3>("ldexp_by_power",
                guarded([](auto x, auto, auto power) { return x * power; },
                        [](auto, auto, auto power) {
                          using F = Format<decltype(power)>;
                          return (power >= F::smallest_normal) & (power < F::infinity);
                        },
                        [](auto x, auto e, auto) { return scaled_by_exponent(x, e); })),
    floating<2>("logaddexp2", [](auto a, auto b) { return logaddexp2(a, b); }),
    floating<2>("nextafter", [](auto x, auto to) { return next_after(x, to); }),
    floating<2, 1>("nextafter_half",
                   [](auto x, auto to, auto half) { return next_half_after(x, to, half); }),
};

#undef TOPOGRAD_SPECIAL

}  // namespace

Span<Elementwise> special_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
