#include "backend_stub/peers/channel.h"

#include <sodium.h>

#include <algorithm>
#include <utility>

namespace stickler::stub {
namespace {

constexpr std::string_view magic = "stickler-peers 1";
constexpr std::size_t opening_bytes = magic.size() + channel_nonce_bytes;

// Before an end has proved that it knows the secret it may not make us hold more.
constexpr std::size_t greeting_bytes_max = 256;

FrameKey hash(const FrameKey* key, std::string_view text) {
  FrameKey out;
  crypto_generichash(out.data(), out.size(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                     key == nullptr ? nullptr : key->data(), key == nullptr ? 0 : key->size());
  return out;
}

}  // namespace

FrameKey key_of_secret(std::string_view secret) { return hash(nullptr, secret); }

Channel::Channel(Side side, const Identity& identity, std::string nonce)
    : side_(side), identity_(identity), nonce_(std::move(nonce)) {}

std::string Channel::opening() const { return std::string(magic) + nonce_; }

void Channel::push(std::string_view bytes) {
  if (!opener_) {
    const std::string_view part = bytes.substr(0, opening_bytes - opening_.size());
    opening_.append(part);
    bytes.remove_prefix(part.size());
    if (!flaw_.empty() || !take_opening()) return;
  }
  opener_->push(bytes);
}

// Whether it is whole. What is no opening is told at the first byte that does not fit.
bool Channel::take_opening() {
  const std::size_t begun = std::min(opening_.size(), magic.size());
  if (std::string_view(opening_).substr(0, begun) != magic.substr(0, begun)) {
    flaw_ = "it speaks another protocol";
    return false;
  }
  if (opening_.size() < opening_bytes) return false;
  const std::string theirs = opening_.substr(magic.size());
  const std::string both = side_ == Side::dialler ? nonce_ + theirs : theirs + nonce_;
  const FrameKey from_dialler = hash(&identity_.secret, "dialler" + both);
  const FrameKey from_acceptor = hash(&identity_.secret, "acceptor" + both);
  sealer_.emplace(side_ == Side::dialler ? from_dialler : from_acceptor);
  opener_.emplace(side_ == Side::dialler ? from_acceptor : from_dialler, greeting_bytes_max);
  send({.number = 0, .message = Hello{.name = identity_.name, .generation = identity_.generation}});
  return true;
}

Channel::Event Channel::next() {
  if (!flaw_.empty()) return Event::broken;
  if (!opener_) return Event::need_more;
  switch (opener_->next()) {
    case FrameOpener::Outcome::need_more:
      return Event::need_more;
    case FrameOpener::Outcome::too_long:
      return break_off("a frame is too long");
    case FrameOpener::Outcome::forged:
      return break_off(peer_.name.empty() ? "it has another --peer-secret" : "a frame is forged");
    case FrameOpener::Outcome::frame:
      break;
  }
  return on_frame();
}

Channel::Event Channel::on_frame() {
  auto envelope = unpack(opener_->payload());
  if (!envelope) return break_off("a message cannot be understood");
  envelope_ = *std::move(envelope);
  const Hello* hello = std::get_if<Hello>(&envelope_.message);
  if ((hello != nullptr) != peer_.name.empty()) return break_off("a message comes out of turn");
  if (hello == nullptr) return Event::message;
  if (hello->name.empty()) return break_off("it has no name");
  if (hello->name == identity_.name) return break_off("it has the name of this node");
  peer_ = *hello;
  opener_->set_payload_bytes_max(message_bytes_max);
  return Event::greeted;
}

void Channel::send(const Envelope& envelope) { output_ += sealer_->seal(pack(envelope)); }

Channel::Event Channel::break_off(std::string_view flaw) {
  flaw_ = flaw;
  return Event::broken;
}

}  // namespace stickler::stub
