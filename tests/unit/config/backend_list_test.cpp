// Backends that are named elsewhere than in the configuration.
#include "lb/config/backend_list.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "lb/config/load.h"
#include "tests/unit/config/machine.h"

namespace stickler::config {
namespace {

Pool pool_of(const std::string& rest) {
  const Loaded loaded =
      load("version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login}}\npools: {login: {" + rest + "}}\n");
  REQUIRE(loaded.ok());
  Pool pool = loaded.config.pools.at(0);
  pool.discover.file = "nodes.yaml";
  return pool;
}

Pool some_pool() { return pool_of("backends: [{name: a, address: 127.0.0.1:9001}]"); }

std::string said_of(const std::string& yaml, const Pool& pool) {
  return describe(read_backend_list(yaml, pool).problems, "the configuration");
}

TEST_CASE("a list has the same keys and defaults as the backends of a configuration") {
  const BackendList list = read_backend_list(
      "# written by a program\n- {name: b, address: 127.0.0.1:9002}\n"
      "- name: c\n  address: \"[::1]:9003\"\n  weight: 5\n  role: standby\n  state: drain\n",
      some_pool());
  CHECK(describe(list.problems, "").empty());
  REQUIRE(list.backends.size() == 2);
  CHECK(list.backends[0] ==
        Backend{.name = "b", .address = *Address::parse("127.0.0.1:9002"), .origin = Origin::discover});
  CHECK(list.backends[1] == Backend{.name = "c",
                                    .address = *Address::parse("[::1]:9003"),
                                    .weight = 5,
                                    .state = BackendState::drain,
                                    .role = Role::standby,
                                    .origin = Origin::discover});
  CHECK(read_backend_list("[]", some_pool()).ok());  // The pool has one beside it.
}

TEST_CASE("what is wrong with a list is said as it is of a configuration, with the list's own name and lines") {
  struct Row {
    const char* yaml;
    const char* said;
  };
  const Row rows[] = {
      {"", "nodes.yaml: error: empty; a list of backends begins with '- {name: ..., address: ...}'"},
      {"a: 1\n", "nodes.yaml:1:1: error: backends: expected a list, got a map\n    1 | a: 1\n      | ^"},
      {"- {name: b, adress: 127.0.0.1:9002}\n- {name: c, address: 127.0.0.1:9003, weight: -3}\n",
       "nodes.yaml:1:13: error: backends[0].adress: unknown key; did you mean 'address'?\n"
       "    1 | - {name: b, adress: 127.0.0.1:9002}\n      |             ^\n"
       "nodes.yaml:2:46: error: backends[1].weight: expected a whole number from 0 to 256, got '-3'\n"
       "    2 | - {name: c, address: 127.0.0.1:9003, weight: -3}\n"
       "      |                                              ^"},
      {"- {name: b, address: 127.0.0.1:9002}\n- {name: b, address: 127.0.0.1:9003}\n",
       "nodes.yaml:2:4: error: backends[1].name: 'b' is the name of backends[0] already\n"
       "    2 | - {name: b, address: 127.0.0.1:9003}\n      |    ^"},
      {"- {name: a, address: 127.0.0.1:9002}\n",
       "nodes.yaml:1:4: error: backends[0].name: 'a' is the name of another backend of pool 'login' already\n"
       "    1 | - {name: a, address: 127.0.0.1:9002}\n      |    ^"},
      {"- {name: b, address: 127.0.0.1:9001}\n",
       "nodes.yaml:1:13: warning: backends[0].address is that of another backend of pool 'login' too: one server would "
       "count twice\n    1 | - {name: b, address: 127.0.0.1:9001}\n      |             ^"},
      {"- {name: b, address: \"${HOST}:9002\"}\n",
       "nodes.yaml:1:22: error: backends[0].address: expected an address such as 127.0.0.1:80, [::1]:80 or unix:/path, "
       "got '${HOST}:9002'; names are not resolved; write the numeric address\n"
       "    1 | - {name: b, address: \"${HOST}:9002\"}\n      |                      ^"},
      {"- {name: b, address: 127.0.0.1:9002}\n- {name: c, address: 127.0.0.1:9003\n",
       "nodes.yaml:2:3: error: expected a key, got a list or a map; is a bracket before it not closed?\n"
       "    2 | - {name: c, address: 127.0.0.1:9003\n      |   ^"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.yaml);
    CHECK(said_of(row.yaml, some_pool()) == row.said);
  }
}

TEST_CASE("a pool has at least one backend, and no more than it may have, whoever names them") {
  Pool none = some_pool();
  none.backends.clear();
  CHECK(said_of("[]\n", none) ==
        "nodes.yaml:1:1: error: backends: a pool has at least one backend\n    1 | []\n      | ^");
  Pool full = some_pool();
  for (int i = 1; i < 4096; ++i) {
    full.backends.push_back({.name = "x" + std::to_string(i), .address = full.backends[0].address});
  }
  CHECK(may_have_backends(full).has_value());
  CHECK(said_of("- {name: b, address: 127.0.0.1:9002}\n", full)
            .find("backends: a pool has at most 4096 backends, with this it has 4097") != std::string::npos);
  CHECK(read_backend(R"({"name": "b", "address": "127.0.0.1:9002"})", full)
            .error()
            .message.find("a pool has at most 4096 backends, with this it has 4097") != std::string::npos);
  CHECK(may_have_backends(none).error().message == "backends: a pool has at least one backend");
}

TEST_CASE("one backend comes as JSON, by the rules of the file") {
  const Pool pool = some_pool();
  const auto read = read_backend("{\n \"name\": \"b\",\n \"address\": \"127.0.0.1:9002\",\n \"weight\": 3\n}", pool);
  REQUIRE(read);
  CHECK(*read ==
        Backend{.name = "b", .address = *Address::parse("127.0.0.1:9002"), .weight = 3, .origin = Origin::api});
  struct Row {
    const char* json;
    const char* said;
  };
  const Row rows[] = {
      {"{}",
       "name: missing; write a name, by which sessions find their backend again; address: missing; write an address, "
       "such as 10.0.0.1:9001"},
      {R"({"name": "b", "address": "127.0.0.1:9002", "weight": 257, "rol": "standby"})",
       "weight: expected a whole number from 0 to 256, got '257'; rol: unknown key; did you mean 'role'?"},
      {R"({"name": "b/c", "address": "127.0.0.1:0"})",
       "name: expected a name of up to 64 letters, digits, '-', '_' or '.', got 'b/c'; address: expected a port from 1 "
       "to 65535, got '127.0.0.1:0'"},
      {R"({"name": {"b": 1}, "address": ["127.0.0.1:9002"]})",
       "name: expected a text, got a map; address: expected an address such as 127.0.0.1:80, [::1]:80 or unix:/path, "
       "got a list"},
      {R"({"name": "a", "address": "127.0.0.1:9002"})",
       "name: 'a' is the name of another backend of pool 'login' already"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.json);
    const auto refused = read_backend(row.json, pool);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message == row.said);
  }
}

TEST_CASE("a name that the pool's sessions could not end in is refused, whoever gives it") {
  const Pool pool =
      pool_of("affinity: {app_cookie: {name: S, how: route_suffix}}, backends: [{name: a, address: 127.0.0.1:9001}]");
  CHECK(
      said_of("- {name: b.c, address: 127.0.0.1:9002}\n", pool)
          .starts_with("nodes.yaml:1:4: error: backends[0].name: 'b.c' has the separator '.' of affinity.app_cookie"));
  CHECK(read_backend(R"({"name": "b.c", "address": "127.0.0.1:9002"})", pool)
            .error()
            .message.starts_with("name: 'b.c' has the separator '.' of affinity.app_cookie"));
}

TEST_CASE("a weight comes alone") {
  CHECK(read_weight(R"({"weight": 0})") == 0);
  CHECK(read_weight(R"({"weight": 256})") == 256);
  CHECK(read_weight("{}").error().message == "weight: missing; write a whole number, such as 2");
  CHECK(read_weight(R"({"weight": 257})").error().message ==
        "weight: expected a whole number from 0 to 256, got '257'");
  CHECK(read_weight(R"({"weight": 2.5})").error().message ==
        "weight: expected a whole number from 0 to 256, got '2.5'");
  CHECK(read_weight(R"({"weight": null})").error().message ==
        "weight: expected a whole number from 0 to 256, got nothing");
  CHECK(read_weight(R"({"weight": 2, "address": "127.0.0.1:1"})").error().message ==
        "address: only the weight can be set here");
  CHECK(read_weight(R"({"wieght": 2})").error().message.find("did you mean 'weight'?") != std::string::npos);
}

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "stickler-list-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

TEST_CASE("a configuration on disk is loaded with its lists, whose paths are relative to it") {
  const Folder folder;
  const std::string config = folder.write(
      "web.yaml",
      "version: 1\nlisteners: {web: {listen: 127.0.0.1:80, pool: login, routes: [{path: /b, pool: b}]}}\npools:\n"
      "  login: {discover: {file: nodes.yaml}}\n"
      "  b: {discover: {file: ./more.yaml}, backends: [{name: first, address: 127.0.0.1:9001}]}\n");
  const std::string nodes = folder.write("nodes.yaml", "- {name: a, address: 127.0.0.1:9001}\n");
  const std::string more = folder.write("more.yaml", "- {name: second, address: 127.0.0.1:9002}\n");
  const Loaded loaded = load_file(config, test_machine());
  CHECK(report(loaded).empty());
  REQUIRE(loaded.config.pools.size() == 2);
  REQUIRE(loaded.config.pools[0].backends.size() == 1);
  CHECK(loaded.config.pools[0].backends[0].origin == Origin::discover);
  CHECK(loaded.config.pools[0].discover.file == nodes);
  REQUIRE(loaded.config.pools[1].backends.size() == 2);
  CHECK(loaded.config.pools[1].backends[0].origin == Origin::config);
  CHECK(loaded.config.pools[1].backends[1].name == "second");

  folder.write("nodes.yaml", "- {name: a, address: nowhere}\n");
  std::filesystem::remove(more);
  const Loaded broken = load_file(config, test_machine());
  CHECK_FALSE(broken.ok());
  REQUIRE(broken.problems.size() == 2);
  CHECK(report(broken).starts_with(nodes + ":1:22: error: backends[0].address: expected an address"));
  CHECK(broken.problems[1].message == "pools.b.discover.file: cannot be opened: No such file or directory");
}

}  // namespace
}  // namespace stickler::config
