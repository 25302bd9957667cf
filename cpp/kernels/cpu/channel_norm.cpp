#include "kernels/cpu/moments.h"
#include "kernels/cpu/operations.h"
#include "kernels/cpu/rows.h"

// x is [batch][channels][inner]. Long runs of one channel are taken run by run. Where inner is
// short, x is a matrix [batch][channels * inner] instead, whose columns are summed over the batch
// first and over their channel last.

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

/// Short runs cost more at their ends than columns cost in coefficients, unless few rows share
/// these.
inline bool by_columns(index batch, index inner) {
  return inner < 16 || (inner < 128 && batch >= 16);
}

/// table[c * repeat + j] = value(c)
template <class T, class Value>
inline void repeat_by_channel(T* table, index channels, index repeat, Value value) {
  for (index c = 0; c < channels; ++c) {
    const T coefficient = value(c);
    for (index j = 0; j < repeat; ++j) table[c * repeat + j] = coefficient;
  }
}

/// The batch in parts, one task for each part of each channel, so that few channels keep many
/// threads busy.
struct BatchParts {
  index count;
  index size;
};
inline BatchParts split_batch(index batch, index channels, index inner) {
  if (batch * channels * inner < 2 * chunk_elements || channels >= most_chunks) return {1, batch};
  const index size = ceil_div(batch, least(batch, most_chunks / channels));
  return {ceil_div(batch, size), size};
}

/// f(channel, part, first, last) for items [first, last) of the batch.
template <class F>
void over_parts(BatchParts parts, index batch, index channels, index inner, F f) {
  const index grain = ceil_div(parallel_grain, parts.size * inner);
  parallel(parts.count * channels, grain, [=](index begin, index end) {
    for (index task = begin; task < end; ++task) {
      const index part = task / channels;
      f(task % channels, part, part * parts.size, least(batch, (part + 1) * parts.size));
    }
  });
}

// ------------------------------------------------------------------ statistics

template <class T>
void column_statistics(const T* x, T* mean, T* variance, index batch, index channels, index inner) {
  const index columns = channels * inner;
  double* memory = scratch<double>(5, 2 * columns);
  summarize<Moments<T>>(x, batch, columns, {memory, memory + columns});
  const double size = static_cast<double>(inner);
  for (index c = 0; c < channels; ++c) {
    const double* means = memory + c * inner;
    const double* squares = memory + columns + c * inner;
    double offset = 0;
    for (index j = 1; j < inner; ++j) offset += means[j] - means[0];
    const double center = means[0] + offset / size;
    double total = 0;
    for (index j = 0; j < inner; ++j) {
      const double deviation = means[j] - center;
      total += squares[j] + deviation * deviation * static_cast<double>(batch);
    }
    mean[c] = static_cast<T>(center);
    variance[c] = static_cast<T>(total / (static_cast<double>(batch) * size));
  }
}

template <class T>
void run_statistics(const T* x, T* mean, T* variance, index batch, index channels, index inner) {
  using M = Moments<T>;
  const BatchParts parts = split_batch(batch, channels, inner);
  double* memory = scratch<double>(5, 2 * parts.count * channels);
  const Summaries all{memory, memory + parts.count * channels};
  const auto summarize_part = [=](index channel, index part, index first, index last) {
    const Summaries out = all + (part * channels + channel);
    M::row(x + (first * channels + channel) * inner, inner, out);
    for (index b = first + 1; b < last; ++b) {
      double values[2] = {};
      const Summaries run{&values[0], &values[1]};
      M::row(x + (b * channels + channel) * inner, inner, run);
      M::merge(out, (b - first) * inner, run, inner, 1);
    }
  };
  over_parts(parts, batch, channels, inner, summarize_part);
  for (index part = 1; part < parts.count; ++part) {
    const index before = part * parts.size;
    M::merge(all, before * inner, all + part * channels, least(parts.size, batch - before) * inner,
             channels);
  }
  const double count = static_cast<double>(batch) * static_cast<double>(inner);
  for (index c = 0; c < channels; ++c) {
    mean[c] = static_cast<T>(all.first[c]);
    variance[c] = static_cast<T>(all.second[c] / count);
  }
}

template <class T>
void channel_statistics(const void* input, void* mean, void* variance, index batch, index channels,
                        index inner) {
  T* means = static_cast<T*>(mean);
  T* variances = static_cast<T*>(variance);
  if (batch == 0 || inner == 0) {
    for (index c = 0; c < channels; ++c) means[c] = variances[c] = Format<T>::nan;
    return;
  }
  (by_columns(batch, inner)
       ? column_statistics<T>
       : run_statistics<T>)(static_cast<const T*>(input), means, variances, batch, channels, inner);
}

