// CookieKeys: the secrets behind the cookie of affinity. Immutable; any thread.
//
// A configured string is hashed to a master key (BLAKE2b), and from that come, each in its own domain, the key of
// the tag (SipHash-2-4-128), the key of the node ids (SipHash-2-4) and the key id, by which a cookie says which key
// signed it. The first key signs, all verify: rotation moves nobody.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stickler::affinity {

// A backend's name as the cookie gives it away. 0: none.
using NodeId = std::uint64_t;

struct CookieKey {
  std::array<std::uint8_t, 16> tag{};
  std::array<std::uint8_t, 16> node{};
  std::uint16_t id = 0;

  NodeId node_id(std::string_view backend_name) const;  // Never 0.

  friend bool operator==(const CookieKey&, const CookieKey&) = default;
};

class CookieKeys {
 public:
  // Without any string: one random key. A server keeps such a key over reloads by passing the same random_key().
  explicit CookieKeys(std::span<const std::string> configured);

  static std::string random_key();

  // Where `open` reports a key's index and `seal` takes one: a place in this list. Never empty; [0] signs.
  std::span<const CookieKey> all() const { return keys_; }
  const CookieKey& signing() const { return keys_.front(); }

  // A session's random nonce, unpredictable.
  static std::uint64_t nonce();

 private:
  std::vector<CookieKey> keys_;
};

}  // namespace stickler::affinity
