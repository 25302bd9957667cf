// Where elements are: searchsorted, bucketize, isin, argwhere; and which ones there are: unique.

#include <numeric>

#include "ops/family.h"
#include "ops/placement.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// Calls f with a value of the type that the kernels hold the dtype in.
template <class F>
void by_compute(DType dtype, F f) {
  switch (compute_of(dtype)) {
    case kernels::Compute::f32: return f(float{});
    case kernels::Compute::f64: return f(double{});
    case kernels::Compute::i64: return f(std::int64_t{});
    default: fail<DTypeError>("search: {} numbers have no order", dtype);
  }
}

Tensor computable(const Tensor& x) { return dense(converted(x, compute_dtype(x.dtype()))); }

struct Limits {
  std::int64_t least = 0, greatest = 0;
  std::uint64_t width() const {  // of integers in between, both included; 0: all there are
    return static_cast<std::uint64_t>(greatest) - static_cast<std::uint64_t>(least) + 1;
  }
  bool narrow(index elements) const {
    return width() != 0 &&
           width() <= static_cast<std::uint64_t>(std::max<index>(elements, 1 << 12));
  }
};
Limits limits_of(const std::int64_t* data, index count) {
  Limits limits{data[0], data[0]};
  for (index i = 1; i < count; ++i) {
    limits.least = std::min(limits.least, data[i]);
    limits.greatest = std::max(limits.greatest, data[i]);
  }
  return limits;
}

// ---------------------------------------------------------------- searching

void check_sorted(const Tensor& sorted, const Tensor& values, const Tensor& sorter) {
  const bool shared = sorted.rank() == 1;
  bool fits = shared || (sorted.rank() == values.rank() && sorted.rank() > 0);
  for (int d = 0; !shared && fits && d + 1 < sorted.rank(); ++d)
    fits = sorted.shape()[d] == values.shape()[d];
  expect<ShapeError>(fits,
                     "searchsorted: sorted_sequence must be 1-d, or agree with input in all dims "
                     "but the last: got {} and {}",
                     sorted.shape(), values.shape());
  if (!sorter.defined()) return;
  expect<ShapeError>(sorter.shape() == sorted.shape(),
                     "searchsorted: sorter {} and sorted_sequence {} differ in shape",
                     sorter.shape(), sorted.shape());
  expect<DTypeError>(sorter.dtype() == DType::int64, "searchsorted: sorter must be int64, got {}",
                     sorter.dtype());
  check_positions(sorter, sorted.shape().back(), "searchsorted");
}

Tensor searched(const Tensor& sequence, const Tensor& values, const Tensor& sorter, bool right,
                bool out_int32) {
  expect_real(result_type({&sequence, &values}), "searchsorted");
  check_sorted(sequence, values, sorter);
  const index n = sequence.shape().back();
  expect<ValueError>(!out_int32 || n <= std::numeric_limits<std::int32_t>::max(),
                     "searchsorted: {} positions do not fit into int32", n);
  const DType common = result_type({&sequence, &values});
  const Tensor sorted = computable(converted(sequence, common)),
               wanted = computable(converted(values, common));
  const Tensor order = sorter.defined() ? dense(sorter) : Tensor();
  const Tensor out = Tensor::empty(values.shape(), DType::int64);
  if (out.count() > 0) {
    const bool shared = sequence.rank() == 1;
    const index count = shared ? out.count() : out.shape().back();
    kernel_table().searching[ordered_index(common)].search(
        sorted.address(), order.defined() ? order.data<std::int64_t>() : nullptr, wanted.address(),
        out.data<std::int64_t>(), out.count() / count, n, count, shared, right);
  }
  return converted(out, out_int32 ? DType::int32 : DType::int64);
}

bool from_right(bool right, const std::optional<std::string>& side) {
  if (!side) return right;
  expect<ValueError>(*side == "left" || *side == "right",
                     "searchsorted: side must be left or right, got '{}'", *side);
  expect<ValueError>(!right || *side == "right",
                     "searchsorted: right=True and side='left' contradict each other");
  return *side == "right";
}

// ---------------------------------------------------------------- membership

void look_up(const std::int64_t* elements, index count, const std::int64_t* members, index amount,
             const Limits& limits, bool* found) {
  std::vector<std::uint8_t> table(static_cast<std::size_t>(limits.width()));
  const auto place = [&](std::int64_t value) {
    return static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(limits.least);
  };
  for (index i = 0; i < amount; ++i) table[place(members[i])] = 1;
  for (index i = 0; i < count; ++i) {
    const bool inside = place(elements[i]) < limits.width();
    found[i] = inside && table[inside ? place(elements[i]) : 0] != 0;
  }
}

