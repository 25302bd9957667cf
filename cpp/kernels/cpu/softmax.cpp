#include "kernels/cpu/log_sum_exp.h"
#include "kernels/cpu/operations.h"
#include "kernels/cpu/rows.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index long_row = 2 * chunk_elements;  ///< threads share such a row

// ------------------------------------------------------------------ rows

template <bool stored, class T>
double sum_exponentials_of_row(const T* x, T* out, index n, T greatest) {
  double sum = 0;
  for (index i = 0; i < n; i += row_leaf) {
    sum +=
        sum_exponentials<stored>(x + i, stored ? out + i : out, least(row_leaf, n - i), greatest);
  }
  return sum;
}

/// The exponentials wait in scratch memory: reading back what has just been stored lane by lane
/// would be slow.
template <class T>
void softmax_row(const T* x, T* y, index n) {
  const T greatest = reduce_row<GreatestNumber<T>>(x, n);
  T* exponentials = scratch<T>(4, n + exponential_lanes<T>);
  const T scale = static_cast<T>(1 / sum_exponentials_of_row<true>(x, exponentials, n, greatest));
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) y[i] = exponentials[i] * scale;
}

template <class T>
void log_softmax_row(const T* x, T* y, index n) {
  const T greatest = reduce_row<GreatestNumber<T>>(x, n);
  const double sum = sum_exponentials_of_row<false, T>(x, nullptr, n, greatest);
  const T shift = static_cast<T>(log(sum));
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) y[i] = (x[i] - greatest) - shift;
}

constexpr index short_row = 512;

/// Several rows together, one step of all of them after the other: the maximum, the sum and the
/// quotient of one row alone would each wait for the one before.
template <class T>
void softmax_short_rows(const T* x, T* y, index rows, index n, bool logarithm) {
  constexpr index block = 16, lanes = exponential_lanes<T>;
  const index stride = ceil_div(n, lanes) * lanes;
  T* exponentials = scratch<T>(4, block * stride);
  T greatest[block], last[block];
  for (index first = 0; first < rows; first += block, x += block * n, y += block * n) {
    const index count = least(block, rows - first);
    for (index r = 0; r < count; ++r) greatest[r] = reduce_row<GreatestNumber<T>>(x + r * n, n);
    for (index r = 0; r < count; ++r) {
      const double sum =
          sum_exponentials<true>(x + r * n, exponentials + r * stride, n, greatest[r]);
      last[r] = static_cast<T>(logarithm ? log(sum) : 1 / sum);
    }
    for (index r = 0; r < count; ++r) {
      const T *from = x + r * n, *e = exponentials + r * stride;
      T* to = y + r * n;
      if (logarithm) {
        TOPOGRAD_INDEPENDENT
        for (index i = 0; i < n; ++i) to[i] = (from[i] - greatest[r]) - last[r];
      } else {
        TOPOGRAD_INDEPENDENT
        for (index i = 0; i < n; ++i) to[i] = e[i] * last[r];
      }
    }
  }
}

/// The exponentials are taken twice, so that the row is read twice and written once.
template <class T>
void softmax_long_row(const T* x, T* y, index n, bool logarithm) {
  double maximum;
  double sum;
  summarize<LogSumExp<T>>(x, n, 1, {&maximum, &sum});
  const T greatest = static_cast<T>(maximum);
  const T scale = static_cast<T>(1 / sum);
  const T shift = static_cast<T>(log(sum));
  parallel(n, parallel_grain, [=](index begin, index end) {
    if (logarithm) {
      TOPOGRAD_INDEPENDENT
      for (index i = begin; i < end; ++i) y[i] = (x[i] - greatest) - shift;
    } else {
      TOPOGRAD_INDEPENDENT
      for (index i = begin; i < end; ++i) y[i] = exp_negative(x[i] - greatest) * scale;
    }
  });
}

/// A product in which an exact 0 wins over infinity and NaN, as in every gradient.
template <class T>
inline T strong_product(T a, T b) {
  return (a == 0) | (b == 0) ? T(0) : a * b;
}

/// A row that came out as NaN: where no gradient comes in, none goes out.
template <class T>
void softmax_backward_broken_row(const T* g, const T* y, T* dx, index n, index step) {
  double sum = 0;
  for (index i = 0; i < n * step; i += step) sum += static_cast<double>(strong_product(g[i], y[i]));
  const T mean = static_cast<T>(sum);
  for (index i = 0; i < n * step; i += step) dx[i] = strong_product(y[i], g[i] - mean);
}

template <class T>
void softmax_backward_row(const T* g, const T* y, T* dx, index n) {
  const double sum = sum_in_chunks(n, [=](index begin, index end) {
    return sum_of<T>(begin, end, [=](index i) { return g[i] * y[i]; });
  });
  const T mean = static_cast<T>(sum);
  if (is_nan(mean)) return softmax_backward_broken_row(g, y, dx, n, 1);
  parallel(n, long_row, [=](index begin, index end) {
    TOPOGRAD_INDEPENDENT
    for (index i = begin; i < end; ++i) dx[i] = y[i] * (g[i] - mean);
  });
}

template <class T>
void log_softmax_backward_row(const T* g, const T* y, T* dx, index n) {
  const double sum = sum_in_chunks(n, [=](index begin, index end) {
    return sum_of<T>(begin, end, [=](index i) { return g[i]; });
  });
  const T total = static_cast<T>(sum);
  parallel(n, long_row, [=](index begin, index end) {
    if (total != 0 && total - total == 0) {
      TOPOGRAD_INDEPENDENT
      for (index i = begin; i < end; ++i) dx[i] = g[i] - total * exp_negative(y[i]);
    } else {
      for (index i = begin; i < end; ++i) dx[i] = g[i] - strong_product(total, exp_negative(y[i]));
    }
  });
}

