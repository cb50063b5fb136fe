"""The things that requests are about, and the signs of one, Italian and English.

Small letters without accents or apostrophes, phrases parted by commas: `don t`. Data, and nothing else.
"""

from __future__ import annotations

from gateway.core.intent_roles import Sign, Thing

THINGS: dict[Thing, str] = {
    Thing.DOMAIN: """
        dominio, domini, nome a dominio, nomi a dominio, domain, domains, domain name, domain names
    """,
    Thing.REGISTRAR: """
        registrar, maintainer, mantainer, provider, fornitore, gestore, registrars, another provider
    """,
    Thing.OWNER: """
        intestatario, intestataria, intestatari, intestazione, titolare, titolari, titolarita, proprieta,
        proprietario, registrant, registrante, assegnatario, referente, owner, owners, ownership, holder,
        domain holder, voltura, subentro, admin c, contatto, contatti, contatto amministrativo, contatto
        tecnico, contact, contacts, registrant contact, admin contact, administrative contact, technical
        contact, tech contact, contact details, contact data, contact person, registrant details, registrant
        data, whois, dati del dominio, dati di registrazione, dati whois
    """,
    Thing.DNS: """
        dns, nameserver, nameservers, ns1, ns2, name server, name servers, ns, zona, zone, mx, cname, txt, spf, dkim,
        dmarc, record, records, glue, puntamento, delega, host record, a record, aaaa, srv, caa, dnssec,
        entry dns
    """,
    Thing.AUTH: """
        authcode, authinfo, auth code, auth codes, auth info, authcodes, authorization code, authorisation
        code, epp, epp code, epp key, eppcode, transfer code, transfer codes, transfer key, codice auth,
        codici auth, codice authinfo, codice auth info, codice epp, codice authcode, codice di
        autorizzazione, codice autorizzazione, codice di trasferimento, codice trasferimento, codice per il
        trasferimento, codice di sblocco, codice di migrazione, codice per trasferire, code to transfer,
        code for the transfer, auth, codici di trasferimento, codici authinfo
    """,
    Thing.PASSWORD: """
        password, passwords, passwd, pwd, credenziali, credentials, dati di accesso, parola chiave, login
        details, login data, dati di login, passphrase
    """,
    Thing.ADDRESS: """
        indirizzo, indirizzi, indirizzo email, indirizzo e mail, indirizzo mail, indirizzo di posta,
        indirizzo di posta elettronica, indirizzo pec, indirizzo email di contatto, email di contatto, mail
        di contatto, email di riferimento, mail di riferimento, email, e mail, mail, pec, recapito,
        recapiti, email principale, address, addresses, email address, email addresses, e mail address, mail
        address, contact email, contact address, primary address, primary email, account email, contact
        email address, email contact, posta elettronica, registered email, recovery email
    """,
    Thing.BILLING: """
        dati di fatturazione, dati fatturazione, dati fiscali, dati della fattura, dati di fattura, dati per
        la fattura, dati per la fatturazione, intestazione fattura, intestazione della fattura, intestazione
        delle fatture, intestazione fatture, intestatario fattura, intestatario della fattura, intestatario
        delle fatture, partita iva, p iva, p.iva, piva, codice fiscale, codice destinatario, codice sdi,
        codice univoco, sdi, ragione sociale, sede legale, indirizzo di fatturazione, indirizzo
        fatturazione, metodo di pagamento, modalita di pagamento, carta di credito, iban, anagrafica, dati
        aziendali, pec di fatturazione, pec per la fatturazione, email di fatturazione, dati societari,
        denominazione sociale, billing data, billing details, billing information, billing info, billing
        address, billing contact, billing email, billing profile, invoice details, invoice data, invoice
        address, invoicing details, invoicing data, invoicing address, vat number, vat id, vat no, vat, tax
        id, tax code, tax number, company name, company details, company address, payment method, payment
        details, credit card, bank details, registered office, fiscal data, invoicing email
    """,
    Thing.SERVICE: """
        account, accounts, servizio, servizi, service, services, hosting, casella, caselle, mailbox,
        mailboxes, contratto, contratti, contract, contracts, abbonamento, abbonamenti, subscription,
        subscriptions, plan, piano, vps, server, web hosting, utenza, pacchetto, package, disdetta, recesso,
        recedere, spazio web, email account, account email di posta
    """,
    Thing.LOCK: """
        transfer lock, registrar lock, domain lock, blocco trasferimento, blocco del trasferimento, lock
    """,
    Thing.OTHER: """
        redirect, sito, siti, site, website, web site, file, files, posta, messaggi, messaggio, messages, message,
        emails, backup, database, contenuti, contenuto, content, contents, cache, cookie, spam, ticket,
        richiesta, request, order, ordine, blocco, sospensione, suspension, block, blacklist, blocklist,
        newsletter, mailing list, php, software, plugin, certificato, certificate, ssl, firma, signature,
        indirizzo ip, ip, ip address, web address, indirizzo web, stampante, printer, foto, photo, fattura,
        fatture, invoice, invoices, rinnovo, renewal, template, pagina, page, logo, appuntamento,
        appointment, cartella, folder, copia, copy, link, logs, log, preventivo, quote, offer, offerta,
        soldi, money, importo, amount, funds, policy, news, feedback
    """,
}
"""To what."""

