// Views of the whole tensor in another shape or order of dims.

#include "ops/family.h"
#include "ops/layout.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits viewing = is_method | is_view;

std::vector<Sample> with_dims(std::initializer_list<std::pair<Dims, Dims>> cases) {
  std::vector<Sample> list;
  for (const auto& [shape, dims] : cases) list.push_back({sample(shape), dims});
  return list;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims)> view{{
    .signature = "view(Tensor input, int... size)",
    .doc = R"(The same memory seen in another shape.

size: the new shape; one entry may be -1 and is worked out. Changes of the result change input.
Raises ShapeError when the number of elements differs, or when the strides of input do not allow it
without a copy (reshape copies then).

>>> tg.arange(6).view(2, -1)
tensor([[0, 1, 2],
        [3, 4, 5]])
)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const Dims shape = filled_in(size, x, "view");
          const auto strides = view_strides(x, shape);
          expect<ShapeError>(
              strides.has_value(),
              "view: shape {} with strides {} can not be seen as {} without a copy; use "
              "reshape",
              x.shape(), x.strides(), shape);
          return restride(x, shape, *strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&) -> Tensor {
      return reshape(g, x.shape());
    }},
    .traits = viewing | method_only,
    .samples = [] { return with_dims({{{2, 3}, {3, -1}}, {{2, 3, 4}, {6, 4}}, {{}, {1, 1}}}); },
}};

constinit const Op<Tensor(Tensor, Dims)> reshape{{
    .signature = "reshape(Tensor input, int... shape)",
    .doc =
        R"(The same elements, in row-major order, in another shape.

shape: the new shape; one entry may be -1 and is worked out. The result is a view of input where the
strides allow it, else a copy. Raises ShapeError when the number of elements differs.

>>> tg.reshape(tg.arange(6), (2, -1))
tensor([[0, 1, 2],
        [3, 4, 5]])
)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const Dims shape = filled_in(size, x, "reshape");
          return view_strides(x, shape) ? view(x, shape)
                                        : view(clone(x, "contiguous_format"), shape);
        },
    .samples = [] { return with_dims({{{2, 3}, {3, -1}}, {{2, 3, 4}, {6, 4}}, {{0, 2}, {2, 0}}}); },
}};

constinit const Binary view_as{{
    .signature = "view_as(Tensor input, Tensor other)",
    .doc = R"(input.view(other.shape): the same memory seen in the shape of other.

>>> tg.arange(4).view_as(tg.zeros(2, 2))
tensor([[0, 1],
        [2, 3]])
)",
    .forward = [](const Tensor& x, const Tensor& other) { return view(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3, 2})}}; },
}};

constinit const Binary reshape_as{{
    .signature = "reshape_as(Tensor input, Tensor other)",
    .doc = R"(input.reshape(other.shape): the same elements in the shape of other.

>>> tg.arange(4).reshape_as(tg.zeros(2, 2))
tensor([[0, 1],
        [2, 3]])
)",
    .forward = [](const Tensor& x, const Tensor& other) { return reshape(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3, 2})}}; },
}};

constinit const Op<Tensor(Tensor, Dims)> permute{{
    .signature = "permute(Tensor input, int... dims)",
    .doc = R"(A view with the dims in another order: dim i of the result is dim dims[i] of input.

dims: each dim of input once; negative ones count from the end. Raises ShapeError for another number
of dims, ValueError for a dim given twice, IndexError for one out of range.

>>> tg.permute(tg.zeros(2, 3, 4), (2, 0, 1)).shape
topograd.Size([4, 2, 3])
)",
    .forward =
        [](const Tensor& x, const Dims& dims) {
          expect<ShapeError>(dims.size() == x.rank(), "permute: {} dims given for shape {}", dims,
                             x.shape());
          Dims sizes, strides;
          bool used[max_rank] = {};
          for (index dim : dims) {
            const int d = wrap_dim(dim, x.rank(), "permute");
            expect<ValueError>(!used[d], "permute: dim {} appears twice in {}", d, dims);
            used[d] = true;
            sizes.push_back(x.shape()[d]);
            strides.push_back(x.strides()[d]);
          }
          return restride(x, sizes, strides);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims& dims) -> Tensor {
          Dims inverse = Dims::filled(dims.size(), 0);
          for (int i = 0; i < dims.size(); ++i) inverse[wrap_dim(dims[i], x.rank(), "permute")] = i;
          return permute(g, inverse);
        }},
    .traits = viewing,
    .samples = [] { return with_dims({{{2, 3, 4}, {2, 0, -2}}, {{2, 3}, {0, 1}}}); },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> transpose{{
    .signature = "transpose(Tensor input, int dim0, int dim1)",
    .doc = R"(A view with the two dims dim0 and dim1 of input swapped.

A 0-d input is returned as it is. Raises IndexError for a dim out of range.

>>> tg.transpose(tg.tensor([[1, 2, 3]]), 0, 1)
tensor([[1],
        [2],
        [3]])
)",
    .forward =
        [](const Tensor& x, std::int64_t a, std::int64_t b) {
          const int p = wrap_dim(a, x.rank(), "transpose"), q = wrap_dim(b, x.rank(), "transpose");
          Dims sizes = x.shape(), strides = x.strides();
          if (x.rank() > 0) {
            std::swap(sizes[p], sizes[q]);
            std::swap(strides[p], strides[q]);
          }
          return restride(x, sizes, strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, std::int64_t a,
                            std::int64_t b) -> Tensor { return transpose(g, a, b); }},
    .traits = viewing,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 0, 1}, {sample({2, 3, 4}), -1, 0}};
    },
}};

