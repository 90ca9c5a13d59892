#include "lb/config/problem.h"

#include <algorithm>

namespace stickler::config {
namespace {

// Blanks up to the column, tabs kept, so that the caret stands below its character whatever a tab is worth.
std::string indent_like(std::string_view text, std::uint32_t column) {
  std::string indent;
  std::uint32_t at = 1;
  for (const char c : text) {
    if (at >= column) break;
    if ((static_cast<unsigned char>(c) & 0xc0) == 0x80) continue;
    indent += c == '\t' ? '\t' : ' ';
    ++at;
  }
  return at == column ? indent : std::string();
}

std::uint32_t width(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

Mark mark_of(const Marks& marks, std::string_view path) {
  for (;;) {
    if (const auto found = marks.find(path); found != marks.end()) return found->second;
    const std::size_t end = path.find_last_of(".[");
    if (end == std::string_view::npos) return {};
    path = path.substr(0, end);
  }
}

std::string describe(const Problem& problem, std::string_view file) {
  std::string text(problem.file.empty() ? file : problem.file);
  if (problem.at.line > 0) {
    text += ":" + std::to_string(problem.at.line) + ":" + std::to_string(std::max(problem.at.column, 1U));
  }
  text += problem.severity == Severity::error ? ": error: " : ": warning: ";
  text += problem.message;
  if (problem.excerpt.empty()) return text;

  const std::string number = std::to_string(problem.at.line);
  const std::string margin(std::max<std::size_t>(number.size(), 5) - number.size(), ' ');
  text += "\n" + margin + number + " | " + problem.excerpt;
  if (problem.at.column <= width(problem.excerpt)) {
    text += "\n" + std::string(margin.size() + number.size(), ' ') + " | " +
            indent_like(problem.excerpt, problem.at.column) + "^";
  }
  return text;
}

std::string describe(const std::vector<Problem>& problems, std::string_view file) {
  std::string text;
  for (const Problem& problem : problems) text += (text.empty() ? "" : "\n") + describe(problem, file);
  return text;
}

}  // namespace stickler::config
