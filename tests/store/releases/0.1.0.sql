BEGIN TRANSACTION;
CREATE TABLE account (
	id INTEGER NOT NULL, 
	code VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	language VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	hard_failures INTEGER NOT NULL, soft_failures INTEGER DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_account PRIMARY KEY (id), 
	CONSTRAINT uq_account_code UNIQUE (code)
);
INSERT INTO "account" VALUES(1,'ROSSI-001','Rossi S.r.l.','it','active',0,0);
INSERT INTO "account" VALUES(2,'SMITH-002','Smith Ltd','en','active',0,0);
CREATE TABLE address (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	is_primary BOOLEAN NOT NULL, face VARCHAR DEFAULT '' NOT NULL, 
	CONSTRAINT pk_address PRIMARY KEY (id), 
	CONSTRAINT fk_address_account_id FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT uq_address_account_id_key UNIQUE (account_id, "key")
);
INSERT INTO "address" VALUES(1,1,'info@rossi.example','info@rossi.example',1,'rossi.example');
INSERT INTO "address" VALUES(2,1,'tecnico@rossi.example','tecnico@rossi.example',0,'rossi.example');
INSERT INTO "address" VALUES(3,2,'info@smith.example','info@smith.example',0,'smith.example');
INSERT INTO "address" VALUES(4,2,'admin@smith.example','admin@smith.example',1,'smith.example');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0018');
CREATE TABLE "attempt" (
	id INTEGER NOT NULL, 
	message_id VARCHAR NOT NULL, 
	found VARCHAR NOT NULL, 
	ref VARCHAR NOT NULL, 
	CONSTRAINT pk_attempt PRIMARY KEY (id), 
	CONSTRAINT fk_attempt_message_id FOREIGN KEY(message_id) REFERENCES message (id)
);
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	commitment VARCHAR NOT NULL, 
	hash VARCHAR NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,'2026-11-23T08:48:39.966219Z','root','accounts.import','accounts.yaml','7153c4ef97bd748114cdaf91a4905935a1fae1c1e79a4ec80ea384bae1aaaed7','78411ba12933e2d68e7d5b38b5621b058cf96b1e7eb3e02740e6b90eba5a95d9');
