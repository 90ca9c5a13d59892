// What a worker counts: plain cells that it alone writes and the control thread reads. Owned by the Registry, at
// addresses that never change; counting allocates nothing.
//
// Each set of counters exists twice: as Counter cells, one set a worker, and as plain sums over all workers. Arrays
// "by reason" are indexed by an enum of a layer above, which also knows the words (see exposition.h).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lb/base/counter.h"
#include "lb/metrics/histogram.h"

namespace stickler::metrics {

// Room for every http::Refusal, proxy::Failure, affinity::Verdict, affinity::SharedCall and cluster::Ejected; the users
// of the arrays assert it.
inline constexpr std::size_t reasons_max = 64;
inline constexpr std::size_t verdicts_max = 16;
inline constexpr std::size_t ejections_max = 4;
inline constexpr std::size_t shared_calls_max = 9;

template <class Cell>
using ByReason = std::array<Cell, reasons_max>;

// By the first digit of a status; 0: there was none, e.g. because the client left.
inline constexpr std::array<std::string_view, 6> code_classes = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

constexpr std::size_t code_class_of(std::uint16_t status) {
  const std::size_t digit = status / 100u;
  return digit < code_classes.size() ? digit : 0;
}

template <class Cell>
struct ByCodeClass {
  std::array<Cell, code_classes.size()> cells{};

  void count(std::uint16_t status) { cells[code_class_of(status)].add(); }
};

template <class Cell, class Durations>
struct ListenerCells {
  Cell connections_opened{};
  Cell connections_closed{};
  Cell limit_pauses{};       // Times that accepting stopped at the limit.
  Cell descriptor_pauses{};  // Times that accepting stopped because descriptors ran out.
  ByCodeClass<Cell> requests{};
  Cell bytes_in{};            // From clients, heads included.
  Cell bytes_out{};           // To clients.
  ByReason<Cell> refusals{};  // http::Refusal: answers that we made ourselves.
  Cell client_aborts{};       // The client left before its answer was complete.
  Durations duration{};       // From the request's head to the answer's last byte.
};

template <class Cell>
struct PoolCells {
  ByCodeClass<Cell> requests{};
  std::array<Cell, verdicts_max> verdicts{};  // affinity::Verdict
  Cell attempts{};                            // Leases of an upstream connection, first tries and retries.
  Cell retries{};
  Cell retry_budget_exhausted{};  // Retries that were allowed by the rules and not by the budget.
  Cell no_backend{};              // Requests that found nobody to ask.
  Cell queued{};                  // Requests that waited for a full backend.
  Cell queue_left{};              // Of those: are not waiting any more, whatever became of them.
  Cell sessions_evicted{};        // By new ones from a full table of learned sessions, though in use.
  ByReason<Cell> failures{};      // proxy::Failure: attempts that failed.

  std::array<Cell, shared_calls_max> shared_calls{};  // affinity::SharedCall: to the table that balancers share.
  Cell shared_opened{};                               // Times that it could be asked from now on.
  Cell shared_closed{};                               // Times that this came to an end.
};

template <class Cell>
struct BackendCells {
  ByCodeClass<Cell> requests{};
  Cell connects{};  // Connections begun.
  Cell reused{};    // Leases of an idle connection.
  Cell bytes_in{};  // From the backend.
  Cell bytes_out{};
  ByReason<Cell> failures{};                    // proxy::Failure
  std::array<Cell, ejections_max> ejections{};  // cluster::Ejected. The control thread's alone.
};

// A cache line of its own each: workers must not slow each other down by counting.
struct alignas(64) ListenerCounters : ListenerCells<Counter, Histogram> {};
struct alignas(64) PoolCounters : PoolCells<Counter> {};
struct alignas(64) BackendCounters : BackendCells<Counter> {
  Counter well{};  // Attempts, as passive health sees them: see BackendOutcomes.
  Counter failed{};
};

using ListenerTotals = ListenerCells<std::uint64_t, HistogramTotals>;
using PoolTotals = PoolCells<std::uint64_t>;
using BackendTotals = BackendCells<std::uint64_t>;

void add(ListenerTotals& totals, const ListenerCounters& counters);
void add(PoolTotals& totals, const PoolCounters& counters);
void add(BackendTotals& totals, const BackendCounters& counters);

// What passive health has seen of a backend: attempts that went well, and such that did not.
struct BackendOutcomes {
  std::uint64_t well = 0;
  std::uint64_t failed = 0;
};

std::uint64_t sum(const ByCodeClass<std::uint64_t>& requests);

// How many of those begun have not ended: connections open, requests waiting. Both counters are read while workers
// write them, so the second may be ahead of the first: then there is none, and not 2^64 - 1.
constexpr std::uint64_t still_open(std::uint64_t begun, std::uint64_t ended) {
  return begun > ended ? begun - ended : 0;
}

}  // namespace stickler::metrics
