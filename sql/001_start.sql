-- Accounts, devices, the offline queue, vaults and (ready for use) groups.
-- Ids are bigints made here; every name, key and identity that a client chose is stored beside them.

create table realm (
  only_row    boolean primary key default true check (only_row),
  id          bytea not null check (octet_length(id) = 16)
);

create table users (
  uid            bigint generated always as identity primary key,
  name           text   not null unique check (name ~ '^[a-z0-9][a-z0-9_-]{2,31}$'),
  public_key     bytea  not null,
  identity_blob  bytea  not null,
  verifier       bytea  not null check (octet_length(verifier) = 32),
  vault          bytea  not null,
  vault_version  bigint not null default 1,
  created        timestamptz not null default now()
);

-- A device is one installation. Every user also has a mailbox, a device of sixteen zero bytes that nobody logs in to:
-- it holds the messages that arrive while the user has no other device. session_epoch grows with every login of the
-- device.
create table devices (
  did            bigint generated always as identity primary key,
  uid            bigint not null references users,
  device         bytea  not null check (octet_length(device) = 16),
  name           text   not null default '',
  session_epoch  bigint not null default 0,
  created        timestamptz not null default now(),
  last_login     timestamptz not null default now(),
  unique (uid, device)
);

-- The body of a queued message, once for all its recipients. Its identity is the sender's: (from_uid, stream, seq).
-- Rows without a queue row are swept a minute after stored_at. An insert of the same identity renews stored_at, so a
-- sweep never deletes a body that is being queued again.
create table bodies (
  mid        bigint generated always as identity primary key,
  from_uid   bigint not null,
  from_did   bigint not null,
  ref        bigint not null,
  to_uid     bigint not null,
  stream     bytea  not null,
  seq        bigint not null,
  envelope   bytea  not null,
  stored_at  timestamptz not null default now(),
  unique (from_uid, stream, seq)
);
alter table bodies alter column envelope set storage external;

create table queue (
  did  bigint not null,
  mid  bigint not null,
  primary key (did, mid)
);
create index queue_mid on queue (mid);

-- A receipt "delivered" for a sender's device that was away when the message was delivered.
create table receipts (
  id   bigint generated always as identity primary key,
  did  bigint not null,
  ref  bigint not null
);
create index receipts_did on receipts (did);

create table invites (
  token_hash  bytea primary key,
  uses_left   integer not null,
  expires     timestamptz
);

create table groups (
  gid       bigint generated always as identity primary key,
  group_id  bytea  not null unique check (octet_length(group_id) = 32),
  name      text   not null unique,
  admin     bigint not null references users,
  epoch     bigint not null,
  state     bytea  not null,
  created   timestamptz not null default now()
);
create table group_members (
  gid  bigint not null references groups on delete cascade,
  uid  bigint not null references users,
  primary key (gid, uid)
);
