#include "lb/cli/terminal.h"

#include <unistd.h>

#include <cstdlib>

namespace stickler::cli {

admin::Paint paint_of_terminal() {
  const char* no_color = std::getenv("NO_COLOR");  // https://no-color.org
  const bool is_wanted = no_color == nullptr || *no_color == '\0';
  return is_wanted && isatty(STDOUT_FILENO) == 1 ? admin::Paint::in_colour : admin::Paint::plain;
}

}  // namespace stickler::cli
