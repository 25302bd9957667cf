// Writing over elements at positions, in a copy or in place, and reading them from the flattened
// input.

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/pool.h"
#include "ops/family.h"
#include "ops/placement.h"
#include "ops/registry.h"

namespace topograd {
namespace {

// Hazard "bytes of booleans": a view of another dtype, or an array of NumPy, may leave other bytes
// than 0 and 1 in a boolean tensor. What is counted here is what is written below: bytes that are
// not 0.

/// The positions of the first `count` true flags from number `begin` on; there are so many. No
/// branch depends on a single flag: what is written for a false one is overwritten by the next.
template <int known_rank>
void write_positions(const std::uint8_t* flags, const Dims& shape, index begin, index count,
                     std::int64_t* to) {
  const int rank = known_rank > 0 ? known_rank : shape.size();
  const int last = rank - 1;
  index position[max_rank];
  index rest = begin;
  for (int d = last; d >= 0; --d) {
    position[d] = rest % shape[d];
    rest /= shape[d];
  }
  const std::uint8_t* flag = flags + begin;
  while (count > 0) {
    index j = position[last];
    const index size = shape[last];
    while (j < size && count > 0) {
      std::uint64_t eight = 1;
      if (j + 8 <= size) std::memcpy(&eight, flag, 8);
      const index stop = std::min(j + 8, size);
      if (eight == 0) flag += 8;
      for (j = eight == 0 ? stop : j; j < stop && count > 0; ++j) {
        for (int d = 0; d < last; ++d) to[d] = position[d];
        to[last] = j;
        const index found = *flag++ != 0 ? 1 : 0;
        to += found * rank;
        count -= found;
      }
    }
    position[last] = 0;
    for (int d = last - 1; d >= 0; --d) {
      if (++position[d] < shape[d]) break;
      position[d] = 0;
    }
  }
}

}  // namespace

Tensor positions_of_nonzero(const Tensor& x) {
  constexpr index piece = index{1} << 16;
  const Tensor flags = dense(x.dtype() == DType::boolean ? x : ne(x, 0));
  const auto* data = static_cast<const std::uint8_t*>(flags.address());
  const index n = flags.count();
  std::vector<index> found(static_cast<std::size_t>((n + piece - 1) / piece));
  const auto pieces = static_cast<index>(found.size());
  parallel(pieces, 1, [&](index begin, index end) {
    for (index k = begin; k < end; ++k) {
      const auto *first = data + k * piece, *last = data + std::min(n, (k + 1) * piece);
      found[static_cast<std::size_t>(k)] = last - first - std::count(first, last, 0);
    }
  });
  std::vector<index> before(found.size());
  std::exclusive_scan(found.begin(), found.end(), before.begin(), index{0});
  const index total = found.empty() ? 0 : before.back() + found.back();
  const int rank = x.rank();
  Tensor out = Tensor::empty({total, rank}, DType::int64);
  if (rank == 0 || total == 0) return out;
  auto* to = out.data<std::int64_t>();
  const auto write = rank == 1   ? write_positions<1>
                     : rank == 2 ? write_positions<2>
                                 : write_positions<0>;
  parallel(pieces, 1, [&](index begin, index end) {
    for (index k = begin; k < end; ++k) {
      const auto at = static_cast<std::size_t>(k);
      write(data, x.shape(), k * piece, found[at], to + before[at] * rank);
    }
  });
  return out;
}

namespace {

/// Writes source, or its one element everywhere, at positions along dim: over *target or over a
/// copy of x. `positions` is dense int64, checked.
Tensor written(Target target, const Tensor& x, int dim, const Tensor& positions,
               const Tensor& source, bool single) {
  const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
  if (positions.count() == 0 || x.count() == 0) return out;
  const Axis axis = axis_of(x.shape(), dim);
  const Tensor own = dense(may_overlap(source, out) ? dense_copy(source) : source);
  const Tensor at = may_overlap(positions, out) ? dense_copy(positions) : positions;
  const Tensor work = dense(out);
  kernel_table().placing.index_write(own.address(), single, at.data<std::int64_t>(), work.address(),
                                     axis.outer, axis.n, at.count(), axis.inner,
                                     static_cast<index>(size_of(x.dtype())));
  if (!work.same_as(out)) copy_elements(work, out);
  return out;
}

/// source at positions of the flattened input, written or added.
Tensor put_flat(Target target, const Tensor& x, const Tensor& at, const Tensor& source,
                bool accumulate) {
  expect<ShapeError>(source.count() == at.count(),
                     "put: source of shape {} has {} elements, index of shape {} has {}",
                     source.shape(), source.count(), at.shape(), at.count());
  expect<NotSupported>(source.dtype() == x.dtype() || source.body()->wrapped_number,
                       "put: dtypes differ: input is {}, source is {}", x.dtype(), source.dtype());
  const Tensor positions = wrapped_positions(at, x.count(), "put");
  const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
  if (at.count() == 0) return out;
  const DType typed = accumulate ? compute_dtype(x.dtype()) : x.dtype();
  const Tensor from =
      dense(converted(may_overlap(source, out) ? dense_copy(source) : source, typed));
  const Tensor work = dense(converted(out, typed));
  const auto* places = positions.data<std::int64_t>();
  if (accumulate)
    kernel_table().adding[static_cast<int>(compute_of(x.dtype()))].index_add(
        from.address(), places, work.address(), 1, x.count(), at.count(), 1);
  else
    kernel_table().placing.index_write(from.address(), false, places, work.address(), 1, x.count(),
                                       at.count(), 1, static_cast<index>(size_of(typed)));
  if (!work.same_as(out)) copy_elements(work, out);
  return out;
}

void check_diagonal(const Tensor& x, const Tensor& value) {
  expect<ShapeError>(x.rank() >= 2, "fill_diagonal_: expects at least two dims, got shape {}",
                     x.shape());
  for (index size : x.shape())
    expect<ShapeError>(x.rank() == 2 || size == x.shape()[0],
                       "fill_diagonal_: more than two dims must be of equal size, got shape {}",
                       x.shape());
  expect<ShapeError>(value.rank() == 0,
                     "fill_diagonal_: fill_value must be a number or 0-d, got shape {}",
                     value.shape());
}

void expect_mask(const Tensor& mask, std::string_view op) {
  expect<DTypeError>(is_boolean(mask.dtype()), "{}: expects a bool mask, got {} of shape {}", op,
                     mask.dtype(), mask.shape());
}

Tensor masked_written(Target target, const Tensor& x, const Tensor& mask, const Tensor& source) {
  expect_mask(mask, "masked_scatter");
  expect<NotSupported>(source.dtype() == x.dtype(),
                       "masked_scatter: dtypes differ: input is {}, source is {}", x.dtype(),
                       source.dtype());
  const Dims shape = broadcast_shapes(x.shape(), mask.shape(), "masked_scatter");
  const Tensor flags = dense(expand(mask, shape));
  const auto* data = static_cast<const std::uint8_t*>(flags.address());
  index wanted = 0;
  for (index i = 0; i < flags.count(); ++i) wanted += data[i] != 0 ? 1 : 0;
  expect<ShapeError>(wanted <= source.count(),
                     "masked_scatter: source of shape {} has {} elements, the mask of shape {} "
                     "wants {}",
                     source.shape(), source.count(), mask.shape(), wanted);
  if (target.tensor != nullptr)
    expect<ShapeError>(shape == x.shape(),
                       "masked_scatter: the mask of shape {} does not broadcast to the input {}",
                       mask.shape(), x.shape());
  const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(expand(x, shape));
  const Tensor own = dense(may_overlap(source, out) ? dense_copy(source) : source);
  const Tensor work = dense(out);
  kernel_table().placing.masked_write(data, own.address(), work.address(), work.count(),
                                      static_cast<index>(size_of(x.dtype())));
  if (!work.same_as(out)) copy_elements(work, out);
  return out;
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> index_copy{{
    .signature = "index_copy(Tensor input, int dim, Tensor index, Tensor source)",
    .doc =
        R"(input with the slices of source written at the positions index along dim.

index: integers (k,). source: the shape of input with size k along dim, and its dtype. At repeated
positions the last one wins, but the gradients of all of them are those of the position.
Raises IndexError for an entry outside of [0, input.size(dim)), ShapeError when source does not fit,
RuntimeError for another dtype.

>>> tg.index_copy(tg.zeros(3, 2), 0, tg.tensor([2, 0]), tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
tensor([[3., 4.],
        [0., 0.],
        [1., 2.]])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
           const Tensor& source) {
          const int d = wrap_dim(dim, x.rank(), "index_copy");
          const bool one = source.rank() == 0 && at.count() == 1 && x.rank() == 1;
          check_index_rows(x, d, at, one ? reshape(source, Dims{1}) : source, "index_copy");
          check_positions(at, x.rank() == 0 ? 1 : x.shape()[d], "index_copy");
          return written(target, x, d, dense(converted(at, DType::int64)), source, false);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor&) -> Tensor {
                           return index_fill(g, dim, at, Tensor::zeros({}, g.dtype()));
                         },
                         [](const Call&, const Tensor&, const Tensor&, std::int64_t, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor& source) -> Tensor {
                           return reshape(index_select(g, dim, at), source.shape());
                         }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, Tensor::of<std::int64_t>({2, 0}), sample({2, 4})},
              {sample({3, 4}), -1, Tensor::of<std::int64_t>({1, 3, 0}), sample({3, 3})}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> index_fill{{
    .signature = "index_fill(Tensor input, int dim, Tensor index, Tensor value)",
    .doc =
        R"(input with value at the positions index along dim.

index: integers (k,), negative ones count from the end. value: a number or a 0-d tensor, converted
to the dtype of input. The gradient is 0 at the positions; that of value is the sum there.
Raises IndexError for an entry out of range and an index of no integers, ShapeError for an index or
a value of more dims.

>>> tg.index_fill(tg.zeros(2, 3), 1, tg.tensor([0, -1]), 5.0)
tensor([[5., 0., 5.],
        [5., 0., 5.]])
)",
    .forward =
        [](Target target, const Tensor& x, std::int64_t dim, const Tensor& at,
           const Tensor& value) {
          const int d = wrap_dim(dim, x.rank(), "index_fill");
          expect<IndexError>(is_integer(at.dtype()), "index_fill: index must hold integers, got {}",
                             at.dtype());
          expect<ShapeError>(at.rank() <= 1, "index_fill: index must be 1-d, got shape {}",
                             at.shape());
          expect<ShapeError>(value.rank() == 0,
                             "index_fill: value must be a number or 0-d, got shape {}",
                             value.shape());
          fitting(value.item(), x.dtype(), "index_fill");
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          const Tensor positions = wrapped_positions(at, n, "index_fill");
          return written(target, x, d, positions, converted(value, x.dtype()), true);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor&) -> Tensor {
                           return index_fill(g, dim, at, Tensor::zeros({}, g.dtype()));
                         },
                         [](const Call&, const Tensor&, const Tensor&, std::int64_t, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         // Each position counts once, however often the index names it.
                         [](const Call&, const Tensor& g, const Tensor&, std::int64_t dim,
                            const Tensor& at, const Tensor&) -> Tensor {
                           return sum(g - index_fill(g, dim, at, Tensor::zeros({}, g.dtype())), {},
                                      false, {});
                         }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 0, Tensor::of<std::int64_t>({2, 0}), sample({})},
              {sample({3, 4}), -1, Tensor::of<std::int64_t>({1, 1, -1}), Tensor(2.5)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> masked_scatter{{
    .signature = "masked_scatter(Tensor input, Tensor mask, Tensor source)",
    .doc =
        R"(input with the elements of source, in row-major order, wherever mask holds.

mask: bool; input and mask broadcast together. source: the dtype of input and at least as many
elements as the mask has True; the rest is not read. The gradient of input is 0 under the mask.
Raises TypeError for a mask that is not bool, ShapeError for too small a source, RuntimeError for
another dtype.

>>> mask = tg.tensor([True, False, True])
>>> tg.masked_scatter(tg.zeros(3), mask, tg.tensor([1.0, 2.0, 3.0]))
tensor([1., 0., 2.])
)",
    .forward = [](Target target, const Tensor& x, const Tensor& mask,
                  const Tensor& source) { return masked_written(target, x, mask, source); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor& mask,
                            const Tensor&) -> Tensor { return where(mask, 0, g); },
                         [](const Call&, const Tensor&, const Tensor&, const Tensor&,
                            const Tensor&) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor& mask,
                            const Tensor& source) -> Tensor {
                           return reshape(spread_over(masked_select(g, mask), Dims{source.count()}),
                                          source.shape());
                         }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_booleans({2, 3}), sample({6})},
              {sample({3, 3}), sample_booleans({3}), sample({4, 3})}};
    },
}};

constinit const Binary take{{
    .signature = "take(Tensor input, Tensor index)",
    .doc =
        R"(The elements of the flattened input at positions.

index: integers of any shape, which the result has; negative ones count from the end. The gradient
adds up where a position is taken repeatedly. Raises IndexError for an entry out of range, TypeError
for an index that is not of integers.

>>> tg.take(tg.tensor([[1, 2, 3], [4, 5, 6]]), tg.tensor([0, -1]))
tensor([1, 6])
)",
    .forward =
        [](const Tensor& x, const Tensor& at) {
          const Tensor positions = wrapped_positions(at, x.count(), "take"), source = dense(x);
          Tensor out = Tensor::empty(at.shape(), x.dtype());
          if (out.count() > 0)
            kernel_table().movement.gather_rows(source.address(), positions.data<std::int64_t>(),
                                                out.address(), at.count(), 1,
                                                static_cast<index>(size_of(x.dtype())));
          return out;
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& at) -> Tensor {
          return put(Tensor::zeros(x.shape(), x.dtype()), at, g, true);
        }},
    .saves = saves_in1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Tensor::of<std::int64_t>({11, 0, -2, 0}, {2, 2})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, bool)> put{{
    .signature = "put(Tensor input, Tensor index, Tensor source, bool accumulate=False)",
    .doc =
        R"(input with values written, or added, at positions of the flattened input.

index: integers, negative ones count from the end. source: as many elements, in the dtype of input.
accumulate=True adds instead of writing. At repeated positions the last value wins; with accumulate
all are added, in the order of the index. Raises IndexError for an entry out of range, ShapeError
for another number of elements, RuntimeError for another dtype.

>>> tg.put(tg.zeros(2, 2), tg.tensor([3, 0]), tg.tensor([1.0, 2.0]))
tensor([[2., 0.],
        [0., 1.]])
)",
    .forward = [](Target target, const Tensor& x, const Tensor& at, const Tensor& source,
                  bool accumulate) { return put_flat(target, x, at, source, accumulate); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor& at,
                            const Tensor&, bool accumulate) -> Tensor {
                           return accumulate
                                      ? g
                                      : put(g, at, Tensor::zeros(at.shape(), g.dtype()), false);
                         },
                         [](const Call&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                            bool) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor&, const Tensor& at,
                            const Tensor& source,
                            bool) -> Tensor { return reshape(take(g, at), source.shape()); }},
    .saves = saves_in1,
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Tensor::of<std::int64_t>({11, 0, -2}), sample({3}), false},
              {sample({3}), Tensor::of<std::int64_t>({1, 1, 2, -1}, {2, 2}), sample({2, 2}), true}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool)> fill_diagonal{{
    .signature = "fill_diagonal(Tensor input, Tensor fill_value, bool wrap=False)",
    .doc =
        R"(A number written over the main diagonal, as input.fill_diagonal_(fill_value).

input: two dims, or more of equal size; changed and returned. fill_value: a number or a 0-d tensor,
converted to the dtype of input: fractions are cut off for integers. wrap: in a matrix with more
rows than columns the diagonal begins again after each n + 1 rows, n the number of columns (default
False). The old elements get no gradient, fill_value the sum. Raises ShapeError for other shapes or
a fill_value of more dims.

>>> tg.zeros(2, 3).fill_diagonal_(5)
tensor([[5., 0., 0.],
        [0., 5., 0.]])
>>> tg.zeros(4, 2, dtype=tg.int64).fill_diagonal_(1, wrap=True)
tensor([[1, 0],
        [0, 1],
        [0, 0],
        [1, 0]])
)",
    .forward =
        [](Target target, const Tensor& x, const Tensor& value, bool wrap) {
          check_diagonal(x, value);
          const Tensor out = target.tensor != nullptr ? *target.tensor : dense_copy(x);
          if (out.count() == 0) return out;
          const Tensor number = Tensor::full({}, value.item(), x.dtype());
          index stride = 0;
          for (index one : out.strides()) stride += one;
          const index rows = out.shape()[0], columns = out.shape().back();
          const index period = wrap && out.rank() == 2 ? columns + 1 : rows;
          for (index first = 0; first < rows; first += period) {
            const index length = std::min(rows - first, columns);
            copy_elements(
                expand(number, Dims{length}),
                restrided(out, {length}, {stride}, out.body()->offset + first * out.strides()[0]));
          }
          return out;
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&, const Tensor&, bool wrap) -> Tensor {
                 return fill_diagonal(g, Tensor(0), wrap);
               },
               [](const Call&, const Tensor& g, const Tensor&, const Tensor&, bool wrap) -> Tensor {
                 const Tensor nothing = Tensor::zeros(g.shape(), DType::boolean);
                 return sum(where(fill_diagonal(nothing, Tensor(true), wrap), g, 0), {}, false, {});
               }},
    .traits = is_method | has_in_place | in_place_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Tensor(0.5), false},
              {sample({5, 2}), sample({}), true},
              {sample({2, 2, 2}), sample({}), false}};
    },
}};

Family placing_family() {
  return {&index_copy, &index_fill, &masked_scatter, &take, &put, &fill_diagonal};
}

}  // namespace topograd
