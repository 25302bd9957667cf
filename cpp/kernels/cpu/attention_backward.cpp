// Attention backward: the probabilities are made again from the logarithm of each row's sum.

#include "kernels/cpu/attention_block.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

/// What a thread keeps for the block at hand.
template <class T>
struct Workspace {
  T* keys;           ///< packed as columns
  T* keys_deep;      ///< packed as depth
  T* values;         ///< packed as columns
  T* probabilities;  ///< scores at first
  T* gradient;       ///< of the probabilities, then of the scores
  T* queries;        ///< scaled
  T* operands;       ///< queries, then the gradient of the output, packed as depth
  T* key_gradient;   ///< of the block of keys, dense
  T* value_gradient;

  explicit Workspace(const AttentionShape& shape) {
    const index width = shape.width, value_width = shape.value_width;
    const index block = least(key_block, shape.keys), rows = least(query_block, shape.queries);
    const index key_panels = Panels<T>::size(width, block);
    const index deep_panels = Panels<T>::size(block, width);
    const index value_panels = Panels<T>::size(value_width, block);
    const index operand_panels = Panels<T>::size(rows, width) + Panels<T>::size(rows, value_width);
    keys = scratch<T>(0, key_panels + deep_panels + value_panels);
    keys_deep = keys + key_panels;
    values = keys_deep + deep_panels;
    probabilities = scratch<T>(1, 2 * score_count<T>);
    gradient = probabilities + score_count<T>;
    queries = scratch<T>(2, rows * width + operand_panels);
    operands = queries + rows * width;
    key_gradient = scratch<T>(3, block * (width + value_width));
    value_gradient = key_gradient + block * width;
  }
};

/// One head of queries as backward reads and writes it.
template <class T>
struct HeadGradients {
  index head;
  const T* out_gradient;
  const T* mean;  ///< Σ_j probability_j * its gradient, which is out · out_gradient, by query
  const T* lse;
  T* query;
  T* bias;
};

template <class T>
T dot(const T* a, const T* b, index count) {
  Vector<T> sum{};
  index j = 0;
  for (; j + lanes<T> <= count; j += lanes<T>) sum += load(a + j) * load(b + j);
  T total = fold<T>(sum, [](T x, T y) { return x + y; });
  for (; j < count; ++j) total += a[j] * b[j];
  return total;
}

/// probability = exp(score - lse), and the gradient of a score = probability * (gradient of the
/// probability - mean).
template <class T>
void score_gradients(const Problem<T>& problem, const Block& block, const HeadGradients<T>& head,
                     const Workspace<T>& work) {
  for (index i = 0; i < block.queries; ++i) {
    T* probability = work.probabilities + i * score_row<T>;
    T* gradient = work.gradient + i * score_row<T>;
    const index seen = block.seen(i);
    const index count = whole_vectors<T>(seen);
    const T lse = head.lse[block.query + i];
    // A row that saw no key has no probabilities.
    const T shift = lse == -infinity<T> ? infinity<T> : lse * log2_e<T>;
    const T mean = head.mean[block.query + i];
    fill(gradient, seen, count, T{0});
    for (index j = 0; j < count; ++j) {
      const T p = exp2_negative(probability[j] - shift);
      probability[j] = p;
      gradient[j] = p * (gradient[j] - mean);
    }
    fill(probability, count, block.keys, T{0});
    fill(gradient, count, block.keys, T{0});
    if (head.bias != nullptr) {
      T* to = head.bias + (block.query + i) * problem.shape.keys + block.key;
      for (index j = 0; j < seen; ++j) to[j] = gradient[j];
    }
  }
}

/// The packed block of keys and its values.
template <class T>
struct KeyBlock {
  Panels<T> keys, keys_deep, values;
};

/// Adds what one block gives to all gradients.
template <class T>
void backward_block(const Problem<T>& problem, const AttentionGradients& gradients,
                    const Block& block, const HeadGradients<T>& head, const KeyBlock<T>& packed,
                    const Workspace<T>& work) {
  const index width = problem.shape.width, value_width = problem.shape.value_width;
  const HeadRows& query = problem.call.query;
  const T* from = problem.rows(query, block.head) + block.query * query.row;
  for (index i = 0; i < block.queries; ++i)
    copy_scaled(from + i * query.row, work.queries + i * width, width, problem.query_factor());
  const index row = gradients.out.row;
  const T* out_gradient = head.out_gradient + block.query * row;
  const Panels<T> queries =
      pack_rows_as_depth(work.queries, width, block.queries, width, work.operands);
  const Panels<T> outs = pack_rows_as_depth(out_gradient, row, block.queries, value_width,
                                            work.operands + Panels<T>::size(block.queries, width));

  const Strided<T> probabilities = {work.probabilities, score_row<T>};
  const Strided<T> gradient = {work.gradient, score_row<T>};
  make_scores(problem, block, {work.queries, width}, packed.keys, work.probabilities);
  multiply_seen(block, {const_cast<T*>(out_gradient), row}, packed.values, gradient);
  score_gradients(problem, block, head, work);
  multiply_by_queries(block, probabilities, outs, {work.value_gradient, value_width});
  multiply_by_queries(block, gradient, queries, {work.key_gradient, width});
  multiply_by_keys(block, gradient, packed.keys_deep,
                   {head.query + block.query * gradients.query.row, gradients.query.row}, true);
}

