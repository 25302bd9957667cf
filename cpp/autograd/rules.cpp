#include "autograd/rules.h"

#include "ops/family.h"

namespace topograd {
namespace {

/// A saved value that is part of the graph again.
Tensor attached(const Tensor& saved, const Edge& edge) {
  if (!saved.defined() || !edge.node) return saved;
  Tensor copy = shallow_copy(saved);
  copy.body()->node = Ref<Counted>(edge.node.get());
  copy.body()->output = edge.output;
  return copy;
}

/// The chain rule's product in reverse mode, which multiplies with the conjugate: for complex z and
/// a real loss L, the gradient is dL/d(Re z) + i dL/d(Im z), as in PyTorch.
Tensor pulled_back(const Tensor& g, const Tensor& partial) {
  return chained(g, is_complex(partial.dtype()) ? conj(partial) : partial);
}

/// A complex gradient or tangent of something real counts by its real part.
Tensor projected(const Tensor& g, DType onto) {
  return is_complex(g.dtype()) && !is_complex(onto) ? cast(g, onto) : g;
}

bool takes_complex(const Call& call, const Tensors& g) {
  for (const Tensor& x : g)
    if (x.defined() && is_complex(x.dtype())) return true;
  for (int i = 0; i < call.arg_count; ++i)
    if (call.args[i].kind() == ArgKind::tensor && is_complex(call.args[i].tensor().dtype()))
      return true;
  return false;
}

Tensor zeros_for(const Tensor& x) { return Tensor::zeros(x.shape(), x.dtype()); }

Tensors run_vjp(const Vjp& rule, const Call& call, const Tensors& g, int slots) {
  if (rule.all != nullptr) return rule.all(call, g);
  Tensors result(static_cast<std::size_t>(slots));
  for (int slot = 0; slot < slots && slot < rule.count; ++slot)
    if (call.wants(slot)) result[static_cast<std::size_t>(slot)] = rule.one[slot](call, g);
  return result;
}

Tensors run_rule(const Node& node, const Call& call, const Tensors& g) {
  const OpRecord& op = *node.op();
  const int slots = node.slot_count();
  if (!mode.recording && !mode.strict_ieee && op.fused.defined() && !takes_complex(call, g))
    return run_vjp(op.fused, call, g, slots);
  if (const auto* rule = std::get_if<Elementwise>(&op.derivative)) {
    Tensors result(static_cast<std::size_t>(slots));
    for (int slot = 0; slot < slots && slot < rule->count; ++slot)
      if (call.wants(slot))
        result[static_cast<std::size_t>(slot)] = pulled_back(g[0], rule->partial[slot](call));
    return result;
  }
  if (const auto* rule = std::get_if<Linear>(&op.derivative))
    return run_vjp(rule->transpose, call, g, slots);
  if (const auto* rule = std::get_if<Multilinear>(&op.derivative))
    return run_vjp(rule->vjp, call, g, slots);
  if (const auto* rule = std::get_if<General>(&op.derivative))
    return run_vjp(rule->vjp, call, g, slots);
  if (std::holds_alternative<NotDifferentiable>(
          op.derivative)) {  // written in place: see record.cpp
    Tensors result(static_cast<std::size_t>(slots));
    for (int slot = 0; slot < slots; ++slot)
      if (call.wants(slot)) {
        const Edge& edge = node.edges()[slot];
        Tensor owner;
        result[static_cast<std::size_t>(slot)] =
            zeros_for(edge.node->output(static_cast<int>(edge.output), owner));
      }
    return result;
  }
  fail("{}: has no derivative", name_of(op));
}

}  // namespace

Tensor checked(const Node& node, int slot, Tensor gradient) {
  const Edge& edge = node.edges()[slot];
  Tensor owner;
  const Tensor& expected = edge.node->output(static_cast<int>(edge.output), owner);
  if (!(gradient.shape() == expected.shape())) {
    const int added = gradient.rank() - expected.rank();
    bool fits = added >= 0;
    for (int d = 0; fits && d < expected.rank(); ++d)
      fits = expected.shape()[d] == 1 || expected.shape()[d] == gradient.shape()[d + added];
    if (!fits && added <= 0) {
      // A rule may give a partial that is the same everywhere.
      expect<ShapeError>(
          broadcast_shapes(gradient.shape(), expected.shape(), node.op_name()) == expected.shape(),
          "{}: backward gives a gradient of shape {} for input {} of shape {}", node.op_name(),
          gradient.shape(), slot, expected.shape());
      gradient = expand(gradient, expected.shape());
    } else {
      expect<ShapeError>(fits, "{}: backward gives a gradient of shape {} for input {} of shape {}",
                         node.op_name(), gradient.shape(), slot, expected.shape());
      gradient = sum_to_shape(gradient, expected.shape());
    }
  }
  expect<TypeError>(is_differentiable(gradient.dtype()),
                    "{}: backward gives a gradient of dtype {} for input {}", node.op_name(),
                    gradient.dtype(), slot);
  return gradient.dtype() == expected.dtype() ? gradient : cast(gradient, expected.dtype());
}

// ---------------------------------------------------------------- forward mode

namespace {

bool any_defined(const Tensors& list) {
  for (const Tensor& x : list)
    if (x.defined()) return true;
  return false;
}

/// The arguments with tensor slots replaced by choose(slot, tensor).
template <class F>
std::vector<Arg> replaced(const OpRecord& op, const Call& call, F&& choose) {
  std::vector<Arg> args(call.args, call.args + call.arg_count);
  int slot = 0;
  for (int i = 0; i < call.arg_count; ++i) {
    if (op.forward.kinds[i] == ArgKind::tensor) {
      args[static_cast<std::size_t>(i)] = Arg(choose(slot, call.args[i].tensor()));
      ++slot;
    } else if (op.forward.kinds[i] == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : call.args[i].tensors()) list.push_back(choose(slot++, x));
      args[static_cast<std::size_t>(i)] = Arg(std::move(list));
    }
  }
  return args;
}

Tensors results_of(const OpRecord& op, const std::vector<Arg>& args) {
  Results results = invoke(op, args.data(), static_cast<int>(args.size()));
  if (results.several) return std::move(results.many);
  return {std::move(results.one)};
}

Tensors elementwise_jvp(const Elementwise& rule, const Call& call, const Tensors& t,
                        const Tensor& like) {
  Tensor total;
  for (int slot = 0; slot < rule.count && slot < static_cast<int>(t.size()); ++slot) {
    const Tensor& tangent = t[static_cast<std::size_t>(slot)];
    if (!tangent.defined()) continue;
    const Tensor part = projected(chained(tangent, rule.partial[slot](call)), like.dtype());
    total = total.defined() ? total + part : part;
  }
  if (!(total.shape() == like.shape())) total = expand(total, like.shape());
  return {total};
}

Tensors multilinear_jvp(const OpRecord& op, const Call& call, const Tensors& t) {
  Tensors total;
  for (std::size_t k = 0; k < t.size(); ++k) {
    if (!t[k].defined()) continue;
    const auto args = replaced(op, call, [&](int slot, const Tensor& x) {
      return slot == static_cast<int>(k) ? t[k] : x;
    });
    Tensors part = results_of(op, args);
    if (total.empty())
      total = std::move(part);
    else
      for (std::size_t i = 0; i < part.size(); ++i) total[i] = total[i] + part[i];
  }
  return total;
}

/// The arguments of a linear op for its forward mode: tangents, and zeros for data that has none.
/// What stays are indices and masks: what the rules read of other dtypes, or a list of optional
/// tensors holds.
std::vector<Arg> linear_tangents(const OpRecord& op, const Call& call, const Tensors& t) {
  std::vector<Arg> args(call.args, call.args + call.arg_count);
  int slot = 0;
  for (int i = 0; i < call.arg_count; ++i) {
    const Parameter& p = signature_of(op).parameters[static_cast<std::size_t>(i)];
    const bool indices = p.type.starts_with("Tensor?[");
    const auto choose = [&](const Tensor& x) -> Tensor {
      const unsigned bit = slot < 7 ? 2u << slot : static_cast<unsigned>(saves_inputs);
      const bool read = (op.saves & saves_inputs & bit) != 0;
      const Tensor& tangent = t[static_cast<std::size_t>(slot++)];
      if (tangent.defined() || !x.defined()) return tangent;
      return !is_differentiable(x.dtype()) && (read || indices) ? x : zeros_for(x);
    };
    if (op.forward.kinds[i] == ArgKind::tensor) {
      args[static_cast<std::size_t>(i)] = Arg(choose(call.args[i].tensor()));
    } else if (op.forward.kinds[i] == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : call.args[i].tensors()) list.push_back(choose(x));
      args[static_cast<std::size_t>(i)] = Arg(std::move(list));
    }
  }
  return args;
}

