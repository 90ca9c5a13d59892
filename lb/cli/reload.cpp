#include <iostream>
#include <nlohmann/json.hpp>

#include "lb/cli/admin_client.h"
#include "lb/cli/cli.h"

namespace stickler::cli {
namespace {

std::string message_of(const AdminAnswer& applied) {
  const auto json = nlohmann::json::parse(applied.body, nullptr, false);
  return json.is_object() && json.contains("message") && json["message"].is_string()
             ? json["message"].get<std::string>()
             : applied.body;
}

}  // namespace

Exit reload(const std::string& admin_address, const std::string& token_file) {
  const auto token = read_token_file(token_file);
  if (!token) {
    std::cerr << "stickler: " << token.error().message << '\n';
    return Exit::misused;
  }
  const auto answer =
      call_admin({.address = admin_address, .method = "POST", .path = "/api/v1/reload", .token = *token});
  if (!answer) {
    std::cerr << "stickler: " << answer.error().message << '\n';
    return Exit::failed;
  }
  if (answer->status == 200) {
    std::cout << "reload applied: " << message_of(*answer) << '\n';
    return Exit::ok;
  }
  const AdminProblem problem = problem_of(*answer);
  if (problem.code == "reload_refused") {
    std::cerr << "reload refused, nothing has changed:\n" << problem.message << '\n';
    return Exit::misused;
  }
  return report(problem);
}

}  // namespace stickler::cli
