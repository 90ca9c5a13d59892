// Options: the command line of login-stub. Values; main thread.
#pragma once

#include <optional>
#include <string>

#include "backend_stub/passwords.h"
#include "backend_stub/peers/peer_list.h"
#include "lb/base/address.h"
#include "lb/base/clock.h"

namespace stickler::stub {

struct Options {
  Address listen;
  std::string name;  // Of the node: letters, digits, '.', '_' and '-'.
  std::string sessions = "memory";
  Duration ttl = std::chrono::minutes(30);
  std::size_t session_bytes = 64 * 1024;
  std::size_t sessions_max = 1'000'000;
  Address peer_listen;  // With the next three: for strategies that replicate.
  std::vector<PeerAddress> peers;
  std::string peer_secret;
  bool replicate_sync = true;
  std::string users_file;  // "": any user whose password is the user name.
  PasswordCost password_cost = *find_password_cost("interactive");
  bool hash_password = false;  // Instead of serving.
};

// The options, or what to print and with which code to exit.
struct CommandLine {
  std::optional<Options> options;
  std::string output;  // For --help and --version.
  std::string error;
  int exit_code = 0;
};

CommandLine parse_command_line(int count, const char* const* words);

}  // namespace stickler::stub
