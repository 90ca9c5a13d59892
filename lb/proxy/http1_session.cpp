#include "lb/proxy/http1_session.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lb/http/framing.h"
#include "lb/http/writer.h"
#include "lb/proxy/worker.h"

namespace stickler::proxy {
namespace {

// After the last answer, where the client may still send: closing at once would reset the connection and could take the
// answer with it, so what comes is read and thrown away, within these limits (RFC 9112 9.6).
constexpr std::size_t linger_bytes_max = 1024 * 1024;
constexpr std::chrono::seconds linger_time{2};

// A connection that is to end and is idle may have a request on its way.
constexpr std::chrono::milliseconds last_call{250};

// A client that has sent its last request has only its end left to tell. For as long as most answers take it is not
// listened to, which saves epoll from ever hearing of it.
constexpr std::chrono::milliseconds unheard_time{10};

std::uint32_t clamped(std::size_t bytes) {
  return static_cast<std::uint32_t>(std::min<std::size_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

}  // namespace

Http1Session::Http1Session(Worker& worker, std::size_t listener, const Address& peer)
    : worker_(worker),
      epoch_(worker.epoch()),
      parser_(epoch_->listeners[listener].settings->head_limits, worker.request_head()),
      client_ip_(peer.ip()),
      deadline_(
          worker.deadlines(), [](void* session) { static_cast<Http1Session*>(session)->on_deadline(); }, this),
      listener_(static_cast<std::uint32_t>(listener)),
      client_port_(peer.port()) {
  const ListenerSettings& settings = listener_settings();
  trusted_ = std::ranges::any_of(settings.trusted_proxies, [&](const Network& net) { return net.contains(peer); });
  settings.load->connections.fetch_add(1, std::memory_order_relaxed);
  this->listener().counters->connections_opened.add();
}

Http1Session::~Http1Session() = default;

void Http1Session::start(std::unique_ptr<io::Transport> transport) {
  transport_ = std::move(transport);
  enter(Phase::idle);
  transport_->set_events(*this);
}

void Http1Session::drain() {
  retiring_ = last_request_ = true;
  if (phase_ == Phase::idle) enter(Phase::idle);
}

void Http1Session::follow_reload() {
  if (phase_ != Phase::idle && phase_ != Phase::head) return;
  const auto& listeners = worker_.epoch()->listeners;
  for (std::size_t i = 0; i < listeners.size(); ++i) {
    if (listeners[i].settings->name != listener_settings().name) continue;
    listener_ = static_cast<std::uint32_t>(i);
    epoch_ = worker_.epoch();
    parser_.set_limits(listener_settings().head_limits);
    return;
  }
  drain();
}

void Http1Session::close() {
  if (stream_ != nullptr) return stream_->on_client_gone(Failure::shutdown);
  end();
}

// --- From the client -------------------------------------------------------------------------------------------------

void Http1Session::on_data(std::span<const char> bytes) {
  const std::string_view input(bytes.data(), bytes.size());
  listener().counters->bytes_in.add(input.size());
  if (phase_ == Phase::lingering || phase_ == Phase::finishing) {
    lingered_bytes_ += static_cast<std::uint32_t>(input.size());
    if (lingered_bytes_ > linger_bytes_max) end();
    return;
  }
  keep_ahead(process(input));
  worker_.gather().flush();
  if (stream_ != nullptr) stream_->after_flush();
}

// Returns what must wait: a request behind one that is being served is not interpreted early, nor is one whose client
// does not take the answers it has.
std::string_view Http1Session::process(std::string_view input) {
  processing_ = true;
  while (phase_ <= Phase::answer && !(stream_ != nullptr && request_complete_)) {
    if (stream_ == nullptr && transport_->above_high_water()) break;
    const http::Event event = parser_.next(input);
    if (event == http::Event::need_more) break;
    on_event(event);
  }
  processing_ = false;
  if (phase_ == Phase::idle && !parser_.idle()) enter(Phase::head);
  return input;
}

void Http1Session::keep_ahead(std::string_view bytes) {
  if (bytes.empty() || phase_ > Phase::answer) return;
  // Behind the last request nothing is ever interpreted.
  extra_bytes_ = last_request_;
  if (!last_request_) ahead_.append(bytes);
  transport_->hold(io::Hold::pipelined);
}

void Http1Session::on_event(http::Event event) {
  switch (event) {
    case http::Event::head:
      return start_stream();
    case http::Event::body:
      if (phase_ == Phase::body) enter(Phase::body);
      if (stream_ != nullptr) stream_->on_request_body(parser_.body());
      return;
    case http::Event::end:
      request_complete_ = true;
      if (phase_ == Phase::body) enter(Phase::answer);
      if (stream_ != nullptr) stream_->on_request_end(parser_.trailers());
      return;
    case http::Event::error:
      return refuse(parser_.refusal());
    case http::Event::interim:
    case http::Event::need_more:
      return;
  }
}

StreamClient Http1Session::stream_client() {
  return {.exchange = *this,
          .epoch = epoch_,
          .listener = listener_,
          .ip = client_ip_,
          .port = client_port_,
          .trusted = trusted_};
}

void Http1Session::start_stream() {
  const http::RequestHead& head = parser_.head();
  request_complete_ = head.framing.empty();
  answer_complete_ = false;
  head_request_ = head.method == http::Method::head;
  http10_ = head.minor_version == 0;
  ++requests_;
  client_closes_ = !head.keep_alive;
  last_request_ =
      client_closes_ || retiring_ || worker_.draining() || requests_ >= listener_settings().requests_per_connection_max;
  enter(request_complete_ ? Phase::answer : Phase::body);
  if (request_complete_ && client_closes_ && requests_ == 1) listen_later();
  stream_ = worker_.take_stream();
  stream_->start(stream_client(), head);
}

void Http1Session::listen_later() {
  transport_->hold(io::Hold::pipelined);
  deadline_.arm(unheard_time);
}

void Http1Session::refuse(http::Refusal refusal) {
  if (stream_ != nullptr) return stream_->on_request_refused(refusal);
  // It never became a stream; it is answered and logged as one all the same.
  request_complete_ = answer_complete_ = false;
  head_request_ = http10_ = false;
  stream_ = worker_.take_stream();
  stream_->start_refused(stream_client(), refusal);
}

void Http1Session::on_eof() {
  client_ended_ = true;
  if (phase_ == Phase::finishing) return;
  if (phase_ == Phase::lingering) return end();
  // A client that has said all may still wait for its answers. One that has not is gone.
  if (stream_ != nullptr && !request_complete_) return stream_->on_client_gone(Failure::client_cut_body);
  if (stream_ == nullptr && ahead_.empty()) finish_connection();
}

void Http1Session::on_drained() {
  if (phase_ == Phase::finishing) {
    if (transport_->unsent_bytes() == 0) finish_connection();
    return;
  }
  if (stream_ != nullptr) {
    stream_->on_client_drained();
  } else if (!ahead_.empty()) {
    continue_with_ahead();
  }
  worker_.gather().flush();
}

void Http1Session::on_broken(const Error&) {
  if (stream_ != nullptr) return stream_->on_client_gone(Failure::client_reset);
  end();
}

void Http1Session::hold(io::Hold reason) {
  if (phase_ == Phase::body) deadline_.disarm();  // The client is not to blame for what is not read.
  transport_->hold(reason);
}

void Http1Session::release(io::Hold reason) {
  if (transport_ == nullptr) return;
  if (phase_ == Phase::body) enter(Phase::body);
  transport_->release(reason);
}

void Http1Session::enter(Phase phase) {
  phase_ = phase;
  const ListenerSettings& settings = listener_settings();
  switch (phase) {
    case Phase::idle:
      return arm_for(retiring_ ? last_call : settings.idle_timeout);
    case Phase::head:
      return arm_for(settings.request_header_timeout);
    case Phase::body:
      return arm_for(settings.request_body_timeout);
    case Phase::finishing:
      return arm_for(settings.idle_timeout);
    case Phase::lingering:
      return arm_for(linger_time);
    case Phase::answer:
    case Phase::tunnel:
    case Phase::over:
      return deadline_.disarm();
  }
}

void Http1Session::arm_for(Duration timeout) {
  unsent_then_ = clamped(transport_->unsent_bytes());
  deadline_.arm(timeout);
}

void Http1Session::on_deadline() {
  const bool takes_its_answer = clamped(transport_->unsent_bytes()) < unsent_then_;
  if (takes_its_answer && (phase_ == Phase::idle || phase_ == Phase::finishing)) return enter(phase_);
  switch (phase_) {
    case Phase::head:
      refuse(http::Refusal::head_too_slow);
      break;
    case Phase::body:
      refuse(http::Refusal::body_too_slow);
      break;
    case Phase::answer:
      transport_->release(io::Hold::pipelined);
      break;
    default:
      end();
      break;
  }
  worker_.gather().flush();
}

// --- From the stream -------------------------------------------------------------------------------------------------

template <class Write>
void Http1Session::put(Write write) {
  std::string& text = worker_.gather().text(*transport_);
  const std::size_t before = text.size();
  write(text);
  listener().counters->bytes_out.add(text.size() - before);
}

void Http1Session::send_interim(const http::ResponseHead& head, const http::PrefixedCookie& prefixed) {
  put([&](std::string& text) { http::write_interim_head(text, head, prefixed); });
}

void Http1Session::send_head(const http::ResponseHead& head, http::ForwardResponse forward, bool last) {
  last_request_ = last_request_ || last || worker_.draining();
  forward.framing = http::framing_to_client(head, *forward.request);
  answer_kind_ = forward.framing.kind;
  last_request_ = last_request_ || answer_kind_ == http::BodyKind::until_close;
  forward.keep_alive = !last_request_;
  forward.date = worker_.date().text(worker_.loop().wall());
  put([&](std::string& text) { http::write_response_head(text, head, forward); });
}

void Http1Session::send_body(std::string_view bytes) {
  if (bytes.empty()) return;
  const bool chunked = answer_kind_ == http::BodyKind::chunked;
  if (chunked) put([&](std::string& text) { http::append_chunk_head(text, bytes.size()); });
  worker_.gather().put(*transport_, bytes);
  listener().counters->bytes_out.add(bytes.size());
  if (chunked) put([](std::string& text) { text.append("\r\n"); });
}

void Http1Session::send_end(const http::FieldBlock& trailers) {
  answer_complete_ = true;
  if (answer_kind_ != http::BodyKind::chunked) return;
  put([&](std::string& text) { http::append_last_chunk(text, trailers); });
}

void Http1Session::send_reply(const http::Reply& reply, bool last) {
  last_request_ = last_request_ || last || worker_.draining();
  answer_complete_ = true;
  const http::ReplyContext context{.date = worker_.date().text(worker_.loop().wall()),
                                   .close = last_request_,
                                   .head_request = head_request_,
                                   .http10 = http10_};
  put([&](std::string& text) { http::write_reply(text, reply, context); });
}

void Http1Session::cut() {
  worker_.gather().flush();
  // A framed answer that ends early shows that it was cut. One that the end delimits needs a reset.
  if (answer_kind_ == http::BodyKind::until_close) transport_->set_reset_on_close();
}

std::unique_ptr<io::Transport> Http1Session::hand_over(std::string& early_bytes) {
  enter(Phase::tunnel);
  early_bytes = ahead_.view().substr(ahead_at_);
  transport_->release(io::Hold::pipelined);
  return std::move(transport_);
}

void Http1Session::on_stream_finished() {
  worker_.give_back_stream(std::move(stream_));
  if (phase_ == Phase::tunnel || !answer_complete_) return end();
  if (last_request_ || !request_complete_) {
    worker_.gather().flush_last(*transport_);
    return finish_connection();
  }
  worker_.gather().flush();
  enter(Phase::idle);
  follow_reload();
  if (!processing_) continue_with_ahead();
}

// The next request may have been waiting.
void Http1Session::continue_with_ahead() {
  if (!ahead_.empty()) {
    const std::string_view rest = process(ahead_.view().substr(ahead_at_));
    worker_.gather().flush();
    if (phase_ > Phase::answer) return;
    if (!rest.empty() && !last_request_) {
      ahead_at_ = static_cast<std::uint32_t>(ahead_.size() - rest.size());
      return;
    }
    extra_bytes_ = !rest.empty();
    ahead_.clear();
    ahead_at_ = 0;
    if (!extra_bytes_) transport_->release(io::Hold::pipelined);
  }
  if (client_ended_ && stream_ == nullptr && phase_ <= Phase::answer) finish_connection();
}

void Http1Session::finish_connection() {
  const bool sent = transport_->unsent_bytes() == 0;
  // One that has asked for the end has promised to send no more, which saves most connections of one request the wait.
  const bool client_is_done = client_ended_ || (client_closes_ && request_complete_ && !extra_bytes_);
  if (sent && client_is_done) return end();
  transport_->shutdown();
  transport_->release(io::Hold::pipelined);
  enter(sent ? Phase::lingering : Phase::finishing);
}

void Http1Session::end() {
  if (phase_ == Phase::over) return;
  enter(Phase::over);
  if (transport_ != nullptr) {
    worker_.gather().forget(*transport_);
    transport_->close();
  }
  listener().counters->connections_closed.add();
  worker_.end_session(*this);
}

}  // namespace stickler::proxy
