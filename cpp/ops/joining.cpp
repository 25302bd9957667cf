// Joining and splitting.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// Legacy: an empty 1-d tensor fits to anything.
bool skipped(const Tensor& x) { return x.rank() == 1 && x.count() == 0; }

int common_rank(const Tensors& list, std::string_view op) {
  expect<ValueError>(!list.empty(), "{}: expects at least one tensor", op);
  for (const Tensor& x : list)
    if (!skipped(x)) return x.rank();
  return list[0].rank();
}

DType common_type(const Tensors& list) {
  std::vector<const Tensor*> inputs;
  for (const Tensor& x : list) inputs.push_back(&x);
  return result_type(inputs.data(), static_cast<int>(inputs.size()));
}

/// The format in which all of them keep their channels innermost, or null.
const char* common_format(const Tensors& list) {
  const char* format = nullptr;
  for (const Tensor& x : list) {
    if (skipped(x)) continue;
    format = channels_format(x);
    if (format == nullptr) return nullptr;
  }
  return format;
}

Tensor narrowed(const Tensor& x, int dim, index start, index length) {
  Dims sizes = x.shape();
  sizes[dim] = length;
  return restrided(x, sizes, x.strides(), x.body()->offset + start * x.strides()[dim]);
}

Tensor joined(const Tensors& list, std::int64_t dim) {
  const int rank = common_rank(list, "cat");
  const int d = wrap_dim(dim, rank, "cat");
  expect<ShapeError>(rank > 0, "cat: 0-d tensors can not be joined, use stack");
  Dims shape;
  for (const Tensor& x : list) {
    if (skipped(x)) continue;
    if (shape.empty()) {
      shape = x.shape();
      continue;
    }
    bool fits = x.rank() == rank;
    for (int i = 0; fits && i < rank; ++i) fits = i == d || x.shape()[i] == shape[i];
    expect<ShapeError>(fits, "cat: sizes must agree except in dim {}, got {} and {}", d,
                       list[0].shape(), x.shape());
    shape[d] += x.shape()[d];
  }
  if (shape.empty()) shape = list[0].shape();
  Tensor out = Tensor::empty(shape, common_type(list));
  if (const char* format = common_format(list); format != nullptr)
    out = restrided(out, shape, strides_of_format(out, format, "cat"), 0);
  index at = 0;
  for (const Tensor& x : list) {
    if (skipped(x)) continue;
    copy_elements(x, narrowed(out, d, at, x.shape()[d]));
    at += x.shape()[d];
  }
  return out;
}

/// g in pieces as long as the inputs along dim.
Tensors separated(const Tensor& g, const Tensors& list, std::int64_t dim) {
  const int d = wrap_dim(dim, g.rank(), "cat");
  Tensors pieces;
  index at = 0;
  for (const Tensor& x : list) {
    const index length = skipped(x) && g.rank() != 1 ? 0 : x.shape()[d];
    pieces.push_back(skipped(x) ? Tensor() : narrow(g, d, at, length));
    at += length;
  }
  return pieces;
}

Tensor or_zeros(const Tensor& g, const Tensor& like, const Dims& shape) {
  return g.defined() ? g : Tensor::zeros(shape, like.dtype());
}

}  // namespace

constinit const Op<Tensor(Tensors, std::int64_t)> cat{{
    .signature = "cat(Tensor[] tensors, int dim=0)",
    .doc = R"(The tensors one behind the other along an existing dim.

tensors: a list; all sizes must agree except in dim (default 0). Returns that shape with the sizes
along dim added up, in the common dtype of the tensors. An empty 1-d tensor fits to any shape and is
skipped. Raises ShapeError for other sizes or 0-d tensors, ValueError for an empty list.

>>> tg.cat([tg.tensor([1, 2]), tg.tensor([3.5])])
tensor([1.0000, 2.0000, 3.5000])
>>> tg.cat([tg.ones(2, 1), tg.zeros(2, 2)], dim=1)
tensor([[1., 0., 0.],
        [1., 0., 0.]])
)",
    .forward = [](const Tensors& list, std::int64_t dim) { return joined(list, dim); },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensors& list,
                            std::int64_t dim) -> Tensors { return separated(g, list, dim); }},
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({1, 3})}, 0},
              {Tensors{sample({2, 3}), sample({2, 2})}, -1}};
    },
}};

