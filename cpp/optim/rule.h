#pragma once

#include <optional>
#include <string_view>

#include "kernels/kernels.h"
#include "topograd/tensor.h"

namespace topograd {

/// One parameter in a step of a rule that is written in ops.
struct RuleCall {
  const Tensor& parameter;  ///< float32 or float64, dense, to be changed in place
  const Tensor& gradient;   ///< likewise, to be left as it is
  DType dtype;              ///< the parameter's own
  double step;              ///< 1 for the first
  Tensor* arrays;           ///< in the rule's order, to be changed in place; not defined: absent
  const double* settings;   ///< in the rule's order
};

/// An update rule: a loop over elements (kernels/cpu/optimizer_rules.h), or a function written in
/// ops, which stands in a file of this folder with all that describes it.
struct UpdateRule : kernels::OptimizerRule {
  void (*apply)(const RuleCall&) = nullptr;
  /// The shape of an array for a parameter; nothing where the array does not exist for it. Throws
  /// where the rule is not for such parameters. Null: all arrays have the parameter's shape.
  std::optional<Dims> (*shape)(std::string_view array, const Dims& parameter) = nullptr;
};

template <class T, std::size_t n>
constexpr int length(const T (&)[n]) {
  return static_cast<int>(n);
}

extern const UpdateRule adafactor_rule;
extern const UpdateRule muon_rule;

/// The rule of that name; throws ValueError with all names if there is none.
const UpdateRule& update_rule(std::string_view name);

}  // namespace topograd
