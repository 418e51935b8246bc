SELECT line, sum(minutes) AS minutes
FROM downtime
WHERE shift = :shift
GROUP BY line
