#pragma once

#include "graph/node.h"
#include "tensor/body.h"
#include "topograd/op.h"

namespace topograd {

/// Whether x is a value of a static graph: recorded, but without data. What is made of it is, too.
inline bool is_symbolic(const Tensor& x) {
  return x.defined() && x.hollow() && x.body()->node && node_of(x)->symbolic();
}
bool any_symbolic(const OpRecord& op, const Arg* args, int count);

/// Records a call without its values. The shapes and dtypes of the results are found by running the
/// op once on stand-ins (ones, or zeros for integers), which are let go of at once.
Results invoke_symbolic(const OpRecord& op, const Arg* args, int count);
/// In-place calls are no part of a static graph: throws when an argument is symbolic.
void refuse_symbolic(const OpRecord& op, const Arg* args, int count);
/// Throws when x is symbolic: a value outside the graph has none.
TOPOGRAD_API void refuse_detach(const Tensor& x);
/// Throws when x is symbolic: Python asks for its values.
inline void refuse_reading(const Tensor& x) {
  if (is_symbolic(x)) x.address();
}

/// A new leaf of that name without data.
TOPOGRAD_API Tensor make_placeholder(const std::string& name, const Dims& shape, DType dtype);

}  // namespace topograd
