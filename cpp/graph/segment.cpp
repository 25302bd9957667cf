#include "graph/segment.h"

#include <algorithm>
#include <mutex>
#include <utility>

#include "base/fork.h"
#include "graph/mode.h"
#include "graph/refusals.h"

namespace topograd {
namespace {

std::mutex& values_lock() { return fork_safe_lock(ForkRank::watchers); }

}  // namespace

Segment::Seen Segment::look_at(const Node& node) {
  Seen seen{node.op(), {}, DType::float32};
  if (node.output_count() == 0 || !node.output(0).defined()) return seen;
  seen.shape = node.output(0).shape();
  seen.dtype = node.output(0).dtype();
  return seen;
}

SegmentRun::SegmentRun(Segment& segment, bool again)
    : segment_(&segment), again_(again), outer_(mode.run) {
  mode.run = this;
}

bool SegmentRun::leave() {
  for (SegmentRun** run = &mode.run; *run != nullptr; run = &(*run)->outer_)
    if (*run == this) {
      *run = outer_;
      return true;
    }
  return false;
}

void SegmentRun::enroll(const Ref<Node>& node) {
  // An inner segment's nodes belong to the outer one too, and at last: it computes all of them.
  for (SegmentRun* run = mode.run; run != nullptr; run = run->outer_) {
    run->made_.push_back(node);
    if (run->again_) return;  // who runs around a second run has nothing to do with it
  }
}

std::string SegmentRun::finish() {
  if (again_) return give_values();
  auto& seen = segment_->seen_;
  for (const Ref<Node>& node : made_) {
    seen.push_back(Segment::look_at(*node));
    node->leave_values_to(*segment_, static_cast<std::uint32_t>(seen.size() - 1));
  }
  made_.clear();
  return "";
}

std::string SegmentRun::give_values() {
  const auto& seen = segment_->seen_;
  for (std::size_t i = 0; i < std::min(seen.size(), made_.size()); ++i) {
    const auto now = Segment::look_at(*made_[i]);
    if (now.op != seen[i].op || now.shape != seen[i].shape || now.dtype != seen[i].dtype)
      return format(
          "op {} of it was {} with a result of shape {} and dtype {}, and is {} with {} and {} now",
          i, name_of(*seen[i].op), seen[i].shape, seen[i].dtype, name_of(*now.op), now.shape,
          now.dtype);
  }
  if (seen.size() != made_.size())
    return format("it recorded {} ops in the first run and {} in the second", seen.size(),
                  made_.size());
  const std::lock_guard guard(values_lock());
  if (!segment_->has_values_) segment_->values_ = std::move(made_);
  segment_->has_values_ = true;
  return "";
}

void Node::leave_values_to(Segment& segment, std::uint32_t place) {
  if (released()) return;
  release_saved();
  extra().segment = Ref<Counted>(&segment);
  extra().place = place;
  absent_.store(true, std::memory_order_release);
}

void Node::fetch_values() {
  while (absent_.load(std::memory_order_acquire)) {
    Ref<Counted> kept;  // dropped after the lock, as all that is taken out is
    Ref<Node> fresh;
    bool run = false;
    {
      const std::lock_guard guard(values_lock());
      if (!absent_.load(std::memory_order_relaxed)) return;
      kept = extra().segment;
      auto& segment = static_cast<Segment&>(*kept);
      run = !segment.has_values_;
      if (!run) {
        std::swap(fresh, segment.values_[extra().place]);
        take_values(fresh.get());
      }
    }
    if (run) static_cast<Segment&>(*kept).run_again();
  }
}

void Node::take_values(Node* fresh) {
  const bool fits = fresh != nullptr && fresh->op_ == op_ && fresh->slot_count_ == slot_count_ &&
                    fresh->arg_count_ == arg_count_ && fresh->output_count_ == output_count_;
  expect(fits, "{}: what was computed again is not what was computed at first", op_name());
  const auto alike = [](const Tensor& a, const Tensor& b) {
    return a.defined() == b.defined() &&
           (!a.defined() || (a.shape() == b.shape() && a.dtype() == b.dtype()));
  };
  std::vector<const Tensor*> before;
  each_slot(*op_, args_, arg_count_, [&](int, const Tensor& x) { before.push_back(&x); });
  each_slot(*op_, fresh->args_, arg_count_, [&](int slot, const Tensor& x) {
    const std::string& name = op_name();
    const auto place = static_cast<std::size_t>(slot);
    expect(alike(x, *before[place]), "{}: argument {} has another shape when computed again", name,
           slot);
    const Node* made = edges_[slot].node.get();
    const bool moved = versions_[slot] != no_version && fresh->versions_[slot] != versions_[slot];
    if (made != nullptr && made->is_leaf() && moved)
      fail(
          "{}: argument {} of shape {} was changed in place after the forward pass, so that it can "
          "not be computed again{}",
          name, slot, x.shape(), describe_change(x));
  });
  for (int i = 0; i < arg_count_; ++i) std::swap(args_[i], fresh->args_[i]);
  for (std::uint32_t k = 0; k < output_count_; ++k) {
    while (output_lock_.test_and_set(std::memory_order_acquire)) {
    }
    std::swap(outputs_[k], fresh->outputs_[k]);
    output_lock_.clear(std::memory_order_release);
  }
  for (std::uint32_t i = 0; i < slot_count_ + output_count_; ++i)
    versions_[i] = fresh->versions_[i];
  const bool again = fresh->absent_.load(std::memory_order_relaxed);
  std::swap(extra().segment, fresh->extra().segment);
  std::swap(extra().place, fresh->extra().place);
  absent_.store(again, std::memory_order_release);
}

}  // namespace topograd
