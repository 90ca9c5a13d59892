#include "lb/admin/endpoints.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "lb/admin/answers.h"
#include "lb/admin/decision_json.h"
#include "lb/admin/home_page.h"
#include "lb/admin/path_pattern.h"
#include "lb/admin/report_json.h"

namespace stickler::admin {
namespace {

// More than one line of a terminal holds is no help.
constexpr std::size_t names_shown_max = 12;

constexpr int deadline_seconds_max = 366 * 24 * 3600;
constexpr double rate_max = 1e6;

template <class Named>
const Named* find(const std::vector<Named>& all, const std::string& name) {
  const auto found = std::ranges::find(all, name, &Named::name);
  return found == all.end() ? nullptr : &*found;
}

template <class Named>
std::string what_there_is(const std::vector<Named>& all) {
  if (all.empty()) return "there is none";
  if (all.size() > names_shown_max) return "GET /api/v1/pools names all " + std::to_string(all.size());
  std::string text;
  for (const Named& one : all) text += (text.empty() ? "there is " : ", ") + ("'" + one.name + "'");
  return text;
}

service::Answer home(const Call& call) { return page_answer(home_page(call.source.status())); }

service::Answer metrics(const Call& call) {
  service::Answer answer{.content_type = "text/plain; version=0.0.4; charset=utf-8", .fields = {}, .body = {}};
  call.source.render_metrics(answer.body);
  return answer;
}

service::Answer healthz(const Call&) { return text_answer(200, "ok\n"); }

service::Answer readyz(const Call& call) {
  if (call.source.ready()) return text_answer(200, "ready\n");
  const bool draining = call.source.status().draining;
  return text_answer(503, draining ? "not ready: draining, no new connections are accepted\n"
                                   : "not ready: not every listener is bound yet\n");
}

service::Answer status(const Call& call) { return json_answer(to_json(call.source.status())); }

service::Answer pools(const Call& call) { return json_answer({{"pools", to_json(call.source.status().pools)}}); }

service::Answer unknown_pool(const std::string& name, const std::vector<PoolReport>& all) {
  return error_answer(errors::unknown_pool, "no pool '" + name + "'; " + what_there_is(all));
}

service::Answer pool(const Call& call) {
  const StatusReport report = call.source.status();
  const PoolReport* found = find(report.pools, call.names[0]);
  return found != nullptr ? json_answer(to_json(*found)) : unknown_pool(call.names[0], report.pools);
}

service::Answer backend(const Call& call) {
  const StatusReport report = call.source.status();
  const PoolReport* in = find(report.pools, call.names[0]);
  if (in == nullptr) return unknown_pool(call.names[0], report.pools);
  if (const BackendReport* found = find(in->backends, call.names[1])) return json_answer(to_json(*found));
  return error_answer(errors::unknown_backend,
                      "no backend '" + call.names[1] + "' in pool '" + in->name + "'; " + what_there_is(in->backends));
}

// The body of an order: nothing, or where it drains an object with "deadline_seconds", "rate" or both.
Result<void> read_order(std::string_view body, BackendOrder& order) {
  if (body.empty()) return {};
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return fail("the body is not a JSON object");
  for (const auto& [key, value] : json.items()) {
    const double number = value.is_number() ? value.get<double>() : -1;
    if (order.kind == OrderKind::drain && key == "deadline_seconds") {
      if (!(number >= 0 && number <= deadline_seconds_max)) {
        return fail("deadline_seconds: expected a number from 0 to " + std::to_string(deadline_seconds_max));
      }
      order.deadline = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(number));
    } else if (order.kind == OrderKind::drain && key == "rate") {
      if (!(number > 0 && number <= rate_max)) {
        return fail("rate: expected sessions a second, a number above 0 and up to a million");
      }
      order.rate = number;
    } else {
      return fail("unknown field '" + key + "' in the body");
    }
  }
  return {};
}

template <OrderKind kind>
service::Answer order(const Call& call) {
  service::Answer there = backend(call);
  if (there.status != 200) return there;
  BackendOrder order{.kind = kind, .pool = call.names[0], .backend = call.names[1]};
  if (const auto read = read_order(call.request.body, order); !read) {
    return error_answer(errors::bad_body, read.error().message);
  }
  const OrderReport report = call.source.order(order);
  if (!report.obeyed) return error_answer(errors::order_refused, call.names[1] + ": " + report.message);
  return backend(call);
}

// The body of a call that needs one, as the reader of backends takes it: an object, with a blank behind each colon.
Result<std::string> object_in(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return fail("the body is not a JSON object");
  return json.dump(1);
}

service::Answer refuse_change(const MemberReport& report, const std::string& name) {
  if (report.outcome == MemberReport::Outcome::bad_body) return error_answer(errors::bad_body, report.message);
  return error_answer(errors::order_refused, name + ": " + report.message);
}

service::Answer set_weight(const Call& call) {
  service::Answer there = backend(call);
  if (there.status != 200) return there;
  const auto body = object_in(call.request.body);
  if (!body) return error_answer(errors::bad_body, body.error().message);
  const MemberReport report = call.source.change(
      {.kind = MemberChange::Kind::weight, .pool = call.names[0], .backend = call.names[1], .body = *body});
  return report.outcome == MemberReport::Outcome::done ? backend(call) : refuse_change(report, call.names[1]);
}

service::Answer add_backend(const Call& call) {
  const StatusReport before = call.source.status();
  const PoolReport* in = find(before.pools, call.names[0]);
  if (in == nullptr) return unknown_pool(call.names[0], before.pools);
  const auto body = object_in(call.request.body);
  if (!body) return error_answer(errors::bad_body, body.error().message);
  const Json json = Json::parse(*body);
  if (json.contains("name") && json["name"].is_string() && find(in->backends, json["name"].get<std::string>())) {
    return error_answer(errors::backend_exists,
                        "pool '" + in->name + "' has a backend '" + json["name"].get<std::string>() + "' already");
  }
  const MemberReport report =
      call.source.change({.kind = MemberChange::Kind::add, .pool = in->name, .backend = {}, .body = *body});
  if (report.outcome != MemberReport::Outcome::done) return refuse_change(report, in->name);
  service::Answer answer = backend({call.request, call.source, {in->name, report.backend}});
  answer.status = 201;
  answer.fields.emplace_back(
      "Location", "/api/v1/pools/" + percent_encode(in->name) + "/backends/" + percent_encode(report.backend));
  return answer;
}

service::Answer remove_backend(const Call& call) {
  service::Answer there = backend(call);
  if (there.status != 200) return there;
  if (!call.request.body.empty()) return error_answer(errors::bad_body, "nothing is to be said of who is removed");
  const MemberReport report =
      call.source.change({.kind = MemberChange::Kind::remove, .pool = call.names[0], .backend = call.names[1]});
  return report.outcome == MemberReport::Outcome::done ? pool(call) : refuse_change(report, call.names[1]);
}

// Parsed to be laid out as the other answers are.
service::Answer config(const Call& call) { return json_answer(Json::parse(call.source.config_json(), nullptr, false)); }

service::Answer reload(const Call& call) {
  const ReloadReport report = call.source.reload();
  if (report.applied) return json_answer({{"applied", true}, {"message", report.message}});
  const bool draining = call.source.status().draining;
  return error_answer(draining ? errors::shutting_down : errors::reload_refused, report.message);
}

// The body of an explain: {"request": HEAD}, and as they are needed "listener" and "client_ip".
Result<ExplainQuery> read_query(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return fail("the body is not a JSON object");
  ExplainQuery query;
  for (const auto& [key, value] : json.items()) {
    std::string* field = nullptr;
    if (key == "request") field = &query.head;
    if (key == "listener") field = &query.listener;
    if (key == "client_ip") field = &query.client_ip;
    if (field == nullptr) return fail("unknown field '" + key + "' in the body");
    if (!value.is_string()) return fail(key + ": expected a string");
    *field = value.get<std::string>();
  }
  if (query.head.empty()) return fail("request: expected the head of a request, with the empty line behind it");
  return query;
}

void explain(const Call& call, const Reply& reply) {
  const auto query = read_query(call.request.body);
  if (!query) return reply(error_answer(errors::bad_body, query.error().message));
  call.source.explain(*query, [reply](const Explained& explained) {
    switch (explained.outcome) {
      case Explained::Outcome::done:
        return reply(json_answer(to_json(explained.report)));
      case Explained::Outcome::unknown_listener:
        return reply(error_answer(errors::unknown_listener, explained.message));
      case Explained::Outcome::bad_request:
        return reply(error_answer(errors::bad_body, explained.message));
    }
  });
}

void decision(const Call& call, const Reply& reply) {
  const std::string& id = call.names[0];
  call.source.decision_of(id, [reply, id](const std::optional<DecisionReport>& report) {
    if (report) return reply(json_answer(to_json(*report)));
    reply(error_answer(errors::unknown_request, "no request '" + id +
                                                    "' is remembered: it was never served, or too many have been "
                                                    "since, or it has not ended yet"));
  });
}

service::Answer not_available(const Call& call) {
  const http::RequestHead& head = call.request.head;
  return error_answer(errors::not_available,
                      std::string(head.method_text()) + " " + std::string(head.path()) + " is not available yet");
}

constexpr Endpoint table[] = {
    {"GET", "/", home},
    {"GET", "/metrics", metrics},
    {"GET", "/healthz", healthz},
    {"GET", "/readyz", readyz},
    {"GET", "/api/v1/status", status},
    {"GET", "/api/v1/pools", pools},
    {"GET", "/api/v1/pools/POOL", pool},
    {"GET", "/api/v1/pools/POOL/backends/NAME", backend},
    {"GET", "/api/v1/config", config},
    {"POST", "/api/v1/reload", reload, true},
    {"POST", "/api/v1/pools/POOL/backends/NAME/drain", order<OrderKind::drain>, true},
    {"POST", "/api/v1/pools/POOL/backends/NAME/undrain", order<OrderKind::undrain>, true},
    {"POST", "/api/v1/pools/POOL/backends/NAME/disable", order<OrderKind::disable>, true},
    {"POST", "/api/v1/pools/POOL/backends/NAME/enable", order<OrderKind::enable>, true},
    {"PUT", "/api/v1/pools/POOL/backends/NAME/weight", set_weight, true},
    {"POST", "/api/v1/pools/POOL/backends", add_backend, true},
    {"DELETE", "/api/v1/pools/POOL/backends/NAME", remove_backend, true},
    {"POST", "/api/v1/explain", nullptr, false, explain},
    {"GET", "/api/v1/decisions/REQUEST-ID", nullptr, false, decision},
    // What is to come is known already, so that it is not taken for a typing error.
    {"GET", "/api/v1/events", not_available},
};

}  // namespace

std::span<const Endpoint> endpoints() { return table; }

Lookup look_up(std::string_view method, std::string_view path) {
  Lookup found;
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  for (const Endpoint& endpoint : table) {
    auto names = match_path(endpoint.pattern, path);
    if (!names) continue;
    found.allowed += found.allowed.empty() ? "" : ", ";
    found.allowed += endpoint.method == "GET" ? "GET, HEAD" : endpoint.method;
    if (endpoint.method != wanted) continue;
    found.endpoint = &endpoint;
    found.names = *std::move(names);
  }
  return found;
}

}  // namespace stickler::admin
