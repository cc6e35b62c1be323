-- The identity of this database, as the programs found it last. A standby that takes over, and a restored backup, have
-- lost the last commits and would give the numbers of those again. The first program that connects and finds another
-- place raises the generation and advances every sequence, before anything is inserted. Place '': no program has looked
-- yet.
create table store_identity (
  only_row    boolean primary key default true check (only_row),
  generation  bigint not null,
  place       text   not null
);
insert into store_identity (generation, place) values (1, '');

-- A row for each program, written every few seconds to show that the database takes writes.
create table store_probe (
  program  text primary key,
  at       timestamptz not null
) with (fillfactor = 50);
