// A program under test: started with its own pipes, followed line by line, killed with its owner. When it leaves a
// sanitizer's report behind, the test that owned it fails.
// Start it from the thread that lives longest (the test's own): the kernel kills the child when that thread ends.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/integration/harness/socket.h"

namespace stickler::integration {

struct Command {
  std::string program;
  std::vector<std::string> arguments{};
  std::vector<std::string> environment{};  // NAME=value, added to this process's own
  std::size_t open_files_max = 0;          // 0: as inherited
  std::string directory{};                 // empty: as inherited
};

class Process {
 public:
  explicit Process(Command command);
  ~Process();

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  // The first line of standard error (or output) from line `from` on that contains `text`. Throws TimedOut, with what
  // was printed, when there is none before the deadline or the program has ended.
  std::string await_line(std::string_view text, std::size_t from = 0, Deadline deadline = Deadline{});
  std::string await_output(std::string_view text, std::size_t from = 0, Deadline deadline = Deadline{});
  std::vector<std::string> error_lines() const;
  std::vector<std::string> output_lines() const;

  // After the program has ended its last lines may still be on their way through the pipes.
  void await_end_of_output(Deadline deadline = Deadline{});

  std::size_t resident_bytes() const;       // VmRSS
  std::size_t resident_bytes_peak() const;  // VmHWM
  std::size_t open_descriptors() const;

  // The exit code, 128 + signal for a program that was killed, nullopt when it still runs at the deadline.
  std::optional<int> wait(Deadline deadline = Deadline{});

 private:
  std::size_t memory_bytes(std::string_view line_name) const;

  struct Stream {
    Fd fd;
    std::string tail;
    std::vector<std::string> lines;
    bool ended = false;
  };

  void follow();
  void read_from(Stream& stream);
  std::string await(Stream& stream, std::string_view text, std::size_t from, Deadline deadline);
  void report_sanitizers() const;

  std::string name_;
  pid_t pid_ = -1;
  Fd exit_;  // a pidfd: readable once the program has ended
  std::optional<int> code_;
  mutable std::mutex mutex_;  // the follower appends lines while the test looks for them
  std::condition_variable changed_;
  Stream output_;
  Stream errors_;
  std::thread follower_;
};

struct Finished {
  int code = 0;
  std::string output;
  std::string errors;
  std::string both() const { return output + errors; }
};

// Runs a program to its end.
Finished run(Command command, Deadline deadline = Deadline{});

}  // namespace stickler::integration
