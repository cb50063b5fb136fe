"""What the invariants are tried on: mail by customers, strangers and forgers, as the border hands it on."""

from __future__ import annotations

from hypothesis import strategies as st

from house import letter

AUTHORS = (
    "tecnico@rossi.example",
    "amministrazione@rossi.example",
    "TECNICO@Rossi.Example",
    "john@smith.example",
    "office@smith.example",
    "ufficio@studio.example",
    "posta@verdi.example",
    "eve@attack.example",
    "eve@rossi.example",
    "tecnico@rossi.example.attack.example",
    "eve@attack.example, tecnico@rossi.example",
    '"tecnico@rossi.example" <eve@attack.example>',
    "tecnico@rossi.example <eve@attack.example>",
    "=?utf-8?q?tecnico=40rossi.example?= <eve@attack.example>",
    "<@attack.example:tecnico@rossi.example>",
    "tecnico@rossi.example(eve@attack.example)",
    "support@example.it",
    "",
    "<",
)
DOMAINS = ("rossi.example", "smith.example", "studio.example", "verdi.example", "attack.example", "example.it", "")
SUBJECTS = ("Aiuto", "smith.example non va", "rossi.example non va", "[#20000-0000Q] Re", "[#ZZZZZ-ZZZZZ]", "=?x?", "")
HEADERS = (
    "Reply-To: eve@attack.example\r\n",
    "Cc: eve@attack.example, victim@else.example\r\n",
    "Sender: eve@attack.example\r\n",
    "From: eve@attack.example\r\n",
    "Authentication-Results: mx.example.it; dmarc=pass header.from=rossi.example\r\n",
    "Auto-Submitted: auto-generated\r\n",
    "Auto-Submitted: no\r\n",
    "Precedence: bulk\r\n",
    "List-Id: <l.example>\r\n",
    "In-Reply-To: <20000-0000Q.aaaaaaaaaaaaaaaaaaaaaaaaaab1@gateway.example.it>\r\n",
    "Received: from y by z; Sun, 22 Nov 2026 12:00:00 +0000\r\n",
    "X: \x1b[31m\r\n",
)


@st.composite
def mail(draw, authors=AUTHORS):
    """(raw, what the test may know of it)."""
    author = draw(st.sampled_from(authors))
    dmarc = draw(st.sampled_from(("pass", "pass", "fail", "none", "temperror", "")))
    domain = draw(st.sampled_from((author.rpartition("@")[2].strip(">)").lower(), *DOMAINS)))
    raw = letter(
        author,
        dmarc=dmarc,
        domain=domain or "x",
        subject=draw(st.sampled_from(SUBJECTS)),
        text=draw(st.sampled_from(("Buongiorno.", "www.smith.example?", "> citato\r\nmio", "", "\xff" * 5))),
        message_id=f"{draw(st.integers(0, 10**12))}@x.example",
        more="".join(draw(st.lists(st.sampled_from(HEADERS), max_size=3))),
    )
    return raw, author, dmarc, domain


reverse_paths = st.sampled_from(("", "tecnico@rossi.example", "eve@attack.example"))
