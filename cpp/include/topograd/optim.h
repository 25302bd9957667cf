#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "topograd/tensor.h"

namespace topograd {

struct UpdateRule;  // optim/rule.h

/// An update rule over a list of parameters at once: each step reads the parameters' gradients (a
/// parameter without one is left alone), and keeps the rule's state per parameter.
///
///   OptimizerState optimizer(parameters, "adam");
///   optimizer.step({{"lr", 1e-3}, {"betas[0]", 0.8}});
class TOPOGRAD_API OptimizerState {
 public:
  struct Setting {
    std::string_view name;  ///< as in PyTorch's parameter groups; "betas[0]" is a part of a value
    double value;           ///< the default; truth values are 0 and 1
  };
  /// The state of one parameter, under PyTorch's names: "step", "exp_avg", "momentum_buffer", …
  using Values = std::map<std::string, Tensor, std::less<>>;

  /// Throws ValueError, with all names, if there is no such rule.
  OptimizerState(Tensors parameters, std::string_view rule);

  std::vector<Setting> settings() const;
  /// Settings that are not named have their defaults. Throws ValueError for a name that the rule
  /// does not have.
  void step(const std::vector<Setting>& changed = {});
  /// All settings, in the order of settings().
  void step_with(std::span<const double> settings);
  /// Drops the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  const Tensors& parameters() const { return parameters_; }
  Values get(std::size_t i) const { return values_.at(i); }
  /// Throws when a value does not fit the parameter.
  void set(std::size_t i, Values values);
  void clear();
  struct Entry {
    std::string_view name;   ///< of the state of a parameter
    std::string_view needs;  ///< it exists where this setting is not 0; empty: always
  };
  std::vector<Entry> entries() const;
  /// The shape that an entry of the state of parameter i has, if the rule knows that entry.
  std::optional<Dims> shape_of(std::size_t i, std::string_view name) const;

 private:
  struct Gradient {
    std::size_t position;
    Tensor value;
  };
  struct Slot;
  struct Plan;
  std::vector<Gradient> ready_gradients() const;
  void check_entries(std::size_t i) const;
  Slot prepared(const Gradient& gradient, const Plan& plan);
  bool make_array(std::size_t i, int position, const Plan& plan, Slot& slot);
  void take_numbers(std::size_t i, const Plan& plan, Slot& slot);

  Tensors parameters_;
  const UpdateRule* rule_;
  std::vector<Values> values_;
};

/// The names of all update rules.
TOPOGRAD_API std::vector<std::string> update_rules();

/// The norm of all tensors taken together, as a 0-d tensor.
TOPOGRAD_API Tensor total_norm(const Tensors& tensors, double norm_type);
/// Multiplies every tensor in place.
TOPOGRAD_API void scale_in_place(const Tensors& tensors, const Tensor& factor);
/// Limits every element of every tensor to [-limit, limit], in place.
TOPOGRAD_API void clip_in_place(const Tensors& tensors, double limit);

/// Moves every average towards its value by `weight` of the difference, in place.
TOPOGRAD_API void lerp_in_place(const Tensors& averages, const Tensors& values, double weight);

/// The direction of the L-BFGS method: -H gradient, where H is the estimate of the inverse Hessian
/// that `scale` times the identity becomes by the last steps, oldest first, the changes of the
/// gradient that they made, and 1 / (step · change). All are vectors. Source: Nocedal, 1980.
TOPOGRAD_API Tensor lbfgs_direction(const Tensor& gradient, const Tensors& steps,
                                    const Tensors& changes,
                                    const std::vector<double>& inverse_curvatures, double scale);

}  // namespace topograd
