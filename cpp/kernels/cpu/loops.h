#pragma once

// From a scalar function to a row of the elementwise table. A function is a lambda over `auto`: it
// is instantiated for each compute type, first its inputs, then its parameters (converted to the
// compute type):
//   floating<1>("exp", [](auto x) { return exp(x); })
//   floating<1, 1>("leaky_relu", [](auto x, auto slope) { return x > 0 ? x : x * slope; })
// A function that returns bool makes a boolean output; boolean inputs are named by a bit mask and
// arrive as bytes.

#include <type_traits>
#include <utility>

#include "kernels/cpu/prelude.h"

// The iterations are independent even where out is one of the inputs. Without this word the
// compiler guards the vector loop by an overlap test, and in-place calls take the scalar loop.
#if defined(__clang__)
#define TOPOGRAD_INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define TOPOGRAD_INDEPENDENT _Pragma("GCC ivdep")
#else
#define TOPOGRAD_INDEPENDENT
#endif

namespace topograd::kernels::TOPOGRAD_ISA_NAME {

// The lists that elementwise.cpp joins.
Span<Elementwise> unary_rows();
Span<Elementwise> binary_rows();
Span<Elementwise> ternary_rows();
Span<Elementwise> gradient_rows();
Span<Elementwise> loss_rows();
Span<Elementwise> complex_rows();
Span<Elementwise> special_rows();

/// A function that holds for arguments within(…) only, and another for the rest (which may be
/// Guarded in turn). The loop asks for a block of elements at a time, so that each of the functions
/// stays free of branches; in a block of both kinds each element gets the function of its kind, so
/// that its result does not depend on its neighbours.
template <class Function, class Within, class Otherwise>
struct Guarded {
  using function = Function;
  using within = Within;
  using otherwise = Otherwise;
  template <class... A>
  auto operator()(A... a) const {
    return Function{}(a...);
  }
};
template <class Function, class Within, class Otherwise>
constexpr Guarded<Function, Within, Otherwise> guarded(Function, Within, Otherwise) {
  return {};
}
template <class F>
concept IsGuarded = requires { typename F::otherwise; };

template <class G, class Otherwise>
struct EachByItsKind {
  template <class... A>
  auto operator()(A... a) const {
    return typename G::within{}(a...) ? typename G::function{}(a...) : Otherwise{}(a...);
  }
};
/// What runs over a block where not all elements are within.
template <class G, class Otherwise = typename G::otherwise>
struct MixedBlock {
  using Function = EachByItsKind<G, Otherwise>;
};
template <class G, class F, class Within, class Rest>
struct MixedBlock<G, Guarded<F, Within, Rest>> {
  using Function = Guarded<EachByItsKind<G, F>, Within,
                           EachByItsKind<G, EachByItsKind<Guarded<F, Within, Rest>, Rest>>>;
};

/// A function so cheap that it gets loops of its own where some inputs are broadcast scalars: each
/// mask names such inputs by bits. (Elsewhere a scalar is spread over a tile.)
template <class F, unsigned... masks>
struct Cheap : F {};
template <unsigned... masks, class F>
constexpr Cheap<F, masks...> cheap(F f) {
  return {f};
}
template <class F>
struct ScalarForms {
  using masks = std::integer_sequence<unsigned>;
};
template <class F, unsigned... masks_>
struct ScalarForms<Cheap<F, masks_...>> {
  using masks = std::integer_sequence<unsigned, masks_...>;
};

template <class F, class Out, class... In>
inline void dense_loop(F f, Out* out, index count, const In*... in) {
  if constexpr (IsGuarded<F>) {
    constexpr index block = 512;
    for (index begin = 0; begin < count; begin += block) {
      const index size = least(block, count - begin);
      int outside = 0;
      for (index i = begin; i < begin + size; ++i)
        outside |= typename F::within{}(in[i]...) ? 0 : 1;
      if (outside == 0) {
        dense_loop(typename F::function{}, out + begin, size, (in + begin)...);
      } else {
        dense_loop(typename MixedBlock<F>::Function{}, out + begin, size, (in + begin)...);
      }
    }
  } else {
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < count; ++i) out[i] = static_cast<Out>(f(in[i]...));
  }
}

/// A parameter as a number of the compute type; beyond the integers it saturates, and NaN is 0.
template <class T>
inline T parameter(double value) {
  if constexpr (std::is_integral_v<T>) {
    constexpr double limit = 0x1p63;
    if (!(value > -limit)) return value != value ? 0 : INT64_MIN;
    if (value >= limit) return INT64_MAX;
  }
  return static_cast<T>(value);
}

/// A complex number (see complex.h).
template <class Number>
concept Pair = requires { typename Number::Part; };

/// What a loop over T writes where its function returns Result.
template <class T, class Result>
struct Written {
  static constexpr bool boolean = std::is_same_v<Result, bool>;
  static constexpr Field field = boolean || Pair<T> == Pair<Result> ? Field::same
                                 : Pair<T>                          ? Field::real
                                                                    : Field::complex;
  using Type = std::conditional_t<boolean, std::uint8_t,
                                  std::conditional_t<field == Field::same, T, Result>>;
};

