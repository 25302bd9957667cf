#include "kernels/cpu/complex_functions.h"
#include "kernels/cpu/log_sum_exp.h"
#include "kernels/cpu/operations.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index scan_tile = 512;  ///< columns scanned together

template <class T>
struct Wider {
  using Type = T;
};
template <>
struct Wider<float> {
  using Type = double;
};

/// Operations as in reduce.h; the running value is kept in the wider type and rounded once per
/// element.
template <class T>
struct RunningSum : Sum<typename Wider<T>::Type> {
  using In = T;
  static typename Wider<T>::Type lift(T x) { return x; }
};
template <class T>
struct RunningProduct : Product<typename Wider<T>::Type> {
  using In = T;
  static typename Wider<T>::Type lift(T x) { return x; }
};

/// Sums and products of complex numbers, and logarithms of sums of their exponentials.
template <class T>
struct RunningComplexSum {
  using In = Complex<T>;
  using Acc = Complex<double>;
  static Acc identity() { return {0.0, 0.0}; }
  static Acc lift(In z) { return Acc(z); }
  static Acc combine(Acc a, Acc b) { return a + b; }
};
template <class T>
struct RunningComplexProduct {
  using In = Complex<T>;
  using Acc = Complex<double>;
  static Acc identity() { return {1.0, 0.0}; }
  static Acc lift(In z) { return Acc(z); }
  static Acc combine(Acc a, Acc b) { return a * b; }
};
template <class T>
struct RunningComplexLogSumExp {
  using In = Complex<T>;
  using Acc = Complex<double>;
  static Acc identity() { return {-Format<double>::infinity, 0.0}; }
  static Acc lift(In z) { return Acc(z); }
  static Acc combine(Acc a, Acc b) { return logaddexp(a, b); }
};

// ------------------------------------------------------------------ one row

// A running value is a chain in which each addition waits for the one before. So the row is cut
// into segments whose totals come first (many lanes, no chain); then four chains run side by side,
// each from its own start.
constexpr index segment = 512;
constexpr index chains = 4;
constexpr index stretch = index{1} << 18;  ///< elements whose totals are kept at once

/// From `total` along x[0], x[step], …; count elements. Returns the last value.
template <class Op>
typename Op::Acc scan_chain(const typename Op::In* x, typename Op::In* y, index step, index count,
                            typename Op::Acc total) {
  for (index i = 0; i < count; ++i) {
    total = Op::combine(total, Op::lift(x[i * step]));
    y[i * step] = static_cast<typename Op::In>(total);
  }
  return total;
}

/// Four whole segments from their own starts.
template <class Op>
void scan_four_segments(const typename Op::In* x, typename Op::In* y, index step,
                        const typename Op::Acc* start) {
  using T = typename Op::In;
  const index next = segment * step;
  auto a = start[0];
  auto b = start[1];
  auto c = start[2];
  auto d = start[3];
  for (index i = 0; i < segment; ++i, x += step, y += step) {
    a = Op::combine(a, Op::lift(x[0]));
    b = Op::combine(b, Op::lift(x[next]));
    c = Op::combine(c, Op::lift(x[2 * next]));
    d = Op::combine(d, Op::lift(x[3 * next]));
    y[0] = static_cast<T>(a);
    y[next] = static_cast<T>(b);
    y[2 * next] = static_cast<T>(c);
    y[3 * next] = static_cast<T>(d);
  }
}

