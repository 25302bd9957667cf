#include <math.h>

#include "kernels/cpu/operations.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

constexpr index step_block = 4096;  ///< elements of one parameter handed out together

/// f(step, begin, end) for all elements of all parameters. Small parameters share a piece of work,
/// big ones are cut.
template <class F>
void over_parameters(const OptimizerStep* steps, index count, F f) {
  // first_block[i]: blocks in the parameters before i.
  index* first_block = scratch<index>(5, count + 1);
  first_block[0] = 0;
  for (index i = 0; i < count; ++i)
    first_block[i + 1] = first_block[i] + ceil_div(steps[i].count, step_block);
  parallel(first_block[count], parallel_grain / step_block, [=](index begin, index end) {
    index low = 0;  // the parameter that holds block `begin`
    for (index high = count; high - low > 1;) {
      const index middle = (low + high) / 2;
      (first_block[middle] <= begin ? low : high) = middle;
    }
    for (index i = low; i < count && first_block[i] < end; ++i) {
      const index from = greatest(begin - first_block[i], index{0}) * step_block;
      const index to = least((end - first_block[i]) * step_block, steps[i].count);
      if (from < to) f(steps[i], from, to);
    }
  });
}

// The loops choose between values, not between paths: what is switched off is computed and dropped,
// and they stay free of branches while memory sets the pace.

// ------------------------------------------------------------------ stochastic gradient descent

/// What the momentum buffer is; fixed for a whole parameter.
enum class Buffer { absent, fresh, kept };

template <class T, Buffer state>
void sgd_loop(T* parameter, const T* gradient, T* buffer, index n, const SgdOptions& options) {
  const T sign = options.maximize ? T{-1} : T{1};
  const T lr = static_cast<T>(options.lr);
  const T decay = static_cast<T>(options.weight_decay);
  const T momentum = static_cast<T>(options.momentum);
  const T share = static_cast<T>(1 - options.dampening);
  const bool nesterov = options.nesterov;
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) {
    const T p = parameter[i];
    const T raw = sign * gradient[i];
    const T g = decay != 0 ? raw + decay * p : raw;
    T direction = g;
    if constexpr (state != Buffer::absent) {
      T b = g;
      if constexpr (state == Buffer::kept) b = momentum * buffer[i] + share * g;
      buffer[i] = b;
      direction = nesterov ? g + momentum * b : b;
    }
    parameter[i] = p - lr * direction;
  }
}

template <class T>
void sgd(const OptimizerStep* steps, index count, const SgdOptions& options) {
  over_parameters(steps, count, [&options](const OptimizerStep& step, index begin, index end) {
    const bool absent = options.momentum == 0 || step.first == nullptr;
    const auto loop = absent           ? sgd_loop<T, Buffer::absent>
                      : step.step <= 1 ? sgd_loop<T, Buffer::fresh>
                                       : sgd_loop<T, Buffer::kept>;
    loop(static_cast<T*>(step.parameter) + begin, static_cast<const T*>(step.gradient) + begin,
         absent ? nullptr : static_cast<T*>(step.first) + begin, end - begin, options);
  });
}

// ------------------------------------------------------------------ Adam and AdamW

template <class T>
struct AdamArrays {
  T* parameter;
  const T* gradient;
  T* mean;
  T* square;
  T* greatest_square;  ///< amsgrad only
};

template <class T, bool amsgrad>
void adam_loop(const AdamArrays<T>& arrays, index n, double step, const AdamOptions& options) {
  const double correction1 = 1 - pow(options.beta1, step);
  const double correction2 = 1 - pow(options.beta2, step);
  const T sign = options.maximize ? T{-1} : T{1};
  const T decay = static_cast<T>(options.decoupled ? 0 : options.weight_decay);
  const T shrink = static_cast<T>(options.decoupled ? 1 - options.lr * options.weight_decay : 1);
  const T share1 = static_cast<T>(1 - options.beta1);
  const T keep2 = static_cast<T>(options.beta2);
  const T share2 = static_cast<T>(1 - options.beta2);
  const T rate = static_cast<T>(options.lr / correction1);
  const T root = static_cast<T>(::sqrt(correction2));
  const T eps = static_cast<T>(options.eps);
  const auto [parameter, gradient, mean, square, greatest_square] = arrays;
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < n; ++i) {
    const T p = parameter[i] * shrink;
    const T raw = sign * gradient[i];
    const T g = decay != 0 ? raw + decay * p : raw;
    const T m = mean[i] + share1 * (g - mean[i]);
    const T v = square[i] * keep2 + share2 * g * g;
    mean[i] = m;
    square[i] = v;
    T scale = v;
    if constexpr (amsgrad) {
      scale = maximum(greatest_square[i], v);
      greatest_square[i] = scale;
    }
    parameter[i] = p - rate * m / (sqrt(scale) / root + eps);
  }
}

template <class T>
void adam(const OptimizerStep* steps, index count, const AdamOptions& options) {
  over_parameters(steps, count, [&options](const OptimizerStep& step, index begin, index end) {
    const AdamArrays<T> arrays{
        static_cast<T*>(step.parameter) + begin, static_cast<const T*>(step.gradient) + begin,
        static_cast<T*>(step.first) + begin, static_cast<T*>(step.second) + begin,
        options.amsgrad ? static_cast<T*>(step.third) + begin : nullptr};
    (options.amsgrad ? adam_loop<T, true> : adam_loop<T, false>)(arrays, end - begin, step.step,
                                                                 options);
  });
}

// ------------------------------------------------------------------ gradient norms

template <class T>
struct TotalOfSquares : SquareSum<T> {
  using Combined = Sum<double>;
  using Out = double;
};

template <class T>
double sum_of_squares(const void* x, index count) {
  double total;
  reduce_slice<TotalOfSquares<T>>(static_cast<const T*>(x), &total, count, 1);
  return total;
}

template <class T>
void fill(Optimizers& optimizers) {
  optimizers.sgd = sgd<T>;
  optimizers.adam = adam<T>;
  optimizers.sum_of_squares = sum_of_squares<T>;
}

}  // namespace

void fill_optimizers(Optimizers (&optimizers)[2]) {
  fill<float>(optimizers[0]);
  fill<double>(optimizers[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
