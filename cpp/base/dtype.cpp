#include "topograd/dtype.h"

#include <ostream>

namespace topograd {

std::string_view name_of(DType dtype) {
  constexpr std::string_view names[dtype_count] = {"float32", "float64", "float16",   "bfloat16",
                                                   "int8",    "uint8",   "int16",     "int32",
                                                   "int64",   "bool",    "complex64", "complex128"};
  return names[static_cast<int>(dtype)];
}

std::ostream& operator<<(std::ostream& out, DType dtype) { return out << name_of(dtype); }

DType promote(DType a, DType b) {
  if (a == b) return a;
  if (is_boolean(a)) return b;
  if (is_boolean(b)) return a;
  if (is_complex(a) || is_complex(b)) {
    const bool wide = complex_of(a) == DType::complex128 || complex_of(b) == DType::complex128;
    return wide ? DType::complex128 : DType::complex64;
  }
  if (is_floating(a) != is_floating(b)) return is_floating(a) ? a : b;
  if (is_floating(a)) {
    // The two halves have no common half: float32 holds both.
    if (size_of(a) == size_of(b)) return DType::float32;
    return size_of(a) > size_of(b) ? a : b;
  }
  // uint8 with a signed type: the smallest signed type that holds both.
  if (a == DType::uint8 || b == DType::uint8) {
    const DType other = a == DType::uint8 ? b : a;
    return other == DType::int8 ? DType::int16 : other;
  }
  return size_of(a) > size_of(b) ? a : b;
}

}  // namespace topograd
