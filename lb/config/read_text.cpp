#include "lb/config/read_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <tuple>
#include <utility>

#include "lb/config/source.h"
#include "lb/config/units.h"

namespace stickler::config {
namespace {

auto place(const Mark& at) { return std::tie(at.line, at.column); }
auto place(const Problem& problem) { return place(problem.at); }

Problem error_at(Mark at, std::string message) {
  return {.at = at, .severity = Severity::error, .path = "", .message = std::move(message), .excerpt = ""};
}

std::string too_large() { return "larger than " + spell_size(file_bytes_max) + "; is this a configuration?"; }

// By place, none twice, no more than anybody reads.
void tidy(std::vector<Problem>& problems) {
  std::ranges::stable_sort(problems, {}, [](const Problem& problem) { return place(problem); });
  const auto same = [](const Problem& a, const Problem& b) { return place(a) == place(b) && a.message == b.message; };
  problems.erase(std::unique(problems.begin(), problems.end(), same), problems.end());
  if (problems.size() <= problems_max) return;
  const std::size_t beyond = problems.size() - problems_max;
  problems.resize(problems_max);
  problems.push_back(error_at({}, "and " + std::to_string(beyond) + " more problems"));
}

void show(std::vector<Problem>& problems, const Source& source) {
  for (Problem& problem : problems) {
    problem.excerpt = source.excerpt(problem.at);
    problem.at = source.in_characters(problem.at);
  }
}

// Of what was read before the syntax broke, only what the break has not bent is worth telling: what stands in lines
// before it, outside of the bracket that was not closed, and not in a text that ran over its line.
void drop_follow_ups(std::vector<Problem>& problems, const Tree& tree, const Source& source) {
  const Mark end{tree.error->at.line, 0};
  const bool ran_over = tree.last_text.kind == Kind::scalar && !source.is_in_one_line(tree.last_text);
  std::erase_if(problems, [&](const Problem& problem) {
    const bool is_bent = ran_over && place(problem) == place(tree.last_text.at);
    const bool is_in_bracket = tree.open_bracket && place(problem) >= place(*tree.open_bracket);
    return is_bent || is_in_bracket || place(problem) >= place(end);
  });
}

void find_syntax_error(Tree& tree, Source& source) {
  if (auto open_quote = source.find_open_quote(tree.root)) {
    tree.error = std::move(open_quote);
  } else if (tree.error) {
    tree.error = source.explain(*std::move(tree.error));
  }
  if (tree.error) source.hide_secret_lines();
}

std::vector<Problem> read_tree(Tree& tree, const Source& source, const Form& form) {
  if (tree.root.kind == Kind::nothing && !tree.error) return {error_of_file("empty; " + std::string(form.first))};
  if (tree.root.kind == Kind::nothing) return {error_at(tree.error->at, tree.error->message)};
  Reading reading;
  reading.is_cut = tree.error.has_value();
  form.read(tree.root, reading);
  std::vector<Problem> problems = reading.problems;
  if (tree.error) {
    drop_follow_ups(problems, tree, source);
    problems.push_back(error_at(tree.error->at, tree.error->message));
  } else {
    std::vector<Problem> found = form.check(reading);
    problems.insert(problems.end(), found.begin(), found.end());
  }
  tidy(problems);
  return problems;
}

}  // namespace

Problem error_of_file(std::string message) { return error_at({}, std::move(message)); }

bool has_error(const std::vector<Problem>& problems) {
  return std::ranges::any_of(problems, [](const Problem& problem) { return problem.severity == Severity::error; });
}

std::vector<Problem> read_text(std::string_view yaml, const Form& form) {
  if (yaml.size() > file_bytes_max) return {error_of_file(too_large())};
  if (yaml.starts_with("\xef\xbb\xbf")) yaml.remove_prefix(3);  // A byte order mark.
  Source source(yaml);
  if (auto foreign = source.find_foreign_byte()) {
    return {error_at(source.in_characters(foreign->at), foreign->message)};
  }
  Tree tree = parse_yaml(yaml);
  source.hide_secrets(tree.root);
  find_syntax_error(tree, source);
  std::vector<Problem> problems = read_tree(tree, source, form);
  show(problems, source);
  return problems;
}

Result<std::string> read_text_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail_errno("cannot be opened", errno);
  std::string text(file_bytes_max + 1, '\0');
  std::size_t size = 0;
  ssize_t got = 0;
  do {
    got = ::read(file, text.data() + size, text.size() - size);
    if (got > 0) size += static_cast<std::size_t>(got);
  } while ((got > 0 && size < text.size()) || (got < 0 && errno == EINTR));
  const int code = errno;
  ::close(file);
  if (got < 0) return code == EISDIR ? fail("a directory; name a file in it") : fail_errno("cannot be read", code);
  text.resize(size);
  return text;
}

}  // namespace stickler::config
