#include "lb/server/handover.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>

#include "lb/base/bytes.h"

namespace stickler::server {
namespace {

using Json = nlohmann::json;

constexpr int state_version = 2;

// Times are those of the machine's monotonic clock, which all processes share.
std::int64_t nanoseconds(TimePoint time) { return Duration(time.time_since_epoch()).count(); }
TimePoint time_of(const Json& json) { return TimePoint(Duration(json.get<std::int64_t>())); }

// The library goes over whatever it is given: over null as if it were empty, over a number as if it were a list of one.
const Json& array_of(const Json& json) {
  if (!json.is_array()) throw std::invalid_argument("no list where one is expected");
  return json;
}

const Json& object_of(const Json& json) {
  if (!json.is_object()) throw std::invalid_argument("no object where one is expected");
  return json;
}

Json to_json(const std::vector<std::pair<std::string, int>>& sockets) {
  Json all = Json::array();
  for (const auto& [key, fd] : sockets) all.push_back({{"key", key}, {"fd", fd}});
  return all;
}

std::vector<std::pair<std::string, int>> sockets_of(const Json& json) {
  std::vector<std::pair<std::string, int>> all;
  for (const Json& socket : array_of(json)) {
    all.emplace_back(socket.at("key").get<std::string>(), socket.at("fd").get<int>());
    if (all.back().second < 0) throw std::invalid_argument("a descriptor below 0");
  }
  return all;
}

// One of an enumeration that ends with `last`.
template <class Enum>
Enum choice_of(const Json& json, Enum last) {
  const int number = json.get<int>();
  if (number < 0 || number > static_cast<int>(last)) throw std::invalid_argument("a choice that is none");
  return static_cast<Enum>(number);
}

Json to_json(const std::optional<cluster::Order>& order) {
  if (!order) return {};
  return {{"state", static_cast<int>(order->state)},
          {"since", nanoseconds(order->since)},
          {"deadline", order->deadline ? Json(nanoseconds(*order->deadline)) : Json()},
          {"rate", order->rate},
          {"moved", order->moved},
          {"sessions", order->sessions}};
}

// Not known to an earlier release, in which nothing drained at a rate.
double rate_of(const Json& order) {
  const double rate = order.value("rate", 0.0);
  if (!(rate >= 0 && rate <= cluster::DrainPace::per_second_max)) throw std::invalid_argument("a rate that is none");
  return rate;
}

std::optional<cluster::Order> order_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  cluster::Order order{.state = choice_of(json.at("state"), cluster::Configured::down),
                       .since = time_of(json.at("since")),
                       .rate = rate_of(json),
                       .sessions = json.at("sessions").get<std::uint64_t>(),
                       .moved = json.value("moved", std::uint64_t{0})};
  if (!json.at("deadline").is_null()) order.deadline = time_of(json.at("deadline"));
  return order;
}

Json to_json(const cluster::Steadiness::History& history) {
  return {{"well_since", history.well_since ? Json(nanoseconds(*history.well_since)) : Json()},
          {"failures", history.failures}};
}

// A process that knew nothing of it has not said it.
cluster::Steadiness::History steadiness_of(const Json& json) {
  const auto history = json.find("steadiness");
  if (history == json.end()) return {};
  const Json& since = history->at("well_since");
  return {.well_since = since.is_null() ? std::nullopt : std::optional(time_of(since)),
          .failures = std::min(history->at("failures").get<std::uint32_t>(), cluster::Steadiness::failures_max)};
}

Json to_json(const cluster::BackendMemory& memory) {
  const cluster::Breaker::History& breaker = memory.breaker;
  return {{"pool", memory.pool},
          {"name", memory.name},
          {"address", memory.address.to_string()},
          {"probes", static_cast<int>(memory.probes)},
          {"breaker", static_cast<int>(breaker.state)},
          {"breaker_until", nanoseconds(breaker.until)},
          {"ejected_for", static_cast<int>(breaker.why)},
          {"ejection_end", nanoseconds(breaker.out_until)},
          {"ejection_length", breaker.last_length.count()},
          {"ejections", breaker.in_a_row},
          {"generation", memory.generation},
          {"answer_time", memory.answer_time.value.count()},
          {"answer_time_at", nanoseconds(memory.answer_time.at)},
          {"came_up", memory.came_up ? Json(nanoseconds(*memory.came_up)) : Json()},
          {"configured", static_cast<int>(memory.configured)},
          {"order", to_json(memory.order)},
          {"steadiness", to_json(memory.steadiness)}};
}

cluster::BackendMemory memory_of(const Json& json) {
  const auto address = Address::parse(json.at("address").get<std::string>());
  if (!address) throw std::invalid_argument(address.error().message);
  return {.pool = json.at("pool").get<std::string>(),
          .name = json.at("name").get<std::string>(),
          .address = *address,
          .probes = choice_of(json.at("probes"), cluster::ProbeVerdict::down),
          .breaker = {.state = choice_of(json.at("breaker"), cluster::Breaker::State::half_open),
                      .why = choice_of(json.at("ejected_for"), cluster::Ejected::trial),
                      .until = time_of(json.at("breaker_until")),
                      .out_until = time_of(json.at("ejection_end")),
                      .last_length = Duration(json.at("ejection_length").get<std::int64_t>()),
                      .in_a_row = json.at("ejections").get<std::uint32_t>()},
          .generation = json.at("generation").get<std::uint32_t>(),
          .answer_time = {.value = Duration(json.at("answer_time").get<std::int64_t>()),
                          .at = time_of(json.at("answer_time_at"))},
          .came_up = json.at("came_up").is_null() ? std::nullopt : std::optional(time_of(json.at("came_up"))),
          .configured = choice_of(json.at("configured"), cluster::Configured::down),
          .order = order_of(json.at("order")),
          .steadiness = steadiness_of(json)};
}

Json to_json(const std::optional<config::Backend>& backend) {
  if (!backend) return {};
  return {{"name", backend->name},
          {"address", backend->address.to_string()},
          {"weight", backend->weight},
          {"state", static_cast<int>(backend->state)},
          {"role", static_cast<int>(backend->role)},
          {"origin", static_cast<int>(backend->origin)}};
}

std::optional<config::Backend> backend_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  const auto address = Address::parse(json.at("address").get<std::string>());
  if (!address) throw std::invalid_argument(address.error().message);
  return config::Backend{.name = json.at("name").get<std::string>(),
                         .address = *address,
                         .weight = std::min(json.at("weight").get<std::uint32_t>(), balance::weight_max),
                         .state = choice_of(json.at("state"), config::BackendState::down),
                         .role = choice_of(json.at("role"), config::Role::standby),
                         .origin = choice_of(json.at("origin"), config::Origin::api)};
}

