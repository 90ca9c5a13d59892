#include "lb/cli/cli.h"

#include <iostream>

#include "lb/cli/command_line.h"

namespace stickler::cli {

int main(int argc, const char* const* argv) {
  const CommandLine line = parse({argv, static_cast<std::size_t>(argc)});
  if (!line.command) {
    (line.exit == Exit::ok ? std::cout : std::cerr) << line.text;
    return line.exit;
  }
  switch (*line.command) {
    case Command::run:
      return run(line.options.config_path, {argv, argv + argc});
    case Command::check:
      return check(line.options.config_path);
    case Command::status:
      return status(line.options.admin, line.options.as_json);
    case Command::reload:
      return reload(line.options.admin, line.options.token_file);
    case Command::drain:
    case Command::undrain:
    case Command::disable:
    case Command::enable:
    case Command::weight:
      return order(*line.command, line.options);
    case Command::explain:
      return explain(line.options);
    case Command::why:
      return why(line.options);
    case Command::version:
      break;
  }
  return version();
}

}  // namespace stickler::cli
