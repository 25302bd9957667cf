// Elementwise losses of an input x and a target t, and their fused gradients. A new one is a scalar
// function and a row.

#include "kernels/cpu/activations.h"
#include "kernels/cpu/chain.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// A parabola that goes on as a straight line where |d| is delta or more.
template <Real T>
inline T huber(T d, T delta) {
  const T a = abs(d);
  return a < delta ? T(0.5) * a * a : delta * (a - T(0.5) * delta);
}
template <Real T>
inline T huber_slope(T d, T delta) {
  return at_most(at_least(d, -delta), delta);
}
/// x where t is 1, max(0, margin - x) where t is -1, and both elsewhere.
template <Real T>
inline T hinge_embedding(T x, T t, T margin) {
  const T near = at_least(margin - x, T(0));
  return (t == T(-1) ? T(0) : x) + (t == T(1) ? T(0) : near);
}
template <Real T>
inline T hinge_embedding_slope(T x, T t, T margin) {
  const bool near = (t != T(1)) & !(x > margin);
  return (t == T(-1) ? T(0) : T(1)) - (near ? T(1) : T(0));
}
/// Half of log(v) + (x - t)^2 / v, with v at least eps.
template <Real T>
inline T gaussian_nll(T x, T t, T variance, T eps) {
  const T v = at_least(variance, eps), d = x - t;
  return T(0.5) * (log(v) + d * d / v);
}
template <Real T>
inline T gaussian_nll_variance_slope(T x, T t, T variance, T eps) {
  const T v = at_least(variance, eps), d = x - t;
  return T(0.5) * (v - d * d) / (v * v);
}
/// Logarithms are -100 or more. NaN where x or t is no probability.
template <Real T>
inline T binary_cross_entropy(T x, T t) {
  const bool inside = (x >= T(0)) & (x <= T(1)) & (t >= T(0)) & (t <= T(1));
  const T loss = -(t * at_least(log(x), T(-100)) + (T(1) - t) * at_least(log1p(-x), T(-100)));
  return inside ? loss : Format<T>::nan;
}

constexpr Elementwise rows[] = {
    floating<2>("squared_error", [](auto x, auto t) { return (x - t) * (x - t); }),
    floating<2>("absolute_error", [](auto x, auto t) { return abs(x - t); }),
    floating<2, 2>("huber", [](auto x, auto t, auto delta,
                               auto scale) { return huber(x - t, delta) * scale; }),
    floating<2>("soft_margin", [](auto x, auto t) { return -logsigmoid(x * t); }),
    floating<2, 1>("hinge_embedding",
                   [](auto x, auto t, auto margin) { return hinge_embedding(x, t, margin); }),
    floating<2>("poisson_nll_log", [](auto x, auto t) { return exp(x) - t * x; }),
    floating<2, 1>("poisson_nll", [](auto x, auto t, auto eps) { return x - t * log(x + eps); }),
    floating<3, 1>("gaussian_nll",
                   [](auto x, auto t, auto v, auto eps) { return gaussian_nll(x, t, v, eps); }),
    floating<2>("kl_div",
                [](auto x, auto t) { return (t == 0 ? decltype(x)(0) : t * log(t)) - t * x; }),
    floating<2>("kl_div_log", [](auto x, auto t) { return exp(t) * (t - x); }),
    floating<2>("binary_cross_entropy", [](auto x, auto t) { return binary_cross_entropy(x, t); }),
    floating<2>("binary_cross_entropy_logits",
                [](auto x, auto t) { return (1 - t) * x - logsigmoid(x); }),
    floating<3, 1>("margin_ranking",
                   [](auto x, auto y, auto t, auto margin) {
                     using T = decltype(x);
                     return at_least(margin - t * (x - y), T(0));
                   }),

    // To x, but for the last of gaussian_nll. Symmetric losses serve the target as well.
    floating<3>("squared_error.backward",
                [](auto g, auto x, auto t) { return chain(g, 2 * (x - t)); }),
    floating<3>("absolute_error.backward",
                [](auto g, auto x, auto t) { return chain(g, sign(x - t)); }),
    floating<3, 2>("huber.backward",
                   [](auto g, auto x, auto t, auto delta, auto scale) {
                     return chain(g, huber_slope(x - t, delta) * scale);
                   }),
    floating<3>("soft_margin.backward",
                [](auto g, auto x, auto t) { return chain(g, -t * sigmoid(-(x * t))); }),
    floating<3, 1>("hinge_embedding.backward",
                   [](auto g, auto x, auto t, auto margin) {
                     return chain(g, hinge_embedding_slope(x, t, margin));
                   }),
    floating<3>("poisson_nll_log.backward",
                [](auto g, auto x, auto t) { return chain(g, exp(x) - t); }),
    floating<3, 1>("poisson_nll.backward",
                   [](auto g, auto x, auto t, auto eps) { return chain(g, 1 - t / (x + eps)); }),
    floating<4, 1>("gaussian_nll.backward",
                   [](auto g, auto x, auto t, auto v, auto eps) {
                     return chain(g, (x - t) / at_least(v, eps));
                   }),
    floating<4, 1>("gaussian_nll.backward_var",
                   [](auto g, auto x, auto t, auto v, auto eps) {
                     return chain(g, gaussian_nll_variance_slope(x, t, v, eps));
                   }),
    floating<3>("binary_cross_entropy.backward",
                [](auto g, auto x, auto t) {
                  using T = decltype(x);
                  return chain(g, (x - t) / at_least(x * (T(1) - x), T(1e-12)));
                }),
    floating<3>("binary_cross_entropy_logits.backward",
                [](auto g, auto x, auto t) { return chain(g, sigmoid(x) - t); }),
    floating<4, 1>("margin_ranking.backward",
                   [](auto g, auto x, auto y, auto t, auto margin) {
                     return pass(-t * g, !(t * (x - y) > margin));
                   }),
};

}  // namespace

Span<Elementwise> loss_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
