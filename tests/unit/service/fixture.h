// Served: a running HttpService whose handler the test sees: by default it answers with what it was asked; a request
// whose path begins with /later waits until the test answers it.
#pragma once

#include <deque>

#include "lb/service/service.h"
#include "tests/unit/service/client.h"

namespace stickler::service::test {

class Served {
 public:
  explicit Served(ServiceOptions options = {}) {
    options.listen = Address::parse("127.0.0.1:0").value();
    auto started = HttpService::start(
        loop, options, [this](const Request& request, Responder responder) { handle(request, std::move(responder)); });
    if (!started) FAIL(started.error().message);
    service = *std::move(started);
    address = service->address();
  }

  Client connect() { return Client(loop, address); }

  void run_until_idle() {
    run_until(loop, [this] { return service->connection_count() == 0; });
  }

  // The oldest request that waits.
  Responder take_later() {
    run_until(loop, [this] { return !later.empty(); });
    const Responder responder = later.front();
    later.pop_front();
    return responder;
  }

  io::Loop loop;
  std::unique_ptr<HttpService> service;
  Address address;
  std::deque<Responder> later;
  std::vector<std::string> seen;  // "METHOD PATH BODY" of every request.
  Answer answer;                  // To paths that begin with /answer.

 private:
  void handle(const Request& request, Responder responder) {
    const std::string_view path = request.head.path();
    seen.push_back(std::string(request.head.method_text()) + " " + std::string(path) + " " + std::string(request.body));
    if (path.starts_with("/later")) return later.push_back(std::move(responder));
    if (path.starts_with("/answer")) return responder.send(answer);
    responder.send({.fields = {}, .body = seen.back()});
    // Borrowed for the call means: also after the answer.
    CHECK(seen.back().ends_with(request.body));
  }
};

}  // namespace stickler::service::test
