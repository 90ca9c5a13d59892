#include "lb/base/library.h"

#include <fmt/core.h>
#include <spdlog/version.h>
#include <xxhash.h>

namespace stickler {

std::string base_library_versions() {
  return fmt::format("spdlog {}.{}.{}, fmt {}.{}.{}, xxHash {}.{}.{}", SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR,
                     SPDLOG_VER_PATCH, FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100,
                     XXH_versionNumber() / 10000, XXH_versionNumber() / 100 % 100, XXH_versionNumber() % 100);
}

}  // namespace stickler
