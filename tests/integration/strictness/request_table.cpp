#include "tests/integration/strictness/request_table.h"

#include <algorithm>
#include <catch2/catch.hpp>

namespace stickler::integration {
namespace {

// Longer rows are about limits, not about where a read ends.
constexpr std::size_t byte_by_byte_max = 2048;

// What the text of an answer must name, by the word that the log and the metrics have for it.
const std::map<std::string, std::string> named_by = {
    {"bad_request_line", "request line"},
    {"bad_method", "method"},
    {"bad_target", "request target"},
    {"bad_version", "version"},
    {"bad_field_name", "field name"},
    {"bad_field_value", "field value"},
    {"obs_fold", "folded"},
    {"bare_line_break", "CR LF"},
    {"bad_host", "Host"},
    {"path_climbs_out", "path"},
    {"ambiguous_path", "path"},
    {"bad_max_forwards", "Max-Forwards"},
    {"te_and_cl", "Transfer-Encoding and Content-Length"},
    {"bad_content_length", "Content-Length"},
    {"bad_transfer_encoding", "Transfer-Encoding"},
    {"unknown_coding", "transfer coding"},
    {"te_in_http10", "HTTP/1.0"},
    {"bad_chunk", "chunk"},
    {"bad_trailer", "trailer"},
    {"unsupported_version", "version"},
    {"unknown_method", "method"},
    {"connect_refused", "CONNECT"},
    {"max_forwards_reached", "Max-Forwards"},
    {"options_answered", "Max-Forwards"},
    {"unknown_expectation", "expectation"},
    {"misdirected", "not served here"},
    {"uri_too_long", "target is too long"},
    {"head_too_large", "head is too large"},
    {"too_many_fields", "too many fields"},
    {"body_too_large", "body is too large"},
    {"head_too_slow", "in time"},
    {"body_too_slow", "in time"},
    {"no_backend", "No backend"},
    {"connect_failed", "refused the connection"},
    {"no_answer", "without an answer"},
    {"bad_answer", "malformed answer"},
    {"answer_timeout", "in time"},
};

const std::string& name_of(const std::string& reason) {
  const auto found = named_by.find(reason);
  if (found == named_by.end()) throw std::logic_error("a reason that named_by does not know: " + reason);
  return found->second;
}

std::string line_of(const Message& request) { return request.method() + " " + request.target(); }

void deliver(RawClient& client, const RequestRow& row, bool byte_by_byte) {
  if (byte_by_byte) {
    for (const char& byte : row.bytes) client.send(std::string_view(&byte, 1));
  } else {
    client.send(row.bytes);
  }
  if (row.half_close) client.half_close();
}

// What comes in pieces behind the last request of a connection may find it closed, which is answered by a reset. Not so
// behind a request that was refused: an answer that comes unexpectedly must not be lost to one.
void check_closed(RawClient& client, bool may_be_reset) {
  CHECK(client.read_to_end() == "");
  if (!may_be_reset) CHECK_FALSE(client.was_reset());
}

}  // namespace

Outcome relayed(std::string request_line, std::string body) {
  const std::string method = request_line.substr(0, request_line.find(' '));
  return {.method = method, .forwarded = std::move(request_line), .body = std::move(body)};
}

Outcome answered(int status, std::string reason) { return {.status = status, .reason = std::move(reason)}; }

Outcome refused(int status, std::string reason) {
  return {.status = status, .reason = std::move(reason), .last = true};
}

Outcome last(Outcome outcome) {
  outcome.last = true;
  return outcome;
}

Outcome to_head(Outcome outcome) {
  outcome.method = "HEAD";
  return outcome;
}

std::string get_x(std::string_view lines) { return request("GET", "/x", lines); }

std::string post_x(std::string_view lines, std::string_view body) {
  return request("POST", "/x", lines) + std::string(body);
}

void check_own_answer(const Message& answer, const Outcome& outcome) {
  INFO("our own answer:\n" << answer.head << answer.body);
  CHECK(answer.status() == outcome.status);
  CHECK(answer.flaw == "");
  CHECK(answer.complete);
  CHECK(answer.start_line.size() > std::string_view("HTTP/1.1 400 ").size());
  CHECK(answer.field("Server") == "stickler");
  CHECK(answer.field("Content-Type").starts_with("text/plain"));
  CHECK(answer.count("Date") == 1);
  CHECK(answer.count("Content-Length") == 1);
  if (outcome.method == "HEAD") {
    CHECK(answer.body.empty());
    return;
  }
  CHECK(answer.body.find(name_of(outcome.reason)) != std::string::npos);
  CHECK(answer.body.find('\n') == answer.body.size() - 1);
}

RequestTable::RequestTable(Setup setup) : origin_(answering(echo)) {
  setup.backends = {origin_.address()};
  balancer_ = std::make_unique<Balancer>(setup);
}

void RequestTable::check(const std::vector<RequestRow>& rows) {
  for (const RequestRow& row : rows) {
    check(row, Delivery::at_once);
    if (row.bytes.size() <= byte_by_byte_max) check(row, Delivery::byte_by_byte);
  }
  check_at_the_end();
}

void RequestTable::check(const RequestRow& row, Delivery delivery) {
  INFO("row: " << row.name << (delivery == Delivery::at_once ? ", at once" : ", byte by byte"));
  const std::size_t seen_before = origin_.requests();
  std::vector<std::string> expected;
  if (!row.cut_short.empty()) cut_short_.insert(row.cut_short);
  try {
    RawClient client(balancer_->port());
    deliver(client, row, delivery == Delivery::byte_by_byte);
    for (const Outcome& outcome : row.outcomes) {
      check_outcome(client, outcome);
      if (!outcome.forwarded.empty()) expected.push_back(outcome.forwarded + " [" + outcome.body + "]");
    }
    if (row.outcomes.empty() || row.outcomes.back().last) {
      const bool was_served = !row.outcomes.empty() && row.outcomes.back().reason.empty();
      check_closed(client, was_served && delivery == Delivery::byte_by_byte);
    } else if (!row.half_close) {
      const std::string same = "/same/" + std::to_string(++follow_ups_);
      check_own_request(client, same);
      expected.push_back("GET " + same + " []");
    } else {
      check_closed(client, false);
    }
    const Aftermath after = check_aftermath(*balancer_, origin_, row.name);
    expected.push_back("GET " + after.fresh + " []");
    expected.push_back("GET " + after.pooled + " []");
  } catch (const TimedOut& timed_out) {
    FAIL_CHECK(timed_out.what());
  }
  check_forwarded(seen_before, expected);
}

void RequestTable::check_outcome(RawClient& client, const Outcome& outcome) {
  const auto answer = client.read_response(outcome.method);
  if (!answer) {
    FAIL_CHECK("no answer, where there should be " << outcome.status << " " << outcome.reason);
    return;
  }
  CHECK(same_name(answer->field("Connection"), "close") == outcome.last);
  if (!outcome.reason.empty()) {
    ++refusals_[outcome.reason];
    return check_own_answer(*answer, outcome);
  }
  INFO("the answer:\n" << answer->head << answer->body);
  CHECK(answer->status() == outcome.status);
  CHECK(answer->flaw == "");
  CHECK(answer->complete);
  CHECK(answer->field("X-Asked") == outcome.forwarded);
  CHECK(answer->body == (outcome.method == "HEAD" ? std::string() : outcome.body));
}

void RequestTable::check_own_request(RawClient& client, const std::string& target) {
  client.send(get(target));
  check_outcome(client, relayed("GET " + target));
}

// Whole requests only, in their order. What was cut short may arrive any time, and is judged at the end.
void RequestTable::check_forwarded(std::size_t seen_before, const std::vector<std::string>& expected) {
  std::vector<std::string> forwarded;
  for (const Message& request : origin_.seen(seen_before)) {
    if (request.complete) forwarded.push_back(line_of(request) + " [" + request.body + "]");
  }
  CHECK(forwarded == expected);
  complete_ += expected.size();
}

void RequestTable::check_at_the_end() {
  double refusals = 0;
  for (const auto& [word, count] : refusals_) {
    CAPTURE(word);
    CHECK(balancer_->metric("stickler_listener_refusals_total", "reason=\"" + word + "\"") == count);
    refusals += count;
  }
  CHECK(balancer_->metric("stickler_listener_refusals_total") == refusals);
  balancer_.reset();
  REQUIRE(eventually([this] { return origin_.open_connections() == 0; }));
  std::size_t complete = 0;
  for (const Message& request : origin_.seen()) {
    complete += request.complete ? 1 : 0;
    if (request.complete) continue;
    INFO(request.head << request.body);
    CHECK(cut_short_.contains(line_of(request)));
  }
  CHECK(complete == complete_);
  CHECK(origin_.flaws() == std::vector<std::string>{});
}

void check_requests(const std::vector<RequestRow>& rows, Setup setup) { RequestTable(std::move(setup)).check(rows); }

}  // namespace stickler::integration
