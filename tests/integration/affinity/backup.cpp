// Backups: servers that copy each session to one other, and requests that land where the copy is.
#include <catch2/catch.hpp>
#include <list>
#include <map>
#include <mutex>
#include <set>

#include "tests/integration/affinity/sticky.h"

namespace stickler::integration {
namespace {

std::string with_backup(std::string_view rule, std::string_view more = "") {
  return "affinity: {cookie: {keys: [\"" + first_key + "\"]}, backup: " + std::string(rule) + std::string(more) + "}";
}

// Nodes that each keep the sessions of their users and a replica of them on one other node of their own choice, which
// their answers announce. A node that has neither says "lost".
class Cluster {
 public:
  explicit Cluster(int size) {
    for (int i = 0; i < size; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      names_.push_back(name);
      nodes_.emplace(name, answering([this, name](const Message& request) { return serve(name, request); }));
    }
  }

  std::vector<std::string> backends() const {
    std::vector<std::string> lines;
    for (const auto& [name, node] : nodes_) lines.push_back(backend(name, node));
    return lines;
  }

  void kill(const std::string& name) {
    {
      const std::lock_guard lock(mutex_);
      dead_.insert(name);
    }
    nodes_.at(name).stop();
  }

  std::string backup_of(const std::string& user) const {
    const std::lock_guard lock(mutex_);
    return sessions_.at(user).backup;
  }

 private:
  struct Session {
    std::string primary;
    std::string backup;
  };

  // The next living one behind the user's own place, so that not all have the same.
  std::string next_alive(const std::string& user, const std::string& but) const {
    const std::size_t start = std::hash<std::string>{}(user);
    for (std::size_t i = 0; i < names_.size(); ++i) {
      const std::string& name = names_[(start + i) % names_.size()];
      if (name != but && !dead_.contains(name)) return name;
    }
    return "";
  }

  std::string serve(const std::string& node, const Message& request) {
    const std::lock_guard lock(mutex_);
    const std::string user = request.field("X-User");
    if (request.target() == "/log-in") sessions_[user] = {node, next_alive(user, node)};
    const auto session = sessions_.find(user);
    const bool holds =
        session != sessions_.end() && (session->second.primary == node || session->second.backup == node);
    if (!holds) return reply("lost", "", "401 Unauthorized");
    Session& held = session->second;
    if (held.backup == node || dead_.contains(held.backup)) held = {node, next_alive(user, node)};
    return reply(node, "X-Session-Backup: " + held.backup + "\r\n");
  }

  mutable std::mutex mutex_;
  std::vector<std::string> names_;
  std::set<std::string> dead_;
  std::map<std::string, Session> sessions_;
  std::map<std::string, ScriptedOrigin> nodes_;
};

struct User {
  std::string name;
  Browser browser;
  std::string node{};

  Message get(std::string_view target) { return browser.get(target, "X-User: " + name + "\r\n"); }
};

std::list<User> log_in(int count, std::uint16_t port) {
  std::list<User> users;
  for (int i = 0; i < count; ++i) {
    User& user = users.emplace_back(User{.name = "user-" + std::to_string(i), .browser = Browser(port)});
    user.node = user.get("/log-in").body;
  }
  return users;
}

TEST_CASE("when a node dies every session of it goes on at the backup that its cookie names, one death after another") {
  Cluster cluster(5);
  Balancer balancer(Setup{.pool = {with_backup("announced"),
                                   "health: {active: {type: tcp, interval: 50ms, timeout: 1s, fall: 2}, passive: off}"},
                          .backends = cluster.backends()});
  std::list<User> users = log_in(50, balancer.port());
  double failovers = 0;
  for (const char* dead : {"c", "a", "e"}) {
    std::map<std::string, std::string> expected;
    for (User& user : users) expected[user.name] = user.node == dead ? cluster.backup_of(user.name) : user.node;
    cluster.kill(dead);
    REQUIRE(comes_to(balancer, dead, "down"));
    for (User& user : users) {
      const Message answer = user.get("/me");
      CHECK(answer.status() == 200);
      CHECK(answer.body == expected[user.name]);
      failovers += user.node == dead ? 1 : 0;
      user.node = answer.body;
    }
    CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"failover\"") == failovers);
  }
  CHECK(failovers > 20);
  CHECK(balancer.metric("stickler_pool_verdicts_total", "reason=\"moved\"") == 0);
}

TEST_CASE("before a death is confirmed the backup serves as a detour, and the cookie is left alone") {
  Cluster cluster(3);
  Balancer balancer(Setup{.top = {access_log_to_stdout},
                          .pool = {with_backup("announced"), "health: {passive: off}"},
                          .backends = cluster.backends()});
  std::list<User> users = log_in(12, balancer.port());
  cluster.kill("b");
  int detours = 0;
  for (User& user : users) {
    const std::string backup = cluster.backup_of(user.name);
    const std::string cookie = user.browser.cookie();
    const Message answer = user.get("/me/" + user.name);
    CHECK(answer.status() == 200);
    if (user.node != "b") continue;
    CHECK(answer.body == backup);
    CHECK(user.browser.cookie() == cookie);
    CHECK(verdict(balancer, "/me/" + user.name) == "detour");
    ++detours;
  }
  CHECK(detours > 0);
}

