// The admin API of the running process: what it shows, who may call it, where it listens.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"
#include "tests/integration/operation/connect.h"

namespace stickler::integration {
namespace {

// A request to the admin API; `fields` may begin with a Host of its own.
Message call(Balancer& balancer, const std::string& method, const std::string& target, std::string fields = "") {
  if (!contains(fields, "Host:")) fields = "Host: localhost\r\n" + fields;
  if (method != "GET" && method != "HEAD") fields += "Content-Length: 0\r\n";
  return RawClient(balancer.admin_port())
      .exchange(method + " " + target + " HTTP/1.1\r\n" + fields + "Connection: close\r\n\r\n", method);
}

std::string code_of(const Message& answer) { return nlohmann::json::parse(answer.body).at("error").at("code"); }

// The names in the first column of a table of docs/, such as "stickler_workers".
std::set<std::string> documented(const std::string& page, const std::string& pattern) {
  const std::string text = read_file(std::filesystem::path(STICKLER_SOURCE_DIR) / "docs" / page);
  const std::regex row("\\n\\| `(" + pattern + ")`");
  std::set<std::string> names;
  for (std::sregex_iterator at(text.begin(), text.end(), row); at != std::sregex_iterator(); ++at)
    names.insert((*at)[1]);
  return names;
}

TEST_CASE("status shows listeners, pools and backends with what they have done") {
  ScriptedOrigin a(named("a"));
  ReservedPort nobody;
  Balancer balancer(
      Setup{.pool = {"policy: least_connections", "health: {passive: off}",
                     "affinity: {cookie: {keys: [\"a key that is at least 32 bytes long\"]}}"},
            .backends = {backend("alpha", a, ", weight: 3"), backend("beta", nobody.address(), ", state: down")}});
  for (int i = 0; i < 5; ++i) CHECK(fetch(balancer.port(), "/").status() == 200);
  RawClient(balancer.port()).exchange("nonsense\r\n\r\n");
  const auto status = balancer.admin_json("/api/v1/status");
  CHECK(status.at("pid") == balancer.process().pid());
  CHECK(status.at("config_file") == balancer.config_path());
  CHECK(status.at("generation") == 1);
  CHECK(status.at("draining") == false);
  CHECK(status.at("uptime_seconds") >= 0);
  const auto listener = status.at("listeners").at(0);
  CHECK(listener.at("name") == "web");
  CHECK(listener.at("mode") == "http");
  CHECK(listener.at("addresses") == nlohmann::json({"127.0.0.1:" + std::to_string(balancer.port())}));
  CHECK(listener.at("connections_total") == 6);
  CHECK(listener.at("requests").at("2xx") == 5);
  CHECK(listener.at("requests").at("4xx") == 1);
  CHECK(listener.at("bytes_in") > 100);
  CHECK(listener.at("bytes_out") > 100);
  CHECK(listener.at("duration").at("count") == 6);
  const auto pool = status.at("pools").at(0);
  CHECK(pool.at("name") == "app");
  CHECK(pool.at("policy") == "least_connections");
  CHECK(pool.at("affinity") == "cookie");
  CHECK(pool.at("attempts") == 5);
  CHECK(pool.at("requests").at("2xx") == 5);
  const auto alpha = pool.at("backends").at(0);
  CHECK(alpha.at("name") == "alpha");
  CHECK(alpha.at("address") == a.address());
  CHECK(alpha.at("weight") == 3);
  CHECK(alpha.at("state") == "up");
  CHECK(alpha.at("connects") == 1);
  CHECK(alpha.at("reused") == 4);
  CHECK(alpha.at("in_flight") == 0);
  CHECK(pool.at("backends").at(1).at("state") == "down");
  CHECK(balancer.admin_json("/api/v1/pools").at("pools") == status.at("pools"));
  CHECK(balancer.admin_json("/api/v1/pools/app") == pool);
  CHECK(balancer.admin_json("/api/v1/pools/app/backends/alpha") == alpha);
}

TEST_CASE("the metrics are those of the documentation, all of them from the start") {
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.backends = {backend("alpha", a)}});
  CHECK(fetch(balancer.port(), "/").status() == 200);
  const Message page = balancer.admin("/metrics");
  CHECK(page.status() == 200);
  CHECK(page.field("Content-Type").starts_with("text/plain; version=0.0.4"));
  std::set<std::string> shown;
  const std::regex type("# TYPE (\\S+) (counter|gauge|histogram)\\n");
  for (std::sregex_iterator at(page.body.begin(), page.body.end(), type); at != std::sregex_iterator(); ++at) {
    shown.insert((*at)[1]);
  }
  CHECK(shown == documented("metrics.md", "stickler_[a-z_]+"));
  const std::regex sample(R"((stickler_[a-z_]+)(\{([a-z_]+="[^"]*",?)+\})? [0-9.e+-]+)");
  std::istringstream lines(page.body);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    CAPTURE(line);
    CHECK(std::regex_match(line, sample));
  }
  CHECK(balancer.metric("stickler_backend_requests_total", "pool=\"app\",backend=\"alpha\",code_class=\"2xx\"") == 1);
  CHECK(balancer.metric("stickler_listener_request_duration_seconds_count", "listener=\"web\"") == 1);
}