constinit const Unary t{{
    .signature = "t(Tensor input)",
    .doc =
        R"(The transpose of a matrix, as a view.

input: (n, m) gives (m, n); 0-d and 1-d tensors are returned as they are. Raises ShapeError for more
than two dims: there x.mT or transpose says which dims are meant.

>>> tg.t(tg.tensor([[1, 2], [3, 4]]))
tensor([[1, 3],
        [2, 4]])
)",
    .forward =
        [](const Tensor& x) {
          expect<ShapeError>(x.rank() <= 2, "t: expects at most 2 dims, got shape {}", x.shape());
          return x.rank() < 2 ? x : transpose(x, 0, 1);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3})}, {sample({3})}}; },
}};

constinit const Unary matrix_transpose{{
    .signature = "matrix_transpose(Tensor input)",
    .doc = R"(The last two dims swapped (x.mT).)",
    .forward =
        [](const Tensor& x) {
          expect<ShapeError>(x.rank() >= 2, "mT: expects at least 2 dims, got shape {}", x.shape());
          return transpose(x, -2, -1);
        },
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 4})}}; },
}};

constinit const Op<Tensor(Tensor, Dims, Dims)> movedim{{
    .signature = "movedim(Tensor input, int[] source, int[] destination)",
    .doc = R"(A view with some dims of input at other places; the others keep their order.

source, destination: dims of input and, in the same order, where they stand in the result; numbers
or tuples. Raises ValueError when they differ in number or name a dim twice.

>>> tg.movedim(tg.zeros(2, 3, 4), 0, -1).shape
topograd.Size([3, 4, 2])
>>> tg.movedim(tg.zeros(2, 3, 4), (0, 1), (2, 0)).shape
topograd.Size([3, 4, 2])
)",
    .forward =
        [](const Tensor& x, const Dims& source, const Dims& destination) {
          expect<ValueError>(source.size() == destination.size(),
                             "movedim: {} source dims but {} destination dims", source,
                             destination);
          Dims order = Dims::filled(x.rank(), -1);
          bool moved[max_rank] = {};
          for (int i = 0; i < source.size(); ++i) {
            const int from = wrap_dim(source[i], x.rank(), "movedim");
            const int to = wrap_dim(destination[i], x.rank(), "movedim");
            expect<ValueError>(!moved[from] && (x.rank() == 0 || order[to] < 0),
                               "movedim: a dim appears twice in {} or {}", source, destination);
            if (x.rank() == 0) continue;
            moved[from] = true;
            order[to] = from;
          }
          int next = 0;
          for (int d = 0; d < x.rank(); ++d) {
            if (order[d] >= 0) continue;
            while (moved[next]) ++next;
            order[d] = next++;
          }
          return permute(x, order);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), Dims{0}, Dims{-1}}, {sample({2, 3, 4}), Dims{0, 1}, Dims{2, 0}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> expand{{
    .signature = "expand(Tensor input, int... size)",
    .doc =
        R"(A view that repeats dims of size 1 without a copy.

size: the new shape, aligned with the last dims of input; -1 keeps a size, further entries in front
are new dims. All elements along a repeated dim are the same memory (stride 0). The gradient adds up
over them. Raises ShapeError for a size that is neither kept nor repeated from 1.

>>> tg.tensor([[1], [2]]).expand(-1, 3)
tensor([[1, 1, 1],
        [2, 2, 2]])
)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const int added = size.size() - x.rank();
          expect<ShapeError>(added >= 0, "expand: {} has fewer dims than the input of shape {}",
                             size, x.shape());
          Dims sizes = size, strides = Dims::filled(size.size(), 0);
          for (int d = 0; d < size.size(); ++d) {
            const index own = d < added ? 1 : x.shape()[d - added];
            if (sizes[d] == -1 && d >= added) sizes[d] = own;
            expect<ShapeError>(sizes[d] == own || (own == 1 && sizes[d] >= 0),
                               "expand: shape {} does not broadcast to {} in dim {}", x.shape(),
                               size, d);
            if (d >= added && sizes[d] == own) strides[d] = x.strides()[d - added];
          }
          count_of(sizes);  // throws where the number of elements overflows
          return restride(x, sizes, strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&) -> Tensor {
      return sum_to(g, x.shape());
    }},
    .traits = viewing | method_only,
    .samples =
        [] { return with_dims({{{3, 1}, {3, 4}}, {{3}, {2, 3}}, {{}, {2}}, {{2, 1}, {-1, 3}}}); },
}};