TEST_CASE("the cookie follows when a node announces another backup, and is set for nothing else") {
  std::string announced = "b";
  std::mutex mutex;
  const auto announcing = [&](const char* name) {
    return answering([&, name](const Message&) {
      const std::lock_guard lock(mutex);
      return reply(name, "X-Replica: " + announced + "\r\n");
    });
  };
  ScriptedOrigin a(announcing("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Setup setup{.pool = {with_backup("announced", ", backup_header: x-replica"), "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b, ", state: drain"), backend("c", c, ", state: drain")}};
  Balancer balancer(setup);
  Browser browser(balancer.port());
  CHECK(browser.get("/").has("Set-Cookie"));
  CHECK_FALSE(browser.get("/").has("Set-Cookie"));
  {
    const std::lock_guard lock(mutex);
    announced = "c";
  }
  CHECK(browser.get("/").has("Set-Cookie"));
  CHECK_FALSE(browser.get("/").has("Set-Cookie"));
  setup.backends = {backend("a", a, ", state: down"), backend("b", b), backend("c", c)};
  reload(balancer, setup);
  for (int i = 0; i < 5; ++i) CHECK(browser.node() == "c");
}

TEST_CASE("next names a backup without any help, the same on two balancers, and another when that leaves") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  const auto backends = [&](std::string_view of_a, std::string_view of_b, std::string_view of_c) {
    return std::vector{backend("a", a, of_a), backend("b", b, of_b), backend("c", c, of_c)};
  };
  Setup setup{.pool = {with_backup("next"), "health: {passive: off}"}, .backends = backends("", "", "")};
  Balancer one(setup);
  Balancer other(setup);
  std::map<std::string, int> backups;
  std::vector<std::string> cookies;
  for (int i = 0; i < 12; ++i) cookies.push_back(bound_to("a", one.port()).cookie());
  setup.backends = backends(", state: down", "", "");
  reload(one, setup);
  reload(other, setup);
  for (const std::string& cookie : cookies) {
    Browser here(one.port());
    Browser there(other.port());
    here.take(cookie);
    there.take(cookie);
    const std::string backup = here.node();
    CHECK(there.node() == backup);
    ++backups[backup];
    // It is the session's node now, and the third its backup.
    const std::string third = backup == "b" ? "c" : "b";
    Setup without = setup;
    without.backends = backup == "b" ? backends("", ", state: down", "") : backends("", "", ", state: down");
    reload(one, without);
    const std::string last = here.node();
    CHECK(last == third);
    reload(one, setup);
  }
  CHECK(backups["b"] + backups["c"] == 12);
}

TEST_CASE("backup_only: a session goes to its backup or nowhere") {
  ScriptedOrigin a(answering([](const Message&) { return reply("a", "X-Session-Backup: b\r\n"); }));
  ScriptedOrigin b(named("b"));
  ScriptedOrigin c(named("c"));
  Setup setup{.top = {access_log_to_stdout},
              .pool = {with_backup("announced", ", when_unavailable: backup_only"), "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b), backend("c", c)}};
  Balancer balancer(setup);
  Browser browser = bound_to("a", balancer.port());
  a.stop();
  CHECK(browser.node("/detour") == "b");
  CHECK(verdict(balancer, "/detour") == "detour");
  b.stop();
  CHECK(browser.get("/both").status() == 502);
  CHECK(verdict(balancer, "/both") == "bound");
  CHECK(fetch(balancer.port(), "/new").body == "c");

  setup.backends = {backend("a", a, ", state: down"), backend("b", b, ", state: down"), backend("c", c)};
  reload(balancer, setup);
  CHECK(browser.get("/refused").status() == 503);
  CHECK(verdict(balancer, "/refused") == "refused");
  b.start();
  setup.backends = {backend("a", a, ", state: down"), backend("b", b), backend("c", c)};
  reload(balancer, setup);
  CHECK(browser.node("/failover") == "b");
  CHECK(verdict(balancer, "/failover") == "failover");
}

// Says which generation it is, and knows of no session when it is another than it was.
class Restarting {
 public:
  explicit Restarting(std::string name) : name_(std::move(name)) {}

  Script script() {
    return answering([this](const Message&) {
      const std::lock_guard lock(mutex_);
      return reply(name_, "X-Session-Backup: b\r\nX-Node-Generation: boot-" + std::to_string(boots_) + "\r\n");
    });
  }
  void restart() {
    const std::lock_guard lock(mutex_);
    ++boots_;
  }

 private:
  std::mutex mutex_;
  std::string name_;
  int boots_ = 1;
};

TEST_CASE("a node that lost its memory with a restart gets no more of a session whose replica is elsewhere") {
  const bool by_probe = GENERATE(true, false);
  CAPTURE(by_probe);
  Restarting restarting("a");
  ScriptedOrigin a(restarting.script());
  ScriptedOrigin b(named("b"));
  Setup setup{.top = {access_log_to_stdout},
              .pool = {with_backup("announced"),
                       by_probe ? "health: {active: {interval: 50ms, timeout: 1s}}" : "health: {passive: off}"},
              .backends = {backend("a", a), backend("b", b, ", state: drain")}};
  Balancer balancer(setup);
  Browser browser(balancer.port());
  for (int i = 0; i < 3; ++i) CHECK(browser.node("/before") == "a");
  restarting.restart();
  if (by_probe) {
    const std::size_t probes = a.seen_target("/healthz");
    REQUIRE(eventually([&] { return a.seen_target("/healthz") > probes + 1; }));
  } else {
    CHECK(Browser(balancer.port()).node("/another") == "a");  // Any answer tells.
  }
  CHECK(browser.node("/after") == "b");
  CHECK(verdict(balancer, "/after") == "failover");
  CHECK(browser.node("/later") == "b");
  CHECK(verdict(balancer, "/later") == "bound");
}

}  // namespace
}  // namespace stickler::integration
