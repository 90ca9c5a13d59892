#include "lb/admin/decision_table.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lb/admin/decision_json.h"
#include "tests/unit/admin/fixture.h"

namespace stickler::admin {
namespace {

std::string table_of(const DecisionReport& report) {
  return decision_table(to_json(report).dump(), Paint::plain).value();
}

TEST_CASE("a request that was served is shown with its attempts, and why each other backend was not the one") {
  CHECK(table_of(test::some_decision()) ==
        R"(request   0123456789abcdef0123456789abcdef at 2023-11-14T22:13:20.123Z, answered 504 in 12ms, answer_timeout
process   worker 1, configuration conf/demo.yaml
listener  web
route     /login
pool      login, policy least_connections
cookie    bound to a, backup c, made 2h 5m ago, last seen 3m 12s ago
verdict   detour: this request went elsewhere, its session stays where it is
backend   c, chosen by the policy; then answered 504 by the balancer itself, answer_timeout
attempts  a by session: connect_error, then c by policy: answer_timeout

  BACKEND  ADDRESS         STATE     WEIGHT  IN FLIGHT  WHY
  a        127.0.0.1:9001  up             1          0  was tried and failed
  b        127.0.0.1:9002  up             1          7  higher load: 7 in flight against 3, weight 1 against 2
  c        10.0.0.1:9003   up             2          3  chosen
  d        -               draining       -          -  draining: no new sessions
  and 4 more

It was a dark and stormy night.
)");
}

TEST_CASE("a request that is only asked about is shown without what has not happened") {
  DecisionReport report = test::some_decision();
  report.served.reset();
  report.worker.reset();
  report.refusal_status = 0;
  report.cookie->state = "absent";
  report.cookie->age.reset();
  report.cookie->unused.reset();
  report.verdict = "new";
  report.sets_cookie = true;
  report.waits = true;
  report.gives_up.reset();
  report.candidates.resize(1);
  report.candidates_left_out = 0;
  report.notes.clear();
  CHECK(table_of(report) ==
        R"(listener  web
route     /login
pool      login, policy least_connections
cookie    none was sent
verdict   new: a session begins; a cookie is set
backend   c, chosen by the policy, where it waits for a place

  BACKEND  ADDRESS         STATE  WEIGHT  IN FLIGHT  WHY
  a        127.0.0.1:9001  up          1          0  was tried and failed
)");
}

TEST_CASE("a full backend is told with what becomes of the request") {
  DecisionReport report = test::some_decision();
  report.refusal_status = 0;
  report.waits = true;
  report.gives_up =
      GivingUpReport{.after = std::chrono::seconds(1), .backend = "b", .chosen_by = "backup", .refusal = ""};
  CHECK(table_of(report).find(
            "\nbackend   c, chosen by the policy, where it waits for a place, for up to 1.0s; then b, the "
            "backup of its session\n") != std::string::npos);
  report.gives_up =
      GivingUpReport{.after = std::chrono::milliseconds(250), .backend = "", .chosen_by = "", .refusal = "node_full"};
  CHECK(table_of(report).find(", for up to 250ms; then answered 503 by the balancer itself, node_full\n") !=
        std::string::npos);
  report.waits = false;
  report.gives_up.reset();
  report.waited_at = "a";
  report.chosen_by = "backup";
  report.cookie->home = "a";
  CHECK(table_of(report).find("\nbackend   c, the backup of its session, since a is full\n") != std::string::npos);
  CHECK(table_of(report).find("\ncookie    bound to a, backup c, home a, made 2h") != std::string::npos);
}

TEST_CASE("without a pool there is only the answer") {
  DecisionReport report;
  report.listener = "web";
  report.verdict = "none";
  report.refusal_status = 421;
  report.refusal = "misdirected";
  CHECK(table_of(report) == "listener  web\nbackend   none: answered 421 by the balancer itself, misdirected\n");
}

TEST_CASE("what is missing or of another type is a dash, and control characters are not passed on") {
  CHECK(decision_table("{}", Paint::plain).value() ==
        "listener  -\nbackend   none: answered - by the balancer itself, -\n");
  const std::string table =
      decision_table(R"({"listener": 5, "pool": "a\u001b[1mb", "cookie": {"state": "odd"}, "served": {"attempts": [7]},
                         "candidates": [{}, 3, {"chosen": true, "why_not": 9}], "notes": [1, "x\ny"],
                         "candidates_left_out": "many"})",
                     Paint::plain)
          .value();
  CHECK(table.find('\033') == std::string::npos);
  CHECK(table.find("pool      a?[1mb, policy -\n") != std::string::npos);
  CHECK(table.find("x?y\n") != std::string::npos);
  CHECK_FALSE(decision_table("[]", Paint::plain));
  CHECK_FALSE(decision_table("", Paint::plain));
}

TEST_CASE("in a terminal the chosen backend is green") {
  const std::string table = decision_table(to_json(test::some_decision()).dump(), Paint::in_colour).value();
  CHECK(table.find("\033[32mchosen\033[0m") != std::string::npos);
}

}  // namespace
}  // namespace stickler::admin
