// Backends that say their name, and what the admin API says of them. Shared by the tests of several folders.
// The test's thread.
#pragma once

#include <string>
#include <string_view>

#include "tests/integration/harness/balancer.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {

// Answers every request with its own name.
inline Script named(std::string name) {
  return answering([name = std::move(name)](const Message&) { return reply(name); });
}

// "{name: a, address: ..., MORE}", for Setup::backends.
inline std::string backend(std::string_view name, std::string_view address, std::string_view more = "") {
  return "{name: " + std::string(name) + ", address: \"" + std::string(address) + "\"" + std::string(more) + "}";
}

inline std::string backend(std::string_view name, const ScriptedOrigin& origin, std::string_view more = "") {
  return backend(name, origin.address(), more);
}

// "up", "draining", "ejected" or "down".
inline std::string state_of(Balancer& balancer, std::string_view name, std::string_view pool = "app") {
  return balancer.admin_json("/api/v1/pools/" + std::string(pool) + "/backends/" + std::string(name)).at("state");
}

inline bool comes_to(Balancer& balancer, std::string_view name, std::string_view state) {
  return eventually([&] { return state_of(balancer, name) == state; });
}

inline double generation(Balancer& balancer) { return balancer.admin_json("/api/v1/status").at("generation"); }

// SIGHUP, awaited: the new configuration is in force when it returns.
inline void reload(Balancer& balancer, const std::string& text) {
  const double before = generation(balancer);
  balancer.rewrite(text);
  balancer.process().signal(SIGHUP);
  if (!eventually([&] { return generation(balancer) == before + 1; })) {
    throw std::runtime_error("the reload was not applied: " + balancer.process().error_lines().back());
  }
}
inline void reload(Balancer& balancer, const Setup& setup) { reload(balancer, yaml(setup)); }

// Answered once the control thread has applied it; the workers follow.
inline Message reload_by_command(Balancer& balancer) {
  return RawClient(balancer.admin_port())
      .exchange("POST /api/v1/reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
}

}  // namespace stickler::integration
