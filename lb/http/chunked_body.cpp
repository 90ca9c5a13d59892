#include "lb/http/chunked_body.h"

namespace stickler::http {
namespace {

constexpr std::string_view canonical_head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";

}  // namespace

const llhttp_settings_t& ChunkedBody::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t result;
    llhttp_settings_init(&result);
    result.on_body = [](llhttp_t* decoder, const char* bytes, std::size_t size) -> int {
      static_cast<ChunkedBody*>(decoder->data)->body_ = {bytes, size};
      return HPE_PAUSED;
    };
    result.on_message_complete = [](llhttp_t* decoder) -> int {
      static_cast<ChunkedBody*>(decoder->data)->complete_ = true;
      return HPE_PAUSED;
    };
    return result;
  }();
  return settings;
}

ChunkedBody::ChunkedBody() {
  static const llhttp_t behind_head = [] {
    llhttp_t decoder;
    llhttp_init(&decoder, HTTP_REQUEST, &settings());
    llhttp_execute(&decoder, canonical_head.data(), canonical_head.size());
    return decoder;
  }();
  decoder_ = behind_head;
  decoder_.data = this;
}

Event ChunkedBody::next(std::string_view& input) {
  while (true) {
    if (gated_ == 0) {
      if (input.empty()) return Event::need_more;
      const ChunkScan::Result gate = gate_.scan(input);
      if (gate.refusal != Refusal::none) return error(gate.refusal);
      if (gate.aside) {
        input.remove_prefix(gate.passed);
        continue;
      }
      gated_ = gate.passed;
      gate_ended_ = gate.ended;
    }
    body_ = {};
    const llhttp_errno_t result = llhttp_execute(&decoder_, input.data(), gated_);
    if (result != HPE_OK && result != HPE_PAUSED) return error(Refusal::parsers_disagree);
    const auto consumed =
        result == HPE_OK ? gated_ : static_cast<std::size_t>(llhttp_get_error_pos(&decoder_) - input.data());
    input.remove_prefix(consumed);
    gated_ -= consumed;
    if (complete_) return gate_ended_ && gated_ == 0 ? Event::end : error(Refusal::parsers_disagree);
    if (gate_ended_ && gated_ == 0) return error(Refusal::parsers_disagree);
    if (result == HPE_PAUSED) {
      llhttp_resume(&decoder_);
      if (!body_.empty()) return Event::body;
    }
  }
}

Event ChunkedBody::error(Refusal refusal) {
  refusal_ = refusal;
  return Event::error;
}

}  // namespace stickler::http
