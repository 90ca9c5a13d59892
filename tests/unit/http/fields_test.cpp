// RFC 9112 5: field lines; and which names are known.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "lb/http/byte_scan.h"
#include "lb/http/field_names.h"
#include "tests/unit/http/heads.h"

namespace stickler::http {
namespace {

TEST_CASE("a field line is a token, a colon and a value without controls, ended by CR LF") {
  struct Row {
    std::string lines;
    Refusal refusal;
  };
  const Row rows[] = {
      {"A: b\r\n", Refusal::none},
      {"A:b\r\n", Refusal::none},
      {"A:\r\n", Refusal::none},
      {"A: \t \r\n", Refusal::none},
      {"A: b\tc d\r\n", Refusal::none},
      {"A: \x80\xff\r\n", Refusal::none},
      {"A: a:b:c\r\n", Refusal::none},
      {"!#$%&'*+-.^_`|~09azAZ: b\r\n", Refusal::none},
      {std::string(200, 'n') + ": b\r\n", Refusal::none},
      {"A : b\r\n", Refusal::bad_field_name},
      {"Host : x\r\n", Refusal::bad_field_name},
      {"A\t: b\r\n", Refusal::bad_field_name},
      {": b\r\n", Refusal::bad_field_name},
      {":\r\n", Refusal::bad_field_name},
      {"A\r\n", Refusal::bad_field_name},
      {"A b: c\r\n", Refusal::bad_field_name},
      {"A(b): c\r\n", Refusal::bad_field_name},
      {"\"A\": c\r\n", Refusal::bad_field_name},
      {"A\x80: c\r\n", Refusal::bad_field_name},
      {"A\x01: c\r\n", Refusal::bad_field_name},
      {"Transfer Encoding: chunked\r\n", Refusal::bad_field_name},
      {"Content-\rLength: 1\r\n", Refusal::bad_field_name},
      {"X-Forwarded-\x01: c\r\n", Refusal::bad_field_name},
      {std::string("A\0: c\r\n", 7), Refusal::bad_field_name},
      {std::string("A: b\0c\r\n", 8), Refusal::bad_field_value},
      {"A: b\x01\r\n", Refusal::bad_field_value},
      {"A: b\x7f\r\n", Refusal::bad_field_value},
      {"A: b\rc\r\n", Refusal::bad_field_value},
      {"A: b\r\r\n", Refusal::bad_field_value},
      {"A: b\v\r\n", Refusal::bad_field_value},
      {"A: b\f\r\n", Refusal::bad_field_value},
      {"A: b\n", Refusal::bare_line_break},
      {"A: b\nC: d\r\n", Refusal::bare_line_break},
      {"A: b\r\n c\r\n", Refusal::obs_fold},
      {"A: b\r\n\tc\r\n", Refusal::obs_fold},
      {"A: b\r\n \r\n", Refusal::obs_fold},
      {"A: b\r\n c: d\r\n", Refusal::obs_fold},
      {"Content-Length: 1\r\n 0\r\n", Refusal::obs_fold},
      {"Transfer-Encoding:\r\n chunked\r\n", Refusal::obs_fold},
  };
  for (const Row& row : rows) {
    CAPTURE(row.lines);
    CHECK(refusal_of(request_with(row.lines)) == row.refusal);
    CHECK(ScannedAnswer(answer_with(row.lines + "Content-Length: 0\r\n")).complete() == (row.refusal == Refusal::none));
  }
  CHECK(refusal_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n") == Refusal::obs_fold);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n\n") == Refusal::bare_line_break);
  CHECK(refusal_of("GET / HTTP/1.1\r\nHost: a\r\n\rX") == Refusal::bad_field_value);
}

TEST_CASE("every byte that may not stand in a value is found wherever it stands") {
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (std::size_t place = 0; place < 40; ++place) {
      std::string value(40, 'x');
      value[place] = static_cast<char>(byte);
      const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
      CAPTURE(byte, place);
      CHECK((refusal_of(request_with("A: " + value + "\r\n")) == Refusal::none) == allowed);
    }
  }
}

TEST_CASE("every byte that may not stand in a name is found wherever it stands") {
  const std::string token = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (unsigned byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (c == ':') continue;  // Ends the name.
    for (const std::string& name : {std::string("Content-Type"), std::string(20, 'n'), std::string("a")}) {
      for (std::size_t place = 0; place < name.size(); ++place) {
        std::string changed = name;
        changed[place] = c;
        CAPTURE(byte, changed);
        CHECK((refusal_of(request_with(changed + ": v\r\n")) == Refusal::none) == (token.find(c) != token.npos));
      }
    }
  }
}

TEST_CASE("runs end where a byte-by-byte search ends, at every offset and near the end of the view") {
  std::string text(70, 'x');
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const std::string_view view = std::string_view(text).substr(0, size);
    for (std::size_t from = 0; from <= size; ++from) {
      for (const std::size_t place : {from, from + 5, size - std::min<std::size_t>(size, 1), size}) {
        if (place >= text.size()) continue;
        const char before = text[place];
        text[place] = ':';
        const std::size_t colon = std::min(view.find(':', from), size);
        REQUIRE(find_colon(view, from) == colon);
        text[place] = '\r';
        const std::size_t end = std::min(view.find('\r', from), size);
        REQUIRE(end_of_value(view, from) == end);
        REQUIRE(end_of_target(view, from) == end);
        text[place] = before;
      }
    }
  }
}

