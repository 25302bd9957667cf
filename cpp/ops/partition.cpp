// Splitting at places, turning and mirroring, diagonals, and other names of views.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensors split_evenly(const Tensor& x, std::int64_t sections, int d) {
  expect<ValueError>(sections > 0, "tensor_split: the number of sections must be positive, got {}",
                     sections);
  const index n = x.shape()[d], length = n / sections, longer = n % sections;
  expect<ValueError>(sections < 1 << 28, "tensor_split: too many sections: {}", sections);
  Dims lengths = Dims::filled(static_cast<int>(sections), length);
  for (int i = 0; i < longer; ++i) ++lengths[i];
  return split_sizes(x, lengths, d);
}

/// x[:a], x[a:b], …, x[z:] along dim, as slices of Python are cut.
Tensors split_at(const Tensor& x, const Dims& places, int d) {
  Tensors pieces;
  index from = 0;
  for (index to : places) {
    pieces.push_back(slice(x, d, from, to, 1));
    from = to;
  }
  pieces.push_back(slice(x, d, from, OptionalInt(), 1));
  return pieces;
}

int split_dim(const Tensor& x, std::int64_t dim, std::string_view op) {
  expect<ShapeError>(x.rank() > 0, "{}: a 0-d tensor can not be split", op);
  return wrap_dim(dim, x.rank(), op);
}

Tensors split_equally(const Tensor& x, std::int64_t sections, int d, std::string_view op) {
  expect<ValueError>(sections > 0 && x.shape()[d] % sections == 0,
                     "{}: dim {} of shape {} can not be divided into {} equal parts", op, d,
                     x.shape(), sections);
  return split_evenly(x, sections, d);
}

/// The dim that hsplit, vsplit and dsplit cut.
int stacked_dim(const Tensor& x, int dim, int least_rank, std::string_view op) {
  expect<ShapeError>(x.rank() >= least_rank, "{}: expects at least {} dims, got shape {}", op,
                     least_rank, x.shape());
  return x.rank() == 1 ? 0 : dim;
}

Tensor check_count(const Tensor& x, int least_rank, std::string_view op) {
  expect<ShapeError>(x.rank() >= least_rank, "{}: expects at least {} dims, got shape {}", op,
                     least_rank, x.shape());
  return x;
}

}  // namespace

constinit const Op<Tensors(Tensor, Tensor, std::int64_t)> tensor_split{{
    .signature = "tensor_split(Tensor input, Tensor tensor_indices_or_sections, int dim=0) -> "
                 "Tensor[]",
    .doc =
        R"(Views of parts of input along dim: so many of almost equal length, or cut at given places.

tensor_indices_or_sections: a number of sections, as an int or a 0-d tensor: the first n % sections
parts are one longer than the others, n = input.size(dim). Or a vector of integers, where to cut:
[a, b] gives input[:a], input[a:b], input[b:], cut as slices are. Raises ShapeError for a 0-d
input, ValueError for a number of sections below 1.

>>> tg.tensor_split(tg.arange(5), 3)
(tensor([0, 1]), tensor([2, 3]), tensor([4]))
>>> tg.tensor_split(tg.arange(5), tg.tensor([1, 4]))
(tensor([0]), tensor([1, 2, 3]), tensor([4]))
)",
    .forward =
        [](const Tensor& x, const Tensor& at, std::int64_t dim) {
          expect<DTypeError>(is_integer(at.dtype()),
                             "tensor_split: indices or sections must be integers, got {}",
                             at.dtype());
          expect<ShapeError>(at.rank() <= 1,
                             "tensor_split: indices or sections must be a number or 1-d, got "
                             "shape {}",
                             at.shape());
          const int d = split_dim(x, dim, "tensor_split");
          if (at.rank() == 0) return split_evenly(x, at.item<index>(), d);
          return split_at(x, Dims(at.to_vector<std::int64_t>()), d);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({5, 2}), Tensor(3), 0},
              {sample({2, 5}), Tensor::of<std::int64_t>({1, 4}), -1}};
    },
}};

