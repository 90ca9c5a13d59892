// Login-stubs that hold each other's sessions: what users keep when servers are killed, frozen and come back.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <deque>
#include <list>
#include <mutex>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/affinity/stub_group.h"

namespace stickler::integration {
namespace {

Setup announced(const StubGroup& group, std::string_view probe_timeout = "5s") {
  return {.top = {access_log_to_stdout},
          .pool = {"affinity: {cookie: {keys: [\"" + first_key + "\"]}, backup: announced}",
                   "health: {active: {path: /healthz, interval: 100ms, timeout: " + std::string(probe_timeout) +
                       ", rise: 1, fall: 2}}"},
          .backends = group.backends()};
}

double verdicts(Balancer& balancer, std::string_view verdict) {
  return balancer.metric("stickler_pool_verdicts_total", "reason=\"" + std::string(verdict) + "\"");
}

// The first requests of users who did nothing while `dead` was killed and found down: its own go on at the backup that
// was named to them, and nobody else notices.
void check_first_requests(Balancer& balancer, std::deque<StubUser>& users, const std::string& dead) {
  int failovers = 0;
  for (StubUser& user : users) {
    const std::string path = "/me?first-after=" + dead + "&user=" + user.name();
    const bool hit = user.node() == dead;
    const std::string expected = hit ? user.backup() : user.node();
    CAPTURE(path, user.node());
    CHECK_FALSE(expected.empty());
    CHECK(user.get_me(path).status() == 200);
    CHECK(user.node() == expected);
    CHECK(user.visits() == 1);
    CHECK(verdict(balancer, path) == (hit ? "failover" : "bound"));
    failovers += hit ? 1 : 0;
  }
  CHECK(failovers > 0);
}

// With all-to-all a server answers reads by itself. One that its session's owner has passed over learns what was
// written meanwhile when the two are connected again; a write there is made from the newest state in any case.
bool reads(const StubGroup& group, StubUser& user, int visits) {
  const auto as_written = [&] { return user.get_me().status() == 200 && user.visits() == visits; };
  return group.strategy() == "all-to-all" ? eventually(as_written) : as_written();
}

// One owner and one history: what is written at one server is read at every other, in whatever order they are asked.
void check_histories(const StubGroup& group, std::deque<StubUser>& users) {
  const auto names = group.names();
  for (std::size_t i = 0; i < users.size(); ++i) {
    StubUser& user = users[i];
    int visits = user.visits();
    for (std::size_t step = 0; step < names.size(); ++step) {
      user.move_to(group.port(names[(i + step * 2) % names.size()]));
      CHECK(reads(group, user, visits));
      CHECK(user.visit().status() == 200);
      CHECK(user.visits() == ++visits);
    }
  }
}

// Users that go on reading and writing, each after its own last answer, until they are told to end.
class Traffic {
 public:
  struct Counts {
    int answered = 0;
    int lost = 0;       // Answered 401.
    int went_back = 0;  // Fewer visits than were answered before.
    int refused = 0;    // Reads that were not answered 200.
    int moved = 0;      // To another node than before,
    int elsewhere = 0;  // which is not the backup that was named.
  };

  Traffic(std::uint16_t port, int users) {
    for (int i = 0; i < users; ++i) users_.emplace_back(port, "user" + std::to_string(i)).log_in();
    for (std::size_t i = 0; i < users_.size(); ++i) lanes_[i % lanes].push_back(&users_[i]);
    for (auto& lane : lanes_) {
      threads_.emplace_back([this, &lane] {
        while (!ended_) {
          for (StubUser* user : lane) serve(*user);
        }
      });
    }
  }
  ~Traffic() { end(); }

