// Says how Stickler reads HTTP/1.1 messages, for driver.py: what it takes for a message and where each one ends.
//
// framing_reader requests|answers: on stdin each input stands behind its size (4 bytes, little-endian); before an
// answer's bytes stands one more byte, 1 if HEAD was asked, else 0. On stdout a line of JSON for each, all text as
// hexadecimal digits:
//   {"messages": [[START, BODY, WHOLE, FORWARDED], ...], "end": "more" | "closed" | "refused WORD"}
// START is [METHOD, TARGET] or [STATUS]; FORWARDED is what the other side is sent for it.
#include <cstdint>
#include <iostream>
#include <string>
#include <string_view>

#include "lb/http/forward_request.h"
#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "lb/http/h1_parser.h"
#include "lb/http/writer.h"

namespace {

using namespace stickler::http;

std::string hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    (text += digits[byte >> 4]) += digits[byte & 15];
  }
  return text + "\"";
}

// What both directions share: a message as it is read, and its body as it is sent on.
class Reading {
 public:
  bool open() const { return open_; }

  void begin(const std::string& start, std::string head, const Framing& outward) {
    start_ = start;
    body_.clear();
    forwarded_ = std::move(head);
    outward_ = outward;
    open_ = true;
  }

  void body(std::string_view bytes) {
    body_ += bytes;
    const bool chunked = outward_.kind == BodyKind::chunked;
    if (chunked) append_chunk_head(forwarded_, bytes.size());
    forwarded_ += bytes;
    if (chunked) forwarded_ += "\r\n";
  }

  void finish(const FieldBlock& trailers) {
    if (outward_.kind == BodyKind::chunked) append_last_chunk(forwarded_, trailers);
    add(true);
  }

  std::string line(std::string_view end) {
    if (open_) add(false);
    return R"({"messages": [)" + messages_ + R"(], "end": ")" + std::string(end) + "\"}\n";
  }

 private:
  void add(bool whole) {
    if (!messages_.empty()) messages_ += ", ";
    messages_ += "[[" + start_ + "], " + hex(body_) + (whole ? ", true, " : ", false, ") + hex(forwarded_) + "]";
    open_ = false;
  }

  std::string start_;
  std::string body_;
  std::string forwarded_;
  std::string messages_;
  Framing outward_;
  bool open_ = false;
};

std::string refused(Refusal refusal) { return "refused " + std::string(to_string(refusal)); }

std::string begin_request(Reading& reading, const RequestHead& head) {
  std::string out;
  write_request_head(out, head, {.client_ip = "203.0.113.7", .pool = "pool", .request_id = "id"});
  reading.begin(hex(head.method_text()) + ", " + hex(head.target()), std::move(out), head.framing);
  if (head.framing.empty()) reading.finish({});
  return head.keep_alive ? "more" : "closed";
}

// As a session does: what it answers itself it has refused, and behind the last request it reads nothing.
std::string read_requests(std::string_view input) {
  RequestHead head;
  const HeadLimits limits;
  RequestParser parser(limits, head);
  Reading reading;
  std::string end = "more";
  while (reading.open() || end == "more") {
    switch (parser.next(input)) {
      case Event::head:
        if (head.method == Method::other) return reading.line(refused(Refusal::unknown_method));
        if (head.method == Method::connect) return reading.line(refused(Refusal::connect_refused));
        end = begin_request(reading, head);
        break;
      case Event::body:
        reading.body(parser.body());
        break;
      case Event::end:
        reading.finish(parser.trailers());
        break;
      case Event::error:
        return reading.line(refused(parser.refusal()));
      case Event::need_more:
      case Event::interim:
        return reading.line(reading.open() ? "more" : end);
    }
  }
  return reading.line(end);
}

void begin_answer(Reading& reading, const ResponseHead& head, const RequestHead& request) {
  const Framing outward = framing_to_client(head, request);
  std::string out;
  write_response_head(out, head,
                      {.framing = outward,
                       .keep_alive = outward.kind != BodyKind::until_close,
                       .date = "Sun, 06 Nov 1994 08:49:37 GMT",
                       .request = &request});
  reading.begin(hex(std::to_string(head.status)), std::move(out), outward);
}

// One answer to GET or HEAD; the connection ends behind the input.
std::string read_answer(std::string_view input) {
  const bool to_head = !input.empty() && input.front() == 1;
  input.remove_prefix(std::min<std::size_t>(1, input.size()));
  RequestHead request;
  request.method = to_head ? Method::head : Method::get;
  ResponseHead head;
  ResponseParser parser(head);
  parser.expect({.head_request = to_head});
  Reading reading;
  while (true) {
    switch (parser.next(input)) {
      case Event::interim:
        break;
      case Event::head:
        begin_answer(reading, head, request);
        break;
      case Event::body:
        reading.body(parser.body());
        break;
      case Event::end:
        reading.finish(parser.trailers());
        return reading.line("closed");
      case Event::error:
        return reading.line(refused(parser.refusal()));
      case Event::need_more:
        if (parser.eof() != Event::end) return reading.line(refused(parser.refusal()));
        reading.finish({});
        return reading.line("closed");
    }
  }
}

bool read_input(std::string& input) {
  unsigned char size[4];
  if (!std::cin.read(reinterpret_cast<char*>(size), sizeof size)) return false;
  input.resize(size[0] | size[1] << 8 | size[2] << 16 | size[3] << 24);
  return static_cast<bool>(std::cin.read(input.data(), static_cast<std::streamsize>(input.size())));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc == 2 ? argv[1] : "";
  if (kind != "requests" && kind != "answers") {
    std::cerr << "usage: framing_reader requests|answers\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  for (std::string input; read_input(input);) {
    std::cout << (kind == "requests" ? read_requests(input) : read_answer(input));
  }
  return std::cout.flush() ? 0 : 1;
}
