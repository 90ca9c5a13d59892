#include "lb/config/source.h"

#include <algorithm>
#include <utility>

#include "lb/config/quote.h"
#include "lb/config/secret.h"

namespace stickler::config {
namespace {

constexpr std::size_t excerpt_max = 200;

// The length of the UTF-8 sequence that begins the text (RFC 3629), 0 if none does.
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if (!is_continuation(text[i])) return 0;
  }
  const bool overlong = (lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xf0 && byte(1) < 0x90);
  const bool surrogate = lead == 0xed && byte(1) > 0x9f;
  const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
  return overlong || surrogate || beyond ? 0 : length;
}

// What is wrong with the byte that begins the text, "" if nothing is. A carriage return may end a line, no more.
std::string_view byte_flaw(std::string_view text) {
  if (sequence_length(text) == 0) return "not UTF-8; save the file as UTF-8";
  if (text[0] == '\0') return "a NUL byte; is this a text file?";
  if (text[0] == '\r' && text.size() == 1) return "";
  const auto byte = static_cast<unsigned char>(text[0]);
  const bool is_control =
      (byte < 0x20 && byte != '\t') || byte == 0x7f || (byte == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0);
  return is_control ? "a control character" : "";
}

std::uint32_t characters(std::string_view text) {
  return static_cast<std::uint32_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::size_t indentation(std::string_view text) { return std::min(text.find_first_not_of(' '), text.size()); }

bool is_word_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

// The word that ends before the colon, its quotes aside: in `  "keys" :` it is `keys`.
std::string_view word_before(std::string_view text, std::size_t colon) {
  std::size_t end = colon;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '"' || text[end - 1] == '\'')) --end;
  std::size_t begin = end;
  while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

// Behind the colon of the first key that names a secret, or of a URL that may have one; npos if there is none.
std::size_t find_secret_value(std::string_view text) {
  if (has_a_password(text)) return text.find("://") + 1;
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':', colon + 1)) {
    if (names_a_secret(word_before(text, colon))) return colon + 1;
  }
  return std::string_view::npos;
}

// Whether a line begins like "key:" or "- key:", so that it cannot be the rest of a text above it.
bool begins_with_key(std::string_view text) {
  std::size_t at = text.find_first_not_of(" -");
  if (at == std::string_view::npos) return false;
  const std::size_t begin = at;
  while (at < text.size() && is_word_byte(text[at])) ++at;
  return at > begin && at < text.size() && text[at] == ':' && (at + 1 == text.size() || text[at + 1] == ' ');
}

// The quoted text that begins `text` ends in it. `text` begins behind the opening quote.
bool quote_ends(std::string_view text, char quote) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      return true;  // For '' in single quotes, the second is then found as the next opening or closing one.
    }
  }
  return false;
}

}  // namespace

Source::Source(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines_.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  shown_.assign(lines_.size(), std::string_view::npos);
  opens_block_.assign(lines_.size(), false);
}

std::string_view Source::line(std::uint32_t number) const {
  return number >= 1 && number <= lines_.size() ? lines_[number - 1] : std::string_view();
}

std::optional<SyntaxError> Source::find_foreign_byte() const {
  for (std::size_t number = 0; number < lines_.size(); ++number) {
    const std::string_view text = lines_[number];
    for (std::size_t i = 0; i < text.size(); i += sequence_length(text.substr(i))) {
      const std::string_view flaw = byte_flaw(text.substr(i));
      const Mark at{static_cast<std::uint32_t>(number) + 1, static_cast<std::uint32_t>(i) + 1};
      if (!flaw.empty()) return SyntaxError{at, std::string(flaw)};
    }
  }
  return std::nullopt;
}

std::optional<SyntaxError> Source::find_open_quote(const Node& root) const {
  if (root.kind == Kind::scalar) {
    const std::string_view text = line(root.at.line);
    if (root.at.column == 0 || root.at.column > text.size()) return std::nullopt;
    const char quote = text[root.at.column - 1];
    if (quote != '"' && quote != '\'') return std::nullopt;
    if (quote_ends(text.substr(root.at.column), quote)) return std::nullopt;
    for (std::size_t below = root.at.line; below < lines_.size(); ++below) {
      if (quote_ends(lines_[below], quote)) return std::nullopt;
    }
    return SyntaxError{root.at, "the quoted text that begins here does not end"};
  }
  for (const Node& item : root.items) {
    if (auto found = find_open_quote(item)) return found;
  }
  for (const Entry& entry : root.entries) {
    if (auto found = find_open_quote(entry.value)) return found;
  }
  return std::nullopt;
}

