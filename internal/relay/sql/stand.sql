UPDATE sch_chameleon.t_relays SET t_position = $3, i_row = $4, i_first = $5, t_keeps = $6
WHERE i_id_source = $1 AND i_epoch = $2;
