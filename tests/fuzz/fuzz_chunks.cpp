// Chunked bodies in any bytes, against a decoder that is as simple as the grammar of RFC 9112 7.1.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lb/http/chunked_body.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler::http;
using namespace stickler::fuzz;

enum class End : std::uint8_t { open, complete, broken };

struct Decoded {
  End end = End::open;
  std::string data;
  std::size_t size = 0;  // Of the body as it came, if complete.
};

// The line at the front of `rest`, without its CR LF, which is removed. Nothing: it is not whole.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> size_in(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find(';'));
  if (digits.empty() || digits.size() > 16 || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos) {
    return std::nullopt;
  }
  const std::uint64_t size = std::stoull(std::string(digits), nullptr, 16);
  return size >> 63 == 0 ? std::optional(size) : std::nullopt;
}

bool is_size_line(std::string_view line) {
  if (!line.ends_with('\r')) return false;
  line.remove_suffix(1);
  const std::size_t extension = line.size() - std::min(line.find(';'), line.size());
  for (const char c : line.substr(line.size() - extension)) {
    if (c != '\t' && (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7f)) return false;
  }
  return extension <= ChunkScan::extension_bytes_max && size_in(line).has_value();
}

// The trailer section at the front, judged by the scan of fields, which has targets of its own.
Decoded read_trailers(std::string_view rest, Decoded decoded, std::size_t before) {
  FieldBlock fields;
  const ScanResult scan = scan_trailers(rest, {.header_bytes = ChunkScan::trailer_bytes_max}, fields);
  if (scan.outcome == ScanResult::Outcome::complete && !fields.has(FieldId::transfer_encoding)) {
    return {.end = End::complete, .data = decoded.data, .size = before + scan.size};
  }
  // Broken lines may be noticed as late as the section ends.
  decoded.end = scan.outcome == ScanResult::Outcome::need_more ? End::open : End::broken;
  return decoded;
}

Decoded decode(std::string_view bytes) {
  Decoded decoded;
  std::string_view rest = bytes;
  while (true) {
    const auto line = take_line(rest);
    if (!line) return decoded;
    if (!is_size_line(*line)) return {.end = End::broken, .data = decoded.data};
    const std::uint64_t size = *size_in(line->substr(0, line->size() - 1));
    if (size == 0) return read_trailers(rest, decoded, bytes.size() - rest.size());
    decoded.data += rest.substr(0, size);
    if (rest.size() < size) return decoded;
    rest.remove_prefix(size);
    if (rest.substr(0, 2) != std::string_view("\r\n").substr(0, rest.size())) return {.end = End::broken};
    if (rest.size() < 2) return decoded;
    rest.remove_prefix(2);
  }
}

class Reader {
 public:
  bool read(std::string_view piece) {
    if (end == End::complete) return false;
    const std::size_t before = piece.size();
    while (true) {
      switch (body_.next(piece)) {
        case Event::need_more:
          size += before - piece.size();
          return true;
        case Event::body:
          data += body_.body();
          break;
        case Event::end:
          size += before - piece.size();
          end = End::complete;
          return false;
        default:
          end = End::broken;
          return false;
      }
    }
  }

  std::string trailers() const {
    std::string text;
    for (std::size_t i = 0; i < body_.trailers().size(); ++i) text += body_.trailers().line(i);
    return text;
  }

  Refusal refusal() const { return body_.refusal(); }

  std::string data;
  std::size_t size = 0;
  End end = End::open;

 private:
  ChunkedBody body_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  Reader whole;
  whole.read(input.text());
  Reader cut;
  input.cut([&](std::string_view piece) { return cut.read(piece); });
  require(whole.end == cut.end);
  if (whole.end != End::broken) require(whole.data == cut.data && whole.size == cut.size);
  if (whole.end == End::complete) require(whole.trailers() == cut.trailers());

  const Decoded expected = decode(input.text());
  if (expected.end == End::complete) {
    require(whole.end == End::complete);
    require(whole.data == expected.data && whole.size == expected.size);
  } else {
    // What is broken may be so before its line ends, and a broken trailer only when the section does.
    require(whole.end != End::complete);
    if (whole.end == End::open && expected.end == End::open) require(whole.data == expected.data);
  }
  return 0;
}
