#include "backend_stub/peers/peer_list.h"

#include <algorithm>
#include <utility>

namespace stickler::stub {
namespace {

constexpr std::size_t peers_max = 64;

Result<PeerAddress> parse_peer(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return fail("expected NAME=ADDRESS, got '" + std::string(text) + "'");
  auto name = parse_node_name(text.substr(0, equals));
  if (!name) return tl::unexpected(name.error());
  auto address = Address::parse(text.substr(equals + 1));
  if (!address) return tl::unexpected(address.error());
  return PeerAddress{.name = *std::move(name), .address = *address};
}

}  // namespace

Result<std::string> parse_node_name(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
           c == '-';
  };
  if (!text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits)) return std::string(text);
  return fail("expected 1 to 64 letters, digits, '.', '_' or '-', got '" + std::string(text) + "'");
}

Result<std::vector<PeerAddress>> parse_peers(std::string_view text) {
  std::vector<PeerAddress> peers;
  for (std::size_t end = 0; end != std::string_view::npos; text.remove_prefix(end + 1)) {
    end = text.find(',');
    auto peer = parse_peer(text.substr(0, end));
    if (!peer) return tl::unexpected(peer.error());
    if (std::ranges::find(peers, peer->name, &PeerAddress::name) != peers.end()) {
      return fail("'" + peer->name + "' is named twice");
    }
    peers.push_back(*std::move(peer));
    if (peers.size() > peers_max) return fail("expected at most " + std::to_string(peers_max) + " peers");
    if (end == std::string_view::npos) break;
  }
  return peers;
}

}  // namespace stickler::stub
