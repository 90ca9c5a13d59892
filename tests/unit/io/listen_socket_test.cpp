#include "lb/io/listen_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "tests/unit/io/peers.h"

namespace stickler::io {
namespace {

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  REQUIRE(getsockopt(fd, level, name, &value, &size) == 0);
  return value;
}

bool can_connect(const Address& address) {
  const Descriptor probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.fd(), address.sockaddr_ptr(), address.sockaddr_size()) == 0;
}

TEST_CASE("port 0 becomes the port that was given, and connections come in") {
  const ListenSocket socket = listen_on(loopback());
  CHECK(socket.address().ip() == "127.0.0.1");
  CHECK(socket.address().port() != 0);
  const Descriptor client = connect_to(socket.address());
  const Descriptor server = accept_from(socket);
  client.send("hello");
  server.await_readable();
  CHECK(server.receive_ready() == "hello");
}

TEST_CASE("IPv6 is served alone, so that a listener for IPv4 has its port") {
  const auto v6 = ListenSocket::bind(*Address::parse("[::1]:0"), {});
  if (!v6) {
    WARN("no IPv6 here: " << v6.error().message);
    return;
  }
  CHECK(option(v6->fd(), IPPROTO_IPV6, IPV6_V6ONLY) == 1);
  CHECK(can_connect(v6->address()));
}

TEST_CASE("an address in use is an error that says what to do") {
  const ListenSocket first = listen_on(loopback());
  for (const bool reuse : {false, true}) {
    const auto second = ListenSocket::bind(first.address(), {.reuse_port = reuse});
    REQUIRE_FALSE(second);
    CHECK(second.error().code == EADDRINUSE);
    CHECK(second.error().message == "cannot listen on " + first.address().to_string() +
                                        ": Address already in use; another process listens there: stop it or choose "
                                        "another port");
  }
}

TEST_CASE("an address that is not of this machine is an error that says so") {
  const auto socket = ListenSocket::bind(*Address::parse("192.0.2.1:0"), {});
  REQUIRE_FALSE(socket);
  CHECK(socket.error().message.ends_with("; no interface of this machine has that address"));
}

TEST_CASE("several sockets share a port where they agree to, and only then") {
  const ListenSocket first = listen_on(loopback(), {.reuse_port = true});
  CHECK(ListenSocket::bind(first.address(), {.reuse_port = true}));
  CHECK_FALSE(ListenSocket::bind(first.address(), {}));
}

TEST_CASE("the first of several is refused where others share the port already, and the rest may join it") {
  const ListenSocket first = listen_on(loopback(), {.reuse_port = true, .exclusive = true});
  const ListenSocket second = listen_on(first.address(), {.reuse_port = true});
  const auto other_process = ListenSocket::bind(first.address(), {.reuse_port = true, .exclusive = true});
  REQUIRE_FALSE(other_process);
  CHECK(other_process.error().code == EADDRINUSE);

  // Both take connections.
  std::vector<Descriptor> clients;
  clients.reserve(100);
  for (int i = 0; i < 100; ++i) clients.push_back(connect_to(first.address()));
  int taken_by_first = 0;
  while (Descriptor(::accept4(first.fd(), nullptr, nullptr, SOCK_CLOEXEC)).fd() >= 0) ++taken_by_first;
  CHECK(taken_by_first > 0);
  CHECK(taken_by_first < 100);
}

TEST_CASE("accepted connections inherit what is set on the socket") {
  const ListenSocket socket = listen_on(loopback(), {.tcp_keepalive_seconds = 40});
  const Descriptor client = connect_to(socket.address());
  const Descriptor server = accept_from(socket);
  CHECK(option(server.fd(), IPPROTO_TCP, TCP_NODELAY) == 1);
  CHECK(option(server.fd(), SOL_SOCKET, SO_KEEPALIVE) == 1);
  CHECK(option(server.fd(), IPPROTO_TCP, TCP_KEEPIDLE) == 40);
  CHECK(option(server.fd(), IPPROTO_TCP, TCP_KEEPINTVL) == 10);
  CHECK(option(server.fd(), IPPROTO_TCP, TCP_KEEPCNT) == 4);
  CHECK((fcntl(socket.fd(), F_GETFD) & FD_CLOEXEC) != 0);

  const ListenSocket plain = listen_on(loopback());
  const Descriptor other = connect_to(plain.address());
  CHECK(option(accept_from(plain).fd(), SOL_SOCKET, SO_KEEPALIVE) == 0);
}

TEST_CASE("a unix socket's file goes with the socket") {
  const Directory directory;
  const Address address = directory.socket();
  {
    const ListenSocket socket = listen_on(address);
    CHECK(can_connect(address));
  }
  CHECK(std::filesystem::is_empty(directory.path));
}

TEST_CASE("a unix socket's file that is another's by now stays") {
  const Directory directory;
  const Address address = directory.socket();
  auto first = std::make_unique<ListenSocket>(listen_on(address));
  std::filesystem::remove(directory.path / "socket");
  const ListenSocket second = listen_on(address);
  first.reset();
  CHECK(can_connect(address));
}

