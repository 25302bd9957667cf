#pragma once

#include <initializer_list>

#include "kernels/kernels.h"
#include "topograd/tensor.h"

namespace topograd {

/// One elementwise call: inputs broadcast against each other, are read as `common` and give
/// `result`.
struct Pointwise {
  const kernels::Elementwise& kernel;
  std::string_view op;  ///< for messages
  const Tensor* const* inputs;
  int count;
  DType common;  ///< what the inputs that are not boolean by contract are converted to
  DType result;  ///< dtype of a new output; a given target keeps its own
  const double* params = nullptr;
};

/// Runs it into a new tensor, dense in the memory order of the inputs, or into *target, which then
/// must have the broadcast shape.
Tensor run_pointwise(const Pointwise& call, const Tensor* target = nullptr);

/// The dtype PyTorch gives to an op on these: tensors with dims outrank 0-d tensors, which outrank
/// written numbers, unless the category (bool < integer < floating) is higher.
DType result_type(std::initializer_list<const Tensor*> inputs);
DType result_type(const Tensor* const* inputs, int count);

}  // namespace topograd
