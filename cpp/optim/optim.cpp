#include "topograd/optim.h"

#include <cmath>

#include "graph/history.h"
#include "kernels/kernels.h"
#include "tensor/body.h"
#include "topograd/autograd.h"
#include "topograd/ops.h"

namespace topograd {
namespace {

bool is_kernel_type(DType dtype) { return dtype == DType::float32 || dtype == DType::float64; }

/// A parameter as the kernels want it: dense, float32 or float64. Others are stepped in a converted
/// copy and written back.
struct Slot {
  Tensor parameter, work, gradient;
};

Slot slot_of(const Tensor& parameter, const Tensor& gradient) {
  const DType type = is_kernel_type(parameter.dtype()) ? parameter.dtype() : DType::float32;
  const Tensor plain = parameter.detach();
  return {plain, dense(converted(plain, type)), dense(converted(gradient, type))};
}

}  // namespace

OptimizerState::OptimizerState(Tensors parameters)
    : parameters_(std::move(parameters)), values_(parameters_.size()) {}

std::vector<OptimizerState::Gradient> OptimizerState::ready_gradients() const {
  std::vector<Gradient> ready;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    expect<ShapeError>(gradient.shape() == parameters_[i].shape(),
                       "optimizer: gradient of shape {} does not fit parameter {} of shape {}",
                       gradient.shape(), i, parameters_[i].shape());
    expect<TypeError>(is_floating(parameters_[i].dtype()), "optimizer: parameter {} has dtype {}",
                      i, parameters_[i].dtype());
    check_writable(parameters_[i], "optimizer", false);
    for (const auto& [name, value] : values_[i])
      expect<ShapeError>(
          !value.defined() || name == "step" || value.shape() == parameters_[i].shape(),
          "optimizer: the state '{}' has shape {}, parameter {} has shape {} (was its "
          "data replaced? make a new optimizer)",
          name, value.defined() ? value.shape() : Dims(), i, parameters_[i].shape());
    ready.push_back({i, gradient.detach()});
  }
  return ready;
}

Tensor& OptimizerState::buffer(std::size_t i, const char* name) {
  Tensor& value = values_[i][name];
  const Tensor& parameter = parameters_[i];
  const DType type = is_kernel_type(parameter.dtype()) ? parameter.dtype() : DType::float32;
  if (!value.defined())
    value = Tensor::zeros(parameter.shape(), type);
  else if (value.dtype() != type || !value.contiguous())
    value = dense_copy(converted(value, type));
  return value;
}

double OptimizerState::next_step(std::size_t i) {
  Tensor& step = values_[i]["step"];
  if (!step.defined()) step = Tensor::full({}, 0.0, DType::float32);
  const double next = step.item().real() + 1;
  *step.data<float>() = static_cast<float>(next);
  return next;
}

namespace {

/// Hands all parameters of one dtype to the kernel in one call and writes back what was converted.
template <class Run>
void run_by_type(std::vector<kernels::OptimizerStep> (&steps)[2], std::vector<Slot>& slots,
                 Run&& run) {
  for (int type = 0; type < 2; ++type)
    if (!steps[type].empty()) run(kernels::active().optimizers[type], steps[type]);
  for (Slot& slot : slots) {
    if (!slot.work.same_as(slot.parameter)) copy_elements(slot.work, slot.parameter);
    slot.parameter.body()->storage->bump();
  }
}

}  // namespace

void OptimizerState::step(const Sgd& options) {
  const NoGrad pause;
  std::vector<kernels::OptimizerStep> steps[2];
  std::vector<Slot> slots;
  for (const Gradient& g : ready_gradients()) {
    slots.push_back(slot_of(parameters_[g.position], g.value));
    const Slot& slot = slots.back();
    kernels::OptimizerStep one{};
    one.count = slot.work.count();
    one.parameter = slot.work.address();
    one.gradient = slot.gradient.address();
    if (options.momentum != 0) {
      const auto& known = values_[g.position];
      one.step =
          known.count("momentum_buffer") != 0 && known.at("momentum_buffer").defined() ? 2 : 1;
      one.first = buffer(g.position, "momentum_buffer").address();
    }
    steps[slot.work.dtype() == DType::float64 ? 1 : 0].push_back(one);
  }
  const kernels::SgdOptions kernel_options{options.lr,        options.momentum,
                                           options.dampening, options.weight_decay,
                                           options.nesterov,  options.maximize};
  run_by_type(steps, slots, [&](const kernels::Optimizers& kernel, const auto& list) {
    kernel.sgd(list.data(), static_cast<index>(list.size()), kernel_options);
  });
}

