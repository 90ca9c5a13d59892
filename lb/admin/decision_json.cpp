#include "lb/admin/decision_json.h"

#include <fmt/chrono.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace stickler::admin {
namespace {

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

Json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(std::chrono::duration_cast<std::chrono::seconds>(*duration).count()) : Json();
}

// To the millisecond, in UTC.
std::string iso_time(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  const auto since_epoch = static_cast<std::time_t>(whole.time_since_epoch().count());
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(since_epoch), ms);
}

Json cookie_json(const SessionCookieReport& cookie) {
  return {{"state", cookie.state},
          {"primary", cookie.primary},
          {"backup", cookie.backup},
          {"home", cookie.home},
          {"age_seconds", seconds_or_null(cookie.age)},
          {"unused_seconds", seconds_or_null(cookie.unused)}};
}

Json candidate_json(const CandidateReport& candidate) {
  return {{"name", candidate.name},
          {"address", candidate.address},
          {"state", candidate.state},
          {"weight", or_null(candidate.weight)},
          {"in_flight", or_null(candidate.in_flight)},
          {"chosen", candidate.chosen},
          {"why_not", candidate.why_not}};
}

Json served_json(const ServedReport& served) {
  Json attempts = Json::array();
  for (const AttemptReport& attempt : served.attempts) {
    attempts.push_back({{"backend", attempt.backend}, {"chosen_by", attempt.chosen_by}, {"failure", attempt.failure}});
  }
  return {{"request_id", served.request_id},
          {"at", iso_time(served.at)},
          {"taken_ms", std::round(std::chrono::duration<double, std::micro>(served.taken).count()) / 1000},
          {"status", served.status},
          {"failure", served.failure},
          {"attempts", std::move(attempts)}};
}

Json giving_up_json(const GivingUpReport& report) {
  return {{"after_ms", std::chrono::duration_cast<std::chrono::milliseconds>(report.after).count()},
          {"backend", report.backend},
          {"chosen_by", report.chosen_by},
          {"refusal", report.refusal}};
}

}  // namespace

Json to_json(const DecisionReport& report) {
  Json candidates = Json::array();
  for (const CandidateReport& candidate : report.candidates) candidates.push_back(candidate_json(candidate));
  const Json refusal = {{"status", report.refusal_status}, {"reason", report.refusal}};
  return {{"worker", or_null(report.worker)},
          {"config_file", report.config_file},
          {"listener", report.listener},
          {"route", report.route},
          {"pool", report.pool},
          {"policy", report.policy},
          {"panic", report.panics},
          {"cookie", report.cookie ? cookie_json(*report.cookie) : Json()},
          {"verdict", report.verdict},
          {"sets_cookie", report.sets_cookie},
          {"backend", report.backend},
          {"chosen_by", report.chosen_by},
          {"waits", report.waits},
          {"gives_up", report.gives_up ? giving_up_json(*report.gives_up) : Json()},
          {"waited_at", report.waited_at},
          {"refusal", report.refusal_status != 0 ? refusal : Json()},
          {"candidates", std::move(candidates)},
          {"candidates_left_out", report.candidates_left_out},
          {"notes", report.notes},
          {"served", report.served ? served_json(*report.served) : Json()}};
}

}  // namespace stickler::admin
