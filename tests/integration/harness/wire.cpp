#include "tests/integration/harness/wire.h"

#include <poll.h>
#include <strings.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace stickler::integration {
namespace {

constexpr std::size_t recorded_max = 1 << 20;
constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           token_marks.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

void note(Message& message, std::string flaw) {
  if (message.flaw.empty()) message.flaw = std::move(flaw);
}

void read_field(Message& message, std::string_view line, std::vector<Field>& into) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    note(message, "not a field: " + std::string(line));
    return;
  }
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_value(value)) note(message, "control character in a value: " + std::string(line));
  into.push_back({std::string(line.substr(0, colon)), std::string(value)});
}

bool is_target(std::string_view text, std::string_view method) {
  const bool visible = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
  return visible && (text.starts_with('/') || (text == "*" && method == "OPTIONS"));
}

void check_request_line(Message& message) {
  const std::string& line = message.start_line;
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  const bool three_words = first != std::string::npos && first != last && line.find(' ', first + 1) == last;
  if (!three_words || !is_token(std::string_view(line).substr(0, first)) || line.substr(last) != " HTTP/1.1" ||
      !is_target(message.target(), message.method())) {
    note(message, "not a request line: " + line);
  }
  if (message.count("Host") != 1 || message.field("Host").empty()) note(message, "there is not one Host");
}

void check_status_line(Message& message) {
  const std::string_view line = message.start_line;
  const bool long_enough = line.size() >= 13 && line.starts_with("HTTP/1.1 ") && line[12] == ' ';
  if (!long_enough || line.substr(9, 3).find_first_not_of("0123456789") != std::string_view::npos || !is_value(line)) {
    note(message, "not a status line: " + message.start_line);
  }
}

void check_framing(Message& message) {
  const std::size_t lengths = message.count("Content-Length");
  const std::size_t codings = message.count("Transfer-Encoding");
  if (lengths + codings > 1) note(message, "more than one field says where the body ends");
  const std::string length = message.field("Content-Length");
  if (lengths == 1 && (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)) {
    note(message, "Content-Length is no number: " + length);
  }
  if (codings == 1 && !same_name(message.field("Transfer-Encoding"), "chunked")) note(message, "an unknown coding");
}

void check_trailer(Message& message) {
  if (message.trailers.empty()) return;
  const std::string& name = message.trailers.back().name;
  for (const char* forbidden : {"Host", "Content-Length", "Transfer-Encoding", "Connection"}) {
    if (same_name(name, forbidden)) note(message, "a trailer that may not be one: " + name);
  }
}

}  // namespace

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::size_t Message::count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [name](const Field& field) { return same_name(field.name, name); }));
}

std::string Message::field(std::string_view name) const {
  const auto found = std::ranges::find_if(fields, [name](const Field& field) { return same_name(field.name, name); });
  return found == fields.end() ? std::string() : found->value;
}

std::string Message::method() const { return start_line.substr(0, start_line.find(' ')); }

std::string Message::target() const {
  const std::size_t first = start_line.find(' ');
  return first == std::string::npos ? "" : start_line.substr(first + 1, start_line.rfind(' ') - first - 1);
}

int Message::status() const {
  return start_line.starts_with("HTTP/1.") && start_line.size() >= 12 ? std::atoi(start_line.c_str() + 9) : 0;
}

std::size_t Wire::send_while_taken(std::string_view bytes, std::chrono::milliseconds patience) {
  std::size_t sent = 0;
  while (sent < bytes.size() && wait_for(fd_.get(), POLLOUT, Deadline(patience))) {
    const std::string_view rest = bytes.substr(sent);
    const ssize_t taken = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (taken > 0) sent += static_cast<std::size_t>(taken);
    if (taken < 0 && errno != EAGAIN && errno != EINTR) break;
  }
  return sent;
}

void Wire::half_close() { ::shutdown(fd_.get(), SHUT_WR); }

void Wire::shut_down() { ::shutdown(fd_.get(), SHUT_RDWR); }

