// Fused backward rows: (cotangent g, saved values…) -> cotangent of the input, in one pass. A new
// one is its partial derivative and a row.

#include "kernels/cpu/activations.h"
#include "kernels/cpu/chain.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <Real T>
inline T silu_derivative(T x) {
  const T s = sigmoid(x);
  return s + x * s * (T(1) - s);
}
template <Real T>
inline T mish_derivative(T x) {
  const T ratio = mish_ratio(x);
  return ratio + x * sigmoid(x) * (T(1) - ratio * ratio);
}
template <Real T>
inline T gelu_tanh_derivative(T x) {
  const T s = sigmoid(gelu_tanh_argument(x));
  const T argument_slope = T(1.59576912160573071) * (T(1) + T(3 * 0.044715) * x * x);
  return s + x * s * (T(1) - s) * argument_slope;
}
template <Real T>
inline T softplus_derivative(T x, T beta, T threshold) {
  return x * beta > threshold ? T(1) : sigmoid(x * beta);
}
template <Real T>
inline T elu_derivative(T x, T alpha, T scale, T input_scale) {
  const T below = exp_negative(x < 0 ? x * input_scale : T(0)) * (alpha * scale * input_scale);
  return x <= 0 ? below : scale;
}
template <Real T>
inline T hardswish_derivative(T x) {
  const T inside = x / T(3) + T(0.5);
  return x <= T(-3) ? T(0) : (x < T(3) ? inside : T(1));
}
template <Real T>
inline T erf_derivative(T x) {
  constexpr T limit = Format<T>::gaussian_limit * T(0.70710678118654752);
  const T lifted = lifted_gaussian(at_most(abs(x), limit), T(1));
  return is_nan(x) ? x : lifted * (T(1.12837916709551257) * Format<T>::gaussian_unlift);
}
template <Real T>
inline T softsign_derivative(T x) {
  const T denominator = T(1) + abs(x);
  return T(1) / (denominator * denominator);
}
/// d/dx x^e. A power of exponent 0 is constant even at x = 0, where the formula is 0 times
/// infinity.
template <Real T>
inline T pow_input_derivative(T x, T e) {
  return e == 0 ? T(0) : e * pow(x, e - T(1));
}
/// d/de x^e. At x = 0 it is 0 wherever the power is finite.
template <Real T>
inline T pow_exponent_derivative(T x, T out) {
  return x == 0 && out < Format<T>::infinity ? T(0) : out * log(x);
}

constexpr auto near = [](auto, auto x) { return is_near(x); };
constexpr auto wide = [](auto, auto x) { return is_wide(x); };
constexpr auto sin_backward =
    guarded([](auto g, auto x) { return chain(g, cos_near(x)); }, near,
            guarded([](auto g, auto x) { return chain(g, cos_wide(x)); }, wide,
                    [](auto g, auto x) { return chain(g, cos_any(x)); }));
constexpr auto cos_backward =
    guarded([](auto g, auto x) { return chain(g, -sin_near(x)); }, near,
            guarded([](auto g, auto x) { return chain(g, -sin_wide(x)); }, wide,
                    [](auto g, auto x) { return chain(g, -sin_any(x)); }));

