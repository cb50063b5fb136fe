"""The mutants: for each invariant the mistakes that a tired developer makes, and whose property test must then fail."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: `old` becomes `new` in one file of the package, where it stands exactly once."""

    invariant: str
    mistake: str
    file: str
    old: str
    new: str
    by: str = ""
    """In the name of the file that sees it, which then runs before the others: most time goes into what does not."""

    def __str__(self) -> str:
        return f"{self.invariant}: {self.mistake}"


MUTANTS = (
    Mutant(
        "i1",
        "accounts are remembered between letters",
        "dispatch.py",
        "        account = await self._insist(lambda: self._book.account(due.reply.account_id))\n",
        '        known = self.__dict__.setdefault("_known", {})\n'
        "        if due.reply.account_id not in known:\n"
        "            known[due.reply.account_id] = await self._insist("
        "lambda: self._book.account(due.reply.account_id))\n"
        "        account = known[due.reply.account_id]\n",
    ),
    Mutant(
        "i1",
        "a subject is reflected as it came",
        "core/letter.py",
        "encoded(one_line(subject, SUBJECT_CHARACTERS))",
        "encoded(subject[:SUBJECT_CHARACTERS])",
        by="primary_only",
    ),
    Mutant(
        "i1",
        "a closed account is still written to",
        "core/reply.py",
        "    if account.status is Standing.CLOSED:\n",
        "    if account.status is Standing.CLOSED and reply.kind is Kind.OPENED:\n",
        by="primary_only",
    ),
    Mutant(
        "i1",
        "a report is believed by the row that it names",
        "core/reference.py",
        'row and keys.opens(mac, "bounce", row)',
        "row",
    ),
    Mutant(
        "i2",
        "a rule files whatever it likes",
        "core/ruling.py",
        "    return not isinstance(one.stop, Filing) or reason is Reason.UNREGISTERED\n",
        "    return True\n",
        by="no_policy_grants",
    ),
    Mutant(
        "i2",
        "evidence of any outcome is evidence",
        "core/evidence.py",
        "return self.assurance is not Assurance.NONE",
        "return self.source is not Source.NONE",
    ),
    Mutant(
        "i2",
        "an operator's override of anything stands in for evidence",
        "core/authorize.py",
        "not case.waived(Reason.UNAUTHENTICATED)",
        "case.override is None",
        by="no_ticket_without_proof",
    ),
    Mutant(
        "i2",
        "of several accounts the first is taken",
        "core/authorize.py",
        "    if len(chosen) > 1:\n",
        "    if len(chosen) > 1 and case.override is not None:\n",
        by="no_ticket_without_proof",
    ),
    Mutant(
        "i2",
        "an id is the account, whoever has it since",
        "store/premises.py",
        ', t.account.c.code == bindparam("code"))',
        ")",
        by="an_id_is_not_the_account",
    ),
    Mutant(
        "i2",
        "what is too much to look up is let through",
        "core/authorize.py",
        "        if case.named.beyond:",
        "        if case.named.beyond and case.about:",
        by="no_disguise",
    ),
    Mutant(
        "i2",
        "names over the bound are left out in silence",
        "core/mentions.py",
        '            beyond = f"over {KEYS} names"\n',
        "",
        by="no_disguise",
    ),
    Mutant(
        "i2",
        "what a person does not see parts a name",
        "core/plain.py",
        '_UNSEEN.sub("", text)',
        '_UNSEEN.sub(" ", text)',
        by="no_disguise",
    ),
    Mutant(
        "i2",
        "the domain of any address is only where it writes from",
        "core/mentions.py",
        "word.strip(_EDGES).lower() != own:",
        '"@" not in word:',
        by="no_disguise",
    ),
    Mutant(
        "i2",
        "a seal is looked at without what it seals",
        "authentication/smime.py",
        '"-verify", "-binary"',
        '"-verify", "-no_content_verify", "-binary"',
        by="sealed_octets",
    ),
    Mutant(
        "i3",
        "answers are given before the commit",
        "store/group.py",
        "            return [self._one(transaction.connection, job) for job in group]\n",
        "            for one in [self._one(transaction.connection, job) for job in group]:\n"
        "                one.job.loop.call_soon_threadsafe(one.tell)\n"
        "            return []\n",
    ),
    Mutant("i3", "commits stop short of the disk", "store/sqlite.py", '"synchronous = FULL"', '"synchronous = NORMAL"'),
    Mutant(
        "i4",
        "a repetition is told by its content alone, whatever became of the first",
        "store/premises.py",
        "parts = (verdict.disposition, verdict.reason, account, record.case.parsed.header.fingerprint)",
        "parts = (record.case.parsed.header.fingerprint,)",
    ),
    Mutant(
        "i4",
        "a repetition is told by its Message-ID",
        "core/header.py",
        "    return digest.hexdigest()\n",
        '    return sha256(split.first("message-id").strip()).hexdigest()\n',
    ),
    Mutant(
        "i4",
        "trace fields make a repetition another message",
        "core/header.py",
        '    if not split.first("message-id").strip():\n',
        "    if raw:\n",
    ),
    Mutant(
        "i5",
        "a customer whose mail is held is told so",
        "examine.py",
        "        opening = self._opening(verdict, case.parsed) if isinstance(case.parsed, Message) else None\n",
        "        from gateway.core.verdict import AuthorizedSender\n"
        "        known = case.sender.accounts if case.sender else ()\n"
        "        told = verdict\n"
        "        if known and not isinstance(verdict, Accept):\n"
        '            told = Accept(AuthorizedSender(known[0], case.sender.author), None, None, "")\n'
        "        opening = self._opening(told, case.parsed) if isinstance(case.parsed, Message) else None\n",
    ),
    Mutant(
        "i2",
        "two letters exchanged across a border are not looked for",
        "core/likeness.py",
        "        if 0 < border < len(plain):\n",
        "        if 0 > border > len(plain):\n",
        by="look_alikes",
    ),
    Mutant(
        "i2",
        "a longer name than the registered one is not looked for",
        "core/likeness.py",
        "for length in (len(plain) - 1, len(plain), len(plain) + 1):",
        "for length in (len(plain), len(plain) + 1):",
        by="look_alikes",
    ),
    Mutant(
        "i10",
        "resemblance is looked up before the evidence is known",
        "examine.py",
        "        told = evidence.aligned or override is not None\n",
        "        told = bool(accounts)\n",
    ),
    Mutant(
        "i6",
        "acknowledgements are not counted",
        "store/letters.py",
        "< limits.per_account\n",
        "< limits.per_account + 10**6\n",
    ),
    Mutant(
        "i6",
        "a loop slower than the limit of a day goes on for ever",
        "store/repetition.py",
        "== same}) >= DAYS",
        "== same}) >= DAYS + 10**6",
    ),
    Mutant(
        "i6",
        "our own letter under another's name and id is not known again",
        "examine.py",
        " or bears_our_mark(parsed.fields, hostname)",
        "",
    ),
    Mutant(
        "i5",
        "a rejection is a 550 behind an MTA too",
        "ingress/site.py",
        "case Refuse(disposition=Disposition.REJECT) if position is Position.EDGE:",
        "case Refuse(disposition=Disposition.REJECT):",
    ),
    Mutant(
        "i7",
        "only what one expects is caught",
        "core/parse.py",
        "except Exception as fault:",
        "except (ValueError, LookupError) as fault:",
    ),
    Mutant("i7", "the bound on parts is raised out of reach", "core/mime.py", "PARTS = 2_000\n", "PARTS = 1_000_000\n"),
    Mutant(
        "i7",
        "lone surrogates come through",
        "core/charset.py",
        r"\x7f-\x9f\ud800-\udfff]",
        r"\x7f-\x9f]",
    ),
    Mutant(
        "i8",
        "the classes of the two codes may differ",
        "ingress/replies.py",
        "_STATUS.fullmatch(self.status) and self.status[0] == self.code[0]",
        "_STATUS.fullmatch(self.status)",
    ),
    Mutant(
        "i8",
        "a full house has the code of a full disk",
        "ingress/replies.py",
        'TOO_BUSY = _reply("452", "4.3.1"',
        'TOO_BUSY = _reply("452", "4.2.2"',
    ),
    Mutant(
        "i9",
        "an address book that is away knows nobody",
        "examine.py",
        "        accounts = await self.book.registered(parsed.author)\n",
        "        try:\n"
        "            accounts = await self.book.registered(parsed.author)\n"
        "        except Unavailable:\n"
        "            accounts = ()\n",
    ),
    Mutant(
        "i9",
        "a query that failed found nothing",
        "store/reader.py",
        "look-ups a message go well\n                raise\n",
        "look-ups a message go well\n                return ()\n",
    ),
    Mutant(
        "i10",
        "accounts first, evidence second",
        "core/authorize.py",
        "    if not case.evidence.aligned and not case.waived(Reason.UNAUTHENTICATED):\n"
        "        return Objection(Reason.UNAUTHENTICATED, case.evidence.detail)\n"
        "    account = _one_account(case, case.sender)\n"
        "    if isinstance(account, Objection):\n"
        "        return account\n",
        "    account = _one_account(case, case.sender)\n"
        "    if isinstance(account, Objection):\n"
        "        return account\n"
        "    if not case.evidence.aligned and not case.waived(Reason.UNAUTHENTICATED):\n"
        "        return Objection(Reason.UNAUTHENTICATED, case.evidence.detail)\n",
    ),
    Mutant(
        "i10",
        "a helpful word for those who are not registered",
        "ingress/site.py",
        "            return replies.REJECTED\n",
        "            unknown = receipt.verdict.reason == 'unregistered'\n"
        "            return replies.UNKNOWN_RECIPIENT if unknown else replies.REJECTED\n",
    ),
    Mutant(
        "i10",
        "nothing more is looked up for an unknown author",
        "examine.py",
        "holders = await self.book.holders(names.keys)",
        "holders = await self.book.holders(names.keys) if accounts else ()",
    ),
    Mutant(
        "i10",
        "an attempt is written down only where there is a ticket",
        "store/attempts.py",
        "record.case.mentions[:NAMED]",
        "tuple(one for one in record.case.mentions[:NAMED] if one.ticket)",
    ),
    Mutant(
        "i11",
        "what is discarded is not counted in",
        "store/archive.py",
        "    counts.add(connection, ",
        "    if record.verdict.disposition is not Disposition.DISCARD:\n        counts.add(connection, ",
    ),
    Mutant("i11", "what is undone has counted", "store/counts.py", "        del pending[before:]\n", ""),
    Mutant("i11", "a disposition is forgotten", "store/ledger.py", '    "failed": Disposition.FAILED,\n', ""),
    Mutant(
        "i12",
        "line ends are put right before they are kept",
        "store/archive.py",
        '{"octets": arrival.raw,',
        '{"octets": arrival.raw.replace(b"\\r\\n", b"\\n").replace(b"\\n", b"\\r\\n"),',
    ),
    Mutant(
        "i12",
        "the hash is over something else than what is kept",
        "store/archive.py",
        "hashlib.sha256(arrival.raw)",
        "hashlib.sha256(arrival.raw.strip())",
    ),
    Mutant(
        "i4",
        "a mail is moved before it is written down",
        "ingress/mailbox_round.py",
        "            await self._take_in(part)\n",
        "            await self.filing.file(dict.fromkeys(part, Disposition.ACCEPT))\n"
        "            await self._take_in(part)\n",
        by="killed_anywhere",
    ),
    Mutant(
        "i4",
        "the mark is moved before what lies below it is put down",
        "ingress/mailbox.py",
        "        for at in range(0, len(new), SEEN_AT_ONCE):\n",
        "        if new:\n"
        "            await self._world.ledger.see(folder, [], replace(known, mark=new[-1]), self._world.now())\n"
        "        for at in range(0, len(new), SEEN_AT_ONCE):\n",
        by="killed_anywhere",
    ),
    Mutant(
        "i4",
        "UIDs mean the same under any UIDVALIDITY",
        "ingress/mailbox.py",
        "Folder(self._settings.name, selected.uidvalidity)",
        "Folder(self._settings.name, 7)",
        by="killed_anywhere",
    ),
    Mutant(
        "i4",
        "a move that was cut in two begins anew",
        "ingress/mailbox_filing.py",
        'if begun and "MOVE" not in',
        'if not begun and "MOVE" not in',
        by="killed_anywhere",
    ),
    Mutant(
        "i4",
        "what was begun is taken for copied",
        "ingress/mailbox_mend.py",
        "        if copies[digest] > 0:\n",
        "        if copies:\n",
        by="killed_anywhere",
    ),
    Mutant(
        "i4",
        "whatever anybody marked as deleted is expunged",
        "ingress/imap/client.py",
        'self._by_uid("EXPUNGE", named)',
        'self._by_uid("EXPUNGE", uid=False)',
        by="only_ours",
    ),
    Mutant(
        "i2",
        "an inner hop is known by its host alone",
        "core/inside.py",
        "return told and not _LMTP.isdisjoint(words[5:6]) and",
        "return told and",
    ),
    Mutant(
        "i2",
        "a second clause in a Received is not looked for",
        "core/inside.py",
        " and _CLAUSES.isdisjoint(words[6:])",
        "",
    ),
    Mutant(
        "i2",
        "an inner hop may come at any place",
        "core/inside.py",
        "            return at\n",
        "            continue\n",
    ),
)
