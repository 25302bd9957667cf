#include "graph/symbolic.h"

#include "graph/mode.h"
#include "graph/node.h"

namespace topograd {
namespace {

constexpr index most_filled = 1 << 20;  // elements; a larger stand-in is one element, expanded

Tensor stand_in(const Tensor& x) {
  const int number = is_differentiable(x.dtype()) ? 1 : 0;
  index span = x.count() > 0 ? 1 : 0;  // elements between the first and the last
  for (int d = 0; d < x.rank() && span > 0; ++d) span += (x.shape()[d] - 1) * x.strides()[d];
  if (span <= most_filled)
    return restrided(Tensor::full({span}, number, x.dtype()), x.shape(), x.strides(), 0);
  return restrided(Tensor::full({}, number, x.dtype()), x.shape(), Dims::filled(x.rank(), 0), 0);
}

/// The arguments with a stand-in for each that has no data.
std::vector<Arg> with_values(const OpRecord& op, const Arg* args, int count) {
  std::vector<Arg> result(args, args + count);
  for (int i = 0; i < count; ++i) {
    const ArgKind kind = op.forward.kinds[i];
    Arg& arg = result[static_cast<std::size_t>(i)];
    if (kind == ArgKind::tensor && is_symbolic(args[i].tensor())) {
      arg = Arg(stand_in(args[i].tensor()));
    } else if (kind == ArgKind::tensors && !args[i].none()) {
      Tensors list = args[i].tensors();
      for (Tensor& x : list)
        if (is_symbolic(x)) x = stand_in(x);
      arg = Arg(std::move(list));
    }
  }
  return result;
}

/// Within a call that is written in other ops, what has no derivative is recorded, too.
class Everything {
 public:
  Everything() : before_(mode.everything) { mode.everything = true; }
  ~Everything() { mode.everything = before_; }
  Everything(const Everything&) = delete;
  Everything& operator=(const Everything&) = delete;

 private:
  bool before_;
};

}  // namespace

bool any_symbolic(const OpRecord& op, const Arg* args, int count) {
  for (int i = 0; i < count; ++i) {
    const ArgKind kind = args[i].kind();
    if (kind == ArgKind::tensor && is_symbolic(args[i].tensor())) return true;
    if (kind != ArgKind::tensors || op.forward.kinds[i] != ArgKind::tensors) continue;
    for (const Tensor& x : args[i].tensors())
      if (is_symbolic(x)) return true;
  }
  return false;
}

Results invoke_symbolic(const OpRecord& op, const Arg* args, int count) {
  expect(mode.recording && !mode.inference,
         "{}: an input follows from a placeholder, and nothing is recorded here (no_grad, "
         "inference_mode, or inside another op): build the graph outside",
         name_of(op));
  Results results;
  if (std::holds_alternative<Composite>(op.derivative)) {
    const Everything guard;
    op.forward.run(args, {}, results);
    return results;
  }
  const std::vector<Arg> standing = with_values(op, args, count);
  {
    const Recording pause(false);
    op.forward.run(standing.data(), {}, results);
  }
  for (int k = 0; k < results.count(); ++k)
    if (const Tensor x = results.at(k); x.defined())
      results.at(k) = restrided(hollow_like(x), x.shape(), x.strides(), 0);
  const Ref<Node> node = Node::make(op, args, count, results);
  node->make_symbolic();
  for (int k = 0; k < results.count(); ++k) {
    if (!results.at(k).defined()) continue;
    // The node may keep the hollow tensor itself, and must not own itself by it.
    results.at(k) = shallow_copy(results.at(k));
    results.at(k).body()->node = Ref<Counted>(node.get());
    results.at(k).body()->output = static_cast<std::uint32_t>(k);
  }
  return results;
}

void refuse_symbolic(const OpRecord& op, const Arg* args, int count) {
  expect<NotSupported>(!any_symbolic(op, args, count),
                       "{}_: changes a tensor in place, from or to a value that follows from a "
                       "placeholder; a static "
                       "graph has calls only that return new tensors: use {}, inplace=False, or "
                       "eval() where running "
                       "statistics are kept",
                       name_of(op), name_of(op));
}

void refuse_detach(const Tensor& x) {
  expect<NotSupported>(!is_symbolic(x),
                       "detach: the tensor of shape {} follows from a placeholder and has no value "
                       "outside its graph; leave it out of what graph.gradients(y, [x]) asks for",
                       x.shape());
}

Tensor make_placeholder(const std::string& name, const Dims& shape, DType dtype) {
  __int128 bytes = size_of(dtype);
  for (const index n : shape) {
    bytes *= n == 0 ? 1 : n;
    expect<ShapeError>(n >= 0 && bytes < __int128{1} << 62 && shape.size() <= max_rank,
                       "placeholder: '{}' of shape {} is larger than memory can hold", name, shape);
  }
  Tensor x =
      hollow_like(restrided(Tensor::full({}, 0, dtype), shape, Dims::filled(shape.size(), 0), 0));
  x.set_name(name);
  x.body()->node = Ref<Counted>(Node::make_leaf(x).get());
  node_of(x)->make_symbolic();
  mode.placeholders = true;
  return x;
}

}  // namespace topograd