template <class T>
void search_for(const T* elements, index count, const Tensor& members, bool* found) {
  const Tensor sorted = sort(reshape(members, Dims{members.count()}), 0, false, true)[0];
  const T* data = sorted.data<T>();
  const index n = sorted.count();
  constexpr index block = 1 << 16;
  const Tensor memory = Tensor::empty({std::min(block, count)}, DType::int64);
  const auto* places = memory.data<std::int64_t>();
  for (index low = 0; low < count; low += block) {
    const index length = std::min(block, count - low);
    kernel_table().searching[ordered_index(members.dtype())].search(
        data, nullptr, elements + low, memory.data<std::int64_t>(), 1, n, length, true, false);
    for (index i = 0; i < length; ++i)
      found[low + i] = places[i] < n && data[std::min(places[i], n - 1)] == elements[low + i];
  }
}

Tensor members_of(const Tensor& elements, const Tensor& candidates, bool invert) {
  const DType common = result_type({&elements, &candidates});
  expect_real(common, "isin");
  const Tensor wanted = computable(converted(elements, common)),
               members = computable(converted(candidates, common));
  const Tensor out = Tensor::zeros(elements.shape(), DType::boolean);
  if (out.count() > 0 && members.count() > 0)
    by_compute(common, [&]<class T>(T) {
      if constexpr (std::is_same_v<T, std::int64_t>) {
        const auto* data = members.data<std::int64_t>();
        const Limits limits = limits_of(data, members.count());
        if (limits.narrow(8 * (members.count() + out.count())))
          return look_up(wanted.data<std::int64_t>(), out.count(), data, members.count(), limits,
                         out.data<bool>());
      }
      search_for(wanted.data<T>(), out.count(), members, out.data<bool>());
    });
  return invert ? logical_not(out) : out;
}

// ---------------------------------------------------------------- distinct elements

struct Wanted {
  bool inverse, counts;
};
/// Which group each element belongs to, and how many each group has.
struct Groups {
  Tensor inverse, counts;
};

/// Distinct integers of a narrow range, by counting. Gives their values.
Tensor counted(const Tensor& x, const Limits& limits, bool want_inverse, Groups& groups) {
  const auto* data = x.data<std::int64_t>();
  std::vector<std::int64_t> table(static_cast<std::size_t>(limits.width()));
  const auto entry = [&](std::int64_t value) -> std::int64_t& {
    return table[static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(limits.least)];
  };
  for (index i = 0; i < x.count(); ++i) ++entry(data[i]);
  std::vector<std::int64_t> values, counts;
  for (std::size_t k = 0; k < table.size(); ++k) {
    if (table[k] == 0) continue;
    counts.push_back(table[k]);
    table[k] = static_cast<std::int64_t>(values.size());
    values.push_back(limits.least + static_cast<std::int64_t>(k));
  }
  if (want_inverse) {
    groups.inverse = Tensor::empty({x.count()}, DType::int64);
    auto* inverse = groups.inverse.data<std::int64_t>();
    for (index i = 0; i < x.count(); ++i) inverse[i] = entry(data[i]);
  }
  groups.counts = Tensor::of(counts);
  return Tensor::of(values);
}

/// The first of each run of equal elements; `order`, when not null, is where they came from.
template <class T>
Tensor runs(const T* data, index count, DType dtype, const std::int64_t* order,
            const Wanted& wanted, Groups& groups) {
  const Tensor values = Tensor::empty({count}, dtype);
  const Tensor starts = Tensor::empty({wanted.counts ? count + 1 : 0}, DType::int64);
  T* value = values.data<T>();
  auto* start = starts.data<std::int64_t>();
  if (wanted.inverse) groups.inverse = Tensor::empty({count}, DType::int64);
  auto* inverse = wanted.inverse ? groups.inverse.data<std::int64_t>() : nullptr;
  index found = 0;
  for (index i = 0; i < count; ++i) {
    // Written also where it is not the first, and then overwritten: no branch depends on the data.
    value[found] = data[i];
    if (wanted.counts) start[found] = i;
    found += i == 0 || data[i] != data[i - 1] ? 1 : 0;
    if (wanted.inverse) inverse[order != nullptr ? order[i] : i] = found - 1;
  }
  if (wanted.counts) {
    start[found] = count;
    groups.counts = Tensor::empty({found}, DType::int64);
    auto* amount = groups.counts.data<std::int64_t>();
    for (index k = 0; k < found; ++k) amount[k] = start[k + 1] - start[k];
  }
  const Tensor part = restrided(values, {found}, {1}, 0);
  return 2 * found < count ? dense_copy(part) : part;
}

