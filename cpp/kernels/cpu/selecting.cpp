#include "kernels/cpu/operations.h"
#include "kernels/cpu/ranks.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// ------------------------------------------------------------------ the element of a rank

/// The first place of a key; it is there.
template <class T>
index find_key(const T* x, index n, KeyOf<T> wanted) {
  constexpr index block = 64;
  index i = 0;
  for (; i + block <= n; i += block) {
    KeyOf<T> found = 0;
    for (index j = 0; j < block; ++j) found |= key_of(x[i + j]) == wanted ? 1 : 0;
    if (found != 0) break;
  }
  while (key_of(x[i]) != wanted) ++i;
  return i;
}

/// A long row in chunks that threads share.
struct Chunks {
  index n, size, count;
  explicit Chunks(index row)
      : n(row),
        size(greatest(chunk_elements, ceil_div(row, most_chunks))),
        count(ceil_div(row, size)) {}
  template <class F>
  void each(F f) const {
    parallel(count, 1, [&](index begin, index end) {
      for (index chunk = begin; chunk < end; ++chunk)
        f(chunk, chunk * size, least(n, (chunk + 1) * size));
    });
  }
};

template <class T>
KeyRange<KeyOf<T>> range_of_row(const T* x, const Chunks& chunks) {
  using Key = KeyOf<T>;
  KeyRange<Key> ranges[most_chunks] = {};
  chunks.each([&, x](index chunk, index begin, index end) {
    ranges[chunk] = range_of<Key>(begin, end, [x](index i) { return key_of(x[i]); });
  });
  KeyRange<Key> range = ranges[0];
  for (index chunk = 1; chunk < chunks.count; ++chunk) {
    range.low = least(range.low, ranges[chunk].low);
    range.high = greatest(range.high, ranges[chunk].high);
  }
  return range;
}

/// The key of `rank` in a long row of the given range.
template <class T>
KeyOf<T> key_of_rank(const T* x, const Chunks& chunks, KeyRange<KeyOf<T>> range, index rank) {
  using Key = KeyOf<T>;
  const int shift = shift_of(range, bucket_count);
  index* counts = scratch<index>(1, chunks.count * bucket_count);
  chunks.each([=](index chunk, index begin, index end) {
    index* own = counts + chunk * bucket_count;
    for (index b = 0; b < bucket_count; ++b) own[b] = 0;
    for (index i = begin; i < end; ++i) ++own[(key_of(x[i]) - range.low) >> shift];
  });
  index total[bucket_count] = {};
  for (index chunk = 0; chunk < chunks.count; ++chunk)
    for (index b = 0; b < bucket_count; ++b) total[b] += counts[chunk * bucket_count + b];
  const index bucket = bucket_of_rank(total, rank);
  Key* keys = scratch<Key>(2, greatest(total[bucket], few_keys));
  index start[most_chunks];
  index filled = 0;
  for (index chunk = 0; chunk < chunks.count; ++chunk) {
    start[chunk] = filled;
    filled += counts[chunk * bucket_count + bucket];
  }
  chunks.each([&, x, keys](index chunk, index begin, index end) {
    Key* out = keys + start[chunk];
    const index wanted = counts[chunk * bucket_count + bucket];
    index kept = 0;
    for (index i = begin; kept < wanted && i < end; ++i) {
      const Key key = key_of(x[i]);
      out[kept] = key;
      kept += (key - range.low) >> shift == static_cast<Key>(bucket) ? 1 : 0;
    }
  });
  return rank_by_buckets(keys, filled, rank);
}

template <class T>
constexpr KeyOf<T> nan_key = ~KeyOf<T>{0};

/// The rank to look for in a row that has NaN.
template <class T>
index rank_beside_nan(const T* x, index n, NanRule nan, index rank) {
  if (nan == NanRule::greatest) return rank;
  if (nan == NanRule::wins) return n - 1;
  index numbers = 0;
  for (index i = 0; i < n; ++i) numbers += x[i] == x[i] ? 1 : 0;
  return greatest<index>(0, (numbers - 1) / 2);
}

