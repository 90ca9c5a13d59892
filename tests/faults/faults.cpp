// The scripted fault run: 150 requests a second to four origins, which one after the other are killed, stopped, refuse,
// hang, are slow, cut their answers, answer 503 and flap. Few requests fail, none hangs, none gets the answer of
// another, no POST is done twice, and a node that cuts bodies is out within a second.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "tests/faults/load.h"
#include "tests/faults/options.h"
#include "tests/faults/proxy.h"
#include "tests/integration/harness/config_file.h"

namespace stickler::faults {
namespace {

using namespace integration;
using Clock = std::chrono::steady_clock;

constexpr int origins_count = 4;
constexpr auto look_every = 20ms;
constexpr double failed_share_max = 0.01;
constexpr auto cut_detection_max = 1s;

// What happens to one origin, and how it ends. One that flaps begins and ends over and over.
struct Fault {
  std::string_view name;
  void (*begin)(Origin& victim);
  void (*end)(Origin& victim);
  std::chrono::milliseconds flap{};
  enum class Whom { one, each, all } whom = Whom::one;
};

template <Mood mood>
void behave(Origin& origin) {
  origin.behave(mood);
}

constexpr auto mend = behave<Mood::answer>;
void kill(Origin& origin) { origin.kill(); }
void start(Origin& origin) { origin.start(); }

constexpr std::string_view cuts_bodies = "cuts bodies";
constexpr std::string_view all_down = "all down";

const Fault script[] = {
    {"none", mend, mend},
    {"killed", kill, start},
    {"stopped", [](Origin& origin) { origin.stop(); }, [](Origin& origin) { origin.go_on(); }},
    {"refuses", behave<Mood::refuse>, mend},
    {"hangs", behave<Mood::hang>, mend},
    {"is slow", behave<Mood::slow>, mend},
    {cuts_bodies, behave<Mood::cut>, mend},
    {"cuts every second", behave<Mood::cut_some>, mend},
    {"answers 503", behave<Mood::fail>, mend},
    {"503 every second", behave<Mood::fail_some>, mend},
    {"flaps, killed", kill, start, 300ms},
    {"flaps, refusing", behave<Mood::refuse>, mend, 300ms},
    {"flaps, 503", behave<Mood::fail>, mend, 300ms},
    {"rolling restart", kill, start, {}, Fault::Whom::each},
    {all_down, kill, start, {}, Fault::Whom::all},
};

struct Row {
  std::optional<Clock::duration> detected{};  // From the fault's begin.
  std::string as;                             // The state that the node was then in.
  std::optional<double> retries{};
};

struct Count {
  std::size_t requests = 0;
  std::size_t failed = 0;
  std::size_t failed_posts = 0;
  std::map<int, std::size_t> statuses{};  // Of those that failed.
  Clock::duration slowest{};
};

class Run {
 public:
  Run();

  void play();
  std::vector<Sent> finish() { return load_.finish(); }
  const std::vector<Row>& rows() const { return rows_; }
  std::map<std::string, int> posts() const;

 private:
  void play_one(const Fault& fault, Origin& victim, Clock::time_point end, Row& row);
  void watch(const Origin& origin, Clock::time_point since, Clock::time_point until, Row& row);
  void settle();