/// Distinct elements of a dense vector in a compute type.
Tensor distinct_elements(const Tensor& x, bool consecutive, const Wanted& wanted, Groups& groups) {
  Tensor values;
  by_compute(x.dtype(), [&]<class T>(T) {
    if constexpr (std::is_same_v<T, std::int64_t>)
      if (!consecutive && x.count() > 0) {
        const Limits limits = limits_of(x.data<std::int64_t>(), x.count());
        if (limits.narrow(x.count())) {
          values = counted(x, limits, wanted.inverse, groups);
          return;
        }
      }
    const Tensors sorted = consecutive ? Tensors{x, Tensor()} : sort(x, 0, false, true);
    values = runs<T>(sorted[0].data<T>(), x.count(), x.dtype(),
                     consecutive ? nullptr : sorted[1].data<std::int64_t>(), wanted, groups);
  });
  return values;
}

/// Rows of `width` elements, compared from the left.
template <class T>
struct Rows {
  const T* data;
  index width;
  bool before(index a, index b) const {
    return std::lexicographical_compare(data + a * width, data + (a + 1) * width, data + b * width,
                                        data + (b + 1) * width);
  }
  bool same(index a, index b) const {
    return std::equal(data + a * width, data + (a + 1) * width, data + b * width);
  }
};

/// Positions of the first of each group of equal rows, in the order of the rows.
template <class T>
std::vector<std::int64_t> distinct_rows(const Rows<T>& rows, index count, bool consecutive,
                                        Groups& groups) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  if (!consecutive)
    std::stable_sort(order.begin(), order.end(),
                     [&](index a, index b) { return rows.before(a, b); });
  groups.inverse = Tensor::empty({count}, DType::int64);
  auto* inverse = groups.inverse.data<std::int64_t>();
  std::vector<std::int64_t> firsts, counts;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || !rows.same(order[i], order[i - 1])) {
      firsts.push_back(order[i]);
      counts.push_back(0);
    }
    ++counts.back();
    inverse[order[i]] = static_cast<std::int64_t>(firsts.size()) - 1;
  }
  groups.counts = Tensor::of(counts);
  return firsts;
}

Tensor distinct_slices(const Tensor& x, std::int64_t dim, bool consecutive, Groups& groups) {
  expect<ShapeError>(x.rank() > 0, "unique: a 0-d tensor has no dim");
  const int d = wrap_dim(dim, x.rank(), "unique");
  const index n = x.shape()[d];
  for (int i = 0; i < x.rank(); ++i)
    expect<ShapeError>(i == d || x.shape()[i] > 0 || n == 0,
                       "unique: the slices of shape {} along dim {} are empty", x.shape(), d);
  const Tensor front = computable(movedim(x, Dims{d}, Dims{0}));
  std::vector<std::int64_t> firsts;
  by_compute(x.dtype(), [&]<class T>(T) {
    const Rows<T> rows{front.data<T>(), n > 0 ? x.count() / n : 0};
    firsts = distinct_rows(rows, n, consecutive, groups);
  });
  return index_select(x, d, Tensor::of(firsts));
}

}  // namespace

