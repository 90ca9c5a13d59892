// tomcat PORT ROUTE DIRECTORY: a backend that does with sessions what a Tomcat with a jvmRoute does. It is made to be
// killed. Its sessions live in DIRECTORY, a file each: nodes that share it are a cluster whose sessions are replicated.
//
// GET /log-in begins a session; others are answered with the node and the session of the request, "" if it knows none.
// The session's id is "HEX.ROUTE", in the cookie JSESSIONID or, for clients that send none back, in the path parameter
// jsessionid, as the answer's X-Next says. A session that comes with another node's route is taken over: its id gets
// the own route, as by Tomcat's JvmRouteBinderValve.
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

#include "tests/integration/harness/scripted_origin.h"

namespace stickler::integration {
namespace {

struct Node {
  std::string route;
  std::filesystem::path directory;
};

// The first cookie's, else the path's.
std::string requested_id(const Message& request) {
  for (const std::string& text : {"; " + request.field("Cookie"), request.target()}) {
    for (const std::string_view name : {"; JSESSIONID=", ";jsessionid="}) {
      const std::size_t at = text.find(name);
      if (at == std::string::npos) continue;
      const std::size_t begin = at + name.size();
      return text.substr(begin, text.find_first_of(";/?", begin) - begin);
    }
  }
  return "";
}

std::string begin_session(const Node& node) {
  static std::atomic<int> count{0};
  const std::string session = "8A2F" + std::to_string(::getpid()) + "F" + std::to_string(++count);
  std::ofstream(node.directory / session) << node.route;
  return session;
}

std::string answer_to(const Message& request, const Node& node) {
  const bool begins = request.target() == "/log-in";
  const std::string id = requested_id(request);
  const std::string asked = id.substr(0, id.find('.'));
  const bool knows = !asked.empty() && std::filesystem::exists(node.directory / asked);
  const std::string session = begins ? begin_session(node) : knows ? asked : "";
  std::string fields;
  if (!session.empty()) {
    const std::string own_id = session + "." + node.route;
    if (own_id != id) fields = "Set-Cookie: JSESSIONID=" + own_id + "; Path=/; HttpOnly\r\n";
    fields += "X-Next: /page;jsessionid=" + own_id + "\r\n";
  }
  return reply(node.route + " " + session, fields);
}

int run_tomcat(std::uint16_t port, const Node& node) {
  const Fd listener = listen_on(port);
  std::fputs("listening\n", stderr);
  for (;;) {
    Fd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!fd) continue;
    std::thread([wire = Wire(std::move(fd)), &node]() mutable {
      for (;;) {
        const auto request = wire.read_request_head(Deadline(10min));
        if (!request || !request->flaw.empty() || !wire.send(answer_to(*request, node))) return;
      }
    }).detach();
  }
}

}  // namespace
}  // namespace stickler::integration

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return stickler::integration::run_tomcat(static_cast<std::uint16_t>(std::atoi(argv[1])), {argv[2], argv[3]});
}
