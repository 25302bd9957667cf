// A graph as a file: a safetensors file whose metadata holds the nodes as JSON. An argument is a
// list of texts that begins with its kind: ["dims", "2", "-1"], ["tensor", "4", "0"] for output 0
// of node 4.

#include <charconv>
#include <cmath>

#include "autograd/program.h"
#include "graph/mode.h"
#include "io/json.h"
#include "tensor/body.h"
#include "topograd/graph.h"
#include "topograd/io.h"

namespace topograd {
namespace {

using Texts = std::vector<std::string>;
constexpr const char* key = "topograd.graph";

std::string text_of(double value) {
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  return {buffer, end.ptr};
}

// ---------------------------------------------------------------- writing

void write_number(Texts& out, const Scalar& number) {
  if (number.is_complex()) {
    out.insert(out.end(),
               {"complex", text_of(number.complex().real()), text_of(number.complex().imag())});
  } else if (number.is_real()) {
    out.insert(out.end(), {"real", text_of(number.real())});
  } else if (number.kind() == DType::boolean) {
    out.insert(out.end(), {"boolean", number.integer() != 0 ? "1" : "0"});
  } else {
    out.insert(out.end(), {"integer", std::to_string(number.integer())});
  }
}

Texts indices_of(const Indices& indices) {
  Texts out{"indices"};
  const auto bound = [](const std::optional<index>& b) {
    return b ? std::to_string(*b) : std::string("-");
  };
  for (const IndexItem& item : indices) {
    switch (item.kind) {
      case IndexItem::Kind::integer:
        out.insert(out.end(), {"integer", std::to_string(item.start)});
        break;
      case IndexItem::Kind::slice:
        out.insert(out.end(),
                   {"slice", bound(item.from), bound(item.to), std::to_string(item.step)});
        break;
      case IndexItem::Kind::newaxis: out.push_back("newaxis"); break;
      case IndexItem::Kind::ellipsis: out.push_back("ellipsis"); break;
      case IndexItem::Kind::tensor:
        fail<NotSupported>("save: a tensor among the indices can not be saved with its graph");
    }
  }
  return out;
}

Texts plain_argument(const Arg& arg, const std::string& op) {
  Texts out;
  switch (arg.kind()) {
    case ArgKind::none: return {"none"};
    case ArgKind::integer:
    case ArgKind::real:
    case ArgKind::boolean:
    case ArgKind::complex: write_number(out, arg.scalar()); return out;
    case ArgKind::dims:
      out = {"dims"};
      for (const index n : arg.dims()) out.push_back(std::to_string(n));
      return out;
    case ArgKind::reals:
      out = {"reals"};
      for (const double x : arg.boxed<std::vector<double>>()) out.push_back(text_of(x));
      return out;
    case ArgKind::dtype: return {"dtype", std::string(name_of(arg.dtype()))};
    case ArgKind::device:
      expect<NotSupported>(arg.device().kind == Device().kind,
                           "save: {} on another device than the CPU can not be saved", op);
      return {"device"};
    case ArgKind::text: return {"text", arg.text()};
    case ArgKind::indices: return indices_of(arg.indices());
    default:
      fail<NotSupported>(
          "save: {} has an argument that only this process knows (a function of the user's, a "
          "generator); such a graph can not be saved",
          op);
  }
}

std::string json_of(const Texts& texts) {
  std::string out = "[";
  for (const std::string& one : texts) out += (out.size() > 1 ? "," : "") + json_string(one);
  return out + "]";
}

std::string json_of(const Dims& dims) {
  std::string out = "[";
  for (const index n : dims) out += (out.size() > 1 ? "," : "") + std::to_string(n);
  return out + "]";
}

std::string json_of_output(const Tensor& x) {
  if (!x.defined()) return "{}";
  return "{\"dtype\":" + json_string(name_of(x.dtype())) + ",\"shape\":" + json_of(x.shape()) + "}";
}

/// The arguments of the call of a vertex.
std::string json_of_call(const Graph::Vertex& vertex, const Node& node) {
  std::size_t next = 0;
  int slot = 0;
  const auto told = [&](Texts& out, const Tensor& x) {
    const Edge& edge = node.edges()[slot++];
    if (!edge.node && !x.defined()) {
      out.insert(out.end(), {"-", "-"});
    } else {
      const int from = vertex.inputs[next++];
      out.insert(out.end(), {std::to_string(from), std::to_string(edge.node ? edge.output : 0)});
    }
  };
  std::string out = "[";
  for (int k = 0; k < node.arg_count(); ++k) {
    const Arg& arg = node.args()[k];
    const ArgKind kind = node.op()->forward.kinds[k];
    Texts texts;
    if (kind == ArgKind::tensor && !arg.none() && arg.tensor().body()->wrapped_number &&
        !node.edges()[slot].node) {
      ++slot;
      texts = {"number"};
      write_number(texts, arg.tensor().item());
    } else if (kind == ArgKind::tensor) {
      texts = {"tensor"};
      told(texts, arg.tensor());
    } else if (kind == ArgKind::tensors && !arg.none()) {
      texts = {"tensors"};
      for (const Tensor& x : arg.tensors()) told(texts, x);
    } else {
      texts = plain_argument(arg, node.op_name());
    }
    out += (k > 0 ? "," : "") + json_of(texts);
  }
  return out + "]";
}

// ---------------------------------------------------------------- reading

struct Entry {
  std::string op, name, tensor;
  std::vector<Texts> args;
  Tensors outputs;  // hollow
};

template <class T>
T parsed(const std::string& text) {
  T value{};
  const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
  expect<ValueError>(end.ec == std::errc() && end.ptr == text.data() + text.size(),
                     "'{}' is not a number", text);
  return value;
}

DType dtype_named(const std::string& name) {
  for (int i = 0; i < dtype_count; ++i)
    if (name_of(static_cast<DType>(i)) == name) return static_cast<DType>(i);
  fail<ValueError>("there is no dtype '{}'", name);
}

Tensor hollow_of(const Dims& shape, DType dtype) {
  return hollow_like(
      restrided(Tensor::full({}, 0, dtype), shape, Dims::filled(shape.size(), 0), 0));
}

Tensor read_output(JsonReader& json) {
  std::optional<DType> dtype;
  std::optional<Dims> shape;
  json.object([&](const std::string& name) {
    if (name == "dtype" && !dtype) {
      dtype = dtype_named(json.string());
    } else {
      expect<ValueError>(name == "shape" && !shape, "unexpected '{}' in an output", name);
      shape.emplace();
      __int128 bytes = 16;
      json.array([&] {
        const index n = json.integer();
        bytes *= n == 0 ? 1 : n;
        expect<ValueError>(shape->size() < max_rank && bytes < __int128{1} << 48,
                           "an output is larger than memory can hold");
        shape->push_back(n);
      });
    }
  });
  if (!dtype && !shape) return {};
  expect<ValueError>(dtype && shape, "an output needs a dtype and a shape");
  return hollow_of(*shape, *dtype);
}

Entry read_entry(JsonReader& json) {
  Entry entry;
  std::map<std::string, bool> seen;
  json.object([&](const std::string& name) {
    expect<ValueError>(!std::exchange(seen[name], true), "'{}' twice in a node", name);
    if (name == "op") {
      entry.op = json.string();
    } else if (name == "name") {
      entry.name = json.string();
    } else if (name == "tensor") {
      entry.tensor = json.string();
    } else if (name == "args") {
      json.array([&] {
        entry.args.emplace_back();
        json.array([&] { entry.args.back().push_back(json.string()); });
      });
    } else {
      expect<ValueError>(name == "outputs", "unexpected '{}' in a node", name);
      json.array([&] { entry.outputs.push_back(read_output(json)); });
    }
  });
  return entry;
}

/// Makes the nodes of a file, one after the other.
class Builder {
 public:
  explicit Builder(const SafetensorsFile& file) : file_(file) {}

