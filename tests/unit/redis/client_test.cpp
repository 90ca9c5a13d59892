#include "lb/redis/client.h"

#include <catch2/catch.hpp>

#include "tests/unit/redis/world.h"

namespace stickler::redis {
namespace {

using Kind = Reply::Kind;

// A client that notes what happens to it.
struct Noted {
  explicit Noted(World& in, std::size_t commands_max = 1024)
      : client(in.place(), {.url = in.url(), .answer_max = 50ms, .commands_max = commands_max},
               {.on_up = [this] { ++ups; },
                .on_down =
                    [this](const std::string& why) {
                      ++downs;
                      reason = why;
                    }}) {}

  void send(std::initializer_list<std::string_view> words) {
    client.send(words, [this](const Reply& reply) { replies.push_back(reply); });
  }
  bool says(std::string_view part) const { return reason.find(part) != std::string::npos; }

  int ups = 0;
  int downs = 0;
  std::string reason;
  std::vector<Reply> replies;
  Client client;
};

void come_up(World& world, Noted& noted) {
  world.greet();
  world.run_until([&] { return noted.client.is_up(); });
}

TEST_CASE("a connection is up once it has been answered, and greets with what the URL says") {
  World world;
  Noted noted(world);
  world.accept();
  CHECK(world.await("PING\r\n") == command({"PING"}));
  CHECK_FALSE(noted.client.is_up());
  CHECK_FALSE(noted.client.has_room());
  world.peer.send("+PONG\r\n");
  world.run_until([&] { return noted.ups == 1; });
  CHECK(noted.client.has_room());
  CHECK(noted.downs == 0);
}

TEST_CASE("password and database go before everything else") {
  World world;
  StoreUrl url = world.url();
  url.password = "ge heim";
  url.database = 3;
  int ups = 0;
  Client client(world.place(), {.url = url}, {.on_up = [&] { ++ups; }, .on_down = [](const std::string&) {}});
  world.accept();
  CHECK(world.await("PING\r\n") == command({"AUTH", "ge heim"}) + command({"SELECT", "3"}) + command({"PING"}));
  world.peer.send("+OK\r\n+OK\r\n+PONG\r\n");
  world.run_until([&] { return ups == 1; });
}

TEST_CASE("whom Redis does not want is down, and the reason has no more of its words than the first") {
  struct Row {
    const char* answers;
    const char* reason;
  };
  for (const Row& row : {Row{"-WRONGPASS invalid geheim pair\r\n", "AUTH with WRONGPASS"},
                         Row{"-ERR unknown command `AUTH`, with args beginning with: `geheim`\r\n", "AUTH with ERR"},
                         Row{"-geheim\r\n", "AUTH with an error"}, Row{"+OK\r\n-NOAUTH\r\n", "PING with NOAUTH"},
                         Row{"+OK\r\n-LOADING Redis is loading\r\n", "PING with LOADING"},
                         Row{"+OK\r\n:1\r\n", "PING with no status"}}) {
    CAPTURE(row.answers);
    World world;
    StoreUrl url = world.url();
    url.password = "geheim";
    std::string reason;
    Client client(world.place(), {.url = url},
                  {.on_up = [] {}, .on_down = [&](const std::string& why) { reason = why; }});
    world.accept();
    world.await("PING\r\n");
    world.peer.send(row.answers);
    world.run_until([&] { return !reason.empty(); });
    CHECK_FALSE(client.is_up());
    CHECK(reason.find(row.reason) != std::string::npos);
    CHECK(reason.find("geheim") == std::string::npos);
    CHECK(world.closed_by_us());
  }
}

TEST_CASE("commands go out at once, and answers come in their order") {
  World world;
  Noted noted(world);
  come_up(world, noted);
  noted.send({"GET", "a"});
  noted.send({"SET", "b", std::string_view("x\0y", 3)});
  CHECK(noted.replies.empty());
  CHECK(world.await("y\r\n") == command({"GET", "a"}) + command({"SET", "b", std::string("x\0y", 3)}));
  world.peer.send("$1\r\n1\r\n+O");
  world.run_until([&] { return noted.replies.size() == 1; });
  world.peer.send("K\r\n");
  world.run_until([&] { return noted.replies.size() == 2; });
  CHECK(noted.replies[0].text == "1");
  CHECK(noted.replies[1].is_ok());
}

TEST_CASE("no more commands are on their way than may be") {
  World world;
  Noted noted(world, 2);
  come_up(world, noted);
  noted.send({"GET", "a"});
  CHECK(noted.client.has_room());
  noted.send({"GET", "b"});
  CHECK_FALSE(noted.client.has_room());
  world.peer.send("$-1\r\n");
  world.run_until([&] { return noted.client.has_room(); });
}

TEST_CASE("a command that is not answered in time ends the connection, and all behind it") {
  World world;
  Noted noted(world);
  come_up(world, noted);
  noted.send({"GET", "a"});
  world.pass(40ms);
  noted.send({"GET", "b"});
  world.settle();
  CHECK(noted.replies.empty());
  world.pass(30ms);
  world.pass(20ms);
  REQUIRE(noted.replies.size() == 2);
  CHECK(noted.replies[0].kind == Kind::timeout);
  CHECK(noted.replies[1].kind == Kind::timeout);
  CHECK(noted.downs == 1);
  CHECK(noted.says("no answer within 50 ms"));
  CHECK_FALSE(noted.client.has_room());
  CHECK(world.closed_by_us());
}

TEST_CASE("each command has its own time, however long others take") {
  World world;
  Noted noted(world);
  come_up(world, noted);
  for (int i = 0; i < 10; ++i) {
    noted.send({"GET", "a"});
    world.pass(30ms);
    noted.send({"GET", "b"});
    world.peer.send("$-1\r\n");
    world.run_until([&] { return noted.replies.size() == static_cast<std::size_t>(2 * i + 1); });
    world.pass(30ms);
    world.peer.send("$-1\r\n");
    world.run_until([&] { return noted.replies.size() == static_cast<std::size_t>(2 * i + 2); });
  }
  CHECK(noted.client.is_up());
  CHECK(noted.downs == 0);
}

TEST_CASE("an answer that is there when its time is over counts: the delay may be our own") {
  World world;
  Noted noted(world);
  come_up(world, noted);
  noted.send({"GET", "a"});
  world.peer.send("$1\r\n1\r\n");
  world.peer.await_readable();  // The command. The loop has not run since.
  world.clock.advance(10s);
  world.run_until([&] { return noted.replies.size() == 1; });
  CHECK(noted.replies[0].text == "1");
  CHECK(noted.client.is_up());
}

TEST_CASE("a connection that is stopped while it greets is not up, and is tried again") {
  World world;
  Noted noted(world);
  world.accept();
  world.await("PING\r\n");
  world.pass(60ms);
  world.pass(20ms);
  CHECK(noted.downs == 1);
  CHECK(noted.ups == 0);
  world.pass(Client::pause_min + 20ms);
  come_up(world, noted);
  CHECK(noted.ups == 1);
}

TEST_CASE("pauses grow until a connection has been steady, and down is said once") {
  World world;
  Noted noted(world);
  Duration pause = Client::pause_min;
  for (int attempt = 0; attempt < 8; ++attempt) {
    CAPTURE(attempt);
    world.accept();
    world.await("PING\r\n");
    world.peer.close();
    world.settle();
    world.pass(pause / 2);
    world.settle();
    CHECK_FALSE(world.is_called());
    world.pass(pause / 2 + 30ms);
    world.settle();
    CHECK(world.is_called());
    pause = std::min<Duration>(2 * pause, Client::pause_max);
  }
  CHECK(noted.downs == 1);
  come_up(world, noted);
  world.pass(Client::steady_after + 1s);
  world.peer.close();
  world.run_until([&] { return noted.downs == 2; });
  world.pass(Client::pause_min + 20ms);  // The shortest again.
  come_up(world, noted);
}

TEST_CASE("whoever speaks nonsense, answers what nobody asked, or goes, is down") {
  struct Row {
    const char* what;
    std::function<void(io::Descriptor&)> does;
  };
  const Row rows[] = {
      {"nonsense", [](io::Descriptor& peer) { peer.send("HTTP/1.1 200 OK\r\n\r\n"); }},
      {"an answer too many", [](io::Descriptor& peer) { peer.send("+OK\r\n+OK\r\n"); }},
      {"too much", [](io::Descriptor& peer) { peer.send("$100000000\r\n" + std::string(200'000, 'x')); }},
      {"an end", [](io::Descriptor& peer) { peer.close(); }},
      {"a reset", [](io::Descriptor& peer) { peer.reset(); }},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    World world;
    Noted noted(world);
    come_up(world, noted);
    noted.send({"GET", "a"});
    world.settle();
    row.does(world.peer);
    world.run_until([&] { return noted.downs == 1; });
    CHECK_FALSE(noted.client.is_up());
    REQUIRE(noted.replies.size() == 1);
    CHECK((noted.replies[0].kind == Kind::lost || noted.replies[0].is_ok()));
  }
}

TEST_CASE("nobody listens: it is said once, and tried again") {
  World world;
  StoreUrl url = world.url();
  { world.listening = io::listen_on(io::loopback()); }  // The first one's port refuses now.
  int downs = 0;
  Client client(world.place(), {.url = url}, {.on_up = [] {}, .on_down = [&](const std::string&) { ++downs; }});
  world.run_until([&] { return downs == 1; });
  for (int i = 0; i < 5; ++i) {
    world.pass(Client::pause_max + 20ms);
    world.settle();
  }
  CHECK(downs == 1);
}

TEST_CASE("who is told of the end may ask at once, and finds no room") {
  World world;
  Noted noted(world);
  come_up(world, noted);
  int told = 0;
  noted.client.send({"GET", "a"}, [&](const Reply& reply) {
    ++told;
    CHECK(reply.kind == Kind::lost);
    CHECK_FALSE(noted.client.has_room());
  });
  world.peer.close();
  world.run_until([&] { return told == 1; });
}

TEST_CASE("a client that goes says nothing more") {
  World world;
  int events = 0;
  {
    auto client = std::make_unique<Client>(world.place(), ClientOptions{.url = world.url()},
                                           ClientEvents{.on_up = [] {}, .on_down = [&](const auto&) { ++events; }});
    world.greet();
    world.run_until([&] { return client->is_up(); });
    client->send({"GET", "a"}, [&](const Reply&) { ++events; });
  }
  CHECK(world.closed_by_us());
  world.pass(10s);
  CHECK(events == 0);
}

}  // namespace
}  // namespace stickler::redis
