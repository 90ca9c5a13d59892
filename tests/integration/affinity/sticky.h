// A pool with the sticky cookie, and a client that keeps cookies as a browser does.
// The test's thread.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/failure/named.h"

namespace stickler::integration {

inline const std::string first_key = "the first key: at least 32 bytes long";
inline const std::string second_key = "the second key: at least 32 bytes too";

// The pool's line for a cookie signed with `keys`; `more` are further keys of the YAML map.
std::string sticky(const std::vector<std::string>& keys = {first_key}, std::string_view more = "");

struct SetCookie {
  std::string name;
  std::string value;
  std::vector<std::string> attributes;  // As they stand, sorted.
};

// nullopt: there is none. Throws when there are several.
std::optional<SetCookie> set_cookie_of(const Message& answer);

// Sends each request on a connection of its own, with the last cookie that it was given.
class Browser {
 public:
  explicit Browser(std::uint16_t port) : port_(port) {}

  Message get(std::string_view target, std::string_view fields = "") { return send("GET", target, fields); }
  Message send(std::string_view method, std::string_view target, std::string_view fields = "");
  std::string node(std::string_view target = "/") { return get(target).body; }  // Of named() backends.

  const std::string& cookie() const { return cookie_; }  // Its value; empty: none yet.
  void take(std::string cookie) { cookie_ = std::move(cookie); }
  void move_to(std::uint16_t port) { port_ = port; }

 private:
  std::uint16_t port_;
  std::string cookie_;
};

// A browser whose session is bound to the node of this name.
Browser bound_to(std::string_view node, std::uint16_t port);

// The verdict in the access log of the request with this path.
std::string verdict(Balancer& balancer, std::string_view path);

// Which of named() backends answered a request, or with what status but 200; and its verdict.
struct Served {
  std::string node;
  std::string verdict;
  friend bool operator==(const Served&, const Served&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Served& served) {
    return out << served.node << ' ' << served.verdict;
  }
};

// Every worker has what the control thread has sent them: they are asked for a decision that none knows.
void await_workers(Balancer& balancer);

// Asked for with these whole lines, over a connection of its own.
Served ask_at(Balancer& balancer, const std::string& target, const std::string& fields = "");

}  // namespace stickler::integration
