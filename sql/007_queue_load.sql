-- The load of queued messages of a device, by sender. Triggers count it whichever program writes, so no program counts.
-- A row may be zero; the sweep deletes rows of zero. The total of a device is the sum over its senders.
create table queue_load (
  did       bigint not null,
  from_uid  bigint not null,
  messages  bigint not null,
  bytes     bigint not null,
  primary key (did, from_uid)
) with (fillfactor = 50);  -- room to update a row in its page

-- Locks the rows in one order, so that two programs cannot deadlock.
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

-- No program writes to the queue from here to the commit.
create trigger queue_load_add after insert on queue
  referencing new table as changed for each statement execute function queue_load_add();
create trigger queue_load_subtract after delete on queue
  referencing old table as changed for each statement execute function queue_load_subtract();

-- A row without its body delivers nothing. With the foreign key, a body cannot be deleted while a row of it exists, or
-- is about to be committed, however long that commit takes. No row can come back to a body that is gone.
delete from queue q where not exists (select from bodies b where b.mid = q.mid);
alter table queue add constraint queue_body foreign key (mid) references bodies (mid);

insert into queue_load (did, from_uid, messages, bytes)
select q.did, b.from_uid, count(*), sum(octet_length(b.envelope))
from queue q join bodies b using (mid) group by q.did, b.from_uid;
