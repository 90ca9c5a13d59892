#include "lb/config/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <istream>
#include <map>
#include <streambuf>
#include <utility>

namespace stickler::config {
namespace {

Mark mark_from(const YAML::Mark& mark) {
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

constexpr std::size_t bytes_max = 4U << 20;  // Of all texts, after the aliases are expanded.
constexpr std::size_t depth_max = 64;        // So that whoever walks the tree may do so recursively.
constexpr std::string_view too_deep = "nested too deeply";
constexpr std::string_view key_is_no_text = "expected a key, got a list or a map; is a bracket before it not closed?";

struct Stop {  // Thrown through yaml-cpp's parser, which has no other way to end early; never leaves this file.
  SyntaxError error;
};

class ViewBuffer : public std::streambuf {
 public:
  explicit ViewBuffer(std::string_view text) {
    char* begin = const_cast<char*>(text.data());  // Only ever read from.
    setg(begin, begin, begin + text.size());
  }
};

// What a finished value amounts to, so that aliases cannot multiply a small file into a large tree.
struct Extent {
  std::size_t nodes = 1;
  std::size_t bytes = 0;
  std::size_t depth = 1;

  void take_in(const Extent& child) {
    nodes += child.nodes;
    bytes += child.bytes;
    depth = std::max(depth, child.depth + 1);
  }
};

Node leaf(Kind kind, const YAML::Mark& mark, std::string text) {
  Node node;
  node.kind = kind;
  node.at = mark_from(mark);
  node.text = std::move(text);
  return node;
}

// Collects the events of one document. Containers under construction stand on a stack; a finished one is moved into
// the container below it.
class TreeBuilder : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) {
      throw Stop{{mark_from(mark), "a second document begins here; a configuration is one document"}};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { add(leaf(Kind::nothing, mark, ""), anchor); }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) throw Stop{{mark_from(mark), "the alias stands inside what it refers to"}};
    count(mark_from(mark), found->second.extent);
    place(found->second.node, found->second.extent);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    check_tag(mark, tag);
    last_text_ = leaf(Kind::scalar, mark, value);
    add(last_text_, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value style) override {
    open(mark, tag, {Kind::list, anchor, style});
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value style) override {
    open(mark, tag, {Kind::map, anchor, style});
  }
  void OnMapEnd() override { close(); }

  // Where the outermost [ or { begins that is not closed yet.
  std::optional<Mark> open_bracket() const {
    const auto found = std::find_if(stack_.begin(), stack_.end(), [](const Container& c) { return c.in_brackets; });
    return found == stack_.end() ? std::nullopt : std::optional(found->node.at);
  }

  const Node& last_text() const { return last_text_; }

  // What was finished, and of the containers that were not, what they hold so far.
  Node take() {
    while (!stack_.empty()) close();
    return std::move(root_);
  }

 private:
  struct Container {
    Node node;
    YAML::anchor_t anchor = YAML::NullAnchor;
    Extent extent;
    bool in_brackets = false;
    bool key_is_next = true;
    std::string key;
    Mark key_at;
  };
  struct Anchored {
    Node node;
    Extent extent;
  };
  struct Opening {
    Kind kind;
    YAML::anchor_t anchor;
    YAML::EmitterStyle::value style;
  };

  // The tag is not shown: it may be a password that begins with '!'.
  static void check_tag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    throw Stop{{mark_from(mark), "a tag (!...) is not supported; put a text that begins with '!' in quotes"}};
  }

  void count(Mark at, const Extent& extent) {
    nodes_ += extent.nodes;
    bytes_ += extent.bytes;
    if (nodes_ > nodes_max) {
      throw Stop{{at, "more than " + std::to_string(nodes_max) + " values, aliases counted each time they are used"}};
    }
    if (bytes_ > bytes_max) throw Stop{{at, "the texts of all aliases together are too long"}};
    if (stack_.size() + extent.depth > depth_max) throw Stop{{at, std::string(too_deep)}};
  }

  void open(const YAML::Mark& mark, const std::string& tag, Opening opening) {
    check_tag(mark, tag);
    count(mark_from(mark), {});
    if (key_is_expected()) throw Stop{{mark_from(mark), std::string(key_is_no_text)}};
    Container container;
    container.node = leaf(opening.kind, mark, "");
    container.anchor = opening.anchor;
    container.in_brackets = opening.style == YAML::EmitterStyle::Flow;
    stack_.push_back(std::move(container));
  }

