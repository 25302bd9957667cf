// Tensors joined or brought to a number of dims: hstack, block_diag, meshgrid, atleast_2d, …

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

void expect_some(const Tensors& list, std::string_view op) {
  expect<ValueError>(!list.empty(), "{}: expects at least one tensor", op);
}
/// The same of tensors given one by one, where it is a missing argument.
void expect_given(const Tensors& list, std::string_view op) {
  expect<TypeError>(!list.empty(), "{}: expects at least one tensor", op);
}

/// As a view with at least so many dims, as NumPy puts them in.
template <int rank>
Tensor raised(const Tensor& x) {
  if (x.rank() >= rank) return x;
  if (x.rank() == 0) return reshape(x, Dims::filled(rank, 1));
  if constexpr (rank == 3)
    if (x.rank() == 1) return reshape(x, Dims{1, x.count(), 1});
  return unsqueeze(x, x.rank() == 1 ? 0 : -1);
}

template <int rank>
Tensors each_raised(const Tensors& list) {
  Tensors result;
  for (const Tensor& x : list) result.push_back(raised<rank>(x));
  return result;
}

Tensor stacked_rows(const Tensors& list, std::string_view op) {
  expect_some(list, op);
  return cat(each_raised<2>(list), 0);
}

/// Rows and columns of a block.
struct Block {
  index rows, columns;
};
Block block_of(const Tensor& x) {
  expect<ShapeError>(x.rank() <= 2, "block_diag: expects tensors of at most 2 dims, got shape {}",
                     x.shape());
  if (x.rank() == 2) return {x.shape()[0], x.shape()[1]};
  return {1, x.count()};
}

Tensor blocks(const Tensors& list) {
  if (list.empty()) return Tensor::empty({1, 0});
  std::vector<const Tensor*> inputs;
  index rows = 0, columns = 0;
  for (const Tensor& x : list) {
    inputs.push_back(&x);
    rows += block_of(x).rows;
    columns += block_of(x).columns;
  }
  const Tensor out =
      Tensor::zeros({rows, columns}, result_type(inputs.data(), static_cast<int>(inputs.size())));
  index row = 0, column = 0;
  for (const Tensor& x : list) {
    const Block size = block_of(x);
    copy_elements(reshape(x, Dims{size.rows, size.columns}),
                  restrided(out, {size.rows, size.columns}, {columns, 1}, row * columns + column));
    row += size.rows;
    column += size.columns;
  }
  return out;
}

Tensors blocks_transposed(const Tensor& g, const Tensors& list) {
  Tensors pieces;
  index row = 0, column = 0;
  for (const Tensor& x : list) {
    const Block size = block_of(x);
    pieces.push_back(
        reshape(narrow(narrow(g, 0, row, size.rows), 1, column, size.columns), x.shape()));
    row += size.rows;
    column += size.columns;
  }
  return pieces;
}

Tensors grids(const Tensors& list, const std::string& indexing, std::string_view op) {
  expect<ValueError>(indexing == "ij" || indexing == "xy",
                     "{}: indexing must be ij or xy, got '{}'", op, indexing);
  expect_given(list, op);
  Dims shape;
  for (const Tensor& x : list) {
    expect<ShapeError>(x.rank() <= 1, "{}: expects tensors of at most 1 dim, got shape {}", op,
                       x.shape());
    expect<DTypeError>(x.dtype() == list[0].dtype(), "{}: the dtypes differ: {} and {}", op,
                       list[0].dtype(), x.dtype());
    shape.push_back(x.count());
  }
  const bool swapped = indexing == "xy" && list.size() > 1;
  Tensors result;
  for (int i = 0; i < shape.size(); ++i) {
    Dims along = Dims::filled(shape.size(), 1);
    along[i] = shape[i];
    const Tensor grid = expand(reshape(list[static_cast<std::size_t>(i)], along), shape);
    result.push_back(swapped ? transpose(grid, 0, 1) : grid);
  }
  return result;
}

