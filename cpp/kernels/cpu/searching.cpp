#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// Whether an element of a sorted row stands before a value. Nothing stands behind NaN.
template <class T, bool right>
bool before(T element, T value) {
  if constexpr (right)
    return element <= value || value != value;
  else
    return element < value || value != value;
}

/// The number of elements before the value. Halves without a branch that depends on the data: the
/// processor can not guess which way a search goes.
template <class T, bool right, class At>
index place_of(T value, index n, At at) {
  index base = 0;
  for (index length = n; length > 1;) {
    const index half = length / 2;
    base = before<T, right>(at(base + half - 1), value) ? base + half : base;
    length -= half;
  }
  return n > 0 && before<T, right>(at(base), value) ? base + 1 : base;
}

constexpr index together = 8;

/// Eight searches at a time: their loads do not wait for each other.
template <class T, bool right>
void places_of(const T* sorted, const T* values, std::int64_t* places, index n, index count) {
  index i = 0;
  for (; n > 0 && i + together <= count; i += together) {
    index base[together] = {};
    for (index length = n; length > 1;) {
      const index half = length / 2;
      for (index k = 0; k < together; ++k)
        base[k] =
            before<T, right>(sorted[base[k] + half - 1], values[i + k]) ? base[k] + half : base[k];
      length -= half;
    }
    for (index k = 0; k < together; ++k)
      places[i + k] = base[k] + (before<T, right>(sorted[base[k]], values[i + k]) ? 1 : 0);
  }
  for (; i < count; ++i)
    places[i] = place_of<T, right>(values[i], n, [=](index p) { return sorted[p]; });
}

template <class T, bool right>
void search_by(const T* sorted, const std::int64_t* sorter, const T* values, std::int64_t* places,
               index rows, index n, index count, bool shared) {
  constexpr index piece = 1024;
  const index pieces = ceil_div(count, piece);
  parallel(rows * pieces, 4, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const index row = item / pieces;
      const index low = item % pieces * piece;
      const index length = least(piece, count - low);
      const index from = shared ? 0 : row * n;
      const T* value = values + row * count + low;
      std::int64_t* place = places + row * count + low;
      if (sorter == nullptr) {
        places_of<T, right>(sorted + from, value, place, n, length);
        continue;
      }
      for (index i = 0; i < length; ++i)
        place[i] = place_of<T, right>(value[i], n,
                                      [=](index p) { return sorted[from + sorter[from + p]]; });
    }
  });
}

template <class T>
void search(const void* sorted_memory, const std::int64_t* sorter, const void* values_memory,
            std::int64_t* places, index rows, index n, index count, bool shared, bool right) {
  const T* sorted = static_cast<const T*>(sorted_memory);
  const T* values = static_cast<const T*>(values_memory);
  if (right)
    search_by<T, true>(sorted, sorter, values, places, rows, n, count, shared);
  else
    search_by<T, false>(sorted, sorter, values, places, rows, n, count, shared);
}

}  // namespace

void fill_searching(Searching (&searching)[compute_count]) {
  searching[static_cast<int>(Compute::f32)] = {search<float>};
  searching[static_cast<int>(Compute::f64)] = {search<double>};
  searching[static_cast<int>(Compute::i64)] = {search<std::int64_t>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
