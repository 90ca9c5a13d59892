// A balancer in its steady state: one worker, affinity, metrics and the default headers on, 64 kept clients
// that each have a log-in session, and as many upstream connections as they can use at once.
// The test's thread.
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "tests/integration/failure/gate.h"
#include "tests/integration/harness/balancer.h"

namespace stickler::integration {

inline const std::string cookie_of_ours = "cookie: {keys: [\"a key that is at least 32 bytes long\"]}";

struct Conditions {
  std::vector<std::string> environment{};
  std::vector<std::string> top{};  // Whole lines of the configuration.
  std::string method = "GET";
  std::string body{};
  bool cookies_kept = true;  // Sent back; or every request begins a session.
  std::string affinity = cookie_of_ours;
  std::string client_fields{};  // Of each request; '#' is the client's number.
  std::string answer_fields{};
};

class SteadyState {
 public:
  static constexpr std::size_t clients = 64;

  explicit SteadyState(const Conditions& conditions);

  // Every client sends a request, then every client reads its answer. Returns how many requests that were.
  std::size_t rounds(std::size_t count);

  Balancer& balancer() { return balancer_; }

 private:
  Message answer_to(std::size_t client);

  // One backend when any may be chosen: two could need more connections than there are, at any time.
  GatedOrigin a_;
  GatedOrigin b_;
  Balancer balancer_;
  std::string method_;
  std::deque<RawClient> clients_;
  std::vector<std::string> requests_;  // Of each client.
};

}  // namespace stickler::integration
