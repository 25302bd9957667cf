#pragma once

// What the kernels offer for images, groups of channels and bags of rows. The rules of kernels.h
// hold here too. Arrays indexed [2] are f32, f64.

#include "kernels/kernels.h"

namespace topograd::kernels {

// ------------------------------------------------------------------ padding

/// One dim of a tensor that gets longer or shorter at its ends. Positions [whole_begin, whole_end)
/// of the result show those of the source from `first` on; each other one shows what `edges` says,
/// those in front first, or the fill where there are no edges.
struct PadDim {
  index in, out, whole_begin, whole_end, first;
  const std::int64_t* edges;
  /// For the transpose, not for the last dim: position i of the source is shown at
  /// shown[shown_begin[i]], …, shown[shown_begin[i + 1] - 1].
  const std::int64_t* shown_begin;
  const std::int64_t* shown;
};
/// Dense [in…][inner] and [out…][inner].
inline constexpr int most_padded_dims = 32;
struct PadShape {
  int rank;  ///< at least 1
  index inner;
  PadDim dim[most_padded_dims];
};
struct Padding {
  /// fill: one element.
  void (*pad)(const PadShape&, const void* in, const void* fill, void* out, index element_size);
  /// x [in…][inner] = for each position the sum over those of g [out…][inner] that show it.
  void (*transpose[2])(const PadShape&, const void* g, void* x);
};

// ------------------------------------------------------------------ resampling

/// One dim: position o of the result is the sum over k of weight[k * out + o] times the source at
/// start[o] + k, all inside. start never decreases. A weight of 0 takes nothing, not even NaN.
struct ResampleDim {
  index in, out, taps;
  const std::int32_t* start;
  const void* weight;
  bool identity;  ///< the dim stays as it is
};
/// [planes][rows.in][columns.in][inner] to [planes][rows.out][columns.out][inner]
struct ResampleShape {
  index planes, inner;
  ResampleDim rows, columns;
};
using Resample = void (*)(const ResampleShape&, const void* x, void* y);

// ------------------------------------------------------------------ windows as columns

/// Planes are batch * channels. An image is [planes][in…], its columns are [planes][kernel…][out…].
struct ColumnShape {
  index planes;
  index in[3], kernel[3], stride[3], padding[3], dilation[3], out[3];
};
struct Columns {
  void (*from_image)(const ColumnShape&, const void* image, void* columns, index element_size);
  /// Adds up what falls onto one pixel.
  void (*to_image[2])(const ColumnShape&, const void* columns, void* image);
};

// ------------------------------------------------------------------ sampling along a grid

enum class GridMode : std::uint8_t { linear, nearest, cubic };
enum class Outside : std::uint8_t { zeros, border, reflection };
/// x [batch][channels][in…], grid [batch][points][dims] with the last dim of x first, y
/// [batch][channels][points].
struct GridShape {
  index batch, channels, points;
  int dims;     ///< 2 or 3
  index in[3];  ///< the last dim first
  GridMode how;
  Outside outside;
  bool align_corners;
};
struct GridSample {
  void (*forward)(const GridShape&, const void* x, const void* grid, void* y);
  /// dx into zeros; either may be null.
  void (*backward)(const GridShape&, const void* g, const void* x, const void* grid, void* dx,
                   void* dgrid);
};

// ------------------------------------------------------------------ rows in bags

/// Bag b holds the entries [offsets[b], offsets[b + 1]) of `indices`, which are rows of a table and
/// in range. Entries of the row `padding` do not count. factors may be null.
struct BagShape {
  index bags, width, rows, padding;
  const std::int64_t* indices;
  const std::int64_t* offsets;
  const void* factors;
  bool mean;
};
struct Bags {
  /// out [bags][width] = sum or mean of factor * row.
  void (*sum)(const BagShape&, const void* table, void* out);
  /// table [rows][width] += what `sum` gives back; in the order of the entries.
  void (*spread)(const BagShape&, const void* g, void* table);
  /// out and the row it is from, -1 and 0 for an empty bag. NaN wins, then the first of equals.
  void (*greatest)(const BagShape&, const void* table, void* out, std::int64_t* from);
};

// ------------------------------------------------------------------ norms of groups

/// x [batch][groups][channels][inner], weight and bias [groups * channels], statistics
/// [batch][groups].
struct GroupShape {
  index batch, groups, channels, inner;
};
struct GroupNorm {
  /// y = (x - mean) * rstd * weight + bias with the mean and biased variance of each group; weight
  /// and bias may be null; mean, variance and rstd are written.
  void (*forward)(const GroupShape&, const void* x, const void* weight, const void* bias, void* y,
                  void* mean, void* variance, void* rstd, double eps);
  /// Any of dx, dweight, dbias may be null.
  void (*backward)(const GroupShape&, const void* g, const void* x, const void* weight,
                   const void* mean, const void* rstd, void* dx, void* dweight, void* dbias);
};
struct RmsNorm {
  /// y = x * rstd * weight per row of n; rstd = 1 / sqrt(mean(x * x) + eps) [rows] is written.
  void (*forward)(const void* x, const void* weight, void* y, void* rstd, index rows, index n,
                  double eps);
  /// dx and dweight may be null.
  void (*backward)(const void* g, const void* x, const void* weight, const void* rstd, void* dx,
                   void* dweight, index rows, index n);
};

/// All of these, of one instruction set.
struct Images {
  Padding padding;
  Resample resample[2];
  Columns columns;
  GridSample grid_sample[2];
  Bags bags[2];
  GroupNorm group_norm[2];
  RmsNorm rms_norm[2];
};

/// Those of the instruction set in use.
TOPOGRAD_API const Images& images();

}  // namespace topograd::kernels
