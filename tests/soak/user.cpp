#include "tests/soak/user.h"

namespace stickler::soak {

using namespace integration;

Message User::send(std::string_view target, const std::string& form, Tally& tally) {
  std::string fields = "Connection: close\r\nContent-Type: application/x-www-form-urlencoded\r\n";
  std::string jar;
  for (const auto& [name, value] : cookies_) jar += (jar.empty() ? "" : "; ") + name + "=" + value;
  if (!jar.empty()) fields += "Cookie: " + jar + "\r\n";
  ++tally.connections;
  ++tally.requests;
  RawClient client(port_);
  client.send(request("POST", target, fields, form));
  const auto answer = client.read_response("POST", Deadline(2min));
  if (!answer) return {};
  for (const Field& field : answer->fields) {
    if (!same_name(field.name, "Set-Cookie")) continue;
    const std::size_t equals = field.value.find('=');
    cookies_[field.value.substr(0, equals)] = field.value.substr(equals + 1, field.value.find(';') - equals - 1);
  }
  return *answer;
}

void User::log_in(Tally& tally) {
  cookies_.clear();
  visits_ = 0;
  // Counted now: the node that answers may be killed before its answer is read, and his session with it.
  std::map<std::string, int> deaths;
  for (const Backend& stub : backends_.login()) deaths[stub.name()] = stub.deaths();
  const Message answer = send("/login", "user=" + name_ + "&password=" + name_, tally);
  if (answer.status() != 200) {
    tally.unserved.push_back({"/login", "POST " + std::to_string(answer.status()), true});
    return;
  }
  ++tally.served;
  ++tally.log_ins;
  node_ = answer.field("X-Node");
  deaths_ = deaths[node_];
}

void User::visit(Tally& tally) {
  if (node_.empty()) return log_in(tally);
  const Message answer = send("/visit", "", tally);
  ++visits_;
  const bool mine = answer.status() == 200 && answer.field("X-Node") == node_ &&
                    answer.body.find("\"user\":\"" + name_ + "\"") != std::string::npos &&
                    answer.body.find("\"visits\":" + std::to_string(visits_) + ",") != std::string::npos;
  if (mine) {
    ++tally.served;
    return;
  }
  if (backends_.deaths_of(node_) == deaths_) {
    tally.wrong(name_ + " lost his session on " + node_ + ", which lives: visit " + std::to_string(visits_) + ", " +
                answer.head + answer.body);
  }
  tally.unserved.push_back({"/visit", "POST " + std::to_string(answer.status()), true});
  node_.clear();
}

}  // namespace stickler::soak
