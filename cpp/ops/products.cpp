// Products of vectors and matrices beside matmul: cross, inner, kron, vdot, sums of products.

#include "ops/products.h"
#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

void check_rank(const Tensor& x, int rank, std::string_view op, std::string_view name) {
  expect<ShapeError>(x.rank() == rank, "{}: {} must have {} dims, got shape {}", op, name, rank,
                     x.shape());
}
void check_same_dtype(const Tensor& a, const Tensor& b, std::string_view op) {
  expect<DTypeError>(a.dtype() == b.dtype(), "{}: dtypes differ: {} and {}", op, a.dtype(),
                     b.dtype());
}
bool is_number(const Scalar& factor, double number) { return factor.complex() == number; }
/// A fraction can not be a factor of integers.
void check_factor(const Scalar& factor, DType dtype, std::string_view op, std::string_view name) {
  expect<DTypeError>(is_differentiable(dtype) || !(factor.is_real() || factor.is_complex()),
                     "{}: {} must be an integer for {}, got {}", op, name, dtype, factor);
}

/// cross of complex vectors, element by element.
Tensor cross_of_parts(const Tensor& a, const Tensor& b, int dim) {
  const auto turned = [dim](const Tensor& x, index by) { return roll(x, Dims{by}, Dims{dim}); };
  return turned(a, -1) * turned(b, -2) - turned(a, -2) * turned(b, -1);
}

}  // namespace

