-- Which database this is, as the programs found it last: a server that takes over, and a backup that is put back, have
-- lost what was committed last, and would give its numbers again. Whoever connects first and finds another place
-- raises the generation and advances every sequence, before anything is inserted. Place '': nobody has looked yet.
create table store_identity (
  only_row    boolean primary key default true check (only_row),
  generation  bigint not null,
  place       text   not null
);
insert into store_identity (generation, place) values (1, '');

-- A row for each program, written every few seconds: it shows that the database takes writes.
create table store_probe (
  program  text primary key,
  at       timestamptz not null
) with (fillfactor = 50);
