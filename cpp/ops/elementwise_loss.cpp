// Losses of an input and a target, element by element.

#include "graph/mode.h"
#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

using Terms = Op<Tensor(Tensor, Tensor)>;

/// What x misses of the target, limited to [-delta, delta].
Tensor limited_error(const Tensor& x, const Tensor& target, double delta) {
  return clamp_max(clamp_min(x - target, -delta), delta);
}

/// Stirling's approximation of log(target!), for targets above 1.
Tensor log_factorial(const Tensor& target) {
  constexpr double two_pi = 6.283185307179586;
  const Tensor many = gt(target, 1), t = where(many, target, 1);
  return where(many, t * log(t) - t + 0.5 * log(two_pi * t), 0);
}

/// The variance as the formula of gaussian_nll_loss reads it. The limit counts as a constant.
Tensor limited_variance(const Tensor& variance, double eps) {
  const Tensor raised = clamp_min(variance, eps) - variance;
  return variance + (mode.everything ? raised : raised.detach());
}

std::vector<Sample> pairs() { return {{sample({2, 3}), sample({2, 3})}}; }

}  // namespace

constinit const Terms squared_error{{
    .signature = "squared_error(Tensor input, Tensor target)",
    .doc = R"(mse_loss before the reduction.)",
    .forward = [](const Tensor& x,
                  const Tensor& target) { return loss_terms<"squared_error">(nullptr, x, target); },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return 2 * (x - target);
                              },
                              [](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return 2 * (target - x);
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"squared_error.backward">(nullptr, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"squared_error.backward">(nullptr, g, target, x);
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = pairs,
}};

constinit const Terms absolute_error{{
    .signature = "absolute_error(Tensor input, Tensor target)",
    .doc = R"(l1_loss before the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& target) {
          return loss_terms<"absolute_error">(nullptr, x, target);
        },
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return sign(x - target);
                              },
                              [](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return sign(target - x);
                              }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"absolute_error.backward">(nullptr, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target) -> Tensor {
                   return fused<"absolute_error.backward">(nullptr, g, target, x);
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = pairs,
}};

constinit const Op<Tensor(Tensor, Tensor, double, double)> huber_terms{{
    .signature = "huber_terms(Tensor input, Tensor target, float delta, float scale)",
    .doc = R"(huber_loss before the reduction, times a scale.)",
    .forward =
        [](const Tensor& x, const Tensor& target, double delta, double scale) {
          const double params[] = {delta, scale};
          return loss_terms<"huber">(params, x, target);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const Tensor& target, double delta,
                       double scale) -> Tensor { return scale * limited_error(x, target, delta); },
                    [](const Call&, const Tensor& x, const Tensor& target, double delta,
                       double scale) -> Tensor { return scale * limited_error(target, x, delta); }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    double delta, double scale) -> Tensor {
                   const double params[] = {delta, scale};
                   return fused<"huber.backward">(params, g, x, target);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    double delta, double scale) -> Tensor {
                   const double params[] = {delta, scale};
                   return fused<"huber.backward">(params, g, target, x);
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({2, 3}), 0.7, 2.0}}; },
}};