/// Sorted choices of r of n positions, one row each.
Tensor choices(index n, index r, bool with_replacement) {
  // C(n, r), or C(n + r - 1, r) with replacement; each factor leaves a whole number.
  const index from = with_replacement ? n + r - 1 : n;
  index count = from >= r ? 1 : 0;
  for (index i = 0; i < r && count > 0; ++i) {
    const bool overflow = __builtin_mul_overflow(count, from - i, &count);
    expect<ShapeError>(!overflow && count < index{1} << 40,
                       "combinations: more than memory can hold: {} of {}", r, n);
    count /= i + 1;
  }
  Tensor out = Tensor::empty({count, r}, DType::int64);
  auto* row = out.data<std::int64_t>();
  const index step = with_replacement ? 0 : 1;
  // The greatest that stands at each position: the last runs up to it, then one before it moves on.
  const auto limit = [&](index i) { return n - step * (r - i - 1) - 1; };
  std::vector<index> chosen;
  for (index i = 0; i < r; ++i) chosen.push_back(step * i);
  for (const auto* end = row + count * r; row != end;) {
    for (index last = chosen.back(); last < n; ++last, row += r) {
      for (index i = 0; i < r - 1; ++i) row[i] = chosen[static_cast<std::size_t>(i)];
      row[r - 1] = last;
    }
    index moves = r - 2;
    while (moves >= 0 && chosen[static_cast<std::size_t>(moves)] == limit(moves)) --moves;
    if (moves < 0) break;
    index value = chosen[static_cast<std::size_t>(moves)] + 1;
    for (index i = moves; i < r; ++i, value += step) chosen[static_cast<std::size_t>(i)] = value;
  }
  return out;
}

std::vector<Sample> two(const Dims& a, const Dims& b) { return {{Tensors{sample(a), sample(b)}}}; }

}  // namespace

constinit const Op<Tensor(Tensors, std::int64_t)> concat{{
    .signature = "concat(Tensor[] tensors, int dim=0)",
    .doc = R"(cat under another name: the tensors one behind the other along dim.

>>> tg.concat([tg.tensor([1, 2]), tg.tensor([3])])
tensor([1, 2, 3])
)",
    .forward = [](const Tensors& list, std::int64_t dim) { return cat(list, dim); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({1, 3})}, 0}};
    },
}};

constinit const Op<Tensor(Tensors, std::int64_t)> concatenate{{
    .signature = "concatenate(Tensor[] tensors, int dim=0)",
    .doc = R"(cat under NumPy's name: the tensors one behind the other along dim.

>>> tg.concatenate([tg.tensor([1, 2]), tg.tensor([3])])
tensor([1, 2, 3])
)",
    .forward = [](const Tensors& list, std::int64_t dim) { return cat(list, dim); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({1, 3})}, 0}};
    },
}};

constinit const Op<Tensor(Tensors)> hstack{{
    .signature = "hstack(Tensor[] tensors)",
    .doc = R"(The tensors side by side: along dim 1, vectors along dim 0.

tensors: a list; numbers count as vectors of one element. All sizes but that one must agree, else
ShapeError.

>>> tg.hstack([tg.tensor([1, 2]), tg.tensor([3])])
tensor([1, 2, 3])
>>> tg.hstack([tg.ones(2, 1), tg.zeros(2, 2)])
tensor([[1., 0., 0.],
        [1., 0., 0.]])
)",
    .forward =
        [](const Tensors& list) {
          expect_some(list, "hstack");
          const Tensors raised = each_raised<1>(list);
          return cat(raised, raised[0].rank() == 1 ? 0 : 1);
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({2, 1})}}, {Tensors{sample({2}), sample({})}}};
    },
}};

constinit const Op<Tensor(Tensors)> vstack{{
    .signature = "vstack(Tensor[] tensors)",
    .doc = R"(The tensors one below the other: along dim 0, vectors as rows.

tensors: a list; all sizes but the first must agree, else ShapeError.

>>> tg.vstack([tg.tensor([1, 2]), tg.tensor([[3, 4], [5, 6]])])
tensor([[1, 2],
        [3, 4],
        [5, 6]])
)",
    .forward = [](const Tensors& list) { return stacked_rows(list, "vstack"); },
    .traits = function_only,
    .samples = [] { return two({3}, {2, 3}); },
}};

constinit const Op<Tensor(Tensors)> row_stack{{
    .signature = "row_stack(Tensor[] tensors)",
    .doc = R"(vstack under another name: the tensors one below the other.

>>> tg.row_stack([tg.tensor([1, 2]), tg.tensor([3, 4])])
tensor([[1, 2],
        [3, 4]])
)",
    .forward = [](const Tensors& list) { return stacked_rows(list, "row_stack"); },
    .traits = function_only,
    .samples = [] { return two({3}, {2, 3}); },
}};

constinit const Op<Tensor(Tensors)> dstack{{
    .signature = "dstack(Tensor[] tensors)",
    .doc = R"(The tensors one behind the other: along dim 2.

tensors: a list; a vector (n,) counts as (1, n, 1), a matrix (n, m) as (n, m, 1). All sizes but the
third must agree, else ShapeError.

>>> tg.dstack([tg.tensor([1, 2]), tg.tensor([3, 4])])
tensor([[[1, 3],
         [2, 4]]])
)",
    .forward =
        [](const Tensors& list) {
          expect_some(list, "dstack");
          return cat(each_raised<3>(list), 2);
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({2, 3, 2})}}, {Tensors{sample({2}), sample({2})}}};
    },
}};

