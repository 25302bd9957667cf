#include "io/mapping.h"

#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <utility>

#include "io/file.h"
#include "tensor/body.h"

namespace topograd {

void (*file_was_lost)(const char* path) noexcept = nullptr;

/// A mapped range. The handler walks the list without locks, so records are used again and never
/// freed. begin == end: free.
struct Region {
  std::atomic<std::uintptr_t> begin{0}, end{0};
  std::atomic<bool> lost{false};
  std::string path;
  Region* next = nullptr;
};

namespace {

std::atomic<Region*> regions{nullptr};
std::mutex registering;
struct sigaction previous;
std::uintptr_t page_bytes = 4096;

Region* region_at(std::uintptr_t address) {
  for (Region* one = regions.load(std::memory_order_acquire); one != nullptr; one = one->next)
    if (one->begin.load() <= address && address < one->end.load()) return one;
  return nullptr;
}

/// A page of ones at this address. It is complete before anybody sees it.
bool put_page(std::uintptr_t address) {
  void* page =
      mmap(nullptr, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return false;
  std::memset(page, 0xff, page_bytes);
  auto* place = reinterpret_cast<void*>(address);
#ifdef __linux__
  return mremap(page, page_bytes, page_bytes, MREMAP_MAYMOVE | MREMAP_FIXED, place) == place;
#else
  munmap(page, page_bytes);
  if (mmap(place, page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
           0) != place)
    return false;
  std::memset(place, 0xff, page_bytes);
  return true;
#endif
}

/// Hands a signal that is not ours to whoever had it before.
void pass_on(int signal, siginfo_t* info, void* context) {
  // Handlers that call each other in a circle end here.
  static std::atomic<bool> passing{false};
  const bool known = (previous.sa_flags & SA_SIGINFO) != 0 ||
                     (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN);
  if (!known || passing.exchange(true)) {
    // As if there were no handler: the access fails again, and the system acts.
    ::signal(signal, SIG_DFL);
    if (info->si_code <= 0) raise(signal);
    return;
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0)
    previous.sa_sigaction(signal, info, context);
  else
    previous.sa_handler(signal);
  passing = false;
}

/// Runs inside the access that failed, so that it holds no lock but those of the reading code.
void on_bus_error(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  Region* region = info->si_code == BUS_ADRERR ? region_at(address) : nullptr;
  if (region == nullptr || !put_page(address / page_bytes * page_bytes))
    pass_on(signal, info, context);
  else if (!region->lost.exchange(true) && file_was_lost != nullptr)
    file_was_lost(region->path.c_str());
  errno = error;
}

/// Puts the handler on top of whatever else handles the signal by now.
void install_handler() {
  struct sigaction now;
  if (sigaction(SIGBUS, nullptr, &now) != 0) return;
  if ((now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == on_bus_error) return;
  page_bytes = static_cast<std::uintptr_t>(sysconf(_SC_PAGESIZE));
  previous = now;
  struct sigaction ours{};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

Region* register_region(const std::string& path, const char* data, std::int64_t size) {
  const std::lock_guard lock(registering);
  install_handler();
  Region* region = regions.load();
  while (region != nullptr && region->end.load() != 0) region = region->next;
  const bool fresh = region == nullptr;
  if (fresh) region = new Region;
  region->path = path;
  region->lost = false;
  region->begin = reinterpret_cast<std::uintptr_t>(data);
  region->end = region->begin + static_cast<std::uintptr_t>(size);
  if (fresh) {
    region->next = regions.load();
    regions.store(region, std::memory_order_release);
  }
  return region;
}

}  // namespace

Ref<MappedFile> MappedFile::open(const std::string& path, std::string_view op) {
  const FileReader file(path, op);
  Ref<MappedFile> mapped(new MappedFile);
  mapped->size_ = file.size();
  if (file.size() == 0) return mapped;
  const auto bytes = static_cast<std::size_t>(file.size());
  void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                    file.descriptor(), 0);
  expect(data != MAP_FAILED, "{}: can not map '{}': {}", op, path,
         std::generic_category().message(errno));
  mapped->data_ = static_cast<char*>(data);
  mapped->region_ = register_region(path, mapped->data_, mapped->size_);
  return mapped;
}

MappedFile::~MappedFile() {
  if (data_ == nullptr) return;
  const std::lock_guard lock(registering);
  munmap(data_, static_cast<std::size_t>(size_));
  region_->begin = 0;
  region_->end = 0;
}

bool MappedFile::lost() const { return region_ != nullptr && region_->lost.load(); }

Tensor MappedFile::tensor(std::int64_t begin, const Dims& shape, DType dtype) const {
  std::int64_t count = 1, bytes;
  bool fits = true;
  for (index size : shape)
    fits = fits && size >= 0 && !__builtin_mul_overflow(count, std::max<index>(size, 1), &count);
  fits = fits && !__builtin_mul_overflow(count, static_cast<std::int64_t>(size_of(dtype)), &bytes);
  if (fits && shape.contains(0)) bytes = 0;
  expect<ValueError>(fits && begin >= 0 && begin <= size_ && bytes <= size_ - begin,
                     "MappedFile: {} of shape {} at byte {} does not lie in a file of {} bytes",
                     dtype, shape, begin, size_);
  if (bytes == 0) return Tensor::empty(shape, dtype);
  char* data = data_ + begin;
  if (is_boolean(dtype) || reinterpret_cast<std::uintptr_t>(data) % size_of(dtype) != 0) {
    const Tensor copy = Tensor::empty(shape, dtype);
    std::memcpy(copy.address(), data, static_cast<std::size_t>(bytes));
    return copy;
  }
  retain();
  const auto release = [](void* self) { static_cast<const MappedFile*>(self)->drop(); };
  const Ref<Storage> storage = Storage::wrap(data, static_cast<std::size_t>(bytes), release,
                                             const_cast<MappedFile*>(this), true);
  return make_view(storage, shape, contiguous_strides(shape), 0, dtype);
}

}  // namespace topograd
