#include "topograd/optim.h"

#include <array>

#include "graph/history.h"
#include "graph/node.h"
#include "optim/rule.h"
#include "tensor/body.h"
#include "topograd/autograd.h"

namespace topograd {
namespace {

constexpr int most_entries = 3;

/// Steps are computed in this type, and arrays are kept in it: a half would lose small changes.
DType step_type(DType dtype) {
  return dtype == DType::float16 || dtype == DType::bfloat16 ? DType::float32 : dtype;
}
int loop_of(DType dtype) { return real_of(dtype) == DType::float64 ? 1 : 0; }

/// A new array with one value everywhere, also in imaginary parts.
Tensor filled(Dims shape, double value, DType dtype) {
  if (!is_complex(dtype)) return Tensor::full(shape, value, dtype);
  shape.push_back(2);
  return complex_view(Tensor::full(shape, value, real_of(dtype)));
}

Tensor as_number(const Tensor& value) {
  return Tensor::full({}, value.item().real(), DType::float32);
}

bool is_number(const UpdateRule& rule, std::string_view name) {
  if (name == "step") return true;
  for (int k = 0; k < rule.number_count; ++k)
    if (rule.numbers[k].name == name) return true;
  return false;
}

}  // namespace

/// The settings of a step, and what follows from them for all parameters.
struct OptimizerState::Plan {
  const double* settings;
  const UpdateRule& rule;
  bool exists[most_entries] = {};

  Plan(const double* values, const UpdateRule& which) : settings(values), rule(which) {
    for (int k = 0; k < rule.array_count; ++k)
      exists[k] = rule.arrays[k].needs == nullptr || setting(rule.arrays[k].needs) != 0;
  }
  double setting(std::string_view name) const {
    for (int s = 0; s < rule.setting_count; ++s)
      if (rule.settings[s].name == name) return settings[s];
    return 0;
  }
  double initial(const kernels::OptimizerEntry& entry) const {
    return entry.initial == nullptr ? entry.value : setting(entry.initial);
  }
};

/// A parameter as the rules want it: dense, in step_type. Others are stepped in a converted copy
/// and written back.
struct OptimizerState::Slot {
  Tensor parameter, work, gradient;
  std::array<Tensor, most_entries> arrays;
  kernels::OptimizerStep step{};

  Slot(const Tensor& leaf, const Tensor& slope)
      : parameter(leaf.detach()),
        work(dense(converted(parameter, step_type(leaf.dtype())))),
        gradient(dense(converted(slope, work.dtype()))) {}
};

OptimizerState::OptimizerState(Tensors parameters, std::string_view rule)
    : parameters_(std::move(parameters)), rule_(&update_rule(rule)), values_(parameters_.size()) {}

std::vector<OptimizerState::Setting> OptimizerState::settings() const {
  std::vector<Setting> all;
  for (int s = 0; s < rule_->setting_count; ++s)
    all.push_back({rule_->settings[s].name, rule_->settings[s].value});
  return all;
}

std::vector<OptimizerState::Entry> OptimizerState::entries() const {
  std::vector<Entry> all;
  if (rule_->counts) all.push_back({"step", ""});
  const auto add = [&all](const kernels::OptimizerEntry* first, int count) {
    for (int k = 0; k < count; ++k)
      all.push_back({first[k].name, first[k].needs == nullptr ? "" : first[k].needs});
  };
  add(rule_->numbers, rule_->number_count);
  add(rule_->arrays, rule_->array_count);
  return all;
}

std::optional<Dims> OptimizerState::shape_of(std::size_t i, std::string_view name) const {
  expect<IndexError>(i < parameters_.size(), "optimizer: no parameter {}", i);
  if (is_number(*rule_, name)) return Dims{};
  for (int k = 0; k < rule_->array_count; ++k) {
    if (rule_->arrays[k].name != name) continue;
    const Dims& shape = parameters_[i].shape();
    return rule_->shape == nullptr ? shape : rule_->shape(name, shape);
  }
  return std::nullopt;
}

void OptimizerState::check_entries(std::size_t i) const {
  for (const auto& [name, value] : values_[i]) {
    if (!value.defined() || value.shape() == parameters_[i].shape()) continue;
    const std::optional<Dims> wanted = shape_of(i, name);
    expect<ShapeError>(wanted && value.shape() == *wanted,
                       "optimizer: the state '{}' has shape {}, parameter {} has shape {} (was its "
                       "data replaced? make a new optimizer)",
                       name, value.shape(), i, parameters_[i].shape());
  }
}

std::vector<OptimizerState::Gradient> OptimizerState::ready_gradients() const {
  std::vector<Gradient> ready;
  ready.reserve(parameters_.size());
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor gradient = parameters_[i].grad();
    if (!gradient.defined()) continue;
    const DType dtype = parameters_[i].dtype();
    expect<ShapeError>(gradient.shape() == parameters_[i].shape(),
                       "optimizer: gradient of shape {} does not fit parameter {} of shape {}",
                       gradient.shape(), i, parameters_[i].shape());
    expect<TypeError>(is_floating(dtype) || (is_complex(dtype) && rule_->apply == nullptr),
                      "optimizer: parameter {} has dtype {}", i, dtype);
    check_writable(parameters_[i], "optimizer", false);
    check_entries(i);
    ready.push_back({i, gradient.detach()});
  }
  return ready;
}