constinit const Op<Tensor(Tensors)> column_stack{{
    .signature = "column_stack(Tensor[] tensors)",
    .doc = R"(The tensors as columns side by side: along dim 1.

tensors: a list; numbers and vectors count as one column each. All sizes but the second must agree,
else ShapeError.

>>> tg.column_stack([tg.tensor([1, 2]), tg.tensor([3, 4])])
tensor([[1, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensors& list) {
          expect_some(list, "column_stack");
          Tensors columns;
          for (const Tensor& x : list)
            columns.push_back(x.rank() <= 1 ? reshape(x, Dims{x.count(), 1}) : x);
          return cat(columns, 1);
        },
    .traits = function_only,
    .samples = [] { return two({2}, {2, 3}); },
}};

constinit const Op<Tensor(Tensors)> block_diag{{
    .signature = "block_diag(Tensor... tensors)",
    .doc = R"(A matrix with the tensors as blocks along its diagonal, zeros elsewhere.

tensors: matrices; vectors count as rows, numbers as (1, 1). Returns the sum of their rows by the
sum of their columns, in their common dtype. Raises ShapeError for more dims.

>>> tg.block_diag(tg.tensor([[1, 2]]), tg.tensor(3))
tensor([[1, 2, 0],
        [0, 0, 3]])
)",
    .forward = [](const Tensors& list) { return blocks(list); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensors& list) -> Tensors {
      return blocks_transposed(g, list);
    }},
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({}), sample({2}), sample({1, 2})}}};
    },
}};

constinit const Unary atleast_1d{{
    .signature = "atleast_1d(Tensor input)",
    .doc = R"(input with at least one dim: a number becomes a vector of one element.

input: a tensor; several, or a list of them, give a tuple.

>>> tg.atleast_1d(tg.tensor(1))
tensor([1])
)",
    .forward = [](const Tensor& x) { return raised<1>(x); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return {{sample({})}, {sample({2, 3})}}; },
}};

constinit const Unary atleast_2d{{
    .signature = "atleast_2d(Tensor input)",
    .doc = R"(input with at least two dims: a vector becomes a row, a number (1, 1).

input: a tensor; several, or a list of them, give a tuple.

>>> tg.atleast_2d(tg.tensor([1, 2]))
tensor([[1, 2]])
)",
    .forward = [](const Tensor& x) { return raised<2>(x); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> { return {{sample({})}, {sample({3})}}; },
}};

constinit const Unary atleast_3d{{
    .signature = "atleast_3d(Tensor input)",
    .doc = R"(input with at least three dims: (n,) becomes (1, n, 1) and (n, m) becomes (n, m, 1).

input: a tensor; several, or a list of them, give a tuple.

>>> tg.atleast_3d(tg.tensor([1, 2])).shape
topograd.Size([1, 2, 1])
)",
    .forward = [](const Tensor& x) { return raised<3>(x); },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({})}, {sample({3})}, {sample({2, 3})}};
    },
}};

constinit const Op<Tensors(Tensors)> atleast_1d_each{{
    .signature = "atleast_1d.each(Tensor... tensors) -> Tensor[]",
    .doc = R"(atleast_1d of each of the tensors, as a tuple.

>>> tg.atleast_1d(tg.tensor(1), tg.tensor([2, 3]))
(tensor([1]), tensor([2, 3]))
)",
    .forward = [](const Tensors& list) { return each_raised<1>(list); },
    .traits = function_only,
    .samples = [] { return two({}, {2}); },
}};

constinit const Op<Tensors(Tensors)> atleast_2d_each{{
    .signature = "atleast_2d.each(Tensor... tensors) -> Tensor[]",
    .doc = R"(atleast_2d of each of the tensors, as a tuple.

>>> tg.atleast_2d(tg.tensor(1), tg.tensor([2, 3]))
(tensor([[1]]), tensor([[2, 3]]))
)",
    .forward = [](const Tensors& list) { return each_raised<2>(list); },
    .traits = function_only,
    .samples = [] { return two({}, {2}); },
}};

constinit const Op<Tensors(Tensors)> atleast_3d_each{{
    .signature = "atleast_3d.each(Tensor... tensors) -> Tensor[]",
    .doc = R"(atleast_3d of each of the tensors, as a tuple.

>>> tg.atleast_3d(tg.tensor(1), tg.tensor([2]))
(tensor([[[1]]]), tensor([[[2]]]))
)",
    .forward = [](const Tensors& list) { return each_raised<3>(list); },
    .traits = function_only,
    .samples = [] { return two({2, 3}, {2}); },
}};

