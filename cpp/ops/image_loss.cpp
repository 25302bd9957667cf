// Cross-entropy of images, whose classes stand apart in memory.

#include "ops/loss.h"
#include "ops/registry.h"

namespace topograd {
namespace {

Tensor images_gradient(const Tensor& g, const Tensor& scores, const Tensor& target,
                       const Tensor& weight, index ignored, DType dtype) {
  const DType type = scores.dtype();
  const Tensor gradient = dense(converted(g, type)), at = dense(converted(target, DType::int64));
  const Tensor scale = weight.defined() ? dense(converted(weight, type)) : weight;
  const Tensor dx = Tensor::empty(scores.shape(), type);
  kernel_table().losses[real_index(type)].images_backward(
      gradient.address(), scores.address(), at.data<std::int64_t>(),
      scale.defined() ? scale.address() : nullptr, dx.address(), scores.shape()[0],
      scores.shape()[1], scores.shape()[2], ignored);
  return converted(dx, dtype);
}

}  // namespace

constinit const Op<Tensors(Tensor, Tensor, Tensor, std::int64_t)> cross_entropy_images{{
    .signature = "cross_entropy_images(Tensor input, Tensor target, Tensor? weight, int "
                 "ignore_index) -> (Tensor loss, Tensor scores)",
    .doc = R"(The losses of logits (N, C, inner) for targets (N * inner), and their log_softmax.)",
    .forward =
        [](const Tensor& x, const Tensor& target, const Tensor& weight, std::int64_t ignored) {
          expect<ShapeError>(x.rank() == 3 && target.shape() == Dims{x.shape()[0] * x.shape()[2]},
                             "cross_entropy: logits {} and target {} do not fit", x.shape(),
                             target.shape());
          expect_floating(x.dtype(), "cross_entropy");
          checked_classes(target, x.shape()[1], ignored, "cross_entropy");
          const DType type = compute_dtype(x.dtype());
          const Tensor scores = log_softmax_along(dense(converted(x, type)), 1);
          const Tensor scale = weight.defined() ? converted(weight, type) : weight;
          return Tensors{converted(nll_rows(scores, target, scale, ignored), x.dtype()), scores};
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensors& g, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensor {
                          const Targets at(x.shape(), target, ignored);
                          const Tensor each = at.in_shape(at.kept(at.weighted(g[0], weight)));
                          const Tensor zeros = Tensor::zeros(x.shape(), x.dtype());
                          return softmax_along(x, 1) * each - scatter(zeros, 1, at.places, each);
                        },
                        [](const Call&, const Tensors&, const Tensor&, const Tensor&, const Tensor&,
                           std::int64_t) -> Tensor { return Tensor(); },
                        [](const Call&, const Tensors& g, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensor {
                          const Targets at(x.shape(), target, ignored);
                          const Tensor each = neg(at.kept(g[0] * at.pick(log_softmax_along(x, 1))));
                          return index_add(Tensor::zeros(weight.shape(), weight.dtype()), 0,
                                           at.classes, each, 1);
                        }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& target,
                           const Tensor& weight, std::int64_t ignored) -> Tensors {
                  const Targets at(x.shape(), target, ignored);
                  Tensor change = Tensor::zeros(target.shape(), x.dtype());
                  if (t[0].defined()) {
                    const Tensor mean_change = sum(t[0] * softmax_along(x, 1), Dims{1}, true, {});
                    change = at.weighted(at.pick(t[0] - mean_change), weight);
                  }
                  if (t[2].defined())
                    change = change + at.weighted(at.pick(log_softmax_along(x, 1)), t[2]);
                  return {neg(at.kept(change)), Tensor()};
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& target,
                    const Tensor& weight, std::int64_t ignored) -> Tensors {
      Tensors made(3);
      if (c.wants(0))
        made[0] = images_gradient(g[0], c.output(1), target, weight, ignored, x.dtype());
      if (weight.defined() && c.wants(2))
        made[2] = std::get<General>(cross_entropy_images.derivative).vjp.one[2](c, g);
      return made;
    }},
    .saves = saves_inputs | saves_output,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {
          {sample({2, 3, 2}), Tensor::of<std::int64_t>({0, 2, 1, 1}), sample_in({3}, 0.5, 2), 1},
          {sample({1, 3, 2}), Tensor::of<std::int64_t>({0, 2}), Arg(), -100}};
    },
}};

Family image_loss_family() { return {&cross_entropy_images}; }

}  // namespace topograd
