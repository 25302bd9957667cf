// Norms over groups of channels, single instances, and the root mean square.

#include "kernels/images.h"
#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

const void* address_or_null(const Tensor& x) { return x.defined() ? x.address() : nullptr; }
void* room(const Tensor& x) { return x.defined() ? x.address() : nullptr; }
Tensor plain(const Tensor& x, DType type) { return x.defined() ? dense(converted(x, type)) : x; }
Tensor back(const Tensor& x, const Tensor& like) {
  return x.defined() ? converted(x, like.dtype()) : x;
}

void check_channels(const Tensor& x, const Tensor& per, const char* what, std::string_view op) {
  expect_real(per, op);
  expect<ShapeError>(!per.defined() || per.shape() == Dims{x.shape()[1]},
                     "{}: {} of shape {} does not fit input {} with {} channels", op, what,
                     per.defined() ? per.shape() : Dims(), x.shape(), x.shape()[1]);
}

// ---------------------------------------------------------------- groups: x as (N, G, C / G,
// inner)

kernels::GroupShape shape_of(const Tensor& x) {
  return {x.shape()[0], x.shape()[1], x.shape()[2], x.shape()[3]};
}

/// (x - mean) * scale per group.
struct Standardized {
  Tensor x, scale;
};
Standardized standardized_groups(const Tensor& x, double eps) {
  const Tensor centered = x - mean(x, Dims{2, 3}, true, {});
  const Tensor scale = rsqrt(mean(square(centered), Dims{2, 3}, true, {}) + eps);
  return {centered * scale, scale};
}
/// The part of v that changes the standardized group.
Tensor group_change(const Tensor& v, const Standardized& s) {
  return s.scale * (v - mean(v, Dims{2, 3}, true, {}) - s.x * mean(v * s.x, Dims{2, 3}, true, {}));
}
/// A value per channel, to go with x.
Tensor as_channels(const Tensor& v, const Tensor& x) {
  return reshape(v, Dims{x.shape()[1], x.shape()[2], 1});
}
Tensor sum_per_channel(const Tensor& v) { return reshape(sum(v, Dims{0, 3}, false, {}), Dims{-1}); }

Tensors group_norm_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  const DType type = compute_dtype(x.dtype());
  const Tensor input = plain(x, type), scale = plain(weight, type), shift = plain(bias, type);
  const Dims groups{x.shape()[0], x.shape()[1]};
  const Tensor out = Tensor::empty(x.shape(), type), average = Tensor::empty(groups, type),
               variance = Tensor::empty(groups, type), rstd = Tensor::empty(groups, type);
  if (x.count() > 0)
    kernels::images().group_norm[real_index(type)].forward(
        shape_of(x), input.address(), address_or_null(scale), address_or_null(shift), out.address(),
        average.address(), variance.address(), rstd.address(), eps);
  return {converted(out, x.dtype()), average, variance, rstd};
}

Tensors group_norm_fused(const Call& c, const Tensor& g, const Tensor& x, const Tensor& weight,
                         const Tensor& bias) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = plain(g, type), input = plain(x, type), scale = plain(weight, type);
  const Tensor average = plain(c.output(1), type), rstd = plain(c.output(3), type);
  const auto wanted = [&](int slot, const Tensor& like) {
    return like.defined() && c.wants(slot) ? Tensor::empty(like.shape(), type) : Tensor();
  };
  const Tensor dx = wanted(0, x), dweight = wanted(1, weight), dbias = wanted(2, bias);
  kernels::images().group_norm[real_index(type)].backward(
      shape_of(x), gradient.address(), input.address(), address_or_null(scale), average.address(),
      rstd.address(), room(dx), room(dweight), room(dbias));
  return {back(dx, x), back(dweight, weight), back(dbias, bias)};
}

Tensors normalized_groups(const Tensor& x, index groups, const Tensor& weight, const Tensor& bias,
                          double eps) {
  const index channels = x.shape()[1];
  const index inner = count_of(Dims(x.shape().begin() + 2, x.shape().end()));
  Tensors results = group_norm_groups(
      reshape(x, Dims{x.shape()[0], groups, channels / groups, inner}), weight, bias, eps);
  results[0] = in_format_of(reshape(results[0], x.shape()), x);
  return results;
}

void update_running(const Tensor& running, const Tensor& now, double momentum) {
  if (!running.defined()) return;
  lerp.into(running.detach(), converted(now, running.dtype()),
            Tensor::full({}, momentum, running.dtype()));
}

// ---------------------------------------------------------------- root mean square: x as (…, n)

index rows_of(const Tensor& x) { return count_of(Dims(x.shape().begin(), x.shape().end() - 1)); }

