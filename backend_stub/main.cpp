// login-stub: see docs/login-stub.md.
#include <iostream>

#include "backend_stub/options.h"
#include "backend_stub/server.h"

int main(int count, char** words) {
  using namespace stickler::stub;
  const CommandLine line = parse_command_line(count, words);
  std::cout << line.output;
  if (!line.error.empty()) std::cerr << "login-stub: " << line.error << "\nRun with --help for the options.\n";
  if (!line.options) return line.exit_code;
  return line.options->hash_password ? print_hash(line.options->password_cost) : serve(*line.options);
}
