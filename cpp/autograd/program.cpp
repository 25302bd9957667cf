#include "autograd/program.h"

#include <cmath>

#include "base/generator.h"
#include "graph/mode.h"
#include "tensor/body.h"

namespace topograd {
namespace {

bool is_open(index n) {
  for (const index size : open_sizes)
    if (n != 0 && n % size == 0) return true;
  return false;
}

bool is_number(const Tensor& x) { return x.defined() && x.body()->wrapped_number; }

/// n where number is k / n for a small k and an n that was made of an open size; else 0.
index open_divisor(double number, int& k) {
  if (!(std::fabs(number) > 1e-15 && std::fabs(number) < 1)) return 0;
  for (k = 1; k <= 4; ++k) {
    const double divisor = k / number, whole = std::round(divisor);
    if (std::fabs(divisor - whole) < 1e-12 * std::fabs(whole) && is_open(static_cast<index>(whole)))
      return static_cast<index>(whole);
  }
  return 0;
}

/// Whether a number was made of an open size: a multiple, or one by it.
bool is_open(const Scalar& number) {
  if (number.is_complex()) return false;
  if (!number.is_real()) return is_open(number.integer());
  const double value = number.real();
  if (!std::isfinite(value) || std::fabs(value) > 1e15) return false;
  int k;
  return value == std::floor(value) ? is_open(static_cast<index>(value))
                                    : open_divisor(value, k) != 0;
}

bool is_sized(const Arg& arg) {
  switch (arg.kind()) {
    case ArgKind::integer: return is_open(arg.integer());
    case ArgKind::real: return is_open(arg.scalar());
    case ArgKind::dims: return has_open_size(arg.dims());
    case ArgKind::tensor: {
      const Tensor& x = arg.tensor();
      if (!x.defined() || x.hollow()) return false;
      return is_number(x) ? is_open(x.item()) : has_open_size(x.shape());
    }
    default: return false;
  }
}

/// A constant that was made in an open size and has one value throughout, in the actual size.
Tensor resized(const Tensor& x, const OpenSizes& sizes, std::string_view op) {
  const Tensor values = dense(converted_freely(x, x.dtype()));
  const auto* bytes = static_cast<const char*>(values.address());
  const auto width = static_cast<std::size_t>(size_of(x.dtype()));
  const auto all = width * static_cast<std::size_t>(x.count());
  expect<ShapeError>(
      std::equal(bytes + width, bytes + all, bytes),
      "{}: a constant of shape {} was made in a size that a placeholder leaves open; make it from "
      "the placeholder in the graph, or feed it through a placeholder of its own",
      op, x.shape());
  const Dims shape = sizes.scaled(x.shape());
  return restrided(values, shape, Dims::filled(shape.size(), 0), 0);
}

double scaled(double number, const OpenSizes& sizes) {
  int k;
  const index divisor = open_divisor(number, k);
  if (divisor != 0) return k / static_cast<double>(sizes.scaled(divisor));
  return static_cast<double>(sizes.scaled(static_cast<index>(number)));
}

Arg scaled(const Arg& arg, const OpenSizes& sizes, std::string_view op) {
  if (!is_sized(arg)) return arg;
  switch (arg.kind()) {
    case ArgKind::integer: return sizes.scaled(arg.integer());
    case ArgKind::real: return scaled(arg.real(), sizes);
    case ArgKind::dims: return sizes.scaled(arg.dims());
    default: break;
  }
  const Tensor& x = arg.tensor();
  if (!is_number(x)) return resized(x, sizes, op);
  const Scalar number = x.item();
  if (number.is_real()) return Tensor(Scalar(scaled(number.real(), sizes)));
  return Tensor(Scalar(sizes.scaled(number.integer())));
}

}  // namespace

bool has_open_size(const Dims& dims) {
  for (const index n : dims)
    if (is_open(n)) return true;
  return false;
}

index OpenSizes::scaled(index n) const {
  for (std::size_t i = 0; i < std::size(open_sizes); ++i) {
    index factor = 1;
    while (n != 0 && n % open_sizes[i] == 0) {
      expect<ShapeError>(actual[i] >= 0,
                         "run: an open size is not known: give the placeholder that has it");
      n /= open_sizes[i];
      factor *= actual[i];
    }
    n *= factor;
    if (factor == 0) return 0;
  }
  return n;
}

Dims OpenSizes::scaled(const Dims& dims) const {
  Dims result = dims;
  for (index& n : result) n = scaled(n);
  return result;
}

bool OpenSizes::fit(const Dims& placeholder, const Dims& given) {
  if (placeholder.size() != given.size()) return false;
  for (int d = 0; d < given.size(); ++d) {
    std::size_t which = 0;
    while (which < std::size(open_sizes) && open_sizes[which] != placeholder[d]) ++which;
    if (which == std::size(open_sizes)) {
      if (placeholder[d] != given[d]) return false;
    } else if (actual[which] >= 0 && actual[which] != given[d]) {
      return false;
    } else {
      actual[which] = given[d];
      any = true;
    }
  }
  return true;
}

Program::Program(const Graph& graph, const Tensors& roots) {
  const auto& vertices = graph.vertices();
  std::vector<int> last_step;
  for (std::size_t i = 0; i < vertices.size(); ++i) {
    const auto& vertex = vertices[i];
    Step step;
    step.first = value_count;
    value_count += vertex.values.size();
    last_step.resize(value_count, static_cast<int>(i));
    if (vertex.node) step.node = static_cast<const Node*>(vertex.node.get());
    if (step.node == nullptr || step.node->is_leaf()) {
      if (!vertex.name.empty()) {
        const auto [found, fresh] = names.emplace(vertex.name, static_cast<int>(i));
        if (!fresh) found->second = -1;
      }
      open = open || has_open_size(vertex.shape);
    } else {
      const Node& node = *step.node;
      step.args.assign(node.args(), node.args() + node.arg_count());
      std::size_t next = 0;
      int slot = 0;
      const auto use = [&](const Tensor& x, int arg, int item) {
        const Edge& edge = node.edges()[slot++];
        if (!edge.node && (!x.defined() || is_number(x))) return;
        const auto from = static_cast<std::size_t>(vertex.inputs[next++]);
        const std::size_t value = steps[from].first + (edge.node ? edge.output : 0);
        step.uses.push_back({arg, item, value});
        last_step[value] = static_cast<int>(i);
      };
      const auto& parameters = signature_of(*node.op()).parameters;
      for (int k = 0; k < node.arg_count(); ++k) {
        const ArgKind kind = node.op()->forward.kinds[k];
        const Arg& arg = node.args()[k];
        step.sized = step.sized || is_sized(arg);
        if (parameters[static_cast<std::size_t>(k)].name == "seed") step.seed = k;
        if (kind == ArgKind::tensor) {
          use(arg.tensor(), k, -1);
        } else if (kind == ArgKind::tensors && !arg.none()) {
          int item = 0;
          for (const Tensor& x : arg.tensors()) {
            step.sized = step.sized || (x.defined() && !x.hollow() && has_open_size(x.shape()));
            use(x, k, item++);
          }
        }
      }
    }
    steps.push_back(std::move(step));
  }
  for (std::size_t i = 0; i < roots.size(); ++i) {
    const auto at = static_cast<std::size_t>(graph.outputs()[i]);
    results.push_back(steps[at].first + roots[i].body()->output);
  }
  std::vector<char> kept(value_count, 0);
  for (const std::size_t value : results) kept[value] = 1;
  for (std::size_t value = 0; value < value_count; ++value)
    if (kept[value] == 0)
      steps[static_cast<std::size_t>(last_step[value])].last_uses.push_back(value);
}

namespace {

std::string label_of(const Graph::Vertex& vertex) {
  return vertex.name.empty() ? vertex.op : "'" + vertex.name + "'";
}

std::string shown(const Dims& shape) {
  std::string text = "(";
  for (int d = 0; d < shape.size(); ++d) {
    if (d > 0) text += ", ";
    text += is_open(shape[d]) ? "any" : std::to_string(shape[d]);
  }
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// One run of a program: the values so far.
class Run {
 public:
  Run(const Graph& graph, const Program& program)
      : graph_(graph), program_(program), values_(program.value_count) {}

  void give(int at, const Tensor& value) {
    const auto i = static_cast<std::size_t>(at);
    expect<IndexError>(at >= 0 && i < program_.steps.size(), "graph: no node {}", at);
    const auto& vertex = graph_.vertices()[i];
    const bool open = has_open_size(vertex.shape);
    expect<DTypeError>(value.dtype() == vertex.dtype, "run: {} has dtype {}, its value {}",
                       label_of(vertex), vertex.dtype, value.dtype());
    if (open)
      expect<ShapeError>(sizes_.fit(vertex.shape, value.shape()),
                         "run: {} has shape {}, its value {}, and the same open size is the same "
                         "number in all values",
                         label_of(vertex), shown(vertex.shape), value.shape());
    else
      expect<ShapeError>(value.shape() == vertex.shape, "run: {} has shape {}, its value {}",
                         label_of(vertex), vertex.shape, value.shape());
    Tensor& place = values_[program_.steps[i].first];
    // Row-major, as the graph was built for.
    place = dense(value.requires_grad() ? value.detach() : value);
  }

  Tensors results() {
    std::vector<Arg> args;
    for (std::size_t i = 0; i < program_.steps.size(); ++i) {
      const Program::Step& step = program_.steps[i];
      if (!values_[step.first].defined()) {
        if (step.node != nullptr && !step.node->is_leaf())
          call(i, step, args);
        else
          values_[step.first] = known(i);
      }
      for (const std::size_t value : step.last_uses) values_[value] = Tensor();
    }
    Tensors found;
    for (const std::size_t value : program_.results) found.push_back(values_[value]);
    return found;
  }

 private:
  /// The present value of a leaf or constant.
  Tensor known(std::size_t i) {
    const auto& vertex = graph_.vertices()[i];
    const Tensor& value = vertex.values[0];
    expect<ValueError>(value.defined(), "run: {} of shape {} and dtype {} is not given",
                       vertex.name.empty() ? "an input" : "placeholder '" + vertex.name + "'",
                       shown(vertex.shape), vertex.dtype);
    if (sizes_.any && vertex.op == "constant" && has_open_size(value.shape()))
      return resized(value, sizes_, "run");
    return value;
  }

  void call(std::size_t i, const Program::Step& step, std::vector<Arg>& args) {
    const Node& node = *step.node;
    args.assign(step.args.begin(), step.args.end());
    if (step.sized && sizes_.any)
      for (Arg& arg : args) arg = scaled(arg, sizes_, node.op_name());
    Tensors list;
    for (std::size_t k = 0; k < step.uses.size(); ++k) {
      const Program::Use& use = step.uses[k];
      const auto at = static_cast<std::size_t>(use.arg);
      if (use.item < 0) {
        args[at] = Arg::borrow(values_[use.value]);
        continue;
      }
      if (k == 0 || step.uses[k - 1].arg != use.arg) list = args[at].tensors();
      list[static_cast<std::size_t>(use.item)] = values_[use.value];
      if (k + 1 == step.uses.size() || step.uses[k + 1].arg != use.arg) args[at] = Arg(list);
    }
    if (step.seed >= 0) draw_again(step, args);
    Results results;
    try {
      results = invoke(*node.op(), args.data(), static_cast<int>(args.size()));
    } catch (const ShapeError& error) {
      fail<ShapeError>("run: {}, recorded{}", error.what(), place_of(i));
    }
    args.clear();  // what was borrowed goes before what it was borrowed from
    take(i, step, results);
  }

  void take(std::size_t i, const Program::Step& step, Results& results) {
    for (int k = 0; k < results.count() && k < step.node->output_count(); ++k) {
      Tensor& result = results.at(k);
      if (!result.defined()) continue;
      Tensor owner;
      const Tensor& recorded = step.node->output(k, owner);
      if (recorded.defined()) {
        const bool alike =
            result.shape() == (sizes_.any ? sizes_.scaled(recorded.shape()) : recorded.shape());
        expect<ShapeError>(
            alike && result.dtype() == recorded.dtype(),
            "run: {} gives {} {} where the graph was built for {} {}; a static graph "
            "is for shapes that do not depend on values{}",
            step.node->op_name(), result.dtype(), result.shape(), recorded.dtype(),
            shown(recorded.shape()), place_of(i));
      }
      values_[step.first + static_cast<std::size_t>(k)] = std::move(result);
    }
  }

  std::string place_of(std::size_t i) const {
    const std::string& where = graph_.vertices()[i].where;
    return where.empty() ? "" : " (" + where + ")";
  }

  /// New random numbers; those that the graph draws twice, as a gradient does, stay the same.
  void draw_again(const Program::Step& step, std::vector<Arg>& args) {
    const auto at = static_cast<std::size_t>(step.seed);
    const std::pair key(args[at].integer(), args[at + 1].integer());
    const auto [found, fresh] = draws_.try_emplace(key);
    if (fresh) found->second = Generator::global().take(args[0].tensor().count());
    args[at] = Arg(static_cast<index>(found->second.seed));
    args[at + 1] = Arg(static_cast<index>(found->second.offset));
  }

  const Graph& graph_;
  const Program& program_;
  Tensors values_;
  OpenSizes sizes_;
  std::map<std::pair<index, index>, Generator::State> draws_;
};

}  // namespace

const Program& Graph::program() {
  if (!program_) program_ = std::make_shared<const Program>(*this, roots_);
  return *program_;
}

Tensors Graph::run(const std::map<int, Tensor>& given) {
  Run run(*this, program());
  for (const auto& [at, value] : given) run.give(at, value);
  const Recording pause(false);
  const Autocasting plain(0);
  return run.results();
}

Tensors Graph::run(const std::map<std::string, Tensor>& given) {
  std::map<int, Tensor> by_vertex;
  for (const auto& [name, value] : given) {
    const int at = input(name);
    expect<TypeError>(value.defined(), "run: '{}' is given no tensor", name);
    by_vertex[at] = value;
  }
  return run(by_vertex);
}

int Graph::input(const std::string& name) {
  const auto& names = program().names;
  const auto found = names.find(name);
  if (found == names.end()) {
    std::string known;
    for (const auto& one : names) known += (known.empty() ? "" : ", ") + one.first;
    fail<ValueError>("run: no input is named '{}'; there are: {}", name, known);
  }
  expect<ValueError>(found->second >= 0, "run: more than one input is named '{}'", name);
  return found->second;
}

}  // namespace topograd
