#include "backend_stub/log_ins.h"

#include "backend_stub/session_cookie.h"
#include "lb/io/loop.h"
#include "tests/unit/stub/stores.h"

namespace stickler::stub::test {
namespace {

constexpr Duration ttl = 16min;
static_assert(LogIns::life_for(ttl) == 17min);

// A store that is not alone: somebody else writes between a load and the update that follows it, `rivals` times. And
// one that may be down.
class ContestedStore final : public SessionStore {
 public:
  explicit ContestedStore(const Clock& clock)
      : store_(find_strategy("memory")->make({.clock = clock, .life = LogIns::life_for(ttl), .sessions_max = 10})) {}

  void create(const std::string& id, Session session, OnStored done) override {
    if (!is_down(done)) store_->create(id, std::move(session), std::move(done));
  }
  void load(const std::string& id, OnStored done) override {
    if (!is_down(done)) store_->load(id, std::move(done));
  }
  void touch(const std::string& id, OnStored done) override {
    ++touches;
    if (is_down(done)) return;
    store_->touch(id, [this, done = std::move(done)](const StoreAnswer& answer) {
      StoreAnswer touched = answer;
      touched.backup = backup_after_touch;
      done(touched);
    });
  }
  void update(const std::string& id, Update update, OnStored done) override {
    if (is_down(done)) return;
    if (rivals > 0) {
      --rivals;
      Update rival = update;
      rival.session.visits = ++rival_visits;
      store_->update(id, std::move(rival), [](const StoreAnswer& answer) { CHECK(answer.status == StoreStatus::ok); });
    }
    store_->update(id, std::move(update), std::move(done));
  }
  void erase(const std::string& id, OnStored done) override {
    if (!is_down(done)) store_->erase(id, std::move(done));
  }
  StoreStats stats() const override { return store_->stats(); }

  int rivals = 0;
  std::uint64_t rival_visits = 0;
  int touches = 0;
  std::string backup_after_touch;
  bool down = false;

 private:
  bool is_down(const OnStored& done) const {
    if (down) done({.status = StoreStatus::unavailable, .reason = "the store is down"});
    return down;
  }

  std::unique_ptr<SessionStore> store_;
};

struct Fixture {
  io::Loop loop;
  ManualClock clock;
  ContestedStore store{clock};
  Passwords passwords{loop, {.cost = *find_password_cost("off"), .users = std::nullopt}, {}};
  LogIns log_ins{store, passwords, ttl};

  LogInResult last;
  int results = 0;
  LogIns::OnResult keep = [this](const LogInResult& result) {
    last = result;
    ++results;
  };

  std::string log_in(const std::string& user, const std::string& old_id = "") {
    log_ins.log_in({.credentials = {user, user}, .old_id = old_id}, keep);
    REQUIRE(last.outcome == Outcome::ok);
    return last.new_id;
  }
};

TEST_CASE("a log-in makes a session with an id of its own") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  CHECK(id.size() == 22);
  CHECK(fixture.last.me.user == "eve");
  CHECK(fixture.last.me.visits == 0);
  CHECK(fixture.last.me.version == 1);
  CHECK(fixture.log_in("eve") != id);
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.last.me.user == "eve");
  CHECK(fixture.results == 3);
}

TEST_CASE("a new log-in ends the session that the client had, and a failed one does not") {
  Fixture fixture;
  const std::string first = fixture.log_in("eve");
  fixture.log_ins.log_in({.credentials = {"eve", "wrong"}, .old_id = first}, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::wrong_password);
  fixture.log_ins.read(first, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::ok);

  const std::string second = fixture.log_in("bob", first);
  fixture.log_ins.read(first, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  fixture.log_ins.read(second, fixture.keep);
  CHECK(fixture.last.me.user == "bob");
}

TEST_CASE("an id that was planted before the log-in never becomes one") {
  Fixture fixture;
  const std::string planted = new_session_id();
  CHECK(fixture.log_in("eve", planted) != planted);
  fixture.log_ins.read(planted, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
}

TEST_CASE("visits count, data stays, versions rise") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.log_ins.visit(id, fixture.keep);
  fixture.log_ins.write_data(id, "some data", fixture.keep);
  fixture.log_ins.visit(id, fixture.keep);
  CHECK(fixture.last.me.visits == 2);
  CHECK(fixture.last.me.version == 4);
  CHECK(fixture.store.stats().bytes_held == 22 + 3 + 9);
}

TEST_CASE("a change that loses the race is made again from what the winner left") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.store.rivals = 5;
  fixture.store.rival_visits = 100;
  fixture.log_ins.visit(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::ok);
  CHECK(fixture.last.me.visits == 106);  // 101 to 105 by the rivals, and ours on top.
  CHECK(fixture.last.me.version == 7);
}

