#pragma once

#include <cstdint>

#include "base/thread_storage.h"
#include "topograd/export.h"

namespace topograd {

class CallWatch;
class SegmentRun;

/// What the calling thread is doing. Guards in topograd/autograd.h change it and change it back.
struct Mode {
  bool recording = true;
  bool inference = false;
  /// For who follows values rather than gradients (an export): integers and ops without a
  /// derivative are recorded too, and nothing switches recording off.
  bool everything = false;
  bool strict_ieee = false;   ///< zero cotangents multiply infinite partials to NaN, as elsewhere
  std::uint8_t autocast = 0;  ///< 1 + the DType that products compute in, or 0 (autocast.h)
  std::uint8_t watched = 0;   ///< whether somebody looks at calls now (watch.h)
  /// The thread made a placeholder: arguments may be values of a static graph (symbolic.h).
  bool placeholders = false;
  /// While nothing is recorded: where that began, as a cut (cuts.h); 0 where it is not told.
  std::uint32_t cut = 0;
  SegmentRun* run = nullptr;   ///< innermost: new nodes are told to it (segment.h)
  CallWatch* watch = nullptr;  ///< innermost
};

TOPOGRAD_API extern thread_local constinit Mode mode TOPOGRAD_STATIC_TLS;

/// Recording on or off for a while.
class Recording {
 public:
  explicit Recording(bool wanted) : before_(mode.recording) { mode.recording = wanted; }
  ~Recording() { mode.recording = before_; }
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

 private:
  bool before_;
};

/// Another dtype for products, or 0: none, for a while.
class Autocasting {
 public:
  explicit Autocasting(std::uint8_t wanted) : before_(mode.autocast) { mode.autocast = wanted; }
  ~Autocasting() { mode.autocast = before_; }
  Autocasting(const Autocasting&) = delete;
  Autocasting& operator=(const Autocasting&) = delete;

 private:
  std::uint8_t before_;
};

}  // namespace topograd
