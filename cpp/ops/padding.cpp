// Tensors made longer or shorter at their ends.

#include "kernels/images.h"
#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

static_assert(max_rank <= kernels::most_padded_dims);

/// Elements before and after each dim, negative where the ends are cut off.
struct Ends {
  Dims before, after, shape;
};

/// Of amounts that begin with the last dim. Throws ShapeError.
Ends ends_of(const Dims& shape, const Dims& amounts) {
  expect<ShapeError>(amounts.size() % 2 == 0 && amounts.size() / 2 <= shape.size(),
                     "pad: {} does not fit the shape {}", amounts, shape);
  Ends ends{Dims::filled(shape.size(), 0), Dims::filled(shape.size(), 0), shape};
  for (int i = 0; i < amounts.size() / 2; ++i) {
    const int d = shape.size() - 1 - i;
    const index before = amounts[2 * i], after = amounts[2 * i + 1];
    index size;
    expect<ShapeError>(!__builtin_add_overflow(shape[d], before, &size) &&
                           !__builtin_add_overflow(size, after, &size) && size >= 0,
                       "pad: ({}, {}) leaves a negative size in dim {} of shape {}", before, after,
                       d, shape);
    expect<ShapeError>(std::min<index>(before, 0) + std::min<index>(after, 0) >= -shape[d],
                       "pad: ({}, {}) cuts off more than dim {} of shape {} has", before, after, d,
                       shape);
    ends.before[d] = before;
    ends.after[d] = after;
    ends.shape[d] = size;
  }
  return ends;
}

/// The memory of the positions at the ends, and of where each position is shown.
struct PadTables {
  std::vector<std::vector<std::int64_t>> edges, begins, shown;
};

/// What position `at`, counted in the source and outside of it, shows. Only what is left of the
/// source goes round.
index shown_at(index at, const kernels::PadDim& dim, const std::string& mode) {
  const index n = dim.in, kept = dim.whole_end - dim.whole_begin;
  if (mode == "replicate") return std::clamp<index>(at, 0, n - 1);
  if (mode == "circular") return dim.first + (((at - dim.first) % kept) + kept) % kept;
  return at < 0 ? -at : at >= n ? 2 * (n - 1) - at : at;
}

/// One dim. mode "constant" has no edges.
kernels::PadDim pad_dim(index n, index before, index after, const std::string& mode,
                        PadTables& tables) {
  kernels::PadDim dim{};
  dim.in = n;
  dim.out = n + before + after;
  dim.first = std::clamp<index>(-before, 0, n);
  const index kept = std::max<index>(0, n - dim.first - std::max<index>(0, -after));
  dim.whole_begin = std::clamp<index>(before, 0, dim.out);
  dim.whole_end = std::min(dim.out, dim.whole_begin + kept);
  if (mode == "constant") return dim;
  std::vector<std::int64_t> edges;
  for (index o = 0; o < dim.whole_begin; ++o) edges.push_back(shown_at(o - before, dim, mode));
  for (index o = dim.whole_end; o < dim.out; ++o) edges.push_back(shown_at(o - before, dim, mode));
  tables.edges.push_back(std::move(edges));
  dim.edges = tables.edges.back().data();
  return dim;
}

/// Sorts the positions of the result by what they show.
void invert(kernels::PadDim& dim, PadTables& tables) {
  const auto source = [&](index o) {
    if (o >= dim.whole_begin && o < dim.whole_end) return o - dim.whole_begin + dim.first;
    return static_cast<index>(
        dim.edges[o < dim.whole_begin ? o : dim.whole_begin + o - dim.whole_end]);
  };
  std::vector<std::int64_t> begins(static_cast<std::size_t>(dim.in) + 1), shown;
  for (index o = 0; o < dim.out; ++o) ++begins[static_cast<std::size_t>(source(o)) + 1];
  for (std::size_t i = 1; i < begins.size(); ++i) begins[i] += begins[i - 1];
  shown.resize(static_cast<std::size_t>(dim.out));
  std::vector<std::int64_t> next = begins;
  for (index o = 0; o < dim.out; ++o)
    shown[static_cast<std::size_t>(next[static_cast<std::size_t>(source(o))]++)] = o;
  tables.begins.push_back(std::move(begins));
  tables.shown.push_back(std::move(shown));
  dim.shown_begin = tables.begins.back().data();
  dim.shown = tables.shown.back().data();
}

