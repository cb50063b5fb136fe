"""The signature is told from the words, and the writer's own words are never taken for one."""

import pytest

from gateway.core.disclaimer import DISCLAIMER_LINES
from gateway.core.quote import split_words
from gateway.core.signature import SIGNATURE_LINES

OWN = "Sì, grazie.\nMario"
OLD = "> vecchio"

SIGNATURES = [
    "-- \nMario Rossi",
    "--\nMario Rossi\nRossi S.r.l.\n\nVia Roma 1",
    "______\nlista mailing list\nlista@x.example\nhttps://x.example/lista",
    "---\nMario Rossi\nRossi S.r.l.\nTel. +39 06 1234567",
    "——\nMario Rossi\nwww.rossi.example",
    "Cordiali saluti\n\nMario Rossi\nRossi S.r.l.\nTel. 06 1234567",
    "Best regards,\nBob Smith\nACME Ltd",
    "Mit freundlichen Grüßen\nHans Müller\nMüller GmbH",
    "Cordialement,\nJean Dupont\nDirecteur",
    "Un saludo,\nJuan Pérez\nPérez S.L.",
    "Inviato da iPhone",
    "Inviato dal mio dispositivo Samsung",
    "Inviato da Libero Mail per Android",
    "Sent from my Verizon Wireless BlackBerry",
    "Sent from Outlook for iOS",
    "—\nSent from Mailbox",
    "Sent with Proton Mail secure email.",
    "Get Outlook for iOS<https://aka.ms/x>",
    "Scarica Outlook per Android",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPad",
    "Le informazioni contenute in questo messaggio sono riservate e per uso esclusivo\ndel destinatario.",
    "Ai sensi del GDPR si precisa che le informazioni contenute in questo messaggio sono riservate.",
    "____________\nAVVISO DI RISERVATEZZA\nIl contenuto di questa mail è confidenziale.\nÈ vietato copiarlo.",
    "This e-mail is confidential and intended solely for the addressee.\n\nUnauthorised use is prohibited.",
    "Diese E-Mail enthält vertrauliche Informationen. Wenn Sie nicht der richtige Adressat sind, bitte löschen.",
    "Ce message est confidentiel. Si vous l'avez reçu par erreur, merci de le détruire.",
    "Este mensaje es confidencial y para uso exclusivo de su destinatario.",
    "______\nThis message is confidential and intended for the addressee only.\n______",
    "This message is confidential and intended for the addressee only.\n\nACME Ltd\nTel. 06 1234567",
    "Mail priva di virus. www.x.example",
    "Prima di stampare, pensa all'ambiente",
    "-- \nMario\n\nThis message is confidential and intended for the addressee only.\n\nACME Ltd\nTel. 06 1234567",
]

ALL_OWN = [
    "Grazie.\n\nCordiali saluti\nMario Rossi",
    "Thanks,\nBob",
    "Hi.\n\n-Bob",
    "Hi.\n\nRegards,\nBob\n\nPS: please call me tomorrow",
    "Hi.\n\nRegards,\nBob\nPS call me tomorrow",
    "Cordiali saluti\nMario\n\nDominio: rossi.example",
    "Salve, ecco i dati:\n-----\nEmail: a@rossi.example\nTel: 06 1234567",
    "Salve,\nvorrei:\n-----\nDominio: rossi.example\nEmail: a@rossi.example\n\ngrazie",
    "Ai sensi del Regolamento UE 2016/679 (GDPR) chiedo la cancellazione dei miei dati.",
    "Salve,\n\nHo ricevuto per errore un messaggio riservato, e ho dovuto cancellarlo.",
    "Hello,\n\nI received an error: access prohibited, message confidential.",
    "Salve,\n\nvi prego di cancellare l'ordine ricevuto per errore.",
    "Salve,\n\nquesto messaggio è riservato?",
    "Inviata ieri la mail con i documenti",
    "Here is another.\n\nSent from my desk, which is easier than the phone.",
    "Ecco l'errore\n=====\nDettagli:\n\nno gateway for a@rossi.example",
    "Ecco l'errore\n=====\nRouting: no gateway for a@rossi.example",
    "Inviato da casa",
    "Inviato tramite mail ieri",
    "Sent by mail yesterday",
]


@pytest.mark.parametrize("signed", SIGNATURES)
def test_a_signature_goes_from_below_the_words(signed):
    """Dashes, cards, devices and small print, in five languages."""
    assert split_words(f"{OWN}\n\n{signed}") == (OWN, "", signed.replace("-- ", "--"))


@pytest.mark.parametrize("signed", SIGNATURES)
def test_it_may_stand_above_the_quote_or_below_it(signed):
    """Programs differ, and so do people."""
    end = signed.replace("-- ", "--")
    assert split_words(f"{OWN}\n\n{signed}\n\n{OLD}") == (OWN, OLD, end)
    assert split_words(f"{OWN}\n\n{OLD}\n\n{signed}") == (OWN, OLD, end)


@pytest.mark.parametrize("text", ALL_OWN)
def test_own_words_that_look_like_a_signature_stay(text):
    """A name below a greeting, data below a line, a customer who writes about privacy."""
    assert split_words(text) == (text, "", "")


def test_small_print_right_below_the_words_begins_on_its_own_line():
    """And whatever stands above those words is theirs as well."""
    small = "This message is confidential and intended for the addressee only."
    assert split_words(f"{small}\n\nPerché?\n{small}") == (f"{small}\n\nPerché?", "", small)


def test_what_runs_on_too_long_is_no_signature():
    """Bounded, and whoever draws a line in the middle goes on writing."""
    for mark, most in (("-- ", SIGNATURE_LINES), ("This e-mail is confidential and only for its addressee.", 0)):
        text = f"a\n\n{mark}\n" + "b c\n" * (most or DISCLAIMER_LINES)
        assert split_words(text)[2] == ""
