"""Pages in docs/ that describe tables of the code say what the tables say."""

from django.core.management import call_command


def test_generated_pages_are_up_to_date() -> None:
    call_command("generate_docs", check=True)
