#include "lb/cli/admin_client.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string_view>

#include "lb/admin/token.h"
#include "lb/base/address.h"
#include "lb/http/h1_parser.h"

namespace stickler::cli {
namespace {

constexpr std::size_t body_bytes_max = 64 * 1024 * 1024;  // Whatever listens there may not be Stickler.

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void set_patience(int fd, std::chrono::milliseconds patience) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(patience);
  const timeval time{.tv_sec = whole.count(), .tv_usec = std::chrono::microseconds(patience - whole).count()};
  for (const int option : {SO_RCVTIMEO, SO_SNDTIMEO}) setsockopt(fd, SOL_SOCKET, option, &time, sizeof(time));
}

std::string request_of(const AdminCall& call) {
  std::string request = call.method + " " + call.path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  if (!call.token.empty()) request += "Authorization: Bearer " + call.token + "\r\n";
  if (call.method != "GET") request += "Content-Length: " + std::to_string(call.body.size()) + "\r\n";
  return request + "\r\n" + call.body;
}

// The kernel's words for a time that is over would puzzle.
int honest(int code) { return code == EAGAIN || code == EINPROGRESS ? ETIMEDOUT : code; }

Result<AdminAnswer> read_answer(int fd, const AdminCall& call) {
  http::ResponseHead head;
  http::ResponseParser parser(head);
  parser.expect({});
  AdminAnswer answer;
  std::array<char, 16 * 1024> buffer;
  while (answer.body.size() <= body_bytes_max) {
    const ssize_t size = ::recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0) return fail_errno("no answer from the admin API at " + call.address, honest(errno));
    if (size == 0 && parser.eof() == http::Event::end) return answer;
    if (size == 0) return fail(call.address + " closed the connection before its answer was complete");
    std::string_view input(buffer.data(), static_cast<std::size_t>(size));
    for (http::Event event = parser.next(input); event != http::Event::need_more; event = parser.next(input)) {
      if (event == http::Event::head) answer.status = parser.head().status;
      if (event == http::Event::body) answer.body.append(parser.body());
      if (event == http::Event::end || (event == http::Event::head && parser.head().framing.empty())) return answer;
      if (event == http::Event::error) return fail("what listens at " + call.address + " does not speak HTTP");
    }
  }
  return fail("what listens at " + call.address + " sends more than an admin API would");
}

}  // namespace

Result<AdminAnswer> call_admin(const AdminCall& call) {
  const auto address = Address::parse(call.address);
  if (!address) return fail("--admin: " + address.error().message);
  const Descriptor socket(::socket(address->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  set_patience(socket.get(), call.patience);
  if (::connect(socket.get(), address->sockaddr_ptr(), address->sockaddr_size()) != 0) {
    Error error = fail_errno("cannot reach the admin API at " + call.address, honest(errno)).value();
    error.message += "; is stickler running, and is this its admin.listen? --admin names another address";
    return tl::unexpected(error);
  }
  const std::string request = request_of(call);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    return fail_errno("cannot ask the admin API at " + call.address, honest(errno));
  }
  return read_answer(socket.get(), call);
}

AdminProblem problem_of(const AdminAnswer& answer) {
  const auto json = nlohmann::json::parse(answer.body, nullptr, false);
  const auto text = [&](const char* key) -> std::string {
    if (!json.is_object() || !json.contains("error") || !json["error"].is_object()) return {};
    const auto found = json["error"].find(key);
    return found != json["error"].end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  AdminProblem problem{.code = text("code"), .message = text("message")};
  if (problem.message.empty()) problem.message = "the admin API answered " + std::to_string(answer.status);
  return problem;
}

Result<std::string> read_token_file(const std::string& path) {
  if (path.empty()) return std::string();
  auto token = admin::read_token(path);
  if (!token) return fail("--token-file: " + token.error().message);
  return token;
}

Exit report(const AdminProblem& problem) {
  std::cerr << "stickler: " << problem.message << '\n';
  if (problem.code == "no_token") std::cerr << "Name the file that holds the token with --token-file.\n";
  return Exit::failed;
}

}  // namespace stickler::cli
