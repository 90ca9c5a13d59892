// One function a section of the file: Field to the struct of schema.h. What is wrong is noted in the field's Reading.
// One thread, during load.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lb/config/field.h"
#include "lb/config/schema.h"

namespace stickler::config {

Config read_config(const Field& root);

Process read_process(const Field& field);
Admin read_admin(const Field& field);
Log read_log(const Field& field);
AccessLog read_access_log(const Field& field);

std::vector<Listener> read_listeners(const Field& field);
std::vector<Route> read_routes(const Field& field);
Headers read_headers(const Field& field);

std::vector<Pool> read_pools(const Field& field);
Hash read_hash(const Field& field);
Affinity read_affinity(const Field& field);
Health read_health(const Field& field);
std::vector<Backend> read_backends(const Field& field);
Backend read_backend(const Field& field);
std::uint32_t read_weight(const Field& field, std::uint32_t fallback);

inline constexpr std::size_t backends_max = 4096;  // Of a pool.

// The name of a listener, pool or backend: it stands in log lines, metrics and URLs.
bool is_name(std::string_view text);
inline constexpr std::string_view name_form = "a name of up to 64 letters, digits, '-', '_' or '.'";
bool check_name(const Field& field);  // That the key is one.

// The name of a pool, where one is asked for; "" if it is missing or none.
std::string read_pool_name(const Field& field);

}  // namespace stickler::config
