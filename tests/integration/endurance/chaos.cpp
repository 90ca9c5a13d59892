// Ten backends that are killed and restarted at random instants while clients send twenty thousand requests: nothing
// idempotent is lost, nothing is done twice, no answer reaches another request.
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <sstream>

#include "tests/integration/endurance/echo.h"
#include "tests/integration/failure/addresses.h"
#include "tests/integration/failure/named.h"
#include "tests/integration/harness/chance.h"

namespace stickler::integration {
namespace {

constexpr int backends = 10;
constexpr int dead_max = 3;
constexpr int clients = 8;
#ifdef STICKLER_SANITIZED
constexpr int requests = 3'000;
#else
constexpr int requests = 20'000;
#endif

// A backend process that can be killed and started again at the same address.
class Backend {
 public:
  explicit Backend(std::string record) : record_(std::move(record)) { start(); }

  void start() {
    process_ = std::make_unique<Process>(Command{.program = std::string(PROGRAM_DIR) + "/chaos_origin",
                                                 .arguments = {std::to_string(port_.number()), record_}});
    process_->await_line("listening");
  }
  void kill() {
    process_->signal(SIGKILL);
    process_->wait();
    process_.reset();
  }
  bool is_dead() const { return process_ == nullptr; }
  std::string address() const { return port_.address(); }

  std::vector<std::string> posts() const {
    std::vector<std::string> ids;
    std::istringstream lines(read_file(record_));
    for (std::string id; std::getline(lines, id);) ids.push_back(id);
    return ids;
  }

 private:
  ReservedPort port_;
  std::string record_;
  std::unique_ptr<Process> process_;
};

enum class End { served, cut, refused, none, crossed };

struct Sent {
  std::string id;
  std::string method;
  std::size_t size = 0;
  End end = End::none;
  int status = 0;
};

// One client: a connection that is used for several requests, until somebody closes it or at random.
class Client {
 public:
  Client(std::uint16_t port, int number, std::uint64_t seed) : port_(port), number_(number), chance_(seed) {}

  void run(int count) {
    for (int i = 0; i < count; ++i) {
      const std::size_t kind = chance_.below(100);
      Sent sent{.id = std::to_string(number_) + "-" + std::to_string(i),
                .method = kind < 40   ? "GET"
                          : kind < 45 ? "HEAD"
                          : kind < 75 ? "PUT"
                                      : "POST",
                .size = 0};
      exchange(sent);
      sent_.push_back(std::move(sent));
    }
  }

  const std::vector<Sent>& sent() const { return sent_; }

 private:
  void exchange(Sent& sent) {
    if (!wire_ || chance_.percent(10)) wire_ = std::make_unique<RawClient>(port_);
    sent.size = chance_.size(60, 80);
    const bool has_body = sent.method == "PUT" || sent.method == "POST";
    const std::string body = has_body ? body_of("sent by " + sent.id, chance_.size(60, 80)) : "";
    wire_->send(request(sent.method, "/r/" + sent.id,
                        "X-Id: " + sent.id + "\r\nX-Size: " + std::to_string(sent.size) + "\r\n", body));
    std::optional<Message> answer;
    try {
      answer = wire_->read_response(sent.method, Deadline(2min));
    } catch (const TimedOut&) {
    }
    judge(sent, answer, body);
    const bool goes_on = answer && answer->complete && !same_name(answer->field("Connection"), "close");
    if (!goes_on) wire_.reset();
  }

  static void judge(Sent& sent, const std::optional<Message>& answer, const std::string& body) {
    if (!answer) return;
    sent.status = answer->status();
    if (sent.status != 200) {
      sent.end = answer->field("Server") == "stickler" && sent.status >= 502 ? End::refused : End::crossed;
      return;
    }
    const std::string expected = sent.method == "HEAD" ? "" : body_of(sent.id, sent.size);
    const bool is_mine = answer->field("X-Id") == sent.id && answer->field("X-Digest") == digest_of(body) &&
                         std::string_view(expected).starts_with(answer->body);
    sent.end = !is_mine ? End::crossed : answer->complete ? End::served : End::cut;
    if (sent.end == End::served && answer->body != expected) sent.end = End::crossed;
  }

  std::uint16_t port_;
  int number_;
  Chance chance_;
  std::unique_ptr<RawClient> wire_;
  std::vector<Sent> sent_;
};

// Kills and restarts until the clients are done; returns how often it killed. Ends with everybody alive.
int make_trouble(std::vector<std::unique_ptr<Backend>>& all, const std::atomic<int>& running, Chance chance) {
  int kills = 0;
  while (running > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + chance.below(120)));
    Backend& backend = *all[chance.below(all.size())];
    const auto dead = std::ranges::count_if(all, [](const auto& one) { return one->is_dead(); });
    if (backend.is_dead()) {
      backend.start();
    } else if (dead < dead_max) {
      backend.kill();
      ++kills;
    }
  }
  for (const auto& backend : all) {
    if (backend->is_dead()) backend->start();
  }
  return kills;
}

