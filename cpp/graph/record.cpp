#include "graph/autocast.h"
#include "graph/cuts.h"
#include "graph/history.h"
#include "graph/mode.h"
#include "graph/node.h"
#include "graph/symbolic.h"
#include "graph/watch.h"
#include "tensor/body.h"

namespace topograd {
namespace {

bool tracks(const Arg* args, int count) {
  bool tracked = false;
  for (int i = 0; i < count && !tracked; ++i) {
    const ArgKind kind = args[i].kind();
    if (kind == ArgKind::tensor) {
      refresh_view(args[i].tensor());
      tracked = args[i].tensor().requires_grad();
    } else if (kind == ArgKind::tensors) {
      for (const Tensor& x : args[i].tensors())
        if (x.defined()) {
          refresh_view(x);
          tracked = tracked || x.requires_grad();
        }
    }
  }
  return tracked;
}

/// A forward computation may hand back one of its arguments; the result needs a body of its own.
void separate_from_args(const OpRecord& op, const Arg* args, int count, Results& results) {
  for (int k = 0; k < results.count(); ++k)
    each_slot(op, args, count, [&](int, const Tensor& x) {
      if (x.defined() && results.at(k).same_as(x)) results.at(k) = shallow_copy(x);
    });
}

/// What a primitive made by way of views is memory of its own for the caller.
void forget_views(const OpRecord& op, const Arg* args, int count, Results& results) {
  if ((op.traits & is_view) != 0) return;
  for (int k = 0; k < results.count(); ++k) {
    const Tensor& result = results.at(k);
    if (!result.defined() || !result.body()->rare || !result.body()->rare->base.defined()) continue;
    bool given = false;
    each_slot(op, args, count, [&](int, const Tensor& x) { given = given || result.same_as(x); });
    if (given) continue;
    result.body()->rare->base = Tensor();
    result.body()->rare->view_without_history = false;
  }
}

/// Returns whether all results are tracked now.
bool attach(const OpRecord& op, const Ref<Node>& node, Results& results) {
  const int outputs = mode.everything ? results.count() : op.differentiable_outputs;
  bool all = outputs >= results.count();
  for (int k = 0; k < results.count() && k < outputs; ++k) {
    const Tensor& result = results.at(k);
    if (!result.defined()) continue;
    if (!is_differentiable(result.dtype()) && !mode.everything) {
      all = false;
      continue;
    }
    result.body()->node = Ref<Counted>(node.get());
    result.body()->output = static_cast<std::uint32_t>(k);
    result.body()->cut = 0;
  }
  return all;
}

void refuse_inference(const OpRecord& op, const Arg* args, int count) {
  each_slot(op, args, count, [&](int, const Tensor& x) {
    if (x.defined() && x.body()->inference)
      fail(
          "{}: a tensor of shape {} was made in inference_mode and can not be recorded; clone it "
          "outside",
          name_of(op), x.shape());
  });
}

}  // namespace

Results invoke(const OpRecord& op, const Arg* args, int count) {
  if ((mode.autocast | mode.watched | static_cast<std::uint8_t>(mode.placeholders)) != 0)
      [[unlikely]] {
    if (mode.autocast != 0) return invoke_autocast(op, args, count);
    if (mode.placeholders && any_symbolic(op, args, count))
      return invoke_symbolic(op, args, count);
    if (mode.watched != 0) return invoke_watched(op, args, count);
  }
  Results results;
  if (std::holds_alternative<Composite>(op.derivative)) {
    op.forward.run(args, {}, results);
    return results;
  }
  const bool tracked = mode.recording && tracks(args, count);
  if (!tracked) {
    op.forward.run(args, {}, results);
    forget_views(op, args, count, results);
    if ((op.traits & is_view) != 0) {
      separate_from_args(op, args, count, results);
      for (int k = 0; k < results.count(); ++k) mark_view(results.at(k), args[0].tensor());
    }
    if (mode.inference)
      for (int k = 0; k < results.count(); ++k)
        if (results.at(k).defined()) results.at(k).body()->inference = true;
    if (const std::uint32_t cut = cut_among(args, count); cut != 0) [[unlikely]]
      for (int k = 0; k < results.count(); ++k)
        if (results.at(k).defined()) results.at(k).body()->cut = cut;
    return results;
  }
  {
    const Recording pause(false);  // a primitive's own computation is not recorded
    op.forward.run(args, {}, results);
  }
  separate_from_args(op, args, count, results);
  forget_views(op, args, count, results);
  if ((op.traits & is_view) != 0)
    for (int k = 0; k < results.count(); ++k) mark_view(results.at(k), args[0].tensor());
  if (std::holds_alternative<NotDifferentiable>(op.derivative) && !mode.everything) {
    note_untracked(op, results);
    return results;
  }
  refuse_inference(op, args, count);
  if (!attach(op, Node::make(op, args, count, results), results)) note_untracked(op, results);
  return results;
}

Tensor invoke_in_place(const OpRecord& op, const Arg* args, int count) {
  if (mode.watched != 0) [[unlikely]]
    return invoke_in_place_watched(op, args, count);
  const Tensor target = args[0].tensor();
  const std::string name = name_of(op) + "_";
  if (mode.placeholders) refuse_symbolic(op, args, count);
  const bool tracked = mode.recording && tracks(args, count);
  check_writable(target, name, tracked);
  if (mode.everything && tracked) keep_value_before(target);

  // An op without a derivative cuts off the history of the target: its node gives zeros.
  const bool differentiable =
      mode.everything || !std::holds_alternative<NotDifferentiable>(op.derivative);
  const bool recorded = tracked && (differentiable || target.requires_grad()) &&
                        !std::holds_alternative<Composite>(op.derivative);
  Results results;
  if (tracked && std::holds_alternative<Composite>(op.derivative)) {
    // The ops inside are recorded, on a copy: what they save must not be the memory that is
    // written. Their result then replaces the target's value and history.
    std::vector<Arg> on_copy(args, args + count);
    const Arg cloned[] = {args[0], Arg(std::string("preserve_format"))};
    const Tensor before = invoke(*find_op("clone"), cloned, 2).one;
    on_copy[0] = Arg(before);
    op.forward.run(on_copy.data(), {}, results);
    const OpRecord& copy = *find_op("copy");
    const Arg copied[] = {args[0], Arg(results.one), Arg(false)};
    invoke_in_place(copy, copied, 3);
    Change change = target.body()->storage->last_change();
    change.by = name_of(op).c_str();
    target.body()->storage->set_last_change(change);
    return target;
  }
  // A rule that reads the first argument needs the value from before.
  Arg before[16];
  expect(count <= 16, "{}: too many arguments", name);
  for (int i = 0; i < count; ++i) before[i] = args[i];
  if (recorded && (op.saves & read_by_gradients(op, args, count) & saves_in0) != 0) {
    Tensor copy = dense_copy(target);
    copy.body()->node = target.body()->node;
    copy.body()->output = target.body()->output;
    before[0] = Arg(copy);
  }
  {
    const Recording pause(false);  // a primitive's own computation is not recorded
    if (op.forward.writes_target) {
      op.forward.run(args, {&target}, results);
    } else {
      op.forward.run(args, {}, results);
      const Tensor& value = results.one;
      expect(!is_higher(value.dtype(), target.dtype()),
             "{}: the result has dtype {}, which can not be written into the output of dtype {}",
             name, value.dtype(), target.dtype());
      expect<ShapeError>(value.shape() == target.shape(),
                         "{}: the result has shape {}, which does not fit the output of shape {}",
                         name, value.shape(), target.shape());
      copy_elements(value, target);
    }
  }
  count_change(target, name_of(op).c_str());
  if (!recorded) {
    if (!target.requires_grad()) {
      const int first = (op.traits & in_place_only) != 0 ? 1 : 0;  // copy_: the old value is gone
      const std::uint32_t cut = cut_among(args + first, count - first);
      if (target.body()->cut != cut) target.body()->cut = cut;
    }
    return target;
  }
  refuse_inference(op, before, count);
  results.one = target;
  // The node keeps the target's old edge: it is made before the history is rewritten.
  const Ref<Node> node = Node::make(op, before, count, results);
  rewrite_history(target, Object(node.get()));
  return target;
}

}  // namespace topograd
