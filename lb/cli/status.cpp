#include <iostream>

#include "lb/admin/status_table.h"
#include "lb/cli/admin_client.h"
#include "lb/cli/cli.h"
#include "lb/cli/terminal.h"

namespace stickler::cli {
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
