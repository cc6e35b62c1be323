-- A sealed chunk as rows of one page each. PostgreSQL cuts a long value into rows of 2 kB, each with an entry in an index
-- and a record in the WAL: four times as many.
create table file_pieces (
  fid    bigint not null,
  place  integer not null,    -- the chunk
  part   integer not null,    -- from 0; every one but the last has 8100 bytes
  data   bytea  not null,
  primary key (fid, place, part)
);
-- Never compressed, never moved out of its row.
alter table file_pieces alter column data set storage plain;

insert into file_pieces (fid, place, part, data)
select c.fid, c.place, p.part, substring(c.data from p.part * 8100 + 1 for 8100)
from file_chunks c, generate_series(0, (octet_length(c.data) - 1) / 8100) as p(part)
order by c.fid, c.place, p.part;
drop table file_chunks;
