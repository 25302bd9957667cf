// Losses.

#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensor reduced(const Tensor& loss, const std::string& reduction, std::string_view op) {
  if (reduction == "mean") return mean(loss, {}, false, {});
  if (reduction == "sum") return sum(loss, {}, false, {});
  expect<ValueError>(reduction == "none", "{}: reduction must be 'mean', 'sum' or 'none', got '{}'",
                     op, reduction);
  return loss;
}

/// A target of another shape would broadcast in silence and train towards a mean: refused unless
/// the shapes are equal.
void expect_same_shape(const Tensor& x, const Tensor& target, std::string_view op) {
  expect<ShapeError>(
      x.shape() == target.shape(),
      "{}: input {} and target {} differ in shape; reshape one of them (for (N, 1) and (N,): "
      "input.squeeze(-1))",
      op, x.shape(), target.shape());
}

void check_classes(const Tensor& target, index classes, index ignored, std::string_view op) {
  const auto* data = target.data<std::int64_t>();
  for (index i = 0; i < target.count(); ++i)
    expect<IndexError>(data[i] == ignored || (data[i] >= 0 && data[i] < classes),
                       "{}: target {} is out of range for {} classes", op, data[i], classes);
}

Tensor as_indices(const Tensor& target) {
  return dense(converted(reshape(target, Dims{target.count()}), DType::int64));
}

/// (N, C, d1, …) logits as rows of classes; the class dim goes last.
Tensor class_rows(const Tensor& x) {
  if (x.rank() == 1) return unsqueeze(x, 0);
  if (x.rank() == 2) return x;
  return reshape(movedim(x, Dims{1}, Dims{-1}), Dims{-1, x.shape()[1]});
}

Tensor weight_of_targets(const Tensor& weight, const Tensor& target, index ignored, DType dtype) {
  const Tensor kept = ne(target, Tensor(Scalar(ignored)));
  if (!weight.defined()) return cast(kept, dtype);
  const Tensor safe = where(kept, target, Tensor(Scalar(index{0})));
  return where(kept, index_select(weight, 0, safe), 0);
}

Tensor class_reduced(const Tensor& rows, const Tensor& weight, const Tensor& target, index ignored,
                     const std::string& reduction, const Dims& shape, std::string_view op) {
  if (reduction == "none") return reshape(rows, shape);
  const Tensor total = sum(rows, {}, false, {});
  if (reduction == "sum") return total;
  expect<ValueError>(reduction == "mean", "{}: reduction must be 'mean', 'sum' or 'none', got '{}'",
                     op, reduction);
  return total / sum(weight_of_targets(weight, target, ignored, rows.dtype()), {}, false, {});
}

void check_class_shapes(const Tensor& x, const Tensor& target, const Tensor& weight,
                        std::string_view op) {
  expect<ShapeError>(x.rank() >= 1,
                     "{}: expects logits (C,), (N, C) or (N, C, d1, …), got shape {}", op,
                     x.shape());
  expect_real(weight, op);
  Dims wanted = x.shape();
  wanted.erase(x.rank() == 1 ? 0 : 1);
  expect<ShapeError>(target.shape() == wanted,
                     "{}: target of shape {} does not fit logits {}: expected {}", op,
                     target.shape(), x.shape(), wanted);
  const index classes = x.shape()[x.rank() == 1 ? 0 : 1];
  expect<ShapeError>(!weight.defined() || weight.shape() == Dims{classes},
                     "{}: weight of shape {} does not fit {} classes", op,
                     weight.defined() ? weight.shape() : Dims(), classes);
}

/// Targets given as probabilities, of the shape of the logits.
Tensor soft_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                          const std::string& reduction, double smoothing) {
  expect_real(weight, "cross_entropy");
  const int dim = x.rank() == 1 ? 0 : 1;
  const auto classes = static_cast<double>(x.shape()[dim]);
  Tensor wanted = target;
  if (smoothing > 0) wanted = wanted * (1 - smoothing) + smoothing / classes;
  Tensor scores = log_softmax(x, dim, {});
  if (weight.defined()) {
    Dims shape = Dims::filled(x.rank(), 1);
    shape[dim] = x.shape()[dim];
    scores = scores * reshape(weight, shape);
  }
  const Tensor loss = neg(sum(scores * wanted, Dims{dim}, false, {}));
  if (reduction == "mean")
    return sum(loss, {}, false, {}) / Tensor(static_cast<double>(loss.count()));
  return reduced(loss, reduction, "cross_entropy");
}

