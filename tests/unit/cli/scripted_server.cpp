#include "tests/unit/cli/scripted_server.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

#include "lb/base/address.h"

namespace stickler::cli::test {

ScriptedServer::ScriptedServer(std::string answer, Then then)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), answer_(std::move(answer)) {
  const Address any = Address::parse("127.0.0.1:0").value();
  REQUIRE(::bind(fd_, any.sockaddr_ptr(), any.sockaddr_size()) == 0);
  REQUIRE(::listen(fd_, 1) == 0);
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &size) == 0);
  address_ = Address::from_sockaddr(reinterpret_cast<const sockaddr*>(&bound), size).to_string();
  thread_ = std::thread([this, then] { serve(then); });
}

ScriptedServer::~ScriptedServer() {
  ::shutdown(fd_, SHUT_RDWR);  // Ends an accept() that nobody came for.
  if (thread_.joinable()) thread_.join();
  ::close(fd_);
}

std::string ScriptedServer::request() {
  thread_.join();
  return request_;
}

void ScriptedServer::serve(Then then) {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
  if (fd < 0) return;
  std::array<char, 4096> buffer;
  while (request_.find("\r\n\r\n") == std::string::npos) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) break;
    request_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  static_cast<void>(::send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL));
  if (then == Then::wait_for_client) static_cast<void>(::recv(fd, buffer.data(), buffer.size(), 0));
  ::close(fd);
}

}  // namespace stickler::cli::test
