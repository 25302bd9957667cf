#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "topograd/tensor.h"

namespace topograd {

/// How one dim is resampled: element o of the result is the sum over k < taps of
/// weight[k * out + o] times element start[o] + k of the source. start never decreases.
struct ResampleTable {
  index in, out, taps;
  std::vector<std::int32_t> start;
  std::vector<double> weight;

  bool is_identity() const;
  /// From `out` to `in`, with the same weights.
  ResampleTable transposed() const;
};

ResampleTable identity_table(index n);
/// scale: what the size was multiplied with, or 0. exact: whether nearest pixels are found in
/// double precision; in single precision they are those of PyTorch.
ResampleTable resample_table(index in, index out, const std::string& mode, bool align_corners,
                             bool antialias, double scale, bool exact);

/// (N, C, …) as (N, …, C), or back. No history.
Tensor permute_channels(const Tensor& x, bool to_last);

}  // namespace topograd
