// docs/affinity.md and the program have the same verdicts.
#include <catch2/catch.hpp>
#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "lb/affinity/verdict.h"

namespace stickler::affinity {
namespace {

TEST_CASE("docs/affinity.md explains every verdict, in the order of the program, and no other word is called one") {
  std::ifstream file(STICKLER_SOURCE_DIR "/docs/affinity.md");
  REQUIRE(file);
  const std::regex explanation(R"(^\| `([a-z_]+)` \| .*\|$)");
  const std::regex event(R"(^\| .* \| .* \| (.*) \|$)");
  const std::regex word("`([a-z_]+)`");
  const std::set<std::string> known(verdict_words.begin(), verdict_words.end());
  std::vector<std::string> explained;
  std::string section;
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (line.starts_with("## ")) section = line.substr(3);
    if (section == "The verdict" && std::regex_match(line, match, explanation)) explained.push_back(match[1]);
    if (section != "What happens when" || !std::regex_match(line, match, event)) continue;
    const std::string verdicts = match[1];
    for (std::sregex_iterator it(verdicts.begin(), verdicts.end(), word), end; it != end; ++it) {
      CAPTURE(line);
      CHECK(known.count((*it)[1]) == 1);
    }
  }
  CHECK(explained == std::vector<std::string>(verdict_words.begin(), verdict_words.end()));
}

}  // namespace
}  // namespace stickler::affinity
