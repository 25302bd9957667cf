#pragma once

// An op is one record: its signature, documentation, forward computation, kind of derivative, what
// it saves, samples. Everything else — the Python function and method, its parser, docstring and
// stub line, node labels, the generic tests — is a loop over the registry. See CONTRIBUTING.md for
// how to add one.

#include <array>
#include <atomic>
#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "topograd/arg.h"

namespace topograd {

struct OpRecord;

/// What a rule sees of a recorded call. Arguments that the op does not list in .saves are hollow:
/// they have a shape and a dtype, and reading their data is an error that names the op.
struct Call {
  const OpRecord* op;
  const Arg* args;
  int arg_count;
  const Tensor* outputs;
  int output_count;
  const bool* wanted;  ///< per tensor slot: whether its gradient is needed

  const Tensor& output(int k = 0) const { return outputs[k]; }
  bool wants(int slot) const { return wanted == nullptr || wanted[slot]; }
};

/// Where a forward computation may write: the tensor changed in place, or `out=`. Null: make a new
/// one.
struct Target {
  const Tensor* tensor = nullptr;
};

/// What a forward computation gives.
struct Results {
  Tensor one;
  Tensors many;  ///< used when `several`
  bool several = false;
  int count() const { return several ? static_cast<int>(many.size()) : 1; }
  Tensor& at(int k) { return several ? many[static_cast<std::size_t>(k)] : one; }
};

// ---------------------------------------------------------------- turning typed lambdas into plain
// function pointers

namespace detail {

/// A type with one operator(), which is what rules are made from. Without this constraint clang
/// would try to convert the kinds of derivative into each other.
template <class F>
concept Callable = requires { &F::operator(); };

template <class F>
struct Parameters : Parameters<decltype(&F::operator())> {};
template <class C, class R, class... A>
struct Parameters<R (C::*)(A...) const> {
  using Result = R;
  using List = std::tuple<std::decay_t<A>...>;
};

template <class List, std::size_t Skip, class Indexes>
struct Unpacked;
template <class List, std::size_t Skip, std::size_t... I>
struct Unpacked<List, Skip, std::index_sequence<I...>> {
  template <class F, class... Front>
  static decltype(auto) call(F f, const Arg* args, Front&&... front) {
    return f(std::forward<Front>(front)...,
             ArgTraits<std::tuple_element_t<I + Skip, List>>::get(args[I])...);
  }
  static constexpr std::array<ArgKind, sizeof...(I)> kinds = {
      ArgTraits<std::tuple_element_t<I + Skip, List>>::kind...};
};
template <class F, std::size_t Skip>
using Unpack =
    Unpacked<typename Parameters<F>::List, Skip,
             std::make_index_sequence<std::tuple_size_v<typename Parameters<F>::List> - Skip>>;

template <class F>
constexpr bool takes_target() {
  using List = typename Parameters<F>::List;
  if constexpr (std::tuple_size_v<List> == 0)
    return false;
  else
    return std::is_same_v<std::tuple_element_t<0, List>, Target>;
}

}  // namespace detail

/// The computation itself: a lambda over the op's parameters, with an optional leading Target.
struct Forward {
  void (*run)(const Arg* args, Target target, Results& results) = nullptr;
  const ArgKind* kinds = nullptr;
  int parameters = 0;
  bool writes_target = false;  ///< uses Target itself; otherwise the result is copied there

  constexpr Forward() = default;
  template <detail::Callable F>
  constexpr Forward(F) : writes_target(detail::takes_target<F>()) {
    constexpr std::size_t skip = detail::takes_target<F>() ? 1 : 0;
    using Unpack = detail::Unpack<F, skip>;
    kinds = Unpack::kinds.data();
    parameters = static_cast<int>(Unpack::kinds.size());
    run = [](const Arg* args, Target target, Results& results) {
      auto&& value = [&]() -> decltype(auto) {
        if constexpr (detail::takes_target<F>())
          return Unpack::call(F{}, args, target);
        else
          return Unpack::call(F{}, args);
      }();
      if constexpr (std::is_same_v<typename detail::Parameters<F>::Result, Tensors>) {
        results.many = std::move(value);
        results.several = true;
      } else {
        results.one = std::move(value);
      }
    };
  }
};

/// ∂out/∂xᵢ as a tensor of out's shape: lambda (const Call&, parameters…) -> Tensor. A boolean one
/// selects: a cotangent comes through where it is true, and is 0 elsewhere whatever it was.
using Partial = Tensor (*)(const Call&);

/// Gradients of the inputs from those of the outputs. Either one lambda per tensor parameter,
/// (const Call&, const Tensor& g, parameters…) -> Tensor, of which only the wanted ones run; or one
/// for all of them, returning Tensors (undefined where there is none). Ops with several outputs
/// take `const Tensors& g`.
struct Vjp {
  using One = Tensor (*)(const Call&, const Tensors& g);
  using All = Tensors (*)(const Call&, const Tensors& g);
  One one[6] = {};
  int count = 0;
  All all = nullptr;

