// The matrix product in all its shapes.

#include "ops/family.h"
#include "ops/products.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// A batch of matrices as the kernel wants it: one stride from matrix to matrix.
struct Matrices {
  Tensor x;
  index batch_stride = 0;
};

/// x (…, rows, columns) broadcast to the batch dims; copied only where the batch has no single
/// stride.
Matrices batched(const Tensor& x, const Dims& batch_shape) {
  if (x.rank() == 2) return {x, 0};
  const int added = batch_shape.size() - (x.rank() - 2);
  index expected = -1, stride = 0;
  bool single = true;
  for (int d = batch_shape.size() - 1; d >= 0 && single; --d) {
    if (batch_shape[d] == 1) continue;
    const bool here = d >= added && x.shape()[d - added] != 1;
    const index own = here ? x.strides()[d - added] : 0;
    if (expected < 0)
      stride = own;
    else
      single = own == expected;
    expected = own * batch_shape[d];
  }
  if (single) return {x, stride};
  Dims wide = batch_shape;
  wide.push_back(x.shape().at(-2));
  wide.push_back(x.shape().at(-1));
  const Tensor copy = dense_copy(expand(x, wide));
  return {copy, wide.at(-1) * wide.at(-2)};
}

Dims front(const Dims& shape, int dropped) { return Dims(shape.begin(), shape.end() - dropped); }

Tensor multiply_complex(const Tensor& a, const Tensor& b, const Tensor& bias);

/// a (…, m, k) times b (…, k, n), with a bias (n), or for one product (m, n), added.
Tensor multiply(const Tensor& a, const Tensor& b, const Tensor& bias = {}) {
  Dims shape = broadcast_shapes(front(a.shape(), 2), front(b.shape(), 2), "matmul");
  // One matrix for the whole batch: the rows of all of them are one tall matrix.
  if (b.rank() == 2 && a.rank() > 2) {
    const Tensor tall = dense(a);
    shape.push_back(a.shape().at(-2));
    shape.push_back(b.shape()[1]);
    const index rows = count_of(front(a.shape(), 1));
    const Tensor c = multiply(
        restrided(tall, {rows, a.shape().back()}, {a.shape().back(), 1}, tall.body()->offset), b,
        bias);
    return restrided(c, shape, contiguous_strides(shape), 0);
  }
  if (is_complex(a.dtype())) return multiply_complex(a, b, bias);
  const Matrices left = batched(a, shape);
  const Matrices right = batched(b, shape);
  kernels::Gemm call;
  call.batch = count_of(shape);
  call.m = a.shape().at(-2);
  call.k = a.shape().at(-1);
  call.n = b.shape().at(-1);
  shape.push_back(call.m);
  shape.push_back(call.n);
  Tensor c = Tensor::empty(shape, a.dtype());
  if (c.count() == 0) return c;
  call.a = left.x.address();
  call.a_batch = left.batch_stride;
  call.a_row = left.x.strides().at(-2);
  call.a_col = left.x.strides().at(-1);
  call.b = right.x.address();
  call.b_batch = right.batch_stride;
  call.b_row = right.x.strides().at(-2);
  call.b_col = right.x.strides().at(-1);
  call.c = c.address();
  call.c_batch = call.m * call.n;
  call.c_row = call.n;
  const Tensor dense_bias = bias.defined() ? dense(bias) : bias;
  call.bias = bias.defined() ? dense_bias.address() : nullptr;
  call.bias_row = bias.defined() && bias.rank() == 2 ? call.n : 0;
  const auto kernel = kernel_table().gemm[static_cast<int>(a.dtype())];
  expect<NotSupported>(kernel != nullptr, "matmul: does not exist for dtype {}", a.dtype());
  kernel(call);
  return c;
}

/// Complex numbers in rows as real ones, twice as many; the elements of a row must be neighbours.
Tensor rows_of_parts(const Tensor& x) {
  Dims shape = x.shape(), strides = x.strides();
  shape[x.rank() - 1] *= 2;
  for (int d = 0; d + 1 < x.rank(); ++d) strides[d] *= 2;
  strides[x.rank() - 1] = 1;
  const Tensor pairs = real_view(x);
  return restrided(pairs, shape, strides, pairs.body()->offset);
}

