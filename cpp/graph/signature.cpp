#include <cctype>
#include <charconv>
#include <mutex>
#include <ostream>
#include <string_view>

#include "base/fork.h"
#include "topograd/op.h"

namespace topograd {
namespace {

struct TypeName {
  std::string_view text;
  ArgKind kind;
};
constexpr TypeName type_names[] = {
    {"Tensor", ArgKind::tensor}, {"Tensor[]", ArgKind::tensors}, {"Tensor?[]", ArgKind::tensors},
    {"int", ArgKind::integer},   {"float", ArgKind::real},       {"bool", ArgKind::boolean},
    {"Scalar", ArgKind::real},   {"int[]", ArgKind::dims},       {"float[]", ArgKind::reals},
    {"dtype", ArgKind::dtype},   {"str", ArgKind::text},         {"Indices", ArgKind::indices},
    {"object", ArgKind::object}, {"device", ArgKind::device},    {"any", ArgKind::object},
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

class Parser {
 public:
  explicit Parser(const char* text) : text_(text), rest_(text) {}

  Signature parse() {
    Signature signature;
    const auto open = rest_.find('(');
    require(open != std::string_view::npos, "has no parameter list");
    signature.name = std::string(trimmed(rest_.substr(0, open)));
    signature.function = signature.name.substr(0, signature.name.find('.'));
    rest_.remove_prefix(open + 1);
    bool keyword_only = false;
    for (std::string_view piece = next(); !piece.empty(); piece = next()) {
      if (piece == "*") {
        keyword_only = true;
        continue;
      }
      signature.parameters.push_back(parameter(piece));
      signature.parameters.back().keyword_only = keyword_only;
    }
    parse_result(signature);
    return signature;
  }

 private:
  void require(bool holds, const char* what) const {
    expect(holds, "signature '{}' {}", text_, what);
  }

  /// The text up to the next comma of this level, or up to the closing bracket.
  std::string_view next() {
    if (closed_) return {};
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if (c == '(' || c == '[') ++depth;
      if ((c == ')' || c == ']') && depth-- == 0) {
        const auto piece = trimmed(rest_.substr(0, i));
        rest_.remove_prefix(i + 1);
        closed_ = true;
        return piece;
      }
      if (c == ',' && depth == 0) {
        const auto piece = trimmed(rest_.substr(0, i));
        rest_.remove_prefix(i + 1);
        return piece;
      }
    }
    require(false, "has no closing bracket");
    return {};
  }

  Parameter parameter(std::string_view text) const {
    Parameter p;
    const auto space = text.find(' ');
    require(space != std::string_view::npos, "has a parameter without a type");
    std::string_view type = text.substr(0, space);
    std::string_view name = text.substr(space + 1);
    p.type = std::string(type);
    if (const auto equals = name.find('='); equals != std::string_view::npos) {
      p.default_text = std::string(name.substr(equals + 1));
      p.has_default = true;
      name = name.substr(0, equals);
    }
    p.name = std::string(name);
    if (type.ends_with("...")) {
      p.variadic = true;
      require(type == "int..." || type == "Tensor...", "has an unknown variadic type");
      p.kind = type == "int..." ? ArgKind::dims : ArgKind::tensors;
      p.type = type == "int..." ? "int[]" : "Tensor[]";
    } else {
      if (type.ends_with("?")) {
        p.optional = true;
        type.remove_suffix(1);
      }
      for (const auto& known : type_names)
        if (known.text == type) p.kind = known.kind;
      p.number = type == "Scalar";
      require(p.kind != ArgKind::none, "has an unknown type");
    }
    if (p.has_default) p.fallback = fallback(p);
    return p;
  }

  Arg fallback(const Parameter& p) const {
    const std::string& text = p.default_text;
    if (text == "None") return {};
    if (text == "True" || text == "False") return Arg(text == "True");
    if (p.kind == ArgKind::text) return Arg(text.substr(1, text.size() - 2));
    if (p.kind == ArgKind::dims) {
      Dims dims;
      std::string number;
      for (char c : text + ",") {
        if (std::isdigit(static_cast<unsigned char>(c)) || c == '-')
          number += c;
        else if (!number.empty()) {
          dims.push_back(std::stoll(number));
          number.clear();
        }
      }
      return Arg(dims);
    }
    const bool real =
        text.find_first_of(".e") != std::string::npos || (p.kind == ArgKind::real && !p.number);
    if (real) return Arg(std::stod(text));
    return Arg(static_cast<std::int64_t>(std::stoll(text)));
  }

  void parse_result(Signature& signature) {
    const auto arrow = rest_.find("->");
    signature.result =
        arrow == std::string_view::npos ? "Tensor" : std::string(trimmed(rest_.substr(arrow + 2)));
    if (signature.result.front() != '(') return;
    std::string_view list = std::string_view(signature.result).substr(1);
    while (!list.empty()) {
      const auto end = list.find_first_of(",)");
      const auto item = trimmed(list.substr(0, end));
      const auto space = item.find(' ');
      require(space != std::string_view::npos, "has a result without a name");
      signature.result_names.emplace_back(item.substr(space + 1));
      if (list[end] == ')') break;
      list.remove_prefix(end + 1);
    }
  }

  const char* text_;
  std::string_view rest_;
  bool closed_ = false;
};

}  // namespace

Signature parse_signature(const char* text, const ArgKind* kinds, int count) {
  Signature signature = Parser(text).parse();
  expect(static_cast<int>(signature.parameters.size()) == count,
         "signature '{}' has {} parameters, its lambda {}", text, signature.parameters.size(),
         count);
  for (int i = 0; i < count; ++i)
    expect(signature.parameters[static_cast<std::size_t>(i)].kind == kinds[i],
           "signature '{}': parameter {} has another type than in the lambda", text,
           signature.parameters[static_cast<std::size_t>(i)].name);
  return signature;
}

const Signature& signature_of(const OpRecord& op) {
  if (const Signature* ready = op.parsed.load(std::memory_order_acquire)) return *ready;
  std::lock_guard guard(fork_safe_lock(ForkRank::signatures));
  if (op.parsed.load() == nullptr)
    op.parsed.store(
        new Signature(parse_signature(op.signature, op.forward.kinds, op.forward.parameters)));
  return *op.parsed.load();
}

const std::string& name_of(const OpRecord& op) { return signature_of(op).name; }

std::ostream& operator<<(std::ostream& out, const Arg& arg) {
  switch (arg.kind()) {
    case ArgKind::none: return out << "None";
    case ArgKind::tensor: return out << "Tensor" << arg.tensor().shape();
    case ArgKind::tensors: {
      out << '[';
      bool first = true;
      for (const Tensor& x : arg.tensors()) {
        out << (first ? "" : ", ") << "Tensor" << (x.defined() ? x.shape() : Dims());
        first = false;
      }
      return out << ']';
    }
    case ArgKind::integer: return out << arg.integer();
    case ArgKind::real: return out << arg.real();
    case ArgKind::boolean: return out << (arg.boolean() ? "True" : "False");
    case ArgKind::dims: return out << arg.dims();
    case ArgKind::reals: {
      out << '[';
      const auto& values = arg.boxed<std::vector<double>>();
      for (std::size_t i = 0; i < values.size(); ++i) out << (i > 0 ? ", " : "") << values[i];
      return out << ']';
    }
    case ArgKind::complex: return out << arg.scalar();
    case ArgKind::dtype: return out << arg.dtype();
    case ArgKind::device: return out << arg.device();
    case ArgKind::text: return out << '\'' << arg.text() << '\'';
    case ArgKind::indices: return out << "[...]";
    case ArgKind::object: return out << "object";
  }
  return out;
}

}  // namespace topograd
