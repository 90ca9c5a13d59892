// fault_origin PORT FILE: a backend that echoes (endurance/echo.h) in the mood that its controller tells it by lines on
// a connection to the port that it prints. It notes the id of each POST in FILE as soon as its head has arrived, before
// a byte of the answer is sent, so that what it has done outlives it.
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "tests/faults/mood.h"
#include "tests/integration/endurance/echo.h"
#include "tests/integration/harness/scripted_origin.h"

namespace stickler::faults {
namespace {

using namespace integration;

constexpr auto work_time = 5ms;  // So that there is always something under way.
constexpr auto slow_time = 700ms;

class Origin {
 public:
  Origin(std::uint16_t port, const char* record)
      : port_(port), record_(::open(record, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {}

  // Until the controller goes.
  void run() {
    const Fd control_listener = listen_on();
    listen();
    std::fprintf(stderr, "control %u\n", port_of(control_listener));
    Wire control(Fd(::accept4(control_listener.get(), nullptr, nullptr, SOCK_CLOEXEC)));
    for (;;) {
      std::string line = control.read_until("\n", Deadline(10min));
      if (!line.empty() && line.back() == '\n') line.pop_back();
      const auto mood = mood_of(line);
      if (!mood) std::_Exit(0);
      adopt(*mood);
      control.send("done\n");
    }
  }

 private:
  void adopt(Mood mood) {
    const Mood before = mood_.exchange(mood);
    if (mood == Mood::refuse && before != Mood::refuse) refuse();
    if (mood != Mood::refuse && before == Mood::refuse) listen();
  }

  void listen() {
    listener_ = listen_on(port_);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  void refuse() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // Wakes accept(2), which closing would not.
    acceptor_.join();
    listener_.close();
    const std::lock_guard lock(mutex_);
    for (Wire& wire : open_) wire.shut_down();
  }

  void accept_all() {
    for (;;) {
      Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      send_without_delay(fd);
      const std::lock_guard lock(mutex_);
      open_.emplace_front(std::move(fd));
      std::thread([this, wire = open_.begin()] {
        serve(*wire);
        const std::lock_guard end(mutex_);
        open_.erase(wire);
      }).detach();
    }
  }

  void serve(Wire& wire) {
    try {
      while (serve_one(wire)) {
      }
    } catch (const TimedOut&) {
    }
  }

  // False when the connection has ended.
  bool serve_one(Wire& wire) {
    auto request = wire.read_request_head(Deadline(10min));
    if (!request || !request->flaw.empty()) return false;
    if (request->method() == "POST") note(request->field("X-Id"));
    const std::size_t size = std::strtoul(request->field("Content-Length").c_str(), nullptr, 10);
    request->body = wire.read_exactly(size, Deadline(10min));
    if (request->body.size() < size) return false;
    const Mood mood = mood_;
    if (mood == Mood::hang) {
      wire.read_to_end(Deadline(10min));
      return false;
    }
    std::this_thread::sleep_for(mood == Mood::slow ? std::chrono::milliseconds(slow_time) : work_time);
    return respond(wire, *request, mood);
  }

  bool respond(Wire& wire, const Message& request, Mood mood) {
    if (request.target() == "/healthz") return wire.send(reply("well"));
    const bool second = ++turn_ % 2 == 0;
    if (mood == Mood::fail || (mood == Mood::fail_some && second)) {
      return wire.send(reply("", "", "503 Service Unavailable"));
    }
    const std::string id = request.field("X-Id");
    const std::string fields = "X-Id: " + id + "\r\nX-Digest: " + digest_of(request.body) + "\r\n";
    std::string answer = reply(body_of(id, std::strtoul(request.field("X-Size").c_str(), nullptr, 10)), fields);
    if (mood != Mood::cut && (mood != Mood::cut_some || !second)) return wire.send(answer);
    wire.send(answer.substr(0, answer.size() - 1));
    std::this_thread::sleep_for(work_time);  // What was sent arrives before the reset, which would overtake it.
    const std::lock_guard lock(mutex_);
    wire.reset();
    return false;
  }

  void note(const std::string& id) const {
    const std::string line = id + "\n";
    if (::write(record_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
  }

  std::uint16_t port_;
  int record_;
  std::atomic<Mood> mood_{Mood::answer};
  std::atomic<unsigned> turn_{0};
  Fd listener_;
  std::thread acceptor_;
  std::mutex mutex_;  // Of the list of connections, which the acceptor, their own threads and the controller change.
  std::list<Wire> open_;
};

}  // namespace
}  // namespace stickler::faults

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  stickler::faults::Origin(static_cast<std::uint16_t>(std::atoi(argv[1])), argv[2]).run();
}
