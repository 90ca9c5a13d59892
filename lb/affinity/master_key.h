// How keys for single purposes come from the one string that is configured (BLAKE2b). Pure; any thread.
#pragma once

#include <sodium.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace stickler::affinity {

using MasterKey = std::array<std::uint8_t, crypto_generichash_BYTES>;

inline const std::uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

inline MasterKey master_key(std::string_view text) {
  MasterKey master{};
  crypto_generichash(master.data(), master.size(), bytes_of(text), text.size(), nullptr, 0);
  return master;
}

// Each domain's key says nothing of another's.
template <std::size_t size>
std::array<std::uint8_t, size> derive(const MasterKey& master, std::string_view domain) {
  std::array<std::uint8_t, crypto_generichash_BYTES> whole{};
  crypto_generichash(whole.data(), whole.size(), bytes_of(domain), domain.size(), master.data(), master.size());
  std::array<std::uint8_t, size> part{};
  std::memcpy(part.data(), whole.data(), size);
  return part;
}

}  // namespace stickler::affinity
