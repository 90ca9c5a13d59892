// chaos_origin PORT FILE: a backend that echoes (echo.h) and notes the id of each POST in FILE as soon as its head has
// arrived. It is made to be killed: what it noted is on disk before a byte of the answer is sent.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

#include "tests/integration/endurance/echo.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

void note(int file, const std::string& id) {
  const std::string line = id + "\n";
  if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
}

// In pieces, so that a kill can come between two of them.
bool send_slowly(Wire& wire, std::string_view answer) {
  constexpr std::size_t piece = 16 * 1024;
  for (; answer.size() > piece; answer.remove_prefix(piece)) {
    if (!wire.send(answer.substr(0, piece))) return false;
    std::this_thread::sleep_for(1ms);
  }
  return wire.send(answer);
}

// False when the connection has ended.
bool serve_one(Wire& wire, int file) {
  auto request = wire.read_request_head(Deadline(10min));
  if (!request || !request->flaw.empty()) return false;
  const std::string id = request->field("X-Id");
  if (request->method() == "POST") note(file, id);
  const std::size_t size = std::strtoul(request->field("Content-Length").c_str(), nullptr, 10);
  const std::string body = wire.read_exactly(size, Deadline(10min));
  if (body.size() < size) return false;
  const std::string answer = body_of(id, std::strtoul(request->field("X-Size").c_str(), nullptr, 10));
  const std::string fields = "X-Id: " + id + "\r\nX-Digest: " + digest_of(body) + "\r\n";
  return send_slowly(wire, reply(request->method() == "HEAD" ? "" : answer, fields));
}

int run_origin(std::uint16_t port, const char* path) {
  const int file = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
  const Fd listener = listen_on(port);
  std::fputs("listening\n", stderr);
  for (;;) {
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    std::thread([wire = Wire(std::move(fd)), file]() mutable {
      while (serve_one(wire, file)) {
      }
    }).detach();
  }
}

}  // namespace
}  // namespace stickler::integration

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  return stickler::integration::run_origin(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]);
}