struct Scaled {
  Tensor x, scale;  // x * scale, scale = 1 / sqrt(mean(x * x) + eps); per row
};
Scaled scaled_rows(const Tensor& x, double eps) {
  const Tensor scale = rsqrt(mean(square(x), Dims{-1}, true, {}) + eps);
  return {x * scale, scale};
}
Tensor scaled_change(const Tensor& v, const Scaled& s) {
  return s.scale * (v - s.x * mean(v * s.x, Dims{-1}, true, {}));
}

Tensors rms_norm_fused(const Call& c, const Tensor& g, const Tensor& x, const Tensor& weight) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = plain(g, type), input = plain(x, type), scale = plain(weight, type),
               rstd = plain(c.output(1), type);
  const Tensor dx = c.wants(0) ? Tensor::empty(x.shape(), type) : Tensor();
  const Tensor dweight =
      weight.defined() && c.wants(1) ? Tensor::zeros(weight.shape(), type) : Tensor();
  if (x.count() > 0)
    kernels::images().rms_norm[real_index(type)].backward(
        gradient.address(), input.address(), address_or_null(scale), rstd.address(), room(dx),
        room(dweight), rows_of(x), x.shape().back());
  return {back(dx, x), back(dweight, weight)};
}

}  // namespace

constinit const Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, double)> group_norm{{
    .signature = "group_norm(Tensor input, int num_groups, Tensor? weight=None, Tensor? bias=None, "
                 "float eps=1e-05)",
    .doc = R"(Mean 0 and variance 1 over each group of channels of each example.

out = (input - mean) / sqrt(var + eps) * weight[c] + bias[c]. input: (N, C, *), floating point; its
shape, dtype and format stay. mean and the biased var are taken over C / num_groups channels and all
dims behind. weight and bias: (C,), None (default) leaves them out. eps: default 1e-5.
Raises ValueError if num_groups does not divide C, ShapeError where shapes do not fit, DTypeError
for integers. Source: Wu and He, 2018.

>>> F.group_norm(tg.tensor([[1.0, 3.0, 5.0, 5.0]]), 2, eps=0.5)
tensor([[-0.8165,  0.8165,  0.0000,  0.0000]])
)",
    .forward =
        [](const Tensor& x, std::int64_t groups, const Tensor& weight, const Tensor& bias,
           double eps) {
          expect_floating(x.dtype(), "group_norm");
          expect<ShapeError>(x.rank() >= 2, "group_norm: expects an input (N, C, …), got shape {}",
                             x.shape());
          expect<ValueError>(groups > 0 && x.shape()[1] % groups == 0,
                             "group_norm: num_groups {} must divide the {} channels of shape {}",
                             groups, x.shape()[1], x.shape());
          check_channels(x, weight, "weight", "group_norm");
          check_channels(x, bias, "bias", "group_norm");
          expect<ShapeError>(x.count() != groups,
                             "group_norm: expects more than one value to take statistics of, got "
                             "shape {} in {} groups",
                             x.shape(), groups);
          return normalized_groups(x, groups, weight, bias, eps)[0];
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 4, 3}), 2, sample({4}), sample({4}), 1e-5},
              {sample({2, 6, 2, 2}), 3, sample({6}), Arg(), 1e-3},
              {sample({3, 4}), 2, Arg(), Arg(), 0.1}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, bool, double, double)>
    instance_norm{{
        .signature = "instance_norm(Tensor input, Tensor? running_mean=None, Tensor? "
                     "running_var=None, Tensor? weight=None, Tensor? bias=None, bool "
                     "use_input_stats=True, float momentum=0.1, float eps=1e-05)",
        .doc = R"(Mean 0 and variance 1 of each channel of each example.

out = (input - mean) / sqrt(var + eps) * weight[c] + bias[c]. input: (N, C, *), floating point; its
shape, dtype and format stay. use_input_stats=True (default): mean and the biased var are taken over
the dims behind C, and running = (1 - momentum) * running + momentum * (their mean over N) in place,
the running_var with the unbiased variance. False takes running_mean and running_var, which must be
there. running_mean, running_var, weight, bias: (C,) or None. momentum: default 0.1, eps: 1e-5.
Raises ShapeError when a shape does not fit, and for fewer than two values to take statistics of;
ValueError without running statistics where they are needed. Source: Ulyanov and others, 2016.

>>> F.instance_norm(tg.tensor([[[1.0, 3.0], [5.0, 5.0]]]))
tensor([[[-1.0000,  1.0000],
         [ 0.0000,  0.0000]]])
)",
        .forward =
            [](const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
               const Tensor& weight, const Tensor& bias, bool use_input_stats, double momentum,
               double eps) {
              expect_floating(x.dtype(), "instance_norm");
              expect<ShapeError>(x.rank() >= 2,
                                 "instance_norm: expects an input (N, C, …), got shape {}",
                                 x.shape());
              check_channels(x, running_mean, "running_mean", "instance_norm");
              check_channels(x, running_var, "running_var", "instance_norm");
              check_channels(x, weight, "weight", "instance_norm");
              check_channels(x, bias, "bias", "instance_norm");
              expect<ValueError>(running_mean.defined() == running_var.defined(),
                                 "instance_norm: running_mean and running_var come together");
              if (!use_input_stats) {
                expect<ValueError>(running_mean.defined(),
                                   "instance_norm: without use_input_stats expects running_mean "
                                   "and running_var");
                return batch_norm(x, running_mean, running_var, weight, bias, false, momentum, eps);
              }
              const index values = count_of(Dims(x.shape().begin() + 2, x.shape().end()));
              expect<ShapeError>(values > 1,
                                 "instance_norm: expects more than one value per channel to take "
                                 "statistics of, got shape {}",
                                 x.shape());
              const Tensors results =
                  normalized_groups(x, std::max<index>(1, x.shape()[1]), weight, bias, eps);
              if (running_mean.defined() && x.count() > 0) {
                const auto n = static_cast<double>(values);
                update_running(running_mean, mean(results[1].detach(), Dims{0}, false, {}),
                               momentum);
                update_running(running_var,
                               mean(results[2].detach(), Dims{0}, false, {}) * (n / (n - 1)),
                               momentum);
              }
              return results[0];
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({2, 3, 4}), Arg(), Arg(), sample({3}), sample({3}), true, 0.1, 1e-5},
                  {sample({2, 2, 3, 2}), Arg(), Arg(), Arg(), Arg(), true, 0.1, 1e-3},
                  {sample({2, 3, 2}), sample({3}), sample_in({3}, 0.5, 2), sample({3}), Arg(),
                   false, 0.1, 1e-5}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, double)> group_norm_groups{{
    .signature = "group_norm_groups(Tensor input, Tensor? weight, Tensor? bias, float eps)"
                 " -> (Tensor result, Tensor mean, Tensor var, Tensor rstd)",
    .doc = R"(group_norm of (N, G, C / G, inner). Only the result has a derivative.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
          expect_floating(x.dtype(), "group_norm");
          expect<ShapeError>(x.rank() == 4, "group_norm: expects (N, G, C / G, inner), got {}",
                             x.shape());
          for (const Tensor& affine : {weight, bias}) {
            expect_real(affine, "group_norm");
            expect<ShapeError>(
                !affine.defined() || affine.shape() == Dims{x.shape()[1] * x.shape()[2]},
                "group_norm: weight or bias of shape {} does not fit {} channels",
                affine.defined() ? affine.shape() : Dims(), x.shape()[1] * x.shape()[2]);
          }
          return group_norm_forward(x, weight, bias, eps);
        },
    .derivative =
        General{.vjp = {[](const Call&, const Tensors& g, const Tensor& x, const Tensor& weight,
                           const Tensor&, double eps) -> Tensor {
                          const Standardized s = standardized_groups(x, eps);
                          return group_change(
                              weight.defined() ? g[0] * as_channels(weight, x) : g[0], s);
                        },
                        [](const Call&, const Tensors& g, const Tensor& x, const Tensor&,
                           const Tensor&, double eps) -> Tensor {
                          return sum_per_channel(g[0] * standardized_groups(x, eps).x);
                        },
                        [](const Call&, const Tensors& g, const Tensor&, const Tensor&,
                           const Tensor&, double) -> Tensor { return sum_per_channel(g[0]); }},
                .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& weight,
                           const Tensor&, double eps) -> Tensors {
                  const Standardized s = standardized_groups(x, eps);
                  Tensor out = Tensor::zeros(x.shape(), x.dtype());
                  if (t[0].defined()) out = group_change(t[0], s);
                  if (t[0].defined() && weight.defined()) out = out * as_channels(weight, x);
                  if (t[1].defined()) out = out + as_channels(t[1], x) * s.x;
                  if (t[2].defined()) out = out + as_channels(t[2], x);
                  return {out, Tensor(), Tensor(), Tensor()};
                }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& weight,
                    const Tensor& bias,
                    double) -> Tensors { return group_norm_fused(c, g[0], x, weight, bias); }},
    .saves = saves_in0 | saves_in1 | saves_later_outputs,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 2, 2, 3}), sample({4}), sample({4}), 1e-5},
              {sample({2, 3, 1, 4}), Arg(), Arg(), 1e-3}};
    },
}};

