#pragma once

#include <cstdint>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>

#include "topograd/export.h"

namespace topograd {

/// What went wrong, by meaning. Each kind has its own exception class in C++ and its own type in
/// Python.
class TOPOGRAD_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message) : std::runtime_error(message) {}
  ~Error() override;
};

/// Sizes or shapes that do not fit together (Python: ShapeError, a ValueError and a RuntimeError).
class TOPOGRAD_API ShapeError : public Error {
 public:
  using Error::Error;
  ~ShapeError() override;
};
/// A value outside what the op accepts (Python: ArgumentError, a ValueError and a RuntimeError).
class TOPOGRAD_API ValueError : public Error {
 public:
  using Error::Error;
  ~ValueError() override;
};
/// An argument of the wrong type or dtype (Python: TypeError).
class TOPOGRAD_API TypeError : public Error {
 public:
  using Error::Error;
  ~TypeError() override;
};
/// A dtype that an op is not defined for, or dtypes that do not go together (Python: DTypeError, a
/// TypeError and a NotImplementedError, hence a RuntimeError).
class TOPOGRAD_API DTypeError : public TypeError {
 public:
  using TypeError::TypeError;
  ~DTypeError() override;
};
/// A dim or an index out of range (Python: IndexError).
class TOPOGRAD_API IndexError : public Error {
 public:
  using Error::Error;
  ~IndexError() override;
};
/// An op asked of a dtype or a state it does not exist for (Python: NotImplementedError, a
/// RuntimeError).
class TOPOGRAD_API NotSupported : public Error {
 public:
  using Error::Error;
  ~NotSupported() override;
};
/// A device that is not there (Python: DeviceError, a RuntimeError and an AssertionError).
class TOPOGRAD_API DeviceError : public Error {
 public:
  using Error::Error;
  ~DeviceError() override;
};
/// The allocator could not get memory (Python: MemoryError).
class TOPOGRAD_API OutOfMemory : public Error {
 public:
  using Error::Error;
  ~OutOfMemory() override;
};

// Texts of errors are compiled for size, apart from the paths that are taken ("cold").
namespace detail {
[[gnu::cold]] inline void format_rest(std::ostringstream& text, std::string_view pattern) {
  text << pattern;
}

template <class First, class... Rest>
[[gnu::cold]] void format_rest(std::ostringstream& text, std::string_view pattern,
                               const First& first, const Rest&... rest) {
  const auto hole = pattern.find("{}");
  text << pattern.substr(0, hole);
  if (hole == std::string_view::npos) return;
  text << first;
  format_rest(text, pattern.substr(hole + 2), rest...);
}
}  // namespace detail

/// Fills each `{}` of the pattern with the next value; anything that has operator<< goes in.
template <class... Values>
[[gnu::cold]] std::string format(std::string_view pattern, const Values&... values) {
  std::ostringstream text;
  text << std::boolalpha;
  detail::format_rest(text, pattern, values...);
  return text.str();
}

template <class Kind = Error, class... Values>
[[noreturn, gnu::cold, gnu::noinline]] void fail(std::string_view pattern,
                                                 const Values&... values) {
  throw Kind(format(pattern, values...));
}

/// The one way to state a requirement: `expect<ShapeError>(m == n, "matmul: inner sizes differ: {},
/// {}", a, b)`.
template <class Kind = Error, class... Values>
inline void expect(bool holds, std::string_view pattern, const Values&... values) {
  if (!holds) [[unlikely]]
    fail<Kind>(pattern, values...);
}

}  // namespace topograd
