#include "tests/integration/affinity/sticky.h"

#include <algorithm>
#include <stdexcept>

namespace stickler::integration {

std::string sticky(const std::vector<std::string>& keys, std::string_view more) {
  std::string list;
  for (const std::string& key : keys) list += (list.empty() ? "\"" : ", \"") + key + "\"";
  return "affinity: {cookie: {keys: [" + list + "]" + std::string(more) + "}}";
}

std::optional<SetCookie> set_cookie_of(const Message& answer) {
  if (answer.count("Set-Cookie") > 1) throw std::runtime_error("several Set-Cookie in:\n" + answer.head);
  if (!answer.has("Set-Cookie")) return std::nullopt;
  std::string text = answer.field("Set-Cookie");
  SetCookie cookie;
  for (std::size_t end = 0; end != std::string::npos;) {
    end = text.find("; ");
    const std::string part = text.substr(0, end);
    if (cookie.name.empty()) {
      cookie.name = part.substr(0, part.find('='));
      cookie.value = part.substr(part.find('=') + 1);
    } else {
      cookie.attributes.push_back(part);
    }
    if (end != std::string::npos) text.erase(0, end + 2);
  }
  std::ranges::sort(cookie.attributes);
  return cookie;
}

Message Browser::send(std::string_view method, std::string_view target, std::string_view fields) {
  std::string all(fields);
  if (!cookie_.empty()) all += "Cookie: STICKLER=" + cookie_ + "\r\n";
  Message answer = RawClient(port_).exchange(request(method, target, all + "Connection: close\r\n"), method);
  if (const auto given = set_cookie_of(answer)) cookie_ = given->value;
  return answer;
}

Browser bound_to(std::string_view node, std::uint16_t port) {
  for (int i = 0; i < 200; ++i) {
    Browser browser(port);
    if (browser.node("/bind") == node && !browser.cookie().empty()) return browser;
  }
  throw std::runtime_error("no new session lands on " + std::string(node));
}

std::string verdict(Balancer& balancer, std::string_view path) {
  return balancer.access_entry(path).at("verdict").get<std::string>();
}

void await_workers(Balancer& balancer) {
  const int status = balancer.admin("/api/v1/decisions/none").status();
  if (status != 404)
    throw std::runtime_error("the workers know a request that there was not: " + std::to_string(status));
}

Served ask_at(Balancer& balancer, const std::string& target, const std::string& fields) {
  const Message answer =
      RawClient(balancer.port()).exchange(request("GET", target, fields + "Connection: close\r\n"), "GET");
  return {answer.status() == 200 ? answer.body : std::to_string(answer.status()), verdict(balancer, target)};
}

}  // namespace stickler::integration
