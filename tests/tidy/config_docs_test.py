"""The check of config_docs.py finds what it is there for, and is silent about what is in order."""
import unittest

from config_docs import findings

KEYS = 'constexpr Key keys[] = {\n    {"log"},\n    {"log.level"},\n    {"log.set", open},\n    {"log.rotate", later},\n};\n'
DOCS = """## What `check` says

## `log`
| word | meaning |
|---|---|
| `${NAME}` | not a key |

| key | default | meaning |
|---|---|---|
| `level` | `info` | How much. |
| `set` | `{}` | Names. |
| `rotate` | `1d` | *Not available yet.* When. |
"""


class ConfigDocs(unittest.TestCase):
    def expect(self, keys, docs, *starts):
        found = list(findings(keys, docs))
        self.assertEqual(len(found), len(starts), found)
        for finding, start in zip(found, starts):
            self.assertTrue(finding.startswith(start), finding)

    def test_a_page_that_agrees_with_the_list_is_in_order(self):
        self.expect(KEYS, DOCS)

    def test_a_key_without_a_row_is_found(self):
        self.expect(KEYS.replace('{"log.level"}', '{"log.level"},\n    {"log.file"}'), DOCS,
                    "lb/config/key_list.cpp:4: log.file is not described")

    def test_a_row_without_a_key_is_found(self):
        self.expect(KEYS, DOCS.replace("`level`", "`levle`"),
                    "lb/config/key_list.cpp:3: log.level is not described",
                    "docs/configuration.md:10: log.levle is no key")

    def test_a_row_that_is_wrong_about_what_is_built_is_found(self):
        self.expect(KEYS, DOCS.replace("How much.", "*Not available yet.*"),
                    "docs/configuration.md:10: log.level is built")
        self.expect(KEYS, DOCS.replace("*Not available yet.* When.", "When."),
                    "docs/configuration.md:12: log.rotate is later")

    def test_a_heading_of_several_blocks_describes_each(self):
        self.expect(KEYS + '    {"admin"},\n    {"admin.level"},\n    {"admin.set", open},\n    {"admin.rotate", later},\n',
                    DOCS.replace("## `log`", "## `log`, `admin`"))

    def test_a_list_that_is_not_understood_is_found(self):
        self.expect("", "", "lb/config/key_list.cpp:1: no key found")


if __name__ == "__main__":
    unittest.main()
