#include "tests/integration/harness/raw_client.h"

namespace stickler::integration {

Message RawClient::exchange(std::string_view request, std::string_view method) {
  send(request);
  std::optional<Message> response = read_response(method);
  if (!response) throw std::runtime_error("no answer, but '" + received() + "', to:\n" + std::string(request));
  return *std::move(response);
}

std::string request(std::string_view method, std::string_view target, std::string_view fields, std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: test.example\r\n").append(fields);
  if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

std::string get(std::string_view target, std::string_view fields) { return request("GET", target, fields); }

Message fetch(std::uint16_t port, std::string_view target, std::string_view fields) {
  return RawClient(port).exchange(get(target, fields));
}

}  // namespace stickler::integration
