#pragma once

// Every op as a callable object, under PyTorch's name. Defined, with documentation, in
// cpp/ops/<family>.cpp.

#include "topograd/op.h"

namespace topograd {

#define TOPOGRAD_OP extern TOPOGRAD_API const

using Unary = Op<Tensor(Tensor)>;
using Binary = Op<Tensor(Tensor, Tensor)>;

// ops/unary.cpp
TOPOGRAD_OP Unary neg, positive, abs, sign, square, reciprocal, sqrt, rsqrt, exp, exp2, expm1, log,
    log2, log10, log1p, sigmoid, erf, erfc;

// ops/trigonometry.cpp
TOPOGRAD_OP Unary sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh;

// ops/rounding.cpp
TOPOGRAD_OP Unary floor, ceil, round, trunc, frac, isnan, isinf, isfinite, signbit;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> round_decimals;

// ops/activation.cpp
TOPOGRAD_OP Unary relu, silu, mish, logsigmoid, hardsigmoid, hardswish, softsign, relu6;
TOPOGRAD_OP Op<Tensor(Tensor, std::string)> gelu;
TOPOGRAD_OP Op<Tensor(Tensor, double, double)> softplus, hardtanh;
TOPOGRAD_OP Op<Tensor(Tensor, double)> leaky_relu, elu;

// ops/arithmetic.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Scalar)> add, sub, rsub;
TOPOGRAD_OP Binary mul, true_div, strong_mul, floor_div, trunc_div, remainder, fmod, pow;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::optional<std::string>)> div;

// ops/binary.cpp
TOPOGRAD_OP Binary maximum, minimum, fmax, fmin, atan2, hypot, copysign, logaddexp, xlogy;

// ops/compare.cpp
TOPOGRAD_OP Binary eq, ne, lt, le, gt, ge, logical_and, logical_or, logical_xor, bitwise_and,
    bitwise_or, bitwise_xor, bitwise_left_shift, bitwise_right_shift, equal_elements;
TOPOGRAD_OP Unary logical_not, bitwise_not;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, double, bool)> isclose;

// ops/ternary.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor)> where, lerp, masked_fill;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Scalar)> addcmul, addcdiv;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor)> clamp, clamp_between;
TOPOGRAD_OP Binary clamp_min, clamp_max;

// ops/cast.cpp
TOPOGRAD_OP Op<Tensor(Tensor, DType)> cast;
TOPOGRAD_OP Op<Tensor(Tensor, std::string)> clone, contiguous;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool)> copy;
TOPOGRAD_OP Binary fill;

// ops/reduce.cpp, ops/extremes.cpp, ops/scan.cpp
using OptionalDims = std::optional<Dims>;
using OptionalInt = std::optional<std::int64_t>;
using OptionalType = std::optional<DType>;
TOPOGRAD_OP Op<Tensor(Tensor, Dims)> sum_to_shape;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> sum, mean;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalInt, bool, OptionalType)> prod;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims, bool)> amax, amin, any, all, logsumexp, count_nonzero;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalInt, bool)> argmax, argmin;
TOPOGRAD_OP Op<Tensor(Tensor)> max, min;
TOPOGRAD_OP Op<Tensors(Tensor, OptionalInt, bool)> aminmax;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, bool)> max_dim, min_dim;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor)> max_other, min_other;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims, Scalar, bool)> var, std_;
TOPOGRAD_OP Op<Tensors(Tensor, OptionalDims, Scalar, bool)> var_mean;
TOPOGRAD_OP Op<Tensor(Tensor, double, OptionalDims, bool)> vector_norm;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, OptionalType)> cumsum, cumprod;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> cumsum_reversed;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, bool, bool)> sort;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, bool, bool)> argsort;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, bool)> first_of_order;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, std::int64_t, bool, bool)> topk;

// ops/matmul.cpp, ops/einsum.cpp
TOPOGRAD_OP Binary matmul, mm, bmm, mv, dot, outer;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addmm, baddbmm;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor)> linear, linear_bias;
TOPOGRAD_OP Op<Tensor(std::string, Tensors)> einsum;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Dims, Dims)> tensordot_dims;

