#include "backend_stub/peers/peers.h"

#include <algorithm>
#include <utility>

namespace stickler::stub {

Peers::Peers(io::Loop& loop, PeersSettings settings, PeersEvents& events)
    : events_(events),
      identity_{.secret = key_of_secret(settings.secret),
                .name = std::move(settings.self),
                .generation = settings.generation},
      port_({.loop = loop, .identity = identity_, .traffic = traffic_, .events = *this}, std::move(settings.socket)),
      settled_(settings.others.empty()) {
  for (PeerAddress& peer : settings.others) {
    links_.push_back(std::make_unique<Link>(
        Link::Context{.loop = loop, .identity = identity_, .traffic = traffic_, .events = *this}, std::move(peer)));
  }
}

bool Peers::is_live(std::string_view peer) const { return std::ranges::find(live_, peer) != live_.end(); }

void Peers::ask(std::string_view peer, Message question, OnAnswer done) {
  Link* link = find(peer);
  link == nullptr ? done(nullptr) : link->ask(std::move(question), std::move(done));
}

void Peers::check_idle() {
  for (const auto& link : links_) link->check_idle();
}

void Peers::on_live(Link& link) {
  live_.push_back(link.name());
  events_.on_live(link.name(), link.restarted());
}

void Peers::on_lost(Link& link) {
  std::erase(live_, link.name());
  events_.on_lost(link.name());
}

void Peers::on_tried(Link&) {
  if (settled_ || !std::ranges::all_of(links_, [](const auto& link) { return link->tried(); })) return;
  settled_ = true;
  events_.on_settled();
}

// A peer that has come up need not wait until this node dials again.
void Peers::on_greeted(const std::string& peer) {
  if (Link* link = find(peer)) link->dial_now();
}

Link* Peers::find(std::string_view peer) const {
  const auto found = std::ranges::find_if(links_, [&](const auto& link) { return link->name() == peer; });
  return found == links_.end() ? nullptr : found->get();
}

}  // namespace stickler::stub
