#include <CLI/Version.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "lb/affinity/library.h"
#include "lb/base/library.h"
#include "lb/cli/cli.h"
#include "lb/config/library.h"
#include "lb/http/library.h"
#include "lb/io/library.h"
#include "lb/server/version.h"

namespace stickler::cli {

Exit version() {
  std::cout << "stickler " << server::version << '\n'
            << "libraries: " << io::library_version() << ", " << http::library_version() << ", "
            << config::library_version() << ", " << affinity::library_version() << ", " << base_library_versions()
            << ", CLI11 " CLI11_VERSION << ", nlohmann-json " << NLOHMANN_JSON_VERSION_MAJOR << '.'
            << NLOHMANN_JSON_VERSION_MINOR << '.' << NLOHMANN_JSON_VERSION_PATCH << '\n'
            << "features: http/1.1, cookie affinity, active and passive health, hot reload\n";
  return Exit::ok;
}

}  // namespace stickler::cli
