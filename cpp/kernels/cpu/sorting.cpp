#include "kernels/cpu/sort_keys.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// Every element becomes a record of an unsigned key, whose order is the order wanted, and its
// index. Short rows are merged, long rows are sorted digit by digit from the lowest; both are
// stable.

// ------------------------------------------------------------------ records

/// A 32-bit key above a 32-bit index: one comparison orders both.
struct Narrow {
  std::uint64_t word;
  Narrow() = default;
  Narrow(std::uint32_t key, index i)
      : word(std::uint64_t{key} << 32 | static_cast<std::uint64_t>(i)) {}
  static constexpr int digits = 4;
  std::uint64_t digit(int d) const { return word >> (32 + 8 * d) & 255; }
  std::uint32_t key() const { return static_cast<std::uint32_t>(word >> 32); }
  index position() const { return static_cast<index>(word & 0xffffffffu); }
  bool operator<(const Narrow& other) const { return word < other.word; }
};

struct Wide {
  std::uint64_t word;
  index i;
  Wide() = default;
  Wide(std::uint64_t key, index position) : word(key), i(position) {}
  static constexpr int digits = 8;
  std::uint64_t digit(int d) const { return word >> (8 * d) & 255; }
  std::uint64_t key() const { return word; }
  index position() const { return i; }
  bool operator<(const Wide& other) const { return word < other.word; }
};

// ------------------------------------------------------------------ sorting records

constexpr index run_length = 12;

template <class R>
void insertion_sort(R* records, index count) {
  for (index i = 1; i < count; ++i) {
    const R moving = records[i];
    index j = i;
    for (; j > 0 && moving < records[j - 1]; --j) records[j] = records[j - 1];
    records[j] = moving;
  }
}

/// Merges [low, middle) and [middle, high); of equals the left one comes first.
template <class R>
void merge(const R* in, R* out, index low, index middle, index high) {
  index left = low;
  index right = middle;
  index i = low;
  while (left < middle && right < high) {
    const bool take_right = in[right] < in[left];
    out[i++] = take_right ? in[right] : in[left];
    right += take_right;
    left += !take_right;
  }
  for (; left < middle; ++left) out[i++] = in[left];
  for (; right < high; ++right) out[i++] = in[right];
}

/// Gives whichever of the two arrays holds the result, as radix_sort does.
template <class R>
R* merge_sort(R* records, R* other, index count) {
  for (index low = 0; low < count; low += run_length)
    insertion_sort(records + low, least(run_length, count - low));
  for (index length = run_length; length < count; length *= 2) {
    for (index low = 0; low < count; low += 2 * length)
      merge(records, other, low, least(low + length, count), least(low + 2 * length, count));
    R* sorted = other;
    other = records;
    records = sorted;
  }
  return records;
}

template <class R>
R* radix_sort(R* records, R* other, index count) {
  index counts[R::digits][256] = {};
  for (index i = 0; i < count; ++i)
    for (int d = 0; d < R::digits; ++d) ++counts[d][records[i].digit(d)];
  for (int d = 0; d < R::digits; ++d) {
    if (counts[d][records[0].digit(d)] == count) continue;  // all share this digit
    index start[256];
    index sum = 0;
    for (int value = 0; value < 256; ++value) {
      start[value] = sum;
      sum += counts[d][value];
    }
    for (index i = 0; i < count; ++i) other[start[records[i].digit(d)]++] = records[i];
    R* sorted = other;
    other = records;
    records = sorted;
  }
  return records;
}

template <class R>
R* sort_records(R* records, R* other, index count) {
  if (count <= run_length) {
    insertion_sort(records, count);
    return records;
  }
  // Each digit costs a walk over its 256 counts.
  if (count < 40 * R::digits) return merge_sort(records, other, count);
  return radix_sort(records, other, count);
}

// ------------------------------------------------------------------ rows

template <class T, class R>
void sort_row(const T* x, T* values, std::int64_t* indices, index n, index step, bool descending,
              R* records, R* other) {
  const KeyOf<T> flip = descending ? ~KeyOf<T>{0} : KeyOf<T>{0};
  for (index i = 0; i < n; ++i) records[i] = R(key_of(x[i * step]) ^ flip, i);
  const R* sorted = sort_records(records, other, n);
  for (index i = 0; i < n; ++i) {
    const index from = sorted[i].position();
    const KeyOf<T> key = static_cast<KeyOf<T>>(sorted[i].key()) ^ flip;
    values[i * step] = is_shared<T>(key) ? x[from * step] : value_of<T>(key);
    indices[i * step] = from;
  }
}

template <class T, class R>
void sort_rows(const T* x, T* values, std::int64_t* indices, index outer, index n, index inner,
               bool descending) {
  parallel(outer * inner, greatest<index>(1, 2048 / n), [=](index begin, index end) {
    R* records = scratch<R>(0, n);
    R* other = scratch<R>(1, n);
    for (index row = begin; row < end; ++row) {
      const index at = row / inner * n * inner + row % inner;
      sort_row(x + at, values + at, indices + at, n, inner, descending, records, other);
    }
  });
}

template <class T>
void sort(const void* x_memory, void* values_memory, std::int64_t* indices, index outer, index n,
          index inner, bool descending) {
  if (outer == 0 || n == 0 || inner == 0) return;
  const T* x = static_cast<const T*>(x_memory);
  T* values = static_cast<T*>(values_memory);
  if constexpr (sizeof(T) == 4) {
    if (n >> 32 == 0) return sort_rows<T, Narrow>(x, values, indices, outer, n, inner, descending);
  }
  sort_rows<T, Wide>(x, values, indices, outer, n, inner, descending);
}

}  // namespace

void fill_sorting(Sorting (&sorting)[compute_count]) {
  sorting[static_cast<int>(Compute::f32)].sort = sort<float>;
  sorting[static_cast<int>(Compute::f64)].sort = sort<double>;
  sorting[static_cast<int>(Compute::i64)].sort = sort<std::int64_t>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
