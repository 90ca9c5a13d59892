#include "lb/admin/status_table.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "lb/admin/report_json.h"
#include "lb/admin/text_table.h"
#include "tests/unit/admin/fixture.h"

namespace stickler::admin {
namespace {

std::string table_of(const StatusReport& report) { return status_table(to_json(report).dump(), Paint::plain).value(); }

TEST_CASE("the status is shown as tables of aligned columns, and why a backend is out below its pool") {
  CHECK(table_of(test::some_status()) ==
        R"(stickler 1.2.3, process 4242, up 3h 5m, 2 workers
configuration conf/demo.yaml, generation 3

LISTENER  ADDRESS         CONNECTIONS  REQUESTS  4xx  5xx    P50   P99
web       127.0.0.1:8080     12/32736      1.2M    5    6  1.2ms  1.1s
          [::1]:8080

POOL login  least_connections, affinity cookie, 596 requests, 4 retries, 2 waiting
  BACKEND  ADDRESS         STATE    WEIGHT  IN FLIGHT  SESSIONS  2xx  4xx  5xx  FAILS  HEALTH
  a        127.0.0.1:9001  up            1          7      1234  512    2    0      0  up
  b        127.0.0.1:9002  ejected       1          7      1234  512    2    0      5  -
  c        10.0.0.1:9003   down          0          7      1234  512    2    0      5  down
  a: drains for 1m 30s, 1234 of 2000 sessions left, empty in about 1h 0m, the rest moves in 30m 0s
  a: moves 0.5 sessions a second, 45 so far
  b: ejected for another 8s: failures in a row
  c: last probe: connect: connection refused

POOL a b  round_robin, affinity none, 0 requests, 0 retries, 0 waiting
  BACKEND  ADDRESS  STATE  WEIGHT  IN FLIGHT  SESSIONS  2xx  4xx  5xx  FAILS  HEALTH
)");
}

TEST_CASE("why a backend is out, or on trial, is said in words") {
  struct Row {
    const char* state;
    const char* because;
    const char* line;
  };
  for (const Row& row :
       {Row{"ejected", "consecutive_failures", "  b: ejected for another 8s: failures in a row\n"},
        {"ejected", "success_rate", "  b: ejected for another 8s: far fewer successes than the others\n"},
        {"ejected", "trial", "  b: ejected for another 8s: it failed again on trial\n"},
        {"ejected", "a word of a later version", "  b: ejected for another 8s\n"},
        {"trial", "success_rate", "  b: on trial after an ejection: far fewer successes than the others\n"}}) {
    CAPTURE(row.state, row.because);
    StatusReport report = test::some_status();
    BackendReport& b = report.pools[0].backends[1];
    b.state = row.state;
    b.ejected = b.state == "ejected";
    b.ejected_because = row.because;
    CHECK(table_of(report).find(row.line) != std::string::npos);
  }
}

TEST_CASE("a process that drains says so below the header") {
  StatusReport report = test::some_status();
  report.draining = true;
  CHECK(table_of(report).find("generation 3\ndraining: no new connections are accepted\n\nLISTENER") !=
        std::string::npos);
}

TEST_CASE("no line is wider than 100 columns with IPv6 addresses and large counts, and none ends in blanks") {
  StatusReport report = test::some_status();
  for (BackendReport& backend : report.pools[0].backends) {
    backend.address = "[2001:db8::3]:9003";
    backend.requests = {0, 0, 123456789, 99999, 99999, 5};
  }
  const std::string table = table_of(report);
  for (std::string_view rest = table; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    INFO(line);
    CHECK(line.size() <= 100);
    CHECK_FALSE(line.ends_with(' '));
    rest.remove_prefix(line.size() + 1);
  }
}

TEST_CASE("standbys, slow starts and a panic are to be seen") {
  StatusReport report = test::some_status();
  PoolReport& pool = report.pools[0];
  pool.backends[0].weight_percent = 30;
  CHECK(table_of(report).find("  a: starts slowly, with 30 % of its weight so far\n") != std::string::npos);
  CHECK(table_of(report).find("standby") == std::string::npos);
  CHECK(table_of(report).find("panic") == std::string::npos);
  for (BackendReport& backend : pool.backends) backend.role = "standby";
  CHECK(table_of(report).find("  a        127.0.0.1:9001  standby ") != std::string::npos);
  CHECK(table_of(report).find("  c        10.0.0.1:9003   down ") != std::string::npos);
  pool.on_standby = true;
  CHECK(table_of(report).find("waiting\n  no primary is eligible: its standbys get the new sessions\n  BACKEND") !=
        std::string::npos);
  pool.on_standby = false;
  pool.panic = true;
  CHECK(table_of(report).find("waiting\n  panic: too few are healthy, so health is ignored and all are used\n") !=
        std::string::npos);
}

TEST_CASE("what was said at run time is to be seen, and a list that is refused") {
  StatusReport report = test::some_status();
  PoolReport& pool = report.pools[0];
  CHECK(table_of(report).find("at run time") == std::string::npos);
  CHECK(table_of(report).find("is refused") == std::string::npos);
  pool.backends[0].weight = 5;
  pool.backends[0].overridden = true;
  pool.backends[1].origin = "api";
  pool.backends[1].overridden = true;
  pool.removed = {"d"};
  pool.discover->problem = "conf/nodes.yaml:1:1: error: backends: expected a list\n  1 | x";
  const std::string table = table_of(report);
  CHECK(table.find("  a: weight 5 was set at run time\n") != std::string::npos);
  CHECK(table.find("  b: added at run time\n") != std::string::npos);
  CHECK(table.find("  b: weight") == std::string::npos);
  CHECK(table.find("  d: removed at run time\n") != std::string::npos);
  CHECK(table.find("waiting\n  conf/nodes.yaml is refused, the list before it is in force\n  BACKEND") !=
        std::string::npos);
}

TEST_CASE("what is missing or of another type is shown as a dash") {
  CHECK(status_table("{}", Paint::plain).value() ==
        "stickler -, process -, up -, - workers\nconfiguration -, generation -\n\n"
        "LISTENER  ADDRESS  CONNECTIONS  REQUESTS  4xx  5xx  P50  P99\n");
  const std::string table =
      status_table(R"({"version": 5, "uptime_seconds": "x", "draining": "no", "listeners": [{"name": "web",
                       "connections_max": 0, "requests": {"2xx": "many", "5xx": -3}, "duration": 7}, null],
                       "pools": [{"name": ["login"], "backends": [{}, {"name": "a", "state": "up", "ejected": true}]}]})",
                   Paint::plain)
          .value();
  CHECK(table ==
        R"(stickler 5, process -, up -, - workers
configuration -, generation -

LISTENER  ADDRESS  CONNECTIONS  REQUESTS  4xx  5xx  P50  P99
web       -        -/unlimited         0    -    -    -    -
-         -                -/-         -    -    -    -    -

POOL -  -, affinity -, - requests, - retries, - waiting
  BACKEND  ADDRESS  STATE  WEIGHT  IN FLIGHT  SESSIONS  2xx  4xx  5xx  FAILS  HEALTH
  -        -        -           -          -         -    -    -    -      -  -
  a        -        up          -          -         -    -    -    -      -  -
  a: ejected for another -
)");
  CHECK(status_table(R"({"listeners": "web", "pools": {"a": 1}})", Paint::plain).has_value());
}

