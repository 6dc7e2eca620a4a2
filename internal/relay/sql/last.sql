SELECT i_row, t_server, t_file, i_end, t_gtid FROM %s WHERE i_row <= $1 ORDER BY i_row DESC LIMIT 1;
