#include "lb/http/library.h"

#include <llhttp.h>

namespace stickler::http {

std::string library_version() {
  return "llhttp " + std::to_string(LLHTTP_VERSION_MAJOR) + "." + std::to_string(LLHTTP_VERSION_MINOR) + "." +
         std::to_string(LLHTTP_VERSION_PATCH);
}

}  // namespace stickler::http
