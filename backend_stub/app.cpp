#include "backend_stub/app.h"

#include <sodium.h>

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "backend_stub/accept.h"
#include "backend_stub/form.h"
#include "backend_stub/page.h"
#include "backend_stub/session_cookie.h"
#include "backend_stub/stats.h"
#include "lb/base/bytes.h"
#include "lb/base/log.h"

namespace stickler::stub {
namespace {

using http::Method;

constexpr std::size_t form_bytes_max = 16 * 1024;

std::uint64_t random_bits() {
  std::uint64_t bits = 0;
  randombytes_buf(&bits, sizeof(bits));
  return bits;
}

// From this machine, by nobody's order: behind a balancer on the same machine every peer is local, and so is a page of
// any site in a browser on it. The one leaves its mark in the request, the other an Origin.
bool is_local(const service::Request& request) {
  if (!request.peer.is_loopback() && !request.peer.is_unix()) return false;
  constexpr std::string_view marks[] = {"via", "forwarded", "x-forwarded-for", "origin"};
  return std::ranges::none_of(marks, [&](std::string_view mark) { return !request.head.value_of(mark).empty(); });
}

struct Words {
  ErrorKind kind;
  std::string_view message;
};

Words words_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::wrong_password:
      return {errors::wrong_password, "the user name and the password do not belong together"};
    case Outcome::busy:
      return {errors::busy, "too many log-ins wait for the check of their password; try again"};
    case Outcome::no_memory:
      return {errors::no_memory, "there is not enough memory to check the password"};
    case Outcome::full:
      return {errors::full, "this node is full: it holds as many sessions as it may"};
    case Outcome::conflict:
      return {errors::conflict, "other requests of this session were faster each time; try again"};
    case Outcome::unavailable:
      return {errors::store_unavailable, "the session store does not answer"};
    case Outcome::not_logged_in:
    case Outcome::ok:
      break;
  }
  return {errors::not_logged_in, "there is no such log-in session on this node"};
}

Result<Credentials> credentials_of(std::string_view body) {
  const auto form = parse_form(body);
  if (!form) return tl::unexpected(form.error());
  auto user = form_value(*form, "user");
  if (!user) return tl::unexpected(user.error());
  auto password = form_value(*form, "password");
  if (!password) return tl::unexpected(password.error());
  if (const auto flaw = flaw_of_user_name(*user); !flaw.empty()) return fail(std::string(flaw));
  if (password->size() > password_bytes_max) return fail("the password is longer than 256 bytes");
  return Credentials{.user = *std::move(user), .password = *std::move(password)};
}

std::string_view allowed_methods(Method method) {
  switch (method) {
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    default:
      return "GET, HEAD";
  }
}

}  // namespace

enum class Takes : std::uint8_t { anything, form };

struct App::Route {
  std::string_view path;
  Method method;
  void (App::*handle)(const Exchange& exchange, std::string_view body);
  Takes takes = Takes::anything;
  bool for_operators = false;  // No fault hits it: it is how faults are made and watched.
  bool local_only = false;
};

const App::Route App::routes[] = {
    {.path = "/", .method = Method::get, .handle = &App::get_page},
    {.path = "/login", .method = Method::post, .handle = &App::log_in, .takes = Takes::form},
    {.path = "/logout", .method = Method::post, .handle = &App::log_out},
    {.path = "/me", .method = Method::get, .handle = &App::get_me},
    {.path = "/visit", .method = Method::post, .handle = &App::visit},
    {.path = "/me/data", .method = Method::put, .handle = &App::put_data},
    {.path = "/healthz", .method = Method::get, .handle = &App::get_health},
    {.path = "/stats", .method = Method::get, .handle = &App::get_stats, .for_operators = true},
    {.path = "/fault", .method = Method::post, .handle = &App::order_fault, .for_operators = true, .local_only = true},
};

