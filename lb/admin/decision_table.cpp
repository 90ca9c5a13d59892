#include "lb/admin/decision_table.h"

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

struct Gloss {
  std::string_view word;
  std::string_view text;
};

constexpr Gloss verdicts[] = {
    {"none", "the pool has no affinity"},
    {"new", "a session begins"},
    {"bound", "it goes where its session is bound"},
    {"expired", "its session is over, another begins"},
    {"forged", "its cookie is not one of ours, a session begins"},
    {"unknown_node", "its session's backend is no longer in the pool"},
    {"detour", "this request went elsewhere, its session stays where it is"},
    {"failover", "its session moves to its backup"},
    {"moved", "its session moves to another backend"},
    {"drained", "its session moves, since its backend is drained"},
    {"overflow", "its session's backend is full: this request went elsewhere, its session stays where it is"},
    {"refused", "its session's backend is down or full, and no other may or can answer"},
};

constexpr Gloss choices[] = {
    {"session", "its session is bound to it"},
    {"backup", "the backup of its session"},
    {"policy", "chosen by the policy"},
    {"trial", "on trial, which this request tries"},
};

constexpr Gloss cookies[] = {
    {"absent", "none was sent"},
    {"forged", "forged: its tag does not fit, or it is of another pool, key or time"},
    {"expired", "expired"},
    {"unbound", "bound to nobody"},
};

constexpr Gloss reasons[] = {
    {"not_the_sessions_node", "the session is bound elsewhere"},
    {"higher_load", "higher load"},
    {"more_sessions", "more sessions, or as many and not its turn"},
    {"not_its_turn", "not its turn"},
    {"not_drawn", "not drawn"},
    {"other_key", "the key belongs to another"},
    {"later_in_list", "later in the list"},
    {"not_asked", "nobody was asked"},
    {"full", "full"},
    {"tried_and_failed", "was tried and failed"},
    {"another_on_trial", "another is tried"},
    {"standby", "standby: primaries serve"},
    {"trial", "on trial: single requests try it"},
    {"weight_0", "weight 0: no new sessions"},
    {"draining", "draining: no new sessions"},
    {"drained", "drained: no sessions"},
    {"ejected", "ejected: too many failures"},
    {"down", "down"},
};

template <std::size_t size>
std::string_view gloss_of(const Gloss (&glosses)[size], std::string_view word) {
  const auto found = std::ranges::find(glosses, word, &Gloss::word);
  return found == std::end(glosses) ? std::string_view() : found->text;
}

const json& at(const json& object, std::string_view key) {
  if (!object.is_object()) return missing;
  const auto found = object.find(key);
  return found == object.end() ? missing : *found;
}

std::string text(const json& object, std::string_view key) {
  const json& value = at(object, key);
  if (value.is_string() && !value.get_ref<const std::string&>().empty()) {
    return printable(value.get_ref<const std::string&>());
  }
  return value.is_number_integer() ? value.dump() : std::string(unknown);
}

std::optional<double> number(const json& object, std::string_view key) {
  const json& value = at(object, key);
  return value.is_number() ? std::optional(value.get<double>()) : std::nullopt;
}

bool is_given(const json& object, std::string_view key) { return text(object, key) != unknown; }

std::string cookie_line(const json& decision) {
  const json& cookie = at(decision, "cookie");
  const std::string state = text(cookie, "state");
  std::string line(gloss_of(cookies, state));
  if (line.empty()) {
    line = is_given(cookie, "primary") ? "bound to " + text(cookie, "primary") : "bound to nobody of the pool";
    if (is_given(cookie, "backup")) line += ", backup " + text(cookie, "backup");
    if (is_given(cookie, "home")) line += ", home " + text(cookie, "home");
  }
  if (const auto age = number(cookie, "age_seconds")) line += ", made " + short_duration(*age) + " ago";
  if (const auto unused = number(cookie, "unused_seconds")) line += ", last seen " + short_duration(*unused) + " ago";
  return line;
}

// ", for up to 1.0s; then b, the backup of its session"
std::string giving_up(const json& gives_up) {
  const auto after_ms = number(gives_up, "after_ms");
  if (!after_ms) return {};
  const std::string line = ", for up to " + short_latency(*after_ms) + "; then ";
  if (!is_given(gives_up, "backend")) return line + "answered 503 by the balancer itself, " + text(gives_up, "refusal");
  return line + text(gives_up, "backend") + ", " + std::string(gloss_of(choices, text(gives_up, "chosen_by")));
}

std::string backend_line(const json& decision) {
  const json& refusal = at(decision, "refusal");
  if (!is_given(decision, "backend")) {
    return fmt::format("none: answered {} by the balancer itself, {}", text(refusal, "status"),
                       text(refusal, "reason"));
  }
  std::string line = text(decision, "backend");
  const std::string_view by = gloss_of(choices, text(decision, "chosen_by"));
  if (!by.empty()) line += ", " + std::string(by);
  const std::string full = text(decision, "waited_at");
  if (full != unknown && full != text(decision, "backend")) line += ", since " + full + " is full";
  if (at(decision, "waits") == true) line += ", where it waits for a place" + giving_up(at(decision, "gives_up"));
  if (refusal.is_object()) {
    line +=
        fmt::format("; then answered {} by the balancer itself, {}", text(refusal, "status"), text(refusal, "reason"));
  }
  return line;
}

