-- A row whose owner has the message on another device. Such a row is still delivered, but it does not say that its owner
-- waits: a sender who asks learns that he has it, however long the other device stays away. Set in the transaction that
-- knows it: the insert, when another device had acknowledged by then, or the removal of an acknowledged row.
alter table queue add column reached boolean not null default false;
