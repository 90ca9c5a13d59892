#include "tests/integration/sharing/redis_server.h"

#include <stdexcept>

#include "tests/integration/harness/wire.h"

namespace stickler::integration {

RedisServer::RedisServer(std::string password) : password_(std::move(password)) {
  // Redis takes no port 0: somebody else may have taken the one that was free a moment ago.
  for (int attempt = 0; attempt < 20; ++attempt) {
    port_ = port_of(listen_on());
    if (try_start()) return;
  }
  throw std::runtime_error("redis-server found no free port");
}

std::string RedisServer::url(std::string_view before) const {
  return "redis://" + std::string(before) + "127.0.0.1:" + std::to_string(port_);
}

bool RedisServer::try_start() {
  std::vector<std::string> arguments{"--port",       std::to_string(port_),
                                     "--bind",       "127.0.0.1",
                                     "--save",       "",
                                     "--appendonly", "no",
                                     "--daemonize",  "no",
                                     "--dir",        directory_.path().string(),
                                     "--databases",  "16",
                                     "--maxmemory",  "64mb"};
  if (!password_.empty()) arguments.insert(arguments.end(), {"--requirepass", password_});
  process_.emplace(Command{.program = "/usr/bin/redis-server", .arguments = std::move(arguments)});
  try {
    process_->await_output("Ready to accept connections");
  } catch (const TimedOut&) {
    process_.reset();
    return false;
  }
  return true;
}

void RedisServer::stop() {
  process_->signal(SIGKILL);
  process_->wait();
  process_.reset();
}

void RedisServer::start() {
  if (!try_start()) throw std::runtime_error("redis-server does not start again");
}

std::string RedisServer::say(std::vector<std::string> words) const {
  std::vector<std::string> arguments{"-p", std::to_string(port_), "--no-auth-warning"};
  if (!password_.empty()) arguments.insert(arguments.end(), {"-a", password_});
  arguments.insert(arguments.end(), words.begin(), words.end());
  const Finished finished = run({.program = "/usr/bin/redis-cli", .arguments = std::move(arguments)});
  std::string output = finished.output;
  while (output.ends_with('\n')) output.pop_back();
  return output;
}

std::size_t RedisServer::sessions() const { return static_cast<std::size_t>(std::stoul(say({"DBSIZE"}))); }

}  // namespace stickler::integration
