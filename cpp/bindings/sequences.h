#pragma once

// Numbers at equal distances, or equal factors, apart: what arange, linspace and logspace make.

#include "bindings/factory.h"

namespace topograd::python {

inline DType or_default(const Options& options) { return options.dtype.value_or(default_dtype()); }

Tensor make_arange(const Scalar& start, const Scalar& end, const Scalar& step,
                   const Options& options);
Tensor make_linspace(const Scalar& start, const Scalar& end, index steps, const Options& options);
Tensor make_logspace(const Scalar& start, const Scalar& end, index steps, double base,
                     const Options& options);

}  // namespace topograd::python
