#include "lb/config/scalars.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lb/base/bytes.h"
#include "lb/config/quote.h"
#include "lb/config/suggest.h"
#include "lb/config/units.h"

namespace stickler::config {
namespace {

std::string number_form(Range<std::uint32_t> range) {
  return "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most);
}

std::optional<std::uint32_t> number_in(std::string_view digits, Range<std::uint32_t> range) {
  const auto number = parse_decimal(digits);
  if (!number || *number < range.least || *number > range.most) return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

// Why an address is none, in the words of who wrote it.
std::string address_advice(const std::string& text) {
  const bool only_digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (only_digits) return "write 0.0.0.0:" + text + " for all interfaces, 127.0.0.1:" + text + " for this machine only";
  if (text.find("://") != std::string::npos) return "write it without '" + text.substr(0, text.find("://") + 3) + "'";
  if (text.starts_with("/")) return "write unix:" + text;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || text.ends_with(']')) return "the port is missing";
  const std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  if (host.empty() || host == "*") return "write 0.0.0.0:" + port + " or [::]:" + port;
  if (host.find(':') != std::string::npos && host.front() != '[') return "an IPv6 address needs brackets: [::1]:80";
  if (host == "localhost") return "write 127.0.0.1:" + port;
  if (Address::parse(host + ":1")) return "the port is a number from 1 to 65535";
  const bool is_a_name =
      std::any_of(host.begin(), host.end(), [](char c) { return ascii_lower(c) >= 'g' && ascii_lower(c) <= 'z'; });
  return is_a_name ? "names are not resolved; write the numeric address" : "";
}

}  // namespace

bool boolean(const Field& field, bool fallback) {
  return choice<bool>(field, fallback, {{"true", true}, {"false", false}});
}

std::optional<std::string> text(const Field& field) {
  if (!field) return std::nullopt;
  if (field.kind() != Kind::scalar) {
    field.reject("a text");
    return std::nullopt;
  }
  const bool has_control = std::ranges::any_of(field.text(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
  if (!has_control) return field.text();
  field.complain("expected a text without line breaks or other control characters");
  return std::nullopt;
}

std::string text(const Field& field, std::string fallback) {
  auto given = text(field);
  return given ? *std::move(given) : std::move(fallback);
}

std::uint32_t whole_number(const Field& field, std::uint32_t fallback, Range<std::uint32_t> range) {
  if (!field) return fallback;
  if (field.kind() == Kind::scalar) {
    if (const auto number = number_in(field.text(), range)) return *number;
  }
  field.reject(number_form(range));
  return fallback;
}

double decimal_or_zero(const Field& field, Range<double> range) {
  if (!field) return 0;
  if (field.kind() == Kind::scalar) {
    const std::string& given = field.text();
    double number = 0;
    const auto read = std::from_chars(given.data(), given.data() + given.size(), number, std::chars_format::fixed);
    const bool is_number = read.ec == std::errc() && read.ptr == given.data() + given.size();
    if (is_number && (number == 0 || (number >= range.least && number <= range.most))) return number;
  }
  field.reject("0 or a number from " + spell_decimal(range.least) + " to " + spell_decimal(range.most));
  return 0;
}

std::uint32_t percent(const Field& field, std::uint32_t fallback) {
  if (!field) return fallback;
  std::string advice;
  if (field.kind() == Kind::scalar) {
    const std::string& given = field.text();
    if (given.ends_with('%')) {
      if (const auto number = number_in(std::string_view(given).substr(0, given.size() - 1), {0, 100})) return *number;
    } else if (number_in(given, {0, 100})) {
      advice = "write " + given + "%";
    }
  }
  field.reject("a whole percentage from 0% to 100%", advice);
  return fallback;
}

Duration duration(const Field& field, Duration fallback, Duration least) {
  if (!field) return fallback;
  const auto value = field.kind() == Kind::scalar ? parse_duration(field.text()) : std::nullopt;
  if (value && *value >= least && *value <= duration_max) return *value;
  if (!value) {
    field.reject("a duration such as 250ms, 10s, 5m or 8h",
                 field.kind() == Kind::scalar ? duration_advice(field.text()) : "");
  } else {
    field.reject(*value < least ? "at least " + spell_duration(least) : "a duration of at most ten years");
  }
  return fallback;
}

std::uint64_t size(const Field& field, std::uint64_t fallback, Range<std::uint64_t> range) {
  if (!field) return fallback;
  const auto value = field.kind() == Kind::scalar ? parse_size(field.text()) : std::nullopt;
  if (value && *value >= range.least && *value <= range.most) return *value;
  if (!value) {
    field.reject("a size such as 512B, 16KiB or 1MiB", field.kind() == Kind::scalar ? size_advice(field.text()) : "");
  } else {
    field.reject("a size from " + spell_size(range.least) + " to " + spell_size(range.most));
  }
  return fallback;
}

std::optional<std::uint32_t> number_or(const Field& field, NumberOrWord wanted) {
  if (!field || field.is(wanted.word)) return std::nullopt;
  if (field.kind() == Kind::scalar) {
    if (const auto number = number_in(field.text(), {1, wanted.most})) return number;
  }
  field.reject(quoted(wanted.word) + " or " + number_form({1, wanted.most}));
  return std::nullopt;
}

std::optional<std::uint64_t> size_or_unlimited(const Field& field) {
  if (!field || field.is("unlimited")) return std::nullopt;
  constexpr std::uint64_t most = 1ULL << 50;
  const auto value = field.kind() == Kind::scalar ? parse_size(field.text()) : std::nullopt;
  if (value && *value <= most) return *value;
  if (!value) {
    field.reject("'unlimited' or a size such as 512B, 16KiB or 1MiB",
                 field.kind() == Kind::scalar ? size_advice(field.text()) : "");
  } else {
    field.reject("'unlimited' or a size up to " + spell_size(most));
  }
  return std::nullopt;
}

std::optional<Address> address(const Field& field, PortZero zero) {
  if (!field) return std::nullopt;
  if (field.kind() != Kind::scalar) {
    field.reject("an address such as 127.0.0.1:80, [::1]:80 or unix:/path");
    return std::nullopt;
  }
  auto parsed = Address::parse(field.text());
  if (!parsed && field.text().starts_with("unix:")) {
    field.complain(parsed.error().message);
    return std::nullopt;
  }
  if (!parsed) {
    field.reject("an address such as 127.0.0.1:80, [::1]:80 or unix:/path", address_advice(field.text()));
    return std::nullopt;
  }
  if (!parsed->is_unix() && parsed->port() == 0 && zero == PortZero::is_refused) {
    field.reject("a port from 1 to 65535");
    return std::nullopt;
  }
  return *parsed;
}

std::vector<Network> networks(const Field& field) {
  std::vector<Network> result;
  if (!field.check_list()) return result;
  for (const Field& item : field.items()) {
    const auto parsed = item.kind() == Kind::scalar ? Network::parse(item.text()) : fail("");
    if (parsed) {
      result.push_back(*parsed);
    } else {
      item.reject("a network such as 10.0.0.0/8 or ::1/128");
    }
  }
  return result;
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != std::string_view::npos;
  });
}

std::optional<std::size_t> choose(const Field& field, std::span<const std::string_view> words) {
  if (field.kind() == Kind::scalar) {
    const auto found = std::find(words.begin(), words.end(), field.text());
    if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  }
  field.reject(enumerate(words), field.kind() == Kind::scalar ? did_you_mean(closest(field.text(), words)) : "");
  return std::nullopt;
}

}  // namespace stickler::config
