// Normalization and dropout.

#include "base/generator.h"
#include "ops/family.h"
#include "ops/registry.h"

namespace topograd {
namespace {

const void* address_or_null(const Tensor& x) { return x.defined() ? x.address() : nullptr; }
Tensor plain(const Tensor& x, DType type) { return x.defined() ? dense(converted(x, type)) : x; }

// ---------------------------------------------------------------- layer norm over rows of n

struct Standardized {
  Tensor x, scale;  // (x - mean) * scale, scale = 1 / sqrt(var + eps); per row
};
Standardized standardized_rows(const Tensor& x, double eps) {
  const Tensor centered = x - mean(x, Dims{-1}, true, {});
  const Tensor scale = rsqrt(mean(square(centered), Dims{-1}, true, {}) + eps);
  return {centered * scale, scale};
}

/// Number of rows of a tensor (…, n).
index rows_of(const Tensor& x) { return count_of(Dims(x.shape().begin(), x.shape().end() - 1)); }
/// (…, n) summed to (n,).
Tensor sum_of_rows(const Tensor& x) {
  return sum(reshape(x, Dims{rows_of(x), x.shape().back()}), Dims{0}, false, {});
}

/// The part of v that changes the standardized row: v minus its mean and its component along x.
Tensor standardized_change(const Tensor& v, const Standardized& s) {
  return s.scale * (v - mean(v, Dims{-1}, true, {}) - s.x * mean(v * s.x, Dims{-1}, true, {}));
}

Tensors layer_norm_fused(const Call& c, const Tensor& g, const Tensor& x, const Tensor& weight,
                         const Tensor& bias) {
  const DType type = compute_dtype(x.dtype());
  const index rows = rows_of(x), n = x.shape().back();
  const Tensor gradient = plain(g, type), input = plain(x, type), scale = plain(weight, type);
  const Tensor average = plain(c.output(1), type), rstd = plain(c.output(2), type);
  const auto wanted = [&](int slot, const Tensor& like) {
    return like.defined() && c.wants(slot) ? Tensor::zeros(like.shape(), type) : Tensor();
  };
  const Tensor dx = wanted(0, x), dweight = wanted(1, weight), dbias = wanted(2, bias);
  const auto out = [](const Tensor& t) { return t.defined() ? t.address() : nullptr; };
  if (x.count() > 0)
    kernel_table().rows[real_index(type)].layer_norm_backward(
        gradient.address(), input.address(), address_or_null(scale), average.address(),
        rstd.address(), out(dx), out(dweight), out(dbias), rows, n);
  const auto back = [&](const Tensor& t, const Tensor& like) {
    return t.defined() ? converted(t, like.dtype()) : t;
  };
  return {back(dx, x), back(dweight, weight), back(dbias, bias)};
}

// ---------------------------------------------------------------- batch norm: x as (N, C, inner)

/// Where the channels lie innermost every pixel is an example of its own: nothing is copied.
Tensor per_channel(const Tensor& x) {
  const index channels = x.shape()[1];
  if (channels_format(x) != nullptr && channels > 0)
    return reshape(movedim(x, Dims{1}, Dims{-1}), Dims{x.count() / channels, channels, 1});
  return reshape(
      x, Dims{x.shape()[0], channels, count_of(Dims(x.shape().begin() + 2, x.shape().end()))});
}
/// The result of such channels in the shape and the format of x.
Tensor from_channels(const Tensor& result, const Tensor& x) {
  if (channels_format(x) == nullptr || x.shape()[1] == 0) return reshape(result, x.shape());
  Dims shape{x.shape()[0]};
  for (int d = 2; d < x.rank(); ++d) shape.push_back(x.shape()[d]);
  shape.push_back(x.shape()[1]);
  return movedim(reshape(result, shape), Dims{-1}, Dims{1});
}
Tensor as_channel(const Tensor& v) { return reshape(v, Dims{1, -1, 1}); }

Standardized standardized_channels(const Tensor& x, double eps) {
  const Tensor centered = x - mean(x, Dims{0, 2}, true, {});
  const Tensor scale = rsqrt(mean(square(centered), Dims{0, 2}, true, {}) + eps);
  return {centered * scale, scale};
}
Tensor channel_change(const Tensor& v, const Standardized& s) {
  return s.scale * (v - mean(v, Dims{0, 2}, true, {}) - s.x * mean(v * s.x, Dims{0, 2}, true, {}));
}

Tensors batch_norm_forward(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
  for (const Tensor& one : {x, weight, bias}) expect_real(one, "batch_norm");
  const DType type = compute_dtype(x.dtype());
  const Tensor input = plain(x, type), scale = plain(weight, type), shift = plain(bias, type);
  const index batch = x.shape()[0], channels = x.shape()[1], inner = x.shape()[2];
  Tensor average = Tensor::empty({channels}, type), variance = Tensor::empty({channels}, type);
  Tensor out = Tensor::empty(x.shape(), type);
  const auto& rows = kernel_table().rows[real_index(type)];
  rows.channel_statistics(input.address(), average.address(), variance.address(), batch, channels,
                          inner);
  const Tensor rstd = rsqrt(variance + eps);
  rows.channel_normalize(input.address(), average.address(), rstd.address(), address_or_null(scale),
                         address_or_null(shift), out.address(), batch, channels, inner);
  return {converted(out, x.dtype()), average, variance, rstd};
}

Tensors batch_norm_fused(const Call& c, const Tensor& g, const Tensor& x, const Tensor& weight,
                         const Tensor& bias) {
  const DType type = compute_dtype(x.dtype());
  const Tensor gradient = plain(g, type), input = plain(x, type), scale = plain(weight, type);
  const Tensor average = plain(c.output(1), type), rstd = plain(c.output(3), type);
  Tensor dx = c.wants(0) ? Tensor::empty(x.shape(), type) : Tensor();
  Tensor dweight = weight.defined() && c.wants(1) ? Tensor::empty(weight.shape(), type) : Tensor();
  Tensor dbias = bias.defined() && c.wants(2) ? Tensor::empty(bias.shape(), type) : Tensor();
  const auto out = [](const Tensor& t) { return t.defined() ? t.address() : nullptr; };
  kernel_table().rows[real_index(type)].channel_normalize_backward(
      gradient.address(), input.address(), average.address(), rstd.address(),
      address_or_null(scale), out(dx), out(dweight), out(dbias), x.shape()[0], x.shape()[1],
      x.shape()[2], true);
  const auto back = [&](const Tensor& t, const Tensor& like) {
    return t.defined() ? converted(t, like.dtype()) : t;
  };
  return {back(dx, x), back(dweight, weight), back(dbias, bias)};
}

void update_running(const Tensor& running, const Tensor& now, double momentum) {
  if (!running.defined()) return;
  const Tensor target = running.detach();
  lerp.into(target, converted(now, running.dtype()), Tensor::full({}, momentum, running.dtype()));
}

void check_channels(const Tensor& x, const Tensor& per, const char* what) {
  expect_real(per, "batch_norm");
  expect<ShapeError>(!per.defined() || per.shape() == Dims{x.shape()[1]},
                     "batch_norm: {} of shape {} does not fit input {} with {} channels", what,
                     per.defined() ? per.shape() : Dims(), x.shape(), x.shape()[1]);
}

/// What batch_norm gives for no numbers: nothing, with a history.
Tensor scaled_channels(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  Dims shape = Dims::filled(x.rank(), 1);
  shape[1] = x.shape()[1];
  const Tensor out = x * (weight.defined() ? reshape(weight, shape) : Tensor(1.0));
  return bias.defined() ? out + reshape(bias, shape) : out;
}

}  // namespace

constinit const Op<Tensor(Tensor, Dims, Tensor, Tensor, double)> layer_norm{{
    .signature =
        "layer_norm(Tensor input, int[] normalized_shape, Tensor? weight=None, Tensor? bias=None, "
        "float eps=1e-05)",
    .doc =
        R"(Standardization over the last dims: (x - mean) / sqrt(var + eps) * weight + bias.

input: (*, normalized_shape), floating point; its shape and dtype stay. mean and the biased var are
taken over the dims of normalized_shape, which is a number or a tuple. weight and bias have
normalized_shape; None (default) leaves them out. eps: added to var, default 1e-5; equal elements
give 0 + bias. NaN spreads over its row.
Raises ShapeError when normalized_shape does not fit, DTypeError for integers.
Source: Ba, Kiros and Hinton, 2016.

>>> F.layer_norm(tg.tensor([[1.0, 2.0, 3.0], [4.0, 4.0, 4.0]]), (3,))
tensor([[-1.2247,  0.0000,  1.2247],
        [ 0.0000,  0.0000,  0.0000]])
)",
    .forward =
        [](const Tensor& x, const Dims& shape, const Tensor& weight, const Tensor& bias,
           double eps) {
          const int first = x.rank() - shape.size();
          bool fits = first >= 0 && !shape.empty();
          for (int d = 0; fits && d < shape.size(); ++d) fits = x.shape()[first + d] == shape[d];
          expect<ShapeError>(
              fits, "layer_norm: normalized_shape {} does not fit the last dims of input {}", shape,
              x.shape());
          for (const Tensor& affine : {weight, bias}) {
            expect_real(affine, "layer_norm");
            expect<ShapeError>(
                !affine.defined() || affine.shape() == shape,
                "layer_norm: weight or bias of shape {} does not fit normalized_shape {}",
                affine.defined() ? affine.shape() : Dims(), shape);
          }
          const index n = count_of(shape);
          if (shape.size() == 1) return layer_norm_rows(x, weight, bias, n, eps)[0];
          const auto flat = [&](const Tensor& v) { return v.defined() ? reshape(v, Dims{n}) : v; };
          const index rows = count_of(Dims(x.shape().begin(), x.shape().begin() + first));
          return reshape(
              layer_norm_rows(reshape(x, Dims{rows, n}), flat(weight), flat(bias), n, eps)[0],
              x.shape());
        },
    .traits = is_functional,
    .samples = []() -> std::vector<Sample> {
      return {{sample({2, 3, 4}), Dims{4}, sample({4}), sample({4}), 1e-5},
              {sample({2, 3}), Dims{2, 3}, Arg(), Arg(), 1e-3}};
    },
}};

