// Elementwise functions of two inputs. A new op is a scalar function and a row.

#include "kernels/cpu/activations.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

using std::int64_t;
// ------------------------------------------------------------------ division with a whole quotient

// Nothing traps: an integer divisor of 0, which the ops refuse, gives 0.
inline int64_t trunc_divide(int64_t a, int64_t b) {
  if (b == 0) return 0;
  return b == -1 ? subtract(0, a) : a / b;
}
inline int64_t fmod(int64_t a, int64_t b) { return b == 0 || b == -1 ? 0 : a % b; }
inline int64_t remainder(int64_t a, int64_t b) {
  const int64_t rest = fmod(a, b);
  return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}
inline int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t rest = fmod(a, b);
  return trunc_divide(a, b) - (rest != 0 && (rest < 0) != (b < 0) ? 1 : 0);
}
inline float fmod(float a, float b) { return __builtin_fmodf(a, b); }
inline double fmod(double a, double b) { return __builtin_fmod(a, b); }
template <Real T>
inline T trunc_divide(T a, T b) {
  return trunc(a / b);
}
/// With the sign of the divisor, as in Python, from the one with the sign of the dividend.
template <Real T>
inline T remainder_of(T rest, T b) {
  return (rest != 0) & ((rest < 0) != (b < 0)) ? rest + b : rest;
}
template <Real T>
inline T remainder(T a, T b) {
  return remainder_of(fmod(a, b), b);
}
/// floor(a / b) of the exact quotient, as in Python: a / b may round up to a whole number.
template <Real T>
inline T floor_divide(T a, T b) {
  if (b == 0) return a / b;
  const T rest = fmod(a, b);
  T quotient = (a - rest) / b;  // whole but for rounding
  if (rest != 0 && (rest < 0) != (b < 0)) quotient -= 1;
  if (quotient == 0) return copysign(T(0), a / b);
  const T whole = floor(quotient);
  return quotient - whole > T(0.5) ? whole + 1 : whole;
}

// Where the quotient of two floats is below 2^24, a double tells it from the next whole number and
// holds quotient * b exactly; these forms vectorise.
inline bool has_short_quotient(float a, float b) {
  return (abs(a) < 0x1p24f * abs(b)) & (abs(b) < Format<float>::infinity);
}
inline bool has_short_quotient(double, double) { return false; }
template <Real T>
inline T fmod_short(T a, T b) {
  const double dividend = a, divisor = b;
  const double rest = dividend - trunc(dividend / divisor) * divisor;
  return copysign(static_cast<T>(rest), a);
}
template <Real T>
inline T floor_divide_short(T a, T b) {
  return static_cast<T>(floor(static_cast<double>(a) / static_cast<double>(b)));
}
constexpr auto short_quotient = [](auto a, auto b) { return has_short_quotient(a, b); };
constexpr auto guarded_fmod = guarded([](auto a, auto b) { return fmod_short(a, b); },
                                      short_quotient, [](auto a, auto b) { return fmod(a, b); });
constexpr auto guarded_remainder =
    guarded([](auto a, auto b) { return remainder_of(fmod_short(a, b), b); }, short_quotient,
            [](auto a, auto b) { return remainder(a, b); });
constexpr auto guarded_floor_divide =
    guarded([](auto a, auto b) { return floor_divide_short(a, b); }, short_quotient,
            [](auto a, auto b) { return floor_divide(a, b); });

/// Powers of positive numbers, where nothing is special.
constexpr auto guarded_pow =
    guarded([](auto a, auto b) { return power(a, b); },
            [](auto a, auto b) {
              constexpr auto infinity = Format<decltype(a)>::infinity;
              return (a > 0) & (a < infinity) & (a != 1) & (abs(b) < infinity) & (b != 0);
            },
            [](auto a, auto b) { return pow(a, b); });

// ------------------------------------------------------------------ shifts and the rest

/// Everything is shifted out beyond 63 places; a negative count does the same.
inline int64_t left_shift(int64_t a, int64_t places) {
  return static_cast<std::uint64_t>(places) > 63
             ? 0
             : static_cast<int64_t>(static_cast<std::uint64_t>(a) << places);
}
inline int64_t right_shift(int64_t a, int64_t places) {
  return a >> (static_cast<std::uint64_t>(places) > 63 ? 63 : places);
}
/// A NaN gives way to a number.
template <class T>
inline T fmax(T a, T b) {
  return (a > b) | is_nan(b) ? a : b;
}
template <class T>
inline T fmin(T a, T b) {
  return (a < b) | is_nan(b) ? a : b;
}
template <Real T>
inline T xlogy(T x, T y) {
  return x == 0 && !is_nan(y) ? T(0) : x * log(y);
}

