"""A source of tokens: one at a time, ahead of the end, kept before used, and honest about what an operator must do."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import stat
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from making import NOW, SECRET

from gateway.ports import Unavailable, Ungranted
from gateway.tokens.answers import Granted
from gateway.tokens.client import Client
from gateway.tokens.grants import Refresh
from oauth2_server import Answer

DOWN = Answer({"error": "server_error"}, 503)


async def test_a_token_is_asked_for_once_and_kept(bench):
    """Also over a restart: a second process reads it from the file."""
    source = bench.source()
    assert await source.token() == await source.token() == await bench.source().token()
    assert len(bench.auth.asked) == 1


async def test_many_at_once_are_one_question(bench):
    """Single flight."""
    source = bench.source()
    assert len(set(await asyncio.gather(*(source.token() for _ in range(20))))) == 1
    assert len(bench.auth.asked) == 1


async def test_two_processes_at_once_are_one_question(bench):
    """Whoever waits for the lock reads the file again first: a rotated refresh token is used once."""
    bench.auth.rotate = True
    one, other = bench.source(), bench.source()
    assert len(set(await asyncio.gather(one.token(), other.token()))) == 1
    assert len(bench.auth.asked) == 1


async def test_it_is_renewed_ahead_of_its_end(bench):
    """An hour's token after 54 minutes is the same, after 56 another."""
    source = bench.source()
    first = await source.token()
    bench.clock.pass_by(minutes=54)
    assert await source.token() == first
    bench.clock.pass_by(minutes=2)
    assert await source.token() != first


async def test_a_short_life_has_a_short_margin(bench):
    """A token of a minute is not renewed at each call."""
    bench.auth.lifetime = 60
    source = bench.source()
    first = await source.token()
    bench.clock.pass_by(seconds=44)
    assert await source.token() == first
    bench.clock.pass_by(seconds=2)
    assert await source.token() != first


async def test_a_refused_token_is_renewed_though_it_seems_good(bench):
    """A mail server says no before the time is up: consent was narrowed, or a password changed."""
    source = bench.source()
    first = await source.token()
    second = await source.token(refused=first)
    assert second != first
    assert await source.token(refused=first) == second
    assert len(bench.auth.asked) == 2


async def test_the_old_token_serves_while_the_server_is_down(bench):
    """And is given up at its end, with words."""
    source = bench.source()
    first = await source.token()
    bench.auth.script.extend([DOWN] * 10)
    bench.clock.pass_by(minutes=57)
    assert await source.token() == first
    bench.clock.pass_by(minutes=4)
    with pytest.raises(Unavailable, match=r"cannot answer now \(status 503\)"):
        await source.token()


async def test_a_server_that_is_down_is_not_asked_in_a_hurry(bench):
    """5 seconds, then 10: between them the fault is known without asking."""
    bench.auth.script.extend([DOWN] * 2)
    source = bench.source()
    asked = []
    for _ in range(16):
        try:
            await source.token()
        except Unavailable:
            asked.append(len(bench.auth.asked))
        bench.clock.pass_by(seconds=1)
    assert asked == [1] * 5 + [2] * 10
    assert len(bench.auth.asked) == 3


async def test_a_rotated_refresh_token_is_on_disk_before_the_token_is_out(bench):
    """Killed right after, the next process goes on with the new one."""
    bench.auth.rotate = True
    await bench.source().token()
    assert json.loads(bench.path.read_text())["refresh_token"] == bench.auth.refresh
    bench.clock.pass_by(hours=2)
    await bench.source().token()
    assert [one.fields["refresh_token"][:4] for one in bench.auth.asked] == ["RT-0", "RT-1"]


async def test_what_cannot_be_written_is_not_used_and_not_lost(bench):
    """The directory is a file: no token goes out; when it can be written, what was given is, without asking again."""
    bench.auth.rotate = True
    source = bench.source()
    good = source._file
    source._file = _Unwritable(good)
    with pytest.raises(Unavailable, match="No space left"):
        await source.token()
    source._file = good
    bench.clock.pass_by(minutes=1)
    assert await source.token() == "AT-1-which-nobody-may-see"
    assert json.loads(bench.path.read_text())["refresh_token"] == bench.auth.refresh
    assert len(bench.auth.asked) == 1


