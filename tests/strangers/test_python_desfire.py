"""python-desfire 0.1.5: its own PN532 driver, native framing, EV1 AES keys and messaging."""


def test_python_desfire_agrees(reader):
    seen = reader.drive_in("python-desfire", "drive_python_desfire.py")
    uid = reader.uids[0]
    assert seen["chip"] == [0x32, 1, 6, 7]
    assert seen["uid"] == seen["real_uid"] == uid
    assert seen["version"][:14] == "04010112001a05"
    assert seen["version"][28:42] == uid
    assert len(seen["version"]) == 2 * 28
    assert seen["key_version"] == 0
    assert seen["applications"] == ["123456"]
    assert (seen["other_key_version"], seen["own_key_version"]) == (4, 6)
    assert seen["old_key"] == "ST_AuthentError"
    assert seen["file_ids"] == [1, 2, 3]
    assert (seen["settings_2"], seen["settings_3"]) == (["CMAC", 48], ["ENCRYPTED", 48])
    assert seen["data_2"] == bytes(48).hex()
    assert seen["data_3"] == (bytes(4) + bytes(range(0x30, 0x58)) + bytes(4)).hex()
