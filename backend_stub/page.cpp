#include "backend_stub/page.h"

namespace stickler::stub {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --text: #1b1b1f; --ground: #fafafa; --line: #c8c8d0; --accent: #1d4ed8; --error: #b00020; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e8e8ee; --ground: #17171b; --line: #4a4a55; --accent: #8ab4ff; --error: #ff8a80; }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; }
main { max-width: 26rem; margin: 10vh auto; padding: 0 1.25rem; }
h1 { font-size: 1.4rem; }
label { display: block; margin-top: 1rem; }
input { box-sizing: border-box; width: 100%; padding: .5rem; font: inherit; color: inherit; background: transparent;
        border: 1px solid var(--line); border-radius: .3rem; }
button { margin-top: 1.25rem; padding: .5rem 1.25rem; font: inherit; cursor: pointer; color: var(--ground);
         background: var(--accent); border: 0; border-radius: .3rem; }
button.plain { color: inherit; background: transparent; border: 1px solid var(--line); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .35rem 1.25rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.actions { display: flex; gap: .75rem; }
.error { color: var(--error); font-weight: 600; }
)";

constexpr std::string_view log_in_form = R"(<form method="post" action="/login">
<label for="user">User name</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" maxlength="64" required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" maxlength="256" required>
<button type="submit">Log in</button>
</form>
)";

constexpr std::string_view actions = R"(<div class="actions">
<form method="post" action="/visit"><button type="submit">Visit once more</button></form>
<form method="post" action="/logout"><button type="submit" class="plain">Log out</button></form>
</div>
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// The words of an error as a sentence.
std::string sentence(std::string_view words) {
  std::string text = escaped(words);
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - ('a' - 'A'));
  return text + ".";
}

void append_row(std::string& out, std::string_view term, std::string_view value) {
  out.append("<dt>").append(term).append("</dt><dd>").append(escaped(value)).append("</dd>\n");
}

void append_session(std::string& out, const PageView& view) {
  out += "<dl>\n";
  append_row(out, "User", view.me->user);
  append_row(out, "Node", view.node);
  if (!view.me->backup.empty()) append_row(out, "Backup", view.me->backup);
  append_row(out, "Visits", std::to_string(view.me->visits));
  append_row(out, "Session store", view.store);
  out.append("</dl>\n").append(actions);
}

}  // namespace

std::string page(const PageView& view) {
  std::string out = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  out += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
  out.append("<title>")
      .append(view.me == nullptr ? "Log in" : "Logged in")
      .append(" - node ")
      .append(escaped(view.node));
  out.append("</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>").append(style).append("</style>\n</head>\n");
  out.append("<body>\n<main>\n<h1>Node ").append(escaped(view.node)).append("</h1>\n");
  if (!view.error.empty()) {
    out.append("<p class=\"error\" role=\"alert\">").append(sentence(view.error)).append("</p>\n");
  }
  if (view.me != nullptr) {
    append_session(out, view);
  } else {
    out += log_in_form;
    if (view.anybody) out += "<p>Any user name will do; the password is the user name.</p>\n";
  }
  return out + "</main>\n</body>\n</html>\n";
}

}  // namespace stickler::stub
