// Images in other sizes.

#include "ops/resampling.h"
#include "kernels/images.h"
#include "ops/family.h"
#include "ops/registry.h"
#include "topograd/image_ops.h"

namespace topograd {
namespace {

struct ResampleMode {
  const char* name;
  int spatial;  ///< number of spatial dims it is for; 0: any
  bool aligns;  ///< takes align_corners
};
constexpr ResampleMode modes[] = {
    {"nearest", 0, false}, {"nearest-exact", 0, false}, {"area", 0, false},    {"linear", 1, true},
    {"bilinear", 2, true}, {"bicubic", 2, true},        {"trilinear", 3, true}};

const ResampleMode& mode_named(const std::string& name) {
  for (const ResampleMode& mode : modes)
    if (name == mode.name) return mode;
  fail<ValueError>(
      "interpolate: mode must be nearest, nearest-exact, linear, bilinear, bicubic, trilinear or "
      "area, got '{}'",
      name);
}

/// The tables of a dim are in memory as a whole.
constexpr index longest = index{1} << 26;

bool is_nearest(const std::string& mode) { return mode == "nearest" || mode == "nearest-exact"; }

/// Checks what belongs together and gives the spatial sizes of the result.
Dims target_size(const Tensor& x, const OptionalDims& size,
                 const std::optional<std::vector<double>>& factors) {
  const int spatial = x.rank() - 2;
  expect<ValueError>(size.has_value() != factors.has_value(),
                     "interpolate: expects either size or scale_factor, got {}",
                     size ? "both" : "neither");
  const int given = size ? size->size() : static_cast<int>(factors->size());
  expect<ValueError>(given == 1 || given == spatial,
                     "interpolate: {} has {} entries for the {} spatial dims of an input {}",
                     size ? "size" : "scale_factor", given, spatial, x.shape());
  Dims out;
  for (int d = 0; d < spatial; ++d) {
    if (size) {
      out.push_back((*size)[given == 1 ? 0 : d]);
    } else {
      const double factor = (*factors)[given == 1 ? 0 : static_cast<std::size_t>(d)];
      const double wanted = std::floor(static_cast<double>(x.shape()[d + 2]) * factor);
      expect<ValueError>(wanted >= 0 && wanted <= static_cast<double>(longest),
                         "interpolate: a scale_factor of {} is no size for {}", factor,
                         x.shape()[d + 2]);
      out.push_back(static_cast<index>(wanted));
    }
    expect<ShapeError>(x.shape()[d + 2] > 0 && out[d] > 0 && out[d] <= longest,
                       "interpolate: sizes must be positive and at most {}, got {} for an input {}",
                       longest, out, x.shape());
  }
  return out;
}

void check_mode(const Tensor& x, const std::string& name, const std::optional<bool>& align_corners,
                bool antialias) {
  expect<ShapeError>(x.rank() >= 3 && x.rank() <= 5,
                     "interpolate: expects an input (N, C, …) with 1 to 3 spatial dims, got {}",
                     x.shape());
  const ResampleMode& mode = mode_named(name);
  expect<ShapeError>(mode.spatial == 0 || mode.spatial == x.rank() - 2,
                     "interpolate: mode '{}' is for inputs with {} dims, got {}", name,
                     mode.spatial + 2, x.shape());
  expect<ValueError>(!align_corners || mode.aligns,
                     "interpolate: align_corners is for linear, bilinear, bicubic and trilinear, "
                     "not for '{}'",
                     name);
  expect<ValueError>(!antialias || name == "bilinear" || name == "bicubic",
                     "interpolate: antialias is for bilinear and bicubic, not for '{}'", name);
}

/// Nearest pixels of any dtype: no arithmetic.
Tensor picked(const Tensor& x, const Dims& size, const std::string& mode,
              const std::vector<double>& scales) {
  Tensor y = x;
  for (int d = 0; d < size.size(); ++d) {
    const ResampleTable table =
        resample_table(x.shape()[d + 2], size[d], mode, false, false,
                       scales[static_cast<std::size_t>(d)], x.dtype() == DType::float64);
    Tensor at = Tensor::empty({size[d]}, DType::int64);
    for (index o = 0; o < size[d]; ++o)
      at.data<std::int64_t>()[o] = table.start[static_cast<std::size_t>(o)];
    y = index_select(y, d + 2, at);
  }
  return apart_from(x, in_format_of(y, x));
}

/// The weights of a table in the compute type.
struct TypedTable {
  ResampleTable table;
  std::vector<float> single;
  kernels::ResampleDim dim(DType type) {
    kernels::ResampleDim dim{table.in,           table.out,           table.taps,
                             table.start.data(), table.weight.data(), table.is_identity()};
    if (type == DType::float32) {
      single.assign(table.weight.begin(), table.weight.end());
      dim.weight = single.data();
    }
    return dim;
  }
};

/// Two dims of [planes][rows][columns][inner].
Tensor resampled(const Tensor& x, index planes, index inner, TypedTable rows, TypedTable columns) {
  Tensor out = Tensor::empty({planes * rows.table.out * columns.table.out * inner}, x.dtype());
  if (out.count() > 0)
    kernels::images().resample[real_index(x.dtype())](
        {planes, inner, rows.dim(x.dtype()), columns.dim(x.dtype())}, x.address(), out.address());
  return out;
}

/// One dim of [rows][columns][inner].
Tensor resampled_rows(const Tensor& x, index rows, index inner, TypedTable columns) {
  Tensor out = Tensor::empty({rows * columns.table.out * inner}, x.dtype());
  const kernels::ResampleDim same{rows, rows, 1, nullptr, nullptr, true};
  if (out.count() > 0)
    kernels::images().resample[real_index(x.dtype())]({1, inner, same, columns.dim(x.dtype())},
                                                      x.address(), out.address());
  return out;
}

struct Resampling {
  Dims size;
  std::string mode;
  bool align_corners, antialias;
  std::vector<double> scales;
  bool transposed;

