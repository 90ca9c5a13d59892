// Requests in any bytes: the same however they are cut; and whatever is accepted goes to a backend as one message that
// our scan and llhttp both read as it was meant.
#include <llhttp.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/forward_request.h"
#include "lb/http/h1_parser.h"
#include "lb/http/path.h"
#include "lb/http/writer.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler::http;
using namespace stickler::fuzz;

// Small ones, so that they are reached.
constexpr HeadLimits limits{.header_bytes = 1024, .headers = 20, .uri_bytes = 100};

const HeaderEdits& edits() {
  static const HeaderEdits edits = [] {
    HeaderEdits result;
    require(result.set("Host", "%{path}").has_value());
    require(result.set("X-Path", "%{path} %{host} %{method}").has_value());
    require(result.remove("Via").has_value());
    return result;
  }();
  return edits;
}

// What a backend would read: llhttp, of its own making but for the strictness.
struct Backend {
  explicit Backend(std::string_view bytes) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_body = [](llhttp_t* parser, const char* at, std::size_t size) {
      static_cast<Backend*>(parser->data)->body.append(at, size);
      return 0;
    };
    settings.on_message_complete = [](llhttp_t* parser) {
      ++static_cast<Backend*>(parser->data)->messages;
      return 0;
    };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = this;
    const llhttp_errno_t result = llhttp_execute(&parser, bytes.data(), bytes.size());
    good = result == HPE_OK || result == HPE_PAUSED_UPGRADE;
  }

  std::string body;
  int messages = 0;
  bool good = false;
};

void check_forwarded(const RequestHead& head, const std::string& out) {
  RequestHead again;
  const ScanResult scan = scan_request(out, {.header_bytes = 1 << 20, .headers = 100, .uri_bytes = 1 << 20}, again);
  require(scan.outcome == ScanResult::Outcome::complete && scan.size == out.size());
  require(again.count(FieldId::host) == 1);
  require(again.count(FieldId::content_length) + again.count(FieldId::transfer_encoding) <= 1);
  require(again.framing == head.framing);
  require(again.method_text() == head.method_text());
  require(again.path() == head.path());
  require(again.minor_version == 1 && !again.has(FieldId::discarded) && !again.has(FieldId::keep_alive));
  require(again.wants_websocket == head.wants_websocket);
  require(again.expect_continue == head.expect_continue);
}

// Reads all requests of the pieces; forwards each to a backend of its own if `input` says how.
class Reader {
 public:
  explicit Reader(const Input* input) : input_(input) {}

  bool read(std::string_view piece) {
    while (true) {
      switch (parser_.next(piece)) {
        case Event::need_more:
          require(piece.empty());
          return true;
        case Event::head:
          start();
          break;
        case Event::body:
          require(!parser_.body().empty());
          transcript_.body(parser_.body());
          forward_body(parser_.body());
          break;
        case Event::end:
          transcript_.end(parser_.trailers());
          finish(parser_.trailers());
          break;
        case Event::error:
          transcript_.error(parser_.refusal());
          return failed_ = true, false;
        case Event::interim:
          require(false);
      }
    }
  }

  std::string text() const { return transcript_.text(); }
  bool failed() const { return failed_; }

 private:
  void start() {
    transcript_.head(head_, std::string(head_.method_text()) + " " + std::string(head_.target()));
    std::string path;
    if (normalise_path(head_.path(), path)) require(path.starts_with('/') || path == "*");
    if (input_ == nullptr) return;
    out_.clear();
    body_.clear();
    framing_ = head_.framing;
    relevant_ = head_.method != Method::connect && head_.method != Method::other;
    write_request_head(out_, head_,
                       {.client_ip = input_->chosen(0) ? "2001:db8::1" : "203.0.113.7",
                        .trusted = input_->chosen(1),
                        .pool = "pool",
                        .request_id = "id",
                        .edits = input_->chosen(2) ? &edits() : nullptr,
                        .strip_cookie = input_->chosen(3) ? "s" : ""});
    if (relevant_) check_forwarded(head_, out_);
    if (framing_.empty()) finish({});
  }

  void forward_body(std::string_view bytes) {
    if (input_ == nullptr) return;
    body_ += bytes;
    if (framing_.kind == BodyKind::chunked) append_chunk_head(out_, bytes.size());
    out_ += bytes;
    if (framing_.kind == BodyKind::chunked) out_ += "\r\n";
  }

  void finish(const FieldBlock& trailers) {
    if (input_ == nullptr || !relevant_) return;
    if (framing_.kind == BodyKind::chunked) append_last_chunk(out_, trailers);
    const Backend backend(out_);
    require(backend.good && backend.messages == 1 && backend.body == body_);
  }

  const Input* input_;
  RequestHead head_;
  RequestParser parser_{limits, head_};
  Transcript transcript_;
  Framing framing_;
  bool relevant_ = false;
  bool failed_ = false;
  std::string out_;
  std::string body_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  Reader whole(&input);
  whole.read(input.text());
  Reader cut(nullptr);
  input.cut([&](std::string_view piece) { return cut.read(piece); });
  // What is collected of a head is not judged before a line or the head may be whole.
  if (whole.failed() && !cut.failed()) cut.read("\r\n\r\n");
  require(whole.text() == cut.text());
  return 0;
}
