#include "lb/metrics/counters.h"

#include <numeric>

namespace stickler::metrics {
namespace {

void add_cell(std::uint64_t& total, const Counter& counter) { total += counter.value(); }

template <std::size_t size>
void add_cell(std::array<std::uint64_t, size>& totals, const std::array<Counter, size>& counters) {
  for (std::size_t i = 0; i < size; ++i) totals[i] += counters[i].value();
}

void add_cell(ByCodeClass<std::uint64_t>& totals, const ByCodeClass<Counter>& counters) {
  add_cell(totals.cells, counters.cells);
}

}  // namespace

void add(ListenerTotals& totals, const ListenerCounters& counters) {
  add_cell(totals.connections_opened, counters.connections_opened);
  add_cell(totals.connections_closed, counters.connections_closed);
  add_cell(totals.limit_pauses, counters.limit_pauses);
  add_cell(totals.descriptor_pauses, counters.descriptor_pauses);
  add_cell(totals.requests, counters.requests);
  add_cell(totals.bytes_in, counters.bytes_in);
  add_cell(totals.bytes_out, counters.bytes_out);
  add_cell(totals.refusals, counters.refusals);
  add_cell(totals.client_aborts, counters.client_aborts);
  counters.duration.add_to(totals.duration);
}

void add(PoolTotals& totals, const PoolCounters& counters) {
  add_cell(totals.requests, counters.requests);
  add_cell(totals.verdicts, counters.verdicts);
  add_cell(totals.attempts, counters.attempts);
  add_cell(totals.retries, counters.retries);
  add_cell(totals.retry_budget_exhausted, counters.retry_budget_exhausted);
  add_cell(totals.no_backend, counters.no_backend);
  add_cell(totals.queued, counters.queued);
  add_cell(totals.queue_left, counters.queue_left);
  add_cell(totals.sessions_evicted, counters.sessions_evicted);
  add_cell(totals.failures, counters.failures);
  add_cell(totals.shared_calls, counters.shared_calls);
  add_cell(totals.shared_opened, counters.shared_opened);
  add_cell(totals.shared_closed, counters.shared_closed);
}

void add(BackendTotals& totals, const BackendCounters& counters) {
  add_cell(totals.requests, counters.requests);
  add_cell(totals.connects, counters.connects);
  add_cell(totals.reused, counters.reused);
  add_cell(totals.bytes_in, counters.bytes_in);
  add_cell(totals.bytes_out, counters.bytes_out);
  add_cell(totals.failures, counters.failures);
  add_cell(totals.ejections, counters.ejections);
}

std::uint64_t sum(const ByCodeClass<std::uint64_t>& requests) {
  return std::accumulate(requests.cells.begin(), requests.cells.end(), std::uint64_t{0});
}

}  // namespace stickler::metrics