App::App(io::Loop& loop, AppSettings settings, AppParts parts)
    : loop_(loop),
      settings_(std::move(settings)),
      generation_(hex(random_bits())),
      anybody_(!parts.passwords.users),
      start_(loop.now()),
      store_(std::move(parts.store), clock_),
      passwords_(loop, std::move(parts.passwords), parts.password_work),
      log_ins_(store_, passwords_, settings_.ttl),
      faults_(loop, random_bits()),
      tidy_(loop, [this] { store_.tidy(); }) {
  tidy_.start(std::chrono::seconds(1), std::chrono::seconds(1));
}

service::Fields App::fields() const { return {{"X-Node", settings_.node}, {"X-Node-Generation", generation_}}; }

// Room for a little too much, so that it is refused in words and without the end of the connection.
std::size_t App::body_bytes_max() const { return settings_.session_bytes_max + form_bytes_max; }

void App::handle(const service::Request& request, service::Responder responder) {
  const http::RequestHead& head = request.head;
  const Exchange exchange{.responder = std::move(responder),
                          .session_id = session_id_of(head),
                          .wants_page = head.method == Method::post && asks_for_html(head)};
  const auto* route = std::ranges::find(routes, head.path(), &Route::path);
  if (route == std::end(routes)) {
    return answer(exchange, error_answer(errors::unknown_path, "nothing is at '" + std::string(head.path()) + "'"));
  }
  if (auto refusal = refuse(request, *route)) return answer(exchange, *std::move(refusal));
  const Fault fault = route->for_operators ? Fault::none : faults_.draw();
  if (fault == Fault::none) return (this->*route->handle)(exchange, request.body);
  inject(fault, exchange,
         [this, route, body = std::string(request.body)](const Exchange& hit) { (this->*route->handle)(hit, body); });
}

std::optional<service::Answer> App::refuse(const service::Request& request, const Route& route) {
  const Method method = request.head.method == Method::head ? Method::get : request.head.method;
  if (method != route.method) {
    const std::string allowed(allowed_methods(route.method));
    service::Answer answer = error_answer(errors::method_not_allowed, std::string(route.path) + " takes " + allowed);
    answer.fields.emplace_back("Allow", allowed);
    return answer;
  }
  if (route.takes == Takes::form && !may_be_form(request.head)) {
    return error_answer(errors::not_a_form, std::string(route.path) + " takes application/x-www-form-urlencoded");
  }
  if (route.local_only && !is_local(request)) {
    return error_answer(errors::not_local,
                        std::string(route.path) + " is only for programs on this machine that ask without a proxy");
  }
  return std::nullopt;
}

void App::inject(Fault fault, Exchange exchange, std::function<void(const Exchange& hit)> go_on) {
  if (fault == Fault::hang) return faults_.hang(exchange.responder);
  exchange.cut = fault == Fault::close_mid_body;
  exchange.full = fault == Fault::full;
  faults_.after_delay([this, fault, exchange = std::move(exchange), go_on = std::move(go_on)] {
    if (fault == Fault::reset) return exchange.responder.reset();
    if (fault != Fault::error) return go_on(exchange);
    answer(exchange, error_answer(errors::fault, "POST /fault has asked for this"));
  });
}

// --- Paths -----------------------------------------------------------------------------------------------------------

void App::get_page(const Exchange& exchange, std::string_view) {
  log_ins_.read(exchange.session_id, [this, exchange](const LogInResult& result) {
    if (result.outcome == Outcome::ok) {
      return answer_about(exchange, result.me, page_answer(page_of(&result.me, "")));
    }
    if (result.outcome == Outcome::not_logged_in) return answer(exchange, page_answer(page_of(nullptr, "")));
    const auto [kind, message] = words_of(result.outcome);
    answer(exchange, error_page(kind, page_of(nullptr, message)));
  });
}

void App::log_in(const Exchange& exchange, std::string_view body) {
  auto credentials = credentials_of(body);
  if (!credentials) return answer_error(exchange, errors::bad_form, credentials.error().message);
  LogIn log_in{.credentials = *std::move(credentials), .old_id = exchange.session_id, .refuse_new = exchange.full};
  log_ins_.log_in(std::move(log_in), [this, exchange](const LogInResult& result) { answer_result(exchange, result); });
}

