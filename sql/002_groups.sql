-- Groups. The tables of 001 were never written to; they are made anew.
--
-- States are opaque and kept for ever, because readers check the chain from the first on. Each row has its name and
-- admin, because a user who left may see only those of that time. `changes` counts the changes of a group, also those
-- without an epoch (somebody leaves). A worker whose cached number is the same has the current members.

drop table group_members;
drop table groups;

create table groups (
  gid       bigint generated always as identity primary key,
  group_id  bytea  not null unique check (octet_length(group_id) = 32),
  name      text   unique check (name ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),  -- null once it is deleted
  admin     bigint not null references users,
  epoch     bigint not null check (epoch > 0),
  changes   bigint not null default 1,
  created   timestamptz not null default now()
);

create table group_states (
  gid    bigint not null references groups,
  epoch  bigint not null,
  name   text   not null,
  admin  bigint not null references users,
  state  bytea  not null,
  primary key (gid, epoch)
);
alter table group_states alter column state set storage external;

-- A member in the epochs from since_epoch up to, but without, left_epoch. For a member who leaves, left_epoch is the
-- next epoch, which may not exist yet.
create table group_members (
  gid          bigint not null references groups,
  uid          bigint not null references users,
  since_epoch  bigint not null,
  left_epoch   bigint check (left_epoch > since_epoch),
  primary key (gid, uid, since_epoch)
);
create unique index group_members_now on group_members (uid, gid) where left_epoch is null;
create index group_members_left on group_members (gid, left_epoch);

-- A message to a group: to_uid is 0.
alter table bodies add column to_gid bigint;
-- the number of the member who has the message now; 0: the message was for one person
alter table receipts add column member bigint not null default 0;
