// Views by strides or of another dtype, and copies in which a view is written over.

#include "ops/family.h"
#include "ops/layout.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// The smallest range [low, high) of memory that holds a layout.
struct Range {
  index low = 0, high = 0;
};
Range range_of(const Dims& sizes, const Dims& strides, index offset, std::string_view op) {
  Range range{offset, offset + 1};
  for (int d = 0; d < sizes.size(); ++d) {
    if (sizes[d] == 0) return {offset, offset};
    index reach;
    expect<ShapeError>(!__builtin_mul_overflow(sizes[d] - 1, strides[d], &reach) &&
                           !__builtin_add_overflow(reach < 0 ? range.low : range.high, reach,
                                                   reach < 0 ? &range.low : &range.high),
                       "{}: size {} with strides {} reaches too far", op, sizes, strides);
  }
  return range;
}

void check_layout(const Dims& sizes, const Dims& strides, index offset, std::string_view op) {
  expect<ShapeError>(sizes.size() == strides.size(), "{}: size {} and stride {} differ in length",
                     op, sizes, strides);
  expect<ShapeError>(sizes.size() <= max_rank, "{}: more than {} dims", op, max_rank);
  expect<ValueError>(offset >= 0, "{}: storage_offset must not be negative, got {}", op, offset);
  expect<ShapeError>(offset < std::numeric_limits<index>::max(),
                     "{}: storage_offset {} reaches too far", op, offset);
  for (index stride : strides)
    expect<ValueError>(stride >= 0, "{}: strides must not be negative, got {}", op, strides);
  count_of(sizes);
}

/// Elements that the storage of x can hold.
index capacity(const Tensor& x) {
  expect<NotSupported>(!x.hollow(),
                       "as_strided: the input of shape {} follows from a placeholder and has no "
                       "memory to lay over; use slices, narrow or unfold",
                       x.shape());
  return static_cast<index>(x.body()->storage->bytes() / size_of(x.dtype()));
}

/// The memory of both layouts, as zeros, and where they lie in it.
struct Ground {
  Tensor memory, base, part;
};
Ground ground(const Dims& base_sizes, const Dims& base_strides, index base_offset,
              const Dims& sizes, const Dims& strides, index offset, DType dtype) {
  const Range a = range_of(base_sizes, base_strides, base_offset, "as_strided");
  const Range b = range_of(sizes, strides, offset, "as_strided");
  const index low = std::min(a.low, b.low);
  const Tensor memory = Tensor::zeros({std::max(a.high, b.high) - low}, dtype);
  return {memory, restrided(memory, base_sizes, base_strides, base_offset - low),
          restrided(memory, sizes, strides, offset - low)};
}

/// Where in `memory` the elements of one of its views lie, in order.
Tensor elements_of(const Tensor& memory, const Tensor& view) {
  const Tensor all = Tensor::empty(memory.shape(), DType::int64);
  auto* data = all.data<std::int64_t>();
  for (index i = 0; i < all.count(); ++i) data[i] = i;
  return reshape(dense_copy(restrided(all, view.shape(), view.strides(), view.body()->offset)),
                 Dims{-1});
}

/// Elements of one size as whole elements of a larger one.
void check_larger(const Tensor& x, DType dtype, index ratio) {
  const auto fits = [&](index n, std::string_view what, int dim) {
    expect<ShapeError>(n % ratio == 0,
                       "view: {} {} of shape {} with strides {} must be divisible by {} to be seen "
                       "as {} instead of {}, got {}",
                       what, dim, x.shape(), x.strides(), ratio, dtype, x.dtype(), n);
  };
  const int last = x.rank() - 1;
  fits(x.shape()[last], "the size of dim", last);
  fits(x.body()->offset, "the offset of the element 0 in dim", last);
  for (int d = 0; d < last; ++d) fits(x.strides()[d], "the stride of dim", d);
}