constinit const Op<Tensors(Tensor, Tensor, Tensor, std::int64_t, double)> layer_norm_rows{{
    .signature = "layer_norm_rows(Tensor input, Tensor? weight, Tensor? bias, int n, float eps)"
                 " -> (Tensor result, Tensor mean, Tensor rstd)",
    .doc = R"(layer_norm over the last dim. Only the result takes part in differentiation.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias, std::int64_t n, double eps) {
          const DType type = compute_dtype(x.dtype());
          expect<DTypeError>(is_floating(x.dtype()),
                             "layer_norm: expects a floating point input, got {}", x.dtype());
          expect<ShapeError>(x.rank() >= 1 && x.shape().back() == n,
                             "layer_norm: rows of {} expected, got shape {}", n, x.shape());
          for (const Tensor& affine : {weight, bias})
            expect<ShapeError>(!affine.defined() || affine.shape() == Dims{n},
                               "layer_norm: weight or bias of shape {} does not fit rows of {}",
                               affine.defined() ? affine.shape() : Dims(), n);
          const index rows = rows_of(x);
          const Tensor input = plain(x, type), scale = plain(weight, type),
                       shift = plain(bias, type);
          Tensor out = Tensor::empty(x.shape(), type), average = Tensor::empty({rows}, type),
                 rstd = Tensor::empty({rows}, type);
          if (x.count() > 0)
            kernel_table().rows[real_index(type)].layer_norm(
                input.address(), address_or_null(scale), address_or_null(shift), out.address(),
                average.address(), rstd.address(), rows, n, eps);
          return Tensors{converted(out, x.dtype()), average, rstd};
        },
    .derivative =
        General{
            .vjp = {[](const Call&, const Tensors& g, const Tensor& x, const Tensor& weight,
                       const Tensor&, std::int64_t, double eps) -> Tensor {
                      const Standardized s = standardized_rows(x, eps);
                      return standardized_change(weight.defined() ? g[0] * weight : g[0], s);
                    },
                    [](const Call&, const Tensors& g, const Tensor& x, const Tensor&, const Tensor&,
                       std::int64_t, double eps) -> Tensor {
                      return sum_of_rows(g[0] * standardized_rows(x, eps).x);
                    },
                    [](const Call&, const Tensors& g, const Tensor&, const Tensor&, const Tensor&,
                       std::int64_t, double) -> Tensor { return sum_of_rows(g[0]); }},
            .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& weight,
                       const Tensor&, std::int64_t, double eps) -> Tensors {
              const Standardized s = standardized_rows(x, eps);
              Tensor out = Tensor::zeros(x.shape(), x.dtype());
              if (t[0].defined()) out = standardized_change(t[0], s);
              if (t[0].defined() && weight.defined()) out = out * weight;
              if (t[1].defined()) out = out + t[1] * s.x;
              if (t[2].defined()) out = out + t[2];
              return {out, Tensor(), Tensor()};
            }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& weight,
                    const Tensor& bias, std::int64_t,
                    double) -> Tensors { return layer_norm_fused(c, g[0], x, weight, bias); }},
    .saves = saves_in0 | saves_in1 | saves_later_outputs,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({3, 4}), sample({4}), sample({4}), 4, 1e-5},
              {sample({2, 3, 4}), sample({4}), Arg(), 4, 1e-5},
              {sample({3, 4}), Arg(), Arg(), 4, 1e-3}};
    },
}};

