// Losses of classes: cross_entropy and nll_loss; and what all losses share.

#include "ops/loss.h"

#include "graph/mode.h"
#include "ops/registry.h"

namespace topograd {

Tensor reduced_loss(const Tensor& loss, const std::string& reduction, std::string_view op) {
  if (reduction == "mean") return mean(loss, {}, false, {});
  if (reduction == "sum") return sum(loss, {}, false, {});
  expect<ValueError>(reduction == "none", "{}: reduction must be 'mean', 'sum' or 'none', got '{}'",
                     op, reduction);
  return loss;
}

Tensor weighted_terms(const Tensor& loss, const Tensor& weight, std::string_view op) {
  expect_real(weight, op);
  expect<ShapeError>(broadcast_shapes(weight.shape(), loss.shape(), op) == loss.shape(),
                     "{}: weight {} does not broadcast to input {}", op, weight.shape(),
                     loss.shape());
  return loss * weight;
}

Tensor weighted_loss(const Tensor& loss, const Tensor& weight, const std::string& reduction,
                     std::string_view op) {
  if (!weight.defined()) return reduced_loss(loss, reduction, op);
  const Tensor weighted = weighted_terms(loss, weight, op);
  if (reduction != "mean") return reduced_loss(weighted, reduction, op);
  return sum(weighted, {}, false, {}) / sum(expand(weight, loss.shape()), {}, false, {});
}

void expect_same_shape(const Tensor& x, const Tensor& target, std::string_view op) {
  expect<ShapeError>(
      x.shape() == target.shape(),
      "{}: input {} and target {} differ in shape; reshape one of them (for (N, 1) and (N,): "
      "input.squeeze(-1))",
      op, x.shape(), target.shape());
}

DType floating_type_of(const Tensor& x, const Tensor& target, std::string_view op) {
  const DType dtype = result_type({&x, &target});
  expect_floating(dtype, op);
  return dtype;
}

Tensor flat_classes(const Tensor& target) {
  const Tensor row = target.rank() == 1 ? target : reshape(target, Dims{target.count()});
  return dense(converted(row, DType::int64));
}

Tensor checked_classes(const Tensor& target, index classes, OptionalInt ignored,
                       std::string_view op) {
  const Tensor flat = flat_classes(target);
  const auto* data = flat.data<std::int64_t>();
  const index count = flat.count(), passed = ignored.value_or(0);
  const bool all_count = !ignored;
  bool outside = false;
  for (index i = 0; i < count; ++i)
    outside |= ((data[i] != passed) | all_count) & ((data[i] < 0) | (data[i] >= classes));
  if (outside) [[unlikely]]
    for (index i = 0; i < count; ++i)
      expect<IndexError>((ignored && data[i] == passed) || (data[i] >= 0 && data[i] < classes),
                         "{}: target {} is out of range for {} classes", op, data[i], classes);
  return flat;
}

namespace {

Tensor weight_of_targets(const Tensor& weight, const Tensor& target, index ignored, DType dtype) {
  const Tensor kept = ne(target, Tensor(Scalar(ignored)));
  if (!weight.defined()) return cast(kept, dtype);
  const Tensor safe = where(kept, target, Tensor(Scalar(index{0})));
  return where(kept, index_select(weight, 0, safe), 0);
}

index counted_targets(const Tensor& target, index ignored) {
  const auto* data = target.data<std::int64_t>();
  const index count = target.count();
  index counted = 0;
  for (index i = 0; i < count; ++i) counted += data[i] != ignored ? 1 : 0;
  return counted;
}

/// The mean of all losses over the weights of their targets.
Tensor weighted_mean(const Tensor& rows, const Tensor& weight, const Tensor& target,
                     index ignored) {
  // A record of everything holds how the targets were counted, not their number.
  if (weight.defined() || mode.everything) {
    const Tensor weights = weight_of_targets(weight, target, ignored, rows.dtype());
    return sum(rows, {}, false, {}) / sum(weights, {}, false, {});
  }
  const index counted = counted_targets(target, ignored);
  if (counted == rows.count()) return mean(rows, {}, false, {});
  return sum(rows, {}, false, {}) / Tensor(Scalar(static_cast<double>(counted)));
}

}  // namespace

Tensor class_reduced(const Tensor& rows, const Tensor& weight, const Tensor& target, index ignored,
                     const std::string& reduction, const Dims& shape, std::string_view op) {
  if (reduction == "none") return rows.shape() == shape ? rows : reshape(rows, shape);
  if (reduction == "sum") return sum(rows, {}, false, {});
  expect<ValueError>(reduction == "mean", "{}: reduction must be 'mean', 'sum' or 'none', got '{}'",
                     op, reduction);
  return weighted_mean(rows, weight, target, ignored);
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

namespace {

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
  return reduced_loss(loss, reduction, "cross_entropy");
}

/// The losses of (N, C, d1, …), whose classes stand apart: log_softmax reads them where they are.
Tensor spread_cross_entropy(const Tensor& x, const Tensor& target, const Tensor& weight,
                            index ignored, double smoothing) {
  const index batch = x.shape()[0], classes = x.shape()[1];
  const index inner = batch == 0 ? 0 : target.count() / batch;
  const Tensor images = reshape(x, Dims{batch, classes, inner});
  if (smoothing == 0) return cross_entropy_images(images, target, weight, ignored)[0];
  checked_classes(target, classes, ignored, "cross_entropy");
  const Tensor scores = log_softmax_along(images, 1);
  const Tensor hard = nll_rows(scores, target, weight, ignored);
  const Tensor each = weight.defined() ? scores * unsqueeze(weight, 1) : scores;
  const Tensor soft = neg(reshape(mean(each, Dims{1}, false, {}), target.shape()));
  return (1 - smoothing) * hard + smoothing * where(ne(target, Tensor(Scalar(ignored))), soft, 0);
}

}  // namespace

Tensor ClassTargets::shares(const Tensor& logits) const {
  const Tensor kept = unsqueeze(ne(target, Tensor(Scalar(ignored))), 1);
  const Tensor safe = where(squeeze(kept, Dims{1}), target, Tensor(Scalar(index{0})));
  const Tensor picked =
      scatter(Tensor::zeros(logits.shape(), logits.dtype()), 1, unsqueeze(safe, 1), Tensor(1.0));
  const auto classes = static_cast<double>(logits.shape()[1]);
  return where(kept, (1 - smoothing) * picked + smoothing / classes, 0);
}

Tensor ClassTargets::parts(const Tensor& logits, const Tensor& lse) const {
  return shares(logits) * (unsqueeze(lse, 1) - logits);
}

Tensor ClassTargets::slope(const Tensor& logits, const Tensor& lse, const Tensor& weight) const {
  Tensor share = shares(logits);
  if (weight.defined()) share = share * weight;
  return exp(logits - unsqueeze(lse, 1)) * sum(share, Dims{1}, true, {}) - share;
}

namespace {

/// All gradients in one pass; the weight's and the logsumexp's are rare and take the rule.
Tensors cross_entropy_fused(const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                            const Tensor& weight, index ignored, double smoothing) {
  const DType type = compute_dtype(x.dtype());
  const bool plain = g[0].defined() && !g[1].defined() && !(weight.defined() && c.wants(2));
  if (!plain) return std::get<General>(cross_entropy_rows.derivative).vjp.all(c, g);
  const Tensor gradient = dense(converted(g[0], type)), logits = dense(converted(x, type));
  const Tensor lse = dense(converted(c.output(1), type));
  const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
  const Tensor classes_of = dense(converted(target, DType::int64));
  Tensor dx = Tensor::empty(x.shape(), type);
  if (dx.count() > 0)
    kernel_table().rows[real_index(type)].cross_entropy_backward(
        gradient.address(), logits.address(), classes_of.data<std::int64_t>(),
        weight.defined() ? scale.address() : nullptr, lse.address(), dx.address(), x.shape()[0],
        x.shape()[1], ignored, smoothing);
  return {converted(dx, x.dtype()), Tensor(), Tensor()};
}

Tensor nll_gradient(const Tensor& g, const Tensor& x, const Tensor& target, const Tensor& weight,
                    index ignored) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = dense(converted(g, type)), at = dense(converted(target, DType::int64));
  const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
  const Tensor dx = Tensor::empty(x.shape(), type);
  kernel_table().losses[real_index(type)].nll_backward(
      gradient.address(), at.data<std::int64_t>(), scale.defined() ? scale.address() : nullptr,
      dx.address(), x.shape()[0], x.shape()[1], x.shape()[2], ignored);
  return converted(dx, x.dtype());
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
              expect_floating(x.dtype(), "cross_entropy");
              const Tensor at = flat_classes(target);
              const Tensor rows = x.rank() > 2
                                      ? spread_cross_entropy(x, at, weight, ignored, smoothing)
                                      : cross_entropy_rows(x.rank() == 1 ? unsqueeze(x, 0) : x, at,
                                                           weight, ignored, smoothing)[0];
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
          const Tensor classes_of = checked_classes(target, classes, ignored, "cross_entropy");
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
              Tensor dx, each;
              if (g[0].defined()) {
                // A mean over no target at all has NaN for a cotangent: ignored rows get none of it.
                each = unsqueeze(where(ne(target, Tensor(Scalar(ignored))), g[0], 0), 1);
                dx = ClassTargets{target, ignored, smoothing}.slope(x, c.output(1), weight) * each;
              }
              if (g[1].defined()) {
                const Tensor p = exp(x - unsqueeze(c.output(1), 1)) * unsqueeze(g[1], 1);
                dx = dx.defined() ? dx + p : p;
              }
              Tensor dweight;
              if (weight.defined() && c.wants(2) && g[0].defined())
                dweight =
                    sum(each * ClassTargets{target, ignored, smoothing}.parts(x, c.output(1)),
                        Dims{0}, false, {});
              return {dx, Tensor(), dweight};
            }},
            .jvp = {[](const Call& c, const Tensors& t, const Tensor& x, const Tensor& target,
                       const Tensor& weight, std::int64_t ignored, double smoothing) -> Tensors {
              Tensor loss = Tensor::zeros(c.output(0).shape(), x.dtype()), lse = loss;
              if (t[0].defined()) {
                loss = sum(
                    t[0] * ClassTargets{target, ignored, smoothing}.slope(x, c.output(1), weight),
                    Dims{1}, false, {});
                lse = sum(t[0] * exp(x - unsqueeze(c.output(1), 1)), Dims{1}, false, {});
              }
              if (t[2].defined())
                loss = loss +
                       sum(ClassTargets{target, ignored, smoothing}.parts(x, c.output(1)) * t[2],
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
          const int dim = x.rank() == 1 ? 0 : 1;
          const index classes = x.shape()[dim], batch = dim == 0 ? 1 : x.shape()[0];
          const Tensor at = flat_classes(target);
          const index inner = batch == 0 ? 0 : at.count() / batch;
          const Tensor loss =
              nll_rows(reshape(x, Dims{batch, classes, inner}), at, weight, ignored);
          return class_reduced(loss, weight, at, ignored, reduction, target.shape(), "nll_loss");
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3}), sample_integers({4}, 3), Arg(), -100, "mean"},
              {sample({2, 3, 2}), sample_integers({2, 2}, 3), sample_in({3}, 0.5, 2), 1, "none"}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, std::int64_t)> nll_rows{{
    .signature = "nll_rows(Tensor input, Tensor target, Tensor? weight, int ignore_index)",
    .doc = R"(The losses of (N, C, inner) for checked targets (N * inner), in their shape.)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored) {
          expect<ShapeError>(x.rank() == 3 && target.shape() == Dims{x.shape()[0] * x.shape()[2]},
                             "nll_loss: input {} and target {} do not fit", x.shape(),
                             target.shape());
          expect<ShapeError>(!weight.defined() || weight.shape() == Dims{x.shape()[1]},
                             "nll_loss: weight of shape {} does not fit {} classes",
                             weight.defined() ? weight.shape() : Dims(), x.shape()[1]);
          expect_floating(x.dtype(), "nll_loss");
          const DType type = compute_dtype(x.dtype());
          const Tensor at = checked_classes(target, x.shape()[1], ignored, "nll_loss");
          const Tensor input = dense(converted(x, type));
          const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
          const Tensor loss = Tensor::empty(target.shape(), type);
          kernel_table().losses[real_index(type)].nll(
              input.address(), at.data<std::int64_t>(), scale.defined() ? scale.address() : nullptr,
              loss.address(), x.shape()[0], x.shape()[1], x.shape()[2], ignored);
          return converted(loss, x.dtype());
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensor {
                          const Targets at(x.shape(), target, ignored);
                          const Tensor each = neg(at.kept(at.weighted(g, weight)));
                          return scatter(Tensor::zeros(x.shape(), x.dtype()), 1, at.places,
                                         at.in_shape(each));
                        },
                        [](const Call&, const Tensor&, const Tensor&, const Tensor&, const Tensor&,
                           std::int64_t) -> Tensor { return Tensor(); },
                        [](const Call&, const Tensor& g, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensor {
                          const Targets at(x.shape(), target, ignored);
                          return index_add(Tensor::zeros(weight.shape(), weight.dtype()), 0,
                                           at.classes, neg(at.kept(g * at.pick(x))), 1);
                        }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensor {
                  const Targets at(x.shape(), target, ignored);
                  Tensor change = Tensor::zeros(target.shape(), x.dtype());
                  if (t[0].defined()) change = at.weighted(at.pick(t[0]), weight);
                  if (t[2].defined()) change = change + at.weighted(at.pick(x), t[2]);
                  return neg(at.kept(change));
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                    const Tensor& weight, std::int64_t ignored) -> Tensors {
      if (weight.defined() && c.wants(2))
        return {c.wants(0) ? nll_gradient(g[0], x, target, weight, ignored) : Tensor(), Tensor(),
                std::get<General>(nll_rows.derivative).vjp.one[2](c, g)};
      return {nll_gradient(g[0], x, target, weight, ignored), Tensor(), Tensor()};
    }},
    .saves = saves_inputs,
    .reads = {saves_in1 | saves_in2, saves_nothing, saves_in0 | saves_in1, saves_nothing},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample({4, 3, 1}), Tensor::of<std::int64_t>({0, 2, 1, 1}), sample_in({3}, 0.5, 2), 1},
          {sample({1, 3, 2}), Tensor::of<std::int64_t>({0, 2}), Arg(), -100}};
    },
}};

Family loss_family() { return {&cross_entropy, &cross_entropy_rows, &nll_loss, &nll_rows}; }

}  // namespace topograd