/// The dims from the slowest in memory to the fastest: of neighbours that stay as they are one is
/// made, and those at the end are taken as one element.
kernels::PadShape pad_shape(const Dims& shape, const Ends& ends, const Dims& order,
                            const std::string& mode, PadTables& tables) {
  kernels::PadShape s{};
  s.inner = 1;
  int count = order.size();
  const auto whole = [&](int i) {
    const int d = static_cast<int>(order[i]);
    return ends.before[d] == 0 && ends.after[d] == 0;
  };
  while (count > 0 && whole(count - 1)) s.inner *= shape[static_cast<int>(order[--count])];
  tables.edges.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const int d = static_cast<int>(order[i]);
    if (whole(i) && i > 0 && whole(i - 1)) {
      kernels::PadDim& joint = s.dim[s.rank - 1];
      joint.in = joint.out = joint.whole_end = joint.in * shape[d];
      continue;
    }
    s.dim[s.rank++] =
        pad_dim(shape[d], ends.before[d], ends.after[d], whole(i) ? "constant" : mode, tables);
  }
  if (s.rank == 0) s.dim[s.rank++] = pad_dim(1, 0, 0, "constant", tables);
  return s;
}

/// The order of the dims in memory that the result is to have, and x dense in it.
Dims padding_order(const Tensor& x) {
  Dims order;
  const bool channels_last = channels_format(x) != nullptr;
  for (int d = 0; d < x.rank(); ++d)
    if (!channels_last || d != 1) order.push_back(d);
  if (channels_last) order.push_back(1);
  return order;
}
Tensor dense_in_order(const Tensor& x, const Dims& order) { return dense(in_order(x, order)); }
/// A new tensor of this shape, dense in that order of dims.
Tensor empty_in_order(const Dims& shape, const Dims& order, DType dtype) {
  const Tensor memory = Tensor::empty(shape, dtype);
  return restrided(memory, shape, strides_in_order(shape, order), 0);
}

Tensor padded(const Tensor& x, const Ends& ends, const std::string& mode, double value) {
  const Dims order = padding_order(x);
  const Tensor in = dense_in_order(x, order);
  const Tensor out = empty_in_order(ends.shape, order, x.dtype());
  const Tensor fill = Tensor::full({}, value, x.dtype());
  PadTables tables;
  const kernels::PadShape shape = pad_shape(x.shape(), ends, order, mode, tables);
  if (out.count() > 0)
    kernels::images().padding.pad(shape, in.address(), fill.address(), out.address(),
                                  size_of(x.dtype()));
  return out;
}

Tensor padded_transpose(const Tensor& g, const Dims& size, const Dims& amounts,
                        const std::string& mode) {
  if (is_complex(g.dtype())) {
    Dims pairs = size, wider = amounts;
    pairs.push_back(2);
    wider.insert(0, 0);
    wider.insert(0, 0);
    return complex_view(padded_transpose(real_view(dense(g)), pairs, wider, mode));
  }
  const DType type = compute_dtype(g.dtype());
  const Dims order = padding_order(g);
  const Tensor gradient = dense_in_order(converted(g, type), order);
  const Tensor out = empty_in_order(size, order, type);
  PadTables tables;
  kernels::PadShape shape = pad_shape(size, ends_of(size, amounts), order, mode, tables);
  const auto dims = static_cast<std::size_t>(shape.rank);
  tables.begins.reserve(dims);
  tables.shown.reserve(dims);
  for (int d = 0; d < shape.rank - 1; ++d) invert(shape.dim[d], tables);
  if (out.count() > 0)
    kernels::images().padding.transpose[real_index(type)](shape, gradient.address(), out.address());
  return type == g.dtype() ? out : copy_with_strides(out, g.dtype(), out.strides());
}

/// Throws unless the ends can be filled from the tensor itself.
void check_mode(const Dims& shape, const Dims& amounts, const std::string& mode) {
  expect<ValueError>(mode == "reflect" || mode == "replicate" || mode == "circular",
                     "pad: mode must be constant, reflect, replicate or circular, got '{}'", mode);
  const Ends ends = ends_of(shape, amounts);
  for (int d = 0; d < shape.size(); ++d) {
    const index n = shape[d], before = ends.before[d], after = ends.after[d];
    if (before == 0 && after == 0) continue;
    const index limit = mode == "reflect" ? n - 1 : mode == "circular" ? n : index{1} << 40;
    expect<ShapeError>(n > 0 && before <= limit && after <= limit && n + before + after > 0,
                       "pad: ({}, {}) is too much for mode '{}' in dim {} of shape {}", before,
                       after, mode, d, shape);
    expect<ShapeError>(std::min<index>(before, 0) + std::min<index>(after, 0) > -n,
                       "pad: ({}, {}) cuts off all of dim {} of shape {}", before, after, d, shape);
  }
}

