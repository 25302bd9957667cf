#pragma once

#include "topograd/tensor.h"

namespace topograd {

/// beta * input + alpha * product; input broadcasts to the product, not the other way round. The
/// fractions of factors are cut off for integers.
Tensor weighted_sum(const Tensor& input, const Tensor& product, const Scalar& beta,
                    const Scalar& alpha, std::string_view op);

/// The sum of a[i] * b[i], or of conj(a[i]) * b[i], over complex vectors of one size; no history.
Tensor complex_dot(const Tensor& a, const Tensor& b, bool conjugate);

}  // namespace topograd
