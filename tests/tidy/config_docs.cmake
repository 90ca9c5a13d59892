# The configuration's keys and the page that describes them.
tidy_test(config_docs config_docs.py)
tidy_test(config_docs_check config_docs_test.py)
