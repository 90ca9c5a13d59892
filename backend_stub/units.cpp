#include "backend_stub/units.h"

#include <algorithm>
#include <iterator>

#include "lb/base/bytes.h"

namespace stickler::stub {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t size;
};

constexpr Unit duration_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};  // Milliseconds.
constexpr Unit byte_units[] = {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}};

constexpr std::uint64_t milliseconds_max = std::uint64_t{10} * 365 * 24 * 60 * 60 * 1000;
constexpr std::uint64_t bytes_max = std::uint64_t{1} << 40;

template <std::size_t N>
Result<std::uint64_t> parse(std::string_view text, const Unit (&units)[N], std::uint64_t most) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_decimal(text.substr(0, digits));
  const auto* unit = std::ranges::find(units, text.substr(digits), &Unit::name);
  if (!number || unit == std::end(units)) return fail("");
  if (*number > most / unit->size) return fail(", and less");
  return *number * unit->size;
}

std::string got(std::string_view text) { return ", got '" + std::string(text) + "'"; }

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  const auto milliseconds = parse(text, duration_units, milliseconds_max);
  if (!milliseconds)
    return fail("expected a duration like 250ms, 10s, 5m or 8h" + milliseconds.error().message + got(text));
  return std::chrono::milliseconds(*milliseconds);
}

std::string to_text(Duration duration) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  if (milliseconds % 1000 == 0) return std::to_string(milliseconds / 1000) + "s";
  return std::to_string(milliseconds) + "ms";
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  const auto bytes = parse(text, byte_units, bytes_max);
  if (!bytes) return fail("expected a size like 4096, 64KiB or 1MiB" + bytes.error().message + got(text));
  return *bytes;
}

}  // namespace stickler::stub
