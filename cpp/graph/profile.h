#pragma once

#include <cstdlib>
#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "graph/provenance.h"
#include "graph/watch.h"
#include "tensor/storage_watch.h"

namespace topograd {

/// What storages were born and died, and during which event of a profile.
class TOPOGRAD_API MemoryLog final : public StorageWatch {
 public:
  struct Entry {
    std::int64_t when;    ///< ticks
    std::int64_t change;  ///< bytes
    std::int32_t event;   ///< during which it was born; -1: during none
  };
  explicit MemoryLog(std::size_t limit) : limit_(limit) {}
  std::int64_t born(std::size_t bytes) noexcept override;
  void died(std::int64_t number, std::size_t bytes) noexcept override;

  /// From now on nothing is written.
  void close();
  /// Lets go of what was written. The log itself stays: a thread may be about to tell it something.
  void forget();
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t dropped() const { return dropped_; }

 private:
  void write(std::int64_t change, std::int32_t event) noexcept;

  std::vector<Entry> entries_;
  std::size_t limit_;
  std::size_t dropped_ = 0;
  bool closed_ = false;
};

/// Notes when everything began and ended in the thread that it watches. Events lie in chunks that
/// are allocated ahead, in the order in which they began, so that parents stand before children.
class TOPOGRAD_API Profile final : public CallWatch {
 public:
  struct Shapes {
    std::vector<Dims> inputs, outputs;
  };
  struct Record {
    std::int64_t begin = 0, end = -1;  ///< ticks; -1: not ended yet
    std::int64_t bytes = 0;            ///< of new results
    const void* what = nullptr;  ///< OpRecord, or std::string of what is none; null for modules
    const void* code = nullptr;
    const Counted* scope = nullptr;
    int instruction = -1;
    std::int32_t parent = -1;
    std::int32_t shapes = -1;
    Kind kind = Kind::call;
    bool failed = false;
  };
  struct Options {
    bool shapes = false;
    bool memory = false;
    std::int64_t limit = 0;  ///< greatest number of events that are kept
  };

  explicit Profile(const Options& options);
  ~Profile() override;

  void start();
  /// False, and nothing is done, if it runs in another thread.
  bool stop();

  std::int64_t begin(const Event& event) override;
  void end(std::int64_t number, const Event& event, const Tensor* results, int count) override;
  /// A block of the user's.
  std::int64_t begin_block(const std::string& name);
  void end_block(std::int64_t number);

  std::int64_t size() const { return size_; }
  std::int64_t dropped() const { return dropped_; }
  const Record& record(std::int64_t i) const { return chunks_[i / chunk_size][i % chunk_size]; }
  const Shapes& shapes(std::int32_t i) const { return shapes_[static_cast<std::size_t>(i)]; }
  /// "net.block.2.fc", or "" for null.
  std::string path_of(const Counted* scope) const;
  std::int32_t shape_count() const { return static_cast<std::int32_t>(shapes_.size()); }
  const MemoryLog* memory() const { return memory_.get(); }
  /// Nanoseconds since start() of a tick, after stop().
  double nanoseconds(std::int64_t tick) const;
  /// Nanoseconds between start() and stop().
  std::int64_t duration() const { return stop_time_ - start_time_; }
  /// Nanoseconds of the steady clock at start().
  std::int64_t started_at() const { return start_time_; }
  /// The one that runs in this thread, or null.
  static Profile* current();
  std::int32_t innermost() const { return open_.empty() ? -1 : open_.back(); }

 private:
  static constexpr std::int64_t chunk_size = 4096;

  void add_chunk();
  Record* open(Kind kind);
  void close(std::int64_t number, bool failed);
  Record& at(std::int64_t i) { return chunks_[i / chunk_size][i % chunk_size]; }
  void keep(const Counted* scope);
  void note_shapes(Record& record, const Event& event);

  Options options_;
  /// Not from the library's cache, whose numbers a profile may be made to look at.
  struct Free {
    void operator()(Record* chunk) const { std::free(chunk); }
  };
  std::vector<std::unique_ptr<Record[], Free>> chunks_;
  std::int64_t size_ = 0, dropped_ = 0;
  std::vector<std::int32_t> open_;
  std::deque<Shapes> shapes_;
  std::set<std::string> texts_;
  struct Scope {
    Ref<Counted> kept;  // records point to it
    std::string path;   // told at once: its modules may be gone later
  };
  std::unordered_map<const Counted*, Scope> scopes_;
  const Counted* recent_[64] = {};  // the last that were kept
  Ref<MemoryLog> memory_;
  std::int64_t start_tick_ = 0, start_time_ = 0, stop_tick_ = 0, stop_time_ = 0;
};

}  // namespace topograd
