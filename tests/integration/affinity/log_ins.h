// Log-in servers that can be killed, and users who log in to them through the balancer. The test's thread.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/integration/affinity/sticky.h"
#include "tests/integration/failure/addresses.h"

namespace stickler::integration {

class Stub {
 public:
  explicit Stub(std::string name) : name_(std::move(name)) { start(); }

  void start() {
    process_ = std::make_unique<Process>(
        Command{.program = login_stub_program(),
                .arguments = {"--listen", port_.address(), "--name", name_, "--password-cost", "off"}});
    process_->await_line("ready");
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
  }
  std::string configured(std::string_view more = "") const { return backend(name_, port_.address(), more); }

 private:
  std::string name_;
  ReservedPort port_;
  std::unique_ptr<Process> process_;
};

// Keeps every cookie that it is given.
class User {
 public:
  User(std::uint16_t port, std::string name) : port_(port), name_(std::move(name)) {}

  Message send(std::string_view method, std::string_view target, const std::string& form = "") {
    std::string fields = "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    std::string jar;
    for (const auto& [name, value] : cookies_) jar += (jar.empty() ? "" : "; ") + name + "=" + value;
    if (!jar.empty()) fields += "Cookie: " + jar + "\r\n";
    Message answer = RawClient(port_).exchange(request(method, target, fields, form), method);
    for (const Field& field : answer.fields) {
      if (!same_name(field.name, "Set-Cookie")) continue;
      const std::size_t equals = field.value.find('=');
      cookies_[field.value.substr(0, equals)] = field.value.substr(equals + 1, field.value.find(';') - equals - 1);
    }
    return answer;
  }

  void log_in() {
    const Message answer = send("POST", "/login", "user=" + name_ + "&password=" + name_);
    if (answer.status() != 200) throw std::runtime_error("no log-in: " + answer.head + answer.body);
    node_ = answer.field("X-Node");
  }

  // Still the same user on the same node.
  bool is_logged_in() {
    const Message me = send("GET", "/me");
    if (me.status() != 200) return false;
    const auto said = nlohmann::json::parse(me.body);
    return said.at("user") == name_ && said.at("node") == node_;
  }
  const std::string& node() const { return node_; }
  void move_to(std::uint16_t port) { port_ = port; }

 private:
  std::uint16_t port_;
  std::string name_;
  std::string node_;
  std::map<std::string, std::string> cookies_;
};

}  // namespace stickler::integration
