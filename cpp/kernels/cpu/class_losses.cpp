// Losses of rows with classes: negative log-likelihood, multilabel margins.

#include "kernels/cpu/losses.h"
#include "kernels/cpu/operations.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class T>
void nll(const void* log_probs, const std::int64_t* target, const void* class_weight, void* loss,
         index outer, index classes, index inner, index ignored) {
  const T* x = static_cast<const T*>(log_probs);
  const T* weight = static_cast<const T*>(class_weight);
  T* out = static_cast<T*>(loss);
  parallel(outer * inner, parallel_grain / 8, [=](index begin, index end) {
    index o = begin / inner, i = begin - o * inner;
    for (index row = begin; row < end; ++row) {
      const index t = target[row];
      if (t == ignored)
        out[row] = 0;
      else
        out[row] = -x[(o * classes + t) * inner + i] * (weight == nullptr ? T{1} : weight[t]);
      if (++i == inner) ++o, i = 0;
    }
  });
}

template <class T>
void nll_backward(const void* gradient, const std::int64_t* target, const void* class_weight,
                  void* log_probs_gradient, index outer, index classes, index inner,
                  index ignored) {
  const T* g = static_cast<const T*>(gradient);
  const T* weight = static_cast<const T*>(class_weight);
  T* dx = static_cast<T*>(log_probs_gradient);
  const index size = classes * inner;
  parallel(outer, ceil_div(parallel_grain, greatest(size, index{1})), [=](index begin, index end) {
    for (index i = begin * size; i < end * size; ++i) dx[i] = 0;
    for (index o = begin; o < end; ++o)
      for (index i = 0; i < inner; ++i) {
        const index t = target[o * inner + i];
        if (t != ignored)
          dx[o * size + t * inner + i] = -g[o * inner + i] * (weight == nullptr ? T{1} : weight[t]);
      }
  });
}

/// dx[i] = g[i] * exp(score[i]), and 0 where g is.
template <class T>
void scaled_probabilities(const T* g, const T* score, T* dx, index count) {
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < count; ++i) {
    const T p = exp_negative(score[i]);
    dx[i] = g[i] == 0 ? T{0} : g[i] * p;
  }
}

template <class T>
void images_backward(const void* gradient, const void* log_probs, const std::int64_t* target,
                     const void* class_weight, void* logits_gradient, index outer, index classes,
                     index inner, index ignored) {
  const T* g = static_cast<const T*>(gradient);
  const T* scores = static_cast<const T*>(log_probs);
  const T* weight = static_cast<const T*>(class_weight);
  T* dx = static_cast<T*>(logits_gradient);
  constexpr index tile = 1024;  // of the places of an image, so that their factors stay near
  const index tiles = ceil_div(inner, tile);
  const index grain = ceil_div(parallel_grain, greatest(classes * least(inner, tile), index{1}));
  parallel(outer * tiles, grain, [=](index begin, index end) {
    T factor[tile];
    for (index piece = begin; piece < end; ++piece) {
      const index o = piece / tiles, first = (piece - o * tiles) * tile;
      const index count = least(tile, inner - first);
      const std::int64_t* t = target + o * inner + first;
      for (index i = 0; i < count; ++i)
        factor[i] = t[i] == ignored
                        ? T{0}
                        : g[o * inner + first + i] * (weight == nullptr ? T{1} : weight[t[i]]);
      const index from = o * classes * inner + first;
      for (index c = 0; c < classes; ++c)
        scaled_probabilities(factor, scores + from + c * inner, dx + from + c * inner, count);
      for (index i = 0; i < count; ++i)
        if (t[i] != ignored) dx[from + t[i] * inner + i] -= factor[i];
    }
  });
}

/// One row: the hinges of each of its classes with all that are none of them.
template <class T>
struct Hinges {
  const T* x;
  const std::int64_t* target;
  const T* absent;  ///< 1 for what is none of the row's classes, else 0
  index classes;

  double loss() const {
    double total = 0;
    for (index j = 0; j < classes && target[j] >= 0; ++j) {
      const T base = T{1} - x[target[j]];
      total += sum_of<T>(0, classes, [&](index i) {
        const T hinge = base + x[i];
        return hinge > 0 ? hinge * absent[i] : (hinge == hinge ? T{0} : hinge);
      });
    }
    return total / static_cast<double>(classes);
  }
  void slope(T* out) const {
    const T unit = T{1} / static_cast<T>(classes);
    for (index i = 0; i < classes; ++i) out[i] = 0;
    for (index j = 0; j < classes && target[j] >= 0; ++j) {
      const T base = T{1} - x[target[j]];
      TOPOGRAD_INDEPENDENT
      for (index i = 0; i < classes; ++i) out[i] += base + x[i] > 0 ? absent[i] * unit : T{0};
      out[target[j]] -=
          static_cast<T>(
              sum_of<T>(0, classes, [&](index i) { return base + x[i] > 0 ? absent[i] : T{0}; })) *
          unit;
    }
  }
};

template <class T>
void multilabel_margin(const void* input, const std::int64_t* target, void* loss, void* slope,
                       index rows, index classes) {
  const T* x = static_cast<const T*>(input);
  const index grain = ceil_div(parallel_grain, greatest(4 * classes, index{1}));
  parallel(rows, grain, [=](index begin, index end) {
    T* absent = scratch<T>(0, classes);
    for (index row = begin; row < end; ++row) {
      const std::int64_t* wanted = target + row * classes;
      for (index i = 0; i < classes; ++i) absent[i] = 1;
      for (index j = 0; j < classes && wanted[j] >= 0; ++j) absent[wanted[j]] = 0;
      const Hinges<T> hinges{x + row * classes, wanted, absent, classes};
      if (loss != nullptr) static_cast<T*>(loss)[row] = static_cast<T>(hinges.loss());
      if (slope != nullptr) hinges.slope(static_cast<T*>(slope) + row * classes);
    }
  });
}

template <class T>
void fill(Losses& losses) {
  losses.nll = nll<T>;
  losses.nll_backward = nll_backward<T>;
  losses.images_backward = images_backward<T>;
  losses.multilabel_margin = multilabel_margin<T>;
}

}  // namespace

void fill_losses(Losses (&losses)[2]) {
  fill<float>(losses[0]);
  fill<double>(losses[1]);
  fill_ctc(losses);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
