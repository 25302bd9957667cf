#include "graph/watch.h"

#include <exception>

namespace topograd {

void CallWatch::attach() {
  int others = 0;
  for (CallWatch* one = mode.watch; one != nullptr; one = one->outer_) {
    expect(one != this, "watch: it watches this thread already");
    ++others;
  }
  expect(others < Watching::most_watches, "watch: {} watch this thread already", others);
  retain();
  outer_ = mode.watch;
  mode.watch = this;
  mode.watched = 1;  // also where nothing is watched just now: it was asked for inside
}

bool CallWatch::detach() {
  for (CallWatch** place = &mode.watch; *place != nullptr; place = &(*place)->outer_) {
    if (*place != this) continue;
    *place = outer_;
    outer_ = nullptr;
    if (mode.watch == nullptr) mode.watched = 0;
    drop();
    return true;
  }
  return false;
}

Watching::Watching(const CallWatch::Event& event) : event_(event) {
  for (CallWatch* one = mode.watch; one != nullptr && count_ < most_watches; one = one->outer_) {
    watches_[count_] = one;
    numbers_[count_] = one->begin(event_);
    ++count_;
  }
}

Watching::~Watching() {
  if (!ended_) done();
}

void Watching::done(const Tensor* results, int count) {
  ended_ = true;
  std::exception_ptr failure;
  for (int i = 0; i < count_; ++i) {
    // One that was detached meanwhile, by the program inside, may be gone.
    const CallWatch* one = mode.watch;
    while (one != nullptr && one != watches_[i]) one = one->outer_;
    if (one == nullptr) continue;
    try {
      watches_[i]->end(numbers_[i], event_, results, count);
    } catch (...) {
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
}

Results invoke_watched(const OpRecord& op, const Arg* args, int count) {
  Watching watching({.kind = CallWatch::Kind::call, .op = &op, .args = args, .arg_count = count});
  Results results;
  if (std::holds_alternative<Composite>(op.derivative)) {
    op.forward.run(args, {}, results);
  } else {
    const Unwatched inside;
    results = invoke(op, args, count);
  }
  watching.done(results);
  return results;
}

Tensor invoke_in_place_watched(const OpRecord& op, const Arg* args, int count) {
  Watching watching(
      {.kind = CallWatch::Kind::in_place, .op = &op, .args = args, .arg_count = count});
  Tensor result;
  {
    const Unwatched inside;
    result = invoke_in_place(op, args, count);
  }
  watching.done(&result, 1);
  return result;
}

}  // namespace topograd
