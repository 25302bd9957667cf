// Cross products, and distances between rows.

#include "kernels/cpu/gemm_kernel.h"
#include "kernels/cpu/loops.h"
#include "kernels/cpu/math.h"
#include "kernels/cpu/trigonometry.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// ------------------------------------------------------------------ cross product

template <class T>
TOPOGRAD_INLINE T cross_part(T a1, T b2, T a2, T b1) {
  return subtract(multiply(a1, b2), multiply(a2, b1));
}

template <class T>
void cross_rows(const T* a, const T* b, T* out, index rows) {
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < rows; ++i) {
    const T a0 = a[3 * i], a1 = a[3 * i + 1], a2 = a[3 * i + 2];
    const T b0 = b[3 * i], b1 = b[3 * i + 1], b2 = b[3 * i + 2];
    out[3 * i] = cross_part(a1, b2, a2, b1);
    out[3 * i + 1] = cross_part(a2, b0, a0, b2);
    out[3 * i + 2] = cross_part(a0, b1, a1, b0);
  }
}

template <class T>
void cross_planes(const T* a, const T* b, T* out, index inner, index begin, index end) {
  const T *a1 = a + inner, *a2 = a1 + inner, *b1 = b + inner, *b2 = b1 + inner;
  TOPOGRAD_INDEPENDENT
  for (index i = begin; i < end; ++i) {
    out[i] = cross_part(a1[i], b2[i], a2[i], b1[i]);
    out[inner + i] = cross_part(a2[i], b[i], a[i], b2[i]);
    out[2 * inner + i] = cross_part(a[i], b1[i], a1[i], b[i]);
  }
}

template <class T>
void cross(const void* a_data, const void* b_data, void* out_data, index outer, index inner) {
  const T* a = static_cast<const T*>(a_data);
  const T* b = static_cast<const T*>(b_data);
  T* out = static_cast<T*>(out_data);
  constexpr index grain = 1 << 14;
  if (inner == 1) {
    parallel(outer, grain, [=](index begin, index end) {
      cross_rows(a + 3 * begin, b + 3 * begin, out + 3 * begin, end - begin);
    });
    return;
  }
  for (index o = 0; o < outer && inner > grain; ++o)
    parallel(inner, grain, [=](index begin, index end) {
      cross_planes(a + 3 * inner * o, b + 3 * inner * o, out + 3 * inner * o, inner, begin, end);
    });
  if (inner <= grain)
    parallel(outer, greatest(index{1}, grain / greatest(index{1}, inner)),
             [=](index begin, index end) {
               for (index o = begin; o < end; ++o)
                 cross_planes(a + 3 * inner * o, b + 3 * inner * o, out + 3 * inner * o, inner, 0,
                              inner);
             });
}

// ------------------------------------------------------------------ distances

/// Each order of norm: how a difference is added to a total, how totals of parts are joined, the
/// distance from the total; and how a gradient g goes on to a difference, in two factors of which
/// the first is the same for a whole row.
template <class T>
struct Order0 {
  TOPOGRAD_INLINE T include(T total, T d) const { return total + (d != 0 ? T(1) : T(0)); }
  TOPOGRAD_INLINE T join(T a, T b) const { return a + b; }
  TOPOGRAD_INLINE T finish(T total) const { return total; }
  TOPOGRAD_INLINE T factor(T g, T) const { return g; }
  TOPOGRAD_INLINE T slope(T, T) const { return 0; }
};
template <class T>
struct Order1 {
  TOPOGRAD_INLINE T include(T total, T d) const { return total + abs(d); }
  TOPOGRAD_INLINE T join(T a, T b) const { return a + b; }
  TOPOGRAD_INLINE T finish(T total) const { return total; }
  TOPOGRAD_INLINE T factor(T g, T) const { return g; }
  TOPOGRAD_INLINE T slope(T d, T) const { return T((d > 0) - (d < 0)); }
};
template <class T>
struct Order2 {
  TOPOGRAD_INLINE T include(T total, T d) const { return total + d * d; }
  TOPOGRAD_INLINE T join(T a, T b) const { return a + b; }
  TOPOGRAD_INLINE T finish(T total) const { return sqrt(total); }
  TOPOGRAD_INLINE T factor(T g, T distance) const { return g / distance; }
  TOPOGRAD_INLINE T slope(T d, T) const { return d; }
};
template <class T>
struct OrderInfinity {
  TOPOGRAD_INLINE T include(T total, T d) const { return maximum(total, abs(d)); }
  TOPOGRAD_INLINE T join(T a, T b) const { return maximum(a, b); }
  TOPOGRAD_INLINE T finish(T total) const { return total; }
  TOPOGRAD_INLINE T factor(T g, T) const { return g; }
  TOPOGRAD_INLINE T slope(T d, T distance) const {
    return abs(d) == distance ? T((d > 0) - (d < 0)) : T(0);
  }
};
template <class T>
struct OrderAny {
  T order, inverse;
  TOPOGRAD_INLINE T include(T total, T d) const { return total + pow(abs(d), order); }
  TOPOGRAD_INLINE T join(T a, T b) const { return a + b; }
  TOPOGRAD_INLINE T finish(T total) const { return pow(total, inverse); }
  TOPOGRAD_INLINE T factor(T g, T) const { return g; }
  TOPOGRAD_INLINE T slope(T d, T distance) const {
    const T size = pow(abs(d) / distance, order - 1);
    return d == 0 ? T(0) : copysign(size, d);
  }
};

