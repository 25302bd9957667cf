#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace topograd {

/// The text as a JSON string with its quotes. Throws ValueError where it is not UTF-8.
std::string json_string(std::string_view text);

/// Reads JSON whose form is known: the caller asks for what has to come next, and gets a ValueError
/// with the byte where it is something else. Nothing is built that nobody asked for, and the text
/// can nest no deeper than the caller's own code does, so that a hostile file can neither fill the
/// memory nor the stack. Strict: RFC 8259 and UTF-8.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  /// Calls read_value(name) for each member; it must read the value. Names that occur twice are its
  /// concern.
  template <class ReadValue>
  void object(ReadValue&& read_value) {
    expect_character('{');
    for (bool first = true; !closes('}', first); first = false) {
      std::string name = string();
      expect_character(':');
      read_value(std::move(name));
    }
  }
  /// Calls read_element() for each element; it must read it.
  template <class ReadElement>
  void array(ReadElement&& read_element) {
    expect_character('[');
    for (bool first = true; !closes(']', first); first = false) read_element();
  }
  std::string string();
  /// A whole number in [0, 2^63) without sign, fraction and exponent.
  std::int64_t integer();
  /// Only white space may be left.
  void end();

 private:
  [[noreturn]] void refuse(std::string_view expected) const;
  void skip_space();
  void expect_character(char wanted);
  /// Whether the container ends here; otherwise steps over the comma between two entries.
  bool closes(char bracket, bool first);
  void read_escape(std::string& out);
  std::uint32_t hexadecimal();

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace topograd