constinit const Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, bool, double, double)> batch_norm{
    {
        .signature = "batch_norm(Tensor input, Tensor? running_mean, Tensor? running_var, Tensor? "
                     "weight=None, "
                     "Tensor? bias=None, bool training=False, float momentum=0.1, float eps=1e-05)",
        .doc = R"(Standardization per channel: (x - mean) / sqrt(var + eps) * weight + bias.

input: (N, C, *), floating point. running_mean, running_var, weight and bias: (C,), each or None.
training=True takes the mean and the biased var of the batch over all dims but C, and changes
running = (1 - momentum) * running + momentum * batch in place, the running_var with the unbiased
variance. training=False (default) takes running_mean and running_var, which must be there.
momentum: default 0.1. eps: added to var, default 1e-5.
Raises ShapeError when a shape does not fit, and in training for a single value per channel;
ValueError without running statistics outside of training. Source: Ioffe and Szegedy, 2015.

>>> mean, var = tg.zeros(1), tg.ones(1)
>>> F.batch_norm(tg.tensor([[1.0], [3.0]]), mean, var, training=True)
tensor([[-1.0000],
        [ 1.0000]])
>>> mean, var
(tensor([0.2000]), tensor([1.1000]))
)",
        .forward =
            [](const Tensor& x, const Tensor& running_mean, const Tensor& running_var,
               const Tensor& weight, const Tensor& bias, bool training, double momentum,
               double eps) {
              expect<DTypeError>(is_floating(x.dtype()),
                                 "batch_norm: expects a floating point input, got {}", x.dtype());
              expect<ShapeError>(x.rank() >= 2,
                                 "batch_norm: expects an input (N, C, …), got shape {}", x.shape());
              check_channels(x, running_mean, "running_mean");
              check_channels(x, running_var, "running_var");
              check_channels(x, weight, "weight");
              check_channels(x, bias, "bias");
              expect<ValueError>(running_mean.defined() == running_var.defined(),
                                 "batch_norm: running_mean and running_var come together");
              if (!training) {
                expect<ValueError>(
                    running_mean.defined() && running_var.defined(),
                    "batch_norm: without training expects running_mean and running_var");
                Dims shape = Dims::filled(x.rank(), 1);
                shape[1] = x.shape()[1];
                Tensor scale = rsqrt(running_var + eps);
                if (weight.defined()) scale = scale * weight;
                Tensor shift = neg(running_mean * scale);
                if (bias.defined()) shift = shift + bias;
                const Tensor wide = addcmul(reshape(shift, shape), x, reshape(scale, shape), 1);
                return wide.dtype() == x.dtype() ? wide : cast(wide, x.dtype());
              }
              if (x.count() == 0) return scaled_channels(x, weight, bias);
              const index per = x.count() / x.shape()[1];
              expect<ShapeError>(
                  per > 1,
                  "batch_norm: expects more than one value per channel when training, got shape {}",
                  x.shape());
              const Tensor channels = per_channel(x);
              const Tensors results = batch_norm_train(channels, weight, bias, eps);
              const auto count = static_cast<double>(per);
              update_running(running_mean, results[1].detach(), momentum);
              update_running(running_var, results[2].detach() * (count / (count - 1)), momentum);
              return from_channels(results[0], x);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          return {{sample({4, 3, 2}), Arg(), Arg(), sample({3}), sample({3}), true, 0.1, 1e-5},
                  {sample({4, 3}), sample({3}), sample_in({3}, 0.5, 2), sample({3}), Arg(), false,
                   0.1, 1e-5}};
        },
    }};

