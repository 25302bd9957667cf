#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace topograd {

/// An open file descriptor, closed at the end.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();
  /// open(2), again when a signal interrupts it. False, and errno, where that fails.
  bool open(const std::string& path, int flags, unsigned mode = 0);
  /// Closes now. False, and errno, where that fails.
  bool close();
  int get() const { return value_; }

 private:
  int value_ = -1;
};

/// Reads a regular file from front to back. Everything here throws Error with the system's reason
/// and the path.
class FileReader {
 public:
  explicit FileReader(std::string path);
  std::int64_t size() const { return size_; }
  /// Exactly so many bytes.
  void read(void* data, std::size_t bytes);

 private:
  std::string path_;
  Descriptor file_;
  std::int64_t size_ = 0;
};

/// Writes a file that appears whole under its name with finish(), or not at all: the bytes go to a
/// temporary file beside it, which is removed where finish() is not reached. The name may be a
/// symbolic link, which then stays and whose target is replaced; an existing file keeps its
/// permissions. Pipes and devices are written directly.
class FileWriter {
 public:
  explicit FileWriter(std::string path);
  void write(const void* data, std::size_t bytes);
  void finish();

 private:
  /// A name to be removed.
  struct Temporary {
    std::string path;
    ~Temporary();
  };
  void create_temporary(bool replaces, unsigned mode);

  std::string path_;
  std::string target_;   // path_ behind all links
  Temporary temporary_;  // empty: target_ is written directly
  Descriptor file_;
};

}  // namespace topograd
