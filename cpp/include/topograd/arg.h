#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "topograd/tensor.h"

namespace topograd {

/// One item between the brackets of x[...].
struct IndexItem {
  enum class Kind : std::uint8_t { integer, slice, newaxis, ellipsis, tensor };
  Kind kind = Kind::ellipsis;
  index start = 0;                          // integer: the index itself
  std::optional<index> from = {}, to = {};  // slice bounds as written
  index step = 1;
  Tensor tensor = {};  // integer or boolean indices
};
using Indices = std::vector<IndexItem>;

/// Something of the world outside that an op carries along (a Python object, say).
using Object = Ref<Counted>;

enum class ArgKind : std::uint8_t {
  none,
  tensor,
  tensors,
  integer,
  real,
  boolean,
  dims,
  reals,
  complex,
  dtype,
  device,
  text,
  indices,
  object,
};

/// One argument of a recorded call. An Arg made by borrow() does not own its tensor; its copies do.
class TOPOGRAD_API Arg {
 public:
  Arg() = default;
  Arg(const Tensor& x) : kind_(x.defined() ? ArgKind::tensor : ArgKind::none) {
    if (x.defined()) own(x.body());
  }
  Arg(std::int64_t value) : kind_(ArgKind::integer) { value_.integer = value; }
  Arg(int value) : Arg(static_cast<std::int64_t>(value)) {}
  Arg(double value) : kind_(ArgKind::real) { value_.real = value; }
  Arg(bool value) : kind_(ArgKind::boolean) { value_.integer = value ? 1 : 0; }
  Arg(DType value) : kind_(ArgKind::dtype) { value_.integer = static_cast<int>(value); }
  Arg(Device value) : kind_(ArgKind::device) {
    value_.integer = static_cast<int>(value.kind) << 8 | static_cast<std::uint8_t>(value.number);
  }
  Arg(const Scalar& value) {
    if (value.is_complex())
      *this = Arg(ArgKind::complex, value.complex());
    else if (value.is_real())
      *this = Arg(value.real());
    else if (value.kind() == DType::boolean)
      *this = Arg(value.integer() != 0);
    else
      *this = Arg(value.integer());
  }
  Arg(Dims value) : Arg(ArgKind::dims, std::move(value)) {}
  Arg(Tensors value) : Arg(ArgKind::tensors, std::move(value)) {}
  Arg(std::vector<double> value) : Arg(ArgKind::reals, std::move(value)) {}
  Arg(std::string value) : Arg(ArgKind::text, std::move(value)) {}
  Arg(const char* value) : Arg(std::string(value)) {}
  Arg(Indices value) : Arg(ArgKind::indices, std::move(value)) {}
  Arg(const Object& value) : kind_(value ? ArgKind::object : ArgKind::none) {
    if (value) own(value.get());
  }
  template <class T>
  Arg(const std::optional<T>& value) {
    if (value) *this = Arg(*value);
  }
  static Arg borrow(const Tensor& x) {
    Arg arg;
    if (x.defined()) {
      arg.kind_ = ArgKind::tensor;
      arg.value_.object = x.body();
    }
    return arg;
  }

  Arg(const Arg& other) : kind_(other.kind_), value_(other.value_) {
    if (other.counted()) own(value_.object);
  }
  Arg(Arg&& other) noexcept : kind_(other.kind_), owns_(other.owns_), value_(other.value_) {
    other.kind_ = ArgKind::none;
    other.owns_ = false;
  }
  Arg& operator=(Arg other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(owns_, other.owns_);
    std::swap(value_, other.value_);
    return *this;
  }
  ~Arg() {
    if (owns_) value_.object->drop();
  }

  ArgKind kind() const { return kind_; }
  bool none() const { return kind_ == ArgKind::none; }
  detail::TensorBody* body() const { return static_cast<detail::TensorBody*>(value_.object); }
  /// The tensor itself, without counting; a "no tensor" for none.
  const Tensor& tensor() const {
    static const Tensor nothing;
    return none() ? nothing : value_.tensor;
  }
  std::int64_t integer() const {
    return kind_ == ArgKind::real ? static_cast<std::int64_t>(value_.real) : value_.integer;
  }
  double real() const {
    if (kind_ == ArgKind::complex) return boxed<std::complex<double>>().real();
    return kind_ == ArgKind::real ? value_.real : static_cast<double>(value_.integer);
  }
  bool boolean() const { return value_.integer != 0; }
  DType dtype() const { return static_cast<DType>(value_.integer); }
  Device device() const {
    return {static_cast<Device::Kind>(value_.integer >> 8),
            static_cast<std::int8_t>(value_.integer & 0xff)};
  }
  Scalar scalar() const {
    if (kind_ == ArgKind::real) return value_.real;
    if (kind_ == ArgKind::complex) return boxed<std::complex<double>>();
    if (kind_ == ArgKind::boolean) return boolean();
    return value_.integer;
  }
  template <class T>
  const T& boxed() const {
    return static_cast<const Box<T>*>(value_.object)->value;
  }
  const Dims& dims() const { return boxed<Dims>(); }
  const Tensors& tensors() const { return boxed<Tensors>(); }
  const std::string& text() const { return boxed<std::string>(); }
  const Indices& indices() const { return boxed<Indices>(); }
  Object object() const { return none() ? Object() : Object(value_.object); }