TEST_CASE("a change that always loses is given up with a reason, and changes nothing") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.store.rivals = 1000;
  fixture.log_ins.visit(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::conflict);
  CHECK(fixture.results == 2);
  const int tries = 1000 - fixture.store.rivals;
  CHECK(tries > 3);
  CHECK(tries < 100);
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.last.me.visits == fixture.store.rival_visits);
}

TEST_CASE("reading keeps a session alive for the whole time to live, and writes seldom") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  for (int second = 0; second < 3600; ++second) {
    fixture.clock.advance(1s);
    fixture.log_ins.read(id, fixture.keep);
    REQUIRE(fixture.last.outcome == Outcome::ok);
  }
  CHECK(fixture.store.touches <= 60);
  fixture.clock.advance(ttl - 1ms);
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::ok);
  CHECK(fixture.last.me.version == 1);
  fixture.clock.advance(LogIns::life_for(ttl));
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
}

TEST_CASE("a session lives at least its time whenever it was read before") {
  for (Duration between = 0s; between < ttl; between += 7s) {
    Fixture fixture;
    const std::string id = fixture.log_in("eve");
    fixture.clock.advance(between);
    fixture.log_ins.read(id, fixture.keep);
    fixture.clock.advance(ttl - 1ms);
    fixture.log_ins.read(id, fixture.keep);
    REQUIRE(fixture.last.outcome == Outcome::ok);
  }
}

TEST_CASE("without an id nobody is logged in, and the store is not asked") {
  Fixture fixture;
  fixture.store.down = true;
  fixture.log_ins.read("", fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  fixture.log_ins.visit("", fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  fixture.log_ins.write_data("", "x", fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  fixture.log_ins.log_out("", fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  CHECK(fixture.results == 4);
}

TEST_CASE("a log-out ends the session") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.log_ins.log_out(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::ok);
  fixture.log_ins.visit(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
  fixture.log_ins.log_out(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::not_logged_in);
}

TEST_CASE("a store that is down is no log-out: every call says what is the matter") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.store.down = true;
  const auto check = [&] {
    CHECK(fixture.last.outcome == Outcome::unavailable);
    CHECK(fixture.last.reason == "the store is down");
    fixture.last = {};
  };
  fixture.log_ins.read(id, fixture.keep);
  check();
  fixture.log_ins.visit(id, fixture.keep);
  check();
  fixture.log_ins.log_out(id, fixture.keep);
  check();
  fixture.log_ins.log_in({.credentials = {"bob", "bob"}, .old_id = {}}, fixture.keep);
  check();
  fixture.store.down = false;
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.last.me.user == "eve");
}

TEST_CASE("a full store refuses log-ins and nothing else") {
  Fixture fixture;
  std::string id;
  for (int i = 0; i < 10; ++i) id = fixture.log_in("u" + std::to_string(i));
  fixture.log_ins.log_in({.credentials = {"x", "x"}, .old_id = {}}, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::full);
  fixture.log_ins.visit(id, fixture.keep);
  CHECK(fixture.last.outcome == Outcome::ok);
}

TEST_CASE("a read that gives the session a new life names the backup that it then has") {
  Fixture fixture;
  const std::string id = fixture.log_in("eve");
  fixture.clock.advance(2min);
  fixture.store.backup_after_touch = "b";
  fixture.log_ins.read(id, fixture.keep);
  CHECK(fixture.store.touches == 1);
  CHECK(fixture.last.me.backup == "b");
}

}  // namespace
}  // namespace stickler::stub::test
