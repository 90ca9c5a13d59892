// The reports of AdminSource as the API shows them; docs/admin-api.md names every field, and a test compares. Pure;
// any thread.
#pragma once

#include <vector>

#include "lb/admin/answers.h"
#include "lb/admin/source.h"

namespace stickler::admin {

Json to_json(const StatusReport& report);
Json to_json(const std::vector<PoolReport>& pools);
Json to_json(const PoolReport& report);
Json to_json(const BackendReport& report);

}  // namespace stickler::admin
