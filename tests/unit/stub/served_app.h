// ServedApp: the whole log-in server over a loopback socket, on the test's own loop, with a clock for the sessions that
// the test moves.
#pragma once

#include <nlohmann/json.hpp>

#include "backend_stub/app.h"
#include "backend_stub/sessions/registry.h"
#include "lb/base/log.h"
#include "tests/unit/service/client.h"

namespace stickler::stub::test {

using namespace std::chrono_literals;
using service::test::Answered;
using service::test::Client;
using service::test::run_until;

struct ServedAppOptions {
  std::size_t sessions_max = 1000;
  std::size_t session_bytes_max = 1000;
  PasswordRules passwords{.cost = *find_password_cost("off"), .users = std::nullopt};
};

class ServedApp {
 public:
  explicit ServedApp(ServedAppOptions options = {})
      : app(loop, {.node = "a", .store_name = "memory", .ttl = ttl, .session_bytes_max = options.session_bytes_max},
            {.store = find_strategy("memory")->make(
                 {.clock = clock, .life = LogIns::life_for(ttl), .sessions_max = options.sessions_max}),
             .passwords = std::move(options.passwords),
             .password_work = {}}) {
    REQUIRE(start_log("warn", "stderr"));  // Orders of faults are logged.
    auto started = service::HttpService::start(loop,
                                               {.listen = Address::parse("127.0.0.1:0").value(),
                                                .body_bytes_max = app.body_bytes_max(),
                                                .fields = app.fields()},
                                               [this](const service::Request& request, service::Responder responder) {
                                                 app.handle(request, std::move(responder));
                                               });
    if (!started) FAIL(started.error().message);
    service = *std::move(started);
  }

  Client connect() { return Client(loop, service->address()); }

  static std::string request(std::string_view line, std::string_view fields = {}, std::string_view body = {}) {
    std::string text(line);
    text.append(" HTTP/1.1\r\nHost: h\r\n").append(fields);
    if (!body.empty() || line.starts_with("P")) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return text.append("\r\n").append(body);
  }

  // On a connection of its own. `fields` with their CRLF.
  Answered call(std::string_view line, std::string_view fields = {}, std::string_view body = {}) {
    Client client = connect();
    return client.call(request(line, fields, body));
  }

  // The Cookie field of a fresh session.
  std::string log_in(const std::string& user) {
    const Answered answered = call("POST /login", "", "user=" + user + "&password=" + user);
    REQUIRE(answered.status == 200);
    return cookie_of(answered);
  }

  static std::string cookie_of(const Answered& answered) {
    const std::string set = answered.field("set-cookie");
    REQUIRE(set.starts_with("SESSIONID="));
    return "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }

  static constexpr Duration ttl = 30min;
  static constexpr std::string_view browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";

  io::Loop loop;
  ManualClock clock;
  App app;
  std::unique_ptr<service::HttpService> service;
};

inline nlohmann::json json_of(const Answered& answered) {
  INFO(answered.head << answered.body);
  REQUIRE(answered.field("content-type") == "application/json");
  return nlohmann::json::parse(answered.body);
}

inline std::string error_code(const Answered& answered) { return json_of(answered).at("error").at("code"); }
inline std::string error_message(const Answered& answered) { return json_of(answered).at("error").at("message"); }

}  // namespace stickler::stub::test