Json to_json(const Override& one) {
  return {{"pool", one.pool}, {"name", one.name}, {"said", to_json(one.said)}, {"now", to_json(one.now)}};
}

Override override_of(const Json& json) {
  return {.pool = json.at("pool").get<std::string>(),
          .name = json.at("name").get<std::string>(),
          .said = backend_of(json.at("said")),
          .now = backend_of(json.at("now"))};
}

Json to_json(const proxy::PoolTurns& pools) {
  Json all = Json::object();
  for (const auto& [pool, turns] : pools) {
    Json& credits = all[pool] = Json::object();
    for (std::size_t i = 0; i < turns.names.size(); ++i) {
      if (turns.credits[i] != balance::PickState::credit_unset) credits[turns.names[i]] = turns.credits[i];
    }
  }
  return all;
}

proxy::PoolTurns turns_of(const Json& json) {
  // Far above any rotation's own, and far from an overflow.
  constexpr std::int64_t credit_max = std::int64_t{1} << 48;
  proxy::PoolTurns all;
  for (const auto& [pool, credits] : object_of(json).items()) {
    balance::Turns& turns = all[pool];
    for (const auto& [name, credit] : object_of(credits).items()) {
      turns.names.push_back(name);
      turns.credits.push_back(std::clamp(credit.get<std::int64_t>(), -credit_max, credit_max));
    }
  }
  return all;
}

// Many sessions are one text: their bytes as they are in memory, which both processes read on the same machine.
template <class... Values>
void pack(std::string& bytes, const Values&... values) {
  (bytes.append(reinterpret_cast<const char*>(&values), sizeof(values)), ...);
}

class Unpacked {
 public:
  explicit Unpacked(const Json& json) {
    auto bytes = base64url_decode(json.get_ref<const std::string&>());
    if (!bytes) throw std::invalid_argument("a text that is not base64url");
    bytes_ = *std::move(bytes);
  }
  bool empty() const { return at_ == bytes_.size(); }
  std::size_t size() const { return bytes_.size(); }
  template <class... Values>
  void take(Values&... values) {
    (take_one(values), ...);
  }