/// Per row the unweighted contribution of every class to the loss: (N, C), linear in the class
/// weights.
Tensor cross_entropy_parts(const Call& c, const Tensor& x, const Tensor& target, index ignored,
                           double smoothing) {
  const auto classes = static_cast<double>(x.shape()[1]);
  const Tensor kept = unsqueeze(ne(target, Tensor(Scalar(ignored))), 1);
  const Tensor safe = where(squeeze(kept, Dims{1}), target, Tensor(Scalar(index{0})));
  const Tensor picked =
      scatter(Tensor::zeros(x.shape(), x.dtype()), 1, unsqueeze(safe, 1), Tensor(1.0));
  const Tensor share = where(kept, (1 - smoothing) * picked + smoothing / classes, 0);
  return share * (unsqueeze(c.output(1), 1) - x);
}

/// d loss[row] / d x[row, class].
Tensor cross_entropy_slope(const Call& c, const Tensor& x, const Tensor& target,
                           const Tensor& weight, index ignored, double smoothing) {
  const auto classes = static_cast<double>(x.shape()[1]);
  const Tensor kept = unsqueeze(ne(target, Tensor(Scalar(ignored))), 1);
  const Tensor safe = where(squeeze(kept, Dims{1}), target, Tensor(Scalar(index{0})));
  const Tensor picked =
      scatter(Tensor::zeros(x.shape(), x.dtype()), 1, unsqueeze(safe, 1), Tensor(1.0));
  Tensor share = where(kept, (1 - smoothing) * picked + smoothing / classes, 0);
  if (weight.defined()) share = share * weight;
  const Tensor p = exp(x - unsqueeze(c.output(1), 1));
  return p * sum(share, Dims{1}, true, {}) - share;
}

