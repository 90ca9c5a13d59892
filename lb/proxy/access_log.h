// The access log's line: one request in the words of one format. Pure; any thread.
//
// json: one object a line (RFC 8259), every field of the record; common and combined as Apache writes them. Strings
// are the client's: control bytes and what is not UTF-8 are escaped, so that no request can forge a line.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lb/base/clock.h"

namespace stickler::proxy {

class LogBuffer;  // log_writer.h

// All views are borrowed for the call. A negative duration: it did not come to that; null in JSON.
struct AccessRecord {
  WallTime time{};  // When the request's head was complete.
  std::string_view request_id;
  std::string_view client;  // IP address.
  std::string_view listener;
  std::string_view host;
  std::string_view method;
  std::string_view path;  // With the query, as the client sent it.
  std::string_view protocol = "HTTP/1.1";
  std::uint16_t status = 0;     // 0: none was sent.
  std::uint64_t bytes_in = 0;   // Of the request's body.
  std::uint64_t bytes_out = 0;  // Of the answer's body.
  std::string_view route;
  std::string_view pool;
  std::string_view backend;
  std::string_view verdict;
  std::uint32_t attempts = 0;
  std::string_view reason;  // Why it went wrong, in one word; "" if it did not.
  Duration connect_time{-1};
  Duration first_byte_time{-1};
  Duration total_time{-1};
  std::string_view tls;  // "TLSv1.3"; "": clear text.
  std::string_view user_agent;
  std::string_view referer;  // combined only.
};

// Each appends one line, with its line feed, and allocates nothing else.
void format_json(std::string& out, const AccessRecord& record);
void format_common(std::string& out, const AccessRecord& record);
void format_combined(std::string& out, const AccessRecord& record);

}  // namespace stickler::proxy