async def test_a_fault_is_written_down_with_the_lock_held(bench):
    """Another process that has just been given a rotated refresh token must not find the old one over it."""
    bench.auth.script.append(DOWN)
    source = bench.source()
    source._file = watched = _Watched(source._file)
    with pytest.raises(Unavailable):
        await source.token()
    assert watched.writes == [True]
    assert "503" in json.loads(bench.path.read_text())["last_error"]


async def test_who_does_not_get_the_lock_writes_nothing(bench):
    """Whoever holds it may be writing at this moment."""
    source = bench.source()
    source._file = watched = _Watched(source._file, busy=True)
    with pytest.raises(Unavailable, match="has held its lock"):
        await source.token()
    assert watched.writes == []


async def test_a_server_that_is_down_is_not_asked_in_a_hurry_on_a_full_disk(bench):
    """That the fault could not be written down is no reason to ask again."""
    bench.auth.script.extend([DOWN] * 2)
    source = bench.source()
    source._file = _Unwritable(source._file)
    for _ in range(2):
        with pytest.raises(Unavailable, match="503"):
            await source.token()
    assert len(bench.auth.asked) == 1


class _Watched:
    """A file that knows of each write whether the lock was held."""

    def __init__(self, file, *, busy=False):
        self.file, self.busy, self.locked, self.writes = file, busy, False, []

    def __getattr__(self, name):
        return getattr(self.file, name)

    @asynccontextmanager
    async def held(self):
        if self.busy:
            raise Unavailable("box.json: another gateway has held its lock for 45 s")
        async with self.file.held():
            self.locked = True
            try:
                yield
            finally:
                self.locked = False

    def write(self, kept):
        self.writes.append(self.locked)
        self.file.write(kept)


class _Unwritable:
    """A full disk."""

    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, kept):
        raise Unavailable("box.json: No space left on device")


async def test_a_caller_that_is_cancelled_cuts_no_answer_off(bench):
    """The answer may hold a rotated refresh token: it is kept though nobody waits any more."""
    bench.auth.rotate = True
    source = bench.source()
    caller = asyncio.create_task(source.token())
    await asyncio.sleep(0)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    await source._renewal
    assert json.loads(bench.path.read_text())["refresh_token"] == bench.auth.refresh


async def test_ended_consent_names_what_to_do(bench, logged):
    """invalid_grant: the file of the refresh token, or the command that asks for consent anew."""
    bench.auth.refresh = "another"
    with pytest.raises(Ungranted) as told:
        await bench.source().token()
    assert f"put a new refresh token into {bench.seed}" in str(told.value)
    assert "Token has been expired or revoked." in str(told.value)
    assert [(one["event"], one["log_level"]) for one in logged] == [("credential.failed", "error")]
    assert bench.file.read().last_error == str(told.value)


async def test_without_consent_the_command_is_named(bench):
    """Nothing is asked of the server."""
    with pytest.raises(Ungranted, match="gateway auth login box"):
        await bench.source(Refresh(Client("c"), "mail", "box")).token()
    assert not bench.auth.asked


async def test_a_new_consent_is_seen_by_the_running_process(bench):
    """`auth login` is another process; the wait of a mailbox ends with it, and no backoff is left over."""
    grant = Refresh(Client("c"), "mail", "box")
    daemon, command = bench.source(grant), bench.source(grant)
    with pytest.raises(Ungranted):
        await daemon.token()
    waiting = asyncio.create_task(daemon.pause(60))
    await asyncio.sleep(0)
    await command.adopt(Granted("AT-by-login", timedelta(hours=1), "RT-by-login"))
    async with asyncio.timeout(10):
        await waiting
    assert await daemon.token() == "AT-by-login"


async def test_a_new_refresh_token_of_the_operator_counts(bench):
    """What was kept belongs to the one before it."""
    await bench.source().token()
    bench.auth.refresh = "RT-new"
    bench.seed.write_text("RT-new\n")
    bench.clock.pass_by(hours=2)
    assert await bench.source().token() == "AT-2-which-nobody-may-see"