template <class T>
KeyOf<T> key_in_row(const T* x, index n, NanRule nan, index rank) {
  using Key = KeyOf<T>;
  if (n > chunk_elements) {
    const Chunks chunks(n);
    const auto range = range_of_row(x, chunks);
    const bool has_nan = is_float<T> && range.high == nan_key<T>;
    if (has_nan && nan == NanRule::wins) return range.high;
    if (range.low == range.high) return range.low;
    return key_of_rank(x, chunks, range, has_nan ? rank_beside_nan(x, n, nan, rank) : rank);
  }
  Key* keys = scratch<Key>(2, n);
  Key high = 0;
  for (index i = 0; i < n; ++i) {
    const Key key = key_of(x[i]);
    keys[i] = key;
    high = key > high ? key : high;
  }
  const bool has_nan = is_float<T> && high == nan_key<T>;
  if (has_nan && nan == NanRule::wins) return high;
  return rank_by_buckets(keys, n, has_nan ? rank_beside_nan(x, n, nan, rank) : rank);
}

/// The places of some ranks in a row of few elements.
template <class T>
void select_in_short_row(const T* x, index n, NanRule nan, const std::int64_t* ranks, index picks,
                         std::int64_t* at) {
  using Key = KeyOf<T>;
  Key keys[few_keys];
  Key high = 0;
  for (index i = 0; i < n; ++i) {
    keys[i] = key_of(x[i]);
    high = keys[i] > high ? keys[i] : high;
  }
  const bool has_nan = is_float<T> && high == nan_key<T>;
  for (index j = 0; j < picks; ++j)
    at[j] = place_among_few(keys, n, has_nan ? rank_beside_nan(x, n, nan, ranks[j]) : ranks[j]);
}

template <class T>
void select(const void* x_memory, const std::int64_t* ranks, index rank_step, index picks,
            NanRule nan, std::int64_t* at, index rows, index n) {
  const T* x = static_cast<const T*>(x_memory);
  over_slices(rows, n, [=](index row) {
    const T* elements = x + row * n;
    const std::int64_t* wanted = ranks + row * rank_step;
    std::int64_t* places = at + row * picks;
    if (n <= few_keys) return select_in_short_row(elements, n, nan, wanted, picks, places);
    for (index j = 0; j < picks; ++j)
      places[j] = find_key(elements, n, key_in_row(elements, n, nan, wanted[j]));
  });
}

// ------------------------------------------------------------------ the most frequent element

template <class T>
void mode(const void* sorted_memory, const std::int64_t* indices, std::int64_t* at, index rows,
          index n) {
  const T* sorted = static_cast<const T*>(sorted_memory);
  parallel(rows, ceil_div(parallel_grain, n), [=](index begin, index end) {
    for (index row = begin; row < end; ++row) {
      const T* x = sorted + row * n;
      index longest = 0;
      index last = 0;
      index start = 0;
      for (index i = 1; i <= n; ++i) {
        if (i < n && key_of(x[i]) == key_of(x[start])) continue;
        if (i - start > longest) {
          longest = i - start;
          last = i - 1;
        }
        start = i;
      }
      at[row] = indices[row * n + last];
    }
  });
}

// ------------------------------------------------------------------ the greatest so far

template <class T, bool greatest_wins>
TOPOGRAD_INLINE bool replaces(T x, T best) {
  const bool reaches = greatest_wins ? x >= best : x <= best;
  return reaches | (x != x);
}

/// `width` columns, `step` apart along n.
template <class T, bool greatest_wins>
void running_columns(const T* x, T* values, std::int64_t* indices, index n, index step,
                     index width) {
  T best[column_tile];
  std::int64_t place[column_tile];
  for (index j = 0; j < width; ++j) {
    best[j] = x[j];
    place[j] = 0;
  }
  for (index i = 0; i < n; ++i, x += step, values += step, indices += step) {
    for (index j = 0; j < width; ++j) {
      const bool better = replaces<T, greatest_wins>(x[j], best[j]);
      best[j] = better ? x[j] : best[j];
      place[j] = better ? i : place[j];
      values[j] = best[j];
      indices[j] = place[j];
    }
  }
}

