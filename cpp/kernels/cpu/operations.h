#pragma once

// The operations that reductions and row kernels fold with (see reduce.h for what an operation is).

#include <limits>

#include "kernels/cpu/math.h"
#include "kernels/cpu/reduce.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// Hazard "signed overflow": integers wrap around, which C++ promises for unsigned types only.
inline float add(float a, float b) { return a + b; }
inline double add(double a, double b) { return a + b; }
inline std::int64_t add(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}
inline float multiply(float a, float b) { return a * b; }
inline double multiply(double a, double b) { return a * b; }
inline std::int64_t multiply(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
}

template <class T>
struct Limits {
  static constexpr T lowest = -std::numeric_limits<T>::infinity();
  static constexpr T highest = std::numeric_limits<T>::infinity();
};
template <>
struct Limits<std::int64_t> {
  static constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
  static constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
};

// NaN propagates, as in `maximum`. Two plain choices: the compiler turns only those into lanes
// inside long expressions.
template <class T>
TOPOGRAD_INLINE T greatest_or_nan(T a, T b) {
  const T chosen = b > a ? b : a;
  return b == b ? chosen : b;
}
template <class T>
TOPOGRAD_INLINE T least_or_nan(T a, T b) {
  const T chosen = b < a ? b : a;
  return b == b ? chosen : b;
}

/// What most operations share: elements, accumulators and results of one type.
template <class T>
struct Plain {
  using In = T;
  using Acc = T;
  using Out = T;
  static T lift(T x) { return x; }
  static T finish(T total) { return total; }
};

template <class T>
struct Sum : Plain<T> {
  using Combined = Sum;
  static T identity() { return 0; }
  static T combine(T a, T b) { return add(a, b); }
};
/// NaN elements count as nothing; a NaN that inf - inf makes stays.
template <class T>
struct NumberSum : Sum<T> {
  static T lift(T x) { return x == x ? x : T{0}; }
};
template <class T>
struct Product : Plain<T> {
  using Combined = Product;
  static T identity() { return 1; }
  static T combine(T a, T b) { return multiply(a, b); }
};
template <class T>
struct Greatest : Plain<T> {
  using Combined = Greatest;
  static T identity() { return Limits<T>::lowest; }
  static T combine(T a, T b) { return greatest_or_nan(a, b); }
};
template <class T>
struct Least : Plain<T> {
  using Combined = Least;
  static T identity() { return Limits<T>::highest; }
  static T combine(T a, T b) { return least_or_nan(a, b); }
};

/// NaNs are passed over: for uses where they come back in by another way, as one instruction.
template <class T>
struct GreatestNumber : Greatest<T> {
  using Combined = GreatestNumber;
  static T combine(T a, T b) { return b > a ? b : a; }
};

// Truth values are folded as 0 and 1 of the compute type: the lanes then have one width.
template <class T>
struct Any : Plain<T> {
  using Combined = Any;
  using Out = std::uint8_t;
  static T identity() { return 0; }
  static T lift(T x) { return x != 0 ? T{1} : T{0}; }
  static T combine(T a, T b) { return a > b ? a : b; }
  static Out finish(T found) { return found != 0; }
};
template <class T>
struct All : Any<T> {
  using Combined = All;
  static T identity() { return 1; }
  static T combine(T a, T b) { return a < b ? a : b; }
};

template <class T>
struct MagnitudeSum : Sum<T> {
  static T lift(T x) { return abs(x); }
};
template <class T>
struct GreatestMagnitude : Greatest<T> {
  using Combined = GreatestMagnitude;
  static T identity() { return 0; }
  static T lift(T x) { return abs(x); }
};
template <class T>
struct NonzeroCount : Sum<T> {
  static T lift(T x) { return x != 0 ? T{1} : T{0}; }
};
/// The same as an integer.
template <class T>
struct Count : Sum<std::int64_t> {
  using In = T;
  static std::int64_t lift(T x) { return x != 0 ? 1 : 0; }
};
/// In double, so that no float overflows or vanishes when squared.
template <class T>
struct SquareSum : Sum<double> {
  using In = T;
  static double lift(T x) { return static_cast<double>(x) * static_cast<double>(x); }
};
/// The norm from squares that have been summed in parts.
template <class T>
struct RootOfSum : Sum<double> {
  using Out = T;
  static T finish(double squares) { return static_cast<T>(sqrt(squares)); }
};
template <class T>
struct EuclideanNorm : SquareSum<T> {
  using Combined = RootOfSum<T>;
  using Out = T;
  static T finish(double squares) { return Combined::finish(squares); }
};

