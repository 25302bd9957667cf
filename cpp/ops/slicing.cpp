// Views of a part: positions, ranges, diagonals, windows. The general forms are in layout.cpp.

#include "ops/family.h"
#include "ops/layout.h"
#include "ops/registry.h"

namespace topograd {

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> select{{
    .signature = "select(Tensor input, int dim, int index)",
    .doc = R"(A view of one position along dim, without that dim: input[index] for dim 0.

index: a negative one counts from the end. Raises IndexError for an index or a dim out of range and
for a 0-d input.

>>> tg.select(tg.tensor([[1, 2, 3], [4, 5, 6]]), 1, -1)
tensor([3, 6])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, std::int64_t at) {
          expect<IndexError>(x.rank() > 0, "select: a 0-d tensor has no dim to select from");
          const int d = wrap_dim(dim, x.rank(), "select");
          const index n = x.shape()[d];
          expect<IndexError>(at >= -n && at < n,
                             "select: index {} is out of range for dim {} of shape {}", at, d,
                             x.shape());
          Dims sizes = x.shape(), strides = x.strides();
          const index offset = (at < 0 ? at + n : at) * strides[d];
          sizes.erase(d);
          strides.erase(d);
          return restride(x, sizes, strides, offset);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim,
                            std::int64_t at) -> Tensor {
      Indices indices(static_cast<std::size_t>(wrap_dim(dim, x.rank(), "select")),
                      {.kind = IndexItem::Kind::slice});
      indices.push_back({.kind = IndexItem::Kind::integer, .start = at});
      return basic_index_transpose(g, x.shape(), indices);
    }},
    .traits = is_method | is_view,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 0, 1}, {sample({2, 3, 4}), -1, -2}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> narrow{{
    .signature = "narrow(Tensor input, int dim, int start, int length)",
    .doc = R"(A view of the positions start to start + length - 1 along dim.

start: a negative one counts from the end. length may be 0. Raises IndexError when the positions do
not lie in input, ShapeError for a 0-d input.

>>> tg.narrow(tg.arange(5), 0, 1, 3)
tensor([1, 2, 3])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
          expect<ShapeError>(x.rank() > 0, "narrow: a 0-d tensor has no dim to narrow");
          const int d = wrap_dim(dim, x.rank(), "narrow");
          const index n = x.shape()[d];
          const index first = start < 0 ? start + n : start;
          expect<IndexError>(first >= 0 && first <= n && length >= 0 && length <= n - first,
                             "narrow: start {} and length {} exceed dim {} of shape {}", start,
                             length, d, x.shape());
          return slice(x, d, first, first + length, 1);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 4}), 1, 1, 2}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, OptionalInt, OptionalInt, std::int64_t)> slice{{
    .signature = "slice(Tensor input, int dim=0, int? start=None, int? end=None, int step=1)",
    .doc =
        R"(The positions start, start + step, … before end along dim, as x[start:end:step] does.)",
    .forward =
        [](const Tensor& x, std::int64_t dim, OptionalInt start, OptionalInt end,
           std::int64_t step) {
          const int d = wrap_dim(dim, x.rank(), "slice");
          Indices indices(static_cast<std::size_t>(d), {.kind = IndexItem::Kind::slice});
          indices.push_back(
              {.kind = IndexItem::Kind::slice, .from = start, .to = end, .step = step});
          return apply_basic(x, indices);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dim,
                            OptionalInt start, OptionalInt end, std::int64_t step) -> Tensor {
      Indices indices(static_cast<std::size_t>(wrap_dim(dim, x.rank(), "slice")),
                      {.kind = IndexItem::Kind::slice});
      indices.push_back({.kind = IndexItem::Kind::slice, .from = start, .to = end, .step = step});
      return basic_index_transpose(g, x.shape(), indices);
    }},
    .traits = is_method | is_view | is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 0, 1, 5, 2}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> diagonal{{
    .signature = "diagonal(Tensor input, int offset=0, int dim1=0, int dim2=1)",
    .doc =
        R"(A view of the diagonal over two dims of input, as the last dim of the result.

out[..., i] = input[..., i, i + offset] if these dims are the last two. dim1, dim2: default 0 and 1;
the other dims stay in front. offset: 0 (default) is the main diagonal, k > 0 lies k columns to the
right, k < 0 lies -k rows below; outside of the matrix the result is empty.
Raises ValueError when dim1 and dim2 are the same, IndexError for a dim out of range.

>>> tg.diagonal(tg.tensor([[1, 2, 3], [4, 5, 6]]), offset=1)
tensor([2, 6])
>>> tg.diagonal(tg.zeros(2, 3, 4), 0, 1, 2).shape
topograd.Size([2, 3])
)",
    .forward =
        [](const Tensor& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
          const int p = wrap_dim(dim1, x.rank(), "diagonal"),
                    q = wrap_dim(dim2, x.rank(), "diagonal");
          expect<ValueError>(p != q, "diagonal: dim1 and dim2 are the same dim {}", p);
          const index rows = x.shape()[p], columns = x.shape()[q];
          const index length = std::max<index>(
              0, offset >= 0 ? std::min(rows, columns - offset) : std::min(rows + offset, columns));
          const index start = length == 0   ? 0
                              : offset >= 0 ? offset * x.strides()[q]
                                            : -offset * x.strides()[p];
          Dims sizes = x.shape(), strides = x.strides();
          const index stride = strides[p] + strides[q];
          sizes.erase(std::max(p, q));
          sizes.erase(std::min(p, q));
          strides.erase(std::max(p, q));
          strides.erase(std::min(p, q));
          sizes.push_back(length);
          strides.push_back(stride);
          return restride(x, sizes, strides, start);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t offset,
                            std::int64_t dim1, std::int64_t dim2) -> Tensor {
      Tensor out = Tensor::zeros(x.shape(), x.dtype());
      const Tensor place = diagonal(out, offset, dim1, dim2);
      return region_transpose(g, x.shape(), place.strides(), place.body()->offset, out.strides());
    }},
    .traits = is_method | is_view,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 1, 0, 1}, {sample({3, 2, 4}), -1, 2, 0}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> unfold{{
    .signature = "unfold(Tensor input, int dimension, int size, int step)",
    .doc = R"(A view of all windows of `size` elements along a dim, one every `step` positions.

Along dimension the result has (n - size) // step + 1 windows, n = input.size(dimension), and a new
last dim of length size holds their elements. Windows may overlap; they share the memory of input,
and the gradient adds up there. Raises ShapeError unless 0 <= size <= n and step > 0.

>>> tg.arange(6).unfold(0, 3, 2)
tensor([[0, 1, 2],
        [2, 3, 4]])
)",
    .forward =
        [](const Tensor& x, std::int64_t dimension, std::int64_t size, std::int64_t step) {
          const int d = wrap_dim(dimension, x.rank(), "unfold");
          const index n = x.rank() == 0 ? 1 : x.shape()[d];
          expect<ShapeError>(size >= 0 && size <= n && step > 0,
                             "unfold: size {} and step {} do not fit dim {} of shape {}", size,
                             step, d, x.shape());
          Dims sizes = x.shape(), strides = x.strides();
          const index stride = x.rank() == 0 ? 1 : strides[d];
          if (x.rank() > 0) {
            sizes[d] = (n - size) / step + 1;
            strides[d] = stride * step;
          }
          sizes.push_back(size);
          strides.push_back(stride);
          return restride(x, sizes, strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t dimension,
                            std::int64_t size, std::int64_t step) -> Tensor {
      return region_transpose(g, x.shape(), window_strides(x.shape(), dimension, size, step), 0,
                              contiguous_strides(x.shape()));
    }},
    .traits = is_method | is_view | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({6}), 0, 3, 2}, {sample({2, 5}), 1, 2, 1}};
    },
}};

Family slicing_family() {
  return {&select,   &narrow, &slice,  &basic_index,      &basic_index_transpose,
          &diagonal, &unfold, &region, &region_transpose, &region_write};
}

}  // namespace topograd
