#include "lb/config/secret.h"

#include <algorithm>
#include <string>

#include "lb/base/bytes.h"
#include "lb/config/suggest.h"

namespace stickler::config {
namespace {

constexpr std::string_view telling_parts[] = {"secret", "passw", "token", "authorization", "credential"};

}  // namespace

bool names_a_secret(std::string_view name) {
  std::string word = to_lower(name);
  std::replace(word.begin(), word.end(), '-', '_');
  if (word.ends_with("_file")) return false;
  for (const std::string_view part : telling_parts) {
    if (word.find(part) != std::string::npos) return true;
  }
  if (word.ends_with("_key") || word.ends_with("_keys")) return true;
  return word.size() <= 6 && edit_distance(word, "keys") <= 1;
}

bool has_a_password(std::string_view value) {
  const std::size_t begin = value.find("://");
  return begin != std::string_view::npos && value.find('@', begin) != std::string_view::npos;
}

bool may_hold_a_secret(std::string_view key) {
  return key.size() >= 32 && !std::ranges::all_of(key, [](char c) {
           const char lower = ascii_lower(c);
           return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
         });
}

}  // namespace stickler::config