// ------------------------------------------------------------------ sums of what a function makes

template <class T>
struct Pair {
  T first;
  T second;
};

/// Adds the values f(i) gives to `total`, `lanes` at a time from `begin` on. Returns where less
/// than that is left.
template <index lanes, bool paired, class T, class F>
TOPOGRAD_INLINE index sum_front(index begin, index end, F f, Pair<T>& total) {
  if (end - begin < lanes) return begin;
  T first[lanes] = {};
  T second[lanes] = {};
  index i = begin;
  for (; i + lanes <= end; i += lanes) {
    TOPOGRAD_INDEPENDENT
    for (index j = 0; j < lanes; ++j) {
      const Pair<T> value = f(i + j);
      first[j] += value.first;
      if constexpr (paired) second[j] += value.second;
    }
  }
  total.first += fold_lanes<Sum<T>, lanes>(first);
  if constexpr (paired) total.second += fold_lanes<Sum<T>, lanes>(second);
  return i;
}

/// The sums over [begin, end) of the two values f(i) gives; of the first only, where not `paired`.
/// end - begin <= row_leaf.
template <class T, bool paired = true, class F>
TOPOGRAD_INLINE Pair<T> sum_pairs_of_leaf(index begin, index end, F f) {
  constexpr index lanes = lane_count<T> / 2;
  Pair<T> total{0, 0};
  index i = sum_front<lanes, paired>(begin, end, f, total);
  i = sum_front<lanes / 4, paired>(i, end, f, total);
  for (; i < end; ++i) {
    const Pair<T> value = f(i);
    total.first += value.first;
    total.second += value.second;
  }
  return total;
}

template <class T, bool paired = true, class F>
TOPOGRAD_INLINE Pair<double> sum_pairs(index begin, index end, F f) {
  Pair<double> total{0, 0};
  for (index i = begin; i < end; i += row_leaf) {
    const auto part = sum_pairs_of_leaf<T, paired>(i, least(end, i + row_leaf), f);
    total.first += part.first;
    total.second += part.second;
  }
  return total;
}
/// The sum of f(i) over [begin, end); f may also store what it makes.
template <class T, class F>
TOPOGRAD_INLINE double sum_of(index begin, index end, F f) {
  const auto single = [f](index i) { return Pair<T>{f(i), T{0}}; };
  return sum_pairs<T, false>(begin, end, single).first;
}

/// f(begin, end) -> double for parts of [0, n), added in order; threads share a long one.
template <class F>
inline double sum_in_chunks(index n, F f) {
  const index rows = chunk_rows(n, 1, 1);
  if (rows >= n) return f(index{0}, n);
  const index chunks = ceil_div(n, rows);
  double partial[most_chunks];
  parallel(chunks, 1, [&](index begin, index end) {
    for (index chunk = begin; chunk < end; ++chunk)
      partial[chunk] = f(chunk * rows, least(n, (chunk + 1) * rows));
  });
  double total = 0;
  for (index chunk = 0; chunk < chunks; ++chunk) total += partial[chunk];
  return total;
}

/// Rows of n whose contributions to column sums are added one after the other: enough to make the
/// second stage cheap, and so many that all partial sums together stay below a million.
inline index rows_per_block(index rows, index n) {
  const index usual = least(index{256}, greatest(index{16}, parallel_grain / n));
  return greatest(usual, ceil_div(rows * n, index{1} << 20));
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