TEST_CASE("blanks around a value are not part of it; everything else is, and the order is kept") {
  const ScannedRequest request(request_with("a:  1 \r\nb:\t2\t\r\nA: 3 4\r\nc:\r\nd: \r\na:5\r\n"));
  REQUIRE(request.complete());
  const RequestHead& head = request.head;
  const std::string names[] = {"Host", "a", "b", "A", "c", "d", "a"};
  const std::string values[] = {"test.example", "1", "2", "3 4", "", "", "5"};
  REQUIRE(head.size() == std::size(names));
  for (std::size_t i = 0; i < head.size(); ++i) {
    CHECK(head.name(i) == names[i]);
    CHECK(head.value(i) == values[i]);
  }
  CHECK(head.line(1) == "a:  1 \r\n");
  CHECK(head.line(4) == "c:\r\n");
  CHECK(head.value_of("A") == "1");
  CHECK(head.value_of("B") == "2");
  CHECK(head.value_of("none").empty());
}

TEST_CASE("names are known in any case and at any place in the input") {
  struct Row {
    std::string name;
    FieldId id;
  };
  const Row rows[] = {
      {"te", FieldId::te},
      {"via", FieldId::via},
      {"host", FieldId::host},
      {"date", FieldId::date},
      {"cookie", FieldId::cookie},
      {"expect", FieldId::expect},
      {"trailer", FieldId::trailer},
      {"upgrade", FieldId::upgrade},
      {"connection", FieldId::connection},
      {"keep-alive", FieldId::keep_alive},
      {"set-cookie", FieldId::set_cookie},
      {"user-agent", FieldId::user_agent},
      {"forwarded", FieldId::forwarded},
      {"authorization", FieldId::authorization},
      {"cache-control", FieldId::cache_control},
      {"content-length", FieldId::content_length},
      {"http2-settings", FieldId::http2_settings},
      {"max-forwards", FieldId::max_forwards},
      {"proxy-connection", FieldId::proxy_connection},
      {"transfer-encoding", FieldId::transfer_encoding},
      {"x-forwarded-for", FieldId::x_forwarded_for},
      {"x-forwarded-host", FieldId::x_forwarded_host},
      {"x-forwarded-proto", FieldId::x_forwarded_proto},
      {"x-forwarded-port", FieldId::x_forwarded_other},
      {"x-forwarded-", FieldId::x_forwarded_other},
      {"x-node-generation", FieldId::x_node_generation},
      {"x-request-id", FieldId::x_request_id},
      {"x-session-backup", FieldId::x_session_backup},
      {"accept", FieldId::end_to_end},
      {"content-type", FieldId::end_to_end},
      {"upgrade-insecure-requests", FieldId::end_to_end},
      {"access-control-request-headers", FieldId::end_to_end},
      {"x-forwarded", FieldId::other},
      {"x-real-ip", FieldId::other},
      {"content-lengtj", FieldId::other},
      {"content-length-", FieldId::other},
      {"tf", FieldId::other},
      {"", FieldId::other},
      {std::string(40, 'x'), FieldId::other},
      {"content_length", FieldId::discarded},
      {"transfer_encoding", FieldId::discarded},
      {"x_forwarded_for", FieldId::discarded},
      {"x-forwarded_for", FieldId::discarded},
      {"x_forwarded_port", FieldId::discarded},
      {"x_request_id", FieldId::discarded},
      {"user_agent", FieldId::discarded},
      {"my_field", FieldId::other},
      {"_", FieldId::other},
      {std::string(40, '_'), FieldId::other},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    std::string upper = row.name;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    CHECK(field_id(row.name) == row.id);
    CHECK(field_id(upper) == row.id);
    if (row.name.empty()) continue;
    for (const std::string& behind : {std::string(), std::string(64, 'y')}) {
      const ScannedAnswer answer(answer_with(upper + ":" + behind + "\r\n"), {.head_request = true});
      REQUIRE(answer.head.size() == 1);
      CHECK(answer.head[0].id == row.id);
    }
  }
}

TEST_CASE("a byte that differs from a letter by the bit of the case is not taken for a dash or digit") {
  CHECK(field_id("content\rlength") == FieldId::other);
  CHECK(known_field_at("content\rlength: 1 and more bytes behind", 14) == FieldId::other);
  CHECK(known_field_at("http\x12-settings: and more bytes behind it", 14) == FieldId::other);
  CHECK(known_field_at("http2-settings: and more bytes behind it", 14) == FieldId::http2_settings);
}

TEST_CASE("fields can be counted, found, discarded and filtered by what they are") {
  ScannedRequest request(request_with("Via: a\r\nX: 1\r\nVia: b\r\nY: 2\r\n"));
  RequestHead& head = request.head;
  CHECK(head.count(FieldId::via) == 2);
  CHECK(head.count(FieldId::cookie) == 0);
  CHECK(head.value_of(FieldId::via) == "a");
  CHECK(head.value_of(FieldId::cookie).empty());
  head.discard(FieldId::via);
  CHECK_FALSE(head.has(FieldId::via));
  CHECK(head.count(FieldId::via) == 0);
  head.filter([&](std::size_t i) { return head.name(i) == "Y"; });
  REQUIRE(head.size() == 1);
  CHECK(head.value(0) == "2");
  CHECK_FALSE(head.has(FieldId::host));
  CHECK_FALSE(head.empty());
}

}  // namespace
}  // namespace stickler::http