TEST_CASE("a stale unix socket is replaced, a living one is left alone") {
  const Directory directory;
  const Address address = directory.socket();
  {
    // As a process leaves it behind that was killed.
    const Descriptor dead(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    REQUIRE(::bind(dead.fd(), address.sockaddr_ptr(), address.sockaddr_size()) == 0);
  }
  REQUIRE(std::filesystem::exists(directory.path / "socket"));
  const ListenSocket living = listen_on(address);
  const auto second = ListenSocket::bind(address, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EADDRINUSE);
  CHECK(second.error().message.ends_with("; another process listens there, or a file that is no socket has that name"));
  CHECK(can_connect(address));
}

TEST_CASE("a living unix socket whose queue is full is alive, and asking it does not block") {
  const Directory directory;
  const Address address = directory.socket();
  const ListenSocket busy = listen_on(address, {.backlog = 0});
  std::vector<Descriptor> clients;
  while (true) {
    Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(client.fd(), address.sockaddr_ptr(), address.sockaddr_size()) != 0) break;
    clients.push_back(std::move(client));
    REQUIRE(clients.size() < 100);
  }
  CHECK_FALSE(ListenSocket::bind(address, {}));
  CHECK(std::filesystem::exists(directory.path / "socket"));
}

TEST_CASE("a file that is no socket is never removed") {
  const Directory directory;
  std::ofstream(directory.path / "notes") << "precious";
  std::filesystem::create_directory(directory.path / "folder");
  std::filesystem::create_symlink(directory.path / "notes", directory.path / "link");
  for (const char* name : {"notes", "folder", "link"}) {
    CHECK_FALSE(ListenSocket::bind(directory.socket(name), {}));
    CHECK(std::filesystem::exists(directory.path / name));
  }
  CHECK(std::filesystem::file_size(directory.path / "notes") == 8);
}

TEST_CASE("a unix path in a folder that is not there is an error, and nothing is removed") {
  const Directory directory;
  const auto socket = ListenSocket::bind(directory.socket("no/such/folder"), {});
  REQUIRE_FALSE(socket);
  CHECK(socket.error().code == ENOENT);
}

TEST_CASE("a socket that was moved is the one that counts") {
  const Directory directory;
  const Address address = directory.socket();
  {
    ListenSocket first = listen_on(address);
    ListenSocket second = std::move(first);
    CHECK(can_connect(address));
    ListenSocket third = listen_on(loopback());
    third = std::move(second);
    CHECK(third.address().is_unix());
    CHECK(can_connect(address));
  }
  CHECK(std::filesystem::is_empty(directory.path));
}

TEST_CASE("a duplicate takes from the same queue, and does not own the file") {
  const Directory directory;
  const ListenSocket socket = listen_on(directory.socket());
  {
    const auto copy = socket.duplicate();
    REQUIRE(copy);
    CHECK(copy->fd() != socket.fd());
    CHECK(copy->address() == socket.address());
    CHECK((fcntl(copy->fd(), F_GETFD) & FD_CLOEXEC) != 0);
    const Descriptor client = connect_to(socket.address());
    CHECK(accept_from(*copy).fd() >= 0);
  }
  CHECK(can_connect(socket.address()));
}

TEST_CASE("a listening socket is adopted with its queue; what is none is refused and stays open") {
  ListenSocket first = listen_on(loopback());
  const int copy = ::dup(first.fd());
  const Descriptor client = connect_to(first.address());
  const auto adopted = ListenSocket::adopt(copy);
  REQUIRE(adopted);
  CHECK(adopted->fd() == copy);
  CHECK(adopted->address() == first.address());
  CHECK((fcntl(copy, F_GETFD) & FD_CLOEXEC) != 0);
  first = listen_on(loopback());  // The other owner lets go of it.
  const Descriptor server = accept_from(*adopted);
  client.send("hello");
  server.await_readable();
  CHECK(server.receive_ready() == "hello");

  const Descriptor plain(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  CHECK_FALSE(ListenSocket::adopt(plain.fd()));
  CHECK(fcntl(plain.fd(), F_GETFD) >= 0);
  CHECK_FALSE(ListenSocket::adopt(-1));
}

TEST_CASE("the file of an adopted unix socket goes with whoever owns it") {
  char directory[] = "/tmp/stickler-adopt-XXXXXX";
  REQUIRE(::mkdtemp(directory) != nullptr);
  const std::string path = std::string(directory) + "/web.sock";
  const auto exists = [&path] { return ::access(path.c_str(), F_OK) == 0; };
  {
    std::optional<ListenSocket> first = *ListenSocket::bind(*Address::parse("unix:" + path), {});
    std::optional<ListenSocket> second = *ListenSocket::adopt(::dup(first->fd()));
    second.reset();
    CHECK(exists());
    second = *ListenSocket::adopt(::dup(first->fd()));
    second->own_file();
    first->leave_file();
    first.reset();
    CHECK(exists());
  }
  CHECK_FALSE(exists());
  ::rmdir(directory);
}

}  // namespace
}  // namespace stickler::io
