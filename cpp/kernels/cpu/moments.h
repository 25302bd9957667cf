#pragma once

// Mean and sum of squared deviations, accurate also when the mean is far greater than the
// deviations: blocks that fit the innermost cache are read twice (mean first, then deviations from
// it), and blocks are merged by Chan's formula.

#include "kernels/cpu/operations.h"
#include "kernels/cpu/summary.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Summaries are (mean, sum of squared deviations from it).
template <class T>
struct Moments {
  using In = T;
  static constexpr index tile = 256;

  static void merge(Summaries a, index count_a, Summaries b, index count_b, index width) {
    const double count = static_cast<double>(count_a) + static_cast<double>(count_b);
    const double share = static_cast<double>(count_b) / count;
    const double weight = static_cast<double>(count_a) * share;
    for (index j = 0; j < width; ++j) {
      const double delta = b.first[j] - a.first[j];
      a.first[j] += delta * share;
      a.second[j] += b.second[j] + delta * delta * weight;
    }
  }

  static void row(const T* x, index n, Summaries out) {
    for (index i = 0; i < n; i += row_leaf) {
      const index count = least(row_leaf, n - i);
      const T center = reduce_leaf<Sum<T>>(x + i, count) / static_cast<T>(count);
      const auto sums = sum_pairs_of_leaf<T>(0, count, [part = x + i, center](index k) {
        const T deviation = part[k] - center;
        return Pair<T>{deviation, deviation * deviation};
      });
      // The center is rounded; the sum of the deviations from it says how far off it is.
      const double shift = static_cast<double>(sums.first) / static_cast<double>(count);
      double mean = center + shift;
      double squares = sums.second - sums.first * shift;
      if (i == 0) {
        *out.first = mean;
        *out.second = squares;
      } else {
        merge(out, i, {&mean, &squares}, count, 1);
      }
    }
  }

  static void columns(const T* x, index stride, index rows, index width, Summaries out) {
    constexpr index block = 32;
    static_assert(block <= column_leaf);
    double mean[tile];
    double squares[tile];
    for (index first = 0; first < rows; first += block) {
      const index count = least(block, rows - first);
      const Summaries target = first == 0 ? out : Summaries{mean, squares};
      block_columns(x + first * stride, stride, count, width, target);
      if (first > 0) merge(out, first, target, count, width);
    }
  }

 private:
  static void block_columns(const T* x, index stride, index rows, index width, Summaries out) {
    T center[tile];
    T plain[tile] = {};
    T squared[tile] = {};
    reduce_columns<Sum<T>>(x, stride, rows, width, center, nullptr);
    for (index j = 0; j < width; ++j) center[j] /= static_cast<T>(rows);
    for (index r = 0; r < rows; ++r) {
      for (index j = 0; j < width; ++j) {
        const T deviation = x[r * stride + j] - center[j];
        plain[j] += deviation;
        squared[j] += deviation * deviation;
      }
    }
    for (index j = 0; j < width; ++j) {
      const double shift = static_cast<double>(plain[j]) / static_cast<double>(rows);
      out.first[j] = center[j] + shift;
      out.second[j] = squared[j] - plain[j] * shift;
    }
  }
};

struct RowMoments {
  double mean;
  double squares;
};
template <class T>
inline RowMoments row_moments(const T* x, index n) {
  RowMoments moments{0, 0};
  Moments<T>::row(x, n, {&moments.mean, &moments.squares});
  return moments;
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
