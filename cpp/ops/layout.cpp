#include "ops/layout.h"

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

Dims filled_in(const Dims& size, index count, std::string_view op) {
  Dims shape = size;
  int open = -1;
  index known = 1;
  for (int d = 0; d < size.size(); ++d) {
    if (size[d] == -1) {
      expect<ShapeError>(open < 0, "{}: only one size of {} may be -1", op, size);
      open = d;
      continue;
    }
    expect<ShapeError>(size[d] >= 0, "{}: sizes must not be negative, got {}", op, size);
    expect<ShapeError>(!__builtin_mul_overflow(known, size[d], &known),
                       "{}: {} has more elements than memory can hold", op, size);
  }
  if (open >= 0) {
    expect<ShapeError>(known > 0 && count % known == 0, "{}: {} elements do not fill the shape {}",
                       op, count, size);
    shape[open] = count / known;
    return shape;
  }
  expect<ShapeError>(known == count, "{}: {} elements do not fill the shape {}", op, count, size);
  return shape;
}

Dims filled_in(const Dims& size, const Tensor& x, std::string_view op) {
  try {
    return filled_in(size, x.count(), op);
  } catch (const ShapeError& e) {
    fail<ShapeError>("{} (the input has shape {})", e.what(), x.shape());
  }
}

Tensor restride(const Tensor& x, Dims sizes, Dims strides, index offset) {
  return restrided(x, std::move(sizes), std::move(strides), x.body()->offset + offset);
}

std::optional<Dims> view_strides(const Tensor& x, const Dims& shape) {
  if (x.contiguous()) return contiguous_strides(shape);
  if (x.count() == 0) return contiguous_strides(shape);
  // Runs of dims of x that lie behind each other in memory must be split by whole sizes of the new
  // shape.
  Dims strides = Dims::filled(shape.size(), 0);
  int target = shape.size() - 1;
  int d = x.rank() - 1;
  while (d >= 0) {
    if (x.shape()[d] == 1) {
      --d;
      continue;
    }
    index run = x.shape()[d];
    const index innermost = x.strides()[d];
    while (d > 0 && (x.shape()[d - 1] == 1 || x.strides()[d - 1] == run * innermost)) {
      --d;
      run *= x.shape()[d];
    }
    --d;
    index filled = 1;
    while (target >= 0 && (filled < run || shape[target] == 1)) {
      strides[target] = filled * innermost;
      filled *= shape[target];
      --target;
    }
    if (filled != run) return std::nullopt;
  }
  while (target >= 0 && shape[target] == 1) strides[target--] = 1;
  if (target >= 0) return std::nullopt;
  return strides;
}

namespace {

int consumed(const Indices& indices) {
  int count = 0;
  for (const IndexItem& item : indices)
    if (item.kind == IndexItem::Kind::integer || item.kind == IndexItem::Kind::slice) ++count;
  return count;
}

struct Walk {
  const Tensor& x;
  Dims sizes, strides;
  index offset;
  int dim = 0;

  void keep() {
    sizes.push_back(x.shape()[dim]);
    strides.push_back(x.strides()[dim]);
    ++dim;
  }
  void at(index position) {
    const index n = x.shape()[dim];
    expect<IndexError>(position >= -n && position < n,
                       "index: {} is out of range for dim {} of shape {}", position, dim,
                       x.shape());
    offset += (position < 0 ? position + n : position) * x.strides()[dim];
    ++dim;
  }
  void cut(const IndexItem& item) {
    const index n = x.shape()[dim], step = item.step;
    expect<ValueError>(step > 0, "index: slice steps must be positive, got {}; use flip", step);
    const auto bound = [n](index value) {
      if (value < 0) value += n;
      return value < 0 ? 0 : value > n ? n : value;
    };
    const index from = item.from ? bound(*item.from) : 0;
    const index to = item.to ? bound(*item.to) : n;
    sizes.push_back(to > from ? (to - from - 1) / step + 1 : 0);
    // A huge step takes one element; its stride must not overflow.
    index stride;
    if (__builtin_mul_overflow(x.strides()[dim], step, &stride)) stride = 0;
    strides.push_back(stride);
    offset += from * x.strides()[dim];
    ++dim;
  }
};

}  // namespace

Tensor apply_basic(const Tensor& x, const Indices& indices) {
  expect<IndexError>(consumed(indices) <= x.rank(), "index: too many indices ({}) for shape {}",
                     consumed(indices), x.shape());
  Walk walk{x, {}, {}, x.body()->offset};
  bool dots = false;
  for (const IndexItem& item : indices) switch (item.kind) {
      case IndexItem::Kind::integer: walk.at(item.start); break;
      case IndexItem::Kind::slice: walk.cut(item); break;
      case IndexItem::Kind::newaxis:
        walk.sizes.push_back(1);
        walk.strides.push_back(walk.dim < x.rank() ? x.shape()[walk.dim] * x.strides()[walk.dim]
                                                   : 1);
        break;
      case IndexItem::Kind::ellipsis: {
        expect<IndexError>(!dots, "index: more than one Ellipsis");
        dots = true;
        int rest = x.rank() - consumed(indices);
        while (rest-- > 0) walk.keep();
        break;
      }
      case IndexItem::Kind::tensor: fail("index: a tensor is not a basic index");
    }
  while (walk.dim < x.rank()) walk.keep();
  expect<ShapeError>(walk.sizes.size() <= max_rank, "index: the result has more than {} dims",
                     max_rank);
  return restrided(x, walk.sizes, walk.strides, walk.offset);
}

