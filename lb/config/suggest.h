// "Did you mean": the closest of some words. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace stickler::config {

// Insertions, deletions, substitutions and swaps of neighbours that lead from one word to the other, case and the
// difference of '-' and '_' aside (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest word, "" if none is close enough to be meant. Of a long list only the beginning is looked at.
std::string_view closest(std::string_view wrong, std::span<const std::string_view> words);

// "; did you mean 'policy'?"; "" for no word.
std::string did_you_mean(std::string_view word);

// "a, b or c"
std::string enumerate(std::span<const std::string_view> words);

}  // namespace stickler::config
