#include "lb/admin/report_json.h"

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "lb/metrics/counters.h"

namespace stickler::admin {
namespace {

static_assert(std::tuple_size_v<RequestCounts> == metrics::code_classes.size());

// To the microsecond, beyond which there is only noise to read.
double milliseconds(Duration duration) {
  return std::round(std::chrono::duration<double, std::micro>(duration).count()) / 1000;
}

double seconds(Duration duration) {
  return std::round(std::chrono::duration<double, std::milli>(duration).count()) / 1000;
}

Json requests_json(const RequestCounts& counts) {
  Json json = Json::object();
  for (std::size_t i = 0; i < counts.size(); ++i) json[std::string(metrics::code_classes[i])] = counts[i];
  return json;
}

Json duration_json(const DurationReport& report) {
  return {{"count", report.count},
          {"p50_ms", milliseconds(report.p50)},
          {"p90_ms", milliseconds(report.p90)},
          {"p99_ms", milliseconds(report.p99)}};
}

Json drain_json(const DrainReport& report) {
  const auto or_null = [](const std::optional<Duration>& duration) {
    return duration ? Json(seconds(*duration)) : Json();
  };
  return {{"since_seconds", seconds(report.since)},
          {"deadline_in_seconds", or_null(report.deadline_in)},
          {"rate", report.rate ? Json(*report.rate) : Json()},
          {"sessions_then", report.sessions_then},
          {"sessions_moved", report.sessions_moved},
          {"empty_in_seconds", or_null(report.empty_in)}};
}

Json discover_json(const DiscoverReport& report) {
  return {{"file", report.file}, {"problem", report.problem}, {"applied", report.applied}, {"refused", report.refused}};
}

Json listener_json(const ListenerReport& report) {
  return {{"name", report.name},
          {"mode", report.mode},
          {"addresses", report.addresses},
          {"connections", report.connections},
          {"connections_max", report.connections_max},
          {"connections_total", report.connections_total},
          {"limit_pauses", report.limit_pauses},
          {"bytes_in", report.bytes_in},
          {"bytes_out", report.bytes_out},
          {"requests", requests_json(report.requests)},
          {"duration", duration_json(report.duration)}};
}

}  // namespace

Json to_json(const BackendReport& report) {
  return {{"name", report.name},
          {"address", report.address},
          {"weight", report.weight},
          {"weight_percent", report.weight_percent},
          {"origin", report.origin},
          {"overridden", report.overridden},
          {"role", report.role},
          {"state", report.state},
          {"health", report.health},
          {"reason", report.reason},
          {"ejected", report.ejected},
          {"ejected_because", report.ejected_because},
          {"ejected_for_seconds", seconds(report.ejected_for)},
          {"in_flight", report.in_flight},
          {"sessions", report.sessions ? Json(*report.sessions) : Json()},
          {"drain", report.drain ? drain_json(*report.drain) : Json()},
          {"connects", report.connects},
          {"reused", report.reused},
          {"failures", report.failures},
          {"requests", requests_json(report.requests)}};
}

Json to_json(const PoolReport& report) {
  Json backends = Json::array();
  for (const BackendReport& backend : report.backends) backends.push_back(to_json(backend));
  return {{"name", report.name},
          {"policy", report.policy},
          {"affinity", report.affinity.empty() ? "none" : report.affinity},
          {"panic", report.panic},
          {"on_standby", report.on_standby},
          {"attempts", report.attempts},
          {"retries", report.retries},
          {"queued", report.queued},
          {"requests", requests_json(report.requests)},
          {"discover", report.discover ? discover_json(*report.discover) : Json()},
          {"removed", report.removed},
          {"backends", std::move(backends)}};
}

Json to_json(const std::vector<PoolReport>& pools) {
  Json json = Json::array();
  for (const PoolReport& pool : pools) json.push_back(to_json(pool));
  return json;
}

Json to_json(const StatusReport& report) {
  Json listeners = Json::array();
  for (const ListenerReport& listener : report.listeners) listeners.push_back(listener_json(listener));
  return {{"version", report.version},         {"pid", report.pid},
          {"workers", report.workers},         {"uptime_seconds", seconds(report.uptime)},
          {"config_file", report.config_file}, {"generation", report.generation},
          {"draining", report.draining},       {"listeners", std::move(listeners)},
          {"pools", to_json(report.pools)}};
}

}  // namespace stickler::admin