Tensors run_jvp(const OpRecord& op, const Call& call, const Tensors& t) {
  if (const auto* rule = std::get_if<Elementwise>(&op.derivative))
    return elementwise_jvp(*rule, call, t, call.output());
  if (std::holds_alternative<Linear>(op.derivative))
    return results_of(op, linear_tangents(op, call, t));
  if (std::holds_alternative<NotDifferentiable>(op.derivative))
    return Tensors(static_cast<std::size_t>(call.output_count));
  if (std::holds_alternative<Multilinear>(op.derivative)) return multilinear_jvp(op, call, t);
  if (const auto* rule = std::get_if<General>(&op.derivative)) {
    expect<NotSupported>(rule->jvp.run != nullptr, "{}: has no forward mode rule (define jvp)",
                         name_of(op));
    return rule->jvp.run(call, t);
  }
  fail("{}: has no derivative", name_of(op));
}

template <class F>
auto naming_hollow_reads(const Node& node, F&& run) {
  try {
    return run();
  } catch (const HollowRead& e) {
    fail("{}: backward {}, which the op does not list in .saves", node.op_name(), e.what());
  }
}

}  // namespace

RuleInput::RuleInput(const Node& node, const bool* wanted) {
  call_ = {node.op(), node.args(), node.arg_count(), &node.output(0), node.output_count(), wanted};
  if (!mode.recording) return;
  int slot = 0;
  for (int i = 0; i < node.arg_count(); ++i) {
    const Arg& arg = node.args()[i];
    const ArgKind kind = node.op()->forward.kinds[i];
    if (kind == ArgKind::tensor) {
      args_.emplace_back(attached(arg.tensor(), node.edges()[slot++]));
    } else if (kind == ArgKind::tensors) {
      Tensors list;
      for (const Tensor& x : arg.tensors()) list.push_back(attached(x, node.edges()[slot++]));
      args_.emplace_back(std::move(list));
    } else {
      args_.push_back(arg);
    }
  }
  for (int k = 0; k < node.output_count(); ++k)
    outputs_.push_back(
        node.output(k).defined() && (node.symbolic() || is_differentiable(node.output(k).dtype()))
            ? attached(node.output(k),
                       {Ref<Node>(const_cast<Node*>(&node)), static_cast<std::uint32_t>(k)})
            : node.output(k));
  call_.args = args_.data();
  call_.outputs = outputs_.data();
}

Tensors apply_vjp(const Node& node, const Tensors& gradients, const bool* wanted) {
  const Autocasting pause(0);  // the dtypes are those of the recorded call
  const RuleInput input(node, wanted);
  Tensors result =
      naming_hollow_reads(node, [&] { return run_rule(node, input.call(), gradients); });
  expect(static_cast<int>(result.size()) == node.slot_count(),
         "{}: backward gives {} gradients for {} inputs", node.op_name(), result.size(),
         node.slot_count());
  for (int slot = 0; slot < node.slot_count(); ++slot) {
    Tensor& gradient = result[static_cast<std::size_t>(slot)];
    if (!wanted[slot])
      gradient = Tensor();
    else if (gradient.defined())
      gradient = checked(node, slot, std::move(gradient));
  }
  return result;
}

Tensors apply_jvp(const Node& node, const Tensors& tangents) {
  if (!any_defined(tangents)) return Tensors(static_cast<std::size_t>(node.output_count()));
  const Autocasting pause(0);
  const RuleInput input(node, nullptr);
  return naming_hollow_reads(node, [&] { return run_jvp(*node.op(), input.call(), tangents); });
}

}  // namespace topograd