constinit const Op<Tensors(Tensor, Tensor, Tensor, double)> batch_norm_train{{
    .signature = "batch_norm_train(Tensor input, Tensor? weight, Tensor? bias, float eps)"
                 " -> (Tensor result, Tensor mean, Tensor var, Tensor rstd)",
    .doc = R"(batch_norm of (N, C, inner) in training. Only the result has a derivative.)",
    .forward =
        [](const Tensor& x, const Tensor& weight, const Tensor& bias, double eps) {
          expect<DTypeError>(is_floating(x.dtype()),
                             "batch_norm: expects a floating point input, got {}", x.dtype());
          expect<ShapeError>(x.rank() == 3, "batch_norm: expects (N, C, inner), got shape {}",
                             x.shape());
          check_channels(x, weight, "weight");
          check_channels(x, bias, "bias");
          return batch_norm_forward(x, weight, bias, eps);
        },
    .derivative =
        General{
            .vjp = {[](const Call&, const Tensors& g, const Tensor& x, const Tensor& weight,
                       const Tensor&, double eps) -> Tensor {
                      const Standardized s = standardized_channels(x, eps);
                      return channel_change(weight.defined() ? g[0] * as_channel(weight) : g[0], s);
                    },
                    [](const Call&, const Tensors& g, const Tensor& x, const Tensor&, const Tensor&,
                       double eps) -> Tensor {
                      return sum(g[0] * standardized_channels(x, eps).x, Dims{0, 2}, false, {});
                    },
                    [](const Call&, const Tensors& g, const Tensor&, const Tensor&, const Tensor&,
                       double) -> Tensor { return sum(g[0], Dims{0, 2}, false, {}); }},
            .jvp = {[](const Call&, const Tensors& t, const Tensor& x, const Tensor& weight,
                       const Tensor&, double eps) -> Tensors {
              const Standardized s = standardized_channels(x, eps);
              Tensor out = Tensor::zeros(x.shape(), x.dtype());
              if (t[0].defined()) out = channel_change(t[0], s);
              if (t[0].defined() && weight.defined()) out = out * as_channel(weight);
              if (t[1].defined()) out = out + as_channel(t[1]) * s.x;
              if (t[2].defined()) out = out + as_channel(t[2]);
              return {out, Tensor(), Tensor(), Tensor()};
            }}},
    .fused = Vjp{[](const Call& c, const Tensors& g, const Tensor& x, const Tensor& weight,
                    const Tensor& bias,
                    double) -> Tensors { return batch_norm_fused(c, g[0], x, weight, bias); }},
    .saves = saves_in0 | saves_in1 | saves_later_outputs,
    .traits = is_hidden,
    .differentiable_outputs = 1,
    .samples = []() -> std::vector<Sample> {
      return {{sample({4, 3, 2}), sample({3}), sample({3}), 1e-5},
              {sample({4, 3, 2}), Arg(), Arg(), 1e-3}};
    },
}};

