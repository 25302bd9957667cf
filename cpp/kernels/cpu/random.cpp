#include "kernels/cpu/prelude.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// Compiled with -ffp-contract=off: every operation below is rounded by itself, so that all
// instruction sets give the same bits. For the same reason the functions of math.h are not used.

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ------------------------------------------------------------------ Philox 4x32-10 (Salmon et al.,
// 2011)

#if defined(__AVX512F__)
constexpr index vector_bytes = 64;
#elif defined(__AVX2__)
constexpr index vector_bytes = 32;
#else
constexpr index vector_bytes = 16;
#endif
constexpr index vector_lanes = vector_bytes / 8;

/// One 32-bit word per 64-bit lane, in the lower half; what is in the upper half does not matter.
using Words __attribute__((vector_size(vector_bytes))) = u64;

/// The 64-bit products of the lower halves.
inline Words multiply_lower(Words a, Words b) {
#if defined(__AVX512F__)
  return reinterpret_cast<Words>(
      _mm512_maskz_mul_epu32(0xff, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<Words>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#elif defined(__x86_64__)
  return reinterpret_cast<Words>(
      _mm_mul_epu32(reinterpret_cast<__m128i>(a), reinterpret_cast<__m128i>(b)));
#else
  return (a & 0xffffffffu) * (b & 0xffffffffu);
#endif
}

struct Counters {
  Words word[4];
};

inline Words broadcast(u64 value) { return Words{} + value; }

/// Independent groups hide the latency of the multiplications; what there are registers for.
constexpr index groups = vector_bytes == 64 ? 4 : 2;
constexpr index counters_at_once = groups * vector_lanes;
constexpr int rounds = 10;

struct Keys {
  Words word[rounds][2];
};

inline Keys round_keys(u64 seed) {
  Keys keys;
  u32 key0 = static_cast<u32>(seed);
  u32 key1 = static_cast<u32>(seed >> 32);
  for (auto& word : keys.word) {
    word[0] = broadcast(key0);
    word[1] = broadcast(key1);
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return keys;
}

inline void philox_rounds(Counters (&counters)[groups], const Keys& keys) {
  const Words multiplier0 = broadcast(0xD2511F53u);
  const Words multiplier1 = broadcast(0xCD9E8D57u);
  for (const auto& key : keys.word) {
    for (Counters& c : counters) {
      const Words product0 = multiply_lower(c.word[0], multiplier0);
      const Words product1 = multiply_lower(c.word[2], multiplier1);
      c.word[0] = (product1 >> 32) ^ c.word[1] ^ key[0];
      c.word[2] = (product0 >> 32) ^ c.word[3] ^ key[1];
      c.word[1] = product1;
      c.word[3] = product0;
    }
  }
}

constexpr index block = 2048;  ///< 32-bit words made at a time: they stay in the innermost cache
constexpr index block_counters = block / 4;
constexpr index block_pairs = block / 2;
static_assert(block_counters % counters_at_once == 0);

/// The words of counters [first, first + block_counters) in order, as pairs: word 0 (2) is the
/// lower half of a counter's first (second) pair.
void philox_block(const Keys& keys, u64 first, u64* pairs) {
  alignas(64) u64 even[block_counters];
  alignas(64) u64 odd[block_counters];
  Words lane;
  for (index j = 0; j < vector_lanes; ++j) lane[j] = static_cast<u64>(j);
  for (index i = 0; i < block_counters; i += counters_at_once) {
    Counters counters[groups];
    for (index g = 0; g < groups; ++g) {
      const Words counter = lane + (first + static_cast<u64>(i + g * vector_lanes));
      counters[g] = {counter, counter >> 32, Words{}, Words{}};
    }
    philox_rounds(counters, keys);
    for (index g = 0; g < groups; ++g) {
      const Words* word = counters[g].word;
      const Words first_pair = (word[0] & 0xffffffffu) | (word[1] << 32);
      const Words second_pair = (word[2] & 0xffffffffu) | (word[3] << 32);
      __builtin_memcpy(even + i + g * vector_lanes, &first_pair, sizeof(Words));
      __builtin_memcpy(odd + i + g * vector_lanes, &second_pair, sizeof(Words));
    }
  }
  for (index i = 0; i < block_counters; ++i) {
    pairs[2 * i] = even[i];
    pairs[2 * i + 1] = odd[i];
  }
}

/// make(words, begin, count) for elements [begin, begin + count), with the block's pairs;
/// `elements` per block.
template <class F>
void over_blocks(index count, index elements, u64 seed, u64 offset, F make) {
  parallel(ceil_div(count, elements), 4, [=](index begin, index end) {
    const Keys keys = round_keys(seed);
    alignas(64) u64 pairs[block_pairs];
    for (index b = begin; b < end; ++b) {
      philox_block(keys, offset + static_cast<u64>(b * block_counters), pairs);
      make(pairs, b * elements, least(elements, count - b * elements));
    }
  });
}

// ------------------------------------------------------------------ uniform

/// The upper 24 bits as a number in [0, 1).
inline float unit(u32 word) {
  return static_cast<float>(static_cast<std::int32_t>(word >> 8)) * 0x1p-24f;
}
/// The upper 53 bits as a number in [0, 1): the halves become doubles by their bits, which needs no
/// 64-bit conversion.
inline double unit(u64 pair) {
  const u64 bits = pair >> 11;
  const double low = __builtin_bit_cast(double, (bits & 0xffffffffu) | 0x4330000000000000u);
  const double high = __builtin_bit_cast(double, (bits >> 32) | 0x4530000000000000u);
  return ((high - 0x1p84) + (low - 0x1p52)) * 0x1p-53;
}

/// The same blocks as 32-bit words.
template <class F>
void over_words(index count, u64 seed, u64 offset, F make) {
  over_blocks(count, block, seed, offset, [=](const u64* pairs, index begin, index n) {
    alignas(64) u32 words[block];
    __builtin_memcpy(words, pairs, sizeof(words));
    make(words, begin, n);
  });
}

void uniform_f32(float* out, index count, u64 seed, u64 offset) {
  over_words(count, seed, offset, [=](const u32* words, index begin, index n) {
    for (index i = 0; i < n; ++i) out[begin + i] = unit(words[i]);
  });
}

void uniform_f64(double* out, index count, u64 seed, u64 offset) {
  over_blocks(count, block_pairs, seed, offset, [=](const u64* pairs, index begin, index n) {
    for (index i = 0; i < n; ++i) out[begin + i] = unit(pairs[i]);
  });
}

// ------------------------------------------------------------------ normal

inline float square_root(float x) { return __builtin_sqrtf(x); }
inline double square_root(double x) { return __builtin_sqrt(x); }

/// c0 + c1 x + c2 x^2 + … by Horner's rule.
template <class T>
inline T series(T, T c) {
  return c;
}
template <class T, class... Rest>
inline T series(T x, T c, Rest... rest) {
  return c + x * series(x, rest...);
}

// Taylor series: the arguments are so small that fitted coefficients would save a term at most.
/// artanh(s) / s as a function of s^2, for |s| <= 0.172
inline float artanh_ratio(float z) {
  return series(z, 1.0f, 1 / 3.0f, 1 / 5.0f, 1 / 7.0f, 1 / 9.0f);
}
inline double artanh_ratio(double z) {
  return series(z, 1.0, 1 / 3.0, 1 / 5.0, 1 / 7.0, 1 / 9.0, 1 / 11.0, 1 / 13.0, 1 / 15.0, 1 / 17.0,
                1 / 19.0, 1 / 21.0);
}
/// sin(a) / a and cos(a) as functions of a^2, for |a| <= pi / 4
inline float sin_ratio(float z) {
  return series(z, 1.0f, -1 / 6.0f, 1 / 120.0f, -1 / 5040.0f, 1 / 362880.0f);
}
inline float cos_series(float z) {
  return series(z, 1.0f, -1 / 2.0f, 1 / 24.0f, -1 / 720.0f, 1 / 40320.0f, -1 / 3628800.0f);
}
inline double sin_ratio(double z) {
  return series(z, 1.0, -1 / 6.0, 1 / 120.0, -1 / 5040.0, 1 / 362880.0, -1 / 39916800.0,
                1 / 6227020800.0, -1 / 1307674368000.0, 1 / 355687428096000.0);
}
inline double cos_series(double z) {
  return series(z, 1.0, -1 / 2.0, 1 / 24.0, -1 / 720.0, 1 / 40320.0, -1 / 3628800.0,
                1 / 479001600.0, -1 / 87178291200.0, 1 / 20922789888000.0, -1 / 6402373705728000.0);
}

/// -2 ln(u) for normal u in (0, 1].
inline float minus_two_log(float u) {
  const u32 bits = __builtin_bit_cast(u32, u);
  const u32 exponent =
      (bits - 0x3f3504f3u) & 0xff800000u;  // u = 2^-k m, m from sqrt(1/2) to sqrt(2)
  const float m = __builtin_bit_cast(float, bits - exponent);
  const float k = static_cast<float>(static_cast<std::int32_t>((0u - exponent) >> 23));
  const float s = (m - 1.0f) / (m + 1.0f);
  return k * 1.38629436f - 4.0f * s * artanh_ratio(s * s);
}
inline double minus_two_log(double u) {
  const u64 bits = __builtin_bit_cast(u64, u);
  const u64 exponent = (bits - 0x3fe6a09e667f3bcdu) & 0xfff0000000000000u;
  const double m = __builtin_bit_cast(double, bits - exponent);
  const u64 k = (u64{0} - exponent) >> 52;
  const double number = __builtin_bit_cast(double, k | 0x4330000000000000u) - 0x1p52;
  const double s = (m - 1.0) / (m + 1.0);
  return number * 1.38629436111989062 - 4.0 * s * artanh_ratio(s * s);
}

/// In (0, 1], with small values down to 2^-31 and 2^-53.
inline float unit_above_zero(u32 word) {
  return (static_cast<float>(static_cast<std::int32_t>(word >> 1)) + 1.0f) * 0x1p-31f;
}
inline double unit_above_zero(u64 pair) { return unit(pair) + 0x1p-53; }

inline float flip_sign(float x, u32 sign) {
  return __builtin_bit_cast(float, __builtin_bit_cast(u32, x) ^ (sign << 31));
}
inline double flip_sign(double x, u64 sign) {
  return __builtin_bit_cast(double, __builtin_bit_cast(u64, x) ^ (sign << 63));
}

/// Two independent normal numbers from two random words (Box and Muller, 1958). The upper two bits
/// of the angle choose a quadrant, the others an angle in it.
template <class T, class Word>
inline void normal_pair(Word radius, Word angle, T& first, T& second) {
  const T r = square_root(minus_two_log(unit_above_zero(radius)));
  const Word quadrant = angle >> (sizeof(Word) * 8 - 2);
  const T a = (unit(static_cast<Word>(angle << 2)) - T(0.5)) * T(1.57079632679489662);
  const T sine = r * (a * sin_ratio(a * a));
  const T cosine = r * cos_series(a * a);
  const bool odd = (quadrant & 1) != 0;
  first = flip_sign(odd ? sine : cosine, (quadrant + 1) >> 1 & 1);
  second = flip_sign(odd ? cosine : sine, quadrant >> 1);
}

/// Whole blocks are made, so that the loop has a fixed length and no odd end.
template <index size, class T, class Word>
inline void normal_block(const Word* words, T* out, index n) {
  alignas(64) T values[size];
  for (index i = 0; i < size / 2; ++i)
    normal_pair(words[2 * i], words[2 * i + 1], values[2 * i], values[2 * i + 1]);
  for (index i = 0; i < n; ++i) out[i] = values[i];
}

void normal_f32(float* out, index count, u64 seed, u64 offset) {
  over_words(count, seed, offset, [=](const u32* words, index begin, index n) {
    normal_block<block>(words, out + begin, n);
  });
}

void normal_f64(double* out, index count, u64 seed, u64 offset) {
  over_blocks(count, block_pairs, seed, offset, [=](const u64* pairs, index begin, index n) {
    normal_block<block_pairs>(pairs, out + begin, n);
  });
}

// ------------------------------------------------------------------ integers, dropout

__extension__ using u128 = unsigned __int128;

void integers(std::int64_t* out, index count, std::int64_t low, std::int64_t high, u64 seed,
              u64 offset) {
  const u64 range = static_cast<u64>(high) - static_cast<u64>(low);
  over_blocks(count, block_pairs, seed, offset, [=](const u64* pairs, index begin, index n) {
    for (index i = 0; i < n; ++i) {
      const u64 scaled = static_cast<u64>(static_cast<u128>(pairs[i]) * range >> 64);
      out[begin + i] = static_cast<std::int64_t>(static_cast<u64>(low) + scaled);
    }
  });
}

/// out[i] = made(x[i]) with probability 1 - p, else dropped. One 32-bit word per element for both
/// types, so that a mask does not depend on the dtype.
template <class T, class F>
void drop_out(const T* x, T* out, index count, double p, T dropped, u64 seed, u64 offset, F made) {
  const double cut = p * 0x1p32 + 0.5;
  if (cut >= 0x1p32) {
    for (index i = 0; i < count; ++i) out[i] = dropped;
    return;
  }
  const u32 threshold = static_cast<u32>(cut);
  over_words(count, seed, offset, [=](const u32* words, index begin, index n) {
    const T* from = x + begin;
    T* to = out + begin;
    // Variables of its own: those of the closure are memory, and the choice would be a branch.
    const u32 least_kept = threshold;
    const T other = dropped;
    const F make = made;
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC ivdep
#endif
    for (index i = 0; i < n; ++i) {
      const T kept = make(from[i]);
      to[i] = words[i] >= least_kept ? kept : other;
    }
  });
}

template <class T>
void dropout(const T* x, T* out, index count, double p, double scale, u64 seed, u64 offset) {
  const T factor = static_cast<T>(scale);
  drop_out(x, out, count, p, T{0}, seed, offset, [=](T value) { return value * factor; });
}
template <class T>
void alpha_dropout(const void* x, void* out, index count, double p, double scale, double shift,
                   double dropped, u64 seed, u64 offset) {
  const T factor = static_cast<T>(scale), added = static_cast<T>(shift);
  drop_out(static_cast<const T*>(x), static_cast<T*>(out), count, p, static_cast<T>(dropped), seed,
           offset, [=](T value) { return value * factor + added; });
}

}  // namespace

void fill_random(Random& random) {
  random.uniform_f32 = uniform_f32;
  random.uniform_f64 = uniform_f64;
  random.normal_f32 = normal_f32;
  random.normal_f64 = normal_f64;
  random.integers = integers;
  random.dropout_f32 = dropout<float>;
  random.dropout_f64 = dropout<double>;
  random.alpha_dropout[0] = alpha_dropout<float>;
  random.alpha_dropout[1] = alpha_dropout<double>;
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