/// Gives the slot the rule's array of that position, made if there is none yet, unless the rule has
/// none for this parameter. Tells whether it was made.
bool OptimizerState::make_array(std::size_t i, int position, const Plan& plan, Slot& slot) {
  const kernels::OptimizerEntry& entry = rule_->arrays[position];
  const Dims& parameter_shape = parameters_[i].shape();
  const auto shape = rule_->shape == nullptr ? std::optional(parameter_shape)
                                             : rule_->shape(entry.name, parameter_shape);
  if (!shape) return false;
  const DType type = slot.work.dtype();
  auto found = values_[i].find(std::string_view(entry.name));
  const bool fresh = found == values_[i].end() || !found->second.defined();
  if (fresh) {
    found =
        values_[i].insert_or_assign(entry.name, filled(*shape, plan.initial(entry), type)).first;
  } else if (found->second.dtype() != type || !found->second.contiguous()) {
    found->second = dense_copy(converted_freely(found->second, type));
  }
  expect<ShapeError>(found->second.shape() == *shape,
                     "optimizer: the state '{}' of parameter {} has shape {}, expected {}",
                     entry.name, i, found->second.shape(), *shape);
  slot.arrays[static_cast<std::size_t>(position)] = found->second;
  slot.step.arrays[position] = found->second.address();
  return fresh;
}

/// The count of steps and the rule's numbers, which are kept in float32 as in PyTorch.
void OptimizerState::take_numbers(std::size_t i, const Plan& plan, Slot& slot) {
  const auto number = [&](const char* name, double initial) -> float* {
    Tensor& value = values_[i][name];
    if (!value.defined()) value = Tensor::full({}, initial, DType::float32);
    if (value.dtype() != DType::float32) value = as_number(value);
    return value.data<float>();
  };
  double& step = slot.step.step;
  float* const count = number("step", 0);
  step = static_cast<double>(*count) + 1;
  *count = static_cast<float>(step);
  if (rule_->advance == nullptr) return;
  float* kept[2] = {};
  double numbers[2] = {};
  for (int k = 0; k < rule_->number_count; ++k) {
    kept[k] = number(rule_->numbers[k].name, plan.initial(rule_->numbers[k]));
    slot.step.numbers[k] = numbers[k] = static_cast<double>(*kept[k]);
  }
  rule_->advance(step, plan.settings, numbers);
  for (int k = 0; k < rule_->number_count; ++k) *kept[k] = static_cast<float>(numbers[k]);
}

OptimizerState::Slot OptimizerState::prepared(const Gradient& g, const Plan& plan) {
  Slot slot(parameters_[g.position], g.value);
  bool fresh = false;
  for (int k = 0; k < rule_->array_count; ++k)
    if (plan.exists[k]) fresh |= make_array(g.position, k, plan, slot);
  slot.step.count = slot.work.count() * (is_complex(slot.work.dtype()) ? 2 : 1);
  slot.step.parameter = slot.work.address();
  slot.step.gradient = slot.gradient.address();
  slot.step.step = fresh ? 1 : 2;
  if (rule_->counts) take_numbers(g.position, plan, slot);
  return slot;
}

void OptimizerState::step_with(std::span<const double> settings) {
  expect<ValueError>(settings.size() == static_cast<std::size_t>(rule_->setting_count),
                     "optimizer: {} has {} settings, got {}", rule_->name, rule_->setting_count,
                     settings.size());
  const NoGrad pause;
  const Plan plan(settings.data(), *rule_);
  std::vector<kernels::OptimizerStep> steps[2];
  std::vector<Slot> slots;
  const std::vector<Gradient> ready = ready_gradients();
  slots.reserve(ready.size());
  for (const Gradient& g : ready) {
    slots.push_back(prepared(g, plan));
    Slot& slot = slots.back();
    if (rule_->apply == nullptr)
      steps[loop_of(slot.work.dtype())].push_back(slot.step);
    else
      rule_->apply({slot.work, slot.gradient, slot.parameter.dtype(), slot.step.step,
                    slot.arrays.data(), plan.settings});
  }
  for (int type = 0; type < 2; ++type)
    if (!steps[type].empty())
      rule_->run[type](steps[type].data(), static_cast<index>(steps[type].size()), plan.settings);
  for (const Slot& slot : slots) {
    if (!slot.work.same_as(slot.parameter)) copy_elements(slot.work, slot.parameter);
    count_change(slot.parameter, rule_->name, Change::Kind::step);
  }
}

void OptimizerState::step(const std::vector<Setting>& changed) {
  std::vector<double> values;
  for (int s = 0; s < rule_->setting_count; ++s) values.push_back(rule_->settings[s].value);
  for (const Setting& one : changed) {
    int place = 0;
    while (place < rule_->setting_count && rule_->settings[place].name != one.name) ++place;
    expect<ValueError>(place < rule_->setting_count, "optimizer: {} has no setting '{}'",
                       rule_->name, one.name);
    values[static_cast<std::size_t>(place)] = one.value;
  }
  step_with(values);
}

void OptimizerState::zero_grad(bool set_to_none) {
  for (const Tensor& parameter : parameters_) {
    const Tensor gradient = parameter.grad();
    if (!gradient.defined()) continue;
    note_cleared(parameter);
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
    const Dims shape = shape_of(i, name).value_or(parameters_[i].shape());
    if (is_number(*rule_, name)) {
      expect<ShapeError>(value.count() == 1, "optimizer: '{}' must be one number, got shape {}",
                         name, value.shape());
      value = as_number(value);
      continue;
    }
    expect<ShapeError>(value.shape() == shape,
                       "optimizer: state '{}' of shape {} does not fit parameter {} of shape {}",
                       name, value.shape(), i, parameters_[i].shape());
    value = dense_copy(value.detach());
  }
  values_[i] = std::move(values);
}

void OptimizerState::clear() {
  for (Values& values : values_) values.clear();
}

}  // namespace topograd
