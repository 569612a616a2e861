"""A question asks and never says what to write; the moves of a thread; what a file is."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crf.attachments import read
from crf.policies_review import QUERY_RIGHTS, proposes_answer
from crf.review_states import QUERY
from crf.services.queries import ACTIONS
from trialsite.kernel.decisions import Refused

LEADING = [
    "Please change the value to 23.", "Correct to 12", "This should be 12 mm.", "Should this value be 12?",
    "It must read “12”.", "Update the longest diameter with 23", "Set it to -1.5", "Please enter 23 here.",
    "Please change the response to PR.", "Should the answer be yes?", "Replaced by 40?", "Amend the dose to １２",
    "请改为12", "该值应为 12 mm", "请将数值修改为“12”。", "是否应该是 8?", "请改为“是”", "疗效应为PR", "请填写12",
]  # fmt: skip
ASKING = [
    "Please check this value against the radiology report.", "Does the report of 12 May say the same?",
    "Which value does the source say?", "Please correct it according to the CT of 24 November.", "8 or 12? Please check.",
    "Please confirm the date and time.", "The sum is below half of the baseline. Please check the response.",
    "Was the type 2 diabetes known before?", "See record 12 of the source.", "What should be done with the second lesion?",
    "请对照原始病历核实该数值。", "2024年3月4日的报告如何描述?", "请核对第 3 个病灶的测量方法。", "该值应是否包含坏死区?", "",
]  # fmt: skip


@pytest.mark.parametrize("text", LEADING)
def test_a_question_that_proposes_its_answer(text: str) -> None:
    assert proposes_answer(text)


@pytest.mark.parametrize("text", ASKING)
def test_a_question_that_asks(text: str) -> None:
    assert not proposes_answer(text)


# state → act → state: every other pair is refused.
MOVES = {
    "OPEN": {"comment": "OPEN", "answer": "ANSWERED", "cancel": "CANCELLED", "cure": "CLOSED"},
    "REOPENED": {"comment": "REOPENED", "answer": "ANSWERED", "cancel": "CANCELLED", "cure": "CLOSED"},
    "ANSWERED": {
        "comment": "ANSWERED", "return": "REOPENED", "close": "CLOSED", "cure": "CLOSED", "recur": "REOPENED",
    },
    "CLOSED": {"reopen": "REOPENED", "recur": "REOPENED"},
    "CANCELLED": {"recur": "REOPENED"},
}  # fmt: skip
ACTS = {act for moves in MOVES.values() for act in moves}


@pytest.mark.parametrize("state", MOVES)
@pytest.mark.parametrize("act", sorted(ACTS))
def test_every_state_and_act(state: str, act: str) -> None:
    assert bool(QUERY.may(state, act)) is (act in MOVES[state])
    if act in MOVES[state]:
        assert QUERY.after(state, act) == MOVES[state][act]


def test_every_act_has_its_word_in_the_trail_and_every_act_of_a_person_its_right() -> None:
    system = {"cure", "recur"}
    assert set(QUERY.states) == set(MOVES)
    assert {act for _state, act in QUERY.moves} == ACTS
    assert set(QUERY_RIGHTS) == (ACTS - system) | {"raise"}
    assert set(ACTIONS) == ACTS | {"raise", "change"}


@pytest.mark.parametrize(
    ("name", "content", "kept", "media_type"),
    [
        ("report.pdf", b"%PDF-1.7 ...", "report.pdf", "application/pdf"),
        ("report.exe", b"%PDF-1.7 ...", "report.exe.pdf", "application/pdf"),
        ("报告.PNG", b"\x89PNG\r\n\x1a\n..", "报告.PNG", "image/png"),
        ("scan.jpeg", b"\xff\xd8\xff\xe0", "scan.jpeg", "image/jpeg"),
        ('a"b;c\u202efdp.pdf', b"%PDF-", "abcfdp.pdf", "application/pdf"),
        ("x" * 200 + ".pdf", b"%PDF-", "x" * 110 + ".pdf", "application/pdf"),
    ],
)
def test_a_file_is_named_and_typed_by_what_it_is(
    name: str, content: bytes, kept: str, media_type: str
) -> None:
    assert read(SimpleUploadedFile(name, content)) == (kept, media_type, content)


@pytest.mark.parametrize("content", [b"", b"MZ", b"<html>", b" %PDF-1.7", b"GIF89a", b"PK\x03\x04"])
def test_what_is_no_document_is_refused(content: bytes) -> None:
    with pytest.raises(Refused) as no:
        read(SimpleUploadedFile("report.pdf", content))
    assert no.value.code == "file" and "report.pdf" in str(no.value.reason)


def test_no_file_is_no_file() -> None:
    assert read(None) is None
