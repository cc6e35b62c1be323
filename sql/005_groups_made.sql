-- How many groups somebody made, deleted ones included: whoever makes a group is its admin in epoch 1.
create index group_states_made on group_states (admin) where epoch = 1;
