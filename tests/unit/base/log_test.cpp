#include "lb/base/log.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace stickler {
namespace {

// A file that is gone with the test, and with it the logger that writes there.
struct LogFile {
  LogFile() : path(std::filesystem::temp_directory_path() / ("stickler_log_test." + std::to_string(getpid()))) {}
  ~LogFile() {
    static_cast<void>(start_log("info", "stderr"));
    std::filesystem::remove(path);
  }
  std::string text() const {
    std::ostringstream all;
    all << std::ifstream(path).rdbuf();
    return all.str();
  }
  std::filesystem::path path;
};

TEST_CASE("the log writes one line an event from its level on, and appends to a file that exists") {
  const LogFile file;
  std::ofstream(file.path) << "kept\n";
  REQUIRE(start_log("warn", file.path).has_value());
  log_debug("too small");
  log_info("too small");
  log_warn("pool {} has no backend", "login");
  log_error("listener {}", 1);
  spdlog::default_logger()->flush();
  const std::string text = file.text();
  CHECK_THAT(text, Catch::StartsWith("kept\n") && Catch::Contains(" warning pool login has no backend\n") &&
                       Catch::Contains(" error listener 1\n") && !Catch::Contains("too small"));
}

TEST_CASE("starting the log again changes level and target, and opens a file that was moved away anew") {
  const LogFile file;
  REQUIRE(start_log("error", file.path).has_value());
  log_warn("too small");
  const auto moved = file.path.string() + ".1";
  std::filesystem::rename(file.path, moved);
  REQUIRE(start_log("info", file.path).has_value());
  log_warn("in the new file");
  spdlog::default_logger()->flush();
  CHECK(std::filesystem::file_size(moved) == 0);
  std::filesystem::remove(moved);
  CHECK_THAT(file.text(), Catch::Contains("in the new file") && !Catch::Contains("too small"));
}

TEST_CASE("a log file that cannot be written is an error that names it") {
  const auto started = start_log("info", "/proc/no/such/folder/stickler.log");
  REQUIRE_FALSE(started.has_value());
  CHECK_THAT(started.error().message, Catch::Contains("/proc/no/such/folder"));
}

}  // namespace
}  // namespace stickler
