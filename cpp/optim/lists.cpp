// Lists of tensors at once: norms, factors, limits, averages.

#include <cmath>

#include "kernels/kernels.h"
#include "tensor/body.h"
#include "topograd/autograd.h"
#include "topograd/ops.h"
#include "topograd/optim.h"

namespace topograd {

Tensor total_norm(const Tensors& tensors, double norm_type) {
  const NoGrad pause;
  if (tensors.empty()) return Tensor::zeros({});
  DType dtype = tensors[0].dtype();
  for (const Tensor& x : tensors) dtype = promote(dtype, x.dtype());
  Tensors norms;
  for (const Tensor& x : tensors) {
    const bool is_double = x.dtype() == DType::float64;
    if (norm_type == 2 && (is_double || x.dtype() == DType::float32)) {
      const Tensor plain = dense(x);
      const double squares =
          kernels::active().sum_of_squares[is_double ? 1 : 0](plain.address(), x.count());
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

void clip_in_place(const Tensors& tensors, double limit) {
  const NoGrad pause;
  const Tensor lowest(-limit), highest(limit);
  for (const Tensor& x : tensors) clamp.into(x, lowest, highest);
}

void lerp_in_place(const Tensors& averages, const Tensors& values, double weight) {
  expect<ValueError>(averages.size() == values.size(), "lerp_: {} averages, but {} values",
                     averages.size(), values.size());
  const NoGrad pause;
  for (std::size_t i = 0; i < averages.size(); ++i) {
    const Tensor &average = averages[i], &value = values[i];
    if (is_differentiable(average.dtype()))
      lerp.into(average, cast(value, average.dtype()), weight);
    else  // towards zero, as any conversion to integers
      copy.into(average, add(average, mul(sub(value, average), weight)), false);
  }
}

}  // namespace topograd