  void add(const Entry& entry) {
    if (entry.op == "leaf" || entry.op == "constant")
      add_input(entry);
    else
      add_call(entry);
  }
  Tensor value(const std::string& node, const std::string& output) const {
    const auto at = parsed<index>(node), k = parsed<index>(output);
    expect<ValueError>(at >= 0 && at < static_cast<index>(values_.size()),
                       "node {} refers to node {}", values_.size(), at);
    const Tensors& outputs = values_[static_cast<std::size_t>(at)];
    expect<ValueError>(k >= 0 && k < static_cast<index>(outputs.size()) &&
                           outputs[static_cast<std::size_t>(k)].defined(),
                       "node {} has no output {}", at, k);
    return outputs[static_cast<std::size_t>(k)];
  }
  std::size_t size() const { return values_.size(); }

 private:
  void add_input(const Entry& entry) {
    expect<ValueError>(
        entry.args.empty() && entry.outputs.size() == 1 && entry.outputs[0].defined(),
        "node {}: a {} has one output and no arguments", size(), entry.op);
    Tensor x = entry.outputs[0];
    if (!entry.tensor.empty()) {
      const auto found = file_.tensors.find(entry.tensor);
      expect<ValueError>(found != file_.tensors.end(), "the file has no tensor '{}'", entry.tensor);
      expect<ValueError>(found->second.shape() == x.shape() && found->second.dtype() == x.dtype(),
                         "tensor '{}' is {} {}, its node {} {}", entry.tensor,
                         found->second.dtype(), found->second.shape(), x.dtype(), x.shape());
      x = shallow_copy(found->second);
    }
    expect<ValueError>(entry.op == "leaf" || !x.hollow(), "node {}: a constant without a tensor",
                       size());
    if (!entry.name.empty()) x.set_name(entry.name);
    if (entry.op == "leaf") {
      x.body()->node = Ref<Counted>(Node::make_leaf(x).get());
      if (x.hollow()) node_of(x)->make_symbolic();
    }
    values_.push_back({x});
  }