Dims negated(const Dims& amounts) {
  Dims back = amounts;
  for (index& amount : back) amount = -amount;
  return back;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims, std::string, std::optional<double>)> pad{{
    .signature = "pad(Tensor input, int[] pad, str mode='constant', float? value=None)",
    .doc =
        R"(The last dims of input made longer at both ends, or shorter.

pad: numbers of elements (before, after) for the last dim, then for the one before it, and so on;
negative ones cut off. mode: what is put in, 'constant' (value, default 0), 'reflect' (mirrored,
without the edge itself), 'replicate' (the edge) or 'circular' (the other end). value is converted
to the dtype of input; only 'constant' reads it. Any dims of any number of dims can be padded in
any mode. channels_last stays.
Raises ShapeError for an odd number of entries or too many, a negative size, or more than n - 1
('reflect') or n ('circular') elements in a dim of size n; ValueError for another mode.

>>> F.pad(tg.tensor([1, 2, 3]), (1, 2), value=9)
tensor([9, 1, 2, 3, 9, 9])
>>> F.pad(tg.tensor([[1, 2, 3]]), (2, 1), mode="reflect")
tensor([[3, 2, 1, 2, 3, 2]])
)",
    .forward =
        [](const Tensor& x, const Dims& amounts, const std::string& mode,
           const std::optional<double>& value) {
          if (mode == "constant") return constant_pad(x, amounts, value.value_or(0));
          check_mode(x.shape(), amounts, mode);
          expect<ValueError>(value.value_or(0) == 0, "pad: mode '{}' takes no value, got {}", mode,
                             value.value_or(0));
          return pad_from_inside(x, amounts, mode);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{1, 2}, "constant", 0.5},
              {sample({2, 3}), Dims{-1, 1, 2, 0}, "constant", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "reflect", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "replicate", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "circular", Arg()},
              {sample({2, 3, 4}), Dims{2, -1, 1, 2}, "reflect", Arg()},
              {sample({2, 3, 2}), Dims{0, 0, -1, 3}, "replicate", Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, double)> constant_pad{{
    .signature = "constant_pad(Tensor input, int[] pad, float value=0.0)",
    .doc = R"(pad with mode 'constant'.)",
    .forward =
        [](const Tensor& x, const Dims& amounts, double value) {
          return padded(x, ends_of(x.shape(), amounts), "constant", value);
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor&, const Dims& amounts,
                           double) -> Tensor { return constant_pad(g, negated(amounts), 0.0); }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor&, const Dims& amounts,
                           double) -> Tensor { return constant_pad(t[0], amounts, 0.0); }}},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{1, 2}, 0.5}, {sample({2, 3, 2}), Dims{0, 0, -2, 1, 1, 0}, 2.0}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, std::string)> pad_from_inside{{
    .signature = "pad_from_inside(Tensor input, int[] pad, str mode)",
    .doc = R"(pad with another mode than 'constant'.)",
    .forward =
        [](const Tensor& x, const Dims& amounts, const std::string& mode) {
          check_mode(x.shape(), amounts, mode);
          return padded(x, ends_of(x.shape(), amounts), mode, 0);
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims& amounts,
                            const std::string& mode) -> Tensor {
      return pad_from_inside_transpose(g, x.shape(), amounts, mode);
    }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), Dims{2, -1, 1, 2}, "reflect"},
              {sample({2, 1, 3, 2}), Dims{1, 0, 2, 3, 0, 0, 1, 1}, "circular"}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Dims, std::string)> pad_from_inside_transpose{{
    .signature = "pad_from_inside_transpose(Tensor input, int[] size, int[] pad, str mode)",
    .doc = R"(The transpose of pad: each element added where it came from in a tensor of `size`.)",
    .forward =
        [](const Tensor& g, const Dims& size, const Dims& amounts, const std::string& mode) {
          check_mode(size, amounts, mode);
          expect<ShapeError>(g.shape() == ends_of(size, amounts).shape,
                             "pad_from_inside_transpose: shape {} does not fit {} padded by {}",
                             g.shape(), size, amounts);
          return padded_transpose(g, size, amounts, mode);
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&, const Dims&, const Dims& amounts,
                  const std::string& mode) -> Tensor { return pad_from_inside(g, amounts, mode); }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 6, 5}), Dims{2, 3, 4}, Dims{2, -1, 1, 2}, "reflect"}};
    },
}};

Family padding_family() {
  return {&pad, &constant_pad, &pad_from_inside, &pad_from_inside_transpose};
}

}  // namespace topograd