TEST_CASE("healthz, readyz and the page") {
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.backends = {backend("alpha", a)}});
  CHECK(balancer.admin("/healthz").status() == 200);
  CHECK(balancer.admin("/readyz").status() == 200);
  const Message page = balancer.admin("/");
  CHECK(page.status() == 200);
  CHECK(page.field("Content-Type").starts_with("text/html"));
  CHECK(contains(page.body, "alpha"));
  CHECK(call(balancer, "HEAD", "/api/v1/status").body.empty());
}

TEST_CASE("config shows what is in force, defaults filled in, and no secret") {
  const std::string secret = "this secret must not be shown, 32 bytes";
  ScriptedOrigin a(named("a"));
  Setup setup{.pool = {"affinity: {cookie: {name: S, keys: [\"${TEST_SECRET}\"]}}"}, .backends = {backend("alpha", a)}};
  Balancer balancer(yaml(setup), {.environment = {"TEST_SECRET=" + secret}});
  const auto config = balancer.admin_json("/api/v1/config");
  CHECK(config.at("pools").at("app").at("affinity").at("cookie").at("keys") == nlohmann::json({"***"}));
  CHECK(config.at("pools").at("app").at("affinity").at("cookie").at("idle") == "30m");
  CHECK(config.at("listeners").at("web").at("timeouts").at("idle") == "1m");
  CHECK(config.at("pools").at("app").at("backends").at(0).at("address") == a.address());
  for (const char* target : {"/", "/api/v1/config", "/api/v1/status", "/metrics"}) {
    CHECK_FALSE(contains(balancer.admin(target).body, secret));
  }
  setup.pool.push_back("timeouts: {connect: 7s}");
  reload(balancer, setup);
  CHECK(balancer.admin_json("/api/v1/config").at("pools").at("app").at("timeouts").at("connect") == "7s");
  for (const std::string& line : balancer.process().error_lines()) CHECK_FALSE(contains(line, secret));
}

TEST_CASE("what is not there is answered with a status and a code") {
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.backends = {backend("alpha", a)}});
  struct Row {
    const char* method;
    const char* target;
    int status;
    const char* code;
  };
  const Row rows[] = {
      {"GET", "/nothing", 404, "unknown_path"},
      {"GET", "/api/v1/pools/ap", 404, "unknown_pool"},
      {"GET", "/api/v1/pools/app/backends/beta", 404, "unknown_backend"},
      {"POST", "/api/v1/status", 405, "method_not_allowed"},
      {"GET", "/api/v1/reload", 405, "method_not_allowed"},
      {"POST", "/api/v1/pools/app/backends/beta/drain", 404, "unknown_backend"},
      {"GET", "/api/v1/pools/app/backends/alpha/drain", 405, "method_not_allowed"},
      {"PUT", "/api/v1/pools/app/backends/beta/weight", 404, "unknown_backend"},
      {"POST", "/api/v1/pools/app/backends", 400, "bad_body"},
      {"DELETE", "/api/v1/pools/app/backends/beta", 404, "unknown_backend"},
      {"POST", "/api/v1/explain", 400, "bad_body"},
      {"GET", "/api/v1/decisions/1", 404, "unknown_request"},
      {"GET", "/api/v1/events", 501, "not_available"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.method, row.target);
    const Message answer = call(balancer, row.method, row.target);
    CHECK(answer.status() == row.status);
    CHECK(code_of(answer) == row.code);
  }
}