/// Any other byte is no bool, and reading it as one has no meaning in C++.
void check_bools(const Tensor& x) {
  const Tensor bytes = dense(x);
  const auto* data = static_cast<const std::uint8_t*>(bytes.address());
  std::uint8_t together = 0;
  const index count = bytes.count() * static_cast<index>(size_of(x.dtype()));
  for (index i = 0; i < count; ++i) together |= data[i];
  expect<ValueError>(together <= 1, "view: {} of shape {} has bytes other than 0 and 1, no bools",
                     x.dtype(), x.shape());
}

Tensor reinterpreted(const Tensor& x, DType dtype) {
  const auto from = static_cast<index>(size_of(x.dtype())), to = static_cast<index>(size_of(dtype));
  if (is_boolean(dtype) && !is_boolean(x.dtype())) check_bools(x);
  Dims sizes = x.shape(), strides = x.strides();
  index offset = x.body()->offset;
  if (from != to) {
    const int last = x.rank() - 1;
    expect<ShapeError>(last >= 0, "view: a 0-d {} can not be seen as {}: the element sizes differ",
                       x.dtype(), dtype);
    expect<ShapeError>(strides[last] == 1,
                       "view: the last dim of shape {} with strides {} must have stride 1 to be "
                       "seen as {} instead of {}",
                       x.shape(), x.strides(), dtype, x.dtype());
    if (to > from) check_larger(x, dtype, to / from);
    const auto scaled = [&](index n) { return from > to ? n * (from / to) : n / (to / from); };
    sizes[last] = scaled(sizes[last]);
    offset = scaled(offset);
    for (int d = 0; d < last; ++d) strides[d] = scaled(strides[d]);
  }
  Tensor view = make_view(x.body()->storage, std::move(sizes), std::move(strides), offset, dtype);
  view.body()->device = x.device();
  return view;
}

/// Adds x to a view of zeros; where elements of the view are the same memory they add up.
void add_over(const Tensor& x, const Tensor& memory, const Tensor& view) {
  if (!overlaps_itself(view)) return copy_elements(x, view);
  const Tensor flat = reshape(dense(x), Dims{-1});
  copy_elements(scatter_add(memory, 0, elements_of(memory, view), flat), memory);
}

/// x divided by how many elements of the view share memory with each.
Tensor shared_out(const Tensor& x, const Tensor& memory, const Tensor& view) {
  if (!overlaps_itself(view)) return x;
  const Tensor at = elements_of(memory, view);
  const Tensor counts = scatter_add(Tensor::zeros(memory.shape(), x.dtype()), 0, at,
                                    Tensor::ones(at.shape(), x.dtype()));
  return x / reshape(index_select(counts, 0, at), x.shape());
}

/// input, in which src is written over a view of it.
Tensor with_part(const Tensor& x, const Tensor& source, const Tensor& view, std::string_view op) {
  expect<ShapeError>(source.shape() == view.shape(),
                     "{}: src of shape {} does not fit the part of shape {}", op, source.shape(),
                     view.shape());
  return region_write(x, source, view.shape(), view.strides(), view.body()->offset,
                      contiguous_strides(x.shape()));
}

/// x, with src in place of those of its elements that lie in a layout of its memory.
Tensor written_around(const Tensor& x, const Tensor& source, const Dims& stride, index offset) {
  const auto seen_from_x = [&](const Tensor& part) {
    return strided_view_transpose(part, x.shape(), stride, offset, x.strides(), x.body()->offset);
  };
  const Tensor covered = seen_from_x(Tensor::ones(source.shape(), DType::float32));
  // The result has the order of dims of x: the first argument decides.
  const Tensor mask = copy_with_strides(ne(covered, 0), DType::boolean,
                                        strides_of_format(x, "preserve_format", "clone"));
  return where(mask, seen_from_x(source), x);
}

}  // namespace

