// SIGHUP: what changes, what stays open, and what a broken file does.
#include <catch2/catch.hpp>
#include <set>
#include <system_error>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/gate.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::integration {
namespace {

RawClient hold_request(GatedOrigin& backend, std::uint16_t port) {
  RawClient client(port);
  client.send(get("/held"));
  if (!eventually([&] { return backend.origin.seen_target("/held") > 0; })) throw std::runtime_error("not held");
  return client;
}

std::string extra_listener(const ReservedPort& port) {
  return "  extra: {listen: \"" + port.address() + "\", pool: app}\n";
}

bool refuses_connections(std::uint16_t port) {
  return eventually([port] {
    try {
      RawClient late(port);
      return false;
    } catch (const std::system_error&) {
      return true;
    }
  });
}

// A connection that knocks at a socket in the moment when it closes is reset.
bool comes_to_answer(std::uint16_t port, std::string_view name) {
  return eventually([&] {
    try {
      return fetch(port, "/").body == name;
    } catch (const std::exception&) {
      return false;
    }
  });
}

// The sockets that the process listens on: the inodes of those that other processes could not open themselves.
std::set<std::string> sockets_of(pid_t pid) {
  std::set<std::string> inodes;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path(), gone).string();
    if (target.starts_with("socket:")) inodes.insert(target);
  }
  return inodes;
}

TEST_CASE("a reload applies what has changed and says what") {
  ScriptedOrigin a(named("a"));
  ScriptedOrigin b(named("b"));
  Setup setup{.backends = {backend("one", a)}};
  Balancer balancer(setup);
  CHECK(fetch(balancer.port(), "/").body == "a");
  setup.backends = {backend("two", b)};
  setup.listener = {"headers: {response: {set: {X-Generation: second}}}"};
  reload(balancer, setup);
  const Message answer = fetch(balancer.port(), "/");
  CHECK(answer.body == "b");
  CHECK(answer.field("X-Generation") == "second");
  const std::string line = balancer.process().await_line("reloaded ");
  CHECK(contains(line, "pool 'app': backend 'two' added (" + b.address() + ")"));
  CHECK(contains(line, "pool 'app': backend 'one' removed"));
  CHECK(contains(line, "listener 'web': headers"));
  CHECK(balancer.metric("stickler_config_reloads_total") == 1);
  CHECK(generation(balancer) == 2);
}

TEST_CASE("a listening socket that stays configured is never closed") {
  const std::string workers = GENERATE("1", "2");
  ScriptedOrigin origin(named("a"));
  Setup setup{.process = "{workers: " + workers + ", shutdown_grace: 500ms}", .backends = {origin.address()}};
  Balancer balancer(setup);
  const auto before = sockets_of(balancer.process().pid());
  REQUIRE(before.size() >= 2);
  for (int i = 0; i < 5; ++i) {
    setup.pool = {"timeouts: {connect: " + std::to_string(i + 1) + "s}"};
    reload(balancer, setup);
  }
  const auto after = sockets_of(balancer.process().pid());
  for (const std::string& inode : before) CHECK(after.contains(inode));
  CHECK(fetch(balancer.port(), "/").body == "a");
}

TEST_CASE("clients that wait in the kernel's queue are served after a reload, and at once if it makes room") {
  GatedOrigin a("a");
  Setup setup{.listener = {"limits: {connections: 1}"}, .backends = {a.origin.address()}};
  Balancer balancer(setup);
  RawClient first = hold_request(a, balancer.port());
  std::vector<RawClient> queued;
  for (int i = 0; i < 6; ++i) queued.emplace_back(balancer.port()).send(get("/queued", "Connection: close\r\n"));
  setup.pool = {"timeouts: {connect: 3s}"};
  reload(balancer, setup);
  setup.listener = {"limits: {connections: 10}"};
  reload(balancer, setup);
  for (RawClient& client : queued) CHECK(client.read_response()->body == "a");
  a.gate.open();
  CHECK(first.read_response()->status() == 200);
}

