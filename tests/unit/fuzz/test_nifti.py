"""Whatever the bytes of a scan: it is read, or refused, and nothing large is allocated for it."""

import gzip
import struct
import tracemalloc
from pathlib import Path

import nibabel
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from radproof.cohort.files import check_files
from radproof.cohort.twins import RawFile
from radproof.errors import BadInput
from radproof.radiomics.intact import read_intact
from radproof.volumes import read_volume

from tests.unit.cohort.dataset import cohort_settings
from tests.unit.fuzz.mutations import bounded

VALUES = np.random.default_rng(0).normal(100, 10, (6, 5, 4)).astype(np.float32)
SOUND = nibabel.Nifti1Image(VALUES, np.diag([1, 1, 2, 1])).to_bytes()
# nifti1.h: dim, datatype, bitpix, pixdim, vox_offset, slope, codes, sform, magic, extension.
SHORTS = st.sampled_from([-32768, -1, 0, 1, 2, 3, 4, 5, 8, 128, 512, 1536, 32767])
FLOATS = st.sampled_from([0.0, -1.0, 1e30, -1e30, 1e-30, 352.0, 2e9, float("nan"), float("inf")])
INTEGERS = st.sampled_from([-(2**31), -1, 0, 1, 16, 348, 540, 2**31 - 1])
FIELDS = st.one_of(
    st.tuples(st.sampled_from([40, 42, 44, 46, 48, 50, 70, 72, 252, 254]), st.just("<h"), SHORTS),
    st.tuples(st.sampled_from([76, 80, 88, 108, 112, 116, 268, 280, 300]), st.just("<f"), FLOATS),
    st.tuples(st.sampled_from([0, 344, 348, 352, 356]), st.just("<i"), INTEGERS),
    st.tuples(st.integers(0, 359), st.just("<B"), st.integers(0, 255)),
)
NAMES = st.sampled_from(["sub-A_T1w.nii", "sub-A_T1w.nii.gz"])


def checked(path: Path, role: str = "image") -> list[str]:
    """Return what the check says of a file, with its voxels."""
    file = RawFile("A", "x", role, "t1", path.parent, path.name, 1, False)
    _, problems = check_files([file], cohort_settings()["cohort"], content=True)
    return [str(problem) for problem in problems]


def with_sizes(*sizes: int) -> bytes:
    content = bytearray(SOUND)
    struct.pack_into("<4h", content, 40, 3, *sizes)
    return bytes(content)


@bounded(150)
@given(fields=st.lists(FIELDS, min_size=1, max_size=4), cut=st.integers(0, 3), name=NAMES)
def test_any_header_is_read_or_refused(
    tmp_path: Path, fields: list[tuple[int, str, float]], cut: int, name: str
) -> None:
    content = bytearray(SOUND)
    for offset, kind, value in fields:
        struct.pack_into(kind, content, offset, value)
    content = content[: len(content) // cut] if cut > 1 else content
    path = tmp_path / name
    path.write_bytes(gzip.compress(content, mtime=0) if name.endswith("gz") else content)
    for role in ("image", "mask"):
        assert all(len(said.splitlines()) == 1 for said in checked(path, role))
    for read in (read_volume, read_intact):
        try:
            read(path)
        except BadInput as error:
            assert "image cannot be read" in str(error)


@bounded(60)
@given(place=st.floats(0, 1), byte=st.integers(0, 255), cut=st.booleans())
def test_any_archive_is_read_or_refused(tmp_path: Path, place: float, byte: int, cut: bool) -> None:
    content = bytearray(gzip.compress(SOUND, mtime=0))
    at = int(place * (len(content) - 1))
    content[at] = byte
    path = tmp_path / "sub-A_T1w.nii.gz"
    path.write_bytes(content[:at] if cut else content)
    checked(path)


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize(
    "sizes", [(32767, 32767, 32767), (0, 5, 4), (-6, -5, 4), (2047, 2047, 700)]
)
def test_a_size_that_no_file_holds_allocates_nothing(
    tmp_path: Path, suffix: str, sizes: tuple[int, int, int]
) -> None:
    content = with_sizes(*sizes)
    path = tmp_path / f"sub-A_T1w{suffix}"
    if suffix == ".nii":
        path.write_bytes(content)
    else:
        # The length that the archive states of itself is what the header announces.
        announced = (352 + int(np.prod([int(size) for size in sizes], dtype=object)) * 4) % 2**32
        path.write_bytes(gzip.compress(content, mtime=0)[:-4] + struct.pack("<I", announced))
    tracemalloc.start()
    assert len(checked(path)) == 1
    assert tracemalloc.get_traced_memory()[1] < 1e8
    tracemalloc.stop()


def test_an_affine_and_an_offset_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    for offset, value in ((280, float("nan")), (108, float("inf"))):
        content = bytearray(SOUND)
        struct.pack_into("<f", content, offset, value)
        struct.pack_into("<2h", content, 252, 0, 1)
        path = tmp_path / "sub-A_T1w.nii"
        path.write_bytes(content)
        assert checked(path)


def test_no_file_of_any_kind_is_a_crash(tmp_path: Path) -> None:
    loop = tmp_path / "sub-A_loop.nii.gz"
    loop.symlink_to(loop.name)
    (tmp_path / "sub-A_folder.nii.gz").mkdir()
    (tmp_path / "sub-A_empty.nii.gz").touch()
    (tmp_path / "sub-A_text.nii.gz").write_text("no archive")
    (tmp_path / "sub-A_text.nii").write_text("no image")
    for path in sorted(tmp_path.iterdir()):
        assert checked(path), path.name
