// A cluster of three processes that treat sessions as Tomcat does (tomcat_main.cpp), of which one is killed.
#include <catch2/catch.hpp>
#include <filesystem>
#include <list>
#include <memory>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/addresses.h"

namespace stickler::integration {
namespace {

class Tomcat {
 public:
  Tomcat(std::string route, std::string directory) : route_(std::move(route)), directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    start();
  }

  void start() {
    process_ = std::make_unique<Process>(
        Command{.program = PROGRAM_DIR "/tomcat", .arguments = {std::to_string(port_.number()), route_, directory_}});
    process_->await_line("listening");
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
  }
  std::string configured() const { return backend(route_, port_.address()); }

 private:
  std::string route_;
  std::string directory_;
  ReservedPort port_;
  std::unique_ptr<Process> process_;
};

// With one directory for all nodes sessions are replicated, else each has its own.
struct Cluster {
  std::string directory_of(const std::string& node) const { return files.file(replicates ? "all" : node); }
  Setup setup(const std::string& more = "") const {
    return {.pool = {"affinity: {app_cookie: {name: JSESSIONID, how: route_suffix}" + more + "}",
                     "health: {active: {type: tcp, interval: 100ms, timeout: 5s, rise: 1, fall: 2}}"},
            .backends = {a.configured(), b.configured(), c.configured()}};
  }

  bool replicates;
  TemporaryDirectory files{};
  Tomcat a{"a", directory_of("a")};
  Tomcat b{"b", directory_of("b")};
  Tomcat c{"c", directory_of("c")};
};

// A browser that keeps the cookie, or takes none and follows the links.
class User {
 public:
  User(std::uint16_t port, bool takes_cookies) : port_(port), takes_cookies_(takes_cookies) {}

  void log_in() {
    visit("/log-in");
    first_ = session_;
  }
  // Whether it is still the session of the log-in.
  bool is_logged_in() {
    visit(takes_cookies_ ? "/page" : next_);
    return session_ == first_ && !session_.empty();
  }
  const std::string& node() const { return node_; }  // That answered last.

  // What its next request says is its node.
  std::string named_node() const {
    const std::string& id = takes_cookies_ ? cookie_ : next_;
    return id.substr(id.rfind('.') + 1);
  }

 private:
  void visit(const std::string& target) {
    const std::string fields = cookie_.empty() ? "" : "Cookie: theme=a.b; " + cookie_ + "\r\n";
    const Message answer = fetch(port_, target, fields);
    const std::size_t space = answer.body.find(' ');
    node_ = answer.body.substr(0, space);
    session_ = space == std::string::npos ? "" : answer.body.substr(space + 1);
    if (answer.has("X-Next")) next_ = answer.field("X-Next");
    if (!takes_cookies_ || !answer.has("Set-Cookie")) return;
    const std::string given = answer.field("Set-Cookie");
    cookie_ = given.substr(0, given.find(';'));
  }

  std::uint16_t port_;
  bool takes_cookies_;
  std::string cookie_;
  std::string next_;
  std::string node_;
  std::string session_;
  std::string first_;
};

std::list<User> log_in(std::uint16_t port, int count) {
  std::list<User> users;
  for (int i = 0; i < count; ++i) users.emplace_back(port, i % 4 < 2).log_in();
  return users;
}

TEST_CASE("a session of Tomcat stays on its node, by cookie and by path") {
  Cluster cluster{.replicates = false};
  Balancer balancer(cluster.setup());
  std::list<User> users = log_in(balancer.port(), 12);
  for (int round = 0; round < 3; ++round) {
    for (User& user : users) {
      const std::string node = user.named_node();
      CHECK(user.is_logged_in());
      CHECK(user.node() == node);
    }
  }
}

TEST_CASE("when a Tomcat is killed its users lose their session, and nobody else does") {
  Cluster cluster{.replicates = false};
  Balancer balancer(cluster.setup());
  std::list<User> users = log_in(balancer.port(), 12);
  cluster.b.kill();
  int lost = 0;
  for (User& user : users) {
    const bool was_on_b = user.named_node() == "b";
    const bool kept = user.is_logged_in();
    CHECK(kept == !was_on_b);
    lost += kept ? 0 : 1;
  }
  CHECK(lost == 4);
}

TEST_CASE("when a Tomcat of a cluster is killed nobody loses a session, and each goes on where it was taken over") {
  const std::string more = GENERATE(as<std::string>(), "", ", backup: next");
  CAPTURE(more);
  Cluster cluster{.replicates = true};
  Balancer balancer(cluster.setup(more));
  std::list<User> users = log_in(balancer.port(), 12);
  cluster.b.kill();
  int moved = 0;
  for (User& user : users) {
    const bool was_on_b = user.named_node() == "b";
    CHECK(user.is_logged_in());
    CHECK((user.node() == "a" || user.node() == "c"));
    CHECK(user.named_node() == user.node());  // It was renamed.
    moved += was_on_b ? 1 : 0;
  }
  CHECK(moved == 4);

  cluster.b.start();
  REQUIRE(comes_to(balancer, "b", "up"));
  for (User& user : users) {
    const std::string node = user.named_node();
    CHECK(user.is_logged_in());
    CHECK(user.node() == node);
  }
}

TEST_CASE("with `next` a Tomcat's sessions go to the same node before and after it is confirmed down") {
  Cluster cluster{.replicates = true};
  Setup setup = cluster.setup(", backup: next");
  Balancer balancer(setup);
  std::list<User> users = log_in(balancer.port(), 12);
  std::list<User> before = users;  // As they were: each asks again with the id of the node that died.
  cluster.b.kill();
  for (User& user : users) CHECK(user.is_logged_in());
  REQUIRE(comes_to(balancer, "b", "down"));
  auto user = users.begin();
  for (User& again : before) {
    CHECK(again.is_logged_in());
    CHECK(again.node() == (user++)->node());
  }
}

}  // namespace
}  // namespace stickler::integration
