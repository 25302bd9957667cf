// Joining, splitting, repeating, turning, padding.

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

/// -k <= column - row, as (rows, columns) booleans: the lower triangle.
Tensor triangle(const Tensor& x, std::int64_t diagonal, bool lower) {
  expect<ShapeError>(x.rank() >= 2, "{}: expects at least 2 dims, got shape {}",
                     lower ? "tril" : "triu", x.shape());
  const index rows = x.shape().at(-2), columns = x.shape().at(-1);
  Tensor mask = Tensor::empty({rows, columns}, DType::boolean);
  bool* data = mask.data<bool>();
  for (index i = 0; i < rows; ++i)
    for (index j = 0; j < columns; ++j)
      data[i * columns + j] = lower ? j - i <= diagonal : j - i >= diagonal;
  return mask;
}

/// Where each position of a padded dim is read from.
Tensor padded_positions(index n, index before, index after, const std::string& mode) {
  Tensor at = Tensor::empty({n + before + after}, DType::int64);
  auto* data = at.data<std::int64_t>();
  for (index i = 0; i < at.count(); ++i) {
    index p = i - before;
    if (mode == "replicate") p = std::clamp<index>(p, 0, n - 1);
    if (mode == "circular") p = ((p % n) + n) % n;
    if (mode == "reflect") p = p < 0 ? -p : p >= n ? 2 * (n - 1) - p : p;
    data[i] = p;
  }
  return at;
}

}  // namespace