bool Wire::fill(Deadline deadline) {
  if (ended_) return false;
  char bytes[65536];
  for (;;) {
    if (!wait_for(fd_.get(), POLLIN, deadline)) {
      throw TimedOut("nothing arrived before the deadline; unread so far: '" + buffer_.substr(0, 500) + "'");
    }
    const ssize_t got = ::recv(fd_.get(), bytes, sizeof bytes, 0);
    if (got > 0) {
      const std::string_view arrived(bytes, static_cast<std::size_t>(got));
      buffer_.append(arrived);
      if (received_.size() < recorded_max) received_.append(arrived);
      return true;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    was_reset_ = got < 0;
    ended_ = true;
    return false;
  }
}

std::string Wire::take(std::size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string Wire::read_exactly(std::size_t size, Deadline deadline) {
  while (buffer_.size() < size && fill(deadline)) {
  }
  return take(size);
}

std::string Wire::read_until(std::string_view end, Deadline deadline) {
  std::size_t from = 0;
  for (;;) {
    const std::size_t at = buffer_.find(end, from);
    if (at != std::string::npos) return take(at + end.size());
    from = buffer_.size() >= end.size() ? buffer_.size() - end.size() + 1 : 0;
    if (!fill(deadline)) return take(buffer_.size());
  }
}

std::string Wire::read_to_end(Deadline deadline) {
  while (fill(deadline)) {
  }
  return take(buffer_.size());
}

bool Wire::closed_by_peer(Deadline deadline) {
  if (!buffer_.empty()) return false;
  try {
    return !fill(deadline);
  } catch (const TimedOut&) {
    return false;
  }
}

bool Wire::nothing_arrives(std::chrono::milliseconds span) {
  return buffer_.empty() && !ended_ && !wait_for(fd_.get(), POLLIN, Deadline(span));
}

std::optional<Message> Wire::read_head(Deadline deadline) {
  Message message;
  message.head = read_until("\r\n\r\n", deadline);
  if (!message.head.ends_with("\r\n\r\n")) {
    buffer_ = message.head;
    return std::nullopt;
  }
  std::string_view rest = message.head;
  rest.remove_suffix(2);
  const auto next_line = [&rest] {
    const std::size_t end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    return line;
  };
  message.start_line = next_line();
  while (!rest.empty()) {
    const std::string_view line = next_line();
    if (line.starts_with(' ') || line.starts_with('\t')) note(message, "a folded line");
    read_field(message, line, message.fields);
  }
  check_framing(message);
  message.chunked = message.has("Transfer-Encoding");
  return message;
}

std::optional<Message> Wire::read_response_head(Deadline deadline) {
  std::optional<Message> head = read_head(deadline);
  if (head) check_status_line(*head);
  return head;
}

std::optional<Message> Wire::read_request_head(Deadline deadline) {
  std::optional<Message> head = read_head(deadline);
  if (head) check_request_line(*head);
  return head;
}

void Wire::read_sized(Message& message, Deadline deadline) {
  const std::size_t size = std::strtoull(message.field("Content-Length").c_str(), nullptr, 10);
  message.body = read_exactly(size, deadline);
  message.complete = message.body.size() == size;
}

void Wire::read_chunks(Message& message, Deadline deadline) {
  for (;;) {
    std::string line = read_until("\r\n", deadline);
    if (!line.ends_with("\r\n")) return;
    line.resize(line.size() - 2);
    if (line.empty() || line.size() > 16 || line.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      note(message, "not a chunk size: '" + line + "'");
      return;
    }
    const std::size_t size = std::strtoull(line.c_str(), nullptr, 16);
    if (size == 0) break;
    const std::string data = read_exactly(size + 2, deadline);
    message.body += data.substr(0, size);
    if (data.size() < size + 2) return;
    if (!data.ends_with("\r\n")) note(message, "a chunk that does not end with CRLF");
  }
  for (;;) {
    std::string line = read_until("\r\n", deadline);
    if (!line.ends_with("\r\n")) return;
    if (line == "\r\n") break;
    line.resize(line.size() - 2);
    read_field(message, line, message.trailers);
    check_trailer(message);
  }
  message.complete = true;
}

std::optional<Message> Wire::read_response(std::string_view method, Deadline deadline) {
  std::optional<Message> message = read_response_head(deadline);
  if (!message) return message;
  const int status = message->status();
  const bool bodyless = method == "HEAD" || status / 100 == 1 || status == 204 || status == 304;
  if (bodyless) {
    message->complete = true;
  } else if (message->chunked) {
    read_chunks(*message, deadline);
  } else if (message->has("Content-Length")) {
    read_sized(*message, deadline);
  } else {
    message->body = read_to_end(deadline);
    message->complete = !was_reset_;
  }
  return message;
}

std::optional<Message> Wire::read_request(Deadline deadline) {
  std::optional<Message> message = read_request_head(deadline);
  if (!message) return message;
  if (message->chunked) {
    read_chunks(*message, deadline);
  } else if (message->has("Content-Length")) {
    read_sized(*message, deadline);
  } else {
    message->complete = true;
  }
  return message;
}

}  // namespace stickler::integration
