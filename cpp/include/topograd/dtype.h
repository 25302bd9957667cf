#pragma once

#include <bit>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string_view>
#include <type_traits>

#include "topograd/error.h"

namespace topograd {

/// IEEE binary16, stored; arithmetic is done in float.
struct float16 {
  std::uint16_t bits = 0;
  float16() = default;
  explicit float16(float value);
  explicit operator float() const;
};

/// The upper half of a float, stored; arithmetic is done in float. Rounds to nearest even.
struct bfloat16 {
  std::uint16_t bits = 0;
  bfloat16() = default;
  explicit bfloat16(float value);
  explicit operator float() const;
};

// The order is part of the kernels' tables (kernels/kernels.h): append only.
enum class DType : std::uint8_t {
  float32,
  float64,
  float16,
  bfloat16,
  int8,
  uint8,
  int16,
  int32,
  int64,
  boolean,
  complex64,
  complex128,
};
inline constexpr int dtype_count = 12;

constexpr std::size_t size_of(DType dtype) {
  constexpr std::uint8_t bytes[dtype_count] = {4, 8, 2, 2, 1, 1, 2, 4, 8, 1, 8, 16};
  return bytes[static_cast<int>(dtype)];
}
constexpr bool is_floating(DType dtype) { return dtype <= DType::bfloat16; }
constexpr bool is_complex(DType dtype) { return dtype >= DType::complex64; }
/// Whether tensors of this dtype can have gradients.
constexpr bool is_differentiable(DType dtype) { return is_floating(dtype) || is_complex(dtype); }
/// bool 0 < integer 1 < floating 2 < complex 3.
constexpr int category_of(DType dtype) {
  return is_complex(dtype) ? 3 : is_floating(dtype) ? 2 : dtype == DType::boolean ? 0 : 1;
}
/// Whether values of dtype `from` may lose more than precision in `to`.
constexpr bool is_higher(DType from, DType to) { return category_of(from) > category_of(to); }
/// The dtype of the real and imaginary parts; a dtype that is not complex itself.
constexpr DType real_of(DType dtype) {
  return dtype == DType::complex64    ? DType::float32
         : dtype == DType::complex128 ? DType::float64
                                      : dtype;
}
/// The complex dtype that holds `dtype`.
constexpr DType complex_of(DType dtype) {
  return dtype == DType::float64 || dtype == DType::complex128 ? DType::complex128
                                                               : DType::complex64;
}
constexpr bool is_integer(DType dtype) { return dtype >= DType::int8 && dtype <= DType::int64; }
constexpr bool is_boolean(DType dtype) { return dtype == DType::boolean; }

/// "float32", "bool", …
TOPOGRAD_API std::string_view name_of(DType dtype);
TOPOGRAD_API std::ostream& operator<<(std::ostream& out, DType dtype);

/// The dtype of the result of an op on both, as in PyTorch's table.
TOPOGRAD_API DType promote(DType a, DType b);

template <class T>
struct dtype_of_type;
template <>
struct dtype_of_type<float> {
  static constexpr DType value = DType::float32;
};
template <>
struct dtype_of_type<double> {
  static constexpr DType value = DType::float64;
};
template <>
struct dtype_of_type<float16> {
  static constexpr DType value = DType::float16;
};
template <>
struct dtype_of_type<bfloat16> {
  static constexpr DType value = DType::bfloat16;
};
template <>
struct dtype_of_type<std::int8_t> {
  static constexpr DType value = DType::int8;
};
template <>
struct dtype_of_type<std::uint8_t> {
  static constexpr DType value = DType::uint8;
};
template <>
struct dtype_of_type<std::int16_t> {
  static constexpr DType value = DType::int16;
};
template <>
struct dtype_of_type<std::int32_t> {
  static constexpr DType value = DType::int32;
};
template <>
struct dtype_of_type<std::int64_t> {
  static constexpr DType value = DType::int64;
};
template <>
struct dtype_of_type<bool> {
  static constexpr DType value = DType::boolean;
};
template <>
struct dtype_of_type<std::complex<float>> {
  static constexpr DType value = DType::complex64;
};
template <>
struct dtype_of_type<std::complex<double>> {
  static constexpr DType value = DType::complex128;
};
template <class T>
inline constexpr DType dtype_of = dtype_of_type<T>::value;

/// The one switch over dtypes: calls f.template operator()<T>() with the element type.
template <class F>
decltype(auto) dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::float32: return f.template operator()<float>();
    case DType::float64: return f.template operator()<double>();
    case DType::float16: return f.template operator()<float16>();
    case DType::bfloat16: return f.template operator()<bfloat16>();
    case DType::int8: return f.template operator()<std::int8_t>();
    case DType::uint8: return f.template operator()<std::uint8_t>();
    case DType::int16: return f.template operator()<std::int16_t>();
    case DType::int32: return f.template operator()<std::int32_t>();
    case DType::int64: return f.template operator()<std::int64_t>();
    case DType::boolean: return f.template operator()<bool>();
    case DType::complex64: return f.template operator()<std::complex<float>>();
    case DType::complex128: return f.template operator()<std::complex<double>>();
  }
  fail("dispatch: unknown dtype {}", static_cast<int>(dtype));
}

inline bfloat16::operator float() const {
  return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
}
inline bfloat16::bfloat16(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t rounded = (word + 0x7fffu + ((word >> 16) & 1u)) >> 16;
  // A NaN must stay a NaN: rounding could carry its mantissa into infinity.
  bits = static_cast<std::uint16_t>((word & 0x7fffffffu) > 0x7f800000u ? (word >> 16) | 0x40u
                                                                       : rounded);
}
inline float16::operator float() const {
  const std::uint32_t sign = (bits & 0x8000u) << 16;
  const std::uint32_t magnitude = bits & 0x7fffu;
  // Scaling by 2^112 rebiases normals and turns subnormals into normals, both exactly.
  float value = std::bit_cast<float>(magnitude << 13) * std::bit_cast<float>(0x77800000u);
  const std::uint32_t word =
      magnitude >= 0x7c00u ? (magnitude << 13) | 0x7f800000u : std::bit_cast<std::uint32_t>(value);
  return std::bit_cast<float>(word | sign);
}
inline float16::float16(float value) {
  const auto word = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (word >> 16) & 0x8000u;
  const std::uint32_t magnitude = word & 0x7fffffffu;
  // Normal range: rebias and round to nearest even on the integer representation.
  const std::uint32_t normal = (magnitude - 0x38000000u + 0xfffu + ((magnitude >> 13) & 1u)) >> 13;
  // Below 2^-14: adding 0.5 aligns the mantissa so that the float adder does the rounding.
  const std::uint32_t subnormal =
      std::bit_cast<std::uint32_t>(std::bit_cast<float>(magnitude) + 0.5f) - 0x3f000000u;
  std::uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  bits = static_cast<std::uint16_t>(half | sign);
}

}  // namespace topograd
