#pragma once

// What the files of losses share.

#include "ops/family.h"

namespace topograd {

/// The losses as `reduction` asks for them: their mean, their sum, or as they are.
Tensor reduced_loss(const Tensor& loss, const std::string& reduction, std::string_view op);
/// Losses times a weight that broadcasts to their shape.
Tensor weighted_terms(const Tensor& loss, const Tensor& weight, std::string_view op);
/// The same of losses times a weight, which broadcasts and may be undefined; their mean is then
/// divided by the sum of the weights.
Tensor weighted_loss(const Tensor& loss, const Tensor& weight, const std::string& reduction,
                     std::string_view op);

/// A target of another shape would broadcast in silence and train towards a mean: refused unless
/// the shapes are equal.
void expect_same_shape(const Tensor& x, const Tensor& target, std::string_view op);
/// The dtype both have together, which must be a floating point one.
DType floating_type_of(const Tensor& x, const Tensor& target, std::string_view op);

/// The classes as dense int64, in one row.
Tensor flat_classes(const Tensor& target);
/// The same. Throws IndexError for one outside of [0, classes) that
/// is not `ignored`.
Tensor checked_classes(const Tensor& target, index classes, OptionalInt ignored,
                       std::string_view op);

/// Whether target (N, d1, …) and weight (C) fit (N, C, d1, …) or (C).
void check_class_shapes(const Tensor& x, const Tensor& target, const Tensor& weight,
                        std::string_view op);
/// The losses of rows as `reduction` asks for them: in `shape`, or their sum; their mean is divided
/// by the weights of the targets.
Tensor class_reduced(const Tensor& rows, const Tensor& weight, const Tensor& target, index ignored,
                     const std::string& reduction, const Dims& shape, std::string_view op);

/// The checked targets (N) of cross-entropy, for derivatives written in ops.
struct ClassTargets {
  Tensor target;
  index ignored;
  double smoothing;

  /// How much of each target is each class: (N, C).
  Tensor shares(const Tensor& logits) const;
  /// Per row the unweighted contribution of every class to the loss, linear in the class weights.
  Tensor parts(const Tensor& logits, const Tensor& lse) const;
  /// d loss[row] / d logits[row, class].
  Tensor slope(const Tensor& logits, const Tensor& lse, const Tensor& weight) const;
};

/// The targets of (N, C, inner), given as N * inner numbers.
struct Targets {
  Dims shape;      ///< (N, 1, inner)
  Tensor counted;  ///< which are not ignored
  Tensor classes;  ///< the numbers, 0 for the ignored ones
  Tensor places;   ///< the same in `shape`

  Targets(const Dims& input, const Tensor& target, index ignored)
      : shape{input[0], 1, input[2]},
        counted(ne(target, Tensor(Scalar(ignored)))),
        classes(where(counted, target, Tensor(Scalar(index{0})))),
        places(reshape(classes, shape)) {}
  Tensor in_shape(const Tensor& each) const { return reshape(each, shape); }
  Tensor pick(const Tensor& x) const { return reshape(gather(x, 1, places), classes.shape()); }
  Tensor kept(const Tensor& each) const { return where(counted, each, 0); }
  Tensor weighted(const Tensor& each, const Tensor& weight) const {
    return weight.defined() ? each * index_select(weight, 0, classes) : each;
  }
};

/// The elementwise loss of checked arguments, in their common dtype.
template <Text name>
Tensor loss_terms(const double* params, const Tensor& x, const Tensor& target) {
  const DType dtype = result_type({&x, &target});
  return pointwise<name>({}, dtype, dtype, params, x, target);
}

}  // namespace topograd
