// Where the balancer listens: several addresses, free ports, unix sockets, IPv6; and what it sets on connections.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/operation/commands.h"
#include "tests/integration/operation/connect.h"

namespace stickler::integration {
namespace {

std::vector<std::string> listening(Balancer& balancer, std::string_view name) {
  std::vector<std::string> addresses;
  const std::string mark = "listening " + std::string(name) + " ";
  for (const std::string& line : balancer.process().error_lines()) {
    const std::size_t at = line.find(mark);
    if (at != std::string::npos) addresses.push_back(line.substr(at + mark.size()));
  }
  return addresses;
}

Message ask(Wire& wire, std::string_view target = "/") {
  wire.send(get(target));
  auto answer = wire.read_response();
  if (!answer) throw std::runtime_error("no answer");
  return *std::move(answer);
}

TEST_CASE("port 0 becomes a free port, another for each listener, and the log says which") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.backends = {origin.address()},
                          .listeners = "  second: {listen: \"127.0.0.1:0\", pool: app}\n"
                                       "  third: {listen: \"127.0.0.1:0\", pool: app}\n"});
  std::set<std::uint16_t> ports;
  for (const char* name : {"web", "second", "third"}) {
    const std::uint16_t port = balancer.port(name);
    CHECK(port != 0);
    ports.insert(port);
    CHECK(fetch(port, "/").body == "a");
  }
  CHECK(ports.size() == 3);
}

TEST_CASE("a listener has as many addresses as it is given, and each of them serves") {
  const std::string workers = GENERATE("1", "2");
  ReservedPort one;
  ReservedPort two;
  const TemporaryDirectory directory;
  const std::string path = directory.file("web.sock");
  std::string list = "[" + one.address() + ", " + two.address() + ", \"unix:" + path + "\"]";
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{
      .process = "{workers: " + workers + ", shutdown_grace: 500ms}", .backends = {origin.address()}, .listen = list});
  CHECK(listening(balancer, "web") == std::vector<std::string>{one.address(), two.address(), "unix:" + path});
  for (int i = 0; i < 5; ++i) {
    CHECK(fetch(one.number(), "/").body == "a");
    CHECK(fetch(two.number(), "/").body == "a");
    Wire local = connect_to_unix(path);
    CHECK(ask(local).body == "a");
  }
  CHECK(balancer.admin_json("/api/v1/status").at("listeners").at(0).at("addresses").size() == 3);
}

TEST_CASE("a unix socket: both sides, its file goes with the process") {
  const TemporaryDirectory directory;
  const std::string front = directory.file("front.sock");
  const std::string back = directory.file("back.sock");
  ScriptedOrigin origin(named("a"));
  Balancer inner(Setup{.backends = {origin.address()}, .listen = "unix:" + back});
  {
    Balancer outer(Setup{.top = {access_log_to_stdout}, .backends = {"unix:" + back}, .listen = "unix:" + front});
    Wire client = connect_to_unix(front);
    for (int i = 0; i < 3; ++i) CHECK(ask(client, "/through-both").body == "a");
    CHECK(outer.access_entry("/through-both").at("status") == 200);
    CHECK(origin.flaws().empty());
  }
  CHECK_FALSE(std::filesystem::exists(front));
}

TEST_CASE("a unix socket that a killed process left behind is replaced, one of a living process is not") {
  const TemporaryDirectory directory;
  const std::string path = directory.file("web.sock");
  ScriptedOrigin origin(named("a"));
  const Setup setup{.backends = {origin.address()}, .listen = "unix:" + path};
  {
    Balancer killed(setup);
    killed.process().signal(SIGKILL);
    killed.expect_exit(128 + SIGKILL);
  }
  REQUIRE(std::filesystem::exists(path));
  Balancer living(setup);
  Wire client = connect_to_unix(path);
  CHECK(ask(client).body == "a");

  const Checked second = with_file("run", yaml(setup));
  CHECK(second.finished.code == 1);
  CHECK(second.says("cannot listen on unix:" + path));
  CHECK(ask(client).body == "a");
  Wire another = connect_to_unix(path);
  CHECK(ask(another).body == "a");
}

