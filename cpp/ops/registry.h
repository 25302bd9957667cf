#pragma once

#include "ops/family.h"

namespace topograd {

// One function per file of this folder; registry.cpp joins them.
Family unary_family();
Family trigonometry_family();
Family rounding_family();
Family activation_family();
Family arithmetic_family();
Family binary_family();
Family compare_family();
Family ternary_family();
Family cast_family();
Family reduce_family();
Family extremes_family();
Family scan_family();
Family matmul_family();
Family einsum_family();
Family view_family();
Family slicing_family();
Family joining_family();
Family shape_family();
Family index_family();
Family softmax_family();
Family loss_family();
Family elementwise_loss_family();
Family likelihood_loss_family();
Family margin_loss_family();
Family linear_loss_family();
Family ctc_family();
Family image_loss_family();
Family rectifier_family();
Family noise_family();
Family similarity_family();
Family norm_family();
Family conv_family();
Family conv_transpose_family();
Family pool_family();
Family adaptive_family();
Family unpool_family();
Family attention_family();
Family recurrent_family();
Family recurrent_steps_family();
Family random_family();
Family complex_family();
Family distributions_family();
Family special_family();
Family numbers_family();
Family products_family();
Family distance_family();
Family selection_family();
Family quantile_family();
Family statistics_family();
Family histogram_family();
Family running_family();
Family stacking_family();
Family partition_family();
Family strided_family();
Family scattering_family();
Family placing_family();
Family search_family();
Family padding_family();
Family resampling_family();
Family grid_family();
Family folding_family();
Family shuffling_family();
Family group_norm_family();
Family bags_family();

}  // namespace topograd
