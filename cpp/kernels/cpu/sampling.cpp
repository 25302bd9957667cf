// Poisson, binomial and gamma numbers, by rejection. Compiled with -ffp-contract=off like
// random.cpp, so that all instruction sets make the same decisions: the functions of math.h are
// then rounded alike everywhere, those of the C library are not.

#include "kernels/cpu/math.h"
#include "kernels/cpu/special.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

// ------------------------------------------------------------------ a stream of numbers per
// element

// Philox 4x32-10 with the element in the first two words of the counter and the number of the draw
// in the third, which is 0 in random.cpp: no words are shared.

constexpr index lanes = 64;  ///< elements whose first draws are made together
constexpr u32 ready_draws = 2;

struct Pairs {
  u64 first[lanes], second[lanes];
};

/// The two 64-bit words of a draw for `size` elements from `element` on.
template <index size>
inline void draw_words(u64 seed, u64 element, u32 draw, u64* first, u64* second) {
  u32 c0[size], c1[size], c2[size], c3[size];
  for (index i = 0; i < size; ++i) {
    const u64 own = element + static_cast<u64>(i);
    c0[i] = static_cast<u32>(own);
    c1[i] = static_cast<u32>(own >> 32);
    c2[i] = draw;
    c3[i] = 0;
  }
  u32 key0 = static_cast<u32>(seed), key1 = static_cast<u32>(seed >> 32);
  for (int round = 0; round < 10; ++round) {
    for (index i = 0; i < size; ++i) {
      const u64 product0 = u64{0xD2511F53u} * c0[i], product1 = u64{0xCD9E8D57u} * c2[i];
      c0[i] = static_cast<u32>(product1 >> 32) ^ c1[i] ^ key0;
      c2[i] = static_cast<u32>(product0 >> 32) ^ c3[i] ^ key1;
      c1[i] = static_cast<u32>(product1);
      c3[i] = static_cast<u32>(product0);
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  for (index i = 0; i < size; ++i) {
    first[i] = u64{c1[i]} << 32 | c0[i];
    second[i] = u64{c3[i]} << 32 | c2[i];
  }
}

class Stream {
 public:
  /// `ready` holds the first draws, for this element at `lane`.
  Stream(u64 seed, u64 element, const Pairs* ready, index lane)
      : seed_(seed), element_(element), ready_(ready), lane_(lane) {}

  /// In (0, 1), multiples of 2^-53 shifted by half of that.
  double uniform() {
    if (used_ == 2) draw();
    const u64 bits = pair_[used_++] >> 11;
    return (static_cast<double>(static_cast<std::int64_t>(bits)) + 0.5) * 0x1p-53;
  }
  /// Marsaglia's polar method.
  double normal() {
    for (;;) {
      const double x = 2.0 * uniform() - 1.0, y = 2.0 * uniform() - 1.0;
      const double square = x * x + y * y;
      if (square < 1.0 && square > 0.0) return x * sqrt(-2.0 * log(square) / square);
    }
  }

 private:
  void draw() {
    if (draws_ < ready_draws) {
      pair_[0] = ready_[draws_].first[lane_];
      pair_[1] = ready_[draws_].second[lane_];
    } else {
      draw_words<1>(seed_, element_, draws_ + 1, &pair_[0], &pair_[1]);
    }
    ++draws_;
    used_ = 0;
  }

  u64 seed_, element_;
  const Pairs* ready_;
  index lane_;
  u64 pair_[2] = {};
  u32 draws_ = 0;
  int used_ = 2;
};

double log_gamma(double x) { return special::lgamma_positive<double>(x); }

// ------------------------------------------------------------------ Poisson

/// Beyond this the logarithms of probabilities lose too many digits, and the normal distribution is
/// nearer than any test can tell.
constexpr double normal_beyond = 1e10;

constexpr double reciprocals[] = {1,        1 / 2.0,  1 / 3.0,  1 / 4.0,  1 / 5.0,  1 / 6.0,
                                  1 / 7.0,  1 / 8.0,  1 / 9.0,  1 / 10.0, 1 / 11.0, 1 / 12.0,
                                  1 / 13.0, 1 / 14.0, 1 / 15.0, 1 / 16.0};
constexpr int reciprocals_known = sizeof(reciprocals) / sizeof(reciprocals[0]);

/// none: exp(-rate)
double poisson_one(double rate, double none, Stream& stream) {
  if (rate == 0) return 0;
  if (rate > normal_beyond) return floor(rate + sqrt(rate) * stream.normal() + 0.5);
  if (rate < 10) {  // by inversion of the distribution function
    double probability = none, rest = stream.uniform();
    int k = 0;
    while (rest > probability && probability > 0) {
      rest -= probability;
      probability *= rate * (k < reciprocals_known ? reciprocals[k] : 1.0 / (k + 1));
      ++k;
    }
    return k;
  }
  // Transformed rejection, PTRS of Hörmann, 1993.
  const double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b;
  const double scale = 1.1239 + 1.1328 / (b - 3.4), sure = 0.9277 - 3.6224 / (b - 2.0);
  const double log_rate = log(rate);
  for (;;) {
    const double u = stream.uniform() - 0.5, v = stream.uniform();
    const double edge = 0.5 - abs(u);
    const double k = floor((2.0 * a / edge + b) * u + rate + 0.43);
    if (edge >= 0.07 && v <= sure) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    if (log(v * scale / (a / (edge * edge) + b)) <= k * log_rate - rate - log_gamma(k + 1.0))
      return k;
  }
}

// ------------------------------------------------------------------ binomial

/// log(k!) less Stirling's formula (k + 1/2) log(k + 1) - (k + 1) + log(2 pi) / 2
double stirling_rest(double k) {
  if (k < 10.0)
    return log_gamma(k + 1.0) - ((k + 0.5) * log(k + 1.0) - (k + 1.0) + 0.91893853320467274178);
  const double x = k + 1.0, square = x * x;
  return (1 / 12.0 - (1 / 360.0 - 1 / 1260.0 / square) / square) / x;
}

/// n p >= 10, p <= 1/2: transformed rejection, BTRS of Hörmann, 1993.
double binomial_by_rejection(double n, double p, Stream& stream) {
  const double deviation = sqrt(n * p * (1.0 - p)), odds = p / (1.0 - p);
  const double b = 1.15 + 2.53 * deviation, a = -0.0873 + 0.0248 * b + 0.01 * p;
  const double scale = (2.83 + 5.1 / b) * deviation, sure = 0.92 - 4.2 / b;
  const double mode = floor((n + 1.0) * p);
  for (;;) {
    const double u = stream.uniform() - 0.5, v = stream.uniform();
    const double edge = 0.5 - abs(u);
    const double k = floor((2.0 * a / edge + b) * u + n * p + 0.5);
    if (k < 0 || k > n) continue;
    if (edge >= 0.07 && v <= sure) return k;
    const double ratio = (mode + 0.5) * log((mode + 1.0) / (odds * (n - mode + 1.0))) +
                         (n + 1.0) * log1p((k - mode) / (n - k + 1.0)) +
                         (k + 0.5) * log(odds * (n - k + 1.0) / (k + 1.0)) + stirling_rest(mode) +
                         stirling_rest(n - mode) - stirling_rest(k) - stirling_rest(n - k);
    if (log(v * scale / (a / (edge * edge) + b)) <= ratio) return k;
  }
}

/// p <= 1/2
double binomial_few(double n, double p, Stream& stream) {
  if (n * p > normal_beyond) {
    const double k = floor(n * p + sqrt(n * p * (1.0 - p)) * stream.normal() + 0.5);
    return k < 0 ? 0 : (k > n ? n : k);
  }
  if (n * p >= 10) return binomial_by_rejection(n, p, stream);
  double probability = exp(n * log1p(-p)), rest = stream.uniform();
  const double odds = p / (1.0 - p);
  double k = 0;
  while (k < n && rest > probability && probability > 0) {
    rest -= probability;
    probability *= odds * (n - k) / (k + 1.0);
    ++k;
  }
  return k;
}

double binomial_one(double n, double p, Stream& stream) {
  return p <= 0.5 ? binomial_few(n, p, stream) : n - binomial_few(n, 1.0 - p, stream);
}

// ------------------------------------------------------------------ gamma

/// Marsaglia and Tsang, 2000.
double gamma_one(double shape, Stream& stream) {
  double factor = 1.0;
  if (shape < 1.0) {  // gamma(shape) is gamma(shape + 1) u^(1 / shape)
    factor = exp(log(stream.uniform()) / shape);
    shape += 1.0;
  }
  const double d = shape - 1 / 3.0, c = 1.0 / sqrt(9.0 * d);
  for (;;) {
    const double x = stream.normal(), root = 1.0 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root, u = stream.uniform(), square = x * x;
    if (u < 1.0 - 0.0331 * square * square) return factor * d * v;  // mostly, without logarithms
    if (log(u) < 0.5 * x * x + d * (1.0 - v + log(v))) return factor * d * v;
  }
}

// The derivative with respect to the shape a while the probability P(a, x) of a smaller number is
// held: -(dP / da) / (dP / dx), three formulas for three regions.

/// x below or not far above a: P by its power series, times x^a exp(-x) / gamma(a + 1).
double slope_by_series(double a, double x) {
  double term = 1.0, inverses = 0.0, sum = 1.0, sum_slope = 0.0;
  for (int n = 1; n < 100000 && term > 1e-17 * sum; ++n) {
    term *= x / (a + n);
    inverses += 1.0 / (a + n);
    sum += term;
    sum_slope -= term * inverses;
  }
  return -x / a * (sum * (log(x) - special::digamma_positive<double>(a + 1.0)) + sum_slope);
}

/// Far above: 1 - P by its continued fraction, from the back, with the derivative along.
double slope_by_fraction(double a, double x) {
  double value = x + 2 * 200 + 1 - a, slope = -1.0;
  for (int n = 200; n > 0; --n) {
    const double numerator = n * (n - a);
    const double next = x + 2 * n - 1 - a - numerator / value;
    slope = -1.0 - (-n / value - numerator * slope / (value * value));
    value = next;
  }
  const double fraction = 1.0 / value, fraction_slope = -slope * fraction * fraction;
  return x * (fraction * (log(x) - special::digamma_positive<double>(a)) + fraction_slope);
}

/// Large a: x(a, z) = a + sqrt(a) z + (z^2 - 1) / 3 + … of Cornish and Fisher, at the z of x.
double slope_by_normal(double a, double x) {
  const double root = sqrt(a);
  double z = (x - a) / root;
  const double target = z;
  for (int step = 0; step < 6; ++step) {
    const double value = z + (z * z - 1.0) / (3.0 * root) + (z * z - 7.0) * z / (36.0 * a) -
                         (((3.0 * z * z + 7.0) * z * z - 16.0) / (810.0 * a * root));
    const double derivative = 1.0 + 2.0 * z / (3.0 * root) + (3.0 * z * z - 7.0) / (36.0 * a);
    z -= (value - target) / derivative;
  }
  return 1.0 + z / (2.0 * root) - (z * z - 7.0) * z / (72.0 * a * root) +
         ((3.0 * z * z + 7.0) * z * z - 16.0) / (810.0 * a * a);
}

double gamma_slope_one(double a, double x) {
  if (!(x > 0)) return x == 0 ? 0 : x;
  const double far = a + 6.0 * sqrt(a) + 12.0;
  if (x > far) return slope_by_fraction(a, x);
  return a > 3000.0 ? slope_by_normal(a, x) : slope_by_series(a, x);
}

// ------------------------------------------------------------------ loops

/// out[i] = f(i, stream of element i) for the elements of a block.
template <class F>
void sample_block(double* out, index block, index count, u64 seed, u64 offset, F f) {
  Pairs ready[ready_draws];
  const index first = block * lanes;
  const u64 element = offset + static_cast<u64>(first);
  for (u32 draw = 0; draw < ready_draws; ++draw)
    draw_words<lanes>(seed, element, draw + 1, ready[draw].first, ready[draw].second);
  for (index i = first; i < least(count, first + lanes); ++i) {
    Stream stream(seed, offset + static_cast<u64>(i), ready, i - first);
    out[i] = f(i, stream);
  }
}
/// g(block) for blocks of `lanes` elements.
template <class G>
void over_blocks(index count, G g) {
  parallel(ceil_div(count, lanes), 8, [=](index begin, index end) {
    for (index block = begin; block < end; ++block) g(block);
  });
}
template <class F>
void sample(double* out, index count, u64 seed, u64 offset, F f) {
  over_blocks(count, [=](index block) { sample_block(out, block, count, seed, offset, f); });
}

void poisson(const double* rate, double* out, index count, u64 seed, u64 offset) {
  over_blocks(count, [=](index block) {
    const index first = block * lanes;
    double none[lanes];
    for (index i = 0; i < least(lanes, count - first); ++i) none[i] = exp(-rate[first + i]);
    sample_block(out, block, count, seed, offset, [&](index i, Stream& stream) {
      return poisson_one(rate[i], none[i - first], stream);
    });
  });
}
void binomial(const double* trials, const double* probability, double* out, index count, u64 seed,
              u64 offset) {
  sample(out, count, seed, offset,
         [=](index i, Stream& stream) { return binomial_one(trials[i], probability[i], stream); });
}
void gamma(const double* shape, double* out, index count, u64 seed, u64 offset) {
  sample(out, count, seed, offset,
         [=](index i, Stream& stream) { return gamma_one(shape[i], stream); });
}
void gamma_slope(const double* shape, const double* value, double* out, index count) {
  parallel(count, 512, [=](index begin, index end) {
    for (index i = begin; i < end; ++i) out[i] = gamma_slope_one(shape[i], value[i]);
  });
}

}  // namespace

void fill_sampling(Sampling& sampling) { sampling = {poisson, binomial, gamma, gamma_slope}; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
