"""Rebuild the vendored files under `static/` and `static/vendor/vendor.json`.

    python tools/vendor.py          rebuild (needs npm, and Debian's fonts-inter and fonts-noto-cjk)
    python tools/vendor.py --check  compare the files with the recorded SHA-256

The results are committed: the product is built and run without any of these tools.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

STATIC = Path(__file__).resolve().parent.parent / "static"
RECORD = STATIC / "vendor" / "vendor.json"

# (npm package, version, licence, {file in the package: file under static/vendor/})
SCRIPTS: list[tuple[str, str, str, dict[str, str]]] = [
    (
        "bootstrap",
        "5.3.9",
        "MIT",
        {
            "dist/css/bootstrap.min.css": "bootstrap/bootstrap.min.css",
            "dist/js/bootstrap.bundle.min.js": "bootstrap/bootstrap.bundle.min.js",
            "LICENSE": "bootstrap/LICENSE",
        },
    ),
    ("htmx.org", "2.0.11", "0BSD", {"dist/htmx.min.js": "htmx/htmx.min.js", "LICENSE": "htmx/LICENSE"}),
    ("vega", "6.4.0", "BSD-3-Clause", {"build/vega.min.js": "vega/vega.min.js", "LICENSE": "vega/LICENSE"}),
    ("vega-lite", "6.4.1", "BSD-3-Clause", {"build/vega-lite.min.js": "vega/vega-lite.min.js"}),
    # Brings the expression interpreter: charts without eval, which the content security policy forbids.
    ("vega-embed", "7.3.0", "BSD-3-Clause", {"build/vega-embed.min.js": "vega/vega-embed.min.js"}),
    # Deep zoom into digital slides; its buttons and their pictures are not taken.
    (
        "openseadragon",
        "6.1.1",
        "BSD-3-Clause",
        {
            "build/openseadragon/openseadragon.min.js": "openseadragon/openseadragon.min.js",
            "LICENSE.txt": "openseadragon/LICENSE",
        },
    ),
]

# (Debian package, source file, number of the face in it, file under static/fonts/)
FONTS: list[tuple[str, str, int, str]] = [
    ("fonts-inter", "/usr/share/fonts/opentype/inter/Inter-Regular.otf", 0, "Inter-Regular.woff2"),
    ("fonts-inter", "/usr/share/fonts/opentype/inter/Inter-Medium.otf", 0, "Inter-Medium.woff2"),
    ("fonts-inter", "/usr/share/fonts/opentype/inter/Inter-SemiBold.otf", 0, "Inter-SemiBold.woff2"),
    (
        "fonts-noto-cjk",
        "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
        2,
        "NotoSansSC-Regular.woff2",
    ),
    ("fonts-noto-cjk", "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc", 2, "NotoSansSC-Bold.woff2"),
]

SYMBOLS = (
    "‐‒–—―‘’“”†‡•…‰′″‹›⁄€™℃ℓ№ℵ←↑→↓↔↵⇒⇔∂∆∏∑−∓√∞∫≈≠≡≤≥⌘⌫①②③④⑤⑥⑦⑧⑨■□▲△▶▸▼▽◀◆◇○●◐☐☑☒★☆✓✔✕✗⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₂₃₄₅₆₇₈₉⊕"
)

# Frequent in names, drug and chemical words, but outside GB 2312.
BEYOND = (
    "喆堃珺昇翀玥旻晞煊祎赟頔甯彧瑀琤珮玘鋆镕鎏妘婳媜瑄璟璠琎珩珝珪玚玙琇琬琰瑗瑢瑨璘璿瓛垚峣屾岍昉昳晔晢暄暐曈朏"
    "杺柃栐棽橦洺浠浥淏湉湑湜溦濛瀞炘烜焓焘燚牪犇苡苼茈莳菀菂蓁蕴薇蘅袆觃誉赪逄邗郗钊钰钿铄铖铠锜锴镠闫阗韫颀飏驷骁骐骦"
    "鬯麴黉龑珉玟彣彤斌斓旸昱昶晗晧暕曌杕柟栩桓梃梣楠槿樾沄沚泂泱洵浛淙淦渟湲滢滪漼潆潍澍濬灏烔焱煜熇熳燊爔瑭璇甦畇祐祯"
    "祾禛秫竑筠筱綦绂绮缦翊翎聿芃芊芾茗荃荪莘菡菥葳蒽薏藜蘩蠡衎衍谌谞谡豫贇轾辀迦逯遐邈鄢酆钏铉铭锟镒闵阚隽霁霖靓韬顼颢"
)


def latin() -> set[int]:
    """ASCII, Latin-1, Latin Extended-A, Greek, and the symbols of the interface."""
    return {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x386, 0x3CF), *map(ord, SYMBOLS)}


def chinese() -> set[int]:
    """GB 2312 (6,763 characters and its symbols), frequent others, full-width forms, the Latin of the interface."""
    points = (
        latin() | set(map(ord, BEYOND)) | set(range(0x3000, 0x3020)) | set(range(0xFF01, 0xFF5F)) | {0xFFE5}
    )
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return points


def subset(source: str, face: int, points: set[int], target: Path) -> None:
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(source, fontNumber=face, recalcTimestamp=False)
    options = Options()
    options.layout_features = ["ccmp", "kern", "liga", "locl", "mark", "mkmk", "tnum", "cv05", "case"]
    options.hinting = False
    options.desubroutinize = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14, 16, 17]
    options.notdef_outline = True
    cutter = Subsetter(options)
    cutter.populate(unicodes=points)
    cutter.subset(font)
    font.flavor = "woff2"
    target.parent.mkdir(parents=True, exist_ok=True)
    font.save(target)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def entry(target: Path, **facts: str) -> dict[str, str]:
    return {"file": target.relative_to(STATIC).as_posix(), **facts, "sha256": digest(target)}


def fetch_scripts() -> list[dict[str, str]]:
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for name, version, licence, files in SCRIPTS:
            packed = subprocess.run(
                ["npm", "pack", "--silent", f"{name}@{version}"],
                cwd=folder,
                check=True,
                capture_output=True,
                text=True,
            )
            with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive:
                for inside, outside in files.items():
                    member = archive.extractfile(f"package/{inside}")
                    assert member is not None, inside
                    target = STATIC / "vendor" / outside
                    target.parent.mkdir(parents=True, exist_ok=True)
                    content = member.read()
                    # A pointer to a map that is not there makes the static files storage refuse the file.
                    lines = [line for line in content.split(b"\n") if b"sourceMappingURL=" not in line[:40]]
                    target.write_bytes(b"\n".join(lines).rstrip() + b"\n")
                    found.append(
                        entry(
                            target,
                            name=name,
                            version=version,
                            licence=licence,
                            source=f"npm {name}@{version}",
                        )
                    )
    return found


def build_fonts() -> list[dict[str, str]]:
    found = []
    for package, source, face, name in FONTS:
        version = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], check=True, capture_output=True, text=True
        ).stdout
        target = STATIC / "fonts" / name
        subset(source, face, latin() if package == "fonts-inter" else chinese(), target)
        found.append(
            entry(
                target,
                name=name.split("-")[0],
                version=version,
                licence="OFL-1.1",
                source=f"Debian {package}, subset",
            )
        )
    for package, name in (("fonts-inter", "OFL-Inter.txt"), ("fonts-noto-cjk", "OFL-NotoSansSC.txt")):
        shutil.copyfile(f"/usr/share/doc/{package}/copyright", STATIC / "fonts" / name)
    return found


def check() -> int:
    record: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
    wrong = [item["file"] for item in record["files"] if digest(STATIC / item["file"]) != item["sha256"]]
    for name in wrong:
        print(f"changed: {name}", file=sys.stderr)
    return 1 if wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="compare files with the record")
    if parser.parse_args().check:
        return check()
    files = fetch_scripts() + build_fonts()
    RECORD.write_text(
        json.dumps({"files": sorted(files, key=lambda item: item["file"])}, indent=1) + "\n", encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