// The reasons of the access log, by path.
std::map<std::string, std::string> reasons_of(const std::string& path) {
  std::map<std::string, std::string> reasons;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    const auto entry = nlohmann::json::parse(line);
    reasons[entry.at("path")] = entry.at("reason");
  }
  return reasons;
}

// The balancer has seen a byte of the answer: then it may not ask again.
bool had_begun(const Sent& sent, const std::string& reason) {
  return sent.end == End::cut || reason == "cut_head" || reason == "cut_body";
}

Setup setup_for(const std::vector<std::unique_ptr<Backend>>& all, const std::string& log) {
  Setup setup{.process = "{workers: 2, shutdown_grace: 10s}",
              .top = {"access_log: {file: " + log + "}"},
              .pool = {"policy: two_choices", "retries: {attempts: 6, budget: 100%}",
                       "health: {active: {type: tcp, interval: 100ms, timeout: 1s, rise: 1, fall: 2}, "
                       "passive: {eject: 500ms}}"}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    setup.backends.push_back(backend("node-" + std::to_string(i), all[i]->address()));
  }
  return setup;
}

TEST_CASE("backends are killed at random: nothing idempotent is lost, no POST arrives twice, no answer is another's") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  const TemporaryDirectory directory;
  std::vector<std::unique_ptr<Backend>> all;
  for (int i = 0; i < backends; ++i) {
    all.push_back(std::make_unique<Backend>(directory.file("posts-" + std::to_string(i))));
  }
  const std::string log = directory.file("access.log");
  Balancer balancer(setup_for(all, log));
  std::vector<Client> crowd;
  for (int i = 0; i < clients; ++i) crowd.emplace_back(balancer.port(), i, seed + 1 + static_cast<std::uint64_t>(i));
  std::atomic<int> running{clients};
  std::vector<std::thread> threads;
  for (Client& client : crowd) {
    threads.emplace_back([&client, &running] {
      client.run(requests / clients);
      --running;
    });
  }
  const int kills = make_trouble(all, running, Chance(seed));
  for (std::thread& thread : threads) thread.join();

  for (int i = 0; i < backends; ++i) CHECK(comes_to(balancer, "node-" + std::to_string(i), "up"));
  CHECK(eventually([&] { return balancer.metric("stickler_backend_in_flight") == 0; }));
  for (int i = 0; i < 50; ++i) CHECK(fetch(balancer.port(), "/calm", "X-Id: calm\r\nX-Size: 9\r\n").status() == 200);
  balancer.process().signal(SIGTERM);
  balancer.expect_exit(0);

  const auto reasons = reasons_of(log);
  std::map<std::string, int> lost;
  std::set<std::string> served_posts;
  int begun = 0;
  int failed_posts = 0;
  for (const Client& client : crowd) {
    for (const Sent& sent : client.sent()) {
      CHECK(sent.end != End::crossed);
      if (sent.end == End::served && sent.method == "POST") served_posts.insert(sent.id);
      if (sent.end == End::served) continue;
      const auto entry = reasons.find("/r/" + sent.id);
      const std::string reason = entry == reasons.end() ? "not in the log" : entry->second;
      if (had_begun(sent, reason)) {
        ++begun;
      } else if (sent.method == "POST") {
        ++failed_posts;
      } else {
        ++lost[sent.method + " " + std::to_string(sent.status) + " " + reason];
      }
    }
  }
  for (const auto& [what, count] : lost) FAIL_CHECK(count << " lost: " << what);
  std::map<std::string, int> arrivals;
  for (const auto& backend : all) {
    for (const std::string& id : backend->posts()) ++arrivals[id];
  }
  for (const auto& [id, count] : arrivals) {
    if (count != 1) FAIL_CHECK("POST " << id << " arrived " << count << " times");
  }
  for (const std::string& id : served_posts) {
    if (!arrivals.contains(id)) FAIL_CHECK("POST " << id << " was answered and never arrived");
  }
  std::cout << "chaos, seed " << seed << ": " << requests << " requests, " << kills << " kills, " << begun
            << " answers cut after they had begun, " << failed_posts << " POSTs failed" << std::endl;
  CHECK(kills >= 10);  // Otherwise it was no test.
}

}  // namespace
}  // namespace stickler::integration
