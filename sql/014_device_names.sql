-- Names of devices that people gave. named: a person gave the name. A login overwrites only the other names, which are
-- the client's defaults.
alter table devices add column named boolean not null default false;
