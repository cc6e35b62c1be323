-- Marks a row whose owner has the message on another device. Such a row is still delivered, but its owner does not
-- count as waiting: a sender who asks learns that the owner has the message, however long this device stays away. Set
-- in the transaction that knows it: the insert, when another device had acknowledged, or the removal of an acknowledged
-- row.
alter table queue add column reached boolean not null default false;
