// Softmax and log-softmax.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensor run_softmax(const Tensor& x, std::int64_t dim, bool log) {
  const Axis axis = axis_of(x.shape(), wrap_dim(dim, x.rank(), log ? "log_softmax" : "softmax"));
  expect<DTypeError>(is_floating(x.dtype()), "{}: expects a floating point input, got {}",
                     log ? "log_softmax" : "softmax", x.dtype());
  const Tensor source = dense(converted(x, compute_dtype(x.dtype())));
  Tensor out = Tensor::empty(x.shape(), source.dtype());
  if (x.count() > 0)
    kernel_table().rows[real_index(source.dtype())].softmax(source.address(), out.address(),
                                                            axis.outer, axis.n, axis.inner, log);
  return converted(out, x.dtype());
}

Tensor run_backward(const Tensor& g, const Tensor& y, std::int64_t dim, bool log) {
  const Axis axis = axis_of(y.shape(), wrap_dim(dim, y.rank(), "softmax"));
  const DType type = compute_dtype(y.dtype());
  const Tensor gradient = dense(converted(g, type)), result = dense(converted(y, type));
  Tensor out = Tensor::empty(y.shape(), type);
  if (y.count() > 0)
    kernel_table().rows[real_index(type)].softmax_backward(
        gradient.address(), result.address(), out.address(), axis.outer, axis.n, axis.inner, log);
  return converted(out, y.dtype());
}

// The Jacobian of softmax is symmetric: its product with a cotangent and with a tangent are the
// same formula.
Tensor softmax_product(const Tensor& y, const Tensor& v, std::int64_t dim) {
  const Tensor weighted = chained(v, y);
  return weighted - chained(sum(weighted, Dims{dim}, true, {}), y);
}

std::vector<Sample> axis_samples() {
  return {{sample({2, 3}), 1}, {sample({2, 3, 4}), -2}, {sample({}), 0}, {sample({0, 3}), 1}};
}
std::vector<Sample> typed_axis_samples() {
  auto list = axis_samples();
  for (auto& one : list) one.push_back(Arg());
  return list;
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t, OptionalType)> softmax{{
    .signature = "softmax(Tensor input, int dim, dtype? dtype=None)",
    .doc = R"(Exponentials along a dim, normalized to the sum 1: exp(x) / sum(exp(x)).

input: (*), floating point. dim: the dim that sums to 1. dtype: converted to first
(default: that of input). Returns the same shape. The greatest element is taken out
first: no overflow. A row of -inf, or one with inf or NaN, gives NaN. Raises DTypeError
for integers without a dtype.

>>> tg.softmax(tg.tensor([[0.0, 0.0], [1000.0, 1001.0]]), dim=1)
tensor([[0.5000, 0.5000],
        [0.2689, 0.7311]])
)",
    .forward = [](const Tensor& x, std::int64_t dim,
                  OptionalType dtype) { return softmax_along(dtype ? cast(x, *dtype) : x, dim); },
    .samples = typed_axis_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t, OptionalType)> log_softmax{{
    .signature = "log_softmax(Tensor input, int dim, dtype? dtype=None)",
    .doc = R"(Logarithm of softmax along a dim: x - log(sum(exp(x))).

input: (*), floating point. dim: the dim whose exponentials sum to 1. dtype: converted
to first (default: that of input). Returns the same shape. More accurate than the log
of softmax, and finite where that underflows. A row of -inf, or one with inf or NaN,
gives NaN. Raises DTypeError for integers without a dtype.

>>> tg.log_softmax(tg.tensor([0.0, 200.0]), dim=0)
tensor([-200.,    0.])
>>> tg.log(tg.softmax(tg.tensor([0.0, 200.0]), dim=0))
tensor([-inf, 0.])
)",
    .forward =
        [](const Tensor& x, std::int64_t dim, OptionalType dtype) {
          return log_softmax_along(dtype ? cast(x, *dtype) : x, dim);
        },
    .samples = typed_axis_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t)> softmax_along{{
    .signature = "softmax_along(Tensor input, int dim)",
    .doc = R"(softmax without conversion.)",
    .forward = [](const Tensor& x, std::int64_t dim) { return run_softmax(x, dim, false); },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensor& g, const Tensor&, std::int64_t dim) -> Tensor {
              return softmax_product(c.output(), g, dim);
            }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor&, std::int64_t dim) -> Tensor {
              return softmax_product(c.output(), t[0], dim);
            }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&, std::int64_t dim) -> Tensor {
      return run_backward(g, c.output(), dim, false);
    }},
    .saves = saves_output,
    .traits = is_hidden,
    .samples = axis_samples,
}};

constinit const Op<Tensor(Tensor, std::int64_t)> log_softmax_along{{
    .signature = "log_softmax_along(Tensor input, int dim)",
    .doc = R"(log_softmax without conversion.)",
    .forward = [](const Tensor& x, std::int64_t dim) { return run_softmax(x, dim, true); },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensor& g, const Tensor&, std::int64_t dim) -> Tensor {
              return g - chained(sum(g, Dims{dim}, true, {}), exp(c.output()));
            }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor&, std::int64_t dim) -> Tensor {
              return t[0] - sum(chained(t[0], exp(c.output())), Dims{dim}, true, {});
            }}},
    .fused = Vjp{[](const Call& c, const Tensor& g, const Tensor&, std::int64_t dim) -> Tensor {
      return run_backward(g, c.output(), dim, true);
    }},
    .saves = saves_output,
    .traits = is_hidden,
    .samples = axis_samples,
}};

Family softmax_family() { return {&softmax, &log_softmax, &softmax_along, &log_softmax_along}; }

}  // namespace topograd
