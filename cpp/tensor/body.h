#pragma once

#include <string>

#include "base/allocator.h"
#include "topograd/tensor.h"

namespace topograd::detail {

struct Rare {
  static void* operator new(std::size_t bytes) { return allocate(bytes); }
  static void operator delete(void* block, std::size_t bytes) { release(block, bytes); }

  Tensor grad;
  std::string name;
  /// Set for a view that was made while recording: the tensor that owns the memory, and how often
  /// the history of that one had been rewritten when this view's node was made (see
  /// graph/history.h).
  Tensor base;
  std::uint32_t base_generation = 0;
  /// How often an in-place op rewrote the history of this tensor.
  std::uint32_t generation = 0;
  bool view_without_history = false;  // a view made under no_grad
  bool retains_grad = false;
};

inline Rare& rare(TensorBody& body) {
  if (!body.rare) body.rare = std::make_unique<Rare>();
  return *body.rare;
}

/// Called by a dying tensor that a node watches; set by the graph floor. Returns false when
/// somebody took it up again.
TOPOGRAD_API extern bool (*forget_watched)(TensorBody& body) noexcept;

}  // namespace topograd::detail

namespace topograd {

/// The number itself, if an integer or bool dtype can hold it; throws ValueError that begins with
/// op.
TOPOGRAD_API Scalar fitting(const Scalar& number, DType dtype, std::string_view op);
/// A tensor over given storage. count and contiguity are derived.
TOPOGRAD_API Tensor make_view(const Ref<Storage>& storage, Dims sizes, Dims strides, index offset,
                              DType dtype);
/// The same memory (or hollow), seen with another layout; no history.
TOPOGRAD_API Tensor restrided(const Tensor& x, Dims sizes, Dims strides, index offset);
/// Same value, no node; shares storage. The copy is made once per tensor and kept.
TOPOGRAD_API Tensor without_node(const Tensor& x);
/// A new handle body on the same value.
TOPOGRAD_API Tensor shallow_copy(const Tensor& x);
/// Shape, dtype and device of x without its data.
TOPOGRAD_API Tensor hollow_like(const Tensor& x);
/// Dense row-major copy, or x itself when it is dense already. No history.
TOPOGRAD_API Tensor dense(const Tensor& x);
TOPOGRAD_API Tensor dense_copy(const Tensor& x);
/// A complex tensor as pairs of real numbers in a last dim, and back; no history. The pairs lie
/// side by side (see view_as_complex).
TOPOGRAD_API Tensor real_view(const Tensor& z);
TOPOGRAD_API Tensor complex_view(const Tensor& pairs);
/// x converted to dtype, dense; x itself if it has that dtype already. Throws DTypeError where
/// imaginary parts would be lost.
TOPOGRAD_API Tensor converted(const Tensor& x, DType dtype);
/// The same for conversions that a program asked for: imaginary parts are dropped.
TOPOGRAD_API Tensor converted_freely(const Tensor& x, DType dtype);
/// Writes the elements of source (same shape, any dtype) over those of target, whatever their
/// layouts.
TOPOGRAD_API void copy_elements(const Tensor& source, const Tensor& target);
/// Whether two tensors can share an element.
TOPOGRAD_API bool may_overlap(const Tensor& a, const Tensor& b);
/// Whether two indices of x refer to one element (an expanded tensor, say).
TOPOGRAD_API bool overlaps_itself(const Tensor& x);

}  // namespace topograd