  /// The table of a spatial dim of an input with that many pixels.
  TypedTable table(int d, index n, bool exact) const {
    const index in = transposed ? size[d] : n, out = transposed ? n : size[d];
    ResampleTable made = resample_table(in, out, mode, align_corners, antialias,
                                        scales[static_cast<std::size_t>(d)], exact);
    return {transposed ? made.transposed() : made, {}};
  }
};

Tensor resample_all(const Tensor& x, const Resampling& how) {
  const int spatial = x.rank() - 2;
  const DType type = compute_dtype(x.dtype());
  const bool channels_last = channels_format(x) != nullptr;
  const Tensor last = channels_last ? permute_channels(x, true) : x;
  Tensor flat = dense(converted(last, type));
  std::vector<TypedTable> tables;
  for (int d = 0; d < spatial; ++d)
    tables.push_back(how.table(d, x.shape()[d + 2], x.dtype() == DType::float64));
  const index inner = channels_last ? x.shape()[1] : 1;
  const index images = x.shape()[0] * (channels_last ? 1 : x.shape()[1]);
  const TypedTable whole{identity_table(1), {}};
  if (spatial == 1) {
    flat = resampled_rows(flat, images, inner, tables[0]);
  } else if (spatial == 2) {
    flat = resampled(flat, images, inner, tables[0], tables[1]);
  } else {
    const ResampleTable &depth = tables[0].table, &rows = tables[1].table,
                        &columns = tables[2].table;
    // The depth first where that leaves less to do.
    const bool first = depth.out < depth.in;
    const index slice = (first ? rows.in * columns.in : rows.out * columns.out) * inner;
    if (first) flat = resampled(flat, images, slice, tables[0], whole);
    flat = resampled(flat, images * (first ? depth.out : depth.in), inner, tables[1], tables[2]);
    if (!first) flat = resampled(flat, images, slice, tables[0], whole);
  }
  Dims shape{x.shape()[0]};
  if (!channels_last) shape.push_back(x.shape()[1]);
  for (index n : how.size) shape.push_back(n);
  if (channels_last) shape.push_back(x.shape()[1]);
  flat = restrided(flat, shape, contiguous_strides(shape), 0);
  const Tensor out = converted(flat, x.dtype());
  return channels_last ? permute_channels(out, false) : out;
}

}  // namespace

constinit const Op<Tensor(Tensor, OptionalDims, std::optional<std::vector<double>>, std::string,
                          std::optional<bool>, std::optional<bool>, bool)>
    interpolate{{
        .signature =
            "interpolate(Tensor input, int[]? size=None, float[]? scale_factor=None, "
            "str mode='nearest', bool? align_corners=None, bool? recompute_scale_factor=None, "
            "bool antialias=False)",
        .doc = R"(An image, a signal or a volume in another size.

input: (N, C, L), (N, C, H, W) or (N, C, D, H, W). size: the new spatial sizes, a number or one per
dim; or scale_factor: what they are multiplied with, rounded down. mode: 'nearest' (pixel
floor(i * in / out)), 'nearest-exact' (floor((i + 0.5) * in / out)), 'linear', 'bilinear' or
'trilinear' (between the nearest two of each dim), 'bicubic' (cubic convolution with a = -0.75 over
four), 'area' (the mean of the pixels covered). Every mode works along one dim after the other.
align_corners: whether the corner pixels' centers keep their place (default False: their outer edges
do). recompute_scale_factor=True takes in / out for the step between pixels where scale_factor is
not whole; by default it is 1 / scale_factor. antialias: a wider window where an image gets smaller,
for bilinear and bicubic (a = -0.5).
The gradient is exact and the same for any number of threads. channels_last stays. The nearest modes
take every dtype, the others floating point and uint8, which is rounded.
Raises ValueError for options that do not fit together, ShapeError for a mode of other dims.

>>> x = tg.tensor([[[1.0, 3.0]]])
>>> F.interpolate(x, scale_factor=2)
tensor([[[1., 1., 3., 3.]]])
>>> F.interpolate(x, size=3, mode="linear", align_corners=True)
tensor([[[1., 2., 3.]]])
)",
        .forward =
            [](const Tensor& x, const OptionalDims& size,
               const std::optional<std::vector<double>>& factors, const std::string& mode,
               const std::optional<bool>& align_corners, const std::optional<bool>& recompute,
               bool antialias) {
              check_mode(x, mode, align_corners, antialias);
              const Dims out = target_size(x, size, factors);
              expect<ValueError>(!size || !recompute.value_or(false),
                                 "interpolate: recompute_scale_factor is for scale_factor, not for "
                                 "size");
              std::vector<double> scales(static_cast<std::size_t>(out.size()), 0.0);
              if (factors && !recompute.value_or(false) && mode != "area")
                for (std::size_t d = 0; d < scales.size(); ++d)
                  scales[d] = (*factors)[factors->size() == 1 ? 0 : d];
              if (is_nearest(mode) && !is_floating(x.dtype())) return picked(x, out, mode, scales);
              if (x.dtype() == DType::uint8) {
                const Tensor y = resample(cast(x, DType::float32), out, mode,
                                          align_corners.value_or(false), antialias, scales, false);
                return in_format_of(cast(clamp(floor(y + 0.5), 0, 255), DType::uint8), x);
              }
              expect_floating(x.dtype(), "interpolate");
              return resample(x, out, mode, align_corners.value_or(false), antialias, scales,
                              false);
            },
        .traits = is_functional,
        .samples = []() -> std::vector<Sample> {
          const auto scale = [](double s) { return std::vector<double>{s}; };
          return {{sample({2, 2, 3}), Dims{5}, Arg(), "nearest", Arg(), Arg(), false},
                  {sample({1, 2, 5}), Arg(), scale(0.7), "nearest-exact", Arg(), Arg(), false},
                  {sample({2, 1, 3}), Arg(), scale(1.7), "linear", false, Arg(), false},
                  {sample({1, 2, 3, 4}), Dims{5, 3}, Arg(), "bilinear", true, Arg(), false},
                  {sample({1, 2, 6, 5}), Dims{3, 2}, Arg(), "bilinear", false, Arg(), true},
                  {sample({1, 1, 3, 4}), Arg(), scale(1.5), "bicubic", Arg(), true, false},
                  {sample({1, 1, 5, 6}), Dims{3, 8}, Arg(), "bicubic", Arg(), Arg(), true},
                  {sample({1, 2, 5, 3}), Dims{2, 4}, Arg(), "area", Arg(), Arg(), false},
                  {sample({1, 1, 3, 2, 2}), Dims{2, 3, 4}, Arg(), "trilinear", Arg(), Arg(), false},
                  {sample({1, 1, 2, 3, 2}), Dims{3, 2, 4}, Arg(), "trilinear", true, Arg(), false}};
        },
    }};

