// Where a request's body ends (RFC 9112 6): one clear statement, or none.
#include <catch2/catch.hpp>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

using namespace std::string_literals;

const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";

RequestRow length(std::string name, const std::string& value, Outcome outcome) {
  return {std::move(name), post_x("Content-Length:" + value + "\r\n", "hello"), {std::move(outcome)}};
}

RequestRow bad_length(std::string name, const std::string& value) {
  return length(std::move(name), value, refused(400, "bad_content_length"));
}

const std::vector<RequestRow> lengths = {
    length("a number", " 5", relayed("POST /x", "hello")),
    length("blanks around it", " \t5 \t", relayed("POST /x", "hello")),
    length("no blank before it", "5", relayed("POST /x", "hello")),
    length("leading zeros", " 005", relayed("POST /x", "hello")),
    {"zero", post_x("Content-Length: 0\r\n"), {relayed("POST /x")}},
    {"none", post_x(""), {relayed("POST /x")}},
    {"with GET", request("GET", "/x", "", "hello"), {relayed("GET /x", "hello")}},
    {"with HEAD", request("HEAD", "/x", "", "hello"), {relayed("HEAD /x", "hello")}},
    {"with DELETE", request("DELETE", "/x", "", "hello"), {relayed("DELETE /x", "hello")}},
    {"with OPTIONS", request("OPTIONS", "/x", "", "hello"), {relayed("OPTIONS /x", "hello")}},
    {"in HTTP/1.0", "POST /x HTTP/1.0\r\nContent-Length: 5\r\n\r\nhello", {last(relayed("POST /x", "hello"))}},
    {"a body of CR LF", post_x("Content-Length: 2\r\n", "\r\n"), {relayed("POST /x", "\r\n")}},
    bad_length("empty", ""),
    bad_length("blanks alone", " \t"),
    bad_length("plus sign", " +5"),
    bad_length("minus sign", " -5"),
    bad_length("minus zero", " -0"),
    bad_length("hexadecimal", " 0x5"),
    bad_length("hexadecimal without a prefix", " a"),
    bad_length("a fraction", " 5.0"),
    bad_length("an exponent", " 5e0"),
    bad_length("an underscore", " 0_5"),
    bad_length("a blank inside", " 0 5"),
    bad_length("a tab inside", " 0\t5"),
    bad_length("a list", " 5, 5"),
    bad_length("a list that differs", " 5, 6"),
    bad_length("a trailing comma", " 5,"),
    bad_length("a leading comma", " ,5"),
    bad_length("a semicolon", " 5;"),
    bad_length("quoted", " \"5\""),
    bad_length("a word", " five"),
    bad_length("other digits", " \xef\xbc\x95"),
    bad_length("2^63", " 9223372036854775808"),
    bad_length("2^64", " 18446744073709551616"),
    bad_length("2^64 + 5", " 18446744073709551621"),
    bad_length("30 digits", " 100000000000000000000000000005"),
    length("a vertical tab", " \v5", refused(400, "bad_field_value")),
    length("folded", "\r\n 5", refused(400, "obs_fold")),
    {"twice", post_x("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), {refused(400, "bad_content_length")}},
    {"twice, differing",
     post_x("Content-Length: 5\r\nContent-Length: 6\r\n", "hello"),
     {refused(400, "bad_content_length")}},
    {"twice, the second empty",
     post_x("Content-Length: 5\r\nContent-Length:\r\n", "hello"),
     {refused(400, "bad_content_length")}},
    {"twice, zero first",
     post_x("Content-Length: 0\r\nContent-Length: 5\r\n", "hello"),
     {refused(400, "bad_content_length")}},
    {"an end amid the body", post_x("Content-Length: 6\r\n", "hello"), {}, "POST /x", true},
    {"an end before the body", post_x("Content-Length: 6\r\n"), {}, "POST /x", true},
};

RequestRow coding(std::string name, const std::string& value, Outcome outcome) {
  return {std::move(name), post_x("Transfer-Encoding:" + value + "\r\n", chunks), {std::move(outcome)}};
}

RequestRow bad_coding(std::string name, const std::string& value) {
  return coding(std::move(name), value, refused(400, "bad_transfer_encoding"));
}

RequestRow unknown_coding(std::string name, const std::string& value) {
  return coding(std::move(name), value, refused(501, "unknown_coding"));
}

const std::vector<RequestRow> codings = {
    coding("chunked", " chunked", relayed("POST /x", "hello")),
    coding("any case", " cHuNkEd", relayed("POST /x", "hello")),
    coding("blanks around it", "\t chunked \t", relayed("POST /x", "hello")),
    {"with GET", get_x("Transfer-Encoding: chunked\r\n") + chunks, {relayed("GET /x", "hello")}},
    {"with HEAD", request("HEAD", "/x", "Transfer-Encoding: chunked\r\n") + chunks, {relayed("HEAD /x", "hello")}},
    unknown_coding("identity", " identity"),
    unknown_coding("gzip", " gzip"),
    unknown_coding("gzip, then chunked", " gzip, chunked"),
    unknown_coding("a word that begins like it", " chunkedx"),
    unknown_coding("a word that ends like it", " xchunked"),
    unknown_coding("a word that is near", " cow"),
    bad_coding("empty", ""),
    bad_coding("blanks alone", " \t"),
    bad_coding("chunked, then gzip", " chunked, gzip"),
    bad_coding("chunked, then identity", " chunked, identity"),
    bad_coding("chunked twice in a line", " chunked, chunked"),
    bad_coding("a leading comma", " , chunked"),
    bad_coding("a trailing comma", " chunked,"),
    bad_coding("a parameter", " chunked;q=1"),
    bad_coding("quoted", " \"chunked\""),
    bad_coding("a blank inside", " chun ked"),
    coding("a vertical tab", " \vchunked", refused(400, "bad_field_value")),
    coding("a NUL", " chunked\0"s, refused(400, "bad_field_value")),
    coding("folded", "\r\n chunked", refused(400, "obs_fold")),
    coding("folded behind a value", " x\r\n chunked", refused(400, "obs_fold")),
    {"a space before the colon", post_x("Transfer-Encoding : chunked\r\n", chunks), {refused(400, "bad_field_name")}},
    {"a space before the name", post_x(" Transfer-Encoding: chunked\r\n", chunks), {refused(400, "obs_fold")}},
    {"chunked on two lines",
     post_x("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks),
     {refused(400, "bad_transfer_encoding")}},
    {"an unknown one on the first line",
     post_x("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", chunks),
     {refused(400, "bad_transfer_encoding")}},
    {"an unknown one on the second line",
     post_x("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", chunks),
     {refused(400, "bad_transfer_encoding")}},
    {"in HTTP/1.0", "POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, {refused(400, "te_in_http10")}},
    {"in HTTP/1.0 with keep-alive",
     "POST /x HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks,
     {refused(400, "te_in_http10")}},
};

const std::vector<RequestRow> both = {
    {"coding first",
     post_x("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunks),
     {refused(400, "te_and_cl")}},
    {"length first",
     post_x("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunks),
     {refused(400, "te_and_cl")}},
    {"length 0", post_x("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", chunks), {refused(400, "te_and_cl")}},
    {"an empty coding", post_x("Content-Length: 5\r\nTransfer-Encoding:\r\n", "hello"), {refused(400, "te_and_cl")}},
    {"an empty length",
     post_x("Content-Length:\r\nTransfer-Encoding: chunked\r\n", chunks),
     {refused(400, "te_and_cl")}},
    {"an unknown coding",
     post_x("Content-Length: 5\r\nTransfer-Encoding: x\r\n", "hello"),
     {refused(400, "te_and_cl")}},
    {"identity", post_x("Content-Length: 5\r\nTransfer-Encoding: identity\r\n", "hello"), {refused(400, "te_and_cl")}},
    {"in HTTP/1.0",
     "POST /x HTTP/1.0\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nhello",
     {refused(400, "te_and_cl")}},
    {"an underscore makes another name",
     post_x("Content-Length: 5\r\nTransfer_Encoding: chunked\r\n", "hello"),
     {relayed("POST /x", "hello")}},
};

TEST_CASE("Content-Length is one decimal number, given once") { check_requests(lengths); }
TEST_CASE("Transfer-Encoding is chunked, given once") { check_requests(codings); }
TEST_CASE("Transfer-Encoding and Content-Length exclude each other") { check_requests(both); }

}  // namespace
}  // namespace stickler::integration
