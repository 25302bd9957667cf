#include "kernels/cpu/complex.h"
#include "kernels/cpu/parts.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

struct Sum {
  template <class T>
  static T of(T a, T b) {
    return a + b;
  }
};
struct Product {
  template <class T>
  static T of(T a, T b) {
    return a * b;
  }
};
struct Greatest {
  template <class T>
  static T of(T a, T b) {
    return a >= b || a != a ? a : b;
  }
};
struct Least {
  template <class T>
  static T of(T a, T b) {
    return a <= b || a != a ? a : b;
  }
};

/// to[at[p] * stride + j] += from[p * stride + j] (or another operation) for one part, whose first
/// column `from` and `to` point at.
template <class F, class T>
void combine_part(const T* from, const std::int64_t* at, T* to, index picks, index stride,
                  const Part& part) {
  const index width = part.column_end - part.column_begin;
  if (stride == 1) {
    for (index p = 0; p < picks; ++p)
      if (part.owns(at[p])) to[at[p]] = F::of(to[at[p]], from[p]);
    return;
  }
  for (index p = 0; p < picks; ++p) {
    if (!part.owns(at[p])) continue;
    const T* row = from + p * stride;
    T* sum = to + at[p] * stride;
    for (index j = 0; j < width; ++j) sum[j] = F::of(sum[j], row[j]);
  }
}

template <class F, class T>
void index_combine_by(const void* in_memory, const std::int64_t* indices, void* out_memory,
                      index outer, index n, index picks, index inner) {
  if (outer == 0 || inner == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(outer, picks, inner);
  parallel(outer * cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, inner, n);
      combine_part<F>(in + part.problem * picks * inner + part.column_begin, indices,
                      out + part.problem * n * inner + part.column_begin, picks, inner, part);
    }
  });
}

template <class F, class T>
void scatter_combine_by(const void* in_memory, const std::int64_t* indices, void* out_memory,
                        index outer, index n, index picks, index inner) {
  if (outer == 0 || inner == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(outer, picks, inner);
  parallel(outer * cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, inner, n);
      const T* from = in + part.problem * picks * inner;
      const std::int64_t* at = indices + part.problem * picks * inner;
      T* to = out + part.problem * n * inner;
      if (inner == 1) {
        combine_part<F>(from, at, to, picks, inner, part);
        continue;
      }
      for (index p = 0; p < picks; ++p, from += inner, at += inner)
        for (index j = part.column_begin; j < part.column_end; ++j)
          if (part.owns(at[j])) {
            T& sum = to[at[j] * inner + j];
            sum = F::of(sum, from[j]);
          }
    }
  });
}

// Two rows are the same or disjoint, so the first element tells the owner.
template <class T>
void add_rows(const void* in_memory, const std::int64_t* offsets, void* out_memory, index count,
              index row, index total) {
  if (row == 0) return;
  const T* in = static_cast<const T*>(in_memory);
  T* out = static_cast<T*>(out_memory);
  const Cut cut(1, count, row);
  parallel(cut.strips * cut.ranges, cut.grain, [=](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const Part part(cut, item, row, total);
      const T* from = in + part.column_begin;
      for (index i = 0; i < count; ++i, from += row) {
        if (!part.owns(offsets[i])) continue;
        T* sum = out + offsets[i] + part.column_begin;
        const index width = part.column_end - part.column_begin;
        for (index j = 0; j < width; ++j) sum[j] += from[j];
      }
    }
  });
}

template <class T>
void index_combine(Combination operation, const void* in, const std::int64_t* indices, void* out,
                   index outer, index n, index picks, index inner) {
  switch (operation) {
    case Combination::product:
      return index_combine_by<Product, T>(in, indices, out, outer, n, picks, inner);
    case Combination::greatest:
      return index_combine_by<Greatest, T>(in, indices, out, outer, n, picks, inner);
    case Combination::least:
      return index_combine_by<Least, T>(in, indices, out, outer, n, picks, inner);
  }
}

template <class T>
void scatter_combine(Combination operation, const void* in, const std::int64_t* indices, void* out,
                     index outer, index n, index picks, index inner) {
  switch (operation) {
    case Combination::product:
      return scatter_combine_by<Product, T>(in, indices, out, outer, n, picks, inner);
    case Combination::greatest:
      return scatter_combine_by<Greatest, T>(in, indices, out, outer, n, picks, inner);
    case Combination::least:
      return scatter_combine_by<Least, T>(in, indices, out, outer, n, picks, inner);
  }
}

template <class T>
constexpr Adding adding_of = {index_combine_by<Sum, T>, scatter_combine_by<Sum, T>, add_rows<T>,
                              index_combine<T>, scatter_combine<T>};

/// Complex numbers have no order: the callers ask for products only.
template <class T>
void index_multiply(Combination, const void* in, const std::int64_t* indices, void* out,
                    index outer, index n, index picks, index inner) {
  index_combine_by<Product, T>(in, indices, out, outer, n, picks, inner);
}
template <class T>
void scatter_multiply(Combination, const void* in, const std::int64_t* indices, void* out,
                      index outer, index n, index picks, index inner) {
  scatter_combine_by<Product, T>(in, indices, out, outer, n, picks, inner);
}
template <class T>
constexpr Adding complex_adding_of = {index_combine_by<Sum, T>, scatter_combine_by<Sum, T>,
                                      add_rows<T>, index_multiply<T>, scatter_multiply<T>};

/// Integers wrap around, which only unsigned ones do by definition; their order needs the sign.
struct Whole {
  std::int64_t value;
  friend Whole operator+(Whole a, Whole b) {
    return {static_cast<std::int64_t>(static_cast<std::uint64_t>(a.value) +
                                      static_cast<std::uint64_t>(b.value))};
  }
  friend Whole operator*(Whole a, Whole b) {
    return {static_cast<std::int64_t>(static_cast<std::uint64_t>(a.value) *
                                      static_cast<std::uint64_t>(b.value))};
  }
  Whole& operator+=(Whole other) { return *this = *this + other; }
  friend bool operator>=(Whole a, Whole b) { return a.value >= b.value; }
  friend bool operator<=(Whole a, Whole b) { return a.value <= b.value; }
  friend bool operator!=(Whole a, Whole b) { return a.value != b.value; }
};

}  // namespace

void fill_adding(Adding (&adding)[compute_count]) {
  adding[static_cast<int>(Compute::f32)] = adding_of<float>;
  adding[static_cast<int>(Compute::f64)] = adding_of<double>;
  adding[static_cast<int>(Compute::i64)] = adding_of<Whole>;
  adding[static_cast<int>(Compute::c64)] = complex_adding_of<Complex<float>>;
  adding[static_cast<int>(Compute::c128)] = complex_adding_of<Complex<double>>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