TEST_CASE("a limit that a reload lowers is kept, and accepting goes on when the connections of before have gone") {
  GatedOrigin a("a");
  Setup setup{.listener = {"limits: {connections: 20}"}, .backends = {a.origin.address()}};
  Balancer balancer(setup);
  std::vector<RawClient> early;
  for (int i = 0; i < 6; ++i) early.emplace_back(balancer.port()).send(get("/held", "Connection: close\r\n"));
  REQUIRE(eventually([&] { return a.origin.seen_target("/held") == 6; }));
  setup.listener = {"limits: {connections: 2}"};
  reload(balancer, setup);
  std::vector<RawClient> late;
  for (int i = 0; i < 4; ++i) late.emplace_back(balancer.port()).send(get("/late", "Connection: close\r\n"));
  a.gate.open();
  for (RawClient& client : early) CHECK(client.read_response()->status() == 200);
  for (RawClient& client : late) CHECK(client.read_response()->status() == 200);
}

TEST_CASE("a listener comes with a reload and goes with another, and no request of it is lost") {
  GatedOrigin a("a");
  ReservedPort port;
  Setup setup{.backends = {a.origin.address()}};
  Balancer balancer(setup);
  CHECK(refuses_connections(port.number()));
  setup.listeners = extra_listener(port);
  reload(balancer, setup);
  CHECK(fetch(port.number(), "/").body == "a");
  CHECK(contains(balancer.process().await_line("reloaded "), "listener 'extra' added (" + port.address() + ")"));

  RawClient idle(port.number());
  CHECK(idle.exchange(get("/")).status() == 200);
  RawClient busy = hold_request(a, port.number());
  setup.listeners.clear();
  reload(balancer, setup);
  CHECK(refuses_connections(port.number()));
  CHECK(idle.closed_by_peer());
  a.gate.open();
  const auto answer = busy.read_response();
  REQUIRE(answer);
  CHECK(answer->body == "a");
  CHECK(busy.closed_by_peer());
  CHECK(fetch(balancer.port(), "/").body == "a");
}

TEST_CASE("a request under way ends on the settings that it began with, the next on its connection has the new ones") {
  GatedOrigin old_node("old");
  ScriptedOrigin new_node(named("new"));
  Setup setup{.top = {access_log_to_stdout},
              .listener = {"headers: {response: {set: {X-Generation: old}}}"},
              .backends = {backend("old", old_node.origin)}};
  Balancer balancer(setup);
  RawClient client = hold_request(old_node, balancer.port());
  setup.listener = {"headers: {response: {set: {X-Generation: new}}}"};
  setup.backends = {backend("new", new_node)};
  reload(balancer, setup);
  CHECK(fetch(balancer.port(), "/").body == "new");
  old_node.gate.open();
  const auto first = client.read_response();
  REQUIRE(first);
  CHECK(first->body == "old");
  CHECK(first->field("X-Generation") == "old");
  CHECK(balancer.access_entry("/held").at("backend") == "old");
  const Message next = client.exchange(get("/next"));
  CHECK(next.body == "new");
  CHECK(next.field("X-Generation") == "new");
}

TEST_CASE("a pool and its backends may go while their streams are open") {
  GatedOrigin a("a");
  ScriptedOrigin tunnel_node(tunnels("t"));
  ScriptedOrigin rest(named("rest"));
  Setup setup{.listener = {"routes: [{path: /held, pool: gone}, {path: /ws, pool: gone-too}]"},
              .backends = {rest.address()},
              .pools = "  gone: {backends: [" + backend("a", a.origin) + "]}\n  gone-too: {backends: [" +
                       backend("t", tunnel_node) + "]}\n"};
  Balancer balancer(setup);
  RawClient client = hold_request(a, balancer.port());
  RawClient tunnel = open_tunnel(balancer.port());
  setup.listener.clear();
  setup.pools.clear();
  reload(balancer, setup);
  reload(balancer, setup);
  CHECK(fetch(balancer.port(), "/held").body == "rest");
  CHECK(echoes(tunnel, "through nobody's pool"));
  a.gate.open();
  CHECK(client.read_response()->body == "a");
  CHECK(client.exchange(get("/held")).body == "rest");
  tunnel.close();
  CHECK(eventually([&] { return balancer.metric("stickler_listener_connections_open") <= 1; }));
}

