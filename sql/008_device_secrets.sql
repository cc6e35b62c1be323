-- Devices that log in with a secret of their own, and devices that ended.
--
-- secret_hash: H(label "device" | secret) of the secret that the device made at a log-in with the password. Null: the
-- device has none (it is older, or the password was changed), so it needs the password.
-- address: the source of its first log-in, as the broker saw it.
-- valid_from: sessions of a lower session_epoch are over, because the password was changed after they began.
-- adopted_mid, adopted_fid: a new device has got everything queued for the others of its user up to these ids.
alter table devices add column secret_hash bytea check (octet_length(secret_hash) = 32);
alter table devices add column address text not null default '';
alter table devices add column valid_from bigint not null default 0;
alter table devices add column adopted_mid bigint not null default 0;
alter table devices add column adopted_fid bigint not null default 0;

-- A removed device never logs in again. The newest 1,000 of a user are kept: somebody who can add devices to push one
-- out knows the password, and needs no old device. did: the servers' number of the device, so that a removal whose
-- answer got lost can be repeated. created: when it was made, for the limit on new devices an hour.
create table ended_devices (
  uid      bigint not null references users,
  device   bytea  not null check (octet_length(device) = 16),
  did      bigint not null,
  created  timestamptz not null,
  ended    timestamptz not null default now(),
  primary key (uid, device)
);