 private:
  template <class T>
  struct Box final : Counted {
    explicit Box(T v) : value(std::move(v)) {}
    T value;
  };
  template <class T>
  Arg(ArgKind kind, T value) : kind_(kind) {
    own(new Box<T>(std::move(value)));
  }
  bool counted() const {
    return kind_ == ArgKind::tensor || kind_ == ArgKind::tensors || kind_ >= ArgKind::text ||
           kind_ == ArgKind::dims || kind_ == ArgKind::reals || kind_ == ArgKind::complex;
  }
  void own(Counted* object) {
    value_.object = object;
    object->retain();
    owns_ = true;
  }

  ArgKind kind_ = ArgKind::none;
  bool owns_ = false;
  // Copied bit by bit; counting is Arg's. A tensor is a single pointer to what `object` points to.
  union Value {
    std::int64_t integer = 0;
    double real;
    Counted* object;
    Tensor tensor;
    Value() {}
    Value(const Value& other) : integer(other.integer) {}
    Value& operator=(const Value& other) {
      integer = other.integer;
      return *this;
    }
    ~Value() {}
  };
  static_assert(sizeof(Value) == sizeof(Counted*));
  Value value_;
};

/// How a C++ parameter of an op is kept in, and read back from, an Arg.
template <class T>
struct ArgTraits;
template <>
struct ArgTraits<Tensor> {
  static constexpr ArgKind kind = ArgKind::tensor;
  static const Tensor& get(const Arg& a) { return a.tensor(); }
};
template <>
struct ArgTraits<Tensors> {
  static constexpr ArgKind kind = ArgKind::tensors;
  static const Tensors& get(const Arg& a) { return a.tensors(); }
};
template <>
struct ArgTraits<std::int64_t> {
  static constexpr ArgKind kind = ArgKind::integer;
  static std::int64_t get(const Arg& a) { return a.integer(); }
};
template <>
struct ArgTraits<double> {
  static constexpr ArgKind kind = ArgKind::real;
  static double get(const Arg& a) { return a.real(); }
};
template <>
struct ArgTraits<Scalar> {
  static constexpr ArgKind kind = ArgKind::real;
  static Scalar get(const Arg& a) { return a.scalar(); }
};
template <>
struct ArgTraits<bool> {
  static constexpr ArgKind kind = ArgKind::boolean;
  static bool get(const Arg& a) { return a.boolean(); }
};
template <>
struct ArgTraits<DType> {
  static constexpr ArgKind kind = ArgKind::dtype;
  static DType get(const Arg& a) { return a.dtype(); }
};
template <>
struct ArgTraits<Device> {
  static constexpr ArgKind kind = ArgKind::device;
  static Device get(const Arg& a) { return a.device(); }
};
template <>
struct ArgTraits<Dims> {
  static constexpr ArgKind kind = ArgKind::dims;
  static const Dims& get(const Arg& a) { return a.dims(); }
};
template <>
struct ArgTraits<std::vector<double>> {
  static constexpr ArgKind kind = ArgKind::reals;
  static const std::vector<double>& get(const Arg& a) { return a.boxed<std::vector<double>>(); }
};
template <>
struct ArgTraits<std::string> {
  static constexpr ArgKind kind = ArgKind::text;
  static const std::string& get(const Arg& a) { return a.text(); }
};
template <>
struct ArgTraits<Indices> {
  static constexpr ArgKind kind = ArgKind::indices;
  static const Indices& get(const Arg& a) { return a.indices(); }
};
template <>
struct ArgTraits<Object> {
  static constexpr ArgKind kind = ArgKind::object;
  static Object get(const Arg& a) { return a.object(); }
};
template <class T>
struct ArgTraits<std::optional<T>> {
  static constexpr ArgKind kind = ArgTraits<T>::kind;
  static std::optional<T> get(const Arg& a) {
    if (a.none()) return std::nullopt;
    return ArgTraits<T>::get(a);
  }
};

/// "[2, 3]", "0.5", "'mean'", a tensor's shape…; for messages and tables.
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, const Arg& arg);

}  // namespace topograd
