// The migrations of the local database, one per version. A released migration never changes; a new one is appended.
// Bodies, secrets and the vault arrive sealed. Names, times and message identities are stored unsealed.
#pragma once

namespace fastchat::store {

inline constexpr const char* kMigrations[] = {
    R"sql(
-- The owner of this profile: one row.
CREATE TABLE profile (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  realm BLOB NOT NULL, broker_key BLOB NOT NULL, endpoints TEXT NOT NULL,
  user TEXT NOT NULL, device BLOB NOT NULL, device_name TEXT NOT NULL, fpr BLOB NOT NULL,
  identity_blob BLOB NOT NULL,      -- as the server keeps it, sealed under the password
  unlock BLOB,                      -- auth, vault key and keys, sealed under unlock.key; NULL: asked for each time
  vault_version INTEGER NOT NULL, vault BLOB NOT NULL
);
-- The lines that a person sees. position: the order of display; NULL while a message waits for its predecessors.
CREATE TABLE messages (
  id INTEGER PRIMARY KEY, position INTEGER UNIQUE,
  peer TEXT NOT NULL, kind INTEGER NOT NULL, mine INTEGER NOT NULL, from_user TEXT NOT NULL,
  from_fpr BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
  sent_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  body BLOB NOT NULL,
  late INTEGER NOT NULL DEFAULT 0, seen INTEGER NOT NULL DEFAULT 0,
  ref INTEGER UNIQUE, state INTEGER NOT NULL DEFAULT 0, code INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX messages_by_peer ON messages (peer, position);
CREATE INDEX messages_unseen ON messages (position) WHERE seen = 0;
CREATE INDEX messages_by_identity ON messages (from_fpr, stream, seq);
-- Every message that was taken in or sent, by identity. A message in this table is never shown again.
CREATE TABLE marks (
  from_fpr BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
  PRIMARY KEY (from_fpr, stream, seq)
) WITHOUT ROWID;
-- Streams that come to us. whole_upto: every message up to it was taken in here, or on the device whose mark the vault
-- brought (base_upto).
CREATE TABLE in_streams (
  from_fpr BLOB NOT NULL, stream BLOB NOT NULL,
  shown_upto INTEGER NOT NULL DEFAULT 0, joined INTEGER NOT NULL DEFAULT 0,
  whole_upto INTEGER NOT NULL DEFAULT 0, base_upto INTEGER NOT NULL DEFAULT 0, base_hash BLOB NOT NULL DEFAULT x'',
  changed INTEGER NOT NULL DEFAULT 0,  -- Unix ms
  PRIMARY KEY (from_fpr, stream)
) WITHOUT ROWID;
CREATE TABLE held (
  from_fpr BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (from_fpr, stream, seq)
) WITHOUT ROWID;
-- Our stream to each conversation.
CREATE TABLE out_streams (
  peer TEXT PRIMARY KEY, stream BLOB NOT NULL, next_seq INTEGER NOT NULL, last_hash BLOB NOT NULL
) WITHOUT ROWID;
-- Until delivered. AUTOINCREMENT: a ref is never used twice.
CREATE TABLE outbox (
  ref INTEGER PRIMARY KEY AUTOINCREMENT, to_user TEXT NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL,
  envelope BLOB NOT NULL, queued INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT, received_ms INTEGER NOT NULL, from_user TEXT NOT NULL, reason TEXT NOT NULL,
  hash BLOB NOT NULL, envelope BLOB NOT NULL
);
CREATE TABLE pins (
  user TEXT PRIMARY KEY, fpr BLOB NOT NULL, spki BLOB NOT NULL, trust INTEGER NOT NULL, since_ms INTEGER NOT NULL,
  rekey_counter INTEGER NOT NULL, offered_spki BLOB NOT NULL
) WITHOUT ROWID;
)sql",
    R"sql(
-- Drafts and settings of the screen, sealed, by name ("draft:bob").
CREATE TABLE notes (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
-- Files of ours on their way to the server; their messages follow. secret: key, path, name, media type.
CREATE TABLE uploads (
  id INTEGER PRIMARY KEY AUTOINCREMENT, peer TEXT NOT NULL, file_id BLOB NOT NULL, size INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, device INTEGER NOT NULL, secret BLOB NOT NULL
);
-- The contents of FILE messages, by the first 16 bytes of their hash. place: the path of the file, sealed.
CREATE TABLE files (
  id BLOB PRIMARY KEY, info BLOB NOT NULL, state INTEGER NOT NULL, place BLOB NOT NULL, release INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX files_to_release ON files (id) WHERE release = 1;
)sql",
    R"sql(
-- Conversations of groups are '#' and the hex digits of the group's id, so that a rename keeps them.
ALTER TABLE messages ADD COLUMN reply_to BLOB NOT NULL DEFAULT x'';  -- identity: from_fpr 32, stream 16, seq 8
ALTER TABLE messages ADD COLUMN members INTEGER NOT NULL DEFAULT 0;  -- of an own group message: how many others it is for
ALTER TABLE messages ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN read_by INTEGER NOT NULL DEFAULT 0;
CREATE TABLE readers (
  message INTEGER NOT NULL, user TEXT NOT NULL, PRIMARY KEY (message, user)
) WITHOUT ROWID;
-- Other identities of a message: sealed anew for a later epoch of its group.
CREATE TABLE aliases (
  from_fpr BLOB NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY (from_fpr, stream, seq)
) WITHOUT ROWID;
CREATE INDEX aliases_by_message ON aliases (message);
-- Edits, deletions and reactions, by the message they speak of, which may still be to come. One of a kind and a user.
CREATE TABLE remarks (
  of_fpr BLOB NOT NULL, of_stream BLOB NOT NULL, of_seq INTEGER NOT NULL, kind INTEGER NOT NULL,
  from_user TEXT NOT NULL, peer TEXT NOT NULL, stream BLOB NOT NULL, seq INTEGER NOT NULL, sent_ms INTEGER NOT NULL,
  hash BLOB NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (of_fpr, of_stream, of_seq, kind, from_user)
) WITHOUT ROWID;
ALTER TABLE outbox ADD COLUMN group_id BLOB NOT NULL DEFAULT x'';
ALTER TABLE outbox ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
CREATE TABLE outbox_members (
  ref INTEGER NOT NULL, member INTEGER NOT NULL, has INTEGER NOT NULL, PRIMARY KEY (ref, member)
) WITHOUT ROWID;
CREATE TABLE groups (
  id BLOB PRIMARY KEY, name TEXT NOT NULL UNIQUE, standing INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE group_epochs (
  id BLOB NOT NULL, epoch INTEGER NOT NULL, state BLOB NOT NULL, signer_fpr BLOB NOT NULL,
  key BLOB NOT NULL DEFAULT x'',    -- sealed; empty: it has not come
  PRIMARY KEY (id, epoch)
) WITHOUT ROWID;
-- Keys that came before the state they belong to.
CREATE TABLE group_notes (
  id BLOB NOT NULL, epoch INTEGER NOT NULL, state_hash BLOB NOT NULL, from_user TEXT NOT NULL, from_fpr BLOB NOT NULL,
  key BLOB NOT NULL,
  PRIMARY KEY (id, epoch, state_hash, from_fpr)
) WITHOUT ROWID;
-- Changes that this device is to make, in their order; state and key once the next epoch is made.
CREATE TABLE group_changes (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_id BLOB NOT NULL, edit TEXT NOT NULL,
  state BLOB NOT NULL DEFAULT x'', key BLOB NOT NULL DEFAULT x''
);
-- Messages of an epoch whose state or key has not come.
CREATE TABLE waiting (
  id INTEGER PRIMARY KEY AUTOINCREMENT, group_id BLOB NOT NULL, epoch INTEGER NOT NULL, received_ms INTEGER NOT NULL,
  hash BLOB NOT NULL UNIQUE, envelope BLOB NOT NULL
);
ALTER TABLE quarantine ADD COLUMN word TEXT NOT NULL DEFAULT '';  -- the reason's word in docs/e2e.md, when it has one
)sql",
    R"sql(
-- Indexes for frequent questions on a long history: the unread messages, and a message by its id.
CREATE INDEX messages_unread ON messages (peer, position) WHERE seen = 0 AND mine = 0 AND kind < 100;
CREATE INDEX messages_not_seen ON messages (peer, position) WHERE seen = 0;
CREATE INDEX messages_by_hash ON messages (hash);
-- The texts of 256 positions each, folded and sealed in one box, so that a search opens one box in place of 256. Page n
-- has the positions from 256 n + 1 on. Made from the messages, and again whenever one of them changed.
CREATE TABLE search_pages (number INTEGER PRIMARY KEY, body BLOB NOT NULL);
)sql",
    R"sql(
-- Files that are being fetched have state 3, and in place the folder.
CREATE INDEX files_fetching ON files (id) WHERE state = 3;
)sql",
    R"sql(
-- The file beside the database that opens `unlock`: it changes in the transaction that changes the row.
ALTER TABLE profile ADD COLUMN key_file TEXT NOT NULL DEFAULT 'unlock.key';
-- The key that seals all other rows, sealed so that the identity's private keys open it; empty: derived from the vault
-- key, as versions before did.
ALTER TABLE profile ADD COLUMN local_key BLOB NOT NULL DEFAULT x'';
-- The secret that this device logs in with, sealed; and the one of a login that may not have been answered.
ALTER TABLE profile ADD COLUMN secret BLOB NOT NULL DEFAULT x'';
ALTER TABLE profile ADD COLUMN next_secret BLOB NOT NULL DEFAULT x'';
ALTER TABLE profile ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;         -- 1: this device was removed
ALTER TABLE profile ADD COLUMN devices_known INTEGER NOT NULL DEFAULT 0;  -- 1: the table devices was filled
-- A login by password under way: the device's id and its secret, sealed under the password.
CREATE TABLE log_in (
  one INTEGER PRIMARY KEY CHECK (one = 1), user TEXT NOT NULL, device BLOB NOT NULL, secret BLOB NOT NULL
);
-- A change of the password that was sent, until it is known whether it was made. vault_key: sealed.
CREATE TABLE password_change (
  one INTEGER PRIMARY KEY CHECK (one = 1), vault_version INTEGER NOT NULL, vault_key BLOB NOT NULL,
  identity_blob BLOB NOT NULL, vault BLOB NOT NULL
);
-- The user's devices as the server named them last.
CREATE TABLE devices (
  id BLOB PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, created_ms INTEGER NOT NULL
) WITHOUT ROWID;
-- Messages that were sent under a name of the caller's choice, by the hash of it.
CREATE TABLE send_ids (id BLOB PRIMARY KEY, message INTEGER NOT NULL) WITHOUT ROWID;
)sql",
    R"sql(