/// f with the order's type, which makes plain loops.
template <class T, class F>
void with_order(double order, F f) {
  if (order == 0)
    f(Order0<T>{});
  else if (order == 1)
    f(Order1<T>{});
  else if (order == 2)
    f(Order2<T>{});
  else if (order == Format<double>::infinity)
    f(OrderInfinity<T>{});
  else
    f(OrderAny<T>{static_cast<T>(order), static_cast<T>(1 / order)});
}

constexpr index tile = 64;        ///< rows of x2 whose totals stay in registers
constexpr index row_block = 128;  ///< rows of x1 that share a packed tile
constexpr index leaf = 256;       ///< differences added in a row: sums of sums round less

/// `tile` rows of x2, element by element side by side; missing rows are zeros.
template <class T>
void pack_rows(const T* x2, index rows, index width, T* packed) {
  for (index m = 0; m < width; ++m)
    for (index j = 0; j < tile; ++j) packed[m * tile + j] = j < rows ? x2[j * width + m] : T(0);
}

template <class T, class Order>
void distances_of_row(const T* x, const T* packed, index width, Order order, T* totals) {
  for (index j = 0; j < tile; ++j) totals[j] = 0;
  for (index begin = 0; begin < width; begin += leaf) {
    T part[tile] = {};
    const index end = least(width, begin + leaf);
    for (index m = begin; m < end; ++m) {
      const T value = x[m];
      const T* other = packed + m * tile;
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < tile; ++j) part[j] = order.include(part[j], value - other[j]);
    }
    for (index j = 0; j < tile; ++j) totals[j] = order.join(totals[j], part[j]);
  }
  for (index j = 0; j < tile; ++j) totals[j] = order.finish(totals[j]);
}

/// The distance of two rows: where x2 has few, most of a tile would be empty.
template <class T, class Order>
T distance_of_pair(const T* a, const T* b, index width, Order order) {
  T total = 0;
  index m = 0;
  for (; m + tile <= width;) {
    T part[tile] = {};
    const index end = least(width, m + tile * leaf);
    for (; m + tile <= end; m += tile) {
      TOPOGRAD_INDEPENDENT
      for (index j = 0; j < tile; ++j) part[j] = order.include(part[j], a[m + j] - b[m + j]);
    }
    for (index half = tile / 2; half > 0; half /= 2)
      for (index j = 0; j < half; ++j) part[j] = order.join(part[j], part[j + half]);
    total = order.join(total, part[0]);
  }
  T rest = 0;
  for (; m < width; ++m) rest = order.include(rest, a[m] - b[m]);
  return order.finish(order.join(total, rest));
}

template <class T>
constexpr index lanes = vector_bytes / static_cast<index>(sizeof(T));

/// Totals of `lanes` differences of 2 rows from 4 others: eight sums that do not wait for each
/// other stay in registers.
template <class T>
struct PairBlock {
  static constexpr index rows = 2, others = 4;
  T totals[rows][others][lanes<T>];

