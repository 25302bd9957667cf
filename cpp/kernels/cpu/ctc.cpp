// Connectionist temporal classification (Graves et al., 2006): sums over all alignments of a target
// with the steps of an input, by dynamic programming in logarithms.

#include "kernels/cpu/loops.h"
#include "kernels/cpu/losses.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class T>
constexpr T impossible = -Format<T>::infinity;

template <class T>
inline T larger(T a, T b) {
  return b > a ? b : a;
}

/// log(exp(a) + exp(b) + exp(c)); all of them may be impossible.
template <class T>
TOPOGRAD_INLINE T log_add(T a, T b, T c) {
  const T top = larger(larger(a, b), c);
  const T shift = top == impossible<T> ? T{0} : top;
  const T sum = exp_negative(a - shift) + exp_negative(b - shift) + exp_negative(c - shift);
  return top == impossible<T> ? top : log(sum) + shift;
}

/// One sample. Its states are the labels of the target with a blank before, between and behind
/// them. A row of probabilities has two impossible states in front.
template <class T>
struct Alignment {
  const CtcShape& shape;
  index sample;
  const T* log_probs;
  std::int64_t* label;  ///< scratch: of each state
  T* skips;             ///< scratch: 0 where a state follows the last but one, else impossible
  T* emission;          ///< scratch: the log probability of each state's label at one step

  index steps() const { return shape.input_lengths[sample]; }
  index states() const { return 2 * shape.target_lengths[sample] + 1; }
  index row_states() const { return 2 * shape.longest + 1; }

  void prepare() const {
    const std::int64_t* target = shape.targets + sample * shape.longest;
    for (index s = 0; s < states(); ++s) {
      label[s] = s % 2 == 0 ? shape.blank : target[s / 2];
      skips[s] = s >= 3 && s % 2 == 1 && label[s] != label[s - 2] ? T{0} : impossible<T>;
    }
  }
  void emit(index step) const {
    const T* row = log_probs + (step * shape.batch + sample) * shape.classes;
    for (index s = 0; s < states(); ++s) emission[s] = row[label[s]];
  }
  /// before and after have two impossible states in front.
  void forward_step(const T* before, T* after) const {
    const index count = states();
    TOPOGRAD_INDEPENDENT
    for (index s = 0; s < count; ++s)
      after[s] = log_add(before[s], before[s - 1], before[s - 2] + skips[s]) + emission[s];
  }
  /// Behind the end of `after` stand two impossible states.
  void backward_step(const T* after, T* before) const {
    const index count = states();
    TOPOGRAD_INDEPENDENT
    for (index s = 0; s < count; ++s)
      before[s] = log_add(after[s], after[s + 1], after[s + 2] + skips[s + 2]) + emission[s];
  }
  T last(const T* row) const {
    const index count = states();
    return log_add(row[count - 1], count > 1 ? row[count - 2] : impossible<T>, impossible<T>);
  }
};

/// Scratch for one sample: two rows with impossible states at both ends, and what Alignment needs.
template <class T>
struct Workspace {
  T* rows[2];
  Alignment<T> alignment;

  Workspace(const CtcShape& shape, index sample, const T* log_probs)
      : rows{}, alignment{shape, sample, log_probs, nullptr, nullptr, nullptr} {
    const index width = 2 * shape.longest + 8;
    T* memory = scratch<T>(0, 4 * width);
    for (index i = 0; i < 4 * width; ++i) memory[i] = impossible<T>;
    rows[0] = memory + 2;
    rows[1] = memory + width + 2;
    alignment.skips = memory + 2 * width;
    alignment.emission = memory + 3 * width;
    alignment.label = scratch<std::int64_t>(1, width);
    alignment.prepare();
  }
};

template <class T>
void store(const T* row, index count, T* out, index width) {
  for (index s = 0; s < count; ++s) out[s] = row[s];
  for (index s = count; s < width; ++s) out[s] = impossible<T>;
}

