#include "tensor/finite.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <limits>

#include "base/pool.h"
#include "tensor/body.h"
#include "tensor/memory_order.h"

namespace topograd {
namespace {

constexpr index block = 4096;            // between two looks at what was found
constexpr index grain = index{1} << 18;  // elements that are worth a thread

/// 0 · x is 0 for finite numbers and NaN for others, and a sum keeps a NaN.
template <class T>
bool finite_numbers(const T* x, index count) {
  constexpr index lanes = 64 / sizeof(T) * 2;
  T sums[lanes] = {};
  index i = 0;
  for (; i + lanes <= count; i += lanes)
    for (index k = 0; k < lanes; ++k) sums[k] += x[i + k] * T{0};
  T total = 0;
  for (; i < count; ++i) total += x[i] * T{0};
  for (index k = 0; k < lanes; ++k) total += sums[k];
  return total == T{0};
}

/// Half types, by their bits, four in a word: a magnitude from that of infinity on reaches the
/// highest bit of its quarter, and none goes beyond.
template <std::uint64_t Infinity>
bool finite_halves(const std::uint16_t* x, index count) {
  constexpr std::uint64_t every = 0x0001000100010001u, rest = (0x8000u - Infinity) * every;
  constexpr index lanes = 16, halves = 4 * lanes;
  std::uint64_t reached[lanes] = {};
  index i = 0;
  for (; i + halves <= count; i += halves) {
    std::uint64_t words[lanes];
    std::memcpy(words, x + i, sizeof words);
    for (index k = 0; k < lanes; ++k) reached[k] |= (words[k] & 0x7fffu * every) + rest;
  }
  std::uint64_t any = 0;
  for (; i < count; ++i) any |= (x[i] & 0x7fffu) + (0x8000u - Infinity);
  for (index k = 0; k < lanes; ++k) any |= reached[k];
  return (any & 0x8000u * every) == 0;
}

template <class T, class F>
bool every_block(const void* data, index count, F&& finite) {
  const auto* x = static_cast<const T*>(data);
  std::atomic<bool> good{true};
  parallel(count, grain, [&](index begin, index end) {
    for (index i = begin; i < end && good.load(std::memory_order_relaxed); i += block)
      if (!finite(x + i, end - i < block ? end - i : block)) good.store(false);
  });
  return good.load();
}

bool finite_memory(const void* data, DType dtype, index count) {
  switch (dtype) {
    case DType::float32: return every_block<float>(data, count, finite_numbers<float>);
    case DType::complex64: return every_block<float>(data, 2 * count, finite_numbers<float>);
    case DType::float64: return every_block<double>(data, count, finite_numbers<double>);
    case DType::complex128: return every_block<double>(data, 2 * count, finite_numbers<double>);
    case DType::float16: return every_block<std::uint16_t>(data, count, finite_halves<0x7c00>);
    case DType::bfloat16: return every_block<std::uint16_t>(data, count, finite_halves<0x7f80>);
    default: return true;
  }
}

const void* memory_of(const Tensor& x) {
  const auto* start = static_cast<const char*>(x.body()->storage->data());
  return start + static_cast<std::size_t>(x.body()->offset) * size_of(x.dtype());
}

template <class T>
void count_numbers(const T* x, index count, int parts, NotFinite& found) {
  constexpr T infinity = std::numeric_limits<T>::infinity();
  for (index i = 0; i < count; ++i) {
    bool nan = false, positive = false, negative = false;
    for (int k = 0; k < parts; ++k) {
      const T value = x[i * parts + k];
      nan = nan || value != value;
      positive = positive || value == infinity;
      negative = negative || value == -infinity;
    }
    found.nan += nan;
    found.positive += !nan && positive;
    found.negative += !nan && !positive && negative;
  }
}

}  // namespace

bool all_finite(const Tensor& x) {
  if (!x.defined() || x.hollow() || x.count() == 0 || !is_differentiable(x.dtype())) return true;
  if (x.contiguous() || fills_memory(x)) return finite_memory(memory_of(x), x.dtype(), x.count());
  const Tensor plain = dense(x);
  return finite_memory(memory_of(plain), plain.dtype(), plain.count());
}

NotFinite not_finite(const Tensor& x) {
  NotFinite found;
  if (!x.defined() || x.hollow() || x.count() == 0 || !is_differentiable(x.dtype())) return found;
  const bool half = size_of(x.dtype()) == 2;
  const Tensor plain = dense(half ? converted(x, DType::float32) : x);
  const int parts = is_complex(plain.dtype()) ? 2 : 1;
  const void* data = memory_of(plain);
  if (plain.dtype() == DType::float64 || plain.dtype() == DType::complex128)
    count_numbers(static_cast<const double*>(data), plain.count(), parts, found);
  else
    count_numbers(static_cast<const float*>(data), plain.count(), parts, found);
  return found;
}

}  // namespace topograd
