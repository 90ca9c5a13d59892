// A redis-server of the test's own: on a free port, in a directory of its own, without persistence. Its end is the
// test's. The test's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/harness/config_file.h"
#include "tests/integration/harness/process.h"

namespace stickler::integration {

class RedisServer {
 public:
  explicit RedisServer(std::string password = "");

  std::string url(std::string_view before = "") const;  // "redis://BEFORE127.0.0.1:PORT"
  std::uint16_t port() const { return port_; }

  void stop();   // Killed.
  void start();  // On the same port, empty.
  void freeze() const { process_->signal(SIGSTOP); }
  void thaw() const { process_->signal(SIGCONT); }

  // What redis-cli prints for a command, without the last line's end.
  std::string say(std::vector<std::string> words) const;
  std::size_t sessions() const;  // Entries.

 private:
  bool try_start();

  TemporaryDirectory directory_;
  std::string password_;
  std::uint16_t port_ = 0;
  std::optional<Process> process_;
};

}  // namespace stickler::integration
