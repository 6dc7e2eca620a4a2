-- Sequences go to the first value that the source cannot have handed out; one beyond their
-- limits has used them up. A sequence that is not there is not in the result.
SELECT g.n, setval(s.seqrelid::regclass, least(greatest(g.next, s.seqmin), s.seqmax),
                   CASE WHEN s.seqincrement < 0 THEN g.next < s.seqmin ELSE g.next > s.seqmax END)
FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS g (name, next, n)
JOIN pg_sequence AS s ON s.seqrelid = to_regclass(g.name);