Tensor complex_dot(const Tensor& a, const Tensor& b, bool conjugate) {
  const Tensor x = dense(a), y = dense(b);
  const Tensor out = Tensor::empty({}, a.dtype());
  kernel_table().complex_dot[real_index(real_of(a.dtype()))](x.address(), y.address(), a.count(),
                                                             conjugate, out.address());
  return out;
}

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addbmm{{
    .signature =
        "addbmm(Tensor input, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)",
    .doc =
        R"(Sum of a tensor and a batch of matrix products: beta * input + alpha * sum of batch1[i] @ batch2[i].

input: broadcasts to (m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (m, n). beta, alpha:
factors (default 1), their fractions cut off for integers; beta = 0 ignores input, NaN included.
Raises ShapeError when the shapes do not fit, DTypeError when the dtypes differ or are bool.

>>> tg.addbmm(tg.zeros(2, 2), tg.ones(5, 2, 3), tg.ones(5, 3, 2), alpha=2)
tensor([[30., 30.],
        [30., 30.]])
)",
    .forward =
        [](const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& beta,
           const Scalar& alpha) {
          check_rank(a, 3, "addbmm", "batch1");
          check_rank(b, 3, "addbmm", "batch2");
          expect<ShapeError>(a.shape()[0] == b.shape()[0] && a.shape()[2] == b.shape()[1],
                             "addbmm: batch1 {} and batch2 {} do not fit", a.shape(), b.shape());
          check_same_dtype(a, b, "addbmm");
          // One product: the sum over the batch is a sum over longer inner dims.
          const index inner = a.shape()[0] * a.shape()[2];
          const Tensor product = matmul(reshape(transpose(a, 0, 1), {a.shape()[1], inner}),
                                        reshape(b, {inner, b.shape()[2]}));
          return weighted_sum(x, product, beta, alpha, "addbmm");
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4}), sample({3, 2, 3}), sample({3, 3, 4}), 0.5, 2},
              {sample({4}), sample({2, 2, 3}), sample({2, 3, 4}), 1, 1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addmv{{
    .signature = "addmv(Tensor input, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1)",
    .doc = R"(Sum of a tensor and a matrix-vector product: beta * input + alpha * (mat @ vec).

input: broadcasts to (m,). mat: (m, k), vec: (k,). Returns (m,). beta, alpha: factors (default 1),
their fractions cut off for integers; beta = 0 ignores input, NaN included. Raises ShapeError when
the shapes do not fit, DTypeError when the dtypes differ or are bool.

>>> tg.addmv(tg.ones(2), tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]), beta=100)
tensor([121., 143.])
)",
    .forward =
        [](const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& beta,
           const Scalar& alpha) {
          check_rank(a, 2, "addmv", "mat");
          check_rank(b, 1, "addmv", "vec");
          expect<ShapeError>(a.shape()[1] == b.shape()[0], "addmv: mat {} and vec {} do not fit",
                             a.shape(), b.shape());
          check_same_dtype(a, b, "addmv");
          return weighted_sum(x, matmul(a, b), beta, alpha, "addmv");
        },
    .traits = is_method | has_in_place_function,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3}), sample({3, 2}), sample({2}), 0.5, 2},
              {sample({}), sample({3, 2}), sample({2}), 1, 1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addr{{
    .signature = "addr(Tensor input, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1)",
    .doc = R"(Sum of a tensor and an outer product: beta * input + alpha * outer(vec1, vec2).

input: broadcasts to (m, n). vec1: (m,), vec2: (n,). Returns (m, n) in the common dtype. beta,
alpha: factors (default 1); beta = 0 ignores input, NaN included. Raises ShapeError when the shapes
do not fit, DTypeError for a floating point factor of integers or bools. (PyTorch drops alpha where
vec1 is bool.)

>>> tg.addr(tg.ones(2, 2), tg.tensor([1.0, 2.0]), tg.tensor([10.0, 20.0]))
tensor([[11., 21.],
        [21., 41.]])
)",
    .forward =
        [](const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& beta,
           const Scalar& alpha) {
          check_rank(a, 1, "addr", "vec1");
          check_rank(b, 1, "addr", "vec2");
          const DType dtype = result_type({&x, &a, &b});
          check_factor(alpha, dtype, "addr", "alpha");
          check_factor(beta, dtype, "addr", "beta");
          if (is_boolean(dtype)) {
            const Tensor product = logical_and(unsqueeze(a, 1), logical_and(b, Tensor(alpha)));
            return is_number(beta, 0) ? product : logical_or(product, x);
          }
          const Tensor scaled = cast(a, dtype);
          const Tensor left = unsqueeze(is_number(alpha, 1) ? scaled : scaled * Tensor(alpha), 1);
          const Dims shape{a.shape()[0], b.shape()[0]};
          if (!is_number(beta, 1) || x.dtype() != dtype)
            return weighted_sum(cast(x, dtype), left * cast(b, dtype), beta, 1, "addr");
          expect<ShapeError>(broadcast_shapes(x.shape(), shape, "addr") == shape,
                             "addr: input {} does not broadcast to the product's shape {}",
                             x.shape(), shape);
          return addcmul(x, left, b, 1);  // one pass
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 2}), sample({3}), sample({2}), 0.5, 2},
              {sample({3, 2}), sample({3}), sample({2}), 1, 1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, OptionalInt)> cross{{
    .signature = "cross(Tensor input, Tensor other, int? dim=None)",
    .doc = R"(Cross product of vectors in space: perpendicular to both, along a dim of size 3.

input, other: as many dims each, which broadcast; one dtype. Returns their common shape. dim: the
dim of the vectors; None (default) for the first one of size 3 in input. Raises ShapeError where
that dim is not 3.

>>> tg.cross(tg.tensor([1.0, 0.0, 0.0]), tg.tensor([0.0, 1.0, 0.0]))
tensor([0., 0., 1.])
)",
    .forward =
        [](const Tensor& a, const Tensor& b, const OptionalInt& dim) {
          expect<ShapeError>(a.rank() == b.rank(),
                             "cross: expects as many dims each, got shapes {} and {}", a.shape(),
                             b.shape());
          check_same_dtype(a, b, "cross");
          expect_numbers(a.dtype(), "cross");
          int along = 0;
          if (dim) {
            along = wrap_dim(*dim, a.rank(), "cross");
          } else {
            while (along < a.rank() && a.shape()[along] != 3) ++along;
            expect<ShapeError>(along < a.rank(), "cross: no dim of size 3 in input of shape {}",
                               a.shape());
          }
          expect<ShapeError>(a.rank() > 0 && a.shape()[along] == 3 && b.shape()[along] == 3,
                             "cross: dim {} must have size 3, got shapes {} and {}", along,
                             a.shape(), b.shape());
          return is_complex(a.dtype()) ? cross_of_parts(a, b, along) : cross_along(a, b, along);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({3}), sample({3}), Arg()},
              {sample({2, 3}), sample({1, 3}), -1},
              {sample({3, 4}), sample({3, 4}), 0},
              {sample({2, 3, 3}), sample({2, 3, 3}), Arg()}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t)> cross_along{{
    .signature = "cross_along(Tensor input, Tensor other, int dim)",
    .doc = R"(cross along a dim of size 3.)",
    .forward =
        [](const Tensor& a, const Tensor& b, std::int64_t dim) {
          const Dims shape = broadcast_shapes(a.shape(), b.shape(), "cross");
          const int along = wrap_dim(dim, shape.size(), "cross");
          expect<ShapeError>(shape.size() > 0 && shape[along] == 3,
                             "cross: dim {} must have size 3, got shapes {} and {}", dim, a.shape(),
                             b.shape());
          const DType type = is_floating(a.dtype()) ? compute_dtype(a.dtype()) : DType::int64;
          const auto wide = [&](const Tensor& x) {
            return dense(converted(x.shape() == shape ? x : expand(x, shape), type));
          };
          const Tensor left = wide(a), right = wide(b);
          const Tensor out = Tensor::empty(shape, type);
          index inner = 1;
          for (int d = along + 1; d < shape.size(); ++d) inner *= shape[d];
          const int compute = is_floating(type) ? real_index(type) : 2;
          if (out.count() > 0)
            kernel_table().cross[compute](left.address(), right.address(), out.address(),
                                          out.count() / (3 * inner), inner);
          return converted(out, a.dtype());
        },
    .derivative =
        Multilinear{
            [](const Call&, const Tensor& g, const Tensor& a, const Tensor& b,
               std::int64_t dim) -> Tensor { return sum_to(cross_along(b, g, dim), a.shape()); },
            [](const Call&, const Tensor& g, const Tensor& a, const Tensor& b,
               std::int64_t dim) -> Tensor { return sum_to(cross_along(g, a, dim), b.shape()); }},
    .saves = saves_inputs | saves_for_others,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({1, 3}), 1}, {sample({3, 4}), sample({3, 1}), 0}};
    },
}};

