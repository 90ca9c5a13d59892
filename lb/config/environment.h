// ${NAME} and ${NAME:-default} in the values of the file. Pure but for the given look-up; any thread.
//
// Expanded after the YAML was parsed, so that no value of the environment can change the structure of the file, and
// comments and keys are left alone. "$${" stands for "${"; any other '$' for itself.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>

#include "lb/config/yaml_tree.h"

namespace stickler::config {

using Variable = std::function<std::optional<std::string>(const std::string& name)>;

// Replaces the texts in the tree; a scalar for which that fails becomes Kind::unresolved. What it says then names the
// variable, never what a variable holds. Returns what went in from the environment, for hide_values().
std::set<std::string> expand(Node& root, const Variable& variable);

// Blanks these values in a message. Short ones stay: "8080" is no secret, and may stand there for another reason.
void hide_values(std::string& message, const std::set<std::string>& values);

}  // namespace stickler::config