constinit const Op<Tensor(Tensor, Tensor, bool)> kl_div_terms{{
    .signature = "kl_div_terms(Tensor input, Tensor target, bool log_target)",
    .doc = R"(kl_div before the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& target, bool log_target) {
          return log_target ? loss_terms<"kl_div_log">(nullptr, x, target)
                            : loss_terms<"kl_div">(nullptr, x, target);
        },
    .derivative =
        Elementwise{
            [](const Call&, const Tensor&, const Tensor& target, bool log_target) -> Tensor {
              return neg(log_target ? exp(target) : target);
            },
            [](const Call&, const Tensor& x, const Tensor& target, bool log_target) -> Tensor {
              if (log_target) return exp(target) * (target - x + 1);
              const Tensor possible = gt(target, 0);
              return where(possible, log(where(possible, target, 1)) + 1, 0) - x;
            }},
    .saves = saves_inputs,
    .reads = {saves_in1, saves_inputs},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0.1, 1), false},
              {sample({2, 3}), sample({2, 3}), true}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool, double)> poisson_nll_terms{{
    .signature = "poisson_nll_terms(Tensor input, Tensor target, bool log_input, float eps)",
    .doc = R"(poisson_nll_loss before the reduction, without the factorial.)",
    .forward =
        [](const Tensor& x, const Tensor& target, bool log_input, double eps) {
          return log_input ? loss_terms<"poisson_nll_log">(nullptr, x, target)
                           : loss_terms<"poisson_nll">(&eps, x, target);
        },
    .derivative =
        Elementwise{[](const Call&, const Tensor& x, const Tensor& target, bool log_input,
                       double eps) -> Tensor {
                      return log_input ? exp(x) - target : 1 - target / (x + eps);
                    },
                    [](const Call&, const Tensor& x, const Tensor&, bool log_input,
                       double eps) -> Tensor { return neg(log_input ? x : log(x + eps)); }},
    .fused =
        Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target, bool log_input,
               double eps) -> Tensor {
              return log_input ? fused<"poisson_nll_log.backward">(nullptr, g, x, target)
                               : fused<"poisson_nll.backward">(&eps, g, x, target);
            },
            [](const Call&, const Tensor& g, const Tensor& x, const Tensor&, bool log_input,
               double eps) -> Tensor { return chained(g, neg(log_input ? x : log(x + eps))); }},
    .saves = saves_inputs,
    .reads = {saves_inputs, saves_in0},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0, 3), true, 1e-8},
              {sample_in({2, 3}, 0.2, 3), sample_in({2, 3}, 0, 3), false, 1e-8}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, double)> gaussian_nll_terms{{
    .signature = "gaussian_nll_terms(Tensor input, Tensor target, Tensor var, float eps)",
    .doc = R"(gaussian_nll_loss before the reduction, without the constant.)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& variance, double eps) {
          const DType dtype = result_type({&x, &target, &variance});
          return pointwise<"gaussian_nll">({}, dtype, dtype, &eps, x, target, variance);
        },
    .derivative =
        Elementwise{
            [](const Call&, const Tensor& x, const Tensor& target, const Tensor& variance,
               double eps) -> Tensor { return (x - target) / limited_variance(variance, eps); },
            [](const Call&, const Tensor& x, const Tensor& target, const Tensor& variance,
               double eps) -> Tensor { return (target - x) / limited_variance(variance, eps); },
            [](const Call&, const Tensor& x, const Tensor& target, const Tensor& variance,
               double eps) -> Tensor {
              const Tensor v = limited_variance(variance, eps);
              return 0.5 * (v - square(x - target)) / square(v);
            }},
    .fused = Vjp{[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    const Tensor& variance, double eps) -> Tensor {
                   return fused<"gaussian_nll.backward">(&eps, g, x, target, variance);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    const Tensor& variance, double eps) -> Tensor {
                   return fused<"gaussian_nll.backward">(&eps, g, target, x, variance);
                 },
                 [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                    const Tensor& variance, double eps) -> Tensor {
                   return fused<"gaussian_nll.backward_var">(&eps, g, x, target, variance);
                 }},
    .saves = saves_inputs,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), sample_in({2, 3}, 0.5, 2), 1e-6}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string, Tensor)> mse_loss{{
    .signature = "mse_loss(Tensor input, Tensor target, str reduction='mean', Tensor? weight=None)",
    .doc = R"(Squared error: (input - target)**2.

input, target: the same shape (*); unlike in PyTorch they do not broadcast, which would train
towards the mean. weight: a factor for each element, broadcasts; 'mean' is then divided by the sum
of the weights. reduction: 'mean' (default; NaN for an empty input), 'sum' or 'none' (*). Raises
ShapeError for different shapes, ValueError for another reduction, DTypeError for integers.

>>> F.mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0]))
tensor(2.5000)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction,
           const Tensor& weight) {
          expect_same_shape(x, target, "mse_loss");
          floating_type_of(x, target, "mse_loss");
          return weighted_loss(squared_error(x, target), weight, reduction, "mse_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "mean", Arg()},
              {sample({3}), sample({3}), "none", Arg()},
              {sample({2, 3}), sample({2, 3}), "mean", sample_in({3}, 0.5, 2)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string, Tensor)> l1_loss{{
    .signature = "l1_loss(Tensor input, Tensor target, str reduction='mean', Tensor? weight=None)",
    .doc = R"(Absolute error: |input - target|.

input, target: the same shape (*); unlike in PyTorch they do not broadcast. weight: a factor for
each element, broadcasts; 'mean' is then divided by the sum of the weights. reduction: 'mean'
(default; NaN for an empty input, DTypeError for integers), 'sum' or 'none' (*). The gradient where
both are equal is 0. Raises ShapeError for different shapes, ValueError for another reduction,
DTypeError for bools.

>>> F.l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0]))
tensor(1.5000)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction,
           const Tensor& weight) {
          expect_same_shape(x, target, "l1_loss");
          const bool real = is_floating(result_type({&x, &target}));
          return weighted_loss(real ? absolute_error(x, target) : abs(x - target), weight,
                               reduction, "l1_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "sum", Arg()},
              {sample({2, 3}), sample({2, 3}), "mean", sample_in({2, 3}, 0.5, 2)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string, double)> smooth_l1_loss{{
    .signature =
        "smooth_l1_loss(Tensor input, Tensor target, *, str reduction='mean', float beta=1.0)",
    .doc = R"(½ d² / beta where d = |input - target| is below beta, d - ½ beta elsewhere.

input, target: the same shape (*); unlike in PyTorch they do not broadcast. beta: where the parabola
ends (default 1; 0 gives the absolute error). reduction: 'mean' (default), 'sum' or 'none' (*).
Raises ShapeError for different shapes, ValueError for negative beta and another reduction,
DTypeError for integers. Source: Girshick, 2015.

>>> F.smooth_l1_loss(tg.tensor([0.5, 3.0]), tg.zeros(2), reduction="none")
tensor([0.1250, 2.5000])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction, double beta) {
          expect_same_shape(x, target, "smooth_l1_loss");
          floating_type_of(x, target, "smooth_l1_loss");
          expect<ValueError>(beta >= 0, "smooth_l1_loss: beta must not be negative, got {}", beta);
          return reduced_loss(
              beta == 0 ? absolute_error(x, target) : huber_terms(x, target, beta, 1 / beta),
              reduction, "smooth_l1_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "mean", 1.0},
              {sample({3}), sample({3}), "none", 0.3},
              {sample({3}), sample({3}), "sum", 0.0}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string, double, Tensor)> huber_loss{{
    .signature = "huber_loss(Tensor input, Tensor target, str reduction='mean', float delta=1.0, "
                 "Tensor? weight=None)",
    .doc = R"(½ d² where d = |input - target| is below delta, delta (d - ½ delta) elsewhere.

input, target: the same shape (*); unlike in PyTorch they do not broadcast. delta: positive, default
1. weight: a factor for each element, broadcasts; unlike that of mse_loss, 'mean' is divided by the
number of elements, as in PyTorch. reduction: 'mean' (default), 'sum' or 'none' (*). Raises
ShapeError for different shapes, ValueError for another delta or reduction, DTypeError for integers.
Source: Huber, 1964.

>>> F.huber_loss(tg.tensor([0.5, 3.0]), tg.zeros(2), reduction="none", delta=2.0)
tensor([0.1250, 4.0000])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction, double delta,
           const Tensor& weight) {
          expect_same_shape(x, target, "huber_loss");
          floating_type_of(x, target, "huber_loss");
          expect<ValueError>(delta > 0, "huber_loss: delta must be positive, got {}", delta);
          const Tensor terms = huber_terms(x, target, delta, 1.0);
          return reduced_loss(
              weight.defined() ? weighted_terms(terms, weight, "huber_loss") : terms, reduction,
              "huber_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "mean", 1.0, Arg()},
              {sample({2, 3}), sample({2, 3}), "mean", 0.5, sample_in({3}, 0.5, 2)}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string, bool)> kl_div{{
    .signature =
        "kl_div(Tensor input, Tensor target, *, str reduction='mean', bool log_target=False)",
    .doc = R"(How far a distribution is from another: target * (log(target) - input).

input: logarithms of probabilities (*). target: probabilities of the same shape, of which 0
contributes 0, or their logarithms if log_target (default False). reduction: 'batchmean' is the sum
divided by the size of dim 0, the Kullback-Leibler divergence; 'mean' (default) divides by the
number of elements; 'sum'; 'none' (*). Raises ShapeError for different shapes, which PyTorch
broadcasts, ValueError for another reduction, DTypeError for integers.

>>> p = tg.tensor([[0.5, 0.5]])
>>> F.kl_div(tg.tensor([[0.25, 0.75]]).log(), p, reduction="batchmean")
tensor(0.1438)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction, bool log_target) {
          expect_same_shape(x, target, "kl_div");
          floating_type_of(x, target, "kl_div");
          const Tensor terms = kl_div_terms(x, target, log_target);
          if (reduction != "batchmean") return reduced_loss(terms, reduction, "kl_div");
          expect<ShapeError>(x.rank() > 0, "kl_div: 'batchmean' expects at least 1 dim, got ()");
          return sum(terms, {}, false, {}) / static_cast<double>(x.shape()[0]);
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0.1, 1), "batchmean", false},
              {sample({2, 3}), sample({2, 3}), "mean", true}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, bool, bool, double, std::string)> poisson_nll_loss{{
    .signature = "poisson_nll_loss(Tensor input, Tensor target, bool log_input=True, bool "
                 "full=False, *, float eps=1e-08, str reduction='mean')",
    .doc = R"(Negative log-likelihood of counts: exp(input) - target * input.

input: logarithms of the rates of Poisson distributions (*); with log_input=False the rates
themselves: input - target * log(input + eps). target: counts of the same shape. full: adds
Stirling's approximation of log(target!) where target > 1. eps: default 1e-8. reduction: 'mean'
(default), 'sum' or 'none' (*). Raises ShapeError for different shapes, which PyTorch broadcasts,
ValueError for another reduction, DTypeError for integers.

>>> F.poisson_nll_loss(tg.tensor([0.0, 1.0]), tg.tensor([1.0, 2.0]), reduction="none")
tensor([1.0000, 0.7183])
)",
    .forward =
        [](const Tensor& x, const Tensor& target, bool log_input, bool full, double eps,
           const std::string& reduction) {
          expect_same_shape(x, target, "poisson_nll_loss");
          expect_floating(x.dtype(), "poisson_nll_loss");
          Tensor terms = poisson_nll_terms(x, target, log_input, eps);
          if (full) terms = terms + log_factorial(target);
          return reduced_loss(terms, reduction, "poisson_nll_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample_in({2, 3}, 0, 3), true, true, 1e-8, "none"},
              {sample_in({2, 3}, 0.2, 3), sample_in({2, 3}, 0, 3), false, false, 1e-8, "mean"}};
    },
}};

Family elementwise_loss_family() {
  return {&squared_error,     &absolute_error,     &huber_terms, &kl_div_terms,
          &poisson_nll_terms, &gaussian_nll_terms, &mse_loss,    &l1_loss,
          &smooth_l1_loss,    &huber_loss,         &kl_div,      &poisson_nll_loss};
}

}  // namespace topograd