-- One row: the session epoch of the last login; whether a run that may have sealed messages was not closed in order;
-- since when this device is one of its user's (Unix ms).
CREATE TABLE run (
  one INTEGER PRIMARY KEY CHECK (one = 1), session_epoch INTEGER NOT NULL, open INTEGER NOT NULL, since_ms INTEGER NOT NULL
);
-- A message that waits: its signer, the epoch that this device stood at when it came, and whether this device
-- knew of the group then (from its admin or from the server).
ALTER TABLE waiting ADD COLUMN from_user TEXT NOT NULL DEFAULT '';
ALTER TABLE waiting ADD COLUMN as_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE waiting ADD COLUMN expected INTEGER NOT NULL DEFAULT 1;
CREATE INDEX waiting_by_sender ON waiting (expected, from_user);
CREATE INDEX waiting_by_group ON waiting (group_id, id);
ALTER TABLE group_notes ADD COLUMN received_ms INTEGER NOT NULL DEFAULT 0;
UPDATE group_notes SET received_ms = strftime('%s', 'now') * 1000;
-- 0: the annotated message is here. Otherwise the time since which the annotation waits for it (Unix ms).
ALTER TABLE remarks ADD COLUMN waits_since INTEGER NOT NULL DEFAULT 0;
UPDATE remarks SET waits_since = strftime('%s', 'now') * 1000
  WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.from_fpr = of_fpr AND m.stream = of_stream AND m.seq = of_seq)
    AND NOT EXISTS (SELECT 1 FROM aliases a WHERE a.from_fpr = of_fpr AND a.stream = of_stream AND a.seq = of_seq);
