#include "backend_stub/users.h"

#include <sodium.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <sstream>

#include "lb/base/bytes.h"

namespace stickler::stub {
namespace {

bool is_argon2id(const std::string& hash) {
  if (!hash.starts_with(crypto_pwhash_argon2id_STRPREFIX)) return false;
  // It answers -1 where it cannot read the hash, else whether the cost is another one.
  return crypto_pwhash_str_needs_rehash(hash.c_str(), crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN) >= 0;
}

}  // namespace

std::string_view flaw_of_user_name(std::string_view name) {
  if (name.empty()) return "the user name is empty";
  if (name.size() > user_bytes_max) return "the user name is longer than 64 bytes";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return std::ranges::any_of(name, is_control) ? "the user name has a control character" : "";
}

Result<Users> Users::parse(std::string_view text, const std::string& file) {
  Users users;
  std::string flaws;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim_blanks(line);
    if (line.empty() || line.starts_with('#')) continue;
    const std::size_t blank = line.find_last_of(" \t");
    const std::string_view name = blank == std::string_view::npos ? line : trim_blanks(line.substr(0, blank));
    const std::string hash(blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1));
    std::string_view flaw = flaw_of_user_name(name);
    if (flaw.empty() && !is_argon2id(hash)) flaw = "expected NAME HASH with an Argon2id hash ($argon2id$...)";
    if (flaw.empty() && !users.hashes_.emplace(name, hash).second) flaw = "this user stands there twice";
    if (!flaw.empty())
      flaws.append(file).append(":").append(std::to_string(line_number)).append(": ").append(flaw).append("\n");
    if (users.stand_in_.empty()) users.stand_in_ = hash;
  }
  if (flaws.empty() && users.hashes_.empty()) flaws = file + ": no user is in it, so nobody could log in\n";
  if (flaws.empty()) return users;
  flaws.pop_back();
  return fail(std::move(flaws));
}

Result<Users> Users::read(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) return fail_errno("cannot read " + path, errno);
  return parse(text.str(), path);
}

Users::Found Users::find(const std::string& name) const {
  const auto found = hashes_.find(name);
  if (found == hashes_.end()) return {.hash = stand_in_, .known = false};
  return {.hash = found->second, .known = true};
}

}  // namespace stickler::stub
