-- The log of keys: a Merkle tree (RFC 9162) over every key that a user ever had. Rows are added and never changed,
-- except the one row of log_head. A broker appends in the transaction of a sign-up, a change of a key or a deletion.
--
-- fpr: the fingerprint of the key (docs/e2e.md, section 2); empty: the account was deleted. counter: the number of
-- changes of the key before; of a deletion, a larger number. ms: Unix time.
create table log_leaves (
  idx      bigint primary key check (idx >= 0),
  name     text   not null,
  fpr      bytea  not null check (octet_length(fpr) in (0, 32)),
  counter  bigint not null check (counter >= 0),
  ms       bigint not null check (ms >= 0)
);
create index log_leaves_name on log_leaves (name, idx);

-- The complete subtrees: the one of this level and idx has 2^level leaves, from leaf idx * 2^level on.
create table log_nodes (
  level  smallint not null check (level between 0 and 62),
  idx    bigint   not null check (idx >= 0),
  hash   bytea    not null check (octet_length(hash) = 32),
  primary key (level, idx)
);

-- The newest head, of the tree of all leaves. key: the public key that signed it. frontier: the hashes of the complete
-- subtrees of that tree, the largest first: all that the next leaf needs. complete: everybody who was there when the
-- log began has a leaf. No row: nobody keeps a log here.
create table log_head (
  only_row   boolean primary key default true check (only_row),
  size       bigint  not null check (size >= 0),
  root       bytea   not null check (octet_length(root) = 32),
  ms         bigint  not null,
  signature  bytea   not null check (octet_length(signature) = 64),
  key        bytea   not null check (octet_length(key) = 32),
  frontier   bytea   not null,
  complete   boolean not null default false
);
