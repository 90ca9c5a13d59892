// Heads for tests: scanned from text that they keep alive. Values; any thread.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "lb/http/head_scan.h"
#include "lb/http/message.h"

namespace stickler::http {

using Outcome = ScanResult::Outcome;

// "GET / HTTP/1.1", a Host, and `fields`: whole lines, each with its CRLF.
inline std::string request_with(std::string_view fields, std::string_view start = "GET / HTTP/1.1") {
  return std::string(start) + "\r\nHost: test.example\r\n" + std::string(fields) + "\r\n";
}

inline std::string answer_with(std::string_view fields, std::string_view start = "HTTP/1.1 200 OK") {
  return std::string(start) + "\r\n" + std::string(fields) + "\r\n";
}

struct ScannedRequest {
  explicit ScannedRequest(std::string_view bytes, const HeadLimits& limits = {})
      : text(std::make_unique<std::string>(bytes)), result(scan_request(*text, limits, head)) {
    head.trim(result.size);
  }

  bool complete() const { return result.outcome == Outcome::complete; }

  std::unique_ptr<std::string> text;  // Views point into it, so it must not move.
  RequestHead head;
  ScanResult result;
};

struct ScannedAnswer {
  explicit ScannedAnswer(std::string_view bytes, const AnswerContext& context = {})
      : text(std::make_unique<std::string>(bytes)), result(scan_response(*text, {}, context, head)) {
    head.trim(result.size);
  }

  bool complete() const { return result.outcome == Outcome::complete; }

  std::unique_ptr<std::string> text;
  ResponseHead head;
  ScanResult result;
};

// Why the head is refused; `none` also where more is needed.
inline Refusal refusal_of(std::string_view bytes, const HeadLimits& limits = {}) {
  return ScannedRequest(bytes, limits).result.refusal;
}

}  // namespace stickler::http

namespace Catch {

template <>
struct StringMaker<stickler::http::Refusal> {
  static std::string convert(stickler::http::Refusal refusal) { return std::string(to_string(refusal)); }
};

}  // namespace Catch