CREATE INDEX remarks_waiting ON remarks (from_user, waits_since) WHERE waits_since > 0;
-- The fingerprint of an offered key that the person refused.
ALTER TABLE pins ADD COLUMN refused_fpr BLOB NOT NULL DEFAULT x'';
CREATE INDEX messages_mine ON messages (peer) WHERE mine = 1;
)sql",
    R"sql(
-- The epoch whose list of members counts for messages of earlier ones, the one that counts next, and since when that
-- is known here (Unix ms).
ALTER TABLE groups ADD COLUMN settled INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN settles INTEGER NOT NULL DEFAULT 0;
ALTER TABLE groups ADD COLUMN settles_since INTEGER NOT NULL DEFAULT 0;
)sql",
    R"sql(
-- Texts are folded in another way: the boxes are made anew.
DELETE FROM search_pages;
)sql",
    R"sql(
-- Keys that a user had before, own ones included. until_ms: what the key signed still counts until then (Unix ms).
CREATE TABLE former_keys (
  user TEXT NOT NULL, fpr BLOB NOT NULL, spki BLOB NOT NULL, until_ms INTEGER NOT NULL, PRIMARY KEY (user, fpr)
) WITHOUT ROWID;
-- The new private key of a change that changes the key too, sealed; empty: the key stays.
ALTER TABLE password_change ADD COLUMN new_key BLOB NOT NULL DEFAULT x'';
)sql",
    R"sql(
