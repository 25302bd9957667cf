// Views: results that look at the memory of their input.

#include "ops/family.h"
#include "ops/layout.h"
#include "ops/registry.h"

namespace topograd {
namespace {

constexpr Traits viewing = is_method | is_view;

Tensor restride(const Tensor& x, Dims sizes, Dims strides, index offset = 0) {
  return restrided(x, std::move(sizes), std::move(strides), x.body()->offset + offset);
}

std::vector<Sample> with_dims(std::initializer_list<std::pair<Dims, Dims>> cases) {
  std::vector<Sample> list;
  for (const auto& [shape, dims] : cases) list.push_back({sample(shape), dims});
  return list;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims)> view{{
    .signature = "view(Tensor input, int... size)",
    .doc = R"(The same elements in another shape; one size may be -1 and is worked out.

Raises ShapeError when the number of elements differs, or when the memory can not be seen that way (use reshape).)",
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
        R"(The same elements in another shape: a view where possible, else a copy. One size may be -1.)",
    .forward =
        [](const Tensor& x, const Dims& size) {
          const Dims shape = filled_in(size, x, "reshape");
          return view_strides(x, shape) ? view(x, shape) : view(clone(x), shape);
        },
    .samples = [] { return with_dims({{{2, 3}, {3, -1}}, {{2, 3, 4}, {6, 4}}, {{0, 2}, {2, 0}}}); },
}};

constinit const Binary view_as{{
    .signature = "view_as(Tensor input, Tensor other)",
    .doc = R"(view(other.shape).)",
    .forward = [](const Tensor& x, const Tensor& other) { return view(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3, 2})}}; },
}};

constinit const Binary reshape_as{{
    .signature = "reshape_as(Tensor input, Tensor other)",
    .doc = R"(reshape(other.shape).)",
    .forward = [](const Tensor& x, const Tensor& other) { return reshape(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3, 2})}}; },
}};

constinit const Op<Tensor(Tensor, Dims)> permute{{
    .signature = "permute(Tensor input, int... dims)",
    .doc = R"(Dims in another order: dim i of the result is dim dims[i] of the input.)",
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
    .doc = R"(Two dims swapped.)",
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
        R"(The transpose of a matrix; 0-d and 1-d tensors as they are. Raises ShapeError for more than two dims.)",
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
    .doc = R"(Dims moved to other places; the others keep their order.)",
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
        R"(Dims of size 1 repeated without a copy; new dims may be added in front. -1 keeps a size.)",
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
    .doc = R"(The same as input.expand(size).)",
    .forward = [](const Tensor& x, const Dims& size) { return expand(x, size); },
    .samples = [] { return with_dims({{{3, 1}, {3, 4}}, {{3}, {2, 3}}}); },
}};

constinit const Binary expand_as{{
    .signature = "expand_as(Tensor input, Tensor other)",
    .doc = R"(expand(other.shape).)",
    .forward = [](const Tensor& x, const Tensor& other) { return expand(x, other.shape()); },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> { return {{sample({3, 1}), sample({3, 2})}}; },
}};

constinit const Op<Tensor(Tensor, OptionalDims)> squeeze{{
    .signature = "squeeze(Tensor input, int[]? dim=None)",
    .doc = R"(Dims of size 1 removed: all of them, or those among the given ones.)",
    .forward =
        [](const Tensor& x, const OptionalDims& dims) {
          bool chosen[max_rank] = {};
          if (dims)
            for (index dim : *dims) chosen[wrap_dim(dim, x.rank(), "squeeze")] = true;
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
    .doc = R"(A dim of size 1 put in at position dim.)",
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
    .doc = R"(The dims from start_dim to end_dim joined into one; a 0-d tensor becomes (1,).)",
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
    .doc = R"(One dim seen as several; one of the sizes may be -1.)",
    .forward =
        [](const Tensor& x, std::int64_t dim, const Dims& sizes) {
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

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t)> select{{
    .signature = "select(Tensor input, int dim, int index)",
    .doc = R"(One position along dim; the dim disappears. A negative index counts from the end.)",
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
    .traits = viewing,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 0, 1}, {sample({2, 3, 4}), -1, -2}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> narrow{{
    .signature = "narrow(Tensor input, int dim, int start, int length)",
    .doc = R"(The positions start … start + length - 1 along dim.)",
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
    .traits = viewing | is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), 0, 1, 5, 2}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> diagonal{{
    .signature = "diagonal(Tensor input, int offset=0, int dim1=0, int dim2=1)",
    .doc = R"(The diagonal over two dims, as the last dim; offset > 0 is above the main one.)",
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
    .traits = viewing,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), 1, 0, 1}, {sample({3, 2, 4}), -1, 2, 0}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> unfold{{
    .signature = "unfold(Tensor input, int dimension, int size, int step)",
    .doc = R"(Windows of `size` along a dim, every `step` positions; the window is the last dim.)",
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
    .traits = viewing | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({6}), 0, 3, 2}, {sample({2, 5}), 1, 2, 1}};
    },
}};

Family view_family() {
  return {&view,
          &reshape,
          &view_as,
          &reshape_as,
          &permute,
          &transpose,
          &t,
          &matrix_transpose,
          &movedim,
          &expand,
          &broadcast_to,
          &expand_as,
          &squeeze,
          &unsqueeze,
          &flatten,
          &unflatten,
          &select,
          &narrow,
          &slice,
          &basic_index,
          &basic_index_transpose,
          &diagonal,
          &unfold,
          &region,
          &region_transpose,
          &region_write};
}

}  // namespace topograd