/// One real product: a row (re, im, …) of a times, for each row of b, that row and i times it.
Tensor multiply_complex(const Tensor& a, const Tensor& b, const Tensor& bias) {
  Dims shape = front(b.shape(), 1);
  shape.push_back(2);
  shape.push_back(b.shape().back());
  const Tensor rows = Tensor::empty(shape, b.dtype());
  copy_elements(b, select(rows, index{-2}, index{0}));
  const Tensor turned = select(rows, index{-2}, index{1});
  pointwise<"turned">({&turned}, b.dtype(), b.dtype(), nullptr, b);
  shape.erase(shape.size() - 2);
  shape[shape.size() - 2] *= 2;
  const Tensor right = restrided(rows, shape, contiguous_strides(shape), 0);
  const Tensor left = a.strides().back() == 1 || a.shape().back() <= 1 ? a : dense_copy(a);
  const Tensor parts = multiply(rows_of_parts(left), rows_of_parts(right),
                                bias.defined() ? rows_of_parts(dense(bias)) : bias);
  Dims result = parts.shape();
  const index columns = b.shape().back();
  result[result.size() - 1] = columns;
  result.push_back(2);
  return complex_view(restrided(parts, result, contiguous_strides(result), 0));
}

/// Vectors take part as one-row and one-column matrices.
Tensor as_row(const Tensor& a) { return a.rank() == 1 ? unsqueeze(a, 0) : a; }
Tensor as_column(const Tensor& b) { return b.rank() == 1 ? unsqueeze(b, 1) : b; }

void check_product(const Tensor& a, const Tensor& b, std::string_view op) {
  expect<ShapeError>(a.rank() > 0 && b.rank() > 0,
                     "{}: expects tensors with at least one dim, got shapes {} and {}", op,
                     a.shape(), b.shape());
  expect<NotSupported>(a.dtype() == b.dtype(), "{}: dtypes differ: a is {}, b is {}", op, a.dtype(),
                       b.dtype());
  const index k = a.shape().back();
  const index rows = b.rank() == 1 ? b.shape()[0] : b.shape().at(-2);
  expect<ShapeError>(k == rows, "{}: inner sizes differ: a is {}, b is {}", op, a.shape(),
                     b.shape());
}

void check_ranks(const Tensor& a, int a_rank, const Tensor& b, int b_rank, std::string_view op) {
  expect<ShapeError>(a.rank() == a_rank && b.rank() == b_rank,
                     "{}: expects a {}-d and a {}-d tensor, got shapes {} and {}", op, a_rank,
                     b_rank, a.shape(), b.shape());
}

/// g of a matmul with the dims that vectors gave up.
Tensor full_gradient(const Tensor& g, const Tensor& a, const Tensor& b) {
  Tensor full = g;
  if (b.rank() == 1) full = unsqueeze(full, -1);
  if (a.rank() == 1) full = unsqueeze(full, -2);
  return full;
}

Tensor fold_rows(const Tensor& x) {
  return reshape(x, Dims{count_of(front(x.shape(), 1)), x.shape().back()});
}

// Where a gradient has one product per element and no sum, an exact 0 of g wins over what it meets.
Tensor left_gradient(const Tensor& g, const Tensor& a, const Tensor& b) {
  if (b.rank() == 1) return chained(a.rank() == 1 ? g : unsqueeze(g, -1), conjugated(b));
  const Tensor row = as_row(a);
  const Tensor gradient =
      matmul(full_gradient(g, a, b), matrix_transpose(conjugated(as_column(b))));
  return reshape(sum_to(gradient, row.shape()), a.shape());
}

Tensor right_gradient(const Tensor& g, const Tensor& a, const Tensor& b) {
  if (a.rank() == 1) {
    const Tensor factor = conjugated(a);
    return b.rank() == 1 ? chained(g, factor) : chained(unsqueeze(g, -2), unsqueeze(factor, -1));
  }
  const Tensor column = as_column(b);
  const Tensor full = full_gradient(g, a, b);
  const Tensor row = conjugated(as_row(a));
  if (column.rank() == 2 && row.rank() > 2)
    return reshape(matmul(matrix_transpose(fold_rows(row)), fold_rows(full)), b.shape());
  return reshape(sum_to(matmul(matrix_transpose(row), full), column.shape()), b.shape());
}

Tensor check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  expect<ShapeError>(weight.rank() == 2 || weight.rank() == 1,
                     "linear: weight must be (out, in) or (in,), got {}", weight.shape());
  expect<ShapeError>(x.rank() > 0 && x.shape().back() == weight.shape().back(),
                     "linear: input {} does not fit weight {}: the last size must be {}", x.shape(),
                     weight.shape(), weight.shape().back());
  expect<NotSupported>(
      x.dtype() == weight.dtype() && (!bias.defined() || bias.dtype() == x.dtype()),
      "linear: dtypes differ: input is {}, weight is {}{}{}", x.dtype(), weight.dtype(),
      bias.defined() ? ", bias is " : "", bias.defined() ? name_of(bias.dtype()) : "");
  return weight;
}

