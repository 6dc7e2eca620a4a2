SELECT i_row, b_more, b_data
FROM (
    SELECT i_row, b_more, b_data, sum(i_bytes) OVER (ORDER BY i_row) - i_bytes AS i_before
    FROM %s
    WHERE i_row >= $1::bigint AND i_row < $1::bigint + $3::bigint
) AS r
WHERE i_before < $2::bigint
ORDER BY i_row;
