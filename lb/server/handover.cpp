#include "lb/server/handover.h"

#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "lb/base/bytes.h"

namespace stickler::server {
namespace {

using Json = nlohmann::json;

constexpr int state_version = 1;

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
          {"sessions", order->sessions}};
}

std::optional<cluster::Order> order_of(const Json& json) {
  if (json.is_null()) return std::nullopt;
  cluster::Order order{.state = choice_of(json.at("state"), cluster::Configured::down),
                       .since = time_of(json.at("since")),
                       .sessions = json.at("sessions").get<std::uint64_t>()};
  if (!json.at("deadline").is_null()) order.deadline = time_of(json.at("deadline"));
  return order;
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
          {"configured", static_cast<int>(memory.configured)},
          {"order", to_json(memory.order)}};
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
          .configured = choice_of(json.at("configured"), cluster::Configured::down),
          .order = order_of(json.at("order"))};
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

Json to_json(const LiveState& state) {
  Json json{{"version", state_version}, {"backends", Json::array()}, {"turns", Json::array()}};
  Json& keys = json["cookie_keys"] = Json::object();
  for (const auto& [pool, key] : state.cookie_keys) keys[pool] = base64url_encode(key);
  for (const auto& memory : state.backends) json["backends"].push_back(to_json(memory));
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
  for (const Json& memory : array_of(json.at("backends"))) state.backends.push_back(memory_of(memory));
  for (const Json& turns : array_of(json.at("turns"))) state.turns.push_back(turns_of(turns));
  return state;
}

}  // namespace

std::string encode(const Handover& handover) {
  Json json{{"listeners", to_json(handover.listeners)}, {"state", to_json(handover.state)}};
  if (handover.admin) json["admin"] = to_json({*handover.admin});
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
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

}  // namespace stickler::server
