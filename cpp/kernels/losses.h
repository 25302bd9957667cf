#pragma once

// Kernels of losses that are no elementwise function. The rules are those of kernels.h.

#include <cstdint>

namespace topograd::kernels {

/// log_probs [steps][batch][classes], targets [batch][longest] (what stands behind a target's
/// length is not read), alpha [batch][steps][2 * longest + 1].
struct CtcShape {
  std::int64_t steps, batch, classes, longest, blank;
  const std::int64_t* targets;
  const std::int64_t* input_lengths;   ///< [batch], in [0, steps]
  const std::int64_t* target_lengths;  ///< [batch], in [0, longest]
};

struct Losses {
  /// loss [outer][inner] = -weight[t] * x at t, x [outer][classes][inner]; 0 where t == ignored.
  /// weight may be null.
  void (*nll)(const void* x, const std::int64_t* target, const void* weight, void* loss,
              std::int64_t outer, std::int64_t classes, std::int64_t inner, std::int64_t ignored);
  /// dx, all of it written, from g [outer][inner].
  void (*nll_backward)(const void* g, const std::int64_t* target, const void* weight, void* dx,
                       std::int64_t outer, std::int64_t classes, std::int64_t inner,
                       std::int64_t ignored);
  /// dx [outer][classes][inner] of cross-entropy, from g [outer][inner] and log_softmax's scores.
  void (*images_backward)(const void* g, const void* scores, const std::int64_t* target,
                          const void* weight, void* dx, std::int64_t outer, std::int64_t classes,
                          std::int64_t inner, std::int64_t ignored);
  /// The classes of row r are those in front of the first negative number of target[r]. loss[r]:
  /// the sum of max(0, 1 - x[r][y] + x[r][i]) over the classes y and all others i, divided by the
  /// number of all. slope: its derivative, [rows][classes]. Either may be null.
  void (*multilabel_margin)(const void* x, const std::int64_t* target, void* loss, void* slope,
                            std::int64_t rows, std::int64_t classes);
  /// loss [batch]: -log of the probability of each target, infinite where it does not fit; alpha:
  /// the logarithms of the probabilities of its beginnings.
  void (*ctc)(const CtcShape&, const void* log_probs, void* loss, void* alpha);
  /// The gradient of log_probs, all of it written: minus g[n] times how probable class c is at step
  /// t, given the target; 0 where the loss is infinite.
  void (*ctc_backward)(const CtcShape&, const void* log_probs, const void* g, const void* loss,
                       const void* alpha, void* gradient);
};

}  // namespace topograd::kernels
