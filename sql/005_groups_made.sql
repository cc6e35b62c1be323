-- Counts the groups that a user made, deleted ones included: the maker of a group is its admin in epoch 1.
create index group_states_made on group_states (admin) where epoch = 1;
