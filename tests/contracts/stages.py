"""Where each form is tried out: its page of participant 01-003 (tests/participant_01_003.py), on a participant who has
just the pages before it that it needs, and the sample that this page makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from crf import derivation
from crf.judging import judged_sheet
from crf.lookups import Surroundings
from crf.models import FormInstance
from crf.registry import form_def, log_of
from crf.samples import Sample
from crf.schedule import LINES_OF
from crf.selectors.folder import SavingFolder
from crf.selectors.sheets import casebook, sheet_of
from crf.services.checking import Checked, check
from crf.services.entry import Order
from crf.services.loading import Load
from crf.typed import Typed, as_sheet
from participants.models import Participant
from tests import participant_01_003 as story
from tests import world
from tests.participant_01_003 import Page
from trialsite.accounts.models import User

STORY = {page.name: page for page in story.pages()}
# What happened to others: 01-003 is alive, was treated by the protocol alone, had no biopsy, steroid or transfusion.
OTHERS = {page.name: page for page in (
    STORY["HCC/SCR"].having(hcc_dxbasis="HISTOLOGY", hcc_bx_prstdat="2024-02-20", hcc_bx_edmondson="II"),
    STORY["CM1/6"].having(
        cmtrt="Prednisone", cmcat="STEROID", cmdose="30", cmdosfrq="QD", cm_predeq="30", cmaeno="AE:4"
    ),
    STORY["PR1/2"].having(prtrt="Red cells", prcat="TRANSFUSION", pr_units="2.0", praeno="AE:12"),
    STORY["EOT/EOT"].having(eot_dsdecod="AE", eot_aeref="AE:6"),
    Page("SACT", values={"sact_yn": "Y"}, rows={"SA1": [{
        "sact_type": "TARGETED", "sact_desc": "Lenvatinib", "sact_line": "1", "sact_stdat": "2025-02-10",
        "sact_ongo": "N", "sact_endat": "2025-06", "sact_reason": "RECURRENCE", "sact_best": "SD",
    }]}),
    Page("DTH", values={
        "dthdat": "2025-01-01", "dth_cause": "BLEEDING", "dth_cause_txt": "Variceal haemorrhage", "dth_rel": "UNRELATED",
        "dth_place": "N", "dth_autopsy": "N", "dth_source": "FAMILY", "dth_aeref": "AE:12",
    }),
    Page("DV1", repeat=1, values={
        "dvdecod": "VISIT", "dvterm": "Scan three days late", "dvstdat": "2024-04-09", "dv_visit": "C2",
        "dv_sev": "MAJOR", "dv_pp": "N", "dv_src": "SITE", "dv_capa": "Reminder two days before", "dv_ecdat": "2024-04-20",
    }),
)}  # fmt: skip
ENROLLED = tuple(page.name for page in story.screening())
TREATED = (*ENROLLED, "AE1/*", "VS/C*", "LB/C2*", "EC/C*")
OPERATED = (*TREATED, "TA/TA*", "EOT/EOT", "PREOP/*", "SURG/*")
FOLLOWED = (*OPERATED, "EC/ADJ*", "EOT/*", "TA/FUIMG*", "SS/*", "SACT")


@dataclass(frozen=True, slots=True)
class Place:
    """The page that is the sample of a form, and the pages before it, by patterns of their names."""

    page: str
    after: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return self.page.partition("/")[0]


# Every form at least once; a panel of numbers and one of codes, a baseline scan and a later one.
PLACES = [
    Place("ICF/SCR"),
    Place("DM/SCR", ("ICF/*",)),
    Place("MH"),
    Place("MH1/1"),
    Place("CM"),
    Place("CM1/6", ("ICF/*", "CM1/*", "AE1/*")),
    Place("PR"),
    Place("PR1/2", ("ICF/*", "PR1/1", "AE1/*")),
    Place("AE"),
    Place("AE1/4", ("ICF/*", "AE1/*")),
    Place("AE1/12", ("ICF/*", "AE1/*")),
    Place("DV"),
    Place("DV1/1", ENROLLED),
    Place("HCC/SCR", ("ICF/*", "DM/*")),
    Place("HEP/SCR", ("ICF/*", "DM/*", "MH1/1", "CM1/1")),
    Place("VS/SCR", ("ICF/*", "DM/*", "HCC/*")),
    Place("LB/C2/HEM", (*ENROLLED, "EC/C1", "AE1/*")),
    Place("LB/SCR/UA", ("ICF/*", "DM/*")),
    Place("EG/SCR", ("ICF/*", "DM/*")),
    Place("IE/SCR", ENROLLED),
    Place("EC/C1", (*ENROLLED, "VS/C1", "AE1/*")),
    Place("TA/SCR", ("ICF/*", "DM/*")),
    Place("TA/TA1", (*ENROLLED, "EC/C1", "EC/C2")),
    Place("PREOP/TA2", (*TREATED, "TA/TA*")),
    Place("SURG/SURG", (*TREATED, "TA/TA*", "EOT/EOT", "PREOP/*")),
    Place("LPATH/LPATH", OPERATED),
    Place("EOT/EOT", TREATED),
    Place("SACT", OPERATED),
    Place("SS/SFU30", FOLLOWED),
    Place("DTH", (*OPERATED, "EC/ADJ*")),
    Place("EOS/EOS", FOLLOWED),
]


def page_named(name: str) -> Page:
    """What is typed at a place."""
    return OTHERS.get(name) or STORY[name]


@cache
def typed_words() -> list[str]:
    """What people wrote in their own words, long ones first; it is shown as it was written."""
    found = {
        value
        for page in (*STORY.values(), *OTHERS.values())
        for name, value in page.values.items()
        if name in form_def(page.key).fields and form_def(page.key).fields[name].kind in ("text", "long")
    }
    return sorted(found, key=lambda words: (-len(words), words))


def before(place: Place) -> list[Page]:
    """The pages that come first, in the order of the story."""
    found = []
    for page in STORY.values():
        if page.name == place.page:
            break
        if any(fnmatchcase(page.name, pattern) for pattern in place.after):
            found.append(page)
    return found


def entered(cast: Mapping[str, User], pages: list[Page]) -> Participant:
    """A new participant of site 01 with these pages."""
    by = cast["lin"]
    participant = world.screened(by)
    with Load(by=by, participant=participant) as load:
        for page in pages:
            form = load.form(page.key, page.visit, page.repeat)
            load.save(form, typed_as(page, participant, by), Order(complete=True, clear_hidden=True))
    return participant


def typed_as(page: Page, participant: Participant, by: User) -> Typed:
    rows = {
        section: [line and world._referred(participant, by, line) for line in lines]
        for section, lines in page.rows.items()
    }
    return world.typed(page.key, world._referred(participant, by, page.values), rows)


def empty_form(participant: Participant, page: Page, by: User) -> FormInstance:
    """The form of a page, nothing saved in it; a line of a log is added."""
    if page.key in LINES_OF.values():
        return world.line(participant, by, log_of(page.key))
    return world.form(participant, page.key, page.visit, page.repeat)


def sample_of(page: Page, form: FormInstance, by: User) -> Sample:
    """The sheet that a page makes of a form, among everything that the participant has."""
    definition, stored = form_def(form.form_key), sheet_of(form)
    sheet = as_sheet(stored, typed_as(page, form.participant, by), definition)
    book = casebook(form.participant_id)
    book.number = form.participant.number
    book.add(sheet)
    derivation.derive(sheet, book)
    rows = frozenset(f"{section}:{line.row}" for section, lines in stored.rows.items() for line in lines)
    return Sample(definition, sheet, Surroundings(book, form.participant.site.today()), rows)


def found_in(sample: Sample, participant: Participant) -> Checked:
    """What limits and checks say of a sample: what a save of it would find."""
    derivation.derive(sample.sheet, sample.around.book)
    found = check(sample.definition, sample.sheet, sample.around)
    folder = SavingFolder(participant, sample.around.book, sample.around.today)
    found.raised = [raised for _check, raised in judged_sheet(sample.sheet, folder, {})]
    return found
