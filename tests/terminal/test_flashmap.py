from firmware.terminal import flashmap


def test_the_flash_map_adds_up_and_holds_what_it_promises():
    end = 0
    for part in flashmap.ALL:
        assert part.address == end
        end = part.end
    assert end == flashmap.SIZE == 4 * 1024 * 1024
    for slot in (flashmap.HOTLIST_A, flashmap.HOTLIST_B):
        assert slot.size >= flashmap.PAGE + flashmap.HOTLIST_ENTRIES * 4 + 128
    assert len({part.name for part in flashmap.ALL}) == len(flashmap.ALL)
