#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include "tests/integration/strictness/aftermath.h"

#include <catch2/catch.hpp>
#include <iostream>
#include <set>

namespace stickler::integration {
namespace {

struct Counted {
  std::set<std::string> cases;
  std::size_t checks = 0;
};

Counted& counted() {
  static Counted counted;
  return counted;
}

class CountAtTheEnd : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testRunEnded(const Catch::TestRunStats& stats) override {
    TestEventListenerBase::testRunEnded(stats);
    std::cout << counted().cases.size() << " cases on raw sockets, " << counted().checks
              << " times followed by two requests that got their own answers" << std::endl;
  }
};

CATCH_REGISTER_LISTENER(CountAtTheEnd)

void check_own_answer_of(Balancer& balancer, const ScriptedOrigin& origin, const std::string& target) {
  const Message answer = fetch(balancer.port(), target);
  INFO("the answer to " << target << ":\n" << answer.head << answer.body);
  CHECK(answer.status() == 200);
  CHECK(answer.flaw == "");
  CHECK(answer.complete);
  CHECK(answer.field("X-Asked") == "GET " + target);
  CHECK(answer.body.empty());
  CHECK(origin.seen_target(target) == 1);
}

}  // namespace

std::string echo(const Message& request) {
  const std::string answer = reply(request.body, "X-Asked: " + request.method() + " " + request.target() + "\r\n");
  return request.method() == "HEAD" ? answer.substr(0, answer.size() - request.body.size()) : answer;
}

Aftermath check_aftermath(Balancer& balancer, const ScriptedOrigin& origin, const std::string& name) {
  INFO("the aftermath of: " << name);
  const std::string number = std::to_string(++counted().checks);
  counted().cases.insert(Catch::getResultCapture().getCurrentTestName() + ": " + name);
  Aftermath targets{.fresh = "/after/fresh/" + number, .pooled = "/after/pooled/" + number};
  check_own_answer_of(balancer, origin, targets.fresh);
  const std::size_t connections = origin.connections();
  check_own_answer_of(balancer, origin, targets.pooled);
  CHECK(origin.connections() == connections);
  CHECK(origin.flaws() == std::vector<std::string>{});
  return targets;
}

}  // namespace stickler::integration
