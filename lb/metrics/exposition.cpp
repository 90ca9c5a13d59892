#include "lb/metrics/exposition.h"

#include <fmt/format.h>

#include "lb/metrics/prometheus.h"

namespace stickler::metrics {
namespace {

template <class Totals>
struct Row {
  Labels labels;
  Totals totals;
};

template <class Totals>
struct NumberFamily {
  Family family;
  std::uint64_t (*read)(const Totals& totals);
};

using ListenerFamily = NumberFamily<ListenerTotals>;
using PoolFamily = NumberFamily<PoolTotals>;
using BackendFamily = NumberFamily<BackendTotals>;

constexpr ListenerFamily listener_numbers[] = {
    {{"stickler_listener_connections_total", "counter", "Client connections accepted."},
     [](const ListenerTotals& t) { return t.connections_opened; }},
    {{"stickler_listener_connections_open", "gauge", "Client connections open now."},
     [](const ListenerTotals& t) { return still_open(t.connections_opened, t.connections_closed); }},
    {{"stickler_listener_limit_pauses_total", "counter", "Times that accepting stopped at limits.connections."},
     [](const ListenerTotals& t) { return t.limit_pauses; }},
    {{"stickler_listener_descriptor_pauses_total", "counter", "Times that accepting stopped for want of descriptors."},
     [](const ListenerTotals& t) { return t.descriptor_pauses; }},
    {{"stickler_listener_received_bytes_total", "counter", "Bytes read from clients."},
     [](const ListenerTotals& t) { return t.bytes_in; }},
    {{"stickler_listener_sent_bytes_total", "counter", "Bytes written to clients."},
     [](const ListenerTotals& t) { return t.bytes_out; }},
    {{"stickler_listener_client_aborts_total", "counter", "Requests whose client left before the answer's end."},
     [](const ListenerTotals& t) { return t.client_aborts; }},
};

constexpr PoolFamily pool_numbers[] = {
    {{"stickler_pool_attempts_total", "counter", "Attempts to have a request answered, retries included."},
     [](const PoolTotals& t) { return t.attempts; }},
    {{"stickler_pool_retries_total", "counter", "Attempts after the first."},
     [](const PoolTotals& t) { return t.retries; }},
    {{"stickler_pool_retry_budget_exhausted_total", "counter", "Retries not made because retries.budget was used up."},
     [](const PoolTotals& t) { return t.retry_budget_exhausted; }},
    {{"stickler_pool_no_backend_total", "counter", "Requests for which no backend was eligible."},
     [](const PoolTotals& t) { return t.no_backend; }},
    {{"stickler_pool_queued_total", "counter", "Requests that waited for a full backend."},
     [](const PoolTotals& t) { return t.queued; }},
    {{"stickler_pool_queue_length", "gauge", "Requests that wait now."},
     [](const PoolTotals& t) { return still_open(t.queued, t.queue_left); }},
    {{"stickler_pool_sessions_evicted_total", "counter", "Learned sessions that a full table forgot though in use."},
     [](const PoolTotals& t) { return t.sessions_evicted; }},
};

constexpr BackendFamily backend_numbers[] = {
    {{"stickler_backend_connects_total", "counter", "Connections begun to the backend."},
     [](const BackendTotals& t) { return t.connects; }},
    {{"stickler_backend_reuses_total", "counter", "Attempts on a kept connection."},
     [](const BackendTotals& t) { return t.reused; }},
    {{"stickler_backend_received_bytes_total", "counter", "Bytes read from the backend."},
     [](const BackendTotals& t) { return t.bytes_in; }},
    {{"stickler_backend_sent_bytes_total", "counter", "Bytes written to the backend."},
     [](const BackendTotals& t) { return t.bytes_out; }},
};

template <class Totals, std::size_t size>
void put_numbers(PrometheusText& text, const std::vector<Row<Totals>>& rows,
                 const NumberFamily<Totals> (&families)[size]) {
  for (const NumberFamily<Totals>& number : families) {
    text.family(number.family);
    for (const Row<Totals>& row : rows) text.sample(row.labels, number.read(row.totals));
  }
}

template <class Totals>
void put_requests(PrometheusText& text, const std::vector<Row<Totals>>& rows, const Family& family) {
  text.family(family);
  for (const Row<Totals>& row : rows) {
    for (std::size_t i = 0; i < code_classes.size(); ++i) {
      text.sample(row.labels.with("code_class", code_classes[i]), row.totals.requests.cells[i]);
    }
  }
}

template <class Totals, class Cells>
struct ReasonFamily {
  Family family;
  Cells Totals::*cells;
  std::span<const std::string_view> words;
  bool show_none = false;
};

template <class Totals, class Cells>
void put_reasons(PrometheusText& text, const std::vector<Row<Totals>>& rows, const ReasonFamily<Totals, Cells>& by) {
  text.family(by.family);
  for (const Row<Totals>& row : rows) {
    const Cells& cells = row.totals.*by.cells;
    for (std::size_t i = 0; i < by.words.size() && i < cells.size(); ++i) {
      if (by.words[i] == "none" && !by.show_none) continue;
      text.sample(row.labels.with("reason", by.words[i]), cells[i]);
    }
  }
}

void put_process(PrometheusText& text, const ProcessNow& now) {
  const auto put = [&](const Family& family, std::uint64_t value) {
    text.family(family);
    text.sample({}, value);
  };
  text.family({"stickler_build_info", "gauge", "1, labelled with the version that runs."});
  text.sample(Labels("version", now.version), std::uint64_t{1});
  text.family({"stickler_start_time_seconds", "gauge", "When the process started, in Unix time."});
  text.sample({}, std::chrono::duration<double>(now.started.time_since_epoch()).count());
  put({"stickler_workers", "gauge", "Event loops that serve clients."}, now.workers);
  put({"stickler_ready", "gauge", "1 while /readyz says so: every listener bound, not draining."}, now.ready ? 1 : 0);
  put({"stickler_config_reloads_total", "counter", "Reloads that were applied."}, now.reloads_applied);
  put({"stickler_config_reloads_refused_total", "counter", "Reloads refused because of an error in the configuration."},
      now.reloads_refused);
  put({"stickler_access_log_dropped_lines_total", "counter", "Access log lines lost because the disk was too slow."},
      now.access_log_dropped);
}

void put_listeners(PrometheusText& text, const Registry& registry, const ReasonWords& words) {
  std::vector<Row<ListenerTotals>> rows;
  for (const std::string& name : registry.listeners()) {
    rows.push_back({Labels("listener", name), registry.listener_totals(name)});
  }
  put_numbers(text, rows, listener_numbers);
  put_requests(text, rows, {"stickler_listener_requests_total", "counter", "Requests, by the class of their answer."});
  put_reasons(
      text, rows,
      ReasonFamily<ListenerTotals, ByReason<std::uint64_t>>{
          {"stickler_listener_refusals_total", "counter", "Answers that Stickler made itself, by their reason."},
          &ListenerTotals::refusals,
          words.refusals});
  text.family({"stickler_listener_request_duration_seconds", "histogram",
               "From a request's head to the last byte of its answer."});
  for (const auto& row : rows) text.sample(row.labels, row.totals.duration);
}

void put_pools(PrometheusText& text, const Registry& registry, const ReasonWords& words) {
  std::vector<Row<PoolTotals>> rows;
  for (const std::string& name : registry.pools()) {
    rows.push_back({Labels("pool", name), registry.pool_totals(name)});
  }
  put_numbers(text, rows, pool_numbers);
  put_requests(text, rows, {"stickler_pool_requests_total", "counter", "Requests, by the class of their answer."});
  put_reasons(text, rows,
              ReasonFamily<PoolTotals, decltype(PoolTotals::verdicts)>{
                  {"stickler_pool_verdicts_total", "counter", "What affinity did with each request."},
                  &PoolTotals::verdicts,
                  words.verdicts,
                  true});
  put_reasons(text, rows,
              ReasonFamily<PoolTotals, ByReason<std::uint64_t>>{
                  {"stickler_pool_failures_total", "counter", "Attempts that failed, by their reason."},
                  &PoolTotals::failures,
                  words.failures});
}

void put_backends(PrometheusText& text, const Registry& registry, const ReasonWords& words) {
  std::vector<Row<BackendTotals>> rows;
  for (const auto& [pool, name] : registry.backends()) {
    rows.push_back({Labels("pool", pool).with("backend", name), registry.backend_totals(pool, name)});
  }
  put_numbers(text, rows, backend_numbers);
  put_requests(text, rows, {"stickler_backend_requests_total", "counter", "Requests, by the class of their answer."});
  put_reasons(text, rows,
              ReasonFamily<BackendTotals, ByReason<std::uint64_t>>{
                  {"stickler_backend_failures_total", "counter", "Attempts that failed, by their reason."},
                  &BackendTotals::failures,
                  words.failures});
  put_reasons(text, rows,
              ReasonFamily<BackendTotals, decltype(BackendTotals::ejections)>{
                  {"stickler_backend_ejections_total", "counter", "Times it was ejected, by what its traffic showed."},
                  &BackendTotals::ejections,
                  words.ejections});
}

struct StateFamily {
  Family family;
  std::uint64_t (*read)(const BackendNow& now);
};

constexpr StateFamily backend_states[] = {
    {{"stickler_backend_up", "gauge", "1 unless its probes or its traffic say it is down, or the configuration does."},
     [](const BackendNow& now) {
       return std::uint64_t{now.state != "trial" && now.state != "ejected" && now.state != "down"};
     }},
    {{"stickler_backend_draining", "gauge", "1 while it gets no new sessions, and once it is drained."},
     [](const BackendNow& now) { return std::uint64_t{now.state == "draining" || now.state == "drained"}; }},
    {{"stickler_backend_weight", "gauge", "Its weight."},
     [](const BackendNow& now) { return std::uint64_t{now.weight}; }},
    {{"stickler_backend_standby", "gauge", "1 if its role is standby."},
     [](const BackendNow& now) { return std::uint64_t{now.standby}; }},
    {{"stickler_backend_in_flight", "gauge", "Requests it is answering now."},
     [](const BackendNow& now) { return now.in_flight; }},
};

void put_sessions(PrometheusText& text, const std::vector<BackendNow>& backends) {
  text.family(
      {"stickler_backend_sessions", "gauge", "Log-in sessions bound to it that were seen within affinity's idle."});
  for (const BackendNow& now : backends) {
    if (now.sessions) text.sample(Labels("pool", now.pool).with("backend", now.name), *now.sessions);
  }
}

void put_backend_states(PrometheusText& text, const std::vector<BackendNow>& backends) {
  for (const StateFamily& state : backend_states) {
    text.family(state.family);
    for (const BackendNow& now : backends) {
      text.sample(Labels("pool", now.pool).with("backend", now.name), state.read(now));
    }
  }
}

void put_weight_shares(PrometheusText& text, const std::vector<BackendNow>& backends) {
  text.family(
      {"stickler_backend_weight_share", "gauge", "How much of its weight counts: below 1 while it starts slowly."});
  for (const BackendNow& now : backends) {
    text.sample(Labels("pool", now.pool).with("backend", now.name), now.weight_share);
  }
}

void put_pool_states(PrometheusText& text, const std::vector<PoolNow>& pools) {
  text.family({"stickler_pool_panic", "gauge", "1 while too few are healthy, so that health is ignored."});
  for (const PoolNow& now : pools) text.sample(Labels("pool", now.name), std::uint64_t{now.panic});
  text.family({"stickler_pool_on_standby", "gauge", "1 while standbys get the new sessions."});
  for (const PoolNow& now : pools) text.sample(Labels("pool", now.name), std::uint64_t{now.on_standby});
  text.family({"stickler_pool_discover_applied_total", "counter", "Changes of its list at discover.file."});
  for (const PoolNow& now : pools) {
    if (now.lists) text.sample(Labels("pool", now.name), now.lists->applied);
  }
  text.family({"stickler_pool_discover_refused_total", "counter", "Changes of that list refused because of an error."});
  for (const PoolNow& now : pools) {
    if (now.lists) text.sample(Labels("pool", now.name), now.lists->refused);
  }
}

// Of the pools that have one; a pool that has none does not look as if it were down.
void put_shared_tables(PrometheusText& text, const Registry& registry, const ReasonWords& words,
                       const std::vector<PoolNow>& pools) {
  std::vector<Row<PoolTotals>> rows;
  text.family({"stickler_shared_table_up", "gauge", "1 while every worker can ask the table that balancers share."});
  for (const PoolNow& now : pools) {
    if (!now.shared_table_up) continue;
    text.sample(Labels("pool", now.name), std::uint64_t{*now.shared_table_up});
    rows.push_back({Labels("pool", now.name), registry.pool_totals(now.name)});
  }
  put_reasons(text, rows,
              ReasonFamily<PoolTotals, decltype(PoolTotals::shared_calls)>{
                  {"stickler_shared_table_calls_total", "counter", "Calls to that table, by what became of them."},
                  &PoolTotals::shared_calls,
                  words.shared_calls});
}

}  // namespace

void render(std::string& out, const Registry& registry, const ReasonWords& words, const ProcessNow& now) {
  PrometheusText text(out);
  put_process(text, now);
  put_listeners(text, registry, words);
  put_pools(text, registry, words);
  put_backends(text, registry, words);
  put_pool_states(text, now.pools);
  put_shared_tables(text, registry, words, now.pools);
  put_backend_states(text, now.backends);
  put_weight_shares(text, now.backends);
  put_sessions(text, now.backends);
}

}  // namespace stickler::metrics
