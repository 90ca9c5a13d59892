#include "lb/cli/command_line.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <vector>

namespace stickler::cli {
namespace {

CommandLine parsed(std::vector<const char*> words) {
  words.insert(words.begin(), "/usr/bin/stickler");
  return parse(words);
}

TEST_CASE("each command takes what it needs") {
  const CommandLine run = parsed({"run", "web.yaml"});
  CHECK(run.command == Command::run);
  CHECK(run.options.config_path == "web.yaml");
  const CommandLine check = parsed({"check", "check"});
  CHECK(check.command == Command::check);
  CHECK(check.options.config_path == "check");
  const CommandLine status = parsed({"status"});
  CHECK(status.command == Command::status);
  CHECK(status.options.admin == "127.0.0.1:9900");
  CHECK_FALSE(status.options.as_json);
  const CommandLine json = parsed({"status", "--json", "--admin", "[::1]:99"});
  CHECK(json.options.as_json);
  CHECK(json.options.admin == "[::1]:99");
  const CommandLine reload = parsed({"reload", "--token-file=secret", "--admin=unix:/run/stickler"});
  CHECK(reload.command == Command::reload);
  CHECK(reload.options.token_file == "secret");
  CHECK(reload.options.admin == "unix:/run/stickler");
  const CommandLine drain = parsed({"drain", "login/a", "--deadline", "30m", "--wait"});
  CHECK(drain.command == Command::drain);
  CHECK(drain.options.backend == "login/a");
  CHECK(drain.options.deadline == std::chrono::minutes(30));
  CHECK(drain.options.wait);
  CHECK_FALSE(drain.options.rate);
  CHECK(parsed({"drain", "login/a", "--rate", "20/s"}).options.rate == 20);
  CHECK(parsed({"drain", "login/a", "--rate=0.25/s"}).options.rate == 0.25);
  CHECK(parsed({"undrain", "login/a"}).command == Command::undrain);
  CHECK(parsed({"disable", "login/a", "--admin", "[::1]:99"}).command == Command::disable);
  CHECK(parsed({"enable", "login/a", "--token-file", "secret"}).options.token_file == "secret");
  const CommandLine weight = parsed({"weight", "login/a", "0", "--admin", "[::1]:99"});
  CHECK(weight.command == Command::weight);
  CHECK(weight.options.backend == "login/a");
  CHECK(weight.options.weight == 0);
  CHECK(parsed({"weight", "login/a", "256"}).options.weight == 256);
  CHECK(parsed({"version"}).command == Command::version);
  CHECK(parsed({"--version"}).command == Command::version);
}

TEST_CASE("explain takes a request in one of two ways, and asks the file or the process") {
  const CommandLine file = parsed({"explain", "web.yaml", "--request", "head.txt", "--listener", "web", "--json"});
  CHECK(file.command == Command::explain);
  CHECK(file.options.config_path == "web.yaml");
  CHECK(file.options.request_file == "head.txt");
  CHECK(file.options.listener == "web");
  CHECK(file.options.as_json);
  CHECK_FALSE(file.options.asks_process);
  const CommandLine url =
      parsed({"explain", "--get", "/x", "--header", "A: b", "--header=C: d", "web.yaml", "--client", "::1"});
  CHECK(url.command == Command::explain);
  CHECK(url.options.url == "/x");
  CHECK(url.options.headers == std::vector<std::string>{"A: b", "C: d"});
  CHECK(url.options.config_path == "web.yaml");
  CHECK(url.options.client_ip == "::1");
  const CommandLine live = parsed({"explain", "--admin", "127.0.0.1:9900", "--get", "/"});
  CHECK(live.command == Command::explain);
  CHECK(live.options.asks_process);
  CHECK(live.options.admin == "127.0.0.1:9900");
  const CommandLine why = parsed({"why", "abc", "--admin", "[::1]:99", "--json"});
  CHECK(why.command == Command::why);
  CHECK(why.options.request_id == "abc");
  CHECK(why.options.admin == "[::1]:99");
  CHECK(why.options.as_json);
}

TEST_CASE("a command line that is wrong exits with 2 and says what is wrong and what was meant") {
  struct Row {
    std::vector<const char*> words;
    const char* text;
  };
  const Row rows[] = {
      {{"chek"},
       "stickler: unknown command 'chek'; did you mean 'check'?\n"
       "The commands are run, check, status, reload, drain, undrain, disable, enable, weight, explain, why, "
       "version.\nSee 'stickler --help'.\n"},
      {{"chek", "web.yaml", "more"},
       "stickler: unknown command 'chek'; did you mean 'check'?\n"
       "The commands are run, check, status, reload, drain, undrain, disable, enable, weight, explain, why, "
       "version.\nSee 'stickler --help'.\n"},
      {{"frobnicate"},
       "stickler: unknown command 'frobnicate'\n"
       "The commands are run, check, status, reload, drain, undrain, disable, enable, weight, explain, why, "
       "version.\nSee 'stickler --help'.\n"},
      {{"--jsn"}, "stickler: unknown option '--jsn'\nSee 'stickler --help'.\n"},
      {{"--verson"}, "stickler: unknown option '--verson'; did you mean '--version'?\nSee 'stickler --help'.\n"},
      {{"status", "--jsn"},
       "stickler status: unknown option '--jsn'; did you mean '--json'?\nSee 'stickler status --help'.\n"},
      {{"status", "--adnim=[::1]:9900"},
       "stickler status: unknown option '--adnim=[::1]:9900'; did you mean '--admin'?\n"
       "See 'stickler status --help'.\n"},
      {{"status", "web.yaml"}, "stickler status: 'web.yaml' is one argument too many\nSee 'stickler status --help'.\n"},
      {{"status", "--admin"}, "stickler status: --admin: 1 required ADDRESS missing\nSee 'stickler status --help'.\n"},
      {{"status", "--admin", "localhost"},
       "stickler status: --admin: expected HOST:PORT with a numeric address, [IPV6]:PORT or unix:/path, got "
       "'localhost'\nSee 'stickler status --help'.\n"},
      {{"weight", "login/a"}, "stickler weight: N is required\nSee 'stickler weight --help'.\n"},
      {{"weight", "login/a", "257"},
       "stickler weight: N: Value 257 not in range 0 to 256\nSee 'stickler weight --help'.\n"},
      {{"drain"}, "stickler drain: BACKEND is required\nSee 'stickler drain --help'.\n"},
      {{"disable", "/a"},
       "stickler disable: BACKEND: expected a pool and one of its backends, as in login/a, got '/a'\n"
       "See 'stickler disable --help'.\n"},
      {{"drain", "login/a", "--deadline", "5"},
       "stickler drain: --deadline: expected a duration such as 30m, got '5'; write the unit: 5s or 5ms\n"
       "See 'stickler drain --help'.\n"},
      {{"drain", "login/a", "--rate", "20"},
       "stickler drain: --rate: expected sessions a second such as 20/s or 0.5/s, got '20'\n"
       "See 'stickler drain --help'.\n"},
      {{"drain", "login/a", "--rate", "0/s"},
       "stickler drain: --rate: expected sessions a second such as 20/s or 0.5/s, got '0/s'\n"
       "See 'stickler drain --help'.\n"},
      {{"drain", "login/a", "--rate", "1/m"},
       "stickler drain: --rate: expected sessions a second such as 20/s or 0.5/s, got '1/m'\n"
       "See 'stickler drain --help'.\n"},
      {{"check"}, "stickler check: CONFIG is required\nSee 'stickler check --help'.\n"},
      {{"check", "a.yaml", "b.yaml"},
       "stickler check: 'b.yaml' is one argument too many\nSee 'stickler check --help'.\n"},
      {{"why"}, "stickler why: REQUEST-ID is required\nSee 'stickler why --help'.\n"},
      {{"explain", "a.yaml"},
       "stickler explain: one of --request and --get is needed\nSee 'stickler explain --help'.\n"},
      {{"explain", "a.yaml", "--get", "/", "--request", "x"},
       "stickler explain: one of --request and --get is needed\nSee 'stickler explain --help'.\n"},
      {{"explain", "a.yaml", "--request", "x", "--header", "A: b"},
       "stickler explain: --header goes with --get\nSee 'stickler explain --help'.\n"},
      {{"explain", "--get", "/"}, "stickler explain: CONFIG or --admin is needed\nSee 'stickler explain --help'.\n"},
      {{"explain", "a.yaml", "--gte", "/"},
       "stickler explain: unknown option '--gte'; did you mean '--get'?\nSee 'stickler explain --help'.\n"},
      {{"run", "a.yaml", "-d"}, "stickler run: unknown option '-d'\nSee 'stickler run --help'.\n"},
  };
  for (const Row& row : rows) {
    const CommandLine line = parsed(row.words);
    CHECK(line.exit == Exit::misused);
    CHECK_FALSE(line.command.has_value());
    CHECK(line.text == row.text);
  }
}

TEST_CASE("without a command the help is shown, as an error") {
  const CommandLine line = parsed({});
  CHECK(line.exit == Exit::misused);
  CHECK(line.text == parsed({"--help"}).text);
}

TEST_CASE("help is no error, and each command has its own") {
  for (const char* name : {"run", "check", "status", "reload", "version", "drain", "explain", "why", "doctor"}) {
    INFO(name);
    for (const char* option : {"--help", "-h"}) {
      const CommandLine line = parsed({name, option});
      CHECK(line.exit == Exit::ok);
      CHECK_FALSE(line.command.has_value());
      CHECK(line.text.find("Usage: stickler " + std::string(name)) != std::string::npos);
    }
    CHECK(parsed({"--help"}).text.find("\n  " + std::string(name) + " ") != std::string::npos);
  }
  CHECK(parsed({"status", "--help"}).text.find("--admin ADDRESS=127.0.0.1:9900") != std::string::npos);
}

TEST_CASE("a command that is still to come says so, whatever it is given") {
  const std::vector<const char*> rows[] = {
      {"doctor", "web.yaml"},
      {"doctor", "--", "-x"},
  };
  for (const auto& words : rows) {
    const CommandLine line = parsed(words);
    CHECK(line.exit == Exit::misused);
    CHECK_FALSE(line.command.has_value());
    CHECK(line.text == "stickler " + std::string(words[0]) + ": not available yet\n");
    CHECK(parsed({words[0], "--help"}).text.find("(not available yet)") != std::string::npos);
  }
}

TEST_CASE("docs/command-line.md describes every command and every option") {
  std::ifstream file(STICKLER_SOURCE_DIR "/docs/command-line.md");
  REQUIRE(file.is_open());
  std::ostringstream page;
  page << file.rdbuf();
  std::istringstream help(parsed({"--help"}).text);
  int commands = 0;
  bool in_commands = false;
  for (std::string line; std::getline(help, line);) {
    if (in_commands && line.starts_with("  ") && line[2] != ' ') {
      const std::string name = line.substr(2, line.find(' ', 2) - 2);
      INFO(name);
      CHECK(page.str().find("`stickler " + name) != std::string::npos);
      ++commands;
    }
    if (line.starts_with("Subcommands:")) in_commands = true;
  }
  CHECK(commands == 13);
  for (const char* option : {"--admin", "--json", "--token-file", "--help", "--version", "--request FILE", "--get URL",
                             "--header LINE", "--listener NAME", "--client IP"}) {
    INFO(option);
    CHECK(page.str().find("`" + std::string(option)) != std::string::npos);
  }
}

}  // namespace
}  // namespace stickler::cli
