#include "base/pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <new>
#include <sstream>
#include <string>
#include <system_error>
#include <thread>

#include "topograd/error.h"

#if defined(__linux__)
#include <sched.h>
#endif
#if defined(__unix__) || defined(__APPLE__)
#include <pthread.h>
#endif
#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace topograd {
namespace {

constexpr int most_threads = 1024;
constexpr std::int64_t pieces_per_thread = 4;
// A sleeping worker comes too late for most jobs. So it watches for a new one at first, then lets
// whoever wants the processor go ahead, and only then sleeps.
constexpr auto spin_time = std::chrono::microseconds(20);
constexpr auto yield_time = std::chrono::microseconds(400);

// ------------------------------------------------------------------ how many threads

#if defined(__linux__)
/// The smallest CPU quota of this process's cgroup and its ancestors (cgroup v2), or `unlimited`.
int cgroup_quota(int unlimited) {
  std::string line;
  std::string path;
  for (std::ifstream groups("/proc/self/cgroup"); std::getline(groups, line);)
    if (line.rfind("0::", 0) == 0) path = line.substr(3);
  int least = unlimited;
  for (;;) {
    std::ifstream limit("/sys/fs/cgroup" + path + "/cpu.max");
    double quota = 0;
    double period = 0;
    // "max 100000" when there is no quota: then the first number does not parse.
    if (limit >> quota >> period && period > 0)
      least = std::min(least, std::max(1, static_cast<int>(quota / period)));
    if (path.empty()) return least;
    path.resize(std::min(path.size() - 1, path.rfind('/')));
  }
}
#endif

int usable_processors() {
  int count = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) count = CPU_COUNT(&allowed);
  count = cgroup_quota(count);
#endif
  return std::min(count, most_threads);
}

int initial_threads() {
  const char* text = std::getenv("TOPOGRAD_NUM_THREADS");
  if (text == nullptr || *text == '\0') return usable_processors();
  char* end = nullptr;
  const long value = std::strtol(text, &end, 10);
  expect<ValueError>(*end == '\0' && value >= 1 && value <= most_threads,
                     "TOPOGRAD_NUM_THREADS: expected a whole number from 1 to {}, got '{}'",
                     most_threads, text);
  return static_cast<int>(value);
}

// ------------------------------------------------------------------ the pool

void pause() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// 0: not decided yet. Outside the pool so that a forked child keeps it.
std::atomic<int> thread_limit{0};

/// True on a worker, and in a caller while its job runs: a parallel_for inside must not wait for
/// the slot.
thread_local bool inside = false;

/// One job at a time. The ticket packs (job number : 48 | pieces not yet claimed : 16); a piece is
/// claimed by counting the ticket down. A job ends when all its pieces are done, so a successful
/// claim proves that the job read before it is still the current one, and the caller waits for
/// claimed pieces only, never for a worker as such.
class Pool {
 public:
  void set_threads(int count);
  void run(std::int64_t count, std::int64_t grain, ParallelBody body, void* context);

 private:
  static constexpr std::uint64_t pieces_mask = 0xffff;
  static_assert(most_threads * pieces_per_thread <= static_cast<std::int64_t>(pieces_mask));

  bool work_waits() const { return (ticket_.load(std::memory_order_acquire) & pieces_mask) != 0; }
  bool surplus() const { return workers_.load() + 1 > thread_limit.load(); }
  void help();
  void publish(std::int64_t pieces);
  void start_workers();
  void worker();
  bool spin_for_work() const;

  std::atomic<bool> busy_{false};
  std::atomic<int> workers_{0};
  std::atomic<int> sleepers_{0};
  std::mutex mutex_;
  std::condition_variable wake_;

  // The job. Atomic because a late worker may read it while the next one is written; its claim then
  // fails.
  std::atomic<ParallelBody> body_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<std::int64_t> count_{0};
  std::atomic<std::int64_t> unit_{1};
  std::atomic<std::int64_t> pieces_{1};
  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  alignas(64) std::atomic<std::int64_t> unfinished_{0};
};

// Never destroyed: workers may still run while the process exits. A forked child makes it anew.
alignas(Pool) unsigned char pool_memory[sizeof(Pool)];

Pool& pool() {
  static Pool* const made = [] {
#if defined(__unix__) || defined(__APPLE__)
    pthread_atfork(nullptr, nullptr, [] {
      // Only the forking thread lives on; the locks may be in any state, so they are not destroyed
      // but replaced.
      new (pool_memory) Pool;
    });
#endif
    return new (pool_memory) Pool;
  }();
  return *made;
}

/// Pieces end at multiples of `unit` except the last, and differ by at most one unit.
std::int64_t piece_begin(std::int64_t piece, std::int64_t count, std::int64_t unit,
                         std::int64_t pieces) {
  if (piece == pieces) return count;
  const std::int64_t units = count / unit;
  return (units / pieces * piece + units % pieces * piece / pieces) * unit;
}

void run_piece(ParallelBody body, void* context, std::int64_t begin, std::int64_t end) noexcept {
  body(context, begin, end);
}

