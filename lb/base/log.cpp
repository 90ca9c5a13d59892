#include "lb/base/log.h"

#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/dist_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <cstdio>
#include <memory>

namespace stickler {
namespace {

// What the default logger writes to, so that the target may change while other threads log: replacing the logger
// itself would pull it from under them.
using Target = spdlog::sinks::dist_sink_mt;

Result<spdlog::sink_ptr> open_sink(const std::string& file) {
  if (file == "stderr") return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (file == "stdout") return std::make_shared<spdlog::sinks::stdout_sink_mt>();
  // What an upgrade starts opens the file for itself.
  spdlog::file_event_handlers events;
  events.after_open = [](const spdlog::filename_t&, std::FILE* opened) {
    ::fcntl(::fileno(opened), F_SETFD, FD_CLOEXEC);
  };
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(file, false, events);
  } catch (const spdlog::spdlog_ex& error) {
    return fail(error.what());
  }
}

Target* current_target() {
  const auto& sinks = spdlog::default_logger_raw()->sinks();
  return sinks.size() == 1 ? dynamic_cast<Target*>(sinks.front().get()) : nullptr;
}

Target& install_target() {
  auto target = std::make_shared<Target>();
  auto logger = std::make_shared<spdlog::logger>("stickler", target);
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
  return *target;
}

}  // namespace

Result<void> start_log(std::string_view level, const std::string& file) {
  auto sink = open_sink(file);
  if (!sink) return tl::unexpected(sink.error());
  (*sink)->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  Target* target = current_target();
  (target != nullptr ? *target : install_target()).set_sinks({*std::move(sink)});
  spdlog::set_level(spdlog::level::from_str(std::string(level)));
  return {};
}

}  // namespace stickler
