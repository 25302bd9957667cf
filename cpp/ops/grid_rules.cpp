// The derivatives of sample_points. The pixels around each point are gathered one after the other,
// with weights that are functions of the point, so that all orders follow.

#include "ops/family.h"
#include "ops/grid.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

/// One of the pixels around each point along one dim, (N, P).
struct Tap {
  Tensor pixel;   ///< int64, inside
  Tensor inside;  ///< whether there is such a pixel
  Tensor weight, slope;
};

Tensor held(const Tensor& at, index n) { return clamp(at, 0, static_cast<double>(n - 1)); }

/// Mirrored at the ends until it is between them.
Tensor mirrored(const Tensor& at, index n, bool align) {
  const double low = align ? 0 : -0.5;
  const auto span = static_cast<double>(align ? n - 1 : n);
  if (span == 0) return at * 0;
  const Tensor distance = abs(at - low);
  const Tensor flips = floor(distance.detach() / span);
  const Tensor rest = distance - flips * span;
  return where(eq(remainder(flips, 2), 0), rest, span - rest) + low;
}

Tensor brought_inside(const Tensor& at, index n, const GridOptions& o) {
  if (o.padding == "border") return held(at, n);
  if (o.padding == "reflection") return held(mirrored(at, n, o.align), n);
  return at;
}

/// d brought_inside / d at, piecewise constant: 0 at the edges and beyond.
Tensor slope_inside(const Tensor& at, index n, const GridOptions& o) {
  const Tensor ones = Tensor::ones(at.shape(), at.dtype());
  if (o.padding == "zeros") return ones;
  Tensor position = at, sign = ones;
  if (o.padding == "reflection") {
    const double low = o.align ? 0 : -0.5;
    const auto span = static_cast<double>(o.align ? n - 1 : n);
    if (span == 0) return ones * 0;
    const Tensor even = eq(remainder(floor(abs(at - low) / span), 2), 0);
    sign = where(logical_xor(lt(at, low), even), ones, neg(ones));
    position = mirrored(at, n, o.align);
  }
  return where(logical_and(gt(position, 0), lt(position, static_cast<double>(n - 1))), sign, 0);
}

Tensor near_weight(const Tensor& u) { return ((1.25 * u - 2.25) * u) * u + 1; }
Tensor far_weight(const Tensor& u) { return ((-0.75 * u + 3.75) * u - 6) * u + 3; }
Tensor near_slope(const Tensor& u) { return (3.75 * u - 4.5) * u; }
Tensor far_slope(const Tensor& u) { return (-2.25 * u + 7.5) * u - 6; }

/// The taps along one dim of n pixels, for coordinates (N, P) from -1 to 1.
std::vector<Tap> taps_along(const Tensor& given, index n, const GridOptions& o) {
  const Tensor v = where(isnan(given), -1, given);
  const auto size = static_cast<double>(n);
  const double step = (o.align ? size - 1 : size) / 2;
  const Tensor raw = (v + 1) * step - (o.align ? 0 : 0.5);
  const bool cubic = o.mode == "bicubic";
  const Tensor at = cubic ? raw : brought_inside(raw, n, o);
  const Tensor fixed = clamp(at.detach(), -size - 4, o.padding == "reflection" ? 0x1p30 : size + 4);
  const Tensor base = o.mode == "nearest" ? round(fixed) : floor(fixed);
  const Tensor t = at - base;
  const Tensor ones = Tensor::ones(t.shape(), t.dtype());
  Tensors weights{ones}, slopes{ones * 0};
  if (o.mode == "bilinear") {
    weights = {1 - t, t};
    slopes = {neg(ones), ones};
  } else if (cubic) {
    weights = {far_weight(t + 1), near_weight(t), near_weight(1 - t), far_weight(2 - t)};
    slopes = {far_slope(t + 1), near_slope(t), neg(near_slope(1 - t)), neg(far_slope(2 - t))};
  }
  const Tensor step_inside = cubic ? ones * step : slope_inside(raw.detach(), n, o) * step;
  std::vector<Tap> taps;
  for (std::size_t k = 0; k < weights.size(); ++k) {
    Tensor pixel = base + (static_cast<double>(k) - (cubic ? 1 : 0));
    if (cubic) pixel = brought_inside(pixel, n, o);
    const Tensor inside = logical_and(ge(pixel, 0), le(pixel, size - 1));
    taps.push_back(
        {cast(where(inside, pixel, 0), DType::int64), inside, weights[k], slopes[k] * step_inside});
  }
  return taps;
}

