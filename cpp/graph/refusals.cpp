#include "graph/refusals.h"

#include <unordered_set>

#include "graph/cuts.h"
#include "graph/passes.h"
#include "tensor/body.h"

namespace topograd {
namespace {

std::string after(const char* before, const std::string& text) {
  return text.empty() ? "" : before + text;
}

/// The first node, from the roots on, that a pass has not let go of and that takes a result of
/// `shared`; null where `shared` is a root itself.
const Node* consumer_of(const Node& shared, const std::vector<Ref<Node>>& roots) {
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> level;
  for (const Ref<Node>& root : roots)
    if (root.get() != &shared && seen.insert(root.get()).second) level.push_back(root.get());
  for (std::size_t i = 0; i < level.size(); ++i) {
    for (int slot = 0; slot < level[i]->slot_count(); ++slot) {
      const Node* input = level[i]->edges()[slot].node.get();
      if (input == &shared) return level[i];
      if (input != nullptr && seen.insert(input).second) level.push_back(input);
    }
  }
  return nullptr;
}

}  // namespace

std::string describe(const Node& node) {
  const Site site{node.code(), node.instruction(), {}};
  return node.op_name() + after(" at ", node.where()) + after(", in ", node.module_path()) +
         after(":  ", source_of(site));
}

namespace {

/// "add_ at model.py:14 in forward:  x += 1"
std::string describe(const Change& change) {
  if (change.by == nullptr) return "";
  const Site site{change.code, change.instruction, {}};
  const std::string name = change.by;
  const std::string told = change.kind == Change::Kind::method ? name + "_"
                           : change.kind == Change::Kind::out
                               ? name + " with out="
                               : "the " + name + " step of an optimizer";
  return told + after(" at ", topograd::describe(site)) + after(":  ", source_of(site));
}

std::string fix_for(const Change& change) {
  if (change.kind == Change::Kind::step)
    return "call backward() before the optimizer's step, or compute the loss again after it";
  if (change.kind == Change::Kind::out) return "leave out= away, or write into another tensor";
  std::string advice;
  if (change.code != nullptr && site_reader.advise != nullptr)
    advice = site_reader.advise(change.code, change.instruction, change.by);
  return advice.empty()
             ? "change a copy: write x = x + 1 instead of x += 1, or call .clone() before"
             : advice;
}

}  // namespace

std::string describe_change(const Tensor& x) {
  const Change& change = x.body()->storage->last_change();
  return after(", changed by ", describe(change)) + "\n  fix: " + fix_for(change);
}

void refuse_version(const Node& node, const Tensor& x, std::uint32_t saved,
                    const std::string& what) {
  fail(
      "{}: backward needs {}{} of shape {}, but it was changed in place\n"
      "  saved at version {} by {}\n"
      "  is at version {} now{}",
      node.op_name(), what, x.name().empty() ? "" : " (" + x.name() + ")", x.shape(), saved,
      describe(node), x.version(), describe_change(x));
}

void refuse_second_pass(const Node& node, const std::vector<Ref<Node>>& roots) {
  Pass pass;
  const bool known = find_pass(node.released_by(), pass);
  const Node* consumer = consumer_of(node, roots);
  const bool newer = known && !roots.empty() && roots[0]->sequence() >= pass.before;
  std::string text;
  if (consumer != nullptr) text += "\n  its result is used by " + describe(*consumer);
  if (newer)
    text +=
        "\n  fix: this loss was computed after that backward and still depends on what came "
        "before it; detach what is carried on from step to step (h = h.detach()), or call the "
        "first backward with retain_graph=True";
  else if (consumer != nullptr)
    text +=
        "\n  fix: two losses share it; add them and call backward once, or call the first "
        "backward with retain_graph=True";
  else
    text += "\n  fix: call backward with retain_graph=True the first time";
  fail(
      "{}: backward through it a second time, but what it saved was released{}\n  recorded by {}{}",
      node.op_name(), after(" by the backward at ", describe_pass(node.released_by())),
      describe(node), text);
}

void refuse_untracked(std::string_view op, std::string_view role, std::size_t i, const Tensor& x) {
  const std::uint32_t cut = x.defined() ? x.body()->cut : 0;
  fail("{}: {} {} of shape {} does not require grad{}", op, role, i,
       x.defined() ? x.shape() : Dims(),
       cut != 0 ? describe_cut(cut)
                : " and was not made from one that does; call requires_grad_() on what the "
                  "gradient is wanted for, before computing with it" +
                      after("\n  values were taken out of the graph last at ", last_exit()));
}

}  // namespace topograd
