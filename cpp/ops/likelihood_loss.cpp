// Negative log-likelihoods of binary and of normally distributed targets.

#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

/// A target beside probabilities must be floating point too: its class would be lost in silence.
void expect_floating_pair(const Tensor& x, const Tensor& target, std::string_view op) {
  expect_same_shape(x, target, op);
  expect<DTypeError>(is_floating(x.dtype()) && is_floating(target.dtype()),
                     "{}: expects floating point input and target, got {} and {}", op, x.dtype(),
                     target.dtype());
}

/// The terms are NaN where something is no probability, so that their sum tells whether a closer
/// look is needed.
void check_probabilities(const Tensor& x, const Tensor& target, const Tensor& total) {
  if (total.item().real() >= 0) return;
  for (const auto& [name, p] : {std::pair{"input", &x}, std::pair{"target", &target}})
    expect<ValueError>(
        all(logical_and(ge(p->detach(), 0), le(p->detach(), 1)), {}, false).item().integer() != 0,
        "binary_cross_entropy: {} must lie in [0, 1]", name);
}

/// The variance in the shape of the input, from one of its shape, one for each row, or a number.
Tensor variance_for(const Tensor& x, const Tensor& variance) {
  const Dims& shape = x.shape();
  if (variance.shape() == shape) return variance;
  if (variance.rank() == 0) return expand(cast(variance, x.dtype()), shape);
  Dims row = shape;
  if (!row.empty()) row[row.size() - 1] = 1;
  Dims leading(shape.begin(), shape.end() - (shape.empty() ? 0 : 1));
  expect<ShapeError>(variance.shape() == row || variance.shape() == leading,
                     "gaussian_nll_loss: var of shape {} does not fit input {}: expected {}, {} or "
                     "{}",
                     variance.shape(), shape, shape, row, leading);
  return expand(reshape(variance, row), shape);
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor)> binary_cross_entropy_terms{{
    .signature = "binary_cross_entropy_terms(Tensor input, Tensor target)",
    .doc = R"(binary_cross_entropy before weights and the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& target) {
          return loss_terms<"binary_cross_entropy">(nullptr, x, target);
        },
    // Finite where x is 0 or 1, and pointing away from there.
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return (x - target) / clamp_min(x * (1 - x), 1e-12);
                              },
                              [](const Call&, const Tensor& x, const Tensor&) -> Tensor {
                                return clamp_min(log1p(-x), -100) - clamp_min(log(x), -100);
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"binary_cross_entropy.backward">(nullptr, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor&) -> Tensor {
                   return chained(g, clamp_min(log1p(-x), -100) - clamp_min(log(x), -100));
                 }},
    .saves = saves_inputs,
    .reads = {saves_inputs, saves_in0},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 0.1, 0.9), sample_in({2, 3}, 0.1, 0.9)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::string)> binary_cross_entropy{{
    .signature = "binary_cross_entropy(Tensor input, Tensor target, Tensor? weight=None, str "
                 "reduction='mean')",
    .doc =
        R"(Binary cross-entropy of probabilities.

-(target * log(input) + (1 - target) * log(1 - input)) * weight. input, target: probabilities of one
shape (*), floating point. Logarithms are kept at -100 or above, so that the loss is finite. weight
broadcasts, default 1. reduction: 'mean' (default), 'sum' or 'none' (*). From logits,
binary_cross_entropy_with_logits is more exact.
Raises ShapeError for different shapes, ValueError for an input or target outside of [0, 1] or NaN,
DTypeError for integers. The gradient (input - target) / max(input * (1 - input), 1e-12) is finite.

>>> F.binary_cross_entropy(tg.tensor([0.5, 0.0]), tg.tensor([1.0, 1.0]), reduction="none")
tensor([  0.6931, 100.0000])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight,
           const std::string& reduction) {
          expect_floating_pair(x, target, "binary_cross_entropy");
          expect_real(weight, "binary_cross_entropy");
          Tensor loss = binary_cross_entropy_terms(x, target);
          const Tensor total = sum(loss, {}, false, {});
          check_probabilities(x, target, total);
          if (!weight.defined() && reduction == "sum") return total;
          if (!weight.defined() && reduction == "mean")
            return total / static_cast<double>(x.count());
          if (weight.defined()) loss = loss * weight;
          return reduced_loss(loss, reduction, "binary_cross_entropy");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample_in({2, 3}, 0.1, 0.9), sample_in({2, 3}, 0.1, 0.9), Arg(), "mean"},
          {sample_in({2, 3}, 0.1, 0.9), sample_in({2, 3}, 0.1, 0.9), sample_in({3}, 1, 2), "sum"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor)> binary_cross_entropy_logit_terms{{
    .signature = "binary_cross_entropy_logit_terms(Tensor input, Tensor target)",
    .doc = R"(binary_cross_entropy_with_logits before weights and the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& target) {
          return loss_terms<"binary_cross_entropy_logits">(nullptr, x, target);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                      return sigmoid(x) - target;
                    },
                    [](const Call&, const Tensor& x, const Tensor&) -> Tensor { return neg(x); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"binary_cross_entropy_logits.backward">(nullptr, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor&) -> Tensor {
                   return chained(g, neg(x));
                 }},
    .saves = saves_inputs,
    .reads = {saves_inputs, saves_in0},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0.1, 0.9)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::string, Tensor)>
    binary_cross_entropy_with_logits{{
        .signature =
            "binary_cross_entropy_with_logits(Tensor input, Tensor target, Tensor? weight=None, "
            "str reduction='mean', Tensor? pos_weight=None)",
        .doc =
            R"(Binary cross-entropy of logits, that is of sigmoid(input).

((1 - t) * x + (1 + (p - 1) * t) * log(1 + exp(-x))) * weight. x: input, logits (*). t: target in
[0, 1], of the same shape. p: pos_weight, the weight of positive targets, default 1. weight (default
1) and pos_weight broadcast. Large logits do not overflow; infinite ones give NaN.
reduction: 'mean' (default), 'sum' or 'none' (*).
Raises ShapeError for different shapes, ValueError for another reduction, DTypeError for integers.

>>> x, t = tg.tensor([0.0, 1000.0]), tg.tensor([1.0, 0.0])
>>> F.binary_cross_entropy_with_logits(x, t, reduction="none")
tensor([6.9315e-01, 1.0000e+03])
>>> F.binary_cross_entropy_with_logits(tg.zeros(1), tg.ones(1), pos_weight=tg.tensor(3.0))
tensor(2.0794)
)",
        .forward =
            [](const Tensor& x, const Tensor& target, const Tensor& weight,
               const std::string& reduction, const Tensor& positive) {
              expect_floating_pair(x, target, "binary_cross_entropy_with_logits");
              for (const Tensor& one : {weight, positive})
                expect_real(one, "binary_cross_entropy_with_logits");
              Tensor loss;
              if (positive.defined()) {
                const Tensor log_one_plus = neg(logsigmoid(x));
                loss = (1 - target) * x + (1 + (positive - 1) * target) * log_one_plus;
              } else {
                loss = binary_cross_entropy_logit_terms(x, target);
              }
              if (weight.defined()) loss = loss * weight;
              return reduced_loss(loss, reduction, "binary_cross_entropy_with_logits");
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 3}), sample_in({2, 3}, 0, 1), Arg(), "mean", Arg()},
                  {sample({2, 3}), sample_in({2, 3}, 0, 1), sample_in({3}, 1, 2), "none",
                   sample_in({3}, 1, 2)}};
        },
    }};