  void add_call(const Entry& entry) {
    const OpRecord* op = find_op(entry.op);
    expect<ValueError>(op != nullptr && !std::holds_alternative<Composite>(op->derivative),
                       "node {}: there is no op '{}'", size(), entry.op);
    const auto& parameters = signature_of(*op).parameters;
    expect<ValueError>(entry.args.size() == parameters.size() && !entry.outputs.empty(),
                       "node {}: {} takes {} arguments and gives results, not {} and {}", size(),
                       entry.op, parameters.size(), entry.args.size(), entry.outputs.size());
    std::vector<Arg> args;
    bool tracked = false;
    for (std::size_t i = 0; i < parameters.size(); ++i)
      args.push_back(argument(entry.args[i], *op, i, tracked));
    expect<ValueError>(tracked, "node {}: {} follows from nothing", size(), entry.op);
    Results results;
    results.several = true;
    results.many = entry.outputs;
    const Ref<Node> node = Node::make(*op, args.data(), static_cast<int>(args.size()), results);
    node->make_symbolic();
    mode.placeholders = true;
    if (!entry.name.empty()) node->extra().label = entry.name;
    Tensors outputs;
    for (std::size_t k = 0; k < entry.outputs.size(); ++k) {
      Tensor x;
      if (entry.outputs[k].defined()) {
        x = shallow_copy(entry.outputs[k]);
        x.body()->node = Ref<Counted>(node.get());
        x.body()->output = static_cast<std::uint32_t>(k);
      }
      outputs.push_back(x);
    }
    values_.push_back(std::move(outputs));
  }

