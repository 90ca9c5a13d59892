#include "lb/base/store_url.h"

#include <algorithm>
#include <optional>

#include "lb/base/bytes.h"

namespace stickler {
namespace {

constexpr std::string_view scheme = "redis://";
constexpr std::uint64_t database_max = 1'000'000;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = ascii_lower(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]);
    const int low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const char lower = ascii_lower(c);
    if ((lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9')) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

std::string spell(const StoreUrl& url, std::string_view password) {
  std::string text(scheme);
  if (!url.password.empty()) text += ":" + std::string(password) + "@";
  text += url.address.to_string();
  if (url.database != 0) text += "/" + std::to_string(url.database);
  return text;
}

// "[:PASSWORD]" of the URL.
Result<std::string> parse_password(std::string_view text) {
  if (!text.starts_with(':')) return fail("users are not supported; write redis://:PASSWORD@HOST:PORT");
  const auto password = percent_decode(text.substr(1));
  if (!password) return fail("a '%' of the password is written as %25");
  if (password->empty()) return fail("the password before the '@' is empty");
  return *password;
}

}  // namespace

Result<StoreUrl> StoreUrl::parse(std::string_view text) {
  if (!text.starts_with(scheme)) return fail("it begins with redis://");
  text.remove_prefix(scheme.size());
  StoreUrl url;
  if (const std::size_t at = text.rfind('@'); at != std::string_view::npos) {
    auto password = parse_password(text.substr(0, at));
    if (!password) return tl::unexpected(password.error());
    url.password = *std::move(password);
    text.remove_prefix(at + 1);
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::string_view number = text.substr(slash + 1);
    const auto database = number.empty() ? 0 : parse_decimal(number);
    if (!database || *database > database_max) return fail("the database behind the '/' is a number such as 0");
    url.database = static_cast<std::uint32_t>(*database);
    text = text.substr(0, slash);
  }
  const auto address = Address::parse(text);
  const bool is_sound = address && !address->is_unix() && address->port() != 0;
  if (!is_sound) return fail("HOST:PORT is an IP address and a port, such as 127.0.0.1:6379; names are not resolved");
  url.address = *address;
  return url;
}

std::string StoreUrl::to_string() const { return spell(*this, percent_encode(password)); }

std::string StoreUrl::masked() const { return spell(*this, "***"); }

}  // namespace stickler
