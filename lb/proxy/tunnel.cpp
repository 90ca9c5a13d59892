#include "lb/proxy/tunnel.h"

#include <utility>

namespace stickler::proxy {

Tunnel::Tunnel(io::Loop& loop, io::Deadlines& deadlines, Duration idle_timeout, std::function<void(End)> on_end)
    : loop_(loop),
      idle_timeout_(idle_timeout),
      on_end_(std::move(on_end)),
      client_(*this, End::client_broke),
      upstream_(*this, End::upstream_broke),
      idle_(
          deadlines, [](void* tunnel) { static_cast<Tunnel*>(tunnel)->finish(End::idle); }, this) {
  client_.other = &upstream_;
  upstream_.other = &client_;
}

Tunnel::~Tunnel() = default;

void Tunnel::start(Ends ends, std::string_view from_client, std::string_view from_upstream) {
  client_.transport = std::move(ends.client);
  upstream_.transport = std::move(ends.upstream);
  client_.relay.join(*client_.transport, *upstream_.transport);
  upstream_.relay.join(*upstream_.transport, *client_.transport);
  client_.bytes += from_client.size();
  upstream_.bytes += from_upstream.size();
  upstream_.transport->write(from_client);
  client_.transport->write(from_upstream);
  idle_.arm(idle_timeout_);
  client_.transport->set_events(client_);
  upstream_.transport->set_events(upstream_);
}

// Both have said all; what one side has not taken yet is still on its way.
void Tunnel::finish_when_sent() {
  if (client_.transport->unsent_bytes() == 0 && upstream_.transport->unsent_bytes() == 0) finish(End::closed);
}

void Tunnel::finish(End end) {
  if (std::exchange(finished_, true)) return;
  idle_.disarm();
  client_.transport->close();
  upstream_.transport->close();
  loop_.bury(std::move(client_.transport));
  loop_.bury(std::move(upstream_.transport));
  on_end_(end);
}

void Tunnel::Side::on_data(std::span<const char> data) {
  bytes += data.size();
  tunnel_.idle_.arm(tunnel_.idle_timeout_);
  other->transport->write(std::string_view(data.data(), data.size()));
  relay.after_write();
}

void Tunnel::Side::on_eof() {
  ended = true;
  other->transport->shutdown();
  if (other->ended) tunnel_.finish_when_sent();
}

void Tunnel::Side::on_drained() {
  other->relay.on_sink_drained();
  if (ended && other->ended) tunnel_.finish_when_sent();
}

void Tunnel::Side::on_broken(const Error&) { tunnel_.finish(broke_); }

}  // namespace stickler::proxy
