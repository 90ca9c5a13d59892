#include "lb/http/cookie_date.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "lb/base/bytes.h"

namespace stickler::http {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr bool is_separator(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte == 0x09 || (byte >= 0x20 && byte <= 0x2f) || (byte >= 0x3b && byte <= 0x40) ||
         (byte >= 0x5b && byte <= 0x60) || (byte >= 0x7b && byte <= 0x7e);
}

// The number at the front, of so many digits and no more, which are removed.
std::optional<unsigned> take_number(std::string_view& text, std::size_t digits_min, std::size_t digits_max) {
  unsigned number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    if (++digits > digits_max) return std::nullopt;
    number = number * 10 + static_cast<unsigned>(text[digits - 1] - '0');
  }
  if (digits < digits_min) return std::nullopt;
  text.remove_prefix(digits);
  return number;
}

std::optional<std::chrono::seconds> time_of_day(std::string_view token) {
  const auto hour = take_number(token, 1, 2);
  if (!hour || *hour > 23) return std::nullopt;
  std::chrono::seconds time = std::chrono::hours(*hour);
  for (const std::chrono::seconds unit : {std::chrono::seconds(60), std::chrono::seconds(1)}) {
    if (!token.starts_with(':')) return std::nullopt;
    token.remove_prefix(1);
    const auto part = take_number(token, 1, 2);
    if (!part || *part > 59) return std::nullopt;
    time += *part * unit;
  }
  return time;
}

std::optional<unsigned> month_of(std::string_view token) {
  constexpr std::array<std::string_view, 12> months = {"jan", "feb", "mar", "apr", "may", "jun",
                                                       "jul", "aug", "sep", "oct", "nov", "dec"};
  const auto found = std::find_if(months.begin(), months.end(),
                                  [&](std::string_view m) { return equals_ignore_case(token.substr(0, 3), m); });
  if (found == months.end()) return std::nullopt;
  return static_cast<unsigned>(found - months.begin()) + 1;
}

struct Parts {
  std::optional<std::chrono::seconds> time;
  std::optional<unsigned> day, month, year;

  // Each token is the first thing that it can be and that there is not yet.
  void take(std::string_view token) {
    if (!time && (time = time_of_day(token))) return;
    if (std::string_view rest = token; !day && (day = take_number(rest, 1, 2))) return;
    if (!month && (month = month_of(token))) return;
    if (!year) year = take_number(token, 2, 4);
  }
};

}  // namespace

std::optional<std::int64_t> parse_cookie_date(std::string_view text) {
  Parts parts;
  while (!text.empty()) {
    const auto end = std::find_if(text.begin(), text.end(), is_separator);
    const auto size = static_cast<std::size_t>(end - text.begin());
    if (size > 0) parts.take(text.substr(0, size));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  if (!parts.time || !parts.day || !parts.month || !parts.year) return std::nullopt;
  unsigned year = *parts.year;
  if (year < 100) year += year >= 70 ? 1900 : 2000;
  if (year < 1601) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(year)), std::chrono::month(*parts.month),
                                         std::chrono::day(*parts.day)};
  if (!date.ok()) return std::nullopt;
  return (std::chrono::sys_days(date).time_since_epoch() + *parts.time) / std::chrono::seconds(1);
}

}  // namespace stickler::http