/// The taps along all dims, the last dim of the images first.
struct Pixels {
  Dims shape;
  std::vector<std::vector<Tap>> axes;

  Pixels(const Dims& images, const Tensor& points, const GridOptions& options) : shape(images) {
    for (int d = 0; d < shape.size() - 2; ++d)
      axes.push_back(taps_along(select(points, 2, d), shape[shape.size() - 1 - d], options));
  }
  Dims flat() const { return {shape[0], shape[1], count_of(Dims(shape.begin() + 2, shape.end()))}; }

  /// f(chosen taps, their pixel within its plane as index (N, C, P), whether it is there (N, P)),
  /// for each combination.
  template <class F>
  void each(F f) const {
    std::size_t combinations = 1;
    for (const auto& taps : axes) combinations *= taps.size();
    for (std::size_t t = 0; t < combinations; ++t) {
      std::vector<const Tap*> chosen;
      std::size_t rest = t;
      for (const auto& taps : axes) {
        chosen.push_back(&taps[rest % taps.size()]);
        rest /= taps.size();
      }
      Tensor pixel = chosen.back()->pixel, inside = chosen.back()->inside;
      for (int d = static_cast<int>(axes.size()) - 2; d >= 0; --d) {
        const Tap& tap = *chosen[static_cast<std::size_t>(d)];
        pixel = pixel * Tensor(Scalar(shape[shape.size() - 1 - d])) + tap.pixel;
        inside = logical_and(inside, tap.inside);
      }
      const Dims wide{pixel.shape()[0], shape[1], pixel.shape()[1]};
      f(chosen, expand(unsqueeze(pixel, 1), wide), inside);
    }
  }
};

/// The product of the weights, with the slope in dim d instead of its weight; 0 outside.
Tensor product_of(const std::vector<const Tap*>& taps, const Tensor& inside, int d = -1) {
  Tensor product;
  for (int e = 0; e < static_cast<int>(taps.size()); ++e) {
    const Tap& tap = *taps[static_cast<std::size_t>(e)];
    const Tensor& factor = e == d ? tap.slope : tap.weight;
    product = product.defined() ? product * factor : factor;
  }
  return where(inside, product, 0);
}

}  // namespace

Tensor grid_image_gradient(const Tensor& g, const Dims& shape, const Tensor& points,
                           const GridOptions& options) {
  const Pixels pixels(shape, points, options);
  Tensor out = Tensor::zeros(pixels.flat(), g.dtype());
  pixels.each([&](const auto& taps, const Tensor& at, const Tensor& inside) {
    out = scatter_add(out, 2, at, g * unsqueeze(product_of(taps, inside), 1));
  });
  return reshape(out, shape);
}

Tensor grid_point_gradient(const Tensor& g, const Tensor& x, const Tensor& points,
                           const GridOptions& options) {
  const Pixels pixels(x.shape(), points, options);
  const Tensor flat = reshape(x, pixels.flat());
  const int dims = x.rank() - 2;
  Tensors totals(static_cast<std::size_t>(dims));
  pixels.each([&](const auto& taps, const Tensor& at, const Tensor& inside) {
    const Tensor met = sum(g * gather(flat, 2, at), Dims{1}, false, {});
    for (int d = 0; d < dims; ++d) {
      Tensor& total = totals[static_cast<std::size_t>(d)];
      const Tensor part = met * product_of(taps, inside, d);
      total = total.defined() ? total + part : part;
    }
  });
  return stack(totals, -1);
}

Tensor grid_point_change(const Tensor& t, const Tensor& x, const Tensor& points,
                         const GridOptions& options) {
  const Pixels pixels(x.shape(), points, options);
  const Tensor flat = reshape(x, pixels.flat());
  Tensor out;
  pixels.each([&](const auto& taps, const Tensor& at, const Tensor& inside) {
    Tensor change;
    for (int d = 0; d < x.rank() - 2; ++d) {
      const Tensor part = product_of(taps, inside, d) * select(t, 2, d);
      change = change.defined() ? change + part : part;
    }
    const Tensor moved = gather(flat, 2, at) * unsqueeze(change, 1);
    out = out.defined() ? out + moved : moved;
  });
  return out;
}

}  // namespace topograd
