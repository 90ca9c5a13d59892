#include "backend_stub/server.h"

#include <sodium.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <iostream>
#include <thread>

#include "backend_stub/app.h"
#include "backend_stub/sessions/registry.h"
#include "lb/base/log.h"
#include "lb/io/signals.h"

namespace stickler::stub {
namespace {

constexpr std::chrono::seconds shutdown_grace{5};
constexpr std::size_t waiting_log_ins_max = 256;

// Beside connections: the listening socket, the log, libuv's own.
constexpr std::size_t other_descriptors = 64;

std::size_t connections_max() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return std::max<std::size_t>(std::min<std::size_t>(limit.rlim_cur, 64 * 1024), 2 * other_descriptors) -
         other_descriptors;
}

Result<PasswordRules> password_rules(const Options& options) {
  PasswordRules rules{.cost = options.password_cost, .users = std::nullopt};
  if (options.users_file.empty()) return rules;
  auto users = Users::read(options.users_file);
  if (!users) return tl::unexpected(users.error());
  rules.users = *std::move(users);
  return rules;
}

Result<std::unique_ptr<SessionStore>> make_store(io::Loop& loop, const Clock& real, const Options& options) {
  const Strategy& strategy = *find_strategy(options.sessions);
  StoreContext context{.clock = loop, .life = LogIns::life_for(options.ttl), .sessions_max = options.sessions_max};
  if (strategy.replicates) {
    auto socket = io::ListenSocket::bind(options.peer_listen, {});
    if (!socket) return tl::unexpected(socket.error());
    log_info("listening peers {}", socket->address().to_string());
    std::uint64_t generation = 0;
    while (generation == 0) randombytes_buf(&generation, sizeof(generation));
    PeersSettings peers{.self = options.name,
                        .generation = generation,
                        .socket = *std::move(socket),
                        .others = options.peers,
                        .secret = options.peer_secret};
    context.membership = std::make_unique<Membership>(
        Membership{.loop = loop, .real = real, .peers = std::move(peers), .sync = options.replicate_sync});
  }
  return strategy.make(std::move(context));
}

AppParts parts_of(std::unique_ptr<SessionStore> store, PasswordRules rules) {
  return {.store = std::move(store),
          .passwords = std::move(rules),
          // Each takes a core and the memory of its cost.
          .password_work = {.running_max = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4),
                            .waiting_max = waiting_log_ins_max}};
}

// What a signal does: the first one drains, a second one, or too long a wait, ends it.
class Shutdown {
 public:
  Shutdown(io::Loop& loop, App& app, service::HttpService& service)
      : loop_(loop), app_(app), service_(service), signals_(loop), limit_(loop, [this] {
          log_warn("stopping with {} connections open", service_.connection_count());
          loop_.stop();
        }) {
    signals_.on(SIGTERM, [this] { begin(); });
    signals_.on(SIGINT, [this] { begin(); });
  }

 private:
  void begin() {
    if (std::exchange(begun_, true)) return loop_.stop();
    log_info("stopping: {} connections are open", service_.connection_count());
    app_.end_fault();
    limit_.start(shutdown_grace);
    service_.drain([this] { loop_.stop(); });
  }

  io::Loop& loop_;
  App& app_;
  service::HttpService& service_;
  io::Signals signals_;
  io::Timer limit_;
  bool begun_ = false;
};

int fail_with(int code, const Error& error) {
  log_error("{}", error.message);
  return code;
}

}  // namespace

int serve(const Options& options) {
  if (auto log = start_log("info", "stderr"); !log) return fail_with(1, log.error());
  if (sodium_init() < 0) return fail_with(1, {"libsodium found no source of random numbers"});
  io::Signals::ignore_broken_pipes();
  auto rules = password_rules(options);
  if (!rules) return fail_with(2, {"--users: " + rules.error().message});

  const SystemClock real;
  io::Loop loop;
  auto store = make_store(loop, real, options);
  if (!store) return fail_with(1, store.error());
  App app(loop,
          {.node = options.name,
           .store_name = options.sessions,
           .ttl = options.ttl,
           .session_bytes_max = options.session_bytes},
          parts_of(*std::move(store), *std::move(rules)));
  const auto service =
      service::HttpService::start(loop,
                                  {.listen = options.listen,
                                   .body_bytes_max = app.body_bytes_max(),
                                   .connections_max = connections_max(),
                                   .fields = app.fields()},
                                  [&app](const service::Request& request, service::Responder responder) {
                                    app.handle(request, std::move(responder));
                                  });
  if (!service) return fail_with(1, service.error());
  const Shutdown shutdown(loop, app, **service);
  log_info("listening stub {}", (*service)->address().to_string());
  log_info("ready");
  loop.run();
  log_info("stopped");
  return 0;
}

int print_hash(const PasswordCost& cost) {
  std::string password;
  if (sodium_init() < 0 || !std::getline(std::cin, password) || password.empty()) {
    std::cerr << "login-stub: --hash-password reads a password from standard input, and there was none\n";
    return 2;
  }
  const auto hash = hash_password(password, cost);
  if (!hash) {
    std::cerr << "login-stub: " << hash.error().message << "\n";
    return 1;
  }
  std::cout << *hash << "\n";
  return 0;
}

}  // namespace stickler::stub