INSERT INTO "audit" VALUES(2,'2026-11-23T08:49:42.992191Z','root','account.set-primary','SMITH-002','8c14702d4457de9690b600863af26c47993d20a7c7e07d41151c7588e5432adf','a1d089d602b813739287b0f46c45d59b28d0d31c9922b43bf4d1735926ac6ec6');
CREATE TABLE audit_text (
	audit_id INTEGER NOT NULL, 
	salt VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	CONSTRAINT pk_audit_text PRIMARY KEY (audit_id), 
	CONSTRAINT fk_audit_text_audit_id_audit FOREIGN KEY(audit_id) REFERENCES audit (id)
);
INSERT INTO "audit_text" VALUES(1,'c8b35eec6518b36757bb2db4123c6842','2 added, 0 changed, 0 unchanged, 0 removed, 0 closed, 3 gained access, 0 lost access');
INSERT INTO "audit_text" VALUES(2,'4bdea467fbf1b5656b0845b418c83804','info@smith.example to admin@smith.example');
CREATE TABLE blob (
	sha256 VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	gone_at VARCHAR, 
	CONSTRAINT pk_blob PRIMARY KEY (sha256)
);
CREATE TABLE confirmation (
	ref VARCHAR NOT NULL, 
	message_id VARCHAR NOT NULL, 
	account_id INTEGER NOT NULL, 
	outbox_id VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	made_at VARCHAR NOT NULL, 
	expires_at VARCHAR NOT NULL, 
	answer_id VARCHAR, 
	CONSTRAINT pk_confirmation PRIMARY KEY (ref), 
	CONSTRAINT ck_confirmation_state CHECK (state in ('open', 'confirmed', 'denied')), 
	CONSTRAINT fk_confirmation_message_id FOREIGN KEY(message_id) REFERENCES message (id), 
	CONSTRAINT fk_confirmation_account_id FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_confirmation_outbox_id FOREIGN KEY(outbox_id) REFERENCES outbox (id), 
	CONSTRAINT fk_confirmation_answer_id FOREIGN KEY(answer_id) REFERENCES message (id), 
	CONSTRAINT uq_confirmation_message_id UNIQUE (message_id), 
	CONSTRAINT uq_confirmation_outbox_id UNIQUE (outbox_id)
);
CREATE TABLE "content" (
	sha256 VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	octets BLOB, 
	CONSTRAINT pk_content PRIMARY KEY (sha256)
);
INSERT INTO "content" VALUES('1be2e452b46d7a0d9656bbb1f768e8248eba1b75baed65f5d99eafa948899a6a',4,X'30313233');
CREATE TABLE entry (
	id INTEGER NOT NULL, 
	ticket_id INTEGER NOT NULL, 
	at VARCHAR NOT NULL, 
	kind VARCHAR NOT NULL, 
	"by" VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	quoted VARCHAR NOT NULL, 
	signature VARCHAR NOT NULL, 
	attachments JSON NOT NULL, 
	message_id VARCHAR, 
	outbox_id VARCHAR, folded BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_entry PRIMARY KEY (id), 
	CONSTRAINT ck_entry_kind CHECK (kind in ('in', 'out', 'note')), 
	CONSTRAINT fk_entry_message_id FOREIGN KEY(message_id) REFERENCES message (id), 
	CONSTRAINT fk_entry_outbox_id FOREIGN KEY(outbox_id) REFERENCES outbox (id), 
	CONSTRAINT fk_entry_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id)
);
INSERT INTO "entry" VALUES(1,1,'2026-11-23T08:48:51.778347Z','in','tecnico@rossi.example','Buongiorno.','','','[{"filename": "log.bin", "content_type": "application/octet-stream", "size": 4, "sha256": "1be2e452b46d7a0d9656bbb1f768e8248eba1b75baed65f5d99eafa948899a6a", "inline": false, "sniffed": "", "folded": false}]','01M83SG022C8PYAX8H',NULL,0);
INSERT INTO "entry" VALUES(2,1,'2026-11-23T08:49:16.957297Z','out','root','Risponde di nuovo.','','','[]',NULL,'01M83SGRMX2BFXHFPP',0);
INSERT INTO "entry" VALUES(3,1,'2026-11-23T08:49:30.984405Z','note','root','Era il DNS.','','','[]',NULL,NULL,0);
CREATE TABLE folder (
	ingress VARCHAR NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	mark BIGINT NOT NULL, 
	since VARCHAR, 
	first_seen_at VARCHAR NOT NULL, 
	CONSTRAINT pk_folder PRIMARY KEY (ingress, uidvalidity)
);
CREATE TABLE keyring (
	id INTEGER NOT NULL, 
	"key" BLOB NOT NULL, 
	created_at VARCHAR NOT NULL, 
	CONSTRAINT pk_keyring PRIMARY KEY (id)
);
INSERT INTO "keyring" VALUES(1,X'0B8BE9B89EA5A736387BC5866572C638DDAA150254749197B47BA32AF8AE21DD','2026-11-23T08:48:38.761978Z');
CREATE TABLE lease (
	name VARCHAR NOT NULL, 
	node_id INTEGER NOT NULL, 
	CONSTRAINT pk_lease PRIMARY KEY (name), 
	CONSTRAINT fk_lease_node_id_node FOREIGN KEY(node_id) REFERENCES node (id)
);
CREATE TABLE likeness (
	"key" VARCHAR NOT NULL, 
	face VARCHAR NOT NULL, 
	CONSTRAINT pk_likeness PRIMARY KEY ("key", face)
)
 WITHOUT ROWID