constinit const Op<Tensor(Tensor, Dims, std::string, bool, bool, std::vector<double>, bool)>
    resample{{
        .signature = "resample(Tensor input, int[] size, str mode, bool align_corners, "
                     "bool antialias, float[] scales, bool transposed)",
        .doc = R"(interpolate with all options worked out, or its transpose.

scales: what the sizes were multiplied with, 0 where the sizes themselves tell. The transpose takes
what interpolate gives and has its input's `size`.)",
        .forward =
            [](const Tensor& x, const Dims& size, const std::string& mode, bool align_corners,
               bool antialias, const std::vector<double>& scales, bool transposed) {
              check_mode(x, mode, {}, antialias);
              expect_floating(x.dtype(), "interpolate");
              expect<ShapeError>(
                  size.size() == x.rank() - 2 && static_cast<int>(scales.size()) == size.size(),
                  "interpolate: {} spatial sizes and {} scales for an input {}", size.size(),
                  scales.size(), x.shape());
              for (int d = 0; d < size.size(); ++d)
                expect<ShapeError>(size[d] > 0 && x.shape()[d + 2] > 0 && size[d] <= longest &&
                                       x.shape()[d + 2] <= longest,
                                   "interpolate: sizes must be positive and at most {}, got {} for "
                                   "an input {}",
                                   longest, size, x.shape());
              Dims out{x.shape()[0], x.shape()[1]};
              for (index n : size) out.push_back(n);
              count_of(out);
              return resample_all(x, {size, mode, align_corners, antialias, scales, transposed});
            },
        .derivative = Linear{[](const Call&, const Tensor& g, const Tensor& x, const Dims&,
                                const std::string& mode, bool align_corners, bool antialias,
                                const std::vector<double>& scales, bool transposed) -> Tensor {
          return resample(g, Dims(x.shape().begin() + 2, x.shape().end()), mode, align_corners,
                          antialias, scales, !transposed);
        }},
        .traits = is_hidden,
        .samples = []() -> std::vector<Sample> {
          return {{sample({1, 2, 3, 4}), Dims{5, 3}, "bilinear", false, false,
                   std::vector<double>{0, 0}, false},
                  {sample({1, 2, 5, 3}), Dims{3, 4}, "bicubic", false, false,
                   std::vector<double>{0, 0}, true}};
        },
    }};

Family resampling_family() { return {&interpolate, &resample}; }

}  // namespace topograd
