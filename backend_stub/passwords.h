// Passwords: whether a user may log in, by Argon2id (libsodium). The loop's thread; the hashing, which is slow on
// purpose, runs beside it.
//
// Without a file of users, everybody whose password is the user name may log in: for demos and load tests. A hash is
// computed all the same, so that a log-in costs what it costs elsewhere, unless the cost is `off`.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "backend_stub/users.h"
#include "lb/io/work_queue.h"

namespace stickler::stub {

struct PasswordCost {
  std::string_view name;
  std::string_view what;      // For --help.
  unsigned long long passes;  // Over the memory; 0: no hash at all.
  std::size_t memory_bytes;
};

std::span<const PasswordCost> password_costs();
const PasswordCost* find_password_cost(std::string_view name);  // Null: there is none.

// A line's hash for --users. The error: no memory for it.
Result<std::string> hash_password(const std::string& password, const PasswordCost& cost);

struct Credentials {
  std::string user;
  std::string password;
};

enum class PasswordVerdict : std::uint8_t {
  right,
  wrong,
  busy,      // Too many wait for theirs.
  no_memory  // The hash could not be computed.
};

struct PasswordRules {
  PasswordCost cost;  // Without users; theirs is in each hash.
  std::optional<Users> users;
};

// The slow part. Any thread. Takes as long for an unknown user as for a wrong password.
PasswordVerdict check_password(const PasswordRules& rules, const Credentials& credentials);

class Passwords {
 public:
  using OnVerdict = std::function<void(PasswordVerdict)>;

  // Requires: `loop` outlives it; sodium_init() has been called.
  Passwords(io::Loop& loop, PasswordRules rules, const io::WorkLimits& limits);

  // `done` is called once, perhaps before this returns; not after the end of *this.
  void check(Credentials credentials, const OnVerdict& done);

  std::size_t running() const { return queue_.running(); }
  std::size_t waiting() const { return queue_.waiting(); }

 private:
  const std::shared_ptr<const PasswordRules> rules_;  // Shared with work that may outlive this.
  io::WorkQueue queue_;
};

}  // namespace stickler::stub
