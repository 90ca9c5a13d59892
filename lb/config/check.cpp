#include "lb/config/check.h"

#include <utility>

#include "lb/config/findings.h"
#include "lb/config/quote.h"

namespace stickler::config {

bool Findings::is_read(std::string_view path) const {
  for (;;) {
    if (reading_.suspects.contains(path)) return false;
    const std::size_t end = path.find_last_of(".[");
    if (end == std::string_view::npos) return true;
    path = path.substr(0, end);
  }
}

void Findings::error(const std::string& path, std::string_view message) {
  note(Severity::error, path, path + ": " + std::string(message));
}

void Findings::warn(const std::string& path, std::string_view message) {
  note(Severity::warning, path, path + " " + std::string(message));
}

void Findings::note(Severity severity, const std::string& path, std::string_view sentence) {
  if (!is_read(path)) return;
  problems_.push_back({.at = mark_of(reading_.marks, path),
                       .severity = severity,
                       .path = path,
                       .message = printable(sentence, 1000),
                       .excerpt = ""});
}

std::vector<Problem> check(const CheckInput& input) {
  Findings findings(input.reading);
  check_process(input, findings);
  check_listeners(input, findings);
  check_routes(input, findings);
  check_pools(input, findings);
  check_affinity(input, findings);
  return findings.take();
}

}  // namespace stickler::config
