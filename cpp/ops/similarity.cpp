// How near vectors are to each other, and vectors of length 1.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// x times 1 / max(its norm, eps) along the dims.
Tensor at_length_one(const Tensor& x, double order, const Dims& dims, double eps) {
  const Tensor sizes = is_complex(x.dtype()) ? abs(x) : x;
  return x / clamp_min(vector_norm(sizes, order, dims, true), eps);
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, double)> cosine_similarity{{
    .signature = "cosine_similarity(Tensor x1, Tensor x2, int dim=1, float eps=1e-08)",
    .doc = R"(Cosine of the angle between vectors: x1 · x2 / (max(|x1|, eps) max(|x2|, eps)).

x1, x2: floating point, broadcast against each other. dim: along which the vectors lie in their
common shape (default 1); the result lacks it. eps: default 1e-8, so that a vector of zeros gives 0.
Neither overflows nor vanishes at extreme lengths. Raises IndexError for a dim that is not there,
DTypeError for integers.

>>> F.cosine_similarity(tg.tensor([[1.0, 0.0], [1.0, 1.0]]), tg.tensor([[0.0, 2.0], [3.0, 3.0]]))
tensor([0., 1.])
)",
    .forward =
        [](const Tensor& x1, const Tensor& x2, std::int64_t dim, double eps) {
          expect_floating(result_type({&x1, &x2}), "cosine_similarity");
          const Dims shape = broadcast_shapes(x1.shape(), x2.shape(), "cosine_similarity");
          const Dims along{wrap_dim(dim, static_cast<int>(shape.size()), "cosine_similarity")};
          const auto spread = [&](const Tensor& x) {
            return x.shape() == shape ? x : expand(x, shape);
          };
          const Tensor unit = at_length_one(spread(x1), 2, along, eps), y = spread(x2);
          return sum(unit * y, along, false, {}) / clamp_min(vector_norm(y, 2, along, false), eps);
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), 1, 1e-8},
              {sample({2, 3, 2}), sample({3, 1}), 1, 1e-8}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, double)> shifted_difference{{
    .signature = "shifted_difference(Tensor x1, Tensor x2, float eps)",
    .doc = R"(x1 - x2 + eps, in one pass.)",
    .forward =
        [](const Tensor& x1, const Tensor& x2, double eps) {
          const DType dtype = floating(result_type({&x1, &x2}));
          return pointwise<"shifted_difference">({}, dtype, dtype, &eps, x1, x2);
        },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x1, const Tensor&,
                                     double) -> Tensor { return sum_to(g, x1.shape()); },
                                  [](const Call&, const Tensor& g, const Tensor&, const Tensor& x2,
                                     double) -> Tensor { return neg(sum_to(g, x2.shape())); }},
                          .jvp = {[](const Call& c, const Tensors& t, const Tensor&, const Tensor&,
                                     double) -> Tensor {
                            const Tensor zeros =
                                Tensor::zeros(c.output().shape(), c.output().dtype());
                            const Tensor first = t[0].defined() ? zeros + t[0] : zeros;
                            return t[1].defined() ? first - t[1] : first;
                          }}},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({3}), 0.1}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, double, double, bool)> pairwise_distance{{
    .signature = "pairwise_distance(Tensor x1, Tensor x2, float p=2.0, float eps=1e-06, bool "
                 "keepdim=False)",
    .doc = R"(Distance of vectors along the last dim: |x1 - x2 + eps| in the norm of order p.

x1, x2: (*, D), broadcast against each other; integers give float32. p: default 2. eps: added to
each difference (default 1e-6), which keeps the gradient of equal vectors finite; PyTorch's does so
too. Returns (*), or (*, 1) if keepdim.

>>> F.pairwise_distance(tg.zeros(1, 2), tg.tensor([[3.0, 4.0]]), eps=0.0)
tensor([5.])
)",
    .forward =
        [](const Tensor& x1, const Tensor& x2, double p, double eps, bool keepdim) {
          expect_real(result_type({&x1, &x2}), "pairwise_distance");
          expect<ShapeError>(x1.rank() > 0 && x2.rank() > 0,
                             "pairwise_distance: expects at least 1 dim, got shapes {} and {}",
                             x1.shape(), x2.shape());
          broadcast_shapes(x1.shape(), x2.shape(), "pairwise_distance");
          const bool fractions = is_floating(result_type({&x1, &x2}));  // integers may wrap around
          const Tensor apart = fractions ? shifted_difference(x1, x2, eps) : x1 - x2 + eps;
          return vector_norm(apart, p, Dims{-1}, keepdim);
        },
    .traits = function_only,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), 2.0, 1e-6, false},
              {sample({2, 1, 3}), sample({4, 3}), 1.0, 1e-6, true},
              {sample({2, 3}), sample({3}), 3.0, 1e-6, false}};
    },
}};

constinit const Op<Tensor(Tensor, double, Dims, double)> normalize{{
    .signature = "normalize(Tensor input, float p=2.0, int[] dim=1, float eps=1e-12)",
    .doc = R"(Vectors of length 1: input / max(|input|, eps) along a dim.

input: (*), floating point or complex. p: the order of the norm, default 2. dim: along which the
vectors lie (default 1), or several. eps: default 1e-12, so that a vector of zeros stays one.
Returns the same shape. Raises IndexError for a dim that is not there, DTypeError for integers.

>>> F.normalize(tg.tensor([[3.0, 4.0], [0.0, 0.0]]))
tensor([[0.6000, 0.8000],
        [0.0000, 0.0000]])
)",
    .forward =
        [](const Tensor& x, double p, const Dims& dims, double eps) {
          expect<DTypeError>(is_differentiable(x.dtype()),
                             "normalize: expects a floating point or complex input, got {}",
                             x.dtype());
          return at_length_one(x, p, dims, eps);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), 2.0, Dims{1}, 1e-12}, {sample({2, 3}), 1.0, Dims{0}, 1e-12}};
    },
}};

Family similarity_family() {
  return {&cosine_similarity, &shifted_difference, &pairwise_distance, &normalize};
}

}  // namespace topograd
