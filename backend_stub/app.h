// App: the log-in server's HTTP API: which path does what, how an outcome reads, which fault hits. The loop's thread;
// owned by whoever runs the HttpService that calls it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend_stub/answers.h"
#include "backend_stub/faults.h"
#include "backend_stub/log_ins.h"
#include "backend_stub/sessions/measured_store.h"
#include "lb/io/timer.h"
#include "lb/service/service.h"

namespace stickler::stub {

struct AppSettings {
  std::string node;
  std::string store_name;
  Duration ttl = std::chrono::minutes(30);
  std::size_t session_bytes_max = 64 * 1024;
};

struct AppParts {
  std::unique_ptr<SessionStore> store;  // With lives of LogIns::life_for(ttl).
  PasswordRules passwords;
  io::WorkLimits password_work;
};

class App {
 public:
  // Requires: `loop` outlives it, and it outlives the service that calls it.
  App(io::Loop& loop, AppSettings settings, AppParts parts);

  void handle(const service::Request& request, service::Responder responder);

  service::Fields fields() const;          // For every answer: who gives it.
  std::size_t body_bytes_max() const;      // That the service has to let through.
  void end_fault() { faults_.order({}); }  // So that nothing hangs while the service is drained.

 private:
  // A request, as far as its handler needs it after the call.
  struct Exchange {
    service::Responder responder;
    std::string session_id;   // "": none came.
    bool wants_page = false;  // Instead of JSON: a form was sent by a browser.
    bool cut = false;         // By a fault.
    bool full = false;        // By a fault.
  };
  struct Route;
  static const Route routes[];

  static std::optional<service::Answer> refuse(const service::Request& request, const Route& route);
  void inject(Fault fault, Exchange exchange, std::function<void(const Exchange& hit)> go_on);

  void get_page(const Exchange& exchange, std::string_view body);
  void log_in(const Exchange& exchange, std::string_view body);
  void log_out(const Exchange& exchange, std::string_view body);
  void get_me(const Exchange& exchange, std::string_view body);
  void visit(const Exchange& exchange, std::string_view body);
  void put_data(const Exchange& exchange, std::string_view body);
  void get_health(const Exchange& exchange, std::string_view body);
  void get_stats(const Exchange& exchange, std::string_view body);
  void order_fault(const Exchange& exchange, std::string_view body);

  Json json_of(const Me& me) const;
  std::string page_of(const Me* me, std::string_view error) const;
  void answer(const Exchange& exchange, service::Answer answer);
  void answer_about(const Exchange& exchange, const Me& me, service::Answer answer);
  void answer_result(const Exchange& exchange, const LogInResult& result);
  void answer_error(const Exchange& exchange, const ErrorKind& kind, const std::string& message);

  io::Loop& loop_;
  const AppSettings settings_;
  const std::string generation_;
  const bool anybody_;  // May log in.
  const TimePoint start_;
  SystemClock clock_;
  MeasuredStore store_;
  Passwords passwords_;
  LogIns log_ins_;
  Faults faults_;
  io::Timer tidy_;
};

}  // namespace stickler::stub
