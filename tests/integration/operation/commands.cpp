// The command line: exit codes, and messages that say what to do.
#include "tests/integration/operation/commands.h"

#include <catch2/catch.hpp>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {
namespace {

const std::string minimal =
    "version: 1\nadmin: {listen: \"127.0.0.1:0\"}\nlisteners:\n  web: {listen: \"127.0.0.1:0\", pool: app}\n"
    "pools:\n  app:\n    backends:\n      - {name: a, address: \"127.0.0.1:9001\"}\n";

TEST_CASE("version names program, libraries and features") {
  for (const char* word : {"version", "--version"}) {
    const Finished finished = stickler({word});
    CHECK(finished.code == 0);
    CHECK(finished.errors.empty());
    for (const char* part :
         {"stickler 0.", "libuv 1.", "llhttp ", "yaml-cpp ", "libsodium ", "xxHash 0.", "features: http/1.1"}) {
      CAPTURE(part);
      CHECK(contains(finished.output, part));
    }
  }
}

TEST_CASE("every command explains itself") {
  for (const char* command : {"run", "check", "status", "reload", "version", "drain", "explain"}) {
    CAPTURE(command);
    const Finished finished = stickler({command, "--help"});
    CHECK(finished.code == 0);
    CHECK(contains(finished.output, command));
  }
  const Finished all = stickler({"--help"});
  CHECK(all.code == 0);
  for (const char* command : {"run", "check", "status", "reload", "drain", "undrain", "disable", "enable", "version"})
    CHECK(contains(all.output, command));
}

TEST_CASE("a wrong command line is answered with exit code 2 and what was probably meant") {
  struct Row {
    std::vector<std::string> arguments;
    const char* message;
  };
  const Row rows[] = {
      {{}, "Usage: stickler"},
      {{"chek", "x.yaml"}, "unknown command 'chek'; did you mean 'check'?"},
      {{"check"}, "CONFIG is required"},
      {{"run"}, "CONFIG is required"},
      {{"check", "a.yaml", "b.yaml"}, "'b.yaml' is one argument too many"},
      {{"status", "--jsno"}, "unknown option '--jsno'; did you mean '--json'?"},
      {{"status", "--admin", "nonsense"}, "expected HOST:PORT"},
      {{"drain", "app"}, "expected a pool and one of its backends, as in login/a, got 'app'"},
      {{"drain", "app/a", "--deadline", "soon"}, "expected a duration such as 30m, got 'soon'"},
      {{"undrain", "app/a", "--wait"}, "unknown option '--wait'"},
      {{"explain", "x.yaml"}, "one of --request and --get is needed"},
      {{"why"}, "REQUEST-ID is required"},
      {{"doctor", "x.yaml"}, "not available yet"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    const Finished finished = stickler(row.arguments);
    CHECK(finished.code == 2);
    CHECK(finished.output.empty());
    CHECK(contains(finished.errors, row.message));
  }
}

TEST_CASE("check says that a good file is good") {
  const Checked checked = with_file("check", minimal);
  CHECK(checked.finished.code == 0);
  CHECK(checked.finished.output == checked.path + ": ok\n");
  CHECK(checked.finished.errors.empty());
}

TEST_CASE("check says all that is wrong in one run, by line, with the line itself") {
  const std::string text =
      "version: 1\n"
      "process: {wrokers: 2}\n"
      "listeners:\n"
      "  web: {listen: 127.0.0.1:99999, pool: logn}\n"
      "pools:\n"
      "  login:\n"
      "    polcy: least_connections\n"
      "    affinity:\n"
      "      cookie: {same_site: none, keys: [\"a key that is at least 32 bytes long\"]}\n"
      "    timeouts: {connect: 2}\n"
      "    backends:\n"
      "      - {name: a, address: \"127.0.0.1:9001\"}\n"
      "      - {name: b, address: \"127.0.0.1:9002\", weight: -3}\n";
  const Checked checked = with_file("check", text);
  CHECK(checked.finished.code == 2);
  const std::string expected[] = {
      ":2:11: error: process.wrokers: unknown key; did you mean 'workers'?",
      ":4:17: error: listeners.web.listen: expected",
      ":4:34: error: listeners.web.pool: there is no pool 'logn'; did you mean 'login'?",
      ":7:5: error: pools.login.polcy: unknown key; did you mean 'policy'?",
      ":9:16: warning: pools.login.affinity.cookie.same_site is 'none' without secure: browsers drop such a cookie",
      ":10:25: error: pools.login.timeouts.connect: expected a duration",
      ":13:54: error: pools.login.backends[1].weight: expected a whole number from 0 to 256, got '-3'",
  };
  std::size_t from = 0;
  for (const std::string& line : expected) {
    CAPTURE(line);
    const std::size_t at = checked.finished.errors.find(checked.path + line, from);
    CHECK(at != std::string::npos);
    if (at != std::string::npos) from = at;
  }
  INFO(checked.finished.errors);
  CHECK(checked.says("    7 |     polcy: least_connections\n"));
  CHECK(checked.says("6 errors, 1 warning"));
}

TEST_CASE("run refuses with the same words what check refuses") {
  const std::string text = minimal + "    polcy: random\n    retries: {attempts: many}\n";
  const Checked checked = with_file("check", text);
  const Checked started = with_file("run", text);
  CHECK(started.finished.code == 2);
  CHECK(started.says(":9:5: error: pools.app.polcy: unknown key; did you mean 'policy'?"));
  CHECK(started.says(":10:25: error: pools.app.retries.attempts: expected a whole number"));
  std::string same = checked.finished.errors.substr(0, checked.finished.errors.rfind(checked.path));
  for (std::size_t at = same.find(checked.path); at != std::string::npos; at = same.find(checked.path, at)) {
    same.replace(at, checked.path.size(), started.path);
  }
  CHECK(started.finished.errors == same);
}

TEST_CASE("warnings are told and do not refuse the file") {
  const Checked checked =
      with_file("check", minimal + "  spare: {backends: [{name: a, address: \"127.0.0.1:9002\"}]}\n");
  CHECK(checked.finished.code == 0);
  CHECK(checked.says("warning: pools.spare is used by no listener"));
  CHECK(checked.says(": ok, 1 warning"));
}

TEST_CASE("what is planned and not built is refused, never ignored") {
  struct Row {
    const char* where;  // The block that the line is put into.
    const char* line;
  };
  const Row rows[] = {
      {"listener", "mode: tcp"},
      {"listener", "mode: dsr"},
      {"listener", "proxy_protocol: accept"},
      {"listener", "http2: true"},
      {"listener", "tls: {certificates: [{cert: a.pem, key: a.key}]}"},
      {"pool", "hash: {on: sni}"},
      {"pool", "health: {active: {type: grpc}}"},
      {"pool", "protocol: h2"},
      {"pool", "tls: {verify: true}"},
      {"pool", "send_proxy_protocol: v2"},
      {"pool", "discover: {etcd: {}}"},
      {"top", "xdp: {interface: eth0}"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    const auto lines = [&](std::string_view where, const char* indent) {
      return where == row.where ? indent + std::string(row.line) + "\n" : std::string();
    };
    const std::string of_backend = row.where == std::string_view("backend") ? ", " + std::string(row.line) : "";
    const std::string text = "version: 1\nprocess:\n  workers: 1\n" + lines("process", "  ") + lines("top", "") +
                             "listeners:\n  web:\n    listen: 127.0.0.1:0\n    pool: app\n" +
                             lines("listener", "    ") + "pools:\n  app:\n" + lines("pool", "    ") +
                             "    backends: [{name: a, address: \"127.0.0.1:9001\"" + of_backend + "}]\n";
    const Checked checked = with_file("check", text);
    INFO(checked.finished.errors);
    CHECK(checked.finished.code == 2);
    CHECK(checked.says("not available yet"));
  }
}

TEST_CASE("variables of the environment: used, defaulted, and named when they are missing or bad") {
  const std::string text =
      "version: 1\nlisteners:\n  web: {listen: \"${TEST_LISTEN}\", pool: app}\npools:\n  app:\n"
      "    policy: ${TEST_POLICY:-random}\n    backends: [{name: a, address: \"127.0.0.1:9001\"}]\n";
  CHECK(with_file("check", text, {"TEST_LISTEN=127.0.0.1:0"}).finished.code == 0);
  CHECK(with_file("check", text, {"TEST_LISTEN=127.0.0.1:0", "TEST_POLICY=two_choices"}).finished.code == 0);

  const Checked missing = with_file("check", text);
  CHECK(missing.finished.code == 2);
  CHECK(missing.finished.errors ==
        missing.path +
            ":3:17: error: listeners.web.listen: the environment variable TEST_LISTEN is not set; set it, or write "
            "${TEST_LISTEN:-default}\n    3 |   web: {listen: \"${TEST_LISTEN}\", pool: app}\n"
            "      |                 ^\n" +
            missing.path + ": 1 error, 0 warnings\n");

  const Checked bad = with_file("check", text, {"TEST_LISTEN=nowhere", "TEST_POLICY=fastest"});
  CHECK(bad.finished.code == 2);
  CHECK(
      bad.says(":3:17: error: listeners.web.listen: expected an address such as 127.0.0.1:80, [::1]:80 or "
               "unix:/path, got '${TEST_LISTEN}'; look at what the environment holds\n"));
  CHECK(bad.says(":6:13: error: pools.app.policy: expected "));
  CHECK(bad.says(", got '${TEST_POLICY:-random}'; look at what the environment holds\n"));
  CHECK_FALSE(bad.says("fastest"));  // It may be a secret.

  const Checked injected =
      with_file("check", text, {"TEST_LISTEN=127.0.0.1:0", "TEST_POLICY=random\n    retries: {attempts: 0}"});
  CHECK(injected.finished.code == 2);
}

TEST_CASE("a file that cannot be read is refused with the reason") {
  const TemporaryDirectory directory;
  struct Row {
    std::string path;
    const char* reason;
  };
  write_file(directory.file("empty.yaml"), "");
  write_file(directory.file("binary.yaml"), std::string("version: 1\n\0\x01\xff", 14));
  write_file(directory.file("broken.yaml"), "version: 1\nlisteners: {web: [\n");
  const Row rows[] = {{directory.file("nobody.yaml"), "No such file or directory"},
                      {directory.path().string(), "a directory"},
                      {directory.file("empty.yaml"), "empty"},
                      {directory.file("binary.yaml"), "error"},
                      {directory.file("broken.yaml"), "error"}};
  for (const Row& row : rows) {
    for (const char* command : {"check", "run"}) {
      CAPTURE(row.path, command);
      const Finished finished = stickler({command, row.path});
      CHECK(finished.code == 2);
      CHECK(contains(finished.errors, row.path));
      CHECK(contains(finished.errors, row.reason));
    }
  }
}

TEST_CASE("status shows the running process, as tables and as JSON") {
  ScriptedOrigin origin(named("a"));
  ReservedPort nobody;
  Balancer balancer(Setup{.pool = {"policy: two_choices"},
                          .backends = {backend("alpha", origin), backend("beta", nobody.address(), ", state: drain")}});
  CHECK(fetch(balancer.port(), "/").status() == 200);
  const Finished tables = stickler({"status", "--admin", balancer.admin_address()});
  CHECK(tables.code == 0);
  for (const std::string& part : {std::string("stickler 0."), std::to_string(balancer.process().pid()),
                                  "127.0.0.1:" + std::to_string(balancer.port()), std::string("POOL app  two_choices"),
                                  std::string("alpha"), std::string("beta"), std::string("draining")}) {
    CAPTURE(part);
    CHECK(contains(tables.output, part));
  }
  CHECK_FALSE(contains(tables.output, "\033["));  // No colours in a pipe.
  const Finished json = stickler({"status", "--json", "--admin", balancer.admin_address()});
  CHECK(json.code == 0);
  CHECK(nlohmann::json::parse(json.output).at("pid") == balancer.process().pid());
}

TEST_CASE("status and reload say when nobody answers, or somebody else") {
  ReservedPort nobody;
  ScriptedOrigin stranger([](OriginConnection& connection) {
    connection.read_request();
    connection.wire.send("220 mail.example ESMTP\r\n");
    connection.close();
  });
  ScriptedOrigin web(answering([](const Message&) { return reply("<html>", "", "404 Not Found"); }));
  for (const char* command : {"status", "reload"}) {
    CAPTURE(command);
    const Finished refused = stickler({command, "--admin", nobody.address()});
    CHECK(refused.code == 1);
    CHECK(contains(refused.errors, "cannot reach the admin API at " + nobody.address()));
    for (const std::string& address : {stranger.address(), web.address()}) {
      const Finished other = stickler({command, "--admin", address});
      CHECK(other.code == 1);
      CHECK_FALSE(other.errors.empty());
    }
  }
}

TEST_CASE("reload prints what has changed, or why nothing has") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Setup setup{.backends = {backend("a", a)}};
  Balancer balancer(setup);
  const std::vector<std::string> command = {"reload", "--admin", balancer.admin_address()};
  const Finished same = stickler(command);
  CHECK(same.code == 0);
  CHECK(contains(same.output, "nothing changed"));

  setup.backends.push_back(backend("b", b));
  balancer.rewrite(yaml(setup));
  const Finished applied = stickler(command);
  CHECK(applied.code == 0);
  CHECK(applied.output == "reload applied: pool 'app': backend 'b' added (" + b.address() + ")\n");

  balancer.rewrite(yaml(setup) + "poools: {}\n");
  const Finished refused = stickler(command);
  CHECK(refused.code == 2);
  CHECK(contains(refused.errors, "reload refused, nothing has changed"));
  CHECK(contains(refused.errors, "poools: unknown key; did you mean 'pools'?"));
  CHECK(balancer.admin_json("/api/v1/status").at("generation") == 3);
}

}  // namespace
}  // namespace stickler::integration