TEST_CASE("a file that is no socket is never removed") {
  const TemporaryDirectory directory;
  write_file(directory.file("precious"), "data");
  const Checked started =
      with_file("run", yaml(Setup{.backends = {"127.0.0.1:9001"}, .listen = "unix:" + directory.file("precious")}));
  CHECK(started.finished.code == 1);
  CHECK(read_file(directory.file("precious")) == "data");
}

TEST_CASE("IPv6 on both sides") {
  if (!has_ipv6()) {
    WARN("no IPv6 on this machine: not tested");
    return;
  }
  ScriptedOrigin origin(named("a"));
  Balancer inner(Setup{.backends = {origin.address()}, .listen = "\"[::1]:0\""});
  const std::string address = listening(inner, "web").at(0);
  CHECK(address.starts_with("[::1]:"));
  Balancer outer(
      Setup{.top = {access_log_to_stdout}, .backends = {address}, .listen = "[\"[::1]:0\", \"127.0.0.1:0\"]"});
  const std::string front = listening(outer, "web").at(0);
  Wire client = connect_to_ipv6(static_cast<std::uint16_t>(std::atoi(front.c_str() + front.rfind(':') + 1)));
  CHECK(ask(client, "/six").body == "a");
  CHECK(outer.access_entry("/six").at("client") == "::1");
  CHECK(origin.last().field("X-Forwarded-For").find("::1") != std::string::npos);
}

// Column "tr" of /proc/net/tcp for the balancer's end of a client's connection: 2 is the keepalive timer.
bool has_keepalive_timer(std::uint16_t balancer_port, std::uint16_t client_port) {
  std::istringstream table(read_file("/proc/net/tcp"));
  const auto end = [](std::uint16_t port) {
    char text[16];
    std::snprintf(text, sizeof text, ":%04X", port);
    return std::string(text);
  };
  for (std::string line; std::getline(table, line);) {
    std::istringstream words(line);
    std::string slot, local, remote, state, queues, timer;
    words >> slot >> local >> remote >> state >> queues >> timer;
    if (local.ends_with(end(balancer_port)) && remote.ends_with(end(client_port))) return timer.starts_with("02");
  }
  return false;
}

TEST_CASE("timeouts.tcp_keepalive: the kernel looks after silent clients, unless it is told not to") {
  ScriptedOrigin origin(named("a"));
  struct Row {
    const char* timeouts;
    bool probed;
  };
  for (const Row row : {Row{"{}", true}, Row{"{tcp_keepalive: 5s}", true}, Row{"{tcp_keepalive: 0s}", false}}) {
    CAPTURE(row.timeouts);
    Balancer balancer(Setup{.listener = {"timeouts: " + std::string(row.timeouts)}, .backends = {origin.address()}});
    RawClient client(balancer.port());
    CHECK(client.exchange(get("/")).body == "a");
    sockaddr_in own{};
    socklen_t size = sizeof own;
    REQUIRE(::getsockname(client.fd(), reinterpret_cast<sockaddr*>(&own), &size) == 0);
    CHECK(eventually([&] { return has_keepalive_timer(balancer.port(), ntohs(own.sin_port)) == row.probed; }));
  }
}

TEST_CASE("with two workers every connection is served, over whichever socket it came") {
  ScriptedOrigin origin(named("a"));
  Balancer balancer(Setup{.process = "{workers: 2, shutdown_grace: 500ms}", .backends = {origin.address()}});
  std::vector<RawClient> clients;
  for (int i = 0; i < 64; ++i) clients.emplace_back(balancer.port());
  for (int round = 0; round < 3; ++round) {
    for (RawClient& client : clients) client.send(get("/"));
    for (RawClient& client : clients) CHECK(client.read_response()->body == "a");
  }
  CHECK(eventually([&] { return balancer.metric("stickler_listener_requests_total", "code_class=\"2xx\"") == 192; }));
  CHECK(balancer.metric("stickler_listener_connections_open") == 64);
}

}  // namespace
}  // namespace stickler::integration
