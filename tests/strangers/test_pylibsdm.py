"""pylibsdm 1.0.0a0.dev2 over nfcpy: EV2 authentication, MAC and full mode on the NTAG 424 DNA."""

FREE = 0xE


def test_pylibsdm_agrees(start_reader):
    reader = start_reader(personality="ntag424")
    seen = reader.drive_in("pylibsdm", "drive_pylibsdm.py")
    assert seen["uid"] == reader.uids[0]
    assert seen["authenticated"] == [[number, 4, 0] for number in range(5)]
    # Read, write, read-write, change: the factory's settings of an NTAG 424 DNA.
    assert seen["settings"] == {
        "1": {"mode": "PLAIN", "rights": [FREE, 0, 0, 0]},
        "2": {"mode": "PLAIN", "rights": [FREE, FREE, FREE, 0]},
    }
    assert seen["counter"] == 2
    changed = {"mode": "PLAIN", "rights": [FREE, 3, FREE, 0]}
    assert seen["changed"] == changed
    assert (seen["old_key"], seen["new_key"]) == ("Type4TagCommandError", "worked")
    assert seen["after"] == changed
