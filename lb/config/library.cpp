#include "lb/config/library.h"

namespace stickler::config {

std::string library_version() { return "yaml-cpp " STICKLER_YAML_CPP_VERSION; }

}  // namespace stickler::config
