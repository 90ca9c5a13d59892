#include "lb/config/suggest.h"

#include <algorithm>
#include <vector>

#include "lb/base/bytes.h"

namespace stickler::config {
namespace {

constexpr std::size_t word_max = 64;  // Nobody mistypes a key of this length; the cost is quadratic.
constexpr std::size_t words_max = 200;

char folded(char c) { return c == '-' ? '_' : ascii_lower(c); }

std::string without_dashes(std::string_view word) {
  std::string result;
  for (const char c : word) {
    if (c != '-' && c != '_') result += ascii_lower(c);
  }
  return result;
}

// The one word that an abbreviation such as "leastconn" begins, "" if there are none or several.
std::string_view only_continuation(std::string_view wrong, std::span<const std::string_view> words) {
  const std::string beginning = without_dashes(wrong);
  if (beginning.size() < 3) return {};
  std::string_view found;
  for (const std::string_view word : words) {
    if (!without_dashes(word).starts_with(beginning)) continue;
    if (!found.empty()) return {};
    found = word;
  }
  return found;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = above[j - 1] + (folded(a[i - 1]) == folded(b[j - 1]) ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped =
          i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) && folded(a[i - 2]) == folded(b[j - 1]);
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, above);
    std::swap(above, row);
  }
  return above[b.size()];
}

std::string_view closest(std::string_view wrong, std::span<const std::string_view> words) {
  if (wrong.size() > word_max) return {};
  words = words.first(std::min(words.size(), words_max));
  std::string_view best;
  std::size_t least = wrong.size() / 3 + 1;
  if (wrong.size() < 3) least = 1;
  for (const std::string_view word : words) {
    if (word.size() > word_max) continue;
    const std::size_t distance = edit_distance(wrong, word);
    if (distance > least || (distance == least && !best.empty())) continue;
    if (distance >= std::max(wrong.size(), word.size())) continue;
    best = word;
    least = distance;
  }
  return best.empty() ? only_continuation(wrong, words) : best;
}

std::string did_you_mean(std::string_view word) {
  return word.empty() ? "" : "; did you mean '" + std::string(word) + "'?";
}

std::string enumerate(std::span<const std::string_view> words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

}  // namespace stickler::config