template <class T, bool greatest_wins>
void running_row(const T* x, T* values, std::int64_t* indices, index n) {
  T best = x[0];
  index place = 0;
  for (index i = 0; i < n; ++i) {
    const bool better = replaces<T, greatest_wins>(x[i], best);
    best = better ? x[i] : best;
    place = better ? i : place;
    values[i] = best;
    indices[i] = place;
  }
}

template <class T, bool greatest_wins>
void running(const T* x, T* values, std::int64_t* indices, index outer, index n, index inner) {
  if (inner == 1) {
    parallel(outer, ceil_div(parallel_grain, n), [=](index begin, index end) {
      for (index row = begin; row < end; ++row)
        running_row<T, greatest_wins>(x + row * n, values + row * n, indices + row * n, n);
    });
    return;
  }
  const index tiles = ceil_div(inner, column_tile);
  const index grain = ceil_div(parallel_grain, n * least(inner, column_tile));
  parallel(outer * tiles, grain, [=](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index column = task % tiles * column_tile;
      const index first = task / tiles * n * inner + column;
      running_columns<T, greatest_wins>(x + first, values + first, indices + first, n, inner,
                                        least(column_tile, inner - column));
    }
  });
}

template <class T>
void running_extreme(const void* x_memory, void* values_memory, std::int64_t* indices, index outer,
                     index n, index inner, bool greatest) {
  const T* x = static_cast<const T*>(x_memory);
  T* values = static_cast<T*>(values_memory);
  if (greatest)
    running<T, true>(x, values, indices, outer, n, inner);
  else
    running<T, false>(x, values, indices, outer, n, inner);
}

// ------------------------------------------------------------------ both ends

template <class T>
struct Ends {
  T low, high;
  bool nan;
};

template <class T>
Ends<T> ends_of(const T* x, index begin, index end) {
  constexpr index lanes = 256 / static_cast<index>(sizeof(T));
  T low[lanes], high[lanes];
  int nan[lanes] = {};
  for (index j = 0; j < lanes; ++j) low[j] = high[j] = x[begin];
  index i = begin;
  const auto include = [&](index j, T value) {
    low[j] = value < low[j] ? value : low[j];
    high[j] = value > high[j] ? value : high[j];
    nan[j] |= value != value ? 1 : 0;
  };
  for (; i + lanes <= end; i += lanes)
    for (index j = 0; j < lanes; ++j) include(j, x[i + j]);
  for (; i < end; ++i) include(0, x[i]);
  Ends<T> ends{low[0], high[0], false};
  for (index j = 0; j < lanes; ++j) {
    ends.low = low[j] < ends.low ? low[j] : ends.low;
    ends.high = high[j] > ends.high ? high[j] : ends.high;
    ends.nan |= nan[j] != 0;
  }
  return ends;
}

template <class T>
void both_extremes(const void* x_memory, index n, void* low, void* high) {
  const T* x = static_cast<const T*>(x_memory);
  Ends<T> ends[most_chunks] = {};
  const Chunks chunks(n);
  chunks.each([&](index chunk, index begin, index end) { ends[chunk] = ends_of(x, begin, end); });
  Ends<T> all = ends[0];
  for (index chunk = 1; chunk < chunks.count; ++chunk) {
    all.low = ends[chunk].low < all.low ? ends[chunk].low : all.low;
    all.high = ends[chunk].high > all.high ? ends[chunk].high : all.high;
    all.nan |= ends[chunk].nan;
  }
  if constexpr (is_float<T>)
    if (all.nan) all.low = all.high = Format<T>::nan;
  *static_cast<T*>(low) = all.low;
  *static_cast<T*>(high) = all.high;
}

template <class T>
void fill(Sorting& sorting) {
  sorting.both_extremes = both_extremes<T>;
  sorting.select = select<T>;
  sorting.mode = mode<T>;
  sorting.running_extreme = running_extreme<T>;
}

}  // namespace

void fill_selecting(Sorting (&sorting)[compute_count]) {
  fill<float>(sorting[static_cast<int>(Compute::f32)]);
  fill<double>(sorting[static_cast<int>(Compute::f64)]);
  fill<std::int64_t>(sorting[static_cast<int>(Compute::i64)]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
