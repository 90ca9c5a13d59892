// Calls of a running balancer's admin API that are no GET. The test's thread.
#pragma once

#include <string>
#include <string_view>

#include "tests/integration/harness/balancer.h"

namespace stickler::integration {

inline Message call_admin(Balancer& balancer, std::string_view method, std::string_view target,
                          std::string_view body = "") {
  return RawClient(balancer.admin_port())
      .exchange(std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + std::string(body),
                method);
}

// Of the pool `app`.
inline Message add_backend(Balancer& balancer, std::string_view name, std::string_view address) {
  const nlohmann::json body = {{"name", name}, {"address", address}};
  return call_admin(balancer, "POST", "/api/v1/pools/app/backends", body.dump());
}

inline Message remove_backend(Balancer& balancer, std::string_view name) {
  return call_admin(balancer, "DELETE", "/api/v1/pools/app/backends/" + std::string(name));
}

inline Message set_weight(Balancer& balancer, std::string_view name, int weight) {
  return call_admin(balancer, "PUT", "/api/v1/pools/app/backends/" + std::string(name) + "/weight",
                    nlohmann::json{{"weight", weight}}.dump());
}

// "a1 b5": its backends with their weights.
inline std::string members_of(Balancer& balancer) {
  const auto pool = balancer.admin_json("/api/v1/pools/app");
  std::string text;
  for (const auto& backend : pool.at("backends")) {
    text += (text.empty() ? "" : " ") + backend.at("name").get<std::string>() + backend.at("weight").dump();
  }
  return text;
}

}  // namespace stickler::integration