constinit const Op<Tensors(Tensor, Dims, std::int64_t)> tensor_split_indices{{
    .signature = "tensor_split.indices(Tensor input, int[] indices, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of the parts of input between the given places along dim.

indices: where to cut: (a, b) gives input[:a], input[a:b], input[b:], cut as slices are.

>>> tg.tensor_split(tg.arange(5), (1, -1))
(tensor([0]), tensor([1, 2, 3]), tensor([4]))
)",
    .forward =
        [](const Tensor& x, const Dims& places, std::int64_t dim) {
          return split_at(x, places, split_dim(x, dim, "tensor_split"));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 5}), Dims{4, 1, 3}, 1}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> tensor_split_sections{{
    .signature = "tensor_split.sections(Tensor input, int sections, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of almost equal parts of input along dim.

sections: their number; the first n % sections are one longer, n = input.size(dim).

>>> tg.tensor_split(tg.arange(5), sections=2)
(tensor([0, 1, 2]), tensor([3, 4]))
)",
    .forward =
        [](const Tensor& x, std::int64_t sections, std::int64_t dim) {
          return split_evenly(x, sections, split_dim(x, dim, "tensor_split"));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 2, 0}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t)> hsplit{{
    .signature = "hsplit(Tensor input, int sections) -> Tensor[]",
    .doc =
        R"(Views of equal parts of input, cut column-wise: along dim 1, or 0 for a vector.

sections: how many. Raises ValueError when they do not divide the size, ShapeError for a 0-d input.

>>> tg.hsplit(tg.arange(4), 2)
(tensor([0, 1]), tensor([2, 3]))
)",
    .forward =
        [](const Tensor& x, std::int64_t sections) {
          return split_equally(x, sections, stacked_dim(x, 1, 1, "hsplit"), "hsplit");
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 4}), 2}, {sample({4}), 2}}; },
}};

constinit const Op<Tensors(Tensor, Dims)> hsplit_indices{{
    .signature = "hsplit.indices(Tensor input, int[] indices) -> Tensor[]",
    .doc =
        R"(Views of parts of input, cut column-wise at the given indices, as tensor_split does.

indices: where to cut along dim 1, or 0 for a vector.

>>> tg.hsplit(tg.arange(4), (1,))
(tensor([0]), tensor([1, 2, 3]))
)",
    .forward =
        [](const Tensor& x, const Dims& places) {
          return split_at(x, places, stacked_dim(x, 1, 1, "hsplit"));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 4}), Dims{1, 3}}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t)> vsplit{{
    .signature = "vsplit(Tensor input, int sections) -> Tensor[]",
    .doc =
        R"(Views of equal parts of input, cut row-wise: along dim 0.

sections: how many. Raises ValueError when they do not divide the size, ShapeError for fewer than
two dims.

>>> tg.vsplit(tg.tensor([[1, 2], [3, 4]]), 2)
(tensor([[1, 2]]), tensor([[3, 4]]))
)",
    .forward =
        [](const Tensor& x, std::int64_t sections) {
          return split_equally(x, sections, stacked_dim(x, 0, 2, "vsplit"), "vsplit");
        },
    .samples = []() -> std::vector<Sample> { return {{sample({4, 2}), 2}}; },
}};

constinit const Op<Tensors(Tensor, Dims)> vsplit_indices{{
    .signature = "vsplit.indices(Tensor input, int[] indices) -> Tensor[]",
    .doc =
        R"(Views of parts of input, cut row-wise at the given indices, as tensor_split does.

indices: where to cut along dim 0.

>>> tg.vsplit(tg.tensor([[1, 2], [3, 4], [5, 6]]), (1,))
(tensor([[1, 2]]), tensor([[3, 4],
        [5, 6]]))
)",
    .forward =
        [](const Tensor& x, const Dims& places) {
          return split_at(x, places, stacked_dim(x, 0, 2, "vsplit"));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({4, 2}), Dims{1, 3}}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t)> dsplit{{
    .signature = "dsplit(Tensor input, int sections) -> Tensor[]",
    .doc =
        R"(Views of equal parts of input, cut depth-wise: along dim 2.

sections: how many. Raises ValueError when they do not divide the size, ShapeError for fewer than
three dims.

>>> [part.shape for part in tg.dsplit(tg.zeros(1, 2, 4), 2)]
[topograd.Size([1, 2, 2]), topograd.Size([1, 2, 2])]
)",
    .forward =
        [](const Tensor& x, std::int64_t sections) {
          return split_equally(x, sections, stacked_dim(x, 2, 3, "dsplit"), "dsplit");
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 1, 4}), 2}}; },
}};

constinit const Op<Tensors(Tensor, Dims)> dsplit_indices{{
    .signature = "dsplit.indices(Tensor input, int[] indices) -> Tensor[]",
    .doc =
        R"(Views of parts of input, cut depth-wise at the given indices, as tensor_split does.

indices: where to cut along dim 2.

>>> [part.shape for part in tg.dsplit(tg.zeros(1, 2, 4), (1,))]
[topograd.Size([1, 2, 1]), topograd.Size([1, 2, 3])]
)",
    .forward =
        [](const Tensor& x, const Dims& places) {
          return split_at(x, places, stacked_dim(x, 2, 3, "dsplit"));
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 1, 4}), Dims{1, 3}}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> unsafe_split{{
    .signature = "unsafe_split(Tensor tensor, int split_size, int dim=0) -> Tensor[]",
    .doc =
        R"(split under another name.

tensor, split_size, dim: as in split. PyTorch's pieces do not count as views, whence its name; here
they do, so that changes in place have the right gradients.

>>> tg.unsafe_split(tg.arange(3), 2)
(tensor([0, 1]), tensor([2]))
)",
    .forward = [](const Tensor& x, std::int64_t size,
                  std::int64_t dim) { return split(x, size, dim); },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 2, 0}}; },
}};

