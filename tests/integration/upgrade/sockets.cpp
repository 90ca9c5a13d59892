// SIGUSR2: listening sockets, and what waits in their queues, go from one process to the next.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/connect.h"
#include "tests/integration/upgrade/flood.h"
#include "tests/integration/upgrade/lineage.h"

namespace stickler::integration {
namespace {

Setup with_workers(const std::string& workers, const ScriptedOrigin& origin) {
  return {.process = "{workers: " + workers + ", shutdown_grace: 10s}", .backends = {backend("a", origin)}};
}

TEST_CASE("no new connection is refused, reset or left alone, also where other numbers of workers follow") {
  struct Row {
    const char* first;
    std::vector<const char*> then;
  };
  const Row row = GENERATE(Row{"2", {"2", "2", "2"}}, Row{"2", {"1", "1", "2"}}, Row{"1", {"3", "2", "3"}});
  ScriptedOrigin origin(named("a"));
  Lineage lineage(with_workers(row.first, origin));
  Flood flood(lineage.port());
  int served = 0;
  for (const char* workers : row.then) {
    CAPTURE(row.first, workers);
    lineage.upgrade(with_workers(workers, origin));
    CHECK(lineage.status_comes_to("workers", std::atoi(workers)));
    served = flood.served();
    CHECK(eventually([&] { return flood.served() >= std::min(served + 200, Flood::requests_max - 10); }));
  }
  flood.stop();
  INFO(flood.first_failures());
  CHECK(flood.failed() == 0);
  CHECK(flood.served() > 600);
}

TEST_CASE("who waits in a queue that nobody empties at that moment is served afterwards") {
  GatedOrigin a("a");
  Setup setup{.process = "{workers: 2, shutdown_grace: 10s}",
              .listener = {"limits: {connections: 1}"},
              .backends = {a.origin.address()}};
  Lineage lineage(setup);
  RawClient first(lineage.port());
  first.send(get("/held"));
  REQUIRE(eventually([&] { return a.origin.seen_target("/held") == 1; }));
  std::vector<RawClient> queued;
  for (int i = 0; i < 20; ++i) queued.emplace_back(lineage.port()).send(get("/queued", "Connection: close\r\n"));
  setup.process = "{workers: 1, shutdown_grace: 10s}";
  setup.listener.clear();
  lineage.upgrade(setup);
  for (RawClient& client : queued) {
    const auto answer = client.read_response();
    REQUIRE(answer);
    CHECK(answer->body == "a");
  }
  a.gate.open();
  CHECK(first.read_response()->status() == 200);
}

TEST_CASE("a unix socket keeps its file, which goes with the last process") {
  TemporaryDirectory directory;
  const std::string path = directory.file("web.sock");
  ScriptedOrigin origin(named("a"));
  const auto serves = [&path] {
    Wire wire = connect_to_unix(path);
    wire.send(get("/", "Connection: close\r\n"));
    return wire.read_response()->body == "a";
  };
  Setup setup = with_workers("2", origin);
  setup.listen = "unix:" + path;
  {
    Lineage lineage(setup);
    for (const char* workers : {"1", "3"}) {
      CAPTURE(workers);
      setup.process = with_workers(workers, origin).process;
      lineage.balancer().rewrite(yaml(setup));
      lineage.upgrade_and_settle();
      CHECK(serves());
    }
  }
  CHECK_FALSE(std::filesystem::exists(path));
}

TEST_CASE("listeners come and go with an upgrade as with a reload") {
  TemporaryDirectory directory;
  const std::string path = directory.file("old.sock");
  ScriptedOrigin origin(named("a"));
  Setup setup = with_workers("2", origin);
  setup.listeners =
      "  old: {listen: \"unix:" + path + "\", pool: app}\n" + "  old_port: {listen: \"127.0.0.1:0\", pool: app}\n";
  Lineage lineage(setup);
  const std::uint16_t old_port = lineage.port("old_port");
  setup.listeners = "  new: {listen: \"127.0.0.1:0\", pool: app}\n";
  lineage.upgrade(setup);
  CHECK(fetch(lineage.port("new"), "/").body == "a");
  CHECK(fetch(lineage.port(), "/").body == "a");
  CHECK(eventually([&] { return !std::filesystem::exists(path); }));
  CHECK(eventually([&] {
    try {
      RawClient late(old_port);
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  }));
}

TEST_CASE("who is not root any more binds further sockets beside those that root bound") {
  if (::geteuid() != 0) {
    WARN("not root: the switch to another user is not tested");
    return;
  }
  // Where the programs are built may be for nobody else.
  TemporaryDirectory installed;
  std::filesystem::permissions(installed.path(), std::filesystem::perms(0755));
  const std::string program = installed.file("stickler");
  std::filesystem::copy_file(stickler_program(), program);
  ScriptedOrigin origin(named("a"));
  Setup setup = with_workers("1", origin);
  setup.process = "{workers: 1, user: nobody}";
  Lineage lineage(setup, {.program = program});
  std::filesystem::permissions(lineage.balancer().directory().path(), std::filesystem::perms(0755));
  std::filesystem::permissions(lineage.balancer().config_path(), std::filesystem::perms(0644));
  write_file(lineage.balancer().config_path(), [&] {
    setup.process = "{workers: 3, user: nobody}";
    return yaml(setup);
  }());
  std::filesystem::permissions(lineage.balancer().config_path(), std::filesystem::perms(0644));
  lineage.upgrade();
  CHECK(lineage.status_comes_to("workers", 3));
  for (const std::string& line : lineage.balancer().process().error_lines()) {
    CHECK(line.find("the workers share") == std::string::npos);
  }
  for (int i = 0; i < 20; ++i) CHECK(fetch(lineage.port(), "/").body == "a");
}

}  // namespace
}  // namespace stickler::integration
