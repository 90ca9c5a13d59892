#include "tests/integration/strictness/answer_table.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/integration/strictness/request_table.h"

namespace stickler::integration {
namespace {

constexpr std::size_t byte_by_byte_max = 2048;

std::string request_of(const AnswerRow& row, const std::string& target) {
  if (row.request != "HTTP/1.0") return request(row.request, target);
  return "GET " + target + " HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
}

}  // namespace

Received whole(std::string body, int status) {
  return {.kind = Received::Kind::whole, .status = status, .body = std::move(body)};
}

Received bad_gateway(std::string reason) {
  return {.kind = Received::Kind::bad_gateway, .status = 502, .reason = std::move(reason)};
}

Received cut(std::string body, int status) {
  return {.kind = Received::Kind::cut, .status = status, .body = std::move(body)};
}

Received cut_or_bad_gateway() { return {.kind = Received::Kind::cut_or_bad_gateway, .reason = "bad_answer"}; }

AnswerTable::AnswerTable(const std::vector<AnswerRow>& rows)
    : rows_(rows),
      origin_([this](OriginConnection& connection) { serve(connection); }),
      // Retries would ask a second time where the row's answer was refused.
      balancer_(Setup{.pool = {"retries: {attempts: 0}", "health: {passive: off}"}, .backends = {origin_.address()}}) {}

void AnswerTable::serve(OriginConnection& connection) {
  const std::size_t number = next_connection_++;
  while (const auto request = connection.read_request()) {
    const std::string target = request->target();
    {
      const std::lock_guard lock(mutex_);
      connections_[target] = number;
    }
    const bool at_once = target.starts_with("/at-once/");
    if (!at_once && !target.starts_with("/bytes/")) {
      connection.wire.send(echo(*request));
      continue;
    }
    const AnswerRow& row = rows_.at(std::strtoul(target.c_str() + target.rfind('/') + 1, nullptr, 10));
    send(connection, row, !at_once);
    if (row.then == Then::closes) return connection.close();
    if (row.then == Then::resets) return connection.reset();
  }
}

void AnswerTable::send(OriginConnection& connection, const AnswerRow& row, bool byte_by_byte) {
  if (!byte_by_byte) {
    connection.wire.send(row.bytes);
    return;
  }
  for (const char& byte : row.bytes) connection.wire.send(std::string_view(&byte, 1));
}

void AnswerTable::check() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    check(i, false);
    if (rows_[i].bytes.size() <= byte_by_byte_max && !rows_[i].only_at_once) check(i, true);
  }
  CHECK(origin_.flaws() == std::vector<std::string>{});
}

void AnswerTable::check(std::size_t index, bool byte_by_byte) {
  const AnswerRow& row = rows_[index];
  INFO("row: " << row.name << (byte_by_byte ? ", byte by byte" : ", at once"));
  const std::string target = (byte_by_byte ? "/bytes/" : "/at-once/") + std::to_string(index);
  try {
    RawClient client(balancer_.port());
    client.send(request_of(row, target));
    check_received(client, row);
    const Aftermath after = check_aftermath(balancer_, origin_, row.name);
    CHECK((connection_of(after.fresh) == connection_of(target)) == row.reused);
    CHECK(origin_.seen_target(target) == 1);
  } catch (const TimedOut& timed_out) {
    FAIL_CHECK(timed_out.what());
  }
}

void AnswerTable::check_received(RawClient& client, const AnswerRow& row) {
  auto answer = client.read_response(row.request);
  while (answer && answer->status() / 100 == 1) answer = client.read_response(row.request);
  if (!answer) {
    // Nothing but an end: as cut as can be.
    CHECK((row.received.kind == Received::Kind::cut || row.received.kind == Received::Kind::cut_or_bad_gateway));
    return;
  }
  INFO("the client got:\n" << answer->head << answer->body);
  const bool refused_by_us = answer->status() == 502 && answer->field("Server") == "stickler";
  Received::Kind kind = row.received.kind;
  if (kind == Received::Kind::cut_or_bad_gateway)
    kind = refused_by_us ? Received::Kind::bad_gateway : Received::Kind::cut;
  if (kind == Received::Kind::bad_gateway) {
    check_own_answer(*answer, {.method = row.request, .status = 502, .reason = row.received.reason});
  } else {
    CHECK_FALSE(refused_by_us);
    CHECK(answer->status() == row.received.status);
    CHECK(answer->flaw == "");
    CHECK(answer->complete == (kind == Received::Kind::whole));
    if (row.received.kind != Received::Kind::cut_or_bad_gateway) CHECK(answer->body == row.received.body);
  }
  const bool goes_on = !same_name(answer->field("Connection"), "close") && kind != Received::Kind::cut;
  if (goes_on) return check_other(client);
  CHECK(client.read_to_end() == "");
}

void AnswerTable::check_other(RawClient& client) {
  const std::string target = "/other/" + std::to_string(++others_);
  const auto answer = client.exchange(get(target));
  CHECK(answer.status() == 200);
  CHECK(answer.field("X-Asked") == "GET " + target);
  CHECK(answer.body.empty());
}

std::size_t AnswerTable::connection_of(const std::string& target) {
  const std::lock_guard lock(mutex_);
  return connections_.at(target);
}

void check_answers(const std::vector<AnswerRow>& rows) { AnswerTable(rows).check(); }

}  // namespace stickler::integration