/// Writes the gradients of a block of keys; the scores were made from scaled queries, to base 2.
template <class T>
void write_key_block(const Problem<T>& problem, const AttentionGradients& gradients, index key_head,
                     index key, index keys, const Workspace<T>& work) {
  const index width = problem.shape.width, value_width = problem.shape.value_width;
  T* to_key = problem.key_rows(gradients.key, key_head) + key * gradients.key.row;
  T* to_value = problem.key_rows(gradients.value, key_head) + key * gradients.value.row;
  for (index j = 0; j < keys; ++j) {
    copy_scaled(work.key_gradient + j * width, to_key + j * gradients.key.row, width, ln_2<T>);
    copy_scaled(work.value_gradient + j * value_width, to_value + j * gradients.value.row,
                value_width, T{1});
  }
}

/// A block of keys with the queries of all heads that share it, which are summed in a fixed order.
template <class T>
void backward_keys(const Problem<T>& problem, const AttentionGradients& gradients,
                   const HeadGradients<T>& first_head, index key_head, index key,
                   const Workspace<T>& work) {
  const AttentionShape& shape = problem.shape;
  const AttentionForward& call = problem.call;
  const index keys = least(key_block, shape.keys - key);
  const T* rows = problem.key_rows(call.key, key_head) + key * call.key.row;
  const T* value_rows = problem.key_rows(call.value, key_head) + key * call.value.row;
  const KeyBlock<T> packed = {
      pack_rows_as_columns(rows, call.key.row, keys, shape.width, work.keys),
      pack_rows_as_depth(rows, call.key.row, keys, shape.width, work.keys_deep),
      pack_rows_as_columns(value_rows, call.value.row, keys, shape.value_width, work.values)};
  fill(work.key_gradient, 0, keys * shape.width, T{0});
  fill(work.value_gradient, 0, keys * shape.value_width, T{0});
  HeadGradients<T> head = first_head;
  for (index g = 0; g < shape.heads / shape.key_heads; ++g) {
    for (index q = 0; q < shape.queries; q += query_block) {
      const Block block = {head.head, q,    least(query_block, shape.queries - q),
                           key,       keys, shape.causal};
      if (block.seen(block.queries - 1) == 0) continue;
      backward_block(problem, gradients, block, head, packed, work);
    }
    ++head.head;
    head.out_gradient += gradients.out.head;
    head.mean += shape.queries;
    head.lse += shape.queries;
    head.query += gradients.query.head;
    if (head.bias != nullptr) head.bias += shape.queries * shape.keys;
  }
  write_key_block(problem, gradients, key_head, key, keys, work);
}

/// Σ_j out_j * out_gradient_j of every query of some heads.
template <class T>
void row_means(const Problem<T>& problem, const AttentionGradients& gradients, index first_head,
               index heads, T* mean) {
  const AttentionShape& shape = problem.shape;
  for (index head = first_head; head < first_head + heads; ++head) {
    const T* out = problem.rows(problem.call.out, head);
    const T* gradient = problem.rows(gradients.out, head);
    for (index i = 0; i < shape.queries; ++i)
      *mean++ =
          dot(out + i * problem.call.out.row, gradient + i * gradients.out.row, shape.value_width);
  }
}

/// One part of the keys of a head of keys.
template <class T>
void backward_part(const Problem<T>& problem, const AttentionGradients& gradients, index key_head,
                   index part) {
  const AttentionShape& shape = problem.shape;
  const index group = shape.heads / shape.key_heads;
  const index first_head = key_head * group;
  const index first_row = first_head * shape.queries;
  const Workspace<T> work(shape);
  T* mean = scratch<T>(4, group * shape.queries);
  row_means(problem, gradients, first_head, group, mean);
  T* bias = static_cast<T*>(gradients.bias);
  const HeadGradients<T> head = {
      first_head,
      problem.rows(gradients.out, first_head),
      mean,
      static_cast<const T*>(problem.call.lse) + first_row,
      problem.rows(gradients.query, first_head) + part * gradients.query_part,
      bias == nullptr ? nullptr : bias + first_row * shape.keys};
  const auto each_query_row = [&](auto f) {
    for (index g = 0; g < group; ++g)
      for (index i = 0; i < shape.queries; ++i)
        f(head.query + g * gradients.query.head + i * gradients.query.row);
  };
  each_query_row([&](T* row) { fill(row, 0, shape.width, T{0}); });
  const index blocks = ceil_div(shape.keys, key_block);
  const index end = blocks * (part + 1) / gradients.parts;
  for (index k = blocks * part / gradients.parts; k < end; ++k)
    backward_keys(problem, gradients, head, key_head, k * key_block, work);
  const T scale = static_cast<T>(shape.scale);
  each_query_row([&](T* row) { copy_scaled(row, row, shape.width, scale); });
}

template <class T>
void backward(const AttentionShape& shape, const AttentionForward& call,
              const AttentionGradients& gradients) {
  const index heads = shape.batch * shape.key_heads;
  if (heads == 0) return;
  const Problem<T> problem{shape, call};
  const index work = shape.heads / shape.key_heads * shape.queries * shape.keys / gradients.parts *
                     (3 * shape.width + 2 * shape.value_width + extra_work);
  parallel(heads * gradients.parts, 1 + grain_work / (work + 1), [&](index begin, index end) {
    for (index item = begin; item < end; ++item)
      backward_part(problem, gradients, item / gradients.parts, item % gradients.parts);
  });
}

}  // namespace

void attention_backward(const AttentionShape& shape, const AttentionForward& call,
                        const AttentionGradients& gradients, float) {
  backward<float>(shape, call, gradients);
}
void attention_backward(const AttentionShape& shape, const AttentionForward& call,
                        const AttentionGradients& gradients, double) {
  backward<double>(shape, call, gradients);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
