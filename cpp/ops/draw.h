#pragma once

#include "topograd/op.h"

namespace topograd {

class Generator;

TOPOGRAD_API Generator& generator_or_global(const Object& given);
/// [0, 1).
TOPOGRAD_API Tensor draw_uniform(const Dims& shape, DType dtype, Generator& generator);
TOPOGRAD_API Tensor draw_normal(const Dims& shape, DType dtype, Generator& generator);
/// [low, high).
TOPOGRAD_API Tensor draw_integers(const Dims& shape, index low, index high, DType dtype,
                                  Generator& generator);
TOPOGRAD_API Tensor draw_permutation(index n, DType dtype, Generator& generator);

}  // namespace topograd
