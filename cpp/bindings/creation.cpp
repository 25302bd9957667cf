// tensor(), zeros(), arange(), …: functions that take no tensors with a history. Their arguments go
// through the same parser as those of the ops.

#include <cmath>

#include "bindings/arguments.h"
#include "bindings/factory.h"
#include "bindings/sequences.h"
#include "graph/provenance.h"
#include "ops/draw.h"
#include "tensor/body.h"
#include "topograd/ops.h"

namespace topograd::python {
namespace {

/// Elements of a matrix on or below a diagonal.
index triangle_count(index rows, index columns, index offset, std::string_view what) {
  const auto limit = [&](__int128 value) { return std::clamp<__int128>(value, 0, rows); };
  const __int128 first = limit(-static_cast<__int128>(offset));  // the first row that has some
  const __int128 full = std::max(first, limit(static_cast<__int128>(columns) - offset - 1));
  const __int128 shortest = first + offset + 1, rising = full - first;
  const __int128 count = columns == 0 ? 0
                                      : rising * (2 * shortest + rising - 1) / 2 +
                                            (static_cast<__int128>(rows) - full) * columns;
  expect<ShapeError>(count < __int128{1} << 48, "{}: more than memory can hold", what);
  return static_cast<index>(count);
}

/// Rows and columns of the elements of a triangle, (2, count) int64.
Tensor make_triangle(index rows, index columns, index offset, bool lower, const Options& options) {
  const std::string_view what = lower ? "tril_indices" : "triu_indices";
  expect<ValueError>(rows >= 0 && columns >= 0, "{}: sizes must not be negative, got {}, {}", what,
                     rows, columns);
  expect<ShapeError>(rows < index{1} << 48 && columns < index{1} << 48,
                     "{}: more than memory can hold", what);
  offset = std::clamp(offset, -(index{1} << 49), index{1} << 49);
  // What is above the diagonal of a matrix is below that of its transpose.
  const index count = lower ? triangle_count(rows, columns, offset, what)
                            : triangle_count(columns, rows, -offset, what);
  const Tensor out = Tensor::empty({2, count}, DType::int64);
  auto* row = out.data<std::int64_t>();
  auto* column = row + count;
  const index begin = lower ? std::max<index>(0, -offset) : 0;
  const index end = lower ? rows : std::min(rows, columns - offset);
  for (index i = begin; count > 0 && i < end; ++i) {
    const index from = lower ? 0 : std::max<index>(0, i + offset);
    const index to = lower ? std::min(columns, i + offset + 1) : columns;
    for (index j = from; j < to; ++j) {
      *row++ = i;
      *column++ = j;
    }
  }
  return converted(out, options.dtype.value_or(DType::int64));
}

Tensor make_strided(const Dims& size, const Dims& stride, DType dtype) {
  expect<ShapeError>(size.size() == stride.size() && size.size() <= max_rank,
                     "empty_strided: size {} and stride {} differ in length", size, stride);
  index reach = count_of(size) == 0 ? 0 : 1;
  for (int d = 0; d < size.size(); ++d) {
    expect<ValueError>(stride[d] >= 0, "empty_strided: strides must not be negative, got {}",
                       stride);
    index along;
    expect<ShapeError>(reach == 0 || (!__builtin_mul_overflow(size[d] - 1, stride[d], &along) &&
                                      !__builtin_add_overflow(reach, along, &reach)),
                       "empty_strided: size {} with stride {} is more than memory can hold", size,
                       stride);
  }
  return restrided(Tensor::empty({reach}, dtype), size, stride, 0);
}

Tensor make_permuted(const Dims& size, const Dims& layout, DType dtype) {
  expect<ValueError>(layout.size() == size.size() && size.size() <= max_rank,
                     "empty_permuted: size {} and physical_layout {} differ in length", size,
                     layout);
  Dims strides = Dims::filled(size.size(), -1);
  index step = 1;
  count_of(size);
  for (int i = layout.size() - 1; i >= 0; --i) {
    expect<IndexError>(layout[i] >= 0 && layout[i] < size.size(),
                       "empty_permuted: dim {} of physical_layout {} is out of range", layout[i],
                       layout);
    const int d = static_cast<int>(layout[i]);
    expect<ValueError>(strides[d] < 0, "empty_permuted: dim {} appears twice in {}", d, layout);
    strides[d] = step;
    step *= std::max<index>(size[d], 1);
  }
  return restrided(Tensor::empty(size, dtype), size, strides, 0);
}

Tensor make_eye(index rows, index columns, DType dtype) {
  expect<ValueError>(rows >= 0 && columns >= 0, "sizes must not be negative, got {}, {}", rows,
                     columns);
  const Tensor out = Tensor::zeros({rows, columns}, dtype);
  const index length = std::min(rows, columns);
  copy_elements(Tensor::ones({length}, dtype), restrided(out, {length}, {columns + 1}, 0));
  return out;
}

void expect_shape(const Dims& size) {
  expect<ShapeError>(size.size() <= max_rank, "more than {} dims", max_rank);
}
void expect_fractions(const Options& options, std::string_view what) {
  expect<TypeError>(is_differentiable(or_default(options)),
                    "expects a floating point or complex dtype for {}, got {}", what,
                    or_default(options));
}

}  // namespace

void register_creation(py::module_& m) {
  define_factory(
      m, R"(A new tensor with a copy of data: a number, nested sequences, an array, a tensor.

The dtype is that of the data: float32 (the default dtype) for Python floats, int64 for ints, bool for
bools; arrays and tensors keep theirs. Raises ValueError where lists differ in length.

>>> tg.tensor([[1, 2], [3, 4.5]])
tensor([[1.0000, 2.0000],
        [3.0000, 4.5000]]))",
      {Form("tensor(any data, *", [](const Options& options, const Object&) {
        return tensor_from(options.first, options.dtype);
      })});
  define_factory(m, R"(A new tensor of zeros.

size: ints, or one list of them. dtype: the default dtype.

>>> tg.zeros(2, 3)
tensor([[0., 0., 0.],
        [0., 0., 0.]]))",
                 {Form("zeros(int... size, *", [](const Options& options, const Dims& size) {
                   expect_shape(size);
                   return Tensor::zeros(size, or_default(options));
                 })});
  define_factory(
      m, R"(A new tensor of zeros, with the shape of input and its dtype if none is given.

>>> tg.zeros_like(tg.tensor([1, 2]))
tensor([0, 0]))",
      {Form("zeros_like(Tensor input, *", [](const Options& options, const Tensor& input) {
        return Tensor::zeros(input.shape(), options.dtype.value_or(input.dtype()));
      })});
  define_factory(m, R"(A new tensor of ones.

size: ints, or one list of them. dtype: the default dtype.

>>> tg.ones((2,), dtype=tg.int64)
tensor([1, 1]))",
                 {Form("ones(int... size, *", [](const Options& options, const Dims& size) {
                   expect_shape(size);
                   return Tensor::ones(size, or_default(options));
                 })});
  define_factory(
      m, R"(A new tensor of ones, with the shape of input and its dtype if none is given.

>>> tg.ones_like(tg.tensor([0.5, 2.0]))
tensor([1., 1.]))",
      {Form("ones_like(Tensor input, *", [](const Options& options, const Tensor& input) {
        return Tensor::ones(input.shape(), options.dtype.value_or(input.dtype()));
      })});
  define_factory(m, R"(A new tensor of elements that are not set: whatever was in the memory.

size: ints, or one list of them. dtype: the default dtype.

>>> tg.empty(2, 3).shape
topograd.Size([2, 3]))",
                 {Form("empty(int... size, *", [](const Options& options, const Dims& size) {
                   expect_shape(size);
                   return Tensor::empty(size, or_default(options));
                 })});
  define_factory(
      m,
      R"(A new tensor of elements that are not set: whatever was in the memory, with the shape of input and its dtype if none is given.

>>> tg.empty_like(tg.zeros(4)).shape
topograd.Size([4]))",
      {Form("empty_like(Tensor input, *", [](const Options& options, const Tensor& input) {
        return Tensor::empty(input.shape(), options.dtype.value_or(input.dtype()));
      })});
  define_factory(m, R"(Uniform random numbers in [0, 1).

size: ints, or one list of them. generator: a Generator, by default the one that manual_seed sets. The
numbers are the same for any number of threads and any instruction set. Raises TypeError for a dtype
that is neither floating point nor complex, of which both parts are drawn.

>>> tg.rand(2, 3).shape
topograd.Size([2, 3]))",
                 {Form("rand(int... size, *, object? generator=None",
                       [](const Options& options, const Dims& size, const Object& generator) {
                         expect_shape(size);
                         expect_fractions(options, "random numbers");
                         return draw_uniform(size, or_default(options),
                                             generator_or_global(generator));
                       })});
  define_factory(
      m,
      R"(Uniform random numbers in [0, 1), with the shape of input and its dtype if none is given.

generator: a Generator, by default the one that manual_seed sets.

>>> tg.rand_like(tg.zeros(4)).shape
topograd.Size([4]))",
      {Form("rand_like(Tensor input, *, object? generator=None",
            [](Options options, const Tensor& input, const Object& generator) {
              if (!options.dtype) options.dtype = input.dtype();
              expect_fractions(options, "random numbers");
              return draw_uniform(input.shape(), *options.dtype, generator_or_global(generator));
            })});
  define_factory(m, R"(Random numbers of the standard normal distribution.

size: ints, or one list of them. generator: a Generator, by default the one that manual_seed sets. The
numbers are the same for any number of threads and any instruction set. Raises TypeError for a dtype
that is not floating point.

>>> tg.randn(2, 3).shape
topograd.Size([2, 3]))",
                 {Form("randn(int... size, *, object? generator=None",
                       [](const Options& options, const Dims& size, const Object& generator) {
                         expect_shape(size);
                         expect_fractions(options, "random numbers");
                         return draw_normal(size, or_default(options),
                                            generator_or_global(generator));
                       })});
  define_factory(
      m,
      R"(Random numbers of the standard normal distribution, with the shape of input and its dtype if none is given.

generator: a Generator, by default the one that manual_seed sets.

>>> tg.randn_like(tg.zeros(4)).shape
topograd.Size([4]))",
      {Form("randn_like(Tensor input, *, object? generator=None",
            [](Options options, const Tensor& input, const Object& generator) {
              if (!options.dtype) options.dtype = input.dtype();
              expect_fractions(options, "random numbers");
              return draw_normal(input.shape(), *options.dtype, generator_or_global(generator));
            })});
  define_factory(m, R"(A new tensor of the given size, every element fill_value.

The dtype is by default that of fill_value: the default dtype for a float, int64, bool.

>>> tg.full((2, 2), 7)
tensor([[7, 7],
        [7, 7]]))",
                 {Form("full(int[] size, Scalar fill_value, *",
                       [](const Options& options, const Dims& size, Scalar value) {
                         expect_shape(size);
                         const DType own = value.is_real()      ? default_dtype()
                                           : value.is_complex() ? complex_of(default_dtype())
                                                                : value.kind();
                         return Tensor::full(size, value, options.dtype.value_or(own));
                       })});
  define_factory(
      m, R"(A new tensor of fill_value, with the shape of input and its dtype if none is given.

>>> tg.full_like(tg.zeros(3), 2)
tensor([2., 2., 2.]))",
      {Form("full_like(Tensor input, Scalar fill_value, *",
            [](const Options& options, const Tensor& input, Scalar value) {
              return Tensor::full(input.shape(), value, options.dtype.value_or(input.dtype()));
            })});
  define_factory(
      m, R"(start, start + step, … before end.

start: 0 by default. step: 1 by default, may be negative. The dtype is int64 if all three are ints,
else the default dtype. ceil((end - start) / step) elements. Raises ValueError where step is 0 or
leads away from end.

>>> tg.arange(5)
tensor([0, 1, 2, 3, 4])
>>> tg.arange(1, 2, 0.25)
tensor([1.0000, 1.2500, 1.5000, 1.7500]))",
      {Form("arange(Scalar end, *",
            [](const Options& options, Scalar end) { return make_arange(0, end, 1, options); }),
       Form("arange(Scalar start, Scalar end, Scalar step=1, *",
            [](const Options& options, Scalar start, Scalar end, Scalar step) {
              return make_arange(start, end, step, options);
            })});
  define_factory(m, R"(`steps` numbers at equal distances from start to end, both included.

Raises ValueError for a negative number of steps.

>>> tg.linspace(0, 1, 5)
tensor([0.0000, 0.2500, 0.5000, 0.7500, 1.0000])
>>> tg.linspace(0, 1 + 2j, 3)
tensor([0.0000+0.j, 0.5000+1.j, 1.0000+2.j]))",
                 {Form("linspace(Scalar start, Scalar end, int steps, *",
                       [](const Options& options, Scalar start, Scalar end, std::int64_t steps) {
                         return make_linspace(start, end, steps, options);
                       })});
  define_factory(
      m,
      R"(`steps` numbers from base**start to base**end, both included, each the same factor apart.

base: default 10. Raises ValueError for a negative number of steps.

>>> tg.logspace(0, 2, 3)
tensor([  1.,  10., 100.]))",
      {Form("logspace(Scalar start, Scalar end, int steps, float base=10.0, *",
            [](const Options& options, Scalar start, Scalar end, std::int64_t steps, double base) {
              return make_logspace(start, end, steps, base, options);
            })});
  define_factory(m, R"(A 0-d tensor of a number, of the default dtype if none is given.

>>> tg.scalar_tensor(3)
tensor(3.))",
                 {Form("scalar_tensor(Scalar s, *", [](const Options& options, Scalar value) {
                   return Tensor::full({}, value, or_default(options));
                 })});
  define_factory(
      m, R"(Rows and columns of the elements of a (row, col) matrix on and below a diagonal.

offset: the last diagonal that counts; 0 (default) is the main one, 1 the one above it. Returns
(2, count), in row-major order of the elements; dtype: int64 by default.

>>> tg.tril_indices(2, 3)
tensor([[0, 1, 1],
        [0, 0, 1]]))",
      {Form("tril_indices(int row, int col, int offset=0, *",
            [](const Options& options, std::int64_t row, std::int64_t col, std::int64_t offset) {
              return make_triangle(row, col, offset, true, options);
            })});
  define_factory(
      m, R"(Rows and columns of the elements of a (row, col) matrix on and above a diagonal.

offset: the first diagonal that counts; 0 (default) is the main one, 1 the one above it. Returns
(2, count), in row-major order of the elements; dtype: int64 by default.

>>> tg.triu_indices(2, 3)
tensor([[0, 0, 0, 1, 1],
        [0, 1, 2, 1, 2]]))",
      {Form("triu_indices(int row, int col, int offset=0, *",
            [](const Options& options, std::int64_t row, std::int64_t col, std::int64_t offset) {
              return make_triangle(row, col, offset, false, options);
            })});
  define_factory(m, R"(A new tensor of elements that are not set, with the given strides.

stride: one entry per dim, in elements, not negative. dtype: the default dtype.

>>> tg.empty_strided((2, 3), (1, 2)).stride()
(1, 2))",
                 {Form("empty_strided(int[] size, int[] stride, *",
                       [](const Options& options, const Dims& size, const Dims& stride) {
                         return make_strided(size, stride, or_default(options));
                       })});
  define_factory(
      m,
      R"(A new tensor of elements that are not set, dense, with its dims in another order in memory.

physical_layout: the dims from the one with the longest steps to the one with the shortest.

>>> tg.empty_permuted((2, 3, 5), (0, 2, 1)).stride()
(15, 1, 3))",
      {Form("empty_permuted(int[] size, int[] physical_layout, *",
            [](const Options& options, const Dims& size, const Dims& layout) {
              return make_permuted(size, layout, or_default(options));
            })});
  define_factory(m, R"(Ones on the diagonal, zeros elsewhere: (n, m), where m is n by default.

>>> tg.eye(2, 3)
tensor([[1., 0., 0.],
        [0., 1., 0.]]))",
                 {Form("eye(int n, int? m=None, *",
                       [](const Options& options, std::int64_t n, std::optional<std::int64_t> m) {
                         return make_eye(n, m.value_or(n), or_default(options));
                       })});
  define_factory(m, R"(Random integers in [low, high), all equally likely.

low: 0 by default. dtype: int64 by default. generator: a Generator, by default the one that manual_seed
sets. Raises ValueError unless low < high.

>>> tg.randint(10, (3,)).shape
topograd.Size([3]))",
                 {Form("randint(int high, int[] size, *, object? generator=None",
                       [](const Options& options, std::int64_t high, const Dims& size,
                          const Object& generator) {
                         return draw_integers(size, 0, high, options.dtype.value_or(DType::int64),
                                              generator_or_global(generator));
                       }),
                  Form("randint(int low, int high, int[] size, *, object? generator=None",
                       [](const Options& options, std::int64_t low, std::int64_t high,
                          const Dims& size, const Object& generator) {
                         return draw_integers(size, low, high, options.dtype.value_or(DType::int64),
                                              generator_or_global(generator));
                       })});
  define_factory(
      m, R"(Random integers in [low, high), with the shape of input and its dtype if none is given.

low: 0 by default.

>>> tg.randint_like(tg.zeros(3), 10).shape
topograd.Size([3]))",
      {Form("randint_like(Tensor input, int high, *",
            [](const Options& options, const Tensor& input, std::int64_t high) {
              return draw_integers(input.shape(), 0, high, options.dtype.value_or(input.dtype()),
                                   Generator::global());
            }),
       Form("randint_like(Tensor input, int low, int high, *",
            [](const Options& options, const Tensor& input, std::int64_t low, std::int64_t high) {
              return draw_integers(input.shape(), low, high, options.dtype.value_or(input.dtype()),
                                   Generator::global());
            })});
  define_factory(m, R"(A random order of 0 … n - 1, all orders equally likely.

dtype: int64 by default. generator: a Generator, by default the one that manual_seed sets.

>>> sorted(tg.randperm(4).tolist())
[0, 1, 2, 3])",
                 {Form("randperm(int n, *, object? generator=None",
                       [](const Options& options, std::int64_t n, const Object& generator) {
                         return draw_permutation(n, options.dtype.value_or(DType::int64),
                                                 generator_or_global(generator));
                       })});
}

}  // namespace topograd::python
