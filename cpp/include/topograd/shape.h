#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iosfwd>
#include <utility>
#include <vector>

#include "topograd/error.h"

namespace topograd {

using index = std::int64_t;

/// The largest number of dimensions of a tensor.
inline constexpr int max_rank = 32;

/// A short list of integers (sizes, strides, dims). Up to six live inside the object itself.
class TOPOGRAD_API Dims {
 public:
  Dims() = default;
  Dims(std::initializer_list<index> values) : Dims(values.begin(), values.end()) {}
  explicit Dims(const std::vector<index>& values)
      : Dims(values.data(), values.data() + values.size()) {}
  Dims(const index* first, const index* last) {
    resize(static_cast<int>(last - first));
    for (int i = 0; i < count_; ++i) data()[i] = first[i];
  }
  static Dims filled(int count, index value) {
    Dims dims;
    dims.resize(count);
    for (auto& d : dims) d = value;
    return dims;
  }
  Dims(const Dims& other) { copy(other); }
  Dims(Dims&& other) noexcept { steal(other); }
  Dims& operator=(const Dims& other) {
    if (this != &other) {
      release();
      count_ = 0;
      copy(other);
    }
    return *this;
  }
  Dims& operator=(Dims&& other) noexcept {
    if (this != &other) {
      release();
      steal(other);
    }
    return *this;
  }
  ~Dims() { release(); }

  int size() const { return count_; }
  bool empty() const { return count_ == 0; }
  index* data() { return count_capacity_ > inline_count ? heap_ : inline_; }
  const index* data() const { return count_capacity_ > inline_count ? heap_ : inline_; }
  index* begin() { return data(); }
  index* end() { return data() + count_; }
  const index* begin() const { return data(); }
  const index* end() const { return data() + count_; }
  index& operator[](int i) { return data()[i]; }
  index operator[](int i) const { return data()[i]; }
  /// The i-th from the front, or from the back when i is negative. Not checked.
  index at(int i) const { return data()[i < 0 ? i + count_ : i]; }
  index back() const { return data()[count_ - 1]; }

  /// New entries are 0.
  void resize(int count) {
    if (count > count_capacity_) grow(count);
    for (int i = count_; i < count; ++i) data()[i] = 0;
    count_ = count;
  }
  void push_back(index value) {
    resize(count_ + 1);
    data()[count_ - 1] = value;
  }
  void insert(int position, index value);
  void erase(int position);
  bool contains(index value) const {
    for (index d : *this)
      if (d == value) return true;
    return false;
  }
  bool operator==(const Dims& other) const {
    return count_ == other.count_ &&
           std::memcmp(data(), other.data(), sizeof(index) * static_cast<std::size_t>(count_)) == 0;
  }
  std::vector<index> to_vector() const { return {begin(), end()}; }

 private:
  static constexpr int inline_count = 6;
  void grow(int count);
  void release() {
    if (count_capacity_ > inline_count) delete[] heap_;
    count_capacity_ = inline_count;
  }
  /// Into an object without memory of its own.
  void copy(const Dims& other) {
    if (other.count_ > inline_count) grow(other.count_);
    count_ = other.count_;
    if (other.count_ > inline_count)
      std::memcpy(heap_, other.heap_, sizeof(index) * static_cast<std::size_t>(count_));
    else  // a fixed size: memory on the heap is longer than this
      std::memcpy(inline_, other.data(), sizeof(inline_));
  }
  void steal(Dims& other) noexcept {
    count_ = other.count_;
    count_capacity_ = other.count_capacity_;
    std::memcpy(inline_, other.inline_, sizeof(inline_));  // covers heap_ as well
    other.count_ = 0;
    other.count_capacity_ = inline_count;
  }

  std::int32_t count_ = 0;
  std::int32_t count_capacity_ = inline_count;
  union {
    index inline_[inline_count];
    index* heap_;
  };
};

/// "(2, 3)"; one element prints as "(3,)", as Python does.
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, const Dims& dims);

/// Throws ShapeError where there are more dims than a tensor may have.
TOPOGRAD_API void check_rank_limit(const Dims& shape);

/// Number of elements; throws ShapeError where a size is negative, the product overflows, or there
/// are too many dims.
TOPOGRAD_API index count_of(const Dims& shape);

/// Strides of a dense row-major layout of this shape.
TOPOGRAD_API Dims contiguous_strides(const Dims& shape);

/// dim in [-rank, rank) brought into [0, rank); a 0-d tensor has dims -1 and 0, as in PyTorch.
TOPOGRAD_API int wrap_dim(index dim, int rank, std::string_view op);

/// The shape that both broadcast to; throws ShapeError that names op and both shapes.
TOPOGRAD_API Dims broadcast_shapes(const Dims& a, const Dims& b, std::string_view op);

}  // namespace topograd
