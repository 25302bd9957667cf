// Elementwise functions of complex numbers.

#include "kernels/cpu/complex.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <class Z>
inline Z one() {
  return Z(1.0);
}

constexpr unsigned first_is_boolean = 1;

constexpr Elementwise rows[] = {
    complex_row<1>("positive", [](auto z) { return z; }),
    complex_row<1>("neg", [](auto z) { return -z; }),
    complex_row<1>("conj", [](auto z) { return decltype(z)(z.re, -z.im); }),
    complex_row<1>("sgn", [](auto z) { return sgn(z); }),
    complex_row<1>("square", [](auto z) { return z * z; }),
    complex_row<1>("reciprocal", [](auto z) { return one<decltype(z)>() / z; }),
    complex_row<1>("sqrt", [](auto z) { return sqrt(z); }),
    complex_row<1>("rsqrt", [](auto z) { return one<decltype(z)>() / sqrt(z); }),
    complex_row<1>("exp", [](auto z) { return exp(z); }),
    complex_row<1>("log", [](auto z) { return log(z); }),
    complex_row<1>("log2",
                   [](auto z) {
                     using T = typename decltype(z)::Part;
                     return log(z) * T(1.4426950408889634074);
                   }),
    complex_row<1>("log10",
                   [](auto z) {
                     using T = typename decltype(z)::Part;
                     return log(z) * T(0.43429448190325182765);
                   }),
    complex_row<1>("sin", [](auto z) { return sin(z); }),
    complex_row<1>("cos", [](auto z) { return cos(z); }),
    complex_row<1>("tan", [](auto z) { return tan(z); }),
    complex_row<1>("sinh", [](auto z) { return sinh(z); }),
    complex_row<1>("cosh", [](auto z) { return cosh(z); }),
    complex_row<1>("tanh", [](auto z) { return tanh(z); }),
    complex_row<1>("sigmoid",
                   [](auto z) { return one<decltype(z)>() / (one<decltype(z)>() + exp(-z)); }),
    complex_row<1>("isnan", [](auto z) { return is_nan(z.re) | is_nan(z.im) ? true : false; }),
    complex_row<1>("isinf",
                   [](auto z) { return is_infinite(z.re) | is_infinite(z.im) ? true : false; }),
    complex_row<1>("isfinite",
                   [](auto z) {
                     const auto none = z.re * 0 + z.im * 0;  // NaN where a part is not finite
                     return none == 0;
                   }),
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
