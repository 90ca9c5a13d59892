// Four socket calls a request: read and write on the client's side, read and write on the backend's. Counted by strace,
// which joins the running balancer and leaves it again, so that nothing but the steady state is counted.
#include <catch2/catch.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include "tests/integration/cost/steady_state.h"

namespace stickler::integration {
namespace {

using Calls = std::map<std::string, std::size_t>;  // By name.

// The table of `strace -c`: "% time, seconds, usecs/call, calls, errors, syscall", errors often empty.
Calls calls_of(const std::string& table) {
  Calls calls;
  std::istringstream lines(table);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    double percent = 0;
    double seconds = 0;
    double each = 0;
    std::size_t count = 0;
    std::string name;
    if (!(words >> percent >> seconds >> each >> count)) continue;
    while (words >> name) continue;
    if (name != "total") calls[name] = count;
  }
  return calls;
}

// nullopt, with a warning: this machine does not let a process be traced.
std::optional<Calls> calls_during(Balancer& balancer, const std::function<void()>& work) {
  const TemporaryDirectory directory;
  Process strace(
      {.program = "/usr/bin/strace",
       .arguments = {"-f", "-c", "-o", directory.file("calls"), "-p", std::to_string(balancer.process().pid())}});
  const std::string line = strace.await_line("strace: ");
  if (line.find("attached") == std::string::npos) {
    const bool forbidden = line.find("Operation not permitted") != std::string::npos;
    INFO(line);
    REQUIRE(forbidden);
    WARN("skipped: this machine forbids strace to join a process (kernel.yama.ptrace_scope, or a sandbox)");
    return std::nullopt;
  }
  work();
  strace.signal(SIGINT);
  REQUIRE(strace.wait());
  return calls_of(read_file(directory.file("calls")));
}

std::size_t take(Calls& calls, const std::vector<std::string>& names) {
  std::size_t sum = 0;
  for (const std::string& name : names) {
    sum += calls[name];
    calls.erase(name);
  }
  return sum;
}

std::string text_of(const Calls& calls) {
  std::string text;
  for (const auto& [name, count] : calls) text += name + " " + std::to_string(count) + "\n";
  return text;
}

void four_socket_calls(const Conditions& conditions) {
  SteadyState steady(conditions);
  std::size_t requests = 0;
  std::optional<Calls> calls = calls_during(steady.balancer(), [&] { requests = steady.rounds(50); });
  if (!calls) return;
  INFO(requests << " requests:\n" << text_of(*calls));
  const double each = static_cast<double>(requests);
  const double reads = static_cast<double>(take(*calls, {"read", "readv", "recvfrom", "recvmsg"}));
  const double writes = static_cast<double>(take(*calls, {"write", "writev", "sendto", "sendmsg"}));
  CHECK(std::abs(reads / each - 2) <= 0.02);
  CHECK(std::abs(writes / each - 2) <= 0.02);
  CHECK(static_cast<double>(take(*calls, {"epoll_wait", "epoll_pwait", "epoll_pwait2"})) <= each);
  CHECK(take(*calls, {"socket", "connect", "accept", "accept4", "shutdown", "close", "setsockopt", "getsockopt",
                      "getsockname", "getpeername", "epoll_ctl", "ioctl"}) == 0);
  // The nonces of sessions come 64 at a time, and the system gives 256 bytes in a call.
  if (!conditions.cookies_kept) CHECK(take(*calls, {"getrandom"}) <= requests / 32 + 2);
  // Whatever else there is, once in a while: clocks, timers of other threads.
  std::size_t others = 0;
  for (const auto& [name, count] : *calls) others += count;
  CHECK(static_cast<double>(others) <= each / 100);
}

TEST_CASE("a request of a bound client costs four socket calls") { four_socket_calls({}); }

TEST_CASE("a request that begins a session costs four socket calls") { four_socket_calls({.cookies_kept = false}); }

TEST_CASE("a request with a body costs four socket calls") {
  four_socket_calls({.method = "POST", .body = std::string(1000, 'x')});
}

}  // namespace
}  // namespace stickler::integration
