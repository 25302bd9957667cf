#pragma once

// The interface of the attention kernels.

#include <cstdint>

namespace topograd::kernels {

using index = std::int64_t;

/// query, out (batch, heads, queries, width / value_width), key, value (batch, key_heads, keys,
/// width / value_width); heads is a multiple of key_heads. causal: query i sees the keys 0 … i,
/// whatever the number of keys.
struct AttentionShape {
  index batch, heads, key_heads, queries, keys, width, value_width;
  index bias_stride[4];  ///< batch, head, query, key; 0 where it repeats
  bool causal;
  double scale;
};
/// Rows of neighbouring elements: that of position i of a head begins at batch * b + head * h + row
/// * i, counted in elements.
struct HeadRows {
  void* data;
  index batch, head, row;
};
struct AttentionForward {
  HeadRows query, key, value;
  const void* bias;  ///< null or additive, with the strides of the shape
  HeadRows out;
  void* lse;  ///< [batch][heads][queries]: the logarithm of the sum of each row's exponentials
};
/// `out` is read, the others are written; those of key and value are summed over the heads that
/// share them. The keys are divided into `parts`, each of which gives a part of the gradient of the
/// query, query_part elements apart, to be added up.
struct AttentionGradients {
  HeadRows out, query, key, value;
  void* bias;  ///< null, or zeros [batch][heads][queries][keys]
  index parts, query_part;
};
struct Attention {
  /// Writes out and lse in memory linear in keys. A query that sees no key gives zeros.
  void (*forward)(const AttentionShape&, const AttentionForward&);
  void (*backward)(const AttentionShape&, const AttentionForward&, const AttentionGradients&);
};

}  // namespace topograd::kernels
