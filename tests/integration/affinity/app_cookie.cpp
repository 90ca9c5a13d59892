// Pools that are sticky by the application's own cookie.
#include <catch2/catch.hpp>
#include <set>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

const std::string route_suffix = "affinity: {app_cookie: {name: JSESSIONID, how: route_suffix}";

// Tomcat with a jvmRoute: /log-in begins a session, whose cookie ends in the node's name.
Script tomcat(const std::string& name) {
  return answering([name](const Message& request) {
    const bool begins = request.target() == "/log-in";
    return reply(name, begins ? "Set-Cookie: JSESSIONID=8A2F." + name + "; Path=/; HttpOnly\r\n" : "");
  });
}

struct Cluster {
  ScriptedOrigin a{tomcat("a")};
  ScriptedOrigin b{tomcat("b")};
  ScriptedOrigin c{tomcat("c")};

  Setup setup(std::string_view more, std::string_view of_a = "") const {
    return {.top = {access_log_to_stdout},
            .pool = {route_suffix + std::string(more) + "}", "health: {passive: off}"},
            .backends = {backend("a", a, of_a), backend("b", b), backend("c", c)}};
  }
};

std::string session(std::string_view value) { return "Cookie: JSESSIONID=" + std::string(value) + "\r\n"; }

TEST_CASE("a request goes to the node that the application's cookie ends in") {
  Cluster cluster;
  Balancer balancer(cluster.setup(""));
  struct Row {
    const char* what;
    std::string target, fields;
    std::string node, verdict;  // Node "": whichever.
  };
  const Row rows[] = {
      {"the cookie", "/1", session("8A2F.b"), "b", "bound"},
      {"in quotes", "/2", session("\"8A2F.c\""), "c", "bound"},
      {"among others", "/3", "Cookie: x=1; JSESSIONID=8A2F.c; y=2\r\n", "c", "bound"},
      {"the path parameter", "/4;jsessionid=8A2F.b", "", "b", "bound"},
      {"the path parameter, and a query", "/5;jsessionid=8A2F.c?x=.a", "", "c", "bound"},
      {"both: the cookie counts", "/6;jsessionid=8A2F.b", session("8A2F.c"), "c", "bound"},
      {"both: the cookie's is no node", "/6a;jsessionid=8A2F.b", session("8A2F.x"), "b", "bound"},
      {"both: the cookie is empty", "/6b;jsessionid=8A2F.b", session(""), "b", "bound"},
      {"two cookies: the first counts", "/6c", "Cookie: JSESSIONID=8A2F.b; JSESSIONID=8A2F.c\r\n", "b", "bound"},
      {"two cookies, one of no node", "/6d", "Cookie: JSESSIONID=old.x; JSESSIONID=8A2F.c\r\n", "c", "bound"},
      {"two lines, one of no node", "/6e", session("old") + session("8A2F.b"), "b", "bound"},
      {"the parameter under the cookie's own name", "/6f;JSESSIONID=8A2F.c", "", "c", "bound"},
      {"a node that there is not", "/7", session("8A2F.x"), "", "unknown_node"},
      {"no node at all", "/8", session("8A2F"), "", "unknown_node"},
      {"another cookie", "/9", "Cookie: jsessionid=8A2F.b\r\n", "", "none"},
      {"nothing", "/10", "", "", "none"},
      {"an empty cookie", "/11", session(""), "", "none"},
      {"a node's name in another case", "/12", session("8A2F.B"), "", "unknown_node"},
      {"the separator at the end", "/13", session("8A2F."), "", "unknown_node"},
      {"nothing before the separator", "/14", session(".b"), "b", "bound"},
      {"a session that begins", "/log-in", "", "", "new"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    for (int i = 0; i < 3; ++i) {  // More often than the policy would hit it by chance.
      const Served served = ask_at(balancer, row.target, row.fields);
      if (!row.node.empty()) CHECK(served.node == row.node);
      CHECK(served.verdict == row.verdict);
    }
  }
}

TEST_CASE("request and answer pass as they are") {
  ScriptedOrigin a(tomcat("a"));
  Balancer balancer(Setup{.pool = {route_suffix + "}"}, .backends = {backend("a", a)}});
  const std::string cookies = "x=1;  JSESSIONID=\"8A2F.a\" ;y=2";
  const Message answer = fetch(balancer.port(), "/log-in", "Cookie: " + cookies + "\r\n");
  CHECK(a.last().field("Cookie") == cookies);
  CHECK(answer.count("Set-Cookie") == 1);
  CHECK(answer.field("Set-Cookie") == "JSESSIONID=8A2F.a; Path=/; HttpOnly");
  CHECK_FALSE(answer.has("Cache-Control"));
}

TEST_CASE("a node that cannot be connected to is a detour; confirmed down it is as when_unavailable says") {
  struct Row {
    std::string more;
    std::string down_verdict;
    bool moves;
  };
  for (const Row& row : {Row{"", "moved", true}, Row{", when_unavailable: fail", "refused", false},
                         Row{", backup: next", "failover", true},
                         Row{", backup: next, when_unavailable: backup_only", "failover", true}}) {
    CAPTURE(row.more);
    Cluster cluster;
    Balancer balancer(cluster.setup(row.more));
    cluster.a.stop();
    const Served detour = ask_at(balancer, "/detour", session("8A2F.a"));
    CHECK(detour.verdict == "detour");
    CHECK((detour.node == "b" || detour.node == "c"));

    reload(balancer, cluster.setup(row.more, ", state: down"));
    const Served served = ask_at(balancer, "/down", session("8A2F.a"));
    CHECK(served.verdict == row.down_verdict);
    CHECK((served.node == "503") == !row.moves);

    cluster.a.start();
    reload(balancer, cluster.setup(row.more));
    CHECK(ask_at(balancer, "/back", session("8A2F.a")) == Served{"a", "bound"});
  }
}

TEST_CASE("with `next` all requests of a session go to one node while its own is down, on every balancer") {
  Cluster cluster;
  Balancer one(cluster.setup(", backup: next", ", state: down"));
  Balancer other(cluster.setup(", backup: next", ", state: down"));
  std::set<std::string> nodes;
  for (int i = 0; i < 12; ++i) {
    const std::string id = "session-" + std::to_string(i);
    const Served first = ask_at(one, "/" + id, session(id + ".a"));
    CHECK(first.verdict == "failover");
    CHECK(ask_at(one, "/" + id, session(id + ".a")) == first);
    CHECK(ask_at(other, "/" + id, session(id + ".a")) == first);
    CHECK(ask_at(other, "/;jsessionid=" + id + ".a") == first);
    nodes.insert(first.node);
  }
  CHECK(nodes == std::set<std::string>{"b", "c"});
}

TEST_CASE("a node that drains or has weight 0 keeps its sessions and gets no others") {
  Cluster cluster;
  for (const char* state : {", state: drain", ", weight: 0"}) {
    CAPTURE(state);
    Balancer balancer(cluster.setup("", state));
    CHECK(ask_at(balancer, "/bound", session("8A2F.a")) == Served{"a", "bound"});
    for (int i = 0; i < 6; ++i) CHECK(ask_at(balancer, "/none").node != "a");
  }
}

const std::string prefix = "affinity: {app_cookie: {name: SID, how: prefix}";

// An application that knows nothing of nodes: /log-in begins a session, and its answers say which cookies it saw.
Script plain_app(const std::string& name) {
  return answering([name](const Message& request) {
    if (request.target() == "/log-in")
      return reply(name, "Set-Cookie: SID=8A2F; Path=/; HttpOnly\r\nSet-Cookie: x=1\r\n");
    if (request.target() == "/log-out") return reply(name, "Set-Cookie: SID=; Max-Age=0\r\n");
    return reply(name, "X-Saw: " + request.field("Cookie") + "\r\n");
  });
}

TEST_CASE("prefix: the client's cookie has the node in front, and the node sees its own") {
  ScriptedOrigin a(plain_app("a"));
  ScriptedOrigin b(plain_app("b"));
  ScriptedOrigin c(plain_app("c"));
  const auto setup = [&](std::string_view of_a) {
    return Setup{.top = {access_log_to_stdout},
                 .pool = {prefix + "}", "health: {passive: off}"},
                 .backends = {backend("a", a, of_a), backend("b", b), backend("c", c)}};
  };
  Balancer balancer(setup(""));
  for (int i = 0; i < 6; ++i) {
    const Message login = fetch(balancer.port(), "/log-in");
    CHECK(login.count("Set-Cookie") == 2);
    CHECK(login.field("Set-Cookie") == "SID=" + login.body + "~8A2F; Path=/; HttpOnly");
    CHECK(login.head.find("Set-Cookie: x=1\r\n") != std::string::npos);
    CHECK(verdict(balancer, "/log-in") == "new");
    for (int j = 0; j < 3; ++j) {
      const Message answer = fetch(balancer.port(), "/me", "Cookie: x=1;  SID=" + login.body + "~8A2F ;y=a~2\r\n");
      CHECK(answer.body == login.body);
      CHECK(answer.field("X-Saw") == "x=1;  SID=8A2F ;y=a~2");
    }
  }
  CHECK(fetch(balancer.port(), "/log-out").field("Set-Cookie") == "SID=; Max-Age=0");
  CHECK(ask_at(balancer, "/bound", "Cookie: SID=a~8A2F\r\n") == Served{"a", "bound"});
  CHECK(ask_at(balancer, "/gone", "Cookie: SID=x~8A2F\r\n").verdict == "unknown_node");
  CHECK(ask_at(balancer, "/of-before", "Cookie: SID=8A2F\r\n").verdict == "unknown_node");
  CHECK(ask_at(balancer, "/none").verdict == "none");

  // A session whose node is down goes on elsewhere, without the prefix.
  reload(balancer, setup(", state: down"));
  const Message moved = fetch(balancer.port(), "/moved", "Cookie: SID=a~8A2F\r\n");
  CHECK(moved.body != "a");
  CHECK(moved.field("X-Saw") == "SID=8A2F");
  CHECK(verdict(balancer, "/moved") == "moved");
  // Where it begins another, that one is bound to where it is.
  const Message anew = fetch(balancer.port(), "/log-in", "Cookie: SID=a~8A2F\r\n");
  CHECK(anew.field("Set-Cookie") == "SID=" + anew.body + "~8A2F; Path=/; HttpOnly");
}

}  // namespace
}  // namespace stickler::integration
