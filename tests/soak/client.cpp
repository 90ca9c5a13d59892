#include "tests/soak/client.h"

#include "tests/integration/endurance/echo.h"
#include "tests/integration/operation/websocket.h"

namespace stickler::soak {

using namespace integration;

namespace {

constexpr auto patience = 2min;

bool is_own(const Message& answer, std::string_view id, std::string_view body_sent) {
  return answer.field("X-Id") == id && answer.field("X-Digest") == digest_of(body_sent) && answer.flaw.empty();
}

}  // namespace

const Client::Deed Client::deeds[] = {
    {46, &Client::exchange},       {4, &Client::read_slowly},     {4, &Client::upload_slowly},
    {8, &Client::pipeline},        {6, &Client::use_tunnel},      {10, &Client::use_session},
    {4, &Client::leave_amid_head}, {5, &Client::leave_amid_body}, {5, &Client::leave_amid_answer},
    {4, &Client::leave_at_once},   {4, &Client::send_nonsense},
};

Client::Client(std::uint16_t port, int number, const Backends& backends, std::uint64_t seed)
    : port_(port), number_(number), chance_(seed), user_(port, "user" + std::to_string(number), backends) {}

void Client::run(const std::atomic<bool>& stop) {
  while (!stop) {
    std::size_t drawn = chance_.below(100);
    const Deed* deed = deeds;
    for (; drawn >= deed->share; ++deed) drawn -= deed->share;
    try {
      (this->*deed->does)();
    } catch (const std::exception& error) {
      kept_.reset();
      tally_.wrong("client " + std::to_string(number_) + ": " + error.what());
    }
    if (chance_.percent(10)) chance_.pause(20);
  }
  kept_.reset();
  tunnels_.clear();
}

std::string Client::Request::fields() const {
  return "X-Id: " + id + "\r\nX-Size: " + std::to_string(answer_size) + "\r\n" + (chunked ? "X-Chunked: 1\r\n" : "");
}

Client::Request Client::any_request() {
  const std::size_t kind = chance_.below(100);
  Request request{.id = std::to_string(number_) + "-" + std::to_string(next_id_++),
                  .path = chance_.percent(50) ? "/calm/" : "/r/",
                  .method = kind < 45   ? "GET"
                            : kind < 50 ? "HEAD"
                            : kind < 75 ? "PUT"
                                        : "POST",
                  .answer_size = chance_.size(),
                  .chunked = chance_.percent(30)};
  request.path += request.id;
  if (request.method == "PUT" || request.method == "POST") request.body = body_of("by " + request.id, chance_.size());
  return request;
}

std::unique_ptr<RawClient> Client::connect(int receive_buffer_bytes) {
  ++tally_.connections;
  return std::make_unique<RawClient>(port_, receive_buffer_bytes);
}

void Client::judge(const Request& request, const std::optional<Message>& answer) {
  ++tally_.requests;
  tally_.bytes += request.body.size() + (answer ? answer->body.size() : 0);
  const std::string expected = request.method == "HEAD" ? "" : body_of(request.id, request.answer_size);
  const int status = answer ? answer->status() : 0;
  const bool served = status == 200 && answer->complete && answer->body == expected;
  const bool own =
      answer && is_own(*answer, request.id, request.body) && std::string_view(expected).starts_with(answer->body);
  if (served && own) {
    ++tally_.served;
    return;
  }
  const bool cut = status == 200 && !answer->complete && own;
  const bool refused = status >= 502 && answer->field("Server") == "stickler" && answer->complete;
  if (answer && !cut && !refused) {
    tally_.wrong(request.method + " " + request.path + " got what is not its own:\n" + answer->head);
  }
  const std::string what = request.method + " " + std::to_string(status);
  // Its backends are never killed: nothing may fail.
  if (request.path.starts_with("/calm/")) {
    return tally_.wrong(what + " " + request.path + " was not served: " + (answer ? answer->head : "no answer"));
  }
  tally_.unserved.push_back({request.path, what, cut || request.streamed || request.method == "POST"});
}

void Client::exchange() {
  if (!kept_ || chance_.percent(10)) kept_ = connect();
  const Request asked = any_request();
  const bool last = chance_.percent(5);
  kept_->send(request(asked.method, asked.path, asked.fields() + (last ? "Connection: close\r\n" : ""), asked.body));
  const auto answer = kept_->read_response(asked.method, Deadline(patience));
  judge(asked, answer);
  if (last || !answer || !answer->complete || same_name(answer->field("Connection"), "close")) kept_.reset();
}

void Client::read_slowly() {
  const auto wire = connect(4096);
  Request asked = any_request();
  asked.method = "GET";
  asked.body.clear();
  asked.answer_size = 1 + chance_.below(1 << 20);
  asked.chunked = false;
  wire->send(get(asked.path, asked.fields()));
  auto answer = wire->read_response_head(Deadline(patience));
  if (!answer) return judge(asked, answer);
  const std::size_t size = std::strtoul(answer->field("Content-Length").c_str(), nullptr, 10);
  while (answer->body.size() < size) {
    const std::string part =
        wire->read_exactly(std::min<std::size_t>(64 * 1024, size - answer->body.size()), Deadline(patience));
    if (part.empty()) break;
    answer->body += part;
    chance_.pause(5);
  }
  answer->complete = answer->body.size() == size;
  judge(asked, answer);
}

// In chunks, each of which may be the last to come for a while.
void Client::upload_slowly() {
  const auto wire = connect();
  Request asked = any_request();
  asked.method = chance_.percent(50) ? "PUT" : "POST";
  asked.streamed = true;
  asked.body = body_of("by " + asked.id, 1 + chance_.below(1 << 19));
  const bool expects = chance_.percent(30);
  wire->send(request(asked.method, asked.path,
                     asked.fields() + "Transfer-Encoding: chunked\r\n" + (expects ? "Expect: 100-continue\r\n" : "")));
  bool taken = true;
  for (std::size_t at = 0; taken && at < asked.body.size();) {
    const std::string part = asked.body.substr(at, 1 + chance_.below(64 * 1024));
    char size[24];
    std::snprintf(size, sizeof size, "%zx\r\n", part.size());
    taken = wire->send(size + part + "\r\n");
    at += part.size();
    chance_.pause(3);
  }
  if (taken) wire->send("0\r\n\r\n");
  auto answer = wire->read_response(asked.method, Deadline(patience));
  while (answer && answer->status() == 100) answer = wire->read_response(asked.method, Deadline(patience));
  judge(asked, answer);
}

void Client::pipeline() {
  if (!kept_) kept_ = connect();
  std::list<Request> asked;
  std::string bytes;
  for (std::size_t i = 2 + chance_.below(6); i > 0; --i) {
    // Small, for nothing is read before all is sent; and served by who lives, for a failure ends the connection.
    Request one = any_request();
    one.path = "/calm/" + one.id;
    one.answer_size = 1 + chance_.below(4000);
    if (!one.body.empty()) one.body.resize(1 + one.body.size() % 4000);
    bytes += request(one.method, one.path, one.fields(), one.body);
    asked.push_back(std::move(one));
  }
  kept_->send(bytes);
  for (const Request& one : asked) {
    const auto answer = kept_->read_response(one.method, Deadline(patience));
    judge(one, answer);
    if (!answer || !answer->complete) return kept_.reset();
  }
}

void Client::use_tunnel() {
  constexpr std::size_t open_max = 3;
  if (tunnels_.size() < open_max && chance_.percent(60)) {
    auto fresh = connect();
    const auto answer = [&] {
      fresh->send(get("/ws", handshake));
      return fresh->read_response("GET", Deadline(patience));
    }();
    if (!answer || answer->status() != 101) return tally_.wrong("no tunnel: " + (answer ? answer->head : "no answer"));
    ++tally_.tunnels;
    tunnels_.push_back(std::move(fresh));
  }
  if (tunnels_.empty()) return;
  tunnels_.splice(tunnels_.end(), tunnels_,
                  std::next(tunnels_.begin(), static_cast<std::ptrdiff_t>(chance_.below(tunnels_.size()))));
  RawClient& tunnel = *tunnels_.back();
  for (std::size_t i = 1 + chance_.below(4); i > 0; --i) {
    const std::string said = body_of("tunnel " + std::to_string(number_), chance_.size());
    tunnel.send(said);
    tally_.bytes += 2 * said.size();
    if (tunnel.read_exactly(said.size(), Deadline(patience)) != said) {
      tally_.wrong("a tunnel gave back what it was not given");
      tunnels_.pop_back();
      return;
    }
  }
  if (!chance_.percent(30)) return;
  if (chance_.percent(30)) tunnel.send("half a wo");  // Whose echo nobody waits for.
  leave(tunnel);
  tunnels_.pop_back();
}

void Client::use_session() { user_.visit(tally_); }

}  // namespace stickler::soak
