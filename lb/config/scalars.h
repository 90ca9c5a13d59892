// Single values of the file: each function returns the value of the key, or the fallback where the file does not give
// it or gives something else, which it has then said. One thread, during load.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lb/base/address.h"
#include "lb/base/clock.h"
#include "lb/config/field.h"
#include "lb/config/words.h"

namespace stickler::config {

template <class T>
struct Range {
  T least;
  T most;
};

bool boolean(const Field& field, bool fallback);
std::optional<std::string> text(const Field& field);  // Empty: not given, or no text.
std::string text(const Field& field, std::string fallback);
std::uint32_t whole_number(const Field& field, std::uint32_t fallback, Range<std::uint32_t> range);
double decimal_or_zero(const Field& field, Range<double> range);                             // "1.25"
std::uint32_t percent(const Field& field, std::uint32_t fallback);                           // "50%"
Duration duration(const Field& field, Duration fallback, Duration least);                    // "250ms 10s 5m 8h"
std::uint64_t size(const Field& field, std::uint64_t fallback, Range<std::uint64_t> range);  // "16KiB 1MiB"

// A whole number, or a word such as `unlimited`, which is the empty optional.
struct NumberOrWord {
  std::string_view word;
  std::uint32_t most;
};
std::optional<std::uint32_t> number_or(const Field& field, NumberOrWord wanted);
std::optional<std::uint64_t> size_or_unlimited(const Field& field);

enum class PortZero : std::uint8_t { is_any_free_port, is_refused };
std::optional<Address> address(const Field& field, PortZero zero);
std::vector<Network> networks(const Field& field);

bool is_token(std::string_view text);  // RFC 9110 5.6.2

// Which of the words it is, or nothing, which it has then said.
std::optional<std::size_t> choose(const Field& field, std::span<const std::string_view> words);

template <class T, std::size_t N>
T choice(const Field& field, T fallback, const Word<T> (&choices)[N]) {
  if (!field) return fallback;
  std::string_view words[N];
  for (std::size_t i = 0; i < N; ++i) words[i] = choices[i].word;
  const auto chosen = choose(field, words);
  if (!chosen) return fallback;
  if (!choices[*chosen].value) field.not_available(choices[*chosen].word);
  return choices[*chosen].value.value_or(fallback);
}

// A key of which only one word is built so far.
template <std::size_t N>
void only(const Field& field, std::string_view built, const std::string_view (&words)[N]) {
  if (!field) return;
  const auto chosen = choose(field, words);
  if (chosen && words[*chosen] != built) field.not_available(words[*chosen]);
}

}  // namespace stickler::config