constinit const Binary inner{{
    .signature = "inner(Tensor input, Tensor other)",
    .doc =
        R"(Inner products along the last dims: out[…, …] = sum over k of input[…, k] * other[…, k].

input: (…, k), other: (…, k) of one dtype. Returns the leading dims of input, then those of other.
A 0-d tensor multiplies the other one. Raises ShapeError when the last sizes differ.

>>> tg.inner(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
tensor([21., 43.])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          if (a.rank() == 0 || b.rank() == 0) return a * b;
          const index width = a.shape().back();
          expect<ShapeError>(width == b.shape().back(),
                             "inner: last sizes differ: input is {}, other is {}", a.shape(),
                             b.shape());
          check_same_dtype(a, b, "inner");
          Dims shape(a.shape().begin(), a.shape().end() - 1);
          const Dims other(b.shape().begin(), b.shape().end() - 1);
          const Tensor rows = reshape(a, {count_of(shape), width});
          const Tensor columns = t(reshape(b, {count_of(other), width}));
          for (const index size : other) shape.push_back(size);
          return reshape(matmul(rows, columns), shape);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({3}), sample({3})},
              {sample({2, 3}), sample({4, 3})},
              {sample({2, 2, 3}), sample({3})},
              {sample({}), sample({2, 3})}};
    },
}};

constinit const Binary kron{{
    .signature = "kron(Tensor input, Tensor other)",
    .doc = R"(Kronecker product: every element of input replaced by its product with all of other.

input, other: any shapes; the one with fewer dims gets sizes 1 in front. Returns the products of
the sizes, in the common dtype.

>>> tg.kron(tg.tensor([[1, 2]]), tg.tensor([[1, 0], [0, 1]]))
tensor([[1, 0, 2, 0],
        [0, 1, 0, 2]])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          const int rank = std::max(a.rank(), b.rank());
          if (rank == 0) return a * b;
          Dims left, right, shape;
          for (int d = 0; d < rank; ++d) {
            const int own = d - (rank - a.rank()), other = d - (rank - b.rank());
            const index m = own < 0 ? 1 : a.shape()[own], n = other < 0 ? 1 : b.shape()[other];
            for (const index size : {m, index{1}}) left.push_back(size);
            for (const index size : {index{1}, n}) right.push_back(size);
            shape.push_back(m * n);
          }
          // Along the last dim both are spread out first, so that the product has long rows.
          const index last = shape.back(), n = right.back();
          const auto spread_out = [&](const Tensor& x, Dims sizes, index outer, index inner) {
            const Tensor narrow = reshape(x, sizes);
            sizes[sizes.size() - 2] = outer;
            sizes[sizes.size() - 1] = inner;
            const Tensor wide = expand(narrow, sizes);
            sizes.erase(sizes.size() - 2);
            sizes[sizes.size() - 1] = last;
            return reshape(wide, sizes);
          };
          const index m = left.at(-2);
          return reshape(spread_out(a, left, m, n) * spread_out(b, right, m, n), shape);
        },
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3, 2})},
              {sample({2}), sample({2, 3})},
              {sample({2, 1, 2}), sample({2})},
              {sample({}), sample({2})}};
    },
}};

constinit const Binary vdot{{
    .signature = "vdot(Tensor input, Tensor other)",
    .doc = R"(Inner product of two vectors, conjugating the first: for real numbers, dot.

input, other: (n,) of one dtype. Returns a 0-d tensor; no elements give 0. Raises ShapeError for
other shapes.

>>> tg.vdot(tg.tensor([1.0, 2.0]), tg.tensor([3.0, 4.0]))
tensor(11.)
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_rank(a, 1, "vdot", "input");
          check_rank(b, 1, "vdot", "other");
          expect<ShapeError>(a.shape() == b.shape(), "vdot: sizes differ: {} and {}", a.shape(),
                             b.shape());
          check_same_dtype(a, b, "vdot");
          return is_complex(a.dtype()) ? complex_dot(a, b, true) : matmul(a, b);
        },
    .derivative = Multilinear{[](const Call&, const Tensor& g, const Tensor&,
                                 const Tensor& b) -> Tensor { return chained(conjugated(g), b); },
                              [](const Call&, const Tensor& g, const Tensor& a,
                                 const Tensor&) -> Tensor { return chained(g, a); }},
    .saves = saves_inputs | saves_for_others,
    .samples = []() -> std::vector<Sample> { return {{sample({3}), sample({3})}}; },
}};

Family products_family() {
  return {&addbmm, &addmv, &addr, &cross, &cross_along, &inner, &kron, &vdot};
}

}  // namespace topograd