constinit const Op<Tensor(Tensor, Dims)> broadcast_to{{
    .signature = "broadcast_to(Tensor input, int... size)",
    .doc = R"(input.expand(size): a view of shape size by the rules of broadcasting.

>>> tg.broadcast_to(tg.tensor([1, 2]), (3, 2))
tensor([[1, 2],
        [1, 2],
        [1, 2]])
)",
    .forward = [](const Tensor& x, const Dims& size) { return expand(x, size); },
    .samples = [] { return with_dims({{{3, 1}, {3, 4}}, {{3}, {2, 3}}}); },
}};

constinit const Binary expand_as{{
    .signature = "expand_as(Tensor input, Tensor other)",
    .doc = R"(input.expand(other.shape): a view in the shape of other by the rules of broadcasting.

>>> tg.tensor([[1], [2]]).expand_as(tg.zeros(2, 2))
tensor([[1, 1],
        [2, 2]])
)",
    .forward = [](const Tensor& x, const Tensor& other) { return expand(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({3, 1}), sample({3, 2})}}; },
}};

constinit const Op<Tensor(Tensor, OptionalDims)> squeeze{{
    .signature = "squeeze(Tensor input, int[]? dim=None)",
    .doc = R"(A view of input without dims of size 1.

dim: a number or a tuple; those of them that have size 1 are removed, others stay. Without dim
(default None) all dims of size 1 go, which also drops a batch of one. Raises IndexError for a dim
out of range.

>>> x = tg.zeros(1, 3, 1)
>>> tg.squeeze(x).shape, tg.squeeze(x, 0).shape
(topograd.Size([3]), topograd.Size([3, 1]))
)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims) {
          bool chosen[max_rank] = {};
          if (dims)
            for (index dim : *dims) {
              bool& here = chosen[wrap_dim(dim, x.rank(), "squeeze")];
              expect<ValueError>(!here, "squeeze: dim {} is there twice in {}", dim, *dims);
              here = true;
            }
          Dims sizes, strides;
          for (int d = 0; d < x.rank(); ++d) {
            if (x.shape()[d] == 1 && (!dims || chosen[d])) continue;
            sizes.push_back(x.shape()[d]);
            strides.push_back(x.strides()[d]);
          }
          return restride(x, sizes, strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x,
                            const OptionalDims&) -> Tensor { return reshape(g, x.shape()); }},
    .traits = viewing,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 1, 3, 1}), Arg()}, {sample({2, 1, 3, 1}), Dims{1}}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> unsqueeze{{
    .signature = "unsqueeze(Tensor input, int dim)",
    .doc = R"(A view of input with a dim of size 1 put in at position dim.

dim: in [-input.ndim - 1, input.ndim], else IndexError; -1 puts it at the end.

>>> tg.unsqueeze(tg.tensor([1, 2]), 0).shape, tg.unsqueeze(tg.tensor([1, 2]), -1).shape
(topograd.Size([1, 2]), topograd.Size([2, 1]))
)",
    .forward =
        [](const Tensor& x, std::int64_t dim) {
          const int d = wrap_dim(dim, x.rank() + 1, "unsqueeze");
          Dims sizes = x.shape(), strides = x.strides();
          strides.insert(d, d < x.rank() ? x.shape()[d] * x.strides()[d] : 1);
          sizes.insert(d, 1);
          return restride(x, sizes, strides);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, std::int64_t) -> Tensor {
      return reshape(g, x.shape());
    }},
    .traits = viewing,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), 1}, {sample({}), -1}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> flatten{{
    .signature = "flatten(Tensor input, int start_dim=0, int end_dim=-1)",
    .doc = R"(The dims of input from start_dim to end_dim joined into one.

start_dim: default 0. end_dim: included, default -1, the last. A view where the strides allow it,
else a copy. A 0-d input gives (1,). Raises ValueError when start_dim comes after end_dim.

>>> tg.flatten(tg.zeros(2, 3, 4)).shape, tg.flatten(tg.zeros(2, 3, 4), start_dim=1).shape
(topograd.Size([24]), topograd.Size([2, 12]))
)",
    .forward =
        [](const Tensor& x, std::int64_t start, std::int64_t end) {
          const int first = wrap_dim(start, x.rank(), "flatten");
          const int last = wrap_dim(end, x.rank(), "flatten");
          expect<ValueError>(first <= last, "flatten: start_dim {} comes after end_dim {}", start,
                             end);
          if (x.rank() == 0) return reshape(x, Dims{1});
          if (first == last) return x;
          Dims shape;
          index joined = 1;
          for (int d = 0; d < x.rank(); ++d) {
            if (d >= first && d <= last) joined *= x.shape()[d];
            if (d < first || d > last) shape.push_back(x.shape()[d]);
            if (d == last) shape.push_back(joined);
          }
          return reshape(x, shape);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), 0, -1}, {sample({2, 3, 4}), 1, 2}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, Dims)> unflatten{{
    .signature = "unflatten(Tensor input, int dim, int[] sizes)",
    .doc = R"(One dim of input seen as several.

sizes: what dim becomes; one entry may be -1 and is worked out. Raises ShapeError when their product
is not input.size(dim).

>>> tg.unflatten(tg.zeros(2, 6), 1, (3, -1)).shape
topograd.Size([2, 3, 2])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, const Dims& sizes) {
          expect<ShapeError>(x.rank() > 0, "unflatten: a 0-d tensor has no dim to unflatten");
          const int d = wrap_dim(dim, x.rank(), "unflatten");
          const Dims filled = filled_in(sizes, x.rank() == 0 ? 1 : x.shape()[d], "unflatten");
          Dims shape;
          for (int i = 0; i < x.rank(); ++i) {
            if (i != d) shape.push_back(x.shape()[i]);
            if (i == d)
              for (index size : filled) shape.push_back(size);
          }
          return reshape(x, shape);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 6}), 1, Dims{3, -1}}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> swapaxes{{
    .signature = "swapaxes(Tensor input, int axis0, int axis1)",
    .doc =
        R"(transpose under NumPy's name: a view with the dims axis0 and axis1 of input swapped.

>>> tg.swapaxes(tg.zeros(2, 3), 0, 1).shape
topograd.Size([3, 2])
)",
    .forward = [](const Tensor& x, std::int64_t a, std::int64_t b) { return transpose(x, a, b); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 4}), -1, 0}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> swapdims{{
    .signature = "swapdims(Tensor input, int dim0, int dim1)",
    .doc =
        R"(transpose under another name: a view with the dims dim0 and dim1 of input swapped.

>>> tg.swapdims(tg.zeros(2, 3), 0, 1).shape
topograd.Size([3, 2])
)",
    .forward = [](const Tensor& x, std::int64_t a, std::int64_t b) { return transpose(x, a, b); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 4}), -1, 0}}; },
}};

constinit const Op<Tensor(Tensor, Dims, Dims)> moveaxis{{
    .signature = "moveaxis(Tensor input, int[] source, int[] destination)",
    .doc =
        R"(movedim under NumPy's name: input with the dims source at the places destination.

>>> tg.moveaxis(tg.zeros(2, 3, 4), 0, -1).shape
topograd.Size([3, 4, 2])
)",
    .forward = [](const Tensor& x, const Dims& source,
                  const Dims& destination) { return movedim(x, source, destination); },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3, 4}), Dims{0}, Dims{-1}}}; },
}};

Family view_family() {
  return {&view,         &reshape,   &view_as,          &reshape_as, &permute,
          &transpose,    &t,         &matrix_transpose, &movedim,    &expand,
          &broadcast_to, &expand_as, &squeeze,          &unsqueeze,  &flatten,
          &unflatten,    &swapaxes,  &swapdims,         &moveaxis};
}

}  // namespace topograd