constinit const Op<Tensor(Tensor, DType)> view_dtype{{
    .signature = "view.dtype(Tensor input, dtype dtype)",
    .doc = R"(The same memory read as elements of another dtype.

input: (*). dtype: of the same size, then only the dtype changes; a smaller or larger one makes the
last dim longer or shorter. Changes of the result change input. The result does not take part in
differentiation. Raises ShapeError, where the sizes differ, unless the last dim has stride 1 and the
bytes along it and between its rows fill whole elements; ValueError for bools from bytes other than
0 and 1, which PyTorch lets through.

>>> tg.tensor([1.0, -2.0]).view(tg.int32)
tensor([ 1065353216, -1073741824], dtype=topograd.int32)
>>> tg.tensor([1, 256], dtype=tg.int16).view(tg.uint8)
tensor([1, 0, 0, 1], dtype=topograd.uint8)
)",
    .forward = [](const Tensor& x, DType dtype) { return reinterpreted(x, dtype); },
    .derivative = NotDifferentiable{},
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 8}), DType::int64}, {sample({8}), DType::int32}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, OptionalInt)> as_strided{{
    .signature = "as_strided(Tensor input, int[] size, int[] stride, int? storage_offset=None)",
    .doc =
        R"(A view of the memory of input with any sizes and strides.

size, stride: one entry per dim of the result; the strides count elements and must not be negative.
storage_offset: where in the memory its first element lies, by default that of input. Elements may
be the same memory: their gradients add up there, and an element of memory that input reaches
several times, as in an expanded tensor, shares its gradient equally. What lies outside of input
gets no gradient. Raises ShapeError when the result does not lie in the memory of input, ValueError
for a negative stride.

>>> tg.as_strided(tg.arange(5), (3, 3), (1, 1))
tensor([[0, 1, 2],
        [1, 2, 3],
        [2, 3, 4]])
)",
    .forward =
        [](const Tensor& x, const Dims& size, const Dims& stride,
           const OptionalInt& storage_offset) {
          const index own = x.body()->offset, offset = storage_offset.value_or(own);
          check_layout(size, stride, offset, "as_strided");
          const Range range = range_of(size, stride, offset, "as_strided");
          expect<ShapeError>(range.low == range.high || range.high <= capacity(x),
                             "as_strided: size {} with strides {} at offset {} does not fit into "
                             "the memory of input, {} elements",
                             size, stride, offset, capacity(x));
          return strided_view(x, size, stride, offset, x.strides(), own);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({6}), Dims{2, 2}, Dims{3, 1}, 1},
              {sample({2, 3}), Dims{3, 3}, Dims{1, 1}, Arg()},
              {sample({4}), Dims{2, 2}, Dims{0, 2}, 0}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims, std::int64_t)> strided_view{{
    .signature = "strided_view(Tensor input, int[] size, int[] stride, int storage_offset, "
                 "int[] base_stride, int base_offset)",
    .doc = R"(as_strided of an input that lies at base_stride and base_offset.)",
    .forward =
        [](const Tensor& x, const Dims& size, const Dims& stride, std::int64_t offset,
           const Dims& base_stride, std::int64_t base_offset) {
          expect<ShapeError>(base_stride.size() == x.rank(),
                             "strided_view: base_stride {} does not fit shape {}", base_stride,
                             x.shape());
          check_layout(size, stride, offset, "strided_view");
          check_layout(x.shape(), base_stride, base_offset, "strided_view");
          const Range range = range_of(size, stride, offset, "strided_view");
          // A tangent can have another layout than the input itself.
          if (x.strides() == base_stride && x.body()->offset == base_offset &&
              (range.low == range.high || range.high <= capacity(x)))
            return restrided(x, size, stride, offset);
          const Ground at =
              ground(x.shape(), base_stride, base_offset, size, stride, offset, x.dtype());
          add_over(shared_out(x, at.memory, at.base), at.memory, at.base);
          return at.part;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&,
                            const Dims& stride, std::int64_t offset, const Dims& base_stride,
                            std::int64_t base_offset) -> Tensor {
      return strided_view_transpose(g, x.shape(), stride, offset, base_stride, base_offset);
    }},
    .traits = is_method | is_view | is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({6}), Dims{2, 2}, Dims{3, 1}, 1, Dims{1}, 0},
              {sample({2, 3}), Dims{3, 3}, Dims{1, 1}, 0, Dims{3, 1}, 0},
              {sample({2, 2}), Dims{3, 2}, Dims{1, 1}, 1, Dims{1, 1}, 2}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims, std::int64_t)>
    strided_view_transpose{{
        .signature =
            "strided_view_transpose(Tensor input, int[] size, int[] stride, int storage_offset, "
            "int[] base_stride, int base_offset)",
        .doc = R"(The gradient of an input of the given size from that of its strided_view.)",
        .forward =
            [](const Tensor& g, const Dims& size, const Dims& stride, std::int64_t offset,
               const Dims& base_stride, std::int64_t base_offset) {
              check_layout(g.shape(), stride, offset, "strided_view_transpose");
              check_layout(size, base_stride, base_offset, "strided_view_transpose");
              const Ground at =
                  ground(size, base_stride, base_offset, g.shape(), stride, offset, g.dtype());
              add_over(g, at.memory, at.part);
              return dense_copy(shared_out(at.base, at.memory, at.base));
            },
        .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&,
                                const Dims& stride, std::int64_t offset, const Dims& base_stride,
                                std::int64_t base_offset) -> Tensor {
          return strided_view(g, x.shape(), stride, offset, base_stride, base_offset);
        }},
        .traits = is_hidden,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 2}), Dims{6}, Dims{3, 1}, 1, Dims{1}, 0},
                  {sample({3, 3}), Dims{2, 3}, Dims{1, 1}, 0, Dims{3, 1}, 0},
                  {sample({3, 2}), Dims{2, 2}, Dims{1, 1}, 1, Dims{1, 1}, 2}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, Dims, Dims, OptionalInt)> as_strided_scatter{{
    .signature = "as_strided_scatter(Tensor input, Tensor src, int[] size, int[] stride, int? "
                 "storage_offset=None)",
    .doc =
        R"(A copy of input in which src is written over its as_strided view.

src: of shape size, converted to the dtype of input. size, stride, storage_offset: as in as_strided,
which counts in the memory of input: what of src lies outside of input is left out. Where elements
of input are the same memory, they count in a contiguous copy. Raises ShapeError when the view does
not lie in the memory of input or src does not fit, ValueError for a negative stride or elements of
the view that are the same memory.

>>> tg.as_strided_scatter(tg.zeros(5), tg.ones(2), (2,), (2,), 1)
tensor([0., 1., 0., 1., 0.])
)",
    .forward =
        [](const Tensor& x, const Tensor& source, const Dims& size, const Dims& stride,
           const OptionalInt& storage_offset) {
          if (overlaps_itself(x))
            return as_strided_scatter(clone(x, "contiguous_format"), source, size, stride,
                                      storage_offset);
          const index own = x.body()->offset, offset = storage_offset.value_or(own);
          check_layout(size, stride, offset, "as_strided_scatter");
          const Range range = range_of(size, stride, offset, "as_strided_scatter");
          expect<ShapeError>(range.low == range.high || range.high <= capacity(x),
                             "as_strided_scatter: size {} with strides {} at offset {} does not "
                             "fit into the memory of input, {} elements",
                             size, stride, offset, capacity(x));
          const Tensor view = restrided(hollow_like(x), size, stride, offset);
          expect<ValueError>(!overlaps_itself(view),
                             "as_strided_scatter: size {} with strides {} has elements that are "
                             "the same memory",
                             size, stride);
          expect<ShapeError>(source.shape() == view.shape(),
                             "as_strided_scatter: src of shape {} does not fit the part of shape "
                             "{}",
                             source.shape(), view.shape());
          if (x.contiguous() && range.low >= own && range.high <= own + x.count())
            return region_write(x, source, size, stride, offset - own, x.strides());
          return written_around(x, cast(source, x.dtype()), stride, offset);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({6}), sample({2, 2}), Dims{2, 2}, Dims{3, 1}, 1},
              {sample({6}), sample({3}), Dims{3}, Dims{2}, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, std::int64_t)> select_scatter{{
    .signature = "select_scatter(Tensor input, Tensor src, int dim, int index)",
    .doc =
        R"(A copy of input in which src is written at one position along dim.

src: the shape of input without dim, converted to its dtype. index: a negative one counts from the
end. Raises IndexError for an index or a dim out of range, ShapeError when src does not fit.

>>> tg.select_scatter(tg.zeros(2, 2), tg.ones(2), 1, -1)
tensor([[0., 1.],
        [0., 1.]])
)",
    .forward =
        [](const Tensor& x, const Tensor& source, std::int64_t dim, std::int64_t at) {
          return with_part(x, source, select(hollow_like(x), dim, at), "select_scatter");
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3}), 0, 1}, {sample({2, 3, 2}), sample({2, 2}), -2, -1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, OptionalInt, OptionalInt, std::int64_t)>
    slice_scatter{{
        .signature = "slice_scatter(Tensor input, Tensor src, int dim=0, int? start=None, int? "
                     "end=None, int step=1)",
        .doc =
            R"(A copy of input in which src is written over the slice start:end:step along dim.

src: the shape of that slice, converted to the dtype of input. start, end: by default the whole dim;
negative ones count from the end. step: positive. Raises ShapeError when src does not fit,
ValueError for another step, IndexError for a dim out of range.

>>> tg.slice_scatter(tg.zeros(5), tg.ones(2), start=1, step=2, end=4)
tensor([0., 1., 0., 1., 0.])
)",
        .forward =
            [](const Tensor& x, const Tensor& source, std::int64_t dim, const OptionalInt& start,
               const OptionalInt& end, std::int64_t step) {
              expect<ShapeError>(x.rank() > 0, "slice_scatter: a 0-d tensor has no dim to slice");
              expect<ValueError>(step > 0, "slice_scatter: step must be positive, got {}", step);
              return with_part(x, source, slice(hollow_like(x), dim, start, end, step),
                               "slice_scatter");
            },
        .samples = []() -> std::vector<Sample> {
          return {{sample({5, 2}), sample({2, 2}), 0, 1, 5, 2},
                  {sample({2, 4}), sample({2, 2}), -1, -2, Arg(), 1}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, std::int64_t, std::int64_t)>
    diagonal_scatter{{
        .signature = "diagonal_scatter(Tensor input, Tensor src, int offset=0, int dim1=0, int "
                     "dim2=1)",
        .doc =
            R"(A copy of input in which src is written over a diagonal.

src: the shape of diagonal(input, offset, dim1, dim2), converted to the dtype of input; further as
diagonal. Raises ShapeError when src does not fit.

>>> tg.diagonal_scatter(tg.zeros(2, 3), tg.ones(2), offset=1)
tensor([[0., 1., 0.],
        [0., 0., 1.]])
)",
        .forward =
            [](const Tensor& x, const Tensor& source, std::int64_t offset, std::int64_t dim1,
               std::int64_t dim2) {
              return with_part(x, source, diagonal(hollow_like(x), offset, dim1, dim2),
                               "diagonal_scatter");
            },
        .samples = []() -> std::vector<Sample> {
          return {{sample({3, 4}), sample({3}), 1, 0, 1},
                  {sample({3, 2, 4}), sample({2, 2}), -1, 0, 2}};
        },
    }};

Family strided_family() {
  return {&view_dtype,         &as_strided,     &strided_view,  &strided_view_transpose,
          &as_strided_scatter, &select_scatter, &slice_scatter, &diagonal_scatter};
}

}  // namespace topograd
