"""axe-core, the accessibility checker: fetched once with npm, held to one version and checksum, run inside the page."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import Any

from playwright.async_api import Page

from tests.bot.kiosk.simulated_front_desk import ROOT

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
"""Of the package file, base64, as the npm registry publishes it (`npm view axe-core@VERSION dist.integrity`)."""
CACHE = ROOT / ".setup" / "npm"
"""Kept between runs, so that only the first needs a registry."""
GRAVE = ("serious", "critical")


class AxeUnavailable(RuntimeError):
    """The checker is neither in the cache nor to be had from the registry."""


def axe_source() -> str:
    """The JavaScript of axe-core. Raises `AxeUnavailable` when it cannot be had or is not what was pinned."""
    archive = CACHE / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        _fetch(archive)
    digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
    if digest != SHA512:
        archive.unlink()
        raise AxeUnavailable(f"axe-core {VERSION} has another checksum than the pinned one: {digest}")
    with tarfile.open(archive) as content:
        member = content.extractfile("package/axe.min.js")
        if member is None:
            raise AxeUnavailable("the package holds no axe.min.js")
        return member.read().decode("utf-8")


def _fetch(archive: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        raise AxeUnavailable(
            f"npm is needed once, to fetch axe-core (Debian package npm), or put the file at {archive}"
        )
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE) as folder:
        done = subprocess.run(
            [npm, "pack", f"axe-core@{VERSION}", "--silent", "--pack-destination", folder],
            capture_output=True,
            text=True,
            timeout=120,
            cwd=folder,
            check=False,
        )
        packed = Path(folder) / archive.name
        if done.returncode or not packed.exists():
            raise AxeUnavailable(f"npm pack axe-core@{VERSION} failed: {done.stderr.strip()[-400:]}")
        os.replace(packed, archive)  # whole or not at all, even when two runs fetch at once


async def grave_findings(page: Page, source: str) -> list[str]:
    """What axe calls serious or critical on the page as it stands, one line each."""
    await page.evaluate(source)
    result: dict[str, Any] = await page.evaluate(
        "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
    )
    assert result["passes"], "axe checked nothing"
    return [
        f"{finding['id']} ({finding['impact']}): {node['html'][:160]} — {node['failureSummary']}"
        for finding in result["violations"]
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