constinit const Op<Tensor(Tensor, Dims, Tensor, std::optional<double>)> rms_norm{{
    .signature = "rms_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, float? "
                 "eps=None)",
    .doc = R"(The last dims over their root mean square: x / sqrt(mean(x ** 2) + eps) * weight.

input: (*, normalized_shape), floating point; its shape and dtype stay. weight has normalized_shape;
None (default) leaves it out. eps: default the distance from 1 to the next float64 number for
float64, to the next float32 number otherwise. A row of zeros gives zeros. Raises ShapeError when normalized_shape does not fit, DTypeError for integers.
Source: Zhang and Sennrich, 2019.

>>> F.rms_norm(tg.tensor([2.0, 2.0]), [2], eps=0.0)
tensor([1., 1.])
)",
    .forward =
        [](const Tensor& x, const Dims& shape, const Tensor& weight,
           const std::optional<double>& eps) {
          expect_floating(x.dtype(), "rms_norm");
          expect_real(weight, "rms_norm");
          const int first = x.rank() - shape.size();
          expect<ShapeError>(
              first >= 0 && !shape.empty() &&
                  Dims(x.shape().begin() + std::max(first, 0), x.shape().end()) == shape,
              "rms_norm: normalized_shape {} does not fit the last dims of input {}", shape,
              x.shape());
          expect<ShapeError>(!weight.defined() || weight.shape() == shape,
                             "rms_norm: weight of shape {} does not fit normalized_shape {}",
                             weight.defined() ? weight.shape() : Dims(), shape);
          const double least = x.dtype() == DType::float64 ? 0x1p-52 : 0x1p-23;
          if (shape.size() == 1) return rms_norm_rows(x, weight, eps.value_or(least))[0];
          const index n = count_of(shape);
          const index rows = count_of(Dims(x.shape().begin(), x.shape().begin() + first));
          return reshape(rms_norm_rows(reshape(x, Dims{rows, n}),
                                       weight.defined() ? reshape(weight, Dims{n}) : weight,
                                       eps.value_or(least))[0],
                         x.shape());
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), Dims{4}, sample({4}), Arg()},
              {sample({2, 3}), Dims{2, 3}, Arg(), 1e-3},
              {sample({2, 3, 2}), Dims{3, 2}, sample({3, 2}), 0.1}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, double)> rms_norm_rows{{
    .signature = "rms_norm_rows(Tensor input, Tensor? weight, float eps)"
                 " -> (Tensor result, Tensor rstd)",
    .doc = R"(rms_norm over the last dim. Only the result has a derivative.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, double eps) {
          expect_floating(x.dtype(), "rms_norm");
          expect_real(weight, "rms_norm");
          expect<ShapeError>(
              x.rank() >= 1 && (!weight.defined() || weight.shape() == Dims{x.shape().back()}),
              "rms_norm: weight of shape {} does not fit rows of shape {}",
              weight.defined() ? weight.shape() : Dims(), x.shape());
          const DType type = compute_dtype(x.dtype());
          const Tensor input = plain(x, type), scale = plain(weight, type);
          const Tensor out = Tensor::empty(x.shape(), type),
                       rstd = Tensor::empty({rows_of(x)}, type);
          if (x.count() > 0)
            kernels::images().rms_norm[real_index(type)].forward(
                input.address(), address_or_null(scale), out.address(), rstd.address(), rows_of(x),
                x.shape().back(), eps);
          return Tensors{converted(out, x.dtype()), rstd};
        },
    .derivative = General{.vjp = {[](const Call&, const Tensors& g, const Tensor& x,
                                     const Tensor& weight, double eps) -> Tensor {
                                    return scaled_change(weight.defined() ? g[0] * weight : g[0],
                                                         scaled_rows(x, eps));
                                  },
                                  [](const Call&, const Tensors& g, const Tensor& x, const Tensor&,
                                     double eps) -> Tensor {
                                    return sum(reshape(g[0] * scaled_rows(x, eps).x,
                                                       Dims{rows_of(x), x.shape().back()}),
                                               Dims{0}, false, {});
                                  }},
                          .jvp = {[](const Call&, const Tensors& t, const Tensor& x,
                                     const Tensor& weight, double eps) -> Tensors {
                            const Scaled s = scaled_rows(x, eps);
                            Tensor out = Tensor::zeros(x.shape(), x.dtype());
                            if (t[0].defined()) out = scaled_change(t[0], s);
                            if (t[0].defined() && weight.defined()) out = out * weight;
                            if (t[1].defined()) out = out + t[1] * s.x;
                            return {out, Tensor()};
                          }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& weight,
                    double) -> Tensors { return rms_norm_fused(c, g[0], x, weight); }},
    .saves = saves_in0 | saves_in1 | saves_later_outputs,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), sample({4}), 1e-5}, {sample({2, 3, 4}), Arg(), 1e-3}};
    },
}};

Family group_norm_family() {
  return {&group_norm, &instance_norm, &group_norm_groups, &rms_norm, &rms_norm_rows};
}

}  // namespace topograd