constinit const Op<Tensors(Tensor, Dims, std::int64_t)> unsafe_split_with_sizes{{
    .signature = "unsafe_split_with_sizes(Tensor input, int[] split_sizes, int dim=0) -> Tensor[]",
    .doc =
        R"(split_with_sizes under another name.

input, split_sizes, dim: as in split_with_sizes; see unsafe_split.

>>> tg.unsafe_split_with_sizes(tg.arange(3), [1, 2])
(tensor([0]), tensor([1, 2]))
)",
    .forward = [](const Tensor& x, const Dims& lengths,
                  std::int64_t dim) { return split_sizes(x, lengths, dim); },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), Dims{1, 4}, 0}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> unsafe_chunk{{
    .signature = "unsafe_chunk(Tensor input, int chunks, int dim=0) -> Tensor[]",
    .doc =
        R"(chunk under another name.

input, chunks, dim: as in chunk; see unsafe_split.

>>> tg.unsafe_chunk(tg.arange(3), 2)
(tensor([0, 1]), tensor([2]))
)",
    .forward = [](const Tensor& x, std::int64_t chunks,
                  std::int64_t dim) { return chunk(x, chunks, dim); },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 2, 0}}; },
}};

constinit const Unary fliplr{{
    .signature = "fliplr(Tensor input)",
    .doc =
        R"(A copy of input with the order of its columns (dim 1) reversed.

input: at least 2-d, else ShapeError.

>>> tg.fliplr(tg.tensor([[1, 2], [3, 4]]))
tensor([[2, 1],
        [4, 3]])
)",
    .forward = [](const Tensor& x) { return flip(check_count(x, 2, "fliplr"), Dims{1}); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}}; },
}};

constinit const Unary flipud{{
    .signature = "flipud(Tensor input)",
    .doc =
        R"(A copy of input with the order of its rows (dim 0) reversed.

input: at least 1-d, else ShapeError.

>>> tg.flipud(tg.tensor([[1, 2], [3, 4]]))
tensor([[3, 4],
        [1, 2]])
)",
    .forward = [](const Tensor& x) { return flip(check_count(x, 1, "flipud"), Dims{0}); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({3})}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Dims)> rot90{{
    .signature = "rot90(Tensor input, int k=1, int[] dims=(0, 1))",
    .doc =
        R"(A copy of input turned by k quarters in the plane of two dims.

k: how often (default 1), from the first of dims towards the second; negative ones turn back.
dims: two different dims, by default the first two. Raises ShapeError for fewer than two dims of
input, ValueError for dims that are not two different ones, IndexError for one out of range.

>>> tg.rot90(tg.tensor([[1, 2], [3, 4]]))
tensor([[2, 4],
        [1, 3]])
)",
    .forward =
        [](const Tensor& x, std::int64_t k, const Dims& dims) {
          expect<ValueError>(dims.size() == 2, "rot90: expects two dims, got {}", dims);
          check_count(x, 2, "rot90");
          const int p = wrap_dim(dims[0], x.rank(), "rot90"),
                    q = wrap_dim(dims[1], x.rank(), "rot90");
          expect<ValueError>(p != q, "rot90: the dims must differ, got {}", dims);
          switch ((k % 4 + 4) % 4) {
            case 1: return transpose(flip(x, Dims{q}), p, q);
            case 2: return flip(x, Dims{p, q});
            case 3: return transpose(flip(x, Dims{p}), p, q);
            default: return clone(x);
          }
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 1, Dims{0, 1}},
              {sample({2, 3, 4}), -1, Dims{0, -1}},
              {sample({2, 3}), 2, Dims{1, 0}},
              {sample({2, 3}), 4, Dims{0, 1}}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> diag_embed{{
    .signature = "diag_embed(Tensor input, int offset=0, int dim1=-2, int dim2=-1)",
    .doc =
        R"(Matrices with the vectors of the last dim of input on their diagonal, zeros elsewhere.

input: (*, n) gives (*, n + |offset|, n + |offset|) if the matrices stand in the last two dims.
offset: 0 (default) is the main diagonal, k > 0 lies k columns to the right, k < 0 lies -k rows
below. dim1, dim2: where the dims of the matrices stand in the result, default -2 and -1.
diagonal(diag_embed(x)) is x. Raises ShapeError for a 0-d input, ValueError when dim1 and dim2 are
the same, IndexError for a dim out of range.

>>> tg.diag_embed(tg.tensor([1, 2]), offset=1)
tensor([[0, 1, 0],
        [0, 0, 2],
        [0, 0, 0]])
)",
    .forward =
        [](const Tensor& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
          expect<ShapeError>(x.rank() > 0, "diag_embed: a 0-d tensor is no diagonal");
          expect<ShapeError>(offset >> 28 == 0 || offset >> 28 == -1, "diag_embed: too far: {}",
                             offset);
          const int p = wrap_dim(dim1, x.rank() + 1, "diag_embed"),
                    q = wrap_dim(dim2, x.rank() + 1, "diag_embed");
          expect<ValueError>(p != q, "diag_embed: dim1 and dim2 are the same dim {}", p);
          const index n = x.shape().back() + std::abs(offset);
          Dims shape = x.shape();
          shape.resize(x.rank() - 1);
          shape.insert(std::min(p, q), n);
          shape.insert(std::max(p, q), n);
          const Tensor out = Tensor::zeros(shape, x.dtype());
          copy_elements(x, topograd::diagonal(out, offset, p, q));
          return out;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t offset,
                            std::int64_t dim1, std::int64_t dim2) -> Tensor {
      return topograd::diagonal(g, offset, dim1, dim2);
    }},
    .samples = []() -> std::vector<Sample> {
      return {{sample({3}), 0, -2, -1}, {sample({2, 3}), -1, 0, 2}, {sample({2}), 1, 1, 0}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> diagflat{{
    .signature = "diagflat(Tensor input, int offset=0)",
    .doc =
        R"(A square matrix with the elements of input on a diagonal, zeros elsewhere.

input: any shape; it is flattened. offset: 0 (default) is the main diagonal, k > 0 lies k columns to
the right, k < 0 lies -k rows below.

>>> tg.diagflat(tg.tensor([[1, 2]]))
tensor([[1, 0],
        [0, 2]])
)",
    .forward = [](const Tensor& x,
                  std::int64_t offset) { return diag_embed(ravel(x), offset, 0, 1); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 2}), 0}, {sample({2}), -1}}; },
}};

