// Elementwise functions of complex numbers.

#include "kernels/cpu/complex_functions.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <class Z>
inline Z one() {
  return Z(1.0);
}

template <class Z>
using Part = typename Z::Part;

constexpr double log2_e = 1.4426950408889634074, log10_e = 0.43429448190325182765;
constexpr unsigned first_is_boolean = 1;

/// size * (cos(turn) + i sin(turn))
constexpr auto from_polar = guarded(
    [](auto size, auto turn) {
      return Complex<decltype(size)>(size * cos_near(turn), size * sin_near(turn));
    },
    [](auto, auto turn) { return is_near(turn); },
    [](auto size, auto turn) {
      return Complex<decltype(size)>(size * cos_any(turn), size * sin_any(turn));
    });

constexpr Elementwise rows[] = {
    complex_row<1>("positive", [](auto z) { return z; }),
    complex_row<1>("neg", [](auto z) { return -z; }),
    complex_row<1>("conj", [](auto z) { return decltype(z)(z.re, -z.im); }),
    complex_row<1>("turned", [](auto z) { return turned(z); }),
    complex_row<1>("abs", [](auto z) { return abs(z); }),
    complex_row<1>("angle", [](auto z) { return angle(z); }),
    floating<2>("complex", [](auto re, auto im) { return Complex<decltype(re)>(re, im); }),
    floating<2>("polar", from_polar),
    complex_row<1>("sgn", [](auto z) { return sgn(z); }),
    complex_row<1>("square", [](auto z) { return z * z; }),
    complex_row<1>("cube", [](auto z) { return z * z * z; }),
    complex_row<1>("inverse_square", [](auto z) { return one<decltype(z)>() / (z * z); }),
    complex_row<1>("reciprocal", [](auto z) { return one<decltype(z)>() / z; }),
    complex_row<1>("sqrt", square_root),
    complex_row<1>("rsqrt", guarded([](auto z) { return one<decltype(z)>() / sqrt(z); }, moderate,
                                    [](auto z) { return one<decltype(z)>() / library::sqrt(z); })),
    complex_row<1>("exp", exponential),
    complex_row<1>("exp2", [](auto z) { return exp2(z); }),
    complex_row<1>("expm1", [](auto z) { return expm1(z); }),
    complex_row<1>("log", logarithm),
    complex_row<1>("log2",
                   guarded([](auto z) { return log(z) * Part<decltype(z)>(log2_e); }, moderate,
                           [](auto z) { return library::log(z) * Part<decltype(z)>(log2_e); })),
    complex_row<1>("log10",
                   guarded([](auto z) { return log(z) * Part<decltype(z)>(log10_e); }, moderate,
                           [](auto z) { return library::log(z) * Part<decltype(z)>(log10_e); })),
    complex_row<1>("log1p", [](auto z) { return log1p(z); }),
    complex_row<1>("sin", sine),
    complex_row<1>("cos", cosine),
    complex_row<1>("tan", tangent),
    complex_row<1>("asin", inverse_asin),
    complex_row<1>("acos", inverse_acos),
    complex_row<1>("atan", inverse_atan),
    complex_row<1>("sinh", hyperbolic_sine),
    complex_row<1>("cosh", hyperbolic_cosine),
    complex_row<1>("tanh", hyperbolic_tangent),
    complex_row<1>("asinh", inverse_asinh),
    complex_row<1>("acosh", inverse_acosh),
    complex_row<1>("atanh", inverse_atanh),
    complex_row<1>("sigmoid", [](auto z) { return sigmoid(z); }),
    complex_row<1>("silu", [](auto z) { return z * sigmoid(z); }),
    complex_row<1>("softsign", [](auto z) { return z * (1 / (1 + abs(z))); }),
    complex_row<1>("sinc", [](auto z) { return sinc(z); }),
    complex_row<1>("sinc_slope", [](auto z) { return sinc_slope(z); }),
    complex_row<1>("isnan", [](auto z) { return is_nan(z.re) | is_nan(z.im) ? true : false; }),
    complex_row<1>("isinf",
                   [](auto z) { return is_infinite(z.re) | is_infinite(z.im) ? true : false; }),
    complex_row<1>("isfinite", [](auto z) { return is_finite(z); }),
    complex_row<1>("logical_not", [](auto z) { return is_zero(z); }),

    complex_row<2>("add", [](auto a, auto b) { return a + b; }),
    complex_row<2>("sub", [](auto a, auto b) { return a - b; }),
    complex_row<2>("mul", [](auto a, auto b) { return a * b; }),
    complex_row<2>("div", [](auto a, auto b) { return a / b; }),
    complex_row<2, 1>("add_scaled", [](auto a, auto b, auto factor) { return a + b * factor; }),
    complex_row<2>("strong_mul",
                   [](auto a, auto b) {
                     const bool nothing = is_zero(a) | is_zero(b);
                     return nothing ? decltype(a)(0.0) : a * b;
                   }),
    complex_row<2>("pow", [](auto a, auto b) { return pow(a, b); }),
    complex_row<2>("logaddexp", [](auto a, auto b) { return logaddexp(a, b); }),
    complex_row<2>("ldexp", [](auto z, auto power) { return z * exp2(power); }),
    complex_row<2>("eq", [](auto a, auto b) { return a == b; }),
    complex_row<2>("ne", [](auto a, auto b) { return a != b; }),
    complex_row<2>("logical_and",
                   [](auto a, auto b) { return !is_zero(a) & !is_zero(b) ? true : false; }),
    complex_row<2>("logical_or",
                   [](auto a, auto b) { return !is_zero(a) | !is_zero(b) ? true : false; }),
    complex_row<2>("logical_xor", [](auto a, auto b) { return is_zero(a) != is_zero(b); }),

    complex_row<3, 0, first_is_boolean>(
        "where", [](auto condition, auto a, auto b) { return condition != 0 ? a : b; }),
    complex_row<3, 1>("addcmul",
                      [](auto a, auto b, auto c, auto value) { return a + value * b * c; }),
    complex_row<3, 1>("addcdiv",
                      [](auto a, auto b, auto c, auto value) { return a + value * (b / c); }),
    complex_row<3>("lerp", [](auto a, auto b, auto weight) { return a + weight * (b - a); }),
};

}  // namespace

Span<Elementwise> complex_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
