#include "lb/health/http_probe.h"

#include <array>
#include <utility>

namespace stickler::health {

HttpProbe::HttpProbe(io::Loop& loop, const Address& address, const ProbeSettings& settings, OnProbeResult on_result)
    : TcpProbe(loop, address, settings.timeout, std::move(on_result)),
      address_(address),
      settings_(settings),
      parser_(head_) {
  parser_.expect({});
}

void HttpProbe::on_connected() {
  connected_ = true;
  const std::string host = address_.is_unix() ? "localhost" : address_.to_string();
  const std::array<std::string_view, 5> pieces = {
      "GET ", settings_.path, " HTTP/1.1\r\nHost: ", host,
      "\r\nUser-Agent: stickler-health\r\nAccept: */*\r\nConnection: close\r\n\r\n"};
  socket().write(pieces);
}

void HttpProbe::on_data(std::span<const char> bytes) {
  std::string_view input(bytes.data(), bytes.size());
  while (true) {
    switch (parser_.next(input)) {
      case http::Event::need_more:
        return;
      case http::Event::interim:
        break;
      case http::Event::head:
        judge(parser_.head());
        break;
      case http::Event::body:
        body_bytes_ += parser_.body().size();
        if (body_bytes_ > body_bytes_max) return finish(*answer_);
        break;
      case http::Event::end:
        return finish(*answer_);
      case http::Event::error:
        return finish_or("bad answer: " + std::string(http::to_string(parser_.refusal())));
    }
  }
}

void HttpProbe::judge(const http::ResponseHead& head) {
  answer_ = {.ok = head.status >= settings_.expect_first && head.status <= settings_.expect_last,
             .reason = "status " + std::to_string(head.status),
             .generation = std::string(head.value_of(http::FieldId::x_node_generation))};
}

void HttpProbe::on_eof() { finish_or("closed without an answer"); }
void HttpProbe::on_broken(const Error& error) { finish_or((connected_ ? "answer: " : "connect: ") + error.message); }
void HttpProbe::on_timeout() {
  finish_or((connected_ ? "no answer within " : "no connection within ") + timeout_text());
}

void HttpProbe::finish_or(std::string reason) {
  if (answer_) return finish(*answer_);
  finish({.reason = std::move(reason)});
}

}  // namespace stickler::health
