// Predecessor: the process that started this one so that it takes over (SIGUSR2), as this one sees it. Main thread,
// before any loop runs: its calls block, as nothing else is to be done, and the predecessor limits the time.
//
// The two talk over a socket, whose number the environment tells. The new one has read its configuration and writes
// "state"; the old one answers with a Handover and the end of its stream; the new one writes "ready" once its workers
// accept, or "failed" and why.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lb/base/error.h"
#include "lb/server/handover.h"

namespace stickler::server {

class Predecessor {
 public:
  static constexpr const char* variable = "STICKLER_TAKES_OVER";

  // nullopt: this process was started by another kind of parent. The environment forgets it: what this process starts
  // is not meant.
  static std::optional<Predecessor> find();

  Predecessor(Predecessor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Predecessor& operator=(Predecessor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Predecessor();

  Result<Handover> ask();

  // The last word, either of them.
  void say_ready() { end_with("ready\n"); }
  void say_failed(std::string_view why) { end_with("failed " + std::string(why)); }

 private:
  explicit Predecessor(int fd) : fd_(fd) {}
  void write(std::string_view bytes) const;
  void end_with(std::string_view bytes);

  int fd_;
};

}  // namespace stickler::server