// ops/view.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Dims)> view, reshape, permute, expand, broadcast_to;
TOPOGRAD_OP Op<Tensor(Tensor, DType)> view_dtype;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t)> transpose, swapaxes, swapdims;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims)> squeeze;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> unsqueeze;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t)> flatten;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Dims)> unflatten;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims)> movedim, moveaxis;
TOPOGRAD_OP Unary t, matrix_transpose;
TOPOGRAD_OP Binary expand_as, view_as, reshape_as;

// ops/slicing.cpp, ops/layout.cpp
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t)> select;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> narrow;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, OptionalInt, OptionalInt, std::int64_t)> slice;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> diagonal, unfold;
TOPOGRAD_OP Op<Tensor(Tensor, Indices)> basic_index;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Indices)> basic_index_transpose;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims)> region, region_transpose;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Dims, Dims, std::int64_t, Dims)> region_write;

// ops/joining.cpp
TOPOGRAD_OP Op<Tensor(Tensors, std::int64_t)> cat, stack;
TOPOGRAD_OP Op<Tensors(Tensor, Dims, std::int64_t)> split_sizes, split_list;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, std::int64_t)> split, chunk;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t)> unbind;

// ops/shape.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Dims)> flip, repeat, tile;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, OptionalDims)> roll;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, std::string, std::optional<double>)> pad;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, double)> constant_pad;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, OptionalInt, OptionalInt)> repeat_interleave;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> tril, triu, diag;

// ops/index.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensors)> advanced_index;
TOPOGRAD_OP Op<Tensor(Tensor, Tensors, Tensor, bool)> index_put;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor)> gather, index_select;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> scatter, scatter_value, scatter_add;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, Scalar)> index_add;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, OptionalInt)> take_along_dim;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor)> masked_select;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> one_hot;
TOPOGRAD_OP Op<Tensor(Tensor)> nonzero;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, OptionalInt, std::optional<double>, double, bool, bool)>
    embedding;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, bool)> embedding_rows;

// ops/softmax.cpp, ops/loss.cpp
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, OptionalType)> softmax, log_softmax;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> softmax_along, log_softmax_along;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::int64_t, std::string, double)> cross_entropy;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::int64_t, std::string)> nll_loss;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, std::int64_t, double)> cross_entropy_rows;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::int64_t)> nll_rows;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, std::int64_t)> cross_entropy_images;

// ops/elementwise_loss.cpp
TOPOGRAD_OP Binary squared_error, absolute_error;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, double)> huber_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool)> kl_div_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool, double)> poisson_nll_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, double)> gaussian_nll_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, Tensor)> mse_loss, l1_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, double)> smooth_l1_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, double, Tensor)> huber_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string, bool)> kl_div;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool, bool, double, std::string)> poisson_nll_loss;

// ops/likelihood_loss.cpp
TOPOGRAD_OP Binary binary_cross_entropy_terms, binary_cross_entropy_logit_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::string)> binary_cross_entropy;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::string, Tensor)>
    binary_cross_entropy_with_logits;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, bool, double, std::string)> gaussian_nll_loss;

// ops/margin_loss.cpp
TOPOGRAD_OP Binary soft_margin_terms, multilabel_margin_rows, multilabel_margin_slope;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double)> hinge_embedding_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, double)> margin_ranking_terms;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::string)> soft_margin_loss, multilabel_margin_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, std::string)> hinge_embedding_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, double, std::string)> margin_ranking_loss,
    cosine_embedding_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, double, Tensor, std::string)> multi_margin_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::string)> multilabel_soft_margin_loss;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, double, double, double, bool, std::string)>
    triplet_margin_loss;

// ops/linear_loss.cpp, ops/ctc.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, std::string, OptionalInt, double,
                      OptionalInt)>
    linear_cross_entropy;
