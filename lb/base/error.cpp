#include "lb/base/error.h"

#include <system_error>

namespace stickler {

tl::unexpected<Error> fail_errno(const std::string& attempted, int code) {
  return fail(attempted + ": " + std::generic_category().message(code), code);
}

}  // namespace stickler
