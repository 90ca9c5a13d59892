// Where a run of bytes ends that may stand in a part of a head: 16 bytes at a time, reading only inside the view. And
// what each byte may be part of. Pure; any thread.
#pragma once

#include <emmintrin.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stickler::http {

enum ByteClass : std::uint8_t {
  tchar = 1,      // Token (RFC 9110 5.6.2).
  target = 2,     // Acceptable in a request target: visible ASCII but '#'.
  host_name = 4,  // Acceptable in a host's name: letters, digits, "-._~".
  id_byte = 8,    // Acceptable in a request id.
};

// Which classes a byte is of.
extern const std::array<std::uint8_t, 256> byte_classes;

inline bool is(char byte, ByteClass wanted) { return (byte_classes[static_cast<unsigned char>(byte)] & wanted) != 0; }

bool is_all(std::string_view text, ByteClass wanted);

inline bool is_blank(char byte) { return byte == ' ' || byte == '\t'; }

inline bool is_token(std::string_view text) { return !text.empty() && is_all(text, tchar); }

// The first byte at or behind `from` for which a predicate holds, which is given for 16 bytes and for one; text.size()
// if there is none. The last block overlaps what has been looked at.
template <class OfBlock, class OfByte>
std::size_t find_byte(std::string_view text, std::size_t from, OfBlock of_block, OfByte of_byte) {
  const auto found_in = [&](std::size_t at) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    return static_cast<unsigned>(_mm_movemask_epi8(of_block(block)));
  };
  std::size_t i = from;
  for (; i + 16 <= text.size(); i += 16) {
    if (const unsigned found = found_in(i); found != 0) return i + static_cast<unsigned>(__builtin_ctz(found));
  }
  if (text.size() >= 16 && i < text.size()) {
    const std::size_t last = text.size() - 16;
    const unsigned found = found_in(last) >> (i - last);
    return found != 0 ? i + static_cast<unsigned>(__builtin_ctz(found)) : text.size();
  }
  while (i < text.size() && !of_byte(text[i])) ++i;
  return i;
}

// A field value or reason phrase goes on up to a control other than the tab: its line's CR in an honest message.
inline std::size_t end_of_value(std::string_view text, std::size_t from) {
  const __m128i control_max = _mm_set1_epi8(0x1f);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i tab = _mm_set1_epi8('\t');
  return find_byte(
      text, from,
      [&](__m128i block) {
        const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, control_max), block);
        return _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(block, tab), control), _mm_cmpeq_epi8(block, del));
      },
      [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
      });
}

inline std::size_t end_of_target(std::string_view text, std::size_t from) {
  const __m128i first = _mm_set1_epi8(0x21);
  const __m128i del = _mm_set1_epi8(0x7f);
  const __m128i hash = _mm_set1_epi8('#');
  return find_byte(
      text, from,
      [&](__m128i block) {  // Signed: bytes of 0x80 and more are below it, too.
        const __m128i stops = _mm_or_si128(_mm_cmpeq_epi8(block, del), _mm_cmpeq_epi8(block, hash));
        return _mm_or_si128(stops, _mm_cmplt_epi8(block, first));
      },
      [](char c) { return !is(c, target); });
}

inline std::size_t find_colon(std::string_view text, std::size_t from) {
  const __m128i colon = _mm_set1_epi8(':');
  return find_byte(
      text, from, [&](__m128i block) { return _mm_cmpeq_epi8(block, colon); }, [](char c) { return c == ':'; });
}

}  // namespace stickler::http
