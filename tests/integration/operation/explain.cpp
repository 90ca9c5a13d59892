// `stickler explain`, by the file and by the running process, and `stickler why`.
#include <catch2/catch.hpp>
#include <set>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"

namespace stickler::integration {
namespace {

const std::string sticky = "affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}";
const std::string no_passive = "health: {passive: off}";

// Three nodes that say their names, behind a listener that believes our X-Request-Id.
struct Fixture {
  ScriptedOrigin a{named("a")};
  ScriptedOrigin b{named("b")};
  ScriptedOrigin c{named("c")};
  Setup setup{.top = {access_log_to_stdout},
              .listener = {"trusted_proxies: [127.0.0.0/8]"},
              .pool = {sticky, no_passive},
              .backends = {backend("a", a), backend("b", b), backend("c", c)}};
};

// The cookie line of a session that is bound to this node.
std::string cookie_of(const std::string& node, std::uint16_t port) {
  for (int i = 0; i < 300; ++i) {
    const Message first = fetch(port, "/");
    const std::string cookie = first.field("Set-Cookie");
    if (first.body == node) return "Cookie: " + cookie.substr(0, cookie.find(';'));
  }
  throw std::runtime_error("no session lands on " + node);
}

nlohmann::json json_of(const Finished& finished) {
  INFO(finished.both());
  REQUIRE(finished.code == 0);
  return nlohmann::json::parse(finished.output);
}

nlohmann::json explain_live(Balancer& balancer, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {"explain", "--json", "--admin", balancer.admin_address(), "--get", "/"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return json_of(stickler(arguments));
}

std::string why_not(const nlohmann::json& decision, std::string_view backend) {
  for (const auto& candidate : decision.at("candidates")) {
    if (candidate.at("name") == backend) return candidate.at("why_not");
  }
  throw std::runtime_error("no such candidate");
}

void order(Balancer& balancer, const char* word, const std::string& backend) {
  const Finished finished = stickler({word, "app/" + backend, "--admin", balancer.admin_address()});
  INFO(finished.both());
  REQUIRE(finished.code == 0);
}

TEST_CASE("a request is explained by the file alone, and it is said that it is") {
  const TemporaryDirectory directory;
  Fixture fixture;
  fixture.setup.backends[1] = backend("b", fixture.b, ", state: drain");
  fixture.setup.backends[2] = backend("c", fixture.c, ", state: down");
  write_file(directory.file("web.yaml"), yaml(fixture.setup));
  const Finished finished = stickler({"explain", directory.file("web.yaml"), "--get", "/x"});
  INFO(finished.both());
  CHECK(finished.code == 0);
  CHECK(finished.errors.empty());
  for (const char* part :
       {"listener  web\n", "route     default\n", "pool      app, policy round_robin\n", "cookie    none was sent\n",
        "verdict   new: a session begins; a cookie is set\n", "backend   a, chosen by the policy\n", "  chosen\n",
        "draining: no new sessions\n", "  down\n", "From the file alone: load, health and whose turn it is"}) {
    CAPTURE(part);
    CHECK(contains(finished.output, part));
  }
  const auto json = json_of(stickler({"explain", directory.file("web.yaml"), "--get", "/x", "--json"}));
  CHECK(json.at("backend") == "a");
  CHECK(json.at("worker").is_null());
  CHECK(json.at("config_file") == directory.file("web.yaml"));
}

TEST_CASE("cookies that count, are over or are forged are told apart by the file, as the process does") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string cookie = cookie_of("c", balancer.port());
  std::string forged = cookie;
  forged.back() = forged.back() == 'A' ? 'B' : 'A';
  struct Row {
    std::string header;
    const char* state;
    const char* verdict;
    const char* backend;
  };
  const Row rows[] = {
      {"A: b", "absent", "new", nullptr}, {cookie, "valid", "bound", "c"}, {forged, "forged", "forged", nullptr}};
  for (const Row& row : rows) {
    CAPTURE(row.state);
    for (const bool live : {false, true}) {
      const auto decision =
          live ? explain_live(balancer, {"--header", row.header})
               : json_of(stickler({"explain", "--json", balancer.config_path(), "--get", "/", "--header", row.header}));
      CHECK(decision.at("cookie").at("state") == row.state);
      CHECK(decision.at("verdict") == row.verdict);
      if (row.backend != nullptr) CHECK(decision.at("backend") == row.backend);
    }
  }
  CHECK(explain_live(balancer, {"--header", cookie}).at("cookie").at("primary") == "c");
}

TEST_CASE("the running process knows who drains and who is down") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string on_a = cookie_of("a", balancer.port());
  const std::string on_b = cookie_of("b", balancer.port());
  order(balancer, "drain", "a");
  order(balancer, "disable", "b");

  const auto fresh = explain_live(balancer, {});
  CHECK(fresh.at("worker") == 0);
  CHECK(fresh.at("backend") == "c");
  CHECK(fresh.at("chosen_by") == "policy");
  CHECK(why_not(fresh, "a") == "draining");
  CHECK(why_not(fresh, "b") == "down");
  CHECK(fresh.at("candidates").at(0).at("state") == "draining");
  CHECK(fresh.at("candidates").at(0).at("address") == fixture.a.address());