constinit const Unary ravel{{
    .signature = "ravel(Tensor input)",
    .doc =
        R"(The elements of input as a vector, in row-major order.

input: any shape. A view where the strides allow it, else a copy.

>>> tg.ravel(tg.tensor([[1, 2], [3, 4]]))
tensor([1, 2, 3, 4])
)",
    .forward = [](const Tensor& x) { return reshape(x, Dims{x.count()}); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({})}}; },
}};

constinit const Unary adjoint{{
    .signature = "adjoint(Tensor input)",
    .doc =
        R"(The last two dims swapped and the numbers conjugated, as x.mH.

input: at least 2-d, else ShapeError. A view of a real input; complex numbers are conjugated into
memory of their own.

>>> tg.adjoint(tg.tensor([[1, 2], [3, 4]]))
tensor([[1, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensor& x) { return conjugated(transpose(check_count(x, 2, "adjoint"), -2, -1)); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 4})}}; },
}};

constinit const Op<Tensor(Tensor, Dims)> sum_to_size{{
    .signature = "sum_to_size(Tensor input, int... size)",
    .doc =
        R"(The sum over dims that makes the shape size, from which broadcasting makes that of input.

size: each entry is 1 or the size of input there; further dims in front are summed away. The input
itself where nothing has to be done; sums of integers and bools are int64. Raises ShapeError for
another size.

>>> tg.ones(2, 3).sum_to_size(1, 3)
tensor([[2., 2., 2.]])
)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const int added = x.rank() - size.size();
          bool fits = added >= 0;
          for (int d = 0; fits && d < size.size(); ++d)
            fits = size[d] == 1 || size[d] == x.shape()[d + added];
          expect<ShapeError>(fits,
                             "sum_to_size: the shape {} does not broadcast to that of input {}",
                             size, x.shape());
          if (x.shape() == size) return x;
          // Sums of integers and bools are int64.
          return sum_to(is_differentiable(x.dtype()) ? x : cast(x, DType::int64), size);
        },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 2}), Dims{3, 1}}, {sample({2, 3}), Dims{2, 3}}};
    },
}};

Family partition_family() {
  return {&tensor_split,
          &tensor_split_indices,
          &tensor_split_sections,
          &hsplit,
          &hsplit_indices,
          &vsplit,
          &vsplit_indices,
          &dsplit,
          &dsplit_indices,
          &unsafe_split,
          &unsafe_split_with_sizes,
          &unsafe_chunk,
          &fliplr,
          &flipud,
          &rot90,
          &diag_embed,
          &diagflat,
          &ravel,
          &adjoint,
          &sum_to_size};
}

}  // namespace topograd
