#include "graph/profile.h"

#include <chrono>

#include "base/fork.h"
#include "graph/node.h"
#include "tensor/body.h"

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace topograd {
namespace {

std::int64_t nanoseconds_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The cheapest clock there is; its unit is found by comparing it with the steady clock.
std::int64_t ticks() {
#if defined(__x86_64__)
  return static_cast<std::int64_t>(__rdtsc());
#elif defined(__aarch64__) && defined(__GNUC__)
  std::int64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return nanoseconds_now();
#endif
}

thread_local Profile* of_this_thread = nullptr;

bool shares_memory(const Tensor& x, const Arg* args, int count) {
  for (int i = 0; i < count; ++i) {
    if (args[i].kind() == ArgKind::tensor && args[i].tensor().defined() &&
        args[i].tensor().body()->storage == x.body()->storage)
      return true;
    if (args[i].kind() == ArgKind::tensors)
      for (const Tensor& one : args[i].tensors())
        if (one.defined() && one.body()->storage == x.body()->storage) return true;
  }
  return false;
}

std::int64_t new_bytes(const CallWatch::Event& event, const Tensor* results, int count) {
  if (event.kind == CallWatch::Kind::in_place) return 0;
  // What a composite returns, an op inside it has made.
  if (event.op != nullptr && std::holds_alternative<Composite>(event.op->derivative)) return 0;
  std::int64_t bytes = 0;
  for (int k = 0; k < count; ++k) {
    const Tensor& x = results[k];
    if (!x.defined() || x.hollow()) continue;
    bool old = shares_memory(x, event.args, event.arg_count);
    if (event.incoming != nullptr)
      for (const Tensor& g : *event.incoming)
        old = old || (g.defined() && g.body()->storage == x.body()->storage);
    for (int j = 0; j < k; ++j)
      old = old || (results[j].defined() && results[j].body()->storage == x.body()->storage);
    if (!old) bytes += static_cast<std::int64_t>(x.body()->storage->bytes());
  }
  return bytes;
}

}  // namespace

// ---------------------------------------------------------------- memory

std::int64_t MemoryLog::born(std::size_t bytes) noexcept {
  const Profile* profile = of_this_thread;
  const std::int32_t event = profile == nullptr ? -1 : profile->innermost();
  write(static_cast<std::int64_t>(bytes), event);
  return event;
}

void MemoryLog::died(std::int64_t number, std::size_t bytes) noexcept {
  write(-static_cast<std::int64_t>(bytes), static_cast<std::int32_t>(number));
}

void MemoryLog::write(std::int64_t change, std::int32_t event) noexcept {
  const std::lock_guard guard(fork_safe_lock(ForkRank::profile));
  if (closed_) return;
  if (entries_.size() >= limit_) {
    ++dropped_;
    return;
  }
  try {
    entries_.push_back({ticks(), change, event});
  } catch (...) {
    ++dropped_;  // no memory for it
  }
}

void MemoryLog::close() {
  const std::lock_guard guard(fork_safe_lock(ForkRank::profile));
  closed_ = true;
}

void MemoryLog::forget() {
  const std::lock_guard guard(fork_safe_lock(ForkRank::profile));
  closed_ = true;
  std::vector<Entry>().swap(entries_);
}

// ---------------------------------------------------------------- events

Profile::Profile(const Options& options) : options_(options) {
  expect<ValueError>(options.limit >= 1 && options.limit < (std::int64_t{1} << 31),
                     "profile: limit must be in [1, 2**31), got {}", options.limit);
  add_chunk();
  open_.reserve(64);
}

void Profile::add_chunk() {
  std::unique_ptr<Record[], Free> chunk(
      static_cast<Record*>(std::malloc(sizeof(Record) * chunk_size)));
  expect<OutOfMemory>(chunk != nullptr, "profile: no memory for more events");
  chunks_.push_back(std::move(chunk));
}

Profile::~Profile() {
  if (memory_) memory_->forget();
}

Profile* Profile::current() { return of_this_thread; }

void Profile::start() {
  expect(of_this_thread == nullptr, "profile: one runs in this thread already");
  expect(start_time_ == 0, "profile: it has run already");
  if (options_.memory) {
    memory_ = Ref<MemoryLog>(new MemoryLog(static_cast<std::size_t>(options_.limit)));
    memory_->retain();  // for ever, see forget()
    StorageWatch* none = nullptr;
    if (!storage_watch.compare_exchange_strong(none, memory_.get())) {
      memory_->drop();
      memory_ = {};
      fail("profile: memory is followed by another profile already");
    }
  }
  attach();
  of_this_thread = this;
  start_time_ = nanoseconds_now();
  start_tick_ = ticks();
}

bool Profile::stop() {
  if (of_this_thread != this) return false;
  const Ref<Profile> alive(this);
  stop_tick_ = ticks();
  stop_time_ = nanoseconds_now();
  of_this_thread = nullptr;
  if (memory_) {
    storage_watch.store(nullptr);
    memory_->close();
  }
  while (!open_.empty()) {
    at(open_.back()).end = stop_tick_;
    open_.pop_back();
  }
  return detach();
}

double Profile::nanoseconds(std::int64_t tick) const {
  const double unit = stop_tick_ > start_tick_ ? static_cast<double>(stop_time_ - start_time_) /
                                                     static_cast<double>(stop_tick_ - start_tick_)
                                               : 1.0;
  return static_cast<double>(tick - start_tick_) * unit;
}

Profile::Record* Profile::open(Kind kind) {
  if (size_ >= options_.limit) {
    ++dropped_;
    return nullptr;
  }
  if (size_ == static_cast<std::int64_t>(chunks_.size()) * chunk_size) add_chunk();
  Record& record = *new (&at(size_)) Record;
  record.kind = kind;
  record.parent = innermost();
  open_.push_back(static_cast<std::int32_t>(size_++));
  return &record;
}

void Profile::close(std::int64_t number, bool failed) {
  if (number < 0) return;
  Record& record = at(number);
  if (record.end >= 0) return;
  record.end = ticks();
  record.failed = failed;
  // What began later and is still open ends with it.
  while (!open_.empty() && open_.back() >= number) {
    Record& inner = at(open_.back());
    if (inner.end < 0) inner.end = record.end;
    open_.pop_back();
  }
}

void Profile::keep(const Counted* scope) {
  if (scope == nullptr) return;
  const Counted*& slot = recent_[(reinterpret_cast<std::uintptr_t>(scope) >> 6) & 63];
  if (slot == scope) return;
  slot = scope;
  const auto [found, fresh] = scopes_.try_emplace(scope);
  if (!fresh) return;
  found->second.kept = Ref<Counted>(const_cast<Counted*>(scope));
  if (site_reader.describe_scope != nullptr) found->second.path = site_reader.describe_scope(scope);
}

std::string Profile::path_of(const Counted* scope) const {
  const auto found = scopes_.find(scope);
  return found == scopes_.end() ? "" : found->second.path;
}

void Profile::note_shapes(Record& record, const Event& event) {
  record.shapes = static_cast<std::int32_t>(shapes_.size());
  Shapes& noted = shapes_.emplace_back();
  const Node* node = event.node;
  const OpRecord& op = node != nullptr ? *node->op() : *event.op;
  const Arg* args = node != nullptr ? node->args() : event.args;
  each_slot(
      op, args, node != nullptr ? node->arg_count() : event.arg_count,
      [&](int, const Tensor& x) { noted.inputs.push_back(x.defined() ? x.shape() : Dims()); });
}

std::int64_t Profile::begin(const Event& event) {
  if (event.kind == Kind::block) return begin_block(event.text);
  Record* record = open(event.kind);
  if (record == nullptr) return -1;
  if (event.node != nullptr) {
    record->what = event.node->op();
    record->code = event.node->code();
    record->instruction = event.node->instruction();
    record->scope = event.node->scope().get();
  } else if (event.kind == Kind::module) {
    record->scope = event.scope;
  } else {
    const Site& site = current_site();
    record->what = event.op != nullptr ? static_cast<const void*>(event.op)
                                       : &*texts_.insert(event.text).first;
    record->code = site.code;
    record->instruction = site.instruction;
    record->scope = site.scope.get();
  }
  keep(record->scope);
  if (options_.shapes && (event.op != nullptr || event.node != nullptr))
    note_shapes(*record, event);
  record->begin = ticks();
  return open_.back();
}

void Profile::end(std::int64_t number, const Event& event, const Tensor* results, int count) {
  const bool computes = event.kind != Kind::module && event.kind != Kind::block;
  close(number, results == nullptr && computes);
  if (number < 0 || results == nullptr) return;
  Record& record = at(number);
  record.bytes = new_bytes(event, results, count);
  if (record.shapes < 0) return;
  std::vector<Dims>& outputs = shapes_[static_cast<std::size_t>(record.shapes)].outputs;
  for (int k = 0; k < count; ++k)
    outputs.push_back(results[k].defined() ? results[k].shape() : Dims());
}

std::int64_t Profile::begin_block(const std::string& name) {
  const auto text = texts_.insert(name).first;
  Record* record = open(Kind::block);
  if (record == nullptr) return -1;
  record->what = &*text;
  record->begin = ticks();
  return open_.back();
}

void Profile::end_block(std::int64_t number) { close(number, false); }

}  // namespace topograd