void App::log_out(const Exchange& exchange, std::string_view) {
  log_ins_.log_out(exchange.session_id, [this, exchange](const LogInResult& result) {
    // Nobody's session, or one that is over, is logged out as well.
    const bool was_logged_in = result.outcome == Outcome::ok;
    if (!was_logged_in && result.outcome != Outcome::not_logged_in) return answer_result(exchange, result);
    service::Answer done = exchange.wants_page ? redirect("/") : json_answer({{"logged_out", was_logged_in}});
    done.fields.emplace_back("Set-Cookie", clear_session_cookie());
    answer(exchange, std::move(done));
  });
}

void App::get_me(const Exchange& exchange, std::string_view) {
  log_ins_.read(exchange.session_id, [this, exchange](const LogInResult& result) { answer_result(exchange, result); });
}

void App::visit(const Exchange& exchange, std::string_view) {
  log_ins_.visit(exchange.session_id, [this, exchange](const LogInResult& result) { answer_result(exchange, result); });
}

void App::put_data(const Exchange& exchange, std::string_view body) {
  if (body.size() > settings_.session_bytes_max) {
    return answer_error(exchange, errors::too_large,
                        "a session holds at most " + std::to_string(settings_.session_bytes_max) + " bytes of data");
  }
  log_ins_.write_data(exchange.session_id, std::string(body),
                      [this, exchange](const LogInResult& result) { answer_result(exchange, result); });
}

void App::get_health(const Exchange& exchange, std::string_view) { answer(exchange, text_answer("ok\n")); }

void App::get_stats(const Exchange& exchange, std::string_view) {
  answer(exchange, json_answer(stats({.node = settings_.node,
                                      .generation = generation_,
                                      .store_name = settings_.store_name,
                                      .uptime = loop_.now() - start_,
                                      .store = store_,
                                      .passwords = passwords_,
                                      .fault = faults_.current()})));
}

void App::order_fault(const Exchange& exchange, std::string_view body) {
  const auto order = parse_fault(body);
  if (!order) return answer(exchange, error_answer(errors::bad_fault, order.error().message));
  faults_.order(*order);
  log_info("fault: {}", to_json(*order).dump());
  answer(exchange, json_answer(to_json(*order)));
}

// --- Answers ---------------------------------------------------------------------------------------------------------

Json App::json_of(const Me& me) const {
  return {{"user", me.user},     {"node", settings_.node}, {"backup", me.backup.empty() ? Json() : Json(me.backup)},
          {"visits", me.visits}, {"version", me.version},  {"store", settings_.store_name}};
}

std::string App::page_of(const Me* me, std::string_view error) const {
  return page({.node = settings_.node, .store = settings_.store_name, .anybody = anybody_, .me = me, .error = error});
}

void App::answer(const Exchange& exchange, service::Answer answer) {
  answer.cut_body = exchange.cut;
  exchange.responder.send(answer);
}

void App::answer_about(const Exchange& exchange, const Me& me, service::Answer about) {
  if (!me.backup.empty()) about.fields.emplace_back("X-Session-Backup", me.backup);
  answer(exchange, std::move(about));
}

// A browser is sent back to the page, which shows what is now; so its reload button repeats nothing.
void App::answer_result(const Exchange& exchange, const LogInResult& result) {
  if (result.outcome != Outcome::ok) {
    const auto [kind, message] = words_of(result.outcome);
    return answer_error(exchange, kind, result.reason.empty() ? std::string(message) : result.reason);
  }
  service::Answer done = exchange.wants_page ? redirect("/") : json_answer(json_of(result.me));
  if (!result.new_id.empty()) done.fields.emplace_back("Set-Cookie", set_session_cookie(result.new_id));
  answer_about(exchange, result.me, std::move(done));
}

void App::answer_error(const Exchange& exchange, const ErrorKind& kind, const std::string& message) {
  answer(exchange, exchange.wants_page ? error_page(kind, page_of(nullptr, message)) : error_answer(kind, message));
}

}  // namespace stickler::stub
