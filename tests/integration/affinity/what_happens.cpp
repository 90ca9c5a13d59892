// The table "What happens when" of docs/affinity.md, with processes: whatever becomes of a session's node, its user
// stays logged in and is served, by the node itself or by the backup that it had named.
#include <catch2/catch.hpp>
#include <functional>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/affinity/stub_group.h"

namespace stickler::integration {
namespace {

struct World {
  World() { group.start_all(); }

  Setup setup(const std::string& without = "") const {
    Setup setup{
        .top = {access_log_to_stdout},
        .pool = {"affinity: {cookie: {keys: [\"" + first_key + "\"]}, backup: announced}", "timeouts: {connect: 500ms}",
                 "health: {active: {path: /healthz, interval: 100ms, timeout: 400ms, rise: 2, fall: 2}, "
                 "passive: {consecutive_failures: 2, eject: 1h}}"}};
    for (const std::string& name : group.names()) {
      if (name != without) setup.backends.push_back(backend(name, "127.0.0.1:" + std::to_string(group.port(name))));
    }
    return setup;
  }
  void order_fault(const std::string& name, const std::string& fault) const {
    const std::string body = R"({"fault": ")" + fault + (fault == "slow" ? R"(", "delay": "150ms"})" : R"("})");
    REQUIRE(RawClient(group.port(name)).exchange(request("POST", "/fault", "Connection: close\r\n", body)).status() ==
            200);
  }

  StubGroup group{"primary-backup", "abcd"};
};

// What becomes of the node, and how it ends.
struct Event {
  const char* name;
  std::function<void(World&, Balancer&, const std::string& node)> begins;
  std::function<void(World&, Balancer&, const std::string& node)> ends;
  bool moves = true;  // The session, to its backup. Else it stays, and is served.
  bool cuts = false;  // Answers that have begun, until the node is out: nobody may ask again for the client.
  bool errs = false;  // The node answers with 500 until it is found down: those are the application's, and pass.
};

Event fault(const char* name) {
  return {.name = name,
          .begins = [name](World& world, Balancer&, const std::string& node) { world.order_fault(node, name); },
          .ends = [](World& world, Balancer&, const std::string& node) { world.order_fault(node, "none"); }};
}

std::vector<Event> events() {
  std::vector<Event> all;
  all.push_back({.name = "killed",
                 .begins = [](World& world, Balancer&, const std::string& node) { world.group.kill(node); },
                 .ends = [](World& world, Balancer&, const std::string& node) { world.group.start(node); }});
  all.push_back({.name = "stands still",
                 .begins = [](World& world, Balancer&, const std::string& node) { world.group.stop(node); },
                 .ends = [](World& world, Balancer&, const std::string& node) { world.group.go_on(node); }});
  for (const char* name : {"hang", "reset", "close-mid-body", "slow", "error"}) all.push_back(fault(name));
  all[4].cuts = true;
  all[5].moves = false;
  all[6].errs = true;
  all.push_back(
      {.name = "removed from the list",
       .begins = [](World& world, Balancer& balancer, const std::string& node) { reload(balancer, world.setup(node)); },
       .ends = [](World& world, Balancer& balancer, const std::string&) { reload(balancer, world.setup()); }});
  return all;
}

std::string unique_target() {
  static int asked = 0;
  return "/me?" + std::to_string(++asked);
}

// Until the session has moved. Requests before that go to the node, or past it to the backup.
void check_that_it_moves(Balancer& balancer, StubUser& user, const Event& event) {
  const std::string node = user.node();
  const std::string backup = user.backup();
  REQUIRE_FALSE(backup.empty());
  int cut = 0;
  std::string found;
  for (const Deadline deadline; found != "failover" && !deadline.passed();) {
    const std::string target = unique_target();
    int status = 0;
    try {
      status = user.get_me(target).status();
    } catch (const std::exception&) {
      ++cut;
      continue;
    }
    found = verdict(balancer, target);
    CAPTURE(target, found);
    if (event.errs && status == 500) {
      REQUIRE(found == "bound");
      continue;
    }
    REQUIRE(status == 200);
    if (user.node() == node) REQUIRE(found == "bound");
    if (user.node() != node) REQUIRE(user.node() == backup);
  }
  CHECK(found == "failover");
  CHECK((cut > 0) == event.cuts);
  CHECK(user.node() == backup);
  CHECK(user.backup() != backup);
}

void check_that_it_stays(Balancer& balancer, StubUser& user) {
  const std::string node = user.node();
  for (int i = 0; i < 8; ++i) {
    const std::string target = unique_target();
    CHECK(user.get_me(target).status() == 200);
    CHECK(verdict(balancer, target) == "bound");
    CHECK(user.node() == node);
  }
}

TEST_CASE("whatever becomes of its node, a session is served by it or by its named backup, and stays there") {
  World world;
  for (const Event& event : events()) {
    DYNAMIC_SECTION(event.name) {
      Balancer balancer(world.setup());
      StubUser user(balancer.port(), "eve");
      user.log_in();
      REQUIRE(user.visit().status() == 200);
      const std::string node = user.node();
      event.begins(world, balancer, node);
      if (event.moves) {
        check_that_it_moves(balancer, user, event);
      } else {
        check_that_it_stays(balancer, user);
      }
      event.ends(world, balancer, node);
      check_that_it_stays(balancer, user);
      CHECK(user.visits() == 1);
      CHECK(user.visit().status() == 200);
      CHECK(user.visits() == 2);
    }
  }
}

}  // namespace
}  // namespace stickler::integration
