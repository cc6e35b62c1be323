-- Marks a row whose owner has the message on another device. The row is still delivered, but its owner does not count
-- as waiting: a sender who asks learns that the owner has the message, however long this device stays away. Set by the
-- insert, when another device had acknowledged, or by the removal of an acknowledged row, in the same transaction.
alter table queue add column reached boolean not null default false;
