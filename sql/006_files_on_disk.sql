-- The bytes of a file may lie in a directory that all workers share (docs/operations.md, "Files") instead of in
-- file_pieces; all other data of the file stays here.
alter table files add column on_disk boolean not null default false;
-- For an upload into the directory: the boot of the machine that wrote the stored bytes. A crash of the machine may
-- lose bytes that were counted already, so an upload that another boot began starts again.
alter table files add column boot text not null default '';

-- The mark of the directory, once there is one. A worker that sees another directory does not start.
create table file_directory (
  only_row  boolean primary key default true check (only_row),
  mark      bytea   not null check (octet_length(mark) = 16)
);
