// What is said about a file, to the letter. The cases stand in golden/*.txt:
//
//   ===== the behaviour as a sentence
//   the YAML text
//   ====>
//   what `check` prints, or (nothing)
//
// To add one, write its text and run: what is printed is in the failure. The environment is that of machine.h.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

constexpr std::string_view begin_mark = "===== ";
constexpr std::string_view result_mark = "====>\n";

struct Case {
  std::string title;
  std::string yaml;
  std::string expected;
};

std::vector<Case> read_cases(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<Case> cases;
  std::size_t at = text.find(begin_mark);
  while (at != std::string::npos) {
    const std::size_t title_end = text.find('\n', at);
    const std::size_t next = text.find("\n" + std::string(begin_mark), title_end);
    const std::string body = text.substr(title_end + 1, next - title_end);
    const std::size_t result = body.find(result_mark);
    std::string expected = result == std::string::npos ? "" : body.substr(result + result_mark.size());
    while (expected.ends_with('\n')) expected.pop_back();
    cases.push_back({.title = text.substr(at + begin_mark.size(), title_end - at - begin_mark.size()),
                     .yaml = body.substr(0, result),
                     .expected = std::move(expected)});
    at = next == std::string::npos ? next : next + 1;
  }
  return cases;
}

TEST_CASE("a file's errors and warnings are reported word for word as the golden files have them") {
  const std::filesystem::path folder = std::filesystem::path(STICKLER_SOURCE_DIR) / "tests/unit/config/golden";
  std::size_t with_errors = 0;
  std::size_t with_warnings = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    for (const Case& golden : read_cases(entry.path())) {
      INFO(entry.path().filename().string() << ": " << golden.title);
      const Loaded loaded = load(golden.yaml);
      CHECK((loaded.problems.empty() ? "(nothing)" : report(loaded)) == golden.expected);
      ++(loaded.ok() ? with_warnings : with_errors);
    }
  }
  CHECK(with_errors >= 120);  // So that a folder that is not found is noticed.
  CHECK(with_warnings >= 20);
}

}  // namespace
}  // namespace stickler::config