SIGNS: dict[Sign, str] = {
    Sign.ASK: """
        chiede, richiede,
        possiamo, potrei, potremmo, puoi, puo, potete, potresti, potreste, potrebbe, si puo, si possono,
        possibile, possibilita, procedere, provvedere, procedete, provvedete, con la presente, comunico,
        comunichiamo, hereby, formale, procediate, provvediate, effettuare, eseguire, avviare, fare, fate,
        autorizzo, autorizziamo, come posso, come possiamo, come faccio, come fare, come si, sapere come,
        spiegarmi come, cosa devo fare, che devo fare, procedura, istruzioni, scrivo, scriviamo, vi
        contatto, vi contattiamo, la contatto, aiutarmi, aiutarci, aiutate, aiutatemi, riuscite a, riesci a,
        abbiamo deciso di, ho deciso di, intenzione di, come, gentilmente, cortesemente, per favore, per
        cortesia, cortesia, favore, prego, pregherei, preghiamo, si prega, siete pregati, posso, da, se
        possibile, se e possibile, se potete, se puoi, se puo, se potreste, se potesse, se poteste, se fosse
        possibile, se si puo, se posso, se possiamo, se riuscite, urge, dovete, dovreste, per poter, mi
        aiutate, ci aiutate, passi, c e modo, vi autorizzo, can you, could you, would you, will you, can i,
        could i, may i, can we, could we, may we, how do i, how do we, how can i, how can we, how could, how
        to, how would i, please, pls, kindly, ask you, asking you, authorize you, authorise you, authorize,
        authorise, help me, help us, writing to, decided to, planning to, intend to, going to, instructions,
        procedure, steps, proceed, initiate, start, go ahead, possible, if possible, if you can, if you
        could, if it is possible, if it s possible, if i can, if we can, whether you can, is there a way,
        what do i need to do, what should i do, what do we need to do, what must i do, where can i, where do
        i, where can we, dove posso, dove
    """,
    Sign.MUST: """
        serve, andrebbe, andrebbero, devo, dobbiamo, deve, devono, dovrei, dovremmo, dovrebbe, dovrebbero,
        occorre, bisogna, necessario, vanno, va, must, should, has to, have to, need to, needs to, needed
        to, ought to
    """,
    Sign.WANT: """
        vorrei, vorremmo, vorrebbe, voglio, vogliamo, vuole, vogliono, volevo, volevamo, desidero,
        desideriamo, desidera, desidererei, desidereremmo, intendo, intendiamo, intende, intendono,
        necessita di, necessito, necessitiamo, bisogno, avrei bisogno, ho bisogno, abbiamo bisogno, avremmo
        bisogno, mi serve, ci serve, mi servono, ci servono, mi servirebbe, ci servirebbe, mi occorre, ci
        occorre, mi servirebbero, ci servirebbero, gli serve, le serve, chiedo, chiediamo,
        richiedo, richiediamo, richiesta, richiesta di, chiederei, chiederemmo, richiedere, chiedere, in
        attesa, resto in attesa, attendo, attendiamo, aspetto, would like, d like, d love, want, wants,
        need, needs, wish, wishes, require, requires, request, requesting, asking for, ask for, apply for,
        waiting for, in need of, would need, like to request
    """,
    Sign.NOT: """
        non, don t, doesn t, didn t, won t, can t, cannot, not, never, no longer, without, senza, mai,
        instead of, rather than, invece di, anziche, annullare, annullate, fermare, bloccare, stop, unable,
        couldn t, wouldn t, isn t, impossibile, annullamento, rifiutare, reject, refuse, undo, nessun,
        nessuna, shouldn t, impedire, prevent
    """,
    Sign.IF: """
        se, if, qualora, quando, when, once, after, dopo, before, prima, mentre, while, until, finche,
        whether, unless, appena, since, nel caso, in case, ogni volta
    """,
    Sign.TOLD: """
        mi chiede, ci chiede, mi chiedono, ci chiedono, mi ha chiesto, ci ha chiesto, mi hanno chiesto, ci
        hanno chiesto, mi avete, asks me, asks us, asking me, asking us, asked me, asked us, tells me, told
        me, told us, ricevuto, arrivata, arrivato, received, ho visto, notifica, notification, phishing,
        truffa, scam, wants me, says, dice, mi dite, avete, hanno, has been, have been, was, were, did you,
        have you, who, chi, sono riuscito, trying to, tried to, cercando di, provato a, provando a, cerco
        di, proviamo a, should i, should we, do i need, do we need, do i have, do we have, valutando,
        considering, thinking, thinking about
    """,
    Sign.ABOUT: """
        quanto, quanti, quanta, costo, costi, costa, costano, costare, prezzo, prezzi, tariffa, tariffe,
        tempi, tempo, stato, errore, errori, problema, problemi, difficolta, pagare, pagamento, pagato,
        perche, come mai, why, how much, how long, cost, costs, price, prices, fee, fees, status, error,
        errors, problem, problems, trouble, pay, paid, payment, a cosa serve, a che serve, cosa e, cos e,
        what is, what s, differenza, difference, guida, guide, conferma di avvenuto, documenti, documents,
        quali, which, what, cosa comporta, cosa succede, what happens, does
    """,
    Sign.OVER: """
        andato, andata, buon fine, completato, completata, concluso, conclusa, avvenuto, avvenuta,
        terminato, terminata, riuscito, riuscita, fallito, fallita, scaduto, a che punto, completed,
        complete, failed, finished, done, progress, pending, successful, successfully, went, stuck,
        happened, rejected, rifiutato, rifiutata, respinto, respinta, in corso, bloccato, bloccata, notizie,
        risulta, serve, works, funziona, comporta, causa, causes, affect, takes, impiega, grazie per, thanks
        for, thank you for
    """,
    Sign.LOST: """
        dimenticato, dimenticata, dimenticate, smarrito, smarrita, smarrite, perso, persa, perse, non
        ricordo, non ricordiamo, non mi ricordo, non ci ricordiamo, non trovo, non trovo piu, non ricordo
        piu, non mi ricordo piu, forgot, forgotten, lost, don t remember, do not remember, can t remember,
        cannot remember, can not remember, misplaced
    """,
    Sign.NEW: """
        nuovo, nuova, nuovi, nuove, new
    """,
    Sign.BE: """
        be, being, essere, venga, vengano, sia, siano, fosse, fossero, venisse, vanno, va, vada, andrebbe,
        andrebbero, get, want, need, have, would like, like
    """,
    Sign.NOTE: """
        note, nota, use, using, usate, utilizzate, usare, utilizzare, annotate, d ora in poi, from now on
    """,
    Sign.OURS: """
        abbiamo, ho, e, sono, is, are, has, have, we, ha
    """,
    Sign.TWISTS: """
        bank, wire, file, files, data, money, sepa, bacs, bonifico, call, technology, heat, postale, no,
        any, un, previous, last, ultimo, ultima, precedente, della, del, dello
    """,
    Sign.FILL: """
        il, lo, la, i, gli, le, l, un, uno, una, the, a, an, my, our, your, this, that, of, for, del, della,
        dei, delle, dell, di, da, per, al, allo, alla, ai, mio, mia, nostro, nostra, nostri, nostre, vostro,
        suo, relativo, relativa, relativi, both, all, tutti, also, anche, urgente, urgent, gentilmente,
        cortesemente, please, quindi, pure, questo, questa, miei, mie, to, on, in, me, us, again,
        nuovamente, subito, back, cliente, customer, new, nuovo, nuova, nuove, nuovi, e, ed, and, con, with,
        tale, relative, aver, from, by
    """,
    Sign.OPEN: """
        please, pls, kindly, gentilmente, cortesemente, favore, cortesia, prego, e, ed, and, or, quindi,
        poi, then, also, anche, inoltre, buongiorno, buonasera, salve, ciao, hello, hi, team, all, dear,
        sir, madam, support, assistenza, staff, just, now, mi, ci, me, lo, la, si, vi, urgente, urgent,
        grazie, thanks, immediatamente, immediately, subito
    """,
}
"""What stands around it."""