;
INSERT INTO "likeness" VALUES('5.0.lth','smith.example');
INSERT INTO "likeness" VALUES('5.0.ssl','rossi.example');
INSERT INTO "likeness" VALUES('5.1.rol','rossi.example');
INSERT INTO "likeness" VALUES('5.1.smh','smith.example');
INSERT INTO "likeness" VALUES('5.2.ross','rossi.example');
INSERT INTO "likeness" VALUES('5.2.smlt','smith.example');
CREATE TABLE mail (
	ingress VARCHAR NOT NULL, 
	uidvalidity BIGINT NOT NULL, 
	uid BIGINT NOT NULL, 
	day VARCHAR NOT NULL, 
	step VARCHAR NOT NULL, 
	message_id VARCHAR, 
	sha256 VARCHAR, 
	CONSTRAINT pk_mail PRIMARY KEY (ingress, uidvalidity, uid), 
	CONSTRAINT ck_mail_step CHECK (step in ('waiting', 'taken', 'done', 'stays', 'gone')), 
	CONSTRAINT ck_mail_written CHECK (step not in ('taken', 'done') or message_id is not null), 
	CONSTRAINT fk_mail_message_id FOREIGN KEY(message_id) REFERENCES message (id)
);
CREATE TABLE message (
	id VARCHAR NOT NULL, 
	received_at VARCHAR NOT NULL, 
	day VARCHAR NOT NULL, 
	ingress VARCHAR NOT NULL, 
	position VARCHAR NOT NULL, 
	peer VARCHAR NOT NULL, 
	trusted_ids JSON NOT NULL, 
	reverse_path VARCHAR, 
	forward_paths JSON NOT NULL, 
	author VARCHAR, 
	subject VARCHAR NOT NULL, 
	message_id VARCHAR NOT NULL, 
	size INTEGER NOT NULL, 
	sha256 VARCHAR NOT NULL, 
	account_id INTEGER, 
	disposition VARCHAR NOT NULL, 
	reason VARCHAR NOT NULL, 
	rule VARCHAR NOT NULL, 
	policy VARCHAR NOT NULL, 
	detail VARCHAR NOT NULL, 
	ticket_id INTEGER, 
	evidence JSON, 
	trace JSON NOT NULL, 
	report JSON, 
	dedup VARCHAR, 
	overrides JSON NOT NULL, expires_at VARCHAR, held_for VARCHAR DEFAULT '' NOT NULL, kept VARCHAR DEFAULT 'whole' NOT NULL, inside JSON DEFAULT '[]' NOT NULL, facts JSON, 
	CONSTRAINT pk_message PRIMARY KEY (id), 
	CONSTRAINT fk_message_account_id FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT fk_message_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id), 
	CONSTRAINT uq_message_dedup UNIQUE (dedup)
);
INSERT INTO "message" VALUES('01M83SG022C8PYAX8H','2026-11-23T08:48:51.778347Z','2026-11-23','pipe','behind-mta','','["mx.example.it"]','a@rossi.example','["support@example.it"]','tecnico@rossi.example','Il sito non risponde','m1@rossi.example',536,'028d5d29c4a5410491c755d5557a51a86dfb2efcb69a83916dcd2fac189b160c',1,'accept','registered','authorize','3243798aff8db3e1a81daa6bf42a5bc9738e2f8e7f134ef4b375537f17f6e415','tecnico@rossi.example writes for ROSSI-001: a new ticket',1,'{"source": "header", "assurance": "domain", "spf": null, "dkim": [], "dmarc": {"result": "pass", "domain": "rossi.example"}, "detail": "mx.example.it says dmarc=pass for rossi.example"}','[["arrival", "536 octets by pipe (behind-mta); reverse-path a@rossi.example, for support@example.it"], ["parse", "the author is tecnico@rossi.example; 11 characters, 1 attachments"], ["evidence", "the author''s domain is proved: mx.example.it says dmarc=pass for rossi.example"], ["sender", "the author''s address is on ROSSI-001 (active)"], ["about", "names no ticket and no service that an account holds; besides log.bin"], ["verdict", "accept (registered): tecnico@rossi.example writes for ROSSI-001: a new ticket"]]','null','678361d5b1831b693205b6a08c8d967afa2fad774cb168695e31ab9456e68185','[]',NULL,'','whole','[]','{"reason": "registered", "author": {"address": "tecnico@rossi.example", "local": "tecnico", "domain": "rossi.example", "name": "", "shared": false}, "account": {"code": "ROSSI-001", "name": "Rossi S.r.l.", "language": "it", "status": "active"}, "evidence": {"source": "header", "assurance": "domain", "spf": "", "dkim": "", "dmarc": "pass"}, "ticket": {"ref": "", "own": false}, "services": [], "intent": [], "intent_words": [], "automatic": false, "reply": false, "attachments": [{"name": "log.bin", "extension": "bin", "content_type": "application/octet-stream", "sniffed": "", "size": 4, "inline": false}], "attachment_count": 1, "size": 536, "subject": "Il sito non risponde", "text_size": 11, "language": "it", "ingress": {"name": "pipe", "position": "behind-mta", "peer": ""}, "recipients": ["support@example.it"], "hops": 1, "time": {"hour": 8, "weekday": 1, "at": "2026-11-23T08:48:51.778347Z"}, "rates": {"author": 0, "account": 0, "domain": 0, "ticket": 0, "peer": 0, "ingress": 0}, "scan": "", "virus": "", "cut": false, "stations": {"door": "registered", "folds": false, "limits": ["per_author", "per_account"]}}');
INSERT INTO "message" VALUES('01M83SG6ZR3VD2KXEV','2026-11-23T08:48:58.872381Z','2026-11-23','pipe','behind-mta','','["mx.example.it"]','a@rossi.example','["support@example.it"]','nessuno@altro.example','?','m2@altro.example',102,'ca8ba13e85ec1530defc9e85eb5487a62edabf658f2044d818bf353d2ef41680',NULL,'quarantine','unauthenticated','default.yaml:10 unauthenticated','3243798aff8db3e1a81daa6bf42a5bc9738e2f8e7f134ef4b375537f17f6e415','no Authentication-Results field; wanted: mx.example.it with dmarc=pass header.from=altro.example',NULL,'{"source": "none", "assurance": "none", "spf": null, "dkim": [], "dmarc": null, "detail": "no Authentication-Results field; wanted: mx.example.it with dmarc=pass header.from=altro.example"}','[["arrival", "102 octets by pipe (behind-mta); reverse-path a@rossi.example, for support@example.it"], ["parse", "the author is nessuno@altro.example; 1 characters"], ["evidence", "the author''s domain is not proved: no Authentication-Results field; wanted: mx.example.it with dmarc=pass header.from=altro.example"], ["sender", "the author''s address is on no account"], ["about", "names no ticket and no service that an account holds"], ["verdict", "quarantine (unauthenticated) by rule default.yaml:10 unauthenticated: no Authentication-Results field; wanted: mx.example.it with dmarc=pass header.from=altro.example"]]','null','7edc0ea33fd48a8b6433a8b0a5da1704adce9989d85bb6f694b1ff5af2ecbd8e','[]',NULL,'','whole','[]','{"reason": "unauthenticated", "author": {"address": "nessuno@altro.example", "local": "nessuno", "domain": "altro.example", "name": "", "shared": false}, "account": {"code": "", "name": "", "language": "", "status": ""}, "evidence": {"source": "none", "assurance": "none", "spf": "", "dkim": "", "dmarc": ""}, "ticket": {"ref": "", "own": false}, "services": [], "intent": [], "intent_words": [], "automatic": false, "reply": false, "attachments": [], "attachment_count": 0, "size": 102, "subject": "?", "text_size": 1, "language": "", "ingress": {"name": "pipe", "position": "behind-mta", "peer": ""}, "recipients": ["support@example.it"], "hops": 0, "time": {"hour": 8, "weekday": 1, "at": "2026-11-23T08:48:58.872381Z"}, "rates": {"author": 0, "account": 0, "domain": 0, "ticket": 0, "peer": 0, "ingress": 0}, "scan": "", "virus": "", "cut": false, "stations": {"door": "unauthenticated", "folds": false, "limits": ["unproved_per_ingress", "unproved_per_domain"]}}');
CREATE TABLE node (
	id INTEGER NOT NULL, 
	host VARCHAR NOT NULL, 
	pid INTEGER NOT NULL, 
	began_at VARCHAR NOT NULL, 
	CONSTRAINT pk_node PRIMARY KEY (id)
);
CREATE TABLE "outbox" (
	id VARCHAR NOT NULL, 
	account_id INTEGER NOT NULL, 
	ticket_id INTEGER, 
	kind VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	in_reply_to JSON NOT NULL, 
	created_at VARCHAR NOT NULL, 
	state VARCHAR NOT NULL, 
	attempts INTEGER NOT NULL, 
	next_attempt_at VARCHAR, 
	status VARCHAR NOT NULL, 
	recipient VARCHAR, 
	message_id VARCHAR, 
	failure VARCHAR, claimed_by INTEGER, 
	CONSTRAINT pk_outbox PRIMARY KEY (id), 
	CONSTRAINT fk_outbox_ticket_id FOREIGN KEY(ticket_id) REFERENCES ticket (id), 
	CONSTRAINT ck_outbox_state CHECK (state in ('due', 'delivered', 'deferred', 'failed', 'cancelled')), 
	CONSTRAINT fk_outbox_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
INSERT INTO "outbox" VALUES('01M83SG0AKP6EADG2D',1,1,'opened','[#0ZPM6-T53NA] Il sito non risponde','Buongiorno,

abbiamo ricevuto la richiesta per Rossi S.r.l. e l''abbiamo registrata con il numero 0ZPM6-T53NA.
Il nostro gruppo di assistenza la sta prendendo in carico.

Per aggiungere qualcosa basta rispondere a questo messaggio lasciando [#0ZPM6-T53NA] nell''oggetto:
la risposta entrerà nella stessa richiesta.

Per sicurezza rispondiamo soltanto all''indirizzo principale dell''account, anche quando a scrivere
è un altro indirizzo registrato. Le operazioni che modificano l''account o i suoi servizi si chiedono
dal pannello di controllo.

Grazie e a presto,
','["m1@rossi.example"]','2026-11-23T08:48:51.778347Z','due',0,'2026-11-23T08:48:51.778347Z','',NULL,NULL,NULL,NULL);
INSERT INTO "outbox" VALUES('01M83SGRMX2BFXHFPP',1,1,'reply','[#0ZPM6-T53NA] Re: Il sito non risponde','Risponde di nuovo.

-- 

Richiesta 0ZPM6-T53NA. Per continuare, risponda lasciando [#0ZPM6-T53NA] nell''oggetto.
','["m1@rossi.example"]','2026-11-23T08:49:16.957297Z','due',0,'2026-11-23T08:49:16.957297Z','',NULL,NULL,NULL,NULL);
CREATE TABLE rate (
	hour INTEGER NOT NULL, 
	"key" VARCHAR NOT NULL, 
	messages INTEGER NOT NULL, 
	CONSTRAINT pk_rate PRIMARY KEY (hour, "key")
)
 WITHOUT ROWID

;
INSERT INTO "rate" VALUES(498728,'2d84fd95b50146b8449b22b15bfc0728',1);
INSERT INTO "rate" VALUES(498728,'561b07c5e1c838c27fd48d0fc4248c4a',1);
INSERT INTO "rate" VALUES(498728,'5cb99ac177687529f9921954d17c1f5f',1);
INSERT INTO "rate" VALUES(498728,'a443dee3e62d778b0f2fcc0ac9dc183f',1);
INSERT INTO "rate" VALUES(498728,'c00a66f9a4e09ad8e4eb5f6604479a6d',1);
INSERT INTO "rate" VALUES(498728,'d75f7674423727fd4b096f351af8cb80',1);
CREATE TABLE "raw" (
	message_id VARCHAR NOT NULL, 
	octets BLOB, 
	blob VARCHAR, 
	CONSTRAINT pk_raw PRIMARY KEY (message_id), 
	CONSTRAINT fk_raw_message_id FOREIGN KEY(message_id) REFERENCES message (id), 
	CONSTRAINT fk_raw_blob FOREIGN KEY(blob) REFERENCES blob (sha256), 
	CONSTRAINT ck_raw_somewhere CHECK ((octets is null) = (blob is not null))
);
INSERT INTO "raw" VALUES('01M83SG022C8PYAX8H',X'41757468656E7469636174696F6E2D526573756C74733A206D782E6578616D706C652E69743B20646D6172633D70617373206865616465722E66726F6D3D726F7373692E6578616D706C650D0A52656365697665643A2066726F6D2078206279206D782E6578616D706C652E69743B2053756E2C203232204E6F7620323032362031323A30303A3030202B303030300D0A46726F6D3A207465636E69636F40726F7373692E6578616D706C650D0A546F3A20737570706F7274406578616D706C652E69740D0A5375626A6563743A20496C207369746F206E6F6E20726973706F6E64650D0A4D6573736167652D49443A203C6D3140726F7373692E6578616D706C653E0D0A446174653A2053756E2C203232204E6F7620323032362031323A30303A3030202B303030300D0A4D494D452D56657273696F6E3A20312E300D0A436F6E74656E742D547970653A206D756C7469706172742F6D697865643B20626F756E646172793D620D0A0D0A2D2D620D0A436F6E74656E742D547970653A20746578742F706C61696E3B20636861727365743D7574662D380D0A0D0A42756F6E67696F726E6F2E0D0A2D2D620D0A436F6E74656E742D547970653A206170706C69636174696F6E2F6F637465742D73747265616D0D0A436F6E74656E742D446973706F736974696F6E3A206174746163686D656E743B2066696C656E616D653D6C6F672E62696E0D0A0D0A303132330D0A2D2D622D2D0D0A',NULL);
INSERT INTO "raw" VALUES('01M83SG6ZR3VD2KXEV',X'46726F6D3A206E657373756E6F40616C74726F2E6578616D706C650D0A546F3A20737570706F7274406578616D706C652E69740D0A5375626A6563743A203F0D0A4D6573736167652D49443A203C6D3240616C74726F2E6578616D706C653E0D0A0D0A780D0A',NULL);
CREATE TABLE seen (
	ingress VARCHAR NOT NULL, 
	day VARCHAR NOT NULL, 
	uids INTEGER NOT NULL, 
	CONSTRAINT pk_seen PRIMARY KEY (ingress, day)
);
CREATE TABLE "service" (
	id INTEGER NOT NULL, 
	account_id INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	"key" VARCHAR NOT NULL, 
	CONSTRAINT pk_service PRIMARY KEY (id), 
	CONSTRAINT fk_service_account_id FOREIGN KEY(account_id) REFERENCES account (id), 
	CONSTRAINT uq_service_account_id_kind_name UNIQUE (account_id, kind, name)
);
INSERT INTO "service" VALUES(1,1,'domain','rossi.example','rossi.example');
CREATE TABLE tally (
	ingress VARCHAR NOT NULL, 
	day VARCHAR NOT NULL, 
	received INTEGER NOT NULL, 
	CONSTRAINT pk_tally PRIMARY KEY (ingress, day)
);
INSERT INTO "tally" VALUES('pipe','2026-11-23',2);
CREATE TABLE "ticket" (
	id INTEGER NOT NULL, 
	ref VARCHAR NOT NULL, 
	account_id INTEGER, 
	service VARCHAR, 
	queue VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	subject VARCHAR NOT NULL, 
	opened_at VARCHAR NOT NULL, 
	updated_at VARCHAR NOT NULL, 
	assignee VARCHAR, 
	blanked_at VARCHAR, 
	priority VARCHAR DEFAULT 'normal' NOT NULL, 
	tags JSON DEFAULT '[]' NOT NULL, 
	CONSTRAINT pk_ticket PRIMARY KEY (id), 
	CONSTRAINT uq_ticket_ref UNIQUE (ref), 
	CONSTRAINT fk_ticket_account_id FOREIGN KEY(account_id) REFERENCES account (id)
);
INSERT INTO "ticket" VALUES(1,'0ZPM6-T53NA',1,NULL,'technical','open','Il sito non risponde','2026-11-23T08:48:51.778347Z','2026-11-23T08:49:30.984405Z',NULL,NULL,'normal','[]');
CREATE INDEX ix_address_key ON address ("key");
CREATE UNIQUE INDEX ix_address_primary ON address (account_id) WHERE is_primary;
CREATE INDEX ix_message_account_id ON message (account_id);
CREATE INDEX ix_message_author ON message (author);
CREATE INDEX ix_message_held ON message (received_at) WHERE disposition = 'quarantine';
CREATE INDEX ix_message_ingress_day ON message (ingress, day);
CREATE INDEX ix_message_message_id ON message (message_id);
CREATE INDEX ix_message_received_at ON message (received_at);
CREATE INDEX ix_entry_ticket_id ON entry (ticket_id);
CREATE INDEX ix_service_key ON service ("key");
CREATE INDEX ix_address_face ON address (face);
CREATE INDEX ix_attempt_message_id ON attempt (message_id);
CREATE INDEX ix_attempt_ref ON attempt (ref);
CREATE INDEX ix_mail_open ON mail (ingress, uidvalidity, uid) WHERE step in ('waiting', 'taken', 'stays');
CREATE INDEX ix_mail_ingress_day ON mail (ingress, day);
CREATE INDEX ix_mail_ingress_sha256 ON mail (ingress, sha256);
CREATE INDEX ix_mail_message_id ON mail (message_id);
CREATE TRIGGER audit_update BEFORE update ON audit WHEN true BEGIN SELECT raise(abort, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_delete BEFORE delete ON audit WHEN true BEGIN SELECT raise(abort, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_insert BEFORE insert ON audit WHEN coalesce(new.id <> (select coalesce(max(id), 0) + 1 from audit), true) BEGIN SELECT raise(abort, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_text_update BEFORE update ON audit_text WHEN true BEGIN SELECT raise(abort, 'the audit is only ever added to'); END;
CREATE TRIGGER audit_text_insert BEFORE insert ON audit_text WHEN coalesce(new.audit_id <> (select max(id) from audit), true) BEGIN SELECT raise(abort, 'the audit is only ever added to'); END;
CREATE INDEX ix_message_expires_at ON message (expires_at) WHERE expires_at is not null;
CREATE INDEX ix_message_held_without_end ON message (received_at) WHERE disposition = 'quarantine' and expires_at is null;
CREATE INDEX ix_message_kept_disposition_received_at ON message (kept, disposition, received_at);
CREATE INDEX ix_ticket_account_id ON ticket (account_id);
CREATE INDEX ix_ticket_to_blank ON ticket (updated_at) WHERE status = 'closed' and (blanked_at is null or blanked_at < updated_at);
CREATE INDEX ix_outbox_waiting ON outbox (next_attempt_at) WHERE next_attempt_at is not null;
CREATE INDEX ix_outbox_ticket_id ON outbox (ticket_id);
CREATE INDEX ix_outbox_account_id_kind_created_at ON outbox (account_id, kind, created_at);
CREATE INDEX ix_confirmation_account_id_made_at ON confirmation (account_id, made_at);
CREATE INDEX ix_blob_gone_at ON blob (gone_at);
CREATE INDEX ix_raw_blob ON raw (blob) WHERE blob is not null;
CREATE INDEX ix_lease_node_id ON lease (node_id);
CREATE INDEX ix_outbox_claimed_by ON outbox (claimed_by) WHERE claimed_by is not null;
COMMIT;
