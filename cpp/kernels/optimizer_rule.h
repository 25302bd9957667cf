#pragma once

// An optimizer's update rule as the kernels offer it: raw pointers, no Tensor.

#include <cstdint>

namespace topograd::kernels {

using index = std::int64_t;

/// What an update rule keeps for each parameter: an array of the parameter's shape, or a number.
struct OptimizerEntry {
  const char* name;               ///< PyTorch's
  const char* needs = nullptr;    ///< it exists where this setting is not 0; null: always
  const char* initial = nullptr;  ///< the setting that it starts with; null: `value`
  double value = 0;
};
struct OptimizerSetting {
  const char* name;  ///< the key in PyTorch's parameter groups, "betas[0]" for a part of a value
  double value;      ///< the default
};

/// One parameter, in place, one pass.
struct OptimizerStep {
  index count;
  void* parameter;
  const void* gradient;
  void* arrays[3];    ///< in the order of the rule; null where the rule's entry does not exist
  double numbers[2];  ///< as they were before the step
  double step;        ///< 1 for the first step; 2 for all others where the rule does not count
};

/// An update rule: all that is known about it stands in one struct of cpu/optimizer_rules.h.
struct OptimizerRule {
  const char* name = nullptr;
  const OptimizerSetting* settings = nullptr;
  int setting_count = 0;
  const OptimizerEntry* arrays = nullptr;
  int array_count = 0;
  const OptimizerEntry* numbers = nullptr;
  int number_count = 0;
  bool counts = false;  ///< the number of steps is kept, as "step"
  /// f32, f64: a step over parameters that share nothing.
  void (*run[2])(const OptimizerStep*, index steps, const double* settings) = {};
  /// Makes the numbers after a step of those before; null without numbers.
  void (*advance)(double step, const double* settings, double* numbers) = nullptr;
};

}  // namespace topograd::kernels
