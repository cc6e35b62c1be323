-- Changes of users' keys, each signed by the key before. Clients check the signatures; the servers keep the bytes.
--
-- users.first_public_key: the key of the sign-up, of a user who changed the key since. users.public_key is the newest.
alter table users add column first_public_key bytea;

-- number: from 1, consecutive.
create table rekeys (
  uid     bigint  not null references users,
  number  integer not null check (number between 1 and 256),
  rekey   bytea   not null check (octet_length(rekey) between 1 and 2048),
  at      timestamptz not null default now(),
  primary key (uid, number)
);
