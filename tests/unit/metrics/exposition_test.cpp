#include "lb/metrics/exposition.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "lb/metrics/prometheus.h"

namespace stickler::metrics {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 3> refusals = {"none", "te_and_cl", "no_backend"};
constexpr std::array<std::string_view, 2> failures = {"none", "reset"};
constexpr std::array<std::string_view, 2> verdicts = {"none", "bound"};
constexpr std::array<std::string_view, 2> ejections = {"consecutive_failures", "trial"};
constexpr std::array<std::string_view, 2> shared_calls = {"found", "timeout"};

ProcessNow some_process() {
  return {.version = "1.2.3",
          .started = WallTime(1700000000500ms),
          .workers = 2,
          .ready = true,
          .reloads_applied = 4,
          .reloads_refused = 1,
          .access_log_dropped = 9,
          .pools = {{.name = "login",
                     .panic = true,
                     .lists = ListChanges{.applied = 8, .refused = 2},
                     .shared_table_up = true},
                    {.name = "other", .on_standby = true}},
          .backends = {{.pool = "login",
                        .name = "a",
                        .state = "draining",
                        .weight = 3,
                        .weight_share = 0.3,
                        .in_flight = 5,
                        .sessions = 7},
                       {.pool = "login", .name = "b", .state = "ejected", .standby = true},
                       {.pool = "plain", .name = "c", .state = "drained"}}};
}

std::string rendered(const Registry& registry) {
  std::string out;
  render(out, registry,
         {.refusals = refusals,
          .failures = failures,
          .verdicts = verdicts,
          .ejections = ejections,
          .shared_calls = shared_calls},
         some_process());
  return out;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool has_line(const std::string& text, const std::string& line) {
  const auto lines = lines_of(text);
  return std::find(lines.begin(), lines.end(), line) != lines.end();
}

void count_something(Registry& registry) {
  ListenerCounters& web = registry.listener(0, "web");
  web.connections_opened.add(7);
  web.connections_closed.add(2);
  web.requests.count(200);
  web.refusals[1].add(3);
  web.duration.count(2ms);
  registry.pool(1, "login").verdicts[1].add(6);
  registry.pool(1, "login").failures[1].add(8);
  registry.backend(1, "login", "a").requests.count(503);
}

TEST_CASE("what was counted stands in the page under its name and labels") {
  Registry registry;
  count_something(registry);
  const std::string page = rendered(registry);
  for (const char* line : {
           "stickler_build_info{version=\"1.2.3\"} 1",
           "stickler_start_time_seconds 1700000000.5",
           "stickler_workers 2",
           "stickler_ready 1",
           "stickler_config_reloads_total 4",
           "stickler_config_reloads_refused_total 1",
           "stickler_access_log_dropped_lines_total 9",
           "stickler_listener_connections_total{listener=\"web\"} 7",
           "stickler_listener_connections_open{listener=\"web\"} 5",
           "stickler_listener_requests_total{listener=\"web\",code_class=\"2xx\"} 1",
           "stickler_listener_requests_total{listener=\"web\",code_class=\"none\"} 0",
           "stickler_listener_refusals_total{listener=\"web\",reason=\"te_and_cl\"} 3",
           "stickler_listener_request_duration_seconds_bucket{listener=\"web\",le=\"0.001\"} 0",
           "stickler_listener_request_duration_seconds_bucket{listener=\"web\",le=\"0.0025\"} 1",
           "stickler_listener_request_duration_seconds_bucket{listener=\"web\",le=\"+Inf\"} 1",
           "stickler_listener_request_duration_seconds_sum{listener=\"web\"} 0.002",
           "stickler_listener_request_duration_seconds_count{listener=\"web\"} 1",
           "stickler_pool_verdicts_total{pool=\"login\",reason=\"none\"} 0",
           "stickler_pool_verdicts_total{pool=\"login\",reason=\"bound\"} 6",
           "stickler_pool_failures_total{pool=\"login\",reason=\"reset\"} 8",
           "stickler_backend_requests_total{pool=\"login\",backend=\"a\",code_class=\"5xx\"} 1",
           "stickler_backend_up{pool=\"login\",backend=\"a\"} 1",
           "stickler_backend_draining{pool=\"login\",backend=\"a\"} 1",
           "stickler_backend_weight{pool=\"login\",backend=\"a\"} 3",
           "stickler_backend_weight_share{pool=\"login\",backend=\"a\"} 0.3",
           "stickler_backend_weight_share{pool=\"login\",backend=\"b\"} 1",
           "stickler_backend_standby{pool=\"login\",backend=\"a\"} 0",
           "stickler_backend_standby{pool=\"login\",backend=\"b\"} 1",
           "stickler_pool_panic{pool=\"login\"} 1",
           "stickler_pool_panic{pool=\"other\"} 0",
           "stickler_pool_on_standby{pool=\"login\"} 0",
           "stickler_pool_on_standby{pool=\"other\"} 1",
           "stickler_pool_discover_applied_total{pool=\"login\"} 8",
           "stickler_pool_discover_refused_total{pool=\"login\"} 2",
           "stickler_backend_in_flight{pool=\"login\",backend=\"a\"} 5",
           "stickler_backend_sessions{pool=\"login\",backend=\"a\"} 7",
           "stickler_backend_up{pool=\"login\",backend=\"b\"} 0",
           "stickler_backend_up{pool=\"plain\",backend=\"c\"} 1",
           "stickler_backend_draining{pool=\"plain\",backend=\"c\"} 1",
       }) {
    INFO(line);
    CHECK(has_line(page, line));
  }
  CHECK(page.find("stickler_backend_sessions{pool=\"plain\"") == std::string::npos);
  CHECK(page.find("stickler_pool_discover_applied_total{pool=\"other\"") == std::string::npos);
}

TEST_CASE("the word none is no reason for a refusal or a failure") {
  Registry registry;
  count_something(registry);
  const std::string page = rendered(registry);
  CHECK(page.find("refusals_total{listener=\"web\",reason=\"none\"") == std::string::npos);
  CHECK(page.find("failures_total{pool=\"login\",reason=\"none\"") == std::string::npos);
}

TEST_CASE("every family has its HELP and TYPE once, before its samples, and its name keeps the conventions") {
  Registry registry;
  count_something(registry);
  std::map<std::string, std::string> types;
  std::string current;
  for (const std::string& line : lines_of(rendered(registry))) {
    INFO(line);
    std::istringstream words(line);
    std::string hash;
    std::string keyword;
    std::string name;
    std::string type;
    words >> hash >> keyword >> name >> type;
    if (hash != "#") {
      CHECK(line.starts_with(current));
      continue;
    }
    CHECK(name.starts_with("stickler_"));
    if (keyword == "HELP") {
      CHECK(types.count(name) == 0);
      current = name;
    } else {
      CHECK(name == current);
      types[name] = type;
      CHECK((type == "counter") == name.ends_with("_total"));
    }
  }
  CHECK(types.size() > 30);
}

TEST_CASE("a gauge of two counters never reads as a huge number") {
  Registry registry;
  registry.listener(0, "web").connections_closed.add(1);
  CHECK(has_line(rendered(registry), "stickler_listener_connections_open{listener=\"web\"} 0"));
}

TEST_CASE("only a pool that shares what it learns is said to do so well or badly") {
  Registry registry;
  count_something(registry);
  registry.pool(0, "login").shared_calls[1].add(2);
  registry.pool(1, "login").shared_calls[1].add(3);
  registry.pool(0, "other");
  const std::string page = rendered(registry);
  CHECK(has_line(page, "stickler_shared_table_up{pool=\"login\"} 1"));
  CHECK(has_line(page, "stickler_shared_table_calls_total{pool=\"login\",reason=\"found\"} 0"));
  CHECK(has_line(page, "stickler_shared_table_calls_total{pool=\"login\",reason=\"timeout\"} 5"));
  CHECK(page.find("stickler_shared_table_up{pool=\"other\"}") == std::string::npos);
  CHECK(page.find("stickler_shared_table_calls_total{pool=\"other\"") == std::string::npos);
}

TEST_CASE("label values and help texts are escaped") {
  CHECK(Labels("listener", "a\"b\\c\nd").text() == R"(listener="a\"b\\c\nd")");
  std::string out;
  PrometheusText text(out);
  text.family({"stickler_x", "gauge", "back\\slash and\nline \"quoted\""});
  text.sample({}, 1.5);
  CHECK(out ==
        "# HELP stickler_x back\\\\slash and\\nline \"quoted\"\n"
        "# TYPE stickler_x gauge\n"
        "stickler_x 1.5\n");
}

TEST_CASE("docs/metrics.md lists exactly the metrics that there are, each with its type and labels") {
  Registry registry;
  count_something(registry);
  std::map<std::string, std::string> types;
  std::map<std::string, std::set<std::string>> labels;
  std::string current;
  for (const std::string& line : lines_of(rendered(registry))) {
    if (line.starts_with("# TYPE ")) {
      std::istringstream words(line.substr(7));
      words >> current >> types[current];
      labels[current];
      continue;
    }
    if (line.starts_with("#")) continue;
    for (const char* label : {"listener", "pool", "backend", "code_class", "reason", "version"}) {
      const std::string before = line.substr(0, line.find(std::string(label) + "=\""));
      if (before.size() < line.size() && (before.ends_with('{') || before.ends_with(',')))
        labels[current].insert(label);
    }
  }
  std::map<std::string, std::string> expected;
  for (const auto& [name, type] : types) {
    std::string row = type + " |";
    for (const std::string& label : labels[name]) row += " " + label;
    expected[name] = row;
  }

  // Rows of the page's tables: | `name` | type | label label | meaning |
  std::map<std::string, std::string> documented;
  std::ifstream file(STICKLER_SOURCE_DIR "/docs/metrics.md");
  REQUIRE(file.is_open());
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `stickler_")) continue;
    std::istringstream cells(line.substr(3));
    std::string name;
    std::string type;
    std::string names;
    std::getline(cells, name, '`');
    std::getline(cells, type, '|');
    std::getline(cells, type, '|');
    std::getline(cells, names, '|');
    std::set<std::string> sorted;
    std::istringstream words(names);
    for (std::string word; words >> word;) sorted.insert(word);
    std::string row = type.substr(1) + "|";
    for (const std::string& label : sorted) row += " " + label;
    documented[name] = row;
  }
  CHECK(documented == expected);
}

}  // namespace
}  // namespace stickler::metrics
