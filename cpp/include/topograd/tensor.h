#pragma once

#include <complex>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "topograd/counted.h"
#include "topograd/device.h"
#include "topograd/dtype.h"
#include "topograd/shape.h"

namespace topograd {

class Tensor;
using Tensors = std::vector<Tensor>;

/// A number as it is written in a program: its category takes part in type promotion, its width
/// does not.
class Scalar {
 public:
  Scalar(bool value) : kind_(DType::boolean), integer_(value), real_(value) {}
  Scalar(int value) : Scalar(static_cast<std::int64_t>(value)) {}
  Scalar(std::int64_t value)
      : kind_(DType::int64), integer_(value), real_(static_cast<double>(value)) {}
  Scalar(double value) : kind_(DType::float64), real_(value) {}
  Scalar(float value) : Scalar(static_cast<double>(value)) {}
  Scalar(std::complex<double> value)
      : kind_(DType::complex128), real_(value.real()), imaginary_(value.imag()) {}

  /// boolean, int64, float64 or complex128.
  DType kind() const { return kind_; }
  bool is_real() const { return kind_ == DType::float64; }
  bool is_complex() const { return kind_ == DType::complex128; }
  /// The value; of a complex number its real part.
  double real() const { return real_; }
  std::int64_t integer() const {
    return is_real() || is_complex() ? static_cast<std::int64_t>(real_) : integer_;
  }
  /// The value as a complex number, whatever its kind.
  std::complex<double> complex() const { return {real_, imaginary_}; }

 private:
  DType kind_;
  std::int64_t integer_ = 0;
  double real_ = 0;
  double imaginary_ = 0;
};
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, const Scalar& scalar);

/// A change in place of a memory: what made it, and where in the user's program (see
/// graph/provenance.h).
struct Change {
  enum class Kind : std::uint8_t { method, out, step };
  const char* by = nullptr;  ///< the op's or the optimizer's name, which is there for ever
  const void* code = nullptr;
  int instruction = -1;
  Kind kind = Kind::method;
};

/// A block of memory that tensors look at, with the number of times it was changed in place. All
/// views share it.
class TOPOGRAD_API Storage final : public Counted {
 public:
  using Release = void (*)(void* context);
  /// Uninitialised memory from the allocator.
  static Ref<Storage> allocate(std::size_t bytes);
  /// Somebody else's memory; release(context) is called when the last tensor lets go.
  static Ref<Storage> wrap(void* data, std::size_t bytes, Release release, void* context,
                           bool writable);

  void* data() const { return data_; }
  std::size_t bytes() const { return bytes_; }
  bool writable() const { return writable_; }
  std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void bump() { version_.fetch_add(1, std::memory_order_relaxed); }
  void set_last_change(const Change& change) { last_change_ = change; }
  const Change& last_change() const { return last_change_; }

 private:
  Storage() = default;
  ~Storage() override = default;
  void destroy() noexcept override;

  void* data_ = nullptr;
  std::size_t bytes_ = 0;
  std::atomic<std::uint32_t> version_{0};
  bool writable_ = true;
  Change last_change_;
  Release release_ = nullptr;
  void* context_ = nullptr;
};

namespace detail {

/// What only some tensors have; allocated when first needed.
struct Rare;

/// What a Tensor handle points to. `node` is who made it (or its leaf); null: no gradient is
/// tracked.
struct TOPOGRAD_API TensorBody final : Counted {
  Ref<Storage> storage;  // null: hollow, a shape without data
  Dims sizes, strides;
  index offset = 0;  // in elements
  index count = 0;   // number of elements
  DType dtype = DType::float32;
  Device device;
  bool contiguous = true;       // row-major without gaps
  bool wrapped_number = false;  // made from a Python or C++ number: weak in type promotion
  bool inference = false;       // made in inference_mode
  bool watched = false;         // a node holds a weak pointer to this (see graph/node.h)
  bool unseen = false;          // made by .data: a change in place through it does not count
  std::uint32_t output = 0;     // which output of `node` this is
  std::uint32_t cut = 0;        // where its history was cut off, or 0 (see graph/cuts.h)
  Ref<Counted> node;
  Ref<TensorBody> saved;  // the same value without node, made when first saved for backward
  std::unique_ptr<Rare> rare;
  void* wrapper = nullptr;  // the Python object, borrowed

