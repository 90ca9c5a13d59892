#include <algorithm>

#include "lb/base/bytes.h"
#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::uint32_t streak_max = 1000;

std::optional<std::uint16_t> parse_status(std::string_view text) {
  const auto number = parse_decimal(text);
  if (!number || text.size() != 3 || *number < 100 || *number > 599) return std::nullopt;
  return static_cast<std::uint16_t>(*number);
}

StatusRange read_expect(const Field& field, StatusRange fallback) {
  const auto range = text(field);
  if (!range) return fallback;
  const std::size_t dash = range->find('-');
  const auto first = parse_status(range->substr(0, dash));
  const auto last = dash == std::string::npos ? first : parse_status(range->substr(dash + 1));
  if (first && last && *first <= *last) return {.first = *first, .last = *last};
  field.reject("a status such as 200, or a range such as 200-399");
  return fallback;
}

// The request target of the probe, sent as it is written.
std::string read_target(const Field& field, std::string fallback) {
  std::string target = text(field, fallback);
  const bool is_sound =
      target.starts_with('/') && std::ranges::all_of(target, [](char c) { return c > ' ' && c <= '~' && c != '#'; });
  if (is_sound) return target;
  field.reject("a path that begins with '/', without blanks");
  return fallback;
}

ActiveHealth read_active(const Field& field) {
  ActiveHealth active;
  active.type = choice(field["type"], active.type, probe_type_words);
  active.path = read_target(field["path"], active.path);
  active.expect = read_expect(field["expect"], active.expect);
  active.interval = duration(field["interval"], active.interval, 10ms);
  active.timeout = duration(field["timeout"], active.timeout, 1ms);
  active.rise = whole_number(field["rise"], active.rise, {1, streak_max});
  active.fall = whole_number(field["fall"], active.fall, {1, streak_max});
  return active;
}

PassiveHealth read_passive(const Field& field) {
  PassiveHealth passive;
  passive.consecutive_failures =
      whole_number(field["consecutive_failures"], passive.consecutive_failures, {1, streak_max});
  passive.eject = duration(field["eject"], passive.eject, 1ms);
  passive.max_ejected_percent = percent(field["max_ejected"], passive.max_ejected_percent);
  return passive;
}

// A block, rather than `off` or nothing; what is neither is refused.
bool is_block(const Field& field) {
  if (!field || field.is("off")) return false;
  if (field.kind() == Kind::map) return field.check_map();
  field.reject("off or a map", field.kind() == Kind::scalar ? "write {} for the defaults" : "");
  return false;
}

}  // namespace

Health read_health(const Field& field) {
  Health health;
  field.check_map();
  if (const Field active = field["active"]; is_block(active)) health.active = read_active(active);
  const Field passive = field["passive"];
  if (passive.is("off")) health.passive.reset();
  if (is_block(passive)) health.passive = read_passive(passive);
  health.panic_below_percent = percent(field["panic_below"], health.panic_below_percent);
  return health;
}

}  // namespace stickler::config
