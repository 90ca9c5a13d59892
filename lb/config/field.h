// A key of the file while it is read: its YAML node, dotted path and mark. One thread, during load.
//
// A reader asks for every key it knows; a key the file does not give is an empty Field, for which the functions of
// scalars.h return the default. What is wrong is noted in Reading, and reading goes on: all problems in one run.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lb/config/problem.h"
#include "lb/config/yaml_tree.h"

namespace stickler::config {

// What reading a file leaves beside the configuration.
struct Reading {
  std::vector<Problem> problems;
  Marks marks;  // Columns in bytes.

  // Paths that were not understood, and those that a mistyped key was probably meant to be: what seems to be missing
  // there is no second problem.
  std::set<std::string, std::less<>> suspects;

  bool is_cut = false;  // The file's syntax breaks: more was written than was read.

  // Whether nothing at the path or below it is suspect.
  bool is_sound(std::string_view path) const;
};

class Field {
 public:
  // The top of the file. Requires: both outlive every Field made from this one.
  Field(const Node& root, Reading& reading) : node_(&root), at_(root.at), reading_(&reading) {}

  // The top of another text, which is written like a part of that file.
  struct Part {
    std::string path;     // Of the top, in what is said of it.
    std::string pattern;  // Of that part.
  };
  Field(const Node& root, Reading& reading, Part part)
      : node_(&root),
        at_(root.at),
        path_(std::move(part.path)),
        pattern_(std::move(part.pattern)),
        reading_(&reading) {}

  explicit operator bool() const { return node_ != nullptr; }

  // The value of a key of this map; empty if this is no map or lacks it.
  Field operator[](std::string_view key) const;

  std::vector<Field> items() const;    // Of a list, or this very field where it is no list.
  std::vector<Field> entries() const;  // Of a map whose keys the user chooses.

  Kind kind() const { return node_ ? node_->kind : Kind::nothing; }
  bool is(std::string_view text) const { return kind() == Kind::scalar && node_->text == text; }
  const std::string& text() const { return node_->text; }                // Requires: a scalar.
  bool is_expanded() const { return node_ && !node_->written.empty(); }  // The environment had a part in it.
  const std::string& name() const { return name_; }                      // The key itself.
  const std::string& path() const { return path_; }

  // A map whose keys are all known, available and given once; else says what is not.
  bool check_map() const;
  bool check_list() const;

  // Given; else says that it is missing. `example`: what to write.
  bool require(std::string_view example) const;

  // "PATH: expected a port in 1..65535, got '70000'; ADVICE"
  void reject(std::string_view expected, std::string_view advice = "") const;
  // "PATH: MESSAGE", at the value or at the key.
  void complain(std::string_view message) const;
  void complain_at_key(std::string_view message) const;
  void not_available(std::string_view value) const;

 private:
  explicit Field(Reading* reading) : reading_(reading) {}
  Field child(const Entry& entry, std::string pattern) const;
  void resolve();
  void check_keys() const;
  void check_key(const Entry& entry, const std::vector<std::string_view>& known) const;
  void note(Mark at, const std::string& path, std::string_view message) const;
  std::string describe_value() const;

  const Node* node_ = nullptr;
  Mark at_;              // Of the key; in a list, of the value.
  std::string path_;     // "pools.login.backends[1].weight"
  std::string pattern_;  // "pools.NAME.backends[].weight"
  std::string name_;
  Reading* reading_;
  bool is_secret_ = false;  // What stands here must not be shown.
};

}  // namespace stickler::config
