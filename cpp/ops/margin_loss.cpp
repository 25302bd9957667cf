// Losses with a margin: ranking, hinges, embeddings, triplets.

#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// (C) as one row.
Tensor as_rows(const Tensor& x, std::string_view op) {
  expect<ShapeError>(x.rank() == 1 || x.rank() == 2, "{}: expects (N, C) or (C), got shape {}", op,
                     x.shape());
  return x.rank() == 1 ? unsqueeze(x, 0) : x;
}

/// The losses of rows, without the dim of a batch where the input had none.
Tensor reduced_rows(const Tensor& loss, const Tensor& x, const std::string& reduction,
                    std::string_view op) {
  return reduced_loss(x.rank() == 1 ? squeeze(loss, Dims{0}) : loss, reduction, op);
}

/// The kernel of multilabel_margin_loss: its losses (N), or their slope (N, C).
Tensor run_multilabel_margin(const Tensor& x, const Tensor& target, bool slope) {
  constexpr const char* op = "multilabel_margin_loss";
  expect_same_shape(x, target, op);
  expect<ShapeError>(x.rank() == 2, "{}: expects (N, C), got shape {}", op, x.shape());
  expect_floating(x.dtype(), op);
  const DType type = compute_dtype(x.dtype());
  const Tensor input = dense(converted(x, type));
  const Tensor wanted = checked_classes(target, x.shape()[1], -1, op);
  const Tensor out = Tensor::empty(slope ? x.shape() : Dims{x.shape()[0]}, type);
  kernel_table().losses[real_index(type)].multilabel_margin(
      input.address(), wanted.data<std::int64_t>(), slope ? nullptr : out.address(),
      slope ? out.address() : nullptr, x.shape()[0], x.shape()[1]);
  return converted(out, x.dtype());
}

/// Numbers for signs: targets 1 and -1.
Tensor drawn_signs(const Dims& shape) { return 2 * sample_integers(shape, 2) - 1; }

Tensor margin_active(const Tensor& x, const Tensor& y, const Tensor& target, double margin) {
  return logical_not(gt(target * (x - y), margin));
}

