#include <chrono>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "lb/admin/path_pattern.h"
#include "lb/admin/status_table.h"
#include "lb/cli/admin_client.h"
#include "lb/cli/cli.h"
#include "lb/cli/command_line.h"

namespace stickler::cli {
namespace {

constexpr std::chrono::seconds look_every{1};
constexpr std::chrono::seconds say_every{10};

std::string_view word_of(Command command) {
  switch (command) {
    case Command::drain:
      return "drain";
    case Command::undrain:
      return "undrain";
    case Command::disable:
      return "disable";
    case Command::weight:
      return "weight";
    default:
      return "enable";
  }
}

// Requires: `backend` has a slash, as the command line has seen to.
std::string path_of(const std::string& backend) {
  const std::size_t slash = backend.find('/');
  return "/api/v1/pools/" + admin::percent_encode(backend.substr(0, slash)) + "/backends/" +
         admin::percent_encode(backend.substr(slash + 1));
}

std::string body_of(Command command, const Options& options) {
  if (command == Command::weight) return nlohmann::json{{"weight", options.weight}}.dump();
  nlohmann::json body;
  if (options.deadline) body["deadline_seconds"] = std::chrono::duration<double>(*options.deadline).count();
  if (options.rate) body["rate"] = *options.rate;
  return body.is_null() ? std::string() : body.dump();
}

struct Left {
  bool drains = false;
  bool is_over = false;  // The deadline.
  std::uint64_t sessions = 0;
  std::uint64_t in_flight = 0;
};

Left left_of(const std::string& backend_json) {
  const auto json = nlohmann::json::parse(backend_json, nullptr, false);
  if (!json.is_object() || !json.contains("drain") || !json["drain"].is_object()) return {};
  const auto& deadline = json["drain"].value("deadline_in_seconds", nlohmann::json());
  const auto number = [&](const char* key) {
    const auto& value = json.value(key, nlohmann::json());
    return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
  };
  return {.drains = true,
          .is_over = deadline.is_number() && deadline.get<double>() <= 0,
          .sessions = number("sessions"),
          .in_flight = number("in_flight")};
}

// Until no session and no request is left, or the deadline is over.
Exit wait_for_end(const Options& options, std::string shown) {
  auto next_line = std::chrono::steady_clock::now() + say_every;
  for (;;) {
    const Left left = left_of(shown);
    if (!left.drains) {
      std::cerr << "stickler: " << options.backend << " does not drain any more\n";
      return Exit::failed;
    }
    if (left.in_flight == 0 && (left.sessions == 0 || left.is_over)) {
      std::cout << options.backend
                << (left.is_over ? ": the deadline is over, it gets nothing any more\n"
                                 : ": empty, it can be stopped\n");
      return Exit::ok;
    }
    std::this_thread::sleep_for(look_every);
    const auto answer = call_admin({.address = options.admin, .path = path_of(options.backend), .token = {}});
    if (!answer) {
      std::cerr << "stickler: " << answer.error().message << '\n';
      return Exit::failed;
    }
    if (answer->status != 200) return report(problem_of(*answer));
    shown = answer->body;
    if (std::chrono::steady_clock::now() < next_line) continue;
    next_line += say_every;
    std::cout << options.backend << ' ' << admin::drain_line(shown) << std::endl;
  }
}

}  // namespace

Exit order(Command command, const Options& options) {
  const auto token = read_token_file(options.token_file);
  if (!token) {
    std::cerr << "stickler: " << token.error().message << '\n';
    return Exit::misused;
  }
  const auto answer = call_admin({.address = options.admin,
                                  .method = command == Command::weight ? "PUT" : "POST",
                                  .path = path_of(options.backend) + "/" + std::string(word_of(command)),
                                  .body = body_of(command, options),
                                  .token = *token});
  if (!answer) {
    std::cerr << "stickler: " << answer.error().message << '\n';
    return Exit::failed;
  }
  if (answer->status != 200) return report(problem_of(*answer));
  if (command == Command::weight) {
    std::cout << options.backend << " has weight " << options.weight << '\n';
    return Exit::ok;
  }
  if (!left_of(answer->body).drains) {
    const auto json = nlohmann::json::parse(answer->body, nullptr, false);
    std::cout << options.backend << " is " << (json.is_object() ? json.value("state", "?") : "?") << '\n';
    return Exit::ok;
  }
  std::cout << options.backend << ' ' << admin::drain_line(answer->body) << std::endl;
  return options.wait ? wait_for_end(options, answer->body) : Exit::ok;
}

}  // namespace stickler::cli
