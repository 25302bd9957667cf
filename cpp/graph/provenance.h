#pragma once

#include <string>

#include "topograd/counted.h"

namespace topograd {

/// Where in the user's program a call was made: a code object that lives forever and an offset in
/// it, plus the chain of modules that were running. Turned into text only when somebody asks.
struct Site {
  const void* code = nullptr;
  int instruction = -1;
  Ref<Counted> scope;
};

/// Set by the bindings; without them nothing is captured and the texts are empty.
struct SiteReader {
  void (*capture)(Site& site) = nullptr;
  std::string (*describe)(const void* code, int instruction) = nullptr;  ///< "file.py:12 in f"
  std::string (*describe_scope)(const Counted* scope) = nullptr;         ///< "net.block.2.fc"
  std::string (*source)(const void* code, int instruction) = nullptr;    ///< "x += 1"
  /// What to write instead of a change in place by `op`: "write x = x + 1 instead of x += 1".
  std::string (*advise)(const void* code, int instruction, const std::string& op) = nullptr;
};
TOPOGRAD_API extern SiteReader site_reader;

/// What the bindings hold while Python is in an op: the frame is looked at only if something is
/// recorded, and only while the interpreter's lock is held.
class TOPOGRAD_API AwaitedSite {
 public:
  AwaitedSite() noexcept;
  ~AwaitedSite();
  AwaitedSite(const AwaitedSite&) = delete;
  AwaitedSite& operator=(const AwaitedSite&) = delete;

 private:
  bool before_;
};
/// The site of the call that is running. Captured at most once per AwaitedSite.
TOPOGRAD_API const Site& current_site();
TOPOGRAD_API std::string describe(const Site& site);
/// The text of the program there, one line; "" where it is not known.
TOPOGRAD_API std::string source_of(const Site& site);

}  // namespace topograd
