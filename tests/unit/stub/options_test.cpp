#include "backend_stub/options.h"

#include <catch2/catch.hpp>
#include <vector>

#include "backend_stub/sessions/registry.h"

namespace stickler::stub::test {
namespace {

using namespace std::chrono_literals;

CommandLine parse(const std::vector<const char*>& words) {
  std::vector<const char*> all{"login-stub"};
  all.insert(all.end(), words.begin(), words.end());
  return parse_command_line(static_cast<int>(all.size()), all.data());
}

TEST_CASE("an address and a name are enough") {
  const CommandLine line = parse({"--listen", "127.0.0.1:9001", "--name", "a"});
  REQUIRE(line.options);
  CHECK(line.error.empty());
  CHECK(line.options->listen.to_string() == "127.0.0.1:9001");
  CHECK(line.options->name == "a");
  CHECK(line.options->sessions == "memory");
  CHECK(line.options->ttl == 30min);
  CHECK(line.options->session_bytes == 65536);
  CHECK(line.options->sessions_max == 1000000);
  CHECK(line.options->users_file.empty());
  CHECK(line.options->password_cost.name == "interactive");
  CHECK_FALSE(line.options->hash_password);
}

TEST_CASE("every option is taken") {
  const CommandLine line = parse({"--listen=[::1]:0", "--name=node-1.x_y", "--sessions=memory", "--ttl=90s",
                                  "--session-bytes=1MiB", "--sessions-max=5", "--password-cost=off"});
  REQUIRE(line.options);
  CHECK(line.options->listen.to_string() == "[::1]:0");
  CHECK(line.options->name == "node-1.x_y");
  CHECK(line.options->ttl == 90s);
  CHECK(line.options->session_bytes == 1048576);
  CHECK(line.options->sessions_max == 5);
  CHECK(line.options->password_cost.passes == 0);
  CHECK(parse({"--listen", "unix:/tmp/x", "--name", "a", "--users", "f"}).options->users_file == "f");
  CHECK(parse({"--hash-password"}).options->hash_password);
}

std::vector<const char*> replicated(const std::vector<const char*>& more) {
  std::vector<const char*> words{"--listen", "127.0.0.1:1", "--name", "a", "--sessions", "primary-backup"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

TEST_CASE("a strategy that replicates takes its peers") {
  const CommandLine line =
      parse(replicated({"--peer-listen", "127.0.0.1:9101", "--peers", "b=127.0.0.1:9102,c-1=[::1]:9103",
                        "--peer-secret", "sixteen letters.", "--replication", "async"}));
  INFO(line.error);
  REQUIRE(line.options);
  CHECK(line.options->peer_listen.to_string() == "127.0.0.1:9101");
  REQUIRE(line.options->peers.size() == 2);
  CHECK(line.options->peers[0].name == "b");
  CHECK(line.options->peers[0].address.to_string() == "127.0.0.1:9102");
  CHECK(line.options->peers[1].name == "c-1");
  CHECK(line.options->peers[1].address.to_string() == "[::1]:9103");
  CHECK(line.options->peer_secret == "sixteen letters.");
  CHECK_FALSE(line.options->replicate_sync);
  CHECK(parse(replicated({"--peer-listen", "127.0.0.1:9101", "--peers", "b=127.0.0.1:9102", "--peer-secret",
                          "sixteen letters."}))
            .options->replicate_sync);
}

TEST_CASE("peers that cannot be followed are refused with a reason") {
  struct Row {
    std::vector<const char*> words;
    std::string_view reason;
  };
  const Row rows[] = {
      {replicated({}), "--peer-listen is required with --sessions primary-backup"},
      {replicated({"--peer-listen", "127.0.0.1:2"}), "--peers is required with"},
      {replicated({"--peer-listen", "127.0.0.1:2", "--peers", "b=127.0.0.1:3"}), "--peer-secret is required with"},
      {replicated({"--peer-listen", "127.0.0.1:2", "--peers", "b=127.0.0.1:3,a=127.0.0.1:2", "--peer-secret",
                   "sixteen letters."}),
       "'a' is this one"},
      {replicated({"--peers", "b"}), "--peers: expected NAME=ADDRESS, got 'b'"},
      {replicated({"--peers", ""}), "--peers"},
      {replicated({"--peers", "b=127.0.0.1:3,"}), "--peers: expected NAME=ADDRESS, got ''"},
      {replicated({"--peers", "b=localhost:3"}), "--peers: expected HOST:PORT"},
      {replicated({"--peers", "b c=127.0.0.1:3"}), "--peers: expected 1 to 64 letters"},
      {replicated({"--peers", "b=127.0.0.1:3,b=127.0.0.1:4"}), "--peers: 'b' is named twice"},
      {replicated({"--peer-secret", "fifteen letters"}), "--peer-secret: expected at least 16"},
      {replicated({"--replication", "later"}), "--replication: expected sync or async"},
      {replicated({"--peer-listen", "127.0.0.1"}), "--peer-listen: expected HOST:PORT"},
      {{"--listen", "127.0.0.1:1", "--name", "a", "--peers", "b=127.0.0.1:3"},
       "--peers: has no effect with --sessions memory"},
      {{"--listen", "127.0.0.1:1", "--name", "a", "--replication", "sync"}, "--replication: has no effect"},
  };
  for (const Row& row : rows) {
    const CommandLine line = parse(row.words);
    INFO(row.reason << " / " << line.error);
    CHECK_FALSE(line.options);
    CHECK(line.exit_code == 2);
    CHECK(line.error.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("a command line that cannot be followed ends with code 2 and a reason") {
  struct Row {
    std::vector<const char*> words;
    std::string_view reason;
  };
  const Row rows[] = {
      {{}, "--listen is required"},
      {{"--listen", "127.0.0.1:1"}, "--name is required"},
      {{"--listen", "localhost:1", "--name", "a"}, "--listen: expected HOST:PORT"},
      {{"--listen", "127.0.0.1:1", "--name", ""}, "--name: expected 1 to 64"},
      {{"--listen", "127.0.0.1:1", "--name", "a\r\nX: y"}, "--name: expected 1 to 64"},
      {{"--sessions", "memroy"}, "expected one of memory, all-to-all"},
      {{"--ttl", "30"}, "--ttl: expected a duration"},
      {{"--ttl", "999ms"}, "--ttl: expected at least 1s"},
      {{"--session-bytes", "65MiB"}, "--session-bytes: expected at most 64MiB"},
      {{"--session-bytes", "x"}, "--session-bytes: expected a size"},
      {{"--sessions-max", "0"}, "--sessions-max: expected a whole number"},
      {{"--sessions-max", "-1"}, "--sessions-max: expected a whole number"},
      {{"--password-cost", "high"}, "expected one of off, low"},
      {{"--listen", "127.0.0.1:1", "--name", "a", "--users", "f", "--password-cost", "low"},
       "has no effect with --users"},
      {{"--hash-password", "--users", "f"}, "give one of them"},
      {{"--hash-password", "--password-cost", "off"}, "makes no hash"},
      {{"--lisen", "127.0.0.1:1"}, "--lisen"},
      {{"memory"}, "memory"},
      {{"--name", "a", "--name", "b"}, "--name"},
  };
  for (const Row& row : rows) {
    const CommandLine line = parse(row.words);
    INFO(row.reason << " / " << line.error);
    CHECK_FALSE(line.options);
    CHECK(line.exit_code == 2);
    CHECK(line.output.empty());
    CHECK(line.error.find(row.reason) != std::string::npos);
  }
}

TEST_CASE("what later strategies need is refused by name, not ignored") {
  for (const char* option : {"--store", "--discover"}) {
    INFO(option);
    const CommandLine line = parse({"--listen", "127.0.0.1:1", "--name", "a", option, "x"});
    CHECK_FALSE(line.options);
    CHECK(line.exit_code == 2);
    CHECK(line.error == std::string(option) + " is not available yet");
  }
  for (const Strategy& strategy : strategies()) {
    INFO(strategy.name);
    const std::string name(strategy.name);
    const CommandLine line = parse({"--listen", "127.0.0.1:1", "--name", "a", "--sessions", name.c_str()});
    CHECK(line.options.has_value() == (strategy.make != nullptr && !strategy.replicates));
    if (strategy.make == nullptr) CHECK(line.error == "--sessions: '" + name + "' is not available yet");
  }
}

TEST_CASE("--help and --version answer and end well") {
  const CommandLine help = parse({"--help"});
  CHECK_FALSE(help.options);
  CHECK(help.exit_code == 0);
  CHECK(help.error.empty());
  for (const std::string_view text :
       {"--listen ADDRESS", "--peers NAME=ADDRESS,...", "--sessions STRATEGY", "--password-cost COST", "--users FILE",
        "Example", "curl -b jar", "redis: a shared store in memory (not available yet)"}) {
    INFO(text);
    CHECK(help.output.find(text) != std::string::npos);
  }
  CHECK(help.output.find("--store") == std::string::npos);
  const CommandLine version = parse({"--version"});
  CHECK(version.exit_code == 0);
  CHECK(version.output.starts_with("login-stub 0."));
}

}  // namespace
}  // namespace stickler::stub::test
