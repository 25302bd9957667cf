#pragma once

// The logistic and hyperbolic functions, the error function and the normal distribution, in the
// manner of math.h.

#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

// ------------------------------------------------------------------ logistic and hyperbolic

/// n / (a + b) for a >= b, less the rounding error of a + b when that sum is near 1.
template <Real T>
TOPOGRAD_INLINE T ratio_to_sum(T n, T a, T b) {
  const T sum = a + b;
  const T lost = b - (sum - a);
  const T quotient = n / sum;
  return quotient - quotient * lost;
}
template <Real T>
TOPOGRAD_INLINE T sigmoid(T x) {
  const T e = exp_negative(-abs(x));
  return ratio_to_sum(x < T(0) ? e : T(1), T(1), e);
}
/// For |x| <= exp_normal; 2 ULP. The same for silu.
template <Real T>
TOPOGRAD_INLINE T sigmoid_normal(T x) {
  return T(1) / (T(1) + exp_normal(-x));
}
template <Real T>
TOPOGRAD_INLINE T silu_normal(T x) {
  return x / (T(1) + exp_normal(-x));
}
template <Real T>
TOPOGRAD_INLINE T logsigmoid(T x) {
  return (x > T(0) ? T(-0.0) : x) - log1p_unit(exp_negative(-abs(x)));
}
/// 3 ULP where exp(-|x|) is a normal number. The same for mish.
template <Real T>
TOPOGRAD_INLINE T silu(T x) {
  const T e = exp_negative(-abs(x));
  const T limited = at_least(x, Format<T>::exp_low);  // or -infinity would be multiplied by 0
  return (x < T(0) ? limited * e : x) / (T(1) + e);
}
template <Real T>
TOPOGRAD_INLINE T tanh(T x) {
  // (1 - e) / (1 + e) with e = exp(-2|x|), where 1 - e is -expm1(-2|x|).
  const auto [r, r_low, power] = reduce_exp(at_least(T(-2) * abs(x), Format<T>::expm1_low));
  const T scale = power_of_two<T>(power);
  const T scaled = scale * (r + r * r * exp_tail(r));
  const T n_high = T(1) - scale, d_high = T(1) + scale;
  const T n = n_high - scaled, d = d_high + scaled;
  const T n_lost = (n_high - n) - scaled, d_lost = scaled - (d - d_high);
  const T y = n / d;
  // One step of correction for the two rounded sums; 1 / d = (1 + y) / 2.
  return copysign(y + (n_lost - y * d_lost) * (T(0.5) + T(0.5) * y), x);
}
/// x tanh(log(1 + exp(x))), as a ratio of polynomials of exp(x).
template <Real T>
TOPOGRAD_INLINE T mish_ratio(T x) {
  const T e = exp(at_most(x, T(20)));
  const T w = e * (e + T(2));
  return w / (w + T(2));
}
template <Real T>
TOPOGRAD_INLINE T mish(T x) {
  return at_least(x, Format<T>::exp_low) * mish_ratio(x);
}

// ------------------------------------------------------------------ error function, normal tails