TEST_CASE("WebSockets outlive any number of reloads, even that of their listener") {
  ScriptedOrigin origin(tunnels("a"));
  ReservedPort port;
  Setup setup{.backends = {origin.address()}, .listeners = extra_listener(port)};
  Balancer balancer(setup);
  RawClient through_web = open_tunnel(balancer.port());
  RawClient through_extra = open_tunnel(port.number());
  for (int i = 0; i < 10; ++i) {
    setup.pool = {"timeouts: {queue: " + std::to_string(i + 1) + "s}"};
    if (i == 5) setup.listeners.clear();
    reload(balancer, setup);
    CHECK(echoes(through_web, "web " + std::to_string(i)));
    CHECK(echoes(through_extra, "extra " + std::to_string(i)));
  }
}

TEST_CASE("idle connections of clients follow the new limits") {
  ScriptedOrigin origin(named("a"));
  Setup setup{.backends = {origin.address()}};
  Balancer balancer(setup);
  RawClient client(balancer.port());
  CHECK(client.exchange(get("/" + std::string(500, 'x'))).status() == 200);
  setup.listener = {"limits: {uri_bytes: 100B}"};
  reload(balancer, setup);
  CHECK(client.exchange(get("/" + std::string(500, 'x'))).status() == 414);
}

TEST_CASE("a file that is not good changes nothing, and says why in log, metrics and command") {
  ScriptedOrigin origin(named("a"));
  ScriptedOrigin taken(named("taken"));
  const Setup setup{.backends = {origin.address()}};
  const std::string good = yaml(setup);
  struct Row {
    std::string text;
    std::string reason;
  };
  const Row rows[] = {
      {"version: 1\nlisteners: {web: [\n", "error:"},
      {"", "empty"},
      {good + "poools: {}\n", "poools: unknown key; did you mean 'pools'?"},
      {good + "xdp: {interface: eth0}\n", "not available yet"},
      {good + "headers: {request: {set: {X-Key: \"${NO_SUCH_VARIABLE}\"}}}\n", "NO_SUCH_VARIABLE"},
      {yaml(Setup{.backends = {origin.address()}, .listen = taken.address()}), "cannot listen on " + taken.address()},
      {yaml(Setup{.backends = {origin.address()},
                  .listeners = "  extra: {listen: [\"127.0.0.1:0\", " + taken.address() + "], pool: app}\n"}),
       "cannot listen on " + taken.address()},
  };
  Balancer balancer(setup);
  const auto sockets = sockets_of(balancer.process().pid());
  int refused = 0;
  for (const Row& row : rows) {
    CAPTURE(row.reason);
    const std::size_t lines = balancer.process().error_lines().size();
    balancer.rewrite(row.text);
    balancer.process().signal(SIGHUP);
    balancer.process().await_line("reload refused, nothing has changed", lines);
    CHECK(eventually([&] { return balancer.metric("stickler_config_reloads_refused_total") == refused + 1; }));
    std::string log;
    for (std::size_t i = lines; i < balancer.process().error_lines().size(); ++i) {
      log += balancer.process().error_lines()[i] + "\n";
    }
    CHECK(contains(log, row.reason));
    const Finished command = stickler({"reload", "--admin", balancer.admin_address()});
    CHECK(command.code == 2);
    CHECK(contains(command.errors, row.reason));
    refused += 2;
    CHECK(fetch(balancer.port(), "/", "Connection: close\r\n").body == "a");
    CHECK(generation(balancer) == 1);
  }
  for (const std::string& inode : sockets) CHECK(sockets_of(balancer.process().pid()).contains(inode));

  std::filesystem::remove(balancer.config_path());
  balancer.process().signal(SIGHUP);
  CHECK(eventually([&] { return balancer.metric("stickler_config_reloads_refused_total") == refused + 1; }));
  CHECK(balancer.metric("stickler_config_reloads_total") == 0);
  reload(balancer, setup);  // And a good one is taken again.
  CHECK(fetch(balancer.port(), "/").body == "a");
}

