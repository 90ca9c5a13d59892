#include "lb/admin/status_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "lb/admin/text_table.h"

namespace stickler::admin {
namespace {

using nlohmann::json;

const json missing;
constexpr std::string_view unknown = "-";

const json& at(const json& object, std::string_view key) {
  if (!object.is_object()) return missing;
  const auto found = object.find(key);
  return found == object.end() ? missing : *found;
}

std::optional<double> number(const json& object, std::string_view key) {
  const json& value = at(object, key);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

std::optional<std::uint64_t> whole_number(const json& value) {
  return value.is_number_unsigned() ? std::optional(value.get<std::uint64_t>()) : std::nullopt;
}

// Names, words and whole numbers, as they are.
std::string text(const json& object, std::string_view key) {
  const json& value = at(object, key);
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  return value.is_number_integer() ? value.dump() : std::string(unknown);
}

std::string count(const json& object, std::string_view key) {
  const auto value = whole_number(at(object, key));
  return value ? short_count(*value) : std::string(unknown);
}

std::string requests(const json& object) {
  const json& classes = at(object, "requests");
  if (!classes.is_object()) return std::string(unknown);
  std::uint64_t sum = 0;
  for (const json& value : classes) sum += whole_number(value).value_or(0);
  return short_count(sum);
}

std::string code_class(const json& object, std::string_view name) { return count(at(object, "requests"), name); }

std::string latency(const json& listener, std::string_view key) {
  const json& duration = at(listener, "duration");
  const auto value = number(duration, key);
  if (!value || at(duration, "count") == 0) return std::string(unknown);
  return short_latency(*value);
}

Cell red_unless_none(std::string text) {
  const bool is_none = text == "0" || text == unknown;
  return {std::move(text), is_none ? Colour::none : Colour::red};
}

std::string header(const json& status) {
  const auto uptime = number(status, "uptime_seconds");
  return fmt::format("stickler {}, process {}, up {}, {} workers\nconfiguration {}, generation {}\n",
                     text(status, "version"), text(status, "pid"), uptime ? short_duration(*uptime) : unknown,
                     text(status, "workers"), text(status, "config_file"), text(status, "generation"));
}

void append_listener(TextTable& table, const json& listener) {
  const std::string most = at(listener, "connections_max") == 0 ? "unlimited" : count(listener, "connections_max");
  std::vector<Cell> row = {
      {text(listener, "name")},      {std::string(unknown)},        {count(listener, "connections") + "/" + most},
      {requests(listener)},          {code_class(listener, "4xx")}, red_unless_none(code_class(listener, "5xx")),
      {latency(listener, "p50_ms")}, {latency(listener, "p99_ms")}};
  const json& addresses = at(listener, "addresses");
  bool first = true;
  for (const json& address : addresses) {
    if (!address.is_string()) continue;
    if (!std::exchange(first, false)) row = std::vector<Cell>(row.size());  // A line of its own for each further one.
    row[1] = {printable(address.get_ref<const std::string&>())};
    table.rows.push_back(row);
  }
  if (first) table.rows.push_back(row);
}

std::string listeners(const json& status, bool in_colour) {
  TextTable table{.columns = {{"LISTENER"},
                              {"ADDRESS"},
                              {"CONNECTIONS", true},
                              {"REQUESTS", true},
                              {"4xx", true},
                              {"5xx", true},
                              {"P50", true},
                              {"P99", true}},
                  .rows = {},
                  .in_colour = in_colour};
  for (const json& listener : at(status, "listeners")) append_listener(table, listener);
  return to_string(table);
}

Cell state_cell(const json& backend) {
  const std::string state = text(backend, "state");
  if (state == "up") return {at(backend, "role") == "standby" ? "standby" : state, Colour::green};
  if (state == "draining" || state == "drained" || state == "trial") return {state, Colour::yellow};
  return {state, state == unknown ? Colour::none : Colour::red};
}

// "unknown" is what the verdict is called where nothing probes, or has not yet.
std::string health_of(const json& backend) {
  const std::string health = text(backend, "health");
  return health == "unknown" ? std::string(unknown) : health;
}

std::vector<Cell> backend_row(const json& backend) {
  return {{text(backend, "name")},
          {text(backend, "address")},
          state_cell(backend),
          {text(backend, "weight")},
          {count(backend, "in_flight")},
          {count(backend, "sessions")},
          {code_class(backend, "2xx")},
          {code_class(backend, "4xx")},
          red_unless_none(code_class(backend, "5xx")),
          red_unless_none(count(backend, "failures")),
          {health_of(backend)}};
}

std::string line_of_drain(const json& backend) {
  const json& drain = at(backend, "drain");
  const auto since = number(drain, "since_seconds");
  const auto left = whole_number(at(backend, "sessions"));
  const auto then = whole_number(at(drain, "sessions_then"));
  std::string line = "drains for " + std::string(since ? short_duration(*since) : unknown);
  if (left && then) {
    line += fmt::format(", {} of {} sessions left", short_count(*left), short_count(std::max(*then, *left)));
  }
  if (const auto empty = number(drain, "empty_in_seconds"); empty && *empty > 0) {
    line += ", empty in about " + short_duration(*empty);
  }
  if (const auto deadline = number(drain, "deadline_in_seconds")) {
    line += *deadline > 0 ? ", the rest moves in " + short_duration(*deadline) : ", the rest moves now";
  }
  return line;
}

// "": none was ordered.
std::string rate_of_drain(const json& backend) {
  const json& drain = at(backend, "drain");
  const auto rate = number(drain, "rate");
  if (!rate) return {};
  return fmt::format("moves {:.6g} sessions a second, {} so far", *rate, count(drain, "sessions_moved"));
}

std::string because(const json& backend) {
  const std::string why = text(backend, "ejected_because");
  if (why == "consecutive_failures") return ": failures in a row";
  if (why == "success_rate") return ": far fewer successes than the others";
  return why == "trial" ? ": it failed again on trial" : "";
}

// Why a backend is out or gets less than its weight, below the table: a reason is too long for a column.
std::string notes(const json& backend) {
  const std::string name = text(backend, "name");
  std::string out;
  if (text(backend, "health") == "down") out += fmt::format("  {}: last probe: {}\n", name, text(backend, "reason"));
  if (at(backend, "ejected") == true) {
    const auto left = number(backend, "ejected_for_seconds");
    out +=
        fmt::format("  {}: ejected for another {}{}\n", name, left ? short_duration(*left) : unknown, because(backend));
  }
  if (text(backend, "state") == "trial") {
    out += fmt::format("  {}: on trial after an ejection{}\n", name, because(backend));
  }
  if (const auto percent = whole_number(at(backend, "weight_percent")); percent && *percent < 100) {
    out += fmt::format("  {}: starts slowly, with {} % of its weight so far\n", name, *percent);
  }
  if (at(backend, "origin") == "api") out += fmt::format("  {}: added at run time\n", name);
  if (at(backend, "origin") != "api" && at(backend, "overridden") == true) {
    out += fmt::format("  {}: weight {} was set at run time\n", name, text(backend, "weight"));
  }
  if (at(backend, "drain").is_object()) out += fmt::format("  {}: {}\n", name, line_of_drain(backend));
  if (const std::string rate = rate_of_drain(backend); !rate.empty()) out += fmt::format("  {}: {}\n", name, rate);
  return out;
}

std::string pool(const json& pool, bool in_colour) {
  TextTable table{.columns = {{"BACKEND"},
                              {"ADDRESS"},
                              {"STATE"},
                              {"WEIGHT", true},
                              {"IN FLIGHT", true},
                              {"SESSIONS", true},
                              {"2xx", true},
                              {"4xx", true},
                              {"5xx", true},
                              {"FAILS", true},
                              {"HEALTH"}},
                  .rows = {},
                  .indent = 2,
                  .in_colour = in_colour};
  std::string why;
  for (const json& backend : at(pool, "backends")) {
    table.rows.push_back(backend_row(backend));
    why += notes(backend);
  }
  std::string alarms;
  const auto alarm = [&](std::string_view what) {
    alarms += "  " + painted(in_colour ? Colour::yellow : Colour::none, what) + "\n";
  };
  if (at(pool, "panic") == true) alarm("panic: too few are healthy, so health is ignored and all are used");
  if (at(pool, "on_standby") == true) alarm("no primary is eligible: its standbys get the new sessions");
  const json& discover = at(pool, "discover");
  if (discover.is_object() && at(discover, "problem") != "") {
    alarm(text(discover, "file") + " is refused, the list before it is in force");
  }
  for (const json& name : at(pool, "removed")) {
    if (name.is_string()) why += "  " + printable(name.get<std::string>()) + ": removed at run time\n";
  }
  const std::string title = "POOL " + text(pool, "name");
  return fmt::format("{}  {}, affinity {}, {} requests, {} retries, {} waiting\n{}{}{}",
                     painted(in_colour ? Colour::bold : Colour::none, title), text(pool, "policy"),
                     text(pool, "affinity"), requests(pool), count(pool, "retries"), count(pool, "queued"), alarms,
                     to_string(table), why);
}

}  // namespace

Result<std::string> status_table(std::string_view status_json, Paint paint) {
  const json status = json::parse(status_json, nullptr, false);
  if (!status.is_object()) return fail("the answer is not the JSON of /api/v1/status");
  const bool in_colour = paint == Paint::in_colour;
  std::string out = header(status);
  if (at(status, "draining") == true) {
    out += painted(in_colour ? Colour::yellow : Colour::none, "draining: no new connections are accepted") + "\n";
  }
  out += "\n" + listeners(status, in_colour);
  for (const json& one : at(status, "pools")) out += "\n" + pool(one, in_colour);
  return out;
}

std::string drain_line(std::string_view backend_json) {
  const json backend = json::parse(backend_json, nullptr, false);
  const std::string rate = rate_of_drain(backend);
  return line_of_drain(backend) + (rate.empty() ? "" : ", " + rate);
}

std::string short_count(std::uint64_t count) {
  if (count < 100'000) return fmt::to_string(count);
  constexpr std::string_view units = "kMGTPE";
  double value = static_cast<double>(count) / 1000;
  std::size_t unit = 0;
  for (; value >= 999.5 && unit + 1 < units.size(); ++unit) value /= 1000;
  return fmt::format("{:.{}f}{}", value, value < 9.95 ? 1 : 0, units[unit]);
}

std::string short_duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(std::clamp(seconds, 0.0, 1e12) + 0.5);
  const std::uint64_t minutes = whole / 60;
  const std::uint64_t hours = minutes / 60;
  if (minutes == 0) return fmt::format("{}s", whole);
  if (hours == 0) return fmt::format("{}m {}s", minutes, whole % 60);
  if (hours < 24) return fmt::format("{}h {}m", hours, minutes % 60);
  return fmt::format("{}d {}h", hours / 24, hours % 24);
}

std::string short_latency(double milliseconds) {
  if (milliseconds >= 999.5) return fmt::format("{:.{}f}s", milliseconds / 1000, milliseconds < 9950 ? 1 : 0);
  if (milliseconds >= 9.95) return fmt::format("{:.0f}ms", milliseconds);
  return fmt::format("{:.{}f}ms", milliseconds, milliseconds < 0.995 ? 2 : 1);
}

}  // namespace stickler::admin
