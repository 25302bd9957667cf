#pragma once

// A test framework in one page: TEST("name") { … } registers a test, the CHECK macros record
// failures with their place, and each test_*.cpp is a program of its own that ctest runs: the exit
// code is 1 when a check failed. An argument keeps only the tests whose name contains it.

#include <cmath>
#include <exception>
#include <iostream>
#include <string_view>
#include <vector>

namespace topograd::testing {

struct Test {
  const char* name;
  void (*run)();
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}
inline int failures = 0;

struct Register {
  Register(const char* name, void (*run)()) { tests().push_back({name, run}); }
};

inline void report(const char* file, int line, std::string_view text) {
  ++failures;
  std::cerr << file << ':' << line << ": " << text << '\n';
}

inline void check_close(double a, double b, double tolerance, const char* text, const char* file,
                        int line) {
  // Written so that a NaN fails. Equal infinities pass.
  if (a == b || std::abs(a - b) <= tolerance * (1 + std::abs(b))) return;
  report(file, line, text);
  std::cerr << "  " << a << " is not close to " << b << '\n';
}

inline int run(std::string_view filter) {
  int count = 0;
  for (const Test& test : tests()) {
    if (std::string_view(test.name).find(filter) == std::string_view::npos) continue;
    ++count;
    const int before = failures;
    try {
      test.run();
    } catch (const std::exception& error) {
      report(test.name, 0, error.what());
    }
    std::cout << (failures == before ? "passed  " : "FAILED  ") << test.name << '\n';
  }
  std::cout << count << " tests, " << failures << " failed checks\n";
  return failures == 0 && count > 0 ? 0 : 1;
}

}  // namespace topograd::testing

#define TOPOGRAD_JOIN_(a, b) a##b
#define TOPOGRAD_JOIN(a, b) TOPOGRAD_JOIN_(a, b)
#define TOPOGRAD_TEST(name, function)                                                    \
  static void function();                                                                \
  static const ::topograd::testing::Register TOPOGRAD_JOIN(function, _)(name, function); \
  static void function()
#define TEST(name) TOPOGRAD_TEST(name, TOPOGRAD_JOIN(test_in_line_, __LINE__))

#define CHECK(condition) \
  ((condition) ? void() : ::topograd::testing::report(__FILE__, __LINE__, "CHECK(" #condition ")"))

/// |a - b| <= tolerance * (1 + |b|), in double.
#define CHECK_CLOSE(a, b, tolerance)                                                          \
  ::topograd::testing::check_close(static_cast<double>(a), static_cast<double>(b), tolerance, \
                                   "CHECK_CLOSE(" #a ", " #b ")", __FILE__, __LINE__)

/// The expression throws Kind (or what derives from it) and the message contains `part`.
#define CHECK_THROWS(expression, Kind, part)                                              \
  try {                                                                                   \
    (void)(expression);                                                                   \
    ::topograd::testing::report(__FILE__, __LINE__, #expression " did not throw " #Kind); \
  } catch (const Kind& error) {                                                           \
    if (std::string_view(error.what()).find(part) == std::string_view::npos)              \
      ::topograd::testing::report(__FILE__, __LINE__, error.what());                      \
  }                                                                                       \
  static_assert(true)

int main(int argument_count, char** arguments) {
  return topograd::testing::run(argument_count > 1 ? arguments[1] : "");
}