  void end() {
    ended_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  Counts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  bool goes_on(int answers) const {
    const int before = counts().answered;
    return eventually([&] { return counts().answered >= before + answers; });
  }
  std::deque<StubUser>& users() { return users_; }  // Once it has ended.

 private:
  static constexpr std::size_t lanes = 4;

  // Two reads for each write: a write that a death has cut may not be sent again by anybody, a read may.
  void serve(StubUser& user) {
    const bool writes = ++turn_ % 3 == 0;
    const std::string node = user.node();
    const std::string backup = user.backup();
    const int visits = user.visits();
    const int status = writes ? user.visit().status() : user.get_me().status();
    const std::lock_guard lock(mutex_);
    ++counts_.answered;
    if (status == 401) ++counts_.lost;
    if (status != 200 && !writes) ++counts_.refused;
    if (status != 200) return;
    if (user.visits() < visits + (writes ? 1 : 0)) ++counts_.went_back;
    if (user.node() == node) return;
    ++counts_.moved;
    if (user.node() != backup) ++counts_.elsewhere;
  }

  std::deque<StubUser> users_;
  std::array<std::vector<StubUser*>, lanes> lanes_;
  std::vector<std::thread> threads_;
  std::atomic<bool> ended_ = false;
  std::atomic<unsigned> turn_ = 0;
  mutable std::mutex mutex_;
  Counts counts_;
};

TEST_CASE("any one of five servers is killed under requests: no session is lost, each goes on at its named backup") {
  const auto [strategy, copies] = GENERATE(table<std::string, std::size_t>({{"primary-backup", 2}, {"all-to-all", 5}}));
  CAPTURE(strategy);
  StubGroup group(strategy, "abcde");
  group.start_all();
  Balancer balancer(announced(group));
  std::deque<StubUser> resting;
  for (int i = 0; i < 20; ++i) {
    StubUser& user = resting.emplace_back(balancer.port(), "resting" + std::to_string(i));
    user.log_in();
    CHECK(user.visit().status() == 200);
  }
  Traffic traffic(balancer.port(), 40);
  int moved = 0;
  for (const std::string& name : group.names()) {
    INFO(name);
    REQUIRE(traffic.goes_on(200));
    group.kill(name);
    REQUIRE(traffic.goes_on(200));
    REQUIRE(comes_to(balancer, name, "down"));
    check_first_requests(balancer, resting, name);
    group.start(name);
    REQUIRE(comes_to(balancer, name, "up"));
    REQUIRE(traffic.goes_on(200));
    const Traffic::Counts counts = traffic.counts();
    CHECK(counts.lost == 0);
    CHECK(counts.went_back == 0);
    CHECK(counts.refused == 0);
    CHECK(counts.elsewhere == 0);
    CHECK(counts.moved > moved);
    moved = counts.moved;
  }
  traffic.end();
  CHECK(verdicts(balancer, "moved") == 0);
  CHECK(verdicts(balancer, "failover") > 5);
  const std::size_t copies_in_all = copies * (traffic.users().size() + resting.size());
  CHECK(eventually([&] { return group.copies() == copies_in_all; }));
  check_histories(group, traffic.users());
  check_histories(group, resting);
  CHECK(eventually([&] { return group.copies() == copies_in_all; }));
}

TEST_CASE("servers are drained one after the other at a rate under requests: each session moves to its named backup") {
  const std::string strategy = GENERATE("primary-backup", "all-to-all");
  CAPTURE(strategy);
  StubGroup group(strategy, "abc");
  group.start_all();
  Balancer balancer(announced(group));
  Traffic traffic(balancer.port(), 40);
  const auto order = [&](const std::string& name, const std::string& what, const std::string& body) {
    return RawClient(balancer.admin_port())
        .exchange("POST /api/v1/pools/app/backends/" + name + "/" + what +
                  " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
        .status();
  };
  for (const std::string& name : group.names()) {
    INFO(name);
    REQUIRE(traffic.goes_on(100));
    REQUIRE(order(name, "drain", R"({"rate": 20})") == 200);
    const auto left = [&] { return balancer.admin_json("/api/v1/pools/app/backends/" + name).at("sessions"); };
    REQUIRE(eventually([&] { return left() == 0; }));
    group.kill(name);  // Nobody is there any more.
    REQUIRE(traffic.goes_on(100));
    group.start(name);
    REQUIRE(comes_to(balancer, name, "draining"));
    REQUIRE(order(name, "undrain", "") == 200);
    REQUIRE(comes_to(balancer, name, "up"));
  }
  traffic.end();
  const Traffic::Counts counts = traffic.counts();
  CHECK(counts.lost == 0);
  CHECK(counts.went_back == 0);
  CHECK(counts.refused == 0);
  CHECK(counts.elsewhere == 0);
  CHECK(verdicts(balancer, "drained") >= 40);
  CHECK(verdicts(balancer, "moved") == 0);
  CHECK(verdicts(balancer, "failover") == 0);
}

TEST_CASE("any one of five servers stands still under requests and goes on: no session is lost, no write is undone") {
  const auto [strategy, copies] = GENERATE(table<std::string, std::size_t>({{"primary-backup", 2}, {"all-to-all", 5}}));
  CAPTURE(strategy);
  StubGroup group(strategy, "abcde");
  group.start_all();
  Balancer balancer(announced(group, "200ms"));
  Traffic traffic(balancer.port(), 40);
  for (const std::string& name : group.names()) {
    INFO(name);
    REQUIRE(traffic.goes_on(200));
    group.stop(name);
    REQUIRE(comes_to(balancer, name, "down"));
    group.go_on(name);
    REQUIRE(comes_to(balancer, name, "up"));
    REQUIRE(traffic.goes_on(200));
    const Traffic::Counts counts = traffic.counts();
    CHECK(counts.lost == 0);
    CHECK(counts.went_back == 0);
    CHECK(counts.elsewhere == 0);
    CHECK(counts.moved > 0);
  }
  traffic.end();
  const std::size_t copies_in_all = copies * traffic.users().size();
  CHECK(eventually([&] { return group.copies() == copies_in_all; }));
  check_histories(group, traffic.users());
}

TEST_CASE("without replicas the same death takes the sessions with it") {
  StubGroup group("primary-backup", "abc");
  for (const std::string& name : group.names()) group.start(name, "a secret of " + name + " alone");
  group.process("a").await_line("peer b: not connected");
  Balancer balancer(announced(group));
  Traffic traffic(balancer.port(), 12);
  REQUIRE(traffic.goes_on(50));
  group.kill("a");
  REQUIRE(eventually([&] { return traffic.counts().lost > 0; }));
}

TEST_CASE("a server that stands still fails nobody, and when it goes on it does not undo what was written meanwhile") {
  const std::string strategy = GENERATE(as<std::string>(), "primary-backup", "all-to-all");
  CAPTURE(strategy);
  StubGroup group(strategy, "abc");
  group.start_all();
  for (int i = 0; i < 5; ++i) {
    StubUser user(group.port("a"), "eve");
    user.log_in();
    CHECK(user.visit().status() == 200);
    const std::string backup = user.backup();
    const std::string third = backup == "b" ? "c" : "b";

    group.stop(backup);
    CHECK(user.visit().status() == 200);
    CHECK(user.backup() == third);
    group.go_on(backup);

    group.stop("a");
    user.move_to(group.port(third));
    for (int visit = 3; visit <= 5; ++visit) {
      CHECK(user.visit().status() == 200);
      CHECK(user.visits() == visit);
    }
    group.go_on("a");
    user.move_to(group.port("a"));
    if (i % 2 == 0) {
      CHECK(user.get_me().status() == 200);
      CHECK(user.visits() == 5);
    }
    CHECK(user.visit().status() == 200);
    CHECK(user.visits() == 6);
    for (const std::string& name : group.names()) {
      user.move_to(group.port(name));
      CHECK(reads(group, user, 6));
    }
  }
}

TEST_CASE("a log-out reaches a server that stood still, and nobody brings the session back") {
  const std::string strategy = GENERATE(as<std::string>(), "primary-backup", "all-to-all");
  CAPTURE(strategy);
  StubGroup group(strategy, "abc");
  group.start_all();
  std::list<StubUser> users;
  for (int i = 0; i < 8; ++i) users.emplace_back(group.port("a"), "user" + std::to_string(i)).log_in();
  group.stop("b");
  for (StubUser& user : users) {
    StubUser leaving = user;  // The other one keeps the cookie.
    CHECK(nlohmann::json::parse(leaving.send("POST", "/logout").body).at("logged_out") == true);
  }
  group.go_on("b");
  for (StubUser& user : users) {
    for (const std::string name : {"b", "c", "a"}) {
      user.move_to(group.port(name));
      CHECK(eventually([&] { return user.get_me().status() == 401; }));
    }
  }
  CHECK(eventually([&] { return group.copies() == 0; }));
}

TEST_CASE("a server starts with all its peers down, and the first that comes gets the replicas") {
  StubGroup group("primary-backup", "abc");
  group.start("a");
  StubUser user(group.port("a"), "eve");
  user.log_in();
  CHECK(user.node() == "a");
  CHECK(user.backup().empty());
  group.start("b");
  CHECK(eventually([&] { return user.get_me().status() == 200 && user.backup() == "b"; }));
  group.kill("a");
  user.move_to(group.port("b"));
  CHECK(user.get_me().status() == 200);
  CHECK(user.node() == "b");
}

TEST_CASE("a server with another secret gets nothing and gives nothing") {
  StubGroup group("primary-backup", "abc");
  group.start("a");
  group.start("b");
  group.start("c", "another secret of its own");
  group.await_meeting("a", "b");
  group.process("c").await_line("peer a: not connected");
  group.process("a").await_line("peer c: not connected");
  for (int i = 0; i < 6; ++i) {
    StubUser user(group.port("a"), "user" + std::to_string(i));
    user.log_in();
    CHECK(user.backup() == "b");
    user.move_to(group.port("c"));
    CHECK(user.get_me().status() == 401);
  }
  CHECK(group.stats("c").at("sessions") == 0);
}

}  // namespace
}  // namespace stickler::integration
