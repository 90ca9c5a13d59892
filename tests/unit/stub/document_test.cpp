// docs/login-stub.md and the program name the same options, paths, error codes, fields and faults.
#include <fstream>
#include <set>
#include <sstream>

#include "backend_stub/options.h"
#include "backend_stub/sessions/registry.h"
#include "tests/unit/stub/served_app.h"

namespace stickler::stub::test {
namespace {

std::string document() {
  std::ifstream file(STICKLER_SOURCE_DIR "/docs/login-stub.md");
  REQUIRE(file.is_open());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// What stands between backquotes, up to the first blank: `--listen ADDRESS` is --listen.
std::set<std::string> code_words(const std::string& text) {
  std::set<std::string> words;
  bool in_code = false;
  std::string word;
  for (const char c : text) {
    if (c != '`' && c != '\n') {
      word += c;
      continue;
    }
    if (in_code && c == '`') words.insert(word.substr(0, word.find(' ')));
    in_code = c == '`' && !in_code;
    word.clear();
  }
  return words;
}

std::string help() {
  const char* words[] = {"login-stub", "--help"};
  return parse_command_line(2, words).output;
}

TEST_CASE("docs/login-stub.md names every option, and no other") {
  const auto documented = code_words(document());
  std::set<std::string> known;
  const std::string text = help();
  for (std::size_t at = text.find("\n  --"); at != std::string::npos; at = text.find("\n  --", at + 1)) {
    known.insert(text.substr(at + 3, text.find_first_of(" \n", at + 5) - at - 3));
  }
  CHECK(known.size() > 8);
  for (const std::string& option : known) {
    INFO(option);
    CHECK(documented.count(option) == 1);
  }
  const std::set<std::string> later = {"--store", "--discover"};
  for (const std::string& word : documented) {
    if (!word.starts_with("--")) continue;
    INFO(word);
    CHECK((word == "--help" || later.count(word) == 1 || known.count(word) == 1));
  }
}

TEST_CASE("docs/login-stub.md names strategies, costs, error codes and faults") {
  const auto documented = code_words(document());
  for (const Strategy& strategy : strategies()) CHECK(documented.count(std::string(strategy.name)) == 1);
  for (const PasswordCost& cost : password_costs()) CHECK(documented.count(std::string(cost.name)) == 1);
  for (const ErrorKind& kind : errors::all) {
    INFO(kind.code);
    const std::string text = document();
    const std::size_t cell = text.find("`" + std::string(kind.code) + "`");
    REQUIRE(cell != std::string::npos);
    const std::size_t row =
        text.rfind("\n| ", text.find("`" + std::string(kind.code) + "`", text.find("| status | code |")));
    CHECK(text.substr(row + 3, 3) == std::to_string(kind.status));
  }
  for (const std::string_view fault : {"slow", "error", "hang", "reset", "close-mid-body", "full", "none"}) {
    CHECK(document().find("\n| `" + std::string(fault) + "` |") != std::string::npos);
  }
}

TEST_CASE("docs/login-stub.md names the paths that are there, with their method") {
  ServedApp served;
  std::size_t paths = 0;
  std::istringstream lines(document());
  for (std::string line; std::getline(lines, line);) {
    for (const std::string_view method : {"GET", "POST", "PUT"}) {
      const std::string start = "| `" + std::string(method) + " /";
      if (!line.starts_with(start)) continue;
      ++paths;
      const std::string request = line.substr(3, line.find('`', 3) - 3);
      INFO(request);
      const int status = served.call(request).status;
      CHECK(status != 404);
      CHECK(status != 405);
    }
  }
  CHECK(paths == 9);
}

TEST_CASE("docs/login-stub.md names every field of /stats, and shows a session as it is") {
  ServedApp served;
  const auto documented = code_words(document());
  const nlohmann::json stats = json_of(served.call("GET /stats"));
  for (const auto& [name, value] : stats.items()) {
    INFO(name);
    CHECK(documented.count(name) == 1);
    if (!value.is_object()) continue;
    for (const auto& [inner, ignored] : value.items()) {
      INFO(inner);
      CHECK(documented.count(inner) == 1);
    }
  }
  for (const auto& [name, value] : stats["store_calls"]["load"].items()) CHECK(documented.count(name) == 1);
  const Answered login = served.call("POST /login", "", "user=eve&password=eve");
  CHECK(document().find("`" + login.body.substr(0, login.body.size() - 1) + "`") != std::string::npos);
}

}  // namespace
}  // namespace stickler::stub::test
