#include "lb/proxy/access_log.h"

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <limits>

namespace stickler::proxy {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// How many bytes the UTF-8 sequence at the front of `text` has; 0: it is malformed (RFC 3629 4).
std::size_t utf8_size(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4 || !continues(1)) return 0;
  if (lead < 0xe0) return 2;
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) > 0x9f)) return 0;  // Overlong; surrogates.
  if (!continues(2)) return 0;
  if (lead < 0xf0) return 3;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) > 0x8f)) return 0;  // Overlong; beyond U+10FFFF.
  return continues(3) ? 4 : 0;
}

constexpr auto needs_care = [] {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = c < 0x20 || c >= 0x7f || c == '"' || c == '\\';
  return table;
}();

// The longest front of `text` that can be copied as it is.
std::size_t plain_size(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && !needs_care[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

void append_json_escape(std::string& out, unsigned char byte) {
  out += "\\u00";
  out += hex_digits[byte >> 4];
  out += hex_digits[byte & 15];
}

// A byte that is not UTF-8 is shown as the character of the same number, U+0080 to U+00FF: nothing is lost, and the
// line stays valid JSON.
void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (true) {
    const std::size_t plain = plain_size(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    std::size_t size = 1;
    if (byte == '"' || byte == '\\') {
      out += '\\';
      out += text.front();
    } else if (byte >= 0x80 && (size = utf8_size(text)) != 0) {
      out.append(text.data(), size);
    } else {
      append_json_escape(out, byte);
      size = 1;
    }
    text.remove_prefix(size);
  }
  out += '"';
}

// As Apache's ap_escape_logitem: \" \\ and \b \n \r \t \v by letter, the rest as \xhh.
void append_apache(std::string& out, std::string_view text) {
  if (text.empty()) out += '-';
  while (!text.empty()) {
    const std::size_t plain = plain_size(text);
    out.append(text.data(), plain);
    text.remove_prefix(plain);
    if (text.empty()) break;
    const auto byte = static_cast<unsigned char>(text.front());
    constexpr std::string_view from = "\b\n\r\t\v\"\\";
    constexpr std::string_view to = "bnrtv\"\\";
    out += '\\';
    if (const std::size_t at = from.find(text.front()); at != std::string_view::npos) {
      out += to[at];
    } else {
      out += 'x';
      out += hex_digits[byte >> 4];
      out += hex_digits[byte & 15];
    }
    text.remove_prefix(1);
  }
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_padded(std::string& out, std::uint64_t value, std::size_t width) {
  std::array<char, 20> digits;
  for (std::size_t i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), width);
}

// Broken down once a second a thread: gmtime_r costs more than the rest of a line.
const std::tm& utc(std::int64_t second) {
  thread_local std::int64_t cached = std::numeric_limits<std::int64_t>::min();
  thread_local std::tm parts{};
  if (second != cached) {
    const auto time = static_cast<std::time_t>(second);
    gmtime_r(&time, &parts);
    cached = second;
  }
  return parts;
}

struct Instant {
  std::int64_t second;
  std::uint64_t micros;
};

Instant instant_of(WallTime time) {
  const auto second = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::floor<std::chrono::microseconds>(time - second);
  return {second.time_since_epoch().count(), static_cast<std::uint64_t>(rest.count())};
}

std::uint64_t part(int value) { return static_cast<std::uint64_t>(value); }

// RFC 3339 5.6, UTC: 2026-02-03T04:05:06.789012Z
void append_rfc3339(std::string& out, WallTime time) {
  const Instant instant = instant_of(time);
  const std::tm& parts = utc(instant.second);
  append_padded(out, part(parts.tm_year + 1900), 4);
  out += '-';
  append_padded(out, part(parts.tm_mon + 1), 2);
  out += '-';
  append_padded(out, part(parts.tm_mday), 2);
  out += 'T';
  append_padded(out, part(parts.tm_hour), 2);
  out += ':';
  append_padded(out, part(parts.tm_min), 2);
  out += ':';
  append_padded(out, part(parts.tm_sec), 2);
  out += '.';
  append_padded(out, instant.micros, 6);
  out += 'Z';
}

// Apache's %t, in UTC: [03/Feb/2026:04:05:06 +0000]
void append_apache_time(std::string& out, WallTime time) {
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm& parts = utc(instant_of(time).second);
  out += '[';
  append_padded(out, part(parts.tm_mday), 2);
  out += '/';
  out += months[static_cast<std::size_t>(parts.tm_mon)];
  out += '/';
  append_padded(out, part(parts.tm_year + 1900), 4);
  out += ':';
  append_padded(out, part(parts.tm_hour), 2);
  out += ':';
  append_padded(out, part(parts.tm_min), 2);
  out += ':';
  append_padded(out, part(parts.tm_sec), 2);
  out += " +0000]";
}

// One JSON object, field by field.
class JsonLine {
 public:
  explicit JsonLine(std::string& out) : out_(out) { out_ += '{'; }
  void finish() { out_ += "}\n"; }

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void number(std::string_view name, std::uint64_t value) {
    key(name);
    append_number(out_, value);
  }
  void time(std::string_view name, WallTime value) {
    key(name);
    out_ += '"';
    append_rfc3339(out_, value);
    out_ += '"';
  }
  // Milliseconds with three digits behind the point.
  void millis(std::string_view name, Duration value) {
    key(name);
    if (value < Duration::zero()) {
      out_ += "null";
      return;
    }
    const auto micros = static_cast<std::uint64_t>(std::chrono::floor<std::chrono::microseconds>(value).count());
    append_number(out_, micros / 1000);
    out_ += '.';
    append_padded(out_, micros % 1000, 3);
  }

 private:
  void key(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
};

void append_common(std::string& out, const AccessRecord& record) {
  append_apache(out, record.client);
  out += " - - ";
  append_apache_time(out, record.time);
  out += " \"";
  // What could not be read as a request has no request line; Apache shows "-".
  if (record.method.empty()) {
    out += '-';
  } else {
    append_apache(out, record.method);
    out += ' ';
    append_apache(out, record.path);
    out += ' ';
    append_apache(out, record.protocol);
  }
  out += "\" ";
  if (record.status == 0) {
    out += '-';
  } else {
    append_number(out, record.status);
  }
  out += ' ';
  if (record.bytes_out == 0) {
    out += '-';
  } else {
    append_number(out, record.bytes_out);
  }
}

}  // namespace

void format_json(std::string& out, const AccessRecord& record) {
  JsonLine line(out);
  line.time("time", record.time);
  line.text("request_id", record.request_id);
  line.text("client", record.client);
  line.text("listener", record.listener);
  line.text("host", record.host);
  line.text("method", record.method);
  line.text("path", record.path);
  line.text("protocol", record.protocol);
  line.number("status", record.status);
  line.number("bytes_in", record.bytes_in);
  line.number("bytes_out", record.bytes_out);
  line.text("route", record.route);
  line.text("pool", record.pool);
  line.text("backend", record.backend);
  line.text("verdict", record.verdict);
  line.number("attempts", record.attempts);
  line.text("reason", record.reason);
  line.millis("connect_ms", record.connect_time);
  line.millis("first_byte_ms", record.first_byte_time);
  line.millis("total_ms", record.total_time);
  line.text("tls", record.tls);
  line.text("user_agent", record.user_agent);
  line.finish();
}

void format_common(std::string& out, const AccessRecord& record) {
  append_common(out, record);
  out += '\n';
}

void format_combined(std::string& out, const AccessRecord& record) {
  append_common(out, record);
  out += " \"";
  append_apache(out, record.referer);
  out += "\" \"";
  append_apache(out, record.user_agent);
  out += "\"\n";
}

}  // namespace stickler::proxy