TOPOGRAD_OP
Op<Tensors(Tensor, Tensor, Tensor, Tensor, Tensor, std::int64_t, double, std::int64_t)>
    linear_cross_entropy_rows;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, std::int64_t, std::string, bool)> ctc_loss;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, Tensor, std::int64_t)> ctc_rows;

// ops/rectifier.cpp
TOPOGRAD_OP Op<Tensor(Tensor, double)> hardshrink, softshrink, celu;
TOPOGRAD_OP Op<Tensor(Tensor, double, double)> threshold;
TOPOGRAD_OP Unary selu;
TOPOGRAD_OP Binary leaky, prelu;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> glu;

// ops/noise.cpp
TOPOGRAD_OP Op<Tensor(Tensor, double, bool, bool)> dropout1d, dropout2d, dropout3d, alpha_dropout,
    feature_alpha_dropout;
TOPOGRAD_OP Op<Tensor(Tensor, double, std::int64_t, std::int64_t)> alpha_dropout_seeded;
TOPOGRAD_OP Op<Tensor(Tensor, double, double, bool, bool)> rrelu;
TOPOGRAD_OP Op<Tensor(Tensor, double, bool, double, std::int64_t)> gumbel_softmax;

// ops/similarity.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, double)> cosine_similarity;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double)> shifted_difference;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, double, bool)> pairwise_distance;
TOPOGRAD_OP Op<Tensor(Tensor, double, Dims, double)> normalize;

// ops/norm.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Tensor, Tensor, double)> layer_norm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, std::int64_t, double)> layer_norm_rows;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, bool, double, double)> batch_norm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, double)> batch_norm_train;
TOPOGRAD_OP Op<Tensor(Tensor, double, bool, bool)> dropout;
TOPOGRAD_OP Op<Tensor(Tensor, double, std::int64_t, std::int64_t)> dropout_seeded;

// ops/conv.cpp, ops/pool.cpp, ops/attention.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, std::int64_t)> conv1d, conv2d,
    conv3d, convolution;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, Dims, std::int64_t)>
    convolution_input;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Dims, Dims, Dims, Dims, std::int64_t)> convolution_weight;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Dims, std::string, Dims, std::int64_t)> conv1d_named,
    conv2d_named, conv3d_named;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, OptionalDims, Dims, Dims, bool)> max_pool1d, max_pool2d,
    max_pool3d;
TOPOGRAD_OP Op<Tensors(Tensor, Dims, OptionalDims, Dims, Dims, bool)> max_pool1d_with_indices,
    max_pool2d_with_indices, max_pool3d_with_indices;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, OptionalDims, Dims, bool, bool, OptionalInt)> avg_pool1d,
    avg_pool2d, avg_pool3d;
TOPOGRAD_OP Op<Tensors(Tensor, Dims, Dims, Dims, Dims, bool)> max_pool;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, Dims, bool, bool, std::int64_t)> average_pool;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, Dims, Dims, bool, bool, std::int64_t)>
    average_pool_transpose;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, double, bool, std::optional<double>, bool)>
    scaled_dot_product_attention;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, Tensor, bool, double)> attention;

// ops/recurrent.cpp, ops/recurrent_steps.cpp
TOPOGRAD_OP Op<Tensors(Tensor, Tensors, Tensors, bool, std::int64_t, double, bool, bool, bool)>
    lstm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensors, Tensors, bool, std::int64_t, double, bool, bool)>
    lstm_data;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool, bool)> gru,
    rnn_tanh, rnn_relu;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, Tensors, bool, std::int64_t, double, bool, bool)>
    gru_data, rnn_tanh_data, rnn_relu_data;
TOPOGRAD_OP Op<Tensors(Tensor, Tensors, Tensor, Tensor, Tensor, Tensor)> lstm_cell;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor)> gru_cell, rnn_tanh_cell,
    rnn_relu_cell;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Dims, bool, bool)> recurrent_rnn;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, Tensor, Tensor, Dims, bool)> recurrent_lstm;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, Tensor, Dims, bool)> recurrent_gru;