constinit const Op<Tensor(Tensors, std::int64_t)> stack{{
    .signature = "stack(Tensor[] tensors, int dim=0)",
    .doc = R"(The tensors one behind the other along a new dim.

tensors: a list, all of one shape (*). dim: where the new dim stands in the result, whose size there
is the number of tensors; dim -1 makes it the last one. The dtype is the common one.
Raises ShapeError for different shapes, ValueError for an empty list.

>>> tg.stack([tg.tensor([1, 2]), tg.tensor([3, 4])])
tensor([[1, 2],
        [3, 4]])
>>> tg.stack([tg.tensor([1, 2]), tg.tensor([3, 4])], dim=-1)
tensor([[1, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensors& list, std::int64_t dim) {
          expect<ValueError>(!list.empty(), "stack: expects at least one tensor");
          const int d = wrap_dim(dim, list[0].rank() + 1, "stack");
          const auto count = static_cast<index>(list.size());
          for (const Tensor& x : list)
            expect<ShapeError>(x.shape() == list[0].shape(),
                               "stack: shapes must be equal, got {} and {}", list[0].shape(),
                               x.shape());
          if (channels_format(list[0]) != nullptr && d < list[0].rank())
            return unflatten(joined(list, d), d, Dims{count, list[0].shape()[d]});
          Tensors wide;
          for (const Tensor& x : list) wide.push_back(unsqueeze(x, d));
          return joined(wide, d);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensors&,
                            std::int64_t dim) -> Tensors { return unbind(g, dim); }},
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{Tensors{sample({2, 3}), sample({2, 3})}, 0},
              {Tensors{sample({2}), sample({2})}, -1}};
    },
}};

constinit const Op<Tensors(Tensor, Dims, std::int64_t)> split_sizes{{
    .signature = "split_with_sizes(Tensor input, int[] split_sizes, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of consecutive pieces of input with the given lengths along dim.

split_sizes: one length per piece, in elements; 0 is allowed. They must add up to input.size(dim),
else ShapeError. The pieces share the memory of input.

>>> tg.split_with_sizes(tg.arange(5), [1, 4])
(tensor([0]), tensor([1, 2, 3, 4]))
)",
    .forward =
        [](const Tensor& x, const Dims& lengths, std::int64_t dim) {
          expect<ShapeError>(x.rank() > 0, "split: a 0-d tensor can not be split");
          const int d = wrap_dim(dim, x.rank(), "split");
          index total = 0;
          for (index length : lengths) {
            expect<ShapeError>(length >= 0 && length <= x.shape()[d],
                               "split: lengths {} do not fit dim {} of shape {}", lengths, d,
                               x.shape());
            total += length;
          }
          expect<ShapeError>(total == x.shape()[d],
                             "split: lengths {} do not add up to the size of dim {} of shape {}",
                             lengths, d, x.shape());
          Tensors pieces;
          index at = 0;
          for (index length : lengths) {
            pieces.push_back(narrowed(x, d, at, length));
            at += length;
          }
          return pieces;
        },
    .derivative = Linear{[](const Call& c, const Tensors& g, const Tensor& x, const Dims&,
                            std::int64_t dim) -> Tensor {
      Tensors pieces;
      for (std::size_t k = 0; k < g.size(); ++k)
        pieces.push_back(or_zeros(g[k], x, c.output(static_cast<int>(k)).shape()));
      return cat(pieces, dim);
    }},
    .traits = is_method | is_view,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 5}), Dims{2, 0, 3}, 1}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> split{{
    .signature = "split(Tensor tensor, int split_size, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of pieces of split_size elements along dim; the last one may be shorter.

tensor: at least 1-d; the pieces share its memory. A dim of size 0 gives one empty piece.
Raises ValueError unless split_size is positive.

>>> tg.split(tg.arange(5), 2)
(tensor([0, 1]), tensor([2, 3]), tensor([4]))
)",
    .forward =
        [](const Tensor& x, std::int64_t size, std::int64_t dim) {
          expect<ShapeError>(x.rank() > 0, "split: a 0-d tensor can not be split");
          const index n = x.shape()[wrap_dim(dim, x.rank(), "split")];
          expect<ValueError>(size > 0 || (size == 0 && n == 0),
                             "split: split_size must be positive, got {}", size);
          Dims lengths;
          for (index at = 0; at < n; at += size) lengths.push_back(std::min(size, n - at));
          if (n == 0) lengths.push_back(0);
          return split_sizes(x, lengths, dim);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 2, 0}}; },
}};

