#pragma once

// Unsigned keys whose order is the order of the values: what sorting and selecting compare.

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

template <class T>
struct Bits {
  using Key = std::uint64_t;
};
template <>
struct Bits<float> {
  using Key = std::uint32_t;
};
template <class T>
using KeyOf = typename Bits<T>::Key;

template <class T>
constexpr KeyOf<T> top_bit = KeyOf<T>{1} << (8 * sizeof(T) - 1);
template <class T>
constexpr bool is_float = static_cast<T>(0.5) != T{0};

/// Orders as the values do; all NaN share the greatest key and both zeros share one.
template <class T>
inline KeyOf<T> key_of(T value) {
  KeyOf<T> bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  if constexpr (is_float<T>) {
    // Choices and no branches, so that a loop runs in lanes.
    const KeyOf<T> plain = bits == top_bit<T> ? KeyOf<T>{0} : bits;
    const KeyOf<T> turned = (plain & top_bit<T>) != 0 ? ~KeyOf<T>{0} : top_bit<T>;
    return value == value ? plain ^ turned : ~KeyOf<T>{0};
  } else {
    return bits ^ top_bit<T>;
  }
}

/// The value of a key that is not shared.
template <class T>
inline T value_of(KeyOf<T> key) {
  KeyOf<T> bits;
  if constexpr (is_float<T>)
    bits = (key & top_bit<T>) != 0 ? key ^ top_bit<T> : ~key;
  else
    bits = key ^ top_bit<T>;
  T value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

/// Whether different values have this key: they are told apart by looking at the input.
template <class T>
inline bool is_shared(KeyOf<T> key) {
  return is_float<T> && (key == top_bit<T> || key == ~KeyOf<T>{0});
}

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
