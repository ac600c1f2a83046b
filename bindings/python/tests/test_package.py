"""What the installed package says of itself."""

import subprocess
import sys
import tarfile
from importlib.metadata import distribution, metadata
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def test_license() -> None:
    assert metadata("libsessions")["License-Expression"] == "MIT"
    assert "session" in metadata("libsessions")["Keywords"].split(",")


def test_license_file() -> None:
    assert metadata("libsessions").get_all("License-File") == ["LICENSE"]
    text = distribution("libsessions").read_text("licenses/LICENSE")
    assert text and text == (PACKAGE.parent.parent / "LICENSE").read_text()


def test_license_file_of_the_source_distribution(tmp_path: Path) -> None:
    program = f"from scikit_build_core.build import build_sdist; build_sdist({str(tmp_path)!r})"
    subprocess.run([sys.executable, "-c", program], cwd=PACKAGE, check=True, capture_output=True)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        [member] = [each for each in archive if each.name.endswith("/LICENSE")]
        assert member.isfile() and member.size == (PACKAGE.parent.parent / "LICENSE").stat().st_size