/// At most `stretch` elements, a multiple of four segments. Returns the last value.
template <class Op>
typename Op::Acc scan_stretch(const typename Op::In* x, typename Op::In* y, index step, index n,
                              typename Op::Acc total) {
  using Acc = typename Op::Acc;
  Acc start[stretch / segment];
  constexpr index grain = parallel_grain / segment;
  const index segments = n / segment;
  parallel(segments, grain, [&](index begin, index end) {
    for (index s = begin; s < end; ++s) {
      const index lowest = step > 0 ? s * segment : -((s + 1) * segment - 1);
      start[s] = reduce_leaf<Op>(x + lowest, segment);
    }
  });
  for (index s = 0; s < segments; ++s) {
    const Acc segment_total = start[s];
    start[s] = total;
    total = Op::combine(total, segment_total);
  }
  parallel(segments / chains, grain / chains, [&](index begin, index end) {
    for (index group = begin; group < end; ++group) {
      const index first = group * chains;
      scan_four_segments<Op>(x + first * segment * step, y + first * segment * step, step,
                             start + first);
    }
  });
  return total;
}

template <class Op>
void scan_row(const typename Op::In* x, typename Op::In* y, index step, index n) {
  auto total = Op::identity();
  while (n >= segment * chains) {
    const index count = least(stretch, n - n % (segment * chains));
    total = scan_stretch<Op>(x, y, step, count, total);
    x += count * step;
    y += count * step;
    n -= count;
  }
  scan_chain<Op>(x, y, step, n, total);
}

template <class Op>
void scan_columns(const typename Op::In* x, typename Op::In* y, index row_step, index n,
                  index width) {
  typename Op::Acc total[scan_tile];
  for (index j = 0; j < width; ++j) total[j] = Op::identity();
  for (index r = 0; r < n; ++r, x += row_step, y += row_step) {
    for (index j = 0; j < width; ++j) {
      total[j] = Op::combine(total[j], Op::lift(x[j]));
      y[j] = static_cast<typename Op::In>(total[j]);
    }
  }
}

template <class Op>
struct Folding {
  using In = typename Op::In;
  static void row(const In* x, In* y, index step, index n) { scan_row<Op>(x, y, step, n); }
  static void columns(const In* x, In* y, index row_step, index n, index width) {
    scan_columns<Op>(x, y, row_step, n, width);
  }
};
template <class T>
using CumulativeSum = Folding<RunningSum<T>>;
template <class T>
using CumulativeProduct = Folding<RunningProduct<T>>;
/// Sums of short rows are two chains of real numbers.
template <class T>
struct ComplexCumulativeSum : Folding<RunningComplexSum<T>> {
  using In = Complex<T>;
  static void row(const In* x, In* y, index step, index n) {
    if (n >= segment * chains) return scan_row<RunningComplexSum<T>>(x, y, step, n);
    double re = 0, im = 0;
    for (index i = 0; i < n; ++i) {
      re += x[i * step].re;
      im += x[i * step].im;
      y[i * step].re = static_cast<T>(re);
      y[i * step].im = static_cast<T>(im);
    }
  }
};
template <class T>
using ComplexCumulativeProduct = Folding<RunningComplexProduct<T>>;

/// One chain per row: totals of segments would cost as much again.
template <class T>
struct ComplexCumulativeLogSumExp {
  using In = Complex<T>;
  using Op = RunningComplexLogSumExp<T>;
  static void row(const In* x, In* y, index step, index n) {
    scan_chain<Op>(x, y, step, n, Op::identity());
  }
  static void columns(const In* x, In* y, index row_step, index n, index width) {
    scan_columns<Op>(x, y, row_step, n, width);
  }
};

// ------------------------------------------------------------------ logcumsumexp

/// The sum of exponentials is kept relative to the running maximum, so that small leading values do
/// not vanish.
template <class T>
struct CumulativeLogSumExp {
  using In = T;

  /// What the sum so far is worth when the maximum moves from `before` to `now`.
  TOPOGRAD_INLINE static T rescale(T before, T now) {
    return before == -Format<T>::infinity ? T{0} : exp(exp_shift(before) - exp_shift(now));
  }