/// erf(x) / x - 1 as a function of x^2, for |x| <= erf_small.
TOPOGRAD_INLINE float erf_series(float x2) {
  return polynomial(x2, 0.128379166f, -0.3761263205f, 0.1128366947f, -0.02685795906f,
                    0.005197487227f, -0.0008102915561f, 8.204169676e-5f);
}
TOPOGRAD_INLINE double erf_series(double x2) {
  return polynomial(x2, 0.1283791670955125738, -0.37612638903183748056, 0.11283791670954878666,
                    -0.026866170645076793248, 0.0052239776248180144673, -0.00085483269808337899052,
                    0.00012055331111642710923, -0.000014925595266831181565,
                    1.6461000484121368033e-6, -1.6350312701054695011e-7, 1.4659775274047435814e-8,
                    -1.137284885679167367e-9, 5.9571761477489114044e-11);
}
/// scale exp(x^2 / 2) times the probability that a normal variable exceeds x; 0 <= x <=
/// gaussian_limit.
TOPOGRAD_INLINE float normal_tail_ratio(float x, float scale) {
  const float p = polynomial(x, 0.4999999256f * scale, 0.3424020755f * scale, 0.1089465561f * scale,
                             0.01465878680f * scale, 2.019889627e-7f * scale);
  const float q = polynomial(x, 1.0f, 1.482680755f, 0.9009694578f, 0.2725761663f, 0.03676895936f);
  return p / q;
}
TOPOGRAD_INLINE double normal_tail_ratio(double x, double scale) {
  const double t = (x - 5.0) / (x + 5.0);
  const double y =
      polynomial(t, 0.4615158298500377751, -0.09155228183400881518, 0.03103036842596318679,
                 0.01000235238520533847, -0.0264010429662925432, 0.02453696324445285627,
                 -0.01517041540253975575, 0.006522000656320855474, -0.001676072348243276386,
                 7.791690844271930721e-6, 0.0001823341985930824076, -0.00005360803796862406086,
                 -9.896453646201561218e-6, 9.061211055012738816e-6, -6.899272279517921507e-8,
                 -1.310032666985961393e-6, 1.24762745752334033e-7, 1.990096892644477988e-7,
                 -2.198924620677515095e-8, -3.213248613793193217e-8, 3.538818484006129681e-10,
                 4.056131186466617103e-9, 7.780373546506895815e-10);
  return y * scale / (x + 1.0);
}
/// 1 - erf(x) for x >= 0, to the last digits of the tail (5 ULP in double).
template <Real T>
TOPOGRAD_INLINE T erfc_positive(T x) {
  const T a = at_most(x, Format<T>::gaussian_limit * T(0.70710678118654752));
  const T ratio = normal_tail_ratio(a * T(1.41421356237309505), T(2) * Format<T>::gaussian_unlift);
  return lifted_gaussian(a, T(1)) * ratio;
}
template <Real T>
TOPOGRAD_INLINE T erf(T x) {
  const T a = abs(x);
  const T small = a + a * erf_series(a * a);
  return copysign(a < Format<T>::erf_small ? small : T(1) - erfc_positive(a), x);
}
/// 6 ULP, 7 without FMA.
template <Real T>
TOPOGRAD_INLINE T erfc(T x) {
  const T y = erfc_positive(abs(x));
  return x < T(0) ? T(2) - y : y;
}

/// x is |x| limited to gaussian_limit, lifted is lifted_gaussian(x, 1/2), tail the probability that
/// a normal variable exceeds x.
template <Real T>
struct NormalTail {
  T x, lifted, tail;
};
template <Real T>
TOPOGRAD_INLINE NormalTail<T> normal_tail(T x) {
  const T a = at_most(abs(x), Format<T>::gaussian_limit);
  const T lifted = lifted_gaussian(a, T(0.5));
  return {a, lifted, lifted * normal_tail_ratio(a, Format<T>::gaussian_unlift)};
}
/// 4 ULP, 10 near the end of the negative tail (20 in double).
template <Real T>
TOPOGRAD_INLINE T gelu(T x) {
  // max(x, 0) minus the tail: exact to the last digits for negative x too, where 1 + erf cancels.
  const auto normal = normal_tail(x);
  return (x >= T(0) ? x : T(-0.0)) - normal.x * normal.tail;
}
template <Real T>
TOPOGRAD_INLINE T gelu_derivative(T x) {
  const auto [a, lifted, tail] = normal_tail(x);
  const T density = lifted * (T(0.398942280401432678) * Format<T>::gaussian_unlift);
  return (x > T(0) ? T(1) - tail : tail) + copysign(a, x) * density;
}
/// gelu_tanh(x) = x sigmoid(gelu_tanh_argument(x))
template <Real T>
TOPOGRAD_INLINE T gelu_tanh_argument(T x) {
  return T(1.59576912160573071) * (x + T(0.044715) * x * x * x);
}
/// The rounding of the argument shows in the negative tail: 200 ULP at -10.
template <Real T>
TOPOGRAD_INLINE T gelu_tanh(T x) {
  return at_least(x, Format<T>::exp_low) * sigmoid(gelu_tanh_argument(x));
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
