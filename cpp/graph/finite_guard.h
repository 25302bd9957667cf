#pragma once

#include "graph/watch.h"

namespace topograd {

/// Looks at every result and every gradient, and calls report() at the first that is not finite
/// and not meant to be.
///
/// What is meant: an infinity that was among the arguments (the -inf of a mask, in whatever op it
/// travels), a NaN that was a number in the call or that is only moved (a copy, an index, a
/// choice). A parameter is never meant to be infinite. Results that an op makes for its own rule
/// are its affair.
class TOPOGRAD_API FiniteGuard : public CallWatch {
 public:
  struct Options {
    bool forward = true;
    bool backward = true;
    bool infinities = true;  ///< also those that an op made from finite arguments
  };
  explicit FiniteGuard(const Options& options) : options_(options) {}

  /// result: number of the one that is not finite. Throws.
  virtual void report(const Event& event, const Tensor* results, int count, int result) = 0;

  std::int64_t begin(const Event& event) override;
  void end(std::int64_t number, const Event& event, const Tensor* results, int count) override;

 private:
  void check_call(const Event& event, bool target_was_spoiled, const Tensor* results, int count);
  void check_rule(const Event& event, const Tensor* results, int count);

  Options options_;
};

}  // namespace topograd
