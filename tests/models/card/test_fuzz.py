from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.card.host import AID, FULL, MAC, RefusedError, purse_card, tap, wrapped
from tools.models.card import Picc
from tools.models.card.commands.table import COMMANDS

INS = st.sampled_from([*COMMANDS, 0x5A, 0x71, 0x77, 0xAA, 0xAF, 0x00, 0x3C, 0x90])
# Bodies that get past the first checks: a file that exists, then small numbers.
BODY = st.one_of(
    st.binary(max_size=60),
    st.builds(
        lambda file_no, rest: bytes([file_no, *rest]),
        st.sampled_from([1, 2, 3, 4, 0x0F]),
        st.lists(st.sampled_from([0, 1, 2, 3, 0x10, 0x80, 0xFF]), max_size=24),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(INS, BODY, st.sampled_from([None, MAC, FULL])), max_size=12))
def test_any_command_gets_an_answer_and_a_committed_state_that_can_be_read(steps):
    host = purse_card()
    tap(host, 0)
    for ins, body, mode in steps:
        if mode is None:
            answer = host.card.exchange(wrapped(ins, body))
            assert answer[-2] == 0x91 or answer[-2] >> 4 == 6
            continue
        try:
            host.secure(ins, body[:7], body[7:], mode)
        except RefusedError:
            tap(host, 0)
        except (AssertionError, ValueError):
            tap(host, 0)  # the command was not one that carries this protection
    if AID in host.card.state.applications:
        assert host.card.truth(AID).tmc is None or host.card.truth(AID).tmc >= 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=80), max_size=20))
def test_raw_bytes_never_upset_the_card(frames):
    picc = Picc(purse_card().card)
    picc.field_off()
    picc.field_on()
    before = picc.card.truth(AID)
    for frame in (b"\xe0\x50", *frames):
        answer = picc.transceive(frame)
        assert answer is None or len(answer) <= 62
    for frame in frames:
        picc.card.exchange(frame)
    assert picc.card.truth(AID) == before