/// Whether the kernel can add a bias to every row of the product, or to its elements.
bool fits_product(const Tensor& bias, index rows, index columns) {
  return bias.shape() == Dims{columns} ||
         (rows > 1 && columns > 1 && bias.shape() == Dims{rows, columns});
}

}  // namespace

constinit const Binary matmul{{
    .signature = "matmul(Tensor input, Tensor other)",
    .doc = R"(Matrix product: c[…, i, j] = sum over k of input[…, i, k] * other[…, k, j].

input: (…, m, k), other: (…, k, n); leading dims broadcast. Returns (…, m, n). A
vector takes part as a row on the left, as a column on the right, and that dim is
dropped: two vectors give their inner product, a 0-d tensor. k = 0 gives zeros. Raises
ShapeError when the sizes of k differ or a tensor is 0-d, RuntimeError when the dtypes
differ or are bool.

>>> a = tg.tensor([[1.0, 2.0], [3.0, 4.0]])
>>> tg.matmul(a, tg.tensor([[0.0, 1.0], [1.0, 0.0]]))
tensor([[2., 1.],
        [4., 3.]])
>>> a @ tg.tensor([1.0, 1.0])
tensor([3., 7.])
>>> (tg.ones(5, 1, 2, 3) @ tg.ones(4, 3, 2)).shape
topograd.Size([5, 4, 2, 2])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_product(a, b, "matmul");
          if (a.rank() >= 2 && b.rank() >= 2) return multiply(a, b);
          if (a.rank() == 1 && b.rank() == 1 && is_complex(a.dtype()))
            return complex_dot(a, b, false);
          Tensor c = multiply(as_row(a), as_column(b));
          Dims shape = c.shape();
          if (a.rank() == 1) shape.erase(shape.size() - 2);
          if (b.rank() == 1) shape.erase(shape.size() - 1);
          return restrided(c, shape, contiguous_strides(shape), 0);
        },
    .derivative = Multilinear{[](const Call&, const Tensor& g, const Tensor& a,
                                 const Tensor& b) -> Tensor { return left_gradient(g, a, b); },
                              [](const Call&, const Tensor& g, const Tensor& a,
                                 const Tensor& b) -> Tensor { return right_gradient(g, a, b); }},
    .saves = saves_inputs | saves_for_others,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({3, 4})},       {sample({3}), sample({3})},
              {sample({2, 3}), sample({3})},          {sample({3}), sample({3, 2})},
              {sample({2, 2, 3}), sample({3, 4})},    {sample({2, 1, 2, 3}), sample({3, 3, 2})},
              {sample({2, 2, 3}), sample({2, 3, 2})}, {sample({2, 2, 3}), sample({3})}};
    },
}};

constinit const Binary mm{{
    .signature = "mm(Tensor input, Tensor mat2)",
    .doc = R"(Product of two matrices.

input: (m, k), mat2: (k, n). Returns (m, n). Does not broadcast: matmul does. Raises
ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.

>>> tg.mm(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([[1.0], [10.0]]))
tensor([[21.],
        [43.]])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_ranks(a, 2, b, 2, "mm");
          check_product(a, b, "mm");
          return matmul(a, b);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3, 4})}}; },
}};

constinit const Binary bmm{{
    .signature = "bmm(Tensor input, Tensor mat2)",
    .doc = R"(Products of a batch of matrices.

input: (b, m, k), mat2: (b, k, n). Returns (b, m, n). Does not broadcast: matmul does.
Raises ShapeError for other shapes, RuntimeError when the dtypes differ or are bool.

>>> tg.bmm(tg.ones(5, 2, 3), tg.ones(5, 3, 4)).shape
topograd.Size([5, 2, 4])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_ranks(a, 3, b, 3, "bmm");
          expect<ShapeError>(a.shape()[0] == b.shape()[0],
                             "bmm: batch sizes differ: a is {}, b is {}", a.shape(), b.shape());
          check_product(a, b, "bmm");
          return matmul(a, b);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 2, 3}), sample({2, 3, 4})}}; },
}};

