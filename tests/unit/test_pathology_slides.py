"""What happens to a file: recognised by content, cleaned bit by bit, or refused with its place."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from pathology.images import cleaning, convert, tiff
from pathology.images.formats import recognise
from pathology.images.jpeg import without_words
from pathology.images.prepare import prepare, verify
from pathology.images.unfit import Unfit
from tests.integration.pathology.slides_made import directory as image_of
from tests.integration.pathology.slides_made import picture, svs, tiles, write

PIXELS = 60_000_000_000
WORDS = ["01-003", "Zhongshan Hospital"]


def unfit(act: Any, *args: Any) -> Unfit:
    with pytest.raises(Unfit) as caught:
        act(*args)
    return caught.value


@pytest.mark.parametrize(
    "content, code, kind",
    [
        (b"", "empty", None),
        (b"%PDF-1.7 ...", "other_kind", "PDF"),
        (b"PK\x03\x04....", "other_kind", "ZIP"),
        (b"\0" * 128 + b"DICM....", "several_files", "DICOM"),
        (b"[Virtual Microscope Specimen]\r\nNoLayers=1\r\n", "several_files", "Hamamatsu VMS"),
        (b"[GENERAL]\r\nSLIDE_ID = 7\r\n", "several_files", "MIRAX"),
        (b"number,label\n1,A1\n", "other_kind", "TXT"),
        (b"\x9a\x81\xfe\x00" * 9, "unknown", None),
    ],
)
def test_what_is_no_slide_is_named(tmp_path: Path, content: bytes, code: str, kind: str | None) -> None:
    file = tmp_path / "slide.svs"  # whatever its name says
    file.write_bytes(content)
    found = unfit(recognise, file)
    assert (found.code, found.params.get("kind")) == (code, kind)


def test_a_name_decides_nothing(tmp_path: Path) -> None:
    file = tmp_path / "slide.jpg"
    svs(file)
    assert recognise(file) == "TIFF"


def test_svs_keeps_every_pixel_and_no_word(tmp_path: Path) -> None:
    """Lossless: both levels decode to the same bytes; label, macro, names, dates and the comments in the tiles are gone."""
    import openslide

    source, target = svs(tmp_path / "in"), tmp_path / "out"
    facts = prepare(source, target, WORDS, PIXELS)
    assert (facts["format"], facts["mpp"]) == ("SVS", (0.499, 0.499))
    kinds = {
        "label",
        "macro",
        "thumbnail",
        "description",
        "person",
        "date",
        "scanner",
        "xmp",
        "icc",
        "identifier",
    }
    assert kinds <= set(facts["removed"])
    with openslide.OpenSlide(source) as was, openslide.OpenSlide(target) as now:
        assert set(was.associated_images) == {"label", "macro", "thumbnail"}
        assert not now.associated_images
        assert now.properties["openslide.mpp-x"] == "0.499"
        assert now.level_dimensions == was.level_dimensions
        for level, size in enumerate(was.level_dimensions):
            assert (
                was.read_region((0, 0), level, size).tobytes()
                == now.read_region((0, 0), level, size).tobytes()
            )
    raw = target.read_bytes()
    for word in (
        b"01-003",
        b"Zhang San",
        b"Wang Fang",
        b"4711",
        b"2024",
        b"06/10/24",
        b"HOSPITAL",
        b"profile!",
        b"b414003d",
    ):
        assert word in source.read_bytes()
        assert word not in raw, word


def test_the_same_file_gives_the_same_bytes(tmp_path: Path) -> None:
    source = svs(tmp_path / "in")
    first, second = (prepare(source, tmp_path / name, WORDS, PIXELS) for name in ("a", "b"))
    assert first["sha256"] == second["sha256"]


def test_a_file_that_ends_too_early(tmp_path: Path) -> None:
    """Any cut is found: in the directories, or at a tile that is named."""
    whole = svs(tmp_path / "in").read_bytes()
    for share in (0.2, 0.6, 0.9, 0.999):
        cut = tmp_path / f"cut{share}"
        cut.write_bytes(whole[: int(len(whole) * share)])
        assert unfit(prepare, cut, tmp_path / "out", WORDS, PIXELS).code.startswith("truncated")


def test_a_tile_beyond_the_end_is_named(tmp_path: Path) -> None:
    parts = tiles(picture(600, 600))
    source = write(tmp_path / "in", [image_of(600, 600, parts, {}, 256)])
    raw = bytearray(source.read_bytes())
    directories = tiff.read(source)
    lost = directories[0].ranges[-1][0]
    at = raw.rindex(struct.pack("<I", lost))
    raw[at : at + 4] = struct.pack("<I", 0x7FFFFFF0)
    source.write_bytes(bytes(raw))
    found = unfit(prepare, source, tmp_path / "out", WORDS, PIXELS)
    assert (found.code, found.params) == ("truncated_tile", {"level": 0, "column": 2, "row": 2})


def test_a_hole_in_the_middle_is_named(tmp_path: Path) -> None:
    """A download that left zeros where a tile should be."""
    source = svs(tmp_path / "in")
    raw = bytearray(source.read_bytes())
    offset, length = tiff.read(source)[0].ranges[9]
    raw[offset : offset + length] = bytes(length)
    source.write_bytes(bytes(raw))
    found = unfit(prepare, source, tmp_path / "out", WORDS, PIXELS)
    assert (found.code, found.params) == ("damaged_tile", {"level": 0, "column": 2, "row": 1})


def test_directories_in_a_circle_end(tmp_path: Path) -> None:
    source = svs(tmp_path / "in")
    raw = bytearray(source.read_bytes())
    first = struct.unpack("<I", raw[4:8])[0]
    count = struct.unpack("<H", raw[first : first + 2])[0]
    raw[first + 2 + 12 * count : first + 6 + 12 * count] = struct.pack("<I", first)
    source.write_bytes(bytes(raw))
    assert unfit(tiff.read, source).code == "damaged"


def png(width: int, height: int) -> bytes:
    """A picture that says it is this large, with a few bytes of content."""

    def part(name: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(bytes(3000)))
        + part(b"IEND", b"")
    )


def test_a_picture_that_would_fill_the_memory(tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.write_bytes(png(200_000, 200_000))
    found = unfit(prepare, source, tmp_path / "out", WORDS, PIXELS)
    assert (found.code, found.params) == ("too_many_pixels", {"width": 200_000, "height": 200_000})


def test_a_slide_with_more_pixels_than_allowed(tmp_path: Path) -> None:
    found = unfit(prepare, svs(tmp_path / "in"), tmp_path / "out", WORDS, 1_000_000)
    assert found.code == "too_many_pixels"


@pytest.mark.parametrize("save", ["jpegsave", "pngsave", "tiffsave"])
def test_a_photograph_becomes_a_pyramid(tmp_path: Path, save: str) -> None:
    """1,200 dots per inch are 21.17 µm a pixel; EXIF, comments and the place do not come along."""
    import openslide
    import pyvips

    source, target = tmp_path / "in", tmp_path / "out"
    image = picture(3000, 2000).copy(xres=1200 / 25.4, yres=1200 / 25.4)
    image.set_type(pyvips.GValue.gstr_type, "exif-ifd0-Artist", "Wang Fang")
    options = {"compression": "lzw"} if save == "tiffsave" else {}
    getattr(image, save)(str(source), **options)
    facts = prepare(source, target, WORDS, PIXELS)
    assert (facts["width"], facts["height"]) == (3000, 2000)
    assert facts["mpp"] == pytest.approx((21.17, 21.17), abs=0.02)
    with openslide.OpenSlide(target) as made:
        assert made.level_count >= 3
        assert max(made.level_dimensions[-1]) <= cleaning.SMALLEST
    assert b"Wang" not in target.read_bytes()


def test_a_jpeg_that_ends_too_early(tmp_path: Path) -> None:
    source = tmp_path / "in"
    picture(3000, 2000).jpegsave(str(source))
    source.write_bytes(source.read_bytes()[:-200_000])
    assert unfit(prepare, source, tmp_path / "out", WORDS, PIXELS).code == "truncated_picture"


def test_a_tiled_picture_without_smaller_levels_is_drawn_anew(tmp_path: Path) -> None:
    """Read at a glance it would have to be opened as a whole."""
    import openslide

    source, target = tmp_path / "in", tmp_path / "out"
    picture(9000, 2000).tiffsave(str(source), tile=True, tile_width=256, tile_height=256, compression="jpeg")
    facts = prepare(source, target, WORDS, PIXELS)
    assert facts["format"] == "TIFF"
    with openslide.OpenSlide(target) as made:
        pairs = zip(made.level_downsamples, made.level_downsamples[1:], strict=False)
        assert all(below / above <= cleaning.STEP for above, below in pairs)


def test_another_makers_slide_is_drawn_anew(tmp_path: Path) -> None:
    """Trestle's format keeps overlaps in its description: it is read by OpenSlide and written as our own."""
    import openslide

    from tests.integration.pathology.slides_made import text

    source, target = tmp_path / "in", tmp_path / "out"
    parts = tiles(picture(1024, 768))
    more = {270: text("Background Color=FFFFFF;Patient=01-003"), 305: text("MedScan 1.0")}
    write(source, [image_of(1024, 768, parts, more, 256)])
    assert openslide.OpenSlide.detect_format(source) == "trestle"
    facts = prepare(source, target, WORDS, PIXELS)
    assert facts["format"] == "trestle"
    assert "identifier" in facts["removed"]
    assert b"01-003" not in target.read_bytes()


def test_what_is_left_in_is_found(tmp_path: Path) -> None:
    """The check afterwards does not trust the cleaning."""
    assert unfit(verify, svs(tmp_path / "in"), WORDS).code == "unclean"
    parts = tiles(picture(300, 300), 512)
    named = write(tmp_path / "named", [image_of(300, 300, parts, {}, 512)])
    named.write_bytes(named.read_bytes() + b"Participant 01-003")
    assert unfit(verify, named, WORDS).code == "unclean"


def test_jpeg_without_words_is_the_same_picture() -> None:
    data = tiles(picture(256, 256))[0]
    clean = without_words(data)
    assert b"Wang Fang" in data
    assert b"Wang Fang" not in clean
    assert clean[clean.index(b"\xff\xda") :] == data[data.index(b"\xff\xda") :]
    assert without_words(clean) is clean


def test_a_scale_that_nobody_can_have_meant() -> None:
    assert convert.believable(352.8, 352.8) is None  # 72 dots per inch: a program that knew none
    assert convert.believable(0, 0) is None
    assert convert.believable(0.25, 0.25) == (0.25, 0.25)
