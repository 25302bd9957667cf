// Repeating, turning, triangles.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// -k <= column - row, as (rows, columns) booleans: the lower triangle.
Tensor triangle(const Tensor& x, std::int64_t diagonal, bool lower) {
  expect<ShapeError>(x.rank() >= 2, "{}: expects at least 2 dims, got shape {}",
                     lower ? "tril" : "triu", x.shape());
  const index rows = x.shape().at(-2), columns = x.shape().at(-1);
  Tensor mask = Tensor::empty({rows, columns}, DType::boolean);
  bool* row = mask.data<bool>();
  for (index i = 0; i < rows; ++i, row += columns) {
    // Columns up to i + diagonal, or from there on. (A huge diagonal must not overflow.)
    const index edge = std::clamp<index>(
        std::clamp<index>(diagonal, -rows - 1, columns + 1) + i + (lower ? 1 : 0), 0, columns);
    std::fill(row, row + edge, lower);
    std::fill(row + edge, row + columns, !lower);
  }
  return mask;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims)> flip{{
    .signature = "flip(Tensor input, int... dims)",
    .doc = R"(A copy of input with the order along the given dims reversed.

dims: any number of different dims, negative ones count from the end; none gives a plain copy.
Raises ValueError for a dim given twice, IndexError for one out of range.

>>> tg.flip(tg.tensor([[1, 2], [3, 4]]), (0,))
tensor([[3, 4],
        [1, 2]])
)",
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
          const Tensor reversed = restrided(x, x.shape(), strides, offset);
          if (x.contiguous()) return dense_copy(reversed);
          return copy_with_strides(reversed, x.dtype(),
                                   strides_of_format(x, "preserve_format", "flip"));
        },
    .derivative = Linear{[](const Call&, const Tensor& g, const Tensor&,
                            const Dims& dims) -> Tensor { return flip(g, dims); }},
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{0}}, {sample({2, 3, 2}), Dims{0, -1}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> repeat{{
    .signature = "repeat(Tensor input, int... repeats)",
    .doc = R"(The whole tensor repeated along every dim.

repeats: how often, for each dim of input; entries beyond those count for new dims in front. Each
size of the result is the repeat times the size. The gradient adds up over the copies.
Raises ShapeError for fewer entries than dims and for negative ones. expand repeats without a copy.

>>> tg.tensor([1, 2]).repeat(2, 2)
tensor([[1, 2, 1, 2],
        [1, 2, 1, 2]])
)",
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
          return apart_from(x, reshape(expand(reshape(x, apart), wide), shape));
        },
    .traits = is_method | method_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{2, 1}}, {sample({3}), Dims{2, 2}}};
    },
}};

constinit const Op<Tensor(Tensor, Dims)> tile{{
    .signature = "tile(Tensor input, int... dims)",
    .doc = R"(The whole tensor repeated along every dim, as NumPy's tile.

dims: how often, aligned with the last dims of input; missing entries in front count as 1. Further
as repeat.

>>> tg.tile(tg.tensor([[1, 2], [3, 4]]), (2,))
tensor([[1, 2, 1, 2],
        [3, 4, 3, 4]])
)",
    .forward =
        [](const Tensor& x, const Dims& dims) {
          Dims repeats = dims;
          while (repeats.size() < x.rank()) repeats.insert(0, 1);
          return repeat(x, repeats);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), Dims{2}}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, OptionalInt, OptionalInt)> repeat_interleave{{
    .signature = "repeat_interleave(Tensor input, Tensor repeats, int? dim=None, *, int? "
                 "output_size=None)",
    .doc = R"(Every position of input along dim repeated, the copies next to each other.

repeats: a number, or integers (n,) with one count per position, n = input.size(dim). Without dim
(default None) the input is flattened first. The gradient adds up over the copies.
output_size: how long the result is along dim, checked when given. Raises ShapeError when repeats or
output_size do not fit, ValueError when a count is negative, TypeError for fractions.

>>> tg.repeat_interleave(tg.tensor([5, 6]), 2)
tensor([5, 5, 6, 6])
>>> tg.repeat_interleave(tg.tensor([[1, 2], [3, 4]]), tg.tensor([0, 2]), dim=0)
tensor([[3, 4],
        [3, 4]])
)",
    .forward =
        [](const Tensor& x, const Tensor& repeats, const OptionalInt& dim,
           const OptionalInt& output_size) {
          expect<DTypeError>(is_integer(repeats.dtype()),
                             "repeat_interleave: repeats must be integers, got {}",
                             repeats.dtype());
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
          expect<ShapeError>(!output_size || *output_size == static_cast<index>(picks.size()),
                             "repeat_interleave: output_size is {}, but the repeats add up to {}",
                             output_size.value_or(0), picks.size());
          return index_select(source, d, Tensor::of(picks));
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Tensor(2), 1, Arg()}, {sample({2, 2}), Tensor(2), Arg(), 8}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, OptionalDims)> roll{{
    .signature = "roll(Tensor input, int[] shifts, int[]? dims=None)",
    .doc =
        R"(The positions of input shifted along dims; what falls off one end comes in at the other.

shifts: one number, or one per entry of dims; positive ones move towards higher positions. Without
dims (default None) the flattened input is shifted and gets its shape back. Returns the shape and
dtype of input. Raises ValueError when shifts and dims differ in number.

>>> tg.roll(tg.arange(5), 2)
tensor([3, 4, 0, 1, 2])
>>> tg.roll(tg.tensor([[1, 2], [3, 4]]), shifts=1, dims=0)
tensor([[3, 4],
        [1, 2]])
)",
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
          return apart_from(x, y);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), Dims{1}, Dims{1}}, {sample({2, 3}), Dims{2}, Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, std::int64_t)> tril{{
    .signature = "tril(Tensor input, int diagonal=0)",
    .doc = R"(The lower triangle of the last two dims of input, zeros elsewhere.

out[..., i, j] = input[..., i, j] if j - i <= diagonal else 0. input: (..., n, m); its shape and
dtype stay. diagonal: the last one kept; 0 (default) is the main one, 1 the one above it.
What is left out may be NaN. Raises ShapeError for fewer than two dims.

>>> tg.tril(tg.ones(2, 3))
tensor([[1., 0., 0.],
        [1., 1., 0.]])
)",
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
    .doc = R"(The upper triangle of the last two dims of input, zeros elsewhere.

out[..., i, j] = input[..., i, j] if j - i >= diagonal else 0. input: (..., n, m); its shape and
dtype stay. diagonal: the first one kept; 0 (default) is the main one, 1 the one above it.
What is left out may be NaN. Raises ShapeError for fewer than two dims.

>>> tg.triu(tg.ones(2, 3), diagonal=1)
tensor([[0., 1., 1.],
        [0., 0., 1.]])
)",
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
        R"(A vector as the diagonal of a square matrix, or the diagonal of a matrix as a vector.

input: (n,) gives (n + |diagonal|, n + |diagonal|) with zeros elsewhere; (n, m) gives a copy of its
diagonal. diagonal: 0 (default) is the main one, k > 0 lies k columns to the right, k < 0 lies -k
rows below; one outside of the matrix is empty. Raises ShapeError for other numbers of dims.

>>> tg.diag(tg.tensor([1, 2]))
tensor([[1, 0],
        [0, 2]])
>>> tg.diag(tg.tensor([[1, 2, 3], [4, 5, 6]]), diagonal=1)
tensor([2, 6])
)",
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
  return {&flip, &repeat, &tile, &repeat_interleave, &roll, &tril, &triu, &diag};
}

}  // namespace topograd