constinit const Binary mv{{
    .signature = "mv(Tensor input, Tensor vec)",
    .doc = R"(Product of a matrix and a vector.

input: (m, k), vec: (k,). Returns (m,). Raises ShapeError for other shapes,
RuntimeError when the dtypes differ or are bool.

>>> tg.mv(tg.tensor([[1.0, 2.0], [3.0, 4.0]]), tg.tensor([1.0, 10.0]))
tensor([21., 43.])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_ranks(a, 2, b, 1, "mv");
          check_product(a, b, "mv");
          return matmul(a, b);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3})}}; },
}};

constinit const Binary dot{{
    .signature = "dot(Tensor input, Tensor tensor)",
    .doc = R"(Inner product of two vectors: sum of input[i] * tensor[i].

input, tensor: (n,). Returns a 0-d tensor; no elements give 0. Raises ShapeError for
other shapes, RuntimeError when the dtypes differ or are bool.

>>> tg.dot(tg.tensor([1.0, 2.0, 3.0]), tg.tensor([4.0, 5.0, 6.0]))
tensor(32.)
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_ranks(a, 1, b, 1, "dot");
          check_product(a, b, "dot");
          return matmul(a, b);
        },
    .samples = []() -> std::vector<Sample> { return {{sample({3}), sample({3})}}; },
}};

constinit const Binary outer{{
    .signature = "outer(Tensor input, Tensor vec2)",
    .doc = R"(Outer product of two vectors: c[i, j] = input[i] * vec2[j].

input: (m,), vec2: (n,). Returns (m, n) in the common dtype. Raises ShapeError for
other shapes.

>>> tg.outer(tg.tensor([1, 2, 3]), tg.tensor([10, 20]))
tensor([[10, 20],
        [20, 40],
        [30, 60]])
)",
    .forward =
        [](const Tensor& a, const Tensor& b) {
          check_ranks(a, 1, b, 1, "outer");
          return unsqueeze(a, 1) * b;
        },
    .samples = []() -> std::vector<Sample> { return {{sample({3}), sample({2})}}; },
}};

