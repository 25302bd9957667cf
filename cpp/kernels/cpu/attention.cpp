// Attention forward: the greatest score and the sum of exponentials of each row so far are kept,
// and the output is rescaled when the greatest grows.

#include "kernels/cpu/attention_block.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// Queries that share one packing of a block of keys.
constexpr index query_chunk = 256;

/// What a thread keeps for a chunk of queries.
template <class T>
struct Chunk {
  T* keys;     ///< packed
  T* values;   ///< packed
  T* scores;   ///< a block
  T* queries;  ///< scaled, dense
  T* out;      ///< not yet divided by the sums, dense
  T highest[query_chunk];
  T sum[query_chunk];  ///< of 2^(score - highest)

  Chunk(const AttentionShape& shape, index count)
      : keys(scratch<T>(0, Panels<T>::size(shape.width, least(key_block, shape.keys)))),
        values(scratch<T>(1, Panels<T>::size(least(key_block, shape.keys), shape.value_width))),
        scores(scratch<T>(2, score_count<T>)),
        queries(scratch<T>(3, count * shape.width)),
        out(scratch<T>(4, count * shape.value_width)) {
    fill(highest, 0, count, -infinity<T>);
    fill(sum, 0, count, T{0});
  }
};

/// Turns scores into exponentials and brings the rows' state and output up to date; `first` is the
/// block's first row within the chunk.
template <class T>
void accumulate_softmax(const Block& block, Chunk<T>& chunk, index first, index value_width) {
  T shift[query_block];
  T kept[query_block];
  for (index i = 0; i < block.queries; ++i) {
    T& highest = chunk.highest[first + i];
    kept[i] = highest;
    const index count = whole_vectors<T>(block.seen(i));
    if (count > 0) highest = greatest(highest, row_max(chunk.scores + i * score_row<T>, count));
    // While a row has seen no key, every exponential is to be 0.
    shift[i] = highest == -infinity<T> ? T{0} : highest;
  }
  for (index i = 0; i < block.queries; ++i) kept[i] = exp2_negative(kept[i] - shift[i]);
  for (index i = 0; i < block.queries; ++i) {
    T* row = chunk.scores + i * score_row<T>;
    const index count = whole_vectors<T>(block.seen(i));
    const T row_shift = shift[i];
    for (index j = 0; j < count; ++j) row[j] = exp2_negative(row[j] - row_shift);
    fill(row, count, block.keys, T{0});
    T& sum = chunk.sum[first + i];
    sum = sum * kept[i] + (count > 0 ? row_sum(row, count) : T{0});
    T* out = chunk.out + (first + i) * value_width;
    if (block.key > 0 && kept[i] != T{1}) copy_scaled(out, out, value_width, kept[i]);
  }
}

/// Divides by the sums; rows that saw no key become 0.
template <class T>
void finish_rows(const Chunk<T>& chunk, index count, index value_width, T* out, index out_row,
                 T* lse) {
  for (index i = 0; i < count; ++i) {
    const T sum = chunk.sum[i];
    lse[i] = (chunk.highest[i] + log2(sum)) * ln_2<T>;
    T* row = out + i * out_row;
    if (sum == T{0})
      fill(row, 0, value_width, T{0});
    else
      copy_scaled(chunk.out + i * value_width, row, value_width, 1 / sum);
  }
}

/// Queries [first, first + count) of one head.
template <class T>
void forward_chunk(const Problem<T>& problem, index head, index first, index count) {
  const AttentionShape& shape = problem.shape;
  const AttentionForward& call = problem.call;
  Chunk<T> chunk(shape, count);
  const index key_head = problem.key_head(head);
  const T* key = problem.key_rows(call.key, key_head);
  const T* value = problem.key_rows(call.value, key_head);
  const T* query = problem.rows(call.query, head) + first * call.query.row;
  for (index i = 0; i < count; ++i)
    copy_scaled(query + i * call.query.row, chunk.queries + i * shape.width, shape.width,
                problem.query_factor());
  const index end = shape.causal ? least(shape.keys, first + count) : shape.keys;
  for (index k = 0; k < end; k += key_block) {
    const index keys = least(key_block, end - k);
    const Panels<T> packed_keys =
        pack_rows_as_columns(key + k * call.key.row, call.key.row, keys, shape.width, chunk.keys);
    const Panels<T> packed_values = pack_rows_as_depth(value + k * call.value.row, call.value.row,
                                                       keys, shape.value_width, chunk.values);
    for (index q = 0; q < count; q += query_block) {
      const Block block = {head, first + q, least(query_block, count - q), k, keys, shape.causal};
      if (block.seen(block.queries - 1) == 0) continue;
      make_scores(problem, block, {chunk.queries + q * shape.width, shape.width}, packed_keys,
                  chunk.scores);
      accumulate_softmax(block, chunk, q, shape.value_width);
      multiply_by_keys(block, {chunk.scores, score_row<T>}, packed_values,
                       {chunk.out + q * shape.value_width, shape.value_width}, k > 0);
    }
  }
  finish_rows(chunk, count, shape.value_width, problem.rows(call.out, head) + first * call.out.row,
              call.out.row, static_cast<T*>(call.lse) + head * shape.queries + first);
}

template <class T>
void forward(const AttentionShape& shape, const AttentionForward& call) {
  const index heads = shape.batch * shape.heads;
  if (heads * shape.queries == 0) return;
  const Problem<T> problem{shape, call};
  // Few heads are divided finer. A row's result does not depend on the rows beside it.
  const index length = heads < 8 ? query_block / 2 : query_chunk;
  const index chunks = ceil_div(shape.queries, length);
  const index work =
      least(shape.queries, length) * shape.keys * (shape.width + shape.value_width + extra_work);
  parallel(heads * chunks, 1 + grain_work / (work + 1), [&](index begin, index end) {
    for (index item = begin; item < end; ++item) {
      const index first = item % chunks * length;
      forward_chunk(problem, item / chunks, first, least(length, shape.queries - first));
    }
  });
}

}  // namespace

void fill_attention(Attention (&attention)[2]) {
  attention[0] = {forward<float>, [](const AttentionShape& shape, const AttentionForward& call,
                                     const AttentionGradients& gradients) {
                    attention_backward(shape, call, gradients, float{});
                  }};
  attention[1] = {forward<double>, [](const AttentionShape& shape, const AttentionForward& call,
                                      const AttentionGradients& gradients) {
                    attention_backward(shape, call, gradients, double{});
                  }};
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
