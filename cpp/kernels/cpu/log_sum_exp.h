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

/// Summaries are (maximum, sum of exp(x - exp_shift(maximum))).
template <class T>
struct LogSumExp {
  using In = T;
  static constexpr index tile = 256;

  /// log of the sum of exponentials.
  TOPOGRAD_INLINE static double finish(double maximum, double sum) {
    return log(sum) + exp_shift(maximum);
  }

  static void merge(Summaries a, index, Summaries b, index, index width) {
    for (index j = 0; j < width; ++j) {
      const double greatest = maximum(a.first[j], b.first[j]);
      const double shift = exp_shift(greatest);
      a.second[j] =
          rescaled(a.first[j], a.second[j], shift) + rescaled(b.first[j], b.second[j], shift);
      a.first[j] = greatest;
    }
  }

  static void row(const T* x, index n, Summaries out) {
    for (index i = 0; i < n; i += row_leaf) {
      const index count = least(row_leaf, n - i);
      double greatest = reduce_leaf<Greatest<T>>(x + i, count);
      const T shift = exp_shift(static_cast<T>(greatest));
      double sum =
          sum_of<T>(0, count, [part = x + i, shift](index k) { return exp(part[k] - shift); });
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
  static double rescaled(double maximum, double sum, double shift) {
    // A summary of -inf only holds nothing; its shift says nothing about it.
    return maximum == -Format<double>::infinity ? 0.0 : sum * exp(exp_shift(maximum) - shift);
  }

  static void block_columns(const T* x, index stride, index rows, index width, Summaries out) {
    T shift[tile];
    T sum[tile] = {};
    reduce_columns<Greatest<T>>(x, stride, rows, width, shift, nullptr);
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
