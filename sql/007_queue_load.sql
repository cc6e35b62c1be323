-- What a device has queued, by sender: counted by the database whoever writes, so that no program counts rows.
-- A row may stand at zero; the sweep takes it away. The total of a device is the sum over its senders.
create table queue_load (
  did       bigint not null,
  from_uid  bigint not null,
  messages  bigint not null,
  bytes     bigint not null,
  primary key (did, from_uid)
) with (fillfactor = 50);  -- room to update a row in its page

-- Rows are taken in one order, so that two programs do not wait for each other in a circle.
create function queue_load_add() returns trigger language plpgsql as $$
begin
  insert into queue_load as l (did, from_uid, messages, bytes)
  select c.did, b.from_uid, count(*), sum(octet_length(b.envelope))
  from changed c join bodies b using (mid)
  group by c.did, b.from_uid order by c.did, b.from_uid
  on conflict (did, from_uid) do update
  set messages = l.messages + excluded.messages, bytes = l.bytes + excluded.bytes;
  return null;
end $$;
create function queue_load_subtract() returns trigger language plpgsql as $$
begin
  insert into queue_load as l (did, from_uid, messages, bytes)
  select c.did, b.from_uid, -count(*), -sum(octet_length(b.envelope))
  from changed c join bodies b using (mid)
  group by c.did, b.from_uid order by c.did, b.from_uid
  on conflict (did, from_uid) do update
  set messages = l.messages + excluded.messages, bytes = l.bytes + excluded.bytes;
  return null;
end $$;

-- Nobody writes from here to the commit.
create trigger queue_load_add after insert on queue
  referencing new table as changed for each statement execute function queue_load_add();
create trigger queue_load_subtract after delete on queue
  referencing old table as changed for each statement execute function queue_load_subtract();

-- A row without its body delivers nothing. With the key a body cannot go while a row of it exists, or is about to be
-- committed, however long that commit takes; and no row can come back to a body that is gone.
delete from queue q where not exists (select from bodies b where b.mid = q.mid);
alter table queue add constraint queue_body foreign key (mid) references bodies (mid);

insert into queue_load (did, from_uid, messages, bytes)
select q.did, b.from_uid, count(*), sum(octet_length(b.envelope))
from queue q join bodies b using (mid) group by q.did, b.from_uid;