  static void row(const T* x, T* y, index step, index n) {
    T value[segment];
    T maxima[segment + 1];
    T scale[segment];
    T term[segment];
    double sum = 0;
    maxima[0] = -Format<T>::infinity;
    for (; n > 0; n -= segment, x += segment * step, y += segment * step) {
      const index count = least(segment, n);
      for (index i = 0; i < count; ++i) {
        value[i] = x[i * step];
        maxima[i + 1] = maximum(maxima[i], value[i]);
      }
      for (index i = 0; i < count; ++i) {
        scale[i] = rescale(maxima[i], maxima[i + 1]);
        term[i] = exp(value[i] - exp_shift(maxima[i + 1]));
      }
      for (index i = 0; i < count; ++i) {
        sum = sum * scale[i] + term[i];
        term[i] = static_cast<T>(sum);
      }
      for (index i = 0; i < count; ++i) term[i] = log(term[i]) + exp_shift(maxima[i + 1]);
      for (index i = 0; i < count; ++i) y[i * step] = term[i];
      maxima[0] = maxima[count];
    }
  }

  static void columns(const T* x, T* y, index row_step, index n, index width) {
    T maxima[scan_tile];
    double sum[scan_tile] = {};
    for (index j = 0; j < width; ++j) maxima[j] = -Format<T>::infinity;
    for (index r = 0; r < n; ++r, x += row_step, y += row_step) {
      for (index j = 0; j < width; ++j) {
        const T now = maximum(maxima[j], x[j]);
        sum[j] = sum[j] * rescale(maxima[j], now) + exp(x[j] - exp_shift(now));
        maxima[j] = now;
        y[j] = log(static_cast<T>(sum[j])) + exp_shift(now);
      }
    }
  }
};

// ------------------------------------------------------------------ the rows

template <class S, bool reverse>
void scan(const void* in, void* out, index outer, index n, index inner) {
  using T = typename S::In;
  const T* x = static_cast<const T*>(in);
  T* y = static_cast<T*>(out);
  if (n == 0) return;
  const index step = reverse ? -inner : inner;
  over_slices(outer, n * inner, [=](index slice) {
    const index first = slice * n * inner + (reverse ? (n - 1) * inner : 0);
    if (inner == 1) {
      S::row(x + first, y + first, step, n);
      return;
    }
    const index tiles = ceil_div(inner, scan_tile);
    parallel(tiles, ceil_div(parallel_grain, n * scan_tile), [=](index begin, index end) {
      for (index tile = begin; tile < end; ++tile) {
        const index column = tile * scan_tile;
        S::columns(x + first + column, y + first + column, step, n,
                   least(scan_tile, inner - column));
      }
    });
  });
}

template <template <class> class S, bool reverse>
constexpr Scan with_complex(Scan real) {
  real.scan[static_cast<int>(Compute::c64)] = scan<S<float>, reverse>;
  real.scan[static_cast<int>(Compute::c128)] = scan<S<double>, reverse>;
  return real;
}
template <template <class> class S, bool reverse>
constexpr Scan scanning(const char* name) {
  return {name, {scan<S<float>, reverse>, scan<S<double>, reverse>, scan<S<index>, reverse>}};
}
template <bool reverse>
constexpr Scan scanning_logarithms(const char* name) {
  return {name,
          {scan<CumulativeLogSumExp<float>, reverse>, scan<CumulativeLogSumExp<double>, reverse>,
           nullptr}};
}

constexpr Scan rows[] = {
    with_complex<ComplexCumulativeSum, false>(scanning<CumulativeSum, false>("cumsum")),
    with_complex<ComplexCumulativeSum, true>(scanning<CumulativeSum, true>("cumsum.reverse")),
    with_complex<ComplexCumulativeProduct, false>(scanning<CumulativeProduct, false>("cumprod")),
    with_complex<ComplexCumulativeProduct, true>(
        scanning<CumulativeProduct, true>("cumprod.reverse")),
    with_complex<ComplexCumulativeLogSumExp, false>(scanning_logarithms<false>("logcumsumexp")),
    with_complex<ComplexCumulativeLogSumExp, true>(
        scanning_logarithms<true>("logcumsumexp.reverse")),
};

}  // namespace

Span<Scan> scan_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
