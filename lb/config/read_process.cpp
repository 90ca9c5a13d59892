#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::uint32_t workers_max = 1024;
constexpr std::string_view log_levels[] = {"trace", "debug", "info", "warn", "error"};

// A path or one of the words that stand for none.
std::string file(const Field& field, const std::string& fallback) {
  const auto path = text(field);
  if (path && path->empty()) field.reject("a path");
  return path && !path->empty() ? *path : fallback;
}

}  // namespace

Process read_process(const Field& field) {
  Process process;
  field.check_map();
  process.workers = number_or(field["workers"], {.word = "auto", .most = workers_max});
  process.user = text(field["user"], process.user);
  process.shutdown_grace = duration(field["shutdown_grace"], process.shutdown_grace, 0s);
  process.upgrade_grace = duration(field["upgrade_grace"], process.upgrade_grace, 0s);
  return process;
}

Admin read_admin(const Field& field) {
  Admin admin;
  field.check_map();
  const Field listen = field["listen"];
  if (listen.is("off")) {
    admin.listen.reset();
  } else if (const auto given = address(listen, PortZero::is_any_free_port)) {
    admin.listen = given;
  }
  admin.token_file = text(field["token_file"], admin.token_file);
  return admin;
}

Log read_log(const Field& field) {
  Log log;
  field.check_map();
  if (const Field level = field["level"]) {
    if (const auto chosen = choose(level, log_levels)) log.level = log_levels[*chosen];
  }
  log.file = file(field["file"], log.file);
  return log;
}

AccessLog read_access_log(const Field& field) {
  AccessLog access_log;
  field.check_map();
  const Field where = field["file"];
  const std::string path = file(where, "off");
  if (path == "stderr") where.reject("off, stdout or a path", "the standard error stream is for the process log");
  if (path != "off") access_log.file = path;
  access_log.format = choice(field["format"], access_log.format, access_log_format_words);
  return access_log;
}

}  // namespace stickler::config