constexpr unsigned both_are_boolean = 3;
constexpr unsigned first = 1, second = 2;

constexpr Elementwise rows[] = {
    numeric<2>("add", cheap<first, second>([](auto a, auto b) { return add(a, b); })),
    numeric<2>("sub", cheap<first, second>([](auto a, auto b) { return subtract(a, b); })),
    numeric<2>("mul", cheap<first, second>([](auto a, auto b) { return multiply(a, b); })),
    floating<2>("div", cheap<first, second>([](auto a, auto b) { return a / b; })),
    numeric<2, 1>("add_scaled",
                  [](auto a, auto b, auto factor) { return add(a, multiply(b, factor)); }),
    // A cotangent of exactly zero stays zero whatever the partial derivative is, and what an
    // element does not depend on adds nothing to it, however infinite.
    numeric<2>(
        "strong_mul",
        [](auto a, auto b) { return (a != 0) & (b != 0) ? multiply(a, b) : decltype(a)(0); }),
    numeric<2>("floor_divide", guarded_floor_divide,
               [](auto a, auto b) { return floor_divide(a, b); }),
    numeric<2>("trunc_divide", [](auto a, auto b) { return trunc_divide(a, b); }),
    numeric<2>("remainder", guarded_remainder, [](auto a, auto b) { return remainder(a, b); }),
    numeric<2>("fmod", guarded_fmod, [](auto a, auto b) { return fmod(a, b); }),
    numeric<2>("pow", guarded_pow, [](auto a, auto b) { return pow(a, b); }),
    floating<2>("atan2", [](auto a, auto b) { return atan2(a, b); }),
    floating<2>("hypot", [](auto a, auto b) { return hypot(a, b); }),
    floating<2>("copysign", [](auto a, auto b) { return copysign(a, b); }),
    floating<2>("logaddexp", [](auto a, auto b) { return logaddexp(a, b); }),
    floating<2, 1>("shifted_difference", [](auto a, auto b, auto eps) { return a - b + eps; }),
    floating<2>("leaky", [](auto x, auto slope) { return x > 0 ? x : x * slope; }),
    floating<2>("gated", [](auto a, auto b) { return a * sigmoid(b); }),
    floating<2>("xlogy", [](auto a, auto b) { return xlogy(a, b); }),

    numeric<2>("maximum", [](auto a, auto b) { return maximum(a, b); }),
    numeric<2>("minimum", [](auto a, auto b) { return minimum(a, b); }),
    numeric<2>("fmax", [](auto a, auto b) { return fmax(a, b); }),
    numeric<2>("fmin", [](auto a, auto b) { return fmin(a, b); }),

    numeric<2>("eq", [](auto a, auto b) { return a == b; }),
    numeric<2>("ne", [](auto a, auto b) { return a != b; }),
    numeric<2>("lt", [](auto a, auto b) { return a < b; }),
    numeric<2>("le", [](auto a, auto b) { return a <= b; }),
    numeric<2>("gt", [](auto a, auto b) { return a > b; }),
    numeric<2>("ge", [](auto a, auto b) { return a >= b; }),
    numeric<2>("logical_and", [](auto a, auto b) { return (a != 0) & (b != 0) ? true : false; }),
    numeric<2>("logical_or", [](auto a, auto b) { return (a != 0) | (b != 0) ? true : false; }),
    numeric<2>("logical_xor", [](auto a, auto b) { return (a != 0) != (b != 0); }),

    // Of booleans, as bytes.
    numeric<2, 0, both_are_boolean>("and_of_booleans", [](auto a, auto b) { return (a & b) != 0; }),
    numeric<2, 0, both_are_boolean>("or_of_booleans", [](auto a, auto b) { return (a | b) != 0; }),
    numeric<2, 0, both_are_boolean>("xor_of_booleans", [](auto a, auto b) { return a != b; }),

    integral<2>("bitwise_and", [](auto a, auto b) { return a & b; }),
    integral<2>("bitwise_or", [](auto a, auto b) { return a | b; }),
    integral<2>("bitwise_xor", [](auto a, auto b) { return a ^ b; }),
    integral<2>("left_shift", [](auto a, auto b) { return left_shift(a, b); }),
    integral<2>("right_shift", [](auto a, auto b) { return right_shift(a, b); }),
};

}  // namespace

Span<Elementwise> binary_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