template <class T>
T ctc_sample(const CtcShape& shape, index sample, const T* log_probs, T* alpha) {
  Workspace<T> work(shape, sample, log_probs);
  const Alignment<T>& a = work.alignment;
  const index width = a.row_states(), count = a.states();
  T* const all = alpha + sample * shape.steps * width;
  for (index i = a.steps() * width; i < shape.steps * width; ++i) all[i] = impossible<T>;
  if (a.steps() == 0) return count == 1 ? T{0} : -impossible<T>;
  a.emit(0);
  T* now = work.rows[0];
  now[0] = a.emission[0];
  if (count > 1) now[1] = a.emission[1];
  store(now, count, all, width);
  for (index step = 1; step < a.steps(); ++step) {
    T* const next = now == work.rows[0] ? work.rows[1] : work.rows[0];
    a.emit(step);
    a.forward_step(now, next);
    store(next, count, all + step * width, width);
    now = next;
  }
  return -a.last(now);
}

/// `after` holds, for each state at `step`, the logarithm of the probability of the rest from there
/// on, this step included; so does alpha for the beginning.
template <class T>
void add_occupancy(const Alignment<T>& a, const T* alpha, const T* after, T loss, T g, T* out) {
  for (index s = 0; s < a.states(); ++s) {
    const T both = alpha[s] + after[s];
    if (both > impossible<T>) out[a.label[s]] -= g * exp(both - a.emission[s] + loss);
  }
}

template <class T>
void ctc_backward_sample(const CtcShape& shape, index sample, const T* log_probs, const T* alpha,
                         T loss, T g, T* gradient) {
  Workspace<T> work(shape, sample, log_probs);
  const Alignment<T>& a = work.alignment;
  const index width = a.row_states(), count = a.states();
  for (index step = 0; step < shape.steps; ++step) {
    T* row = gradient + (step * shape.batch + sample) * shape.classes;
    for (index c = 0; c < shape.classes; ++c) row[c] = 0;
  }
  if (g == 0 || !(loss < Format<T>::infinity)) return;
  T* now = work.rows[0];
  for (index step = a.steps() - 1; step >= 0; --step) {
    a.emit(step);
    if (step == a.steps() - 1) {
      now[count - 1] = a.emission[count - 1];
      if (count > 1) now[count - 2] = a.emission[count - 2];
    } else {
      T* const next = now == work.rows[0] ? work.rows[1] : work.rows[0];
      a.backward_step(now, next);
      now = next;
    }
    add_occupancy(a, alpha + (sample * shape.steps + step) * width, now, loss, g,
                  gradient + (step * shape.batch + sample) * shape.classes);
  }
}

template <class T>
void ctc(const CtcShape& shape, const void* log_probs, void* loss, void* alpha) {
  const CtcShape* const call = &shape;
  parallel(shape.batch, 1, [=](index begin, index end) {
    for (index n = begin; n < end; ++n)
      static_cast<T*>(loss)[n] =
          ctc_sample(*call, n, static_cast<const T*>(log_probs), static_cast<T*>(alpha));
  });
}

template <class T>
void ctc_backward(const CtcShape& shape, const void* log_probs, const void* g, const void* loss,
                  const void* alpha, void* gradient) {
  const CtcShape* const call = &shape;
  parallel(shape.batch, 1, [=](index begin, index end) {
    for (index n = begin; n < end; ++n)
      ctc_backward_sample(*call, n, static_cast<const T*>(log_probs), static_cast<const T*>(alpha),
                          static_cast<const T*>(loss)[n], static_cast<const T*>(g)[n],
                          static_cast<T*>(gradient));
  });
}

template <class T>
void fill(Losses& losses) {
  losses.ctc = ctc<T>;
  losses.ctc_backward = ctc_backward<T>;
}

}  // namespace

void fill_ctc(Losses (&losses)[2]) {
  fill<float>(losses[0]);
  fill<double>(losses[1]);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
