// Elementwise functions of one input. A new op is a scalar function (math.h, or a lambda here) and
// a row.

#include "kernels/cpu/activations.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <Real T>
inline T softplus(T x, T beta, T threshold) {
  const T scaled = x * beta;
  return scaled > threshold ? x : log1p_exp(scaled) * (T(1) / beta);
}
template <Real T>
inline T elu(T x, T alpha, T scale, T input_scale) {
  return x <= T(0) ? expm1(x * input_scale) * (alpha * scale) : x * scale;
}
/// min(max(x + 3, 0), 6) / 6
template <Real T>
inline T hardsigmoid(T x) {
  return at_most(at_least(x + T(3), T(0)), T(6)) / T(6);
}

// The limits keep these right at infinity, where the formula alone would be infinity times 0 or
// over infinity.
template <Real T>
inline T hardswish(T x) {
  return at_least(x, T(-3)) * hardsigmoid(x);
}
template <Real T>
inline T softsign(T x) {
  const T a = at_most(abs(x), T(0x1p100));
  return copysign(a / (T(1) + a), x);
}

constexpr auto within_near = [](auto x) { return is_near(x); };
constexpr auto within_wide = [](auto x) { return is_wide(x); };
constexpr auto sine = guarded(
    [](auto x) { return sin_near(x); }, within_near,
    guarded([](auto x) { return sin_wide(x); }, within_wide, [](auto x) { return sin_any(x); }));
constexpr auto cosine = guarded(
    [](auto x) { return cos_near(x); }, within_near,
    guarded([](auto x) { return cos_wide(x); }, within_wide, [](auto x) { return cos_any(x); }));
constexpr auto tangent = guarded(
    [](auto x) { return tan_near(x); }, [](auto x) { return sizeof(x) == 4 && is_near(x); },
    guarded([](auto x) { return tan_wide(x); }, within_wide, [](auto x) { return tan_any(x); }));
constexpr auto within_exp = [](auto x) { return abs(x) <= Format<decltype(x)>::exp_normal; };

constexpr Elementwise rows[] = {
    numeric<1>("positive", [](auto x) { return x; }),
    numeric<1>("neg", [](auto x) { return negative(x); }),
    numeric<1>("abs", [](auto x) { return abs(x); }),
    numeric<1>("sign", [](auto x) { return decltype(x)((x > 0) - (x < 0)); }),
    numeric<1>("square", [](auto x) { return multiply(x, x); }),
    numeric<1>("floor", [](auto x) { return floor(x); }),
    numeric<1>("ceil", [](auto x) { return ceil(x); }),
    numeric<1>("round", [](auto x) { return round(x); }),
    floating<1, 1>("round_decimals", [](auto x, auto scale) { return round(x * scale) / scale; }),
    floating<1, 1>("round_tens", [](auto x, auto scale) { return round(x / scale) * scale; }),
    numeric<1>("trunc", [](auto x) { return trunc(x); }),
    floating<1>("frac", [](auto x) { return x - trunc(x); }),
    numeric<1>("isnan", [](auto x) { return is_nan(x); }),
    numeric<1>("isinf", [](auto x) { return is_infinite(x); }),
    numeric<1>("isfinite", [](auto x) { return !is_nan(x) && !is_infinite(x); }),
    numeric<1>("signbit", [](auto x) { return sign_bit(x); }),
    numeric<1>("logical_not", [](auto x) { return x == 0; }),
    numeric<1, 0, 1>("not_of_booleans", [](auto x) { return x == 0; }),
    integral<1>("bitwise_not", [](auto x) { return ~x; }),
    floating<1>("reciprocal", [](auto x) { return 1 / x; }),
    floating<1>("sqrt", [](auto x) { return sqrt(x); }),
    floating<1>("rsqrt", [](auto x) { return 1 / sqrt(x); }),

    floating<1>("exp", guarded([](auto x) { return exp_normal(x); }, within_exp,
                               [](auto x) { return exp(x); })),
    floating<1>("exp2", guarded([](auto x) { return exp2_normal(x); },
                                [](auto x) { return abs(x) <= Format<decltype(x)>::exp2_normal; },
                                [](auto x) { return exp2(x); })),
    floating<1>("expm1", [](auto x) { return expm1(x); }),
    floating<1>("log", [](auto x) { return log(x); }),
    floating<1>("log2", [](auto x) { return log2(x); }),
    floating<1>("log10", [](auto x) { return log10(x); }),
    floating<1>("log1p", [](auto x) { return log1p(x); }),
    floating<1>("erf", [](auto x) { return erf(x); }),
    floating<1>("erfc", [](auto x) { return erfc(x); }),

    floating<1>("sin", sine),
    floating<1>("cos", cosine),
    floating<1>("tan", tangent),
    floating<1>("asin", [](auto x) { return asin(x); }),
    floating<1>("acos", [](auto x) { return acos(x); }),
    floating<1>("atan", [](auto x) { return atan(x); }),
    floating<1>("sinh",
                guarded([](auto x) { return sinh_near(x); }, [](auto x) { return abs(x) <= 88; },
                        [](auto x) { return sinh(x); })),
    floating<1>("cosh", [](auto x) { return cosh(x); }),
    floating<1>("tanh", [](auto x) { return tanh(x); }),
    floating<1>("asinh", [](auto x) { return asinh(x); }),
    floating<1>("acosh", [](auto x) { return acosh(x); }),
    floating<1>("atanh", [](auto x) { return atanh(x); }),

    floating<1>("sigmoid", guarded([](auto x) { return sigmoid_normal(x); }, within_exp,
                                   [](auto x) { return sigmoid(x); })),
    floating<1>("logsigmoid", [](auto x) { return logsigmoid(x); }),
    numeric<1>("relu", [](auto x) { return x < 0 ? decltype(x)(0) : x; }),
    floating<1>("gelu", [](auto x) { return gelu(x); }),
    floating<1>("gelu_tanh", [](auto x) { return gelu_tanh(x); }),
    floating<1>("silu", guarded([](auto x) { return silu_normal(x); }, within_exp,
                                [](auto x) { return silu(x); })),
    floating<1>("mish", [](auto x) { return mish(x); }),
    floating<1, 2>("softplus",
                   [](auto x, auto beta, auto threshold) { return softplus(x, beta, threshold); }),
    floating<1, 1>(
        "hardshrink",
        [](auto x, auto limit) { return (x >= -limit) & (x <= limit) ? decltype(x)(0) : x; }),
    floating<1, 1>("softshrink",
                   [](auto x, auto limit) {
                     using T = decltype(x);
                     const T moved = x > T(0) ? x - limit : x + limit;
                     return (x >= -limit) & (x <= limit) ? T(0) : moved;
                   }),
    numeric<1, 2>("threshold",
                  [](auto x, auto limit, auto value) { return x <= limit ? value : x; }),
    floating<1, 1>("leaky_relu", [](auto x, auto slope) { return x > 0 ? x : x * slope; }),
    floating<1, 3>("elu", [](auto x, auto alpha, auto scale,
                             auto input_scale) { return elu(x, alpha, scale, input_scale); }),
    floating<1, 2>("hardtanh",
                   [](auto x, auto low, auto high) { return at_most(at_least(x, low), high); }),
    floating<1>("hardsigmoid", [](auto x) { return hardsigmoid(x); }),
    floating<1>("hardswish", [](auto x) { return hardswish(x); }),
    floating<1>("softsign", [](auto x) { return softsign(x); }),
};

}  // namespace

Span<Elementwise> unary_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