void OptimizerState::step(const Adam& options) {
  const NoGrad pause;
  std::vector<kernels::OptimizerStep> steps[2];
  std::vector<Slot> slots;
  for (const Gradient& g : ready_gradients()) {
    slots.push_back(slot_of(parameters_[g.position], g.value));
    const Slot& slot = slots.back();
    kernels::OptimizerStep one{};
    one.count = slot.work.count();
    one.parameter = slot.work.address();
    one.gradient = slot.gradient.address();
    one.step = next_step(g.position);
    one.first = buffer(g.position, "exp_avg").address();
    one.second = buffer(g.position, "exp_avg_sq").address();
    if (options.amsgrad) one.third = buffer(g.position, "max_exp_avg_sq").address();
    steps[slot.work.dtype() == DType::float64 ? 1 : 0].push_back(one);
  }
  const kernels::AdamOptions kernel_options{options.lr,       options.beta1,        options.beta2,
                                            options.eps,      options.weight_decay, options.amsgrad,
                                            options.maximize, options.decoupled};
  run_by_type(steps, slots, [&](const kernels::Optimizers& kernel, const auto& list) {
    kernel.adam(list.data(), static_cast<index>(list.size()), kernel_options);
  });
}

void OptimizerState::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters_) {
    const Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (set_to_none)
      parameter.set_grad(Tensor());
    else
      parameter.set_grad(Tensor::zeros(gradient.shape(), gradient.dtype()));
  }
}

void OptimizerState::set(std::size_t i, Values values) {
  expect<IndexError>(i < parameters_.size(), "optimizer: no parameter {}", i);
  for (auto& [name, value] : values) {
    if (!value.defined()) continue;
    if (name == "step") {
      expect<ShapeError>(value.count() == 1, "optimizer: 'step' must be one number, got shape {}",
                         value.shape());
      value = Tensor::full({}, value.item().real(), DType::float32);
      continue;
    }
    expect<ShapeError>(value.shape() == parameters_[i].shape(),
                       "optimizer: state '{}' of shape {} does not fit parameter {} of shape {}",
                       name, value.shape(), i, parameters_[i].shape());
    value = dense_copy(value.detach());
  }
  values_[i] = std::move(values);
}

void OptimizerState::clear() {
  for (Values& values : values_) values.clear();
}

Tensor total_norm(const Tensors& tensors, double norm_type) {
  const NoGrad pause;
  if (tensors.empty()) return Tensor::zeros({});
  DType dtype = tensors[0].dtype();
  for (const Tensor& x : tensors) dtype = promote(dtype, x.dtype());
  Tensors norms;
  for (const Tensor& x : tensors) {
    if (norm_type == 2 && is_kernel_type(x.dtype())) {
      const Tensor plain = dense(x);
      const double squares =
          kernels::active().optimizers[x.dtype() == DType::float64 ? 1 : 0].sum_of_squares(
              plain.address(), x.count());
      // A sum that left the range of double is recomputed by the norm that scales.
      if (std::isfinite(squares) && squares > 1e-280) {
        norms.push_back(Tensor::full({}, std::sqrt(squares), dtype));
        continue;
      }
    }
    norms.push_back(cast(vector_norm(x, norm_type, std::nullopt, false), dtype));
  }
  return vector_norm(stack(norms, index{0}), norm_type, std::nullopt, false);
}

void scale_in_place(const Tensors& tensors, const Tensor& factor) {
  const NoGrad pause;
  for (const Tensor& x : tensors) mul.into(x, cast(factor, x.dtype()));
}

}  // namespace topograd
