#include "bench/load/client.h"

#include <array>
#include <utility>

namespace stickler::bench {

Client::Client(ClientShared& shared)
    : shared_(shared),
      parser_(shared.head),
      deadline_(
          shared.deadlines, [](void* client) { static_cast<Client*>(client)->finish(Ending::timeout); }, this) {}

Client::~Client() = default;

void Client::send(TimePoint due) {
  busy_ = true;
  current_ = {.due = due};
  deadline_.arm(shared_.settings.timeout);
  if (socket_ != nullptr) return write_request();
  ++shared_.connects;
  connected_ = false;
  socket_ = io::Socket::connect(shared_.loop, shared_.settings.address, *this);
}

void Client::on_connected() {
  connected_ = true;
  write_request();
}

void Client::write_request() {
  request_head_.assign(shared_.head_start);
  cookies_.append_field(request_head_);
  request_head_ += "\r\n";
  parser_.expect({.head_request = shared_.settings.method == "HEAD", .upgrade_requested = false});
  const std::array<std::string_view, 2> pieces = {request_head_, shared_.body};
  socket_->write(pieces);
}

void Client::on_data(std::span<const char> bytes) {
  if (!busy_) return disconnect();  // Nobody asked.
  std::string_view input(bytes.data(), bytes.size());
  while (busy_) {
    switch (parser_.next(input)) {
      case http::Event::need_more:
        return;
      case http::Event::interim:
        break;
      case http::Event::head: {
        const http::ResponseHead& head = parser_.head();
        current_.status = head.status;
        keep_ = head.keep_alive && shared_.settings.keep_alive;
        for (std::size_t i = 0; shared_.settings.keep_cookies && i < head.size(); ++i) {
          if (head[i].id == http::FieldId::set_cookie) cookies_.store(head.value(i));
        }
        break;
      }
      case http::Event::body:
        current_.body_bytes += parser_.body().size();
        break;
      case http::Event::end:
        return finish(Ending::answered);
      case http::Event::error:
        return finish(Ending::bad_answer);
    }
  }
}

void Client::on_eof() {
  if (!busy_) return disconnect();
  if (parser_.eof() == http::Event::end) return finish(Ending::answered);
  finish(current_.status == 0 ? Ending::reset : Ending::cut);
}

void Client::on_broken(const Error&) {
  if (!busy_) return disconnect();
  finish(!connected_ ? Ending::connect_error : current_.status == 0 ? Ending::reset : Ending::cut);
}

void Client::finish(Ending ending) {
  deadline_.disarm();
  current_.ending = ending;
  busy_ = false;
  if (ending != Ending::answered || !std::exchange(keep_, false)) disconnect();
  const Finished finished = current_;
  shared_.on_finished(*this, finished);
}

void Client::disconnect() {
  if (socket_ == nullptr) return;
  socket_->close();
  shared_.loop.bury(std::move(socket_));
}

}  // namespace stickler::bench
