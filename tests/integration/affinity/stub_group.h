// Login-stubs that keep each other's sessions, and users of them who remember what they were told.
// The test's thread starts and ends them; users may be another thread's.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"

namespace stickler::integration {

class StubGroup {
 public:
  StubGroup(std::string strategy, const std::string& names);  // One character a name. None runs yet.

  void start(const std::string& name, const std::string& secret = "a secret of these tests");  // Until it is ready.
  void start_all();  // And until each has met every other.
  void kill(const std::string& name);
  void stop(const std::string& name) { process(name).signal(SIGSTOP); }
  void go_on(const std::string& name) { process(name).signal(SIGCONT); }
  void await_meeting(const std::string& name, const std::string& peer);  // Since `name` was started.

  Process& process(const std::string& name) { return *nodes_.at(name).process; }
  const std::string& strategy() const { return strategy_; }
  std::uint16_t port(const std::string& name) const { return nodes_.at(name).http.number(); }
  std::vector<std::string> names() const;
  std::vector<std::string> backends() const;  // For Setup.

  nlohmann::json stats(const std::string& name) const;
  std::size_t copies() const;  // Of sessions, on all that run.

 private:
  struct Node {
    ReservedPort http{};
    ReservedPort peers{};
    std::unique_ptr<Process> process{};
  };

  std::string strategy_;
  std::map<std::string, Node> nodes_;
};

// Keeps every cookie that it is given.
class StubUser {
 public:
  StubUser(std::uint16_t port, std::string name) : port_(port), name_(std::move(name)) {}

  void log_in();
  Message get_me(std::string_view target = "/me") { return send("GET", target); }
  Message visit() { return send("POST", "/visit"); }
  Message send(std::string_view method, std::string_view target, const std::string& form = "");
  void move_to(std::uint16_t port) { port_ = port; }

  const std::string& name() const { return name_; }
  const std::string& node() const { return node_; }      // That gave the last good answer,
  const std::string& backup() const { return backup_; }  // and the one that it named.
  int visits() const { return visits_; }                 // That it told.

 private:
  void remember(const Message& answer);

  std::uint16_t port_;
  std::string name_;
  std::string node_;
  std::string backup_;
  int visits_ = 0;
  std::map<std::string, std::string> cookies_;
};

}  // namespace stickler::integration