  template <class Order>
  TOPOGRAD_INLINE void include(const T* const* a, const T* const* b, index begin, index end,
                               Order order) {
    T part[rows][others][lanes<T>] = {};
    for (index m = begin; m < end; m += lanes<T>) {
      for (index r = 0; r < rows; ++r)
        for (index o = 0; o < others; ++o)
          for (index j = 0; j < lanes<T>; ++j)
            part[r][o][j] = order.include(part[r][o][j], a[r][m + j] - b[o][m + j]);
    }
    for (index r = 0; r < rows; ++r)
      for (index o = 0; o < others; ++o)
        for (index j = 0; j < lanes<T>; ++j)
          totals[r][o][j] = order.join(totals[r][o][j], part[r][o][j]);
  }

  /// The distances of the rows of x from first_row and first_other on; the last of all rows stands
  /// in for those that are missing.
  template <class Order>
  void run(const T* x, index count, index width, index first_row, index first_other, Order order) {
    const T *a[rows], *b[others];
    for (index r = 0; r < rows; ++r) a[r] = x + least(first_row + r, count - 1) * width;
    for (index o = 0; o < others; ++o) b[o] = x + least(first_other + o, count - 1) * width;
    for (auto& row : totals)
      for (auto& one : row)
        for (T& lane : one) lane = 0;
    const index whole = width / lanes<T> * lanes<T>;
    for (index begin = 0; begin < whole; begin += leaf * lanes<T>)
      include(a, b, begin, least(whole, begin + leaf * lanes<T>), order);
    if (whole < width) {
      T ends[rows + others][lanes<T>] = {};
      const T *a_end[rows], *b_end[others];
      for (index i = 0; i < rows + others; ++i) {
        const T* from = (i < rows ? a[i] : b[i - rows]) + whole;
        for (index j = 0; j < width - whole; ++j) ends[i][j] = from[j];
        (i < rows ? a_end[i] : b_end[i - rows]) = ends[i];
      }
      include(a_end, b_end, 0, lanes<T>, order);
    }
    for (auto& row : totals)
      for (auto& one : row) {
        for (index half = lanes<T> / 2; half > 0; half /= 2)
          for (index j = 0; j < half; ++j) one[j] = order.join(one[j], one[j + half]);
        one[0] = order.finish(one[0]);
      }
  }
};

/// out gets the distances of the pairs i < j, row by row.
template <class T>
void pairs(const void* x_data, index count, index width, double norm, void* out_data) {
  const T* x = static_cast<const T*>(x_data);
  T* out = static_cast<T*>(out_data);
  using Block = PairBlock<T>;
  const index groups = ceil_div(count, Block::rows);
  with_order<T>(norm, [&](auto order) {
    const auto group = [&, order](index first) {
      Block block;
      for (index other = first + 1; other < count; other += Block::others) {
        block.run(x, count, width, first, other, order);
        for (index i = first; i < least(count, first + Block::rows); ++i) {
          T* row = out + i * (2 * count - i - 1) / 2 - i - 1;
          for (index j = greatest(i + 1, other); j < least(count, other + Block::others); ++j)
            row[j] = block.totals[i - first][j - other][0];
        }
      }
    };
    // A long group and a short one together are as much work as any other two.
    const index work = greatest(index{1}, count * Block::rows * width);
    parallel(ceil_div(groups, 2), greatest(index{1}, 100000 / work), [&](index begin, index end) {
      for (index g = begin; g < end; ++g) {
        group(g * Block::rows);
        if (groups - 1 - g != g) group((groups - 1 - g) * Block::rows);
      }
    });
  });
}

