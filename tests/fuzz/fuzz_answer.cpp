// Answers in any bytes: the same however they are cut; and whatever is accepted goes to a client with the framing that
// it was judged to have.
#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/forward_response.h"
#include "lb/http/framing.h"
#include "lb/http/h1_parser.h"
#include "tests/fuzz/http_fuzz.h"

namespace {

using namespace stickler::http;
using namespace stickler::fuzz;

void require_one_framing(const ResponseHead& head) {
  require(head.count(FieldId::content_length) + head.count(FieldId::transfer_encoding) <= 1);
}

void check_forwarded(const ResponseHead& head, const RequestHead& request, const Input& input) {
  const AnswerContext context{.head_request = request.method == Method::head, .upgrade_requested = true};
  const Framing framing = framing_to_client(head, request);
  const bool keep_alive = framing.kind != BodyKind::until_close;
  std::string out;
  write_response_head(out, head,
                      {.framing = framing,
                       .keep_alive = keep_alive,
                       .date = "now",
                       .set_cookie = input.chosen(3) ? "s=v" : "",
                       .request = &request});
  ResponseHead again;
  const ScanResult scan = scan_response(out, {.header_bytes = 1 << 20, .headers = 300}, context, again);
  require(scan.outcome == ScanResult::Outcome::complete && scan.size == out.size());
  require_one_framing(again);
  require(again.framing == framing);
  require(again.status == head.status && again.reason() == head.reason());
  require(again.keep_alive == keep_alive);
  require(again.has(FieldId::date) || head.status == 101);
  require(again.count(FieldId::set_cookie) == head.count(FieldId::set_cookie) + (input.chosen(3) ? 1 : 0));
  require(!again.has(FieldId::keep_alive) && !again.has(FieldId::proxy_connection));
}

void check_interim(const ResponseHead& head) {
  std::string out;
  write_interim_head(out, head, {});
  ResponseHead again;
  const ScanResult scan = scan_response(out, {.header_bytes = 1 << 20, .headers = 300}, {}, again);
  require(scan.outcome == ScanResult::Outcome::complete && scan.size == out.size() && again.status == head.status);
  require(!again.has(FieldId::content_length) && !again.has(FieldId::transfer_encoding));
}

class Reader {
 public:
  explicit Reader(const Input& input, bool forwards) : input_(input), forwards_(forwards) {
    request_.method = input.chosen(0) ? Method::head : Method::get;
    request_.minor_version = input.chosen(1) ? 0 : 1;
    parser_.expect({.head_request = input.chosen(0), .upgrade_requested = input.chosen(2)});
  }

  bool read(std::string_view piece) {
    while (true) {
      switch (parser_.next(piece)) {
        case Event::need_more:
          transcript_.rest(piece);
          return true;
        case Event::interim:
          transcript_.head(head_, "interim " + std::to_string(head_.status));
          if (forwards_) check_interim(head_);
          break;
        case Event::head:
          transcript_.head(head_, std::to_string(head_.status));
          if (forwards_) check_forwarded(head_, request_, input_);
          break;
        case Event::body:
          require(!parser_.body().empty());
          transcript_.body(parser_.body());
          break;
        case Event::end:
          transcript_.end(parser_.trailers());
          break;
        case Event::error:
          transcript_.error(parser_.refusal());
          return failed_ = true, false;
      }
    }
  }

  bool failed() const { return failed_; }

  std::string finish() {
    if (failed_) return transcript_.text();
    return transcript_.text() + (parser_.eof() == Event::end ? " whole" : to_string(parser_.refusal()).data());
  }

 private:
  const Input& input_;
  bool forwards_;
  bool failed_ = false;
  RequestHead request_;
  ResponseHead head_;
  ResponseParser parser_{head_};
  Transcript transcript_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Input input(data, size);
  Reader whole(input, true);
  whole.read(input.text());
  Reader cut(input, false);
  input.cut([&](std::string_view piece) { return cut.read(piece); });
  // What is collected of a head is not judged before a line or the head may be whole.
  if (whole.failed() && !cut.failed()) cut.read("\r\n\r\n");
  require(whole.finish() == cut.finish());
  return 0;
}
