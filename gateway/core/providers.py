"""Shared mail providers: domains where anybody can have a mailbox, so that a proven domain proves no mailbox.

Threats rule 8. The list is what Italian and European customers write from, not all there are; operators add theirs.
"""

from __future__ import annotations

from dataclasses import replace

from gateway.core.evidence import Assurance, Evidence

_FAMILIES = {  # the same provider under many national domains
    "gmx": "at ch co.uk com de es eu fr net us",
    "hotmail": "at be ch co.uk com com.ar com.br de dk es fi fr gr it nl no se",
    "live": "at be ca ch cl cn co.uk com com.ar com.au com.mx com.pt de dk fi fr ie it jp nl no ru se",
    "outlook": "at be cl co.id com com.ar com.au com.br com.gr com.tr com.vn cz de dk es fr hu ie in it jp kr"
    " lv pt ro sa sk",
    "yahoo": "at be bg ca ch cl co.id co.in co.jp co.kr co.nz co.th co.uk co.za com com.ar com.au com.br com.co com.hk"
    " com.mx com.pe com.ph com.sg com.tr com.tw com.vn cz de dk ee es fi fr gr hr hu ie in it lt lv nl no pl pt ro rs"
    " ru se si sk ua",
    "yandex": "az by com com.am com.ge com.tr ee fr kg kz lt lv md ru tj tm ua uz",
    "zoho": "com com.au eu in jp uk",
}
_SINGLE = """
    gmail.com googlemail.com msn.com passport.com windowslive.com icloud.com me.com mac.com aol.com aim.com aol.it
    ymail.com rocketmail.com myyahoo.com
    libero.it iol.it inwind.it blu.it giallo.it virgilio.it tin.it alice.it tim.it tiscali.it tiscalinet.it aruba.it
    technet.it email.it fastwebnet.it infinito.it katamail.com kataweb.it poste.it supereva.it vodafone.it teletu.it
    tele2.it windtre.it wind.it interfree.it
    pec.it legalmail.it postecert.it arubapec.it pec.libero.it postacertificata.gov.it
    proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tutamail.com tuta.com tuta.io keemail.me
    fastmail.com fastmail.fm hey.com hushmail.com mail.com email.com usa.com posteo.de posteo.net mailbox.org
    mailfence.com runbox.com zohomail.com zohomail.eu zohomail.in duck.com mozmail.com privaterelay.appleid.com
    web.de freenet.de t-online.de magenta.de arcor.de 1und1.de online.de vodafone.de bluewin.ch hispeed.ch
    orange.fr wanadoo.fr free.fr aliceadsl.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr
    telefonica.net terra.es orange.es sapo.pt skynet.be telenet.be proximus.be ziggo.nl kpnmail.nl home.nl xs4all.nl
    btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com eircom.net
    seznam.cz email.cz centrum.cz azet.sk wp.pl o2.pl onet.pl interia.pl op.pl abv.bg freemail.hu citromail.hu
    mail.ru bk.ru list.ru inbox.ru internet.ru rambler.ru ya.ru ukr.net i.ua inbox.lv
    comcast.net verizon.net att.net sbcglobal.net bellsouth.net cox.net charter.net shaw.ca rogers.com
    uol.com.br bol.com.br terra.com.br qq.com 163.com 126.com sina.com foxmail.com naver.com daum.net hanmail.net
    rediffmail.com
"""

SHARED = frozenset(_SINGLE.split()) | {
    f"{family}.{ending}" for family, endings in _FAMILIES.items() for ending in endings.split()
}


def graded(evidence: Evidence, author_domain: str, also: frozenset[str] = frozenset()) -> Evidence:
    """The evidence with proof for an author at a shared provider marked as proof of the domain only.

    `also` are the operator's own shared domains, as lower-case A-labels.
    """
    if evidence.assurance is Assurance.DOMAIN and author_domain in SHARED | also:
        return replace(evidence, assurance=Assurance.DOMAIN_ONLY)
    return evidence
