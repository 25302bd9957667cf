#pragma once

// Rows of elements of any size, from and to memory with steps.

#include <type_traits>

#include "kernels/cpu/prelude.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

// What a thread moves at least: below this, handing work out costs more than it saves.
constexpr index grain_bytes = 1 << 17;

template <class T>
index grain_of(index elements_per_item) {
  const index bytes = greatest<index>(elements_per_item, 1) * static_cast<index>(sizeof(T));
  return greatest<index>(grain_bytes / bytes, 1);
}

struct Sixteen {
  std::uint64_t low, high;
};

/// Calls f with a value of the type of this size.
template <class F>
void by_size(index element_size, F f) {
  switch (element_size) {
    case 1: return f(std::uint8_t{});
    case 2: return f(std::uint16_t{});
    case 4: return f(std::uint32_t{});
    case 16: return f(Sixteen{});
    default: return f(std::uint64_t{});
  }
}

// ------------------------------------------------------------------ one row

/// Two moves of `size` bytes that meet or overlap.
template <int size>
void copy_both_ends(const char* in, char* out, index bytes) {
  char first[size];
  char last[size];
  __builtin_memcpy(first, in, size);
  __builtin_memcpy(last, in + bytes - size, size);
  __builtin_memcpy(out, first, size);
  __builtin_memcpy(out + bytes - size, last, size);
}

/// Dense to dense. Short rows do without the call.
template <class T>
void copy_dense_row(const T* in_row, T* out_row, index count) {
  const char* in = reinterpret_cast<const char*>(in_row);
  char* out = reinterpret_cast<char*>(out_row);
  const index bytes = count * static_cast<index>(sizeof(T));
  // Some processors' memcpy is slow in between, where out is not aligned.
  if (bytes > 1 << 15) {
    __builtin_memcpy(out, in, static_cast<std::size_t>(bytes));
  } else if (bytes >= 64) {
    __builtin_memcpy(out, in, 64);
    const auto first = static_cast<index>(64 - reinterpret_cast<std::uintptr_t>(out) % 64);
    for (index i = first; i + 64 < bytes; i += 64) __builtin_memcpy(out + i, in + i, 64);
    __builtin_memcpy(out + bytes - 64, in + bytes - 64, 64);
  } else if (bytes >= 32) {
    copy_both_ends<32>(in, out, bytes);
  } else if (bytes >= 16) {
    copy_both_ends<16>(in, out, bytes);
  } else if (bytes >= 8) {
    copy_both_ends<8>(in, out, bytes);
  } else if (bytes >= 4) {
    copy_both_ends<4>(in, out, bytes);
  } else if (bytes >= 2) {
    copy_both_ends<2>(in, out, bytes);
  } else if (bytes == 1) {
    *out = *in;
  }
}

template <class T>
void load_row(const T* in, index step, T* out, index count) {
  if (step == 1) return copy_dense_row(in, out, count);
  if (step == 0) {
    const T value = count > 0 ? *in : T{};
    for (index i = 0; i < count; ++i) out[i] = value;
  } else if (step == -1) {
    for (index i = 0; i < count; ++i) out[i] = in[-i];
  } else if (step == 2) {
    for (index i = 0; i < count; ++i) out[i] = in[2 * i];
  } else {
    for (index i = 0; i < count; ++i) out[i] = in[i * step];
  }
}

template <class T>
void store_row(const T* in, T* out, index step, index count) {
  if (step == 1) return copy_dense_row(in, out, count);
  if (step == -1) {
    for (index i = 0; i < count; ++i) out[-i] = in[i];
  } else {
    for (index i = 0; i < count; ++i) out[i * step] = in[i];
  }
}

/// One of the two steps is 1.
template <class T>
void move_row(const T* in, index in_step, T* out, index out_step, index count) {
  if (out_step == 1)
    load_row(in, in_step, out, count);
  else
    store_row(in, out, out_step, count);
}

/// How many bytes move together where elements of two sides meet in lines.
constexpr index line_bytes = 128;

}  // namespace
}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