TEST_CASE("pages of other sites can neither read by another name nor change anything") {
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.backends = {backend("alpha", a)}});
  CHECK(code_of(call(balancer, "GET", "/api/v1/status", "Host: evil.example\r\n")) == "wrong_host");
  CHECK(call(balancer, "GET", "/api/v1/status", "Host: evil.example\r\n").status() == 421);
  for (const char* fields : {"Origin: http://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"}) {
    CAPTURE(fields);
    const Message refused = call(balancer, "POST", "/api/v1/reload", fields);
    CHECK(refused.status() == 403);
    CHECK(code_of(refused) == "cross_origin");
  }
  CHECK(generation(balancer) == 1);
  CHECK(call(balancer, "POST", "/api/v1/reload", "Sec-Fetch-Site: same-origin\r\n").status() == 200);
  CHECK(generation(balancer) == 2);
  balancer.process().await_line("POST /api/v1/reload from 127.0.0.1:");
}

TEST_CASE("with a token only who has it may change state; to read none is needed") {
  const TemporaryDirectory secrets;
  write_file(secrets.file("token"), "open-sesame\n");
  write_file(secrets.file("wrong"), "open-barley\n");
  ScriptedOrigin a(named("a"));
  std::string text = yaml(Setup{.backends = {backend("alpha", a)}});
  text.replace(text.find("\"127.0.0.1:0\"}"), 14, "\"127.0.0.1:0\", token_file: " + secrets.file("token") + "}");
  Balancer balancer(text);
  CHECK(balancer.admin("/api/v1/status").status() == 200);
  CHECK(code_of(call(balancer, "POST", "/api/v1/reload")) == "no_token");
  CHECK(code_of(call(balancer, "POST", "/api/v1/reload", "Authorization: Bearer wrong\r\n")) == "wrong_token");
  CHECK(call(balancer, "POST", "/api/v1/reload", "Authorization: Bearer open-sesame\r\n").status() == 200);

  const auto command = [&](std::vector<std::string> more) {
    std::vector<std::string> words = {"reload", "--admin", balancer.admin_address()};
    words.insert(words.end(), more.begin(), more.end());
    return stickler(words);
  };
  const Finished without = command({});
  CHECK(without.code == 1);
  CHECK(contains(without.errors, "--token-file"));
  CHECK(command({"--token-file", secrets.file("wrong")}).code == 1);
  CHECK(command({"--token-file", secrets.file("token")}).code == 0);
  CHECK(command({"--token-file", secrets.file("nobody")}).code == 2);
  CHECK(generation(balancer) == 3);
  for (const std::string& line : balancer.process().error_lines()) CHECK_FALSE(contains(line, "open-"));
}

TEST_CASE("an admin address that others can reach needs a token") {
  std::string text = yaml(Setup{.backends = {"127.0.0.1:9001"}});
  text.replace(text.find("\"127.0.0.1:0\""), 13, "\"0.0.0.0:9900\"");
  const Checked checked = with_file("check", text);
  CHECK(checked.finished.code == 2);
  CHECK(checked.says("admin.listen: 0.0.0.0:9900 can be reached from other machines"));
}

TEST_CASE("the admin API on a unix socket") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("admin.sock");
  ScriptedOrigin a(named("a"));
  std::string text = yaml(Setup{.backends = {backend("alpha", a)}});
  text.replace(text.find("\"127.0.0.1:0\""), 13, "\"unix:" + path + "\"");
  Balancer balancer(text);
  const Finished status = stickler({"status", "--admin", "unix:" + path});
  CHECK(status.code == 0);
  CHECK(contains(status.output, "alpha"));
  CHECK(stickler({"reload", "--admin", "unix:" + path}).code == 0);
  Wire client = connect_to_unix(path);
  client.send("GET /healthz HTTP/1.1\r\nHost: anything\r\n\r\n");
  CHECK(client.read_response()->status() == 200);
}

TEST_CASE("admin off: nothing but the listeners listens") {
  ScriptedOrigin a(named("a"));
  std::string text = yaml(Setup{.backends = {backend("alpha", a)}});
  text.replace(text.find("\"127.0.0.1:0\""), 13, "off");
  Balancer balancer(text);
  CHECK(fetch(balancer.port(), "/").body == "a");
  for (const std::string& line : balancer.process().error_lines()) CHECK_FALSE(contains(line, "listening admin"));
}

TEST_CASE("the admin API survives bytes that are no request, and many callers at once") {
  ScriptedOrigin a(named("a"));
  Balancer balancer(Setup{.backends = {backend("alpha", a)}});
  for (const char* bytes :
       {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01"}) {
    RawClient client(balancer.admin_port());
    client.send(bytes);
    client.half_close();
    client.read_to_end();
  }
  std::vector<RawClient> callers;
  for (int i = 0; i < 60; ++i) {
    callers.emplace_back(balancer.admin_port()).send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  for (RawClient& caller : callers) CHECK(caller.read_response()->status() == 200);
}

}  // namespace
}  // namespace stickler::integration
