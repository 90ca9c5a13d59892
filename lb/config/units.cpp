#include "lb/config/units.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <limits>
#include <span>
#include <utility>

#include "lb/base/bytes.h"

namespace stickler::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit duration_units[] = {
    {"ms", 1'000'000}, {"s", 1'000'000'000}, {"m", 60'000'000'000}, {"h", 3'600'000'000'000}};
constexpr Unit size_units[] = {
    {"B", 1}, {"KiB", 1ULL << 10}, {"MiB", 1ULL << 20}, {"GiB", 1ULL << 30}, {"TiB", 1ULL << 40}};

struct Quantity {
  std::string_view digits;
  std::string_view unit;
};

Quantity split(std::string_view text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  return {text.substr(0, end), text.substr(end)};
}

const Unit* find_unit(std::span<const Unit> units, std::string_view name) {
  const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& unit) { return unit.name == name; });
  return found == units.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> parse(std::string_view text, std::span<const Unit> units, std::uint64_t most) {
  const auto [digits, name] = split(text);
  const Unit* unit = find_unit(units, name);
  if (!unit || digits.empty()) return std::nullopt;
  const auto number = parse_decimal(digits);
  return !number || *number > most / unit->factor ? most : *number * unit->factor;
}

std::string spell(std::uint64_t value, std::span<const Unit> units) {
  const Unit* largest = &units.front();
  for (const Unit& unit : units) {
    if (value >= unit.factor && value % unit.factor == 0) largest = &unit;
  }
  return std::to_string(value / largest->factor) + std::string(largest->name);
}

std::string write(std::string_view digits, std::string_view unit) {
  return "write " + std::string(digits) + std::string(unit);
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) {
  const auto value = parse(text, duration_units, std::numeric_limits<std::int64_t>::max());
  if (!value) return std::nullopt;
  return Duration(static_cast<std::int64_t>(*value));
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse(text, size_units, std::numeric_limits<std::uint64_t>::max());
}

std::string spell_duration(Duration duration) {
  return duration == Duration::zero() ? "0s" : spell(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string spell_decimal(double number) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof(digits), number).ptr};
}

std::string spell_size(std::uint64_t bytes) { return spell(bytes, size_units); }

std::string duration_advice(std::string_view text) {
  const auto [digits, unit] = split(text);
  if (digits.empty()) return "";
  if (unit.empty()) return "write the unit: " + std::string(digits) + "s or " + std::string(digits) + "ms";
  if (unit.front() == '.') return "write a whole number of a smaller unit, such as 1500ms";
  const std::string word = to_lower(trim_blanks(unit));
  if (find_unit(duration_units, word)) return write(digits, word);
  if (word.starts_with('d')) return "write it in hours: one day is 24h";
  constexpr std::pair<std::string_view, std::string_view> meant[] = {{"milli", "ms"}, {"ms", "ms"},  {"sec", "s"},
                                                                     {"min", "m"},    {"hour", "h"}, {"hr", "h"}};
  for (const auto& [beginning, full] : meant) {
    if (word.starts_with(beginning)) return write(digits, full);
  }
  return "";
}

std::string size_advice(std::string_view text) {
  const auto [digits, unit] = split(text);
  if (digits.empty()) return "";
  if (unit.empty()) return "write the unit: " + std::string(digits) + "B, or KiB or MiB";
  const std::string word = to_lower(trim_blanks(unit));
  constexpr std::pair<std::string_view, std::string_view> meant[] = {
      {"k", "KiB"}, {"m", "MiB"}, {"g", "GiB"}, {"t", "TiB"}, {"b", "B"}};
  for (const auto& [beginning, full] : meant) {
    if (word.starts_with(beginning)) return write(digits, full);
  }
  return "";
}

}  // namespace stickler::config