std::string served_line(const json& served) {
  const auto taken = number(served, "taken_ms");
  const std::string status = text(served, "status");
  std::string line =
      fmt::format("{} at {}, {} in {}", text(served, "request_id"), text(served, "at"),
                  status == "0" ? "no answer" : "answered " + status, taken ? short_latency(*taken) : unknown);
  if (is_given(served, "failure")) line += ", " + text(served, "failure");
  return line;
}

std::string attempts_line(const json& served) {
  std::string line;
  for (const json& attempt : at(served, "attempts")) {
    const bool failed = is_given(attempt, "failure");
    line += fmt::format("{}{} by {}{}", line.empty() ? "" : ", then ", text(attempt, "backend"),
                        text(attempt, "chosen_by"), failed ? ": " + text(attempt, "failure") : "");
  }
  return line;
}

// "higher load: 7 in flight against 3"
std::string with_loads(std::string reason, const json& candidate, const json& candidates) {
  const auto chosen = std::ranges::find_if(candidates, [](const json& other) { return at(other, "chosen") == true; });
  if (chosen == candidates.end()) return reason;
  reason += fmt::format(": {} in flight against {}", text(candidate, "in_flight"), text(*chosen, "in_flight"));
  const bool weighs_alike = at(candidate, "weight") == at(*chosen, "weight");
  if (!weighs_alike)
    reason += fmt::format(", weight {} against {}", text(candidate, "weight"), text(*chosen, "weight"));
  return reason;
}

Cell why_cell(const json& candidate, const json& candidates) {
  if (at(candidate, "chosen") == true) return {"chosen", Colour::green};
  const std::string word = text(candidate, "why_not");
  const std::string_view gloss = gloss_of(reasons, word);
  std::string reason = gloss.empty() ? word : std::string(gloss);
  if (word == "higher_load") reason = with_loads(std::move(reason), candidate, candidates);
  const bool is_out = word == "down" || word == "ejected" || word == "tried_and_failed";
  return {std::move(reason), is_out ? Colour::red : Colour::none};
}

std::string candidates_table(const json& decision, bool in_colour) {
  const json& candidates = at(decision, "candidates");
  if (!candidates.is_array() || candidates.empty()) return {};
  TextTable table{.columns = {{"BACKEND"}, {"ADDRESS"}, {"STATE"}, {"WEIGHT", true}, {"IN FLIGHT", true}, {"WHY"}},
                  .rows = {},
                  .indent = 2,
                  .in_colour = in_colour};
  for (const json& candidate : candidates) {
    table.rows.push_back({{text(candidate, "name")},
                          {text(candidate, "address")},
                          {text(candidate, "state")},
                          {text(candidate, "weight")},
                          {text(candidate, "in_flight")},
                          why_cell(candidate, candidates)});
  }
  std::string out = "\n" + to_string(table);
  const auto left_out = number(decision, "candidates_left_out");
  if (left_out && *left_out > 0) out += fmt::format("  and {:.0f} more\n", *left_out);
  return out;
}

}  // namespace

Result<std::string> decision_table(std::string_view decision_json, Paint paint) {
  const json decision = json::parse(decision_json, nullptr, false);
  if (!decision.is_object()) return fail("the answer is not the JSON of a decision");
  const bool in_colour = paint == Paint::in_colour;
  std::string out;
  const auto line = [&](std::string_view title, const std::string& what) {
    out += painted(in_colour ? Colour::bold : Colour::none, title) + std::string(10 - title.size(), ' ') + what + "\n";
  };
  const json& served = at(decision, "served");
  if (served.is_object()) line("request", served_line(served));
  if (const auto worker = number(decision, "worker")) {
    line("process", fmt::format("worker {:.0f}, configuration {}", *worker, text(decision, "config_file")));
  }
  line("listener", text(decision, "listener"));
  if (is_given(decision, "pool")) {
    line("route", text(decision, "route"));
    line("pool", text(decision, "pool") + ", policy " + text(decision, "policy") +
                     (at(decision, "panic") == true ? "; in panic: health is ignored" : ""));
  }
  if (at(decision, "cookie").is_object()) {
    line("cookie", cookie_line(decision));
    const std::string verdict = text(decision, "verdict");
    const std::string_view gloss = gloss_of(verdicts, verdict);
    line("verdict", verdict + (gloss.empty() ? "" : ": " + std::string(gloss)) +
                        (at(decision, "sets_cookie") == true ? "; a cookie is set" : ""));
  }
  line("backend", backend_line(decision));
  if (!at(served, "attempts").empty()) line("attempts", attempts_line(served));
  out += candidates_table(decision, in_colour);
  const json& notes = at(decision, "notes");
  if (!notes.empty()) out += "\n";
  for (const json& note : notes) {
    if (note.is_string()) out += printable(note.get_ref<const std::string&>()) + "\n";
  }
  return out;
}

}  // namespace stickler::admin