// ------------------------------------------------------------------ elementwise by channel

/// A coefficient that is the same for a whole run; indexed like an array of coefficients per
/// column.
template <class T>
struct Uniform {
  T value;
  T operator[](index) const { return value; }
};

/// run(start, n, coefficient) for stretches of n elements, where coefficient(k)[i] is value(k,
/// channel of element i).
template <class T, class Value, class Run>
void over_channels(index batch, index channels, index inner, int coefficients, Value value,
                   Run run) {
  const index repeat = by_columns(batch, inner) ? inner : 1;
  const index width = channels * repeat;
  T* table = scratch<T>(5, coefficients * width);
  for (int k = 0; k < coefficients; ++k)
    repeat_by_channel(table + k * width, channels, repeat, [=](index c) { return value(k, c); });
  if (repeat == inner) {
    parallel(batch, ceil_div(parallel_grain, width), [=](index begin, index end) {
      for (index b = begin; b < end; ++b)
        run(b * width, width, [=](int k) -> const T* { return table + k * width; });
    });
    return;
  }
  parallel(batch * channels, ceil_div(parallel_grain, inner), [=](index begin, index end) {
    for (index i = begin; i < end; ++i)
      run(i * inner, inner, [=](int k) { return Uniform<T>{table[k * width + i % channels]}; });
  });
}

template <class T>
void channel_normalize(const void* input, const void* mean, const void* rstd, const void* weight,
                       const void* bias, void* output, index batch, index channels, index inner) {
  const T* x = static_cast<const T*>(input);
  T* y = static_cast<T*>(output);
  const auto value = [=](int k, index c) {
    if (k == 0) return static_cast<const T*>(mean)[c];
    if (k == 2) return bias == nullptr ? T{0} : static_cast<const T*>(bias)[c];
    return static_cast<const T*>(rstd)[c] *
           (weight == nullptr ? T{1} : static_cast<const T*>(weight)[c]);
  };
  if (batch * channels * inner == 0) return;
  over_channels<T>(batch, channels, inner, 3, value, [=](index start, index n, auto coefficient) {
    const auto center = coefficient(0);
    const auto scale = coefficient(1);
    const auto shift = coefficient(2);
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < n; ++i) y[start + i] = (x[start + i] - center[i]) * scale[i] + shift[i];
  });
}

// ------------------------------------------------------------------ backward

/// What the gradients of a channel's weight and bias are: sums of g * (x - mean) * rstd and of g.
template <class T>
struct ChannelSums {
  const T* g;
  const T* x;
  const T* mean;
  const T* rstd;
  index batch, channels, inner;

  void over_columns(double* weighted, double* plain) const {
    const index columns = channels * inner;
    const index block = rows_per_block(batch, columns);
    const index blocks = ceil_div(batch, block);
    T* partial = scratch<T>(4, 2 * (blocks + 2) * columns);
    T* total = partial + 2 * blocks * columns;
    T* center = total + 2 * columns;
    T* scale = center + columns;
    repeat_by_channel(center, channels, inner, [this](index c) { return mean[c]; });
    repeat_by_channel(scale, channels, inner, [this](index c) { return rstd[c]; });
    parallel(blocks, ceil_div(parallel_grain, block * columns), [=, this](index begin, index end) {
      for (index part = begin; part < end; ++part) {
        T* sums = partial + part * 2 * columns;
        for (index j = 0; j < 2 * columns; ++j) sums[j] = 0;
        for (index b = part * block; b < least(batch, (part + 1) * block); ++b) {
          const T* row_g = g + b * columns;
          const T* row_x = x + b * columns;
          TOPOGRAD_INDEPENDENT
          for (index j = 0; j < columns; ++j) {
            sums[j] += row_g[j] * ((row_x[j] - center[j]) * scale[j]);
            sums[columns + j] += row_g[j];
          }
        }
      }
    });
    reduce_slice<Sum<T>>(partial, total, blocks, 2 * columns);
    for (index c = 0; c < channels; ++c) {
      weighted[c] = plain[c] = 0;
      for (index j = c * inner; j < (c + 1) * inner; ++j) {
        weighted[c] += total[j];
        plain[c] += total[columns + j];
      }
    }
  }

