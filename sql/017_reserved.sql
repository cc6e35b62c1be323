-- Keeps the number for the log of keys, which another change brings.
select 1;