/// 1 less the cosine of two rows where target is 1, their cosine above the margin where it is -1.
Tensor cosine_terms(const Tensor& x, const Tensor& y, const Tensor& target, double margin) {
  constexpr double eps = 1e-12;
  const Dims last{-1};
  const Tensor lengths =
      (sum(square(x), last, false, {}) + eps) * (sum(square(y), last, false, {}) + eps);
  const Tensor cosine = sum(x * y, last, false, {}) / sqrt(lengths);
  return where(eq(target, 1), 1 - cosine, where(eq(target, -1), clamp_min(cosine - margin, 0), 0));
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor)> soft_margin_terms{{
    .signature = "soft_margin_terms(Tensor input, Tensor target)",
    .doc = R"(soft_margin_loss before the reduction.)",
    .forward = [](const Tensor& x,
                  const Tensor& target) { return loss_terms<"soft_margin">(nullptr, x, target); },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return neg(target) * sigmoid(neg(x * target));
                              },
                              [](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return neg(x) * sigmoid(neg(x * target));
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"soft_margin.backward">(nullptr, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"soft_margin.backward">(nullptr, g, target, x);
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({2, 3})}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, double)> hinge_embedding_terms{{
    .signature = "hinge_embedding_terms(Tensor input, Tensor target, float margin)",
    .doc = R"(hinge_embedding_loss before the reduction.)",
    .forward = [](const Tensor& x, const Tensor& target,
                  double margin) { return loss_terms<"hinge_embedding">(&margin, x, target); },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target,
                                 double margin) -> Tensor {
                                const Tensor near =
                                    logical_and(ne(target, 1), logical_not(gt(x, margin)));
                                return where(eq(target, -1), 0.0, 1.0) - where(near, 1.0, 0.0);
                              },
                              [](const Call&, const Tensor& x, const Tensor&, double) -> Tensor {
                                return Tensor::zeros({}, x.dtype());
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    double margin) -> Tensor {
                   return fused<"hinge_embedding.backward">(&margin, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor&, const Tensor&, double) -> Tensor {
                   return g * 0;
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), drawn_signs({2, 3}), 0.7}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, double)> margin_ranking_terms{{
    .signature = "margin_ranking_terms(Tensor input1, Tensor input2, Tensor target, float margin)",
    .doc = R"(margin_ranking_loss before the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& y, const Tensor& target, double margin) {
          const DType dtype = result_type({&x, &y, &target});
          return pointwise<"margin_ranking">({}, dtype, dtype, &margin, x, y, target);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& y,
                                 const Tensor& target, double margin) -> Tensor {
                                return where(margin_active(x, y, target, margin), neg(target), 0);
                              },
                              [](const Call&, const Tensor& x, const Tensor& y,
                                 const Tensor& target, double margin) -> Tensor {
                                return where(margin_active(x, y, target, margin), target, 0);
                              },
                              [](const Call&, const Tensor& x, const Tensor& y,
                                 const Tensor& target, double margin) -> Tensor {
                                return where(margin_active(x, y, target, margin), y - x, 0);
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& y,
                    const Tensor& target, double margin) -> Tensor {
                   return fused<"margin_ranking.backward">(&margin, g, x, y, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& y,
                    const Tensor& target, double margin) -> Tensor {
                   return neg(fused<"margin_ranking.backward">(&margin, g, x, y, target));
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& y,
                    const Tensor& target, double margin) -> Tensor {
                   return chained(g, where(margin_active(x, y, target, margin), y - x, 0));
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), sample({2, 3}), 0.3}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor)> multilabel_margin_rows{{
    .signature = "multilabel_margin_rows(Tensor input, Tensor target)",
    .doc = R"(multilabel_margin_loss of each row of (N, C), for a checked int64 target.)",
    .forward = [](const Tensor& x,
                  const Tensor& target) { return run_multilabel_margin(x, target, false); },
    .derivative = General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x,
                                     const Tensor& target) -> Tensor {
                            return unsqueeze(g, 1) * multilabel_margin_slope(x, target);
                          }},
                          .jvp = {[](const Call&, const Tensors& t, const Tensor& x,
                                     const Tensor& target) -> Tensor {
                            return sum(t[0] * multilabel_margin_slope(x, target), Dims{1}, false,
                                       {});
                          }}},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4}), Tensor::of<std::int64_t>({3, 0, -1, 1, 2, -1, -1, -1}, {2, 4})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor)> multilabel_margin_slope{{
    .signature = "multilabel_margin_slope(Tensor input, Tensor target)",
    .doc = R"(The derivative of multilabel_margin_rows, which is constant between its steps.)",
    .forward = [](const Tensor& x,
                  const Tensor& target) { return run_multilabel_margin(x, target, true); },
    .derivative = NotDifferentiable{},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4}), Tensor::of<std::int64_t>({3, 0, -1, 1, 2, -1, -1, -1}, {2, 4})}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string)> soft_margin_loss{{
    .signature = "soft_margin_loss(Tensor input, Tensor target, *, str reduction='mean')",
    .doc = R"(Logistic loss of two classes: log(1 + exp(-target * input)).

input: (*), floating point. target: 1 or -1, of the same shape. reduction: 'mean' (default), 'sum'
or 'none' (*). Large inputs do not overflow. Raises ShapeError for different shapes, which PyTorch
broadcasts, ValueError for another reduction, DTypeError for integers.

>>> F.soft_margin_loss(tg.tensor([0.0, 2.0]), tg.tensor([1.0, -1.0]), reduction="none")
tensor([0.6931, 2.1269])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction) {
          expect_same_shape(x, target, "soft_margin_loss");
          floating_type_of(x, target, "soft_margin_loss");
          return reduced_loss(soft_margin_terms(x, target), reduction, "soft_margin_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "mean"}, {sample({3}), drawn_signs({3}), "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, double, std::string)> hinge_embedding_loss{{
    .signature = "hinge_embedding_loss(Tensor input, Tensor target, float margin=1.0, *, str "
                 "reduction='mean')",
    .doc = R"(input where target is 1, max(0, margin - input) where it is -1.

input: distances (*), floating point. target: 1 or -1, of the same shape; others give the sum of
both. margin: default 1. reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError for
different shapes, which PyTorch broadcasts, ValueError for another reduction, DTypeError for
integers. Source: Hadsell and others, 2006.

>>> F.hinge_embedding_loss(tg.tensor([0.2, 0.2]), tg.tensor([1, -1]), reduction="none")
tensor([0.2000, 0.8000])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, double margin, const std::string& reduction) {
          expect_same_shape(x, target, "hinge_embedding_loss");
          floating_type_of(x, target, "hinge_embedding_loss");
          return reduced_loss(hinge_embedding_terms(x, target, margin), reduction,
                              "hinge_embedding_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), drawn_signs({2, 3}), 1.0, "mean"},
              {sample({4}), drawn_signs({4}), 0.5, "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, double, std::string)> margin_ranking_loss{{
    .signature =
        "margin_ranking_loss(Tensor input1, Tensor input2, Tensor target, float margin=0.0, "
        "*, str reduction='mean')",
    .doc = R"(Whether pairs are ranked rightly: max(0, margin - target * (input1 - input2)).

input1, input2: scores of one shape (*). target: 1 where input1 should be greater, else -1, of the
same shape. margin: default 0. reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError
for different shapes, some of which PyTorch broadcasts, ValueError for another reduction,
DTypeError for integers.

>>> F.margin_ranking_loss(tg.tensor([1.0, 1.0]), tg.zeros(2), tg.tensor([1, -1]), margin=0.5)
tensor(0.7500)
)",
    .forward =
        [](const Tensor& x, const Tensor& y, const Tensor& target, double margin,
           const std::string& reduction) {
          expect_same_shape(x, y, "margin_ranking_loss");
          expect_same_shape(x, target, "margin_ranking_loss");
          expect_floating(result_type({&x, &y, &target}), "margin_ranking_loss");
          return reduced_loss(margin_ranking_terms(x, y, target, margin), reduction,
                              "margin_ranking_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), drawn_signs({2, 3}), 0.3, "mean"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::int64_t, double, Tensor, std::string)>
    multi_margin_loss{{
        .signature = "multi_margin_loss(Tensor input, Tensor target, int p=1, float margin=1.0, "
                     "Tensor? weight=None, *, str reduction='mean')",
        .doc =
            R"(Hinges of all classes but the right one: sum of max(0, margin - x[y] + x[i])**p / C.

input: scores (N, C) or (C), floating point. target: integer classes y (N) or (). p: 1 (default) or
2. margin: default 1. weight: (C), a factor for each right class. reduction: 'mean' (default), 'sum'
or 'none' (N). Raises IndexError for a class outside of [0, C), ShapeError when shapes do not fit,
ValueError for another p or reduction, DTypeError for an integer input. Source: Crammer and Singer,
2001.

>>> F.multi_margin_loss(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([3]))
tensor(0.3250)
)",
        .forward =
            [](const Tensor& x, const Tensor& target, std::int64_t p, double margin,
               const Tensor& weight, const std::string& reduction) {
              constexpr const char* op = "multi_margin_loss";
              expect<ValueError>(p == 1 || p == 2, "{}: p must be 1 or 2, got {}", op, p);
              expect_floating(x.dtype(), op);
              expect<DTypeError>(is_integer(target.dtype()), "{}: target must hold classes, got {}",
                                 op, target.dtype());
              const Tensor rows = as_rows(x, op);
              const index classes = rows.shape()[1];
              expect<ShapeError>(target.count() == rows.shape()[0] && target.rank() < 2,
                                 "{}: target of shape {} does not fit input {}", op, target.shape(),
                                 x.shape());
              expect<ShapeError>(!weight.defined() || weight.shape() == Dims{classes},
                                 "{}: weight of shape {} does not fit {} classes", op,
                                 weight.defined() ? weight.shape() : Dims(), classes);
              const Tensor at = checked_classes(target, classes, {}, op), column = unsqueeze(at, 1);
              const Tensor hinges = clamp_min(rows - (gather(rows, 1, column) - margin), 0);
              const Tensor others = scatter_value(hinges, 1, column, Tensor(0.0));
              Tensor loss = mean(p == 1 ? others : square(others), Dims{1}, false, {});
              if (weight.defined()) loss = loss * index_select(weight, 0, at);
              return reduced_rows(loss, x, reduction, op);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({4, 3}), sample_integers({4}, 3), 1, 1.0, Arg(), "mean"},
                  {sample({4, 3}), sample_integers({4}, 3), 2, 0.7, sample_in({3}, 0.5, 2), "none"},
                  {sample({3}), sample_integers({}, 3), 1, 1.0, Arg(), "sum"}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, std::string)> multilabel_margin_loss{{
    .signature = "multilabel_margin_loss(Tensor input, Tensor target, *, str reduction='mean')",
    .doc = R"(Hinges between right and wrong classes: sum of max(0, 1 - x[y] + x[i]) / C.

input: scores (N, C) or (C), floating point. target: int64 of the same shape; the right classes y of
a row stand in front of its first -1, in any order. The sum is over all pairs of a right class and a
wrong class i. reduction: 'mean' (default), 'sum' or 'none' (N). The gradient of second order is 0.
Raises IndexError for a class outside of [-1, C), ShapeError for different shapes, ValueError for
another reduction, DTypeError for an integer input or a target that is not.

>>> x, y = tg.tensor([[0.1, 0.2, 0.4, 0.8]]), tg.tensor([[3, 0, -1, 1]])
>>> F.multilabel_margin_loss(x, y)
tensor(0.8500)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction) {
          constexpr const char* op = "multilabel_margin_loss";
          expect_same_shape(x, target, op);
          expect_floating(x.dtype(), op);
          expect<DTypeError>(is_integer(target.dtype()), "{}: target must hold classes, got {}", op,
                             target.dtype());
          const Tensor rows = as_rows(x, op);
          const Tensor at = target.rank() == 1 ? unsqueeze(target, 0) : target;
          return reduced_rows(multilabel_margin_rows(rows, at), x, reduction, op);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample({2, 4}), Tensor::of<std::int64_t>({3, 0, -1, 1, 2, -1, -1, -1}, {2, 4}), "mean"},
          {sample({3}), Tensor::of<std::int64_t>({1, 0, 2}), "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::string)> multilabel_soft_margin_loss{{
    .signature = "multilabel_soft_margin_loss(Tensor input, Tensor target, Tensor? weight=None, *, "
                 "str reduction='mean')",
    .doc = R"(Binary cross-entropy of the logits of each class, averaged over the classes.

input: logits (*, C), floating point. target: 0 or 1, of the same shape. weight: a factor for each
class, broadcasts. reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError for different
shapes, which PyTorch broadcasts, ValueError for another reduction, DTypeError for integers.

>>> F.multilabel_soft_margin_loss(tg.zeros(1, 2), tg.tensor([[1.0, 0.0]]))
tensor(0.6931)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight,
           const std::string& reduction) {
          constexpr const char* op = "multilabel_soft_margin_loss";
          expect_same_shape(x, target, op);
          floating_type_of(x, target, op);
          expect_real(weight, op);
          expect<ShapeError>(x.rank() > 0, "{}: expects (*, C), got shape {}", op, x.shape());
          Tensor loss = binary_cross_entropy_logit_terms(x, target);
          if (weight.defined()) loss = loss * weight;
          return reduced_loss(mean(loss, Dims{-1}, false, {}), reduction, op);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0.1, 0.9), Arg(), "mean"},
              {sample({2, 3}), sample_in({2, 3}, 0.1, 0.9), sample_in({3}, 0.5, 2), "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, double, std::string)> cosine_embedding_loss{{
    .signature = "cosine_embedding_loss(Tensor input1, Tensor input2, Tensor target, float "
                 "margin=0.0, *, str reduction='mean')",
    .doc = R"(1 - cos where target is 1, max(0, cos - margin) where it is -1.

cos: the cosine of the angle between the rows of input1 and input2, (N, D) or (D). target: 1 or -1,
(N) or (). margin: default 0, usually between 0 and 0.5. reduction: 'mean' (default), 'sum' or
'none' (N). Raises ShapeError when shapes do not fit, ValueError for another reduction, DTypeError
for integers.

>>> x, y = tg.tensor([[1.0, 0.0], [1.0, 1.0]]), tg.tensor([[0.0, 1.0], [1.0, 1.0]])
>>> F.cosine_embedding_loss(x, y, tg.tensor([1, -1]), reduction="none")
tensor([1., 1.])
)",
    .forward =
        [](const Tensor& x, const Tensor& y, const Tensor& target, double margin,
           const std::string& reduction) {
          constexpr const char* op = "cosine_embedding_loss";
          expect_same_shape(x, y, op);
          expect_floating(result_type({&x, &y}), op);
          expect<ShapeError>(
              x.rank() == target.rank() + 1 && x.rank() < 3 &&
                  (x.rank() == 1 || x.shape()[0] == target.shape()[0]),
              "{}: target of shape {} does not fit inputs {}: expected (N) for (N, D),"
              " () for (D)",
              op, target.shape(), x.shape());
          return reduced_loss(cosine_terms(x, y, target, margin), reduction, op);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), sample({4, 3}), drawn_signs({4}), 0.1, "mean"},
              {sample({3}), sample({3}), drawn_signs({}), 0.0, "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, double, double, double, bool, std::string)>
    triplet_margin_loss{{
        .signature = "triplet_margin_loss(Tensor anchor, Tensor positive, Tensor negative, float "
                     "margin=1.0, float p=2.0, float eps=1e-06, bool swap=False, *, str "
                     "reduction='mean')",
        .doc =
            R"(Whether an anchor is nearer to a positive than to a negative: max(0, d(a, p) - d(a, n) + margin).

anchor, positive, negative: (*, D), of one shape. d: pairwise_distance of order p (default 2), with
eps (default 1e-6). margin: default 1. swap: takes the lesser of d(a, n) and d(p, n) (Balntas and
others, 2016). reduction: 'mean' (default), 'sum' or 'none' (*). Raises ShapeError for different
shapes, some of which PyTorch broadcasts, ValueError for another reduction, and for a margin that is
not positive, DTypeError for integers.

>>> a, p, n = tg.zeros(1, 2), tg.tensor([[0.0, 1.0]]), tg.tensor([[3.0, 4.0]])
>>> F.triplet_margin_loss(a, p, n, margin=5.0, eps=0.0)
tensor(1.)
)",
        .forward =
            [](const Tensor& anchor, const Tensor& positive_, const Tensor& negative, double margin,
               double p, double eps, bool swap, const std::string& reduction) {
              constexpr const char* op = "triplet_margin_loss";
              expect<ValueError>(margin > 0, "{}: margin must be positive, got {}", op, margin);
              expect_same_shape(anchor, positive_, op);
              expect_same_shape(anchor, negative, op);
              const Tensor near = pairwise_distance(anchor, positive_, p, eps, false);
              Tensor far = pairwise_distance(anchor, negative, p, eps, false);
              if (swap) far = minimum(far, pairwise_distance(positive_, negative, p, eps, false));
              return reduced_loss(clamp_min(near - far + margin, 0), reduction, op);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({4, 3}), sample({4, 3}), sample({4, 3}), 1.0, 2.0, 1e-6, false, "mean"},
                  {sample({4, 3}), sample({4, 3}), sample({4, 3}), 2.0, 2.0, 1e-6, true, "none"}};
        },
    }};

Family margin_loss_family() {
  return {&soft_margin_terms,      &hinge_embedding_terms,       &margin_ranking_terms,
          &multilabel_margin_rows, &multilabel_margin_slope,     &soft_margin_loss,
          &hinge_embedding_loss,   &margin_ranking_loss,         &multi_margin_loss,
          &multilabel_margin_loss, &multilabel_soft_margin_loss, &cosine_embedding_loss,
          &triplet_margin_loss};
}

}  // namespace topograd
