#include "tensor/memory_order.h"

#include <utility>

#include "tensor/body.h"

namespace topograd {
namespace {

/// Stride along dim d of the broadcast shape; 0 where x is repeated.
index stride_along(const Tensor& x, int d, const Dims& shape) {
  const int own = d - (shape.size() - x.rank());
  if (own < 0 || (x.shape()[own] == 1 && shape[d] != 1)) return 0;
  return x.strides()[own];
}

/// Above 0 when dim a is slower in memory than b, below when it is faster, 0 when no input tells.
int slower(const Tensor* const* inputs, int count, const Dims& shape, int a, int b) {
  for (int i = 0; i < count; ++i) {
    const index first = stride_along(*inputs[i], a, shape);
    const index second = stride_along(*inputs[i], b, shape);
    if (first == 0 || second == 0) continue;
    if (first != second) return first > second ? 1 : -1;
    if (shape[a] > shape[b]) return 1;
  }
  return 0;
}

}  // namespace

Dims memory_order(const Tensor* const* inputs, int count, const Dims& shape) {
  const int rank = shape.size();
  Dims fastest_first;
  for (int d = rank - 1; d >= 0; --d) fastest_first.push_back(d);
  // By insertion: the comparison is not transitive where dims can not be told apart.
  for (int i = 1; i < rank; ++i)
    for (int low = i - 1, high = i; low >= 0; --low) {
      const int order = slower(inputs, count, shape, static_cast<int>(fastest_first[low]),
                               static_cast<int>(fastest_first[high]));
      if (order < 0) break;
      if (order == 0) continue;
      std::swap(fastest_first[low], fastest_first[high]);
      high = low;
    }
  Dims order;
  for (int d = rank - 1; d >= 0; --d) order.push_back(fastest_first[d]);
  return order;
}

Dims memory_order(const Tensor& x) {
  const Tensor* input = &x;
  return memory_order(&input, 1, x.shape());
}

bool is_row_major(const Dims& order) {
  for (int d = 0; d < order.size(); ++d)
    if (order[d] != d) return false;
  return true;
}

Dims strides_in_order(const Dims& shape, const Dims& order) {
  Dims strides = Dims::filled(shape.size(), 0);
  index stride = 1;
  for (int i = order.size() - 1; i >= 0; --i) {
    const int d = static_cast<int>(order[i]);
    strides[d] = stride;
    stride *= shape[d] > 1 ? shape[d] : 1;
  }
  return strides;
}

Tensor in_order(const Tensor& x, const Dims& order) {
  const int missing = order.size() - x.rank();
  Dims sizes, strides;
  for (index d : order) {
    const int own = static_cast<int>(d) - missing;
    sizes.push_back(own < 0 ? 1 : x.shape()[own]);
    strides.push_back(own < 0 ? 0 : x.strides()[own]);
  }
  return restrided(x, std::move(sizes), std::move(strides), x.body()->offset);
}

bool has_strides(const Tensor& x, const Dims& strides) {
  if (x.count() == 0) return true;
  for (int d = 0; d < x.rank(); ++d)
    if (x.shape()[d] > 1 && x.strides()[d] != strides[d]) return false;
  return true;
}

bool fills_memory(const Tensor& x) {
  return x.contiguous() || has_strides(x, strides_in_order(x.shape(), memory_order(x)));
}

Dims strides_of_format(const Tensor& x, const std::string& format, std::string_view op) {
  if (format == "contiguous_format") return contiguous_strides(x.shape());
  if (format == "preserve_format")
    return fills_memory(x) ? x.strides() : strides_in_order(x.shape(), memory_order(x));
  const int rank = format == "channels_last" ? 4 : 5;
  expect<ValueError>(rank == 4 || format == "channels_last_3d",
                     "{}: memory_format must be preserve_format, contiguous_format, channels_last "
                     "or channels_last_3d, got '{}'",
                     op, format);
  expect<ShapeError>(x.rank() == rank, "{}: {} is for tensors with {} dims, got shape {}", op,
                     format, rank, x.shape());
  Dims order{0};
  for (int d = 2; d < rank; ++d) order.push_back(d);
  order.push_back(1);
  return strides_in_order(x.shape(), order);
}

const char* channels_format(const Tensor& x) {
  const int rank = x.rank();
  if (rank != 4 && rank != 5) return nullptr;
  const Dims &sizes = x.shape(), &strides = x.strides();
  // A repeated channel tells nothing.
  if (strides[1] == 0) return nullptr;
  index least = 0;
  for (int i = 0; i < rank; ++i) {
    // The channels, then the spatial dims from the last, then the batch.
    const int d = i == 0 ? 1 : i == rank - 1 ? 0 : rank - i;
    if (sizes[d] == 0 || strides[d] < least) return nullptr;
    // One pixel of each channel, or a slice of a row: row-major by default.
    if (d == 0 && least == strides[1]) return nullptr;
    least = strides[d] * (sizes[d] > 1 ? sizes[d] : 1);
  }
  return rank == 4 ? "channels_last" : "channels_last_3d";
}

Tensor laid_out_like(const Tensor& result, std::initializer_list<const Tensor*> inputs) {
  for (const Tensor* x : inputs)
    if (const char* format = channels_format(*x); format != nullptr && x->rank() == result.rank())
      return copy_with_strides(result, result.dtype(), strides_of_format(result, format, format));
  return result;
}

Tensor copy_with_strides(const Tensor& x, DType dtype, const Dims& strides) {
  const Tensor layout = restrided(x, x.shape(), strides, 0);
  const Dims order = memory_order(layout);
  const Tensor source = in_order(x, order);
  const Tensor copy =
      source.dtype() == dtype ? dense_copy(source) : converted_freely(source, dtype);
  return restrided(copy, x.shape(), strides, 0);
}

}  // namespace topograd