 private:
  template <class Value>
  void take_one(Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (bytes_.size() - at_ < sizeof(value)) throw std::invalid_argument("a text that ends too early");
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

void pack(std::string& bytes, const affinity::LearnedTable::Memory& memory) {
  pack(bytes, memory.session, memory.node, memory.last_use, static_cast<std::uint8_t>(memory.is_untold));
}

affinity::LearnedTable::Memory take_memory(Unpacked& from) {
  affinity::LearnedTable::Memory memory;
  std::uint8_t is_untold = 0;
  from.take(memory.session, memory.node, memory.last_use, is_untold);
  memory.is_untold = is_untold != 0;
  return memory;
}

constexpr std::size_t packed_memory_bytes =
    sizeof(affinity::SessionDigest) + sizeof(affinity::NodeId) + sizeof(std::uint32_t) + sizeof(std::uint8_t);

Json to_json(const LearnedMemory& learned) {
  std::string key;
  pack(key, learned.key);
  std::string sessions;
  sessions.reserve(learned.sessions.size() * packed_memory_bytes);
  for (const auto& memory : learned.sessions) pack(sessions, memory);
  return {{"key", base64url_encode(key)}, {"sessions", base64url_encode(sessions)}};
}

LearnedMemory learned_of(const Json& json) {
  LearnedMemory learned;
  Unpacked(json.at("key")).take(learned.key);
  Unpacked sessions(json.at("sessions"));
  learned.sessions.reserve(sessions.size() / packed_memory_bytes);
  while (!sessions.empty()) learned.sessions.push_back(take_memory(sessions));
  return learned;
}

Json to_json(const CountMemory& memory) {
  std::string seen;
  for (const auto& [nonce, tick] : memory.count.seen) pack(seen, nonce, tick);
  Json ranks = Json::array();
  for (const auto& [tick, registers] : memory.count.ranks) {
    const std::string_view bytes(reinterpret_cast<const char*>(registers.data()), registers.size());
    ranks.push_back({{"slot", tick}, {"registers", base64url_encode(bytes)}});
  }
  return {{"pool", memory.pool},
          {"backend", memory.backend},
          {"have_left", memory.have_left},
          {"idle", memory.count.idle.count()},
          {"seen", base64url_encode(seen)},
          {"ranks", std::move(ranks)}};
}

CountMemory count_of(const Json& json) {
  CountMemory memory{.pool = json.at("pool").get<std::string>(),
                     .backend = json.at("backend").get<std::string>(),
                     .have_left = json.at("have_left").get<bool>(),
                     .count = {.idle = Duration(json.at("idle").get<std::int64_t>())}};
  for (Unpacked seen(json.at("seen")); !seen.empty();) {
    auto& [nonce, tick] = memory.count.seen.emplace_back();
    seen.take(nonce, tick);
  }
  for (const Json& slot : array_of(json.at("ranks"))) {
    auto& [tick, registers] = memory.count.ranks.emplace_back();
    tick = slot.at("slot").get<std::uint32_t>();
    for (Unpacked bytes(slot.at("registers")); !bytes.empty();) bytes.take(registers.emplace_back());
  }
  return memory;
}

Json to_json(const LiveState& state) {
  Json json{{"version", state_version}, {"backends", Json::array()}, {"turns", Json::array()}};
  Json& keys = json["cookie_keys"] = Json::object();
  for (const auto& [pool, key] : state.cookie_keys) keys[pool] = base64url_encode(key);
  Json& learned = json["learned"] = Json::object();
  for (const auto& [pool, memory] : state.learned) learned[pool] = to_json(memory);
  Json& counts = json["counts"] = Json::array();
  for (const auto& memory : state.counts) counts.push_back(to_json(memory));
  for (const auto& memory : state.backends) json["backends"].push_back(to_json(memory));
  Json& overrides = json["overrides"] = Json::array();
  for (const Override& one : state.overrides) overrides.push_back(to_json(one));
  for (const auto& turns : state.turns) json["turns"].push_back(to_json(turns));
  return json;
}

LiveState state_of(const Json& json) {
  LiveState state;
  for (const auto& [pool, key] : object_of(json.at("cookie_keys")).items()) {
    const auto bytes = base64url_decode(key.get<std::string>());
    if (!bytes) throw std::invalid_argument("a key that is not base64url");
    state.cookie_keys[pool] = *bytes;
  }
  for (const auto& [pool, memory] : object_of(json.at("learned")).items()) state.learned[pool] = learned_of(memory);
  for (const Json& memory : array_of(json.at("counts"))) state.counts.push_back(count_of(memory));
  for (const Json& memory : array_of(json.at("backends"))) state.backends.push_back(memory_of(memory));
  if (json.contains("overrides")) {
    for (const Json& one : array_of(json.at("overrides"))) state.overrides.push_back(override_of(one));
  }
  for (const Json& turns : array_of(json.at("turns"))) state.turns.push_back(turns_of(turns));
  return state;
}

}  // namespace

std::string encode(const Handover& handover) {
  Json json{{"listeners", to_json(handover.listeners)}, {"state", to_json(handover.state)}};
  if (handover.admin) json["admin"] = to_json({*handover.admin});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<Handover> decode(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  Handover handover;
  try {
    handover.listeners = sockets_of(json.at("listeners"));
    if (json.contains("admin")) {
      const auto admin = sockets_of(json.at("admin"));
      if (!admin.empty()) handover.admin = admin.front();
    }
  } catch (const std::exception& error) {
    return fail(std::string("the sockets handed over cannot be understood: ") + error.what());
  }
  try {
    const int version = json.at("state").at("version").get<int>();
    if (version == state_version) {
      handover.state = state_of(json.at("state"));
    } else {
      handover.not_taken = "its version is " + std::to_string(version) + ", not " + std::to_string(state_version);
    }
  } catch (const std::exception& error) {
    handover.not_taken = error.what();
  }
  return handover;
}

std::string encode(const News& news) {
  std::string change;
  pack(change, news.change);
  return Json{{"pool", news.pool}, {"change", base64url_encode(change)}}.dump(-1, ' ', false,
                                                                              Json::error_handler_t::replace) +
         "\n";
}

Result<News> decode_news(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  try {
    Unpacked change(json.at("change"));
    return News{.pool = json.at("pool").get<std::string>(), .change = take_memory(change)};
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

}  // namespace stickler::server
