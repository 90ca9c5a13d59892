// Users: who may log in, from the file of --users: a name and its Argon2id hash a line. A value; any thread.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "lb/base/error.h"

namespace stickler::stub {

inline constexpr std::size_t user_bytes_max = 64;
inline constexpr std::size_t password_bytes_max = 256;

// Why the name cannot be one; "": it can. A name is 1 to 64 bytes without control characters.
std::string_view flaw_of_user_name(std::string_view name);

class Users {
 public:
  // Lines are NAME HASH; empty ones and those that begin with # are skipped. The error has every bad line, as
  // FILE:LINE: reason.
  static Result<Users> parse(std::string_view text, const std::string& file);
  static Result<Users> read(const std::string& path);

  // An unknown name gets another user's hash, so that checking a password against it takes as long.
  struct Found {
    std::string_view hash;
    bool known = false;
  };
  Found find(const std::string& name) const;

  std::size_t size() const { return hashes_.size(); }

 private:
  std::unordered_map<std::string, std::string> hashes_;
  std::string stand_in_;
};

}  // namespace stickler::stub
