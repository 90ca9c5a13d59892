#include "tests/integration/affinity/stub_group.h"

namespace stickler::integration {

StubGroup::StubGroup(std::string strategy, const std::string& names) : strategy_(std::move(strategy)) {
  for (const char name : names) nodes_.try_emplace(std::string(1, name));
}

void StubGroup::start(const std::string& name, const std::string& secret) {
  Node& node = nodes_.at(name);
  std::string peers;
  for (const auto& [other, its] : nodes_) {
    if (other != name) peers += (peers.empty() ? "" : ",") + other + "=" + its.peers.address();
  }
  node.process = std::make_unique<Process>(Command{
      .program = login_stub_program(),
      .arguments = {"--listen", node.http.address(), "--name", name, "--password-cost", "off", "--sessions", strategy_,
                    "--peer-listen", node.peers.address(), "--peers", peers, "--peer-secret", secret}});
  node.process->await_line("ready");
}

void StubGroup::start_all() {
  for (const auto& [name, node] : nodes_) start(name);
  for (const auto& [name, node] : nodes_) {
    for (const auto& [peer, its] : nodes_) {
      if (peer != name) await_meeting(name, peer);
    }
  }
}

void StubGroup::kill(const std::string& name) {
  process(name).signal(SIGKILL);
  process(name).wait();
}

void StubGroup::await_meeting(const std::string& name, const std::string& peer) {
  process(name).await_line("peer " + peer + ": connected");
}

std::vector<std::string> StubGroup::names() const {
  std::vector<std::string> names;
  for (const auto& [name, node] : nodes_) names.push_back(name);
  return names;
}

std::vector<std::string> StubGroup::backends() const {
  std::vector<std::string> lines;
  for (const auto& [name, node] : nodes_) lines.push_back(backend(name, node.http.address()));
  return lines;
}

nlohmann::json StubGroup::stats(const std::string& name) const {
  return nlohmann::json::parse(fetch(port(name), "/stats").body);
}

std::size_t StubGroup::copies() const {
  std::size_t sum = 0;
  for (const auto& [name, node] : nodes_) {
    if (node.process != nullptr && !node.process->wait(Deadline(0ms)))
      sum += stats(name).at("sessions").get<std::size_t>();
  }
  return sum;
}

void StubUser::log_in() {
  const Message answer = send("POST", "/login", "user=" + name_ + "&password=" + name_);
  if (answer.status() != 200) throw std::runtime_error("no log-in: " + answer.head + answer.body);
}

Message StubUser::send(std::string_view method, std::string_view target, const std::string& form) {
  std::string fields = "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  std::string jar;
  for (const auto& [name, value] : cookies_) jar += (jar.empty() ? "" : "; ") + name + "=" + value;
  if (!jar.empty()) fields += "Cookie: " + jar + "\r\n";
  Message answer = RawClient(port_).exchange(request(method, target, fields, form), method);
  remember(answer);
  return answer;
}

void StubUser::remember(const Message& answer) {
  for (const Field& field : answer.fields) {
    if (!same_name(field.name, "Set-Cookie")) continue;
    const std::size_t equals = field.value.find('=');
    cookies_[field.value.substr(0, equals)] = field.value.substr(equals + 1, field.value.find(';') - equals - 1);
  }
  if (answer.status() != 200 || !answer.body.starts_with("{\"user\"")) return;
  const auto said = nlohmann::json::parse(answer.body);
  if (said.at("user") != name_) throw std::runtime_error(name_ + " was answered as another: " + answer.body);
  node_ = said.at("node");
  backup_ = answer.field("X-Session-Backup");
  visits_ = said.at("visits");
}

}  // namespace stickler::integration
