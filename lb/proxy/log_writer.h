// LogWriter: a thread that writes the access log, so that a slow disk delays no request. Owned by the server, which
// makes and destroys it on the control thread; each worker has one LogBuffer of it.
//
// A worker appends lines to its buffer; the writer collects all buffers a moment after a line came, and writes them
// with one call each. When the disk stalls, a full buffer drops lines and counts them: memory is bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "lb/base/counter.h"
#include "lb/base/error.h"
#include "lb/proxy/access_log.h"

namespace stickler::proxy {

class LogWriter;

using FormatLine = void (*)(std::string& out, const AccessRecord& record);

class LogBuffer {
 public:
  LogBuffer(LogWriter& writer, FormatLine format) : writer_(writer), format_(format) {}

  void write(const AccessRecord& record);  // The worker's thread.

 private:
  friend class LogWriter;
  struct Lines {
    std::string text{};
    std::size_t old_bytes = 0;  // Before a rotation.
  };

  void take(Lines& lines);  // The writer's thread: swaps.
  void rotate();            // The control thread: what is there belongs to the old file.

  LogWriter& writer_;
  const FormatLine format_;
  Counter dropped_;  // Lines. Written by the worker.

  // A mutex, because worker and writer meet here once a line: the writer holds it only to swap two strings a few
  // dozen times a second, so that the worker nearly always finds it free, which costs it no system call.
  std::mutex mutex_;
  Lines lines_;
};

class LogWriter {
 public:
  struct Options {
    std::string file;  // "stdout" or a path, appended to; made with mode 0640 if it does not exist.
    FormatLine format = format_json;
    std::uint32_t workers = 1;
  };

  static constexpr std::size_t buffer_bytes_max = 4 * 1024 * 1024;  // Per worker; lines beyond are dropped.

  static Result<std::unique_ptr<LogWriter>> start(const Options& options);
  ~LogWriter();  // Writes what is there. Requires: no worker writes any more.

  LogBuffer& buffer(std::uint32_t worker) { return *buffers_[worker]; }

  // Log rotation: lines from now on go to what the path names now, those before to the old file. On an error the old
  // file stays in use. Control thread.
  Result<void> reopen();

  std::uint64_t dropped() const;  // Lines lost since the start. Any thread.

 private:
  friend class LogBuffer;
  LogWriter(Options options, int fd);

  void wake();  // Any thread.
  void run();
  void write_all(int next_fd);
  void write_out(std::string_view lines);

  const Options options_;
  std::vector<std::unique_ptr<LogBuffer>> buffers_;

  // Guards what follows: the writer sleeps on it, the workers and the control thread wake it up.
  std::mutex mutex_;
  std::condition_variable woken_;
  int next_fd_ = -1;  // From reopen(), for the writer to change to.
  bool work_ = false;
  bool stopping_ = false;

  // The writer's thread only; any thread reads lost_.
  std::vector<LogBuffer::Lines> lines_;  // Of each buffer.
  int fd_;
  bool failing_ = false;
  Counter lost_;  // Lines that could not be written.

  std::thread thread_;
};

}  // namespace stickler::proxy