constinit const Op<Tensors(Tensors)> broadcast_tensors{{
    .signature = "broadcast_tensors(Tensor... tensors) -> Tensor[]",
    .doc = R"(Views of the tensors in the one shape that all of them broadcast to.

tensors: any number. Elements of a view can be the same memory: clone it before it is changed in
place. Raises ShapeError when they do not broadcast.

>>> tg.broadcast_tensors(tg.tensor([1, 2]), tg.tensor([[3], [4]]))
(tensor([[1, 2],
        [1, 2]]), tensor([[3, 3],
        [4, 4]]))
)",
    .forward =
        [](const Tensors& list) {
          expect_given(list, "broadcast_tensors");
          Dims shape;
          for (const Tensor& x : list)
            shape = broadcast_shapes(shape, x.shape(), "broadcast_tensors");
          Tensors result;
          for (const Tensor& x : list) result.push_back(expand(x, shape));
          return result;
        },
    .traits = function_only,
    .samples = [] { return two({3}, {2, 1}); },
}};

constinit const Op<Tensors(Tensors, std::optional<std::string>)> meshgrid{{
    .signature = "meshgrid(Tensor... tensors, *, str? indexing=None) -> Tensor[]",
    .doc = R"(The coordinates of a grid: each vector spread over the dims of all others, as views.

tensors: vectors or numbers, of one dtype; sizes n, m, … give results of shape (n, m, …). indexing:
'ij' (default, rows first), or 'xy', which swaps the first two dims as in pictures. Raises
ShapeError for more dims, TypeError for different dtypes, ValueError for another indexing.

>>> tg.meshgrid(tg.tensor([1, 2]), tg.tensor([3, 4]), indexing="xy")
(tensor([[1, 2],
        [1, 2]]), tensor([[3, 3],
        [4, 4]]))
)",
    .forward =
        [](const Tensors& list, const std::optional<std::string>& indexing) {
          return grids(list, indexing.value_or("ij"), "meshgrid");
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2}), sample({3})}, "ij"},
              {Tensors{sample({2}), sample({3}), sample({})}, "xy"}};
    },
}};

constinit const Op<Tensor(Tensors)> cartesian_prod{{
    .signature = "cartesian_prod(Tensor... tensors)",
    .doc = R"(All ways to take one element of each vector, one row each.

tensors: vectors of one dtype; k of them with sizes n, m, … give (n * m * …, k), the last vector
running fastest. One vector alone is returned as it is. Raises ShapeError for other dims, TypeError
for different dtypes.

>>> tg.cartesian_prod(tg.tensor([1, 2]), tg.tensor([3, 4]))
tensor([[1, 3],
        [1, 4],
        [2, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensors& list) {
          for (const Tensor& x : list)
            expect<ShapeError>(x.rank() == 1, "cartesian_prod: expects vectors, got shape {}",
                               x.shape());
          expect_given(list, "cartesian_prod");
          if (list.size() == 1) return list[0];
          const Tensor all = stack(grids(list, "ij", "cartesian_prod"), -1);
          return reshape(all, Dims{all.count() / all.shape().back(), all.shape().back()});
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2}), sample({3})}}, {Tensors{sample({3})}}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, bool)> combinations{{
    .signature = "combinations(Tensor input, int r=2, bool with_replacement=False)",
    .doc = R"(All choices of r elements of a vector, in its order, one row each.

input: (n,). r: default 2. with_replacement: whether an element may be chosen repeatedly (default
False). Returns (count, r). The gradient adds up over the rows. Raises ShapeError for other dims,
ValueError for a negative r.

>>> tg.combinations(tg.tensor([1, 2, 3]))
tensor([[1, 2],
        [1, 3],
        [2, 3]])
)",
    .forward =
        [](const Tensor& x, std::int64_t r, bool with_replacement) {
          expect<ShapeError>(x.rank() == 1, "combinations: expects a vector, got shape {}",
                             x.shape());
          expect<ValueError>(r >= 0, "combinations: r must not be negative, got {}", r);
          if (r == 0) return Tensor::empty({0}, x.dtype());
          expect<ShapeError>(r < 1 << 20, "combinations: more than memory can hold: {} of {}", r,
                             x.count());
          const Tensor rows = choices(x.count(), r, with_replacement);
          return reshape(index_select(x, 0, reshape(rows, Dims{rows.count()})), rows.shape());
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4}), 2, false}, {sample({3}), 3, true}, {sample({3}), 1, false}};
    },
}};

Family stacking_family() {
  return {&concat,     &concatenate,     &hstack,          &vstack,          &row_stack,
          &dstack,     &column_stack,    &block_diag,      &atleast_1d,      &atleast_2d,
          &atleast_3d, &atleast_1d_each, &atleast_2d_each, &atleast_3d_each, &broadcast_tensors,
          &meshgrid,   &cartesian_prod,  &combinations};
}

}  // namespace topograd
