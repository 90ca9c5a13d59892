#include "tests/faults/load.h"

#include <system_error>
#include <utility>

#include "tests/integration/endurance/echo.h"

namespace stickler::faults {

using namespace integration;

namespace {

constexpr std::size_t senders = 160;
constexpr std::size_t answer_bytes = 2'000;

// Of ten requests seven read, one replaces, two are such that must not be done twice.
std::string method_of(std::uint64_t number) {
  const std::uint64_t kind = number % 10;
  return kind < 7 ? "GET" : kind == 7 ? "PUT" : "POST";
}

// Whether it is the request's own answer, as far as it came.
bool belongs(const Message& answer, const Sent& sent, const std::string& body) {
  return answer.field("X-Id") == sent.id && answer.field("X-Digest") == digest_of(body) &&
         std::string_view(body_of(sent.id, answer_bytes)).starts_with(answer.body);
}

}  // namespace

Load::Load(std::uint16_t port) : port_(port), senders_(senders) {
  for (Sender& sender : senders_) sender.thread = std::thread([this, &sender] { run(sender); });
}

std::vector<Sent> Load::finish() {
  stopping_ = true;
  std::vector<Sent> all;
  for (Sender& sender : senders_) {
    sender.thread.join();
    all.insert(all.end(), sender.sent.begin(), sender.sent.end());
  }
  senders_.clear();
  return all;
}

void Load::run(Sender& sender) {
  for (;;) {
    const std::uint64_t number = next_++;
    const auto due = start_ + number * std::chrono::nanoseconds(1s) / requests_per_second;
    std::this_thread::sleep_until(due);
    if (stopping_) return;
    Sent sent{.id = std::to_string(number), .method = method_of(number), .fault = fault_};
    exchange(sender, sent);
    sent.took = std::chrono::steady_clock::now() - due;
    sender.sent.push_back(std::move(sent));
  }
}

void Load::exchange(Sender& sender, Sent& sent) const {
  const std::string body = sent.method == "GET" ? "" : body_of("sent by " + sent.id, 500);
  const std::string fields = "X-Id: " + sent.id + "\r\nX-Size: " + std::to_string(answer_bytes) + "\r\n";
  std::optional<Message> answer;
  try {
    if (!sender.wire) sender.wire = std::make_unique<RawClient>(port_);
    sender.wire->send(request(sent.method, "/" + sent.id, fields, body));
    answer = sender.wire->read_response(sent.method, Deadline(patience));
    sent.end = End::failed;
  } catch (const TimedOut&) {
    sent.end = End::hung;
  }
  if (answer) {
    sent.status = answer->status();
    if (sent.status == 200) {
      sent.end = !belongs(*answer, sent, body) ? End::misdirected : answer->complete ? End::served : End::failed;
    } else if (sent.status < 500) {
      sent.end = End::misdirected;  // Nobody says such a thing to these requests.
    }
  }
  if (!answer || !answer->complete || same_name(answer->field("Connection"), "close")) sender.wire.reset();
}

}  // namespace stickler::faults
