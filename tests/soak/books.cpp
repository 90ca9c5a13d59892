#include "tests/soak/books.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace stickler::soak {

using namespace integration;

namespace {

// The value of a key of a line of JSON without its quotes. Not a parser, for there may be millions of lines; within
// values the writer escapes quotes, so that no value passes for a key.
std::string_view value_of(std::string_view line, std::string_view key) {
  const std::string name = "\"" + std::string(key) + "\":";
  const std::size_t at = line.find(name);
  if (at == std::string_view::npos) return "";
  line.remove_prefix(at + name.size());
  if (!line.starts_with('"')) return line.substr(0, line.find_first_of(",}"));
  return line.substr(1, line.find('"', 1) - 1);
}

std::uint64_t number_of(std::string_view line, std::string_view key) {
  return std::strtoull(std::string(value_of(line, key)).c_str(), nullptr, 10);
}

std::string class_of(std::uint64_t status) { return status == 0 ? "none" : std::to_string(status / 100) + "xx"; }

}  // namespace

LogTotals read_log(const std::string& path, const std::vector<Unserved>& reasons_of) {
  LogTotals totals;
  for (const Unserved& one : reasons_of) totals.reasons.emplace(one.path, "not in the log");
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const std::string_view reason = value_of(line, "reason");
    ++totals.lines;
    ++totals.by_class[class_of(number_of(line, "status"))];
    ++totals.by_pool[std::string(value_of(line, "pool"))];
    totals.attempts += number_of(line, "attempts");
    totals.client_aborts += reason.starts_with("client_") || reason == "bad_request_body" ? 1 : 0;
    const auto asked = totals.reasons.find(std::string(value_of(line, "path")));
    if (asked != totals.reasons.end()) asked->second = reason;
  }
  return totals;
}

void check_books(Balancer& balancer, const LogTotals& log, const Tally& clients) {
  const auto metric = [&](std::string_view name, const std::string& labels = "") {
    return static_cast<std::uint64_t>(balancer.metric(name, labels));
  };
  CHECK(metric("stickler_listener_requests_total") == log.lines);
  std::uint64_t outcomes = 0;
  for (const char* code_class : {"none", "1xx", "2xx", "3xx", "4xx", "5xx"}) {
    const std::string label = "code_class=\"" + std::string(code_class) + "\"";
    CAPTURE(code_class);
    const auto in_log = log.by_class.find(code_class);
    const std::uint64_t counted = metric("stickler_listener_requests_total", label);
    CHECK(counted == (in_log == log.by_class.end() ? 0 : in_log->second));
    outcomes += counted;
  }
  CHECK(outcomes == log.lines);
  CHECK(metric("stickler_listener_client_aborts_total") == log.client_aborts);
  for (const auto& [pool, lines] : log.by_pool) {
    CAPTURE(pool);
    if (!pool.empty()) CHECK(metric("stickler_pool_requests_total", "pool=\"" + pool + "\"") == lines);
  }
  CHECK(metric("stickler_pool_verdicts_total") == metric("stickler_pool_requests_total"));
  CHECK(metric("stickler_pool_attempts_total") == log.attempts);
  CHECK(metric("stickler_pool_attempts_total") ==
        metric("stickler_backend_connects_total") + metric("stickler_backend_reuses_total"));
  CHECK(metric("stickler_listener_connections_total") == clients.connections);
  CHECK(metric("stickler_listener_requests_total", "code_class=\"2xx\"") >= clients.served);
  CHECK(metric("stickler_listener_requests_total", "code_class=\"1xx\"") == clients.tunnels);
  CHECK(metric("stickler_listener_requests_total", "code_class=\"4xx\"") +
            metric("stickler_listener_requests_total", "code_class=\"5xx\"") >=
        clients.refused);
  CHECK(metric("stickler_access_log_dropped_lines_total") == 0);
}

void check_unserved(const LogTotals& log, const std::vector<Unserved>& unserved) {
  std::map<std::string, std::uint64_t> lost;
  for (const Unserved& one : unserved) {
    const std::string& reason = log.reasons.at(one.path);
    const bool had_begun = reason == "cut_head" || reason == "cut_body";
    if (!one.may_be && !had_begun) ++lost[one.what + " " + reason];
  }
  for (const auto& [what, count] : lost) FAIL_CHECK(count << " lost: " << what);
}

}  // namespace stickler::soak