SyntaxError Source::explain(SyntaxError error) const {
  const std::string_view text = line(error.at.line);
  const std::size_t tab = text.substr(0, text.find_first_not_of(" \t")).find('\t');
  if (tab == std::string_view::npos) return error;
  return {{error.at.line, static_cast<std::uint32_t>(tab) + 1}, std::string(tab_indents)};
}

bool Source::is_in_one_line(const Node& scalar) const {
  std::string_view text = line(scalar.at.line);
  if (scalar.at.column < 1 || scalar.at.column > text.size()) return false;
  text.remove_prefix(scalar.at.column - 1);
  return text.starts_with(scalar.text) || text.substr(1).starts_with(scalar.text);  // Behind its quote.
}

void Source::hide(std::size_t index, std::size_t shown_bytes) { shown_[index] = std::min(shown_[index], shown_bytes); }

// Keys below it included: a secret with a colon behind it is one.
void Source::hide_whole(const Node& node) {
  if (node.kind != Kind::nothing) hide_from(node.at, node.kind != Kind::scalar || is_in_one_line(node));
  for (const Node& item : node.items) hide_whole(item);
  for (const Entry& entry : node.entries) {
    hide_from(entry.at, false);
    hide_whole(entry.value);
  }
}

void Source::hide_from(Mark at, bool ends_in_line) {
  const std::size_t index = at.line - 1;
  if (index >= lines_.size()) return;
  hide(index, at.column - 1);
  if (!ends_in_line) opens_block_[index] = true;
}

void Source::hide_values_below(const Node& node) {
  for (const Node& item : node.items) hide_values_below(item);
  for (const Entry& entry : node.entries) {
    if (may_hold_a_secret(entry.key)) hide_from(entry.at, false);
    const Node& value = entry.value;
    if (names_a_secret(entry.key) || (value.kind == Kind::scalar && has_a_password(value.text))) {
      hide_whole(entry.value);
    } else {
      hide_values_below(entry.value);
    }
  }
}

// Of a value that may go on below its own line, the lines that may still belong to it.
void Source::hide_blocks() {
  constexpr std::size_t none = std::string_view::npos;
  std::size_t outermost = none;  // How far the line is indented that opened the block.
  for (std::size_t index = 0; index < lines_.size(); ++index) {
    const std::size_t own = indentation(lines_[index]);
    if (outermost != none && own <= outermost && begins_with_key(lines_[index])) outermost = none;
    if (outermost != none) hide(index, 0);
    if (opens_block_[index]) outermost = std::min(own, outermost);
  }
}

void Source::hide_secrets(const Node& root) {
  hide_values_below(root);
  hide_blocks();
}

void Source::hide_secret_lines() {
  for (std::size_t index = 0; index < lines_.size(); ++index) {
    const std::size_t value = find_secret_value(lines_[index]);
    if (value == std::string_view::npos) continue;
    hide(index, value);
    opens_block_[index] = true;
  }
  hide_blocks();
}

Mark Source::in_characters(Mark at) const {
  const std::string_view text = line(at.line);
  if (at.column < 2) return at;
  const std::size_t before = at.column - 1;
  const std::size_t inside = std::min(before, text.size());
  return {at.line, characters(text.substr(0, inside)) + static_cast<std::uint32_t>(before - inside) + 1};
}

std::string Source::excerpt(Mark at) const {
  std::string_view text = line(at.line);
  if (text.ends_with('\r')) text.remove_suffix(1);
  const std::size_t shown = text.empty() ? 0 : std::min(shown_[at.line - 1], text.size());
  std::string result(text.substr(0, shown));
  if (shown < text.size()) result += (result.ends_with(':') ? " " : "") + std::string(masked);
  while (result.ends_with(' ')) result.pop_back();
  return printable(result, excerpt_max);
}

}  // namespace stickler::config