Tensor weighted_sum(const Tensor& input, const Tensor& product, const Scalar& beta,
                    const Scalar& alpha, std::string_view op) {
  expect<ShapeError>(broadcast_shapes(input.shape(), product.shape(), op) == product.shape(),
                     "{}: input of shape {} does not broadcast to the product of shape {}", op,
                     input.shape(), product.shape());
  expect<DTypeError>(input.dtype() == product.dtype() || input.body()->wrapped_number,
                     "{}: dtypes differ: input is {}, the product {}", op, input.dtype(),
                     product.dtype());
  const bool whole = !is_differentiable(product.dtype());
  const auto factor = [&](const Scalar& given) {
    return Tensor(whole ? Scalar(static_cast<index>(given.real())) : given);
  };
  const Tensor scaled = alpha.complex() == 1.0 ? product : product * factor(alpha);
  if (beta.complex() == 0.0) return scaled;
  return add(scaled, beta.complex() == 1.0 ? input : input * factor(beta), 1);
}

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addmm{{
    .signature = "addmm(Tensor input, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1)",
    .doc = R"(Sum of a tensor and a matrix product: beta * input + alpha * (mat1 @ mat2).

input: broadcasts to (m, n). mat1: (m, k), mat2: (k, n). Returns (m, n). beta, alpha:
factors (default 1), their fractions cut off for integers; beta = 0 ignores input, NaN
included. Raises ShapeError when the shapes do not fit, RuntimeError when dtypes differ
or are bool.

>>> bias = tg.tensor([100.0, 200.0])
>>> tg.addmm(bias, tg.eye(2), tg.tensor([[1.0, 2.0], [3.0, 4.0]]))
tensor([[101., 202.],
        [103., 204.]])
>>> tg.addmm(bias, tg.eye(2), tg.eye(2), beta=0, alpha=3)
tensor([[3., 0.],
        [0., 3.]])
)",
    .forward =
        [](const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& beta,
           const Scalar& alpha) {
          check_ranks(a, 2, b, 2, "addmm");
          check_product(a, b, "addmm");
          if (is_floating(a.dtype()) && x.dtype() == a.dtype() && alpha.complex() == 1.0 &&
              beta.complex() == 1.0 && fits_product(x, a.shape()[0], b.shape()[1]))
            return linear_bias(a, t(b), x);
          return weighted_sum(x, matmul(a, b), beta, alpha, "addmm");
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4}), sample({2, 3}), sample({3, 4}), 0.5, 2},
              {sample({2, 4}), sample({2, 3}), sample({3, 4}), 1, 1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> baddbmm{{
    .signature =
        "baddbmm(Tensor input, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1)",
    .doc = R"(Sum of a tensor and matrix products: beta * input + alpha * bmm(batch1, batch2).

input: broadcasts to (b, m, n). batch1: (b, m, k), batch2: (b, k, n). Returns (b, m,
n). beta, alpha: factors (default 1), their fractions cut off for integers; beta = 0
ignores input, NaN included. Raises ShapeError when the shapes do not fit, RuntimeError
when dtypes differ or are bool.

>>> tg.baddbmm(tg.ones(1), tg.ones(2, 1, 3), tg.ones(2, 3, 1), beta=10).flatten()
tensor([13., 13.])
)",
    .forward =
        [](const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& beta,
           const Scalar& alpha) {
          check_ranks(a, 3, b, 3, "baddbmm");
          return weighted_sum(x, bmm(a, b), beta, alpha, "baddbmm");
        },
    .traits = is_method | has_in_place,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 4}), sample({2, 2, 3}), sample({2, 3, 4}), 0.5, 2}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> linear{{
    .signature = "linear(Tensor input, Tensor weight, Tensor? bias=None)",
    .doc = R"(Affine map of the last dim: y = input @ weight.T + bias.

input: (…, in), weight: (out, in), bias: (out,) or None (default) for no bias. Returns
(…, out). A weight (in,) drops the last dim. Raises ShapeError when the sizes do not
fit, RuntimeError when the dtypes differ or are bool.

>>> weight = tg.tensor([[1.0, 2.0], [0.0, -1.0], [3.0, 0.0]])
>>> F.linear(tg.tensor([[1.0, 1.0]]), weight, bias=tg.tensor([0.0, 0.0, 10.0]))
tensor([[ 3., -1., 13.]])
)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias) {
          if (weight.rank() != 2 || x.rank() < 2 || !bias.defined() || bias.rank() != 1 ||
              bias.shape()[0] != weight.shape()[0]) {
            check_linear(x, weight, bias);
            const Tensor y = matmul(x, weight.rank() == 2 ? t(weight) : weight);
            return bias.defined() ? y + bias : y;
          }
          return linear_bias(x, weight, bias);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({4, 3}), sample({4})},
              {sample({2, 2, 3}), sample({4, 3}), Arg()},
              {sample({3}), sample({4, 3}), sample({4})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor)> linear_bias{{
    .signature = "linear_bias(Tensor input, Tensor weight, Tensor bias)",
    .doc = R"(linear with a bias, in one pass; of a matrix the bias may be one as well.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias) {
          check_linear(x, weight, bias);
          expect<ShapeError>(
              x.rank() >= 2 && weight.rank() == 2 &&
                  fits_product(bias, x.rank() == 2 ? x.shape()[0] : 0, weight.shape()[0]),
              "linear: input {}, weight {} and bias {} do not fit", x.shape(), weight.shape(),
              bias.shape());
          return multiply(x, transpose(weight, 0, 1), bias);
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor&, const Tensor& weight,
                           const Tensor&) -> Tensor { return matmul(g, conjugated(weight)); },
                        [](const Call&, const Tensor& g, const Tensor& x, const Tensor&,
                           const Tensor&) -> Tensor {
                          return matmul(t(fold_rows(g)), conjugated(fold_rows(x)));
                        },
                        [](const Call&, const Tensor& g, const Tensor&, const Tensor&,
                           const Tensor& bias) -> Tensor { return sum_to(g, bias.shape()); }},
                .jvp = {[](const Call&, const Tensors& d, const Tensor& x, const Tensor& weight,
                           const Tensor& bias) -> Tensor {
                  Tensor out;
                  const auto include = [&](const Tensor& part) {
                    out = out.defined() ? out + part : part;
                  };
                  if (d[0].defined()) include(matmul(d[0], t(weight)));
                  if (d[1].defined()) include(matmul(x, t(d[1])));
                  if (d[2].defined()) {
                    Dims shape = x.shape();
                    shape[shape.size() - 1] = bias.shape().back();
                    include(expand(d[2], shape));
                  }
                  return out;
                }}},
    .saves = saves_in0 | saves_in1,
    .reads = {saves_in1, saves_in0, saves_nothing},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({4, 3}), sample({4})},
              {sample({2, 2, 3}), sample({4, 3}), sample({4})},
              {sample({2, 3}), sample({4, 3}), sample({2, 4})}};
    },
}};

Family matmul_family() {
  return {&matmul, &mm, &bmm, &mv, &dot, &outer, &addmm, &baddbmm, &linear, &linear_bias};
}

}  // namespace topograd
