"""libnfc's own programs and libfreefare's `mifare-desfire-info`, as installed from Debian."""

import re
import subprocess

import pytest

from tests.strangers.conftest import program


@pytest.fixture
def nfc_list():
    return program("nfc-list", "libnfc-bin")


def listed_uids(output):
    found = re.findall(r"UID \(NFCID1\): ([0-9a-f ]+)", output)
    return [line.replace(" ", "") for line in found]


def test_nfc_list_sees_the_card(reader, nfc_list):
    output = reader.run([nfc_list, "-v"])
    assert "1 ISO14443A passive target(s) found" in output
    assert listed_uids(output) == reader.uids
    assert re.search(r"ATQA \(SENS_RES\): 03 +44", output)
    assert re.search(r"SAK \(SEL_RES\): 20", output)
    assert re.search(r"ATS: 75 +77 +81 +02 +80", output)
    assert "Max Frame Size accepted by PICC: 64 bytes" in output
    assert "Frame Waiting Time: 77.33 ms" in output
    assert "MIFARE DESFire EV1 2K/4K/8K" in output
    for other in ("Felica (212", "Felica (424", "ISO14443B ", "ISO14443A-3 Jewel"):
        assert re.search(rf"\b0 {re.escape(other)}", output), other


def test_nfc_list_finds_the_reader_again_after_it_put_it_to_sleep(reader, nfc_list):
    for _ in range(3):
        assert listed_uids(reader.run([nfc_list])) == reader.uids


def test_nfc_list_sees_two_cards(start_reader, nfc_list):
    reader = start_reader(cards=2)
    assert sorted(listed_uids(reader.run([nfc_list]))) == sorted(reader.uids)


def test_mifare_desfire_info_reads_the_card(reader):
    output = reader.run([program("mifare-desfire-info", "libfreefare-bin")])
    assert f"UID:                      0x{reader.uids[0]}" in output
    hardware, software = output.split("Software Information:")
    assert "Version:              18.0" in hardware  # 12h: EV2
    assert "Storage size:         0x1a (=8192 bytes)" in hardware
    assert "Protocol:             0x05" in software
    assert "Master Key settings (0x0f)" in software
    assert "Master Key version: 0 (0x00)" in software
    assert "Free memory: 8192 bytes" in software
    assert "Use random UID: no" in software


def test_nfc_anticol_selects_the_card_bit_by_bit(reader):
    output = reader.run([program("nfc-anticol", "libnfc-examples")])
    uid = reader.uids[0]
    sent = [line.split() for line in re.findall(r"Sent bits: +(.*)", output)]
    heard = [line.split() for line in re.findall(r"Received bits: +(.*)", output)]
    assert sent[0] == ["26", "(7", "bits)"]
    assert heard[0] == ["44", "03"]
    assert "".join(heard[1][:4]) == "88" + uid[:6]
    assert heard[2] == ["04", "da", "17"]
    assert "".join(heard[3][:4]) == uid[6:]
    assert heard[4] == ["20", "fc", "70"]
    assert heard[5][:6] == ["06", "75", "77", "81", "02", "80"]
    assert f"UID: {uid}" in output


def test_the_reader_outlives_a_host_that_is_killed(reader, nfc_list):
    # nfc-poll finds the card by InAutoPoll and then asks for its presence until it is gone.
    command = [program("nfc-poll", "libnfc-examples")]
    poll = subprocess.Popen(
        command, env=reader.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    output = b""
    while b"Waiting" not in output and (part := poll.stdout.read1()):
        output += part
    poll.kill()
    poll.communicate()
    assert listed_uids(output.decode()) == reader.uids
    assert listed_uids(reader.run([nfc_list])) == reader.uids