template <class F, class T, unsigned boolean_inputs, class Inputs, class Parameters>
struct Kernel;
template <class F, class T, unsigned boolean_inputs, std::size_t... I, std::size_t... P>
struct Kernel<F, T, boolean_inputs, std::index_sequence<I...>, std::index_sequence<P...>> {
  template <std::size_t i>
  using Input = std::conditional_t<(boolean_inputs >> i & 1) != 0, std::uint8_t, T>;
  template <std::size_t>
  using Parameter = T;
  using Result = std::invoke_result_t<F, Input<I>..., Parameter<P>...>;
  static constexpr bool boolean_output = Written<T, Result>::boolean;
  static constexpr Field field = Written<T, Result>::field;
  using Out = typename Written<T, Result>::Type;

  static void run(const void* const* in, const index* step, void* out, index count,
                  const double* params) {
    auto* const result = static_cast<Out*>(out);
    if constexpr (sizeof...(P) == 0) {
      spread_loop(F{}, in, step, result, count);
    } else {
      const T values[] = {parameter<T>(params[P])...};
      spread_loop([=](auto... x) { return F{}(x..., values[P]...); }, in, step, result, count);
    }
  }

 private:
  /// A broadcast scalar is spread over a tile that stays in the nearest cache, so that one dense
  /// loop serves all steps.
  template <class Function>
  static void spread_loop(Function f, const void* const* in, const index* step, Out* out,
                          index count) {
    constexpr index tile_size = 512;
    alignas(64) T tiles[sizeof...(I)][tile_size];
    const unsigned scalars = ((step[I] != 0 ? 0U : 1U << I) | ...);
    if (runs_with(f, scalars, in, out, count, typename ScalarForms<F>::masks{})) return;
    const index tile = scalars == 0 ? count : least(count, tile_size);
    const void* const first[] = {
        (step[I] != 0 ? in[I] : spread<Input<I>>(in[I], tiles[I], tile))...};
    for (index begin = 0; begin < count; begin += tile)
      dense_loop(f, out + begin, least(tile, count - begin),
                 (static_cast<const Input<I>*>(first[I]) + begin * step[I])...);
  }
  /// Whether there is a loop for just these scalars, which then has run.
  template <class Function, unsigned... masks>
  static bool runs_with([[maybe_unused]] Function f, [[maybe_unused]] unsigned scalars,
                        [[maybe_unused]] const void* const* in, [[maybe_unused]] Out* out,
                        [[maybe_unused]] index count, std::integer_sequence<unsigned, masks...>) {
    return ((scalars == masks && (loop_with<masks>(f, in, out, count), true)) || ...);
  }
  template <unsigned mask, class Function>
  static void loop_with(Function f, const void* const* in, Out* out, index count) {
    loop_over(f, out, count, source<Input<I>, (mask >> I & 1) != 0>(in[I])...);
  }
  template <class Function, class... Sources>
  static void loop_over(Function f, Out* out, index count, Sources... at) {
    TOPOGRAD_INDEPENDENT
    for (index i = 0; i < count; ++i) out[i] = static_cast<Out>(f(at(i)...));
  }
  template <class In, bool scalar>
  static auto source(const void* data) {
    const In* from = static_cast<const In*>(data);
    if constexpr (scalar)
      return [value = *from](index) { return value; };
    else
      return [from](index i) { return from[i]; };
  }
  template <class In>
  static const void* spread(const void* scalar, void* tile, index count) {
    const In value = *static_cast<const In*>(scalar);
    for (index i = 0; i < count; ++i) static_cast<In*>(tile)[i] = value;
    return tile;
  }
};

template <class F, class T, int inputs, int parameters, unsigned boolean_inputs>
using KernelOf = Kernel<F, T, boolean_inputs, std::make_index_sequence<inputs>,
                        std::make_index_sequence<parameters>>;

/// A row for float and double.
template <int inputs, int parameters = 0, unsigned boolean_inputs = 0, class F>
constexpr Elementwise floating(const char* name, F) {
  using Single = KernelOf<F, float, inputs, parameters, boolean_inputs>;
  using Double = KernelOf<F, double, inputs, parameters, boolean_inputs>;
  return {name,
          inputs,
          boolean_inputs,
          Single::boolean_output,
          {&Single::run, &Double::run, nullptr},
          Single::field};
}
/// A row for 64-bit integers.
template <int inputs, int parameters = 0, unsigned boolean_inputs = 0, class F>
constexpr Elementwise integral(const char* name, F) {
  using Integer = KernelOf<F, std::int64_t, inputs, parameters, boolean_inputs>;
  return {name, inputs, boolean_inputs, Integer::boolean_output, {nullptr, nullptr, &Integer::run}};
}
/// A row for every compute type, with a form of its own for integers or with one form for all.
template <int inputs, int parameters = 0, unsigned boolean_inputs = 0, class F, class Integer>
constexpr Elementwise numeric(const char* name, F f, Integer integer) {
  Elementwise row = floating<inputs, parameters, boolean_inputs>(name, f);
  row.loop[2] = integral<inputs, parameters, boolean_inputs>(name, integer).loop[2];
  return row;
}
template <int inputs, int parameters = 0, unsigned boolean_inputs = 0, class F>
constexpr Elementwise numeric(const char* name, F f) {
  return numeric<inputs, parameters, boolean_inputs>(name, f, f);
}

}  // namespace topograd::kernels::TOPOGRAD_ISA_NAME