constinit const Op<Tensor(Tensors, std::int64_t)> cat{{
    .signature = "cat(Tensor[] tensors, int dim=0)",
    .doc = R"(The tensors one behind the other along an existing dim. All other sizes must agree.)",
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
    .doc = R"(The tensors one behind the other along a new dim. All shapes must be equal.)",
    .forward =
        [](const Tensors& list, std::int64_t dim) {
          expect<ValueError>(!list.empty(), "stack: expects at least one tensor");
          const int d = wrap_dim(dim, list[0].rank() + 1, "stack");
          Tensors wide;
          for (const Tensor& x : list) {
            expect<ShapeError>(x.shape() == list[0].shape(),
                               "stack: shapes must be equal, got {} and {}", list[0].shape(),
                               x.shape());
            wide.push_back(unsqueeze(x, d));
          }
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
        R"(Views of consecutive pieces with the given lengths along dim; they must add up to its size.)",
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
    .doc = R"(Views of consecutive pieces of split_size along dim; the last one may be shorter.)",
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
        R"(Views of consecutive pieces with the given lengths along dim; they must add up to its size.)",
    .forward = [](const Tensor& x, const Dims& lengths,
                  std::int64_t dim) { return split_sizes(x, lengths, dim); },
    .samples = []() -> std::vector<Sample> { return {{sample({5, 2}), Dims{1, 4}, 0}}; },
}};

constinit const Op<Tensors(Tensor, std::int64_t, std::int64_t)> chunk{{
    .signature = "chunk(Tensor input, int chunks, int dim=0) -> Tensor[]",
    .doc =
        R"(Views of at most `chunks` pieces of equal length along dim; the last one may be shorter.)",
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
    .doc = R"(A view of every position along dim.)",
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

constinit const Op<Tensor(Tensor, Dims)> flip{{
    .signature = "flip(Tensor input, int... dims)",
    .doc = R"(A copy with the order along the given dims reversed.)",
    .forward =
        [](const Tensor& x, const Dims& dims) {
          Dims strides = x.strides();
          index offset = x.body()->offset;
          bool turned[max_rank] = {};
          for (index dim : dims) {
            const int d = wrap_dim(dim, x.rank(), "flip");
            expect<ValueError>(!turned[d], "flip: dim {} appears twice in {}", d, dims);
            turned[d] = true;
            if (x.rank() == 0 || x.count() == 0) continue;
            offset += (x.shape()[d] - 1) * strides[d];
            strides[d] = -strides[d];
          }
          return dense_copy(restrided(x, x.shape(), strides, offset));
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&,
                            const Dims& dims) -> Tensor { return flip(g, dims); }},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{0}}, {sample({2, 3, 2}), Dims{0, -1}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> repeat{{
    .signature = "repeat(Tensor input, int... repeats)",
    .doc = R"(The tensor repeated along every dim; more repeats than dims add dims in front.)",
    .forward =
        [](const Tensor& x, const Dims& repeats) {
          const int added = repeats.size() - x.rank();
          expect<ShapeError>(added >= 0, "repeat: {} has fewer entries than the dims of shape {}",
                             repeats, x.shape());
          Dims apart, wide, shape;
          for (int d = 0; d < repeats.size(); ++d) {
            const index size = d < added ? 1 : x.shape()[d - added];
            expect<ShapeError>(repeats[d] >= 0, "repeat: repeats must not be negative, got {}",
                               repeats);
            apart.push_back(1);
            apart.push_back(size);
            wide.push_back(repeats[d]);
            wide.push_back(size);
            index total;
            expect<ShapeError>(!__builtin_mul_overflow(repeats[d], size, &total),
                               "repeat: {} of shape {} is more than memory can hold", repeats,
                               x.shape());
            shape.push_back(total);
          }
          count_of(shape);
          return reshape(expand(reshape(x, apart), wide), shape);
        },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{2, 1}}, {sample({3}), Dims{2, 2}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> tile{{
    .signature = "tile(Tensor input, int... dims)",
    .doc = R"(repeat, where missing repeats in front count as 1.)",
    .forward =
        [](const Tensor& x, const Dims& dims) {
          Dims repeats = dims;
          while (repeats.size() < x.rank()) repeats.insert(0, 1);
          return repeat(x, repeats);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Dims{2}}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, OptionalInt)> repeat_interleave{{
    .signature = "repeat_interleave(Tensor input, Tensor repeats, int? dim=None)",
    .doc = R"(Every position along dim (or of the flattened input) repeated, one behind the other.

repeats: a number, or int64 (n,) with one count per position.)",
    .forward =
        [](const Tensor& x, const Tensor& repeats, const OptionalInt& dim) {
          const Tensor source = dim ? x : reshape(x, Dims{-1});
          const int d = wrap_dim(dim.value_or(0), source.rank(), "repeat_interleave");
          const index n = source.rank() == 0 ? 1 : source.shape()[d];
          const auto counts = repeats.to_vector<std::int64_t>();
          expect<ShapeError>(
              repeats.rank() <= 1 && (counts.size() == 1 || static_cast<index>(counts.size()) == n),
              "repeat_interleave: repeats of shape {} do not fit dim {} of shape {}",
              repeats.shape(), d, source.shape());
          std::vector<std::int64_t> picks;
          for (index i = 0; i < n; ++i) {
            const index times = counts[counts.size() == 1 ? 0 : static_cast<std::size_t>(i)];
            expect<ValueError>(times >= 0,
                               "repeat_interleave: repeats must not be negative, got {}", times);
            expect<ShapeError>(static_cast<index>(picks.size()) <= (index{1} << 40) - times,
                               "repeat_interleave: the result is more than memory can hold");
            picks.insert(picks.end(), static_cast<std::size_t>(times), i);
          }
          return index_select(source, d, Tensor::of(picks));
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor(2), 1}, {sample({2, 2}), Tensor(2), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, OptionalDims)> roll{{
    .signature = "roll(Tensor input, int[] shifts, int[]? dims=None)",
    .doc =
        R"(Positions shifted along dims, those that fall off the end come in at the front; no dims: flattened.)",
    .forward =
        [](const Tensor& x, const Dims& shifts, const OptionalDims& dims) {
          if (!dims || dims->empty()) {
            expect<ValueError>(shifts.size() == 1, "roll: without dims expects one shift, got {}",
                               shifts);
            return reshape(roll(reshape(x, Dims{-1}), shifts, Dims{0}), x.shape());
          }
          expect<ValueError>(shifts.size() == dims->size(), "roll: {} shifts but {} dims", shifts,
                             *dims);
          Tensor y = x;
          for (int i = 0; i < shifts.size(); ++i) {
            const int d = wrap_dim((*dims)[i], x.rank(), "roll");
            const index n = x.rank() == 0 ? 1 : x.shape()[d];
            if (n < 2) continue;
            const index shift = ((shifts[i] % n) + n) % n;
            if (shift != 0)
              y = cat({narrow(y, d, n - shift, shift), narrow(y, d, 0, n - shift)}, d);
          }
          return y;
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{1}, Dims{1}}, {sample({2, 3}), Dims{2}, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, std::string, std::optional<double>)> pad{{
    .signature = "pad(Tensor input, int[] pad, str mode='constant', float? value=None)",
    .doc =
        R"(The last dims made longer (or shorter, for negative numbers), as torch.nn.functional.pad.

pad: (before, after) of the last dim, then of the one before it, and so on. mode: 'constant' (value, default 0),
'reflect', 'replicate' or 'circular'. Raises ShapeError when the padding does not fit.)",
    .forward =
        [](const Tensor& x, const Dims& amounts, const std::string& mode,
           const std::optional<double>& value) {
          expect<ShapeError>(amounts.size() % 2 == 0 && amounts.size() / 2 <= x.rank(),
                             "pad: {} does not fit the shape {}", amounts, x.shape());
          if (mode == "constant") return constant_pad(x, amounts, value.value_or(0));
          expect<ValueError>(mode == "reflect" || mode == "replicate" || mode == "circular",
                             "pad: mode must be constant, reflect, replicate or circular, got '{}'",
                             mode);
          Tensor y = x;
          for (int i = 0; i < amounts.size() / 2; ++i) {
            const int d = x.rank() - 1 - i;
            const index before = amounts[2 * i], after = amounts[2 * i + 1], n = x.shape()[d];
            const index limit = mode == "reflect" ? n - 1 : mode == "circular" ? n : index{1} << 40;
            expect<ShapeError>(n > 0 && before <= limit && after <= limit && n + before + after > 0,
                               "pad: ({}, {}) is too much for mode '{}' in dim {} of shape {}",
                               before, after, mode, d, x.shape());
            if (before != 0 || after != 0)
              y = index_select(y, d, padded_positions(n, before, after, mode));
          }
          return y;
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{1, 2}, "constant", 0.5},
              {sample({2, 3}), Dims{-1, 1, 2, 0}, "constant", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "reflect", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "replicate", Arg()},
              {sample({1, 2, 4}), Dims{2, 1}, "circular", Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, double)> constant_pad{{
    .signature = "constant_pad(Tensor input, int[] pad, float value=0.0)",
    .doc = R"(pad with mode 'constant'.)",
    .forward =
        [](const Tensor& x, const Dims& amounts, double value) {
          Tensor inside = x;
          Dims shape = x.shape();
          index offset = 0;
          Dims starts = Dims::filled(x.rank(), 0);
          for (int i = 0; i < amounts.size() / 2; ++i) {
            const int d = x.rank() - 1 - i;
            const index before = amounts[2 * i], after = amounts[2 * i + 1], n = x.shape()[d];
            index size;
            expect<ShapeError>(!__builtin_add_overflow(n, before, &size) &&
                                   !__builtin_add_overflow(size, after, &size) && size >= 0,
                               "pad: ({}, {}) leaves a negative size in dim {} of shape {}", before,
                               after, d, x.shape());
            shape[d] = size;
            const index cut = std::max<index>(0, -before), cut_after = std::max<index>(0, -after);
            inside = narrow(inside, d, cut, std::max<index>(0, n - cut - cut_after));
            starts[d] = std::max<index>(0, before);
          }
          const Tensor frame = Tensor::full(shape, value, x.dtype());
          for (int d = 0; d < x.rank(); ++d) offset += starts[d] * frame.strides()[d];
          if (inside.count() == 0) return frame;
          return region_write(frame, inside, inside.shape(), frame.strides(), offset,
                              frame.strides());
        },
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Dims{1, 2}, 0.5}}; },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> tril{{
    .signature = "tril(Tensor input, int diagonal=0)",
    .doc = R"(The lower triangle of the last two dims, zeros above the given diagonal.)",
    .forward =
        [](const Tensor& x, std::int64_t diagonal) {
          return where(triangle(x, diagonal, true), x, Tensor::zeros({}, x.dtype()));
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 3}), 0}, {sample({2, 3, 4}), -1}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> triu{{
    .signature = "triu(Tensor input, int diagonal=0)",
    .doc = R"(The upper triangle of the last two dims, zeros below the given diagonal.)",
    .forward =
        [](const Tensor& x, std::int64_t diagonal) {
          return where(triangle(x, diagonal, false), x, Tensor::zeros({}, x.dtype()));
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 3}), 0}, {sample({2, 3, 4}), 1}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> diag{{
    .signature = "diag(Tensor input, int diagonal=0)",
    .doc =
        R"(A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.)",
    .forward =
        [](const Tensor& x, std::int64_t offset) {
          expect<ShapeError>(x.rank() == 1 || x.rank() == 2,
                             "diag: expects 1 or 2 dims, got shape {}", x.shape());
          if (x.rank() == 2) return clone(topograd::diagonal(x, offset, 0, 1));
          expect<ShapeError>(offset >> 28 == 0 || offset >> 28 == -1, "diag: too far: {}", offset);
          const index n = x.shape()[0] + std::abs(offset);
          const index start = offset >= 0 ? offset : -offset * n;
          return region_transpose(x, Dims{n, n}, Dims{n + 1}, start, Dims{n, 1});
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({3}), 0}, {sample({2}), -1}, {sample({3, 4}), 1}};
    },
}};

Family shape_family() {
  return {&cat,    &stack, &split_sizes,       &split, &split_list, &chunk,        &unbind, &flip,
          &repeat, &tile,  &repeat_interleave, &roll,  &pad,        &constant_pad, &tril,   &triu,
          &diag};
}

}  // namespace topograd
