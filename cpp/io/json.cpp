#include "io/json.h"

#include <utility>

#include "topograd/error.h"

namespace topograd {
namespace {

/// Bytes of the well-formed UTF-8 sequence that the text begins with; 0: it begins with none
/// (Unicode, table 3-7).
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  // Overlong forms, surrogates, and what lies beyond U+10FFFF show in the second byte.
  const unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i)
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  return length;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto continuation = [&](int shift) {
    out += static_cast<char>(0x80 | ((code >> shift) & 0x3f));
  };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    continuation(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    continuation(6);
    continuation(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    continuation(12);
    continuation(6);
    continuation(0);
  }
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20; }

}  // namespace

std::string json_string(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text.substr(i));
    expect<ValueError>(length > 0, "expected UTF-8, got the byte {} at position {}",
                       static_cast<int>(static_cast<unsigned char>(text[i])), i);
    const char c = text[i];
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_control(c)) {
      out += "\\u00";
      out += digits[static_cast<std::size_t>(c) >> 4];
      out += digits[static_cast<std::size_t>(c) & 15];
    } else {
      out += text.substr(i, length);
    }
    i += length;
  }
  return out += '"';
}

void JsonReader::refuse(std::string_view expected) const {
  std::string found = "the end";
  if (at_ < text_.size()) {
    const std::size_t length = utf8_length(text_.substr(at_));
    found = length == 0 || is_control(text_[at_])
                ? format("the byte {}", static_cast<int>(static_cast<unsigned char>(text_[at_])))
                : "'" + std::string(text_.substr(at_, length)) + "'";
  }
  fail<ValueError>("expected {} at byte {} of the header, got {}", expected, at_, found);
}

void JsonReader::skip_space() {
  while (at_ < text_.size() &&
         (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
    ++at_;
}

void JsonReader::expect_character(char wanted) {
  skip_space();
  if (at_ == text_.size() || text_[at_] != wanted) refuse(std::string{'\'', wanted, '\''});
  ++at_;
}

bool JsonReader::closes(char bracket, bool first) {
  skip_space();
  if (at_ < text_.size() && text_[at_] == bracket) {
    ++at_;
    return true;
  }
  if (first) return false;
  if (at_ == text_.size() || text_[at_] != ',') refuse(std::string("',' or '") + bracket + "'");
  ++at_;
  return false;
}

std::string JsonReader::string() {
  skip_space();
  if (at_ == text_.size() || text_[at_] != '"') refuse("a string");
  ++at_;
  std::string out;
  while (true) {
    if (at_ == text_.size()) refuse("the end of a string");
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\\') {
      read_escape(out);
      continue;
    }
    if (is_control(c)) refuse("an escape for the control character");
    const std::size_t length = utf8_length(text_.substr(at_));
    if (length == 0) refuse("UTF-8");
    out += text_.substr(at_, length);
    at_ += length;
  }
  ++at_;
  return out;
}

void JsonReader::read_escape(std::string& out) {
  constexpr std::string_view letters = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
  ++at_;  // the backslash
  if (at_ == text_.size()) refuse("an escape");
  if (text_[at_] != 'u') {
    const std::size_t which = letters.find(text_[at_]);
    if (which == std::string_view::npos) refuse("an escape");
    out += meanings[which];
    ++at_;
    return;
  }
  ++at_;
  std::uint32_t code = hexadecimal();
  if (code >= 0xdc00 && code <= 0xdfff) refuse("the first half of a pair before the second");
  if (code >= 0xd800 && code <= 0xdbff) {
    if (text_.substr(at_, 2) != "\\u") refuse("the second half of a pair");
    at_ += 2;
    const std::uint32_t low = hexadecimal();
    if (low < 0xdc00 || low > 0xdfff) refuse("the second half of a pair");
    code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  }
  append_utf8(out, code);
}

std::uint32_t JsonReader::hexadecimal() {
  std::uint32_t code = 0;
  for (int i = 0; i < 4; ++i, ++at_) {
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    const char lower = static_cast<char>(c | 0x20);
    if (is_digit(c))
      code = code * 16 + static_cast<std::uint32_t>(c - '0');
    else if (lower >= 'a' && lower <= 'f')
      code = code * 16 + static_cast<std::uint32_t>(lower - 'a' + 10);
    else
      refuse("a hexadecimal digit");
  }
  return code;
}

std::int64_t JsonReader::integer() {
  skip_space();
  if (at_ == text_.size() || !is_digit(text_[at_])) refuse("a whole number that is not negative");
  const std::size_t start = at_;
  std::int64_t value = 0;
  for (; at_ < text_.size() && is_digit(text_[at_]); ++at_) {
    const int digit = text_[at_] - '0';
    if (value > (INT64_MAX - digit) / 10) refuse("a number below 2^63");
    value = value * 10 + digit;
  }
  if (text_[start] == '0' && at_ - start > 1) refuse("a number without leading zeros");
  return value;
}

void JsonReader::end() {
  skip_space();
  if (at_ != text_.size()) refuse("the end");
}

}  // namespace topograd
