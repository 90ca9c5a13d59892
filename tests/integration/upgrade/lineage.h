// A balancer and the processes that take over from it, one after the other: all of them write to the same pipes, and
// the last one is stopped with the test. The test's thread owns it.
#pragma once

#include <string>

#include "tests/integration/harness/balancer.h"

namespace stickler::integration {

class Lineage {
 public:
  explicit Lineage(const Setup& setup, Surroundings surroundings = {});
  ~Lineage();

  // SIGUSR2 to the process of now, and the other one has taken over when it returns.
  void upgrade();
  void upgrade(const Setup& setup);  // With another configuration.

  // The same, and the one before has ended: until then it may be the one that accepts.
  void upgrade_and_settle();

  Balancer& balancer() { return first_; }
  std::uint16_t port(std::string_view name = "web") { return first_.port(name); }
  void signal(int number) const { ::kill(pid_, number); }
  pid_t pid() const { return pid_; }

  // The admin API is answered by the process of now: the one before may still answer when the next has taken over.
  bool is_asked() { return status_comes_to("pid", pid_); }
  bool status_comes_to(std::string_view name, int value);

  // From where on lines are to be awaited that are not printed yet.
  std::size_t lines() { return first_.process().error_lines().size(); }
  void await_line(std::string_view text, std::size_t from = 0) { first_.process().await_line(text, from); }

 private:
  Balancer first_;
  pid_t pid_;
};

// The exit code of a process that was upgraded, 128 + signal where it was killed.
int await_end(pid_t pid);

bool runs(pid_t pid);

}  // namespace stickler::integration