  constexpr Vjp() = default;
  template <detail::Callable... F>
    requires(sizeof...(F) > 0)
  constexpr Vjp(F... f) {
    (add(f), ...);
  }
  constexpr bool defined() const { return count > 0 || all != nullptr; }

 private:
  template <class F>
  static auto call(const Call& c, const Tensors& g) {
    using G = std::tuple_element_t<1, typename detail::Parameters<F>::List>;
    if constexpr (std::is_same_v<G, Tensors>)
      return detail::Unpack<F, 2>::call(F{}, c.args, c, g);
    else
      return detail::Unpack<F, 2>::call(F{}, c.args, c, g[0]);
  }
  template <class F>
  constexpr void add(F) {
    if constexpr (std::is_same_v<typename detail::Parameters<F>::Result, Tensors>)
      all = [](const Call& c, const Tensors& g) -> Tensors { return call<F>(c, g); };
    else
      one[count++] = [](const Call& c, const Tensors& g) -> Tensor { return call<F>(c, g); };
  }
};

/// Tangents of the outputs from those of the inputs (undefined: zero), one per tensor slot:
/// (const Call&, const Tensors& t, parameters…) -> Tensor or Tensors.
struct Jvp {
  Tensors (*run)(const Call&, const Tensors& t) = nullptr;
  constexpr Jvp() = default;
  template <detail::Callable F>
  constexpr Jvp(F) {
    run = [](const Call& c, const Tensors& t) -> Tensors {
      if constexpr (std::is_same_v<typename detail::Parameters<F>::Result, Tensors>)
        return detail::Unpack<F, 2>::call(F{}, c.args, c, t);
      else
        return {detail::Unpack<F, 2>::call(F{}, c.args, c, t)};
    };
  }
};

// ---------------------------------------------------------------- the kinds of derivative

/// Written in other ops: those are recorded, this one is not.
struct Composite {};
/// The outputs are not tracked. A reason, when given, turns a backward pass that arrives here into
/// an error.
struct NotDifferentiable {};
/// Every output element depends on the input elements at its own place.
struct Elementwise {
  Partial partial[4] = {};
  int count = 0;
  template <detail::Callable... F>
  constexpr Elementwise(F... f) {
    (add(f), ...);
  }

