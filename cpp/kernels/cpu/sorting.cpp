#include "kernels/cpu/ranks.h"

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

// ------------------------------------------------------------------ the first of the order

// The records of a row that may be among the first k are collected, in the order of the row. When
// the room for them is full, all but the first k are dropped, and from then on only keys less than
// the last of those are collected: a later one that is equal comes behind. Every k elements or
// more the room is cleared in linear time, so that the time is linear whatever the order is.

/// What collecting needs: room for `capacity` records and keys.
template <class R, class Key>
struct Room {
  R* records;
  Key* keys;
  index k, capacity;
};

constexpr index spare_room = 256;
constexpr index top_block = 64;

inline index room_for(index k) { return 2 * k + spare_room; }

/// Drops all but the k first of `count` records, more than k. Returns the last key that stays.
template <class R, class Key>
Key keep_first(const Room<R, Key>& room, index count) {
  for (index i = 0; i < count; ++i) room.keys[i] = static_cast<Key>(room.records[i].key());
  const Key last = rank_by_buckets(room.keys, count, room.k - 1);
  index less = 0;
  for (index i = 0; i < count; ++i) less += static_cast<Key>(room.records[i].key()) < last ? 1 : 0;
  index equal = room.k - less;
  index kept = 0;
  for (index i = 0; i < count && kept < room.k; ++i) {
    const R record = room.records[i];
    const Key key = static_cast<Key>(record.key());
    const bool ties = key == last && equal > 0;
    room.records[kept] = record;
    equal -= ties ? 1 : 0;
    kept += key < last || ties ? 1 : 0;
  }
  return last;
}

/// The same for few: they are kept in order, and each new one is moved to its place among them.
constexpr index most_in_order = 16;

template <class T, class R>
index collect_few(const T* x, index begin, index end, KeyOf<T> flip, R* records, index k) {
  constexpr index block = 16;
  index count = 0;
  KeyOf<T> bound = 0;
  const auto insert = [&](index i) {
    const R moving(key_of(x[i]) ^ flip, i);
    index place = count < k ? count++ : k - 1;
    for (; place > 0 && moving < records[place - 1]; --place) records[place] = records[place - 1];
    records[place] = moving;
    bound = static_cast<KeyOf<T>>(records[count - 1].key());
  };
  index i = begin;
  for (; i < end && count < k; ++i) insert(i);
  for (; i + block <= end; i += block) {
    KeyOf<T> lowest = ~KeyOf<T>{0};
    for (index j = i; j < i + block; ++j) {
      const KeyOf<T> key = key_of(x[j]) ^ flip;
      lowest = key < lowest ? key : lowest;
    }
    if (lowest >= bound) continue;
    for (index j = i; j < i + block; ++j)
      if ((key_of(x[j]) ^ flip) < bound) insert(j);
  }
  for (; i < end; ++i)
    if ((key_of(x[i]) ^ flip) < bound) insert(i);
  return count;
}

/// Collects the k first of x[begin, end), or all if they are fewer, in the order of the row.
/// Returns how many they are.
template <class T, class R>
index collect_first(const T* x, index begin, index end, KeyOf<T> flip,
                    const Room<R, KeyOf<T>>& room) {
  if (room.k <= most_in_order) return collect_few(x, begin, end, flip, room.records, room.k);
  index count = least(room.capacity, end - begin);
  for (index i = 0; i < count; ++i) room.records[i] = R(key_of(x[begin + i]) ^ flip, begin + i);
  if (count <= room.k) return count;
  KeyOf<T> bound = keep_first(room, count);
  index i = begin + count;
  count = room.k;
  while (i < end) {
    const index size = least(top_block, end - i);
    KeyOf<T> lowest = ~KeyOf<T>{0};
    for (index j = i; j < i + size; ++j) {
      const KeyOf<T> key = key_of(x[j]) ^ flip;
      lowest = key < lowest ? key : lowest;
    }
    if (lowest < bound) {
      for (index j = i; j < i + size; ++j) {
        const KeyOf<T> key = key_of(x[j]) ^ flip;
        room.records[count] = R(key, j);
        count += key < bound ? 1 : 0;
      }
      if (count + top_block > room.capacity) {
        bound = keep_first(room, count);
        count = room.k;
      }
    }
    i += size;
  }
  if (count > room.k) keep_first(room, count);
  return room.k;
}

template <class T, class R>
Room<R, KeyOf<T>> make_room(index k, index capacity) {
  return {scratch<R>(0, capacity), scratch<KeyOf<T>>(2, greatest(capacity, few_keys)), k, capacity};
}

template <class R>
void write_positions(R* records, index count, std::int64_t* at) {
  const R* sorted = sort_records(records, scratch<R>(1, count), count);
  for (index i = 0; i < count; ++i) at[i] = sorted[i].position();
}

/// Threads share the row in chunks, and the first of each chunk are the row of a second look.
template <class T, class R>
void first_in_long_row(const T* x, std::int64_t* at, index n, index k, KeyOf<T> flip) {
  const index size = greatest(greatest(chunk_elements, 16 * k), ceil_div(n, most_chunks));
  const index chunks = ceil_div(n, size);
  R* found = scratch<R>(3, chunks * k);
  index counts[most_chunks];
  parallel(chunks, 1, [&](index begin, index end) {
    const auto room = make_room<T, R>(k, room_for(k));
    for (index chunk = begin; chunk < end; ++chunk) {
      counts[chunk] = collect_first(x, chunk * size, least(n, (chunk + 1) * size), flip, room);
      for (index i = 0; i < counts[chunk]; ++i) found[chunk * k + i] = room.records[i];
    }
  });
  index count = 0;
  for (index chunk = 0; chunk < chunks; ++chunk)
    for (index i = 0; i < counts[chunk]; ++i) found[count++] = found[chunk * k + i];
  if (count > k)
    keep_first(Room<R, KeyOf<T>>{found, scratch<KeyOf<T>>(2, greatest(count, few_keys)), k, count},
               count);
  write_positions(found, k, at);
}

template <class T, class R>
void first_in_rows(const T* x, std::int64_t* at, index rows, index n, index k, KeyOf<T> flip) {
  over_slices(rows, n, [=](index row) {
    const T* elements = x + row * n;
    std::int64_t* places = at + row * k;
    if (n >= 2 * chunk_elements && 16 * k <= n)
      return first_in_long_row<T, R>(elements, places, n, k, flip);
    const auto room = make_room<T, R>(k, least(n, room_for(k)));
    write_positions(room.records, collect_first(elements, index{0}, n, flip, room), places);
  });
}

template <class T>
void first_of_order(const void* x_memory, std::int64_t* at, index rows, index n, index k,
                    bool descending) {
  const T* x = static_cast<const T*>(x_memory);
  const KeyOf<T> flip = descending ? ~KeyOf<T>{0} : KeyOf<T>{0};
  if constexpr (sizeof(T) == 4) {
    if (n >> 32 == 0) return first_in_rows<T, Narrow>(x, at, rows, n, k, flip);
  }
  first_in_rows<T, Wide>(x, at, rows, n, k, flip);
}

template <class T>
void fill(Sorting& sorting) {
  sorting.sort = sort<T>;
  sorting.first_of_order = first_of_order<T>;
}

}  // namespace

void fill_sorting(Sorting (&sorting)[compute_count]) {
  fill<float>(sorting[static_cast<int>(Compute::f32)]);
  fill<double>(sorting[static_cast<int>(Compute::f64)]);
  fill<std::int64_t>(sorting[static_cast<int>(Compute::i64)]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