  void over_runs(double* weighted, double* plain) const {
    const BatchParts parts = split_batch(batch, channels, inner);
    double* partial = scratch<double>(4, 2 * parts.count * channels);
    over_parts(parts, batch, channels, inner,
               [=, this](index channel, index part, index first, index last) {
                 double* out = partial + 2 * (part * channels + channel);
                 out[0] = out[1] = 0;
                 for (index b = first; b < last; ++b) {
                   const T* run_g = g + (b * channels + channel) * inner;
                   const T* run_x = x + (b * channels + channel) * inner;
                   const T center = mean[channel];
                   const auto sums = sum_pairs<T>(0, inner, [=](index i) {
                     return Pair<T>{run_g[i] * (run_x[i] - center), run_g[i]};
                   });
                   out[0] += sums.first * rstd[channel];
                   out[1] += sums.second;
                 }
               });
    for (index c = 0; c < channels; ++c) {
      weighted[c] = plain[c] = 0;
      for (index part = 0; part < parts.count; ++part) {
        weighted[c] += partial[2 * (part * channels + c)];
        plain[c] += partial[2 * (part * channels + c) + 1];
      }
    }
  }
};

/// dx = scale * (g - mean(g) - z * mean(g * z)) in training, where the statistics depend on x;
/// otherwise scale * g.
template <class T>
void input_gradient(const ChannelSums<T>& sums, const T* weight, const double* weighted,
                    const double* plain, T* dx, bool training) {
  const double count = static_cast<double>(sums.batch * sums.inner);
  const auto value = [=](int k, index c) {
    if (k == 0) return sums.rstd[c] * (weight == nullptr ? T{1} : weight[c]);
    if (k == 1) return sums.mean[c];
    return static_cast<T>(k == 2 ? plain[c] / count : weighted[c] / count * sums.rstd[c]);
  };
  const T* g = sums.g;
  const T* x = sums.x;
  over_channels<T>(sums.batch, sums.channels, sums.inner, training ? 4 : 1, value,
                   [=](index start, index n, auto coefficient) {
                     const auto scale = coefficient(0);
                     if (!training) {
                       TOPOGRAD_INDEPENDENT
                       for (index i = 0; i < n; ++i) dx[start + i] = scale[i] * g[start + i];
                       return;
                     }
                     const auto center = coefficient(1);
                     const auto mean_g = coefficient(2);
                     const auto slope = coefficient(3);
                     TOPOGRAD_INDEPENDENT
                     for (index i = 0; i < n; ++i) {
                       const T deviation = x[start + i] - center[i];
                       dx[start + i] = scale[i] * (g[start + i] - mean_g[i] - deviation * slope[i]);
                     }
                   });
}

template <class T>
void channel_normalize_backward(const void* gradient, const void* input, const void* mean,
                                const void* rstd, const void* weight, void* dx, void* dweight,
                                void* dbias, index batch, index channels, index inner,
                                bool training) {
  const ChannelSums<T> sums{static_cast<const T*>(gradient),
                            static_cast<const T*>(input),
                            static_cast<const T*>(mean),
                            static_cast<const T*>(rstd),
                            batch,
                            channels,
                            inner};
  double* weighted = scratch<double>(3, 2 * channels);
  double* plain = weighted + channels;
  if (batch * inner == 0) {
    for (index c = 0; c < 2 * channels; ++c) weighted[c] = 0;
  } else if (training || dweight != nullptr || dbias != nullptr) {
    if (by_columns(batch, inner)) {
      sums.over_columns(weighted, plain);
    } else {
      sums.over_runs(weighted, plain);
    }
  }
  for (index c = 0; c < channels; ++c) {
    if (dweight != nullptr) static_cast<T*>(dweight)[c] = static_cast<T>(weighted[c]);
    if (dbias != nullptr) static_cast<T*>(dbias)[c] = static_cast<T>(plain[c]);
  }
  if (dx == nullptr || batch * channels * inner == 0) return;
  input_gradient(sums, static_cast<const T*>(weight), weighted, plain, static_cast<T*>(dx),
                 training);
}

template <class T>
void fill(Rows& rows) {
  rows.channel_statistics = channel_statistics<T>;
  rows.channel_normalize = channel_normalize<T>;
  rows.channel_normalize_backward = channel_normalize_backward<T>;
}

}  // namespace

void fill_channel_norm(Rows (&rows)[2]) {
  fill<float>(rows[0]);
  fill<double>(rows[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
