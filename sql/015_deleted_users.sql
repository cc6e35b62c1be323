-- Accounts that their users deleted. The row stays for ever, so that nobody else gets the name. The password, the keys
-- and the vault are gone from the row: a verifier of zeros matches no password, all other fields are empty.
alter table users add column deleted timestamptz;

-- Devices of deleted users. A queue can be long, so a worker deletes their messages a slice at a time, and then the
-- row.
create table gone_devices (
  did  bigint primary key,
  uid  bigint not null references users
);
create index gone_devices_uid on gone_devices (uid);
