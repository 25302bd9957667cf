#pragma once

#include <cstdint>
#include <optional>

#include "graph/mode.h"
#include "topograd/op.h"

namespace topograd {

class Node;

/// Who looks at what a thread computes: the profiler, the guard against NaN. Nothing of it costs
/// where no watch is attached: calls test a flag of the mode that they read anyway.
class TOPOGRAD_API CallWatch : public Counted {
 public:
  enum class Kind : std::uint8_t {
    call,      ///< an op; those in a Composite are seen too, those in others are not
    in_place,  ///< an op that writes over its first argument
    backward,  ///< the rule of a node
    module,    ///< a module's forward
    block,     ///< a part of the program that has a name
    creation,  ///< a tensor made of numbers: zeros, randn
  };
  struct Event {
    Kind kind;
    const OpRecord* op = nullptr;       ///< of calls
    const Arg* args = nullptr;          ///< of calls
    int arg_count = 0;                  ///< of calls
    Node* node = nullptr;               ///< of rules
    const Tensors* incoming = nullptr;  ///< of rules: the gradients of the outputs
    const Counted* scope = nullptr;     ///< of modules
    const char* text = nullptr;         ///< of blocks and creations
  };

  /// Called before; the number is handed to end().
  virtual std::int64_t begin(const Event& event) = 0;
  /// Called after, with the results or the gradients of the inputs; null when an exception ended
  /// it. May throw, if there are results.
  virtual void end(std::int64_t number, const Event& event, const Tensor* results, int count) = 0;

  /// Watches the calling thread from now on, or no longer. Several may; they are told in turn.
  void attach();
  /// False, and nothing is done, if it does not watch this thread.
  bool detach();

 private:
  friend class Watching;
  CallWatch* outer_ = nullptr;
};

/// Something that watches are told of, while it lasts.
class TOPOGRAD_API Watching {
 public:
  explicit Watching(const CallWatch::Event& event);
  /// An end without results where done() was not reached.
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  void done(const Tensor* results = nullptr, int count = 0);
  void done(Results& results) {
    done(results.several ? results.many.data() : &results.one, results.count());
  }

  static constexpr int most_watches = 4;

 private:
  CallWatch::Event event_;
  int count_ = 0;
  bool ended_ = false;
  CallWatch* watches_[most_watches];
  std::int64_t numbers_[most_watches];
};

/// Watches see nothing for a while: the computation of a primitive is its own affair.
class Unwatched {
 public:
  explicit Unwatched(bool really = true)
      : ends_here_(really && (mode.watched != 0 || mode.watch == nullptr)) {
    if (really) mode.watched = 0;
  }
  // A program inside, a hook say, may have attached a watch, or detached the last one.
  ~Unwatched() {
    if (ends_here_) mode.watched = mode.watch != nullptr;
  }
  Unwatched(const Unwatched&) = delete;
  Unwatched& operator=(const Unwatched&) = delete;

 private:
  bool ends_here_;
};

/// A call of an op that watches are told of; what invoke() and its kin turn to.
Results invoke_watched(const OpRecord& op, const Arg* args, int count);
Tensor invoke_in_place_watched(const OpRecord& op, const Arg* args, int count);

/// A block of this name, where anybody watches.
class WatchedBlock {
 public:
  explicit WatchedBlock(const char* text) {
    if (mode.watched != 0) [[unlikely]]
      watching_.emplace(CallWatch::Event{.kind = CallWatch::Kind::block, .text = text});
  }
  ~WatchedBlock() = default;
  WatchedBlock(const WatchedBlock&) = delete;
  WatchedBlock& operator=(const WatchedBlock&) = delete;

 private:
  std::optional<Watching> watching_;
};

}  // namespace topograd
