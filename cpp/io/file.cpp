#include "io/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "topograd/error.h"

namespace topograd {
namespace {

// The most that every system takes in one call.
constexpr std::size_t most_bytes_at_once = std::size_t{1} << 30;
constexpr int most_links = 40;

[[noreturn]] void refuse(const FileTask& task, int reason) {
  fail("{}: can not {} '{}': {}", task.op, task.verb, task.path,
       std::generic_category().message(reason));
}

void check_name(std::string_view op, const std::string& path) {
  expect<ValueError>(path.find('\0') == std::string::npos,
                     "{}: expected a path, got one with a zero byte after '{}'", op, path.c_str());
}

/// "a/b" -> "a/"; "b" -> "".
std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

/// The path that the link stands for; empty where the path is no link.
std::string link_target(const FileTask& task, const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0 || !S_ISLNK(status.st_mode)) return "";
  std::vector<char> text(4096);
  const ssize_t length = readlink(path.c_str(), text.data(), text.size());
  if (length < 0) refuse(task, errno);
  if (static_cast<std::size_t>(length) == text.size()) refuse(task, ENAMETOOLONG);
  const std::string target(text.data(), static_cast<std::size_t>(length));
  return target.starts_with('/') ? target : folder_of(path) + target;
}

std::string behind_links(const FileTask& task) {
  std::string path = task.path;
  for (int i = 0; i < most_links; ++i) {
    std::string target = link_target(task, path);
    if (target.empty()) return path;
    path = std::move(target);
  }
  refuse(task, ELOOP);
}

/// Waits until the file is on the disk. Some file systems have nothing to wait for, and say so.
bool synchronize(int descriptor) {
  int result;
  do result = fsync(descriptor);
  while (result != 0 && errno == EINTR);
  return result == 0 || errno == EINVAL || errno == ENOTSUP;
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

bool Descriptor::open(const std::string& path, int flags, unsigned mode) {
  do value_ = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (value_ < 0 && errno == EINTR);
  return value_ >= 0;
}

bool Descriptor::close() {
  // After an interruption the descriptor is closed all the same, and its number may be another
  // file's.
  return ::close(std::exchange(value_, -1)) == 0 || errno == EINTR;
}

FileReader::FileReader(std::string path, std::string_view op) : task_{op, "read", std::move(path)} {
  check_name(op, task_.path);
  // Without O_NONBLOCK a pipe would wait here for somebody who writes.
  if (!file_.open(task_.path, O_RDONLY | O_NONBLOCK)) refuse(task_, errno);
  struct stat status;
  if (fstat(file_.get(), &status) != 0) refuse(task_, errno);
  if (S_ISDIR(status.st_mode)) refuse(task_, EISDIR);
  expect(S_ISREG(status.st_mode), "{}: can not read '{}': expected a regular file", op, task_.path);
  size_ = status.st_size;
}

void FileReader::read(void* data, std::size_t bytes) {
  auto* to = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t got = ::read(file_.get(), to, std::min(bytes, most_bytes_at_once));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse(task_, errno);
    expect(got > 0, "{}: can not read '{}': it became shorter meanwhile", task_.op, task_.path);
    to += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

FileWriter::Temporary::~Temporary() {
  if (!path.empty()) unlink(path.c_str());
}

FileWriter::FileWriter(std::string path, std::string_view op)
    : task_{op, "write", std::move(path)} {
  check_name(op, task_.path);
  struct stat status;
  const bool exists = stat(task_.path.c_str(), &status) == 0;
  if (!exists && errno != ENOENT) refuse(task_, errno);
  if (exists && S_ISDIR(status.st_mode)) refuse(task_, EISDIR);
  if (exists && !S_ISREG(status.st_mode)) {
    if (!file_.open(task_.path, O_WRONLY)) refuse(task_, errno);
    return;
  }
  // A rename would replace a file that its owner has write-protected.
  if (exists && access(task_.path.c_str(), W_OK) != 0) refuse(task_, errno);
  target_ = behind_links(task_);
  create_temporary(exists, exists ? status.st_mode & 0777 : 0666);
}

void FileWriter::create_temporary(bool replaces, unsigned mode) {
  static std::atomic<std::uint32_t> counter{0};
  // Nobody but the owner may look in before the final permissions are set; those of a new file the
  // umask decides.
  const unsigned first_mode = replaces ? 0600 : mode;
  std::string name;
  do name = folder_of(target_) + format(".topograd-{}-{}.part", getpid(), counter++);
  while (!file_.open(name, O_WRONLY | O_CREAT | O_EXCL, first_mode) && errno == EEXIST);
  if (file_.get() < 0) refuse(task_, errno);
  temporary_.path = std::move(name);
  if (replaces && fchmod(file_.get(), mode) != 0) refuse(task_, errno);
}

void FileWriter::write(const void* data, std::size_t bytes) {
  const auto* from = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t written = ::write(file_.get(), from, std::min(bytes, most_bytes_at_once));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) refuse(task_, written == 0 ? EIO : errno);
    from += written;
    bytes -= static_cast<std::size_t>(written);
  }
}

void FileWriter::finish() {
  const bool direct = temporary_.path.empty();
  if (!direct && !synchronize(file_.get())) refuse(task_, errno);
  if (!file_.close()) refuse(task_, errno);
  if (direct) return;
  if (rename(temporary_.path.c_str(), target_.c_str()) != 0) refuse(task_, errno);
  temporary_.path.clear();
  // The name lasts once the folder is on the disk as well. One that may be written but not read can
  // not be asked for.
  Descriptor folder;
  const std::string name = folder_of(target_);
  const bool opened = folder.open(name.empty() ? "." : name, O_RDONLY | O_DIRECTORY);
  if (!opened && errno == EACCES) return;
  if (!opened || !synchronize(folder.get())) refuse(task_, errno);
}

}  // namespace topograd
