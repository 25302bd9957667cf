#include "topograd/autograd.h"
#include "topograd/ops.h"
#include "topograd/optim.h"

namespace topograd {

Tensor lbfgs_direction(const Tensor& gradient, const Tensors& steps, const Tensors& changes,
                       const std::vector<double>& inverse_curvatures, double scale) {
  const std::size_t count = steps.size();
  expect<ValueError>(changes.size() == count && inverse_curvatures.size() == count,
                     "lbfgs_direction: {} steps, but {} changes and {} curvatures", count,
                     changes.size(), inverse_curvatures.size());
  const NoGrad pause;
  const auto product = [](const Tensor& a, const Tensor& b) { return dot(a, b).item<double>(); };
  std::vector<double> share(count);
  const Tensor direction = neg(gradient);
  for (std::size_t i = count; i-- > 0;) {
    share[i] = product(steps[i], direction) * inverse_curvatures[i];
    sub.into(direction, changes[i], share[i]);
  }
  mul.into(direction, scale);
  for (std::size_t i = 0; i < count; ++i) {
    const double taken = product(changes[i], direction) * inverse_curvatures[i];
    add.into(direction, steps[i], share[i] - taken);
  }
  return direction;
}

}  // namespace topograd
