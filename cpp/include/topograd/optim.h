#pragma once

#include <map>
#include <string>
#include <vector>

#include "topograd/tensor.h"

namespace topograd {

/// Update rules over a list of parameters at once: each step reads the parameters' gradients (a
/// parameter without one is left alone), and keeps its own state per parameter.
class TOPOGRAD_API OptimizerState {
 public:
  struct Sgd {
    double lr = 1e-3, momentum = 0, dampening = 0, weight_decay = 0;
    bool nesterov = false, maximize = false;
  };
  struct Adam {
    double lr = 1e-3, beta1 = 0.9, beta2 = 0.999, eps = 1e-8, weight_decay = 0;
    bool amsgrad = false, maximize = false;
    bool decoupled = false;  ///< AdamW
  };
  /// The state of one parameter, under PyTorch's names: "step", "exp_avg", "momentum_buffer", …
  using Values = std::map<std::string, Tensor>;

  explicit OptimizerState(Tensors parameters);

  void step(const Sgd& options);
  void step(const Adam& options);
  /// Drops the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  const Tensors& parameters() const { return parameters_; }
  Values get(std::size_t i) const { return values_.at(i); }
  /// Throws when a value does not fit the parameter.
  void set(std::size_t i, Values values);
  void clear();

 private:
  struct Gradient {
    std::size_t position;
    Tensor value;
  };
  std::vector<Gradient> ready_gradients() const;
  Tensor& buffer(std::size_t i, const char* name);
  double next_step(std::size_t i);

  Tensors parameters_;
  std::vector<Values> values_;
};

/// The norm of all tensors taken together, as a 0-d tensor.
TOPOGRAD_API Tensor total_norm(const Tensors& tensors, double norm_type);
/// Multiplies every tensor in place.
TOPOGRAD_API void scale_in_place(const Tensors& tensors, const Tensor& factor);

}  // namespace topograd
