#pragma once

#include "topograd/op.h"

namespace topograd {

/// Nothing is recorded while one lives.
class TOPOGRAD_API NoGrad {
 public:
  NoGrad();
  ~NoGrad();
  NoGrad(const NoGrad&) = delete;
  NoGrad& operator=(const NoGrad&) = delete;

 private:
  bool before_;
};

TOPOGRAD_API bool recording();
TOPOGRAD_API void set_recording(bool wanted);

/// Adds the gradient of `loss` (a tensor with one element) to .grad of every leaf it depends on.
TOPOGRAD_API void backward(const Tensor& loss);

/// What a backward pass tells to somebody who looks at it.
class TOPOGRAD_API BackwardObserver {
 public:
  virtual ~BackwardObserver() = default;
  /// `consumer` sends `gradient` to output `output` of `producer`, for its slot `slot`.
  virtual void contribution(const Counted* consumer, int slot, const Counted* producer, int output,
                            const Tensor& gradient) = 0;
  /// All contributions to the outputs of `node` are added up.
  virtual void total(const Counted* node, const Tensors& gradients) = 0;
};

struct BackwardOptions {
  bool retain_graph = false;
  bool create_graph = false;
  BackwardObserver* observer = nullptr;
};

/// Runs the graph below `roots` backwards from their `gradients` (undefined: ones, for a single
/// element) and adds to .grad of the leaves; with `inputs`, of those tensors only.
TOPOGRAD_API void backward(const Tensors& roots, const Tensors& gradients,
                           const BackwardOptions& options = {}, const Tensors& inputs = {});

/// The gradients of `roots` with respect to `inputs`; an undefined tensor where there is no path.
TOPOGRAD_API Tensors gradients(const Tensors& roots, const Tensors& root_gradients,
                               const Tensors& inputs, const BackwardOptions& options = {});

/// Forward mode over the recorded graph: the tangents of `outputs` when those of `inputs` are
/// given. Undefined where there is no path. create_graph records the computation of the tangents.
TOPOGRAD_API Tensors tangents(const Tensors& outputs, const Tensors& inputs,
                              const Tensors& input_tangents, bool create_graph);

/// Whether `outputs` depend on a leaf otherwise than through `inputs`.
TOPOGRAD_API bool depends_on_others(const Tensors& outputs, const Tensors& inputs);

}  // namespace topograd
