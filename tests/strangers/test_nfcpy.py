"""nfcpy 1.0.4: its own PN532 driver, block protocol in the host, long chained exchanges."""

LONG = bytes(n % 251 for n in range(200))


def test_nfcpy_agrees(reader):
    seen = reader.drive_in("nfcpy", "drive_nfcpy.py")
    uid = reader.uids[0]
    assert (seen["chip"], seen["type"]) == ("PN532v1.6", "Type4ATag")
    assert (seen["uid"], seen["sens_res"], seen["sel_res"]) == (uid, "4403", "20")
    assert seen["present"] is seen["present_after"] is True
    hardware, software, production = seen["version"]
    assert (hardware, software[-4:]) == ("04010112001a0591af", "91af")
    assert production.startswith(uid)
    assert production.endswith("9100")
    written = [seen[f"write_{offset}"] for offset in (0, 200, 400)]
    assert [seen["create"], seen["select"], seen["file"], *written] == ["9100"] * 6
    assert seen["read"] == (LONG + LONG[:54]).hex() + "9100"
    assert seen["beyond"] == "91be"


def test_nfcpy_and_libnfc_take_turns(reader):
    # Each leaves the chip asleep and at its first baud rate, whatever it did to the registers.
    from tests.strangers.conftest import program
    from tests.strangers.test_libnfc import listed_uids

    listing = [program("nfc-list", "libnfc-bin")]
    assert listed_uids(reader.run(listing)) == reader.uids
    assert reader.drive_in("nfcpy", "drive_nfcpy.py")["uid"] == reader.uids[0]
    assert listed_uids(reader.run(listing)) == reader.uids