TEST_CASE("what only a restart can change keeps its value, and the reload says so") {
  ScriptedOrigin origin(named("a"));
  Setup setup{.process = "{workers: 1, shutdown_grace: 500ms}",
              .top = {"access_log: {file: stdout}"},
              .backends = {origin.address()}};
  Balancer balancer(setup);
  setup.process = "{workers: 2, shutdown_grace: 400ms}";
  setup.top = {"access_log: {file: off}"};
  setup.listener = {"timeouts: {tcp_keepalive: 5s}"};
  const std::string text = yaml(setup);
  balancer.rewrite(text);
  const Finished command = stickler({"reload", "--admin", balancer.admin_address()});
  CHECK(command.code == 0);
  for (const char* part :
       {"process.workers: changed from 1 to 2; takes effect at the next start",
        "process.shutdown_grace: changed from 500ms to 400ms", "access_log.file: changed",
        "listeners.web.timeouts.tcp_keepalive: changed from 1m to 5s; takes effect at the next start"}) {
    CAPTURE(part);
    CHECK(contains(command.output, part));
  }
  CHECK(balancer.admin_json("/api/v1/status").at("workers") == 1);
  CHECK(fetch(balancer.port(), "/still-logged").body == "a");
  CHECK(balancer.access_entry("/still-logged").at("status") == 200);
}

// The control thread reads the next file while a worker may still be in the epoch before the last: the socket that it
// has to give up is there again before it has.
TEST_CASE("a listener may go and come back faster than the workers can follow") {
  const std::string workers = GENERATE("1", "3");
  CAPTURE(workers);
  ScriptedOrigin origin(named("a"));
  const ReservedPort port;
  const TemporaryDirectory directory;
  const std::string unix_listener = "  file: {listen: \"unix:" + directory.file("socket") + "\", pool: app}\n";
  Setup without{.process = "{workers: " + workers + "}", .backends = {origin.address()}};
  Setup with = without;
  with.listeners = extra_listener(port) + unix_listener;
  Balancer balancer(without);
  for (int i = 0; i < 150; ++i) {
    for (const Setup* setup : {&with, &without}) {
      balancer.rewrite(yaml(*setup));
      REQUIRE(reload_by_command(balancer).status() == 200);
    }
  }
  CHECK(refuses_connections(port.number()));
  CHECK_FALSE(std::filesystem::exists(directory.file("socket")));
  reload(balancer, with);
  CHECK(fetch(port.number(), "/").body == "a");
  CHECK(std::filesystem::exists(directory.file("socket")));
}

TEST_CASE("one address of a port gives way to another, whether it covers it or not") {
  const std::string workers = GENERATE("1", "2");
  CAPTURE(workers);
  ScriptedOrigin origin(named("a"));
  const std::string port = std::to_string(ReservedPort().number());
  Setup setup{.process = "{workers: " + workers + "}", .backends = {origin.address()}, .listen = "127.0.0.1:" + port};
  Balancer balancer(setup);
  for (const char* address : {"0.0.0.0:", "127.0.0.1:", "0.0.0.0:"}) {
    CAPTURE(address);
    setup.listen = address + port;
    reload(balancer, setup);
    CHECK(comes_to_answer(static_cast<std::uint16_t>(std::stoi(port)), "a"));
  }
}

TEST_CASE("SIGHUPs that come faster than they can be served do no harm") {
  ScriptedOrigin origin(named("a"));
  const Setup setup{.process = "{workers: 2, shutdown_grace: 500ms}", .backends = {origin.address()}};
  Balancer balancer(setup);
  RawClient client(balancer.port());
  for (int i = 0; i < 300; ++i) {
    balancer.process().signal(SIGHUP);
    if (i % 10 == 0) CHECK(client.exchange(get("/")).body == "a");
  }
  CHECK(eventually([&] { return generation(balancer) > 1; }));
  CHECK(client.exchange(get("/")).body == "a");
}

}  // namespace
}  // namespace stickler::integration