Dims window_strides(const Dims& shape, index dimension, index size, index step) {
  (void)size;
  Dims strides = contiguous_strides(shape);
  if (shape.empty()) return Dims{1};
  const int d = wrap_dim(dimension, shape.size(), "unfold");
  const index stride = strides[d];
  strides[d] = stride * step;
  strides.push_back(stride);
  return strides;
}

namespace {

/// Number of elements from the first to the last that a layout of a base reaches.
index extent(const Dims& sizes, const Dims& strides) {
  index reach = 1;
  for (int d = 0; d < sizes.size(); ++d) {
    expect<ValueError>(strides[d] >= 0, "region: base_stride {} has a negative entry", strides);
    if (sizes[d] == 0) return 0;
    index along = 0;
    const bool overflow = __builtin_mul_overflow(sizes[d] - 1, strides[d], &along) ||
                          __builtin_add_overflow(reach, along, &reach);
    expect<ValueError>(!overflow, "region: size {} with base_stride {} reaches too far", sizes,
                       strides);
  }
  return reach;
}

/// Positions of all elements of a layout, in order; where elements coincide their gradients add up.
Tensor positions(const Dims& sizes, const Dims& strides, index offset) {
  Tensor at = Tensor::empty(sizes, DType::int64);
  auto* data = at.data<std::int64_t>();
  Dims counter = Dims::filled(sizes.size(), 0);
  for (index i = 0; i < at.count(); ++i) {
    index place = offset;
    for (int d = 0; d < sizes.size(); ++d) place += counter[d] * strides[d];
    data[i] = place;
    for (int d = sizes.size() - 1; d >= 0 && ++counter[d] == sizes[d]; --d) counter[d] = 0;
  }
  return at;
}

}  // namespace

/// The layout must lie inside the `count` elements of a buffer.
void check_inside(const Dims& sizes, const Dims& strides, index offset, index count,
                  std::string_view op) {
  bool fits = sizes.size() == strides.size() && offset >= 0;
  index last = offset;
  bool empty = false;
  for (int d = 0; fits && d < sizes.size(); ++d) {
    index reach;
    fits = sizes[d] >= 0 && strides[d] >= 0 &&
           !__builtin_mul_overflow(std::max<index>(sizes[d] - 1, 0), strides[d], &reach) &&
           !__builtin_add_overflow(last, reach, &last);
    empty = empty || sizes[d] == 0;
  }
  expect<ShapeError>(fits && (empty || last < count),
                     "{}: size {} with strides {} at offset {} does not fit into {} elements", op,
                     sizes, strides, offset, count);
}

constinit const Op<Tensor(Tensor, Indices)> basic_index{{
    .signature = "basic_index(Tensor input, Indices indices)",
    .doc = R"(x[…] with integers, slices, None and Ellipsis: a view.)",
    .forward = [](const Tensor& x, const Indices& indices) { return apply_basic(x, indices); },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Indices& indices) -> Tensor {
          return basic_index_transpose(g, x.shape(), indices);
        }},
    .traits = is_method | is_view | is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}),
               Indices{{.kind = IndexItem::Kind::integer, .start = 1},
                       {.kind = IndexItem::Kind::slice, .from = 1, .to = {}, .step = 2}}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Indices)> basic_index_transpose{{
    .signature = "basic_index_transpose(Tensor input, int[] size, Indices indices)",
    .doc = R"(Zeros of the given size with input written at the indices.)",
    .forward =
        [](const Tensor& g, const Dims& size, const Indices& indices) {
          const Tensor out = Tensor::zeros(size, g.dtype());
          copy_elements(g, apply_basic(out, indices));
          return out;
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&, const Dims&,
                            const Indices& indices) -> Tensor { return basic_index(g, indices); }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2}), Dims{3, 4},
               Indices{{.kind = IndexItem::Kind::integer, .start = 1},
                       {.kind = IndexItem::Kind::slice, .from = 1, .to = {}, .step = 2}}}};
    },
}};

// The next three are how changes in place enter the graph (graph/history.h).

constinit const Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims)> region{{
    .signature = "region(Tensor input, int[] size, int[] stride, int offset, int[] base_stride)",
    .doc = R"(The elements of input at another layout; base_stride is the layout of input itself.)",
    .forward =
        [](const Tensor& x, const Dims& sizes, const Dims& strides, std::int64_t offset,
           const Dims& base_strides) {
          expect<ShapeError>(base_strides.size() == x.rank(),
                             "region: base_stride {} does not fit shape {}", base_strides,
                             x.shape());
          check_inside(sizes, strides, offset, extent(x.shape(), base_strides), "region");
          if (x.strides() == base_strides)
            return restrided(x, sizes, strides, x.body()->offset + offset);
          const Tensor flat = Tensor::zeros({extent(x.shape(), base_strides)}, x.dtype());
          copy_elements(x, restrided(flat, x.shape(), base_strides, 0));
          return restrided(flat, sizes, strides, offset);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&, const Dims& strides,
                  std::int64_t offset, const Dims& base_strides) -> Tensor {
          return region_transpose(g, x.shape(), strides, offset, base_strides);
        }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), Dims{2, 2}, Dims{4, 1}, 1, Dims{4, 1}}};
    },
}};

