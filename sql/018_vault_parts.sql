-- Vaults in parts. users.vault is the head, which names the parts by their hashes. A part is a sealed box: the server
-- cannot read it.
--
-- listed: the user's vault names the part. Other parts go an hour after `at`: since when they are here, or since when no
-- vault names them.
create table vault_parts (
  uid     bigint not null references users,
  hash    bytea  not null check (octet_length(hash) = 32),
  part    bytea  not null,
  listed  boolean not null default false,
  at      timestamptz not null default now(),
  primary key (uid, hash)
);
-- Sealed bytes do not get smaller.
alter table vault_parts alter column part set storage external;
create index vault_parts_unlisted on vault_parts (at) where not listed;
