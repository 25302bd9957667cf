// Conversions between all pairs of dtypes, dense.

#include <type_traits>

#include "kernels/cpu/complex.h"
#include "kernels/cpu/loops.h"
#include "topograd/dtype.h"

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

namespace {

template <class T>
constexpr bool is_pair = false;
template <class T>
constexpr bool is_pair<Complex<T>> = true;
template <class T>
constexpr bool is_half = std::is_same_v<T, float16> || std::is_same_v<T, bfloat16>;

/// The range of an integer type as floating-point numbers: the first value beyond it, and the last
/// within it.
template <class To, class From>
struct Range {
  static constexpr int value_bits = sizeof(To) * 8 - (std::is_signed_v<To> ? 1 : 0);
  static constexpr From beyond = From(2) * From(std::uint64_t{1} << (value_bits - 1));
  static constexpr From low = std::is_signed_v<To> ? -beyond : From(0);
  static constexpr To greatest = static_cast<To>(~std::uint64_t{0} >> (64 - value_bits));
};
/// Truncates; saturates out of range; NaN gives 0.
template <class To, class From>
inline To truncate(From x) {
  using R = Range<To, From>;
  // The conversion itself must see only values it is defined for, whichever of them is then taken.
  const From inside = x >= R::low && x < R::beyond ? x : From(0);
  const To edge = x < R::low ? static_cast<To>(R::low) : (x >= R::beyond ? R::greatest : To(0));
  return static_cast<To>(static_cast<To>(inside) | edge);
}

template <class To, class From>
inline To convert_value(From x) {
  if constexpr (std::is_same_v<From, To>) {
    return x;
  } else if constexpr (is_pair<From> && is_pair<To>) {
    using Part = typename To::Part;
    return To(static_cast<Part>(x.re), static_cast<Part>(x.im));
  } else if constexpr (is_pair<From> && std::is_same_v<To, bool>) {
    return !is_zero(x);
  } else if constexpr (is_pair<From>) {  // the imaginary part is dropped
    return convert_value<To>(x.re);
  } else if constexpr (is_pair<To>) {
    return To(convert_value<typename To::Part>(x), typename To::Part(0));
  } else if constexpr (is_half<From>) {
    return convert_value<To>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (is_half<To>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate<To>(x);
  } else {
    return static_cast<To>(x);
  }
}

template <class From, class To>
void convert(const void* in, void* out, index count) {
  // Booleans are read as the bytes 0 and 1 that they are: loops over bool do not vectorise.
  using Stored = std::conditional_t<std::is_same_v<From, bool>, std::uint8_t, From>;
  const Stored* const input = static_cast<const Stored*>(in);
  To* const output = static_cast<To*>(out);
  TOPOGRAD_INDEPENDENT
  for (index i = 0; i < count; ++i) output[i] = convert_value<To>(input[i]);
}

template <class T>
constexpr DType stored_as = dtype_of<T>;
template <>
constexpr DType stored_as<Complex<float>> = DType::complex64;
template <>
constexpr DType stored_as<Complex<double>> = DType::complex128;

template <class... T>
struct Types {
  template <class From>
  static constexpr void fill_row(Convert (&row)[dtype_count]) {
    ((row[static_cast<int>(stored_as<T>)] = convert<From, T>), ...);
  }
  static constexpr void fill(Convert (&table)[dtype_count][dtype_count]) {
    (fill_row<T>(table[static_cast<int>(stored_as<T>)]), ...);
  }
};
struct ConvertTable {
  Convert convert[dtype_count][dtype_count] = {};
  constexpr ConvertTable() {
    Types<float, double, float16, bfloat16, std::int8_t, std::uint8_t, std::int16_t, std::int32_t,
          std::int64_t, bool, Complex<float>, Complex<double>>::fill(convert);
  }
};
constexpr ConvertTable conversions;

}  // namespace

const Convert (*convert_table()) [dtype_count] { return conversions.convert; }

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
