#pragma once

#include "base/generator.h"
#include "bindings/python.h"

namespace topograd::python {

constexpr std::size_t most_parameters = 16;

/// One argument per parameter of an op.
class ArgList {
 public:
  explicit ArgList(std::size_t count) : count_(count) {
    expect(count <= most_parameters, "an op has more than {} parameters", most_parameters);
    for (std::size_t i = 0; i < count_; ++i) new (data() + i) Arg;
  }
  ~ArgList() {
    for (std::size_t i = 0; i < count_; ++i) data()[i].~Arg();
  }
  ArgList(const ArgList&) = delete;
  ArgList& operator=(const ArgList&) = delete;
  Arg* data() { return reinterpret_cast<Arg*>(memory_); }

 private:
  std::size_t count_;
  alignas(Arg) std::byte memory_[most_parameters * sizeof(Arg)];
};

/// One Python object as an argument of the given parameter; false when it does not fit. An
/// exception of Python's on the way is told with the names of function and argument.
bool convert(PyObject* object, const Signature& signature, std::size_t parameter, Arg& arg);
/// The parameter of this name or NumPy alias, or -1.
int find_parameter(const Signature& signature, PyObject* name);
/// Fills `out` (one per parameter), or returns false where the arguments do not fit, and says why
/// unless `why` is null: of several forms most are refused, and texts take time.
bool parse(const Signature& signature, PyObject* const* args, Py_ssize_t count, PyObject* names,
           Arg* out, std::string* why);
/// "(Tensor(2, 3), str)", for messages.
std::string describe_arguments(PyObject* const* args, Py_ssize_t count, PyObject* names);
/// "(self, dim=None, *, dtype=None)"; with_out adds the keyword `out=None`.
std::string signature_text(const Signature& signature, bool as_method, bool with_out = false);

/// The message with the function's name in front, instead of that of an op inside.
std::string told_as(const std::string& function, std::string_view message);

/// An error from an op inside a composite is told under the name that the user called.
template <class Kind>
[[noreturn]] void rethrow_as(const std::string& function, const Kind& e) {
  throw Kind(told_as(function, e.what()));
}
template <class F>
PyObject* named(const std::string& function, F&& run) {
  try {
    return run();
  } catch (const ShapeError& e) {
    rethrow_as(function, e);
  } catch (const ValueError& e) {
    rethrow_as(function, e);
  } catch (const DTypeError& e) {
    rethrow_as(function, e);
  } catch (const TypeError& e) {
    rethrow_as(function, e);
  } catch (const IndexError& e) {
    rethrow_as(function, e);
  } catch (const OutOfMemory& e) {
    rethrow_as(function, e);
  } catch (const NotSupported& e) {
    rethrow_as(function, e);
  } catch (const DeviceError& e) {
    rethrow_as(function, e);
  } catch (const Error& e) {
    rethrow_as(function, e);
  }
}

}  // namespace topograd::python