/// All gradients in one pass; the weight's and the logsumexp's are rare and take the rule.
Tensors cross_entropy_fused(const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                            const Tensor& weight, index ignored, double smoothing) {
  const DType type = compute_dtype(x.dtype());
  const bool plain = g[0].defined() && !g[1].defined() && !(weight.defined() && c.wants(2));
  if (!plain) return std::get<General>(cross_entropy_rows.derivative).vjp.all(c, g);
  const Tensor gradient = dense(converted(g[0], type)), logits = dense(converted(x, type));
  const Tensor lse = dense(converted(c.output(1), type));
  const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
  const Tensor classes_of = as_indices(target);
  Tensor dx = Tensor::empty(x.shape(), type);
  if (dx.count() > 0)
    kernel_table().rows[real_index(type)].cross_entropy_backward(
        gradient.address(), logits.address(), classes_of.data<std::int64_t>(),
        weight.defined() ? scale.address() : nullptr, lse.address(), dx.address(), x.shape()[0],
        x.shape()[1], ignored, smoothing);
  return {converted(dx, x.dtype()), Tensor(), Tensor()};
}

}  // namespace

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::int64_t, std::string, double)> cross_entropy{
    {
        .signature = "cross_entropy(Tensor input, Tensor target, Tensor? weight=None, *, int "
                     "ignore_index=-100, "
                     "str reduction='mean', float label_smoothing=0.0)",
        .doc = R"(Cross-entropy of logits: -weight[target] * log_softmax(input)[target].

input: (C,), (N, C) or (N, C, d1, …), floating point. target: integer class indices (), (N,) or
(N, d1, …), or probabilities of the shape of input. weight: (C,), default 1. Rows whose target is
ignore_index (default -100) count 0. label_smoothing: in [0, 1], mixes the target with the uniform
distribution: (1 - s) * target + s / C. reduction: 'none' gives the shape of class indices, 'sum',
or 'mean' (default), which divides by the summed weights of the targets, for probabilities by their
number. No counted row gives NaN for 'mean'. The gradient of a row is softmax(input) - target.
Raises IndexError for a class outside of [0, C), ShapeError when shapes do not fit, ValueError for
another reduction or label_smoothing.

>>> logits = tg.tensor([[1.0, 2.0, 3.0], [0.0, 0.0, 0.0]])
>>> F.cross_entropy(logits, tg.tensor([2, 1]), reduction="none")
tensor([0.4076, 1.0986])
>>> F.cross_entropy(logits, tg.tensor([2, 1]), ignore_index=1)
tensor(0.4076)
)",
        .forward =
            [](const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored,
               const std::string& reduction, double smoothing) {
              expect<ValueError>(smoothing >= 0 && smoothing <= 1,
                                 "cross_entropy: label_smoothing must be in [0, 1], got {}",
                                 smoothing);
              if (is_floating(target.dtype())) {
                expect<ShapeError>(x.shape() == target.shape(),
                                   "cross_entropy: probabilities of shape {} do not fit logits {}",
                                   target.shape(), x.shape());
                return soft_cross_entropy(x, target, weight, reduction, smoothing);
              }
              expect<DTypeError>(is_integer(target.dtype()),
                                 "cross_entropy: target must hold class indices, got {}",
                                 target.dtype());
              check_class_shapes(x, target, weight, "cross_entropy");
              const Tensor at = as_indices(target);
              const Tensor rows =
                  cross_entropy_rows(class_rows(x), at, weight, ignored, smoothing)[0];
              return class_reduced(rows, weight, at, ignored, reduction, target.shape(),
                                   "cross_entropy");
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({4, 3}), sample_integers({4}, 3), Arg(), -100, "mean", 0.0},
                  {sample({2, 3, 2}), sample_integers({2, 2}, 3), sample_in({3}, 0.5, 2), 1, "sum",
                   0.1},
                  {sample({4, 3}), softmax(sample({4, 3}), 1, {}), Arg(), -100, "mean", 0.1},
                  {sample({3}), sample_integers({}, 3), Arg(), -100, "none", 0.0}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, std::int64_t, double)> cross_entropy_rows{{
    .signature =
        "cross_entropy_rows(Tensor input, Tensor target, Tensor? weight, int ignore_index, "
        "float label_smoothing) -> (Tensor loss, Tensor logsumexp)",
    .doc = R"(The loss of every row of logits (N, C), and the logsumexp of the row.)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored,
           double smoothing) {
          expect<ShapeError>(x.rank() == 2 && target.shape() == Dims{x.shape()[0]},
                             "cross_entropy: logits {} and target {} do not fit", x.shape(),
                             target.shape());
          expect<DTypeError>(is_floating(x.dtype()),
                             "cross_entropy: expects floating point logits, got {}", x.dtype());
          const index rows = x.shape()[0], classes = x.shape()[1];
          expect<ShapeError>(!weight.defined() || weight.shape() == Dims{classes},
                             "cross_entropy: weight of shape {} does not fit {} classes",
                             weight.defined() ? weight.shape() : Dims(), classes);
          const Tensor classes_of = as_indices(target);
          check_classes(classes_of, classes, ignored, "cross_entropy");
          const DType type = compute_dtype(x.dtype());
          const Tensor logits = dense(converted(x, type));
          const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
          Tensor loss = Tensor::empty({rows}, type), lse = Tensor::empty({rows}, type);
          if (rows > 0)
            kernel_table().rows[real_index(type)].cross_entropy(
                logits.address(), classes_of.data<std::int64_t>(),
                weight.defined() ? scale.address() : nullptr, loss.address(), lse.address(), rows,
                classes, ignored, smoothing);
          return Tensors{converted(loss, x.dtype()), converted(lse, x.dtype())};
        },
    .derivative =
        General{
            .vjp = {[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                       const Tensor& weight, std::int64_t ignored, double smoothing) -> Tensors {
              Tensor dx;
              if (g[0].defined())
                dx = cross_entropy_slope(c, x, target, weight, ignored, smoothing) *
                     unsqueeze(g[0], 1);
              if (g[1].defined()) {
                const Tensor p = exp(x - unsqueeze(c.output(1), 1)) * unsqueeze(g[1], 1);
                dx = dx.defined() ? dx + p : p;
              }
              Tensor dweight;
              if (weight.defined() && c.wants(2) && g[0].defined())
                dweight =
                    sum(unsqueeze(g[0], 1) * cross_entropy_parts(c, x, target, ignored, smoothing),
                        Dims{0}, false, {});
              return {dx, Tensor(), dweight};
            }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const Tensor& target,
                       const Tensor& weight, std::int64_t ignored, double smoothing) -> Tensors {
              Tensor loss = Tensor::zeros(c.output(0).shape(), x.dtype()), lse = loss;
              if (t[0].defined()) {
                loss = sum(t[0] * cross_entropy_slope(c, x, target, weight, ignored, smoothing),
                           Dims{1}, false, {});
                lse = sum(t[0] * exp(x - unsqueeze(c.output(1), 1)), Dims{1}, false, {});
              }
              if (t[2].defined())
                loss = loss + sum(cross_entropy_parts(c, x, target, ignored, smoothing) * t[2],
                                  Dims{1}, false, {});
              return {loss, lse};
            }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                    const Tensor& weight, std::int64_t ignored, double smoothing) -> Tensors {
      return cross_entropy_fused(c, g, x, target, weight, ignored, smoothing);
    }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample({4, 3}), Tensor::of<std::int64_t>({0, 2, 1, 1}), sample_in({3}, 0.5, 2), 1, 0.2},
          {sample({2, 3}), Tensor::of<std::int64_t>({0, 2}), Arg(), -100, 0.0}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::int64_t, std::string)> nll_loss{{
    .signature =
        "nll_loss(Tensor input, Tensor target, Tensor? weight=None, *, int ignore_index=-100, "
        "str reduction='mean')",
    .doc =
        R"(Negative log-likelihood: -weight[target] * input[target].

input: log-probabilities (C,), (N, C) or (N, C, d1, …). target: integer class indices (), (N,) or
(N, d1, …). weight: (C,), default 1. Rows whose target is ignore_index (default -100) count 0.
reduction: 'none', 'sum', or 'mean' (default), which divides by the summed weights of the targets.
Raises IndexError for a class outside of [0, C), ShapeError when shapes do not fit, DTypeError for
an integer input. cross_entropy is this after log_softmax.

>>> F.nll_loss(tg.tensor([[-1.0, -2.0], [-3.0, -4.0]]), tg.tensor([1, 0]))
tensor(2.5000)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored,
           const std::string& reduction) {
          expect_floating(x.dtype(), "nll_loss");
          expect<DTypeError>(is_integer(target.dtype()),
                             "nll_loss: target must hold class indices, got {}", target.dtype());
          check_class_shapes(x, target, weight, "nll_loss");
          const Tensor rows = class_rows(x), at = as_indices(target);
          check_classes(at, rows.shape()[1], ignored, "nll_loss");
          const Tensor kept = ne(at, Tensor(Scalar(ignored)));
          const Tensor safe = where(kept, at, Tensor(Scalar(index{0})));
          const Tensor picked = squeeze(gather(rows, 1, unsqueeze(safe, 1)), Dims{1});
          const Tensor loss = neg(picked * weight_of_targets(weight, at, ignored, x.dtype()));
          return class_reduced(loss, weight, at, ignored, reduction, target.shape(), "nll_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), sample_integers({4}, 3), Arg(), -100, "mean"},
              {sample({2, 3, 2}), sample_integers({2, 2}, 3), sample_in({3}, 0.5, 2), 1, "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string)> mse_loss{{
    .signature = "mse_loss(Tensor input, Tensor target, str reduction='mean')",
    .doc = R"(Squared error: (input - target)**2.

input, target: the same shape (*); unlike in PyTorch they do not broadcast, which would train
towards the mean. reduction: 'mean' (default; NaN for an empty input), 'sum' or 'none' (*). Raises
ShapeError for different shapes, ValueError for another reduction, DTypeError for integers.

>>> F.mse_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0]))
tensor(2.5000)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction) {
          expect_same_shape(x, target, "mse_loss");
          const DType dtype = result_type({&x, &target});
          expect_floating(dtype, "mse_loss");
          return reduced(square(cast(x, dtype) - cast(target, dtype)), reduction, "mse_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3}), sample({2, 3}), "mean"}, {sample({3}), sample({3}), "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, std::string)> l1_loss{{
    .signature = "l1_loss(Tensor input, Tensor target, str reduction='mean')",
    .doc = R"(Absolute error: |input - target|.

input, target: the same shape (*); unlike in PyTorch they do not broadcast. reduction: 'mean'
(default; NaN for an empty input, DTypeError for integers), 'sum' or 'none' (*). The gradient where
both are equal is 0. Raises ShapeError for different shapes, ValueError for another reduction,
DTypeError for bools.

>>> F.l1_loss(tg.tensor([1.0, 2.0]), tg.tensor([0.0, 0.0]))
tensor(1.5000)
)",
    .forward =
        [](const Tensor& x, const Tensor& target, const std::string& reduction) {
          expect_same_shape(x, target, "l1_loss");
          return reduced(abs(x - target), reduction, "l1_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> { return {{sample({2, 3}), sample({2, 3}), "sum"}}; },
}};

constinit const Op<Tensor(Tensor, Tensor)> binary_cross_entropy_terms{{
    .signature = "binary_cross_entropy_terms(Tensor input, Tensor target)",
    .doc = R"(binary_cross_entropy before weights and the reduction.)",
    .forward =
        [](const Tensor& x, const Tensor& target) {
          return neg(target * clamp_min(log(x), -100) + (1 - target) * clamp_min(log1p(-x), -100));
        },
    // Finite where x is 0 or 1, and pointing away from there.
    .derivative = Elementwise{[](const Call&, const Tensor& x, const Tensor& target) -> Tensor {
                                return (x - target) / clamp_min(x * (1 - x), 1e-12);
                              },
                              [](const Call&, const Tensor& x, const Tensor&) -> Tensor {
                                return clamp_min(log1p(-x), -100) - clamp_min(log(x), -100);
                              }},
    .saves = saves_inputs,
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
          expect_same_shape(x, target, "binary_cross_entropy");
          expect<DTypeError>(
              is_floating(x.dtype()) && is_floating(target.dtype()),
              "binary_cross_entropy: expects floating point input and target, got {} and {}",
              x.dtype(), target.dtype());
          for (const auto& [name, p] : {std::pair{"input", &x}, std::pair{"target", &target}})
            expect<ValueError>(
                all(logical_and(ge(*p, 0), le(*p, 1)), {}, false).item().integer() != 0,
                "binary_cross_entropy: {} must lie in [0, 1]", name);
          expect_real(weight, "binary_cross_entropy");
          Tensor loss = binary_cross_entropy_terms(x, target);
          if (weight.defined()) loss = loss * weight;
          return reduced(loss, reduction, "binary_cross_entropy");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample_in({2, 3}, 0.1, 0.9), sample_in({2, 3}, 0.1, 0.9), Arg(), "mean"}};
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
              expect_same_shape(x, target, "binary_cross_entropy_with_logits");
              expect<DTypeError>(is_floating(x.dtype()) && is_floating(target.dtype()),
                                 "binary_cross_entropy_with_logits: expects floating point input "
                                 "and target, got {} and {}",
                                 x.dtype(), target.dtype());
              for (const Tensor& one : {weight, positive})
                expect_real(one, "binary_cross_entropy_with_logits");
              const Tensor log_one_plus = neg(logsigmoid(x));
              Tensor loss = positive.defined()
                                ? (1 - target) * x + (1 + (positive - 1) * target) * log_one_plus
                                : (1 - target) * x + log_one_plus;
              if (weight.defined()) loss = loss * weight;
              return reduced(loss, reduction, "binary_cross_entropy_with_logits");
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 3}), sample_in({2, 3}, 0, 1), Arg(), "mean", Arg()},
                  {sample({2, 3}), sample_in({2, 3}, 0, 1), sample_in({3}, 1, 2), "none",
                   sample_in({3}, 1, 2)}};
        },
    }};

Family loss_family() {
  return {&cross_entropy,
          &cross_entropy_rows,
          &nll_loss,
          &mse_loss,
          &l1_loss,
          &binary_cross_entropy_terms,
          &binary_cross_entropy,
          &binary_cross_entropy_with_logits};
}

}  // namespace topograd