// ops/conv_transpose.cpp, ops/adaptive.cpp, ops/unpool.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Dims, Dims, Dims, std::int64_t, Dims)>
    conv_transpose1d, conv_transpose2d, conv_transpose3d;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, std::int64_t)> conv_tbc;
TOPOGRAD_OP Op<Tensor(Tensor, Dims)> adaptive_avg_pool1d, adaptive_avg_pool2d, adaptive_avg_pool3d,
    adaptive_max_pool1d, adaptive_max_pool2d, adaptive_max_pool3d, adaptive_average_pool,
    adaptive_average_pool_transpose;
TOPOGRAD_OP Op<Tensors(Tensor, Dims)> adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d_with_indices, adaptive_max_pool3d_with_indices, adaptive_max_pool;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Dims, Dims)> fractional_max_pool;
TOPOGRAD_OP Op<Tensor(Tensor, double, Dims, OptionalDims, bool)> lp_pool1d, lp_pool2d, lp_pool3d;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Dims, OptionalDims, Dims, OptionalDims)> max_unpool1d,
    max_unpool2d, max_unpool3d;

// ops/random.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Object)> bernoulli;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, bool, Object)> multinomial;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Object)> normal;
TOPOGRAD_OP Op<Tensor(Tensor, double, double, Object)> uniform_fill, normal_fill;
TOPOGRAD_OP Op<Tensor(Tensor, double, Object)> bernoulli_fill, bernoulli_of, exponential_fill;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Object)> bernoulli_fill_each;
TOPOGRAD_OP Op<Tensor(Tensor, OptionalInt, OptionalInt, Object)> random_fill;

// ops/complex.cpp
TOPOGRAD_OP Unary view_as_real, view_as_complex, real, imag, conj, resolve_conj, sgn, angle;
TOPOGRAD_OP Binary complex, polar;
// ops/distributions.cpp
TOPOGRAD_OP Op<Tensor(Tensor, double, double, Object)> cauchy_fill, log_normal_fill;
TOPOGRAD_OP Op<Tensor(Tensor, double, Object)> geometric_fill;
TOPOGRAD_OP Op<Tensor(Tensor, Object)> poisson, standard_gamma;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Object)> binomial;
TOPOGRAD_OP Binary standard_gamma_slope;

// ops/special.cpp
TOPOGRAD_OP Unary deg2rad, rad2deg, digamma, lgamma, erfinv, sinc, sinc_slope, isposinf, isneginf,
    isreal, i0, bessel_i1;
TOPOGRAD_OP Op<Tensor(std::int64_t, Tensor)> polygamma;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> polygamma_of, mvlgamma;
TOPOGRAD_OP Op<Tensor(Tensor, std::optional<double>)> logit;

// ops/numbers.cpp
TOPOGRAD_OP Binary gcd, lcm, heaviside, ldexp, logaddexp2, nextafter, float_power;
TOPOGRAD_OP Op<Tensor(Tensor, std::optional<double>, std::optional<double>, std::optional<double>)>
    nan_to_num;

// ops/products.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, Scalar, Scalar)> addbmm, addmv, addr;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, OptionalInt)> cross;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t)> cross_along;
TOPOGRAD_OP Binary inner, kron, vdot;

// ops/distance.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, std::optional<std::string>)> cdist;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, bool)> distances;
TOPOGRAD_OP Op<Tensor(Tensor, double)> pdist, row_pairs;

// ops/selection.cpp
TOPOGRAD_OP Unary median, nanmedian, msort, mode_positions;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, bool)> median_dim, nanmedian_dim, mode_;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, std::int64_t, bool)> kthvalue;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t)> cummax, cummin;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t)> rank_positions;

// ops/quantile.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, OptionalInt, bool, std::string)> quantile, nanquantile;

// ops/statistics.cpp
TOPOGRAD_OP Op<Tensor(Tensor, OptionalDims, bool, OptionalType)> nansum, nanmean;
TOPOGRAD_OP Op<Tensors(Tensor, OptionalDims, Scalar, bool)> std_mean;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> cov;
TOPOGRAD_OP Unary corrcoef;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double)> dist;
TOPOGRAD_OP Op<Tensor(Tensor, double, std::int64_t, double)> renorm;

