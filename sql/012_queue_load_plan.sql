-- Looks each body up by its key. PostgreSQL keeps the plan of a trigger for as long as the connection lives. A plan
-- that was made while the table was small read the whole table for each commit of a burst, until the next ANALYZE.
create or replace function queue_load_add() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  insert into queue_load as l (did, from_uid, messages, bytes)
  select c.did, b.from_uid, count(*), sum(b.bytes)
  from changed c cross join lateral (
    select from_uid, octet_length(envelope) as bytes from bodies where mid = c.mid limit 1) b
  group by c.did, b.from_uid order by c.did, b.from_uid
  on conflict (did, from_uid) do update
  set messages = l.messages + excluded.messages, bytes = l.bytes + excluded.bytes;
  return null;
end $$;
create or replace function queue_load_subtract() returns trigger language plpgsql set enable_seqscan = off as $$
begin
  insert into queue_load as l (did, from_uid, messages, bytes)
  select c.did, b.from_uid, -count(*), -sum(b.bytes)
  from changed c cross join lateral (
    select from_uid, octet_length(envelope) as bytes from bodies where mid = c.mid limit 1) b
  group by c.did, b.from_uid order by c.did, b.from_uid
  on conflict (did, from_uid) do update
  set messages = l.messages + excluded.messages, bytes = l.bytes + excluded.bytes;
  return null;
end $$;
