#pragma once

// The ops on images and volumes, norms of groups and bags of rows, as callable objects; see ops.h.

#include "topograd/ops.h"

namespace topograd {

#define TOPOGRAD_OP extern TOPOGRAD_API const

// ops/padding.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Dims, std::string)> pad_from_inside;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, std::string)> pad_from_inside_transpose;

// ops/resampling.cpp, ops/grid.cpp
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims, std::optional<std::vector<double>>, std::string,
                      std::optional<bool>, std::optional<bool>, bool)>
    interpolate;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, std::string, bool, bool, std::vector<double>, bool)> resample;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, std::string, std::optional<bool>)> grid_sample;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, std::string, bool)> sample_points;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, std::optional<bool>)> affine_grid;

// ops/folding.cpp, ops/shuffling.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, Dims, Dims)> unfold_image, windows_as_columns;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, Dims, Dims, Dims)> fold, columns_as_windows;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> pixel_shuffle, pixel_unshuffle, channel_shuffle,
    native_channel_shuffle;

// ops/group_norm.cpp
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, double)> group_norm;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, bool, double, double)> instance_norm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, double)> group_norm_groups;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Tensor, std::optional<double>)> rms_norm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, double)> rms_norm_rows;

// ops/bags.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::optional<double>, double, bool, std::string,
                      bool, Tensor, bool, OptionalInt)>
    embedding_bag;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, std::int64_t, bool, bool)> bag_sum;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, std::int64_t)> bag_greatest;

#undef TOPOGRAD_OP

}  // namespace topograd