void Pool::set_threads(int count) {
  const std::lock_guard lock(mutex_);
  thread_limit.store(count);
  wake_.notify_all();  // surplus workers leave
}

/// Claims and runs pieces until none is left.
void Pool::help() {
  std::uint64_t ticket = ticket_.load(std::memory_order_acquire);
  while ((ticket & pieces_mask) != 0) {
    const auto body = body_.load(std::memory_order_relaxed);
    const auto context = context_.load(std::memory_order_relaxed);
    const auto count = count_.load(std::memory_order_relaxed);
    const auto unit = unit_.load(std::memory_order_relaxed);
    const auto pieces = pieces_.load(std::memory_order_relaxed);
    if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel,
                                       std::memory_order_acquire))
      continue;
    const auto piece = pieces - static_cast<std::int64_t>(ticket & pieces_mask);
    run_piece(body, context, piece_begin(piece, count, unit, pieces),
              piece_begin(piece + 1, count, unit, pieces));
    unfinished_.fetch_sub(1, std::memory_order_acq_rel);
    ticket = ticket_.load(std::memory_order_acquire);
  }
}

void Pool::publish(std::int64_t pieces) {
  unfinished_.store(pieces, std::memory_order_relaxed);
  const std::uint64_t job = (ticket_.load(std::memory_order_relaxed) | pieces_mask) + 1;
  ticket_.store(job | static_cast<std::uint64_t>(pieces));
  if (sleepers_.load() == 0) return;
  // A worker going to sleep holds the mutex from its last look at the ticket until it waits.
  const std::lock_guard lock(mutex_);
  const std::int64_t wanted = std::min<std::int64_t>(pieces - 1, sleepers_.load());
  for (std::int64_t i = 0; i < wanted; ++i) wake_.notify_one();
}

void Pool::run(std::int64_t count, std::int64_t grain, ParallelBody body, void* context) {
  const int threads = num_threads();
  grain = std::max<std::int64_t>(grain, 1);
  std::int64_t pieces = std::min(count / grain, threads * pieces_per_thread);
  // Some more pieces than threads would leave most threads waiting for the last ones.
  if (pieces > threads) pieces -= pieces % threads;
  if (threads == 1 || pieces <= 1 || inside || busy_.exchange(true, std::memory_order_acquire)) {
    body(context, 0, count);
    return;
  }
  if (workers_.load(std::memory_order_relaxed) + 1 < threads) start_workers();
  body_.store(body, std::memory_order_relaxed);
  context_.store(context, std::memory_order_relaxed);
  count_.store(count, std::memory_order_relaxed);
  pieces_.store(pieces, std::memory_order_relaxed);
  // Long pieces begin at multiples of 64 elements, so that vector loads stay aligned.
  const bool long_pieces = count / pieces - 64 >= std::max<std::int64_t>(grain, 4096);
  unit_.store(long_pieces ? 64 : 1, std::memory_order_relaxed);
  inside = true;
  publish(pieces);
  help();
  for (int spins = 0; unfinished_.load(std::memory_order_acquire) != 0; ++spins) {
    if (spins < 1000) {
      pause();
    } else {
      std::this_thread::yield();  // the worker that holds the last piece may want this processor
    }
  }
  inside = false;
  busy_.store(false, std::memory_order_release);
}

void Pool::start_workers() {
  const std::lock_guard lock(mutex_);
  while (workers_.load() + 1 < thread_limit.load()) {
    try {
      std::thread([this] { worker(); }).detach();
    } catch (const std::system_error&) {
      thread_limit.store(workers_.load() + 1);  // the system refuses more; num_threads() tells
      return;
    }
    workers_.fetch_add(1);
  }
}

/// False when nothing came for yield_time.
bool Pool::spin_for_work() const {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    for (int i = 0; i < 16; ++i) {
      if (work_waits()) return true;
      pause();
    }
    const auto waited = std::chrono::steady_clock::now() - begin;
    if (waited > yield_time) return false;
    if (waited > spin_time) std::this_thread::yield();
  }
}

void Pool::worker() {
  inside = true;
  for (;;) {
    if (!surplus() && spin_for_work()) {
      help();
      continue;
    }
    std::unique_lock lock(mutex_);
    if (surplus()) {
      workers_.fetch_sub(1);
      return;
    }
    sleepers_.fetch_add(1);
    if ((ticket_.load() & pieces_mask) == 0) wake_.wait(lock);
    sleepers_.fetch_sub(1);
  }
}

}  // namespace

int num_threads() {
  int count = thread_limit.load(std::memory_order_relaxed);
  if (count != 0) return count;
  int undecided = 0;
  count = initial_threads();
  return thread_limit.compare_exchange_strong(undecided, count) ? count : undecided;
}

void set_num_threads(int count) {
  expect<ValueError>(count >= 1 && count <= most_threads,
                     "set_num_threads: expected 1 to {} threads, got {}", most_threads, count);
  pool().set_threads(count);
}

void parallel_for(std::int64_t count, std::int64_t grain, ParallelBody body, void* context) {
  if (count > 0) pool().run(count, grain, body, context);
}

}  // namespace topograd