 private:
  template <class F>
  constexpr void add(F) {
    partial[count++] = [](const Call& c) -> Tensor {
      return detail::Unpack<F, 1>::call(F{}, c.args, c);
    };
  }
};
/// Linear in all its tensors together: forward mode runs the op itself on the tangents.
struct Linear {
  Vjp transpose;
  template <detail::Callable... F>
  constexpr Linear(F... f) : transpose(f...) {}
};
/// Linear in each tensor alone.
struct Multilinear {
  Vjp vjp;
  template <detail::Callable... F>
  constexpr Multilinear(F... f) : vjp(f...) {}
};
struct General {
  Vjp vjp;
  Jvp jvp;
};
using Derivative =
    std::variant<Composite, NotDifferentiable, Elementwise, Linear, Multilinear, General>;

/// Which values the rules read; changing those in place before the backward pass is an error.
/// Tensors that need no gradient are constants of the graph and are always kept.
enum Saves : unsigned {
  saves_nothing = 0,
  saves_output = 1,
  saves_in0 = 2,
  saves_in1 = 4,
  saves_in2 = 8,
  saves_in3 = 16,
  saves_inputs = ~1u & 0xffu,
  /// Input i is read only for the gradients of the others (products).
  saves_for_others = 0x100,
  /// The outputs after the first: indices, means. The first may be changed in place, as by a relu.
  saves_later_outputs = 0x200,
};
constexpr Saves operator|(Saves a, Saves b) {
  return static_cast<Saves>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

enum Traits : unsigned {
  function_only = 0,
  is_method = 1,            ///< also a method of Tensor, with the first parameter as self
  has_in_place = 2,         ///< also as name_, which writes its result over the first parameter
  is_view = 4,              ///< the result looks at the memory of the first parameter
  is_functional = 8,        ///< PyTorch has it in torch.nn.functional only
  is_hidden = 16,           ///< for rules and other ops; not a public function
  method_only = 32,         ///< a method but not a function
  is_random = 64,           ///< draws from the random generator
  in_place_only = 128,      ///< public only as name_ (copy_, fill_)
  is_input_if_dense = 512,  ///< the first parameter itself comes back where it is row-major
  exact_out = 1024,  ///< `out=` must have the dtype of the result; also where there are indices
  /// has_in_place, and name_ is also a function, as for most functions of one tensor.
  has_in_place_function = 2 | 256,
};
constexpr Traits operator|(Traits a, Traits b) {
  return static_cast<Traits>(static_cast<unsigned>(a) | static_cast<unsigned>(b));
}

using Sample = std::vector<Arg>;

struct Signature;

struct OpRecord {
  /// "sum(Tensor input, int[]? dim=None, bool keepdim=False, *, dtype? dtype=None) -> Tensor". A
  /// name "max.dim" is the variant `dim` of the Python function max.
  const char* signature = "";
  const char* doc = "";
  Forward forward = {};
  Derivative derivative = Composite{};
  /// (gradient, saved values) -> gradients in one pass, used when no graph of the backward pass is
  /// wanted.
  Vjp fused = {};
  Saves saves = saves_nothing;
  /// Where the gradients read different inputs: which ones that of slot i reads. An input is then
  /// saved only when a gradient that reads it is wanted.
  std::array<Saves, 4> reads = {};
  Traits traits = is_method;
  /// Outputs beyond these carry along what the fused rule reads; they have no derivative.
  int differentiable_outputs = 1 << 20;
  std::vector<Sample> (*samples)() = nullptr;

  mutable std::atomic<const Signature*> parsed{nullptr};
};

struct Parameter {
  std::string name;
  std::string type;  ///< as written: "int[]?"
  ArgKind kind = ArgKind::none;
  bool optional = false;  ///< takes None
  bool number = false;    ///< a Scalar: int, float or bool as given
  bool keyword_only = false;
  bool variadic = false;  ///< "int...": also as separate positional arguments
  bool has_default = false;
  std::string default_text;
  Arg fallback;
};

struct Signature {
  std::string name;      ///< full, with the variant: "max.dim"
  std::string function;  ///< without it: "max"
  std::vector<Parameter> parameters;
  std::vector<std::string> result_names;  ///< for several named outputs
  std::string result;
};

/// Parsed once per record. Throws Error that quotes the signature when it is malformed or does not
/// fit the lambda.
TOPOGRAD_API const Signature& signature_of(const OpRecord& op);
TOPOGRAD_API const std::string& name_of(const OpRecord& op);
/// For functions that are no ops but take their arguments in the same way. `kinds` are those of the
/// `count` C++ parameters.
TOPOGRAD_API Signature parse_signature(const char* text, const ArgKind* kinds, int count);

/// Whether the Python function takes `out=`: not where the result is a view, and not in
/// nn.functional.
TOPOGRAD_API bool takes_out(const OpRecord& op);

/// Runs a call: computes, and records a node when an argument is tracked. The arguments may be
/// borrowed.
TOPOGRAD_API Results invoke(const OpRecord& op, const Arg* args, int count);
/// The same, written over the first argument.
TOPOGRAD_API Tensor invoke_in_place(const OpRecord& op, const Arg* args, int count);

/// The same with the results written into `out`, one tensor for each. Nothing is recorded: an
/// argument that requires grad is an error while recording. A tensor of `out` without elements is
/// resized.
TOPOGRAD_API void invoke_out(const OpRecord& op, const Arg* args, int count, const Tensors& out);

/// A record that C++ calls like a function: `sum(x)`, `sum(x, Dims{0}, true)`; missing arguments
/// take their defaults.
template <class S>
struct Op;
template <class R, class... A>
struct Op<R(A...)> : OpRecord {
  R operator()(const std::type_identity_t<A>&... given) const
    requires(sizeof...(A) > 0)
  {
    const Arg args[] = {borrowed(given)...};
    return take(topograd::invoke(*this, args, sizeof...(A)));
  }
  template <class... G>
    requires(sizeof...(G) < sizeof...(A))
  R operator()(const G&... given) const {
    return with_defaults(std::make_index_sequence<sizeof...(G)>{}, given...);
  }
  /// Writes the result over the first argument and returns it.
  Tensor into(const std::type_identity_t<A>&... given) const {
    const Arg args[] = {borrowed(given)...};
    return topograd::invoke_in_place(*this, args, sizeof...(A));
  }

 private:
  static Arg borrowed(const Tensor& x) { return Arg::borrow(x); }
  template <class T>
  static Arg borrowed(const T& value) {
    return Arg(value);
  }
  static R take(Results&& results) {
    if constexpr (std::is_same_v<R, Tensors>)
      return std::move(results.many);
    else
      return std::move(results.one);
  }
  template <std::size_t... I, class... G>
  R with_defaults(std::index_sequence<I...>, const G&... given) const {
    const Signature& parsed_signature = signature_of(*this);
    using List = std::tuple<A...>;
    Arg args[sizeof...(A)];
    ((args[I] = Arg(static_cast<const std::tuple_element_t<I, List>&>(given))), ...);
    for (std::size_t i = sizeof...(G); i < sizeof...(A); ++i) {
      expect<TypeError>(parsed_signature.parameters[i].has_default, "{}: argument '{}' is missing",
                        parsed_signature.name, parsed_signature.parameters[i].name);
      args[i] = parsed_signature.parameters[i].fallback;
    }
    return take(topograd::invoke(*this, args, sizeof...(A)));
  }
};

/// Every op of the library, by family.
TOPOGRAD_API const std::vector<const OpRecord*>& all_ops();
/// The family that an op belongs to: the name of its file ("joining").
TOPOGRAD_API std::string_view family_of(const OpRecord& op);
/// The record of this full name, or null.
TOPOGRAD_API const OpRecord* find_op(std::string_view name);

}  // namespace topograd
