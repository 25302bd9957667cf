#pragma once

// The key of a rank among many, in linear time.
//
// The keys between the least and the greatest are counted in buckets of equal width; the bucket
// that holds the rank is collected, and the same is done with it. A pass divides the width by 256
// or more, so that the time is linear whatever the elements are.

#include "kernels/cpu/operations.h"
#include "kernels/cpu/sort_keys.h"

/// For the loop that follows: g++ takes it apart before it looks for lanes unless it is told not
/// to.
#if defined(__GNUC__) && !defined(__clang__)
#define TOPOGRAD_ROLLED _Pragma("GCC unroll 1")
#else
#define TOPOGRAD_ROLLED
#endif

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index bucket_count = 2048;  ///< for many keys
/// Fewer where clearing and looking through more would take longer.
constexpr index few_bucket_count = 256, least_bucket_count = 64;
constexpr index many_keys = 8192, some_keys = 512;
constexpr index few_keys = 64;  ///< so many are ranked by comparing all with all

template <class Key>
struct KeyRange {
  Key low, high;
};

/// The least and the greatest of key(i), i in [begin, end).
template <class Key, class F>
TOPOGRAD_INLINE KeyRange<Key> range_of(index begin, index end, F key) {
  Key low = ~Key{0};
  Key high = 0;
  for (index i = begin; i < end; ++i) {
    const Key one = key(i);
    low = one < low ? one : low;
    high = one > high ? one : high;
  }
  return {low, high};
}

/// By how much keys are shifted so that those of the range fall into the buckets.
template <class Key>
int shift_of(KeyRange<Key> range, index buckets) {
  int shift = 0;
  while ((range.high - range.low) >> shift >= static_cast<Key>(buckets)) ++shift;
  return shift;
}

/// The bucket that holds `rank`, which becomes the rank within it.
inline index bucket_of_rank(const index* counts, index& rank) {
  index bucket = 0;
  while (rank >= counts[bucket]) rank -= counts[bucket++];
  return bucket;
}

/// The first place of the key of `rank` among few keys, with room for few_keys of them.
template <class Key>
index place_among_few(Key* keys, index count, index rank) {
  constexpr index lanes = 16;
  for (index i = count; i % lanes != 0; ++i) keys[i] = ~Key{0};
  const Key wanted = static_cast<Key>(rank);
  for (index first = 0; first < count; first += lanes) {
    const Key* own = keys + first;
    Key below[lanes] = {};
    Key equal[lanes] = {};
    for (index i = 0; i < count; ++i) {
      const Key one = keys[i];
      TOPOGRAD_ROLLED
      for (index j = 0; j < lanes; ++j) {
        below[j] += static_cast<Key>(one < own[j]);
        equal[j] += static_cast<Key>(one == own[j]);
      }
    }
    for (index j = 0; j < least(lanes, count - first); ++j)
      if (wanted - below[j] < equal[j]) return first + j;
  }
  return 0;  // not reached: some key has the rank
}

/// The key of `rank` among count keys, whose order is not kept; with room for few_keys.
template <class Key>
Key rank_by_buckets(Key* keys, index count, index rank) {
  while (count > few_keys) {
    const auto range = range_of<Key>(0, count, [=](index i) { return keys[i]; });
    if (range.low == range.high) return range.low;
    const index buckets = count < some_keys   ? least_bucket_count
                          : count < many_keys ? few_bucket_count
                                              : bucket_count;
    const int shift = shift_of(range, buckets);
    index counts[bucket_count];
    for (index b = 0; b < buckets; ++b) counts[b] = 0;
    for (index i = 0; i < count; ++i) ++counts[(keys[i] - range.low) >> shift];
    const auto bucket = static_cast<Key>(bucket_of_rank(counts, rank));
    index kept = 0;
    for (index i = 0; i < count; ++i) {
      const Key key = keys[i];
      keys[kept] = key;
      kept += (key - range.low) >> shift == bucket ? 1 : 0;
    }
    count = kept;
  }
  return keys[place_among_few(keys, count, rank)];
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
