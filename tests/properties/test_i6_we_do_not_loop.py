"""I6: automatic mail never begets automatic mail without bound (RFC 3834)."""

from __future__ import annotations

import tempfile

from hypothesis import given, settings
from hypothesis import strategies as st

import house
from house import letter

LIMIT = 5
ROUNDS = 15
ROBOTS = st.fixed_dictionaries(
    {
        "author": st.sampled_from(["amministrazione@rossi.example", "support@example.it", "bounces@example.it"]),
        "keeps_tag": st.booleans(),
        "honest": st.booleans(),  # says Auto-Submitted
        "null": st.booleans(),  # has a null reverse-path
    },
)


def answer(robot, number, row):
    """What the robot sends back for one letter of ours."""
    subject = f"Automatic reply: [#{row['ticket']}]" if robot["keeps_tag"] else "I am away"
    more = "Auto-Submitted: auto-replied\r\n" if robot["honest"] else ""
    return letter(robot["author"], subject=subject, message_id=f"{number}@robot", more=more)


@settings(max_examples=20, deadline=None)
@given(ROBOTS)
async def test_i6_a_robot_that_answers_every_letter_comes_to_rest(robot):
    """Whatever it keeps, says or hides: the letters end, within the limit for an account."""
    with (
        tempfile.TemporaryDirectory() as folder,
        house.gateway(folder, house.letters.Limits(per_account=LIMIT)) as gateway,
    ):
        await gateway.receive(letter())
        answered = 0
        for number in range(ROUNDS):
            letters = gateway.outbox
            if len(letters) == answered:
                break
            reverse_path = "" if robot["null"] else robot["author"]
            await gateway.receive(answer(robot, number, letters[answered]), reverse_path=reverse_path)
            answered += 1
        assert answered <= LIMIT
        assert len(gateway.outbox) <= LIMIT