async def test_tokens_of_another_scope_are_not_used(bench):
    """A changed configuration asks anew."""
    await bench.source().token()
    await bench.source(Refresh(Client("client-7", bench.secret), "other", "box", bench.seed)).token()
    assert [one.fields["scope"] for one in bench.auth.asked] == ["mail", "other"]


async def test_files_are_for_our_eyes_only(bench):
    """Threats rule 17, also where the umask is lax."""
    await bench.source().token()
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (bench.path.parent, *bench.path.parent.iterdir())}
    assert modes == {"tokens": 0o700, "box.json": 0o600, "box.lock": 0o600}


@pytest.mark.parametrize("octets", [b"", b"{", b"[" * 100_000, b"[]", b'{"origin": 1}', b"\xff" * 10])
async def test_a_file_that_is_damaged_is_as_none(bench, octets):
    """What can be asked for anew is; nothing is raised but what an operator can read."""
    bench.path.parent.mkdir(mode=0o700)
    bench.path.write_bytes(octets)
    assert await bench.source().token() == "AT-1-which-nobody-may-see"


@pytest.mark.parametrize("when", ["renew_at", "expires_at", "refresh_ends_at", "asked_at"])
@pytest.mark.parametrize("text", ["2026-11-23T12:00:00", "", 0])
async def test_a_file_with_what_is_no_moment_is_as_none(bench, when, text):
    """A time without zone among them, which could not be compared with ours."""
    await bench.source().token()
    kept = json.loads(bench.path.read_text()) | {when: text}
    bench.path.write_text(json.dumps(kept))
    assert await bench.source().token() == "AT-2-which-nobody-may-see"


async def test_a_lock_that_cannot_be_had_is_told(bench, monkeypatch):
    """A file system without locks, or with none left: nothing is asked, and what is kept serves to its end."""
    source = bench.source()
    first = await source.token()
    bench.clock.pass_by(minutes=57)
    monkeypatch.setattr("fcntl.flock", _without_locks)
    assert await source.token() == first
    bench.clock.pass_by(minutes=4)
    with pytest.raises(Unavailable, match=r"box\.lock: No locks available"):
        await source.token()
    assert len(bench.auth.asked) == 1


def _without_locks(*_):
    raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


async def test_the_end_that_the_server_tells_is_known(bench):
    """refresh_token_expires_in, a certificate and what the operator says: whichever is first."""
    bench.auth.more = {"refresh_token_expires_in": 7 * 86400}
    source = bench.source(ends=NOW + timedelta(days=30))
    await source.token()
    assert source.ends(source.kept()) == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    "hostile",
    [
        lambda form: Answer({"error": "invalid_grant", "error_description": " ".join(form.values())}, 400),
        lambda form: Answer({"error": SECRET, "error_description": form["refresh_token"][:30]}, 400),
        lambda form: Answer({"access_token": "AT x" + form["refresh_token"], "token_type": "Bearer"}),
        lambda form: Answer({"access_token": "AT", "token_type": form["client_secret"], "expires_in": -1}),
        lambda form: Answer(form["refresh_token"].encode() * 10_000),
        lambda form: Answer(b"", 302, {"Location": "http://127.0.0.1:9/" + form["client_secret"]}),
    ],
)
async def test_no_secret_is_in_any_word(bench, logged, caplog, hostile):
    """A server that repeats what it was sent, in every place it has: not in logs, errors, reprs or status."""
    caplog.set_level("INFO")  # libraries are logged from WARNING on
    bench.auth.honest = lambda asked: hostile(asked.fields)
    source = bench.source()
    with pytest.raises((Unavailable, Ungranted)) as told:
        await source.token()
    words = [repr(told.value), repr(told.value.__cause__), repr(told.value.__context__)]
    words += [repr(logged), repr(source.kept()), source.kept().last_error, caplog.text]
    for secret in (SECRET, bench.auth.refresh, bench.auth.refresh[:26]):
        assert not [one for one in words if secret in one]


async def test_what_is_given_is_in_no_log(bench, logged, caplog):
    """The happy way tells when, and not what."""
    caplog.set_level("INFO")  # libraries are logged from WARNING on
    bench.auth.rotate = True
    source = bench.source()
    token = await source.token()
    for secret in (SECRET, token, bench.auth.refresh, "RT-0"):
        assert secret not in repr(logged) + repr(source.kept()) + caplog.text