  Arg argument(const Texts& texts, const OpRecord& op, std::size_t i, bool& tracked) const {
    const Parameter& parameter = signature_of(op).parameters[i];
    const ArgKind kind = op.forward.kinds[i];
    expect<ValueError>(!texts.empty(), "node {}: {}: an empty argument", size(), name_of(op));
    Arg arg = read(texts, kind, tracked);
    const bool number =
        kind == ArgKind::real &&
        (arg.kind() == ArgKind::integer ||
         (parameter.number && (arg.kind() == ArgKind::boolean || arg.kind() == ArgKind::complex)));
    const bool absent = arg.none() && (parameter.optional || parameter.type.ends_with("?"));
    expect<ValueError>(arg.kind() == kind || number || absent,
                       "node {}: {}: argument '{}' is of another kind: {}", size(), name_of(op),
                       parameter.name, texts[0]);
    return arg;
  }

  Arg read(const Texts& texts, ArgKind wanted, bool& tracked) const {
    const std::string& kind = texts[0];
    const auto count = [&](std::size_t n) {
      expect<ValueError>(texts.size() == n + 1, "node {}: '{}' with {} parts", size(), kind,
                         texts.size() - 1);
    };
    if (kind == "none") return {};
    if (kind == "tensor") {
      count(2);
      return Arg(told(texts[1], texts[2], tracked));
    }
    if (kind == "tensors") {
      expect<ValueError>(texts.size() % 2 == 1, "node {}: half a tensor", size());
      Tensors list;
      for (std::size_t k = 1; k < texts.size(); k += 2)
        list.push_back(told(texts[k], texts[k + 1], tracked));
      return Arg(std::move(list));
    }
    if (kind == "number") {
      expect<ValueError>(texts.size() >= 3 && wanted == ArgKind::tensor, "node {}: no number",
                         size());
      return Arg(Tensor(read(Texts(texts.begin() + 1, texts.end()), wanted, tracked).scalar()));
    }
    if (kind == "integer") return count(1), Arg(parsed<index>(texts[1]));
    if (kind == "real") return count(1), Arg(parsed<double>(texts[1]));
    if (kind == "boolean") return count(1), Arg(parsed<index>(texts[1]) != 0);
    if (kind == "complex")
      return count(2),
             Arg(Scalar(std::complex(parsed<double>(texts[1]), parsed<double>(texts[2]))));
    if (kind == "dtype") return count(1), Arg(dtype_named(texts[1]));
    if (kind == "device") return count(0), Arg(Device());
    if (kind == "text") return count(1), Arg(texts[1]);
    if (kind == "dims") {
      std::vector<index> dims;
      for (std::size_t k = 1; k < texts.size(); ++k) dims.push_back(parsed<index>(texts[k]));
      return Arg(Dims(dims));
    }
    if (kind == "reals") {
      std::vector<double> reals;
      for (std::size_t k = 1; k < texts.size(); ++k) reals.push_back(parsed<double>(texts[k]));
      return Arg(std::move(reals));
    }
    expect<ValueError>(kind == "indices", "node {}: there is no kind of argument '{}'", size(),
                       kind);
    return Arg(read_indices(texts));
  }

  Tensor told(const std::string& node, const std::string& output, bool& tracked) const {
    if (node == "-" && output == "-") return {};
    const Tensor x = value(node, output);
    tracked = tracked || x.requires_grad();
    return x;
  }

  Indices read_indices(const Texts& texts) const {
    Indices result;
    std::size_t k = 1;
    const auto next = [&]() -> const std::string& {
      expect<ValueError>(k < texts.size(), "node {}: the indices end too early", size());
      return texts[k++];
    };
    const auto bound = [&]() -> std::optional<index> {
      const std::string& text = next();
      if (text == "-") return std::nullopt;
      return parsed<index>(text);
    };
    while (k < texts.size()) {
      const std::string& kind = next();
      IndexItem item;
      if (kind == "integer") {
        item.kind = IndexItem::Kind::integer;
        item.start = parsed<index>(next());
      } else if (kind == "slice") {
        item.kind = IndexItem::Kind::slice;
        item.from = bound();
        item.to = bound();
        item.step = parsed<index>(next());
        expect<ValueError>(item.step > 0, "node {}: a slice with step {}", size(), item.step);
      } else if (kind == "newaxis") {
        item.kind = IndexItem::Kind::newaxis;
      } else {
        expect<ValueError>(kind == "ellipsis", "node {}: there is no index '{}'", size(), kind);
      }
      result.push_back(item);
    }
    return result;
  }

