// Rows of a table by number.

#include "ops/embedding.h"

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {

void limit_rows(const Tensor& weight, const Tensor& at, double max_norm, double norm_type) {
  const Tensor rows = index_select(weight.detach(), 0, at);
  const Tensor norms = vector_norm(rows, norm_type, Dims{1}, true);
  const Tensor scale = where(gt(norms, max_norm), max_norm / (norms + 1e-7), 1);
  index_put.into(weight.detach(), Tensors{at}, rows * scale, false);
}

Tensor inverse_frequency(const Tensor& at, index rows, DType dtype) {
  const Tensor ones = Tensor::ones(at.shape(), dtype);
  const Tensor counts = index_add(Tensor::zeros({rows}, dtype), 0, at, ones, 1);
  return unsqueeze(reciprocal(index_select(counts, 0, at)), 1);
}

index padding_row(const OptionalInt& padding, index rows, std::string_view op) {
  if (!padding) return -1;
  expect<ValueError>(*padding >= -rows && *padding < rows,
                     "{}: padding_idx {} is out of range for {} rows", op, *padding, rows);
  return *padding < 0 ? *padding + rows : *padding;
}

void refuse_sparse(bool sparse, std::string_view op) {
  expect<ValueError>(!sparse,
                     "{}: sparse=True asks for sparse gradients, which topograd does not have; the "
                     "dense gradient has the same values",
                     op);
}

constinit const Op<Tensor(Tensor, Tensor, OptionalInt, std::optional<double>, double, bool, bool)>
    embedding{{
        .signature =
            "embedding(Tensor input, Tensor weight, int? padding_idx=None, float? max_norm=None, "
            "float norm_type=2.0, bool scale_grad_by_freq=False, bool sparse=False)",
        .doc = R"(Rows of a table by number: out[..., :] = weight[input[...]].

input: integers (*). weight: (rows, width). Returns (*, width). The gradient of a row of weight is
the sum over its places in input; it is dense: sparse=True is refused.
padding_idx: a row, negative from the end, that gets no gradient. max_norm: before the look-up, the
rows in input whose norm_type-norm (default 2) is larger are scaled down to it, in weight itself.
scale_grad_by_freq=True divides the gradient of a row by the number of its places in input.
Raises IndexError for an index outside of [0, rows), ValueError for such a padding_idx and for
sparse=True.

>>> weight = tg.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
>>> F.embedding(tg.tensor([2, 0]), weight)
tensor([[4., 5.],
        [0., 1.]])
)",
        .forward =
            [](const Tensor& at, const Tensor& weight, const OptionalInt& padding,
               const std::optional<double>& max_norm, double norm_type, bool by_frequency,
               bool sparse) {
              refuse_sparse(sparse, "embedding");
              expect<ShapeError>(weight.rank() == 2,
                                 "embedding: weight must be (rows, width), got {}", weight.shape());
              expect<DTypeError>(is_integer(at.dtype()),
                                 "embedding: input must hold integers, got {}", at.dtype());
              const Tensor flat = reshape(at, Dims{-1});
              if (max_norm) limit_rows(weight, flat, *max_norm, norm_type);
              const index padded = padding_row(padding, weight.shape()[0], "embedding");
              Dims shape = at.shape();
              shape.push_back(weight.shape()[1]);
              return reshape(embedding_rows(flat, weight, padded, by_frequency), shape);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample_integers({2, 3}, 4), sample({4, 2}), Arg(), Arg(), 2.0, false, false}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, bool)> embedding_rows{{
    .signature =
        "embedding_rows(Tensor input, Tensor weight, int padding_idx, bool scale_grad_by_freq)",
    .doc = R"(embedding for a vector of indices; padding_idx -1 means none.)",
    .forward = [](const Tensor& at, const Tensor& weight, std::int64_t,
                  bool) { return index_select(weight, 0, at); },
    .derivative = Linear{[](const Call&, const Tensor&, const Tensor&, const Tensor&, std::int64_t,
                            bool) -> Tensor { return {}; },
                         [](const Call&, const Tensor& g, const Tensor& at, const Tensor& weight,
                            std::int64_t padding, bool by_frequency) -> Tensor {
                           Tensor kept = g;
                           if (padding >= 0)
                             kept = where(unsqueeze(eq(at, Tensor(Scalar(padding))), 1), 0, kept);
                           if (by_frequency)
                             kept = kept * inverse_frequency(at, weight.shape()[0], g.dtype());
                           return index_add(Tensor::zeros(weight.shape(), weight.dtype()), 0, at,
                                            kept, 1);
                         }},
    .saves = saves_in0,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample_integers({5}, 4), sample({4, 2}), -1, false}};
    },
}};

}  // namespace topograd
