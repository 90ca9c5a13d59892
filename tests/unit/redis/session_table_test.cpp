#include "lb/redis/session_table.h"

#include <catch2/catch.hpp>

#include "tests/unit/redis/world.h"

namespace stickler::redis {
namespace {

using affinity::SharedCall;
using affinity::SharedSession;
using Told = affinity::LearnedTable::Told;

const std::string secret = "a key that is at least 32 bytes long";
const std::string old_secret = "an old key that is at least 32 bytes";
constexpr Duration idle = 30min;

// The table of one worker, and the store that the test plays.
struct Shared {
  explicit Shared(const std::vector<std::string>& keys = {secret}) : sealed(keys, "shop"), node_keys({}) {
    settings = std::make_shared<affinity::SharedTableSettings>(
        affinity::SharedTableSettings{.store = world.url(),
                                      .timeout = 50ms,
                                      .keys = keys,
                                      .pool = "shop",
                                      .idle = idle,
                                      .table = std::make_shared<affinity::LearnedTable>(100),
                                      .node_key = node_keys.signing()});
    table = std::make_unique<SessionTable>(
        world.place(),
        SessionTable::Options{.settings = settings,
                              .counters = {.calls = calls, .opened = opened, .closed = closed, .evicted = evicted},
                              .logs = false});
  }

  void come_up() {
    world.greet();
    world.run_until([&] { return opened.value() > closed.value(); });
  }
  affinity::LearnedTable& local() const { return *settings->table; }
  affinity::NodeId id(std::string_view node) const { return settings->node_key.node_id(node); }
  affinity::NodeId known(std::string_view value) const {
    return local().look_up(local().digest(value), world.clock.now(), idle);
  }
  void bind(std::string_view value, std::string_view node) const {
    local().bind(local().digest(value), id(node), world.clock.now(), idle);
  }
  bool is_untold(std::string_view value) const {
    return local().use(local().digest(value), world.clock.now(), {.idle = idle, .period = 60s}).is_untold;
  }
  SharedSession session(std::string_view value) const {
    return {.digest = local().digest(value), .value = value, .known = known(value)};
  }
  std::uint64_t count(SharedCall call) const { return calls[static_cast<std::size_t>(call)].value(); }
  std::string name(std::string_view value, std::size_t key = 0) const { return sealed.name_of(value, key); }
  std::string entry(std::string_view value, std::string_view node) const { return sealed.seal(name(value), node); }
  static std::string list(const std::string& text) {
    return "*1\r\n$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
  }

  World world;
  affinity::SharedKeys sealed;
  affinity::CookieKeys node_keys;
  std::shared_ptr<affinity::SharedTableSettings> settings;
  std::array<Counter, affinity::shared_call_count> calls;
  Counter opened;
  Counter closed;
  Counter evicted;
  std::unique_ptr<SessionTable> table;
};

// A stream that waits.
struct Waiting {
  explicit Waiting(Shared& in) : shared(in) {}
  bool ask(std::string_view value) { return shared.table->ask(shared.session(value), waiter); }
  void await() {
    shared.world.run_until([&] { return answers > 0; });
  }

