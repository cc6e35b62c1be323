-- Files: sealed chunks, and the devices that they are kept for. An upload is complete when stored = chunks.
-- A file that nobody needs any more gets expires = now(); the sweep deletes its chunks a few at a time, then its row.
create table files (
  fid         bigint  generated always as identity primary key,
  file_id     bytea   not null unique check (octet_length(file_id) = 16),
  from_uid    bigint  not null,
  from_did    bigint  not null,
  to_uid      bigint  not null default 0,   -- 0: to a group
  to_group    bytea   not null default '',
  epoch       bigint  not null default 0,
  size        bigint  not null,
  chunks      bigint  not null,
  stored      bigint  not null default 0,   -- every chunk below is committed
  touched     timestamptz not null default now(),
  expires     timestamptz not null
);
create index files_from on files (from_uid);
create index files_expires on files (expires);

create table file_chunks (
  fid    bigint not null,
  place  bigint not null,
  data   bytea  not null,
  primary key (fid, place)
);
-- Sealed bytes do not compress.
alter table file_chunks alter column data set storage external;

create table file_wants (
  fid  bigint not null,
  did  bigint not null,
  primary key (fid, did)
);
create index file_wants_did on file_wants (did);