constinit const Op<Tensor(Tensor, double, bool, bool)> dropout{{
    .signature = "dropout(Tensor input, float p=0.5, bool training=True, bool inplace=False)",
    .doc =
        R"(Each element set to 0 with probability p, the others divided by 1 - p.

input: any shape, floating point. p: default 0.5; 0 gives input itself, 1 gives zeros.
On average the result is input. training=False gives input itself. inplace=True writes over input.
Where an element is dropped its gradient is 0, elsewhere 1 / (1 - p). The mask is drawn again from
the random state in the backward pass and in a replay: it takes no memory.
Raises ValueError unless 0 <= p <= 1, DTypeError for integers. Source: Srivastava and others, 2014.

>>> y = F.dropout(tg.ones(1000), p=0.2)
>>> sorted(set(y.tolist()))
[0.0, 1.25]
>>> F.dropout(tg.ones(2), training=False)
tensor([1., 1.])
)",
    .forward =
        [](const Tensor& x, double p, bool training, bool inplace) {
          expect<ValueError>(p >= 0 && p <= 1, "dropout: p must be in [0, 1], got {}", p);
          if (!training || p == 0) return x;
          const auto state = Generator::global().take(x.count());
          const Tensor y = dropout_seeded(x, p, static_cast<index>(state.seed),
                                          static_cast<index>(state.offset));
          return inplace ? copy.into(x, y, false) : y;
        },
    .traits = is_functional | is_random,
    .samples = []() -> std::vector<Sample> { return {{sample({4, 3}), 0.5, false, false}}; },
}};