  void close() {
    Container done = std::move(stack_.back());
    stack_.pop_back();
    remember(done.anchor, done.node, done.extent);
    place(std::move(done.node), done.extent);
  }

  void add(Node node, YAML::anchor_t anchor) {
    const Extent extent{.nodes = 1, .bytes = node.text.size(), .depth = 1};
    count(node.at, extent);
    remember(anchor, node, extent);
    place(std::move(node), extent);
  }

  void remember(YAML::anchor_t anchor, const Node& node, const Extent& extent) {
    if (anchor != YAML::NullAnchor) anchored_[anchor] = {node, extent};
  }

  bool key_is_expected() const {
    return !stack_.empty() && stack_.back().node.kind == Kind::map && stack_.back().key_is_next;
  }

  void place(Node node, const Extent& extent) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Container& parent = stack_.back();
    parent.extent.take_in(extent);
    if (parent.node.kind == Kind::list) {
      parent.node.items.push_back(std::move(node));
      return;
    }
    if (parent.key_is_next) {
      take_key(parent, std::move(node));
    } else {
      parent.node.entries.push_back({std::move(parent.key), parent.key_at, std::move(node)});
    }
    parent.key_is_next = !parent.key_is_next;
  }

  static void take_key(Container& parent, Node node) {
    if (node.kind == Kind::list || node.kind == Kind::map) {  // By way of an alias.
      throw Stop{{node.at, std::string(key_is_no_text)}};
    }
    if (node.text == "<<") {
      throw Stop{{node.at, "merge keys (<<) are not supported; repeat the keys, or alias a value"}};
    }
    parent.key = std::move(node.text);
    parent.key_at = node.at;
  }

  Node root_;
  Node last_text_;
  std::vector<Container> stack_;
  std::map<YAML::anchor_t, Anchored> anchored_;
  std::size_t nodes_ = 0;
  std::size_t bytes_ = 0;
  int documents_ = 0;
};

// yaml-cpp's words for the common slips, and ours.
std::string explain(const std::string& message) {
  constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"illegal map value", "a ':' where no value can begin; check the indentation, or put the text in quotes"},
      {"end of map not found",
       "expected a key here; check the indentation; a text that begins with a bracket, such as [::1]:80, needs quotes"},
      {"end of sequence not found", "expected '- ' here; check the indentation"},
      {"end of map flow not found",
       "expected ',' or '}' here; is a '{' not closed? A text with brackets, such as ${NAME} or [::1]:80, needs "
       "quotes"},
      {"end of sequence flow not found",
       "expected ',' or ']' here; is a '[' not closed? A text with brackets, such as ${NAME} or [::1]:80, needs "
       "quotes"},
      {"illegal flow end", "a closing bracket without its opening one"},
      {"unknown token", "a value cannot begin with this character; put it in quotes"},
      {"the referenced anchor is not defined", "an alias (*name) to an anchor (&name) that stands nowhere before it"},
      {"illegal tab when looking for indentation", tab_indents},
      {"bad file", too_deep},  // What its guard against recursion says.
  };
  for (const auto& [theirs, ours] : words) {
    if (message == theirs) return std::string(ours);
  }
  return message;
}

}  // namespace

Tree parse_yaml(std::string_view text) {
  Tree tree;
  TreeBuilder builder;
  try {
    ViewBuffer buffer(text);
    std::istream input(&buffer);
    YAML::Parser parser(input);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& stop) {
    tree.error = stop.error;
  } catch (const YAML::Exception& error) {
    tree.error = SyntaxError{mark_from(error.mark), explain(error.msg)};
  } catch (const std::exception& error) {
    tree.error = SyntaxError{{1, 1}, error.what()};
  }
  tree.last_text = builder.last_text();
  tree.open_bracket = builder.open_bracket();
  try {
    tree.root = builder.take();
  } catch (const Stop& stop) {
    if (!tree.error) tree.error = stop.error;
  }
  return tree;
}

}  // namespace stickler::config
