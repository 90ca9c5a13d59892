#include "backend_stub/fault_order.h"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "backend_stub/units.h"

namespace stickler::stub {
namespace {

struct Name {
  std::string_view text;
  Fault fault;
};

constexpr Name names[] = {
    {"slow", Fault::slow},   {"error", Fault::error}, {"hang", Fault::hang},
    {"reset", Fault::reset}, {"full", Fault::full},   {"close-mid-body", Fault::close_mid_body},
    {"none", Fault::none},
};

constexpr std::string_view expected_names = "expected slow, error, hang, reset, close-mid-body, full or none";

std::string got(const Json& value) {
  return ", got " + value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 40);
}

Result<Fault> read_fault(const Json& value) {
  if (value.is_string()) {
    const auto* found = std::ranges::find(names, value.get_ref<const std::string&>(), &Name::text);
    if (found != std::end(names)) return found->fault;
  }
  return fail("fault: " + std::string(expected_names) + got(value));
}

Result<Duration> read_duration(std::string_view key, const Json& value) {
  if (!value.is_string()) return fail(std::string(key) + ": expected a duration like \"200ms\"" + got(value));
  auto duration = parse_duration(value.get_ref<const std::string&>());
  if (!duration) return fail(std::string(key) + ": " + duration.error().message);
  if (*duration <= Duration::zero()) return fail(std::string(key) + ": expected more than nothing" + got(value));
  return duration;
}

Result<double> read_share(const Json& value) {
  if (!value.is_number() || value.get<double>() <= 0 || value.get<double>() > 1) {
    return fail("share: expected a number above 0 and up to 1" + got(value));
  }
  return value.get<double>();
}

Result<void> read_key(FaultOrder& order, const std::string& key, const Json& value) {
  const auto store = [](auto result, auto& target) -> Result<void> {
    if (!result) return tl::unexpected(result.error());
    target = *result;
    return {};
  };
  if (key == "fault") return store(read_fault(value), order.fault);
  if (key == "for") return store(read_duration(key, value), order.lasts);
  if (key == "share") return store(read_share(value), order.share);
  if (key == "delay") return store(read_duration(key, value), order.delay);
  return fail("'" + key + "': unknown key; there are fault, for, share and delay");
}

Result<void> check(const FaultOrder& order, const Json& json) {
  if (!json.contains("fault")) return fail("fault: missing; " + std::string(expected_names));
  if (order.fault == Fault::none && json.size() > 1) return fail("fault: none takes no other key");
  if (order.fault == Fault::slow && order.delay == Duration::zero()) {
    return fail("delay: missing; slow needs one, like \"200ms\"");
  }
  if (order.fault == Fault::hang && order.delay > Duration::zero()) {
    return fail("delay: has no effect, because hang does not answer at all");
  }
  return {};
}

}  // namespace

Result<FaultOrder> parse_fault(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) {
    return fail(R"(expected a JSON object like {"fault": "slow", "for": "5s", "share": 0.1, "delay": "200ms"})");
  }
  FaultOrder order;
  for (const auto& [key, value] : json.items()) {
    if (auto read = read_key(order, key, value); !read) return tl::unexpected(read.error());
  }
  if (auto checked = check(order, json); !checked) return tl::unexpected(checked.error());
  return order;
}

Json to_json(const FaultOrder& order) {
  Json json{{"fault", std::ranges::find(names, order.fault, &Name::fault)->text}};
  if (order.fault == Fault::none) return json;
  if (order.lasts) json["for"] = to_text(*order.lasts);
  json["share"] = order.share;
  if (order.delay > Duration::zero()) json["delay"] = to_text(order.delay);
  return json;
}

}  // namespace stickler::stub
