#include "kernels/cpu/images.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/parts.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// How many entries of a bag count.
index count_of(const BagShape& shape, index bag) {
  index count = shape.offsets[bag + 1] - shape.offsets[bag];
  if (shape.padding >= 0)
    for (index i = shape.offsets[bag]; i < shape.offsets[bag + 1]; ++i)
      count -= shape.indices[i] == shape.padding ? 1 : 0;
  return count;
}

template <class T>
T share_of(const BagShape& shape, index bag) {
  if (!shape.mean) return T{1};
  const index count = count_of(shape, bag);
  return count > 0 ? T{1} / static_cast<T>(count) : T{0};
}

/// Bags that are worth handing to another thread.
index grain_of(const BagShape& shape) {
  const index entries = shape.bags > 0 ? shape.offsets[shape.bags] / shape.bags + 1 : 1;
  return greatest<index>(1, (1 << 15) / greatest<index>(1, entries * shape.width));
}

/// Columns that are added up in registers.
constexpr index strip = 64;

/// Adds the rows of a bag. A whole strip has a loop of its own, whose sums stay in registers.
template <bool whole, class T>
void sum_strip(const BagShape& shape, index bag, const T* table, index given, T share, T* out) {
  const T* factors = static_cast<const T*>(shape.factors);
  const index width = whole ? strip : given;
  T total[strip] = {};
  for (index i = shape.offsets[bag]; i < shape.offsets[bag + 1]; ++i) {
    if (shape.indices[i] == shape.padding) continue;
    const T* row = table + shape.indices[i] * shape.width;
    const T factor = factors == nullptr ? T{1} : factors[i];
    for (index j = 0; j < width; ++j) total[j] += factor * row[j];
  }
  for (index j = 0; j < width; ++j) out[j] = share * total[j];
}

template <class T>
void sum(const BagShape& shape, const void* table, void* out) {
  parallel(shape.bags, grain_of(shape), [&](index begin, index end) {
    for (index bag = begin; bag < end; ++bag) {
      const T share = share_of<T>(shape, bag);
      for (index first = 0; first < shape.width; first += strip) {
        const index width = least(strip, shape.width - first);
        (width == strip ? sum_strip<true, T>
                        : sum_strip<false, T>)(shape, bag, static_cast<const T*>(table) + first,
                                               width, share,
                                               static_cast<T*>(out) + bag * shape.width + first);
      }
    }
  });
}

template <class T>
void spread(const BagShape& shape, const void* gradient, void* table_memory) {
  const T* factors = static_cast<const T*>(shape.factors);
  const index width = shape.width;
  const index entries = shape.offsets[shape.bags];
  if (width == 0 || entries == 0) return;
  const Cut cut(1, entries, width);
  parallel(cut.strips * cut.ranges, cut.grain, [&](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, width, shape.rows);
      const index columns = part.column_end - part.column_begin;
      for (index bag = 0; bag < shape.bags; ++bag) {
        const T* g = static_cast<const T*>(gradient) + bag * width + part.column_begin;
        const T share = share_of<T>(shape, bag);
        for (index i = shape.offsets[bag]; i < shape.offsets[bag + 1]; ++i) {
          const index row = shape.indices[i];
          if (row == shape.padding || !part.owns(row)) continue;
          T* to = static_cast<T*>(table_memory) + row * width + part.column_begin;
          const T factor = factors == nullptr ? share : share * factors[i];
          TOPOGRAD_INDEPENDENT
          for (index j = 0; j < columns; ++j) to[j] += factor * g[j];
        }
      }
    }
  });
}

/// One bag, `width` columns of it, at most a strip. Places count within the bag.
template <class T>
void greatest_strip(const BagShape& shape, index bag, const T* table, index width, T* out,
                    std::int64_t* from) {
  using Place = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
  T best[strip] = {};
  Place place[strip];
  for (Place& one : place) one = -1;
  const index first = shape.offsets[bag];
  for (index i = first; i < shape.offsets[bag + 1]; ++i) {
    if (shape.indices[i] == shape.padding) continue;
    const T* row = table + shape.indices[i] * shape.width;
    const Place now = static_cast<Place>(i - first);
    for (index j = 0; j < width; ++j) {
      const bool wins = (row[j] > best[j]) | ((row[j] != row[j]) & (best[j] == best[j]));
      const bool take = (place[j] < 0) | wins;
      best[j] = take ? row[j] : best[j];
      place[j] = take ? now : place[j];
    }
  }
  for (index j = 0; j < width; ++j) {
    out[j] = best[j];
    from[j] = place[j] < 0 ? -1 : shape.indices[first + place[j]];
  }
}

template <class T>
void greatest_of_bags(const BagShape& shape, const void* table, void* out, std::int64_t* from) {
  parallel(shape.bags, grain_of(shape), [&](index begin, index end) {
    for (index bag = begin; bag < end; ++bag)
      for (index first = 0; first < shape.width; first += strip)
        greatest_strip(
            shape, bag, static_cast<const T*>(table) + first, least(strip, shape.width - first),
            static_cast<T*>(out) + bag * shape.width + first, from + bag * shape.width + first);
  });
}

template <class T>
constexpr Bags bags_of = {sum<T>, spread<T>, greatest_of_bags<T>};

}  // namespace

void fill_bags(Bags (&bags)[2]) {
  bags[0] = bags_of<float>;
  bags[1] = bags_of<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
