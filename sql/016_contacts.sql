-- Contacts: from whom a user takes messages. The clients' vaults are the truth; the servers enforce this copy.
--
-- users.strangers: the policy for senders without a standing. 1: take, 2: ask, 3: refuse. Accounts of before take.
-- users.blocks: the user may have blocked somebody. Without a block, nobody who takes everything is looked up further.
alter table users add column strangers smallint not null default 1 check (strangers between 1 and 3);
alter table users add column blocks boolean not null default false;

-- standing: 1: accepted, 2: blocked. No row: a stranger.
create table contacts (
  uid       bigint   not null references users,
  other     bigint   not null references users,
  standing  smallint not null check (standing in (1, 2)),
  primary key (uid, other)
);
create index contacts_other on contacts (other);
create index contacts_blocked on contacts (uid) where standing = 2;

-- Accepted groups, by the clients' ids: a group may be accepted before it is here.
create table contact_groups (
  uid       bigint not null references users,
  group_id  bytea  not null check (octet_length(group_id) = 32),
  primary key (uid, group_id)
);

-- Messages of strangers to users who have not answered yet: at most 3 of a stranger, and 100 strangers. A row goes with
-- the answer. An identity belongs to one recipient and one content (digest: SHA-256 of the envelope), also when the
-- body is gone: so the answer to another message under the identity never tells whether the recipient has the first.
create table requests (
  uid       bigint not null references users,
  from_uid  bigint not null references users,
  stream    bytea  not null,
  seq       bigint not null,
  digest    bytea  not null check (octet_length(digest) = 32),
  primary key (from_uid, stream, seq)
);
create index requests_uid on requests (uid, from_uid);

-- A receipt that its sender may not see. held_by: the user who has the message and has not accepted the sender, or the
-- group held_gid; 0: the message was dropped, and its sender never learns more than that it was queued. Null: a receipt
-- like any other.
alter table receipts add column held_by bigint;
alter table receipts add column held_gid bigint not null default 0;
create index receipts_held on receipts (held_by) where held_by is not null;
-- Devices read the receipts that are not held back.
create index receipts_shown on receipts (did, id) where held_by is null;

-- Cards, each good for one contact. redeemed_by: the bearer who used it. The row stays for a while, so that a
-- repetition is answered like the first time.
create table cards (
  uid          bigint not null references users,
  token_hash   bytea  not null check (octet_length(token_hash) = 32),
  expires      timestamptz not null,
  redeemed_by  bigint references users,
  redeemed     timestamptz,
  primary key (uid, token_hash)
);
create index cards_redeemed_by on cards (redeemed_by) where redeemed_by is not null;

-- True when user r takes messages from user s as from a friend.
create function is_open(r bigint, s bigint) returns boolean stable language sql as $$
  select r = s or coalesce((select c.standing = 1 from contacts c where c.uid = r and c.other = s),
                           (select u.strangers = 1 from users u where u.uid = r), false)
$$;
-- True when user r, a member of group g, neither accepted the group nor is open to its admin.
create function is_invited(r bigint, g bigint) returns boolean stable language sql as $$
  select not is_open(r, (select admin from groups where gid = g))
    and not exists (
      select from contact_groups where uid = r and group_id = (select group_id from groups where gid = g))
$$;
