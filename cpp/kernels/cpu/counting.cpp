#include <type_traits>

#include "kernels/cpu/reduce.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index most_shares = 16;

/// How many parts an array is counted in, each with `bins` counts of its own: by its size alone, so
/// that sums of weights do not depend on the number of threads.
inline index shares_of(index count, index bins) {
  return least(most_shares, greatest<index>(1, count / greatest(chunk_elements, bins)));
}

/// into[bin] = the sum over the shares of what part(share_counts, begin, end) counts.
template <class Count, class F>
void in_shares(index count, index bins, Count* into, F part) {
  const index shares = shares_of(count, bins);
  if (shares == 1) return part(into, index{0}, count);
  // Apart by two cache lines at least: threads that write to one line wait for each other.
  constexpr index apart = 128 / static_cast<index>(sizeof(Count));
  const index stride = (ceil_div(bins, apart) + 1) * apart;
  Count* counts = scratch<Count>(0, shares * stride);
  const index size = ceil_div(count, shares);
  parallel(shares, 1, [=](index begin, index end) {
    for (index share = begin; share < end; ++share) {
      Count* own = counts + share * stride;
      for (index b = 0; b < bins; ++b) own[b] = 0;
      part(own, share * size, least(count, (share + 1) * size));
    }
  });
  for (index share = 0; share < shares; ++share)
    for (index b = 0; b < bins; ++b) into[b] += counts[share * stride + b];
}

void bincount(const std::int64_t* x, index count, std::int64_t* counts, index bins) {
  in_shares(count, bins, counts, [=](std::int64_t* own, index begin, index end) {
    for (index i = begin; i < end; ++i) ++own[x[i]];
  });
}

template <class T>
void weighted_bincount(const std::int64_t* x, const void* weights_memory, index count,
                       double* totals, index bins) {
  const T* weights = static_cast<const T*>(weights_memory);
  in_shares(count, bins, totals, [=](double* own, index begin, index end) {
    for (index i = begin; i < end; ++i) own[x[i]] += static_cast<double>(weights[i]);
  });
}

// ------------------------------------------------------------------ histograms

/// The number of edges in [first, last) that are not above x, and `first`.
template <class T>
index edges_up_to(const T* edges, index first, index last, T x) {
  while (first < last) {
    const index middle = first + (last - first) / 2;
    if (edges[middle] <= x)
      first = middle + 1;
    else
      last = middle;
  }
  return first;
}

template <class T>
struct Bins {
  const T* edges;
  index count;
  int equal;

  /// The bin of x; `count` where there is none.
  index of(T x) const {
    const T low = edges[0];
    const T high = edges[count];
    if (!(x >= low && x <= high)) return count;
    index bin;
    if (equal == 0) {
      bin = edges_up_to(edges, index{0}, count + 1, x) - 1;
    } else {
      // A range that overflows gives NaN or inf here, which no integer holds.
      const T place = (x - low) * static_cast<T>(count) / (high - low);
      bin = place < static_cast<T>(count) ? static_cast<index>(place) : count - 1;
      if (equal == 2)
        bin = edges_up_to(edges, greatest<index>(0, bin - 1), least(bin + 2, count + 1), x) - 1;
    }
    return greatest<index>(0, least(bin, count - 1));
  }
};

constexpr index few_bins = 16;

template <class T>
bool are_few_and_ascending(const T* edges, index bins) {
  if (bins > few_bins) return false;
  for (index k = 0; k < bins; ++k)
    if (!(edges[k] <= edges[k + 1])) return false;
  return true;
}

/// Counts what reaches each edge, without a branch, and takes differences.
template <class T>
void count_few_bins(const T* x, index count, const T* edges, index bins, std::int64_t* counts) {
  using Count = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  constexpr index tile = 2048;  // stays in the nearest cache for all edges
  for (; count > 0; count -= tile, x += tile) {
    const index size = least(tile, count);
    Count before = static_cast<Count>(size);
    for (index k = 0; k <= bins; ++k) {
      const T edge = edges[k];
      Count reached = 0;
      if (k < bins)
        for (index i = 0; i < size; ++i) reached += x[i] >= edge ? 1 : 0;
      else
        for (index i = 0; i < size; ++i) reached += x[i] > edge ? 1 : 0;
      counts[k == 0 ? bins : k - 1] += static_cast<std::int64_t>(before - reached);
      before = reached;
    }
    counts[bins] += static_cast<std::int64_t>(before);
  }
}

template <class T>
void histogram(const void* x_memory, const void* weights_memory, index count, const void* edges,
               index bins, int equal_bins, std::int64_t* counts, double* totals) {
  const T* x = static_cast<const T*>(x_memory);
  const T* weights = static_cast<const T*>(weights_memory);
  const Bins<T> find{static_cast<const T*>(edges), bins, equal_bins};
  // One bin more takes what is outside.
  if (weights == nullptr && equal_bins == 0 && are_few_and_ascending(find.edges, bins)) {
    in_shares(count, bins + 1, counts, [=](std::int64_t* own, index begin, index end) {
      count_few_bins(x + begin, end - begin, find.edges, bins, own);
    });
  } else if (weights == nullptr) {
    in_shares(count, bins + 1, counts, [=](std::int64_t* own, index begin, index end) {
      for (index i = begin; i < end; ++i) ++own[find.of(x[i])];
    });
  } else {
    in_shares(count, bins + 1, totals, [=](double* own, index begin, index end) {
      for (index i = begin; i < end; ++i) own[find.of(x[i])] += static_cast<double>(weights[i]);
    });
  }
}

}  // namespace

void fill_counting(Counting& counting) {
  counting.bincount = bincount;
  counting.weighted_bincount[0] = weighted_bincount<float>;
  counting.weighted_bincount[1] = weighted_bincount<double>;
  counting.histogram[0] = histogram<float>;
  counting.histogram[1] = histogram<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
