#include "graph/history.h"

#include "graph/mode.h"
#include "graph/node.h"
#include "tensor/body.h"
#include "tensor/followed.h"

namespace topograd {
namespace {

Tensor base_of(const Tensor& x) { return x.body()->rare ? x.body()->rare->base : Tensor(); }

/// Points x at a new node and takes along who wants its gradient.
void set_node(const Tensor& x, const Ref<Node>& node, std::uint32_t output) {
  auto& body = *x.body();
  const bool watched = body.watched;
  if (watched) node_of(x)->unwatch(body);
  body.node = Ref<Counted>(node.get());
  body.output = output;
  if (watched) node->watch(output, body);
  if (!x.name().empty()) node->extra().label = x.name();
}

/// Runs a recorded call that makes no new memory and returns its node.
Ref<Node> record(const char* name, std::initializer_list<Arg> args, const Tensor& result) {
  const OpRecord& op = *find_op(name);
  Results results;
  results.one = result;
  return Node::make(op, args.begin(), static_cast<int>(args.size()), results);
}

/// x, or a complex x as pairs of real numbers. A view may have another dtype than its base
/// (view_as_real): their regions are then told in real numbers.
Tensor in_real_parts(const Tensor& x) {
  if (!is_complex(x.dtype())) return x;
  const Tensor pairs = real_view(x);
  if (node_of(x) != nullptr)
    pairs.body()->node = Object(record("view_as_real", {Arg(x)}, pairs).get());
  return pairs;
}

/// The node of `whole`, whose real parts `node` makes.
Ref<Node> joined(const Ref<Node>& node, const Tensor& whole) {
  if (!is_complex(whole.dtype())) return node;
  const Tensor pairs = real_view(whole);
  pairs.body()->node = Object(node.get());
  return record("view_as_complex", {Arg(pairs)}, whole);
}

/// What regions compare: a view and its base in one unit.
struct Related {
  Tensor base, view;
  bool in_parts;
  Related(const Tensor& whole, const Tensor& part)
      : base(whole), view(part), in_parts(whole.dtype() != part.dtype()) {
    if (!in_parts) return;
    base = in_real_parts(whole);
    view = in_real_parts(part);
  }
  Arg offset() const { return Arg(view.body()->offset - base.body()->offset); }
};

void carry_history(const Tensor& x, const Tensor& copy) {
  if (!mode.everything || !mode.recording || node_of(x) == nullptr) return;
  refresh_view(x);
  const Ref<Node> node = x.dtype() == copy.dtype()
                             ? record("clone", {Arg(x), Arg("preserve_format")}, copy)
                             : record("cast", {Arg(x), Arg(copy.dtype())}, copy);
  copy.body()->node = Object(node.get());
  copy.body()->output = 0;
}

[[maybe_unused]] const bool registered = (detail::carry_history = carry_history, true);

}  // namespace

void keep_value_before(const Tensor& target) {
  const Tensor viewed = base_of(target);
  const Tensor& base = viewed.defined() ? viewed : target;
  if (node_of(base) != nullptr) return;
  const Tensor before = dense_copy(base);
  set_node(base, record("clone", {Arg(before), Arg("preserve_format")}, base), 0);
  ++detail::rare(*base.body()).generation;
  refresh_view(target);
}

void mark_view(const Tensor& result, const Tensor& x) {
  auto& rare = detail::rare(*result.body());
  const Tensor base = base_of(x);
  rare.base = base.defined() ? base : x;
  rare.base_generation = rare.base.body()->rare ? rare.base.body()->rare->generation : 0;
  rare.view_without_history =
      !mode.recording || (x.body()->rare && x.body()->rare->view_without_history);
}

void refresh_view(const Tensor& x) {
  if (!x.body()->rare || !x.body()->rare->base.defined()) return;
  auto& rare = *x.body()->rare;
  const Tensor& base = rare.base;
  const std::uint32_t generation = base.body()->rare ? base.body()->rare->generation : 0;
  if (generation == rare.base_generation) return;
  rare.base_generation = generation;
  if (node_of(base) == nullptr || rare.view_without_history) return;
  const Related pair(base, x);
  const Ref<Node> node = record("region",
                                {Arg(pair.base), Arg(pair.view.shape()), Arg(pair.view.strides()),
                                 pair.offset(), Arg(pair.base.strides())},
                                pair.view);
  set_node(x, pair.in_parts ? joined(node, x) : node, 0);
}

void check_writable(const Tensor& target, std::string_view op, bool recorded) {
  expect(!overlaps_itself(target),
         "{}: the output of shape {} and strides {} has elements that share memory "
         "(an expanded tensor?); call .clone() before changing it in place",
         op, target.shape(), target.strides());
  expect(target.hollow() || target.body()->storage->writable(),
         "{}: the output of shape {} looks at read-only memory", op, target.shape());
  expect(
      !target.body()->inference || mode.inference,
      "{}: a tensor of shape {} was made in inference_mode and can not be changed outside; clone "
      "it",
      op, target.shape());
  if (!mode.recording || !recorded) return;
  const auto& rare = target.body()->rare;
  expect(!(target.requires_grad() && target.is_leaf()),
         "{}: a leaf tensor that requires grad (shape {}{}{}) is changed in place while recording; "
         "do it under no_grad(), or on a copy",
         op, target.shape(), target.name().empty() ? "" : ", ", target.name());
  if (!rare || !rare->base.defined()) return;
  expect(!(rare->base.requires_grad() && rare->base.is_leaf()),
         "{}: a view of a leaf tensor that requires grad (shape {}) is changed in place while "
         "recording; do it under no_grad(), or on a copy",
         op, rare->base.shape());
  expect(!rare->view_without_history,
         "{}: a view that was made under no_grad() is changed in place while recording; make the "
         "view while recording, or change a copy",
         op);
}

void see_changes_of_base(const Tensor& x) {
  if (const Tensor base = base_of(x); base.defined() && base.body()->unseen)
    base.body()->unseen = false;
}

void count_change(const Tensor& target, const char* by, Change::Kind kind) {
  const detail::TensorBody& body = *target.body();
  if (body.unseen || (body.rare && body.rare->base.defined() && body.rare->base.body()->unseen))
    return;
  const Site& site = current_site();
  body.storage->bump();
  body.storage->set_last_change({by, site.code, site.instruction, kind});
}

void rewrite_history(const Tensor& target, const Object& made, std::uint32_t output) {
  const Ref<Node> node(static_cast<Node*>(made.get()));
  const Tensor base = base_of(target);
  set_node(target, node, output);
  if (!base.defined()) {
    ++detail::rare(*target.body()).generation;
    return;
  }
  const Related pair(base, target);
  const Ref<Node> written =
      record("region_write",
             {Arg(pair.base), Arg(pair.view), Arg(pair.view.shape()), Arg(pair.view.strides()),
              pair.offset(), Arg(pair.base.strides())},
             pair.base);
  set_node(base, pair.in_parts ? joined(written, base) : written, 0);
  auto& base_rare = detail::rare(*base.body());
  ++base_rare.generation;
  target.body()->rare->base_generation = base_rare.generation;
}

}  // namespace topograd
