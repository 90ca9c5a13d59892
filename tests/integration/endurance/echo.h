// How a chaos_origin answers, so that a client can tell whose answer it got. Pure; any thread.
//
// A request names itself in X-Id and the size of its answer in X-Size. The answer has that id, a digest of the
// request's body, and a body that follows from the id.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stickler::integration {

// FNV-1a, 64 bits.
inline std::string digest_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return std::to_string(hash);
}

inline std::string body_of(std::string_view id, std::size_t size) {
  std::string body;
  body.reserve(size + id.size() + 16);
  for (std::size_t i = 0; body.size() < size; ++i) body.append(id).append("+").append(std::to_string(i)).append(" ");
  body.resize(size);
  return body;
}

}  // namespace stickler::integration