constexpr Elementwise rows[] = {
    // From the output.
    floating<2>("exp.backward", [](auto g, auto out) { return chain(g, out); }),
    floating<2>("expm1.backward", [](auto g, auto out) { return chain(g, out + 1); }),
    floating<2>("sqrt.backward",
                [](auto g, auto out) { return strong(g, decltype(g)(0.5) * g / out); }),
    floating<2>(
        "rsqrt.backward",
        [](auto g, auto out) { return strong(g, decltype(g)(-0.5) * g * out * out * out); }),
    floating<2>("reciprocal.backward", [](auto g, auto out) { return strong(g, -g * out * out); }),
    floating<2>("tan.backward", [](auto g, auto out) { return chain(g, 1 + out * out); }),
    floating<2>("tanh.backward", [](auto g, auto out) { return chain(g, 1 - out * out); }),
    floating<2>("sigmoid.backward", [](auto g, auto out) { return chain(g, out * (1 - out)); }),
    floating<2>("relu.backward", [](auto g, auto out) { return pass(g, !(out <= 0)); }),

    // From the input.
    floating<2, 1>("logit.backward",
                   [](auto g, auto x, auto margin) {
                     using T = decltype(g);
                     const bool limited = margin >= 0;
                     const T low = limited ? margin : T(0);
                     const T slope = T(1) / (x * (T(1) - x));
                     const T outside = limited ? T(0) : Format<T>::nan;
                     return chain(g, (x >= low) & (x <= T(1) - low) ? slope : outside);
                   }),
    floating<2>("log.backward", [](auto g, auto x) { return strong(g, g / x); }),
    floating<2>("log1p.backward", [](auto g, auto x) { return strong(g, g / (1 + x)); }),
    floating<2>(
        "log2.backward",
        [](auto g, auto x) { return strong(g, g / x * decltype(x)(1.442695040888963407)); }),
    floating<2>("square.backward", [](auto g, auto x) { return chain(g, x + x); }),
    floating<2>("abs.backward", [](auto g, auto x) { return chain(g, sign(x)); }),
    floating<2>("sin.backward", sin_backward),
    floating<2>("cos.backward", cos_backward),
    floating<2>("erf.backward", [](auto g, auto x) { return chain(g, erf_derivative(x)); }),
    floating<2>("logsigmoid.backward", [](auto g, auto x) { return chain(g, sigmoid(-x)); }),
    floating<2>("gelu.backward", [](auto g, auto x) { return chain(g, gelu_derivative(x)); }),
    floating<2>("gelu_tanh.backward",
                [](auto g, auto x) { return chain(g, gelu_tanh_derivative(x)); }),
    floating<2>("silu.backward", [](auto g, auto x) { return chain(g, silu_derivative(x)); }),
    floating<2>("mish.backward", [](auto g, auto x) { return chain(g, mish_derivative(x)); }),
    floating<2, 2>("softplus.backward",
                   [](auto g, auto x, auto beta, auto threshold) {
                     return chain(g, softplus_derivative(x, beta, threshold));
                   }),
    floating<2, 1>("leaky_relu.backward",
                   [](auto g, auto x, auto slope) { return x > 0 ? g : chain(g, slope); }),
    floating<2, 1>(
        "shrink.backward",
        [](auto g, auto x, auto limit) { return pass(g, !((x >= -limit) & (x <= limit))); }),
    floating<2, 1>("threshold.backward",
                   [](auto g, auto x, auto limit) { return pass(g, !(x <= limit)); }),
    floating<3>("leaky.backward",
                [](auto g, auto x, auto slope) { return x > 0 ? g : chain(g, slope); }),
    floating<2>("leaky.backward_slope",
                [](auto g, auto x) { return x > 0 ? decltype(g)(0) : chain(g, x); }),
    floating<3>("gated.backward",
                [](auto g, auto a, auto b) {
                  const auto s = sigmoid(b);
                  return chain(g, a * s * (1 - s));
                }),
    floating<2, 3>("elu.backward",
                   [](auto g, auto x, auto alpha, auto scale, auto input_scale) {
                     return chain(g, elu_derivative(x, alpha, scale, input_scale));
                   }),
    floating<2, 2>(
        "hardtanh.backward",
        [](auto g, auto x, auto low, auto high) { return pass(g, !((x <= low) | (x >= high))); }),
    floating<2>("hardsigmoid.backward",
                [](auto g, auto x) { return pass(g / 6, (x > -3) & (x < 3)); }),
    floating<2>("hardswish.backward",
                [](auto g, auto x) { return chain(g, hardswish_derivative(x)); }),
    floating<2>("softsign.backward",
                [](auto g, auto x) { return chain(g, softsign_derivative(x)); }),

    // Ops of several inputs.
    floating<4>("clamp.backward", [](auto g, auto x, auto low,
                                     auto high) { return pass(g, (x >= low) & (x <= high)); }),
    floating<3>("div.backward_other",
                [](auto g, auto input, auto other) { return strong(g, -g * (input / other) / other); }),
    floating<3>("pow.backward_input",
                [](auto g, auto x, auto e) { return chain(g, pow_input_derivative(x, e)); }),
    floating<3>("pow.backward_exponent",
                [](auto g, auto x, auto out) { return chain(g, pow_exponent_derivative(x, out)); }),
    // To the first input; the caller swaps a and b for the second. Equal inputs share.
    floating<3>("maximum.backward",
                [](auto g, auto a, auto b) { return a == b ? g / 2 : pass(g, !(a < b)); }),
    floating<3>("minimum.backward",
                [](auto g, auto a, auto b) { return a == b ? g / 2 : pass(g, !(a > b)); }),
};

}  // namespace

Span<Elementwise> gradient_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
