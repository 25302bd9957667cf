#include "kernels/cpu/complex.h"
#include "kernels/cpu/log_sum_exp.h"
#include "kernels/cpu/moments.h"
#include "kernels/cpu/operations.h"
#include "kernels/cpu/reduce.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// ------------------------------------------------------------------ operations of reduce.h

template <class Op>
void reduce(const void* in, void* out, index outer, index reduced, index inner, double) {
  const auto* x = static_cast<const typename Op::In*>(in);
  auto* y = static_cast<typename Op::Out*>(out);
  if (inner == 1 && reduced <= row_leaf) {
    const index grain = ceil_div(parallel_grain, greatest(reduced, index{1}));
    parallel(outer, grain, [=](index begin, index end) {
      for (index row = begin; row < end; ++row)
        y[row] = Op::finish(reduce_leaf<Op>(x + row * reduced, reduced));
    });
    return;
  }
  over_slices(outer, reduced * inner, [=](index slice) {
    reduce_slice<Op>(x + slice * reduced * inner, y + slice * inner, reduced, inner);
  });
}

/// Squares of doubles overflow from 1e154 and vanish below 1e-154; such columns are done again,
/// scaled by their maximum.
void reduce_norm2_f64(const void* in, void* out, index outer, index reduced, index inner, double) {
  reduce<EuclideanNorm<double>>(in, out, outer, reduced, inner, 0);
  auto* y = static_cast<double*>(out);
  for (index i = 0; i < outer * inner; ++i) {
    if (y[i] > 1e-140 && y[i] < 1e150) continue;
    const double* x = static_cast<const double*>(in) + i / inner * reduced * inner + i % inner;
    double scale = 0;
    for (index r = 0; r < reduced; ++r) scale = maximum(scale, abs(x[r * inner]));
    if (scale == 0 || !(scale < Format<double>::infinity)) {
      y[i] = scale;
      continue;
    }
    double squares = 0;
    for (index r = 0; r < reduced; ++r) {
      const double ratio = x[r * inner] / scale;
      squares += ratio * ratio;
    }
    y[i] = scale * sqrt(squares);
  }
}

template <class T>
struct ComplexSum : Plain<Complex<T>> {
  using Combined = ComplexSum;
  static Complex<T> identity() { return {T(0), T(0)}; }
  static Complex<T> combine(Complex<T> a, Complex<T> b) { return a + b; }
};
template <class T>
struct ComplexProduct : Plain<Complex<T>> {
  using Combined = ComplexProduct;
  static Complex<T> identity() { return {T(1), T(0)}; }
  static Complex<T> combine(Complex<T> a, Complex<T> b) { return a * b; }
};

// ------------------------------------------------------------------ argmax, argmin

template <class T>
struct ArgIndex {
  using Type = std::int64_t;
};
/// Lanes of one width: rows are counted in blocks.
template <>
struct ArgIndex<float> {
  using Type = std::int32_t;
};

/// The first element for which matches(x) holds; there is one.
template <class T, class F>
index find_first(const T* x, index n, F matches) {
  constexpr index block = 256;
  index i = 0;
  for (; i + block <= n; i += block) {
    typename ArgIndex<T>::Type found = 0;
    for (index j = 0; j < block; ++j) found |= matches(x[i + j]) ? 1 : 0;
    if (found != 0) break;
  }
  while (!matches(x[i])) ++i;
  return i;
}

template <class Op>
index arg_row(const typename Op::In* x, index n) {
  using T = typename Op::In;
  constexpr index short_row = 64;
  if (n <= short_row) {
    index position = 0;
    for (index i = 1; i < n; ++i) position = Op::better(x[i], x[position]) ? i : position;
    return position;
  }
  T extreme;
  reduce_slice<typename Op::Extreme>(x, &extreme, n, 1);
  if (is_nan(extreme)) return find_first(x, n, [](T value) { return is_nan(value); });
  return find_first(x, n, [extreme](T value) { return value == extreme; });
}

/// Positions along the rows of the extremes of `width` columns, `inner` apart.
template <class Op>
void arg_columns(const typename Op::In* x, index rows, index inner, index width,
                 std::int64_t* out) {
  using T = typename Op::In;
  using Position = typename ArgIndex<T>::Type;
  constexpr index block = index{1} << 20;
  T extreme[column_tile];
  Position position[column_tile];
  for (index j = 0; j < width; ++j) {
    extreme[j] = x[j];
    out[j] = 0;
  }
  for (index first = 0; first < rows; first += block) {
    for (index j = 0; j < width; ++j) position[j] = -1;
    const index count = least(block, rows - first);
    for (index r = 0; r < count; ++r) {
      const T* row = x + (first + r) * inner;
      for (index j = 0; j < width; ++j) {
        const bool better = Op::better(row[j], extreme[j]);
        extreme[j] = better ? row[j] : extreme[j];
        position[j] = better ? static_cast<Position>(r) : position[j];
      }
    }
    for (index j = 0; j < width; ++j)
      if (position[j] >= 0) out[j] = first + position[j];
  }
}

template <class T>
struct ArgGreatest {
  using In = T;
  using Extreme = Greatest<T>;
  static bool better(T x, T best) { return (x > best) | ((x != x) & (best == best)); }
};
template <class T>
struct ArgLeast {
  using In = T;
  using Extreme = Least<T>;
  static bool better(T x, T best) { return (x < best) | ((x != x) & (best == best)); }
};

