// Whatever is done to a file, loading it ends with a report, and never with an exception or a secret in it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "lb/config/render.h"
#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

std::vector<std::string> samples() {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(STICKLER_SOURCE_DIR) / "conf")) {
    if (entry.path().extension() != ".yaml") continue;
    std::ifstream file(entry.path());
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  std::sort(texts.begin(), texts.end());
  return texts;
}

// One slip of the hand: a byte less, a byte more, another byte, two lines swapped, a line twice, an end too early.
std::string mutate(std::string text, std::mt19937& random) {
  constexpr std::string_view bytes = " \t\n:-[]{}#&*!|>'\"%@`,?$~\\/0a\xc3\0";
  const auto below = [&](std::size_t n) { return random() % std::max<std::size_t>(n, 1); };
  const std::size_t at = below(text.size());
  switch (below(6)) {
    case 0:
      return text.erase(at, 1 + below(8));
    case 1:
      return text.insert(at, 1, bytes[below(bytes.size())]);
    case 2:
      text[at] = bytes[below(bytes.size())];
      return text;
    case 3:
      return text.substr(0, at);
    case 4:
      return text.insert(at, text.substr(below(text.size()), below(60)));
    default:
      break;
  }
  const std::size_t begin = text.rfind('\n', at) + 1;  // npos + 1 is 0.
  const std::size_t end = std::min(text.find('\n', at), text.size() - 1);
  const std::string line = text.substr(begin, end + 1 - begin);
  return random() % 2 == 0 ? text.erase(begin, line.size()) : text.insert(begin, line);
}

void check_loaded(const Loaded& loaded) {
  for (std::size_t i = 1; i < loaded.problems.size(); ++i) {
    const Mark& before = loaded.problems[i - 1].at;
    const Mark& at = loaded.problems[i].at;
    CHECK((before.line < at.line || (before.line == at.line && before.column <= at.column)));
  }
  for (const Problem& problem : loaded.problems) {
    CHECK_FALSE(problem.message.empty());
    CHECK(problem.message.find('\n') == std::string::npos);
  }
  CHECK(report(loaded).find("thirty-two-bytes") == std::string::npos);  // Of the keys in the environment.
  if (loaded.ok()) CHECK(render_json(loaded.config).find("thirty-two-bytes") == std::string::npos);
}

TEST_CASE("no mutation of the sample files makes loading throw, or show a key") {
  const std::vector<std::string> texts = samples();
  REQUIRE(texts.size() >= 5);
  std::mt19937 random(20);
  for (int round = 0; round < 2000; ++round) {
    std::string text = texts[round % texts.size()];
    for (int slips = 1 + static_cast<int>(random() % 3); slips > 0 && !text.empty(); --slips) {
      text = mutate(std::move(text), random);
    }
    INFO("round " << round);
    check_loaded(load(text));
  }
}

TEST_CASE("no beginning of a sample file makes loading throw") {
  for (const std::string& text : samples()) {
    for (std::size_t size = 0; size < text.size(); size += 7) check_loaded(load(text.substr(0, size)));
  }
}

// The key in the file itself, the slip anywhere around it. What the slip makes of the line decides what is hidden; a
// piece of the key of eight characters must never be shown.
TEST_CASE("a key written into the file is not shown, whatever single slip stands near it") {
  const std::string key = "kAq3Zx81Lm5Wt0Rv7Bc2Nj9Dy4Hf6Gs+";
  const std::string before = "version: 1\npools:\n  login:\n    affinity:\n      cookie:\n        keys:\n          - ";
  const std::string after = "\n        ttl: 1h\n";
  const std::string flow =
      "version: 1\npools: {login: {affinity: {cookie: {name: A, keys: [" + key + "], ttl: 1h}}}}\n";
  constexpr std::string_view slips = " \t\n:-[]{}#&*!|>'\"%@,?";
  for (const std::string& text : {before + key + after, before + "\"" + key + "\"" + after, flow}) {
    const std::size_t begin = text.find("keys:") + 5;
    for (std::size_t at = begin; at < text.size(); ++at) {
      for (const char slip : slips) {
        std::string mutated = text;
        mutated.insert(at, 1, slip);
        const std::string shown = report(load(mutated));
        for (std::size_t i = 0; i + 8 <= key.size(); i += 4) {
          INFO("inserted '" << slip << "' at " << at << ":\n" << mutated << "\n" << shown);
          CHECK(shown.find(key.substr(i, 8)) == std::string::npos);
        }
      }
    }
  }
}

}  // namespace
}  // namespace stickler::config
