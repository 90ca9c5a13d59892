// Rules for process, admin, log and access_log.
#include "lb/config/findings.h"

namespace stickler::config {
namespace {

void check_admin(const Admin& admin, Findings& findings) {
  if (!admin.listen || admin.listen->is_unix() || admin.listen->is_loopback()) return;
  if (!admin.token_file.empty() || !findings.is_sound("admin.token_file")) return;
  findings.error("admin.listen", admin.listen->to_string() +
                                     " can be reached from other machines: give admin.token_file too, or listen on "
                                     "127.0.0.1 or unix:PATH");
}

void check_logs(const Config& config, Findings& findings) {
  if (!config.access_log.file) {
    if (findings.is_written("access_log.format") && findings.is_sound("access_log.file")) {
      findings.warn("access_log.format", "is without effect: access_log.file is off");
    }
    return;
  }
  if (*config.access_log.file == config.log.file && findings.is_sound("log.file")) {
    findings.warn("access_log.file", "is log.file too: the lines of both would be mixed");
  }
}

}  // namespace

void check_process(const CheckInput& input, Findings& findings) {
  check_admin(input.config.admin, findings);
  check_logs(input.config, findings);
}

}  // namespace stickler::config