// ------------------------------------------------------------------ columns

constexpr index widest_tile = 512;

/// So many columns that the n rows of a tile stay in the second-level cache.
inline index softmax_tile(index n) {
  return greatest(index{64}, least(widest_tile, index{65536} / n / 16 * 16));
}

/// f(row) adds to `part`, which is moved to `total` every so often: long columns keep their
/// precision.
template <class T, class F>
inline void sum_columns(index n, index width, double* total, T* part, F f) {
  for (index j = 0; j < width; ++j) total[j] = 0;
  for (index first = 0; first < n; first += column_leaf) {
    for (index j = 0; j < width; ++j) part[j] = 0;
    for (index r = first; r < least(n, first + column_leaf); ++r) f(r);
    for (index j = 0; j < width; ++j) total[j] += part[j];
  }
}

template <class T>
void softmax_columns(const T* x, T* y, index n, index inner, index width, bool logarithm) {
  T greatest[column_tile];
  T part[widest_tile];
  double total[widest_tile];
  reduce_columns<GreatestNumber<T>>(x, inner, n, width, greatest, scratch<T>(7, column_tile * 48));
  sum_columns(n, width, total, part, [&](index r) {
    TOPOGRAD_INDEPENDENT
    for (index j = 0; j < width; ++j) {
      const T e = exp_negative(x[r * inner + j] - greatest[j]);
      part[j] += e;
      if (!logarithm) y[r * inner + j] = e;
    }
  });
  for (index j = 0; j < width; ++j)
    part[j] = static_cast<T>(logarithm ? log(total[j]) : 1 / total[j]);
  for (index r = 0; r < n; ++r) {
    const T* row = x + r * inner;
    T* out = y + r * inner;
    if (logarithm) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) out[j] = (row[j] - greatest[j]) - part[j];
    } else {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) out[j] *= part[j];
    }
  }
}

template <class T>
void softmax_backward_columns(const T* g, const T* y, T* dx, index n, index inner, index width,
                              bool logarithm) {
  T part[widest_tile];
  double total[widest_tile];
  sum_columns(n, width, total, part, [&](index r) {
    const T* gr = g + r * inner;
    const T* yr = y + r * inner;
    for (index j = 0; j < width; ++j) part[j] += logarithm ? gr[j] : gr[j] * yr[j];
  });
  for (index j = 0; j < width; ++j) part[j] = static_cast<T>(total[j]);
  for (index r = 0; r < n; ++r) {
    const index at = r * inner;
    if (logarithm) {
      // An exact 0 wins over a NaN beside it, and so does an exp(y) of 0 over an infinite sum.
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) {
        const T share = exp_negative(y[at + j]);
        const T product = part[j] * share;
        dx[at + j] = g[at + j] - ((part[j] == 0) | (share == 0) ? T(0) : product);
      }
    } else {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < width; ++j) dx[at + j] = y[at + j] * (g[at + j] - part[j]);
    }
  }
  for (index j = 0; j < width && !logarithm; ++j)
    if (is_nan(part[j])) softmax_backward_broken_row(g + j, y + j, dx + j, n, inner);
}

// ------------------------------------------------------------------ all slices

/// row(offset) for each row, or columns(offset, width) for each tile of columns.
template <class Row, class Columns>
void over_rows(index outer, index n, index inner, Row row, Columns columns) {
  if (n == 0 || inner == 0) return;
  over_slices(outer, n * inner, [=](index slice) {
    const index start = slice * n * inner;
    if (inner == 1) return row(start);
    const index tile = softmax_tile(n);
    parallel(ceil_div(inner, tile), ceil_div(parallel_grain, n * tile),
             [=](index begin, index end) {
               for (index first = begin * tile; first < least(inner, end * tile); first += tile)
                 columns(start + first, least(tile, inner - first));
             });
  });
}

template <class T>
void softmax(const void* in, void* out, index outer, index n, index inner, bool logarithm) {
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  if (inner == 1 && n > 0 && n <= short_row) {
    parallel(outer, ceil_div(parallel_grain, n), [=](index begin, index end) {
      softmax_short_rows(x + begin * n, y + begin * n, end - begin, n, logarithm);
    });
    return;
  }
  over_rows(
      outer, n, inner,
      [=](index start) {
        if (n >= long_row) return softmax_long_row(x + start, y + start, n, logarithm);
        (logarithm ? log_softmax_row<T> : softmax_row<T>)(x + start, y + start, n);
      },
      [=](index start, index width) {
        softmax_columns(x + start, y + start, n, inner, width, logarithm);
      });
}

template <class T>
void softmax_backward(const void* gradient, const void* output, void* input_gradient, index outer,
                      index n, index inner, bool logarithm) {
  const T* g = static_cast<const T*>(gradient);
  const T* y = static_cast<const T*>(output);
  T* dx = static_cast<T*>(input_gradient);
  over_rows(
      outer, n, inner,
      [=](index start) {
        (logarithm ? log_softmax_backward_row<T> : softmax_backward_row<T>)(g + start, y + start,
                                                                            dx + start, n);
      },
      [=](index start, index width) {
        softmax_backward_columns(g + start, y + start, dx + start, n, inner, width, logarithm);
      });
}

template <class T>
void fill(Rows& rows) {
  rows.softmax = softmax<T>;
  rows.softmax_backward = softmax_backward<T>;
}

}  // namespace

void fill_softmax(Rows (&rows)[2]) {
  fill<float>(rows[0]);
  fill<double>(rows[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
