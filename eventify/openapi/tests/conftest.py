"""What the tests of the documents start from."""

from partners.tests.conftest import private  # noqa: F401  (a folder of the test's own for documents)