template <class T>
void direct(const DistanceShape& s, const void* x1_data, const void* x2_data, void* out_data) {
  const T* x1 = static_cast<const T*>(x1_data);
  const T* x2 = static_cast<const T*>(x2_data);
  T* out = static_cast<T*>(out_data);
  const index blocks = ceil_div(s.rows, row_block), tiles = ceil_div(s.others, tile);
  with_order<T>(s.order, [&](auto order) {
    const index work = greatest(index{1}, least(s.rows, row_block) * tile * s.width);
    parallel(s.batch * blocks * tiles, greatest(index{1}, 100000 / work),
             [&, order](index begin, index end) {
               T* packed = scratch<T>(0, tile * greatest(s.width, index{1}));
               alignas(64) T totals[tile];
               for (index job = begin; job < end; ++job) {
                 const index b = job / (blocks * tiles), first = job / tiles % blocks * row_block;
                 const index j = job % tiles * tile, size = least(tile, s.others - j);
                 const T* others = x2 + (b * s.others + j) * s.width;
                 const bool few = size < tile / 2 && s.width >= tile;
                 if (!few) pack_rows(others, size, s.width, packed);
                 for (index i = first; i < least(s.rows, first + row_block); ++i) {
                   const index row = b * s.rows + i;
                   for (index k = 0; few && k < size; ++k)
                     out[row * s.others + j + k] =
                         distance_of_pair(x1 + row * s.width, others + k * s.width, s.width, order);
                   if (few) continue;
                   distances_of_row(x1 + row * s.width, packed, s.width, order, totals);
                   for (index k = 0; k < size; ++k) out[row * s.others + j + k] = totals[k];
                 }
               }
             });
  });
}

template <class T>
T direct_distance(const T* a, const T* b, index width) {
  double total = 0;
  for (index m = 0; m < width; ++m) {
    const double d = static_cast<double>(a[m]) - static_cast<double>(b[m]);
    total += d * d;
  }
  return static_cast<T>(sqrt(total));
}

template <class T>
void from_products(const DistanceShape& s, const void* x1_data, const void* x2_data,
                   const void* square1, const void* square2, void* products) {
  const T* x1 = static_cast<const T*>(x1_data);
  const T* x2 = static_cast<const T*>(x2_data);
  parallel(s.batch * s.rows, greatest(index{1}, 20000 / greatest(s.others, index{1})),
           [&](index begin, index end) {
             for (index row = begin; row < end; ++row) {
               const index b = row / s.rows;
               const T own = static_cast<const T*>(square1)[row];
               const T* other = static_cast<const T*>(square2) + b * s.others;
               T* out = static_cast<T*>(products) + row * s.others;
               int cancelled = 0;
               for (index j = 0; j < s.others; ++j) {
                 const T sum = own + other[j];
                 const T square = sum - 2 * out[j];
                 // NaN counts as cancelled; -1 marks what has to be computed again.
                 const bool good = square > T(0.02) * sum;
                 cancelled |= good ? 0 : 1;
                 out[j] = good ? sqrt(square) : T(-1);
               }
               for (index j = 0; j < s.others && cancelled != 0; ++j)
                 if (out[j] == T(-1))
                   out[j] = direct_distance(x1 + row * s.width, x2 + (b * s.others + j) * s.width,
                                            s.width);
             }
           });
}

template <class T>
void gradient(const DistanceShape& s, const void* g_data, const void* distances,
              const void* x1_data, const void* x2_data, void* out_data) {
  const T* g = static_cast<const T*>(g_data);
  const T* distance = static_cast<const T*>(distances);
  const T* x1 = static_cast<const T*>(x1_data);
  const T* x2 = static_cast<const T*>(x2_data);
  T* out = static_cast<T*>(out_data);
  with_order<T>(s.order, [&](auto order) {
    const index work = greatest(index{1}, s.others * s.width);
    parallel(s.batch * s.rows, greatest(index{1}, 50000 / work),
             [&, order](index begin, index end) {
               for (index row = begin; row < end; ++row) {
                 const T* other = x2 + row / s.rows * s.others * s.width;
                 const T* own = x1 + row * s.width;
                 T* total = out + row * s.width;
                 for (index m = 0; m < s.width; ++m) total[m] = 0;
                 for (index j = 0; j < s.others; ++j) {
                   const T weight = g[row * s.others + j], length = distance[row * s.others + j];
                   if (length == 0 || weight == 0) continue;
                   const T* x = other + j * s.width;
                   const T factor = order.factor(weight, length);
                   TOPOGRAD_INDEPENDENT
                   for (index m = 0; m < s.width; ++m)
                     total[m] += factor * order.slope(own[m] - x[m], length);
                 }
               }
             });
  });
}

}  // namespace

void fill_cross(Cross (&table)[compute_count]) {
  table[0] = cross<float>;
  table[1] = cross<double>;
  table[2] = cross<std::int64_t>;
}

void fill_distances(Distances (&table)[2]) {
  table[0] = {direct<float>, pairs<float>, from_products<float>, gradient<float>};
  table[1] = {direct<double>, pairs<double>, from_products<double>, gradient<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
