// Nodes: several stores that replicate to each other, over real sockets on the test's own loop. Each may be killed and
// started again, empty, at the same address; the sessions' clock is the test's. A Puppet stands in for one of them, and
// says what the test tells it to.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend_stub/sessions/replicated.h"
#include "lb/base/log.h"
#include "tests/unit/service/client.h"

namespace stickler::stub::test {

using service::test::run_until;

class Nodes {
 public:
  struct Options {
    Placement placement = Placement::primary_backup;
    int size = 3;
    Duration life = std::chrono::minutes(30);
    std::size_t sessions_max = 1000;
    bool sync = true;
  };

  explicit Nodes(const Options& options) : options_(options) {
    REQUIRE(start_log("error", "stderr"));  // Deaths are what these tests are about.
    for (int i = 0; i < options.size; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      sockets_.emplace(name, bind(Address::parse("127.0.0.1:0").value()));
      addresses_.emplace(name, sockets_.at(name).address());
    }
  }

  PeersSettings settings_of(const std::string& name) {
    const auto bound = sockets_.extract(name);
    PeersSettings peers{.self = name,
                        .generation = ++generations_,
                        .socket = bound.empty() ? bind(addresses_.at(name)) : std::move(bound.mapped()),
                        .others = {},
                        .secret = "a secret of these tests"};
    for (const auto& [other, address] : addresses_) {
      if (other != name) peers.others.push_back({.name = other, .address = address});
    }
    return peers;
  }

  void start(const std::string& name) {
    PeersSettings peers = settings_of(name);
    stores_[name] =
        std::make_unique<ReplicatedStore>(ReplicatedStore::World{.loop = loop, .clock = clock, .real = real},
                                          ReplicatedSettings{.placement = options_.placement,
                                                             .sync = options_.sync,
                                                             .life = options_.life,
                                                             .sessions_max = options_.sessions_max},
                                          std::move(peers));
  }

  void start_all() {
    for (const auto& [name, address] : addresses_) start(name);
    await_meeting();
  }

  // Until every node that runs sees every other that does, and no other.
  void await_meeting() {
    run_until(loop, [this] {
      for (const auto& [name, store] : stores_) {
        if (store->peers().live().size() + 1 != stores_.size()) return false;
      }
      return true;
    });
  }

  // All it holds is gone, and its connections are closed.
  void kill(const std::string& name) {
    kill_unseen(name);
    await_meeting();
  }
  void kill_unseen(const std::string& name) { stores_.erase(name); }  // The others will notice.

  ReplicatedStore& store(const std::string& name) { return *stores_.at(name); }

  std::vector<std::string> running() const {
    std::vector<std::string> names;
    for (const auto& [name, store] : stores_) names.push_back(name);
    return names;
  }

  // Copies on all nodes together.
  std::uint64_t copies() const {
    std::uint64_t sum = 0;
    for (const auto& [name, store] : stores_) sum += store->stats().sessions;
    return sum;
  }

  // For an end that no answer tells of.
  template <class Condition>
  void await(Condition condition) {
    run_until(loop, condition);
  }

  io::Loop loop;
  ManualClock clock;
  ManualClock real;  // By which a node notices that it stood still. It never does, unless the test moves this.

 private:
  static io::ListenSocket bind(const Address& address) {
    auto socket = io::ListenSocket::bind(address, {});
    if (!socket) FAIL(socket.error().message);
    return *std::move(socket);
  }

  const Options options_;
  std::map<std::string, io::ListenSocket> sockets_;  // Of nodes that have not been started yet.
  std::map<std::string, Address> addresses_;
  std::map<std::string, std::unique_ptr<ReplicatedStore>> stores_;
  std::uint64_t generations_ = 0;
};

// A node that knows only what the test tells it. What `answers` returns is said to whoever asks, and
// nullopt leaves the question open.
class Puppet final : private PeersEvents {
 public:
  using Answers = std::function<std::optional<Message>(const Asker& asker, const Message& question)>;

  // By itself it holds nothing, and takes everything.
  static std::optional<Message> know_nothing(const Asker&, const Message& question) {
    if (std::holds_alternative<Find>(question) || std::holds_alternative<Claim>(question)) return Found{};
    if (std::holds_alternative<Offer>(question)) return Wanted{};
    return Stored{};
  }

  Puppet(Nodes& nodes, PeersSettings settings, Answers answers = know_nothing)
      : nodes_(nodes), answers_(std::move(answers)), peers_(nodes.loop, std::move(settings), *this) {}

  // Until each sees the other.
  void meet(const std::string& name) {
    nodes_.await([&] { return peers_.is_live(name) && nodes_.store(name).peers().is_live(peers_.self()); });
  }

  // Its answer; nullopt: none came.
  std::optional<Message> ask(const std::string& name, Message question) {
    bool answered = false;
    std::optional<Message> kept;
    peers_.ask(name, std::move(question), [&](Message* answer) {
      answered = true;
      if (answer != nullptr) kept = *answer;
    });
    nodes_.await([&] { return answered; });
    return kept;
  }
  void answer(const Asker& asker, Message message) { peers_.answer(asker, std::move(message)); }

  int losses = 0;

 private:
  void on_live(const std::string&, bool) override {}
  void on_lost(const std::string&) override { ++losses; }
  void on_settled() override {}
  void on_question(const Asker& asker, Message& question) override {
    if (auto answer = answers_(asker, question)) peers_.answer(asker, *std::move(answer));
  }

  Nodes& nodes_;
  Answers answers_;
  Peers peers_;
};

// A node's store as one that a test may own.
class StoreOfNode final : public SessionStore {
 public:
  explicit StoreOfNode(SessionStore& store) : store_(store) {}

  void create(const std::string& id, Session session, OnStored done) override {
    store_.create(id, std::move(session), std::move(done));
  }
  void load(const std::string& id, OnStored done) override { store_.load(id, std::move(done)); }
  void touch(const std::string& id, OnStored done) override { store_.touch(id, std::move(done)); }
  void update(const std::string& id, Update update, OnStored done) override {
    store_.update(id, std::move(update), std::move(done));
  }
  void erase(const std::string& id, OnStored done) override { store_.erase(id, std::move(done)); }
  StoreStats stats() const override { return store_.stats(); }
  void tidy() override { store_.tidy(); }

 private:
  SessionStore& store_;
};

}  // namespace stickler::stub::test
