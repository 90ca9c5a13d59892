#include "lb/server/explaining.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "lb/route/router.h"
#include "lb/server/compile.h"

namespace stickler::server {
namespace {

using admin::Explained;

constexpr std::uint16_t default_port = 80;  // Of a host without one; a URL of https brings 443.

std::uint16_t port_of(std::string_view authority) {
  const std::string_view host = route::host_without_port(authority);
  const std::size_t colon = authority.rfind(':');
  if (host.size() >= authority.size() || colon == std::string_view::npos) return default_port;
  const auto address = Address::parse("127.0.0.1" + std::string(authority.substr(colon)));
  return address ? address->port() : default_port;
}

std::string names_of(std::span<const ListenerPlace> listeners) {
  std::string names;
  for (const ListenerPlace& listener : listeners) {
    names += (names.empty() ? "'" : ", '") + listener.settings->name + "'";
  }
  return names;
}

Explained failed(Explained::Outcome outcome, std::string message) {
  return {.outcome = outcome, .report = {}, .message = std::move(message)};
}

tl::expected<const ListenerPlace*, Explained> listener_of(const admin::ExplainQuery& query, std::string_view authority,
                                                          std::span<const ListenerPlace> listeners) {
  if (!query.listener.empty()) {
    const auto named = [&](const ListenerPlace& place) { return place.settings->name == query.listener; };
    const auto found = std::ranges::find_if(listeners, named);
    if (found != listeners.end()) return &*found;
    return tl::unexpected(failed(Explained::Outcome::unknown_listener,
                                 "no listener '" + query.listener + "'; there is " + names_of(listeners)));
  }
  if (listeners.size() == 1) return &listeners.front();
  const std::uint16_t port = port_of(authority);
  const auto listens = [port](const ListenerPlace& place) {
    return std::ranges::any_of(place.addresses,
                               [port](const Address& address) { return !address.is_unix() && address.port() == port; });
  };
  if (std::ranges::count_if(listeners, listens) == 1) return &*std::ranges::find_if(listeners, listens);
  return tl::unexpected(
      failed(Explained::Outcome::unknown_listener,
             "port " + std::to_string(port) + " does not tell the listener; name one of " + names_of(listeners)));
}

std::string word_of(proxy::Failure failure) {
  return failure == proxy::Failure::none ? std::string() : std::string(proxy::to_string(failure));
}

admin::ServedReport report_of(const proxy::Decision::Served& served) {
  admin::ServedReport report{.request_id = {},
                             .at = served.at,
                             .taken = served.taken,
                             .status = served.status,
                             .failure = word_of(served.failure),
                             .attempts = {}};
  for (const proxy::DecidedAttempt& attempt : served.attempts) {
    report.attempts.push_back({.backend = attempt.backend,
                               .chosen_by = std::string(proxy::to_string(attempt.by)),
                               .failure = word_of(attempt.failure)});
  }
  return report;
}

}  // namespace

std::vector<proxy::EpochPool> build_pools(const proxy::Snapshot& snapshot, const cluster::BackendRegistry& backends) {
  std::vector<proxy::EpochPool> pools;
  for (const auto& settings : snapshot.pools) {
    proxy::EpochPool& pool = pools.emplace_back();
    pool.settings = settings.get();
    pool.set = backends.build(settings->name);
    pool.panics = backends.view(settings->name).panics;
    if (settings->affinity) {
      pool.nodes = std::make_shared<const affinity::NodeTable>(pool.set->names(), settings->affinity->keys);
    }
  }
  return pools;
}

tl::expected<proxy::ExplainRequest, Explained> resolve(const admin::ExplainQuery& query,
                                                       std::span<const ListenerPlace> listeners) {
  const std::string ip = query.client_ip.empty() ? "127.0.0.1" : query.client_ip;
  const auto bad = [](std::string message) {
    return tl::unexpected(failed(Explained::Outcome::bad_request, std::move(message)));
  };
  const bool is_v6 = ip.find(':') != std::string::npos;
  const auto client = Address::parse((is_v6 ? "[" + ip + "]" : ip) + ":1");
  if (!client) return bad("expected an IP address of a client, got '" + ip + "'");
  // By the widest limits there are: which listener's hold is not known before the head is read.
  http::HeadLimits limits{.header_bytes = 0, .headers = 0, .uri_bytes = 0};
  for (const ListenerPlace& listener : listeners) {
    limits.header_bytes = std::max(limits.header_bytes, listener.settings->head_limits.header_bytes);
    limits.headers = std::max(limits.headers, listener.settings->head_limits.headers);
    limits.uri_bytes = std::max(limits.uri_bytes, listener.settings->head_limits.uri_bytes);
  }
  http::RequestHead head;
  const http::ScanResult scan = http::scan_request(query.head, limits, head);
  if (scan.outcome == http::ScanResult::Outcome::need_more) {
    return bad("the request's head is not whole: it ends without an empty line");
  }
  if (scan.outcome == http::ScanResult::Outcome::refused) {
    return bad("the request's head would be refused with " + std::to_string(http::status_of(scan.refusal)) + ", " +
               std::string(http::to_string(scan.refusal)) + ": " + std::string(http::sentence_of(scan.refusal)));
  }
  const auto listener = listener_of(query, head.authority(), listeners);
  if (!listener) return tl::unexpected(listener.error());
  return proxy::ExplainRequest{
      .listener = (*listener)->settings->name, .head = query.head.substr(0, scan.size), .client_ip = client->ip()};
}

admin::DecisionReport report_of(const proxy::Decision& decision) {
  admin::DecisionReport report{.worker = {},
                               .config_file = {},
                               .listener = decision.listener,
                               .route = decision.route,
                               .pool = decision.pool,
                               .policy = std::string(decision.policy),
                               .panics = decision.panics,
                               .refusal = {},
                               .verdict = std::string(affinity::to_string(decision.verdict)),
                               .sets_cookie = decision.sets_cookie,
                               .backend = decision.backend,
                               .chosen_by = std::string(proxy::to_string(decision.by)),
                               .waits = decision.waits,
                               .waited_at = decision.waited_at,
                               .candidates = {},
                               .candidates_left_out = decision.members_left_out,
                               .notes = {}};
  if (decision.refusal != http::Refusal::none) {
    report.refusal_status = http::status_of(decision.refusal);
    report.refusal = http::to_string(decision.refusal);
  }
  if (const auto& gives_up = decision.gives_up) {
    const bool refused = gives_up->refusal != http::Refusal::none;
    report.gives_up = admin::GivingUpReport{
        .after = gives_up->after,
        .backend = gives_up->backend,
        .chosen_by = std::string(proxy::to_string(gives_up->by)),
        .refusal = std::string(refused ? http::to_string(gives_up->refusal) : std::string_view())};
  }
  if (decision.cookie) {
    report.cookie = admin::SessionCookieReport{.state = std::string(proxy::to_string(decision.cookie->state)),
                                               .primary = decision.cookie->primary,
                                               .backup = decision.cookie->backup,
                                               .home = decision.cookie->home,
                                               .age = decision.cookie->age,
                                               .unused = decision.cookie->unused};
  }
  for (const proxy::Considered& member : decision.members) {
    report.candidates.push_back(
        {.name = member.name,
         .address = member.address,
         .state = std::string(member.state ? cluster::to_string(*member.state) : std::string_view()),
         .weight = member.weight,
         .in_flight = member.in_flight,
         .chosen = member.is_chosen,
         .why_not = std::string(member.why_not)});
  }
  if (decision.served) report.served = report_of(*decision.served);
  return report;
}

Result<Explained> explain_offline(const config::Config& config, const admin::ExplainQuery& query) {
  CompileContext context(std::numeric_limits<std::uint32_t>::max());
  const auto snapshot = compile(config, context);
  if (!snapshot) return tl::unexpected(snapshot.error());
  const SystemClock clock;
  cluster::BackendRegistry backends;
  backends.configure(registry_pools(config), clock.now());
  const std::vector<proxy::EpochPool> pools = build_pools(**snapshot, backends);
  std::vector<ListenerPlace> listeners;
  for (std::size_t i = 0; i < config.listeners.size(); ++i) {
    listeners.push_back({.settings = &(*snapshot)->listeners[i], .addresses = config.listeners[i].listen});
  }
  const auto request = resolve(query, listeners);
  if (!request) return request.error();
  const auto at = std::ranges::find((*snapshot)->listeners, request->listener, &proxy::ListenerSettings::name);
  const proxy::Decision decision =
      proxy::explain(*request, {.listener = *at, .pools = pools, .now = clock.now(), .wall = clock.wall()});
  Explained explained{.outcome = Explained::Outcome::done, .report = report_of(decision), .message = {}};
  std::vector<std::string>& notes = explained.report.notes;
  notes.emplace_back(
      "From the file alone: load, health and whose turn it is are known to the running process (--admin).");
  const auto pool = std::ranges::find(config.pools, decision.pool, &config::Pool::name);
  if (pool != config.pools.end() && pool->affinity.cookie && pool->affinity.cookie->keys.empty()) {
    notes.emplace_back(
        "No key is configured for the cookie: the running process has one of its own, and only it can "
        "tell whose cookies are good.");
  }
  return explained;
}

}  // namespace stickler::server