  const SafetensorsFile& file_;
  std::vector<Tensors> values_;
};

Tensors build(const SafetensorsFile& file, const std::string& text) {
  JsonReader json(text);
  Builder builder(file);
  Tensors outputs;
  bool nodes = false;
  json.object([&](const std::string& name) {
    if (name == "version") {
      expect<ValueError>(json.integer() == 1, "it is of a later version of topograd");
    } else if (name == "nodes" && !nodes) {
      nodes = true;
      json.array([&] { builder.add(read_entry(json)); });
    } else {
      expect<ValueError>(name == "outputs", "unexpected '{}'", name);
      json.array([&] {
        Texts place;
        json.array([&] { place.push_back(json.string()); });
        expect<ValueError>(place.size() == 2, "an output is a node and a number");
        outputs.push_back(builder.value(place[0], place[1]));
      });
    }
  });
  json.end();
  return outputs;
}

}  // namespace

void Graph::save(const std::string& path) const {
  SafetensorsFile file;
  std::string json = "{\"version\":1,\"nodes\":[";
  for (std::size_t i = 0; i < vertices_.size(); ++i) {
    const Vertex& vertex = vertices_[i];
    const auto* node = static_cast<const Node*>(vertex.node.get());
    json += i > 0 ? ",\n{\"op\":" : "\n{\"op\":";
    json += json_string(vertex.op);
    if (!vertex.name.empty()) json += ",\"name\":" + json_string(vertex.name);
    if (node == nullptr || node->is_leaf()) {
      const Tensor& value = vertex.values[0];
      const bool open = !value.defined();
      expect<ValueError>(!open || (node != nullptr && !vertex.name.empty()),
                         "save: the value of a {} of shape {} is not known any more", vertex.op,
                         vertex.shape);
      if (!open) {
        const std::string name = "node " + std::to_string(i);
        json += ",\"tensor\":" + json_string(name);
        file.tensors.emplace(name, value);
      }
      json += ",\"outputs\":[" + json_of_output(hollow_of(vertex.shape, vertex.dtype)) + "]}";
      continue;
    }
    expect<NotSupported>(find_op(vertex.op) == node->op(),
                         "save: {} is not an op of topograd's own; such a graph can not be saved",
                         vertex.op);
    json += ",\"args\":" + json_of_call(vertex, *node) + ",\"outputs\":[";
    for (int k = 0; k < node->output_count(); ++k) {
      Tensor owner;
      json += (k > 0 ? "," : "") + json_of_output(node->output(k, owner));
    }
    json += "]}";
  }
  json += "],\"outputs\":[";
  for (std::size_t i = 0; i < outputs_.size(); ++i)
    json += (i > 0 ? "," : "") +
            json_of(Texts{std::to_string(outputs_[i]), std::to_string(roots_[i].body()->output)});
  file.metadata[key] = json + "]}";
  save_safetensors(path, file);
}

Graph Graph::load(const std::string& path) {
  const SafetensorsFile file = load_safetensors(path);
  const auto found = file.metadata.find(key);
  expect<ValueError>(found != file.metadata.end(),
                     "load: '{}' holds tensors but no graph; graph.save writes one", path);
  try {
    return Graph(build(file, found->second));
  } catch (const Error& error) {
    fail<ValueError>("load: the graph in '{}' is damaged: {}", path, error.what());
  }
}

}  // namespace topograd
