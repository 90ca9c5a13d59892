#include <fmt/core.h>

#include <CLI/Version.hpp>
#include <iostream>
#include <nlohmann/json.hpp>

#include "lb/base/log.h"
#include "lb/cli/cli.h"
#include "lb/http/library.h"
#include "lb/io/library.h"
#include "lb/server/version.h"

namespace stickler::cli {
namespace {

std::string dotted(int major, int minor, int patch) { return fmt::format("{}.{}.{}", major, minor, patch); }

}  // namespace

Exit version() {
  std::cout << "stickler " << server::version << '\n'
            << "libraries: " << io::library_version() << ", " << http::library_version() << ", spdlog "
            << dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH) << ", fmt "
            << dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100) << ", CLI11 " CLI11_VERSION
            << ", nlohmann-json "
            << dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH) << '\n'
            << "features: http/1.1, cookie affinity, active and passive health, hot reload\n";
  return Exit::ok;
}

}  // namespace stickler::cli
