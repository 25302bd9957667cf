#include "topograd/shape.h"

#include <limits>
#include <ostream>

namespace topograd {

void Dims::grow(int count) {
  // A list of many thousand lengths (split) is filled by push_back.
  const int capacity = count < 2 * count_capacity_ ? 2 * count_capacity_ : count;
  auto* grown = new index[static_cast<std::size_t>(capacity)];
  std::memcpy(grown, data(), sizeof(index) * static_cast<std::size_t>(count_));
  release();
  heap_ = grown;
  count_capacity_ = capacity;
}

void Dims::insert(int position, index value) {
  resize(count_ + 1);
  for (int i = count_ - 1; i > position; --i) data()[i] = data()[i - 1];
  data()[position] = value;
}

void Dims::erase(int position) {
  for (int i = position; i + 1 < count_; ++i) data()[i] = data()[i + 1];
  --count_;
}

std::ostream& operator<<(std::ostream& out, const Dims& dims) {
  out << '(';
  for (int i = 0; i < dims.size(); ++i) out << (i > 0 ? ", " : "") << dims[i];
  return out << (dims.size() == 1 ? ",)" : ")");
}

void check_rank_limit(const Dims& shape) {
  expect<ShapeError>(shape.size() <= max_rank, "shape: {} dims are more than the {} of a tensor",
                     shape.size(), max_rank);
}

index count_of(const Dims& shape) {
  check_rank_limit(shape);
  index count = 1;
  bool empty = false;
  for (index size : shape) {
    expect<ShapeError>(size >= 0, "shape: sizes must not be negative, got {}", shape);
    if (size == 0) empty = true;
  }
  if (empty) return 0;
  for (index size : shape)
    // 2^58 elements of 16 bytes still have a byte count that fits.
    expect<ShapeError>(!__builtin_mul_overflow(count, size, &count) && count <= (index{1} << 58),
                       "shape: {} has more elements than memory can hold", shape);
  return count;
}

Dims contiguous_strides(const Dims& shape) {
  Dims strides = Dims::filled(shape.size(), 1);
  for (int d = shape.size() - 2; d >= 0; --d)
    strides[d] = strides[d + 1] * (shape[d + 1] > 1 ? shape[d + 1] : 1);
  return strides;
}

int wrap_dim(index dim, int rank, std::string_view op) {
  const int extent = rank > 0 ? rank : 1;
  expect<IndexError>(dim >= -extent && dim < extent,
                     "{}: dim is out of range: expected a value in [{}, {}], got {}", op, -extent,
                     extent - 1, dim);
  return static_cast<int>(dim < 0 ? dim + extent : dim);
}

Dims broadcast_shapes(const Dims& a, const Dims& b, std::string_view op) {
  if (a == b) return a;
  const int rank = a.size() > b.size() ? a.size() : b.size();
  Dims shape = Dims::filled(rank, 1);
  for (int i = 1; i <= rank; ++i) {
    const index x = i <= a.size() ? a[a.size() - i] : 1;
    const index y = i <= b.size() ? b[b.size() - i] : 1;
    expect<ShapeError>(x == y || x == 1 || y == 1,
                       "{}: shapes do not broadcast: {} and {} differ in dim {} ({} and {})", op, a,
                       b, -i, x, y);
    shape[rank - i] = x == 1 ? y : x;
  }
  return shape;
}

}  // namespace topograd
