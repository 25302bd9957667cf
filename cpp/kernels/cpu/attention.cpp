#include "kernels/cpu/gemm_pack.h"
#include "kernels/cpu/math.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

// Scores are made one block of queries by one block of keys at a time and never stored whole.
// Forward keeps the greatest score and the sum of exponentials of each row so far, and rescales the
// output when the greatest grows; backward remakes the probabilities from their logarithm's
// normalizer lse. All products go through the matrix product's register tiles.

constexpr index query_block = 64;
constexpr index key_block = 128;
/// Queries that share one packing of a block of keys in the forward pass.
constexpr index query_chunk = 256;
/// What a score costs besides the products, in multiply-adds.
constexpr index extra_work = 32;

template <class T>
constexpr index lanes = vector_bytes / static_cast<index>(sizeof(T));
template <class T>
constexpr T infinity = Format<T>::infinity;

/// `count` rounded up to whole vectors.
template <class T>
index whole_vectors(index count) {
  return ceil_div(count, lanes<T>) * lanes<T>;
}

// ------------------------------------------------------------------ rows of a block

template <class T>
using Vector = typename VectorOf<T, vector_bytes>::type;

template <class T>
Vector<T> load(const T* from) {
  Vector<T> value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

/// Combines the elements of a vector, halving it.
template <class T, class F>
T fold(Vector<T> value, F combine) {
  T part[lanes<T>];
  __builtin_memcpy(part, &value, sizeof part);
#pragma GCC unroll 8
  for (index half = lanes<T> / 2; half > 0; half /= 2)
    for (index l = 0; l < half; ++l) part[l] = combine(part[l], part[l + half]);
  return part[0];
}
template <class T>
T fold_sum(Vector<T> value) {
  return fold<T>(value, [](T a, T b) { return a + b; });
}

/// Here and below `count` is a multiple of a vector: the rows of a block are filled up to one.
template <class T>
T row_sum(const T* row, index count) {
  Vector<T> sum{};
  for (index j = 0; j < count; j += lanes<T>) sum += load(row + j);
  return fold_sum<T>(sum);
}

template <class T>
T row_max(const T* row, index count) {
  Vector<T> highest = load(row);
  for (index j = lanes<T>; j < count; j += lanes<T>) {
    const Vector<T> next = load(row + j);
    highest = highest > next ? highest : next;
  }
  return fold<T>(highest, [](T a, T b) { return a > b ? a : b; });
}

template <class T>
void scale_row(T* row, index count, T factor) {
  for (index j = 0; j < count; ++j) row[j] *= factor;
}

template <class T>
void add_row(T* row, const T* other, index step, index count) {
  if (step == 1)
    for (index j = 0; j < count; ++j) row[j] += other[j];
  else
    for (index j = 0; j < count; ++j) row[j] += other[j * step];
}

template <class T>
void copy_scaled(const T* in, T* out, index count, T factor) {
  for (index i = 0; i < count; ++i) out[i] = in[i] * factor;
}

// ------------------------------------------------------------------ products of blocks

/// c = a · b (+ c); multiply_packed and multiply_dense know how far apart the rows of b are.
template <class T>
Tile<T> product(index depth, const T* a, index a_row, index a_col, const T* b, T* c, index c_row,
                bool accumulate) {
  Tile<T> tile{};
  tile.depth = depth;
  tile.a = a;
  tile.a_row = a_row;
  tile.a_col = a_col;
  tile.b = b;
  tile.c = c;
  tile.c_row = c_row;
  tile.accumulate = accumulate;
  return tile;
}

/// Computes whole panels of b, which pack_transposed made from `packed` rows, n or more.
template <class T>
void multiply_packed(Tile<T> tile, index rows, index n, index packed) {
  for (index j = 0; j < n; j += tile_columns<T>) {
    const index columns = least(tile_columns<T>, packed - j);
    tile.b_row = tile_width<T>(columns);
    multiply_panel(tile, rows, columns, false);
    tile.b += tile_columns<T> * tile.depth;
    tile.c += tile_columns<T>;
  }
}

/// The transpose of `count` dense rows of `width` as panels of tile_columns.
template <class T>
void pack_transposed(const T* rows, index count, index width, T* panels) {
  for (index j = 0; j < count; j += tile_columns<T>) {
    const index columns = least(tile_columns<T>, count - j);
    pack_panel<T, T>(rows + j * width, width, 1, columns, width, panels + j * width,
                     tile_width<T>(columns));
  }
}

/// b (depth, n) is dense and at most key_block deep.
template <class T>
void multiply_dense(Tile<T> tile, index rows, index n) {
  alignas(64) T ragged[key_block * tile_columns<T>];
  const T* b = tile.b;
  T* c = tile.c;
  for (index j = 0; j < n; j += tile_columns<T>) {
    const index columns = least(tile_columns<T>, n - j);
    const index width = tile_width<T>(columns);
    tile.b = b + j;
    tile.b_row = n;
    tile.c = c + j;
    if (width != columns) {
      pack_panel<T, T>(b + j, 1, n, columns, tile.depth, ragged, width);
      tile.b = ragged;
      tile.b_row = width;
    }
    multiply_panel(tile, rows, columns, false);
  }
}

// ------------------------------------------------------------------ the problem

/// What forward and backward share, and where one head's arrays are.
template <class T>
struct Problem {
  const AttentionShape& shape;
  const T* query;
  const T* key;
  const T* value;
  const T* bias;
  T scale;

  Problem(const AttentionShape& of, const void* queries, const void* keys, const void* values,
          const void* biases)
      : shape(of),
        query(static_cast<const T*>(queries)),
        key(static_cast<const T*>(keys)),
        value(static_cast<const T*>(values)),
        bias(static_cast<const T*>(biases)),
        scale(static_cast<T>(of.scale)) {}

  index key_head(index head) const {
    const index group = shape.heads / shape.key_heads;
    return head / shape.heads * shape.key_heads + head % shape.heads / group;
  }
  const T* query_of(index head) const { return query + head * shape.queries * shape.width; }
  const T* key_of(index head) const { return key + head * shape.keys * shape.width; }
  const T* value_of(index head) const { return value + head * shape.keys * shape.value_width; }
  /// Keys of the block at `first` that some of the queries before `query_end` see.
  index visible(index first, index query_end) const {
    const index end = least(first + key_block, shape.keys);
    return (shape.causal ? least(end, query_end) : end) - first;
  }
};

/// A block of scores: `queries` rows from `query` and `keys` columns from `key`, of `packed` keys.
struct Block {
  index head, query, queries, key, keys, packed;
};

/// The columns of row i of a block that its query sees.
template <class T>
index seen(const Problem<T>& problem, const Block& block, index i) {
  if (!problem.shape.causal) return block.keys;
  return greatest<index>(0, least(block.keys, block.query + i + 1 - block.key));
}

/// query · key + bias, -inf where masked and up to a whole vector. queries: scaled; keys: packed.
template <class T>
void make_scores(const Problem<T>& problem, const Block& block, const T* queries, const T* keys,
                 T* scores) {
  const AttentionShape& shape = problem.shape;
  multiply_packed(product<T>(shape.width, queries, shape.width, 1, keys, scores, key_block, false),
                  block.queries, block.keys, block.packed);
  if (problem.bias != nullptr) {
    const index* stride = shape.bias_stride;
    const T* bias = problem.bias + block.head / shape.heads * stride[0] +
                    block.head % shape.heads * stride[1] + block.query * stride[2] +
                    block.key * stride[3];
    for (index i = 0; i < block.queries; ++i, bias += stride[2])
      add_row(scores + i * key_block, bias, stride[3], block.keys);
  }
  const index end = whole_vectors<T>(block.keys);
  for (index i = 0; i < block.queries; ++i)
    for (index j = seen(problem, block, i); j < end; ++j) scores[i * key_block + j] = -infinity<T>;
}

// ------------------------------------------------------------------ forward

/// The state of the rows of a chunk after some keys.
template <class T>
struct Running {
  T highest[query_chunk];
  T sum[query_chunk];  ///< of exp(score - highest)
};

/// Turns scores into exponentials and brings the rows' state and output up to date; `first` is the
/// block's first row within the chunk.
template <class T>
void accumulate_softmax(const Block& block, T* scores, Running<T>& running, index first, T* out,
                        index value_width) {
  const index count = whole_vectors<T>(block.keys);
  T shift[query_block];
  T kept[query_block];
  for (index i = 0; i < block.queries; ++i) {
    T& highest = running.highest[first + i];
    kept[i] = highest;
    highest = greatest(highest, row_max(scores + i * key_block, count));
    // While a row has seen no key, every exponential is to be 0.
    shift[i] = highest == -infinity<T> ? T{0} : highest;
  }
  for (index i = 0; i < block.queries; ++i) kept[i] = exp(kept[i] - shift[i]);
  for (index i = 0; i < block.queries; ++i) {
    T* row = scores + i * key_block;
    const T row_shift = shift[i];
    for (index j = 0; j < count; ++j) row[j] = exp(row[j] - row_shift);
    running.sum[first + i] = running.sum[first + i] * kept[i] + row_sum(row, count);
    if (block.key > 0 && kept[i] != T{1}) scale_row(out + i * value_width, value_width, kept[i]);
  }
}

/// Divides by the sums; rows that saw no key become 0.
template <class T>
void finish_rows(const Running<T>& running, index count, index value_width, T* out, T* lse) {
  for (index i = 0; i < count; ++i) {
    const T sum = running.sum[i];
    T* row = out + i * value_width;
    lse[i] = running.highest[i] + log(sum);
    if (sum == T{0})
      for (index j = 0; j < value_width; ++j) row[j] = T{0};
    else
      scale_row(row, value_width, 1 / sum);
  }
}

/// Queries [first, first + count) of one head; out and lse point at the first.
template <class T>
void forward_chunk(const Problem<T>& problem, index head, index first, index count, T* out,
                   T* lse) {
  const AttentionShape& shape = problem.shape;
  T* keys = scratch<T>(0, key_block * shape.width);
  T* scores = scratch<T>(1, query_block * key_block);
  T* queries = scratch<T>(2, count * shape.width);
  const T* key = problem.key_of(problem.key_head(head));
  const T* value = problem.value_of(problem.key_head(head));
  copy_scaled(problem.query_of(head) + first * shape.width, queries, count * shape.width,
              problem.scale);
  Running<T> running;
  for (index i = 0; i < count; ++i) {
    running.highest[i] = -infinity<T>;
    running.sum[i] = T{0};
  }
  for (index k = 0; k < shape.keys; k += key_block) {
    const index packed = problem.visible(k, first + count);
    if (packed <= 0) break;
    pack_transposed(key + k * shape.width, packed, shape.width, keys);
    for (index q = 0; q < count; q += query_block) {
      const index rows = least(query_block, count - q);
      const index visible = problem.visible(k, first + q + rows);
      if (visible <= 0) continue;
      const Block block = {head, first + q, rows, k, visible, packed};
      T* to = out + q * shape.value_width;
      make_scores(problem, block, queries + q * shape.width, keys, scores);
      accumulate_softmax(block, scores, running, q, to, shape.value_width);
      multiply_dense(product<T>(visible, scores, key_block, 1, value + k * shape.value_width, to,
                                shape.value_width, k > 0),
                     rows, shape.value_width);
    }
  }
  finish_rows(running, count, shape.value_width, out, lse);
}

template <class T>
void forward(const AttentionShape& shape, const void* query, const void* key, const void* value,
             const void* bias, void* out, void* lse) {
  if (shape.batch * shape.heads * shape.queries == 0) return;
  const Problem<T> problem(shape, query, key, value, bias);
  const index chunks = ceil_div(shape.queries, query_chunk);
  const index work = least(shape.queries, query_chunk) * shape.keys *
                     (shape.width + shape.value_width + extra_work);
  parallel(
      shape.batch * shape.heads * chunks, 1 + grain_work / (work + 1), [&](index begin, index end) {
        for (index item = begin; item < end; ++item) {
          const index head = item / chunks;
          const index first = item % chunks * query_chunk;
          const index row = head * shape.queries + first;
          forward_chunk(problem, head, first, least(query_chunk, shape.queries - first),
                        static_cast<T*>(out) + row * shape.value_width, static_cast<T*>(lse) + row);
        }
      });
}

// ------------------------------------------------------------------ backward

/// Where backward reads and writes besides the problem itself.
template <class T>
struct Gradients {
  const T* out_gradient;
  const T* out;
  const T* lse;
  T* query;
  T* key;
  T* value;
  T* bias;
};

/// What one thread keeps for the block at hand.
template <class T>
struct Workspace {
  T* keys;           ///< packed
  T* values;         ///< packed
  T* probabilities;  ///< scores at first
  T* gradient;       ///< of the probabilities, then of the scores
  T* queries;        ///< scaled
  T* mean;           ///< Σ_j probability_j * its gradient, which is out · out_gradient, by query

  Workspace(const AttentionShape& shape, index group)
      : keys(scratch<T>(0, key_block * shape.width)),
        values(scratch<T>(1, key_block * shape.value_width)),
        probabilities(scratch<T>(2, query_block * key_block)),
        gradient(scratch<T>(3, query_block * key_block)),
        queries(scratch<T>(4, query_block * shape.width)),
        mean(scratch<T>(5, group * shape.queries)) {}
};

template <class T>
void fill_zero(T* out, index count) {
  for (index i = 0; i < count; ++i) out[i] = T{0};
}

template <class T>
T dot(const T* a, const T* b, index count) {
  Vector<T> sum{};
  index j = 0;
  for (; j + lanes<T> <= count; j += lanes<T>) sum += load(a + j) * load(b + j);
  T total = fold_sum<T>(sum);
  for (; j < count; ++j) total += a[j] * b[j];
  return total;
}

/// probability = exp(score - lse).
template <class T>
void make_probabilities(const Block& block, const T* lse, T* scores) {
  const index count = whole_vectors<T>(block.keys);
  for (index i = 0; i < block.queries; ++i) {
    T* row = scores + i * key_block;
    // A row that saw no key has no probabilities.
    const T shift = lse[i] == -infinity<T> ? infinity<T> : lse[i];
    for (index j = 0; j < count; ++j) row[j] = exp(row[j] - shift);
  }
}

/// Gradient of a score = probability * (gradient of the probability - mean).
template <class T>
void score_gradients(const Problem<T>& problem, const Block& block, const Workspace<T>& work,
                     const T* mean, T* bias_gradient) {
  for (index i = 0; i < block.queries; ++i) {
    const T* probability = work.probabilities + i * key_block;
    T* gradient = work.gradient + i * key_block;
    const index count = seen(problem, block, i);
    const T row_mean = mean[i];
    for (index j = 0; j < count; ++j) gradient[j] = probability[j] * (gradient[j] - row_mean);
    if (bias_gradient != nullptr) {
      T* to = bias_gradient + i * problem.shape.keys;
      for (index j = 0; j < count; ++j) to[j] = gradient[j];
    }
    for (index j = count; j < block.keys; ++j) gradient[j] = T{0};
  }
}

/// Adds what one block gives to all gradients. `mean` is that of the head's first query.
template <class T>
void backward_block(const Problem<T>& problem, const Block& block, const Gradients<T>& gradients,
                    const Workspace<T>& work, const T* mean) {
  const AttentionShape& shape = problem.shape;
  const index width = shape.width;
  const index value_width = shape.value_width;
  const index row = block.head * shape.queries + block.query;
  const index key_row = problem.key_head(block.head) * shape.keys + block.key;
  const T* out_gradient = gradients.out_gradient + row * value_width;

  copy_scaled(problem.query + row * width, work.queries, block.queries * width, problem.scale);
  make_scores(problem, block, work.queries, work.keys, work.probabilities);
  make_probabilities(block, gradients.lse + row, work.probabilities);
  multiply_packed(product<T>(value_width, out_gradient, value_width, 1, work.values, work.gradient,
                             key_block, false),
                  block.queries, block.keys, block.packed);
  multiply_dense(product<T>(block.queries, work.probabilities, 1, key_block, out_gradient,
                            gradients.value + key_row * value_width, value_width, true),
                 block.keys, value_width);
  T* bias = gradients.bias == nullptr ? nullptr : gradients.bias + row * shape.keys + block.key;
  score_gradients(problem, block, work, mean + block.query, bias);
  multiply_dense(product<T>(block.keys, work.gradient, key_block, 1, problem.key + key_row * width,
                            gradients.query + row * width, width, true),
                 block.queries, width);
  multiply_dense(product<T>(block.queries, work.gradient, 1, key_block, work.queries,
                            gradients.key + key_row * width, width, true),
                 block.keys, width);
}

/// All that one key head takes part in: its gradients are summed over the heads that share it in a
/// fixed order.
template <class T>
void backward_key_head(const Problem<T>& problem, const Gradients<T>& gradients, index key_head) {
  const AttentionShape& shape = problem.shape;
  const index group = shape.heads / shape.key_heads;
  const index first_head = key_head * group;
  const index rows = group * shape.queries;
  const index row = first_head * shape.queries;
  const Workspace<T> work(shape, group);
  fill_zero(gradients.query + row * shape.width, rows * shape.width);
  fill_zero(gradients.key + key_head * shape.keys * shape.width, shape.keys * shape.width);
  fill_zero(gradients.value + key_head * shape.keys * shape.value_width,
            shape.keys * shape.value_width);
  if (gradients.bias != nullptr) fill_zero(gradients.bias + row * shape.keys, rows * shape.keys);
  for (index i = 0; i < rows; ++i) {
    const index at = (row + i) * shape.value_width;
    work.mean[i] = dot(gradients.out + at, gradients.out_gradient + at, shape.value_width);
  }
  for (index k = 0; k < shape.keys; k += key_block) {
    const index packed = problem.visible(k, shape.queries);
    if (packed <= 0) break;
    pack_transposed(problem.key_of(key_head) + k * shape.width, packed, shape.width, work.keys);
    pack_transposed(problem.value_of(key_head) + k * shape.value_width, packed, shape.value_width,
                    work.values);
    for (index g = 0; g < group; ++g) {
      for (index q = 0; q < shape.queries; q += query_block) {
        const index queries = least(query_block, shape.queries - q);
        const index visible = problem.visible(k, q + queries);
        if (visible <= 0) continue;
        const Block block = {first_head + g, q, queries, k, visible, packed};
        backward_block(problem, block, gradients, work, work.mean + g * shape.queries);
      }
    }
  }
  // The scores were made from scaled queries.
  scale_row(gradients.query + row * shape.width, rows * shape.width, problem.scale);
}

template <class T>
void backward(const AttentionShape& shape, const void* out_gradient, const void* query,
              const void* key, const void* value, const void* bias, const void* out,
              const void* lse, void* query_gradient, void* key_gradient, void* value_gradient,
              void* bias_gradient) {
  if (shape.batch * shape.heads == 0) return;
  const Problem<T> problem(shape, query, key, value, bias);
  const Gradients<T> gradients = {
      static_cast<const T*>(out_gradient), static_cast<const T*>(out),
      static_cast<const T*>(lse),          static_cast<T*>(query_gradient),
      static_cast<T*>(key_gradient),       static_cast<T*>(value_gradient),
      static_cast<T*>(bias_gradient)};
  const index work = shape.heads / shape.key_heads * shape.queries * shape.keys *
                     (3 * shape.width + 2 * shape.value_width + extra_work);
  parallel(shape.batch * shape.key_heads, 1 + grain_work / (work + 1), [&](index begin, index end) {
    for (index head = begin; head < end; ++head) backward_key_head(problem, gradients, head);
  });
}

}  // namespace

void fill_attention(Attention (&attention)[2]) {
  attention[0] = {forward<float>, backward<float>};
  attention[1] = {forward<double>, backward<double>};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