constinit const Op<Tensor(Tensor, double, std::int64_t, std::int64_t)> dropout_seeded{{
    .signature = "dropout_seeded(Tensor input, float p, int seed, int offset)",
    .doc = R"(dropout with a given random state.)",
    .forward =
        [](const Tensor& x, double p, std::int64_t seed, std::int64_t offset) {
          const DType type = compute_dtype(x.dtype());
          expect<DTypeError>(is_floating(x.dtype()),
                             "dropout: expects a floating point input, got {}", x.dtype());
          const Tensor input = plain(x, type);
          Tensor out = Tensor::empty(x.shape(), type);
          const double scale = p < 1 ? 1 / (1 - p) : 0;
          const auto& random = kernel_table().random;
          const auto s = static_cast<std::uint64_t>(seed), o = static_cast<std::uint64_t>(offset);
          if (type == DType::float32)
            random.dropout_f32(input.data<float>(), out.data<float>(), x.count(), p, scale, s, o);
          else
            random.dropout_f64(input.data<double>(), out.data<double>(), x.count(), p, scale, s, o);
          return laid_out_like(converted(out, x.dtype()), {&x});
        },
    .derivative =
        Linear{[](const Call&, const Tensor& g, const Tensor&, double p, std::int64_t seed,
                  std::int64_t offset) -> Tensor { return dropout_seeded(g, p, seed, offset); }},
    .traits = is_hidden,
    .samples = []() -> std::vector<Sample> { return {{sample({4, 3}), 0.5, 7, 3}}; },
}};

Family norm_family() {
  return {&layer_norm, &layer_norm_rows, &batch_norm, &batch_norm_train, &dropout, &dropout_seeded};
}

}  // namespace topograd
