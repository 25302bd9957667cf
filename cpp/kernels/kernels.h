#pragma once

// What the kernels offer to the floors above: raw pointers, strides in elements, no Tensor. Every
// file in cpu/ is compiled once per instruction set into a namespace of its own; each makes one
// Table, and isa.cpp picks the best one.
//
// Rules for all kernels
//  * The caller has checked every size, index and pointer. Kernels never throw and never allocate
//  through operator new;
//    scratch memory comes from scratch() in cpu/prelude.h.
//  * "dense" means row-major without gaps. Unless a parameter says otherwise all arrays are dense.
//  * Kernels thread themselves through parallel_for. Results do not depend on the number of
//  threads: reductions are cut
//    by shape, never by thread count, and no float is ever added by two threads in a race.
//  * Suffixes: f32, f64 are element types. Half types are converted by the caller (see Convert),
//  except in Gemm.

#include <cstdint>

#include "kernels/attention.h"
#include "kernels/losses.h"
#include "kernels/optimizer_rule.h"
#include "kernels/recurrent.h"
#include "kernels/windows.h"
#include "topograd/dtype.h"

namespace topograd::kernels {

using index = std::int64_t;

// ------------------------------------------------------------------ elementwise

/// The types elementwise loops and reductions compute in. Other dtypes are converted tile by tile:
/// halves to f32, integers and booleans to i64. Elementwise loops, Adding, sums, products and
/// recurrences have complex forms (c64, c128); linear ops on complex tensors run on their real
/// parts.
enum class Compute : std::uint8_t { f32, f64, i64, c64, c128 };
inline constexpr int compute_count = 5;

/// out[i] = f(in0[i * step0], in1[i * step1], …; params) for i in [0, count). A step is 1, or 0 for
/// a broadcast scalar. in and out may be the same memory when their element sizes agree.
using Loop = void (*)(const void* const* in, const index* step, void* out, index count,
                      const double* params);

/// What numbers an elementwise loop writes: those of its compute type, or their real or complex
/// counterparts.
enum class Field : std::uint8_t { same, real, complex };

struct Elementwise {
  const char*
      name;  ///< the op's name, or "<op>.backward" for a fused (gradient, saved…) -> gradient
  std::uint8_t inputs;  ///< 1, 2, 3 (or 4)
  std::uint8_t
      boolean_inputs;        ///< bit i: input i is boolean (bytes 0 or 1) whatever the compute type
  bool boolean_output;       ///< the output is boolean (bytes 0 or 1)
  Loop loop[compute_count];  ///< null where the op does not exist for the compute type
  Field field = Field::same;
};

/// out[i] = in[i] converted, dense. Indexed [from][to] by DType. Float to integer truncates (NaN
/// gives 0, out of range saturates); anything to boolean is `!= 0`.
using Convert = void (*)(const void* in, void* out, index count);

// ------------------------------------------------------------------ reductions and scans

/// in is [outer][reduced][inner], out is [outer][inner], both dense, in the compute type (see each
/// row).
using Reduce = void (*)(const void* in, void* out, index outer, index reduced, index inner,
                        double param);
struct Reduction {
  const char* name;  ///< sum prod amax amin argmax argmin any all var logsumexp norm1 norm2 …
  DType output;      ///< int64 (argmax…), boolean (any, all), float32 where it is the compute type
  bool output_is_compute;  ///< the output has the compute type, whatever `output` says
  Reduce reduce[compute_count];
};

/// A running operation along the middle axis: in and out are [outer][n][inner], dense.
using ScanLoop = void (*)(const void* in, void* out, index outer, index n, index inner);
struct Scan {
  const char* name;  ///< cumsum cumprod logcumsumexp …; "<name>.reverse" runs from the end
  ScanLoop scan[compute_count];
};

// ------------------------------------------------------------------ matrix product

/// c = a · b (+ c if accumulate) (+ bias), with a (m, k), b (k, n), c (m, n), repeated `batch`
/// times. Strides are in elements; those of a and b are free, also 0 and negative; c has unit
/// column stride and c_row >= n. bias, when not null, has n elements and is added to every row;
/// with a bias_row it has m such rows, that far apart (for m and n above 1).
struct Gemm {
  index batch = 1, m = 0, n = 0, k = 0;
  const void* a = nullptr;
  index a_batch = 0, a_row = 0, a_col = 1;
  const void* b = nullptr;
  index b_batch = 0, b_row = 0, b_col = 1;
  void* c = nullptr;
  index c_batch = 0, c_row = 0;
  bool accumulate = false;
  const void* bias = nullptr;
  index bias_row = 0;
};
/// k == 0 gives zeros (plus bias, plus c if accumulate). Half types accumulate in f32 and round
/// once at the end; integers wrap around.
using GemmFn = void (*)(const Gemm& call);

// ------------------------------------------------------------------ rows: softmax, norms, losses

struct Rows {
  /// x and y are [outer][n][inner]; softmax along n. log: log_softmax. A row of -inf gives NaN, as
  /// in PyTorch.
  void (*softmax)(const void* x, void* y, index outer, index n, index inner, bool log);
  /// dx from g and the output y.
  void (*softmax_backward)(const void* g, const void* y, void* dx, index outer, index n,
                           index inner, bool log);
  /// y = (x - mean) * rstd * weight + bias per row of n; weight, bias may be null; mean, rstd:
  /// [rows], written. Accurate when |mean| is much greater than the deviation (two passes or
  /// Welford).
  void (*layer_norm)(const void* x, const void* weight, const void* bias, void* y, void* mean,
                     void* rstd, index rows, index n, double eps);
  /// dx [rows][n], dweight [n], dbias [n]; each may be null when it is not wanted. weight may be
  /// null.
  void (*layer_norm_backward)(const void* g, const void* x, const void* weight, const void* mean,
                              const void* rstd, void* dx, void* dweight, void* dbias, index rows,
                              index n);
  /// Statistics per channel of x [batch][channels][inner]: mean and biased variance, both written.
  void (*channel_statistics)(const void* x, void* mean, void* variance, index batch, index channels,
                             index inner);
  /// y = (x - mean) * rstd * weight + bias per channel; weight, bias may be null.
  void (*channel_normalize)(const void* x, const void* mean, const void* rstd, const void* weight,
                            const void* bias, void* y, index batch, index channels, index inner);
  /// Gradients of normalization by the batch's own statistics (training) or by given ones. Any of
  /// dx, dweight, dbias may be null.
  void (*channel_normalize_backward)(const void* g, const void* x, const void* mean,
                                     const void* rstd, const void* weight, void* dx, void* dweight,
                                     void* dbias, index batch, index channels, index inner,
                                     bool training);
  /// Cross-entropy of logits [rows][classes] with class indices: loss[row] = weight[t] * (logsumexp
  /// - x[t]) with label smoothing as in PyTorch; 0 where target == ignore_index. lse[row] is
  /// written. weight [classes] may be null.
  void (*cross_entropy)(const void* logits, const std::int64_t* target, const void* weight,
                        void* loss, void* lse, index rows, index classes, index ignore_index,
                        double smoothing);
  /// dlogits from the gradient g[row] of each row's loss.
  void (*cross_entropy_backward)(const void* g, const void* logits, const std::int64_t* target,
                                 const void* weight, const void* lse, void* dlogits, index rows,
                                 index classes, index ignore_index, double smoothing);
};

// ------------------------------------------------------------------ moving data

/// load_rows may write so many bytes behind its result.
inline constexpr index spread_bytes = 32;

/// Element-size generic (1, 2, 4, 8 or 16 bytes).
struct Movement {
  /// out[i] = in[i * step] and out[i * step] = in[i].
  void (*load_strided)(const void* in, index step, void* out, index count, index element_size);
  void (*store_strided)(const void* in, void* out, index step, index count, index element_size);
  /// Some rows of a strided tensor (strides in elements; 0 where it repeats) into dense out, and
  /// back. A row goes along the last dim; `first` counts them in row-major order.
  void (*load_rows)(const void* in, const index* sizes, const index* strides, int rank, index first,
                    index rows, void* out, index element_size);
  void (*store_rows)(const void* in, void* out, const index* sizes, const index* strides, int rank,
                     index first, index rows, index element_size);
  /// Dense copy of a strided tensor: rank dims with sizes and strides (in elements) into dense out.
  /// Transposed layouts are blocked so that both sides move at memory speed.
  void (*copy_to_dense)(const void* in, const index* sizes, const index* strides, int rank,
                        void* out, index element_size);
  /// The reverse: a dense array into a strided tensor (no two indices share an element).
  void (*copy_from_dense)(const void* in, void* out, const index* sizes, const index* strides,
                          int rank, index element_size);
  /// A strided tensor into another one that does not overlap it; in both the elements of the last
  /// dim, of more than one element, stand next to each other.
  void (*copy_rows_between)(const void* in, const index* in_strides, void* out,
                            const index* out_strides, const index* sizes, int rank,
                            index element_size);
  /// out [outer][picks][inner] = in [outer][n][inner] at indices[picks], all in [0, n).
  void (*index_select)(const void* in, const std::int64_t* indices, void* out, index outer, index n,
                       index picks, index inner, index element_size);
  /// Whether all indices are in [0, n).
  bool (*all_inside)(const std::int64_t* indices, index count, index n);
  /// out [outer][picks][inner] = in [outer][n][inner] at indices [outer][picks][inner].
  /// False where one of them is outside of [0, n): out holds anything there.
  bool (*gather)(const void* in, const std::int64_t* indices, void* out, index outer, index n,
                 index picks, index inner, index element_size);
  /// out at indices = in (shapes as in gather); the last of equal indices wins.
  void (*scatter)(const void* in, const std::int64_t* indices, void* out, index outer, index n,
                  index picks, index inner, index element_size);
  /// out[offsets[i] + j] = in[i * row + j] and back, rows of `row` contiguous elements at element
  /// offsets (advanced indexing).
  void (*gather_rows)(const void* in, const std::int64_t* offsets, void* out, index count,
                      index row, index element_size);
  void (*scatter_rows)(const void* in, const std::int64_t* offsets, void* out, index count,
                       index row, index element_size);
};

/// What a destination does with its contributions. Of numbers the greatest or least, NaN wins.
enum class Combination : std::uint8_t { product, greatest, least };

/// Adding at indices, in the compute type; contributions are added in the order of the indices for
/// any thread count.
struct Adding {
  /// out [outer][n][inner] += in [outer][picks][inner] at indices[picks].
  void (*index_add)(const void* in, const std::int64_t* indices, void* out, index outer, index n,
                    index picks, index inner);
  /// out [outer][n][inner] += in at indices [outer][picks][inner].
  /// False where one of them is outside of [0, n): out holds anything there.
  void (*scatter_add)(const void* in, const std::int64_t* indices, void* out, index outer, index n,
                      index picks, index inner);
  /// out[offsets[i] + j] += in[i * row + j]; `total` is the number of elements of out.
  void (*add_rows)(const void* in, const std::int64_t* offsets, void* out, index count, index row,
                   index total);
  /// index_add and scatter_add with another operation.
  void (*index_combine)(Combination operation, const void* in, const std::int64_t* indices,
                        void* out, index outer, index n, index picks, index inner);
  void (*scatter_combine)(Combination operation, const void* in, const std::int64_t* indices,
                          void* out, index outer, index n, index picks, index inner);
};

/// Writing at places, element-size generic.
struct Placing {
  /// out [outer][n][inner] at indices[picks] = in [outer][picks][inner], or the one element `in`
  /// everywhere if `single`; the last of equal indices wins.
  void (*index_write)(const void* in, bool single, const std::int64_t* indices, void* out,
                      index outer, index n, index picks, index inner, index element_size);
  /// The elements of out where mask is not 0 = those of in, one after the other.
  void (*masked_write)(const std::uint8_t* mask, const void* in, void* out, index count,
                       index element_size);
};

struct Searching {
  /// places[row][i]: how many elements of sorted[row] stand before values[row][i]: those less than
  /// it, or, if `right`, not greater. NaN is greatest. sorted has one row for all if `shared`;
  /// sorter, when not null, holds the order of each of its rows.
  void (*search)(const void* sorted, const std::int64_t* sorter, const void* values,
                 std::int64_t* places, index rows, index n, index count, bool shared, bool right);
};

/// What the selection of ranks does about NaN.
enum class NanRule : std::uint8_t {
  greatest,  ///< NaN is greater than any number
  wins,      ///< a row that has one gives its first NaN for every rank
  skipped,   ///< a row that has one gives the lower median of its numbers, if there are any
};

struct Sorting {
  /// Stable sort along n of x [outer][n][inner] into values and indices of the same shape. NaN is
  /// greatest.
  void (*sort)(const void* x, void* values, std::int64_t* indices, index outer, index n,
               index inner, bool descending);
  /// at[row][j] = where in the row of x [rows][n] the element is that a stable sort puts at j < k,
  /// 0 < k <= n. Linear in n for the elements, and what a sort takes for k of them.
  void (*first_of_order)(const void* x, std::int64_t* at, index rows, index n, index k,
                         bool descending);
  /// at[row][j] = where in the row of x [rows][n] the element of ranks[row * rank_step + j] is,
  /// from 0 for the least; of equal elements the first. Linear in n.
  void (*select)(const void* x, const std::int64_t* ranks, index rank_step, index picks,
                 NanRule nan, std::int64_t* at, index rows, index n);
  /// at[row] = the last place of the least of the most frequent elements, from the rows as `sort`
  /// gives them. All NaN are one element.
  void (*mode)(const void* sorted, const std::int64_t* indices, std::int64_t* at, index rows,
               index n);
  /// The greatest (least) element so far along n of x [outer][n][inner], and the last place where
  /// it is. The first NaN stays.
  void (*running_extreme)(const void* x, void* values, std::int64_t* indices, index outer, index n,
                          index inner, bool greatest);
  /// The least and the greatest of n > 0 elements; both NaN where there is a NaN.
  void (*both_extremes)(const void* x, index n, void* least, void* greatest);
};

struct Counting {
  /// counts[x[i]] += 1 into zeros; every x[i] is in [0, bins).
  void (*bincount)(const std::int64_t* x, index count, std::int64_t* counts, index bins);
  /// totals[x[i]] += weights[i] into zeros.
  void (*weighted_bincount[2])(const std::int64_t* x, const void* weights, index count,
                               double* totals, index bins);
  /// How many x are in [edges[j], edges[j + 1]), the last bin with its right edge, and in one bin
  /// more those outside, into zeros: `counts`, or the sums of their weights into `totals` where
  /// there are weights. equal_bins: 0 finds the bin by bisection; 1 calculates it; 2 calculates it
  /// and looks at the edges.
  void (*histogram[2])(const void* x, const void* weights, index count, const void* edges,
                       index bins, int equal_bins, std::int64_t* counts, double* totals);
};

/// y[i] = x[i] + factor[i] * y[i - 1] along n of [outer][n][inner], where a y[i - 1] of 0 counts as
/// nothing; from the end where `reverse`: y[i] = x[i] + factor[i] * y[i + 1].
using Recurrence = void (*)(const void* x, const void* factor, void* y, index outer, index n,
                            index inner, bool reverse);

/// *out = sum of a[i] * b[i], or of conj(a[i]) * b[i], over dense complex vectors.
using ComplexDot = void (*)(const void* a, const void* b, index count, bool conjugate, void* out);

// ------------------------------------------------------------------ vectors in space

/// a × b along the middle axis of [outer][3][inner], in the compute type.
using Cross = void (*)(const void* a, const void* b, void* out, index outer, index inner);

/// Distances |x1[i] - x2[j]|_p of rows: x1 [batch][p1][width], x2 [batch][p2][width], all others
/// [batch][p1][p2]. The order may be 0 and infinity.
struct DistanceShape {
  index batch, rows, others, width;
  double order;
};
struct Distances {
  void (*direct)(const DistanceShape&, const void* x1, const void* x2, void* out);
  /// The pairs i < j of x [count][width], row by row; quick where rows are not short.
  void (*pairs)(const void* x, index count, index width, double order, void* out);
  /// Turns inner products of the rows, and their squared lengths, into distances of order 2; those
  /// that would cancel are computed directly.
  void (*from_products)(const DistanceShape&, const void* x1, const void* x2, const void* square1,
                        const void* square2, void* products);
  /// The gradient of x1, given those of the distances.
  void (*gradient)(const DistanceShape&, const void* g, const void* distances, const void* x1,
                   const void* x2, void* out);
};

// ------------------------------------------------------------------ random numbers

/// Philox 4x32-10: element i of a call uses counter (offset + i / 4), word i % 4 — f64 and 64-bit
/// integers use i / 2 and word pairs — so that the numbers depend on (seed, offset, i) alone. The
/// same bits on every instruction set (compiled with -ffp-contract=off). A call that makes `count`
/// numbers uses up ceil(count / 2) counters.
struct Random {
  void (*uniform_f32)(float* out, index count, std::uint64_t seed,
                      std::uint64_t offset);  ///< [0, 1), 24 bits
  void (*uniform_f64)(double* out, index count, std::uint64_t seed,
                      std::uint64_t offset);  ///< [0, 1), 53 bits
  void (*normal_f32)(float* out, index count, std::uint64_t seed,
                     std::uint64_t offset);  ///< Box-Muller
  void (*normal_f64)(double* out, index count, std::uint64_t seed, std::uint64_t offset);
  /// Uniform in [low, high) without modulo bias worth measuring (128-bit multiply).
  void (*integers)(std::int64_t* out, index count, std::int64_t low, std::int64_t high,
                   std::uint64_t seed, std::uint64_t offset);
  /// out[i] = keep(i) ? x[i] * scale : 0 where keep has probability 1 - p; the mask is remade from
  /// (seed, offset), so the backward pass is the same call on the gradient. f32 and f64.
  void (*dropout_f32)(const float* x, float* out, index count, double p, double scale,
                      std::uint64_t seed, std::uint64_t offset);
  void (*dropout_f64)(const double* x, double* out, index count, double p, double scale,
                      std::uint64_t seed, std::uint64_t offset);
  /// The same with out[i] = keep(i) ? x[i] * scale + shift : dropped.
  void (*alpha_dropout[2])(const void* x, void* out, index count, double p, double scale,
                           double shift, double dropped, std::uint64_t seed, std::uint64_t offset);
};

/// Numbers of distributions that need an unknown number of words each: element i has a stream of
/// its own, counter offset + i, so `count` counters are used up. All in double; the same bits on
/// every instruction set.
struct Sampling {
  void (*poisson)(const double* rate, double* out, index count, std::uint64_t seed,
                  std::uint64_t offset);
  void (*binomial)(const double* trials, const double* probability, double* out, index count,
                   std::uint64_t seed, std::uint64_t offset);
  void (*gamma)(const double* shape, double* out, index count, std::uint64_t seed,
                std::uint64_t offset);
  /// d gamma / d shape where the probability of a smaller number is held.
  void (*gamma_slope)(const double* shape, const double* value, double* out, index count);
};

// ------------------------------------------------------------------ optimizers

// Update rules: see optimizer_rule.h.

/// Sum of squares of one dense array, accumulated in double in a fixed order; for gradient
/// clipping.
using SumOfSquares = double (*)(const void* x, index count);

// ------------------------------------------------------------------ the table

template <class T>
struct Span {
  const T* first;
  int count;
  const T* begin() const { return first; }
  const T* end() const { return first + count; }
};

/// Everything one instruction set offers. Arrays indexed [2] are f32, f64.
struct Table {
  const char* isa;  ///< "v2", "v3", "v4", or "native" off x86
  Span<Elementwise> elementwise;
  Span<Reduction> reductions;
  Span<Scan> scans;
  const Convert (*convert)[dtype_count];
  GemmFn gemm[dtype_count];  ///< by DType; null for boolean
  Convolution convolution[2];
  Pooling pooling[2];
  BoxPooling box_pooling[2];
  Rows rows[2];
  Losses losses[2];
  Attention attention[2];
  Recurrent recurrent[2];
  Movement movement;
  Adding adding[compute_count];
  Placing placing;
  Sorting sorting[compute_count];
  Counting counting;
  Recurrence recurrence[compute_count];  ///< none for i64
  ComplexDot complex_dot[2];             ///< of pairs of f32, f64
  Searching searching[compute_count];
  Cross cross[compute_count];
  Distances distances[2];
  Random random;
  Sampling sampling;
  Span<OptimizerRule> optimizer_rules;
  SumOfSquares sum_of_squares[2];
};

/// The table in use: the best instruction set of this processor, or the one TOPOGRAD_ISA names (an
/// unknown or unsupported name is an error). Chosen at the first call.
TOPOGRAD_API const Table& active();

/// Rows by name; throws Error when there is none, so that a missing kernel is found when the op is
/// registered.
const Elementwise& elementwise(const char* name);
const Reduction& reduction(const char* name);
const Scan& scan(const char* name);

}  // namespace topograd::kernels
