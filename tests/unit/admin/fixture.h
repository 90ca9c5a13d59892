// What the tests of the admin layer share: a process that reports fixed numbers, and calls over a real loopback socket.
// Everything on one thread and one loop.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "lb/admin/server.h"
#include "lb/io/loop.h"

namespace stickler::admin::test {

StatusReport some_status();
DecisionReport some_decision();  // Of a request that was served, with everything there is.

// Stands for the process on its side of the seam.
struct FixedSource final : AdminSource {
  StatusReport report = some_status();
  ReloadReport reload_report{.applied = true, .message = "pool 'login': backend 'd' added"};
  bool is_ready = true;
  int reloads = 0;
  OrderReport order_report{.obeyed = true, .message = {}};
  std::vector<BackendOrder> orders;
  MemberReport member_report{.outcome = MemberReport::Outcome::done, .backend = "a", .message = {}};
  std::vector<MemberChange> changes;

  StatusReport status() override { return report; }
  std::string config_json() override { return R"({"version": 1})"; }
  ReloadReport reload() override {
    ++reloads;
    return reload_report;
  }
  OrderReport order(const BackendOrder& order) override {
    orders.push_back(order);
    return order_report;
  }
  Explained explained{.outcome = Explained::Outcome::done, .report = some_decision(), .message = {}};
  std::vector<ExplainQuery> queries;
  std::function<void(std::function<void()>)> later;  // As a worker answers: after the call is over. Set by Served.

  void explain(const ExplainQuery& query, std::function<void(const Explained&)> done) override {
    queries.push_back(query);
    done(explained);
  }
  void decision_of(const std::string& request_id, OnDecision done) override {
    if (request_id != some_decision().served->request_id) return done(std::nullopt);
    later([done = std::move(done)] { done(some_decision()); });
  }
  MemberReport change(const MemberChange& change) override {
    changes.push_back(change);
    return member_report;
  }
  void render_metrics(std::string& out) override { out += "# TYPE stickler_workers gauge\nstickler_workers 2\n"; }
  bool ready() override { return is_ready; }
};

struct Answered {
  int status = 0;
  std::string head;  // With its last CRLF.
  std::string body;

  std::string field(std::string_view name) const;  // "" if there is none.
  nlohmann::json json() const { return nlohmann::json::parse(body); }
  std::string error_code() const { return json().at("error").at("code"); }
  std::string error_message() const { return json().at("error").at("message"); }
};

// A running AdminServer.
class Served {
 public:
  explicit Served(std::string_view listen = "127.0.0.1:0", std::string token = {});

  // `fields`: whole lines with their CRLF, added to Host and Connection; a Host of its own replaces ours.
  Answered call(std::string_view method, std::string_view path, std::string_view fields = {},
                std::string_view body = {});
  Answered get(std::string_view path) { return call("GET", path); }

  FixedSource source;
  const Address& address() const { return server_->address(); }

 private:
  io::Loop loop_;
  std::unique_ptr<AdminServer> server_;
};

}  // namespace stickler::admin::test