  static Ref<TensorBody> make();
  TensorBody();
  ~TensorBody() override;
  void destroy() noexcept override;
  /// From now on a weak pointer to this finds nothing.
  void die() noexcept { mark_dead(); }
};

}  // namespace detail

/// Thrown when a rule reads a value that its op does not save; the engine adds the op's name.
class TOPOGRAD_API HollowRead : public Error {
 public:
  using Error::Error;
  ~HollowRead() override;
};

/// A handle on an n-dimensional array of one dtype; copying the handle shares the array. A default
/// one is "no tensor".
class TOPOGRAD_API Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Ref<detail::TensorBody> body) : body_(std::move(body)) {}
  /// A 0-d tensor of a number that is weak in type promotion, so that `add(x, 2)` keeps the dtype
  /// of x.
  Tensor(Scalar number);
  Tensor(double number) : Tensor(Scalar(number)) {}
  Tensor(std::complex<double> number) : Tensor(Scalar(number)) {}
  Tensor(int number) : Tensor(Scalar(number)) {}

  /// From values, row by row. Shapes: (n,) or the one given.
  template <class T>
  static Tensor of(const std::vector<T>& values, Dims shape);
  template <class T>
  static Tensor of(const std::vector<T>& values) {
    return of(values, Dims{static_cast<index>(values.size())});
  }
  static Tensor empty(const Dims& shape, DType dtype = DType::float32);
  static Tensor full(const Dims& shape, Scalar value, DType dtype = DType::float32);
  static Tensor zeros(const Dims& shape, DType dtype = DType::float32);
  static Tensor ones(const Dims& shape, DType dtype = DType::float32);

  bool defined() const { return static_cast<bool>(body_); }
  const Dims& shape() const { return body_->sizes; }
  const Dims& strides() const { return body_->strides; }
  int rank() const { return body_->sizes.size(); }
  /// Size along dim; negative counts from the back. Throws IndexError.
  index size(index dim) const;
  index count() const { return body_->count; }
  DType dtype() const { return body_->dtype; }
  Device device() const { return body_->device; }
  bool contiguous() const { return body_->contiguous; }
  bool hollow() const { return !body_->storage; }

  /// First element of this tensor. Throws when hollow, or when T is not the dtype.
  template <class T>
  T* data() const {
    expect<TypeError>(dtype_of<T> == dtype(), "data: the dtype is {}, asked for {}", dtype(),
                      dtype_of<T>);
    return static_cast<T*>(address());
  }
  void* address() const {
    if (hollow()) [[unlikely]]
      refuse_hollow();
    return static_cast<char*>(body_->storage->data()) + body_->offset * size_of(dtype());
  }
  /// The only element as a number; throws when there is not exactly one.
  Scalar item() const;
  template <class T>
  T item() const {
    const Scalar value = item();
    return value.is_real() ? static_cast<T>(value.real()) : static_cast<T>(value.integer());
  }
  /// All elements, row by row, converted to T (float, double, int64_t).
  template <class T>
  std::vector<T> to_vector() const;

  bool requires_grad() const { return static_cast<bool>(body_->node); }
  /// Makes this a leaf whose gradient is kept, or takes that back. Throws for integer dtypes and
  /// for results of ops.
  Tensor& requires_grad_(bool wanted = true);
  /// Whether no op made this.
  bool is_leaf() const;
  /// The gradient that backward() left here; not defined before.
  Tensor grad() const;
  void set_grad(const Tensor& gradient) const;
  /// The same elements, outside the graph. Shares memory and version.
  Tensor detach() const;
  const std::string& name() const;
  void set_name(std::string name) const;

  std::uint32_t version() const { return body_->storage ? body_->storage->version() : 0; }

  detail::TensorBody* body() const { return body_.get(); }
  const Ref<detail::TensorBody>& ref() const { return body_; }
  Ref<detail::TensorBody> leave() { return std::move(body_); }
  bool same_as(const Tensor& other) const { return body_ == other.body_; }

 private:
  [[noreturn]] void refuse_hollow() const;
  Ref<detail::TensorBody> body_;
};

/// Prints like Python's repr: `tensor([1., 2.])`.
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

}  // namespace topograd
