#include "tests/integration/cost/steady_state.h"

#include <catch2/catch.hpp>

#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

std::vector<std::string> backends(const GatedOrigin& a, const GatedOrigin& b, bool both) {
  std::vector<std::string> list{backend("a", a.origin)};
  if (both) list.push_back(backend("b", b.origin));
  return list;
}

}  // namespace

SteadyState::SteadyState(const Conditions& conditions)
    : balancer_(Setup{.process = "{workers: 1, shutdown_grace: 500ms}",
                      .top = conditions.top,
                      .pool = {"affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}"},
                      .backends = backends(a_, b_, conditions.cookies_kept)},
                {.environment = conditions.environment}),
      method_(conditions.method) {
  // All at once, so that there is a connection for each: none is opened later.
  for (std::size_t i = 0; i < clients; ++i) {
    clients_.emplace_back(balancer_.port());
    clients_.back().send(request(method_, "/held", {}, conditions.body));
  }
  REQUIRE(eventually([&] { return a_.origin.requests() + b_.origin.requests() == clients; }));
  a_.gate.open();
  b_.gate.open();
  for (std::size_t i = 0; i < clients; ++i) {
    const std::string given = answer_to(i).field("Set-Cookie");
    REQUIRE(given.starts_with("STICKLER="));
    const std::string cookie = "Cookie: " + given.substr(0, given.find(';')) + "\r\n";
    requests_.push_back(request(method_, "/", conditions.cookies_kept ? cookie : "", conditions.body));
  }
  rounds(20);  // Buffers grow to what they need.
}

std::size_t SteadyState::rounds(std::size_t count) {
  for (std::size_t round = 0; round < count; ++round) {
    for (std::size_t i = 0; i < clients; ++i) clients_[i].send(requests_[i]);
    for (std::size_t i = 0; i < clients; ++i) answer_to(i);
  }
  return count * clients;
}

Message SteadyState::answer_to(std::size_t client) {
  std::optional<Message> answer = clients_[client].read_response(method_);
  if (!answer || answer->status() != 200) FAIL("not answered with 200 but: " << (answer ? answer->head : "nothing"));
  return *std::move(answer);
}

}  // namespace stickler::integration