  TemporaryDirectory directory_;
  std::list<Origin> origins_;
  std::unique_ptr<Proxy> proxy_;
  Load load_;
  std::vector<Row> rows_;
};

std::list<Origin> make_origins(const TemporaryDirectory& directory) {
  std::list<Origin> origins;
  for (int i = 0; i < origins_count; ++i) {
    const std::string name = "node-" + std::to_string(i);
    origins.emplace_back(name, directory.file(name + ".posts"));
  }
  return origins;
}

Run::Run()
    : origins_(make_origins(directory_)),
      proxy_(options().haproxy.empty() ? start_stickler(origins_) : start_haproxy(options().haproxy, origins_)),
      load_(proxy_->port()) {}

bool is_wanted(const Fault& fault) { return fault.name.find(options().only) != std::string_view::npos; }

void Run::play() {
  const auto wanted = std::ranges::count_if(script, is_wanted);
  REQUIRE(wanted > 0);
  const auto each = std::chrono::milliseconds(1000 * options().seconds / wanted);
  auto victim = origins_.begin();
  for (const Fault& fault : script) {
    Row& row = rows_.emplace_back();
    if (!is_wanted(fault)) continue;
    settle();
    const std::optional<double> before = proxy_->retries();
    load_.begin_fault(rows_.size() - 1);
    const auto end = Clock::now() + each;
    switch (fault.whom) {
      case Fault::Whom::one:
        play_one(fault, *victim, end, row);
        break;
      case Fault::Whom::each:
        for (Origin& origin : origins_) {
          play_one(fault, origin, Clock::now() + each / origins_count, row);
          if (&origin != &origins_.back()) settle();
        }
        break;
      case Fault::Whom::all:
        for (Origin& origin : origins_) fault.begin(origin);
        watch(*victim, end - each, end, row);
        for (Origin& origin : origins_) fault.end(origin);
        break;
    }
    settle();
    if (before) row.retries = *proxy_->retries() - *before;
    if (++victim == origins_.end()) victim = origins_.begin();
  }
}

void Run::play_one(const Fault& fault, Origin& victim, Clock::time_point end, Row& row) {
  const auto begin = Clock::now();
  const auto half = fault.flap.count() == 0 ? end - begin : fault.flap / 2;
  for (auto from = begin; from < end; from += 2 * half) {
    fault.begin(victim);
    watch(victim, begin, std::min(from + half, end), row);
    fault.end(victim);
    if (from + half < end) watch(victim, begin, std::min(from + 2 * half, end), row);
  }
}

void Run::watch(const Origin& origin, Clock::time_point since, Clock::time_point until, Row& row) {
  for (auto now = Clock::now(); now < until; now = Clock::now()) {
    if (!row.detected) {
      const std::string state = proxy_->state_of(origin);
      if (state != "up") {
        row.detected = Clock::now() - since;
        row.as = state;
      }
    }
    std::this_thread::sleep_for(std::min<Clock::duration>(look_every, until - now));
  }
}

// Until all are in again.
void Run::settle() {
  for (const Origin& origin : origins_) {
    CAPTURE(origin.name());
    REQUIRE(eventually([&] { return proxy_->state_of(origin) == "up"; }));
  }
}

std::map<std::string, int> Run::posts() const {
  std::map<std::string, int> arrivals;
  for (const Origin& origin : origins_) {
    for (const std::string& id : origin.posts()) ++arrivals[id];
  }
  return arrivals;
}

std::vector<Count> count(const std::vector<Sent>& all) {
  std::vector<Count> counts(std::size(script));
  for (const Sent& sent : all) {
    Count& count = counts[sent.fault];
    ++count.requests;
    count.slowest = std::max(count.slowest, sent.took);
    if (sent.end == End::served) continue;
    ++count.failed;
    ++count.statuses[sent.status];
    if (sent.method == "POST") ++count.failed_posts;
  }
  return counts;
}

long milliseconds(Clock::duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

void print(const std::vector<Count>& counts, const std::vector<Row>& rows) {
  fmt::print("{:<20}{:>9}{:>8}{:>9}{:>7}{:>9}{:>11}{:>11}  {}\n", "fault", "requests", "failed", "share", "POSTs",
             "retries", "slowest", "detected", "as");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const Row& row = rows[i];
    if (!is_wanted(script[i])) continue;
    std::string statuses;
    for (const auto& [status, times] : counts[i].statuses) statuses += fmt::format(" {} x {}", times, status);
    fmt::print("{:<20}{:>9}{:>8}{:>8.2f}%{:>7}{:>9}{:>8} ms{:>11}  {}{}\n", script[i].name, counts[i].requests,
               counts[i].failed, 100 * share(counts[i].failed, counts[i].requests), counts[i].failed_posts,
               row.retries ? fmt::to_string(*row.retries) : "-", milliseconds(counts[i].slowest),
               row.detected ? fmt::format("{} ms", milliseconds(*row.detected)) : "-", row.as,
               statuses.empty() ? "" : "; failed:" + statuses);
  }
}

TEST_CASE("backends fail in every way: few requests do, none hangs or gets another's answer, no POST is done twice") {
  Run run;
  run.play();
  const std::vector<Sent> all = run.finish();
  const std::vector<Count> counts = count(all);
  print(counts, run.rows());

  Count outside;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (script[i].name == all_down) continue;
    outside.requests += counts[i].requests;
    outside.failed += counts[i].failed;
  }
  const auto ended = [&](End end) { return std::ranges::count(all, end, &Sent::end); };
  const auto posts = run.posts();
  const auto twice = std::ranges::count_if(posts, [](const auto& post) { return post.second > 1; });
  const auto unseen = std::ranges::count_if(all, [&](const Sent& sent) {
    return sent.method == "POST" && sent.end == End::served && !posts.contains(sent.id);
  });
  fmt::print("{} of {} requests failed outside \"{}\": {:.2f} %; {} hung, {} misdirected, {} of {} POSTs done twice\n",
             outside.failed, outside.requests, all_down, 100 * share(outside.failed, outside.requests),
             ended(End::hung), ended(End::misdirected), twice, posts.size());
  std::cout << std::flush;
  if (!options().haproxy.empty()) return;

  CHECK(share(outside.failed, outside.requests) < failed_share_max);
  CHECK(ended(End::hung) == 0);
  CHECK(ended(End::misdirected) == 0);
  CHECK(twice == 0);
  CHECK(unseen == 0);
  CHECK(counts.front().failed == 0);
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (script[i].name != cuts_bodies || !is_wanted(script[i])) continue;
    REQUIRE(run.rows()[i].detected);
    CHECK(*run.rows()[i].detected < cut_detection_max);
  }
}

}  // namespace
}  // namespace stickler::faults