constinit const Op<Tensors(Tensor, Dims, std::int64_t)> split_list{{
    .signature = "split.sizes(Tensor tensor, int[] split_size, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of consecutive pieces of tensor with the lengths split_size along dim.

The lengths must add up to tensor.size(dim), else ShapeError. The same as split_with_sizes.

>>> tg.split(tg.arange(5), [1, 4])
(tensor([0]), tensor([1, 2, 3, 4]))
)",
    .forward = [](const Tensor& x, const Dims& lengths,
                  std::int64_t dim) { return split_sizes(x, lengths, dim); },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), Dims{1, 4}, 0}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> chunk{{
    .signature = "chunk(Tensor input, int chunks, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of at most `chunks` pieces of equal length along dim; the last one may be shorter.

The length is ceil(n / chunks) for n = input.size(dim), so there can be fewer pieces than asked for.
A dim of size 0 gives `chunks` empty pieces. Raises ValueError unless chunks is positive.

>>> tg.chunk(tg.arange(5), 2)
(tensor([0, 1, 2]), tensor([3, 4]))
>>> [len(piece) for piece in tg.chunk(tg.arange(6), 4)]
[2, 2, 2]
)",
    .forward =
        [](const Tensor& x, std::int64_t chunks, std::int64_t dim) {
          expect<ValueError>(chunks > 0, "chunk: chunks must be positive, got {}", chunks);
          expect<ShapeError>(x.rank() > 0, "chunk: a 0-d tensor can not be split");
          const index n = x.shape()[wrap_dim(dim, x.rank(), "chunk")];
          if (n == 0)
            return split_sizes(x, Dims::filled(static_cast<int>(std::min<index>(chunks, 1024)), 0),
                               dim);
          return split(x, (n - 1) / chunks + 1, dim);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 2, 0}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t)> unbind{{
    .signature = "unbind(Tensor input, int dim=0) -> Tensor[]",
    .doc = R"(A view of input at every position along dim, which the views do not have any more.

input: at least 1-d, else ShapeError. Returns input.size(dim) tensors that share its memory.

>>> tg.unbind(tg.tensor([[1, 2], [3, 4]]), dim=1)
(tensor([1, 3]), tensor([2, 4]))
)",
    .forward =
        [](const Tensor& x, std::int64_t dim) {
          expect<ShapeError>(x.rank() > 0, "unbind: a 0-d tensor has no dim");
          const int d = wrap_dim(dim, x.rank(), "unbind");
          Dims sizes = x.shape(), strides = x.strides();
          sizes.erase(d);
          strides.erase(d);
          Tensors pieces;
          for (index i = 0; i < x.shape()[d]; ++i)
            pieces.push_back(restrided(x, sizes, strides, x.body()->offset + i * x.strides()[d]));
          return pieces;
        },
    .derivative =
        Linear{[](const Call& c, const Tensors& g, const Tensor& x, std::int64_t dim) -> Tensor {
          Tensors pieces;
          for (std::size_t k = 0; k < g.size(); ++k)
            pieces.push_back(or_zeros(g[k], x, c.output(static_cast<int>(k)).shape()));
          return stack(pieces, dim);
        }},
    .traits = is_method | is_view,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 1}}; },
}};

Family joining_family() {
  return {&cat, &stack, &split_sizes, &split, &split_list, &chunk, &unbind};
}

}  // namespace topograd