template <class Op>
void reduce_arg(const void* in, void* out, index outer, index reduced, index inner, double) {
  using T = typename Op::In;
  const T* x = static_cast<const T*>(in);
  auto* y = static_cast<std::int64_t*>(out);
  over_slices(outer, reduced * inner, [=](index slice) {
    const T* part = x + slice * reduced * inner;
    if (inner == 1) {
      y[slice] = arg_row<Op>(part, reduced);
      return;
    }
    const index tiles = ceil_div(inner, column_tile);
    const index grain = ceil_div(parallel_grain, greatest(reduced, index{1}) * column_tile);
    parallel(tiles, grain, [=](index begin, index end) {
      for (index tile = begin; tile < end; ++tile) {
        const index first = tile * column_tile;
        arg_columns<Op>(part + first, reduced, inner, least(column_tile, inner - first),
                        y + slice * inner + first);
      }
    });
  });
}

// ------------------------------------------------------------------ summaries

/// y = finish(first, second) of the summary of each column.
template <class S, class F>
void reduce_summary(const typename S::In* x, typename S::In* y, index outer, index reduced,
                    index inner, F finish) {
  using T = typename S::In;
  over_slices(outer, reduced * inner, [=](index slice) {
    double one[2];
    double* memory = inner == 1 ? one : scratch<double>(5, 2 * inner);
    const Summaries summary{memory, memory + inner};
    summarize<S>(x + slice * reduced * inner, reduced, inner, summary);
    for (index j = 0; j < inner; ++j)
      y[slice * inner + j] = static_cast<T>(finish(summary.first[j], summary.second[j]));
  });
}

template <class T>
void fill(T* out, index count, T value) {
  for (index i = 0; i < count; ++i) out[i] = value;
}

/// The sum of squared deviations over (reduced - correction), which PyTorch takes as 0 where it is
/// negative.
template <class T>
void reduce_variance(const void* in, void* out, index outer, index reduced, index inner,
                     double correction) {
  T* y = static_cast<T*>(out);
  if (reduced == 0) return fill(y, outer * inner, Format<T>::nan);
  const double divisor = greatest(0.0, static_cast<double>(reduced) - correction);
  reduce_summary<Moments<T>>(static_cast<const T*>(in), y, outer, reduced, inner,
                             [=](double, double squares) { return squares / divisor; });
}

template <class T>
void reduce_logsumexp(const void* in, void* out, index outer, index reduced, index inner, double) {
  T* y = static_cast<T*>(out);
  if (reduced == 0) return fill(y, outer * inner, -Format<T>::infinity);
  reduce_summary<LogSumExp<T>>(static_cast<const T*>(in), y, outer, reduced, inner,
                               LogSumExp<T>::finish);
}

// ------------------------------------------------------------------ the rows

template <template <class> class Op>
constexpr Reduction folding(const char* name) {
  return {name,
          DType::float32,
          true,
          {reduce<Op<float>>, reduce<Op<double>>, reduce<Op<std::int64_t>>}};
}
template <template <class> class Op>
constexpr Reduction truth(const char* name) {
  return {name,
          DType::boolean,
          false,
          {reduce<Op<float>>, reduce<Op<double>>, reduce<Op<std::int64_t>>}};
}
template <template <class> class Op>
constexpr Reduction position(const char* name) {
  return {name,
          DType::int64,
          false,
          {reduce_arg<Op<float>>, reduce_arg<Op<double>>, reduce_arg<Op<std::int64_t>>}};
}
template <template <class> class Op>
constexpr Reduction counting(const char* name) {
  return {
      name, DType::int64, false, {reduce<Op<float>>, reduce<Op<double>>, reduce<Op<std::int64_t>>}};
}
template <template <class> class Op, template <class> class ComplexOp>
constexpr Reduction folding_complex(const char* name) {
  Reduction row = folding<Op>(name);
  row.reduce[static_cast<int>(Compute::c64)] = reduce<ComplexOp<float>>;
  row.reduce[static_cast<int>(Compute::c128)] = reduce<ComplexOp<double>>;
  return row;
}
constexpr Reduction floating(const char* name, Reduce f32, Reduce f64) {
  return {name, DType::float32, true, {f32, f64, nullptr}};
}

constexpr Reduction rows[] = {
    folding_complex<Sum, ComplexSum>("sum"),
    folding<NumberSum>("nansum"),
    folding_complex<Product, ComplexProduct>("prod"),
    folding<Greatest>("amax"),
    folding<Least>("amin"),
    position<ArgGreatest>("argmax"),
    position<ArgLeast>("argmin"),
    truth<Any>("any"),
    truth<All>("all"),
    counting<Count>("count_nonzero"),
    floating("var", reduce_variance<float>, reduce_variance<double>),
    floating("logsumexp", reduce_logsumexp<float>, reduce_logsumexp<double>),
    floating("norm0", reduce<NonzeroCount<float>>, reduce<NonzeroCount<double>>),
    floating("norm1", reduce<MagnitudeSum<float>>, reduce<MagnitudeSum<double>>),
    floating("norm2", reduce<EuclideanNorm<float>>, reduce_norm2_f64),
    floating("norm_inf", reduce<GreatestMagnitude<float>>, reduce<GreatestMagnitude<double>>),
};

}  // namespace

Span<Reduction> reduction_rows() { return {rows, sizeof(rows) / sizeof(rows[0])}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
