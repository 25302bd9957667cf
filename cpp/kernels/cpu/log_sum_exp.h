#pragma once

// log(sum(exp(x))) without overflow: blocks that fit the innermost cache are read twice (maximum
// first, then exponentials below it), and blocks are merged by rescaling.

#include "kernels/cpu/operations.h"
#include "kernels/cpu/summary.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// What to subtract before exp: the maximum, but 0 where it is infinite, so that no infinity is
/// subtracted from itself.
template <class T>
TOPOGRAD_INLINE T exp_shift(T maximum) {
  return abs(maximum) == Format<T>::infinity ? T{0} : maximum;
}

template <class T>
constexpr index exponential_lanes = lane_count<T> / 4;

/// sum[j] += exp(x[j] - shift) for j < rest <= lanes; out as in sum_exponentials.
template <bool stored, index lanes, class T>
TOPOGRAD_INLINE void add_exponentials(const T* x, T* out, index rest, T shift, T* sum) {
  const int count = static_cast<int>(rest);
  T padded[lanes];
  TOPOGRAD_INDEPENDENT
  for (int j = 0; j < static_cast<int>(lanes); ++j)
    padded[j] = j < count ? x[j] : -Format<T>::infinity;
  TOPOGRAD_INDEPENDENT
  for (index j = 0; j < lanes; ++j) {
    const T e = exp_negative(padded[j] - shift);
    if constexpr (stored) out[j] = e;
    sum[j] += e;
  }
}

/// The sum of exp(x - shift) over n <= row_leaf elements, none of them above shift. Where `stored`,
/// out gets the exponentials, and has room for a multiple of exponential_lanes.
template <bool stored, class T>
TOPOGRAD_INLINE T sum_exponentials(const T* x, T* out, index n, T shift) {
  constexpr index lanes = exponential_lanes<T>;
  T sum[lanes] = {};
  index i = 0;
  for (; i + lanes <= n; i += lanes) {
    TOPOGRAD_INDEPENDENT
    for (index j = 0; j < lanes; ++j) {
      const T e = exp_negative(x[i + j] - shift);
      if constexpr (stored) out[i + j] = e;
      sum[j] += e;
    }
  }
  // The end is padded, to half of the lanes if that is enough: an exponential costs as much for one
  // element as for a vector.
  const index rest = n - i;
  if (rest > lanes / 2)
    add_exponentials<stored, lanes>(x + i, stored ? out + i : out, rest, shift, sum);
  else if (rest > 0)
    add_exponentials<stored, lanes / 2>(x + i, stored ? out + i : out, rest, shift, sum);
  return fold_lanes<Sum<T>, lanes>(sum);
}

/// Summaries are (maximum, sum of exp(x - exp_shift(maximum))). NaNs show in the sum, not in the
/// maximum.
template <class T>
struct LogSumExp {
  using In = T;
  static constexpr index tile = 256;

  /// log of the sum of exponentials.
  TOPOGRAD_INLINE static double finish(double maximum, double sum) {
    return log(sum) + exp_shift(maximum);
  }

  /// The sum of exp(x - exp_shift(greatest)) over n <= row_leaf elements.
  TOPOGRAD_INLINE static T sum_below(const T* x, index n, T greatest) {
    return greatest < Format<T>::infinity
               ? sum_exponentials<false, T>(x, nullptr, n, exp_shift(greatest))
               : sum_of_infinities(x, n);
  }

  static void merge(Summaries a, index, Summaries b, index, index width) {
    for (index j = 0; j < width; ++j) {
      const double greatest = GreatestNumber<double>::combine(a.first[j], b.first[j]);
      const double shift = exp_shift(greatest);
      a.second[j] =
          rescaled(a.first[j], a.second[j], shift) + rescaled(b.first[j], b.second[j], shift);
      a.first[j] = greatest;
    }
  }

  static void row(const T* x, index n, Summaries out) {
    for (index i = 0; i < n; i += row_leaf) {
      const index count = least(row_leaf, n - i);
      double greatest = reduce_leaf<GreatestNumber<T>>(x + i, count);
      double sum = sum_below(x + i, count, static_cast<T>(greatest));
      if (i == 0) {
        *out.first = greatest;
        *out.second = sum;
      } else {
        merge(out, i, {&greatest, &sum}, count, 1);
      }
    }
  }

  static void columns(const T* x, index stride, index rows, index width, Summaries out) {
    constexpr index block = 32;
    static_assert(block <= column_leaf);
    double greatest[tile];
    double sum[tile];
    for (index first = 0; first < rows; first += block) {
      const index count = least(block, rows - first);
      const Summaries target = first == 0 ? out : Summaries{greatest, sum};
      block_columns(x + first * stride, stride, count, width, target);
      if (first > 0) merge(out, first, target, count, width);
    }
  }

 private:
  static T sum_of_infinities(const T* x, index n) {
    T sum = 0;  // infinite, unless there is a NaN as well
    for (index i = 0; i < n; ++i) sum += exp(x[i]);
    return sum;
  }

  static double rescaled(double maximum, double sum, double shift) {
    // Where all is -inf the sum is 0 (or NaN), and the shift says nothing about it.
    return maximum == -Format<double>::infinity ? sum : sum * exp(exp_shift(maximum) - shift);
  }

  static void block_columns(const T* x, index stride, index rows, index width, Summaries out) {
    T shift[tile];
    T sum[tile] = {};
    reduce_columns<GreatestNumber<T>>(x, stride, rows, width, shift, nullptr);
    for (index j = 0; j < width; ++j) {
      out.first[j] = shift[j];
      shift[j] = exp_shift(shift[j]);
    }
    for (index r = 0; r < rows; ++r)
      for (index j = 0; j < width; ++j) sum[j] += exp(x[r * stride + j] - shift[j]);
    for (index j = 0; j < width; ++j) out.second[j] = sum[j];
  }
};

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
