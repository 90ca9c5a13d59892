"""The checks themselves: each finds what it is there for, and is silent about what is in order."""
import os
import tempfile
import unittest

import check
from cpp_text import functions

LAYERS = "lb_layer(base LIBS fmt::fmt)\nlb_layer(io DEPS base\n  LIBS uv)  # comment\nlb_layer(http DEPS base)\n"


class Tree(unittest.TestCase):
    def findings(self, name, files):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {"lb/CMakeLists.txt": LAYERS, **files}.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return list(check.CHECKS[name](root))

    def expect(self, name, files, *starts):
        found = self.findings(name, files)
        self.assertEqual(len(found), len(starts), found)
        for finding, start in zip(found, starts):
            self.assertTrue(finding.startswith(start), finding)

    def test_an_include_along_an_arrow_is_allowed(self):
        self.expect("arrows", {"lb/base/a.h": "", "lb/io/b.h": '#include "lb/base/a.h"\n#include "lb/io/b.h"\n'})

    def test_an_include_against_an_arrow_is_found(self):
        self.expect("arrows", {"lb/base/a.h": "", "lb/io/b.h": "", "lb/base/c.h": '#include "lb/io/b.h"\n',
                               "lb/http/d.cpp": '#include "lb/base/a.h"\n#include "lb/io/b.h"\n'},
                    "lb/base/c.h:1: may not include lb/io", "lb/http/d.cpp:2: may not include lb/io")

    def test_an_unknown_layer_a_relative_include_and_a_foreign_folder_are_found(self):
        self.expect("arrows", {"lb/extra/a.h": "", "lb/io/b.h": '#include "c.h"\n', "lb/io/c.h": "",
                               "backend_stub/s.h": "", "lb/io/d.h": '#include "backend_stub/s.h"\n'},
                    "lb/extra/a.h:1: lb/extra is no layer", "lb/io/b.h:1:", "lb/io/d.h:1: lb/ may not include")

    def test_main_may_include_every_layer_and_the_stub_only_its_own(self):
        self.expect("arrows", {"lb/io/a.h": "", "lb/main.cpp": '#include "lb/io/a.h"\n', "lb/config/c.h": "",
                               "lb/CMakeLists.txt": LAYERS + "lb_layer(config DEPS base)",
                               "backend_stub/s.cpp": '#include "lb/io/a.h"\n#include "lb/config/c.h"\n'},
                    "backend_stub/s.cpp:2: may not include lb/config")

    def test_a_layer_may_only_depend_on_layers_declared_before_it(self):
        self.expect("arrows", {"lb/CMakeLists.txt": "lb_layer(a DEPS b)\nlb_layer(b)\n"}, "lb/CMakeLists.txt:1:")

    def test_a_third_party_header_away_from_home_is_found(self):
        self.expect("homes", {"lb/io/a.h": "#include <uv.h>\n", "lb/http/b.h": "\n#include <uv.h>\n",
                              "backend_stub/c.cpp": "#include <sodium.h>\n#include <yaml-cpp/yaml.h>\n"},
                    "backend_stub/c.cpp:2: <yaml-cpp/yaml.h>", "lb/http/b.h:2: <uv.h> belongs to lb/io")

    def test_long_files_and_long_functions_are_found(self):
        body = "  work();\n" * 69
        self.expect("limits", {"lb/io/a.cpp": f"namespace x {{\nvoid f() {{\n{body}}}\nint g() {{\n{body[10:]}}}\n}}\n",
                               "lb/io/b.h": "//\n" * 401, "tests/unit/c.cpp": "//\n" * 401},
                    "lb/io/a.cpp:2: f has 71 lines", "lb/io/b.h:401: 401 lines")

    def test_five_parameters_are_found(self):
        self.expect("limits", {"lb/io/a.h": "void f(int a, int b, int c, int d) {}\nvoid g(int a, M<int, int> b, int c, "
                                            "int d, int e) {}\n"}, "lb/io/a.h:2: g has 5 parameters")

    def test_banned_words_and_machine_paths_are_found(self):
        self.expect("words", {"lb/io/a.h": "// to" + "do? no: TO" + "DO later\nclass PoolManager {\n",
                              "docs/b.md": "the down" + "stream side\nsee /ho" + "me/me/x\n", "docs/lexicon.md": "down" + "stream"},
                    "docs/b.md:1:", "docs/b.md:2:", "lb/io/a.h:1:", "lb/io/a.h:2:")

    def test_headers_open_with_a_comment_and_sources_with_their_header(self):
        self.expect("headers", {"lb/io/a.h": "// A.\n#pragma once\n", "lb/io/a.cpp": '#include <x>\n#include "lb/io/a.h"\n',
                                "lb/io/b.h": "#include <x>\nusing namespace std;\n"},
                    "lb/io/a.cpp:1: include", "lb/io/b.h:1: begin", "lb/io/b.h:1: no #pragma", "lb/io/b.h:1: 'using")


class Functions(unittest.TestCase):
    def names(self, text):
        return [(function.name, function.first_line, function.lines, function.parameters) for function in functions(text)]

    def test_methods_operators_and_templates_are_seen_with_their_size(self):
        text = ("namespace a::b {\nclass C : public D<int> {\n public:\n  int f(int x) const {\n    if (x) { g(); }\n  }\n"
                "  bool operator==(const C&) const { return true; }\n};\ntemplate <class T>\nvoid h(T a, T b) {\n}\n}\n")
        self.assertEqual(self.names(text), [("f", 4, 3, 1), ("operator==", 7, 1, 1), ("h", 9, 3, 2)])

    def test_a_constructor_with_braced_initialisers_is_one_function(self):
        self.assertEqual(self.names("C::C(int a) : a_{a}, b_(a),\n  c_{} {\n  run();\n}\nint x = 3;\nint y[] = {1, 2};\n"),
                         [("C::C", 1, 4, 1)])

    def test_braces_in_strings_comments_and_defaults_do_not_count(self):
        text = 'void f(int a = {}, char b = \'{\') {\n  s("}"); // }\n  t(R"({{{)");\n  n = 1\'000;\n}\nvoid g() {}\n'
        self.assertEqual(self.names(text), [("f", 1, 5, 2), ("g", 6, 1, 0)])

    def test_tables_and_lambdas_inside_them_are_no_scopes(self):
        text = "const Row rows[] = {\n  {1, [](int a) { return a; }},\n};\nenum class E { a, b };\nvoid f() {}\n"
        self.assertEqual(self.names(text), [("f", 5, 1, 0)])


if __name__ == "__main__":
    unittest.main()
