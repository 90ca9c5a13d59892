// A DecisionReport as the API shows it; docs/admin-api.md names every field, and a test compares. Pure; any thread.
#pragma once

#include "lb/admin/answers.h"
#include "lb/admin/decision_report.h"

namespace stickler::admin {

Json to_json(const DecisionReport& report);

}  // namespace stickler::admin