// ops/histogram.cpp
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t)> bincount;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, double, double)> histc;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, std::optional<std::vector<double>>, Tensor, bool)>
    histogram;
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, Tensor, bool)> histogram_edges;

// ops/running.cpp
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> logcumsumexp;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, bool)> linear_recurrence;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t, Tensor, Tensor)> diff;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::optional<Scalar>, std::int64_t)> trapezoid, trapz,
    cumulative_trapezoid;
TOPOGRAD_OP Unary trace;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, double, std::int64_t, std::int64_t)> gradient_along;

// ops/stacking.cpp
TOPOGRAD_OP Op<Tensor(Tensors)> hstack, vstack, row_stack, dstack, column_stack, block_diag,
    cartesian_prod;
TOPOGRAD_OP Op<Tensor(Tensors, std::int64_t)> concat, concatenate;
TOPOGRAD_OP Unary atleast_1d, atleast_2d, atleast_3d;
TOPOGRAD_OP Op<Tensors(Tensors)> atleast_1d_each, atleast_2d_each, atleast_3d_each,
    broadcast_tensors;
TOPOGRAD_OP Op<Tensors(Tensors, std::optional<std::string>)> meshgrid;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, bool)> combinations;

// ops/partition.cpp, ops/strided.cpp
TOPOGRAD_OP Op<Tensors(Tensor, Tensor, std::int64_t)> tensor_split;
TOPOGRAD_OP Op<Tensors(Tensor, Dims, std::int64_t)> tensor_split_indices, unsafe_split_with_sizes;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t, std::int64_t)> tensor_split_sections, unsafe_chunk,
    unsafe_split;
TOPOGRAD_OP Op<Tensors(Tensor, std::int64_t)> hsplit, vsplit, dsplit;
TOPOGRAD_OP Op<Tensors(Tensor, Dims)> hsplit_indices, vsplit_indices, dsplit_indices;
TOPOGRAD_OP Unary fliplr, flipud, ravel, adjoint;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Dims)> rot90;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t)> diagflat;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t, std::int64_t)> diag_embed;
TOPOGRAD_OP Op<Tensor(Tensor, Dims)> sum_to_size;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, OptionalInt)> as_strided;
TOPOGRAD_OP Op<Tensor(Tensor, Dims, Dims, std::int64_t, Dims, std::int64_t)> strided_view,
    strided_view_transpose;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Dims, Dims, OptionalInt)> as_strided_scatter;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, std::int64_t)> select_scatter;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, OptionalInt, OptionalInt, std::int64_t)>
    slice_scatter;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, std::int64_t, std::int64_t, std::int64_t)> diagonal_scatter;

// ops/scattering.cpp, ops/placing.cpp
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string, bool)> scatter_reduce,
    scatter_combine, index_reduce, index_combine;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor, std::string)> scatter_reducing,
    scatter_value_reducing;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, Tensor, Tensor)> index_copy, index_fill;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor)> masked_scatter;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool)> fill_diagonal;
TOPOGRAD_OP Binary take;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, Tensor, bool)> put;

// ops/search.cpp
TOPOGRAD_OP Unary argwhere;
TOPOGRAD_OP Op<Tensor(Tensor, std::int64_t, std::int64_t)> nonzero_static;
TOPOGRAD_OP Op<Tensors(Tensor, Dims)> unravel_index;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool, bool, std::optional<std::string>, Tensor)> searchsorted;
TOPOGRAD_OP Op<Tensor(Tensor, Tensor, bool, bool)> bucketize, isin;
TOPOGRAD_OP Op<Tensors(Tensor, OptionalInt, bool, bool, bool)> distinct;

#undef TOPOGRAD_OP

inline Tensor operator+(const Tensor& a, const Tensor& b) { return add(a, b, 1); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return sub(a, b, 1); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return mul(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return true_div(a, b); }
inline Tensor operator-(const Tensor& a) { return neg(a); }

}  // namespace topograd
