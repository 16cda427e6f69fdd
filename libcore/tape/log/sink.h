// Where a tape's bytes go: a file that is opened once, a pipe, or memory in tests.
#pragma once

#include <tape/base/bytes.h>
#include <tape/base/fd.h>
#include <tape/base/time.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tape::log {

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;
  /// Hands the bytes to the kernel, all of them, or throws Error naming the file.
  virtual void write(Bytes bytes) = 0;
  /// Makes what was written durable where that has a meaning (fdatasync); throws Error.
  virtual void sync() = 0;
  /// How many bytes were written, from any thread; 0 where it is not known.
  [[nodiscard]] virtual std::uint64_t written() const { return 0; }
};

/// A new file, mode 0600, O_EXCL; `replace` (--force) writes over an existing one. Refuses a
/// directory. Throws Error{io} with the remedy in its message. Removes nothing, ever.
enum class Existing : std::uint8_t { refuse, replace };
class FileSink final : public Sink {
 public:
  FileSink(std::string path, Existing existing);
  void write(Bytes bytes) override;
  void sync() override;
  [[nodiscard]] std::uint64_t written() const override { return written_; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  std::atomic<std::uint64_t> written_ = 0;
  Fd fd_;
};

/// An open descriptor that is not ours to close (stdout); sync() is nothing on a pipe.
class DescriptorSink final : public Sink {
 public:
  DescriptorSink(int fd, std::string name);
  void write(Bytes bytes) override;
  void sync() override;

 private:
  int fd_;
  std::string name_;
};

/// Memory, for tests. Fails after `limit` bytes, as a full disk does: writes what fits, then
/// throws.
class MemorySink final : public Sink {
 public:
  explicit MemorySink(std::size_t limit = SIZE_MAX) : limit_(limit) {}
  void write(Bytes bytes) override;
  void sync() override { ++syncs; }
  std::vector<std::uint8_t> bytes;
  [[nodiscard]] std::uint64_t written() const override { return written_; }
  std::atomic<int> syncs = 0;

 private:
  std::atomic<std::uint64_t> written_ = 0;
  std::size_t limit_;
};

/// Calls sync() of a sink on a thread of its own at an interval, when something was written since;
/// or each time it is asked. The first failure is thrown from the next check(). An interval of 0 or
/// less: only when asked.
class Syncer {
 public:
  Syncer(Sink& sink, Nanos interval);
  ~Syncer();
  Syncer(const Syncer&) = delete;
  Syncer& operator=(const Syncer&) = delete;
  /// Throws what the thread met.
  void check();
  /// Waits for one whole sync of everything written before the call.
  void sync_now();
  /// How long the last one took; 0 before the first. From any thread.
  [[nodiscard]] Nanos last_latency() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tape::log
