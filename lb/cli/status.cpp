#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "lb/admin/status_table.h"
#include "lb/cli/admin_client.h"
#include "lb/cli/cli.h"

namespace stickler::cli {
namespace {

admin::Paint paint_of_terminal() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  const bool is_wanted = no_color == nullptr || *no_color == '\0';
  return is_wanted && isatty(STDOUT_FILENO) == 1 ? admin::Paint::in_colour : admin::Paint::plain;
}

}  // namespace

Exit status(const std::string& admin_address, bool as_json) {
  const auto answer = call_admin({.address = admin_address, .path = "/api/v1/status", .token = {}});
  if (!answer) {
    std::cerr << "stickler: " << answer.error().message << '\n';
    return Exit::failed;
  }
  if (answer->status != 200) {
    std::cerr << "stickler: " << problem_of(*answer).message << '\n';
    return Exit::failed;
  }
  if (as_json) {
    std::cout << answer->body;
    return Exit::ok;
  }
  const auto table = admin::status_table(answer->body, paint_of_terminal());
  if (!table) {
    std::cerr << "stickler: " << admin_address << ": " << table.error().message << '\n';
    return Exit::failed;
  }
  std::cout << *table;
  return Exit::ok;
}

}  // namespace stickler::cli
