#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "topograd/export.h"

namespace topograd {

/// An open file descriptor, closed at the end.
class TOPOGRAD_API Descriptor {
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

/// What is done to which file, for errors: "save: can not write 'x': …".
struct FileTask {
  std::string_view op, verb;  // texts of the program's own, which last
  std::string path;
};

/// Reads a regular file from front to back. Everything here throws Error with the system's reason
/// and the path.
class TOPOGRAD_API FileReader {
 public:
  FileReader(std::string path, std::string_view op);
  std::int64_t size() const { return size_; }
  /// Exactly so many bytes.
  void read(void* data, std::size_t bytes);
  int descriptor() const { return file_.get(); }

 private:
  FileTask task_;
  Descriptor file_;
  std::int64_t size_ = 0;
};

/// Writes a file that appears whole under its name with finish(), or not at all: the bytes go to a
/// temporary file beside it, which is removed where finish() is not reached. The name may be a
/// symbolic link, which then stays and whose target is replaced; an existing file keeps its
/// permissions. Pipes and devices are written directly.
class TOPOGRAD_API FileWriter {
 public:
  FileWriter(std::string path, std::string_view op);
  void write(const void* data, std::size_t bytes);
  void finish();

 private:
  /// A name to be removed.
  struct TOPOGRAD_API Temporary {
    std::string path;
    ~Temporary();
  };
  void create_temporary(bool replaces, unsigned mode);

  FileTask task_;
  std::string target_;   // the path behind all links
  Temporary temporary_;  // empty: target_ is written directly
  Descriptor file_;
};

}  // namespace topograd
