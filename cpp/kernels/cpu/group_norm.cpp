#include "kernels/cpu/images.h"
#include "kernels/cpu/moments.h"
#include "kernels/cpu/operations.h"

// x is [batch][groups][channels][inner]: a group is one row, a channel a run of it.

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

index row_length(const GroupShape& shape) { return shape.channels * shape.inner; }
index row_count(const GroupShape& shape) { return shape.batch * shape.groups; }
index grain_of(const GroupShape& shape) { return ceil_div(parallel_grain, row_length(shape)); }

template <class T>
void normalize_group(const GroupShape& shape, index row, const T* x, const T* weight, const T* bias,
                     T* y, T* mean, T* variance, T* rstd, double eps) {
  const index n = row_length(shape), channel = row % shape.groups * shape.channels;
  const auto moments = row_moments(x + row * n, n);
  const double spread = moments.squares / static_cast<double>(n);
  const double scale = 1 / sqrt(spread + eps);
  mean[row] = static_cast<T>(moments.mean);
  variance[row] = static_cast<T>(spread);
  rstd[row] = static_cast<T>(scale);
  // What the rounded mean misses matters where it is far greater than the deviations.
  const double missed = (moments.mean - mean[row]) * scale;
  const T center = mean[row];
  for (index c = 0; c < shape.channels; ++c) {
    const double w = weight != nullptr ? static_cast<double>(weight[channel + c]) : 1.0;
    const T factor = static_cast<T>(scale * w);
    const T shift = static_cast<T>(
        (bias != nullptr ? static_cast<double>(bias[channel + c]) : 0.0) - missed * w);
    const T* from = x + row * n + c * shape.inner;
    T* to = y + row * n + c * shape.inner;
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < shape.inner; ++i) to[i] = (from[i] - center) * factor + shift;
  }
}

template <class T>
void forward(const GroupShape& shape, const void* x, const void* weight, const void* bias, void* y,
             void* mean, void* variance, void* rstd, double eps) {
  if (row_length(shape) == 0) return;
  parallel(row_count(shape), grain_of(shape), [&](index begin, index end) {
    for (index row = begin; row < end; ++row)
      normalize_group(shape, row, static_cast<const T*>(x), static_cast<const T*>(weight),
                      static_cast<const T*>(bias), static_cast<T*>(y), static_cast<T*>(mean),
                      static_cast<T*>(variance), static_cast<T*>(rstd), eps);
  });
}

/// With z the normalized x: sums of g and of g * z for each channel of the batch.
template <class T>
struct GroupGradients {
  GroupShape shape;
  const T* g;
  const T* x;
  const T* weight;
  const T* mean;
  const T* rstd;
  double* plain;
  double* weighted;

  double weight_of(index channel) const {
    return weight != nullptr ? static_cast<double>(weight[channel]) : 1.0;
  }
  void sum_channels(index row) const {
    const T center = mean[row];
    const T scale = rstd[row];
    for (index c = 0; c < shape.channels; ++c) {
      const index run = row * shape.channels + c;
      const T* from = x + run * shape.inner;
      const T* slope = g + run * shape.inner;
      const auto sums = sum_pairs<T>(0, shape.inner, [=](index i) {
        return Pair<T>{slope[i], slope[i] * ((from[i] - center) * scale)};
      });
      plain[run] = sums.first;
      weighted[run] = sums.second;
    }
  }
  /// dx = rstd * (h - mean(h) - z * mean(h * z)) with h = g * weight.
  void input_row(index row, T* dx) const {
    const index first = row * shape.channels, channel = row % shape.groups * shape.channels;
    double h = 0;
    double hz = 0;
    for (index c = 0; c < shape.channels; ++c) {
      h += plain[first + c] * weight_of(channel + c);
      hz += weighted[first + c] * weight_of(channel + c);
    }
    const double count = static_cast<double>(row_length(shape));
    const T mean_h = static_cast<T>(h / count);
    const T mean_hz = static_cast<T>(hz / count);
    const T center = mean[row];
    const T scale = rstd[row];
    for (index c = 0; c < shape.channels; ++c) {
      const T w = static_cast<T>(weight_of(channel + c));
      const index run = (first + c) * shape.inner;
      TOPOGRAD_INDEPENDENT
      for (index i = run; i < run + shape.inner; ++i)
        dx[i] = scale * (g[i] * w - mean_h - (x[i] - center) * scale * mean_hz);
    }
  }
  /// out[channel] = sum over the batch.
  void sum_batch(const double* sums, T* out) const {
    const index channels = shape.groups * shape.channels;
    for (index c = 0; c < channels; ++c) {
      double total = 0;
      for (index b = 0; b < shape.batch; ++b) total += sums[b * channels + c];
      out[c] = static_cast<T>(total);
    }
  }
};

template <class T>
void backward(const GroupShape& shape, const void* g, const void* x, const void* weight,
              const void* mean, const void* rstd, void* dx, void* dweight, void* dbias) {
  const index runs = row_count(shape) * shape.channels;
  double* sums = scratch<double>(3, 2 * runs);
  const GroupGradients<T> gradients{shape,
                                    static_cast<const T*>(g),
                                    static_cast<const T*>(x),
                                    static_cast<const T*>(weight),
                                    static_cast<const T*>(mean),
                                    static_cast<const T*>(rstd),
                                    sums,
                                    sums + runs};
  if (row_length(shape) > 0) {
    parallel(row_count(shape), grain_of(shape), [&](index begin, index end) {
      for (index row = begin; row < end; ++row) {
        gradients.sum_channels(row);
        if (dx != nullptr) gradients.input_row(row, static_cast<T*>(dx));
      }
    });
  } else {
    for (index i = 0; i < 2 * runs; ++i) sums[i] = 0;
  }
  if (dweight != nullptr) gradients.sum_batch(gradients.weighted, static_cast<T*>(dweight));
  if (dbias != nullptr) gradients.sum_batch(gradients.plain, static_cast<T*>(dbias));
}

}  // namespace

void fill_group_norm(GroupNorm (&group_norm)[2]) {
  group_norm[0] = {forward<float>, backward<float>};
  group_norm[1] = {forward<double>, backward<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
