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

std::string fields_of(const Conditions& conditions, std::size_t client) {
  std::string fields = conditions.client_fields;
  const std::size_t number = fields.find('#');
  return number == std::string::npos ? fields : fields.replace(number, 1, std::to_string(client));
}

}  // namespace

SteadyState::SteadyState(const Conditions& conditions)
    : a_("a", conditions.answer_fields),
      b_("b", conditions.answer_fields),
      balancer_(Setup{.process = "{workers: 1, shutdown_grace: 500ms}",
                      .top = conditions.top,
                      .pool = {"affinity: {" + conditions.affinity + "}"},
                      .backends = backends(a_, b_, conditions.cookies_kept)},
                {.environment = conditions.environment}),
      method_(conditions.method) {
  for (std::size_t i = 0; i < clients; ++i) clients_.emplace_back(balancer_.port());
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < clients; ++i) fields.push_back(fields_of(conditions, i));
  const auto request_for = [&](std::string_view target, std::size_t client) {
    return request(method_, target, fields[client], conditions.body);
  };
  // All at once, so that there is a connection for each: none is opened later. Then again with what they were given, so
  // that as many streams as there can be have room for the longest head.
  for (const bool first : {true, false}) {
    a_.gate.close();
    b_.gate.close();
    const std::size_t before = a_.origin.requests() + b_.origin.requests();
    for (std::size_t i = 0; i < clients; ++i) clients_[i].send(request_for("/held", i));
    REQUIRE(eventually([&] { return a_.origin.requests() + b_.origin.requests() == before + clients; }));
    a_.gate.open();
    b_.gate.open();
    for (std::size_t i = 0; i < clients; ++i) {
      const Message answer = answer_to(i);
      if (!first || !conditions.cookies_kept || conditions.affinity != cookie_of_ours) continue;
      const std::string given = answer.field("Set-Cookie");
      REQUIRE(given.starts_with("STICKLER="));
      fields[i] = "Cookie: " + given.substr(0, given.find(';')) + "\r\n";
    }
  }
  for (std::size_t i = 0; i < clients; ++i) requests_.push_back(request_for("/", i));
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
