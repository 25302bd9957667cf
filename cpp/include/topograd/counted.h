#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "topograd/export.h"

namespace topograd {

/// Base of what is shared by counting its owners. The last owner calls destroy().
class TOPOGRAD_API Counted {
 public:
  Counted() = default;
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

  /// From the library's cache of small blocks.
  static void* operator new(std::size_t bytes);
  static void* operator new(std::size_t, void* place) noexcept { return place; }
  static void operator delete(void* block, std::size_t bytes);
  static void operator delete(void*, void*) noexcept {}

  void retain() const noexcept { owners_.fetch_add(1, std::memory_order_relaxed); }
  void drop() const noexcept {
    // A sole owner needs no locked instruction: nobody else can add one.
    if (owners_.load(std::memory_order_acquire) == 1 ||
        owners_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      const_cast<Counted*>(this)->destroy();
  }
  /// Becomes an owner unless the last one has already let go.
  bool retain_if_alive() const noexcept {
    auto count = owners_.load(std::memory_order_relaxed);
    while (count != 0)
      if (owners_.compare_exchange_weak(count, count + 1, std::memory_order_acq_rel)) return true;
    return false;
  }
  std::uint32_t owners() const noexcept { return owners_.load(std::memory_order_relaxed); }

 protected:
  virtual ~Counted() = default;
  virtual void destroy() noexcept { delete this; }

  /// For objects that somebody may find by a weak pointer: makes retain_if_alive() fail from now
  /// on.
  void mark_dead() noexcept { owners_.store(0, std::memory_order_release); }

 private:
  mutable std::atomic<std::uint32_t> owners_{0};
};

/// An owner of a Counted object, or null.
template <class T>
class Ref {
 public:
  Ref() = default;
  Ref(std::nullptr_t) {}
  explicit Ref(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }
  /// Takes over a count that the caller already holds.
  static Ref adopt(T* object) {
    Ref ref;
    ref.object_ = object;
    return ref;
  }
  Ref(const Ref& other) : Ref(other.object_) {}
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref& operator=(const Ref& other) {
    Ref copy(other);
    std::swap(object_, copy.object_);
    return *this;
  }
  Ref& operator=(Ref&& other) noexcept {
    if (this != &other) {
      T* old = std::exchange(object_, std::exchange(other.object_, nullptr));
      if (old != nullptr) old->drop();
    }
    return *this;
  }
  ~Ref() {
    if (object_ != nullptr) object_->drop();
  }

  T* get() const { return object_; }
  T* operator->() const { return object_; }
  T& operator*() const { return *object_; }
  explicit operator bool() const { return object_ != nullptr; }
  bool operator==(const Ref& other) const { return object_ == other.object_; }
  T* leave() { return std::exchange(object_, nullptr); }

 private:
  T* object_ = nullptr;
};

}  // namespace topograd
