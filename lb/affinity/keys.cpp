#include "lb/affinity/keys.h"

#include <sodium.h>

#include <array>
#include <cassert>

#include "lb/affinity/master_key.h"

namespace stickler::affinity {
namespace {

static_assert(std::tuple_size_v<decltype(CookieKey::tag)> == crypto_shorthash_siphashx24_KEYBYTES);
static_assert(std::tuple_size_v<decltype(CookieKey::node)> == crypto_shorthash_siphash24_KEYBYTES);

CookieKey key_from(std::string_view text) {
  const MasterKey master = master_key(text);
  const auto id = derive<2>(master, "stickler cookie 1: key id");
  return {.tag = derive<16>(master, "stickler cookie 1: tag"),
          .node = derive<16>(master, "stickler cookie 1: node id"),
          .id = static_cast<std::uint16_t>(id[0] << 8 | id[1])};
}

}  // namespace

NodeId CookieKey::node_id(std::string_view backend_name) const {
  std::array<std::uint8_t, crypto_shorthash_siphash24_BYTES> hash{};
  crypto_shorthash_siphash24(hash.data(), bytes_of(backend_name), backend_name.size(), node.data());
  NodeId result = 0;
  for (const std::uint8_t byte : hash) result = result << 8 | byte;
  return result == 0 ? 1 : result;
}

CookieKeys::CookieKeys(std::span<const std::string> configured) {
  [[maybe_unused]] const int started = sodium_init();  // Any number of times, from any thread.
  assert(started >= 0);
  for (const std::string& text : configured) keys_.push_back(key_from(text));
  if (keys_.empty()) keys_.push_back(key_from(random_key()));
}

std::string CookieKeys::random_key() {
  std::string key(32, '\0');
  randombytes_buf(key.data(), key.size());
  return key;
}

// From the system in batches: one call for each would be a fifth call of a request that begins a session.
std::uint64_t CookieKeys::nonce() {
  constexpr std::size_t batch = 64;
  thread_local std::array<std::uint64_t, batch> nonces;
  thread_local std::size_t left = 0;
  if (left == 0) {
    randombytes_buf(nonces.data(), sizeof nonces);
    left = batch;
  }
  return nonces[--left];
}

}  // namespace stickler::affinity
