#include "lb/config/read.h"
#include "lb/config/scalars.h"

namespace stickler::config {
namespace {

constexpr std::uint32_t weight_max = 256;

}  // namespace

std::uint32_t read_weight(const Field& field, std::uint32_t fallback) {
  return whole_number(field, fallback, {0, weight_max});
}

Backend read_backend(const Field& field) {
  Backend backend;
  if (!field.check_map()) return backend;
  if (const Field name = field["name"]; name.require("a name, by which sessions find their backend again")) {
    const auto given = text(name);
    if (given && !is_name(*given)) name.reject(name_form);
    backend.name = given.value_or("");
  }
  if (const Field where = field["address"]; where.require("an address, such as 10.0.0.1:9001")) {
    backend.address = address(where, PortZero::is_refused).value_or(Address());
  }
  backend.weight = read_weight(field["weight"], backend.weight);
  backend.role = choice(field["role"], backend.role, role_words);
  backend.state = choice(field["state"], backend.state, backend_state_words);
  return backend;
}

std::vector<Backend> read_backends(const Field& field) {
  std::vector<Backend> backends;
  if (!field.check_list()) return backends;
  const std::vector<Field> items = field.items();
  if (items.size() > backends_max) {
    field.complain_at_key("at most " + std::to_string(backends_max) + " backends, got " + std::to_string(items.size()));
    return backends;
  }
  for (const Field& item : items) backends.push_back(read_backend(item));
  return backends;
}

}  // namespace stickler::config