TEST_CASE("what is no JSON object is an error") {
  for (const char* text : {"", "[]", "Bad Gateway", "{\"version\": ", "null"}) {
    INFO(text);
    CHECK(!status_table(text, Paint::plain));
  }
}

TEST_CASE("colour changes nothing but the colour") {
  const std::string json = to_json(test::some_status()).dump();
  const std::string plain = status_table(json, Paint::plain).value();
  std::string coloured = status_table(json, Paint::in_colour).value();
  CHECK(plain.find('\033') == std::string::npos);
  CHECK(coloured.find("\033[32mup\033[0m") != std::string::npos);
  CHECK(coloured.find("\033[31mejected\033[0m") != std::string::npos);
  CHECK(coloured.find("\033[31mdown\033[0m") != std::string::npos);
  for (std::size_t begin = 0; (begin = coloured.find('\033')) != std::string::npos;) {
    coloured.erase(begin, coloured.find('m', begin) - begin + 1);
  }
  CHECK(coloured == plain);
}

TEST_CASE("names and reasons cannot command the terminal") {
  StatusReport report = test::some_status();
  report.pools[0].name = "lo\033[2Jgin";
  report.pools[0].backends[2].reason = "status\nPOOL fake \xc2\x9b";
  const std::string table = table_of(report);
  CHECK(table.find("POOL lo?[2Jgin ") != std::string::npos);
  CHECK(table.find("last probe: status?POOL fake ?\n") != std::string::npos);
  CHECK(printable("gr\xc3\xbc\xc3\x9f\x7f") == "gr\xc3\xbc\xc3\x9f?");
}

TEST_CASE("columns align by characters, not by bytes") {
  CHECK(to_string(TextTable{.columns = {{"A"}, {"N", true}, {"B"}},
                            .rows = {{{"\xc3\xa4\xc3\xb6"}, {"1"}, {"x"}}, {{"abc"}, {"100"}, {""}}},
                            .indent = 1}) == " A      N  B\n \xc3\xa4\xc3\xb6     1  x\n abc  100\n");
}

TEST_CASE("large numbers, durations and latencies are short") {
  struct Count {
    std::uint64_t count;
    const char* text;
  };
  for (const Count& row : {Count{0, "0"}, Count{99'999, "99999"}, Count{100'000, "100k"}, Count{999'499, "999k"},
                           Count{999'500, "1.0M"}, Count{9'940'000, "9.9M"}, Count{9'950'000, "10M"},
                           Count{1'234'000'000, "1.2G"}, Count{~std::uint64_t{0}, "18E"}}) {
    CHECK(short_count(row.count) == row.text);
  }
  struct Time {
    double value;
    const char* text;
  };
  for (const Time& row : {Time{-1, "0s"}, Time{0.4, "0s"}, Time{59.4, "59s"}, Time{59.6, "1m 0s"}, Time{192, "3m 12s"},
                          Time{3600, "1h 0m"}, Time{86400 * 2 + 4 * 3600.0, "2d 4h"}, Time{1e300, "11574074d 1h"}}) {
    CHECK(short_duration(row.value) == row.text);
  }
  for (const Time& row : {Time{0.25, "0.25ms"}, Time{0.001, "0.00ms"}, Time{0.996, "1.0ms"}, Time{1.24, "1.2ms"},
                          Time{9.96, "10ms"}, Time{120.4, "120ms"}, Time{999.6, "1.0s"}, Time{12000, "12s"}}) {
    CHECK(short_latency(row.value) == row.text);
  }
}

}  // namespace
}  // namespace stickler::admin
