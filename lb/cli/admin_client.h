// One call of a running process's admin API, for the sub-commands. Blocking; main thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lb/base/error.h"
#include "lb/cli/cli.h"

namespace stickler::cli {

struct AdminCall {
  std::string address;  // "127.0.0.1:9900", "unix:/path"
  std::string method = "GET";
  std::string path{};
  std::string body{};                          // JSON, for what is no GET.
  std::string token{};                         // "": none.
  std::chrono::milliseconds patience{30'000};  // For each piece of the answer: a reload works before it answers.
};

struct AdminAnswer {
  std::uint16_t status = 0;
  std::string body;
};

// The error says what to check when nothing listens there.
Result<AdminAnswer> call_admin(const AdminCall& call);

struct AdminProblem {
  std::string code;  // Of docs/admin-api.md; "": what answered is no admin API.
  std::string message;
};

// Of an answer that is no success.
AdminProblem problem_of(const AdminAnswer& answer);

// What --token-file names; "" where it names none.
Result<std::string> read_token_file(const std::string& path);

// Says it on stderr, with what to do about it.
Exit report(const AdminProblem& problem);

}  // namespace stickler::cli
