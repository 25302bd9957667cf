#pragma once

#include <string>
#include <vector>

#include "graph/node.h"

namespace topograd {

/// A part of the program whose nodes, once it has run, keep no values. Where one of them is
/// visited, the part is run once more, and each node takes over what the node of the same number
/// saved in that run.
///
/// Nodes own their segment; it knows of them by number only, so that no cycle can form.
class TOPOGRAD_API Segment : public Counted {
 public:
  /// Runs the part again, in a SegmentRun with `again`. Called without any lock.
  virtual void run_again() = 0;

 private:
  friend class Node;
  friend class SegmentRun;
  /// What a node looked like in the first run.
  struct Seen {
    const OpRecord* op;
    Dims shape;
    DType dtype;
  };
  static Seen look_at(const Node& node);

  std::vector<Seen> seen_;
  bool has_values_ = false;        // guarded by the lock of watchers, as the values are
  std::vector<Ref<Node>> values_;  // of the second run; each is taken once
};

/// While it stands, the nodes that this thread makes belong to the segment. Runs nest.
class TOPOGRAD_API SegmentRun {
 public:
  /// again: it is the second run.
  SegmentRun(Segment& segment, bool again);
  /// It must have been left.
  ~SegmentRun() = default;
  SegmentRun(const SegmentRun&) = delete;
  SegmentRun& operator=(const SegmentRun&) = delete;

  /// The end of a run that went well. First run: the nodes let go of their values. Second: the
  /// values are there to be taken; returns how the run differs from the first, or "".
  std::string finish();
  bool again() const { return again_; }
  /// Ends it, in any order with others; false, and nothing is done, if it is not this thread's.
  bool leave();
  /// Called for each new node.
  static void enroll(const Ref<Node>& node);

 private:
  std::string give_values();

  const Ref<Segment> segment_;
  const bool again_;
  SegmentRun* outer_;
  std::vector<Ref<Node>> made_;
};

}  // namespace topograd
