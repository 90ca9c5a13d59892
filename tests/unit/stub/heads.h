// Heads of requests, as the service hands them to the server's parts.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "lb/http/head_scan.h"

namespace stickler::stub::test {

struct Head {
  Head(std::string_view method, std::string_view fields) {
    bytes.append(method).append(" / HTTP/1.1\r\nHost: h\r\n").append(fields).append("\r\n");
    const auto result = http::scan_request(bytes, http::HeadLimits{}, head);
    REQUIRE(result.outcome == http::ScanResult::Outcome::complete);
  }
  Head(const Head&) = delete;

  std::string bytes;
  http::RequestHead head;  // Borrows the bytes.
};

}  // namespace stickler::stub::test
