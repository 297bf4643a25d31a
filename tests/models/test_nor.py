"""The flash model: real erase and program rules, and what a cut leaves behind."""

import pytest

from tools.models.nor import PAGE, SECTOR, NorError, NorFlash
from tools.models.power import PowerCutError

SIZE = 4 * SECTOR


@pytest.fixture
def flash():
    return NorFlash(size=SIZE, seed=7)


def subset_of_clears(old, wanted, found):
    """Whether `found` lies between `old` and `old & wanted`, bit by bit."""
    return all((f & ~o) == 0 and (f & (o & w)) == (o & w)
               for o, w, f in zip(old, wanted, found, strict=True))  # fmt: skip


def test_program_only_clears_bits_and_erase_sets_a_whole_sector(flash):
    flash.program(SECTOR, b"\x0f")
    flash.program(SECTOR, b"\x3c")
    assert flash.read(SECTOR, 2) == b"\x0c\xff"
    flash.program(2 * SECTOR, b"\x00")
    flash.erase(SECTOR)
    assert flash.read(SECTOR, SECTOR) == b"\xff" * SECTOR
    assert flash.read(2 * SECTOR, 1) == b"\x00"
    assert flash.operations == 4
    assert flash.erases == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("address", "size"),
    [(0, PAGE + 1), (1, PAGE), (PAGE - 1, 2), (0, 0), (SIZE, 1), (-1, 1), (SIZE - 1, 2)],
)
def test_program_outside_one_page_is_refused_and_changes_nothing(flash, address, size):
    before = flash.read(0, SIZE)
    with pytest.raises(NorError):
        flash.program(address, bytes(size))
    assert flash.read(0, SIZE) == before
    assert flash.operations == 0


def test_erase_off_a_sector_is_refused(flash):
    with pytest.raises(NorError):
        flash.erase(PAGE)


@pytest.mark.parametrize("effect", ["none", "torn", "complete"])
def test_cut_program_leaves_its_effect_in_that_page_only(flash, effect):
    flash.program(0, b"\xf0" * PAGE)
    old = flash.read(0, PAGE)
    wanted = bytes(range(256))
    flash.cut_at(2, effect)
    flash.program(PAGE, b"\x55" * PAGE)
    with pytest.raises(PowerCutError):
        flash.program(0, wanted)
    found = flash.read(0, PAGE)
    done = bytes(a & b for a, b in zip(old, wanted, strict=True))
    if effect == "torn":
        assert subset_of_clears(old, wanted, found)
        assert found not in (old, done)
    else:
        assert found == {"none": old, "complete": done}[effect]
    assert flash.read(PAGE, SIZE - PAGE) == b"\x55" * PAGE + b"\xff" * (SIZE - 2 * PAGE)
    flash.program(0, b"\x00")  # the plan is spent


def test_torn_erase_leaves_any_content_in_that_sector_only(flash):
    flash.program(0, bytes(PAGE))
    flash.program(SECTOR, bytes(PAGE))
    flash.cut_at(1, "torn")
    with pytest.raises(PowerCutError):
        flash.erase(0)
    torn = flash.read(0, SECTOR)
    assert torn != b"\xff" * SECTOR
    assert torn != bytes(PAGE) + b"\xff" * (SECTOR - PAGE)
    assert flash.read(SECTOR, PAGE) == bytes(PAGE)


def test_torn_content_follows_the_seed():
    def torn(seed):
        flash = NorFlash(size=SIZE, seed=seed)
        flash.cut_at(1, "torn")
        with pytest.raises(PowerCutError):
            flash.program(0, bytes(PAGE))
        return flash.read(0, PAGE)

    assert torn(1) == torn(1)
    assert torn(1) != torn(2)


def test_file_keeps_the_cells_and_a_file_of_another_size_is_refused(tmp_path):
    path = tmp_path / "flash.bin"
    first = NorFlash(path, size=SIZE)
    first.program(SECTOR, b"vafa")
    first.close()
    again = NorFlash(path, size=SIZE)
    assert again.read(SECTOR, 5) == b"vafa\xff"
    again.close()
    with pytest.raises(NorError, match=r"flash\.bin"):
        NorFlash(path, size=2 * SIZE)


def test_forgotten_cut_never_comes(flash):
    flash.cut_at(1, "torn")
    flash.forget_cut()
    flash.program(0, bytes(PAGE))
    assert flash.read(0, PAGE) == bytes(PAGE)