-- Decisions about people and groups: 0 none, 1 accepted, 2 blocked. peer: as in messages. unsent: 1 until the server has
-- the decision. Everybody whose key is known, and every group, counts as accepted in a profile of before.
CREATE TABLE standings (
  peer TEXT PRIMARY KEY, standing INTEGER NOT NULL, changed_ms INTEGER NOT NULL, unsent INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO standings SELECT user, 1, 0, 0 FROM pins;
INSERT INTO standings SELECT '#' || lower(hex(id)), 1, 0, 0 FROM groups;
-- One row. wanted: the person's decision about strangers; 0: none. server: the last answer of the server. listed: 1 once
-- vault and server have to have the decisions.
CREATE TABLE strangers (
  one INTEGER PRIMARY KEY CHECK (one = 1), wanted INTEGER NOT NULL, changed_ms INTEGER NOT NULL, server INTEGER NOT NULL,
  listed INTEGER NOT NULL
);
-- One row: the highest position of a message that was deleted with a declined request.
CREATE TABLE removed (one INTEGER PRIMARY KEY CHECK (one = 1), position INTEGER NOT NULL);
)sql",
    R"sql(
-- Contact cards of this user, by the hash of the token, until their end (Unix ms).
CREATE TABLE cards (hash BLOB PRIMARY KEY, until_ms INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
-- Notes of people who used a card, which wait for the newest vault.
CREATE TABLE card_uses (
  id INTEGER PRIMARY KEY, from_user TEXT NOT NULL, hash BLOB NOT NULL, sent_ms INTEGER NOT NULL
);
)sql",
    R"sql(
-- The log of keys as this device knows it: one row. key: the log key, empty without one. signature: empty without a
-- head. missing_since: the server shows no log, or does not answer, since then (Unix ms; 0: it does).
CREATE TABLE log_state (
  one INTEGER PRIMARY KEY CHECK (one = 1), key BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,
  ms INTEGER NOT NULL, signature BLOB NOT NULL, missing_since INTEGER NOT NULL
);
-- The leaves that were read: one row. hashes: the complete subtrees of `size` leaves, once known. The root is compared
-- at target_size. pages: of leaves, read since day_ms (Unix ms).
CREATE TABLE log_read (
  one INTEGER PRIMARY KEY CHECK (one = 1), size INTEGER NOT NULL, known INTEGER NOT NULL, hashes BLOB NOT NULL,
  target_size INTEGER NOT NULL, target_root BLOB NOT NULL, target_ms INTEGER NOT NULL, target_signature BLOB NOT NULL,
  day_ms INTEGER NOT NULL, pages INTEGER NOT NULL, stuck_since INTEGER NOT NULL
);
-- The last key of each user that was found in the log.
CREATE TABLE log_proven (user TEXT PRIMARY KEY, fpr BLOB NOT NULL) WITHOUT ROWID;
-- One row: the server does not prove some key since then (Unix ms; 0: it does).
CREATE TABLE log_unproven (one INTEGER PRIMARY KEY CHECK (one = 1), since_ms INTEGER NOT NULL);
-- Heads that others sent and that are not proven yet. peer: as in messages.
CREATE TABLE log_heads (
  peer TEXT NOT NULL, from_user TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, ms INTEGER NOT NULL,
  signature BLOB NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (peer, from_user)
) WITHOUT ROWID;
-- The last head of this device in each conversation. heard: somebody sent one there.
CREATE TABLE log_gossip (peer TEXT PRIMARY KEY, sent_ms INTEGER NOT NULL, heard INTEGER NOT NULL) WITHOUT ROWID;
-- Alarms, with the two heads that do not fit. peer: as in messages; empty for the account.
CREATE TABLE log_alarms (
  id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, subject BLOB NOT NULL UNIQUE, peer TEXT NOT NULL,
  text TEXT NOT NULL, key BLOB NOT NULL,
  held_size INTEGER NOT NULL, held_root BLOB NOT NULL, held_ms INTEGER NOT NULL, held_signature BLOB NOT NULL,
  shown_size INTEGER NOT NULL, shown_root BLOB NOT NULL, shown_ms INTEGER NOT NULL, shown_signature BLOB NOT NULL
);
)sql",
    R"sql(
-- The parts of the vault, sealed, by their SHA-256.
CREATE TABLE vault_parts (hash BLOB PRIMARY KEY, box BLOB NOT NULL);
)sql",
};

}  // namespace fastchat::store
