// Config -> Snapshot: names resolved, templates compiled, keys derived. Control thread.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lb/affinity/learned_table.h"
#include "lb/cluster/backend_registry.h"
#include "lb/config/schema.h"
#include "lb/proxy/snapshot.h"
#include "lb/server/handover.h"

namespace stickler::server {

// What compiling needs beside the configuration and what must be the same over reloads.
class CompileContext {
 public:
  explicit CompileContext(std::uint64_t connections_auto) : connections_auto_(connections_auto) {}

  std::shared_ptr<proxy::ListenerLoad> load_of(const std::string& listener);
  const std::string& random_cookie_key(const std::string& pool);

  // What a pool has learned: the same table as long as its size is the same, else a new one that takes it over. Whoever
  // serves by it owns it, so that a refused reload leaves the old one, and a pool that goes takes its own along.
  std::shared_ptr<affinity::LearnedTable> learned_table(const std::string& pool, std::uint32_t entries);
  // The tables in force, by pool; and what the process before had learned, for those that are made with the first
  // configuration.
  std::map<std::string, std::shared_ptr<affinity::LearnedTable>> learned_tables() const;
  void set_learned(std::map<std::string, LearnedMemory> learned) { inherited_ = std::move(learned); }

  // Those that were made up; and those of the process before, to go on with.
  const std::map<std::string, std::string>& random_keys() const { return random_keys_; }
  void set_random_keys(std::map<std::string, std::string> keys) { random_keys_ = std::move(keys); }
  std::uint64_t connections_auto() const { return connections_auto_; }

 private:
  std::uint64_t connections_auto_;
  std::map<std::string, std::shared_ptr<proxy::ListenerLoad>> loads_;
  std::map<std::string, std::string> random_keys_;

  struct Learned {
    std::weak_ptr<affinity::LearnedTable> table;
    std::weak_ptr<affinity::LearnedTable> resized;  // If the configuration that it was made for is in force.
  };
  std::map<std::string, Learned> learned_;
  std::map<std::string, LearnedMemory> inherited_;  // Until a table is made of it.
};

// The error names the key that could not be compiled, e.g. a header template.
Result<std::shared_ptr<const proxy::Snapshot>> compile(const config::Config& config, CompileContext& context);

// The pools as the registry knows them.
std::vector<cluster::PoolSettings> registry_pools(const config::Config& config);

}  // namespace stickler::server
