#include "kernels/cpu/log_sum_exp.h"
#include "kernels/cpu/operations.h"
#include "kernels/cpu/rows.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index rows_at_once = 64;

/// lse[row] = log(sum(exp(x[row]))) for up to rows_at_once rows, one step of all of them after the
/// other: the steps of a single row wait for each other.
template <class T>
void log_sum_exp_rows(const T* x, double* lse, index rows, index classes) {
  double maximum[rows_at_once];
  if (classes <= row_leaf) {
    for (index row = 0; row < rows; ++row)
      maximum[row] = reduce_leaf<GreatestNumber<T>>(x + row * classes, classes);
    for (index row = 0; row < rows; ++row)
      lse[row] = LogSumExp<T>::sum_below(x + row * classes, classes, static_cast<T>(maximum[row]));
  } else {
    for (index row = 0; row < rows; ++row)
      LogSumExp<T>::row(x + row * classes, classes, {&maximum[row], &lse[row]});
  }
  for (index row = 0; row < rows; ++row) lse[row] = LogSumExp<T>::finish(maximum[row], lse[row]);
}

/// The sum over the classes of weight * (lse - x): what label smoothing adds.
template <class T>
double smooth_loss(const T* x, const T* weight, index classes, T lse) {
  if (weight == nullptr) return sum_of<T>(0, classes, [=](index c) { return lse - x[c]; });
  return sum_of<T>(0, classes, [=](index c) { return weight[c] * (lse - x[c]); });
}

template <class T>
struct CrossEntropy {
  const T* logits;
  const std::int64_t* target;
  const T* weight;
  index classes, ignore_index;
  double smoothing;

  double loss(index row, double lse) const {
    const index t = target[row];
    if (t == ignore_index) return 0;
    const T* x = logits + row * classes;
    const double factor = weight == nullptr ? 1.0 : weight[t];
    double value = (1 - smoothing) * factor * (lse - x[t]);
    if (smoothing != 0) {
      value += smoothing / static_cast<double>(classes) *
               smooth_loss(x, weight, classes, static_cast<T>(lse));
    }
    return value;
  }
};

template <class T>
void cross_entropy(const void* logits, const std::int64_t* target, const void* weight, void* loss,
                   void* lse, index rows, index classes, index ignore_index, double smoothing) {
  const CrossEntropy<T> call{static_cast<const T*>(logits),
                             target,
                             static_cast<const T*>(weight),
                             classes,
                             ignore_index,
                             smoothing};
  parallel(
      rows, ceil_div(parallel_grain, greatest(classes, index{1})), [=](index begin, index end) {
        double normalizer[rows_at_once];
        for (index first = begin; first < end; first += rows_at_once) {
          const index count = least(rows_at_once, end - first);
          log_sum_exp_rows(call.logits + first * classes, normalizer, count, classes);
          for (index i = 0; i < count; ++i) {
            static_cast<T*>(lse)[first + i] = static_cast<T>(normalizer[i]);
            static_cast<T*>(loss)[first + i] = static_cast<T>(call.loss(first + i, normalizer[i]));
          }
        }
      });
}

template <class T>
double total_weight(const T* weight, index classes) {
  if (weight == nullptr) return static_cast<double>(classes);
  return sum_of<T>(0, classes, [=](index c) { return weight[c]; });
}

/// dx = g * ((hard + spread * sum(weight)) * softmax - spread * weight), less g * hard at the
/// target, where hard = (1 - smoothing) * weight[target] and spread = smoothing / classes.
template <class T>
void gradient_row(T g, const T* x, index target, const T* weight, T lse, T* dx, index classes,
                  double smoothing, double weights) {
  const double spread = smoothing / static_cast<double>(classes);
  const double hard = (1 - smoothing) * (weight == nullptr ? 1.0 : weight[target]);
  const T probability_factor = static_cast<T>(g * (hard + spread * weights));
  const T weight_factor = static_cast<T>(g * spread);
  if (weight == nullptr || spread == 0) {
    TOPOGRAD_INDEPENDENT
    for (index c = 0; c < classes; ++c)
      dx[c] = probability_factor * exp(x[c] - lse) - weight_factor;
  } else {
    TOPOGRAD_INDEPENDENT
    for (index c = 0; c < classes; ++c)
      dx[c] = probability_factor * exp(x[c] - lse) - weight_factor * weight[c];
  }
  dx[target] -= static_cast<T>(g * hard);
}

template <class T>
void cross_entropy_backward(const void* gradient, const void* logits, const std::int64_t* target,
                            const void* class_weight, const void* lse, void* logits_gradient,
                            index rows, index classes, index ignore_index, double smoothing) {
  const T* weight = static_cast<const T*>(class_weight);
  const double weights = smoothing == 0 ? 0.0 : total_weight(weight, classes);
  parallel(rows, ceil_div(parallel_grain, greatest(classes, index{1})),
           [=](index begin, index end) {
             for (index row = begin; row < end; ++row) {
               T* dx = static_cast<T*>(logits_gradient) + row * classes;
               if (target[row] == ignore_index) {
                 for (index c = 0; c < classes; ++c) dx[c] = 0;
               } else {
                 gradient_row(static_cast<const T*>(gradient)[row],
                              static_cast<const T*>(logits) + row * classes, target[row], weight,
                              static_cast<const T*>(lse)[row], dx, classes, smoothing, weights);
               }
             }
           });
}

template <class T>
void fill(Rows& rows) {
  rows.cross_entropy = cross_entropy<T>;
  rows.cross_entropy_backward = cross_entropy_backward<T>;
}

}  // namespace

void fill_cross_entropy(Rows (&rows)[2]) {
  fill<float>(rows[0]);
  fill<double>(rows[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