constinit const Op<Tensor(Tensor, Tensor, Tensor, bool, double, std::string)> gaussian_nll_loss{{
    .signature =
        "gaussian_nll_loss(Tensor input, Tensor target, Tensor var, bool full=False, float "
        "eps=1e-06, str reduction='mean')",
    .doc = R"(Negative log-likelihood of normal distributions.

½ (log(var) + (input - target)² / var), with var at least eps. input: the means (*), floating
point. target: the same shape, where PyTorch broadcasts. var: the variances, of the same shape, of
one that has 1 in the place of the last dim or lacks it, or a number. full: adds ½ log(2π).
eps: default 1e-6; the limit has no effect on the gradient. reduction: 'mean' (default), 'sum' or
'none' (*). Raises ShapeError for shapes that do not fit, ValueError for a negative var or another
reduction, DTypeError for integers. Source: Nix and Weigend, 1994.

>>> F.gaussian_nll_loss(tg.tensor([1.0, 3.0]), tg.tensor([0.0, 1.0]), tg.tensor([1.0, 4.0]))
tensor(0.8466)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& var, bool full, double eps,
           const std::string& reduction) {
          expect_same_shape(x, target, "gaussian_nll_loss");
          expect_floating(x.dtype(), "gaussian_nll_loss");
          expect_real(var, "gaussian_nll_loss");
          const Tensor lowest = var.count() > 0 ? amin(var.detach(), {}, false) : var;
          expect<ValueError>(var.count() == 0 || !(lowest.item().real() < 0),
                             "gaussian_nll_loss: var must not be negative, got {}",
                             lowest.count() > 0 ? lowest.item().real() : 0.0);
          Tensor terms = gaussian_nll_terms(x, target, variance_for(x, var), eps);
          if (full) terms = terms + 0.91893853320467274;  // half of log(2 pi)
          return reduced_loss(terms, reduction, "gaussian_nll_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), sample_in({2, 3}, 0.5, 2), true, 1e-6, "none"},
              {sample({2, 3}), sample({2, 3}), sample_in({2}, 0.5, 2), false, 1e-6, "mean"}};
    },
}};

Family likelihood_loss_family() {
  return {&binary_cross_entropy_terms, &binary_cross_entropy, &binary_cross_entropy_logit_terms,
          &binary_cross_entropy_with_logits, &gaussian_nll_loss};
}

}  // namespace topograd
