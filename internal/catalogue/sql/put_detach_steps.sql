INSERT INTO sch_chameleon.t_detach_steps (i_id_detachment, i_step, t_kind, t_object, t_statements, t_violations, b_first, i_needs, t_state, t_note)
SELECT $1, s.i_step, s.t_kind, s.t_object, s.t_statements, s.t_violations, s.b_first, s.i_needs, s.t_state, s.t_note
FROM jsonb_to_recordset($2::jsonb) AS s (i_step integer, t_kind text, t_object text, t_statements text[], t_violations text, b_first boolean,
                                         i_needs integer, t_state text, t_note text);
