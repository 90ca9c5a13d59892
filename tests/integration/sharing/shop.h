// A pool of three backends that learns its sessions and shares them through Redis, and requests to its balancers. The
// test's thread, but for ask_raw().
#pragma once

#include <atomic>
#include <ostream>
#include <string>
#include <string_view>

#include "tests/integration/failure/named.h"
#include "tests/integration/sharing/redis_server.h"

namespace stickler::integration {

inline const std::string table_key = "a key that is at least 32 bytes long";
inline const std::string by_cookie = "app_cookie: {name: SID, how: learn}";
inline const std::string by_header = "header: {name: X-Session-Id, how: learn}";

// Names itself; "/log-in/X" begins the session X, "/log-out" ends the one of the request.
inline Script shop_backend(const std::string& name) {
  return answering([name](const Message& request) {
    const std::string start = "/log-in/";
    const std::string target = request.target().substr(0, request.target().find('?'));
    if (target.starts_with(start))
      return reply(name, "Set-Cookie: SID=" + target.substr(start.size()) + "; Path=/\r\n");
    if (target.starts_with("/log-out")) return reply(name, "Set-Cookie: SID=; Max-Age=0; Path=/\r\n");
    return reply(name);
  });
}

struct Shop {
  ScriptedOrigin a{shop_backend("a")};
  ScriptedOrigin b{shop_backend("b")};
  ScriptedOrigin c{shop_backend("c")};

  struct Sharing {
    std::string store;
    std::string source = by_cookie;
    std::string table = ", timeout: 5s";  // Not what is tested, where nothing is slow but the machine.
    std::string of_a{};                   // More keys of backend a, ...
    std::string of_b{};
  };
  Setup setup(const Sharing& sharing) const {
    return {.process = "{workers: 2, shutdown_grace: 500ms}",
            .top = {access_log_to_stdout},
            .pool = {"affinity: {" + sharing.source + ", table: {store: \"" + sharing.store + "\", keys: [\"" +
                         table_key + "\"]" + sharing.table + "}}",
                     "health: {passive: off}"},
            .backends = {backend("a", a, sharing.of_a), backend("b", b, sharing.of_b), backend("c", c)}};
  }
};

// Which backend answered, or with what status but 200; and the verdict.
struct Asked {
  std::string node;
  std::string verdict;
  friend bool operator==(const Asked&, const Asked&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Asked& asked) {
    return out << asked.node << ' ' << asked.verdict;
  }
};

inline std::string answer_of(std::uint16_t port, const std::string& target, const std::string& fields) {
  const Message answer = fetch(port, target, fields);
  return answer.status() == 200 ? answer.body : std::to_string(answer.status());
}

// Over a connection of its own, so that either worker may get it.
inline Asked ask(Balancer& balancer, const std::string& fields, const std::string& target = "/me") {
  static std::atomic<int> asked{0};
  const std::string unique = target + "?" + std::to_string(++asked);
  const std::string node = answer_of(balancer.port(), unique, fields);
  return {.node = node, .verdict = balancer.access_entry(unique).at("verdict")};
}

inline std::string cookie(const std::string& value) { return "Cookie: x=1; SID=" + value + "\r\n"; }
inline std::string header(const std::string& value) { return "X-Session-Id: " + value + "\r\n"; }

inline double calls(Balancer& balancer, std::string_view reason) {
  return balancer.metric("stickler_shared_table_calls_total", "reason=\"" + std::string(reason) + "\"");
}
inline bool comes_up(Balancer& balancer) {
  return eventually([&] { return balancer.metric("stickler_shared_table_up") == 1; });
}
inline bool goes_down(Balancer& balancer) {
  return eventually([&] { return balancer.metric("stickler_shared_table_up") == 0; });
}
// What was learned so far is in the store.
inline bool has_stored(Balancer& balancer, double count) {
  return eventually([&] { return calls(balancer, "stored") >= count; });
}

}  // namespace stickler::integration
