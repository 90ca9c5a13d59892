// Small pieces of HTTP/1.1 messages, appended to a reused string. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/http/message.h"

namespace stickler::http {

void append_number(std::string& out, std::uint64_t number);
void append_field(std::string& out, std::string_view name, std::string_view value);
void append_status_line(std::string& out, std::uint16_t status, std::string_view reason);

void append_chunk_head(std::string& out, std::size_t size);  // The data and its CRLF follow.
void append_last_chunk(std::string& out, const FieldBlock& trailers);

// Whether the one Content-Length reads the same to everyone, so that its line can stay as it is. Leading zeros are
// decimal by RFC 9110 8.6 and octal to some; llhttp refuses a tab behind the digits.
bool has_plain_length(const FieldBlock& head);

// The fields that frame a body; nothing for none and until_close.
void append_framing(std::string& out, const Framing& framing);

}  // namespace stickler::http