  const auto stays = explain_live(balancer, {"--header", on_a});
  CHECK(stays.at("backend") == "a");
  CHECK(stays.at("verdict") == "bound");
  CHECK(why_not(stays, "c") == "not_the_sessions_node");

  const auto moves = explain_live(balancer, {"--header", on_b});
  CHECK(moves.at("backend") == "c");
  CHECK(moves.at("verdict") == "moved");
  CHECK(moves.at("sets_cookie") == true);
  CHECK(moves.at("cookie").at("primary") == "b");
  CHECK(fixture.c.seen_target("/explained") == 0);

  const Finished table =
      stickler({"explain", balancer.config_path(), "--admin", balancer.admin_address(), "--get", "/"});
  CHECK(table.code == 0);
  CHECK(table.errors.empty());
  CHECK(contains(table.output, "process   worker 0, configuration " + balancer.config_path()));
  const Finished other = stickler({"explain", "other.yaml", "--admin", balancer.admin_address(), "--get", "/"});
  CHECK(contains(other.errors, "warning: the process at " + balancer.admin_address() + " serves "));
}

TEST_CASE("requests go where the process has just explained that they would, under every policy") {
  const std::string policy =
      GENERATE("round_robin", "least_connections", "random", "two_choices", "least_time", "first", "hash");
  CAPTURE(policy);
  Fixture fixture;
  fixture.setup.pool = {"policy: " + policy, no_passive};
  if (policy == "hash") fixture.setup.pool.emplace_back("hash: {on: \"header:X-Key\"}");
  fixture.setup.backends[1] = backend("b", fixture.b, ", weight: 3");
  Balancer balancer(fixture.setup);
  RawClient client(balancer.port());
  RawClient admin(balancer.admin_port());
  std::size_t different = 0;
  std::set<std::string> seen;
  for (int i = 0; i < 1430; ++i) {  // 10,010 over all policies.
    const std::string key = "X-Key: " + std::to_string(i) + "\r\n";
    const std::string body =
        nlohmann::json{{"request", "GET / HTTP/1.1\r\nHost: a\r\n" + key + "\r\n"}, {"listener", "web"}}.dump();
    const Message explained = admin.exchange("POST /api/v1/explain HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                                             std::to_string(body.size()) + "\r\n\r\n" + body);
    REQUIRE(explained.status() == 200);
    const std::string said = nlohmann::json::parse(explained.body).at("backend");
    const Message answer = client.exchange(get("/", key));
    REQUIRE(answer.status() == 200);
    seen.insert(answer.body);
    different += said == answer.body ? 0 : 1;
  }
  CHECK(different == 0);
  CHECK(seen.size() == (policy == "first" ? 1 : 3));
}

TEST_CASE("what is asked wrongly is answered with exit code 2, and what is expected") {
  const TemporaryDirectory directory;
  const std::string config = directory.file("web.yaml");
  Setup setup{.backends = {"127.0.0.1:9001"}};
  setup.listeners = "  other: {listen: \"127.0.0.1:0\", pool: app}\n";
  write_file(config, yaml(setup));
  write_file(directory.file("bad.yaml"), "version: 1\nlisteners: {}\npolls: {}\n");
  write_file(directory.file("head"), "GET / HTTP/1.1\nHost: a\n");
  write_file(directory.file("noise"), "\x01\x02 this is no request\n");
  write_file(directory.file("half"), "GET / HTTP/1.1\r\nHost: a\r\n");
  write_file(directory.file("empty"), "");
  struct Row {
    std::vector<std::string> arguments;
    std::string message;
  };
  const auto file = [&](const char* name) { return directory.file(name); };
  const Row rows[] = {
      {{config, "--request", file("none")}, "cannot read " + file("none") + ": No such file or directory"},
      {{config, "--request", file("empty")}, "is empty"},
      {{config, "--request", file("noise")}, "the request's head would be refused with 400, bad_"},
      {{config, "--request", file("half")}, "not whole"},
      {{config, "--request", file("head")}, "port 80 does not tell the listener; name one of 'web', 'other'"},
      {{config, "--request", file("head"), "--listener", "wbe"}, "no listener 'wbe'; there is 'web', 'other'"},
      {{config, "--get", "/", "--listener", "web", "--client", "me"}, "expected an IP address of a client, got 'me'"},
      {{config, "--get", "nowhere"}, "expected http://HOST[:PORT]/PATH or /PATH, got 'nowhere'"},
      {{file("bad.yaml"), "--get", "/"}, "polls: unknown key; did you mean 'pools'?"},
      {{file("none.yaml"), "--get", "/"}, "No such file or directory"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.message);
    std::vector<std::string> arguments = {"explain"};
    arguments.insert(arguments.end(), row.arguments.begin(), row.arguments.end());
    const Finished finished = stickler(arguments);
    INFO(finished.both());
    CHECK(finished.code == 2);
    CHECK(finished.output.empty());
    CHECK(contains(finished.errors, row.message));
  }
  const Finished good = stickler({"explain", config, "--request", file("head"), "--listener", "other"});
  CHECK(good.code == 0);
  CHECK(contains(good.output, "listener  other\n"));
}

TEST_CASE("the process is asked as wrongly with the same outcome") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string admin = balancer.admin_address();
  const Finished unknown = stickler({"explain", "--admin", admin, "--get", "/", "--listener", "wbe"});
  CHECK(unknown.code == 2);
  CHECK(contains(unknown.errors, "no listener 'wbe'; there is 'web'"));
  const Finished refused = stickler({"explain", "--admin", admin, "--get", "/", "--header", "Host: a b"});
  CHECK(refused.code == 2);
  CHECK(contains(refused.errors, "would be refused with 400, bad_host"));
}

TEST_CASE("why says where a request went, and what it went through") {
  Fixture fixture;
  Balancer balancer(fixture.setup);
  const std::string cookie = cookie_of("a", balancer.port()) + "\r\n";
  CHECK(fetch(balancer.port(), "/first", cookie + "X-Request-Id: first\r\n").body == "a");
  fixture.a.stop();
  const Message elsewhere = fetch(balancer.port(), "/second", cookie + "X-Request-Id: second\r\n");
  REQUIRE(elsewhere.status() == 200);
  const std::string admin = balancer.admin_address();

  const auto first = json_of(stickler({"why", "first", "--json", "--admin", admin}));
  CHECK(first.at("verdict") == "bound");
  CHECK(first.at("backend") == "a");
  CHECK(first.at("chosen_by") == "session");
  CHECK(first.at("served").at("status") == 200);
  CHECK(first.at("served").at("attempts").size() == 1);
  CHECK(why_not(first, "b") == "not_the_sessions_node");

  const auto second = json_of(stickler({"why", "second", "--json", "--admin", admin}));
  CHECK(second.at("verdict") == "detour");
  CHECK(second.at("backend") == elsewhere.body);
  CHECK(second.at("chosen_by") == "policy");
  CHECK(second.at("cookie").at("primary") == "a");
  CHECK(why_not(second, "a") == "tried_and_failed");
  const auto& attempts = second.at("served").at("attempts");
  REQUIRE(attempts.size() == 2);
  CHECK(attempts[0] == nlohmann::json{{"backend", "a"}, {"chosen_by", "session"}, {"failure", "connect_error"}});
  CHECK(attempts[1] == nlohmann::json{{"backend", elsewhere.body}, {"chosen_by", "policy"}, {"failure", ""}});

  const Finished table = stickler({"why", "second", "--admin", admin});
  CHECK(table.code == 0);
  CHECK(contains(table.output, "attempts  a by session: connect_error, then " + elsewhere.body + " by policy\n"));

  const Finished unknown = stickler({"why", "third", "--admin", admin});
  CHECK(unknown.code == 1);
  CHECK(unknown.output.empty());
  CHECK(contains(unknown.errors, "no request 'third' is remembered"));
}

TEST_CASE("why knows the requests of every worker, by the id of the access log, over reloads") {
  Fixture fixture;
  fixture.setup.process = "{workers: 2, shutdown_grace: 500ms}";
  fixture.setup.listener = {};
  Balancer balancer(fixture.setup);
  std::set<int> workers;
  for (int i = 0; i < 40; ++i) {
    const std::string path = "/" + std::to_string(i);
    const std::string backend = fetch(balancer.port(), path).body;
    const std::string id = balancer.access_entry(path).at("request_id");
    const auto decision = balancer.admin_json("/api/v1/decisions/" + id);
    CHECK(decision.at("backend") == backend);
    CHECK(decision.at("served").at("request_id") == id);
    workers.insert(decision.at("worker").get<int>());
  }
  CHECK(workers == std::set<int>{0, 1});
  const std::string id = balancer.access_entry("/7").at("request_id");
  const auto before = balancer.admin_json("/api/v1/decisions/" + id);
  fixture.setup.backends = {backend("x", fixture.a)};
  reload(balancer, fixture.setup);
  CHECK(balancer.admin_json("/api/v1/decisions/" + id) == before);
}

TEST_CASE("requests that no backend answered are known too") {
  Fixture fixture;
  ReservedPort nobody;
  fixture.setup.backends = {backend("a", nobody.address())};
  Balancer balancer(fixture.setup);
  CHECK(fetch(balancer.port(), "/", "X-Request-Id: failed\r\n").status() == 502);
  const auto failed = balancer.admin_json("/api/v1/decisions/failed");
  CHECK(failed.at("refusal") == nlohmann::json{{"status", 502}, {"reason", "connect_failed"}});
  CHECK(failed.at("served").at("failure") == "connect_error");
  CHECK(fetch(balancer.port(), "/%2e%2e/", "X-Request-Id: climbs\r\n").status() == 400);
  const auto climbs = balancer.admin_json("/api/v1/decisions/climbs");
  CHECK(climbs.at("refusal").at("reason") == "path_climbs_out");
  CHECK(climbs.at("pool") == "");
  CHECK(climbs.at("candidates").empty());
}

}  // namespace
}  // namespace stickler::integration
