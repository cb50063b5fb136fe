"""What customers really send gets in: the providers' own header shapes, at a border and by our own check.

`borders.txt` has the fields in the shapes that providers write, with other names in them; the lists of signed fields
are in the manner of their senders' DKIM-Signature.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from attacks.making import ACCEPTED, ANNA, EDGE, Case, changed, key, mail, signed, stamped, txt
from house import BEHIND

TWO = 'Content-Type: multipart/alternative; boundary="{0}"'
PARTS = (
    "--{0}\r\nContent-Type: text/plain; charset=UTF-8\r\n\r\nIl sito non risponde.\r\n\r\n"
    "--{0}\r\nContent-Type: text/html; charset=UTF-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "<p>Perch=C3=A9 il sito non risponde=\r\n?</p>\r\n--{0}--\r\n"
)
QP = "Perch=C3=A9 il sito non risponde? 1+1=3D2, e=20\r\ncos=C3=AC via=\r\n.\r\n"


def two(author, boundary, more=""):
    """Text and HTML, as most programs send."""
    return mail(author, kind=TWO.format(boundary), body=PARTS.format(boundary), more=more)


BORDERS = (Path(__file__).parent / "borders.txt").read_text().split("\n\n")[1:]


def at(border):
    """A message at that border, which writes its fields above its own Received."""
    title, _, fields = border.strip("\n").partition("\n")
    name, _, ids = title.removeprefix("# ").partition(": ")
    above = f"{fields}\nReceived: from mail.rossi.example by mx; now\n".replace("\n", "\r\n").encode()
    origin = replace(BEHIND, trusted_ids=frozenset(ids.split()))
    return Case(f"at {name}", above + two(f"From: {ANNA}", "b1"), ACCEPTED, origin=origin)


# By our own check: author, h=, how the message is, and what else the signature says.
GMAIL = "to:subject:message-id:date:from:mime-version:from:to:cc:subject:date:message-id:reply-to"
MICROSOFT = "From:Date:Subject:Message-ID:Content-Type:MIME-Version:X-MS-Exchange-SenderADCheck"
YAHOO = "Date:From:To:Subject:References:From:Subject:Reply-To"
LIBERO = "content-transfer-encoding:content-type:date:from:message-id:mime-version:subject:to"
ICLOUD = "from:content-type:mime-version:subject:message-id:date:to:x-icloud-hme"
PROTON = (
    "From:To:Subject:Date:Message-ID:Feedback-ID:From:To:Cc:Date:Subject:Reply-To:Feedback-ID:Message-ID:BIMI-Selector"
)
ARUBA = "Date:From:Subject:To:MIME-Version:Content-Type"
OPENDKIM = "Date:From:Subject:To:Reply-To:From"
QUOTED = "Content-Transfer-Encoding: quoted-printable\r\n"
SIGNERS = {
    "Gmail": ("anna.rossi@gmail.com", GMAIL, "darn=example.it; dara=google.com;", "000000000000a1b2c3"),
    "Outlook": ("anna.rossi@outlook.it", MICROSOFT, "", "_000_AM0PR01MB1234"),
    "Yahoo": ("anna.rossi@yahoo.it", YAHOO, "", "----=_Part_1234_567.89"),
    "Libero": ("anna.rossi@libero.it", LIBERO, "", "----=_Part_99_1.2"),
    "iCloud": ("anna.rossi@icloud.com", ICLOUD, "", "Apple-Mail=_0A1B-2C"),
    "Proton": ("anna.rossi@proton.me", PROTON, "", "b1=_xYz"),
    "Aruba": ("anna.rossi@aruba.it", ARUBA, "", "------------0a1B2c"),
    "a firm at Google": ("anna@rossi-web.example", GMAIL, "", "000000000000ffeedd"),
    "a firm at Microsoft 365": ("anna@studio-365.example", MICROSOFT, "", "_000_VI1PR02"),
}


def by(name):
    """Signed as that provider signs, with two parts."""
    author, h, more, boundary = SIGNERS[name]
    domain = author.rpartition("@")[2]
    raw = signed(two(f"From: Anna Rossi <{author}>", boundary), domain=domain, h=h, more=more)
    return Case(f"signed by {name}", raw, ACCEPTED, zone=key(domain))


ONE_PART = [
    ("anna.rossi@outlook.it", MICROSOFT),
    ("anna.rossi@icloud.com", ICLOUD),
    ("anna.rossi@libero.it", LIBERO),
]
PASSED = [
    "From: tecnico@rossi.example",
    "From: <tecnico@rossi.example>",
    "From: Tecnico@Rossi.Example",
    "From: tecnico@rossi.example <tecnico@rossi.example>",
    'From: "tecnico@rossi.example" <tecnico@rossi.example>',
    "From: Anna A. Rossi <tecnico@rossi.example>",
    'From: "Rossi, Anna" <tecnico@rossi.example>',
    'From: "Anna \\"la Capa\\" Rossi" <tecnico@rossi.example>',
    "From: =?UTF-8?Q?Nicol=C3=B2_Caff=C3=A8?= <tecnico@rossi.example>",
    "From: =?utf-8?b?Tmljb2zDsiA=?= =?utf-8?b?Q2FmZsOo?= <tecnico@rossi.example>",
    "From: =?iso-8859-1?Q?Niccol=F2=2C_Ufficio_tecnico?=\r\n <tecnico@rossi.example>",
    "From: =?utf-8?q?Mario=09Rossi?= <tecnico@rossi.example>",
    "From: Nicolò Caffè <tecnico@rossi.example>",
    "From: Anna O'Neil-Rossi <tecnico@rossi.example>",
    "From: Anna Rossi (ufficio) <tecnico@rossi.example>",
    "From: tecnico@rossi.example (Anna Rossi)",
    "From:tecnico@rossi.example",
    "From: Ufficio tecnico e amministrativo della ditta Rossi\r\n\tS.r.l. in liquidazione\r\n <tecnico@rossi.example>",
    'From: "tecnico"@rossi.example',
    "FROM: tecnico@rossi.example",
    "From: o'neil@rossi.example",
    "From: anna.rossi+casa@rossi.example",
    "From: josé@rossi.example",
]
ERROR = "Buongiorno, ricevo questo errore:\r\n550 5.1.1 user unknown\r\nPotete aiutarmi?\r\n"
ENCLOSED = (
    "--b\r\nContent-Type: text/plain\r\n\r\nIn allegato il messaggio.\r\n"
    "--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@b.example\r\nSubject: x\r\n\r\nx\r\n--b--\r\n"
)


def about_mail(author, subject, body=ERROR):
    """Who asks about mail that fails is called as mail systems are, and quotes what they said."""
    kind = 'Content-Type: multipart/mixed; boundary="b"' if body is ENCLOSED else "Content-Type: text/plain"
    raw = mail(f"From: {author}", subject=f"Subject: {subject}", body=body, kind=kind)
    domain = author.rstrip(">").rpartition("@")[2]
    return Case(f"{author}, about mail", stamped(raw, f"dmarc=pass header.from={domain}"), ACCEPTED)


ABOUT_MAIL = [
    about_mail("Gmail Service <tecnico@rossi.example>", "Delivery failed"),
    about_mail("Rossi antivirus <tecnico@rossi.example>", "Problema: mail delivery failed verso gmail"),
    about_mail("Anna <anna@mailservice.example>", "Errore: mail error su casella"),
    about_mail("postmaster@rossi.example", "Errore mail: delivery failed verso gmail"),
    about_mail("Rossi Mail Service <tecnico@rossi.example>", "mail delivery failed verso gmail", ENCLOSED),
    about_mail("Corriere <mail.delivery@rossi.example>", "Domanda", ENCLOSED),
]
CASES = [
    *map(at, BORDERS),
    *ABOUT_MAIL,
    *map(by, SIGNERS),
    *(
        Case(
            f"one quoted-printable part, signed by {author}",
            signed(mail(f"From: {author}", body=QP, more=QUOTED), domain=author.rpartition("@")[2], h=h),
            ACCEPTED,
            zone=key(author.rpartition("@")[2]),
        )
        for author, h in ONE_PART
    ),
    *(Case(line, stamped(mail(line), "dmarc=pass header.from=rossi.example"), ACCEPTED) for line in PASSED),
    Case(
        "an IDN domain, as people write it",
        stamped(mail("From: anna@caffè.example"), "dmarc=pass header.from=xn--caff-8oa.example"),
        ACCEPTED,
    ),
    Case(
        "an IDN domain, as machines write it",
        stamped(mail("From: anna@xn--caff-8oa.example"), "dmarc=pass header.from=xn--caff-8oa.example"),
        ACCEPTED,
    ),
    Case(
        "an IDN domain, signed",
        signed(mail("From: anna@caffè.example"), domain="xn--caff-8oa.example"),
        ACCEPTED,
        zone=key("xn--caff-8oa.example"),
    ),
    Case(
        "forwarded, the signature whole",
        b"Received: from list by x; now\r\nX-Forwarded-To: x\r\n" + signed(mail()),
        ACCEPTED,
        reverse_path="srs0=x@forward.example",
    ),
    Case("a forwarder's signature on top", signed(signed(mail()), domain="forward.example"), ACCEPTED),
    Case(
        "a broken signature beside a whole one",
        changed(signed(mail()), b"bh=", b"bh=A").partition(b"From:")[0] + signed(mail()),
        ACCEPTED,
    ),
    Case("simple canonicalization", signed(mail(), c="simple/simple"), ACCEPTED),
    Case(
        "oversigned", signed(mail(), h="from:from:to:subject:subject:date:content-type:content-type:reply-to"), ACCEPTED
    ),
    Case(
        "a Reply-To that nobody signed",
        changed(signed(mail()), b"From:", b"Reply-To: x@attack.example\r\nFrom:"),
        ACCEPTED,
    ),
    Case(
        "a key that says it is for DKIM only",
        signed(mail()),
        ACCEPTED,
        zone={
            ("s1._domainkey.rossi.example", "TXT"): [
                key("x")["s1._domainkey.x", "TXT"][0].replace(b"k=rsa", b"k=rsa; s=email; h=sha256")
            ]
        },
    ),
    Case("signed a little in the future", signed(mail(), more="t=1795348860;"), ACCEPTED),
    Case("a subdomain writes, the firm signs", signed(mail("From: anna@posta.rossi.example")), ACCEPTED),
    Case(
        "the firm writes, a subdomain signs",
        signed(mail(), domain="web.rossi.example"),
        ACCEPTED,
        zone=key("web.rossi.example"),
    ),
    Case(
        "a firm below co.uk",
        signed(mail("From: anna@acme.co.uk"), domain="acme.co.uk"),
        ACCEPTED,
        zone=key("acme.co.uk"),
    ),
    Case(
        "a tenant of a shared host",
        signed(mail("From: anna@acme.github.io"), domain="acme.github.io"),
        ACCEPTED,
        zone=key("acme.github.io"),
    ),
    Case("no DMARC record at all", signed(mail()), ACCEPTED, zone=txt("_dmarc.rossi.example")),
    Case(
        "SPF at the edge, a subdomain in the reverse-path",
        mail(),
        ACCEPTED,
        origin=EDGE,
        reverse_path="bounce-1@mail.rossi.example",
        zone=txt("mail.rossi.example", "v=spf1 ip4:192.0.2.10 -all"),
    ),
    Case(
        "SPF at the edge, a subdomain with an underscore",
        mail(),
        ACCEPTED,
        origin=EDGE,
        reverse_path="bounce-1@EM_1.rossi.example",
        zone=txt("em_1.rossi.example", "v=spf1 ip4:192.0.2.10 -all"),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_a_genuine_customer_gets_in(fate, case):
    """R1: no rule against attackers may cost a customer their ticket."""
    found = await fate(case)
    assert f"{found['disposition']} {found['reason']}" == case.want, found["evidence"]["detail"]


@pytest.mark.parametrize("name", ["Gmail", "Outlook", "Yahoo", "Libero", "iCloud", "Proton", "Aruba"])
async def test_a_secondary_at_a_shared_provider_is_recorded_as_such(fate, name):
    """Threats rule 8."""
    found = await fate(by(name))
    assert (found["account"], found["evidence"]["assurance"]) == ("ROSSI-001", "domain-only")


def words(author):
    """A report in words, with nothing else that makes it one."""
    return about_mail(f"Gmail Service <{author}>", "Delivery failed").raw


@pytest.mark.parametrize(
    "raw",
    [
        words("tecnico@rossi.example").replace(b"dmarc=pass", b"dmarc=none"),
        words("nobody@rossi.example"),
        words("tecnico@rossi.example").replace(b"To:", b"Auto-Submitted: auto-replied\r\nTo:"),
        words("tecnico@rossi.example").replace(b"To:", b"X-Failed-Recipients: a@b.example\r\nTo:"),
    ],
    ids=["not proved", "not registered", "marked by a program", "a field of mail systems"],
)
async def test_a_report_in_words_of_nobody_we_know_is_a_report(fate, raw):
    """Threats rule 14: what reads like one, and is not proved to be a customer's own writing, opens no ticket."""
    found = await fate(Case("", raw))
    assert f"{found['disposition']} {found['reason']}" == "discard delivery-report"
    assert found["report"]["status"] == "5.1.1"
