// Elementwise functions of three inputs. A new op is a scalar function and a row.

#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// From a to b; exact at both ends.
template <Real T>
inline T lerp(T a, T b, T weight) {
  const T way = b - a;
  return abs(weight) < T(0.5) ? a + weight * way : b - way * (T(1) - weight);
}

/// min(max(x, low), high); a NaN among the three propagates. (In this form the compiler finds no
/// branches.)
template <class T>
inline T clamp(T x, T low, T high) {
  const T limited = at_most(at_least(x, low), high);
  return is_nan(low) ? low : (is_nan(high) ? high : limited);
}

constexpr unsigned first_is_boolean = 1;
constexpr unsigned second = 2, third = 4;

constexpr Elementwise rows[] = {
    numeric<3, 0, first_is_boolean>(
        "where", cheap<second, third>(
                     [](auto condition, auto a, auto b) { return condition != 0 ? a : b; })),
    numeric<3>("clamp", cheap<second | third>(
                            [](auto x, auto low, auto high) { return clamp(x, low, high); })),
    numeric<3, 1>("addcmul", cheap<third>([](auto a, auto b, auto c, auto value) {
                    return add(a, multiply(multiply(value, b), c));
                  })),
    floating<3, 1>("addcdiv", cheap<third>([](auto a, auto b, auto c, auto value) {
                     return a + value * (b / c);
                   })),
    floating<3>("lerp",
                cheap<third>([](auto a, auto b, auto weight) { return lerp(a, b, weight); })),
};

}  // namespace

Span<Elementwise> ternary_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