constinit const Unary argwhere{{
    .signature = "argwhere(Tensor input)",
    .doc =
        R"(The positions of the elements of input that are not zero, as nonzero gives them.

input: any shape and dtype; NaN counts as not zero. Returns int64 (count, input.ndim), one row per
element in row-major order.

>>> tg.argwhere(tg.tensor([[0, 3], [4, 0]]))
tensor([[0, 1],
        [1, 0]])
)",
    .forward = [](const Tensor& x) { return positions_of_nonzero(x); },
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> { return {{sample_booleans({2, 3})}, {sample({3})}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> nonzero_static{{
    .signature = "nonzero_static(Tensor input, *, int size, int fill_value=-1)",
    .doc =
        R"(The positions of the first elements of input that are not zero, always `size` rows.

input: any shape and dtype. size: how many rows the result has: further positions are left out, and
missing ones are filled with fill_value (default -1). Returns int64 (size, input.ndim). Raises
ValueError for a negative size.

>>> tg.nonzero_static(tg.tensor([0, 3, 4]), size=3)
tensor([[ 1],
        [ 2],
        [-1]])
)",
    .forward =
        [](const Tensor& x, std::int64_t size, std::int64_t fill_value) {
          expect<ValueError>(size >= 0, "nonzero_static: size must not be negative, got {}", size);
          const Tensor found = positions_of_nonzero(x);
          const Tensor out = Tensor::full({size, x.rank()}, Scalar(fill_value), DType::int64);
          const index rows = std::min(size, found.shape()[0]);
          copy_elements(restrided(found, {rows, x.rank()}, found.strides(), 0),
                        restrided(out, {rows, x.rank()}, out.strides(), 0));
          return out;
        },
    .derivative = NotDifferentiable{},
    .samples = []() -> std::vector<Sample> {
      return {{sample_booleans({2, 3}), 2, -1}, {sample_integers({3}, 2), 5, 7}};
    },
}};

constinit const Op<Tensors(Tensor, Dims)> unravel_index{{
    .signature = "unravel_index(Tensor indices, int[] shape) -> Tensor[]",
    .doc =
        R"(Positions of the flattened form of a shape as one index per dim.

indices: integers in [0, n), n = the number of elements of shape. shape: sizes, or one. Returns as
many int64 tensors as dims, each of the shape of indices. Raises IndexError for an entry out of
range (PyTorch starts over from 0 there), ShapeError for a negative size, TypeError for indices that
are not integers.

>>> tg.unravel_index(tg.tensor([0, 5]), (2, 3))
(tensor([0, 1]), tensor([0, 2]))
)",
    .forward =
        [](const Tensor& at, const Dims& shape) {
          expect<DTypeError>(is_integer(at.dtype()),
                             "unravel_index: indices must be integers, got {}", at.dtype());
          check_positions(at, count_of(shape), "unravel_index");
          const Tensor whole = dense(converted(at, DType::int64));
          const auto* data = whole.data<std::int64_t>();
          Tensors result;
          for (int d = 0; d < shape.size(); ++d)
            result.push_back(Tensor::empty(at.shape(), DType::int64));
          // From the last dim to the first, one division each; the first holds what is left.
          for (int d = shape.size() - 1; d >= 0; --d) {
            auto* rest = result[0].data<std::int64_t>();
            auto* out = result[static_cast<std::size_t>(d)].data<std::int64_t>();
            const auto* in = d + 1 == shape.size() ? data : rest;
            const index size = shape[d];
            for (index i = 0; d > 0 && i < at.count(); ++i) {
              const index quotient = in[i] / size;
              out[i] = in[i] - quotient * size;
              rest[i] = quotient;
            }
            if (d == 0 && in != rest) std::copy(in, in + at.count(), rest);
          }
          return result;
        },
    .derivative = NotDifferentiable{},
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample_integers({2, 2}, 12), Dims{3, 4}}, {sample_integers({3}, 5), Dims{5}}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool, bool, std::optional<std::string>, Tensor)>
    searchsorted{{
        .signature = "searchsorted(Tensor sorted_sequence, Tensor input, *, bool out_int32=False, "
                     "bool right=False, str? side=None, Tensor? sorter=None)",
        .doc =
            R"(Where the elements of input would stand in a sorted sequence.

sorted_sequence: (n,), or (*, n) with the dims of input but the last. input: a number or (*, m);
both are compared in their common dtype. Returns for each element of input how many of its sequence
are less: sequence[i - 1] < value <= sequence[i]. right: how many are not greater:
sequence[i - 1] <= value < sequence[i]; side: 'left' or 'right', another way to say it. sorter:
int64, the order that sorts sorted_sequence, as argsort gives it. out_int32: int32 instead of int64.
NaN stands behind everything, and counts as greatest in the sequence. Raises ShapeError when shapes
do not fit, ValueError when right and side contradict each other, IndexError for a sorter out of
range.

>>> tg.searchsorted(tg.tensor([1, 3, 3, 5]), tg.tensor([0, 3, 9]))
tensor([0, 1, 4])
>>> tg.searchsorted(tg.tensor([1, 3, 3, 5]), 3, right=True)
tensor(3)
)",
        .forward =
            [](const Tensor& sequence, const Tensor& values, bool out_int32, bool right,
               const std::optional<std::string>& side, const Tensor& sorter) {
              return searched(sequence, values, sorter, from_right(right, side), out_int32);
            },
        .derivative = NotDifferentiable{},
        .traits = function_only | exact_out,
        .samples = []() -> std::vector<Sample> {
          const Tensor sorted = sort(sample_in({2, 5}, 0.0, 4.0), -1, false, true)[0];
          const Tensor jumbled = sample_in({4}, 0.0, 4.0);
          return {{select(sorted, 0, 0), sample({2, 3}), false, false, Arg(), Arg()},
                  {sorted, sample({2, 3}), true, true, Arg(), Arg()},
                  {jumbled, sample_in({3}, 0.0, 4.0), false, false, "right",
                   argsort(jumbled, 0, false, true)}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, bool, bool)> bucketize{{
    .signature = "bucketize(Tensor input, Tensor boundaries, *, bool out_int32=False, bool "
                 "right=False)",
    .doc =
        R"(The bucket that each element of input falls into, between sorted boundaries.

input: a number or (*). boundaries: (n,), sorted. Returns i with boundaries[i - 1] < x <=
boundaries[i], from 0 to n; right: with boundaries[i - 1] <= x < boundaries[i]. out_int32: int32
instead of int64. NaN falls into the last bucket. Raises ShapeError for boundaries that are not 1-d.

>>> tg.bucketize(tg.tensor([0.5, 2.0, 9.0]), tg.tensor([1.0, 2.0, 3.0]))
tensor([0, 1, 3])
)",
    .forward =
        [](const Tensor& x, const Tensor& boundaries, bool out_int32, bool right) {
          expect<ShapeError>(boundaries.rank() == 1,
                             "bucketize: boundaries must be 1-d, got shape {}", boundaries.shape());
          return searched(boundaries, x, Tensor(), right, out_int32);
        },
    .derivative = NotDifferentiable{},
    .traits = function_only | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor::of<double>({0.6, 1.4, 2.6}), false, false},
              {sample({3}), Tensor::of<double>({0.6, 1.4, 2.6}), true, true}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool, bool)> isin{{
    .signature = "isin(Tensor elements, Tensor test_elements, *, bool assume_unique=False, bool "
                 "invert=False)",
    .doc =
        R"(Whether each of the elements is one of the test elements.

elements, test_elements: tensors or numbers, compared in their common dtype. Returns bool of the
shape of elements. invert: whether it is none of them (default False). assume_unique: accepted,
without effect. NaN is equal to nothing.

>>> tg.isin(tg.tensor([[1, 2], [3, 4]]), tg.tensor([2, 4]))
tensor([[False,  True],
        [False,  True]])
)",
    .forward = [](const Tensor& elements, const Tensor& candidates, bool,
                  bool invert) { return members_of(elements, candidates, invert); },
    .derivative = NotDifferentiable{},
    .traits = function_only | exact_out,
    .samples = []() -> std::vector<Sample> {
      return {{sample_integers({3, 4}, 9), sample_integers({5}, 9), false, false},
              {sample({2, 3}), sample({2, 2}), false, true}};
    },
}};

constinit const Op<Tensors(Tensor, OptionalInt, bool, bool, bool)> distinct{{
    .signature = "distinct(Tensor input, int? dim, bool consecutive, bool return_inverse, bool "
                 "return_counts) -> Tensor[]",
    .doc = R"(What unique and unique_consecutive return: values, inverse, counts.)",
    .forward =
        [](const Tensor& x, const OptionalInt& dim, bool consecutive, bool want_inverse,
           bool want_counts) {
          expect_real(x, "unique");
          Groups groups;
          if (dim) {
            const Tensor slices = distinct_slices(x, *dim, consecutive, groups);
            return Tensors{slices, groups.inverse, groups.counts};
          }
          const Tensor flat = reshape(computable(x), Dims{x.count()});
          const Tensor values =
              distinct_elements(flat, consecutive, {want_inverse, want_counts}, groups);
          const Tensor inverse =
              want_inverse ? reshape(groups.inverse, x.shape()) : Tensor::empty({0}, DType::int64);
          const Tensor counts =
              groups.counts.defined() ? groups.counts : Tensor::empty({0}, DType::int64);
          return Tensors{converted(values, x.dtype()), inverse, counts};
        },
    .derivative = NotDifferentiable{},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample_integers({3, 4}, 5), Arg(), false, true, true},
              {sample_integers({3, 2}, 2), 0, false, true, true},
              {sample({5}), Arg(), true, true, true}};
    },
}};

Family search_family() {
  return {&argwhere, &nonzero_static, &unravel_index, &searchsorted, &bucketize, &isin, &distinct};
}

}  // namespace topograd
