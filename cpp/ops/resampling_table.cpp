// Which elements of a dim the elements of its resampled form are made of, and with what weights.

#include <algorithm>
#include <cmath>

#include "ops/resampling.h"
#include "tensor/body.h"

namespace topograd {
namespace {

std::size_t at(index i) { return static_cast<std::size_t>(i); }

/// For each element of the result where the elements begin that it is made of, and their weights,
/// before they are brought into a table of equal length.
struct Mixtures {
  std::vector<index> first, end;  ///< `end` counts in `weight`
  std::vector<double> weight;

  index count() const { return static_cast<index>(first.size()); }
  void add(index begin, const double* weights, index taps) {
    first.push_back(begin);
    weight.insert(weight.end(), weights, weights + taps);
    end.push_back(static_cast<index>(weight.size()));
  }
  /// Positions that may lie outside of [0, n), where the element at the edge is taken.
  void add_held_inside(index begin, const double* weights, index taps, index n) {
    const index low = std::clamp<index>(begin, 0, n - 1);
    const index high = std::clamp<index>(begin + taps - 1, 0, n - 1);
    const std::size_t base = weight.size();
    weight.resize(base + at(high - low + 1));
    for (index k = 0; k < taps; ++k)
      weight[base + at(std::clamp<index>(begin + k, 0, n - 1) - low)] += weights[k];
    first.push_back(low);
    end.push_back(static_cast<index>(weight.size()));
  }
};

ResampleTable table_of(index in, const Mixtures& mixtures) {
  ResampleTable table{in, mixtures.count(), 1, {}, {}};
  const auto begin_of = [&](index o) { return o == 0 ? 0 : mixtures.end[at(o - 1)]; };
  for (index o = 0; o < table.out; ++o)
    table.taps = std::max(table.taps, mixtures.end[at(o)] - begin_of(o));
  table.start.resize(at(table.out));
  table.weight.resize(at(table.taps * table.out));
  for (index o = 0; o < table.out; ++o) {
    const index first = mixtures.first[at(o)], start = std::min(first, in - table.taps);
    table.start[at(o)] = static_cast<std::int32_t>(start);
    for (index k = begin_of(o); k < mixtures.end[at(o)]; ++k)
      table.weight[at((first - start + k - begin_of(o)) * table.out + o)] = mixtures.weight[at(k)];
  }
  return table;
}

/// Cubic convolution (Keys, 1981) at a distance of at most 2.
double cubic(double distance, double a) {
  const double x = std::abs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2) return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// Distance of neighbouring elements of the result, in elements of the source.
double step_of(index in, index out, bool align_corners, double scale) {
  if (align_corners)
    return out > 1 ? static_cast<double>(in - 1) / static_cast<double>(out - 1) : 0;
  return scale > 0 ? 1 / scale : static_cast<double>(in) / static_cast<double>(out);
}

template <class Real>
index nearest_element(index o, index in, index out, double scale, bool centered) {
  const Real step =
      scale > 0 ? static_cast<Real>(1 / scale) : static_cast<Real>(in) / static_cast<Real>(out);
  const Real position =
      centered
          ? std::max<Real>((static_cast<Real>(o) + Real{0.5}) * step - Real{0.5}, 0) + Real{0.5}
          : static_cast<Real>(o) * step;
  return std::clamp<index>(static_cast<index>(std::floor(position)), 0, in - 1);
}

void add_area(Mixtures& mixtures, index o, index in, index out) {
  const index begin = o * in / out, end = ((o + 1) * in + out - 1) / out;
  const std::vector<double> weights(at(end - begin), 1 / static_cast<double>(end - begin));
  mixtures.add(begin, weights.data(), end - begin);
}

void add_antialiased(Mixtures& mixtures, index o, index in, double step, bool is_cubic) {
  const double widening = std::max(step, 1.0);
  const double support = (is_cubic ? 2 : 1) * widening;
  const double center = step * (static_cast<double>(o) + 0.5);
  const index begin = std::clamp<index>(static_cast<index>(center - support + 0.5), 0, in - 1);
  const index end = std::clamp<index>(static_cast<index>(center + support + 0.5), begin + 1, in);
  std::vector<double> weights;
  double total = 0;
  for (index i = begin; i < end; ++i) {
    const double distance = (static_cast<double>(i) - center + 0.5) / widening;
    weights.push_back(is_cubic ? cubic(distance, -0.5) : std::max(0.0, 1 - std::abs(distance)));
    total += weights.back();
  }
  if (total != 0)
    for (double& w : weights) w /= total;
  mixtures.add(begin, weights.data(), end - begin);
}

void add_interpolated(Mixtures& mixtures, index o, index in, double step, bool align_corners,
                      bool is_cubic) {
  double position =
      align_corners ? step * static_cast<double>(o) : step * (static_cast<double>(o) + 0.5) - 0.5;
  if (!is_cubic) position = std::max(position, 0.0);
  position = std::min(position, static_cast<double>(in) + 2);
  const double base = std::floor(position), t = position - base;
  const auto first = static_cast<index>(base);
  if (is_cubic) {
    const double weights[] = {cubic(t + 1, -0.75), cubic(t, -0.75), cubic(1 - t, -0.75),
                              cubic(2 - t, -0.75)};
    mixtures.add_held_inside(first - 1, weights, 4, in);
  } else {
    const double weights[] = {1 - t, t};
    mixtures.add_held_inside(first, weights, t > 0 ? 2 : 1, in);
  }
}

}  // namespace

bool ResampleTable::is_identity() const {
  if (in != out || taps != 1) return false;
  for (index o = 0; o < out; ++o)
    if (start[at(o)] != o || weight[at(o)] != 1) return false;
  return true;
}

ResampleTable ResampleTable::transposed() const {
  std::vector<index> low(at(in), out), high(at(in), -1);
  for (index o = 0; o < out; ++o)
    for (index k = 0; k < taps; ++k) {
      if (weight[at(k * out + o)] == 0) continue;
      const std::size_t i = at(start[at(o)] + k);
      low[i] = std::min(low[i], o);
      high[i] = o;
    }
  // Weights of 0 in front keep the starts in order.
  ResampleTable back{out, in, 1, {}, {}};
  index after = out - 1;
  for (index i = in - 1; i >= 0; --i) {
    after = low[at(i)] = std::min(low[at(i)], after);
    back.taps = std::max(back.taps, high[at(i)] - after + 1);
  }
  back.weight.resize(at(back.taps * in));
  back.start.resize(at(in));
  for (index i = 0; i < in; ++i)
    back.start[at(i)] = static_cast<std::int32_t>(std::min(low[at(i)], out - back.taps));
  for (index o = 0; o < out; ++o)
    for (index k = 0; k < taps; ++k) {
      const double w = weight[at(k * out + o)];
      const index i = start[at(o)] + k;
      if (w != 0) back.weight[at((o - back.start[at(i)]) * in + i)] = w;
    }
  return back;
}

ResampleTable identity_table(index n) {
  Mixtures mixtures;
  constexpr double one = 1;
  for (index o = 0; o < n; ++o) mixtures.add(o, &one, 1);
  return table_of(n, mixtures);
}

ResampleTable resample_table(index in, index out, const std::string& mode, bool align_corners,
                             bool antialias, double scale, bool exact) {
  Mixtures mixtures;
  mixtures.first.reserve(at(out));
  mixtures.end.reserve(at(out));
  const double step = step_of(in, out, align_corners, scale);
  constexpr double one = 1;
  const bool is_cubic = mode == "bicubic", centered = mode == "nearest-exact";
  for (index o = 0; o < out; ++o) {
    if (mode == "area") {
      add_area(mixtures, o, in, out);
    } else if (mode == "nearest" || centered) {
      mixtures.add(exact ? nearest_element<double>(o, in, out, scale, centered)
                         : nearest_element<float>(o, in, out, scale, centered),
                   &one, 1);
    } else if (antialias) {
      add_antialiased(mixtures, o, in, step, is_cubic);
    } else {
      add_interpolated(mixtures, o, in, step, align_corners, is_cubic);
    }
  }
  return table_of(in, mixtures);
}

Tensor permute_channels(const Tensor& x, bool to_last) {
  const int rank = x.rank();
  Dims sizes, strides;
  const auto take = [&](int d) {
    sizes.push_back(x.shape()[d]);
    strides.push_back(x.strides()[d]);
  };
  take(0);
  if (!to_last) take(rank - 1);
  for (int d = to_last ? 2 : 1; d < (to_last ? rank : rank - 1); ++d) take(d);
  if (to_last) take(1);
  return restrided(x, sizes, strides, x.body()->offset);
}

}  // namespace topograd
