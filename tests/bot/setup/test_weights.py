import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from bot.setup.environments import environments
from bot.setup.faults import BadWeight
from bot.setup.weights import read_manifest, verify

ROOT = Path(__file__).resolve().parents[3]
CONTENT = b"the weight"


def manifest(root: Path, **changes: object) -> Path:
    """A checkout with one weight in its main environment and a manifest that names it."""
    environment = environments(root)["main"]
    file = environment.packages / "pack" / "model.bin"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    row = {
        "name": "toy",
        "package": "pack==1",
        "file": "pack/model.bin",
        "environments": ["main"],
        "sha256": hashlib.sha256(CONTENT).hexdigest(),
        "size": len(CONTENT),
        "licence": "MIT",
        "source": "nowhere",
        "upstream": "nobody",
        "used_by": ["tests"],
        **changes,
    }
    path = root / "models" / "manifest.toml"
    path.parent.mkdir()
    path.write_text("[[weight]]\n" + "\n".join(f"{key} = {value!r}" for key, value in row.items()) + "\n")
    return path


def test_the_right_file_is_accepted(tmp_path: Path) -> None:
    weights = read_manifest(manifest(tmp_path), environments(tmp_path))
    assert [weight.path.read_bytes() for weight in weights] == [CONTENT]
    verify(weights)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"the weighx", "has sha256"), (b"short", "has 5 bytes instead of 10"), (None, "cannot be read")],
)
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: bytes | None, reason: str) -> None:
    weights = read_manifest(manifest(tmp_path), environments(tmp_path))
    if content is None:
        weights[0].path.unlink()
    else:
        weights[0].path.write_bytes(content)
    with pytest.raises(BadWeight, match=reason) as caught:
        verify(weights)
    assert str(caught.value).startswith("The weight “toy” (")
    assert "yidao models pull" in str(caught.value)


@pytest.mark.parametrize("changes", [{"surprise": 1}, {"environments": ["moon"]}, {"environments": "main"}])
def test_a_malformed_manifest_is_refused(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(BadWeight, match="'toy'"):
        read_manifest(manifest(tmp_path, **changes), environments(tmp_path))


def test_a_bad_weight_ends_the_command_with_status_1(tmp_path: Path) -> None:
    manifest(tmp_path, sha256="0" * 64)
    script = (
        "import sys; from pathlib import Path\n"
        "from bot.setup.progress import Console; from bot.setup.weights import main\n"
        "sys.exit(main(Path(sys.argv[1]), False, Console(sys.stdout)))"
    )
    run = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, cwd=ROOT)
    assert (run.returncode, run.stderr.count("\n")) == (1, 1)
    assert "has sha256" in run.stderr
    assert "(setup.weight)" in run.stderr


def test_our_own_manifest_names_packages_of_the_locks() -> None:
    for weight in read_manifest(ROOT / "models" / "manifest.toml", environments(ROOT)):
        locks = [lock.read_text().splitlines() for lock in weight.environment.locks]
        assert weight.package in [line for lines in locks for line in lines]
