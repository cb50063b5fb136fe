"""The acts of requests, Italian and English.

Small letters without accents or apostrophes, phrases parted by commas: `don t`. Data, and nothing else.
"""

from __future__ import annotations

from gateway.core.intent_roles import Act, Form

_ARE = {
    Form.VERB: "are arlo arla arli arle armi arci arvi armelo armela arcelo arcela",
    Form.ORDER: "ate",
    Form.SURE: "atelo atela ateli atele atemi ateci atemelo atemela ami",
    Form.DONE: "ato ata ati ate",
}
_IRE = {
    Form.VERB: "ire irlo irla irli irle irmi irci irvi irmelo irmela ircelo ircela iate",
    Form.ORDER: "ite isca iscano",
    Form.SURE: "itelo itela iteli itele itemi iteci",
    Form.DONE: "ito ita iti ite",
}
INFLECTED = (
    (Act.TRANSFER, _ARE, "spost migr"),
    (Act.TRANSFER, _IRE, "trasfer"),
    (Act.CHANGE, _ARE, "cambi modific aggiorn vari rettific rigener"),
    (Act.CHANGE, _IRE, "sostitu"),
    (Act.ADD, _ARE, "cre impost aggiung configur sett registr"),
    (Act.ADD, _IRE, "inser"),
    (Act.REMOVE, _ARE, "cancell elimin disattiv cess"),
    (Act.REMOVE, _IRE, "disd"),
    (Act.GIVE, _ARE, "invi mand comunic rilasci gener gir rinvi rimand"),
    (Act.GIVE, _IRE, "forn"),
    (Act.RESET, _ARE, "resett reset reimpost ripristin recuper"),
    (Act.POINT, _ARE, "punt"),
    (Act.UNLOCK, _ARE, "sblocc"),
    (Act.ASSIGN, _ARE, "intest reintest volt assegn"),
)
"""Italian verbs: the act, the endings by form, and the stems."""

ACTS: dict[tuple[Form, Act], str] = {
    (Form.VERB, Act.TRANSFER): """
        portare, portarlo, transferring, moving, migrating, trasferendo
    """,
    (Form.BASE, Act.TRANSFER): """
        transfer, push, move, migrate, port, transfer out, transfer away
    """,
    (Form.NOUN, Act.TRANSFER): """
        trasferimento, trasferimenti, migrazione, trasloco, transfers
    """,
    (Form.DONE, Act.TRANSFER): """
        transferred, moved, migrated, ported
    """,
    (Form.VERB, Act.CHANGE): """
        correggere, correggerla, correggerlo, changing, updating, modifying, replacing, amending
    """,
    (Form.BASE, Act.CHANGE): """
        change, update, modify, amend, edit, replace, switch, correct, swap, alter
    """,
    (Form.NOUN, Act.CHANGE): """
        cambio, cambi, cambiamento, modifica, modifiche, variazione, variazioni, aggiornamento,
        sostituzione, correzione, rettifica, voltura, subentro, changes, updates, modification,
        modifications, amendment
    """,
    (Form.ORDER, Act.CHANGE): """
        correggete, modifichi, aggiorni, corregga
    """,
    (Form.DONE, Act.CHANGE): """
        corretto, corretta, corretti, corrette, changed, updated, modified, amended, replaced, corrected,
        edited, swapped
    """,
    (Form.VERB, Act.ADD): """
        aggiungere, aggiungerlo, aggiungerla, mettere, adding, creating, setting, inserting
    """,
    (Form.BASE, Act.ADD): """
        add, create, set, insert, configure, put, register, enter, set up
    """,
    (Form.NOUN, Act.ADD): """
        aggiunta, inserimento, creazione, configurazione, impostazione, addition, creation
    """,
    (Form.ORDER, Act.ADD): """
        aggiungete, mettete, aggiunga
    """,
    (Form.SURE, Act.ADD): """
        aggiungetelo, aggiungetela
    """,
    (Form.DONE, Act.ADD): """
        aggiunto, aggiunta, aggiunti, aggiunte, added, created, inserted, set, configured
    """,
    (Form.VERB, Act.REMOVE): """
        disdire, rimuovere, rimuoverlo, rimuoverla, chiudere, chiuderlo, dismettere, rescindere, recedere,
        interrompere, deleting, cancelling, canceling, closing, removing, terminating
    """,
    (Form.BASE, Act.REMOVE): """
        delete, wipe, cancel, close, terminate, remove, deactivate, discontinue, shut down, disable, erase
    """,
    (Form.NOUN, Act.REMOVE): """
        cancellazione, eliminazione, rimozione, chiusura, disdetta, recesso, disattivazione, cessazione,
        dismissione, cancellation, deletion, termination, closure, removal
    """,
    (Form.ORDER, Act.REMOVE): """
        rimuovete, chiudete, disdite, cancelli, elimini, rimuova, chiuda
    """,
    (Form.DONE, Act.REMOVE): """
        chiuso, chiusa, chiusi, chiuse, rimosso, rimossa, rimossi, rimosse, deleted, cancelled, canceled,
        closed, removed, terminated
    """,
    (Form.VERB, Act.GIVE): """
        avere, averlo, ottenere, ottenerlo, ricevere, riceverlo, trovo, trovare, sending, getting
    """,
    (Form.BASE, Act.GIVE): """
        send, tell, give, provide, get, obtain, have, receive, issue, generate, retrieve, supply, email, resend,
        forward, share, find, release
    """,
    (Form.NOUN, Act.GIVE): """
        invio, rilascio, generazione, release, issuance
    """,
    (Form.ORDER, Act.GIVE): """
        fornite, mandi, invii, fornisca
    """,
    (Form.SURE, Act.GIVE): """
        fatemi avere, fateci avere, mi faccia avere, ci faccia avere, dammi, datemi, dateci, send me, send
        us, give me, give us, get me, fatemi sapere il, fateci sapere il
    """,
    (Form.DONE, Act.GIVE): """
        sent, issued, provided, generated, released
    """,
    (Form.VERB, Act.RESET): """
        resetting, recovering
    """,
    (Form.BASE, Act.RESET): """
        reset, recover, restore, renew
    """,
    (Form.NOUN, Act.RESET): """
        ripristino, recupero, reimpostazione, recovery
    """,
    (Form.DONE, Act.RESET): """
        reset, recovered
    """,
    (Form.VERB, Act.POINT): """
        pointing, reindirizzare
    """,
    (Form.BASE, Act.POINT): """
        point, repoint
    """,
    (Form.NOUN, Act.POINT): """
        puntamento
    """,
    (Form.DONE, Act.POINT): """
        pointed
    """,
    (Form.VERB, Act.UNLOCK): """
        unlocking, togliere
    """,
    (Form.BASE, Act.UNLOCK): """
        unlock, release
    """,
    (Form.NOUN, Act.UNLOCK): """
        sblocco
    """,
    (Form.DONE, Act.UNLOCK): """
        unlocked
    """,
    (Form.VERB, Act.ASSIGN): """
        cedere, cederlo
    """,
    (Form.BASE, Act.ASSIGN): """
        assign, reassign
    """,
    (Form.NOUN, Act.ASSIGN): """
        cessione, passaggio, intestazione
    """,
    (Form.DONE, Act.ASSIGN): """
        assigned, reassigned
    """,
}
"""What is done, where no regular ending tells it."""
