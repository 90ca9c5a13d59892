// Predecessor: the process that started this one so that it takes over (SIGUSR2), as this one sees it. Main thread,
// before any loop runs: its calls block, as nothing else is to be done, and the predecessor limits the time.
//
// The two talk over a socket, whose number the environment tells. The new one has read its configuration and writes
// "state"; the old one answers with a Handover, a line of it; the new one writes "ready" once its workers accept, or
// "failed" and why. What the old one still learns of sessions, while its open exchanges end, follows as lines of News.
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

  Predecessor(Predecessor&& other) noexcept : fd_(std::exchange(other.fd_, -1)), rest_(std::move(other.rest_)) {}
  Predecessor& operator=(Predecessor&& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(rest_, other.rest_);
    return *this;
  }
  ~Predecessor();

  Result<Handover> ask();

  // The last word, either of them.
  void say_ready() { write("ready\n"); }
  void say_failed(std::string_view why);

  // The socket from here on, and what was read of it behind the Handover. The caller's.
  std::pair<int, std::string> give_up() { return {std::exchange(fd_, -1), std::move(rest_)}; }

 private:
  explicit Predecessor(int fd) : fd_(fd) {}
  void write(std::string_view bytes) const;

  int fd_;
  std::string rest_;
};

}  // namespace stickler::server