namespace {

/// A short dim of a layout, along which its parts do not overlap themselves: the elements of
/// windows at one place in each. -1 if there is none.
int dim_that_keeps_apart(const Tensor& place) {
  constexpr index short_dim = 32, worthwhile = 64;
  for (int d = 0; d < place.rank(); ++d) {
    const index n = place.shape()[d];
    if (n > 1 && n <= short_dim && place.count() / n >= worthwhile &&
        !overlaps_itself(select(place, index{d}, 0)))
      return d;
  }
  return -1;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims)> region_transpose{{
    .signature =
        "region_transpose(Tensor input, int[] size, int[] stride, int offset, int[] base_stride)",
    .doc = R"(Zeros of the given size with input added at a layout.)",
    .forward =
        [](const Tensor& g, const Dims& size, const Dims& strides, std::int64_t offset,
           const Dims& base_strides) {
          expect<ShapeError>(base_strides.size() == size.size(),
                             "region_transpose: base_stride {} does not fit size {}", base_strides,
                             size);
          check_inside(g.shape(), strides, offset, extent(size, base_strides), "region_transpose");
          const Tensor flat = Tensor::zeros({extent(size, base_strides)}, g.dtype());
          const Tensor place = restrided(flat, g.shape(), strides, offset);
          if (!overlaps_itself(place)) {
            copy_elements(g, place);
            return restrided(flat, size, base_strides, 0);
          }
          // Sums of half types take place in float32.
          const bool exact = compute_dtype(g.dtype()) == g.dtype();
          if (const int dim = exact ? dim_that_keeps_apart(place) : -1; dim >= 0) {
            for (index i = 0; i < g.shape()[dim]; ++i) {
              const Tensor part = select(place, index{dim}, i);
              pointwise<"add">({&part}, g.dtype(), g.dtype(), nullptr, part,
                               select(g, index{dim}, i));
            }
            return restrided(flat, size, base_strides, 0);
          }
          const Tensor at = positions(g.shape(), strides, offset);
          const Tensor summed =
              scatter_add(flat, 0, reshape(at, Dims{-1}), reshape(dense(g), Dims{-1}));
          return restrided(summed, size, base_strides, 0);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&, const Dims& strides,
                  std::int64_t offset, const Dims& base_strides) -> Tensor {
          return region(g, x.shape(), strides, offset, base_strides);
        }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2}), Dims{3, 4}, Dims{4, 1}, 1, Dims{4, 1}},
              {sample({3, 2}), Dims{4}, Dims{1, 1}, 0, Dims{1}}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Dims, Dims, std::int64_t, Dims)> region_write{{
    .signature = "region_write(Tensor input, Tensor src, int[] size, int[] stride, int offset, "
                 "int[] base_stride)",
    .doc = R"(A copy of input in which src is written at a layout.)",
    .forward =
        [](const Tensor& x, const Tensor& source, const Dims& sizes, const Dims& strides,
           std::int64_t offset, const Dims& base_strides) {
          expect<ShapeError>(
              base_strides.size() == x.rank() && source.shape() == sizes,
              "region_write: src of shape {} does not fit size {}, or base_stride {} the input {}",
              source.shape(), sizes, base_strides, x.shape());
          check_inside(sizes, strides, offset, extent(x.shape(), base_strides), "region_write");
          if (base_strides == contiguous_strides(x.shape())) {
            const Tensor out = dense_copy(x);
            copy_elements(source, restrided(out, sizes, strides, offset));
            return out;
          }
          const Tensor flat = Tensor::zeros({extent(x.shape(), base_strides)}, x.dtype());
          const Tensor out = restrided(flat, x.shape(), base_strides, 0);
          copy_elements(x, out);
          copy_elements(source, restrided(flat, sizes, strides, offset));
          return out;
        },
    .derivative =
        Linear{
            [](const Call&, const Tensor& g, const Tensor&, const Tensor& source, const Dims& sizes,
               const Dims& strides, std::int64_t offset, const Dims& base_strides) -> Tensor {
              return region_write(g, Tensor::zeros(source.shape(), g.dtype()), sizes, strides,
                                  offset, base_strides);
            },
            [](const Call&, const Tensor& g, const Tensor&, const Tensor&, const Dims& sizes,
               const Dims& strides, std::int64_t offset, const Dims& base_strides) -> Tensor {
              return region(g, sizes, strides, offset, base_strides);
            }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), sample({2, 2}), Dims{2, 2}, Dims{4, 1}, 1, Dims{4, 1}}};
    },
}};

}  // namespace topograd