  Shared& shared;
  int answers = 0;
  affinity::SharedTable::Waiter waiter{[](void* self) { ++static_cast<Waiting*>(self)->answers; }, this};
};

const std::string nobody = "*1\r\n$-1\r\n";

TEST_CASE("what another balancer knows is in the table when the answer is told, and lives on in the store") {
  Shared shared;
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  CHECK(waiting.answers == 0);
  CHECK(shared.world.await("\r\n") == command({"MGET", shared.name("s")}));
  shared.world.peer.send(Shared::list(shared.entry("s", "b")));
  waiting.await();
  CHECK(shared.known("s") == shared.id("b"));
  CHECK(shared.count(SharedCall::found) == 1);
  CHECK(shared.world.await("\r\n") == command({"PEXPIRE", shared.name("s"), "1860000"}));  // 31 minutes.
  shared.world.peer.send(":1\r\n");
}

TEST_CASE("what nobody knows is not asked again at once, and is asked again a moment later") {
  Shared shared;
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  shared.world.await("\r\n");
  shared.world.peer.send(nobody);
  waiting.await();
  CHECK(shared.known("s") == affinity::no_node);
  CHECK(shared.count(SharedCall::unknown) == 1);
  CHECK_FALSE(waiting.ask("s"));
  CHECK(waiting.ask("t"));
  shared.world.await("\r\n");
  shared.world.peer.send(nobody);
  shared.world.clock.advance(SessionTable::recently + 1ms);
  CHECK(waiting.ask("s"));
}

TEST_CASE("a node that was just found may be asked about at once: it may be down here, and the session elsewhere") {
  Shared shared;
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  shared.world.await("\r\n");
  shared.world.peer.send(Shared::list(shared.entry("s", "a")));
  waiting.await();
  shared.world.await("1860000\r\n");
  shared.world.peer.send(":1\r\n");
  REQUIRE(waiting.ask("s"));
  shared.world.await("\r\n");
  shared.world.peer.send(Shared::list(shared.entry("s", "a")));
  shared.world.run_until([&] { return waiting.answers == 2; });
  CHECK_FALSE(waiting.ask("s"));  // It is as it was.
}

TEST_CASE("those who ask about one session at the same time share the question, and one who left is not told") {
  Shared shared;
  shared.come_up();
  Waiting first(shared);
  Waiting second(shared);
  Waiting third(shared);
  REQUIRE(first.ask("s"));
  REQUIRE(second.ask("s"));
  REQUIRE(third.ask("s"));
  second.waiter.unlink();
  CHECK(shared.world.await("\r\n") == command({"MGET", shared.name("s")}));
  shared.world.peer.send(nobody);
  third.await();
  CHECK(first.answers == 1);
  CHECK(second.answers == 0);
  CHECK(third.answers == 1);
  CHECK(shared.count(SharedCall::unknown) == 1);
}

TEST_CASE("who asks a store that is slow waits for the deadline once, then nobody does") {
  Shared shared;
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  shared.world.pass(60ms);
  shared.world.pass(20ms);
  CHECK(waiting.answers == 1);
  CHECK(shared.count(SharedCall::timeout) == 1);
  CHECK(shared.closed.value() == 1);
  for (int i = 0; i < 10; ++i) CHECK_FALSE(waiting.ask("t" + std::to_string(i)));
  CHECK(shared.count(SharedCall::down) == 10);
  CHECK(waiting.answers == 1);
}

TEST_CASE("a store that was never there is not asked") {
  Shared shared;
  Waiting waiting(shared);
  CHECK_FALSE(waiting.ask("s"));
  CHECK(shared.count(SharedCall::down) == 1);
  CHECK(shared.opened.value() == 0);
}

TEST_CASE("an entry that is none of ours counts as unknown") {
  Shared shared;
  shared.come_up();
  for (const std::string& foreign :
       {std::string("b"), shared.entry("other", "b"), "2" + shared.entry("s", "b").substr(1), std::string(5000, 'x')}) {
    shared.world.clock.advance(1s);
    Waiting waiting(shared);
    REQUIRE(waiting.ask("s"));
    shared.world.await("\r\n");
    shared.world.peer.send(Shared::list(foreign));
    waiting.await();
    CHECK(shared.known("s") == affinity::no_node);
  }
  CHECK(shared.count(SharedCall::foreign) == 4);
  CHECK(shared.count(SharedCall::unknown) == 4);
}

TEST_CASE("an answer that is none to the question counts as refused, and nothing is learned") {
  Shared shared;
  shared.come_up();
  for (const std::string& answer : {std::string("-ERR no\r\n"), std::string("+OK\r\n"), std::string("*0\r\n"),
                                    std::string("*2\r\n$-1\r\n$-1\r\n"), std::string(":1\r\n")}) {
    CAPTURE(answer);
    Waiting waiting(shared);
    REQUIRE(waiting.ask("s"));
    shared.world.await("\r\n");
    shared.world.peer.send(answer);
    waiting.await();
    CHECK(shared.known("s") == affinity::no_node);
  }
  CHECK(shared.count(SharedCall::refused) == 5);
}

TEST_CASE("what is learned is told, with the idle time and a period as its end") {
  Shared shared;
  shared.come_up();
  shared.bind("s", "a");
  shared.table->tell(shared.session("s"), "a");
  CHECK(shared.world.await("1860000\r\n") ==
        command({"SET", shared.name("s"), shared.entry("s", "a"), "PX", "1860000"}));
  shared.world.peer.send("+OK\r\n");
  shared.world.run_until([&] { return shared.count(SharedCall::stored) == 1; });
  CHECK_FALSE(shared.is_untold("s"));
}

TEST_CASE("what could not be told is remembered as that, until it could") {
  Shared shared;
  shared.bind("s", "a");
  shared.table->tell(shared.session("s"), "a");
  CHECK(shared.count(SharedCall::down) == 1);
  CHECK(shared.is_untold("s"));
  shared.come_up();
  shared.table->tell(shared.session("s"), "a");
  shared.world.await("1860000\r\n");
  shared.world.peer.send("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
  shared.world.run_until([&] { return shared.count(SharedCall::refused) == 1; });
  CHECK(shared.is_untold("s"));
  shared.table->tell(shared.session("s"), "a");
  shared.world.await("1860000\r\n");
  shared.world.peer.send("+OK\r\n");
  shared.world.run_until([&] { return shared.count(SharedCall::stored) == 1; });
  CHECK_FALSE(shared.is_untold("s"));
}

TEST_CASE("a session that is kept lives on as it stands there, whoever wrote it") {
  Shared shared;
  shared.come_up();
  shared.bind("s", "a");
  shared.table->keep(shared.session("s"), "a");
  CHECK(shared.world.await("\r\n") == command({"MGET", shared.name("s")}));
  SECTION("the same") {
    shared.world.peer.send(Shared::list(shared.entry("s", "a")));
    CHECK(shared.world.await("\r\n") == command({"PEXPIRE", shared.name("s"), "1860000"}));
    CHECK(shared.known("s") == shared.id("a"));
  }
  SECTION("another node: the other balancer was the last") {
    shared.world.peer.send(Shared::list(shared.entry("s", "b")));
    CHECK(shared.world.await("\r\n") == command({"PEXPIRE", shared.name("s"), "1860000"}));
    CHECK(shared.known("s") == shared.id("b"));
  }
  SECTION("gone: written again, unless another was faster") {
    shared.world.peer.send(nobody);
    CHECK(shared.world.await("NX\r\n") ==
          command({"SET", shared.name("s"), shared.entry("s", "a"), "PX", "1860000", "NX"}));
    shared.world.peer.send("$-1\r\n");
    shared.world.settle();
    CHECK(shared.count(SharedCall::stored) == 0);
    CHECK(shared.known("s") == shared.id("a"));
  }
  SECTION("moved here while it was asked: what this balancer has done since counts") {
    shared.bind("s", "c");
    shared.world.peer.send(Shared::list(shared.entry("s", "b")));
    shared.world.run_until([&] { return shared.count(SharedCall::found) == 1; });
    CHECK(shared.known("s") == shared.id("c"));
  }
}

TEST_CASE("all keys are read, and what an old one has written is written anew with the first") {
  Shared shared({secret, old_secret});
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  CHECK(shared.world.await("\r\n") == command({"MGET", shared.name("s", 0), shared.name("s", 1)}));
  const affinity::SharedKeys before(std::vector<std::string>{old_secret}, "shop");
  const std::string entry = before.seal(before.name_of("s", 0), "b");
  shared.world.peer.send("*2\r\n$-1\r\n$" + std::to_string(entry.size()) + "\r\n" + entry + "\r\n");
  waiting.await();
  CHECK(shared.known("s") == shared.id("b"));
  CHECK(shared.world.await("NX\r\n") ==
        command({"SET", shared.name("s"), shared.entry("s", "b"), "PX", "1860000", "NX"}));
  shared.world.peer.send("+OK\r\n");
  shared.table->forget("s");
  CHECK(shared.world.await("\r\n") == command({"DEL", shared.name("s", 0), shared.name("s", 1)}));
}

TEST_CASE("no more is asked than may be on its way, and nothing is kept for later") {
  Shared shared;
  shared.come_up();
  const std::size_t most = ClientOptions{}.commands_max;
  std::vector<std::unique_ptr<Waiting>> all;
  for (std::size_t i = 0; i < most; ++i) {
    all.push_back(std::make_unique<Waiting>(shared));
    REQUIRE(all.back()->ask("s" + std::to_string(i)));
  }
  Waiting late(shared);
  CHECK_FALSE(late.ask("late"));
  shared.table->forget("late");
  CHECK(shared.count(SharedCall::full) == 2);
  shared.world.peer.close();
  shared.world.run_until([&] { return all.back()->answers == 1; });
  CHECK(shared.count(SharedCall::lost) == most);
}

TEST_CASE("whoever waits when the table goes is told") {
  Shared shared;
  shared.come_up();
  Waiting waiting(shared);
  REQUIRE(waiting.ask("s"));
  shared.table.reset();
  CHECK(waiting.answers == 1);
  CHECK(shared.closed.value() == 1);
}

// Streams do so: they choose with what was learned, and may find another cookie to ask about.
TEST_CASE("who is told may ask the next question at once, also when the connection has just broken") {
  Shared shared;
  shared.come_up();
  struct Asking {
    static void again(void* self) {
      auto& asking = *static_cast<Asking*>(self);
      ++asking.answers;
      asking.went = asking.shared.table->ask(asking.shared.session("t"), asking.waiter);
    }
    Shared& shared;
    int answers = 0;
    bool went = false;
    affinity::SharedTable::Waiter waiter{again, this};
  } asking{.shared = shared};
  REQUIRE(shared.table->ask(shared.session("s"), asking.waiter));
  shared.world.await("\r\n");
  shared.world.peer.send(nobody);
  CHECK(shared.world.await("\r\n") == command({"MGET", shared.name("t")}));
  CHECK(asking.went);
  shared.world.peer.close();
  shared.world.run_until([&] { return asking.answers == 2; });
  CHECK_FALSE(asking.went);
}

}  // namespace
}  // namespace stickler::redis
